//! The whole document (FastAPI 0.165 `openapi/utils.py`, `get_openapi`).

use super::builder::Builder;
use super::fields::{Extras, ModelField};
use super::flat_models::TypeSet;
use super::normalize;
use super::operations::{Operations, SCHEMAS};
use super::routes::ApiRoute;
use crate::json::{Json, JsonObject};
use crate::pydantic::core_schema::{CoreKind, Mode, Shared};
use crate::pydantic::field_info::FieldInfo;
use crate::pydantic::json_schema::generate_definitions;
use crate::versions::fastapi as since;
use fastwright_python::name::Name;
use fastwright_python::value::Value;
use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::json;

/// What `get_openapi` is given.
#[derive(Debug, Clone, Default)]
pub struct DocumentParts {
    /// `openapi_version`, `title`, ... as JSON by the names of the parameters of `get_openapi`.
    pub given: JsonObject,
    /// The app's routes.
    pub routes: Vec<ApiRoute>,
    /// Its webhooks.
    pub webhooks: Vec<ApiRoute>,
    /// `separate_input_output_schemas`.
    pub separate_input_output: bool,
}

impl Builder<'_, '_, '_> {
    /// The document.
    pub fn document(&mut self, parts: &DocumentParts) -> Json {
        let value = |name: &str| parts.given.get(name).filter(|value| !is_false(value)).cloned();
        let mut info = JsonObject::new();
        for (name, key) in [
            ("title", "title"),
            ("version", "version"),
            ("summary", "summary"),
            ("description", "description"),
            ("terms_of_service", "termsOfService"),
            ("contact", "contact"),
            ("license_info", "license"),
        ] {
            if let Some(value) = value(name) {
                info.insert(key.to_owned(), value);
            }
        }
        let mut document = JsonObject::new();
        document.insert("openapi".to_owned(), value("openapi_version").unwrap_or_else(|| json!("3.1.0")));
        document.insert("info".to_owned(), Json::Object(info));
        if let Some(servers) = value("servers") {
            document.insert("servers".to_owned(), servers);
        }
        let (schemas, mut definitions) = self.definitions(parts);
        let mut operations = Operations::new(schemas);
        let paths = self.path_items(&mut operations, &parts.routes);
        let webhooks = self.path_items(&mut operations, &parts.webhooks);
        if operations.has_validation_errors {
            let with_input = !self.before(since::ERRORS_WITH_INPUT);
            definitions.insert("ValidationError".to_owned(), validation_error(with_input));
            definitions.insert("HTTPValidationError".to_owned(), http_validation_error());
        }
        let mut components = JsonObject::new();
        if !operations.security_schemes.is_empty() {
            components.insert("securitySchemes".to_owned(), Json::Object(operations.security_schemes));
        }
        if !definitions.is_empty() {
            let mut sorted: Vec<(String, Json)> = definitions.into_iter().collect();
            sorted.sort_by(|left, right| left.0.cmp(&right.0));
            components.insert("schemas".to_owned(), Json::Object(sorted.into_iter().collect()));
        }
        if !components.is_empty() {
            document.insert("components".to_owned(), Json::Object(components));
        }
        document.insert("paths".to_owned(), Json::Object(paths));
        if !webhooks.is_empty() {
            document.insert("webhooks".to_owned(), Json::Object(webhooks));
        }
        if let Some(tags) = value("tags") {
            document.insert("tags".to_owned(), tags);
        }
        if let Some(external) = value("external_docs").filter(|_| !self.before(since::EXTERNAL_DOCS)) {
            document.insert("externalDocs".to_owned(), external);
        }
        match normalize::document(Json::Object(document), self.context.versions.fastapi) {
            Ok(document) => document,
            Err(refused) => {
                self.context.doubt(
                    format!(
                        "FastAPI refuses the document: {} does not fit its models of OpenAPI",
                        refused.parts
                    ),
                    None,
                );
                refused.document
            }
        }
    }

    fn path_items(&mut self, operations: &mut Operations, routes: &[ApiRoute]) -> JsonObject {
        let mut paths = JsonObject::new();
        for route in routes {
            let item = operations.path_item(self, route);
            if item.is_empty() {
                continue;
            }
            let entry = paths.entry(route.path_format.clone()).or_insert_with(|| json!({}));
            if let Json::Object(entry) = entry {
                entry.extend(item);
            }
        }
        paths
    }

    /// The schemas of all fields, and the definitions that they share.
    fn definitions(&mut self, parts: &DocumentParts) -> (FxHashMap<u32, Json>, JsonObject) {
        let mut fields: Vec<&ModelField> = Vec::new();
        let routes: Vec<&ApiRoute> = parts.routes.iter().chain(&parts.webhooks).collect();
        collect_fields(&routes, &mut fields);
        self.definitions_of(fields, parts.separate_input_output)
    }

    /// `get_definitions`: the schemas of fields by their ids, and the definitions that they share.
    pub(super) fn definitions_of(
        &mut self,
        fields: Vec<&ModelField>,
        separate_input_output: bool,
    ) -> (FxHashMap<u32, Json>, JsonObject) {
        let (old, mut fields): (Vec<_>, Vec<_>) =
            fields.into_iter().partition(|field| field.version1.is_some());
        let version1 = self.version1_definitions(&old, &fields);
        let flat = |builder: &mut Self, mode: Mode| {
            builder.flat_models(fields.iter().copied().filter(|field| field.mode == mode))
        };
        let (validation, serialization) = if self.before(since::FLAT_MODELS) {
            (Vec::new(), Vec::new())
        } else if self.before(since::FLAT_MODELS_BY_SIDE) {
            (self.flat_models(fields.iter().copied()), Vec::new())
        } else {
            (flat(self, Mode::Validation), flat(self, Mode::Serialization))
        };
        let mut inputs = TypeSet::default();
        for annotation in fields.iter().filter_map(|field| field.info.annotation.as_ref()) {
            inputs.insert(annotation);
        }
        let mut more = Vec::new();
        for (models, mode) in [(validation, Mode::Validation), (serialization, Mode::Serialization)] {
            for model in models.into_iter().filter(|model| !inputs.contains(model)) {
                let info = FieldInfo { annotation: Some(model), ..FieldInfo::default() };
                more.push(self.field(Name::from("model"), info, Extras::plain(), mode, None));
            }
        }
        fields.extend(&more);
        let mut inputs: Vec<(Mode, Shared)> = Vec::with_capacity(fields.len());
        let separate = separate_input_output || self.before(since::ONE_SCHEMA_FOR_BOTH_SIDES);
        if !separate
            && !self.before(since::COMPUTED_FIELDS_OF_ANY)
            && self.before(since::COMPUTED_FIELDS)
            && fields.iter().any(|field| has_own_computed_fields(&field.schema))
        {
            self.context.doubt("how this FastAPI mixes both sides of models is not followed", None);
        }
        for field in &fields {
            let mode =
                if separate || self.has_computed_fields(field) { field.mode } else { Mode::Validation };
            inputs.push((mode, std::rc::Rc::clone(&field.schema)));
        }
        let (mut schemas, mut definitions) = generate_definitions(self.context, &inputs);
        if !self.before(since::DEFINITIONS_ARE_RENAMED) && self.before(since::DEFINITIONS_KEEP_THEIR_NAMES) {
            self.rename_definitions(&fields, &version1.classes, &mut schemas, &mut definitions);
        }
        // A route that is included twice has one body.
        let mut flat = FxHashSet::default();
        for (field, schema) in fields.iter().zip(&schemas) {
            if !field.form_fields.is_empty() && flat.insert(schema.get("$ref")) {
                self.apply_form_fields(field, schema, &mut definitions);
            }
        }
        let mut by_field: FxHashMap<u32, Json> = fields.iter().map(|field| field.id).zip(schemas).collect();
        by_field.extend(version1.schemas);
        let mut all = version1.definitions;
        all.extend(definitions);
        (by_field, all)
    }

    fn has_computed_fields(&mut self, field: &ModelField) -> bool {
        if self.before(since::COMPUTED_FIELDS) {
            return false;
        }
        if self.before(since::NESTED_COMPUTED_FIELDS) {
            return has_own_computed_fields(&field.schema);
        }
        // Those of a dataclass count only where the whole field is one.
        if has_own_computed_fields(&field.schema) {
            return true;
        }
        let annotation = field.info.annotation.clone();
        annotation.is_some_and(|annotation| self.annotation_has_computed_fields(&annotation, &mut Vec::new()))
    }

    fn annotation_has_computed_fields(&mut self, annotation: &Value, known: &mut Vec<Value>) -> bool {
        if super::predicates::is_model(self.context.interpreter, annotation) {
            if known.iter().any(|value| value.same(annotation)) {
                return false;
            }
            known.push(annotation.clone());
            return self.generator.has_computed_fields(self.context, annotation)
                || self
                    .generator
                    .model_annotations(self.context, annotation)
                    .iter()
                    .any(|annotation| self.annotation_has_computed_fields(annotation, known));
        }
        if known.len() > 5_000 {
            return false;
        }
        crate::types::generic_arguments(annotation)
            .into_iter()
            .any(|argument| self.annotation_has_computed_fields(&argument, known))
    }
}

