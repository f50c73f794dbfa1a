//! `Field(...)`: its keywords as a [`FieldInfo`] (Pydantic 2.14 `fields.py`, `Field` and
//! `FieldInfo.__init__`; SQLModel `main.py`, `Field`).

use super::{names, place};
use crate::context::Context;
use crate::pydantic::field_info::{FieldInfo, Metadata};
use fastwright_model::library::model_fields::{FIELD_INFO, METADATA};
use fastwright_python::location::Location;
use fastwright_python::name::Name;
use fastwright_python::value::*;

/// Whose `Field` it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FieldKind {
    /// `pydantic.Field`: keywords that it does not know become `json_schema_extra`.
    Pydantic,
    /// `sqlmodel.Field`: everything is set, to `None` where nothing is given.
    SqlModel,
    /// `fastapi.Query` and the like, classes derived from `FieldInfo`.
    FastApi,
}

/// Whose `Field` a callable is.
fn kind(callee: &str) -> Option<FieldKind> {
    Some(match callee {
        "sqlmodel.main.Field" => FieldKind::SqlModel,
        "pydantic.fields.Field" | "pydantic.fields.FieldInfo" => FieldKind::Pydantic,
        "fastapi.Query" | "fastapi.Path" | "fastapi.Header" | "fastapi.Cookie" | "fastapi.Body"
        | "fastapi.Form" | "fastapi.File" => FieldKind::FastApi,
        _ => return None,
    })
}

/// Whether a value is a field, made with any `Field`.
pub fn is_field(value: &Value) -> bool {
    let Some(Symbolic::Call { callee, .. }) = value.as_symbolic() else { return false };
    callee.as_external().is_some_and(|callee| kind(&callee).is_some())
}

/// What a value that is assigned to a field, or stands in `Annotated`, says as a field.
pub(super) fn of_value(context: &mut Context<'_, '_>, value: &Value) -> Option<(FieldInfo, FieldKind)> {
    let Some(Symbolic::Call { callee, arguments, site }) = value.as_symbolic() else { return None };
    let name = callee.as_external()?;
    let kind = kind(&name)?;
    let (mut arguments, site) = (Arguments::clone(arguments), *site);
    let mut metadata = Vec::new();
    if name == FIELD_INFO {
        // An entry of `model_fields` of another model; the annotation that counts stands beside it.
        if let Some(Kind::Tuple(objects)) = arguments.keyword(METADATA).map(|objects| objects.kind()) {
            metadata.extend(objects.iter().cloned().map(Metadata::Object));
        }
        arguments.keywords.retain(|(name, _)| *name != "annotation" && *name != METADATA);
    }
    let mut info = field(context, &arguments, Some(0), Some(kind));
    info.metadata.splice(..0, metadata);
    info.location = Some(site);
    Some((info, kind))
}

/// Keywords that become constraints, in the order in which `Field` hands them on.
const CONSTRAINTS: &[&str] = &[
    "pattern",
    "coerce_numbers_to_str",
    "strict",
    "gt",
    "ge",
    "lt",
    "le",
    "multiple_of",
    "min_length",
    "max_length",
    "allow_inf_nan",
    "max_digits",
    "decimal_places",
    "union_mode",
    "fail_fast",
];

/// Keywords of FastAPI's parameters that say nothing about the schema of the type.
const FASTAPI_ONLY: &[&str] = &[
    "example",
    "openapi_examples",
    "include_in_schema",
    "convert_underscores",
    "embed",
    "media_type",
    "regex",
];

/// Columns' keywords of `sqlmodel.Field`, and those that Pydantic's `FieldInfo` drops.
const SQLMODEL_ONLY: &[&str] = &[
    "primary_key",
    "foreign_key",
    "ondelete",
    "unique",
    "nullable",
    "index",
    "sa_type",
    "sa_column",
    "sa_column_args",
    "sa_column_kwargs",
    "regex",
    "const",
    "unique_items",
    "allow_mutation",
    "include",
];

