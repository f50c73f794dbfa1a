//! The document of an app: what `app.openapi()` returns (FastAPI 0.165 `applications.py`).

use super::builder::Builder;
use super::document::DocumentParts;
use super::routes::ApiRoute;
use crate::context::Context;
use crate::doubt::Doubt;
use crate::json::{Json, JsonObject, on_heap};
use crate::pydantic::generate::SchemaGenerator;
use crate::versions::Versions;
use fastwright_model::analysis::Evaluation;
use fastwright_model::application::{Holds, RouteKind};
use fastwright_model::registry::{EntryKind, OpenapiCall, OpenapiRun, Registry};
use fastwright_model::routes::{RoutingTable, routing_table};
use fastwright_python::location::{Location, Span};
use fastwright_python::name::Name;
use fastwright_python::value::*;

/// A document, and what is not certain about it.
#[derive(Debug, Clone)]
pub struct Document {
    /// The document.
    pub json: Json,
    /// What could not be known; empty when the document is exact.
    pub doubts: Vec<Doubt>,
}

/// The document that `app.openapi()` returns once the program is imported.
pub fn openapi(
    evaluation: &mut Evaluation,
    generator: &mut SchemaGenerator,
    app: ObjectId,
    versions: Versions,
) -> Document {
    let table = evaluation.routing_table(app);
    let site = evaluation
        .interpreter
        .extension::<Registry>()
        .routers
        .get(&app)
        .map_or_else(|| evaluation.interpreter.here(Span::default()), |state| state.site);
    let webhooks = webhooks_of(evaluation, app);
    generator.begin_document();
    let mut context = Context::new(&mut evaluation.interpreter, versions);
    let mut builder = Builder::new(&mut context, generator);
    let parts = builder.parts(app, site, &table, webhooks.as_ref());
    builder.compile_in_order(app, &table);
    let json = match builder.own_function(app) {
        None => builder.document(&parts),
        Some(function) => builder.run_own_function(app, site, &function, &parts),
    };
    Document { json, doubts: context.doubts.into_vec() }
}

/// What is registered on `app.webhooks`, if the program uses it.
fn webhooks_of(evaluation: &mut Evaluation, app: ObjectId) -> Option<RoutingTable> {
    let instance = evaluation.interpreter.instance(app)?;
    let given = evaluation.interpreter.extension::<Registry>().routers.get(&app)?;
    let webhooks =
        instance.attributes.get(&Name::from("webhooks")).or_else(|| given.arguments.keyword("webhooks"))?;
    let Kind::Instance(router) = *webhooks.kind() else { return None };
    Some(evaluation.routing_table(router))
}

