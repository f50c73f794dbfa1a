//! Values of the evaluated program as terms.

use super::expressions::{constant, string};
use super::purity::timeless;
use super::term::{Detail, Digest, DigestBuilder, Term};
use super::walker::Walker;
use fastwright_python::name::Name;
use fastwright_python::value::*;

/// Values inside values that are looked at.
const DEEPEST_VALUE: u32 = 6;
/// Elements of a collection that are looked at.
const MOST_ELEMENTS: usize = 400;

impl Walker<'_, '_, '_> {
    /// What identifies a value of the program, whatever its name is.
    pub(crate) fn value_term(&mut self, value: &Value, depth: u32) -> Term {
        let term = self.plain_term(value, depth);
        match value.configurable() {
            Some(id) => {
                let name = self.forms.interpreter().setting_name(id).to_owned();
                let mut digest = DigestBuilder::new("setting");
                digest.text(&name).digest(term.digest());
                Term::new(digest.finish(), name)
            }
            // A name is bound to it now; whether it always is, is not known.
            None if term.constant_truth().is_some() => Term::new(term.digest(), term.text()),
            None => term,
        }
    }

    fn plain_term(&mut self, value: &Value, depth: u32) -> Term {
        if depth > DEEPEST_VALUE {
            return Term::new(Digest::of_text("value", "deep"), "…");
        }
        match value.kind() {
            Kind::None => Term::none(),
            Kind::Bool(value) => constant(if *value { "True" } else { "False" }, *value),
            Kind::Int(number) => constant(&number.to_string(), *number != 0),
            Kind::Float(number) => constant(&format!("{number:?}"), *number != 0.0),
            Kind::Str(text) => string(text),
            Kind::Bytes(bytes) => {
                let mut digest = DigestBuilder::new("bytes");
                digest.bytes(bytes);
                Term::with(digest.finish(), "bytes", Detail::Constant(!bytes.is_empty()))
            }
            Kind::Ellipsis => constant("...", true),
            Kind::Tuple(items) => self.values_term("tuple", items.iter(), depth),
            Kind::List(id) | Kind::Set(id) => match self.forms.interpreter().object(*id) {
                Object::List(list) | Object::Set(list) => {
                    let items: Vec<Value> = list.items.iter().take(MOST_ELEMENTS).cloned().collect();
                    self.values_term("collection", items.iter(), depth)
                }
                _ => Term::new(Digest::of_text("value", "collection"), "a collection"),
            },
            Kind::Dict(id) => {
                let entries: Vec<(Value, Value)> = match self.forms.interpreter().object(*id) {
                    Object::Dict(dict) => dict.entries.values().take(MOST_ELEMENTS).cloned().collect(),
                    _ => Vec::new(),
                };
                let mut digest = DigestBuilder::new("dict value");
                for (key, value) in &entries {
                    let key = self.value_term(key, depth + 1);
                    let value = self.value_term(value, depth + 1);
                    digest.digest(key.digest()).digest(value.digest());
                }
                Term::new(digest.finish(), "a dict")
            }
            Kind::Module(id) => {
                let name = self.forms.interpreter().module(*id).name;
                Term::with(
                    Digest::of_text("module", name.as_str()),
                    name.as_str(),
                    Detail::Value(value.clone()),
                )
            }
            Kind::Function(function) => {
                let function = std::rc::Rc::clone(function);
                self.function_term(&function, None)
            }
            Kind::Method(method) => self.method_term(method, depth),
            Kind::Descriptor(descriptor) => {
                let function = descriptor.function.clone();
                self.value_term(&function, depth + 1)
            }
            Kind::Class(id) => self.class_term(*id),
            Kind::Instance(id) => self.instance_term(*id, value, depth),
            Kind::External(name) => {
                let digest = Digest::of_text("external", &timeless(name.as_str()));
                let short = name.rsplit('.').next().unwrap_or(name);
                Term::with(digest, short, Detail::Value(value.clone()))
            }
            Kind::Symbolic(symbolic) => self.symbolic_term(symbolic, depth),
            Kind::Union(values) => {
                let values = Values::clone(values);
                self.values_term("one of", values.iter(), depth)
            }
            Kind::Unknown(_) => Term::new(Digest::of_text("value", "unknown"), "something"),
        }
    }

    fn values_term<'v>(&mut self, tag: &str, values: impl Iterator<Item = &'v Value>, depth: u32) -> Term {
        let parts: Vec<Term> = values.map(|value| self.value_term(value, depth + 1)).collect();
        Term::made(
            tag,
            &parts.iter().collect::<Vec<_>>(),
            format!("({})", super::expressions::joined_texts(&parts, ", ")),
        )
    }

    fn method_term(&mut self, method: &MethodValue, depth: u32) -> Term {
        let receiver = self.value_term(&method.receiver, depth + 1);
        if let Kind::Function(function) = method.function.kind() {
            let owner = match *method.receiver.kind() {
                Kind::Instance(id) | Kind::Class(id) => Some(id),
                _ => None,
            };
            let function = std::rc::Rc::clone(function);
            let body = self.function_term(&function, owner);
            let mut digest = DigestBuilder::new("method");
            digest.digest(receiver.digest()).digest(body.digest());
            return Term::new(digest.finish(), body.text());
        }
        let function = method.function.clone();
        let body = self.value_term(&function, depth + 1);
        Term::made("method", &[&receiver, &body], body.text())
    }

    /// A class of the program, by its name; what its methods do is told apart.
    pub(crate) fn class_term(&mut self, id: ObjectId) -> Term {
        self.mention(id);
        let name = self.forms.interpreter().class(id).map_or_else(|| Name::from("class"), |class| class.name);
        Term::with(
            Digest::of_text("class", name.as_str()),
            name.as_str(),
            Detail::Value(Kind::Class(id).into()),
        )
    }

    fn instance_term(&mut self, id: ObjectId, value: &Value, depth: u32) -> Term {
        let Some(instance) = self.forms.interpreter().instance(id) else {
            return Term::new(Digest::of_text("value", "object"), "an object");
        };
        let class = instance.class.clone();
        let arguments = Arguments::clone(&instance.arguments);
        let member = instance.attributes.get(&Name::from("name")).cloned();
        let content = instance.attributes.get(&Name::from("value")).cloned();
        let class_term = self.value_term(&class, depth + 1);
        let mut digest = DigestBuilder::new("object");
        digest.digest(class_term.digest());
        if let Some(member) = &member
            && self.forms.interpreter().derives_from(&class, "enum.Enum")
        {
            if let Some(content) = &content {
                let content = self.value_term(content, depth + 1);
                digest.digest(content.digest());
            }
            let text = format!("{}.{}", class_term.text(), member.as_str().unwrap_or_default());
            return Term::new(digest.text("member").finish(), text);
        }
        for argument in &arguments.positional {
            let term = self.value_term(argument, depth + 1);
            digest.digest(term.digest());
        }
        for (name, argument) in &arguments.keywords {
            let term = self.value_term(argument, depth + 1);
            digest.text(name.as_str()).digest(term.digest());
        }
        Term::with(digest.finish(), class_term.text(), Detail::Value(value.clone()))
    }

    fn symbolic_term(&mut self, symbolic: &Symbolic, depth: u32) -> Term {
        match symbolic {
            Symbolic::Call { callee, arguments, .. } => {
                let callee_term = self.value_term(callee, depth + 1);
                let mut digest = DigestBuilder::new("made by");
                digest.digest(callee_term.digest());
                for argument in &arguments.positional {
                    let term = self.value_term(argument, depth + 1);
                    digest.digest(term.digest());
                }
                for (name, argument) in &arguments.keywords {
                    let term = self.value_term(argument, depth + 1);
                    digest.text(name.as_str()).digest(term.digest());
                }
                let text = format!("{}(…)", callee_term.text());
                let value = Value::call(callee.clone(), StrongRc::clone(arguments), site_of(symbolic));
                Term::with(digest.finish(), text, Detail::Value(value))
            }
            Symbolic::Member { base, name } => {
                let base = self.value_term(base, depth + 1);
                let mut digest = DigestBuilder::new("member");
                digest.digest(base.digest()).text(name.as_str());
                Term::new(digest.finish(), format!("{}.{name}", base.text()))
            }
            Symbolic::Item { base, index } => {
                let (base, index) = (self.value_term(base, depth + 1), self.value_term(index, depth + 1));
                let text = format!("{}[{}]", base.text(), index.text());
                Term::made("item", &[&base, &index], text)
            }
            Symbolic::Parameter(parameter) => Term::new(
                Digest::of_text("outer parameter", parameter.name.as_str()),
                parameter.name.as_str(),
            ),
            Symbolic::Binary { operator, left, right } => {
                let (left, right) = (self.value_term(left, depth + 1), self.value_term(right, depth + 1));
                let text = format!("{} … {}", left.text(), right.text());
                Term::made(&format!("{operator:?}"), &[&left, &right], text)
            }
            Symbolic::Compare { comparison, left, right } => {
                let (left, right) = (self.value_term(left, depth + 1), self.value_term(right, depth + 1));
                let text = format!("{} … {}", left.text(), right.text());
                Term::made(&format!("{comparison:?}"), &[&left, &right], text)
            }
            Symbolic::Not(operand) => {
                let operand = self.value_term(operand, depth + 1);
                operand.negated(format!("not {}", operand.text()))
            }
            Symbolic::Format(parts) => self.values_term("joined text", parts.iter(), depth),
            Symbolic::Template(parts) => self.values_term("template", parts.iter(), depth),
            Symbolic::Element(base) => {
                let base = self.value_term(base, depth + 1);
                Term::made("element of value", &[&base], format!("element of {}", base.text()))
            }
        }
    }
}

fn site_of(symbolic: &Symbolic) -> fastwright_python::location::Location {
    match symbolic {
        Symbolic::Call { site, .. } => *site,
        _ => fastwright_python::location::Location {
            file: fastwright_python::location::FileId(0),
            span: fastwright_python::location::Span::default(),
        },
    }
}
