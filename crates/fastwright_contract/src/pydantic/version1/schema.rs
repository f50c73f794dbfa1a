//! JSON Schema (`pydantic/v1/schema.py`).

use super::fields::FieldRequest;
use super::models::shown_limits;
use super::types::{Limits, Plain, Type, object};
use super::{Field, Models};
use crate::context::Context;
use crate::json::{
    Json, JsonObject, Style, Unwritable, Writing, encode, enumeration_value, from_heap, on_heap,
};
use crate::pydantic::generate::display::documentation;
use crate::pydantic::json_schema::title_case;
use fastwright_python::location::Location;
use fastwright_python::value::*;
use serde_json::json;

/// What stands before the name of a definition in a reference.
const REFERENCE: &str = "#/components/schemas/";

/// The names of definitions.
#[derive(Debug, Default)]
pub struct ModelNames {
    names: Vec<(Value, String)>,
}

impl ModelNames {
    /// Remembers what a model or enumeration is called.
    pub fn insert(&mut self, class: Value, name: String) {
        self.names.push((class, name));
    }

    /// What it is called.
    pub fn get(&self, class: &Value) -> Option<&str> {
        self.names.iter().find(|(known, _)| known.same(class)).map(|(_, name)| name.as_str())
    }
}

/// The schema of a field.
pub fn field_schema(
    context: &mut Context<'_, '_>,
    models: &mut Models,
    names: &ModelNames,
    field: &Field,
) -> JsonObject {
    Writer { context, models, names }.field(field)
}

/// The definition of a model or enumeration.
pub fn model_schema(
    context: &mut Context<'_, '_>,
    models: &mut Models,
    names: &ModelNames,
    class: &Value,
) -> JsonObject {
    let mut writer = Writer { context, models, names };
    let mut schema = if super::is_model(writer.context.interpreter, class) {
        writer.model(class)
    } else {
        writer.enumeration(class)
    };
    // FastAPI cuts descriptions at a form feed.
    if let Some(Json::String(description)) = schema.get_mut("description")
        && let Some(end) = description.find('\u{c}')
    {
        description.truncate(end);
    }
    schema
}

struct Writer<'w, 'c, 'a> {
    context: &'w mut Context<'c, 'a>,
    models: &'w mut Models,
    names: &'w ModelNames,
}

