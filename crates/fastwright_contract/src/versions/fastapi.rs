//! What changed in FastAPI, from 0.100 on, as far as a document shows it. Each constant is the version that
//! brought the behaviour; the code follows the newest one and asks with [`Builder::before`] for older ones.
//!
//! [`Builder::before`]: crate::fastapi::builder::Builder::before

use fastwright_python::project::Version;

/// `openapi_examples` of parameters (`params.py`).
pub const OPENAPI_EXAMPLES: Version = Version::new(0, 103, 0);

/// `separate_input_output_schemas`; before, models always had one schema for each side (`openapi/utils.py`).
pub const ONE_SCHEMA_FOR_BOTH_SIDES: Version = Version::new(0, 102, 0);

/// A form parameter may be a model, whose fields are the form; before, forms were always wrapped in a model
/// made for them (`dependencies/utils.py`, `_should_embed_body_fields`).
pub const FORM_MODELS: Version = Version::new(0, 113, 0);

/// Parameters may be models, whose fields are listed in the document (`_get_flat_fields_from_params`).
pub const PARAMETER_MODELS: Version = Version::new(0, 115, 0);

/// Models in `responses=` describe what is written; before, what is accepted (`routing.py`).
pub const ADDITIONAL_RESPONSES_ARE_WRITTEN: Version = Version::new(0, 115, 1);

/// Underscores in the fields of a model of headers become hyphens (`openapi/utils.py`).
pub const HYPHENS_IN_HEADER_MODELS: Version = Version::new(0, 115, 12);

/// Descriptions of definitions end at a form feed (`_compat.py`, `get_definitions`).
pub const DEFINITIONS_END_AT_FORM_FEEDS: Version = Version::new(0, 115, 13);

/// A form parameter may be a union of models (`is_union_of_base_models`).
pub const FORM_UNIONS: Version = Version::new(0, 115, 14);

/// `openapi_external_docs` of the app (`applications.py`).
pub const EXTERNAL_DOCS: Version = Version::new(0, 117, 0);

/// `type` of a schema may be a list, and is one of JSON Schema's types (`openapi/models.py`).
pub const LISTS_OF_SCHEMA_TYPES: Version = Version::new(0, 117, 0);

/// An endpoint whose return annotation is the text `"None"` declares nothing; before, it declared a response
/// of the type `None` (`get_typed_return_annotation`).
pub const NONE_AS_TEXT_DECLARES_NOTHING: Version = Version::new(0, 117, 0);

/// `Annotated` in a union hides nothing from the question whether a type is a body
/// (`field_annotation_is_complex`).
pub const ANNOTATED_MAY_BE_COMPLEX: Version = Version::new(0, 118, 2);

/// Models of `pydantic.v1` may stand beside those of Pydantic 2, until [`NO_VERSION1`] (`_compat/v1.py`,
/// `temp_pydantic_v1_params.py`).
pub const VERSION1: Version = Version::new(0, 119, 0);

/// Of Pydantic 1 only models are thought of: uploads have no schema there any more, and a parameter of the query
/// that is no scalar makes FastAPI fail (`_compat/main.py`, `datastructures.py`).
pub const ONLY_SHIPPED_VERSION1: Version = Version::new(0, 126, 0);

/// Models of `pydantic.v1` are refused.
pub const NO_VERSION1: Version = Version::new(0, 128, 0);

/// Every model and enumeration behind a field gets a definition, referred to or not (`get_definitions`).
pub const FLAT_MODELS: Version = Version::new(0, 119, 0);

/// Definitions of models are renamed to what FastAPI calls them; until [`DEFINITIONS_KEEP_THEIR_NAMES`]
/// (`_remap_definitions_and_field_mappings`).
pub const DEFINITIONS_ARE_RENAMED: Version = Version::new(0, 119, 0);

/// The definition of a model that no field refers to is the one of the side on which it is found; before,
/// always that of what is accepted.
pub const FLAT_MODELS_BY_SIDE: Version = Version::new(0, 120, 2);

/// Scopes of one dependency don't leak into the ones after it (`get_dependant`: a list was extended in
/// place).
pub const SCOPES_DO_NOT_LEAK: Version = Version::new(0, 122, 1);

/// Scopes reach every kind of security scheme, and tell dependencies apart only where they matter
/// (`dependencies/models.py`, `_uses_scopes`).
pub const SCOPES_REACH_ALL_SCHEMES: Version = Version::new(0, 123, 0);

/// Renaming definitions skips models that are written in place; before, `openapi()` failed.
pub const RENAMING_SKIPS_INLINED_MODELS: Version = Version::new(0, 123, 1);

/// A model with computed fields keeps its schema for each side even where the app asks for one schema.
pub const COMPUTED_FIELDS: Version = Version::new(0, 123, 10);

