//! `pydantic.fields.FieldInfo`: what `Field(...)`, FastAPI's `Query(...)` and the rest of an annotated
//! attribute say about a field.

use fastwright_python::location::Location;
use fastwright_python::value::Value;

/// Everything said about a field (Pydantic 2.14 `fields.py`). An option is `None` where it was never set
/// (`_attributes_set` does not hold it); a value of Python's `None` is `Some(Value::NONE)`.
#[derive(Debug, Clone, Default)]
pub struct FieldInfo {
    /// The type without its `Annotated` metadata; none where there is no annotation.
    pub annotation: Option<Value>,
    /// `Annotated` metadata and constraints in order, as `FieldInfo.metadata` holds them.
    pub metadata: Vec<Metadata>,
    /// The default; none where the field is required or a factory makes it.
    pub default: Option<Value>,
    /// `default_factory=`.
    pub default_factory: Option<Value>,
    /// `alias=`.
    pub alias: Option<Value>,
    /// `alias_priority=`, or what setting an alias implies.
    pub alias_priority: Option<i64>,
    /// `validation_alias=`: a text, `AliasPath(...)` or `AliasChoices(...)`.
    pub validation_alias: Option<Value>,
    /// `serialization_alias=`.
    pub serialization_alias: Option<Value>,
    /// `title=`.
    pub title: Option<Value>,
    /// `field_title_generator=`.
    pub field_title_generator: Option<Value>,
    /// `description=`.
    pub description: Option<Value>,
    /// `examples=`.
    pub examples: Option<Value>,
    /// `exclude=`.
    pub exclude: Option<Value>,
    /// `exclude_if=`.
    pub exclude_if: Option<Value>,
    /// `discriminator=`: a text or `Discriminator(...)`.
    pub discriminator: Option<Value>,
    /// `deprecated=`: a text, `True`, or `typing_extensions.deprecated(...)`.
    pub deprecated: Option<Value>,
    /// `json_schema_extra=`: a dict or a callable.
    pub json_schema_extra: Option<Value>,
    /// `frozen=`.
    pub frozen: Option<Value>,
    /// `validate_default=`.
    pub validate_default: Option<Value>,
    /// `init=`, `init_var=`, `kw_only=`, `repr=` of dataclasses.
    pub init: Option<Value>,
    /// `init_var=`.
    pub init_var: Option<Value>,
    /// `kw_only=`.
    pub kw_only: Option<Value>,
    /// Where the field is declared.
    pub location: Option<Location>,
}

/// One entry of `FieldInfo.metadata`.
#[derive(Debug, Clone)]
pub enum Metadata {
    /// An object of `Annotated[...]` as written: a validator, `Strict()`, `WithJsonSchema(...)`.
    Object(Value),
    /// A constraint by its keyword: `gt`, `ge`, `lt`, `le`, `multiple_of`, `min_length`, `max_length`,
    /// `pattern`, `strict`, `allow_inf_nan`, `max_digits`, `decimal_places`, `coerce_numbers_to_str`,
    /// `union_mode`, `fail_fast`, ...
    Constraint(&'static str, Value),
}

impl FieldInfo {
    /// Whether a value must be given: no default and no factory.
    pub fn is_required(&self) -> bool {
        self.default.is_none() && self.default_factory.is_none()
    }
}
