//! What validation makes of values that the program has at hand: objects that are defaults were validated
//! when they were made, by validators that may have changed what was given.
//!
//! A core schema is walked as pydantic_core walks it, with the program's own functions run by the
//! interpreter. Where a step is not known, or not certain, nothing is known of the whole.

mod construct;
mod serialize;
mod validate;

use crate::context::Context;
use crate::doubt::Doubts;
use crate::json::Unwritable;
use crate::pydantic::config::ModelConfig;
use crate::pydantic::core_schema::{Core, CoreKind, Shared, Validator};
use crate::pydantic::generate::SchemaGenerator;
use fastwright_python::value::{Arguments, ObjectId, Symbolic, Value};
use rustc_hash::FxHashMap;
use std::rc::Rc;

pub(crate) use serialize::write_by_schema;

/// How deep schemas and values may nest.
const DEEPEST: u32 = 60;

/// Why there is no validated value.
#[derive(Debug, Clone)]
pub(super) enum Failure {
    /// Validation certainly fails.
    Refused,
    /// What validation makes of a value is not known.
    Unclear,
    /// The same, with the reason.
    NotKnown(String),
}

type Validated = Result<Value, Failure>;

/// What is remembered of validation.
#[derive(Debug, Default)]
pub(crate) struct Validation {
    schemas: SchemaGenerator,
    /// Objects as validation made them, by the objects that the program holds.
    constructed: FxHashMap<ObjectId, Value>,
}

/// A walk through a core schema.
struct Walk<'w, 'c, 'a> {
    context: &'w mut Context<'c, 'a>,
    definitions: FxHashMap<Rc<str>, Shared>,
    /// Configurations around the value that is looked at.
    configs: Vec<Rc<ModelConfig>>,
    depth: u32,
}

impl<'w, 'c, 'a> Walk<'w, 'c, 'a> {
    fn new(context: &'w mut Context<'c, 'a>) -> Self {
        Self { context, definitions: FxHashMap::default(), configs: Vec::new(), depth: 0 }
    }

    /// The core schema of a type.
    fn schema_of(&mut self, annotation: &Value) -> Result<Shared, Failure> {
        let mut validation = self.context.validation.take().unwrap_or_default();
        let doubts = std::mem::take(&mut self.context.doubts);
        let core = validation.schemas.type_schema(self.context, annotation, None);
        let found: Doubts = std::mem::replace(&mut self.context.doubts, doubts);
        self.context.validation = Some(validation);
        match found.into_vec().into_iter().next() {
            Some(doubt) => Err(Failure::NotKnown(doubt.reason)),
            None => Ok(core),
        }
    }

    /// A schema without the definitions around it and behind references.
    fn resolved(&mut self, core: &Shared) -> Result<Shared, Failure> {
        let mut core = Rc::clone(core);
        loop {
            core = match &core.kind {
                CoreKind::Definitions { schema, definitions } => {
                    for definition in definitions {
                        if let Some(reference) = &definition.reference {
                            self.definitions.insert(Rc::clone(reference), Rc::clone(definition));
                        }
                    }
                    Rc::clone(schema)
                }
                CoreKind::DefinitionRef(reference) => match self.definitions.get(reference) {
                    Some(definition) => Rc::clone(definition),
                    None => return Err(not_known("a definition is not known")),
                },
                _ => return Ok(core),
            };
        }
    }

    /// Runs a step one level deeper.
    fn deeper<T>(&mut self, step: impl FnOnce(&mut Self) -> Result<T, Failure>) -> Result<T, Failure> {
        if self.depth > DEEPEST {
            return Err(not_known("a value nests too deeply"));
        }
        self.depth += 1;
        let result = step(self);
        self.depth -= 1;
        result
    }

    /// What the function of a schema makes of a value.
    fn run(&mut self, core: &Core, value: &Value) -> Validated {
        let Some(Validator { function, takes_info }) = core.validator.as_deref().cloned() else {
            return Err(not_known("what a validator of a library makes of a value is not known"));
        };
        let mut positional = vec![value.clone()];
        if takes_info {
            positional.push(Value::unknown("what a validator is told is not known", None));
        }
        self.call(&function, positional)
    }

    /// What a function of the program gives back, where all that it does is certain.
    fn call(&mut self, function: &Value, positional: Vec<Value>) -> Validated {
        let interpreter = &mut *self.context.interpreter;
        let uncertainties = interpreter.uncertainties();
        let arguments = Arguments::of(positional);
        let result = interpreter.call_from_outside(function, arguments);
        if interpreter.uncertainties() > uncertainties {
            return Err(not_known("what a validator does depends on what is decided elsewhere"));
        }
        match result {
            Ok(made) if made.is_unknown() => Err(not_known("what a validator gives back is not known")),
            Ok(made) => Ok(made),
            Err(_) => Err(Failure::Refused),
        }
    }

    fn flag(&self, key: &str) -> bool {
        self.configs.last().is_some_and(|config| config.flag(key, false))
    }
}

/// A class with the arguments that an object of it was made with.
fn parametrized(class: &Value, arguments: Option<&Value>) -> Value {
    match arguments {
        Some(index) => Value::symbolic(Symbolic::Item { base: class.clone(), index: index.clone() }),
        None => class.clone(),
    }
}

fn not_known(reason: impl Into<String>) -> Failure {
    Failure::NotKnown(reason.into())
}

impl From<Failure> for Unwritable {
    fn from(failure: Failure) -> Self {
        let reason = match failure {
            Failure::Refused => "validation seems to refuse an object".to_owned(),
            Failure::Unclear => "what validation makes of a value is not known".to_owned(),
            Failure::NotKnown(reason) => reason,
        };
        Unwritable::NotKnown(reason, None)
    }
}
