//! `FieldInfo.from_annotation`, `from_annotated_attribute` and `_construct` (Pydantic 2.14 `fields.py`):
//! several `Field(...)` of one field become one.

use super::attributes::{self, FieldKind};
use super::place;
use super::qualifiers::{Inspected, inspect};
use crate::context::Context;
use crate::pydantic::field_info::{FieldInfo, Metadata};
use fastwright_python::value::*;

/// The field of an annotation without a value.
pub(super) fn from_annotation(context: &mut Context<'_, '_>, annotation: &Value) -> FieldInfo {
    let inspected = inspect(annotation);
    let metadata = inspected.metadata.clone();
    let mut info = construct(context, Vec::new(), &metadata, None);
    finish(&mut info, &inspected);
    info
}

/// The field of an annotation and what is assigned to it: a default, or `Field(...)`.
pub(super) fn from_annotated_attribute(
    context: &mut Context<'_, '_>,
    annotation: &Value,
    assigned: &Value,
) -> FieldInfo {
    let inspected = inspect(annotation);
    let metadata = inspected.metadata.clone();
    let field = attributes::of_value(context, assigned);
    let mut info = match field {
        // Classes derived from `FieldInfo` are kept as they are where there is nothing to merge.
        Some((info, kind)) if metadata.is_empty() && kind != FieldKind::Pydantic => info,
        Some((mut info, _)) => {
            let first = std::mem::take(&mut info.metadata);
            construct(context, first, &metadata, Some(info))
        }
        None => {
            let mut info = construct(context, Vec::new(), &metadata, None);
            info.default_factory = None;
            info.default = (!attributes::is_unset(assigned) && !matches!(assigned.kind(), Kind::Ellipsis))
                .then(|| assigned.clone());
            info
        }
    };
    finish(&mut info, &inspected);
    info
}

/// The field of a dataclass's annotation with its `field(...)`, as Pydantic converts it.
pub(super) fn from_dataclass_field(
    context: &mut Context<'_, '_>,
    annotation: &Value,
    mut field: FieldInfo,
) -> FieldInfo {
    let inspected = inspect(annotation);
    let metadata = inspected.metadata.clone();
    let first = std::mem::take(&mut field.metadata);
    let mut info = construct(context, first, &metadata, Some(field));
    finish(&mut info, &inspected);
    info
}

fn finish(info: &mut FieldInfo, inspected: &Inspected) {
    info.annotation = Some(inspected.annotation.clone().unwrap_or_else(|| Value::external("typing.Any")));
    if inspected.is_final {
        info.frozen = Some(Value::bool(true));
    }
    if inspected.init_only {
        info.init_var = Some(Value::bool(true));
    }
    let is_set = |value: &Option<Value>| value.as_ref().is_some_and(|value| !value.is_none());
    let has_alias =
        is_set(&info.alias) || is_set(&info.validation_alias) || is_set(&info.serialization_alias);
    info.alias_priority =
        has_alias.then(|| info.alias_priority.filter(|priority| *priority != 0).unwrap_or(2));
}

/// One field of all that stand in the metadata, later ones over earlier ones.
fn construct(
    context: &mut Context<'_, '_>,
    first: Vec<Metadata>,
    metadata: &[Value],
    last: Option<FieldInfo>,
) -> FieldInfo {
    let mut merged = FieldInfo { metadata: first, ..FieldInfo::default() };
    for value in metadata {
        if let Some((mut info, _)) = attributes::of_value(context, value) {
            merged.metadata.append(&mut info.metadata);
            merge(context, &mut merged, info);
        } else if attributes::is_deprecation(value) {
            merged.deprecated = Some(value.clone());
        } else {
            merged.metadata.push(Metadata::Object(value.clone()));
        }
    }
    if let Some(mut info) = last {
        merged.metadata.append(&mut info.metadata);
        merge(context, &mut merged, info);
    }
    merged
}

fn merge(context: &mut Context<'_, '_>, into: &mut FieldInfo, from: FieldInfo) {
    macro_rules! take {
        ($($name:ident)*) => { $(if from.$name.is_some() { into.$name = from.$name; })* };
    }
    let extra = merged_extra(context, into.json_schema_extra.as_ref(), from.json_schema_extra.as_ref());
    // A factory and a default exclude each other: the later one counts.
    if from.default.is_some() {
        into.default_factory = None;
    }
    if from.default_factory.is_some() {
        into.default = None;
    }
    take!(
        default default_factory alias alias_priority validation_alias serialization_alias title
        field_title_generator description examples exclude exclude_if discriminator deprecated
        json_schema_extra frozen validate_default init init_var kw_only location
    );
    if extra.is_some() {
        into.json_schema_extra = extra;
    }
}

/// Two dicts become one, and a dict stays where a function comes after it; nothing where there is nothing
/// to merge.
fn merged_extra(
    context: &mut Context<'_, '_>,
    existing: Option<&Value>,
    current: Option<&Value>,
) -> Option<Value> {
    let (existing, current) = (existing?, current.filter(|current| !current.is_none())?);
    if !matches!(existing.kind(), Kind::Dict(_)) {
        return None;
    }
    if !matches!(current.kind(), Kind::Dict(_)) {
        return Some(existing.clone());
    }
    let entries = context.interpreter.entries(existing).zip(context.interpreter.entries(current));
    let Some((mut entries, more)) = entries else {
        context.doubt("`json_schema_extra` of a field is not known", place(current));
        return None;
    };
    entries.extend(more);
    let entries = entries.into_iter().map(|(name, value)| (Value::str(&name), value)).collect();
    Some(context.interpreter.dict(entries))
}
