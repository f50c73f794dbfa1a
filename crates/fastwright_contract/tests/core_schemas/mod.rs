//! Core schemas from their description in JSON, which a script writes that looks at those of the real
//! Pydantic. Classes, functions and defaults are those of the program beside it.

use super::program::Program;
use fastwright_contract::json::Json;
use fastwright_contract::pydantic::config::ModelConfig;
use fastwright_contract::pydantic::core_schema::*;
use fastwright_python::name::Name;
use fastwright_python::value::{Arguments, Kind, Symbolic, Value};
use indexmap::IndexMap;
use std::rc::Rc;

pub fn mode(text: &str) -> Mode {
    match text {
        "serialization" => Mode::Serialization,
        _ => Mode::Validation,
    }
}

/// Makes core schemas of one program.
pub struct Reader<'r, 'p, 'c, 'a>(pub &'r mut Program<'p, 'c, 'a>);

impl Reader<'_, '_, '_, '_> {
    pub fn core(&mut self, json: &Json) -> Shared {
        let serialization = json.get("ser").and_then(|ser| self.serialization(ser)).map(Box::new);
        Rc::new(Core {
            kind: self.kind(json),
            reference: json["ref"].as_str().map(Rc::from),
            metadata: self.metadata(&json["meta"]),
            serialization,
            validator: None,
        })
    }

    fn serialization(&mut self, json: &Json) -> Option<Serialization> {
        let when_used = match json["when"].as_str() {
            Some("unless-none") => WhenUsed::UnlessNone,
            Some("json") => WhenUsed::Json,
            Some("json-unless-none") => WhenUsed::JsonUnlessNone,
            _ => WhenUsed::Always,
        };
        Some(match json["k"].as_str()? {
            "fn" => Serialization::Function {
                function: self.optional_value(&json["f"]),
                takes_info: json["info"].as_bool() == Some(true),
                returns: self.optional(&json["returns"]),
                when_used,
                wraps: json["wraps"].as_bool() == Some(true),
            },
            "text" => Serialization::Text(when_used),
            _ => Serialization::Model(self.core(&json["schema"])),
        })
    }

    fn optional(&mut self, json: &Json) -> Option<Shared> {
        (!json.is_null()).then(|| self.core(json))
    }

    fn optional_value(&mut self, json: &Json) -> Option<Value> {
        (!json.is_null()).then(|| self.value(json))
    }

    pub fn value(&mut self, json: &Json) -> Value {
        let (key, inner) = json.as_object().and_then(|object| object.iter().next()).expect("a value");
        match key.as_str() {
            "c" => fastwright_contract::json::on_heap(self.0.context, inner),
            "float" => Kind::Float(inner.as_str().unwrap().parse().unwrap()).into(),
            "global" => self.0.global(inner.as_str().unwrap()),
            "attr" => {
                let class = self.0.global(inner[0].as_str().unwrap());
                let name = Name::from(inner[1].as_str().unwrap());
                match self.0.context.interpreter.find_in_class(&class, name) {
                    Some((value, _)) => first_argument(value),
                    None => Value::unknown(format!("no {inner}"), None),
                }
            }
            "field_extra" => {
                let class = self.0.global(inner[0].as_str().unwrap());
                let name = Name::from(inner[1].as_str().unwrap());
                let field = self.0.context.interpreter.find_in_class(&class, name).unwrap().0;
                match field.as_symbolic() {
                    Some(Symbolic::Call { arguments, .. }) => {
                        arguments.keyword("json_schema_extra").unwrap().clone()
                    }
                    _ => Value::NONE,
                }
            }
            "list" => {
                let items = inner.as_array().unwrap().iter().map(|item| self.value(item)).collect();
                self.0.context.interpreter.list(items)
            }
            "dict" => {
                let entries = inner.as_array().unwrap().iter();
                let entries = entries.map(|entry| (self.value(&entry[0]), self.value(&entry[1]))).collect();
                self.0.context.interpreter.dict(entries)
            }
            _ => Value::unknown(inner.to_string(), None),
        }
    }

