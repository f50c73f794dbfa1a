//! Types limited by what `Field(...)` says (`pydantic/v1/schema.py`, `get_annotation_from_field_info`).

use super::FieldInfo;
use super::types::{Family, Limits, Plain, Repeated, Type};
use fastwright_python::value::Value;

const OF_TEXTS: &[&str] = &["max_length", "min_length", "regex"];
const OF_SECRETS: &[&str] = &["max_length", "min_length"];
const OF_INTEGERS: &[&str] = &["gt", "lt", "ge", "le", "multiple_of"];
const OF_FLOATS: &[&str] = &["gt", "lt", "ge", "le", "multiple_of", "allow_inf_nan"];
const OF_DECIMALS: &[&str] = &["gt", "lt", "ge", "le", "multiple_of", "max_digits", "decimal_places"];
const OF_LISTS: &[&str] = &["min_items", "max_items", "unique_items"];
const OF_SETS: &[&str] = &["min_items", "max_items"];

/// The type with the constraints that it takes, and the first constraint that nothing takes: Pydantic refuses
/// such a field.
pub(super) fn limited(type_: Type, info: &FieldInfo) -> (Type, Option<String>) {
    if info.constraints.is_empty() {
        return (type_, None);
    }
    let mut used = Vec::new();
    let type_ = apply(type_, info, &mut used);
    let unused = info.constraints.keys().find(|name| !used.contains(&name.as_str()));
    (type_, unused.map(|name| name.to_string()))
}

fn given(info: &FieldInfo, names: &[&'static str]) -> Vec<(&'static str, Value)> {
    names.iter().filter_map(|name| Some((*name, info.constraint(name)?.clone()))).collect()
}

fn apply(type_: Type, info: &FieldInfo, used: &mut Vec<&'static str>) -> Type {
    let mut all = |members: Vec<Type>| members.into_iter().map(|member| apply(member, info, used)).collect();
    match type_ {
        Type::Union(members) => Type::Union(all(members)),
        Type::Tuple(members) => Type::Tuple(all(members)),
        Type::Repeated(repeated, inner, limits) if limits.is_empty() => {
            let names = match repeated {
                Repeated::List => OF_LISTS,
                Repeated::Set | Repeated::FrozenSet => OF_SETS,
                _ => &[],
            };
            let limits: Limits = given(info, names).into_iter().collect();
            if !limits.is_empty() {
                used.extend_from_slice(names);
            }
            Type::Repeated(repeated, Box::new(apply(*inner, info, used)), limits)
        }
        Type::Mapping(key, value) => Type::Mapping(key, Box::new(apply(*value, info, used))),
        Type::Plain(plain) if plain.takes_constraints => Type::Plain(Box::new(of_plain(*plain, info, used))),
        other => other,
    }
}

fn of_plain(plain: Plain, info: &FieldInfo, used: &mut Vec<&'static str>) -> Plain {
    let names = match plain.family {
        Family::Text | Family::Bytes => OF_TEXTS,
        Family::Secret => OF_SECRETS,
        Family::Integer => OF_INTEGERS,
        Family::Float => OF_FLOATS,
        Family::Decimal => OF_DECIMALS,
        Family::Other => return plain,
    };
    used.extend_from_slice(names);
    let limits = given(info, names);
    if limits.is_empty() {
        return plain;
    }
    Plain { limits: limits.into_iter().collect(), is_constrained: true, ..plain }
}
