//! Path operations with everything that the app, inclusions and routers around them add (FastAPI 0.165
//! `routing.py`, `_populate_api_route_state` and `_RouterIncludeContext`).

use super::builder::Builder;
use super::dependencies::Dependant;
use super::fields::{Extras, ModelField};
use super::parameter_models::ParameterGroup;
use super::predicates::is_subclass;
use super::responses::{RESPONSE, ResponseClass, allows_body, status_key};
use crate::json::Json;
use crate::pydantic::core_schema::Mode;
use crate::pydantic::field_info::FieldInfo;
use crate::types::{Form, alias_origin, form};
use crate::versions::fastapi as since;
use fastwright_model::dependant::{Callable, path_parameters, shown_callable};
use fastwright_model::library::routing::is_placeholder;
use fastwright_model::registry::{Entry, Registry};
use fastwright_model::routes::{FlatRoute, Layer};
use fastwright_python::ir::ExprKind;
use fastwright_python::location::{Location, Span};
use fastwright_python::name::Name;
use fastwright_python::project::Version;
use fastwright_python::value::*;
use std::rc::Rc;

/// The version of Python that documents `functools.partial` anew.
const NEW_PARTIAL: Version = Version::new(3, 13, 0);

/// A path operation as the document needs it.
#[derive(Debug, Clone)]
pub struct ApiRoute {
    /// The path with its parameters, converters left out.
    pub path_format: String,
    /// The path as registered, prefixes included.
    pub path: String,
    /// Its name.
    pub name: String,
    /// Methods, upper case.
    pub methods: Vec<String>,
    /// Tags, as JSON.
    pub tags: Vec<Json>,
    /// `summary=`.
    pub summary: Option<String>,
    /// `description=`, or the docstring.
    pub description: String,
    /// The operation's id.
    pub operation_id: String,
    /// `deprecated=`, when it is true in Python's sense.
    pub deprecated: Option<Json>,
    /// Whether the document has it.
    pub include_in_schema: bool,
    /// The response class.
    pub response_class: ResponseClass,
    /// `status_code=`.
    pub status_code: Option<String>,
    /// `response_description=`.
    pub response_description: String,
    /// `responses=` of all layers: status, what is said about it, and the field of its model.
    pub responses: Vec<(String, Json, Option<ModelField>)>,
    /// The response.
    pub response_field: Option<ModelField>,
    /// What a streaming endpoint yields.
    pub stream_item_field: Option<ModelField>,
    /// Whether it streams server-sent events.
    pub is_event_stream: bool,
    /// Whether it streams lines of JSON.
    pub is_json_stream: bool,
    /// The request body.
    pub body_field: Option<ModelField>,
    /// Its dependencies and parameters.
    pub dependant: Dependant,
    /// Its parameters by place, dependencies' included, models of parameters taken apart.
    pub parameters: Vec<ParameterGroup>,
    /// Callbacks that it documents.
    pub callbacks: Vec<ApiRoute>,
    /// Whether callbacks are given at all.
    pub has_callbacks: bool,
    /// `openapi_extra=`.
    pub openapi_extra: Option<Json>,
    /// Where it is registered.
    pub location: Location,
}

/// What a route takes from the layers around it: the route first, then outwards.
struct Around<'f> {
    options: &'f Arguments,
    layers: &'f [Rc<Layer>],
}

impl Around<'_> {
    /// The values that the layers give a name, from the app inwards, the route's own last.
    fn outer_first(&self, builder: &Builder<'_, '_, '_>, name: &str) -> Vec<Value> {
        let interpreter = &*builder.context.interpreter;
        let mut values: Vec<Value> = self
            .layers
            .iter()
            .filter_map(|layer| layer.get(interpreter, name))
            .filter(|value| !value.is_none() && !is_placeholder(value))
            .collect();
        values.extend(given(self.options, name));
        values
    }

    /// The innermost value given: the route's `own` name first, then `name` of the layers outwards.
    fn innermost(&self, builder: &Builder<'_, '_, '_>, own: &str, name: &str) -> Option<Value> {
        let interpreter = &*builder.context.interpreter;
        let layers = self.layers.iter().rev().filter_map(|layer| layer.get(interpreter, name));
        self.options.keyword(own).cloned().into_iter().chain(layers).find(|value| !is_placeholder(value))
    }
}