    fn config(&mut self, json: &Json, class: &Value) -> Option<Rc<ModelConfig>> {
        let mut config = ModelConfig::default();
        for (key, value) in json.as_object()? {
            let mut value = self.value(value);
            if value.is_unknown() || json[key].get("global").is_some() {
                value = self.option_in_class(class, key).unwrap_or(value);
            }
            config.values.insert(Name::from(key), value);
        }
        Some(Rc::new(config))
    }

    /// An option as the class body writes it: functions have no name of their own in the description.
    fn option_in_class(&mut self, class: &Value, key: &str) -> Option<Value> {
        let interpreter = &mut *self.0.context.interpreter;
        if let Some((config, _)) = interpreter.find_in_class(class, Name::from("model_config")) {
            return match config.as_symbolic() {
                Some(Symbolic::Call { arguments, .. }) => arguments.keyword(key).cloned(),
                _ => {
                    let span = fastwright_python::location::Span::default();
                    let get = interpreter.attribute(&config, Name::from("get"), span);
                    let arguments = Arguments::of([Value::str(key)]);
                    interpreter.call_from_outside(&get, arguments).ok()
                }
            };
        }
        let (config, _) = interpreter.find_in_class(class, Name::from("Config"))?;
        interpreter.find_in_class(&config, Name::from(key)).map(|(value, _)| value)
    }

    fn metadata(&mut self, json: &Json) -> CoreMetadata {
        CoreMetadata {
            updates: json["updates"].as_object().cloned(),
            extra: json.get("extra").map(|extra| self.value(extra)),
            functions: self.functions(&json["functions"]),
            annotation_functions: self.functions(&json["annotation_functions"]),
            ..CoreMetadata::default()
        }
    }

    fn functions(&mut self, json: &Json) -> Vec<JsonSchemaFunction> {
        let functions = json.as_array().map(Vec::as_slice).unwrap_or_default();
        let mut made = Vec::new();
        for function in functions {
            let of_mode = function["mode"].as_str().map(mode);
            made.push(if function == "skip" {
                JsonSchemaFunction::Skip
            } else if let Some(with) = function.get("with") {
                JsonSchemaFunction::With(with.as_object().cloned(), of_mode)
            } else if let Some(examples) = function.get("examples") {
                JsonSchemaFunction::Examples(examples.as_array().unwrap().clone(), of_mode)
            } else if let Some(update) = function.get("update") {
                JsonSchemaFunction::Update(update.as_object().cloned().unwrap_or_default())
            } else if let Some(program) = function.get("program") {
                let (class, name) = match program[0].as_str() {
                    Some(class) => (self.0.global(class), Name::from(program[1].as_str().unwrap())),
                    // A note of metadata that the program makes itself.
                    None => {
                        let note = program[1].as_str().unwrap();
                        let name = Name::from("__get_pydantic_json_schema__");
                        (self.0.global(&format!("NOTE_{note}")), name)
                    }
                };
                let span = fastwright_python::location::Span::default();
                let method = self.0.context.interpreter.attribute(&class, name, span);
                JsonSchemaFunction::Program(method, None)
            } else {
                JsonSchemaFunction::Opaque(function.to_string())
            });
        }
        made
    }

    fn class(&mut self, json: &Json) -> ClassIdentity {
        ClassIdentity {
            class: self.0.global(json["global"].as_str().unwrap()),
            name: json["name"].as_str().unwrap().to_owned(),
            documentation: json["doc"].as_str().map(str::to_owned),
            is_root_model: false,
        }
    }

    fn bounds(&mut self, json: &Json) -> NumberBounds {
        let bounds = &json["bounds"];
        NumberBounds {
            multiple_of: self.optional_value(&bounds["multiple_of"]),
            le: self.optional_value(&bounds["le"]),
            ge: self.optional_value(&bounds["ge"]),
            lt: self.optional_value(&bounds["lt"]),
            gt: self.optional_value(&bounds["gt"]),
        }
    }

