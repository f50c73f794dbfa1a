//! What can't be known is never guessed: each case raises a doubt.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod program;

use fastwright_contract::pydantic::config::ModelConfig;
use fastwright_contract::pydantic::core_schema::*;
use fastwright_contract::pydantic::json_schema::generate_definitions;
use fastwright_python::name::Name;
use fastwright_python::value::Value;
use indexmap::IndexMap;
use program::{Program, doubts, with_program};
use std::rc::Rc;

#[track_caller]
fn check(
    source: &str,
    make: impl FnOnce(&mut Program<'_, '_, '_>) -> Shared + Send,
    expected: &str,
    expected_doubts: &[&str],
) {
    let (shown, doubts) = with_program(source, move |program| {
        let core = make(program);
        let (schemas, definitions) = generate_definitions(program.context, &[(Mode::Validation, core)]);
        let definitions: Vec<String> = definitions.values().map(ToString::to_string).collect();
        (format!("{} {}", schemas[0], definitions.join(" ")), doubts(program))
    });
    assert_eq!(shown.trim(), expected);
    assert_eq!(doubts, expected_doubts);
}

fn defaulting(program: &mut Program<'_, '_, '_>, name: &str) -> Shared {
    let default = Some(program.global(name));
    Core::new(CoreKind::Default {
        schema: Core::new(CoreKind::Any),
        default,
        factory: None,
        takes_data: false,
        validated: false,
    })
}

/// A model without fields whose configuration has `json_schema_extra`.
fn with_extra(program: &mut Program<'_, '_, '_>, extra: &str) -> Shared {
    let mut config = ModelConfig::default();
    config.values.insert(Name::from("json_schema_extra"), program.global(extra));
    let fields = CoreKind::ModelFields {
        model_name: "M".to_owned(),
        fields: IndexMap::new(),
        computed: Vec::new(),
        extra_behavior: None,
        extras: None,
    };
    Rc::new(Core {
        kind: CoreKind::Model {
            class: ClassIdentity {
                class: program.global("M"),
                name: "M".to_owned(),
                documentation: None,
                is_root_model: false,
            },
            schema: Core::new(fields),
            root_model: false,
            config: Rc::new(config),
            root_extra: None,
        },
        reference: Some("main.M:1".into()),
        metadata: CoreMetadata::default(),
        serialization: None,
        validator: None,
    })
}

const MODEL: &str = "import library\nfrom pydantic import BaseModel\nclass M(BaseModel): pass\n";

#[test]
fn types_without_schemas_make_fastapi_fail() {
    check(
        "",
        |_| Core::new(CoreKind::IsInstance(Value::NONE)),
        "{}",
        &[
            "FastAPI fails to make the document: Pydantic can't generate a JSON Schema for core_schema.IsInstanceSchema",
        ],
    );
    check(
        "",
        |_| {
            let choices = vec![Core::new(CoreKind::Callable), Core::new(CoreKind::Bool)];
            Core::new(CoreKind::Union { choices: choices.into_iter().map(|choice| (choice, None)).collect() })
        },
        r#"{"type":"boolean"}"#,
        &[],
    );
}

#[test]
fn defaults_that_are_not_known() {
    let source =
        "import library\nimport datetime\na = library.load()\nb = datetime.datetime.now()\nc = {'a', 1}";
    check(
        source,
        |program| defaulting(program, "a"),
        "{}",
        &["the default of a field is not known: what `library.load(...)` gives is not known"],
    );
    check(
        source,
        |program| defaulting(program, "b"),
        "{}",
        &["the default of a field is not known: what `datetime.datetime.now(...)` gives is not known"],
    );
    check(
        source,
        |program| defaulting(program, "c"),
        "{}",
        &["the default of a field is not known: the order of a set's elements is not decided"],
    );
}

#[test]
fn functions_that_are_not_followed() {
    let plain = r##"{"$ref":"#/components/schemas/M"} {"properties":{},"title":"M","type":"object"}"##;
    check(
        &format!("{MODEL}extra = library.extra"),
        |program| with_extra(program, "extra"),
        plain,
        &["what `json_schema_extra` makes of a schema is not known"],
    );
    check(
        &format!("{MODEL}def extra(schema):\n    schema['x'] = library.load()\n"),
        |program| with_extra(program, "extra"),
        plain,
        &[
            "what `json_schema_extra` makes of a schema is not known: what `library.load(...)` gives is not known",
        ],
    );
    check(
        &format!("{MODEL}def extra(schema):\n    library.change(schema)\n"),
        |program| with_extra(program, "extra"),
        plain,
        &[
            "what `json_schema_extra` makes of a schema is not known: what it does depends on what is decided elsewhere",
        ],
    );
    for change in ["schema['x'] = 1", "schema['title'] = 1", "schema.clear()"] {
        check(
            &format!("{MODEL}def extra(schema):\n    if library.wants():\n        {change}\n"),
            |program| with_extra(program, "extra"),
            plain,
            &[
                "what `json_schema_extra` makes of a schema is not known: what it does depends on what is decided elsewhere",
            ],
        );
    }
    check(
        &format!("{MODEL}def extra(schema):\n    for name in library.names():\n        schema['x'] = 1\n"),
        |program| with_extra(program, "extra"),
        plain,
        &[
            "what `json_schema_extra` makes of a schema is not known: what it does depends on what is decided elsewhere",
        ],
    );
}

#[test]
fn annotations_under_an_undecided_condition() {
    let source = r#"
from pydantic import BaseModel
from library import is_new

class Item(BaseModel):
    if is_new:
        name: str
    else:
        name: int
"#;
    let (_, doubts) = with_program(source, |program| {
        let class = program.global("Item");
        let mut generator = fastwright_contract::pydantic::generate::SchemaGenerator::new();
        let core = generator.type_schema(program.context, &class, None);
        (format!("{:?}", core.reference.is_some()), doubts(program))
    });
    assert_eq!(
        doubts,
        ["a type is not known: how it is annotated depends on a condition that is not decided"]
    );
}

/// Defaults that validators may have made something else of than what is seen.
const OBJECTS: &str = r"
import library
from typing import Union
from pydantic import BaseModel, RootModel, field_validator, model_serializer

class Known(BaseModel):
    size: int

    @field_validator('size', mode='before')
    @classmethod
    def double(cls, value):
        return value * 2

changed = Known(size=1)
changed.size = 5

class Asking(BaseModel):
    size: int

    @field_validator('size')
    @classmethod
    def ask(cls, value):
        return value + 1 if library.wants() else value

asking = Asking(size=1)

class Summed(Known):
    parts: list[int] = []

summed = Summed(size=1, parts=[1])
summed.parts.append(2)

class Own(Known):
    def __init__(self, size):
        super().__init__(size=size + 1)

own = Own(1)

class Choosing(Known):
    either: Union[int, bool, None]

choosing = Choosing(size=1, either='1')

class Written(Known):
    @model_serializer
    def write(self):
        return {'n': self.size}

written = Written(size=1)
";

#[test]
fn objects_that_validation_may_have_changed() {
    for (name, reason) in [
        ("changed", "the field `size` of an object may have been changed"),
        ("asking", "a value depends on what is decided elsewhere"),
        ("summed", "the field `parts` of an object may have been changed"),
        ("own", "the class of an object has its own `__init__`"),
        ("choosing", "what validation makes of the field `either` of an object is not known"),
        ("written", "what a serializer makes of a value is not known"),
    ] {
        check(
            OBJECTS,
            |program| defaulting(program, name),
            "{}",
            &[&format!("the default of a field is not known: {reason}")],
        );
    }
}
