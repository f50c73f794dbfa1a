//! Core schemas: what Pydantic compiles a type to before anything validates (pydantic_core
//! `core_schema.py`), as far as it decides the JSON Schema.

use super::config::ModelConfig;
use crate::json::JsonObject;
use fastwright_python::location::Location;
use fastwright_python::name::Name;
use fastwright_python::value::Value;
use indexmap::IndexMap;
use std::cell::RefCell;
use std::rc::Rc;

/// Which side of a model a schema describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mode {
    /// What is accepted.
    Validation,
    /// What is written.
    Serialization,
}

/// A shared core schema.
pub type Shared = Rc<Core>;

/// A core schema with what stands around every kind of it.
#[derive(Debug, Clone)]
pub struct Core {
    /// What it is.
    pub kind: CoreKind,
    /// `ref`: the name under which definitions hold it, `module.Qualname:number` with arguments of
    /// generics, as `_core_utils.get_type_ref` writes it.
    pub reference: Option<Rc<str>>,
    /// What the JSON Schema gets beyond its kind.
    pub metadata: CoreMetadata,
    /// A serializer that replaces or wraps the type's own.
    pub serialization: Option<Box<Serialization>>,
    /// The function of a `function-...` schema; none where a library's own stands there.
    pub validator: Option<Box<Validator>>,
}

/// A function of the program that validates.
#[derive(Debug, Clone)]
pub struct Validator {
    /// The function, bound to its class where it is a method of one.
    pub function: Value,
    /// Whether it takes `info`.
    pub takes_info: bool,
}

/// `metadata` of a core schema (`_internal/_core_metadata.py`).
#[derive(Debug, Clone, Default)]
pub struct CoreMetadata {
    /// `pydantic_js_updates`: keys set over the generated ones.
    pub updates: Option<JsonObject>,
    /// `pydantic_js_extra`: `json_schema_extra`, a dict or a callable.
    pub extra: Option<Value>,
    /// `pydantic_js_functions`, applied in order; they see references resolved.
    pub functions: Vec<JsonSchemaFunction>,
    /// `pydantic_js_annotation_functions`, applied in order after the others; references stay.
    pub annotation_functions: Vec<JsonSchemaFunction>,
    /// `pydantic_internal_union_tag_key`.
    pub union_tag: Option<Value>,
    /// `pydantic_internal_union_discriminator`.
    pub union_discriminator: Option<String>,
    /// What was said about this very object by all who were handed it: Pydantic keeps one reference on a
    /// class that contains itself, gives it to everyone who asks first, and writes into it.
    pub shared: Option<Rc<RefCell<CoreMetadata>>>,
}

impl CoreMetadata {
    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.updates.is_none()
            && self.extra.is_none()
            && self.functions.is_empty()
            && self.annotation_functions.is_empty()
    }
}

/// A function that changes a generated JSON Schema.
#[derive(Debug, Clone)]
pub enum JsonSchemaFunction {
    /// `WithJsonSchema(schema, mode=...)`; a schema of `None` leaves the part out.
    With(Option<JsonObject>, Option<Mode>),
    /// `SkipJsonSchema()`: the part is left out.
    Skip,
    /// `Examples([...], mode=...)` of `pydantic.json_schema`.
    Examples(Vec<crate::json::Json>, Option<Mode>),
    /// Keys set over the generated ones, on the resolved schema.
    Update(JsonObject),
    /// The same, and the alternatives are taken away (`UuidVersion`).
    UpdateWithoutAlternatives(JsonObject),
    /// The same over what another schema gives, with the changes that come before.
    UpdateOf(Shared, JsonObject),
    /// What the schema inside of a validator gives, whatever serializer stands at the validator.
    OfInner,
    /// `__get_pydantic_json_schema__` of the program: function or bound method, called with the core
    /// schema and a handler.
    Program(Value, Option<Location>),
    /// A function of a library whose effect is not known.
    Opaque(String),
}

/// When a serializer applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenUsed {
    /// Always.
    Always,
    /// Not for `None`.
    UnlessNone,
    /// In JSON only.
    Json,
    /// In JSON, not for `None`.
    JsonUnlessNone,
}