    fn fields(&mut self, json: &Json) -> IndexMap<Name, CoreField> {
        let fields = json["fields"].as_array().unwrap();
        let read = |field: &Json, reader: &mut Self| CoreField {
            schema: reader.core(&field["schema"]),
            required: field["required"].as_bool(),
            validation_alias: match &field["va"] {
                Json::String(alias) => Some(ValidationAlias::Name(alias.clone())),
                Json::Array(paths) => Some(ValidationAlias::Choices(match paths.first() {
                    Some(Json::Array(_)) => paths.iter().filter_map(Json::as_array).cloned().collect(),
                    _ => vec![paths.clone()],
                })),
                _ => None,
            },
            serialization_alias: field["sa"].as_str().map(str::to_owned),
            serialization_exclude: field["ex"] == true,
            serialization_exclude_if: field["exif"] == true,
            init: None,
            init_only: false,
            keyword_only: false,
            metadata: reader.metadata(&field["meta"]),
        };
        fields.iter().map(|field| (Name::from(field[0].as_str().unwrap()), read(&field[1], self))).collect()
    }

    fn computed(&mut self, json: &Json) -> Vec<ComputedField> {
        let fields = json["computed"].as_array().unwrap().iter();
        fields
            .map(|field| ComputedField {
                property: Name::from(field["name"].as_str().unwrap()),
                returns: self.core(&field["returns"]),
                alias: field["alias"].as_str().map(str::to_owned),
                exclude_if: field["exif"] == true,
                metadata: self.metadata(&field["meta"]),
            })
            .collect()
    }

    fn all(&mut self, json: &Json) -> Vec<Shared> {
        json.as_array().unwrap().iter().map(|item| self.core(item)).collect()
    }

