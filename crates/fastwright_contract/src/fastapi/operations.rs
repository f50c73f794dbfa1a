//! The operations of a route in the document (FastAPI 0.165 `openapi/utils.py`, `get_openapi_path`).

use super::builder::Builder;
use super::fields::ModelField;
use super::parameter_models::ParameterGroup;
use super::responses::{allows_body, status_phrase};
use super::routes::ApiRoute;
use crate::json::{Json, JsonObject};
use crate::pydantic::json_schema::title_case;
use crate::versions::fastapi as since;
use fastwright_model::application::ParameterPlace;
use fastwright_python::value::Value;
use rustc_hash::FxHashMap;
use serde_json::json;

/// Where the document keeps its schemas.
pub const SCHEMAS: &str = "#/components/schemas/";

/// Methods whose requests have a body.
const WITH_BODY: &[&str] = &["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"];

/// What the routes of a document have in common.
pub struct Operations {
    /// The schema of each field, by its id.
    pub schemas: FxHashMap<u32, Json>,
    /// Ids of operations so far; repetitions only make FastAPI warn.
    pub security_schemes: JsonObject,
    /// Whether a route needs the definitions of validation errors.
    pub has_validation_errors: bool,
}

impl Operations {
    /// Nothing written yet.
    pub fn new(schemas: FxHashMap<u32, Json>) -> Self {
        Self { schemas, security_schemes: JsonObject::new(), has_validation_errors: false }
    }

    /// The path item of a route.
    pub fn path_item(&mut self, builder: &mut Builder<'_, '_, '_>, route: &ApiRoute) -> JsonObject {
        let mut item = JsonObject::new();
        if !route.include_in_schema {
            return item;
        }
        for method in &route.methods {
            let operation = self.operation(builder, route, method);
            item.insert(method.to_lowercase(), Json::Object(operation));
        }
        item
    }

    fn operation(&mut self, builder: &mut Builder<'_, '_, '_>, route: &ApiRoute, method: &str) -> JsonObject {
        let mut operation = JsonObject::new();
        if !route.tags.is_empty() {
            operation.insert("tags".to_owned(), Json::Array(route.tags.clone()));
        }
        let summary = route.summary.clone().unwrap_or_else(|| title_case(&route.name.replace('_', " ")));
        operation.insert("summary".to_owned(), json!(summary));
        if !route.description.is_empty() {
            operation.insert("description".to_owned(), json!(route.description));
        }
        operation.insert("operationId".to_owned(), json!(route.operation_id));
        if let Some(deprecated) = &route.deprecated {
            operation.insert("deprecated".to_owned(), deprecated.clone());
        }
        self.add_security(builder, route, &mut operation);
        let parameters = self.parameters(builder, route);
        if !parameters.is_empty() {
            operation.insert("parameters".to_owned(), Json::Array(parameters));
        }
        if WITH_BODY.contains(&method)
            && let Some(body) = &route.body_field
        {
            let body = self.request_body(builder, body);
            operation.insert("requestBody".to_owned(), body);
        }
        if route.has_callbacks {
            let mut callbacks = JsonObject::new();
            // FastAPI forgets the security schemes that only callbacks use, and the model of errors.
            let known = (self.security_schemes.clone(), self.has_validation_errors);
            for callback in &route.callbacks {
                let item = self.path_item(builder, callback);
                let mut paths = JsonObject::new();
                paths.insert(callback.path.clone(), Json::Object(item));
                callbacks.insert(callback.name.clone(), Json::Object(paths));
            }
            (self.security_schemes, self.has_validation_errors) = known;
            operation.insert("callbacks".to_owned(), Json::Object(callbacks));
        }
        self.add_response(builder, route, &mut operation);
        self.add_responses(builder, route, &mut operation);
        let has_input =
            route.body_field.is_some() || route.parameters.iter().any(|group| !group.fields.is_empty());
        let responses = object_entry(&mut operation, "responses");
        if has_input && !["422", "4XX", "default"].iter().any(|status| responses.contains_key(*status)) {
            let reference = format!("{SCHEMAS}HTTPValidationError");
            responses.insert(
                "422".to_owned(),
                json!({
                    "description": "Validation Error",
                    "content": { "application/json": { "schema": { "$ref": reference } } },
                }),
            );
            self.has_validation_errors = true;
        }
        if let Some(Json::Object(extra)) = &route.openapi_extra {
            deep_update(&mut operation, extra);
        }
        operation
    }

