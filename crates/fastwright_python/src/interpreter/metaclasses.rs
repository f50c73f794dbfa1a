//! How objects and classes are made: `__new__`, metaclasses.

use super::{Evaluated, Interpreter, Raised};
use crate::location::Span;
use crate::name::Name;
use crate::value::*;

impl Interpreter<'_> {
    /// The metaclass of a class, when the program defines it.
    pub(crate) fn metaclass(&self, class: ObjectId) -> Option<ObjectId> {
        let order = &self.class(class)?.mro;
        order.iter().find_map(|owner| {
            let Kind::Class(id) = *owner.kind() else { return None };
            let keywords = &self.class(id)?.keywords;
            match *keywords.iter().find(|(name, _)| *name == "metaclass")?.1.kind() {
                Kind::Class(metaclass) => Some(metaclass),
                _ => None,
            }
        })
    }

    /// Something that the metaclass's body binds.
    pub(crate) fn in_metaclass(&self, class: ObjectId, name: Name) -> Option<Value> {
        let metaclass: Value = Kind::Class(self.metaclass(class)?).into();
        self.find_in_class(&metaclass, name).map(|(value, _)| value)
    }

    /// Runs `__new__` and `__init__` of the metaclass on a class whose body has run.
    pub(crate) fn run_metaclass(&mut self, class: ObjectId, span: Span) -> Result<(), Box<Raised>> {
        let Some(metaclass) = self.metaclass(class) else { return Ok(()) };
        let Some(object) = self.class(class) else { return Ok(()) };
        let name = Value::str(&object.name);
        let bases = Value::tuple(object.bases.clone());
        let keywords: Keywords =
            object.keywords.iter().filter(|(name, _)| *name != "metaclass").cloned().collect();
        let entries =
            object.attributes.iter().map(|(name, value)| (Value::str(name), value.clone())).collect();
        let namespace = self.dict(entries);
        let metaclass: Value = Kind::Class(metaclass).into();
        for (hook, receiver) in [("__new__", metaclass.clone()), ("__init__", Kind::Class(class).into())] {
            let Some((function, _)) = self.find_in_class(&metaclass, Name::from(hook)) else { continue };
            let function = match function.kind() {
                Kind::Descriptor(descriptor) => descriptor.function.clone(),
                _ => function,
            };
            let arguments = Arguments {
                positional: vec![receiver, name.clone(), bases.clone(), namespace.clone()].into(),
                keywords: keywords.clone(),
                incomplete: false,
            };
            let made_now = self.class_in_making.replace(class);
            let result = self.call_directly(&function, arguments, span);
            self.class_in_making = made_now;
            result?;
        }
        Ok(())
    }

    /// `type.__new__(metaclass, name, bases, namespace)`: the class whose body has just run, with what the
    /// metaclass has put into its namespace.
    pub(crate) fn type_new(&mut self, arguments: &Arguments, span: Span) -> Option<Value> {
        let rest = Arguments::of(arguments.positional.get(1..)?.to_vec());
        let Some(class) = self.class_in_making else { return self.dynamic_class(&rest, span) };
        if let Some(Kind::Dict(namespace)) = rest.positional.get(2).map(|value| value.kind())
            && let Object::Dict(namespace) = self.object(*namespace)
        {
            let entries: Vec<(Name, Value)> = namespace
                .entries
                .iter()
                .filter_map(|(key, (_, value))| match key {
                    Key::Str(name) => Some((Name::from(name), value.clone())),
                    _ => None,
                })
                .collect();
            if let Object::Class(object) = self.object_mut(class) {
                for (name, value) in entries {
                    object.attributes.insert(name, value);
                }
            }
        }
        Some(Kind::Class(class).into())
    }

    /// Calls a class: its metaclass's `__call__`, or `__new__` and `__init__`.
    pub(crate) fn call_class(
        &mut self,
        class: ObjectId,
        mut arguments: StrongRc<Arguments>,
        span: Span,
    ) -> Evaluated {
        let class_value: Value = Kind::Class(class).into();
        if let Some(call) = self.in_metaclass(class, Name::from("__call__"))
            && matches!(call.kind(), Kind::Function(_))
        {
            StrongRc::make_mut(&mut arguments).prepend(class_value);
            return self.call_directly(&call, arguments, span);
        }
        self.make_instance(class, arguments, span)
    }

    /// `type.__call__(class, ...)`.
    pub(crate) fn make_instance(
        &mut self,
        class: ObjectId,
        arguments: StrongRc<Arguments>,
        span: Span,
    ) -> Evaluated {
        let class_value: Value = Kind::Class(class).into();
        let Some((new, _)) = self.find_in_class(&class_value, Name::from("__new__")) else {
            return self.instantiate(class, arguments, span);
        };
        let new = match new.kind() {
            Kind::Descriptor(descriptor) => descriptor.function.clone(),
            _ => new,
        };
        if !matches!(new.kind(), Kind::Function(_)) {
            return self.instantiate(class, arguments, span);
        }
        let mut given = Arguments::clone(&arguments);
        given.prepend(class_value.clone());
        let made = self.call_directly(&new, given, span)?;
        for alternative in made.alternatives() {
            if let Kind::Instance(id) = *alternative.kind()
                && let Some(instance) = self.instance(id)
                && self.is_subclass(&instance.class.clone(), &class_value) == Some(true)
            {
                self.initialize(alternative, &class_value, 0, arguments, span)?;
                return Ok(alternative.clone());
            }
        }
        if made.is_unknown() || made.is_none() {
            return self.instantiate(class, arguments, span);
        }
        Ok(made)
    }
}
