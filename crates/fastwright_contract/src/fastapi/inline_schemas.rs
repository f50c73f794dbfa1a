//! Schemas that the program asks Pydantic for while it is imported and puts into the document itself:
//! `Item.model_json_schema()` in `openapi_extra=` or `responses=`.

use super::builder::Builder;
use super::operations::SCHEMAS;
use super::predicates::is_model;
use crate::json::{Json, JsonObject, on_heap};
use crate::pydantic::core_schema::Mode;
use crate::pydantic::json_schema::generate_definitions;
use fastwright_python::value::*;

/// Containers nest at most this deep.
const DEEPEST: u32 = 40;

impl Builder<'_, '_, '_> {
    /// A value with the schemas in place of the calls that ask for them; none where it has no such call.
    pub fn with_schemas(&mut self, value: &Value) -> Option<Value> {
        self.with_schemas_below(value, 0)
    }

    fn with_schemas_below(&mut self, value: &Value, depth: u32) -> Option<Value> {
        if depth > DEEPEST {
            return None;
        }
        match value.kind() {
            Kind::Dict(id) => {
                let Object::Dict(dict) = self.context.interpreter.object(*id) else { return None };
                let mut copy = dict.clone();
                let mut changed = false;
                for (_, entry) in copy.entries.values_mut() {
                    if let Some(new) = self.with_schemas_below(&entry.clone(), depth + 1) {
                        *entry = new;
                        changed = true;
                    }
                }
                changed.then(|| Kind::Dict(self.context.interpreter.allocate(Object::Dict(copy))).into())
            }
            Kind::List(_) | Kind::Tuple(_) => {
                let items = self.context.interpreter.elements(value)?;
                let new: Vec<Option<Value>> =
                    items.iter().map(|item| self.with_schemas_below(item, depth + 1)).collect();
                if new.iter().all(Option::is_none) {
                    return None;
                }
                let items = items.into_iter().zip(new).map(|(item, new)| new.unwrap_or(item)).collect();
                Some(self.context.interpreter.list(items))
            }
            Kind::Symbolic(symbolic) => match &**symbolic {
                Symbolic::Call { callee, arguments, .. } => {
                    if let Some(parameters) = self.borrowed_parameters(callee, arguments) {
                        return Some(on_heap(self.context, &Json::Array(parameters)));
                    }
                    let (asked, arguments) = (self.asked_type(callee)?, arguments.clone());
                    let schema = self.schema_alone(&asked, &arguments)?;
                    Some(on_heap(self.context, &Json::Object(schema)))
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// The type whose schema a method gives: of a model itself, or of a `TypeAdapter`.
    fn asked_type(&self, callee: &Value) -> Option<Value> {
        let Some(Symbolic::Member { base, name }) = callee.as_symbolic() else { return None };
        match (name.as_str(), base.as_symbolic()) {
            ("model_json_schema" | "schema", _) => {
                is_model(self.context.interpreter, base).then(|| base.clone())
            }
            ("json_schema", Some(Symbolic::Call { callee, arguments, .. })) => {
                let name = callee.as_external()?;
                name.ends_with(".TypeAdapter").then(|| arguments.get(0, "type").cloned())?
            }
            _ => None,
        }
    }

    /// `GenerateJsonSchema.generate`: the schema with the definitions that it needs inside. None for options
    /// whose effect is not followed.
    fn schema_alone(&mut self, asked: &Value, arguments: &Arguments) -> Option<JsonObject> {
        let mode = match arguments.keyword("mode").map(Value::as_str) {
            None | Some(Some("validation")) => Mode::Validation,
            Some(Some("serialization")) => Mode::Serialization,
            Some(_) => return None,
        };
        let template = match arguments.keyword("ref_template") {
            None => "#/$defs/{model}".to_owned(),
            Some(template) => template.as_str()?.to_owned(),
        };
        let known = |name: &str| matches!(name, "mode" | "ref_template");
        if !arguments.positional.is_empty() || arguments.keywords.iter().any(|(name, _)| !known(name)) {
            return None;
        }
        let core = self.generator.type_schema(self.context, asked, None);
        let (mut schemas, mut definitions) = generate_definitions(self.context, &[(mode, core)]);
        let Json::Object(mut schema) = schemas.pop()? else { return None };
        // A definition that only the schema itself refers to stands in its place.
        if let Some(name) =
            schema.get("$ref").and_then(Json::as_str).and_then(|name| name.strip_prefix(SCHEMAS))
            && schema.len() == 1
            && !definitions.values().any(|definition| refers_to(definition, name))
            && let Some(Json::Object(own)) = definitions.shift_remove(name)
        {
            schema = own;
        }
        let mut needed: Vec<String> = Vec::new();
        collect_references(&Json::Object(schema.clone()), &mut needed);
        let mut position = 0;
        while let Some(name) = needed.get(position).cloned() {
            position += 1;
            if let Some(definition) = definitions.get(&name) {
                collect_references(definition, &mut needed);
            }
        }
        definitions.retain(|name, _| needed.contains(name));
        let mut whole = JsonObject::new();
        if !definitions.is_empty() {
            whole.insert("$defs".to_owned(), Json::Object(definitions));
        }
        whole.extend(schema);
        let mut whole = Json::Object(whole);
        rename_references(&mut whole, &template);
        match whole {
            Json::Object(whole) => Some(whole),
            _ => None,
        }
    }
}

fn refers_to(schema: &Json, name: &str) -> bool {
    let mut found = Vec::new();
    collect_references(schema, &mut found);
    found.iter().any(|known| known == name)
}

/// The names of the definitions that a schema refers to, each once.
fn collect_references(schema: &Json, found: &mut Vec<String>) {
    match schema {
        Json::String(text) => {
            if let Some(name) = text.strip_prefix(SCHEMAS)
                && !found.iter().any(|known| known == name)
            {
                found.push(name.to_owned());
            }
        }
        Json::Array(items) => items.iter().for_each(|item| collect_references(item, found)),
        Json::Object(object) => object.values().for_each(|value| collect_references(value, found)),
        _ => {}
    }
}

fn rename_references(schema: &mut Json, template: &str) {
    match schema {
        Json::String(text) => {
            if let Some(name) = text.strip_prefix(SCHEMAS) {
                *text = template.replace("{model}", name);
            }
        }
        Json::Array(items) => items.iter_mut().for_each(|item| rename_references(item, template)),
        Json::Object(object) => object.values_mut().for_each(|value| rename_references(value, template)),
        _ => {}
    }
}
