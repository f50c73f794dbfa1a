//! Routes as the contract writes them.

use super::behaviours::Behaviours;
use super::classes::{Classes, classes_in};
use super::document::*;
use super::raised::RaisedStatuses;
use crate::business::{DigestText, Forms};
use fastwright_model::application::{Guard, Route};
use fastwright_model::assemble::{RouteDetail, declared_response};
use fastwright_model::dependant::{Dependant, DependantKind};
use fastwright_python::location::Files;
use fastwright_python::program::FunctionId;
use fastwright_python::value::*;
use rustc_hash::FxHashSet;
use std::rc::Rc;

/// What deriving needs from route to route.
pub(crate) struct Deriver<'d, 'f, 'a> {
    pub(crate) forms: Forms<'f, 'a>,
    pub(crate) behaviours: Behaviours<'d>,
    pub(crate) classes: Classes,
    pub(crate) raised: RaisedStatuses,
    pub(crate) files: &'d Files,
    /// Functions that some route reaches.
    pub(crate) reached: FxHashSet<FunctionId>,
}

/// A function that runs for a route, and what its first parameter is bound to.
pub(crate) type Running = (Rc<FunctionValue>, Option<ObjectId>);

impl Deriver<'_, '_, '_> {
    pub(crate) fn route(&mut self, route: &Route, detail: &RouteDetail) -> RouteContract {
        let functions = self.functions(detail);
        let (raised, own_effects) = self.raised(&functions);
        let mut effects = route.effects.clone();
        effects.extend(own_effects.into_iter().map(str::to_owned));
        effects.sort();
        RouteContract {
            kind: route.kind.name().to_owned(),
            methods: route.methods.clone(),
            path: route.path.clone(),
            handler: route.handler.clone(),
            at: self.behaviours.at(route.location),
            name: route.name.clone(),
            guard: self.guard(&route.guard, detail),
            parameters: route
                .parameters
                .iter()
                .map(|parameter| ParameterContract {
                    name: parameter.alias.clone(),
                    place: parameter.place.name().to_owned(),
                    annotation: parameter.annotation.clone(),
                    required: parameter.required,
                    default: parameter.default.clone(),
                    constraints: parameter.constraints.iter().cloned().collect(),
                    at: self.behaviours.at(parameter.location),
                })
                .collect(),
            request: route.request.clone(),
            response: route.response.clone(),
            statuses: route.statuses.clone(),
            raised,
            reads: route.reads.clone(),
            writes: route.writes.clone(),
            effects,
            conditional: route.conditional.as_ref().map(|condition| condition.text.clone()),
            include_in_schema: route.include_in_schema,
            deprecated: route.deprecated,
            business: self.business(detail),
        }
    }

    /// What runs for a route: dependencies before those who need them, the handler last.
    fn functions(&mut self, detail: &RouteDetail) -> Vec<Running> {
        match &detail.dependant {
            Some(dependant) => {
                let nodes = dependant.walk().into_iter();
                nodes.filter_map(|node| Some((node.function.clone()?, node.receiver))).collect()
            }
            None => {
                let function = self.forms.interpreter().plain_function(&detail.flat.endpoint);
                function.map(|function| (function, None)).into_iter().collect()
            }
        }
    }

    /// What functions raise and do, with everything that they reach.
    pub(crate) fn raised(&mut self, functions: &[Running]) -> (Vec<RaisedStatus>, Vec<&'static str>) {
        let mut raised = Vec::new();
        let mut effects = Vec::new();
        for (function, receiver) in functions {
            self.reached.insert(function.id);
            for facts in self.raised.of(self.forms.interpreter(), self.files, function, *receiver) {
                self.reached.insert(facts.function);
                raised.extend(facts.raised.iter().cloned());
                effects.extend(facts.effects.iter().copied());
            }
        }
        raised.sort();
        raised.dedup();
        effects.sort_unstable();
        effects.dedup();
        (raised, effects)
    }

    fn guard(&mut self, guard: &Guard, detail: &RouteDetail) -> GuardContract {
        let nodes: Vec<&Dependant> = detail.dependant.as_ref().map(Dependant::walk).unwrap_or_default();
        let mut by = Vec::new();
        for name in &guard.by {
            let mut found = false;
            for node in nodes.iter().filter(|node| guard_name(node) == *name) {
                found = true;
                let piece = self.dependency(node);
                let piece = Piece { name: name.clone(), ..piece };
                if !by.iter().any(|known: &Piece| known.fingerprint == piece.fingerprint) {
                    by.push(piece);
                }
            }
            if !found {
                // Middleware and decorators are compared where they stand.
                let mut digest = DigestText::new("guard");
                digest.add(name);
                let at = guard.evidence.first().map(|(_, location)| *location);
                let at = self.behaviours.at(at.unwrap_or(detail.flat.registration[0].1));
                by.push(Piece { name: name.clone(), fingerprint: digest.finish(), behaviour: None, at });
            }
        }
        let mut scopes = guard.scopes.clone();
        scopes.sort();
        GuardContract {
            kind: guard.kind.name().to_owned(),
            by,
            roles: guard.roles.clone(),
            scopes,
            assumption: guard.assumption.clone(),
        }
    }

    /// A dependency with everything that it depends on itself.
    fn dependency(&mut self, node: &Dependant) -> Piece {
        let mut digest = DigestText::new("dependency");
        let mut behaviour = None;
        match self.forms.of_dependant(node) {
            Some(form) => {
                let kept = self.behaviours.keep(&form);
                digest.add(&kept);
                behaviour = Some(kept);
            }
            None => digest.add(&self.forms.of_value(&node.call).text()),
        }
        for inner in &node.dependencies {
            digest.add(&self.dependency(inner).fingerprint);
        }
        let mut scopes = node.scopes.clone();
        scopes.sort();
        scopes.iter().for_each(|scope| digest.add(scope));
        Piece {
            name: node.qualified.clone(),
            fingerprint: digest.finish(),
            behaviour,
            at: self.behaviours.at(node.location),
        }
    }

    fn business(&mut self, detail: &RouteDetail) -> Business {
        let mut used: Vec<ObjectId> = Vec::new();
        let mut dependencies = Vec::new();
        let mut handler = None;
        match &detail.dependant {
            Some(dependant) => {
                if let Some(form) = self.forms.of_dependant(dependant) {
                    handler = Some(self.behaviours.keep(&form));
                    used.extend(form.classes.iter());
                }
                for node in &dependant.dependencies {
                    dependencies.push(self.dependency(node));
                }
                for node in dependant.walk() {
                    if let Some(form) = self.forms.of_dependant(node) {
                        used.extend(form.classes.iter());
                    }
                    let types: Vec<Value> =
                        node.parameters.iter().filter_map(|parameter| parameter.annotation.clone()).collect();
                    classes_in(&types, &mut used);
                }
            }
            None => {
                if let Some(function) = self.forms.interpreter().plain_function(&detail.flat.endpoint) {
                    let form = self.forms.of_function(&function, None);
                    handler = Some(self.behaviours.keep(&form));
                    used.extend(form.classes.iter());
                }
            }
        }
        if let Some(response) = declared_response(self.forms.interpreter(), &detail.flat) {
            classes_in(&[response], &mut used);
        }
        let classes = self.classes.of(&mut self.forms, &mut self.behaviours, &used);
        let mut digest = DigestText::new("business");
        digest.add(handler.as_deref().unwrap_or_default());
        dependencies.iter().for_each(|piece| digest.add(&piece.fingerprint));
        let mut of_classes: Vec<String> = Vec::new();
        for class in &classes {
            of_classes.extend(self.classes.fingerprint(class).map(str::to_owned));
        }
        of_classes.sort();
        of_classes.iter().for_each(|fingerprint| digest.add(fingerprint));
        Business { fingerprint: digest.finish(), handler, dependencies, classes }
    }
}

/// The name that a guard has in the application model.
fn guard_name(node: &Dependant) -> String {
    match &node.kind {
        DependantKind::SecurityScheme(class) => match class.rsplit_once('.') {
            Some((module, name)) => format!("{module}:{name}"),
            None => class.to_string(),
        },
        _ => node.qualified.clone(),
    }
}