    fn kind(&mut self, json: &Json) -> CoreKind {
        let length = LengthBounds { min: json["min_length"].as_i64(), max: json["max_length"].as_i64() };
        let items = |reader: &mut Self| reader.optional(&json["items"]);
        let text = |key: &str| json[key].as_str().map(str::to_owned);
        match json["type"].as_str().unwrap() {
            "any" => CoreKind::Any,
            "none" => CoreKind::None,
            "bool" => CoreKind::Bool,
            "int" => CoreKind::Int(self.bounds(json)),
            "float" => CoreKind::Float(self.bounds(json)),
            "decimal" => {
                CoreKind::Decimal { bounds: self.bounds(json), max_digits: None, decimal_places: None }
            }
            "fraction" => CoreKind::Fraction(self.bounds(json)),
            "complex" => CoreKind::Complex,
            "str" => CoreKind::Str { length, pattern: text("pattern") },
            "bytes" => CoreKind::Bytes(length),
            "date" => CoreKind::Date(self.bounds(json)),
            "time" => CoreKind::Time(self.bounds(json)),
            "datetime" => CoreKind::DateTime(self.bounds(json)),
            "timedelta" => CoreKind::TimeDelta(self.bounds(json)),
            "literal" => {
                let expected = json["expected"].as_array().unwrap().clone();
                CoreKind::Literal(expected.iter().map(|value| self.value(value)).collect())
            }
            "enum" => {
                let members = json["members"].as_array().unwrap().clone();
                CoreKind::Enum {
                    class: self.class(&json["cls"]),
                    members: members.iter().map(|value| self.value(value)).collect(),
                    sub_type: None,
                }
            }
            "is-instance" => CoreKind::IsInstance(Value::NONE),
            "is-subclass" => CoreKind::IsSubclass(Value::NONE),
            "callable" => CoreKind::Callable,
            "list" => CoreKind::List { items: items(self), length },
            "deque" => CoreKind::Deque { items: items(self), length },
            "set" => CoreKind::Set { items: items(self), length },
            "frozenset" => CoreKind::FrozenSet { items: items(self), length },
            "generator" => CoreKind::Generator { items: items(self), length },
            "tuple" => CoreKind::Tuple {
                items: self.all(&json["items"]),
                variadic: json["variadic_item_index"].as_u64().map(|index| index as usize),
                length,
            },
            "dict" => CoreKind::Dict {
                keys: self.optional(&json["keys"]),
                values: self.optional(&json["values"]),
                length,
            },
            "counter" => CoreKind::Counter { keys: self.optional(&json["keys"]), length },
            "function-before" => CoreKind::FunctionBefore {
                schema: self.core(&json["schema"]),
                input: self.optional(&json["input"]),
            },
            "function-wrap" => CoreKind::FunctionWrap {
                schema: self.core(&json["schema"]),
                input: self.optional(&json["input"]),
            },
            "function-after" => CoreKind::FunctionAfter(self.core(&json["schema"])),
            "function-plain" => CoreKind::FunctionPlain { input: self.optional(&json["input"]) },
            "default" => CoreKind::Default {
                schema: self.core(&json["schema"]),
                default: json.get("default").map(|value| self.value(value)),
                factory: None,
                takes_data: false,
                validated: false,
            },
            "nullable" => CoreKind::Nullable(self.core(&json["schema"])),
            "union" => CoreKind::Union {
                choices: self.all(&json["choices"]).into_iter().map(|choice| (choice, None)).collect(),
            },
            "tagged-union" => CoreKind::TaggedUnion {
                choices: json["choices"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|choice| (choice[0].as_str().unwrap().to_owned(), self.core(&choice[1])))
                    .collect(),
                discriminator: match &json["discriminator"] {
                    Json::String(name) => Discriminator::Field(name.clone()),
                    Json::Array(paths) => {
                        Discriminator::Paths(paths.iter().filter_map(Json::as_array).cloned().collect())
                    }
                    _ => Discriminator::Function,
                },
            },
            "chain" => CoreKind::Chain(self.all(&json["steps"])),
            "lax-or-strict" => CoreKind::LaxOrStrict {
                lax: self.core(&json["lax"]),
                strict: self.core(&json["strict_schema"]),
                is_strict: json["strict"] == true,
            },
            "json-or-python" => {
                CoreKind::JsonOrPython { json: self.core(&json["json"]), python: Core::new(CoreKind::Any) }
            }
            "typed-dict" => {
                let class = self.class(&json["cls"]);
                CoreKind::TypedDict {
                    fields: self.fields(json),
                    computed: Vec::new(),
                    total: json["total"] == true,
                    config: self.config(&json["config"], &class.class),
                    class: Some(class),
                    extra_behavior: text("extra"),
                    extras: self.optional(&json["extras"]),
                }
            }
            "model-fields" => CoreKind::ModelFields {
                model_name: String::new(),
                fields: self.fields(json),
                computed: self.computed(json),
                extra_behavior: None,
                extras: self.optional(&json["extras"]),
            },
            "model" => {
                let class = self.class(&json["cls"]);
                CoreKind::Model {
                    schema: self.core(&json["schema"]),
                    root_model: json["root"] == true,
                    config: self.config(&json["config"], &class.class).unwrap(),
                    root_extra: self.optional_value(&json["root_extra"]),
                    class,
                }
            }
            "dataclass-args" => CoreKind::DataclassArgs {
                dataclass_name: String::new(),
                fields: self.fields(json),
                computed: self.computed(json),
            },
            "dataclass" => {
                let class = self.class(&json["cls"]);
                CoreKind::Dataclass {
                    schema: self.core(&json["schema"]),
                    config: self.config(&json["config"], &class.class),
                    extra_behavior: text("extra"),
                    fields: Vec::new(),
                    class,
                }
            }
            "named-tuple" => CoreKind::NamedTuple {
                class: self.class(&json["cls"]),
                fields: self.fields(json),
                config: Rc::default(),
            },
            "custom-error" => CoreKind::CustomError { schema: self.optional(&json["schema"]) },
            "json" => CoreKind::Json { schema: self.optional(&json["schema"]) },
            "missing-sentinel" => CoreKind::MissingSentinel(self.optional(&json["schema"])),
            "url" => CoreKind::Url { max_length: length.max },
            "multi-host-url" => CoreKind::MultiHostUrl { max_length: length.max },
            "uuid" => CoreKind::Uuid { version: None },
            "definitions" => CoreKind::Definitions {
                schema: self.core(&json["schema"]),
                definitions: self.all(&json["definitions"]),
            },
            "definition-ref" => CoreKind::DefinitionRef(Rc::from(json["schema_ref"].as_str().unwrap())),
            other => panic!("{other}"),
        }
    }
}

/// The default in `Field(default, ...)`.
fn first_argument(value: Value) -> Value {
    match value.as_symbolic() {
        Some(Symbolic::Call { callee, arguments, .. })
            if callee.as_external().is_some_and(|name| name == "pydantic.fields.Field") =>
        {
            arguments.get(0, "default").cloned().unwrap_or(value)
        }
        _ => value,
    }
}