/// The field that a call makes; `kind` is none where keywords that are not known are ignored.
pub(super) fn field(
    context: &mut Context<'_, '_>,
    arguments: &Arguments,
    default_position: Option<usize>,
    kind: Option<FieldKind>,
) -> FieldInfo {
    let mut given: OrderedMap<Name, Value> =
        arguments.keywords.iter().filter(|(name, _)| *name != "**").cloned().collect();
    if arguments.incomplete {
        let location = arguments.keywords.iter().find_map(|(_, value)| place(value));
        context.doubt("a field gets options that are not known", location);
    }
    if let Some(default) = default_position.and_then(|position| arguments.positional.get(position)) {
        given.insert(Name::from("default"), default.clone());
    }
    given.retain(|_, value| !is_unset(value));
    if kind == Some(FieldKind::SqlModel) {
        sqlmodel_options(context, &mut given);
    }
    let mut take = |name: &str| given.shift_remove(&Name::from(name));
    let mut info = FieldInfo {
        default: take("default").filter(|default| !matches!(default.kind(), Kind::Ellipsis)),
        default_factory: take("default_factory"),
        alias: take("alias"),
        validation_alias: take("validation_alias"),
        serialization_alias: take("serialization_alias"),
        alias_priority: take("alias_priority").and_then(|priority| priority.as_int()),
        title: take("title"),
        field_title_generator: take("field_title_generator"),
        description: take("description"),
        examples: take("examples"),
        exclude: take("exclude"),
        exclude_if: take("exclude_if"),
        discriminator: take("discriminator"),
        deprecated: take("deprecated"),
        json_schema_extra: take("json_schema_extra"),
        frozen: take("frozen"),
        validate_default: take("validate_default"),
        init: take("init"),
        init_var: take("init_var"),
        kw_only: take("kw_only"),
        ..FieldInfo::default()
    };
    take("repr");
    if kind == Some(FieldKind::FastApi)
        && let Some(regex) = take("regex").filter(|regex| !regex.is_none())
    {
        given.entry(Name::from("pattern")).or_insert(regex);
    }
    let mut take = |name: &str| given.shift_remove(&Name::from(name));
    let items = [("min_items", "min_length"), ("max_items", "max_length")];
    let lengths: Vec<_> = items
        .into_iter()
        .filter_map(|(old, new)| Some((new, take(old).filter(|value| !value.is_none())?)))
        .collect();
    for (new, value) in lengths {
        let slot = given.entry(Name::from(new)).or_insert(Value::NONE);
        if slot.is_none() {
            *slot = value;
        }
    }
    info.metadata = constraints(&mut given);
    match kind {
        Some(FieldKind::Pydantic) => {
            given.retain(|name, _| !matches!(name.as_str(), "const" | "unique_items" | "regex"));
            given.shift_remove(&Name::from("allow_mutation"));
            extra(context, &mut info, &given);
        }
        Some(FieldKind::FastApi) => {
            given.retain(|name, _| !FASTAPI_ONLY.contains(&name.as_str()));
            extra(context, &mut info, &given);
        }
        _ => {}
    }
    imply_aliases(&mut info);
    info
}

/// Values that mean that nothing is given.
pub(super) fn is_unset(value: &Value) -> bool {
    value.as_external().is_some_and(|name| {
        matches!(
            name.as_str(),
            "pydantic_core.PydanticUndefined"
                | "pydantic.fields.PydanticUndefined"
                | "pydantic.fields._Unset"
                | "pydantic_core.core_schema.PydanticUndefined"
                | "fastapi._compat.Undefined"
                | "dataclasses.MISSING"
        )
    })
}

/// `FieldInfo._collect_metadata`: constraints with a class of their own first, the rest as one object.
fn constraints(given: &mut OrderedMap<Name, Value>) -> Vec<Metadata> {
    const GENERAL: &[&str] =
        &["pattern", "max_digits", "decimal_places", "union_mode", "coerce_numbers_to_str"];
    let mut own = Vec::new();
    let mut general = Vec::new();
    for keyword in CONSTRAINTS {
        let Some(value) = given.shift_remove(&Name::from(*keyword)).filter(|value| !value.is_none()) else {
            continue;
        };
        let target = if GENERAL.contains(keyword) { &mut general } else { &mut own };
        target.push(Metadata::Constraint(keyword, value));
    }
    own.extend(general);
    own
}

/// What is given beyond the known keywords, as `json_schema_extra` where there is none.
fn extra(context: &mut Context<'_, '_>, info: &mut FieldInfo, given: &OrderedMap<Name, Value>) {
    let has_extra =
        info.json_schema_extra.as_ref().is_some_and(|extra| context.interpreter.truth(extra) != Some(false));
    if given.is_empty() || has_extra {
        return;
    }
    let entries = given.iter().map(|(name, value)| (Value::str(name), value.clone())).collect();
    info.json_schema_extra = Some(context.interpreter.dict(entries));
}

/// An alias counts for both directions where these have none of their own.
fn imply_aliases(info: &mut FieldInfo) {
    let is_missing = |value: &Option<Value>| value.as_ref().is_none_or(Value::is_none);
    if is_missing(&info.serialization_alias)
        && let Some(alias) = info.alias.clone().filter(|alias| alias.as_str().is_some())
    {
        info.serialization_alias = Some(alias);
    }
    if is_missing(&info.validation_alias) && info.alias.is_some() {
        info.validation_alias = info.alias.clone();
    }
}

fn sqlmodel_options(context: &mut Context<'_, '_>, given: &mut OrderedMap<Name, Value>) {
    if let Some(extra) = given.shift_remove(&Name::from("schema_extra")).filter(|extra| !extra.is_none()) {
        match context.interpreter.entries(&extra) {
            Some(entries) => {
                for (name, value) in entries {
                    let replaces = !matches!(name.as_str(), "validation_alias" | "serialization_alias")
                        || !given.contains_key(&name);
                    if replaces {
                        given.insert(name, value);
                    }
                }
            }
            None => context.doubt("`schema_extra` of a field is not known", place(&extra)),
        }
    }
    given.retain(|name, _| !SQLMODEL_ONLY.contains(&name.as_str()));
    // `FieldInfo` gets every keyword of SQLModel's `Field`, so that all count as set.
    for keyword in ["alias", "title", "description", "exclude", "discriminator"] {
        given.entry(Name::from(keyword)).or_insert(Value::NONE);
    }
}

/// The place of a value in `Annotated[...]` that says that something is deprecated.
pub(super) fn is_deprecation(value: &Value) -> bool {
    let Some(Symbolic::Call { callee, .. }) = value.as_symbolic() else { return false };
    callee
        .as_external()
        .is_some_and(|name| name == "warnings.deprecated" || names::typing(&name) == Some("deprecated"))
}

/// Where a field is declared, for what is unclear about it.
pub(super) fn location(info: &FieldInfo, otherwise: Option<Location>) -> Option<Location> {
    info.location.or(otherwise)
}
