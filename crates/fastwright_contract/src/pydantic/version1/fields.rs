//! Fields: their shape, inner fields and default (`pydantic/v1/fields.py`, `ModelField`).

use super::FieldInfo;
use super::models::Models;
use super::types::Type;
use super::{constraints, field_info};
use crate::context::Context;
use fastwright_python::location::Location;
use fastwright_python::value::Value;

/// A field that is known in full.
#[derive(Debug, Clone)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// What clients call it.
    pub alias: String,
    /// Whether it must be given.
    pub is_required: bool,
    /// The default; none for `None` and where there is none.
    pub default: Option<Value>,
    /// What is said about it.
    pub info: FieldInfo,
    /// Its type; `None` beside one other type is left out.
    pub(super) type_: Type,
}

/// What a field is made from.
#[derive(Debug, Clone, Default)]
pub struct FieldRequest {
    /// Its name.
    pub name: String,
    /// The annotation; none where the default says it.
    pub annotation: Option<Value>,
    /// What clients call it, where that is not its name.
    pub alias: Option<String>,
    /// What is said about it.
    pub info: FieldInfo,
    /// Whether it must be given; none where its type says so.
    pub is_required: Option<bool>,
    /// Where it is declared.
    pub location: Option<Location>,
}

impl Field {
    /// The field with its type analysed.
    pub fn new(context: &mut Context<'_, '_>, models: &mut Models, request: FieldRequest) -> Self {
        models.location = request.location;
        let type_ = match &request.annotation {
            Some(annotation) => models.type_of(context, annotation),
            None => models.type_of_default(context, request.info.default.as_ref()),
        };
        Self::of_type(context, models, request, type_)
    }

    pub(super) fn of_type(
        context: &mut Context<'_, '_>,
        models: &mut Models,
        request: FieldRequest,
        type_: Type,
    ) -> Self {
        let FieldRequest { name, alias, info, mut is_required, location, .. } = request;
        let (type_, unused) = constraints::limited(type_, &info);
        if let Some(constraint) = unused {
            let reason = format!("Pydantic 1 refuses the field `{name}`: nothing takes its `{constraint}`");
            context.doubt(reason, location);
        }
        let type_ = settled(type_, &mut is_required);
        if info.discriminator.is_some() {
            models.location = location;
            models.unknown(context, "how Pydantic 1 tells the members of a union apart is not followed");
        }
        Self {
            alias: alias.unwrap_or_else(|| name.clone()),
            name,
            is_required: is_required.unwrap_or(true),
            default: info.default.clone().filter(|default| !default.is_none()),
            info,
            type_,
        }
    }

    /// Whether a path takes it.
    pub fn is_scalar(&self) -> bool {
        self.type_.is_scalar()
    }

    /// Whether it is a sequence of what a path takes.
    pub fn is_scalar_sequence(&self) -> bool {
        self.type_.is_scalar_sequence()
    }

    /// Whether it is a model.
    pub fn is_model(&self) -> bool {
        matches!(self.type_, Type::Model(_))
    }

    /// A field inside of another one, for a type that stands in it.
    pub(super) fn inner(type_: &Type) -> Self {
        let type_ = settled(type_.clone(), &mut None);
        Self {
            name: String::new(),
            alias: String::new(),
            is_required: true,
            default: None,
            info: FieldInfo::default(),
            type_,
        }
    }
}

/// A type without `None` beside others (`_type_analysis`): what may be `None`, or anything, need not be given.
fn settled(type_: Type, is_required: &mut Option<bool>) -> Type {
    match type_ {
        Type::Any | Type::JsonText => {
            is_required.get_or_insert(false);
            type_
        }
        Type::Union(members) => {
            if members.iter().any(|member| matches!(member, Type::None | Type::Any)) {
                is_required.get_or_insert(false);
            }
            let mut members: Vec<Type> =
                members.into_iter().filter(|member| !matches!(member, Type::None)).collect();
            match members.len() {
                1 => settled(members.swap_remove(0), is_required),
                _ => Type::Union(members),
            }
        }
        other => other,
    }
}

/// What a value assigned to a name says as a field.
pub(super) fn info_of_assigned(context: &mut Context<'_, '_>, assigned: Option<&Value>) -> (FieldInfo, bool) {
    let Some(assigned) = assigned else { return (FieldInfo::default(), false) };
    if let Some(info) = field_info::of_value(context, assigned) {
        return (info, true);
    }
    let default = Some(assigned.clone())
        .filter(|value| !matches!(value.kind(), fastwright_python::value::Kind::Ellipsis));
    (FieldInfo { default, ..FieldInfo::default() }, false)
}
