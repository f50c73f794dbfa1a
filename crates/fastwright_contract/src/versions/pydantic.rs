//! What changed in Pydantic, from 2.9 on, as far as a document shows it: the version that brought each
//! behaviour. The code follows the newest one.

use fastwright_python::project::Version;

/// The only value of a literal is a `const` without an `enum` beside it, and the only member of an
/// enumeration an `enum` without a `const` (`json_schema.py`, `literal_schema` and `enum_schema`).
pub const CONST_OR_ENUM: Version = Version::new(2, 10, 0);

/// `deprecated` of a `Field(...)` in `Annotated` reaches the schema of its type
/// (`_apply_single_annotation_json_schema`).
pub const ANNOTATIONS_DEPRECATE: Version = Version::new(2, 10, 0);

/// Core schemas are taken as they are. Before, they were validated: bounds of integers and floats became
/// integers and floats (`validate_core_schema`).
pub const CORE_SCHEMAS_ARE_NOT_VALIDATED: Version = Version::new(2, 10, 0);

/// Keys of dicts that are restricted are described with `propertyNames` (`dict_schema`).
pub const PROPERTY_NAMES: Version = Version::new(2, 10, 0);

/// `Field(deprecated=...)`; FastAPI's parameter classes hand it on from there (`params.py`).
pub const FIELDS_ARE_DEPRECATED: Version = Version::new(2, 7, 0);

/// Dicts with any values say so: `additionalProperties: true` (`dict_schema`).
pub const ANY_VALUES_ARE_SAID: Version = Version::new(2, 11, 0);

/// Decimals as text have a pattern; until [`NO_DECIMAL_PATTERNS`] (`decimal_schema`).
pub const DECIMAL_PATTERNS: Version = Version::new(2, 12, 0);

/// `exclude_if` makes a written field optional (`field_is_required`).
pub const EXCLUDED_IF: Version = Version::new(2, 12, 0);

/// Title, examples and the like of the field `root` describe its root model; before, its description alone
/// (`_generate_schema.py`).
pub const ROOT_FIELDS_DESCRIBE: Version = Version::new(2, 13, 0);

/// Docstrings of dataclasses of the standard library are descriptions (`_update_class_schema`).
pub const PLAIN_DATACLASSES_DESCRIBE: Version = Version::new(2, 13, 0);

/// Decimals as text have no pattern again.
pub const NO_DECIMAL_PATTERNS: Version = Version::new(2, 14, 0);

/// `str_min_length` and `str_max_length` of the configuration are shown (`str_schema`).
pub const LENGTHS_OF_CONFIGURATION: Version = Version::new(2, 14, 0);

/// `ser_json_temporal` is shown, on the written side only (`_common_temporal_schema`).
pub const TIMES_AS_NUMBERS: Version = Version::new(2, 14, 0);

/// References to a definition under a name that it had in an earlier round of simplification are renamed,
/// too; before, they keep two definitions apart that are equal in the end (`_DefinitionsRemapping`).
pub const EARLIER_NAMES_REMAPPED: Version = Version::new(2, 13, 0);