/// For a moment, one model with computed fields was enough to keep both sides of all.
pub const COMPUTED_FIELDS_OF_ANY: Version = Version::new(0, 123, 4);

/// The same scheme is required once, with the scopes of all its uses (`get_openapi_security_definitions`).
pub const SECURITY_IS_MERGED: Version = Version::new(0, 123, 8);

/// The fields of a parameter model are compiled with the model's configuration (`get_model_fields`).
pub const PARAMETER_FIELDS_HAVE_THE_CONFIG: Version = Version::new(0, 124, 1);

/// `alias` of a parameter is its validation alias, too, and parameters are called by it (`params.py`).
pub const VALIDATION_ALIASES: Version = Version::new(0, 124, 4);

/// Models of the same name are no longer told apart by their module when definitions are renamed.
pub const NO_LONG_NAMES: Version = Version::new(0, 128, 0);

/// Validation errors describe `input` and `ctx`.
pub const ERRORS_WITH_INPUT: Version = Version::new(0, 128, 1);

/// `type X = Annotated[...]` is looked through in a signature (`analyze_param`).
pub const TYPE_ALIASES: Version = Version::new(0, 128, 2);

/// Definitions keep the names that Pydantic gives them.
pub const DEFINITIONS_KEEP_THEIR_NAMES: Version = Version::new(0, 128, 4);

/// `items` of a schema is one schema (`openapi/models.py`).
pub const ITEMS_IS_ONE_SCHEMA: Version = Version::new(0, 128, 4);

/// Bytes and files have a `contentMediaType`; before, the format `binary` (`_compat/v2.py`,
/// `datastructures.py`).
pub const BYTES_HAVE_A_MEDIA_TYPE: Version = Version::new(0, 129, 1);

/// Generators stream lines of JSON (`routing.py`).
pub const JSON_LINES: Version = Version::new(0, 134, 0);

/// Generators stream server-sent events (`sse.py`).
pub const EVENT_STREAMS: Version = Version::new(0, 135, 0);

/// An included route keeps the type of what it streams; before, inclusion lost it.
pub const INCLUSION_KEEPS_STREAMS: Version = Version::new(0, 140, 8);

/// `Annotated` around a sequence is a sequence (`field_annotation_is_sequence`).
pub const ANNOTATED_MAY_BE_A_SEQUENCE: Version = Version::new(0, 140, 10);

/// Only generators stream; before, the annotation alone decided.
pub const ONLY_GENERATORS_STREAM: Version = Version::new(0, 140, 11);

/// What the union of models in a form refers to by tag (`_add_form_union_validators`).
pub const FORM_UNIONS_WITH_METADATA: Version = Version::new(0, 153, 0);

/// `validate_default`, `union_mode` and `fail_fast` of parameters (`params.py`).
pub const MORE_KEYWORDS: Version = Version::new(0, 154, 0);

/// `Query(...)` and the like take no further keywords; before, those became part of the schema.
pub const NO_EXTRA_KEYWORDS: Version = Version::new(0, 155, 0);

/// What other `Field(...)`s in `Annotated` say reaches the parameter (`copy_field_info`).
pub const ANNOTATIONS_ARE_MERGED: Version = Version::new(0, 156, 0);

/// The same where no `Query(...)` or the like is written.
pub const PLAIN_ANNOTATIONS_ARE_MERGED: Version = Version::new(0, 156, 2);

/// A parameter is called by the first of its aliases, whatever its configuration makes of them
/// (`_get_param_aliases`).
pub const ALIAS_CHOICES: Version = Version::new(0, 156, 3);

/// Of several aliases of a path parameter, the one that the path has counts (`analyze_param`).
pub const PATHS_CHOOSE_ALIASES: Version = Version::new(0, 156, 5);

/// A model of parameters is taken apart beside other parameters, too; before, only alone.
pub const PARAMETER_MODELS_BESIDE_OTHERS: Version = Version::new(0, 157, 0);

/// Form models beside other fields are one flat form (`_get_body_field`).
pub const FORM_MODELS_BESIDE_OTHERS: Version = Version::new(0, 158, 0);

/// The media type of forms comes from their parameters.
pub const FORM_MEDIA_TYPES: Version = Version::new(0, 158, 1);

/// A model of parameters may be left out: `Model | None`.
pub const OPTIONAL_PARAMETER_MODELS: Version = Version::new(0, 159, 0);

/// A flat form is described with `allOf` instead of a model of all fields.
pub const FORMS_AS_CONDITIONS: Version = Version::new(0, 160, 0);

/// Unions of models take part in flat forms.
pub const FORM_UNIONS_BESIDE_OTHERS: Version = Version::new(0, 161, 0);

/// Computed fields are looked for in all models behind a field (`_annotation_has_computed_fields`).
pub const NESTED_COMPUTED_FIELDS: Version = Version::new(0, 163, 1);
