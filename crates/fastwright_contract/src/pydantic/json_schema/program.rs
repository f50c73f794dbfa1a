//! Functions of the program that change schemas: callables of `json_schema_extra`, and
//! `__get_pydantic_json_schema__`. The interpreter runs them on the schema as a dict on its heap.

use super::handlers::Layer;
use super::{Generated, Generator, Node, Result, place_of};
use crate::json::{Json, Unwritable, from_heap, on_heap};
use crate::pydantic::core_schema::{Core, CoreKind, LengthBounds, Mode, NumberBounds, Shared};
use fastwright_model::library::pydantic::{ANSWERS, ASKED, DEFINITIONS, JSON_SCHEMA_HANDLER};
use fastwright_python::location::{FileId, Location, Span};
use fastwright_python::name::Name;
use fastwright_python::value::{
    Arguments, DescriptorKind, DictObject, Kind, MethodValue, Object, ObjectId, Symbolic, Value,
};
use std::rc::Rc;

/// How often a function is run anew with answers that it asked for, at most.
const MOST_RUNS: usize = 8;

impl Generator<'_, '_, '_> {
    /// Calls `json_schema_extra` with the schema, which it changes in place, and with the class where it
    /// takes a second parameter.
    pub(super) fn call_extra(
        &mut self,
        generated: &mut Generated,
        extra: &Value,
        class: Option<&Value>,
    ) -> Result<()> {
        let callee = bound(extra, class);
        let location = place_of(&callee);
        let Some(function) = self.context.interpreter.plain_function(&callee) else {
            self.context.doubt("what `json_schema_extra` makes of a schema is not known", location);
            return Ok(());
        };
        let taken =
            function.definition.parameters.len() - usize::from(matches!(callee.kind(), Kind::Method(_)));
        let object = Json::Object(self.object(generated).clone());
        let dict = on_heap(self.context, &object);
        let mut positional = vec![dict.clone()];
        if taken > 1 {
            positional.extend(class.cloned());
        }
        let arguments = Arguments::of(positional);
        let uncertainties = self.context.interpreter.uncertainties();
        let result = self.context.interpreter.call_from_outside(&callee, arguments);
        if self.context.interpreter.uncertainties() > uncertainties {
            self.doubt_function("json_schema_extra", not_certain(), location);
            return Ok(());
        }
        match result {
            Ok(_) => match from_heap(self.context, &dict) {
                Ok(changed) => *self.object_mut(generated) = changed,
                Err(reason) => self.doubt_function("json_schema_extra", reason, location),
            },
            Err(raised) => {
                self.context.doubt(
                    "`json_schema_extra` seems to raise an exception",
                    location.or(Some(raised.location)),
                );
            }
        }
        Ok(())
    }

    fn doubt_function(&mut self, what: &str, reason: Unwritable, location: Option<Location>) {
        let (reason, place) = match reason {
            Unwritable::NotSerializable => ("it has no form in JSON".to_owned(), None),
            Unwritable::NotKnown(reason, place) => (reason, place),
        };
        self.context
            .doubt(format!("what `{what}` makes of a schema is not known: {reason}"), location.or(place));
    }

    /// Calls `__get_pydantic_json_schema__(core_schema, handler)`.
    ///
    /// What the handler answers does not depend on the function. The function is run until it asks for
    /// an answer that is not there yet; the answer is generated and the function run anew.
    pub(super) fn call_program(
        &mut self,
        node: Node<'_>,
        function: &Value,
        location: Option<Location>,
        rest: &[Layer<'_>],
    ) -> Result<Generated> {
        let core_schema = self.opaque_core_schema(node);
        let mut run = Run::new(self, core_schema, location);
        for _ in 0..MOST_RUNS {
            run.hand_out(self);
            let arguments = Arguments::of([run.core_schema.clone(), Kind::Instance(run.handler).into()]);
            let uncertainties = self.context.interpreter.uncertainties();
            let result = self.context.interpreter.call_from_outside(function, arguments);
            let news = run.take_questions(self);
            // Before everything is answered much is undecided that is not in the end.
            if news.is_empty() {
                if self.context.interpreter.uncertainties() > uncertainties {
                    self.doubt_function("__get_pydantic_json_schema__", not_certain(), location);
                    return self.layered(node, rest);
                }
                return match result {
                    Ok(result) => self.result_of(node, &run, &result, location, rest),
                    Err(raised) => {
                        self.context.doubt(
                            "`__get_pydantic_json_schema__` seems to raise an exception",
                            location.or(Some(raised.location)),
                        );
                        self.layered(node, rest)
                    }
                };
            }
            for question in news {
                let answer = if question.same(&run.core_schema) {
                    self.layered(node, rest)?
                } else if let Some(core) = simple_core(&question) {
                    self.inner(Node::Schema(&core))?
                } else {
                    self.context.doubt(
                        "`__get_pydantic_json_schema__` asks for the schema of something that is not known",
                        location,
                    );
                    return self.layered(node, rest);
                };
                run.answers.push((question, answer));
            }
        }
        self.context.doubt("`__get_pydantic_json_schema__` asks for too many schemas", location);
        self.layered(node, rest)
    }

    /// The core schema as the program sees it: a dict of which only the type is known.
    fn opaque_core_schema(&mut self, node: Node<'_>) -> Value {
        let mut dict = DictObject { incomplete: true, ..DictObject::default() };
        if let Node::Schema(core) = node
            && let Some(kind) = type_name(&core.kind)
            && let Some(key) = Value::str("type").key()
        {
            dict.entries.insert(key, (Value::str("type"), Value::str(kind)));
        }
        Kind::Dict(self.context.interpreter.allocate(Object::Dict(Box::new(dict)))).into()
    }

    fn result_of(
        &mut self,
        node: Node<'_>,
        run: &Run,
        result: &Value,
        location: Option<Location>,
        rest: &[Layer<'_>],
    ) -> Result<Generated> {
        // Definitions that the function looked at may have been changed in place.
        for (name, dict) in &run.definitions {
            match from_heap(self.context, dict) {
                Ok(changed) => {
                    self.definitions.insert(Rc::clone(name), changed);
                }
                Err(reason) => self.doubt_function("__get_pydantic_json_schema__", reason, location),
            }
        }
        for (index, (_, answer)) in run.answers.iter().enumerate() {
            if let Generated::Definition(name) = answer
                && let Some(dict) = run.handed_out.get(index)
                && let Ok(changed) = from_heap(self.context, dict)
            {
                self.definitions.insert(Rc::clone(name), changed);
            }
        }
        if let Some((name, _)) = run.definitions.iter().find(|(_, dict)| dict.same(result)) {
            return Ok(Generated::Definition(Rc::clone(name)));
        }
        for (index, (_, answer)) in run.answers.iter().enumerate() {
            if let Generated::Definition(name) = answer
                && run.handed_out.get(index).is_some_and(|dict| dict.same(result))
            {
                return Ok(Generated::Definition(Rc::clone(name)));
            }
        }
        match from_heap(self.context, result) {
            Ok(object) => Ok(Generated::Fresh(object)),
            Err(reason) => {
                self.doubt_function("__get_pydantic_json_schema__", reason, location);
                self.layered(node, rest)
            }
        }
    }
}

/// Why what a function leaves behind is not known.
fn not_certain() -> Unwritable {
    Unwritable::NotKnown("what it does depends on what is decided elsewhere".to_owned(), None)
}

/// One call of `__get_pydantic_json_schema__`, however often it is run.
struct Run {
    core_schema: Value,
    handler: ObjectId,
    /// Questions with what was generated for them.
    answers: Vec<(Value, Generated)>,
    /// The answers as the program got them the last time.
    handed_out: Vec<Value>,
    /// Definitions as the program got them the last time.
    definitions: Vec<(Rc<str>, Value)>,
}

impl Run {
    fn new(generator: &mut Generator<'_, '_, '_>, core_schema: Value, location: Option<Location>) -> Self {
        let site = location.unwrap_or(Location { file: FileId(0), span: Span::default() });
        let class = Value::external(JSON_SCHEMA_HANDLER);
        let interpreter = &mut *generator.context.interpreter;
        let handler = interpreter.new_instance(class, Arguments::default(), site);
        let mode = match generator.mode() {
            Mode::Validation => "validation",
            Mode::Serialization => "serialization",
        };
        if let Some(instance) = generator.context.interpreter.instance_mut(handler) {
            instance.attributes.insert(Name::from("mode"), Value::str(mode));
        }
        Self { core_schema, handler, answers: Vec::new(), handed_out: Vec::new(), definitions: Vec::new() }
    }

    /// Puts the answers known so far on the heap, as new as they were generated.
    fn hand_out(&mut self, generator: &mut Generator<'_, '_, '_>) {
        self.handed_out.clear();
        self.definitions.clear();
        let mut referenced: Vec<(Value, Value)> = Vec::new();
        for (_, answer) in &self.answers {
            let object = Json::Object(generator.object(answer).clone());
            let dict = on_heap(generator.context, &object);
            self.handed_out.push(dict);
            // What the reference of the answer leads to.
            let reference = object.get("$ref").and_then(Json::as_str);
            if let Some(reference) = reference
                && let Ok(Some(name)) = generator.definition(reference)
                && !self.definitions.iter().any(|(known, _)| *known == name)
            {
                let definition = Json::Object(generator.definitions[&name].clone());
                let dict = on_heap(generator.context, &definition);
                referenced.push((Value::str(reference), dict.clone()));
                self.definitions.push((name, dict));
            }
        }
        let interpreter = &mut *generator.context.interpreter;
        let questions = self.answers.iter().map(|(question, _)| question.clone()).collect();
        let asked = interpreter.list(questions);
        let answers = interpreter.list(self.handed_out.clone());
        let definitions = interpreter.dict(referenced);
        if let Some(instance) = interpreter.instance_mut(self.handler) {
            instance.attributes.insert(Name::from(ASKED), asked);
            instance.attributes.insert(Name::from(ANSWERS), answers);
            instance.attributes.insert(Name::from(DEFINITIONS), definitions);
        }
    }

    /// What the program asked for and got no answer to.
    fn take_questions(&self, generator: &mut Generator<'_, '_, '_>) -> Vec<Value> {
        let interpreter = &mut *generator.context.interpreter;
        let asked = interpreter
            .instance(self.handler)
            .and_then(|instance| instance.attributes.get(&Name::from(ASKED)))
            .cloned();
        let asked = asked.and_then(|asked| interpreter.elements(&asked)).unwrap_or_default();
        asked.into_iter().skip(self.answers.len()).collect()
    }
}

/// `staticmethod` and `classmethod` objects as what is called.
fn bound(extra: &Value, class: Option<&Value>) -> Value {
    match (extra.kind(), class) {
        (Kind::Descriptor(descriptor), Some(class)) if descriptor.kind == DescriptorKind::ClassMethod => {
            Kind::Method(Rc::new(MethodValue {
                receiver: class.clone(),
                function: descriptor.function.clone(),
            }))
            .into()
        }
        (Kind::Descriptor(descriptor), _) => descriptor.function.clone(),
        _ => extra.clone(),
    }
}

/// The core schema that a call of `pydantic_core.core_schema` makes, for the simple ones.
fn simple_core(value: &Value) -> Option<Shared> {
    let Some(Symbolic::Call { callee, arguments, .. }) = value.as_symbolic() else { return None };
    let name = callee.as_external()?;
    let name = name.as_str().strip_prefix("pydantic_core.core_schema.")?;
    if arguments.incomplete || !arguments.positional.is_empty() && !name.starts_with("list") {
        return None;
    }
    let length = |name| arguments.keyword(name).and_then(Value::as_int);
    let lengths = LengthBounds { min: length("min_length"), max: length("max_length") };
    let bound = |name| arguments.keyword(name).cloned();
    let bounds = NumberBounds {
        multiple_of: bound("multiple_of"),
        le: bound("le"),
        ge: bound("ge"),
        lt: bound("lt"),
        gt: bound("gt"),
    };
    let kind = match name {
        "any_schema" => CoreKind::Any,
        "none_schema" => CoreKind::None,
        "bool_schema" => CoreKind::Bool,
        "int_schema" => CoreKind::Int(bounds),
        "float_schema" => CoreKind::Float(bounds),
        "str_schema" => CoreKind::Str {
            length: lengths,
            pattern: arguments.keyword("pattern").and_then(Value::as_str).map(str::to_owned),
        },
        "bytes_schema" => CoreKind::Bytes(lengths),
        "date_schema" => CoreKind::Date(bounds),
        "time_schema" => CoreKind::Time(bounds),
        "datetime_schema" => CoreKind::DateTime(bounds),
        "timedelta_schema" => CoreKind::TimeDelta(bounds),
        "uuid_schema" => CoreKind::Uuid { version: None },
        "list_schema" => CoreKind::List {
            items: match arguments.get(0, "items_schema") {
                Some(items) => Some(simple_core(items)?),
                None => None,
            },
            length: lengths,
        },
        _ => return None,
    };
    Some(Core::new(kind))
}

/// `type` of a core schema, for the kinds that programs look at.
fn type_name(kind: &CoreKind) -> Option<&'static str> {
    Some(match kind {
        CoreKind::Any => "any",
        CoreKind::None => "none",
        CoreKind::Bool => "bool",
        CoreKind::Int(_) => "int",
        CoreKind::Float(_) => "float",
        CoreKind::Decimal { .. } => "decimal",
        CoreKind::Str { .. } => "str",
        CoreKind::Bytes(_) => "bytes",
        CoreKind::Date(_) => "date",
        CoreKind::Time(_) => "time",
        CoreKind::DateTime(_) => "datetime",
        CoreKind::TimeDelta(_) => "timedelta",
        CoreKind::Literal(_) => "literal",
        CoreKind::Enum { .. } => "enum",
        CoreKind::List { .. } => "list",
        CoreKind::Tuple { .. } => "tuple",
        CoreKind::Set { .. } => "set",
        CoreKind::FrozenSet { .. } => "frozenset",
        CoreKind::Dict { .. } => "dict",
        CoreKind::FunctionBefore { .. } => "function-before",
        CoreKind::FunctionAfter(_) => "function-after",
        CoreKind::FunctionWrap { .. } => "function-wrap",
        CoreKind::FunctionPlain { .. } => "function-plain",
        CoreKind::Default { .. } => "default",
        CoreKind::Nullable(_) => "nullable",
        CoreKind::Union { .. } => "union",
        CoreKind::TaggedUnion { .. } => "tagged-union",
        CoreKind::Chain(_) => "chain",
        CoreKind::TypedDict { .. } => "typed-dict",
        CoreKind::ModelFields { .. } => "model-fields",
        CoreKind::Model { .. } => "model",
        CoreKind::Dataclass { .. } => "dataclass",
        CoreKind::DefinitionRef(_) => "definition-ref",
        CoreKind::Definitions { .. } => "definitions",
        _ => return None,
    })
}
