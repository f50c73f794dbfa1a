//! Deriving the contract of a program.

use super::behaviours::{Behaviours, at};
use super::classes::Classes;
use super::document::*;
use super::raised::RaisedStatuses;
use super::routes::Deriver;
use super::{database, functions};
use crate::business::{DigestText, Forms};
use crate::fastapi::openapi;
use crate::pydantic::generate::SchemaGenerator;
use crate::versions::Versions;
use fastwright_model::analysis::Evaluation;
use fastwright_model::application::{self, App};
use fastwright_model::assemble::{RouteDetail, qualified};
use fastwright_model::library::describe;
use fastwright_model::registry::{Registry, RouterState};
use fastwright_python::interpreter::Interpreter;
use fastwright_python::location::{Files, Location};
use fastwright_python::value::*;
use rustc_hash::FxHashSet;
use std::rc::Rc;

/// The contract of an evaluated program. Evaluate it with
/// [`AnalysisOptions::for_document`](fastwright_model::analysis::AnalysisOptions::for_document).
pub fn contract(evaluation: Evaluation, versions: Versions) -> Contract {
    contract_with_functions(evaluation, versions, &[])
}

/// [`contract`] with what functions of some files do that no route reaches. Paths are relative to the project.
pub fn contract_with_functions(mut evaluation: Evaluation, versions: Versions, paths: &[String]) -> Contract {
    let documents = documents(&mut evaluation, versions);
    if !paths.is_empty() {
        evaluation.evaluate_files(paths);
    }
    let ids: Vec<ObjectId> = evaluation.selected.iter().map(|selected| selected.id).collect();
    let analysis = evaluation.into_analysis();
    let files = &analysis.files;
    let mut interpreter = analysis.interpreter.borrow_mut();
    let tables = database::tables(&mut interpreter, files, &analysis.tables);
    let mut deriver = Deriver::new(&mut interpreter, files);
    let mut apps: Vec<AppContract> = analysis
        .apps
        .iter()
        .zip(&analysis.details)
        .zip(ids.iter().zip(documents))
        .filter(|((app, _), _)| !app.mounted)
        .map(|((app, details), (id, documents))| deriver.app(app, details, Some(*id), documents))
        .collect();
    // Routers that no app includes yet answer nobody; who changes them changes what they will do.
    for (app, details) in analysis.apps.iter().zip(&analysis.details).filter(|(app, _)| app.latent) {
        apps.push(deriver.app(app, details, None, Vec::new()));
    }
    let functions = functions::unreached(&mut deriver.forms, &deriver.reached, &analysis, paths);
    let Deriver { behaviours, classes, .. } = deriver;
    Contract {
        version: 1,
        tool: Tool { name: "fastwright".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
        fastapi: analysis.fastapi.clone(),
        pydantic: analysis.pydantic.clone(),
        apps,
        tables,
        behaviours: behaviours.into_map(),
        classes: classes.into_map(),
        functions,
        undecided: undecided(files, &analysis.undecided),
        problems: analysis
            .problems
            .iter()
            .map(|problem| Undecided {
                reason: problem.message.clone(),
                at: Some(At {
                    path: problem.path.clone(),
                    line: problem.position.map_or(1, |(line, _)| line),
                }),
            })
            .collect(),
    }
}

/// What one route is in the contract, with the lines of what its handler does.
#[derive(Debug, Clone)]
pub struct RouteBehaviour {
    /// The route.
    pub route: RouteContract,
    /// What its handler does, step by step.
    pub lines: Vec<BehaviourLine>,
}

/// The first route of an evaluated program that is wanted, as the [contract](fn@contract) has it, without deriving the
/// rest. Nothing where there is none.
pub fn behaviour_of_route(
    evaluation: Evaluation,
    wanted: &dyn Fn(&application::Route) -> bool,
) -> Option<RouteBehaviour> {
    let analysis = evaluation.into_analysis();
    let mut routes =
        analysis.apps.iter().zip(&analysis.details).flat_map(|(app, details)| app.routes.iter().zip(details));
    let (route, detail) = routes.find(|(route, _)| wanted(route))?;
    let mut interpreter = analysis.interpreter.borrow_mut();
    let mut deriver = Deriver::new(&mut interpreter, &analysis.files);
    let route = deriver.route(route, detail);
    let mut behaviours = deriver.behaviours.into_map();
    let lines = route.business.handler.as_ref().and_then(|handler| behaviours.remove(handler));
    Some(RouteBehaviour { route, lines: lines.unwrap_or_default() })
}

/// The documents of each app and of what is mounted in it.
fn documents(evaluation: &mut Evaluation, versions: Versions) -> Vec<Vec<OpenapiDocument>> {
    let mut generator = SchemaGenerator::new();
    let mut all = Vec::new();
    for selected in evaluation.selected.clone() {
        let mut wanted = vec![(selected.id, String::new())];
        wanted.extend(evaluation.routing_table(selected.id).mounts.into_iter().map(|(path, id)| (id, path)));
        let documents = wanted.into_iter().map(|(app, mount)| {
            let document = openapi(evaluation, &mut generator, app, versions);
            let doubts = document
                .doubts
                .into_iter()
                .map(|doubt| Undecided {
                    reason: doubt.reason,
                    at: doubt.location.map(|location| {
                        let (path, line, _) = evaluation.position(location);
                        At { path, line }
                    }),
                })
                .collect();
            OpenapiDocument { mount, document: document.json, doubts }
        });
        all.push(documents.collect());
    }
    all
}

fn undecided(files: &Files, list: &[application::Undecided]) -> Vec<Undecided> {
    list.iter()
        .map(|entry| Undecided {
            reason: entry.reason.clone(),
            at: entry.location.map(|location| at(files, location)),
        })
        .collect()
}

impl<'f, 'a> Deriver<'f, 'f, 'a> {
    fn new(interpreter: &'f mut Interpreter<'a>, files: &'f Files) -> Self {
        Self {
            forms: Forms::new(interpreter, files),
            behaviours: Behaviours::new(files),
            classes: Classes::default(),
            raised: RaisedStatuses::default(),
            files,
            reached: FxHashSet::default(),
        }
    }
}