/// Whether the core schema is a class with computed fields, and nothing around it.
fn has_own_computed_fields(core: &Shared) -> bool {
    let (CoreKind::Model { schema, .. } | CoreKind::Dataclass { schema, .. }) = &core.kind else {
        return false;
    };
    match &schema.kind {
        CoreKind::ModelFields { computed, .. } | CoreKind::DataclassArgs { computed, .. } => {
            !computed.is_empty()
        }
        _ => false,
    }
}

/// `get_fields_from_routes`: callbacks' fields, bodies, responses, parameters.
fn collect_fields<'r>(routes: &[&'r ApiRoute], fields: &mut Vec<&'r ModelField>) {
    let (mut bodies, mut responses, mut parameters) = (Vec::new(), Vec::new(), Vec::new());
    for route in routes.iter().filter(|route| route.include_in_schema) {
        bodies.extend(&route.body_field);
        responses.extend(&route.response_field);
        responses.extend(route.responses.iter().filter_map(|(_, _, field)| field.as_ref()));
        responses.extend(&route.stream_item_field);
        if route.has_callbacks {
            let callbacks: Vec<&ApiRoute> = route.callbacks.iter().collect();
            collect_fields(&callbacks, fields);
        }
        parameters.extend(route.parameters.iter().flat_map(|group| &group.fields));
    }
    fields.extend(bodies.into_iter().chain(responses).chain(parameters));
}

fn validation_error(with_input: bool) -> Json {
    let mut error = json!({
        "title": "ValidationError",
        "type": "object",
        "properties": {
            "loc": {
                "title": "Location",
                "type": "array",
                "items": { "anyOf": [{ "type": "string" }, { "type": "integer" }] },
            },
            "msg": { "title": "Message", "type": "string" },
            "type": { "title": "Error Type", "type": "string" },
        },
        "required": ["loc", "msg", "type"],
    });
    if with_input {
        error["properties"]["input"] = json!({ "title": "Input" });
        error["properties"]["ctx"] = json!({ "title": "Context", "type": "object" });
    }
    error
}

fn http_validation_error() -> Json {
    let reference = format!("{SCHEMAS}ValidationError");
    json!({
        "title": "HTTPValidationError",
        "type": "object",
        "properties": {
            "detail": { "title": "Detail", "type": "array", "items": { "$ref": reference } },
        },
    })
}

fn is_false(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::Bool(value) => !value,
        Json::String(text) => text.is_empty(),
        Json::Array(items) => items.is_empty(),
        Json::Object(object) => object.is_empty(),
        Json::Number(_) => false,
    }
}
