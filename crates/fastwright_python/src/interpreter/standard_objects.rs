//! Objects of the standard library whose state is kept while modules are imported: open files and
//! configuration parsers. Elsewhere (in summaries) they are expressions, as objects of other libraries are.

use super::config_parser::ConfigParser;
use super::streams::Stream;
use super::{Evaluated, Interpreter, Mode, Raised};
use crate::location::Span;
use crate::name::Name;
use crate::value::*;

/// What an object of the standard library holds.
#[derive(Debug)]
pub(crate) enum StandardObject {
    /// An open file, or text that is read like one.
    Stream(Stream),
    /// `configparser.RawConfigParser` or a class derived from it.
    ConfigParser(Box<ConfigParser>),
    /// `parser["section"]`.
    Section {
        /// The parser.
        parser: ObjectId,
        /// The section's name.
        name: String,
    },
}

impl Interpreter<'_> {
    /// Calls a method that the standard library's class `owner` defines.
    pub(crate) fn standard_method(
        &mut self,
        owner: Name,
        name: Name,
        receiver: &Value,
        arguments: &Arguments,
        span: Span,
    ) -> Option<Evaluated> {
        let Kind::Instance(id) = *receiver.kind() else { return None };
        if self.mode == Mode::Summary {
            return None;
        }
        match owner.as_str() {
            "inspect.Signature" | "inspect.Parameter" => {
                self.signature_method(&owner, &name, receiver, arguments, span)
            }
            "re.Match" => self.match_method(id, &name, arguments),
            "configparser.RawConfigParser" => self.config_parser_method(id, &name, arguments, span),
            "configparser.SectionProxy" => self.section_method(id, &name, arguments, span),
            "io.TextIOWrapper" | "io.BufferedReader" | "io.StringIO" | "io.BytesIO" => {
                self.stream_method(id, &name, arguments)
            }
            _ => None,
        }
    }

    /// Calls a method of an object of the standard library as its own operators do: `parser["section"]`.
    pub(crate) fn standard_operator(
        &mut self,
        receiver: &Value,
        name: &str,
        operands: Vec<Value>,
        span: Span,
    ) -> Option<Evaluated> {
        let Kind::Instance(id) = *receiver.kind() else { return None };
        self.standard_objects.get(&id)?;
        let arguments = Arguments::of(operands);
        for owner in self.library_classes_of(receiver) {
            let made = self.standard_method(owner, Name::from(name), receiver, &arguments, span);
            if made.is_some() {
                return made;
            }
        }
        None
    }

    /// An instance of a class of the standard library, with its state.
    pub(crate) fn standard_instance(&mut self, class: &str, state: StandardObject, span: Span) -> Value {
        let site = self.here(span);
        let id = self.new_instance(Value::external(class), Arguments::default(), site);
        self.standard_objects.insert(id, state);
        Kind::Instance(id).into()
    }

    /// What a function of the standard library certainly raises. Where nobody catches it the program
    /// would not start; since it does, the value is merely not known.
    pub(crate) fn raised_by_library(&mut self, class: &str, message: String, span: Span) -> Evaluated {
        let site = self.here(span);
        if self.catching == 0 {
            return Ok(Value::unknown(message, Some(site)));
        }
        let value = Value::call(Value::external(class), Arguments::of([Value::str(&message)]), site);
        Err(Box::new(Raised { value, location: site }))
    }
}
