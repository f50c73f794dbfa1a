//! The JSON document of `fastwright routes`, version 1.

use crate::names::{GuardKind, ParameterPlace, RouteKind};
use crate::place::{LineAndColumn, Place, ProblemPlace};
use crate::review_document::{Evidence, Problem, Project, Tool, Undecided, join_root};
use fastwright_model::analysis::Analysis;
use fastwright_model::application as model;
use fastwright_python::location::{Files, Location};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The routing tables of all apps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RoutesDocument {
    /// Version of this shape: 1. Within a version there are only additions.
    pub version: u32,
    /// The program that wrote it.
    pub tool: Tool,
    /// The projects that were read.
    pub projects: Vec<Project>,
    /// Their apps, mounted ones included.
    pub apps: Vec<AppRoutes>,
    /// What could not be decided and belongs to no app.
    pub undecided: Vec<Undecided>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

/// One app with its routing table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AppRoutes {
    /// `module:attr`, or `module:factory()`.
    pub app: String,
    /// Title of its document.
    pub title: String,
    /// Where it is created.
    pub location: Place,
    /// Whether it is mounted in another app of the project, whose table then has its routes, too.
    pub mounted: bool,
    /// Its routes in matching order.
    pub routes: Vec<Route>,
    /// What could not be decided about it.
    pub undecided: Vec<Undecided>,
}

/// One entry of a routing table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Route {
    /// Upper-case methods, sorted; empty for WebSockets and mounts.
    pub methods: Vec<String>,
    /// Full path, mounts and prefixes included.
    pub path: String,
    /// What kind of entry it is.
    pub kind: RouteKind,
    /// `module:qualname` of the endpoint.
    pub handler: String,
    /// Where the endpoint is defined; for a mount, where it is mounted.
    pub location: Place,
    /// Name of the route.
    pub name: String,
    /// Tags in order.
    pub tags: Vec<String>,
    /// Where it is registered, then each inclusion or mount on the way to the app.
    pub registration: Vec<Evidence>,
    /// Who may call it.
    pub guard: Guard,
    /// Its inputs, those of dependencies included.
    pub parameters: Vec<Parameter>,
    /// Type of the request body.
    pub request: Option<String>,
    /// Type of the response.
    pub response: Option<String>,
    /// Status codes that callers can see, sorted.
    pub statuses: Vec<u16>,
    /// Tables that it touches.
    pub tables: Tables,
    /// Other effects in words.
    pub effects: Vec<String>,
    /// The condition under which it exists.
    pub conditional: Option<Condition>,
    /// Whether it is in the OpenAPI document.
    pub include_in_schema: bool,
    /// Whether it is marked deprecated.
    pub deprecated: bool,
}

/// Who may call a route.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Guard {
    /// The verdict.
    pub kind: GuardKind,
    /// `module:qualname` of each guard.
    pub by: Vec<String>,
    /// Required roles.
    pub roles: Vec<String>,
    /// Required OAuth2 scopes.
    pub scopes: Vec<String>,
    /// The chain that proves it.
    pub evidence: Vec<Evidence>,
    /// Why the verdict is not certain, if it is not.
    pub assumption: Option<String>,
}

/// One input of a route.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Parameter {
    /// Name in the Python signature.
    pub name: String,
    /// Name on the wire.
    pub alias: String,
    /// Where it comes from.
    pub place: ParameterPlace,
    /// Its type as people write it; `?` when unknown.
    pub annotation: String,
    /// Whether the client must send it.
    pub required: bool,
    /// The default as Python source.
    pub default: Option<String>,
    /// Bounds, lengths and patterns that validation enforces.
    pub constraints: BTreeMap<String, String>,
    /// The parameter in the signature.
    pub location: Place,
    /// The function that declares it, `module:qualname`.
    pub declared_by: String,
}

/// Tables by name, sorted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Tables {
    /// Those read.
    pub reads: Vec<String>,
    /// Those written.
    pub writes: Vec<String>,
}

/// A condition under which a route exists.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Condition {
    /// As written.
    pub text: String,
    /// Where it stands.
    pub location: Place,
}

impl RoutesDocument {
    /// The routing tables of an analysis. `root` is its root relative to the working directory.
    pub fn new(analysis: &Analysis, root: &str) -> Self {
        let files = &analysis.files;
        Self {
            version: 1,
            tool: Tool::this(),
            projects: vec![Project {
                root: root.to_owned(),
                fastapi: analysis.fastapi.clone(),
                pydantic: analysis.pydantic.clone(),
                apps: analysis.apps.iter().map(|app| app.locator.clone()).collect(),
                sources: None,
                settings: None,
            }],
            apps: analysis.apps.iter().map(|app| app_routes(app, files)).collect(),
            undecided: undecided(&analysis.undecided, files),
            problems: analysis
                .problems
                .iter()
                .map(|problem| Problem {
                    kind: problem.kind.clone(),
                    message: problem.message.clone(),
                    location: ProblemPlace {
                        path: problem.path.clone(),
                        start: problem.position.map(|(line, column)| LineAndColumn { line, column }),
                    },
                })
                .collect(),
        }
    }