impl Builder<'_, '_, '_> {
    /// The path operation that a route of the table is.
    pub fn api_route(&mut self, flat: &FlatRoute) -> ApiRoute {
        let location = flat
            .registration
            .first()
            .map_or_else(|| self.context.interpreter.here(Span::default()), |(_, location)| *location);
        let dependencies: Vec<(Value, Location)> =
            flat.dependencies.iter().map(|(value, _, location)| (value.clone(), *location)).collect();
        let around = Around { options: &flat.options, layers: &flat.layers };
        self.operation(
            &flat.path,
            &flat.methods,
            &flat.endpoint,
            &around,
            &dependencies,
            flat.include_in_schema,
            location,
        )
    }

    #[allow(clippy::too_many_arguments, reason = "they are the parts of a route")]
    fn operation(
        &mut self,
        path: &str,
        methods: &[String],
        endpoint: &Value,
        around: &Around<'_>,
        dependencies: &[(Value, Location)],
        include_in_schema: bool,
        location: Location,
    ) -> ApiRoute {
        let options = around.options;
        if options.incomplete {
            self.context.doubt("the arguments of a route are not all known", Some(location));
        }
        let path_format = path_format(path);
        let name = match given(options, "name") {
            Some(name) => self.text(&name, "the name of a route", Some(location)).unwrap_or_default(),
            None => self.endpoint_name(endpoint, location),
        };
        let mut tags = Vec::new();
        for list in around.outer_first(self, "tags") {
            match self.context.interpreter.elements(&list) {
                Some(items) => {
                    for item in items {
                        tags.extend(self.json(&item, "a tag", Some(location)));
                    }
                }
                None => self.context.doubt("the tags of a route are not known", Some(location)),
            }
        }
        let mut deprecated = None;
        for value in around.outer_first(self, "deprecated").into_iter().rev() {
            if deprecated.is_none() && self.truth(&value, false, "`deprecated` of a route", Some(location)) {
                deprecated = self.json(&value, "`deprecated` of a route", Some(location));
            }
        }
        let text = |builder: &mut Self, name: &str| {
            let value = given(options, name)?;
            builder.text(&value, &format!("`{name}` of a route"), Some(location))
        };
        let summary = text(self, "summary").filter(|text| !text.is_empty());
        let description = match text(self, "description").filter(|text| !text.is_empty()) {
            Some(description) => description,
            None => self.docstring(endpoint),
        };
        let description =
            description.split('\u{c}').next().unwrap_or_default().trim_matches(is_python_space).to_owned();
        let response_description =
            text(self, "response_description").unwrap_or_else(|| "Successful Response".to_owned());
        let status_code = given(options, "status_code").and_then(|value| {
            let json = self.json(&value, "the status code of a route", Some(location))?;
            status_key(&json)
        });
        let own_operation_id = text(self, "operation_id").filter(|text| !text.is_empty());
        let mut route = ApiRoute {
            path_format: path_format.clone(),
            path: path.to_owned(),
            name,
            methods: methods.to_vec(),
            tags,
            summary,
            description,
            operation_id: String::new(),
            deprecated,
            include_in_schema,
            response_class: ResponseClass {
                media_type: None,
                status_code: None,
                is_json: false,
                is_event_source: false,
            },
            status_code,
            response_description,
            responses: Vec::new(),
            response_field: None,
            stream_item_field: None,
            is_event_stream: false,
            is_json_stream: false,
            body_field: None,
            dependant: Dependant::empty(endpoint),
            parameters: Vec::new(),
            callbacks: Vec::new(),
            has_callbacks: false,
            openapi_extra: None,
            location,
        };
        // What the document leaves out need not be understood. But FastAPI compiles its parameters, too: what
        // they say about a model that contains itself shows elsewhere.
        if !include_in_schema {
            let doubts = self.context.doubts.clone();
            let names = path_parameters(&path_format);
            self.endpoint_dependant(endpoint, dependencies, &names, location);
            self.context.doubts = doubts;
            return route;
        }
        route.operation_id = match own_operation_id {
            Some(id) => id,
            None => self.unique_id(&route, endpoint, around),
        };
        let given_class = around.innermost(self, "response_class", "default_response_class");
        let class = given_class.clone().unwrap_or(Value::external("starlette.responses.JSONResponse"));
        route.response_class = self.response_class(&class, location);
        self.add_responses(&mut route, around);
        let names = path_parameters(&path_format);
        route.dependant = self.endpoint_dependant(endpoint, dependencies, &names, location);
        route.parameters = self.parameter_groups(&route.dependant);
        let body = route.dependant.body_fields();
        route.body_field = self.body_field(&body, &route.operation_id, location);
        let is_included = around.layers.iter().any(|layer| layer.object.is_none());
        self.add_response_model(&mut route, endpoint, options, given_class.is_some(), is_included);
        self.add_callbacks(&mut route, around);
        if let Some(extra) = given(options, "openapi_extra") {
            route.openapi_extra = self.json(&extra, "`openapi_extra` of a route", Some(location));
        }
        route
    }

    /// `get_name(endpoint)`: its `__name__`, else the name of its class.
    fn endpoint_name(&mut self, endpoint: &Value, location: Location) -> String {
        let name = match endpoint.kind() {
            Kind::Instance(_) => match self.context.interpreter.class_of(endpoint) {
                Some(class) => self.attribute(&class, "__name__"),
                None => Value::NONE,
            },
            Kind::Symbolic(symbolic) => match &**symbolic {
                Symbolic::Call { callee, .. }
                    if callee.as_external().is_some_and(|name| name == "functools.partial") =>
                {
                    Value::str("partial")
                }
                _ => self.attribute(endpoint, "__name__"),
            },
            _ => self.attribute(endpoint, "__name__"),
        };
        match name.as_str() {
            Some(name) => name.to_owned(),
            None => {
                self.context.doubt("the name of an endpoint is not known", Some(location));
                String::new()
            }
        }
    }

    /// `inspect.cleandoc(endpoint.__doc__ or "")`.
    fn docstring(&mut self, endpoint: &Value) -> String {
        let documentation = match endpoint.kind() {
            Kind::Instance(_) => match self.context.interpreter.class_of(endpoint) {
                Some(class) => self.attribute(&class, "__doc__"),
                None => Value::NONE,
            },
            Kind::Symbolic(symbolic) => match &**symbolic {
                // The documentation of the class `partial`.
                Symbolic::Call { callee, .. }
                    if callee.as_external().is_some_and(|name| name == "functools.partial") =>
                {
                    Value::str(if self.context.versions.python >= NEW_PARTIAL {
                        "Create a new function with partial application of the given arguments\nand keywords."
                    } else {
                        "partial(func, *args, **keywords) - new function with partial application\n    \
                         of the given arguments and keywords.\n"
                    })
                }
                _ => self.attribute(endpoint, "__doc__"),
            },
            _ => self.attribute(endpoint, "__doc__"),
        };
        documentation
            .as_str()
            .map(fastwright_python::interpreter::texts::cleaned_documentation)
            .unwrap_or_default()
    }

    fn unique_id(&mut self, route: &ApiRoute, endpoint: &Value, around: &Around<'_>) -> String {
        let name = "generate_unique_id_function";
        let function = around.innermost(self, name, name);
        let method = route.methods.first().map(|method| method.to_lowercase()).unwrap_or_default();
        let usual = || {
            let text = format!("{}{}", route.name, route.path_format);
            let text: String = text
                .chars()
                .map(
                    |character| {
                        if character.is_alphanumeric() || character == '_' { character } else { '_' }
                    },
                )
                .collect();
            format!("{text}_{method}")
        };
        let Some(function) = function else { return usual() };
        if function.as_external().is_some_and(|name| name == "fastapi.utils.generate_unique_id") {
            return usual();
        }
        let object = self.route_object(route, endpoint, around);
        let arguments = Arguments::of([object]);
        let answer = self.context.interpreter.call_from_outside(&function, arguments);
        match answer.ok().and_then(|answer| self.context.interpreter.text_of(&answer)) {
            Some(text) => text,
            None => {
                self.context.doubt("the unique id of a route is not known", Some(route.location));
                usual()
            }
        }
    }

    /// A route as `generate_unique_id_function` sees it.
    fn route_object(&mut self, route: &ApiRoute, endpoint: &Value, around: &Around<'_>) -> Value {
        let interpreter = &mut *self.context.interpreter;
        let id = interpreter.new_instance(
            Value::external("fastapi.routing.APIRoute"),
            Arguments::default(),
            route.location,
        );
        let tags = around.outer_first(self, "tags");
        let mut all = Vec::new();
        for list in tags {
            all.extend(self.context.interpreter.elements(&list).unwrap_or_default());
        }
        let interpreter = &mut *self.context.interpreter;
        let tags = interpreter.list(all);
        let methods = interpreter.list(route.methods.iter().map(|method| Value::str(method)).collect());
        let attributes = vec![
            ("name", Value::str(&route.name)),
            ("path", Value::str(&route.path)),
            ("path_format", Value::str(&route.path_format)),
            ("methods", methods),
            ("tags", tags),
            ("endpoint", endpoint.clone()),
            ("operation_id", Value::NONE),
            ("summary", route.summary.as_deref().map_or(Value::NONE, Value::str)),
            ("description", Value::str(&route.description)),
            ("include_in_schema", Value::bool(route.include_in_schema)),
        ];
        if let Some(instance) = interpreter.instance_mut(id) {
            for (name, value) in attributes {
                instance.attributes.insert(Name::from(name), value);
            }
        }
        Kind::Instance(id).into()
    }

    fn add_responses(&mut self, route: &mut ApiRoute, around: &Around<'_>) {
        let mut merged: Vec<(String, Value)> = Vec::new();
        for value in around.outer_first(self, "responses") {
            let Kind::Dict(id) = *value.kind() else {
                self.context.doubt("`responses` of a route is not known", Some(route.location));
                continue;
            };
            let Object::Dict(dict) = self.context.interpreter.object(id) else { continue };
            if dict.incomplete || !dict.unknown_keys.is_empty() {
                self.context.doubt("`responses` of a route is not all known", Some(route.location));
            }
            let Object::Dict(dict) = self.context.interpreter.object(id) else { continue };
            let entries: Vec<(Value, Value)> = dict.entries.values().cloned().collect();
            for (key, value) in entries {
                let key = self.json(&key, "a status code", Some(route.location));
                let Some(key) = key.as_ref().and_then(status_key) else { continue };
                match merged.iter_mut().find(|(known, _)| *known == key) {
                    Some(known) => known.1 = value,
                    None => merged.push((key, value)),
                }
            }
        }
        for (status, value) in merged {
            let Some((said, model)) = self.response_parts(&value, route.location) else { continue };
            let field = match model {
                Some(model) => {
                    let name = format!("Response_{status}_{}", route.operation_id);
                    let mode = if self.before(since::ADDITIONAL_RESPONSES_ARE_WRITTEN) {
                        Mode::Validation
                    } else {
                        Mode::Serialization
                    };
                    Some(self.response_field(&name, &model, mode, route.location))
                }
                None => None,
            };
            route.responses.push((status, said, field));
        }
    }

    /// A dict in `responses=` without its `model`, as JSON, and the model.
    fn response_parts(&mut self, value: &Value, location: Location) -> Option<(Json, Option<Value>)> {
        let Kind::Dict(id) = *value.kind() else {
            self.context.doubt("a response in `responses` is not known", Some(location));
            return None;
        };
        let Object::Dict(dict) = self.context.interpreter.object(id) else { return None };
        let mut copy = dict.clone();
        let model = copy.entries.shift_remove(&Key::Str(Text::from("model"))).map(|(_, model)| model);
        let copy: Value = Kind::Dict(self.context.interpreter.allocate(Object::Dict(copy))).into();
        let said = self.json(&copy, "a response in `responses`", Some(location))?;
        Some((said, model.filter(|model| !model.is_none())))
    }

    /// A field for what is sent, `create_model_field(..., mode=mode)`.
    fn response_field(
        &mut self,
        name: &str,
        annotation: &Value,
        mode: Mode,
        location: Location,
    ) -> ModelField {
        if let Kind::Unknown(unknown) = annotation.kind() {
            let reason = format!("the type of a response is not known: {}", unknown.reason);
            self.context.doubt(reason, Some(location));
        }
        if self.concerns_version1(annotation) {
            return self.version1_response(name, annotation, mode, location);
        }
        let mut info = match form(annotation) {
            Form::Annotated(..) => self.generator.from_annotation(self.context, annotation),
            _ => FieldInfo { annotation: Some(annotation.clone()), ..FieldInfo::default() },
        };
        info.location = Some(location);
        self.field(Name::from(name), info, Extras::plain(), mode, None)
    }

    fn add_response_model(
        &mut self,
        route: &mut ApiRoute,
        endpoint: &Value,
        options: &Arguments,
        class_given: bool,
        is_included: bool,
    ) {
        let is_generator = route.dependant.is_generator;
        route.is_event_stream =
            is_generator && route.response_class.is_event_source && !self.before(since::EVENT_STREAMS);
        route.is_json_stream = is_generator && !class_given && !self.before(since::JSON_LINES);
        let mut model = options.keyword("response_model").filter(|model| !is_placeholder(model)).cloned();
        if model.is_none()
            && let Some(declared) = self.return_annotation(endpoint)
            && !is_subclass(self.context.interpreter, &declared, &[RESPONSE])
        {
            let streams = !self.before(since::JSON_LINES)
                && (is_generator || self.before(since::ONLY_GENERATORS_STREAM));
            match stream_item(&declared).filter(|_| streams) {
                Some(item) => self.add_stream_item(route, &item, class_given, is_included),
                None => model = Some(declared),
            }
        }
        if let Some(model) = model.filter(|model| !model.is_none()) {
            let name = format!("Response_{}", route.operation_id);
            route.response_field =
                Some(self.response_field(&name, &model, Mode::Serialization, route.location));
            if !allows_body(route.status_code.as_deref()) {
                self.context.doubt(
                    "a response model with a status that has no body: FastAPI refuses the route",
                    Some(route.location),
                );
            }
        }
    }

    /// A field for what a stream consists of, unless that is a transport of its own.
    fn add_stream_item(&mut self, route: &mut ApiRoute, item: &Value, class_given: bool, is_included: bool) {
        let of_events = route.response_class.is_event_source && !self.before(since::EVENT_STREAMS);
        if class_given && !of_events || is_included && self.before(since::INCLUSION_KEEPS_STREAMS) {
            return;
        }
        if !is_subclass(self.context.interpreter, item, &["fastapi.sse.ServerSentEvent"]) {
            let name = format!("StreamItem_{}", route.operation_id);
            route.stream_item_field =
                Some(self.response_field(&name, item, Mode::Serialization, route.location));
        }
    }

    /// What an endpoint is declared to return; none where it declares nothing or `None`.
    fn return_annotation(&mut self, endpoint: &Value) -> Option<Value> {
        let Callable::Function { function: shown, .. } = shown_callable(self.context.interpreter, endpoint)
        else {
            return None;
        };
        let is_text = shown.definition.returns.as_ref().is_some_and(|expression| {
            matches!(expression.kind, ExprKind::Str(_)) || self.annotations_are_texts(shown.module)
        });
        let declared = self.context.interpreter.shown_returns(&shown)?;
        if declared.is_none() && is_text && self.before(since::NONE_AS_TEXT_DECLARES_NOTHING) {
            return Some(Value::external("types.NoneType"));
        }
        (!declared.is_none()).then_some(declared)
    }

    /// `from __future__ import annotations`.
    fn annotations_are_texts(&self, module: ModuleId) -> bool {
        let imports = &self.context.interpreter.module(module).code.imports;
        imports.iter().any(|import| {
            import.module == "__future__" && import.names.iter().any(|name| *name == "annotations")
        })
    }

    /// `callbacks=`: lists of routes, usually of a router that is included nowhere.
    fn add_callbacks(&mut self, route: &mut ApiRoute, around: &Around<'_>) {
        for list in around.outer_first(self, "callbacks") {
            let Some(items) = self.context.interpreter.elements(&list) else {
                self.context.doubt("the callbacks of a route are not known", Some(route.location));
                continue;
            };
            for item in items {
                let object = match *item.kind() {
                    Kind::Instance(id) => Some(id),
                    _ => None,
                };
                if let Some(known) = object.and_then(|id| self.callbacks.get(&id)) {
                    let known = known.clone();
                    route.has_callbacks = true;
                    route.callbacks.push(known);
                    continue;
                }
                let entry = match *item.kind() {
                    Kind::Instance(id) => {
                        let registry = self.context.interpreter.extension::<Registry>();
                        registry.route_objects.get(&id).map(|(entry, path)| (entry.clone(), path.clone()))
                    }
                    _ => None,
                };
                route.has_callbacks = true;
                match entry {
                    Some((Entry::Route(entry), path)) => {
                        let own = match path {
                            Some(path) => Some(path),
                            None => self.context.interpreter.text_of(&entry.path),
                        };
                        let Some(path) = own else {
                            self.context.doubt("the path of a callback is not known", Some(entry.site));
                            continue;
                        };
                        let shown = given(&entry.options, "include_in_schema").is_none_or(|value| {
                            self.truth(&value, true, "`include_in_schema`", Some(entry.site))
                        });
                        let dependencies = given(&entry.options, "dependencies")
                            .and_then(|list| self.context.interpreter.elements(&list))
                            .unwrap_or_default()
                            .into_iter()
                            .map(|value| (value, entry.site))
                            .collect::<Vec<_>>();
                        let layers = [];
                        let around = Around { options: &entry.options, layers: &layers };
                        let methods = entry.methods.clone().unwrap_or_default();
                        let callback = self.operation(
                            &path,
                            &methods,
                            &entry.endpoint,
                            &around,
                            &dependencies,
                            shown,
                            entry.site,
                        );
                        self.callbacks.extend(object.map(|id| (id, callback.clone())));
                        route.callbacks.push(callback);
                    }
                    Some(_) => {}
                    None => self.context.doubt("a callback of a route is not known", Some(route.location)),
                }
            }
        }
    }
}