    fn add_security(
        &mut self,
        builder: &mut Builder<'_, '_, '_>,
        route: &ApiRoute,
        operation: &mut JsonObject,
    ) {
        let mut required: Vec<(String, Vec<String>)> = Vec::new();
        let merges = !builder.before(since::SECURITY_IS_MERGED);
        for (call, scopes) in route.dependant.security_dependencies(builder.context.versions.fastapi) {
            let Some((name, definition)) = builder.security_definition(&call, route.location) else {
                builder.context.doubt("a security scheme is not known", Some(route.location));
                continue;
            };
            self.security_schemes.insert(name.clone(), definition);
            if !merges {
                let scopes = if builder.takes_scopes(&call) { scopes } else { Vec::new() };
                required.push((name, scopes));
                continue;
            }
            let position = match required.iter().position(|(known, _)| *known == name) {
                Some(position) => position,
                None => {
                    required.push((name, Vec::new()));
                    required.len() - 1
                }
            };
            let merged = &mut required[position].1;
            for scope in scopes {
                if !merged.contains(&scope) {
                    merged.push(scope);
                }
            }
        }
        if !required.is_empty() {
            let list = required.into_iter().map(|(name, scopes)| json!({ name: scopes })).collect();
            operation.insert("security".to_owned(), Json::Array(list));
        }
    }

    /// `_get_openapi_operation_parameters`: every parameter with its place and name, repetitions included.
    pub fn each_parameter(
        &mut self,
        builder: &mut Builder<'_, '_, '_>,
        groups: &[ParameterGroup],
    ) -> Vec<((ParameterPlace, String), Json)> {
        let mut all: Vec<((ParameterPlace, String), Json)> = Vec::new();
        for group in groups {
            let asks_parent = !builder.before(since::PARAMETER_MODELS_BESIDE_OTHERS);
            if asks_parent && !group.parent.extras.include_in_schema {
                continue;
            }
            for field in &group.fields {
                if !asks_parent && !field.extras.include_in_schema {
                    continue;
                }
                let converts = group.place == ParameterPlace::Header
                    && !builder.before(since::HYPHENS_IN_HEADER_MODELS)
                    && field
                        .extras
                        .convert_underscores
                        .or(group.parent.extras.convert_underscores)
                        .unwrap_or(true);
                let (alias, name) = builder.parameter_alias(field, converts);
                let alias = (!builder.before(since::ALIAS_CHOICES)).then_some(alias.as_str());
                let schema = self.field_schema(builder, field, alias);
                let mut parameter = JsonObject::new();
                parameter.insert("name".to_owned(), json!(name));
                parameter.insert("in".to_owned(), json!(group.place.name()));
                let required = field.info.is_required() && !group.is_optional_model;
                parameter.insert("required".to_owned(), json!(required));
                parameter.insert("schema".to_owned(), schema);
                if let Some(description) = field.info.description.clone().filter(|value| !value.is_none())
                    && let Some(text) =
                        builder.text(&description, "the description of a parameter", field.info.location)
                    && !text.is_empty()
                {
                    parameter.insert("description".to_owned(), json!(text));
                }
                add_examples(builder, field, &mut parameter);
                if let Some(deprecated) = field.info.deprecated.clone().filter(|value| !value.is_none())
                    && builder.truth(&deprecated, true, "`deprecated` of a parameter", field.info.location)
                {
                    parameter.insert("deprecated".to_owned(), json!(true));
                }
                all.push(((group.place, name), Json::Object(parameter)));
            }
        }
        all
    }