/// `serialization` of a core schema.
#[derive(Debug, Clone)]
pub enum Serialization {
    /// `function-plain` and `function-wrap`: the schema of the return type, none where it is not declared.
    Function {
        /// The function, which JSON Schema applies to defaults; none where it is a library's own.
        function: Option<Value>,
        /// Whether it takes `info` (`info_arg`): it is then not applied to defaults.
        takes_info: bool,
        /// Schema of what the function returns.
        returns: Option<Shared>,
        /// When it applies.
        when_used: WhenUsed,
        /// Whether it wraps the type's own serializer.
        wraps: bool,
    },
    /// `format` and `to-string`: a text.
    Text(WhenUsed),
    /// A simple serializer by the type of core schema that it works as: `any`, `str`, ...
    Simple(Shared),
    /// `model`: another schema for the contents.
    Model(Shared),
}

/// Bounds of numbers, as JSON.
#[derive(Debug, Clone, Default)]
pub struct NumberBounds {
    /// `multiple_of`.
    pub multiple_of: Option<Value>,
    /// `le`.
    pub le: Option<Value>,
    /// `ge`.
    pub ge: Option<Value>,
    /// `lt`.
    pub lt: Option<Value>,
    /// `gt`.
    pub gt: Option<Value>,
}

/// Bounds of lengths.
#[derive(Debug, Clone, Copy, Default)]
pub struct LengthBounds {
    /// `min_length`.
    pub min: Option<i64>,
    /// `max_length`.
    pub max: Option<i64>,
}

/// A field of a model, typed dict, dataclass or named tuple.
#[derive(Debug, Clone)]
pub struct CoreField {
    /// Its schema; a default makes it [`CoreKind::Default`].
    pub schema: Shared,
    /// `required` of a typed dict's field; none where the schema's default decides.
    pub required: Option<bool>,
    /// Names that validation takes; the first text of alias choices counts in schemas.
    pub validation_alias: Option<ValidationAlias>,
    /// Name that serialization writes.
    pub serialization_alias: Option<String>,
    /// Whether serialization leaves it out.
    pub serialization_exclude: bool,
    /// Whether serialization may leave it out (`exclude_if=`).
    pub serialization_exclude_if: bool,
    /// `init=False` of a dataclass's field, when it is set.
    pub init: Option<bool>,
    /// `init_only` (`InitVar`) of a dataclass's field.
    pub init_only: bool,
    /// `kw_only` of a dataclass's field.
    pub keyword_only: bool,
    /// JSON Schema metadata of the field.
    pub metadata: CoreMetadata,
}

/// Names that validation takes.
#[derive(Debug, Clone)]
pub enum ValidationAlias {
    /// One name.
    Name(String),
    /// Paths of names and positions (`AliasPath`, `AliasChoices`); each choice a list.
    Choices(Vec<Vec<crate::json::Json>>),
}

/// A computed field.
#[derive(Debug, Clone)]
pub struct ComputedField {
    /// Name of the property.
    pub property: Name,
    /// Schema of what it returns.
    pub returns: Shared,
    /// Alias.
    pub alias: Option<String>,
    /// Whether serialization may leave it out.
    pub exclude_if: bool,
    /// JSON Schema metadata.
    pub metadata: CoreMetadata,
}

/// A class that stands behind a schema.
#[derive(Debug, Clone)]
pub struct ClassIdentity {
    /// The class.
    pub class: Value,
    /// `__name__`, with arguments for parametrized generics: `Page[Order]`.
    pub name: String,
    /// Its docstring after `inspect.cleandoc`, none where it has none of its own.
    pub documentation: Option<String>,
    /// Whether it is a root model.
    pub is_root_model: bool,
}