    /// Several documents as one, for several paths on the command line; paths then have the root of their
    /// project in front.
    pub fn merge(documents: Vec<RoutesDocument>) -> Self {
        let several = documents.len() > 1;
        let mut merged = Self {
            version: 1,
            tool: Tool::this(),
            projects: Vec::new(),
            apps: Vec::new(),
            undecided: Vec::new(),
            problems: Vec::new(),
        };
        for mut document in documents {
            if several {
                let root = document.projects.first().map_or(".", |project| &project.root).to_owned();
                document.for_each_path(|path| *path = join_root(&root, path));
            }
            merged.projects.extend(document.projects);
            merged.apps.extend(document.apps);
            merged.undecided.extend(document.undecided);
            merged.problems.extend(document.problems);
        }
        merged
    }

    /// A path of this document as seen from the working directory.
    pub(crate) fn seen_path(&self, path: &str) -> String {
        match self.projects.as_slice() {
            [project] => join_root(&project.root, path),
            _ => path.to_owned(),
        }
    }

    fn for_each_path(&mut self, mut change: impl FnMut(&mut String)) {
        for app in &mut self.apps {
            change(&mut app.location.path);
            for route in &mut app.routes {
                change(&mut route.location.path);
                route.registration.iter_mut().for_each(|step| change(&mut step.location.path));
                route.guard.evidence.iter_mut().for_each(|step| change(&mut step.location.path));
                route.parameters.iter_mut().for_each(|entry| change(&mut entry.location.path));
                if let Some(condition) = &mut route.conditional {
                    change(&mut condition.location.path);
                }
            }
            let places = app.undecided.iter_mut().filter_map(|undecided| undecided.location.as_mut());
            places.for_each(|place| change(&mut place.path));
        }
        let places = self.undecided.iter_mut().filter_map(|undecided| undecided.location.as_mut());
        places.for_each(|place| change(&mut place.path));
        self.problems.iter_mut().for_each(|problem| change(&mut problem.location.path));
    }
}

fn app_routes(app: &model::App, files: &Files) -> AppRoutes {
    AppRoutes {
        app: app.locator.clone(),
        title: app.title.clone(),
        location: Place::new(app.location, files),
        mounted: app.mounted,
        routes: app.routes.iter().map(|entry| route(entry, files)).collect(),
        undecided: undecided(&app.undecided, files),
    }
}

fn undecided(list: &[model::Undecided], files: &Files) -> Vec<Undecided> {
    list.iter()
        .map(|undecided| Undecided {
            reason: undecided.reason.clone(),
            location: undecided.location.map(|location| Place::new(location, files)),
        })
        .collect()
}

fn evidence(steps: &[(String, Location)], files: &Files) -> Vec<Evidence> {
    steps
        .iter()
        .map(|(note, location)| Evidence { note: note.clone(), location: Place::new(*location, files) })
        .collect()
}

fn route(route: &model::Route, files: &Files) -> Route {
    let qualified = route.handler.rsplit_once(':').map_or(route.handler.as_str(), |(_, name)| name);
    Route {
        methods: route.methods.clone(),
        path: route.path.clone(),
        kind: route.kind.into(),
        handler: route.handler.clone(),
        location: Place::new(route.location, files).within(qualified),
        name: route.name.clone(),
        tags: route.tags.clone(),
        registration: evidence(&route.registration, files),
        guard: Guard {
            kind: route.guard.kind.into(),
            by: route.guard.by.clone(),
            roles: route.guard.roles.clone(),
            scopes: route.guard.scopes.clone(),
            evidence: evidence(&route.guard.evidence, files),
            assumption: route.guard.assumption.clone(),
        },
        parameters: route
            .parameters
            .iter()
            .map(|parameter| Parameter {
                name: parameter.name.clone(),
                alias: parameter.alias.clone(),
                place: parameter.place.into(),
                annotation: parameter.annotation.clone(),
                required: parameter.required,
                default: parameter.default.clone(),
                constraints: parameter.constraints.iter().cloned().collect(),
                location: Place::new(parameter.location, files),
                declared_by: parameter.declared_by.clone(),
            })
            .collect(),
        request: route.request.clone(),
        response: route.response.clone(),
        statuses: route.statuses.clone(),
        tables: Tables { reads: route.reads.clone(), writes: route.writes.clone() },
        effects: route.effects.clone(),
        conditional: route.conditional.as_ref().map(|condition| Condition {
            text: condition.text.clone(),
            location: Place::new(condition.location, files),
        }),
        include_in_schema: route.include_in_schema,
        deprecated: route.deprecated,
    }
}