    fn parameters(&mut self, builder: &mut Builder<'_, '_, '_>, route: &ApiRoute) -> Vec<Json> {
        let all = self.each_parameter(builder, &route.parameters);
        // The last one of a name counts, in the place of the first; a required one comes before others.
        let mut merged: Vec<((ParameterPlace, String), Json)> = Vec::new();
        let required =
            all.iter().filter(|(_, parameter)| parameter.get("required") == Some(&Json::Bool(true)));
        for (key, parameter) in all.iter().chain(required) {
            match merged.iter_mut().find(|(known, _)| known == key) {
                Some(known) => known.1 = parameter.clone(),
                None => merged.push((key.clone(), parameter.clone())),
            }
        }
        merged.into_iter().map(|(_, parameter)| parameter).collect()
    }

    fn request_body(&mut self, builder: &mut Builder<'_, '_, '_>, field: &ModelField) -> Json {
        let mut media = JsonObject::new();
        media.insert("schema".to_owned(), self.field_schema(builder, field, None));
        add_examples(builder, field, &mut media);
        let mut content = JsonObject::new();
        content.insert(field.extras.media_type.clone(), Json::Object(media));
        let mut body = JsonObject::new();
        if field.info.is_required() {
            body.insert("required".to_owned(), json!(true));
        }
        body.insert("content".to_owned(), Json::Object(content));
        Json::Object(body)
    }

    fn add_response(&mut self, builder: &Builder<'_, '_, '_>, route: &ApiRoute, operation: &mut JsonObject) {
        let status = route.status_code.clone().or_else(|| route.response_class.status_code.clone());
        let status = status.unwrap_or_else(|| "200".to_owned());
        let responses = object_entry(operation, "responses");
        let response = object_entry(responses, &status);
        response.insert("description".to_owned(), json!(route.response_description));
        if !allows_body(route.status_code.as_deref()) {
            return;
        }
        if route.is_json_stream {
            let item = route
                .stream_item_field
                .as_ref()
                .map_or_else(|| json!({}), |field| self.schema(builder, field, None));
            object_entry(response, "content")
                .insert("application/jsonl".to_owned(), json!({ "itemSchema": item }));
        } else if route.is_event_stream {
            let mut item = json!({
                "type": "object",
                "properties": {
                    "data": { "type": "string" },
                    "event": { "type": "string" },
                    "id": { "type": "string" },
                    "retry": { "type": "integer", "minimum": 0 },
                },
            });
            if let Some(field) = &route.stream_item_field {
                let content = self.schema(builder, field, None);
                item["required"] = json!(["data"]);
                item["properties"]["data"] = json!({
                    "type": "string",
                    "contentMediaType": "application/json",
                    "contentSchema": content,
                });
            }
            object_entry(response, "content")
                .insert("text/event-stream".to_owned(), json!({ "itemSchema": item }));
        } else if let Some(media_type) =
            route.response_class.media_type.as_ref().filter(|text| !text.is_empty())
        {
            let schema = match (&route.response_field, route.response_class.is_json) {
                (_, false) => json!({ "type": "string" }),
                (Some(field), true) => self.schema(builder, field, None),
                (None, true) => json!({}),
            };
            let media = object_entry(object_entry(response, "content"), media_type);
            media.insert("schema".to_owned(), schema);
        }
    }

    fn add_responses(
        &mut self,
        builder: &mut Builder<'_, '_, '_>,
        route: &ApiRoute,
        operation: &mut JsonObject,
    ) {
        for (status, said, field) in &route.responses {
            let Json::Object(said) = said else { continue };
            let mut said = said.clone();
            let upper = status.to_uppercase();
            let key = if upper == "DEFAULT" { "default" } else { upper.as_str() };
            let python = builder.context.versions.python;
            if status_phrase(&upper, python).is_none() && upper.trim().parse::<i64>().is_err() {
                let reason = format!("`{status}` is no status code: FastAPI fails to write the document");
                builder.context.doubt(reason, Some(route.location));
            }
            if let Some(field) = field {
                let schema = self.schema(builder, field, None);
                let media_type = route
                    .response_class
                    .media_type
                    .as_deref()
                    .filter(|text| !text.is_empty())
                    .unwrap_or("application/json");
                let content = object_entry(&mut said, "content");
                let place = object_entry(object_entry(content, media_type), "schema");
                if let Json::Object(schema) = &schema {
                    deep_update(place, schema);
                }
            }
            let response = object_entry(object_entry(operation, "responses"), key);
            let description = [said.get("description"), response.get("description")]
                .into_iter()
                .flatten()
                .find(|text| !is_empty(text))
                .cloned()
                .unwrap_or_else(|| json!(status_phrase(&upper, python).unwrap_or("Additional Response")));
            deep_update(response, &said);
            response.insert("description".to_owned(), description);
        }
    }