/// The kinds of core schemas. Names and fields are pydantic_core's.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "names and fields are those of pydantic_core's core_schema.py")]
pub enum CoreKind {
    Any,
    None,
    Bool,
    Int(NumberBounds),
    Float(NumberBounds),
    /// Bounds, `max_digits`, `decimal_places`.
    Decimal {
        bounds: NumberBounds,
        max_digits: Option<i64>,
        decimal_places: Option<i64>,
    },
    Fraction(NumberBounds),
    Complex,
    Str {
        length: LengthBounds,
        pattern: Option<String>,
    },
    Bytes(LengthBounds),
    Date(NumberBounds),
    Time(NumberBounds),
    DateTime(NumberBounds),
    TimeDelta(NumberBounds),
    Literal(Vec<Value>),
    /// `MISSING`, alone or beside another type.
    MissingSentinel(Option<Shared>),
    Ellipsis,
    Enum {
        class: ClassIdentity,
        members: Vec<Value>,
        sub_type: Option<&'static str>,
    },
    IsInstance(Value),
    IsSubclass(Value),
    Callable,
    List {
        items: Option<Shared>,
        length: LengthBounds,
    },
    Deque {
        items: Option<Shared>,
        length: LengthBounds,
    },
    Tuple {
        items: Vec<Shared>,
        variadic: Option<usize>,
        length: LengthBounds,
    },
    Set {
        items: Option<Shared>,
        length: LengthBounds,
    },
    FrozenSet {
        items: Option<Shared>,
        length: LengthBounds,
    },
    Generator {
        items: Option<Shared>,
        length: LengthBounds,
    },
    /// `dict`, `frozendict`, `ordered-dict`.
    Dict {
        keys: Option<Shared>,
        values: Option<Shared>,
        length: LengthBounds,
    },
    /// `counter`.
    Counter {
        keys: Option<Shared>,
        length: LengthBounds,
    },
    FunctionBefore {
        schema: Shared,
        input: Option<Shared>,
    },
    FunctionAfter(Shared),
    FunctionWrap {
        schema: Shared,
        input: Option<Shared>,
    },
    FunctionPlain {
        input: Option<Shared>,
    },
    /// `default`: the value, or the factory; `takes_data` when the factory gets the validated data,
    /// `validated` when the default is validated whatever the configuration says.
    Default {
        schema: Shared,
        default: Option<Value>,
        factory: Option<Value>,
        takes_data: bool,
        validated: bool,
    },
    Nullable(Shared),
    /// Choices with the label of each.
    Union {
        choices: Vec<(Shared, Option<String>)>,
    },
    /// Choices by tag; a key may point to another key. The discriminator's name where it is a field.
    TaggedUnion {
        choices: IndexMap<String, Shared>,
        discriminator: Discriminator,
    },
    Chain(Vec<Shared>),
    LaxOrStrict {
        lax: Shared,
        strict: Shared,
        is_strict: bool,
    },
    JsonOrPython {
        json: Shared,
        python: Shared,
    },
    TypedDict {
        fields: IndexMap<Name, CoreField>,
        computed: Vec<ComputedField>,
        class: Option<ClassIdentity>,
        total: bool,
        /// Its own or inherited `__pydantic_config__`; none where it has none, the config around it counts.
        config: Option<Rc<ModelConfig>>,
        extra_behavior: Option<String>,
        extras: Option<Shared>,
    },
    ModelFields {
        model_name: String,
        fields: IndexMap<Name, CoreField>,
        computed: Vec<ComputedField>,
        extra_behavior: Option<String>,
        extras: Option<Shared>,
    },
    Model {
        class: ClassIdentity,
        schema: Shared,
        root_model: bool,
        config: Rc<ModelConfig>,
        /// `json_schema_extra` of the field `root` of a root model.
        root_extra: Option<Value>,
    },
    DataclassArgs {
        dataclass_name: String,
        fields: IndexMap<Name, CoreField>,
        computed: Vec<ComputedField>,
    },
    Dataclass {
        class: ClassIdentity,
        schema: Shared,
        /// `__pydantic_config__`; none for a dataclass of the standard library without one.
        config: Option<Rc<ModelConfig>>,
        /// `extra_fields_behavior` of the core config, which comes from around it where `config` is none.
        extra_behavior: Option<String>,
        fields: Vec<Name>,
    },
    NamedTuple {
        class: ClassIdentity,
        fields: IndexMap<Name, CoreField>,
        config: Rc<ModelConfig>,
    },
    CustomError {
        schema: Option<Shared>,
    },
    /// `Json[T]`.
    Json {
        schema: Option<Shared>,
    },
    Url {
        max_length: Option<i64>,
    },
    MultiHostUrl {
        max_length: Option<i64>,
    },
    Uuid {
        version: Option<u8>,
    },
    Definitions {
        schema: Shared,
        definitions: Vec<Shared>,
    },
    DefinitionRef(Rc<str>),
    /// Something that has no core schema that is known here; a [`crate::Doubt`] has been raised.
    Unknown,
}

/// What tells the choices of a tagged union apart.
#[derive(Debug, Clone)]
pub enum Discriminator {
    /// A field by its name.
    Field(String),
    /// Paths of names.
    Paths(Vec<Vec<crate::json::Json>>),
    /// A function.
    Function,
}

impl Core {
    /// A schema of a kind, with nothing around it.
    pub fn new(kind: CoreKind) -> Shared {
        Rc::new(Self {
            kind,
            reference: None,
            metadata: CoreMetadata::default(),
            serialization: None,
            validator: None,
        })
    }

    /// A `function-...` schema with its function.
    pub fn validating(kind: CoreKind, validator: Option<Validator>) -> Shared {
        let mut core = Rc::unwrap_or_clone(Self::new(kind));
        core.validator = validator.map(Box::new);
        Rc::new(core)
    }
}