impl Writer<'_, '_, '_> {
    fn json(&mut self, value: &Value, location: Option<Location>) -> Option<Json> {
        match encode(self.context, value, &Writing { style: Style::FastApi, ..Writing::default() }) {
            Ok(json) => Some(json),
            Err(Unwritable::NotSerializable) => {
                self.context.doubt("a value has no form in JSON", location);
                None
            }
            Err(Unwritable::NotKnown(reason, place)) => {
                self.context.doubt(reason, place.or(location));
                None
            }
        }
    }

    fn text(&mut self, value: Option<&Value>, what: &str, location: Option<Location>) -> Option<String> {
        match self.context.interpreter.text_of(value?) {
            Some(text) => Some(text).filter(|text| !text.is_empty()),
            None => {
                self.context.doubt(format!("{what} is not known"), location);
                None
            }
        }
    }

    /// `field_schema`.
    fn field(&mut self, field: &Field) -> JsonObject {
        let (mut schema, mut overrides) = self.described(field, false);
        let validations = self.validations(field);
        if !validations.is_empty() {
            schema.extend(validations);
            overrides = true;
        }
        let of_type = self.field_type(field, overrides);
        if of_type.contains_key("$ref") {
            return of_type;
        }
        schema.extend(of_type);
        schema
    }

    /// `get_field_info_schema`: title, description, default, and whether a reference is wrapped for them.
    fn described(&mut self, field: &Field, overrides: bool) -> (JsonObject, bool) {
        let location = field.info.location;
        let mut overrides = overrides;
        let mut schema = JsonObject::new();
        let title = self.text(field.info.title.as_ref(), "the title of a field", location);
        overrides |= title.is_some();
        if title.is_some()
            || !matches!(field.type_, Type::Enumeration(_)) && !is_list_of_enumeration(&field.type_)
        {
            let title = title.unwrap_or_else(|| title_case(&field.alias).replace('_', " "));
            schema.insert("title".to_owned(), Json::from(title));
        }
        if let Some(text) = self.text(field.info.description.as_ref(), "the description of a field", location)
        {
            schema.insert("description".to_owned(), Json::from(text));
            overrides = true;
        }
        if !field.is_required
            && !matches!(field.type_, Type::Callable)
            && let Some(default) = field.default.clone()
        {
            if let Some(default) = self.json(&default, location) {
                schema.insert("default".to_owned(), default);
            }
            overrides = true;
        }
        (schema, overrides)
    }

    /// `get_field_schema_validations`.
    fn validations(&mut self, field: &Field) -> JsonObject {
        let info = &field.info;
        let mut schema = JsonObject::new();
        let inner = innermost(&field.type_);
        if !matches!(inner, Type::Enumeration(_)) {
            if let Type::Plain(plain) = inner {
                let names: &[&str] = if plain.family.is_text() {
                    &["max_length", "min_length", "regex"]
                } else if plain.family.is_number() {
                    &["gt", "lt", "ge", "le", "multiple_of"]
                } else {
                    &[]
                };
                for name in names {
                    if let Some(value) = info.constraint(name).cloned() {
                        self.add_limit(&mut schema, name, &value, info.location);
                    }
                }
            }
            if info.is_constant
                && let Some(default) = field.default.clone()
                && let Some(default) = self.json(&default, info.location)
            {
                schema.insert("const".to_owned(), default);
            }
        }
        for (name, value) in info.extra.clone() {
            if let Some(value) = self.json(&value, info.location) {
                schema.insert(name.to_string(), value);
            }
        }
        match &field.type_ {
            Type::Plain(plain) => self.change(&mut schema, plain, info.location),
            Type::Repeated(repeated, _, limits) => {
                let limits: Limits =
                    shown_limits(limits, *repeated).map(|(name, value)| (name, value.clone())).collect();
                for (name, value) in limits {
                    self.add_limit(&mut schema, name, &value, info.location);
                }
            }
            Type::JsonText => {
                schema.extend(object(json!({ "type": "string", "format": "json-string" })));
            }
            _ => {}
        }
        schema
    }

    fn add_limit(&mut self, schema: &mut JsonObject, name: &str, value: &Value, location: Option<Location>) {
        let key = match name {
            "max_length" => "maxLength",
            "min_length" => "minLength",
            "regex" => "pattern",
            "gt" => "exclusiveMinimum",
            "lt" => "exclusiveMaximum",
            "ge" => "minimum",
            "le" => "maximum",
            "multiple_of" => "multipleOf",
            "min_items" => "minItems",
            "max_items" => "maxItems",
            "unique_items" => "uniqueItems",
            _ => return,
        };
        if let Kind::Float(number) = *value.kind()
            && number.is_infinite()
        {
            return;
        }
        if let Some(value) = self.json(value, location) {
            schema.insert(key.to_owned(), value);
        }
    }

    /// What `__modify_schema__` of a class sets.
    fn change(&mut self, schema: &mut JsonObject, plain: &Plain, location: Option<Location>) {
        for (name, value) in &plain.limits {
            self.add_limit(schema, name, value, location);
        }
        schema.extend(plain.changes.clone());
    }

    /// `field_type_schema`.
    fn field_type(&mut self, field: &Field, overrides: bool) -> JsonObject {
        match &field.type_ {
            Type::Repeated(repeated, inner, limits) => {
                let items = self.item(field, inner);
                let mut schema = object(json!({ "type": "array" }));
                schema.insert("items".to_owned(), Json::Object(items));
                if repeated.is_unique() {
                    schema.insert("uniqueItems".to_owned(), Json::Bool(true));
                }
                let limits: Limits =
                    shown_limits(limits, *repeated).map(|(name, value)| (name, value.clone())).collect();
                for (name, value) in limits {
                    self.add_limit(&mut schema, name, &value, field.info.location);
                }
                schema
            }
            Type::AnyTuple => object(json!({ "type": "array", "items": {} })),
            Type::Mapping(key, value) => {
                let mut schema = object(json!({ "type": "object" }));
                let items = self.item(field, value);
                if let Type::Plain(plain) = &**key
                    && let Some(regex) = plain.limits.get("regex").cloned()
                    && let Some(Json::String(pattern)) = self.json(&regex, field.info.location)
                {
                    schema.insert("patternProperties".to_owned(), json!({ pattern: items.clone() }));
                }
                if !items.is_empty() {
                    schema.insert("additionalProperties".to_owned(), Json::Object(items));
                }
                schema
            }
            Type::Tuple(members) => {
                let count = members.len();
                let mut schema = object(json!({ "type": "array", "minItems": count, "maxItems": count }));
                if count > 0 {
                    let items: Vec<Json> = members
                        .iter()
                        .map(|member| Json::Object(self.field_type(&Field::inner(member), false)))
                        .collect();
                    schema.insert("items".to_owned(), Json::Array(items));
                }
                schema
            }
            _ => self.singleton(field, overrides),
        }
    }

    /// What stands in a container: the schema of a model at once, of everything else as of a field of its own.
    fn item(&mut self, _field: &Field, inner: &Type) -> JsonObject {
        self.field_type(&Field::inner(inner), false)
    }

    /// `field_singleton_schema`.
    fn singleton(&mut self, field: &Field, overrides: bool) -> JsonObject {
        let mut schema = JsonObject::new();
        match &field.type_ {
            Type::Union(members) => return self.union(members, overrides),
            Type::Any | Type::JsonText | Type::Unknown | Type::Callable | Type::Class => return schema,
            Type::None => return object(json!({ "type": "null" })),
            _ => {}
        }
        if field.info.is_constant
            && let Some(default) = field.default.clone()
            && let Some(default) = self.json(&default, field.info.location)
        {
            schema.insert("const".to_owned(), default);
        }
        match &field.type_ {
            Type::Literal(values) => self.literal(field, values, schema),
            Type::Enumeration(class) => {
                let (mut described, overrides) = self.described(field, overrides);
                described.extend(self.reference(class, overrides));
                described
            }
            Type::Plain(plain) => {
                schema.extend(plain.base.clone());
                self.change(&mut schema, plain, field.info.location);
                schema
            }
            Type::Model(class) => {
                if schema.is_empty() {
                    return self.reference(class, overrides);
                }
                schema
            }
            _ => schema,
        }
    }

    fn reference(&mut self, class: &Value, overrides: bool) -> JsonObject {
        let Some(name) = self.names.get(class) else {
            self.context.doubt("the name of a model of Pydantic 1 is not known", None);
            return JsonObject::new();
        };
        let reference = json!({ "$ref": format!("{REFERENCE}{name}") });
        object(if overrides { json!({ "allOf": [reference] }) } else { reference })
    }

    /// `field_singleton_sub_fields_schema`.
    fn union(&mut self, members: &[Type], overrides: bool) -> JsonObject {
        let mut schemas = Vec::with_capacity(members.len());
        for member in members {
            let mut schema = self.field_type(&Field::inner(member), overrides);
            if overrides
                && let Some(Json::Array(all)) = schema.get("allOf")
                && let Some(Json::Object(first)) = all.first()
            {
                schema = first.clone();
            }
            schemas.push(Json::Object(schema));
        }
        match schemas.len() {
            1 => object(schemas.swap_remove(0)),
            _ => object(json!({ "anyOf": schemas })),
        }
    }

    fn literal(&mut self, field: &Field, values: &[Value], mut schema: JsonObject) -> JsonObject {
        let values: Vec<Value> = values
            .iter()
            .map(|value| enumeration_value(self.context.interpreter, value).unwrap_or_else(|| value.clone()))
            .collect();
        let mut kinds: Vec<(&'static str, Vec<Value>)> = Vec::new();
        for value in &values {
            let kind = match *value.kind() {
                Kind::Bool(_) => "builtins.bool",
                Kind::Int(_) => "builtins.int",
                Kind::Str(_) => "builtins.str",
                Kind::Bytes(_) => "builtins.bytes",
                Kind::None => "",
                _ => {
                    self.context.doubt("a value of a literal is not known", field.info.location);
                    return schema;
                }
            };
            match kinds.iter_mut().find(|(known, _)| *known == kind) {
                Some((_, values)) => values.push(value.clone()),
                None => kinds.push((kind, vec![value.clone()])),
            }
        }
        if let [(kind, values)] = kinds.as_slice() {
            let listed: Vec<Json> =
                values.iter().filter_map(|value| self.json(value, field.info.location)).collect();
            schema.insert("enum".to_owned(), Json::Array(listed));
            schema.extend(super::types::standard(kind).map(|plain| plain.base).unwrap_or_default());
            return schema;
        }
        if field.name.is_empty() {
            // Inside of other types Pydantic makes a title of an inner name.
            self.context.doubt("a literal of several types inside of another type is not followed", None);
        }
        let union = Type::Union(kinds.into_iter().map(|(_, values)| Type::Literal(values)).collect());
        let request = FieldRequest {
            name: field.name.clone(),
            alias: Some(field.alias.clone()),
            info: field.info.clone(),
            is_required: Some(field.is_required),
            ..FieldRequest::default()
        };
        let field = Field::of_type(self.context, self.models, request, union);
        self.field(&field)
    }

    /// `model_process_schema`.
    fn model(&mut self, class: &Value) -> JsonObject {
        let model = self.models.model(self.context, class);
        let title = self.text(model.title.as_ref(), "the title of a model", model.location);
        let title = Json::from(title.unwrap_or_else(|| model.name.clone()));
        let mut schema = JsonObject::new();
        schema.insert("title".to_owned(), title.clone());
        if let Some(documentation) = &model.documentation {
            schema.insert("description".to_owned(), Json::from(documentation.clone()));
        }
        let (mut properties, mut required) = (JsonObject::new(), Vec::new());
        for field in model.fields.iter().filter(|field| !matches!(field.type_, Type::Callable)) {
            let of_field = self.field(field);
            properties.insert(field.alias.clone(), Json::Object(of_field));
            if field.is_required {
                required.push(Json::from(field.alias.clone()));
            }
        }
        if let Some(root) = properties.shift_remove("__root__") {
            schema.extend(object(root));
            schema.insert("title".to_owned(), title);
        } else {
            schema.insert("type".to_owned(), Json::from("object"));
            schema.insert("properties".to_owned(), Json::Object(properties));
            if !required.is_empty() {
                schema.insert("required".to_owned(), Json::Array(required));
            }
        }
        if model.forbids_extra {
            schema.insert("additionalProperties".to_owned(), Json::Bool(false));
        }
        if let Some(extra) = &model.schema_extra {
            self.add_extra(&mut schema, extra, class, model.location);
        }
        schema
    }

    /// `Config.schema_extra`: a dict, or a function that changes the schema.
    fn add_extra(
        &mut self,
        schema: &mut JsonObject,
        extra: &Value,
        class: &Value,
        location: Option<Location>,
    ) {
        if let Kind::Dict(_) = *extra.kind() {
            if let Some(Json::Object(extra)) = self.json(extra, location) {
                schema.extend(extra);
            }
            return;
        }
        let function = match extra.kind() {
            Kind::Descriptor(descriptor) if descriptor.kind == DescriptorKind::Static => {
                descriptor.function.clone()
            }
            _ => extra.clone(),
        };
        let taken = self.context.interpreter.plain_function(&function);
        let count = taken.map(|function| function.definition.parameters.len());
        let changed = match count.filter(|_| matches!(function.kind(), Kind::Function(_))) {
            Some(count @ (1 | 2)) => {
                let dict = on_heap(self.context, &Json::Object(schema.clone()));
                let mut positional = vec![dict.clone()];
                positional.extend((count == 2).then(|| class.clone()));
                let arguments = Arguments::of(positional);
                let uncertain = self.context.interpreter.uncertainties();
                let done = self.context.interpreter.call_from_outside(&function, arguments).is_ok();
                let certain = self.context.interpreter.uncertainties() <= uncertain;
                (done && certain).then(|| from_heap(self.context, &dict).ok()).flatten()
            }
            _ => None,
        };
        match changed {
            Some(changed) => *schema = changed,
            None => self.context.doubt("what `schema_extra` makes of a schema is not known", location),
        }
    }

    /// `enum_process_schema`.
    fn enumeration(&mut self, class: &Value) -> JsonObject {
        let Kind::Class(id) = *class.kind() else { return JsonObject::new() };
        let location = self.context.interpreter.class(id).map(|class| class.location);
        let name = self.context.interpreter.class(id).map(|class| class.name.to_string());
        let members = self.context.interpreter.enumeration_members(id).unwrap_or_default();
        let description = documentation(self.context, id).unwrap_or_else(|| "An enumeration.".to_owned());
        let mut values = Vec::with_capacity(members.len());
        for member in members {
            let value = enumeration_value(self.context.interpreter, &member);
            values.extend(value.and_then(|value| self.json(&value, location)));
        }
        let mut schema = JsonObject::new();
        schema.insert("title".to_owned(), Json::from(name));
        schema.insert("description".to_owned(), Json::from(description));
        schema.insert("enum".to_owned(), Json::Array(values));
        let bases = ["builtins.str", "builtins.bytes", "builtins.int", "builtins.float"];
        if let Some(base) = bases.iter().find(|base| self.context.interpreter.derives_from(class, base)) {
            schema.extend(super::types::standard(base).map(|plain| plain.base).unwrap_or_default());
        }
        schema
    }
}

/// What a container holds: `field.type_` is that of its items.
fn innermost(type_: &Type) -> &Type {
    match type_ {
        Type::Repeated(_, inner, _) | Type::Mapping(_, inner) => inner,
        other => other,
    }
}

fn is_list_of_enumeration(type_: &Type) -> bool {
    matches!(innermost(type_), Type::Enumeration(_))
}
