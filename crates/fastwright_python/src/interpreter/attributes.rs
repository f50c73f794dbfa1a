//! Attributes: of modules, classes, instances, functions and libraries, and setting them.

use super::types::builtin_type;
use super::{Evaluated, Interpreter, ModuleStatus};
use crate::location::Span;
use crate::name::Name;
use crate::value::*;
use std::rc::Rc;
use std::sync::Arc;

impl Interpreter<'_> {
    /// Reads an attribute; an exception becomes unknown.
    pub fn attribute(&mut self, base: &Value, name: Name, span: Span) -> Value {
        match self.checked_attribute(base, name, span) {
            Ok(value) => value,
            Err(raised) => {
                Value::unknown(format!("reading `{name}` raises an exception"), Some(raised.location))
            }
        }
    }

    /// Reads an attribute as Python does: descriptors bind, properties run.
    pub(crate) fn checked_attribute(&mut self, base: &Value, name: Name, span: Span) -> Evaluated {
        let configurable = base.configurable();
        let value = match base.kind() {
            Kind::Module(module) => self.module_attribute(*module, name, span),
            Kind::Class(class) => self.class_attribute(*class, name, span)?,
            Kind::Instance(_) => self.instance_attribute(base, name, span)?,
            Kind::Function(function) => {
                let function = Rc::clone(function);
                self.function_attribute(&function, base, name)
            }
            Kind::Method(method) => match name.as_str() {
                "__self__" => method.receiver.clone(),
                "__func__" => method.function.clone(),
                _ => {
                    let function = method.function.clone();
                    self.checked_attribute(&function, name, span)?
                }
            },
            Kind::Descriptor(descriptor) => match name.as_str() {
                "setter" | "getter" | "deleter" | "expression" | "inplace" | "comparator"
                | "update_expression" => Value::external("fastwright.keep_first_definition"),
                "fget" | "__func__" | "__wrapped__" => descriptor.function.clone(),
                _ => {
                    let function = descriptor.function.clone();
                    self.checked_attribute(&function, name, span)?
                }
            },
            Kind::External(owner) => self.external_attribute(*owner, name),
            Kind::Symbolic(symbolic) => self.symbolic_attribute(base, symbolic, name, span)?,
            Kind::Union(alternatives) => {
                let mut values = Alternatives::default();
                for alternative in alternatives.iter().filter(|value| !value.is_none()) {
                    values.add(self.checked_attribute(alternative, name, span)?);
                }
                values.finish()
            }
            Kind::Unknown(_) => base.clone(),
            Kind::None => Value::unknown(format!("`None` has no `{name}`"), Some(self.here(span))),
            _ => {
                let owner = builtin_type(base.kind());
                match name.as_str() {
                    "__class__" => Value::external(owner),
                    _ => Kind::Method(Rc::new(MethodValue {
                        receiver: base.clone(),
                        function: Kind::External(Name::new(owner).member(name)).into(),
                    }))
                    .into(),
                }
            }
        };
        Ok(value.with_configurable(configurable))
    }

    /// The value of a dotted name where the code runs now, as far as it is plain to see: nothing is
    /// imported, no property and no `__getattr__` is called.
    pub fn peek(&self, expression: &crate::ir::Expr) -> Option<Value> {
        match &expression.kind {
            crate::ir::ExprKind::Name(name) => self.lookup(self.frames.last()?.scope, *name),
            crate::ir::ExprKind::Attribute(attribute) => {
                let (base, name) = attribute.parts();
                match *self.peek(base)?.kind() {
                    Kind::Instance(id) => self.instance(id)?.attributes.get(name).cloned(),
                    Kind::Module(id) => self.scope(self.module(id).scope).names.get(name).cloned(),
                    Kind::Class(id) => self.class(id)?.attributes.get(name).cloned(),
                    Kind::External(owner) => Some(Kind::External(self.canonical(owner.member(*name))).into()),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    fn module_attribute(&mut self, module: ModuleId, name: Name, span: Span) -> Value {
        let scope = self.modules[module.0 as usize].scope;
        if let Some(value) = self.scopes[scope.0 as usize].names.get(&name) {
            return value.clone();
        }
        let dotted = self.modules[module.0 as usize].name;
        match name.as_str() {
            "__name__" => return Value::str(&dotted),
            "__file__" => {
                let key = self.modules[module.0 as usize].key;
                return Value::str(&self.source.path_of(key));
            }
            "__path__" => {
                return Value::symbolic(Symbolic::Member { base: Kind::Module(module).into(), name });
            }
            "__dict__" => {
                let mut entries: Vec<(Name, Value)> = self.scopes[scope.0 as usize]
                    .names
                    .iter()
                    .map(|(name, value)| (*name, value.clone()))
                    .collect();
                entries.sort_by(|left, right| left.0.as_str().cmp(right.0.as_str()));
                return self
                    .dict(entries.into_iter().map(|(name, value)| (Value::str(&name), value)).collect());
            }
            _ => {}
        }
        if let Some(value) = self.lazy_module_attribute(module, name, span) {
            return value;
        }
        if self.modules[module.0 as usize].is_package
            && let Some(submodule) = self.import_child(module, name)
        {
            return submodule;
        }
        let reason = if self.modules[module.0 as usize].status == ModuleStatus::Running {
            format!("`{dotted}.{name}` is read before it is bound (import cycle)")
        } else {
            format!("`{dotted}` has no `{name}`")
        };
        Value::unknown(reason, Some(self.here(span)))
    }

    /// PEP 562: a module's `__getattr__`.
    fn lazy_module_attribute(&mut self, module: ModuleId, name: Name, span: Span) -> Option<Value> {
        if name.starts_with("__") {
            return None;
        }
        let scope = self.modules[module.0 as usize].scope;
        let getter = self.scopes[scope.0 as usize].names.get(&Name::from("__getattr__")).cloned()?;
        let Kind::Function(function) = getter.kind() else { return None };
        let arguments = Arguments::of([Value::str(&name)]);
        let saved = std::mem::replace(&mut self.mode, super::Mode::Import);
        let value = self.call_function(function, StrongRc::new(arguments), span);
        self.mode = saved;
        let value = value.ok()?;
        (!value.is_unknown() && !value.is_none()).then_some(value)
    }

    /// Searches the lookup order of a class. The second part says where it was found.
    pub fn find_in_class(&self, class: &Value, name: Name) -> Option<(Value, ObjectId)> {
        for owner in self.class_order(class).iter() {
            if let Kind::Class(id) = *owner.kind()
                && let Some(value) = self.class(id).and_then(|class| class.attributes.get(&name))
            {
                return Some((value.clone(), id));
            }
        }
        None
    }

    /// The annotation of a name in the body of a class or its bases, with its place.
    pub fn annotation_in_class(
        &self,
        class: &Value,
        name: Name,
    ) -> Option<(Annotation, crate::location::Location)> {
        self.class_order(class).iter().find_map(|owner| match *owner.kind() {
            Kind::Class(id) => self.class(id)?.annotations.get(&name).cloned(),
            _ => None,
        })
    }

    fn class_attribute(&mut self, class: ObjectId, name: Name, span: Span) -> Evaluated {
        let class_value: Value = Kind::Class(class).into();
        let own_name =
            |interpreter: &Self| interpreter.class(class).map(|class| class.name).unwrap_or_default();
        match name.as_str() {
            "__name__" => return Ok(Value::str(&own_name(self))),
            "__qualname__" => {
                let qualname = self.class(class).map(|class| class.qualname).unwrap_or_default();
                return Ok(Value::str(&qualname));
            }
            "__module__" => {
                let module = self.class(class).map(|class| class.module);
                return Ok(match module {
                    Some(module) => Value::str(&self.modules[module.0 as usize].name.clone()),
                    None => Value::NONE,
                });
            }
            "__mro__" => return Ok(Value::tuple(self.class_order(&class_value).to_vec())),
            "__bases__" => {
                return Ok(Value::tuple(
                    self.class(class).map(|class| class.bases.clone()).unwrap_or_default(),
                ));
            }
            "__doc__" => {
                let text = self
                    .class(class)
                    .and_then(|class| class.definition.as_ref())
                    .and_then(|definition| definition.docstring().map(Value::str));
                return Ok(match text {
                    Some(text) => text,
                    None if self.is_record(class) => {
                        Value::unknown("the documentation that `dataclass` writes is not known", None)
                    }
                    None => Value::NONE,
                });
            }
            "__annotations__" => return Ok(self.annotations_of_class(class)),
            "__dict__" => {
                let entries = self
                    .class(class)
                    .map(|class| {
                        class
                            .attributes
                            .iter()
                            .map(|(name, value)| (Value::str(name), value.clone()))
                            .collect()
                    })
                    .unwrap_or_default();
                return Ok(self.dict(entries));
            }
            "__members__" => {
                if let Some(members) = self.enumeration_members(class) {
                    let mut entries = Vec::new();
                    for member in members {
                        let name = self.attribute(&member, Name::from("name"), span);
                        entries.push((name, member));
                    }
                    return Ok(self.dict(entries));
                }
            }
            "__subclasses__" => {
                return Ok(Kind::Method(Rc::new(MethodValue {
                    receiver: class_value,
                    function: Value::external("builtins.type.__subclasses__"),
                }))
                .into());
            }
            "mro" => {
                return Ok(Kind::Method(Rc::new(MethodValue {
                    receiver: class_value,
                    function: Value::external("builtins.type.mro"),
                }))
                .into());
            }
            _ => {}
        }
        let order = self.class_order(&class_value);
        for owner in order.iter() {
            match owner.kind() {
                Kind::Class(id) => {
                    if let Some(value) =
                        self.class(*id).and_then(|class| class.attributes.get(&name)).cloned()
                    {
                        // Declared and empty: it is filled when the application starts.
                        if value.is_none()
                            && self.mode() == super::Mode::Summary
                            && self.annotation_in_class(&class_value, name).is_some()
                        {
                            return Ok(Value::symbolic(Symbolic::Member { base: class_value, name }));
                        }
                        return Ok(match value.kind() {
                            Kind::Descriptor(descriptor) => match descriptor.kind {
                                DescriptorKind::ClassMethod => Kind::Method(Rc::new(MethodValue {
                                    receiver: class_value,
                                    function: descriptor.function.clone(),
                                }))
                                .into(),
                                DescriptorKind::Static => descriptor.function.clone(),
                                DescriptorKind::Property => {
                                    Value::symbolic(Symbolic::Member { base: class_value, name })
                                }
                            },
                            Kind::Method(_) | Kind::Function(_) => value,
                            _ => self.library_class_attribute(&order, class, name).unwrap_or(value),
                        });
                    }
                }
                Kind::External(external) => {
                    if let Some(value) = self.library.class_attribute(self, *external, class, name) {
                        return Ok(value);
                    }
                }
                _ => {}
            }
        }
        if let Some(value) = self.in_metaclass(class, name) {
            return Ok(match value.kind() {
                Kind::Function(_) => {
                    Kind::Method(Rc::new(MethodValue { receiver: class_value, function: value })).into()
                }
                Kind::Descriptor(descriptor) if descriptor.kind == DescriptorKind::Property => {
                    let arguments = Arguments::of([class_value]);
                    return self.call_value(&descriptor.function.clone(), arguments, span);
                }
                _ => value,
            });
        }
        if self.annotation_in_class(&class_value, name).is_some()
            || order.iter().any(|owner| !matches!(owner.kind(), Kind::Class(_)))
        {
            return Ok(Value::symbolic(Symbolic::Member { base: class_value, name }));
        }
        Ok(Value::unknown(format!("the class `{}` has no `{name}`", own_name(self)), Some(self.here(span))))
    }

    fn library_class_attribute(&mut self, order: &[Value], class: ObjectId, name: Name) -> Option<Value> {
        for owner in order {
            if let Kind::External(external) = *owner.kind()
                && let Some(value) = self.library.class_attribute(self, external, class, name)
            {
                return Some(value);
            }
        }
        // A base that a library makes (`declarative_base()`) has no name; the library still knows its classes.
        self.library.class_attribute(self, Name::from("builtins.object"), class, name)
    }

    fn annotations_of_class(&mut self, class: ObjectId) -> Value {
        let annotations: Vec<(Name, Annotation)> = self
            .class(class)
            .map(|class| {
                class.annotations.iter().map(|(name, (annotation, _))| (*name, annotation.clone())).collect()
            })
            .unwrap_or_default();
        let mut entries = Vec::new();
        for (name, annotation) in annotations {
            let value = self.evaluate_annotation(&annotation);
            entries.push((Value::str(&name), value));
        }
        self.dict(entries)
    }

    fn instance_attribute(&mut self, base: &Value, name: Name, span: Span) -> Evaluated {
        let Kind::Instance(id) = *base.kind() else { return Ok(Value::NONE) };
        let Some(instance) = self.instance(id) else { return Ok(Value::NONE) };
        if let Some(value) = instance.attributes.get(&name) {
            let value = value.clone();
            // Empty when the module is imported, and filled when the application starts.
            if value.is_none() && self.mode() == super::Mode::Summary {
                let class = instance.class.clone();
                return Ok(self.assigned_later(&class, name, span).unwrap_or(value));
            }
            return Ok(value);
        }
        let class = instance.class.clone();
        match name.as_str() {
            "__class__" => return Ok(class),
            "__dict__" => {
                let entries = instance
                    .attributes
                    .iter()
                    .map(|(name, value)| (Value::str(name), value.clone()))
                    .collect();
                return Ok(self.dict(entries));
            }
            _ => {}
        }
        self.attribute_through_class(base, &class, name, span)
    }

    /// An attribute of an instance that its class provides.
    fn attribute_through_class(&mut self, base: &Value, class: &Value, name: Name, span: Span) -> Evaluated {
        let symbolic = matches!(base.kind(), Kind::Symbolic(_));
        let order = self.class_order(class);
        let mut declared = false;
        for owner in order.iter() {
            match owner.kind() {
                Kind::Class(id) => {
                    let Some(object) = self.class(*id) else { continue };
                    declared |= object.annotations.contains_key(&name);
                    let Some(value) = object.attributes.get(&name).cloned() else { continue };
                    return match value.kind() {
                        Kind::Function(_) => {
                            Ok(Kind::Method(Rc::new(MethodValue { receiver: base.clone(), function: value }))
                                .into())
                        }
                        Kind::Descriptor(descriptor) => match descriptor.kind {
                            DescriptorKind::Property => {
                                let arguments = Arguments::of([base.clone()]);
                                let function = descriptor.function.clone();
                                self.call_value(&function, arguments, span)
                            }
                            DescriptorKind::Static => Ok(descriptor.function.clone()),
                            DescriptorKind::ClassMethod => Ok(Kind::Method(Rc::new(MethodValue {
                                receiver: class.clone(),
                                function: descriptor.function.clone(),
                            }))
                            .into()),
                        },
                        _ => {
                            if let Some(value) = self.library_attribute(&order, base, name) {
                                return Ok(value);
                            }
                            // A field's default says nothing about an instance that came from outside, and what a
                            // library replaces in the class nothing about any.
                            if symbolic
                                && (declared || self.library_class_attribute(&order, *id, name).is_some())
                            {
                                Ok(self.member(base, name))
                            } else {
                                Ok(value)
                            }
                        }
                    };
                }
                Kind::External(external) => {
                    if let Some(value) = self.library.attribute(self, *external, base, name) {
                        return Ok(value);
                    }
                }
                _ => {}
            }
        }
        if let Some((getter, _)) = self.find_in_class(class, Name::from("__getattr__"))
            && !name.starts_with("__")
            && !symbolic
        {
            let arguments = Arguments::of([base.clone(), Value::str(&name)]);
            return self.call_value(&getter, arguments, span);
        }
        if symbolic && let Some(value) = self.typical_attribute(base, class, name) {
            return Ok(value);
        }
        if declared || symbolic || order.iter().any(|owner| !matches!(owner.kind(), Kind::Class(_))) {
            return Ok(self.member(base, name));
        }
        Ok(Value::unknown(format!("`{name}` is not set on the object"), Some(self.here(span))))
    }

    fn library_attribute(&mut self, order: &[Value], base: &Value, name: Name) -> Option<Value> {
        for owner in order {
            if let Kind::External(external) = *owner.kind()
                && let Some(value) = self.library.attribute(self, external, base, name)
            {
                return Some(value);
            }
        }
        None
    }

    fn symbolic_attribute(&mut self, base: &Value, symbolic: &Symbolic, name: Name, span: Span) -> Evaluated {
        if let Symbolic::Call { callee, arguments, .. } = symbolic
            && let Some(made_by) = callee.as_external()
        {
            match (made_by.as_str(), name.as_str()) {
                ("builtins.super", _) => return self.super_attribute(&arguments.clone(), name, span),
                ("functools.partial", "func") => {
                    return Ok(arguments.positional.first().cloned().unwrap_or(Value::NONE));
                }
                ("functools.partial", "keywords") => {
                    let entries = arguments.keywords.clone();
                    return Ok(self.dict(
                        entries.into_iter().map(|(name, value)| (Value::str(&name), value)).collect(),
                    ));
                }
                _ => {}
            }
        }
        if let Symbolic::Member { name: state, .. } = symbolic
            && *state == "state"
            && self.mode() == super::Mode::Summary
            && let Some(value) = self.state_attribute(name)
        {
            return Ok(value);
        }
        if let Symbolic::Item { base: generic, .. } = symbolic
            && matches!(generic.kind(), Kind::Class(_) | Kind::External(_))
            && !name.starts_with("__")
        {
            let generic = generic.clone();
            return self.checked_attribute(&generic, name, span);
        }
        if let Some(value) = self.path_attribute(base, &name, span) {
            return Ok(value);
        }
        if let Some(value) = self.library.expression_attribute(self, base, name) {
            return Ok(value);
        }
        match self.class_of(base) {
            Some(class) => self.attribute_through_class(base, &class, name, span),
            None => Ok(self.member(base, name)),
        }
    }

    fn super_attribute(&mut self, arguments: &Arguments, name: Name, span: Span) -> Evaluated {
        let (Some(class), receiver) = (arguments.positional.first(), arguments.positional.get(1)) else {
            return Ok(Value::unknown("super() without a class", Some(self.here(span))));
        };
        let receiver = receiver.cloned().unwrap_or(Value::NONE);
        let full = match receiver.kind() {
            Kind::Class(_) => receiver.clone(),
            _ => self.class_of(&receiver).unwrap_or_else(|| class.clone()),
        };
        let order = self.class_order(&full);
        let after = order.iter().position(|owner| owner.same(class)).map_or(0, |position| position + 1);
        for (position, owner) in order.iter().enumerate().skip(after) {
            match owner.kind() {
                Kind::Class(id) => {
                    let Some(object) = self.class(*id) else { continue };
                    if let Some(value) = object.attributes.get(&name).cloned() {
                        return Ok(match value.kind() {
                            Kind::Function(_) => {
                                Kind::Method(Rc::new(MethodValue { receiver, function: value })).into()
                            }
                            Kind::Descriptor(descriptor) => match descriptor.kind {
                                DescriptorKind::Property => {
                                    let arguments = Arguments::of([receiver]);
                                    return self.call_value(&descriptor.function.clone(), arguments, span);
                                }
                                DescriptorKind::Static => descriptor.function.clone(),
                                DescriptorKind::ClassMethod => Kind::Method(Rc::new(MethodValue {
                                    receiver: full,
                                    function: descriptor.function.clone(),
                                }))
                                .into(),
                            },
                            _ => value,
                        });
                    }
                    if name == "__init__" && self.is_record(*id) {
                        return Ok(inherited(&receiver, &full, position));
                    }
                }
                // `type` and `object` are asked below.
                Kind::External(external)
                    if matches!(external.as_str(), "builtins.type" | "builtins.object") => {}
                Kind::External(_) if name == "__new__" => {
                    return Ok(Value::external("builtins.object.__new__"));
                }
                Kind::External(external) => {
                    // A method of the library: bound so that the call asks the library's knowledge.
                    return Ok(Kind::Method(Rc::new(MethodValue {
                        receiver,
                        function: Kind::External(external.member(name)).into(),
                    }))
                    .into());
                }
                _ => {}
            }
        }
        if name == "__new__" || name == "__call__" {
            // A metaclass asks `type`, a class asks `object`.
            let is_metaclass = self.derives_from(class, "builtins.type");
            return Ok(match (name.as_str(), is_metaclass) {
                ("__new__", true) => Value::external("builtins.type.__new__"),
                ("__new__", false) => Value::external("builtins.object.__new__"),
                _ => Kind::Method(Rc::new(MethodValue {
                    receiver,
                    function: Value::external("builtins.type.__call__"),
                }))
                .into(),
            });
        }
        Ok(Value::external("builtins.object.__init__"))
    }

    fn function_attribute(&mut self, function: &Rc<FunctionValue>, base: &Value, name: Name) -> Value {
        if let Some(value) = self.function_attributes.get(&function.serial).and_then(|set| set.get(&name)) {
            return value.clone();
        }
        match name.as_str() {
            "__name__" => Value::str(&function.definition.name),
            "__qualname__" => Value::str(&function.definition.qualname),
            "__module__" => Value::str(&self.modules[function.module.0 as usize].name.clone()),
            "__doc__" => function.definition.docstring().map_or(Value::NONE, Value::str),
            "__annotations__" => {
                let mut entries = Vec::new();
                let written: Vec<(Name, Arc<crate::ir::Expr>)> = function
                    .definition
                    .parameters
                    .iter()
                    .filter_map(|parameter| {
                        Some((parameter.name, Arc::clone(parameter.annotation.as_ref()?)))
                    })
                    .chain(
                        function
                            .definition
                            .returns
                            .as_ref()
                            .map(|returns| (Name::from("return"), Arc::clone(returns))),
                    )
                    .collect();
                for (name, expression) in written {
                    let annotation =
                        Annotation::Written { expression, scope: function.scope, module: function.module };
                    let value = self.evaluate_annotation(&annotation);
                    entries.push((Value::str(&name), value));
                }
                let dict = self.dict(entries);
                // The same dict is handed out each time, so that entries set on it stay.
                self.function_attributes.entry(function.serial).or_default().insert(name, dict.clone());
                dict
            }
            "__wrapped__" | "__signature__" | "__defaults__" | "__kwdefaults__" => Value::NONE,
            _ => Value::symbolic(Symbolic::Member { base: base.clone(), name }),
        }
    }

    fn external_attribute(&mut self, owner: Name, name: Name) -> Value {
        match (owner.as_str(), name.as_str()) {
            (_, "__name__" | "__qualname__") => {
                return Value::str(owner.last_part());
            }
            (_, "__module__") => return Value::str(super::expressions::parent_name(&owner)),
            ("sys", "version_info") => {
                let (major, minor, micro) = self.python;
                return Value::tuple(vec![Value::int(major), Value::int(minor), Value::int(micro)]);
            }
            ("sys", "platform") => return Value::str("linux"),
            ("os", "name") => return Value::str("posix"),
            ("os", "sep") | ("os.path", "sep") => return Value::str("/"),
            ("sys", "argv") => return Value::unknown("the command line is not known", None),
            _ => {}
        }
        let dotted = owner.member(name);
        let canonical = self.canonical(dotted);
        self.library.constant(canonical).unwrap_or_else(|| Kind::External(canonical).into())
    }

    /// The one name of something in a library.
    pub(crate) fn canonical(&self, name: Name) -> Name {
        let known = match name.as_str() {
            "os.getenv" => "os.environ.get",
            "json.decoder.JSONDecodeError" => "json.JSONDecodeError",
            "tomli.TOMLDecodeError" | "toml.TomlDecodeError" => "tomllib.TOMLDecodeError",
            "yaml.error.YAMLError" => "yaml.YAMLError",
            "collections.abc.Callable" => "typing.Callable",
            "typing_extensions.Annotated" => "typing.Annotated",
            "typing_extensions.Literal" => "typing.Literal",
            "typing_extensions.TypedDict" => "typing.TypedDict",
            "typing_extensions.NamedTuple" => "typing.NamedTuple",
            "inspect.Parameter.empty" | "inspect.Signature.empty" => "inspect._empty",
            "typing_extensions.TYPE_CHECKING" => "typing.TYPE_CHECKING",
            _ => return self.library.canonical(name),
        };
        Name::from(known)
    }

    pub(crate) fn set_attribute(&mut self, base: &Value, name: Name, value: Value) {
        match base.kind() {
            Kind::Instance(id) => {
                self.note_attribute(*id, name);
                if let Some(instance) = self.instance_mut(*id) {
                    instance.attributes.insert(name, value);
                }
            }
            Kind::Class(id) => {
                self.note_attribute(*id, name);
                if let Object::Class(class) = self.object_mut(*id) {
                    class.attributes.insert(name, value);
                }
            }
            Kind::Function(function) => {
                self.function_attributes.entry(function.serial).or_default().insert(name, value);
            }
            Kind::Method(method) => {
                let function = method.function.clone();
                self.set_attribute(&function, name, value);
            }
            Kind::Module(module) => {
                let scope = self.modules[module.0 as usize].scope;
                self.note_variable(scope, name);
                self.scopes[scope.0 as usize].names.insert(name, value);
            }
            Kind::Union(alternatives) => {
                for alternative in StrongRc::clone(alternatives).iter() {
                    self.set_attribute(alternative, name, value.clone());
                }
            }
            _ => {}
        }
    }

    /// An attribute that was set on a function object (`__signature__`, `__wrapped__`, ...).
    pub fn function_set_attribute(&self, function: &FunctionValue, name: &str) -> Option<&Value> {
        self.function_attributes.get(&function.serial)?.get(&Name::from(name))
    }
}

fn inherited(receiver: &Value, class: &Value, position: usize) -> Value {
    Kind::Method(Rc::new(MethodValue {
        receiver: Value::tuple(vec![receiver.clone(), class.clone(), Value::int(position as i64)]),
        function: Value::external("fastwright.initialize_record"),
    }))
    .into()
}