/// A keyword that is given and not `None`.
fn given(options: &Arguments, name: &str) -> Option<Value> {
    options.keyword(name).filter(|value| !value.is_none() && !is_placeholder(value)).cloned()
}

/// The item type of a stream's annotation: `AsyncIterable[Item]` and the like.
fn stream_item(annotation: &Value) -> Option<Value> {
    let (origin, item) = match form(annotation) {
        Form::Generic(base, arguments) => (alias_origin(&base).unwrap_or(base), arguments.into_iter().next()),
        // A bare alias of `typing` says nothing about the items.
        _ => (alias_origin(annotation)?, Some(Value::external("typing.Any"))),
    };
    let origin = origin.as_external()?;
    matches!(
        origin.as_str(),
        "collections.abc.AsyncIterable"
            | "collections.abc.AsyncIterator"
            | "collections.abc.AsyncGenerator"
            | "collections.abc.Iterable"
            | "collections.abc.Iterator"
            | "collections.abc.Generator"
    )
    .then_some(item)?
}

/// `{name:converter}` as `{name}` (Starlette `compile_path`).
fn path_format(path: &str) -> String {
    let mut format = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(start) = rest.find('{') {
        let Some(length) = rest[start..].find('}') else { break };
        let inside = &rest[start + 1..start + length];
        format.push_str(&rest[..start]);
        format.push('{');
        format.push_str(inside.split(':').next().unwrap_or(inside));
        format.push('}');
        rest = &rest[start + length + 1..];
    }
    format.push_str(rest);
    format
}

/// Whether `str.strip` takes a character away.
fn is_python_space(character: char) -> bool {
    character.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&character)
}