    fn field_schema(
        &self,
        builder: &mut Builder<'_, '_, '_>,
        field: &ModelField,
        alias: Option<&str>,
    ) -> Json {
        if !self.schemas.contains_key(&field.id) {
            builder
                .context
                .doubt(format!("the schema of `{}` is not known", field.name), field.info.location);
        }
        self.schema(builder, field, alias)
    }

    /// `get_schema_from_model_field`: the schema with the field's title, or a reference.
    fn schema(&self, builder: &Builder<'_, '_, '_>, field: &ModelField, alias: Option<&str>) -> Json {
        let mut schema = self.schemas.get(&field.id).cloned().unwrap_or_else(|| json!({}));
        if field.version1.is_some() {
            return schema;
        }
        if let Json::Object(object) = &mut schema
            && !object.contains_key("$ref")
        {
            let given = field.info.title.as_ref().and_then(Value::as_str).filter(|title| !title.is_empty());
            let title = match (given, alias) {
                (Some(title), _) => title.to_owned(),
                (None, Some(alias)) => title_case(alias).replace('_', " "),
                (None, None) if builder.before(since::VALIDATION_ALIASES) => {
                    title_case(&field.alias()).replace('_', " ")
                }
                (None, None) => title_case(&field.schema_alias()).replace('_', " "),
            };
            object.insert("title".to_owned(), json!(title));
        }
        schema
    }
}

/// `examples` from `openapi_examples=`, or else `example`, of a parameter or a media type.
fn add_examples(builder: &mut Builder<'_, '_, '_>, field: &ModelField, target: &mut JsonObject) {
    let location = field.info.location;
    let examples = field
        .extras
        .openapi_examples
        .as_ref()
        .and_then(|value| builder.json(value, "`openapi_examples`", location))
        .filter(|examples| !is_empty(examples));
    if let Some(examples) = examples {
        target.insert("examples".to_owned(), examples);
    } else if let Some(example) = &field.extras.example
        && let Some(example) = builder.json(example, "`example`", location)
    {
        target.insert("example".to_owned(), example);
    }
}

/// The object under a key, made where there is none.
fn object_entry<'o>(object: &'o mut JsonObject, key: &str) -> &'o mut JsonObject {
    let entry = object.entry(key.to_owned()).or_insert_with(|| json!({}));
    if !entry.is_object() {
        *entry = json!({});
    }
    match entry {
        Json::Object(object) => object,
        _ => unreachable!("it was made an object above"),
    }
}

/// `deep_dict_update`: objects are merged, lists are joined, everything else is replaced.
fn deep_update(main: &mut JsonObject, update: &JsonObject) {
    for (key, value) in update {
        match (main.get_mut(key), value) {
            (Some(Json::Object(inner)), Json::Object(value)) => deep_update(inner, value),
            (Some(Json::Array(items)), Json::Array(value)) => items.extend(value.iter().cloned()),
            _ => {
                main.insert(key.clone(), value.clone());
            }
        }
    }
}

/// Whether a value is false in Python's sense.
fn is_empty(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::Bool(value) => !value,
        Json::Number(number) => number.as_f64() == Some(0.0),
        Json::String(text) => text.is_empty(),
        Json::Array(items) => items.is_empty(),
        Json::Object(object) => object.is_empty(),
    }
}