impl Builder<'_, '_, '_> {
    /// What the app gives to `get_openapi`.
    fn parts(
        &mut self,
        app: ObjectId,
        site: Location,
        table: &RoutingTable,
        webhooks: Option<&RoutingTable>,
    ) -> DocumentParts {
        let value: Value = Kind::Instance(app).into();
        let mut given = JsonObject::new();
        for (attribute, name) in [
            ("title", "title"),
            ("version", "version"),
            ("openapi_version", "openapi_version"),
            ("summary", "summary"),
            ("description", "description"),
            ("terms_of_service", "terms_of_service"),
            ("contact", "contact"),
            ("license_info", "license_info"),
            ("openapi_tags", "tags"),
            ("servers", "servers"),
            ("openapi_external_docs", "external_docs"),
        ] {
            let attribute_value = self.attribute(&value, attribute);
            if attribute_value.is_none() {
                continue;
            }
            let what = format!("`{attribute}` of the app");
            if let Some(json) = self.json(&attribute_value, &what, Some(site)) {
                given.insert(name.to_owned(), json);
            }
        }
        let separate = self.attribute(&value, "separate_input_output_schemas");
        let separate_input_output =
            self.truth(&separate, true, "`separate_input_output_schemas` of the app", Some(site));
        let routes = self.api_routes(table, Some(app));
        let webhooks = webhooks.map(|table| self.api_routes(table, None)).unwrap_or_default();
        DocumentParts { given, routes, webhooks, separate_input_output }
    }

    /// The path operations of a routing table; only those that `app` itself serves.
    fn api_routes(&mut self, table: &RoutingTable, app: Option<ObjectId>) -> Vec<ApiRoute> {
        for (reason, location) in &table.undecided {
            self.context.doubt(reason.clone(), Some(*location));
        }
        let mut routes = Vec::new();
        for flat in &table.routes {
            if flat.kind != RouteKind::Http
                || flat.entry_kind != EntryKind::Operation
                || app.is_some_and(|app| flat.app != app)
            {
                continue;
            }
            match &flat.conditional {
                Some(condition) if condition.holds == Holds::AfterStart => continue,
                Some(condition) if condition.holds == Holds::Undecided && flat.include_in_schema => {
                    let reason = format!("`{}` exists only if {}", flat.path, condition.text);
                    self.context.doubt(reason, Some(condition.location));
                }
                _ => {}
            }
            let route = self.api_route(flat);
            routes.push(route);
        }
        routes
    }

    /// The program's own `openapi`: set on the app, or a method of its class.
    fn own_function(&mut self, app: ObjectId) -> Option<Value> {
        let name = Name::from("openapi");
        let instance = self.context.interpreter.instance(app)?;
        if let Some(set) = instance.attributes.get(&name) {
            return Some(set.clone());
        }
        let class = instance.class.clone();
        self.context.interpreter.find_in_class(&class, name)?;
        let value: Value = Kind::Instance(app).into();
        Some(self.attribute(&value, "openapi"))
    }

    /// Runs the program's own `openapi`: once to see what it asks FastAPI's generator for, once with the
    /// answers.
    fn run_own_function(
        &mut self,
        app: ObjectId,
        site: Location,
        function: &Value,
        parts: &DocumentParts,
    ) -> Json {
        let before = self.context.interpreter.instance(app).map(|instance| instance.attributes.clone());
        let (_, first) = self.run(function, Vec::new());
        let mut answers = Vec::new();
        for call in &first.calls {
            let document = match call {
                OpenapiCall::Own(_) => self.document(parts),
                OpenapiCall::Generator(arguments) => {
                    let parts = self.given_parts(app, arguments, parts, site);
                    self.document(&parts)
                }
            };
            answers.push(on_heap(self.context, &document));
        }
        if let (Some(before), Some(instance)) = (before, self.context.interpreter.instance_mut(app)) {
            instance.attributes = before;
        }
        let (result, second) = self.run(function, answers);
        if second.calls.len() != first.calls.len() {
            self.context.doubt("the app's own `openapi` function could not be followed", Some(site));
        }
        let json =
            result.and_then(|value| self.json(&value, "what the app's own `openapi` returns", Some(site)));
        match json {
            Some(json) => json,
            None => {
                self.context.doubt("the app's own `openapi` function could not be followed", Some(site));
                self.document(parts)
            }
        }
    }

    /// The app or router whose own list of routes a value is.
    fn owner_of_routes(&self, routes: &Value) -> Option<ObjectId> {
        let registry = self.context.interpreter.extension::<Registry>();
        let owner = |routes: &Value| {
            let Kind::List(list) = *routes.kind() else { return None };
            registry.order.iter().copied().find(|id| {
                let instance = self.context.interpreter.instance(*id);
                let own = instance.and_then(|instance| instance.attributes.get(&Name::from("routes")));
                own.is_some_and(|own| matches!(*own.kind(), Kind::List(known) if known == list))
            })
        };
        // Of an app that may come from a cache of the program, the one that it makes counts.
        routes.alternatives().iter().find_map(owner)
    }

    fn run(&mut self, function: &Value, answers: Vec<Value>) -> (Option<Value>, OpenapiRun) {
        let registry = self.context.interpreter.extension_mut::<Registry>();
        registry.openapi_run = Some(OpenapiRun { calls: Vec::new(), answers });
        let result = self.context.interpreter.call_from_outside(function, Arguments::default());
        let run = self.context.interpreter.extension_mut::<Registry>().openapi_run.take();
        (result.ok(), run.unwrap_or_default())
    }

    /// What a call of `get_openapi` is given; routes that are not those of the app are doubted.
    fn given_parts(
        &mut self,
        app: ObjectId,
        arguments: &Arguments,
        own: &DocumentParts,
        site: Location,
    ) -> DocumentParts {
        let mut parts = DocumentParts { separate_input_output: true, ..DocumentParts::default() };
        for (name, value) in &arguments.keywords {
            match name.as_str() {
                "routes" => {
                    parts.routes = match self.owner_of_routes(value) {
                        Some(owner) if owner == app => own.routes.clone(),
                        Some(owner) => {
                            let version = self.context.versions.fastapi;
                            let table = routing_table(self.context.interpreter, owner, version, &|_| {
                                "a condition".to_owned()
                            });
                            self.api_routes(&table, Some(owner))
                        }
                        None => {
                            self.context.doubt("the routes given to `get_openapi` are not known", Some(site));
                            own.routes.clone()
                        }
                    };
                }
                "webhooks" => parts.webhooks.clone_from(&own.webhooks),
                "separate_input_output_schemas" => {
                    parts.separate_input_output =
                        self.truth(value, true, "`separate_input_output_schemas`", Some(site));
                }
                name => {
                    if value.is_none() {
                        continue;
                    }
                    let what = format!("`{name}` given to `get_openapi`");
                    if let Some(json) = self.json(value, &what, Some(site)) {
                        parts.given.insert(name.to_owned(), json);
                    }
                }
            }
        }
        parts
    }
}