impl Deriver<'_, '_, '_> {
    fn app(
        &mut self,
        app: &App,
        details: &[RouteDetail],
        id: Option<ObjectId>,
        documents: Vec<OpenapiDocument>,
    ) -> AppContract {
        let registry = self.forms.interpreter().extension::<Registry>();
        let state = id.and_then(|id| registry.routers.get(&id).cloned());
        let routes =
            app.routes.iter().zip(details).map(|(route, detail)| self.route(route, detail)).collect();
        let (middleware, exception_handlers, lifespan) = match &state {
            Some(state) => (self.middleware(state), self.exception_handlers(state), self.lifespan(state)),
            None => (Vec::new(), Vec::new(), None),
        };
        AppContract {
            app: app.locator.clone(),
            at: self.behaviours.at(app.location),
            documents,
            routes,
            middleware,
            exception_handlers,
            lifespan,
            undecided: undecided(self.files, &app.undecided),
        }
    }

    fn middleware(&mut self, state: &RouterState) -> Vec<Piece> {
        let mut found = Vec::new();
        for entry in state.middleware.iter().rev() {
            let mut piece = self.piece(None, &entry.middleware, entry.site);
            let mut digest = DigestText::new("middleware");
            digest.add(&piece.fingerprint);
            for argument in &entry.arguments.positional {
                digest.add(&self.forms.of_value(argument).text());
            }
            let mut keywords: Vec<_> = entry.arguments.keywords.iter().collect();
            keywords.sort_by_key(|(name, _)| name.as_str());
            for (name, argument) in keywords {
                digest.add(name.as_str());
                digest.add(&self.forms.of_value(argument).text());
            }
            // A class does what its methods do.
            if let Kind::Class(class) = *entry.middleware.kind() {
                for method in ["dispatch", "__call__", "__init__"] {
                    let value: Value = Kind::Class(class).into();
                    let found = self.forms.interpreter().find_in_class(&value, method.into());
                    let Some((method, _)) = found else { continue };
                    if let Some(function) = self.forms.interpreter().plain_function(&method) {
                        self.raised(&[(Rc::clone(&function), Some(class))]);
                        let form = self.forms.of_function(&function, Some(class));
                        piece.behaviour = piece.behaviour.or_else(|| Some(self.behaviours.keep(&form)));
                        digest.add(&form.digest.text());
                    }
                }
            }
            piece.fingerprint = digest.finish();
            found.push(piece);
        }
        found
    }

    fn exception_handlers(&mut self, state: &RouterState) -> Vec<Piece> {
        let mut found: Vec<Piece> = Vec::new();
        for (class, handler, site) in &state.exception_handlers {
            let name = match class.as_int() {
                Some(status) => status.to_string(),
                None => describe(self.forms.interpreter(), class),
            };
            // The last one registered for a class counts.
            found.retain(|known| known.name != name);
            found.push(self.piece(Some(name), handler, *site));
        }
        found.sort_by(|left, right| left.name.cmp(&right.name));
        found
    }

    fn lifespan(&mut self, state: &RouterState) -> Option<Piece> {
        let lifespan = state.arguments.keyword("lifespan").filter(|value| !value.is_none()).cloned();
        if let Some(lifespan) = lifespan {
            return Some(self.piece(None, &lifespan, state.site));
        }
        let events = state.events.clone();
        let mut digest = DigestText::new("events");
        let mut first = None;
        for (event, handler, site) in &events {
            let piece = self.piece(None, handler, *site);
            digest.add(event);
            digest.add(&piece.fingerprint);
            first = first.or(Some(piece));
        }
        first.map(|piece| Piece { fingerprint: digest.finish(), ..piece })
    }

    /// Something that is registered, with what it does.
    fn piece(&mut self, name: Option<String>, value: &Value, site: Location) -> Piece {
        let name = match name {
            Some(name) => name,
            None => qualified(self.forms.interpreter(), value),
        };
        let function = self.forms.interpreter().plain_function(value);
        let (fingerprint, behaviour) = match function {
            Some(function) => {
                let receiver = match value.kind() {
                    Kind::Method(method) => match *method.receiver.kind() {
                        Kind::Instance(id) | Kind::Class(id) => Some(id),
                        _ => None,
                    },
                    _ => None,
                };
                self.raised(&[(Rc::clone(&function), receiver)]);
                let form = self.forms.of_function(&function, receiver);
                let behaviour = self.behaviours.keep(&form);
                (behaviour.clone(), Some(behaviour))
            }
            None => (self.forms.of_value(value).text(), None),
        };
        Piece { name, fingerprint, behaviour, at: self.behaviours.at(site) }
    }
}
