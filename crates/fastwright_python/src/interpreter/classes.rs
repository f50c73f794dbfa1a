//! Classes: their definition, lookup order and instances.

use super::{Evaluated, Frame, Interpreter, Raised};
use crate::ir::*;
use crate::location::Span;
use crate::name::Name;
use crate::program::ClassId;
use crate::value::*;
use std::rc::Rc;
use std::sync::Arc;

impl Interpreter<'_> {
    pub(crate) fn define_class(&mut self, definition: &Arc<ClassDef>) -> Evaluated {
        let mut decorators = Vec::with_capacity(definition.decorators.len());
        for decorator in &definition.decorators {
            decorators.push((self.evaluate(decorator)?, decorator.span));
        }
        let definition_for_body = Arc::clone(definition);
        let class = self.with_type_parameters(&definition.type_parameters, |interpreter| {
            interpreter.class_object(&definition_for_body)
        })?;
        let mut value: Value = Kind::Class(class).into();
        if let Object::Class(object) = self.object_mut(class) {
            object.decorators = decorators.iter().map(|(decorator, _)| decorator.clone()).collect();
        }
        self.class_is_complete(class);
        self.class_defined(class, definition.name_span)?;
        for (decorator, span) in decorators.into_iter().rev() {
            let decorated = self.decorate(&decorator, value.clone(), span)?;
            // A decorator that gives back something that is no class (a registry's entry, say) is rare
            // enough to keep the class.
            if matches!(decorated.kind(), Kind::Class(_)) {
                value = decorated;
            }
        }
        Ok(value)
    }

    fn class_object(&mut self, definition: &Arc<ClassDef>) -> Result<ObjectId, Box<Raised>> {
        let arguments = self.evaluate_arguments(&definition.arguments)?;
        let frame = self.frame();
        let (file, module, outer) = (frame.file, frame.module, frame.scope);
        let location = self.here(definition.name_span);
        let class = self.new_class(
            Some(ClassId { file, index: definition.index }),
            Some(Arc::clone(definition)),
            definition.name,
            definition.qualname,
            module,
            arguments.positional.into_vec(),
            location,
        );
        let type_parameters: Vec<Value> = definition
            .type_parameters
            .iter()
            .filter_map(|parameter| self.lookup(outer, parameter.name))
            .collect();
        if let Object::Class(object) = self.object_mut(class) {
            object.keywords = arguments.keywords;
            object.type_parameters = type_parameters;
        }
        let scope = self.new_scope(Some(outer), module, true);
        self.frames.push(Frame {
            scope,
            module,
            file,
            function: self.frame().function.clone(),
            class_body: Some(class),
            returns: Vec::new(),
            yields: Vec::new(),
            handling: Vec::new(),
            raised: false,
            conditions: self.conditions.len(),
        });
        let result = self.execute_block(&definition.body);
        self.frames.pop();
        result?;
        Ok(class)
    }

    /// A class object with its lookup order; the body is the caller's business.
    #[allow(clippy::too_many_arguments, reason = "they are the parts of a class")]
    pub fn new_class(
        &mut self,
        id: Option<ClassId>,
        definition: Option<Arc<ClassDef>>,
        name: Name,
        qualname: Name,
        module: ModuleId,
        bases: Vec<Value>,
        location: crate::location::Location,
    ) -> ObjectId {
        let written_bases = bases;
        let bases: Vec<Value> = written_bases.iter().map(|base| self.base_class(base.clone())).collect();
        let class = self.allocate(Object::Class(Box::new(ClassObject {
            id,
            definition,
            name,
            qualname,
            module,
            bases: bases.clone(),
            written_bases,
            type_parameters: Vec::new(),
            mro: Rc::from([]),
            attributes: OrderedMap::default(),
            annotations: OrderedMap::default(),
            keywords: Keywords::new(),
            decorators: Vec::new(),
            location,
            assignments: OrderedMap::default(),
            changed: 0,
        })));
        let mro = self.lookup_order(class, &bases);
        if let Object::Class(object) = self.object_mut(class) {
            object.mro = mro.into();
        }
        self.classes.push(class);
        class
    }

    /// What a base in a class statement stands for: `Generic[T]` and `Base[Order]` are their origin.
    fn base_class(&self, base: Value) -> Value {
        match base.kind() {
            Kind::Symbolic(symbolic) => match &**symbolic {
                Symbolic::Item { base, .. } => self.base_class(base.clone()),
                _ => base,
            },
            Kind::Union(alternatives) => alternatives
                .iter()
                .find(|value| matches!(value.kind(), Kind::Class(_)))
                .cloned()
                .unwrap_or(base),
            _ => base,
        }
    }

    /// Python's C3 linearization; where it fails (unknown bases), depth first.
    pub(super) fn lookup_order(&self, class: ObjectId, bases: &[Value]) -> Vec<Value> {
        let mut sequences: Vec<Vec<Value>> = bases
            .iter()
            .map(|base| match base.kind() {
                Kind::Class(id) => self.class(*id).map(|class| class.mro.to_vec()).unwrap_or_default(),
                Kind::External(name) => self.external_lookup_order(*name).to_vec(),
                _ => vec![base.clone()],
            })
            .collect();
        sequences.push(bases.to_vec());
        let mut order = vec![Value::from(Kind::Class(class))];
        loop {
            sequences.retain(|sequence| !sequence.is_empty());
            if sequences.is_empty() {
                return order;
            }
            let good = sequences
                .iter()
                .map(|sequence| &sequence[0])
                .find(|head| !sequences.iter().any(|other| other[1..].iter().any(|value| value.same(head))))
                .unwrap_or(&sequences[0][0])
                .clone();
            let count: usize = sequences.iter().map(Vec::len).sum();
            for sequence in &mut sequences {
                sequence.retain(|value| !value.same(&good));
            }
            if sequences.iter().map(Vec::len).sum::<usize>() == count {
                // A value that isn't even the same as itself must not keep the loop going.
                sequences[0].remove(0);
            }
            order.push(good);
        }
    }

    fn external_lookup_order(&self, name: Name) -> Rc<[Value]> {
        if let Some(known) = self.external_orders.borrow().get(&name) {
            return Rc::clone(known);
        }
        let mut order = vec![Value::from(Kind::External(name))];
        let mut index = 0;
        while index < order.len() && order.len() < 64 {
            if let Some(name) = order[index].as_external() {
                let more =
                    self.library.bases(name).iter().copied().chain(standard_bases(&name).iter().copied());
                for base in more {
                    let base = Value::external(base);
                    if !order.iter().any(|known| known.same(&base)) {
                        order.push(base);
                    }
                }
            }
            index += 1;
        }
        let order: Rc<[Value]> = order.into();
        self.external_orders.borrow_mut().insert(name, Rc::clone(&order));
        order
    }

    /// The lookup order of a class of the program or of a library.
    pub fn class_order(&self, class: &Value) -> Rc<[Value]> {
        match class.kind() {
            Kind::Class(id) => self.class(*id).map_or_else(|| Rc::from([]), |class| Rc::clone(&class.mro)),
            Kind::External(name) => self.external_lookup_order(*name),
            Kind::Symbolic(symbolic) => match &**symbolic {
                Symbolic::Item { base, .. } => self.class_order(base),
                _ => Rc::from([]),
            },
            _ => Rc::from([]),
        }
    }

    /// Whether `class` is `other` or derives from it, when that is decided.
    pub fn is_subclass(&self, class: &Value, other: &Value) -> Option<bool> {
        if let Kind::Tuple(items) = other.kind() {
            let answers: Vec<_> = items.iter().map(|item| self.is_subclass(class, item)).collect();
            return if answers.contains(&Some(true)) {
                Some(true)
            } else if answers.iter().all(|answer| *answer == Some(false)) {
                Some(false)
            } else {
                None
            };
        }
        if !matches!(other.kind(), Kind::Class(_) | Kind::External(_)) {
            return None;
        }
        let order = self.class_order(class);
        if order.iter().any(|known| known.same(other)) {
            return Some(true);
        }
        if other.as_external().is_some_and(|name| name == "builtins.object") {
            return Some(true);
        }
        if let Some(interface) = other.as_external()
            && let Some(answer) = self.implements(&order, &interface)
        {
            return answer;
        }
        if self.derives_from(other, "typing.Protocol") {
            return None;
        }
        // Nothing in a library derives from a class of the program, unless it is registered there.
        if let (Kind::External(_), Kind::Class(id)) = (class.kind(), other.kind())
            && super::types::is_class(class) == Some(true)
            && self.metaclass(*id).is_none()
            && !self.derives_from(other, "abc.ABC")
        {
            return Some(false);
        }
        let complete = !order.is_empty()
            && order.iter().all(|known| match known.kind() {
                Kind::Class(_) => true,
                Kind::External(name) => {
                    name.starts_with("builtins.")
                        || !self.library.bases(*name).is_empty()
                        || !standard_bases(name).is_empty()
                        || matches!(
                            name.as_str(),
                            "pydantic.main.BaseModel" | "enum.Enum" | "abc.ABC" | "typing.Generic"
                        )
                }
                _ => false,
            });
        complete.then_some(false)
    }

    /// Whether classes implement an interface of `collections.abc`, `typing` or `numbers`, which need no
    /// inheritance; the outer `None` when `interface` is none of those.
    fn implements(&self, order: &[Value], interface: &str) -> Option<Option<bool>> {
        let (_, name) = interface.rsplit_once('.').filter(|(module, _)| {
            matches!(*module, "collections.abc" | "typing" | "numbers" | "typing_extensions")
        })?;
        let builtin = order.iter().filter_map(Value::as_external).find_map(|class| {
            let class = class.as_str().strip_prefix("builtins.")?;
            (class != "object").then(|| class.to_owned())
        });
        let Some(class) = builtin else {
            let known = match name {
                "Hashable" => return Some(None),
                "Callable" => "__call__",
                "Iterable" => "__iter__",
                "Iterator" => "__next__",
                "Sized" => "__len__",
                "Container" => "__contains__",
                _ => return Some(None),
            };
            let method = Name::from(known);
            let found = order.iter().any(|owner| match *owner.kind() {
                Kind::Class(id) => self.class(id).is_some_and(|class| class.attributes.contains_key(&method)),
                _ => false,
            });
            return Some(found.then_some(true));
        };
        let sequence = matches!(class.as_str(), "str" | "list" | "tuple" | "bytes" | "bytearray" | "range");
        let set = matches!(class.as_str(), "set" | "frozenset");
        let mapping = class == "dict";
        let number = matches!(class.as_str(), "int" | "float" | "bool" | "complex");
        let answer = match name {
            "Sequence" => sequence,
            "MutableSequence" => matches!(class.as_str(), "list" | "bytearray"),
            "Set" | "AbstractSet" => set,
            "MutableSet" => class == "set",
            "Mapping" | "MutableMapping" => mapping,
            "Iterable" | "Collection" | "Sized" | "Container" => sequence || set || mapping,
            "Reversible" => sequence || mapping,
            "Callable" => class == "function",
            "Iterator" | "Generator" | "Awaitable" | "Coroutine" | "AsyncIterable" | "AsyncGenerator" => {
                false
            }
            "Hashable" => !matches!(class.as_str(), "list" | "dict" | "set" | "bytearray"),
            "Number" | "Complex" => number,
            "Real" => number && class != "complex",
            "Integral" | "Rational" => matches!(class.as_str(), "int" | "bool"),
            "List" => class == "list",
            "Dict" => mapping,
            "Tuple" => class == "tuple",
            _ => return Some(None),
        };
        Some(Some(answer))
    }

    /// Whether a class of the program or a library derives from the library's class `name`.
    pub fn derives_from(&self, class: &Value, name: &str) -> bool {
        self.class_order(class)
            .iter()
            .any(|known| known.as_external().is_some_and(|external| external == name))
    }

    /// The classes of libraries in the lookup order of a value's class.
    pub fn library_classes_of(&mut self, value: &Value) -> Vec<Name> {
        let Some(class) = self.class_of(value) else { return Vec::new() };
        self.class_order(&class).iter().filter_map(Value::as_external).collect()
    }

    /// The first class of a library in the lookup order of a value's class.
    pub fn library_class_of(&mut self, value: &Value) -> Option<Name> {
        let class = self.class_of(value)?;
        self.class_order(&class).iter().find_map(Value::as_external)
    }

    /// After the body: members of enumerations become instances, `__init_subclass__` runs.
    fn class_defined(&mut self, class: ObjectId, span: Span) -> Result<(), Box<Raised>> {
        let class_value: Value = Kind::Class(class).into();
        if self.derives_from(&class_value, "enum.Enum") {
            self.make_enumeration(class);
        }
        self.run_metaclass(class, span)?;
        let order = self.class_order(&class_value);
        for base in order.iter().skip(1) {
            let Kind::Class(id) = *base.kind() else { continue };
            let hook = self
                .class(id)
                .and_then(|base| base.attributes.get(&Name::from("__init_subclass__")).cloned());
            if let Some(hook) = hook {
                let function = match hook.kind() {
                    Kind::Descriptor(descriptor) => descriptor.function.clone(),
                    _ => hook,
                };
                let keywords = self.class(class).map(|class| class.keywords.clone()).unwrap_or_default();
                let arguments = Arguments {
                    positional: Positional::from_buf([class_value.clone()]),
                    keywords,
                    incomplete: false,
                };
                self.call_directly(&function, arguments, span)?;
                break;
            }
        }
        Ok(())
    }

    fn make_enumeration(&mut self, class: ObjectId) {
        let Some(object) = self.class(class) else { return };
        let site = object.location;
        let members: Vec<(Name, Value)> = object
            .attributes
            .iter()
            .filter(|(name, value)| {
                !name.starts_with('_')
                    && match *value.kind() {
                        Kind::Function(_) | Kind::Descriptor(_) => false,
                        // A class that is defined inside is none of the members.
                        Kind::Class(inner) => self.class(inner).is_none_or(|inner| {
                            inner.qualname.as_str() != format!("{}.{name}", object.qualname)
                        }),
                        _ => true,
                    }
            })
            .map(|(name, value)| (*name, value.clone()))
            .collect();
        let mut last_values: Vec<Value> = Vec::new();
        for (position, (name, value)) in members.into_iter().enumerate() {
            let automatic = value.as_symbolic().is_some_and(|symbolic| {
                matches!(symbolic, Symbolic::Call { callee, .. }
                    if callee.as_external().is_some_and(|name| name == "enum.auto"))
            });
            let value =
                if automatic { self.automatic_value(class, name, position, &last_values) } else { value };
            last_values.push(value.clone());
            let member = self.new_instance(Kind::Class(class).into(), Arguments::default(), site);
            if let Some(instance) = self.instance_mut(member) {
                instance.attributes.insert(Name::from("name"), Value::str(&name));
                instance.attributes.insert(Name::from("_name_"), Value::str(&name));
                instance.attributes.insert(Name::from("value"), value.clone());
                instance.attributes.insert(Name::from("_value_"), value);
            }
            if let Object::Class(object) = self.object_mut(class) {
                object.attributes.insert(name, Kind::Instance(member).into());
            }
        }
    }

    /// What `auto()` stands for: what the class's own `_generate_next_value_` gives, a text for `StrEnum`,
    /// the next power of two for flags, and one more than the largest value so far for others.
    fn automatic_value(
        &mut self,
        class: ObjectId,
        name: Name,
        position: usize,
        last_values: &[Value],
    ) -> Value {
        let class_value: Value = Kind::Class(class).into();
        if let Some((own, _)) = self.find_in_class(&class_value, Name::from("_generate_next_value_")) {
            let last_values = self.list(last_values.to_vec());
            let positional = vec![Value::str(&name), Value::int(1), Value::int(position as i64), last_values];
            let arguments = Arguments::of(positional);
            return self.call_directly(&own, arguments, Span::default()).unwrap_or_else(|raised| {
                Value::unknown("`_generate_next_value_` raises an exception", Some(raised.location))
            });
        }
        if self.derives_from(&class_value, "enum.StrEnum") {
            return Value::str(&name.to_lowercase());
        }
        let largest = last_values.iter().filter_map(Value::as_int).max();
        let flags =
            self.derives_from(&class_value, "enum.Flag") || self.derives_from(&class_value, "enum.IntFlag");
        Value::int(match largest {
            Some(largest) if flags && largest > 0 => {
                1_i64.checked_shl(64 - largest.leading_zeros()).unwrap_or_default()
            }
            Some(largest) if !flags => largest.saturating_add(1),
            _ => 1,
        })
    }

    /// The members of an enumeration in order, if the class is one.
    pub fn enumeration_members(&self, class: ObjectId) -> Option<Vec<Value>> {
        if !self.derives_from(&Kind::Class(class).into(), "enum.Enum") {
            return None;
        }
        let object = self.class(class)?;
        Some(
            object
                .attributes
                .values()
                .filter(|value| match *value.kind() {
                    Kind::Instance(id) => self.instance(id).is_some_and(
                        |member| matches!(*member.class.kind(), Kind::Class(made) if made == class),
                    ),
                    _ => false,
                })
                .cloned()
                .collect(),
        )
    }

    /// Calls a class of the program.
    pub(crate) fn instantiate(
        &mut self,
        class: ObjectId,
        arguments: StrongRc<Arguments>,
        span: Span,
    ) -> Evaluated {
        let site = self.here(span);
        let class_value: Value = Kind::Class(class).into();
        if let Some(members) = self.enumeration_members(class) {
            let wanted = arguments.positional.first();
            for member in members {
                if let (Kind::Instance(id), Some(wanted)) = (member.kind(), wanted)
                    && self.instance(*id).is_some_and(|instance| {
                        instance.attributes.get(&Name::from("value")).is_some_and(|value| value.same(wanted))
                    })
                {
                    return Ok(member);
                }
            }
            return Ok(Value::call(class_value, arguments, site));
        }
        // A typed dict is a dict.
        if self.derives_from(&class_value, "typing.TypedDict")
            && let Some(made) = self.call_builtin("dict", &arguments, span)
        {
            return made;
        }
        let instance = self.new_instance(class_value.clone(), StrongRc::clone(&arguments), site);
        let value: Value = Kind::Instance(instance).into();
        self.initialize(&value, &class_value, 0, arguments, span)?;
        Ok(value)
    }

    /// Runs the constructor that comes first in the lookup order, from a position on.
    pub(crate) fn initialize(
        &mut self,
        receiver: &Value,
        class: &Value,
        from: usize,
        arguments: StrongRc<Arguments>,
        span: Span,
    ) -> Result<(), Box<Raised>> {
        let site = self.here(span);
        let init = Name::from("__init__");
        for (position, owner) in self.class_order(class).iter().enumerate().skip(from) {
            match owner.kind() {
                Kind::Class(id) => {
                    let own = self.class(*id).and_then(|class| class.attributes.get(&init).cloned());
                    if let Some(function) = own {
                        let mut arguments = arguments;
                        StrongRc::make_mut(&mut arguments).prepend(receiver.clone());
                        self.call_directly(&function, arguments, span)?;
                        return Ok(());
                    }
                    if self.is_record(*id) {
                        let order = self.class_order(class);
                        self.initialize_record(receiver, &order[position..], &arguments, span)?;
                        return Ok(());
                    }
                }
                Kind::External(name) => {
                    if let Some(result) = self.library.method(self, *name, init, receiver, &arguments, site) {
                        return result.map(|_| ());
                    }
                    if let Some(result) = self.standard_method(*name, init, receiver, &arguments, span) {
                        return result.map(|_| ());
                    }
                    if *name == "typing.NamedTuple" {
                        let order = self.class_order(class);
                        return self.initialize_record(receiver, &order, &arguments, span);
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// Bases of classes of the standard library, as far as lookups need them.
fn standard_bases(name: &str) -> &'static [&'static str] {
    match name {
        "enum.StrEnum" => &["builtins.str", "enum.Enum"],
        "enum.IntEnum" | "enum.IntFlag" => &["builtins.int", "enum.Enum"],
        "enum.Flag" | "enum.ReprEnum" => &["enum.Enum"],
        "builtins.bool" => &["builtins.int"],
        "configparser.ConfigParser" => &["configparser.RawConfigParser"],
        "configparser.RawConfigParser" | "configparser.SectionProxy" => &["collections.abc.MutableMapping"],
        "configparser.NoSectionError"
        | "configparser.NoOptionError"
        | "configparser.DuplicateSectionError"
        | "configparser.DuplicateOptionError"
        | "configparser.InterpolationError"
        | "configparser.ParsingError" => &["configparser.Error"],
        "configparser.InterpolationDepthError"
        | "configparser.InterpolationSyntaxError"
        | "configparser.InterpolationMissingOptionError" => &["configparser.InterpolationError"],
        "configparser.MissingSectionHeaderError" | "configparser.MultilineContinuationError" => {
            &["configparser.ParsingError"]
        }
        "configparser.Error" | "yaml.YAMLError" => &["builtins.Exception"],
        "tomllib.TOMLDecodeError" => &["builtins.ValueError"],
        "collections.OrderedDict" | "collections.defaultdict" | "collections.Counter" => &["builtins.dict"],
        "builtins.Exception" => &["builtins.BaseException"],
        "builtins.KeyError" | "builtins.IndexError" => &["builtins.LookupError"],
        "builtins.LookupError"
        | "builtins.ValueError"
        | "builtins.TypeError"
        | "builtins.RuntimeError"
        | "builtins.AttributeError"
        | "builtins.OSError"
        | "builtins.ImportError"
        | "builtins.ArithmeticError"
        | "builtins.AssertionError"
        | "builtins.NameError"
        | "builtins.StopIteration"
        | "builtins.Warning"
        | "builtins.SyntaxError"
        | "builtins.EOFError"
        | "builtins.MemoryError"
        | "builtins.StopAsyncIteration"
        | "builtins.BufferError"
        | "builtins.ReferenceError" => &["builtins.Exception"],
        "builtins.ModuleNotFoundError" => &["builtins.ImportError"],
        "builtins.NotImplementedError" | "builtins.RecursionError" => &["builtins.RuntimeError"],
        "builtins.FileNotFoundError"
        | "builtins.PermissionError"
        | "builtins.ConnectionError"
        | "builtins.TimeoutError"
        | "builtins.FileExistsError"
        | "builtins.IsADirectoryError"
        | "builtins.NotADirectoryError"
        | "builtins.InterruptedError"
        | "builtins.BrokenPipeError" => &["builtins.OSError"],
        "builtins.UnicodeError" | "json.JSONDecodeError" | "json.decoder.JSONDecodeError" => {
            &["builtins.ValueError"]
        }
        "builtins.UnicodeDecodeError" | "builtins.UnicodeEncodeError" => &["builtins.UnicodeError"],
        "builtins.ZeroDivisionError" | "builtins.OverflowError" => &["builtins.ArithmeticError"],
        "asyncio.TimeoutError" => &["builtins.TimeoutError"],
        "asyncio.CancelledError"
        | "builtins.KeyboardInterrupt"
        | "builtins.SystemExit"
        | "builtins.GeneratorExit" => &["builtins.BaseException"],
        _ => &[],
    }
}
