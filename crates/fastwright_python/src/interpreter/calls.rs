//! Calls: who is called, with what, and what comes back.

use super::{Evaluated, Frame, Interpreter, Mode, Raised};
use crate::ir::*;
use crate::location::{Location, Span};
use crate::name::Name;
use crate::program::FunctionId;
use crate::value::*;
use std::rc::Rc;
use std::sync::Arc;

impl Interpreter<'_> {
    pub(crate) fn evaluate_call(&mut self, call: &Call, span: Span) -> Evaluated {
        if let ExprKind::Name(name) = &call.callee.kind {
            match name.as_str() {
                "super" => {
                    let arguments = self.evaluate_arguments(&call.arguments)?;
                    return Ok(self.super_object(&arguments, span));
                }
                "locals" | "globals" | "vars" if call.arguments.is_empty() => {
                    return Ok(self.names_as_dict(name.as_str() == "globals"));
                }
                _ => {}
            }
        }
        let callee = self.evaluate(&call.callee)?;
        let arguments = match &*call.arguments {
            [] => Arguments::none(),
            given => StrongRc::new(self.evaluate_arguments(given)?),
        };
        self.call_value(&callee, arguments, span)
    }

    pub(crate) fn evaluate_arguments(&mut self, arguments: &[Argument]) -> Result<Arguments, Box<Raised>> {
        let is_keyword = |argument: &&Argument| matches!(argument.kind, ArgumentKind::Keyword(_));
        let keywords = arguments.iter().filter(is_keyword).count();
        let mut evaluated = Arguments {
            positional: Positional::with_capacity(arguments.len() - keywords),
            keywords: Keywords::with_capacity(keywords),
            incomplete: false,
        };
        for argument in arguments {
            let value = self.evaluate(&argument.value)?;
            match argument.kind {
                ArgumentKind::Positional => evaluated.positional.push(value),
                ArgumentKind::Keyword(name) => evaluated.keywords.push((name, value)),
                ArgumentKind::Star => match self.elements(&value) {
                    Some(items) => evaluated.positional.extend(items),
                    None => evaluated.incomplete = true,
                },
                ArgumentKind::DoubleStar => self.unpack_keywords(&value, &mut evaluated),
            }
        }
        Ok(evaluated)
    }

    fn unpack_keywords(&mut self, value: &Value, arguments: &mut Arguments) {
        match value.kind() {
            Kind::Dict(id) => {
                if let Object::Dict(dict) = self.object(*id) {
                    let mut keywords = Vec::new();
                    for (key, (_, value)) in &dict.entries {
                        if let Key::Str(name) = key {
                            keywords.push((Name::from(name), value.clone()));
                        }
                    }
                    let incomplete = dict.incomplete || !dict.unknown_keys.is_empty();
                    arguments.incomplete |= incomplete;
                    arguments.keywords.extend(keywords);
                }
            }
            Kind::None => {}
            _ => {
                arguments.incomplete = true;
                // What is unpacked stays visible for data flow, under a name that no keyword can have.
                arguments.keywords.push((Name::from("**"), value.clone()));
            }
        }
    }

    fn super_object(&mut self, arguments: &Arguments, span: Span) -> Value {
        let site = self.here(span);
        let (class, receiver) = match (arguments.positional.first(), arguments.positional.get(1)) {
            (Some(class), Some(receiver)) => (class.clone(), Some(receiver.clone())),
            _ => {
                let function = self.frame().function.clone();
                let class = function.as_ref().and_then(|function| function.class);
                let Some(class) = class else {
                    return Value::unknown("super() stands outside a method", Some(site));
                };
                let receiver = function
                    .as_ref()
                    .and_then(|function| function.definition.parameters.first())
                    .and_then(|parameter| self.lookup(self.frame().scope, parameter.name));
                (Kind::Class(class).into(), receiver)
            }
        };
        Value::call(
            Value::external("builtins.super"),
            StrongRc::new(Arguments::of(std::iter::once(class).chain(receiver))),
            site,
        )
    }

    /// Calls a value. In a summary the call is recorded.
    pub fn call_value(
        &mut self,
        callee: &Value,
        arguments: impl Into<StrongRc<Arguments>>,
        span: Span,
    ) -> Evaluated {
        let arguments = arguments.into();
        if self.mode == Mode::Summary {
            return self.call_in_summary(callee, arguments, span);
        }
        self.call_directly(callee, arguments, span)
    }

    pub(crate) fn call_directly(
        &mut self,
        callee: &Value,
        arguments: impl Into<StrongRc<Arguments>>,
        span: Span,
    ) -> Evaluated {
        self.call_shared(callee, arguments.into(), span)
    }

    fn call_shared(&mut self, callee: &Value, mut arguments: StrongRc<Arguments>, span: Span) -> Evaluated {
        let site = self.here(span);
        match callee.kind() {
            Kind::Function(function) => self.call_function(function, arguments, span),
            Kind::Method(method) => match method.function.kind() {
                Kind::External(name) => {
                    let (name, receiver) = (*name, method.receiver.clone());
                    if let Some(result) = self.builtin_method(&receiver, name, &arguments, span) {
                        return result;
                    }
                    let (owner, method) = name.owner_and_last().unwrap_or(("", &name));
                    let owner = Value::external(owner);
                    let mut owners = self.class_order(&owner).to_vec();
                    // What a library's class does not define comes from the next in the object's order.
                    if let Some(class) = self.class_of(&receiver) {
                        let order = self.class_order(&class);
                        let behind = order.iter().position(|known| known.same(&owner)).map_or(0, |at| at + 1);
                        for next in order.iter().skip(behind) {
                            if !owners.iter().any(|known| known.same(next)) {
                                owners.push(next.clone());
                            }
                        }
                    }
                    for owner in owners.iter().filter_map(Value::as_external) {
                        let method = Name::from(method);
                        let answer = self.library.method(self, owner, method, &receiver, &arguments, site);
                        if let Some(result) = answer {
                            return result;
                        }
                        let answer = self.standard_method(owner, method, &receiver, &arguments, span);
                        if let Some(result) = answer {
                            return result;
                        }
                    }
                    Ok(self.uncalled(callee, arguments, site))
                }
                _ => {
                    StrongRc::make_mut(&mut arguments).prepend(method.receiver.clone());
                    let function = method.function.clone();
                    self.call_directly(&function, arguments, span)
                }
            },
            Kind::Descriptor(descriptor) => {
                let function = descriptor.function.clone();
                self.call_directly(&function, arguments, span)
            }
            Kind::Class(class) => self.call_class(*class, arguments, span),
            Kind::External(name) => self.call_external(*name, callee, arguments, span),
            Kind::Instance(_) => {
                let method = self.checked_attribute(callee, Name::from("__call__"), span)?;
                match method.kind() {
                    Kind::Method(_) | Kind::Function(_) => self.call_directly(&method, arguments, span),
                    _ => {
                        if let Some(result) =
                            self.library_method(callee, Name::from("__call__"), &arguments, site)
                        {
                            return result;
                        }
                        Ok(self.uncalled(callee, arguments, site))
                    }
                }
            }
            Kind::Symbolic(symbolic) => self.call_symbolic(callee, symbolic, arguments, span),
            Kind::Union(alternatives) => {
                let mut results = Alternatives::default();
                for alternative in alternatives.iter().filter(|value| !value.is_none()).take(4) {
                    if let Ok(value) = self.call_directly(alternative, arguments.clone(), span) {
                        results.add(value);
                    }
                }
                Ok(results.finish())
            }
            _ => Ok(self.uncalled(callee, arguments, site)),
        }
    }

    fn call_symbolic(
        &mut self,
        callee: &Value,
        symbolic: &Symbolic,
        arguments: StrongRc<Arguments>,
        span: Span,
    ) -> Evaluated {
        let site = self.here(span);
        match symbolic {
            Symbolic::Call { callee: made_by, arguments: bound, site: made_at } => {
                if let Some(name) = made_by.as_external() {
                    match name.as_str() {
                        "functools.partial" | "functools.partialmethod" => {
                            if let Some((function, rest)) = bound.positional.split_first() {
                                let positional = rest.iter().chain(&arguments.positional).cloned().collect();
                                let mut keywords: Keywords = bound
                                    .keywords
                                    .iter()
                                    .filter(|(name, _)| {
                                        !arguments.keywords.iter().any(|(given, _)| given == name)
                                    })
                                    .cloned()
                                    .collect();
                                keywords.extend_from_slice(&arguments.keywords);
                                let incomplete = arguments.incomplete || bound.incomplete;
                                let function = function.clone();
                                return self.call_directly(
                                    &function,
                                    Arguments { positional, keywords, incomplete },
                                    span,
                                );
                            }
                        }
                        "operator.attrgetter" => {
                            if let (Some(object), Some(path)) = (
                                arguments.positional.first(),
                                bound.positional.first().and_then(Value::as_str),
                            ) {
                                let mut value = object.clone();
                                for part in path.split('.') {
                                    value = self.checked_attribute(&value, Name::from(part), span)?;
                                }
                                return Ok(value);
                            }
                        }
                        "operator.itemgetter" => {
                            if let (Some(object), Some(index)) =
                                (arguments.positional.first(), bound.positional.first())
                            {
                                return self.item(&object.clone(), &index.clone(), span);
                            }
                        }
                        _ => {}
                    }
                    if let Some(result) = self.call_made_by(name, bound, &arguments, span) {
                        return result;
                    }
                    if let Some(result) =
                        self.library.call_again(self, name, bound, *made_at, &arguments, site)
                    {
                        return result;
                    }
                }
                let method = Name::from("__call__");
                let bound_call = self.attribute(callee, method, span);
                if matches!(bound_call.kind(), Kind::Method(_) | Kind::Function(_)) {
                    return self.call_directly(&bound_call, arguments, span);
                }
                if let Some(result) = self.library_method(callee, method, &arguments, site) {
                    return result;
                }
                Ok(self.uncalled(callee, arguments, site))
            }
            Symbolic::Member { base, name } => {
                // `@field.default` of attrs.
                if *name == "default"
                    && let Some(Symbolic::Call { callee: field, site: declared, .. }) = base.as_symbolic()
                    && field.as_external().is_some_and(|name| name.starts_with("attr"))
                    && let Some(function) = arguments.positional.first()
                {
                    self.field_defaults.insert(*declared, function.clone());
                    return Ok(function.clone());
                }
                if let Some(result) = self.library_method(base, *name, &arguments, site) {
                    return result;
                }
                if let Some(result) = self.context_variable_method(base, *name, &arguments, span) {
                    return result;
                }
                if let Some(result) = self.pattern_method(base, *name, &arguments, span) {
                    return result;
                }
                if let Some(result) = self.read_from_path(base, *name, &arguments, span) {
                    return result;
                }
                if let Some(result) = self.path_method(base, *name, &arguments, span) {
                    return Ok(result);
                }
                Ok(self.uncalled(callee, arguments, site))
            }
            // A generic class with its arguments, `Page[Item](...)`, makes instances of the class.
            Symbolic::Item { base, index } if matches!(base.kind(), Kind::Class(_) | Kind::External(_)) => {
                let (base, index) = (base.clone(), index.clone());
                let made = self.call_directly(&base, arguments, span)?;
                if let Kind::Instance(id) = *made.kind() {
                    self.generic_arguments.entry(id).or_insert(index);
                }
                Ok(made)
            }
            Symbolic::Parameter(_) => {
                let bound_call = self.attribute(callee, Name::from("__call__"), span);
                if matches!(bound_call.kind(), Kind::Method(_)) {
                    return self.call_directly(&bound_call, arguments, span);
                }
                Ok(self.uncalled(callee, arguments, site))
            }
            _ => Ok(self.uncalled(callee, arguments, site)),
        }
    }

    /// The call of something whose code is not run: the expression stays as it is.
    fn uncalled(&mut self, callee: &Value, arguments: StrongRc<Arguments>, site: Location) -> Value {
        self.unfollowed_calls += 1;
        let mut given = arguments.positional.iter().chain(arguments.keywords.iter().map(|(_, value)| value));
        self.uncertainties +=
            u64::from(given.any(|value| matches!(value.kind(), Kind::List(_) | Kind::Dict(_))));
        if self.mode == Mode::Import {
            self.library.passed_to_unknown(self, callee, &arguments, site);
        }
        if let Kind::Unknown(_) = *callee.kind() {
            return callee.clone();
        }
        Value::call(callee.clone(), arguments, site)
    }

    fn call_external(
        &mut self,
        name: Name,
        callee: &Value,
        arguments: StrongRc<Arguments>,
        span: Span,
    ) -> Evaluated {
        let site = self.here(span);
        if let Some(builtin) = name.as_str().strip_prefix("builtins.") {
            // `str.upper(text)` is `text.upper()`.
            if builtin.starts_with("str.")
                && let Some((receiver, rest)) = arguments.positional.split_first()
                && matches!(receiver.kind(), Kind::Str(_))
            {
                let (receiver, positional) = (receiver.clone(), Positional::from(rest));
                let rest = Arguments { positional, keywords: arguments.keywords.clone(), incomplete: false };
                if let Some(result) = self.builtin_method(&receiver, name, &rest, span) {
                    return result;
                }
            }
            if let Some(result) = self.call_builtin(builtin, &arguments, span) {
                return result;
            }
        }
        if let Some(result) = self.library.call(self, name, &arguments, site) {
            return result;
        }
        if let Some(result) = self.call_standard_library(name, &arguments, span) {
            return result;
        }
        // A decorator of a library that we know nothing of: what it returns is taken for the function or
        // class that it was given, as nearly all decorators keep its signature.
        Ok(self.uncalled(callee, arguments, site))
    }

    /// Asks the library knowledge about a method, for each class of a library in the lookup order.
    pub(crate) fn library_method(
        &mut self,
        receiver: &Value,
        name: Name,
        arguments: &Arguments,
        site: Location,
    ) -> Option<Evaluated> {
        for owner in self.library_classes_of(receiver) {
            if let Some(result) = self.library.method(self, owner, name, receiver, arguments, site) {
                return Some(result);
            }
            if let Some(result) = self.standard_method(owner, name, receiver, arguments, site.span) {
                return Some(result);
            }
        }
        None
    }

    /// Calls a function of the program.
    pub(crate) fn call_function(
        &mut self,
        function: &Rc<FunctionValue>,
        arguments: StrongRc<Arguments>,
        span: Span,
    ) -> Evaluated {
        if self.mode == Mode::Import && self.remembered.contains_key(&function.serial) {
            return self.call_remembered(function, arguments, span);
        }
        self.call_anew(function, arguments, span)
    }

    /// Calls a function that `functools.cache` decorates: once for the same arguments, as far as they are
    /// known exactly.
    fn call_remembered(
        &mut self,
        function: &Rc<FunctionValue>,
        arguments: StrongRc<Arguments>,
        span: Span,
    ) -> Evaluated {
        let mut key: Option<Vec<Key>> = arguments.positional.iter().map(Value::key).collect();
        if let Some(key) = &mut key {
            for (name, value) in &arguments.keywords {
                key.push(Key::External(*name));
                key.push(value.key().unwrap_or(Key::None));
            }
        }
        let exact =
            !arguments.incomplete && arguments.keywords.iter().all(|(_, value)| value.key().is_some());
        let Some(key) = key.filter(|_| exact) else { return self.call_anew(function, arguments, span) };
        let known = self.remembered.get(&function.serial).and_then(|results| results.get(&key));
        if let Some(value) = known {
            return Ok(value.clone());
        }
        let value = self.call_anew(function, arguments, span)?;
        // What was given up is tried again elsewhere.
        if !value.is_unknown()
            && let Some(results) = self.remembered.get_mut(&function.serial)
        {
            results.insert(key, value.clone());
        }
        Ok(value)
    }

    fn call_anew(
        &mut self,
        function: &Rc<FunctionValue>,
        arguments: StrongRc<Arguments>,
        span: Span,
    ) -> Evaluated {
        let site = self.here(span);
        let name = function.definition.name;
        if self.frames.len() as u32 >= self.limits.call_depth {
            self.note(format!("calls nest too deeply at `{name}`, it is not followed"), site);
            return Ok(Value::unknown(format!("calls nest too deeply at `{name}`"), Some(site)));
        }
        if self.recursion_is_endless(function) {
            return Ok(Value::unknown(format!("`{name}` calls itself"), Some(site)));
        }
        self.called.insert(function.id);
        let outermost = !std::mem::replace(&mut self.call_is_limited, true);
        let saved_limit = self.step_limit;
        if outermost {
            self.step_limit = self.step_limit.min(self.steps + self.limits.for_call(self.steps));
        }
        let functions_before = self.functions.len();
        let classes_before = self.classes.len();
        let scope = self.new_scope(Some(function.scope), function.module, false);
        let bindings = self.bind_parameters(function, StrongRc::unwrap_or_clone(arguments), site);
        self.scopes[scope.0 as usize].names.extend(bindings);
        let conditions_before = self.conditions.len();
        let (flow, frame) = self.run_body(function, scope);
        self.conditions.truncate(conditions_before);
        if outermost {
            if self.steps >= self.step_limit && self.steps < saved_limit {
                self.note(
                    format!("the call of `{name}` takes too many steps, the rest of it is not followed"),
                    site,
                );
            }
            self.step_limit = saved_limit;
            self.call_is_limited = false;
        }
        self.drop_scope(scope, functions_before, classes_before);
        let returned = match flow {
            Ok(super::statements::Flow::Return) => Value::union(frame.returns),
            Ok(_) => {
                if frame.raised && frame.returns.is_empty() {
                    Value::unknown(format!("`{name}` seems to raise an exception"), Some(site))
                } else if frame.returns.is_empty() {
                    Value::NONE
                } else {
                    Value::union(frame.returns.into_iter().chain([Value::NONE]))
                }
            }
            Err(raised) => {
                if frame.returns.is_empty() && !function.definition.is_generator {
                    return Err(raised);
                }
                Value::union(frame.returns)
            }
        };
        if function.definition.is_generator {
            return Ok(self.list(frame.yields));
        }
        Ok(returned)
    }

    /// Whether a further call of a function that runs already would not be decided by values: it stands
    /// behind a condition that nothing decides, so that nothing ends the recursion. A recursion that
    /// values decide may go deeper.
    fn recursion_is_endless(&self, function: &FunctionValue) -> bool {
        let mut active = 0;
        let mut innermost = None;
        for frame in self.frames.iter().rev() {
            if frame.function.as_ref().is_some_and(|running| running.id == function.id) {
                innermost.get_or_insert(frame.conditions);
                active += 1;
            }
        }
        let Some(conditions) = innermost else { return false };
        let undecided = self.conditions.iter().skip(conditions).any(|condition| condition.setting.is_none());
        undecided || active >= 24
    }

    /// Runs the body of a function in a prepared scope; gives back the frame with what it returned.
    pub(crate) fn run_body(
        &mut self,
        function: &Rc<FunctionValue>,
        scope: ScopeId,
    ) -> (super::statements::Executed, Frame) {
        self.frames.push(Frame {
            scope,
            module: function.module,
            file: function.id.file,
            function: Some(Rc::clone(function)),
            class_body: None,
            returns: Vec::new(),
            yields: Vec::new(),
            handling: Vec::new(),
            raised: false,
            conditions: self.conditions.len(),
        });
        let mark = self.mark();
        let definition = Arc::clone(&function.definition);
        let beginning = self.probed_beginning.take_if(|beginning| beginning.function == function.id);
        let body = beginning.and_then(|beginning| definition.body.get(..beginning.statements));
        let flow = self.execute_block(body.unwrap_or(&definition.body));
        let frame = match self.frames.pop() {
            Some(frame) => frame,
            None => unreachable!("the frame was pushed above"),
        };
        self.forget_changes(mark, scope);
        (flow, frame)
    }

    /// Runs something with the names of a scope, outside any function.
    pub(crate) fn in_frame<T>(
        &mut self,
        scope: ScopeId,
        module: ModuleId,
        run: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let file = self.modules[module.0 as usize].file.unwrap_or(crate::location::FileId(0));
        self.frames.push(Frame {
            scope,
            module,
            file,
            function: None,
            class_body: None,
            returns: Vec::new(),
            yields: Vec::new(),
            handling: Vec::new(),
            raised: false,
            conditions: self.conditions.len(),
        });
        let result = run(self);
        self.frames.pop();
        result
    }

    /// What each parameter of a function gets in a call: an argument, else its default, else unknown.
    pub fn bind_parameters(
        &mut self,
        function: &Rc<FunctionValue>,
        arguments: Arguments,
        site: Location,
    ) -> Bindings {
        let mut bindings = Bindings::with_capacity(function.definition.parameters.len());
        let mut positional = arguments.positional.into_iter();
        let mut keywords = arguments.keywords;
        for (index, parameter) in function.definition.parameters.iter().enumerate() {
            let value = match parameter.kind {
                ParameterKind::VarPositional => Value::tuple(positional.by_ref().collect()),
                ParameterKind::VarKeyword => {
                    let rest = std::mem::take(&mut keywords);
                    let dict = self.dict(
                        rest.into_iter()
                            .filter(|(name, _)| *name != "**")
                            .map(|(name, value)| (Value::str(&name), value))
                            .collect(),
                    );
                    if arguments.incomplete
                        && let Kind::Dict(id) = *dict.kind()
                        && let Object::Dict(object) = self.object_mut(id)
                    {
                        object.incomplete = true;
                    }
                    dict
                }
                kind => {
                    let from_position =
                        if kind == ParameterKind::KeywordOnly { None } else { positional.next() };
                    let from_keyword = if from_position.is_none() && kind != ParameterKind::PositionalOnly {
                        keywords
                            .iter()
                            .position(|(name, _)| *name == parameter.name)
                            .map(|position| keywords.remove(position).1)
                    } else {
                        None
                    };
                    from_position
                        .or(from_keyword)
                        .or_else(|| function.defaults.get(index).cloned().flatten())
                        .unwrap_or_else(|| {
                            Value::unknown(
                                format!("`{}` is not given in the call", parameter.name),
                                Some(site),
                            )
                        })
                }
            };
            bindings.push(parameter.name, value);
        }
        bindings
    }

    /// Evaluates `def`: decorators, defaults, and the function itself.
    pub(crate) fn define_function(&mut self, definition: &Arc<FunctionDef>) -> Evaluated {
        let mut decorators = Vec::with_capacity(definition.decorators.len());
        for decorator in &definition.decorators {
            decorators.push((self.evaluate(decorator)?, decorator.span));
        }
        let mut value = self.function_value(definition)?;
        for (decorator, span) in decorators.into_iter().rev() {
            value = self.decorate(&decorator, value, span)?;
        }
        Ok(value)
    }

    /// Applies a decorator. What a library's unknown decorator gives back is taken for what it was given.
    pub(crate) fn decorate(&mut self, decorator: &Value, value: Value, span: Span) -> Evaluated {
        let arguments = Arguments::of([value.clone()]);
        let result = self.call_directly(decorator, arguments, span)?;
        Ok(match result.kind() {
            Kind::Unknown(_) => value,
            Kind::None => value,
            Kind::Symbolic(symbolic) => match &**symbolic {
                Symbolic::Call { callee, .. } if callee.same(decorator) => value,
                _ => result,
            },
            _ => result,
        })
    }

    pub(crate) fn function_value(&mut self, definition: &Arc<FunctionDef>) -> Evaluated {
        let mut defaults = Vec::with_capacity(definition.parameters.len());
        for parameter in &definition.parameters {
            defaults.push(match &parameter.default {
                Some(default) => Some(self.evaluate(default)?),
                None => None,
            });
        }
        let annotations = definition.parameters.iter().filter_map(|parameter| parameter.annotation.as_ref());
        for annotation in annotations.chain(definition.returns.as_ref()) {
            self.annotation_stands_here(annotation);
        }
        let frame = self.frame();
        let function = Rc::new(FunctionValue {
            serial: self.functions.len() as u32,
            id: FunctionId { file: frame.file, index: definition.index },
            definition: Arc::clone(definition),
            module: frame.module,
            scope: frame.scope,
            defaults,
            class: frame.class_body,
        });
        self.functions.push(Rc::clone(&function));
        Ok(Kind::Function(function).into())
    }

    /// Another function object of the same definition, with its own identity.
    pub fn copy_function(&mut self, function: &FunctionValue) -> Rc<FunctionValue> {
        let copy = Rc::new(FunctionValue {
            serial: self.functions.len() as u32,
            id: function.id,
            definition: Arc::clone(&function.definition),
            module: function.module,
            scope: function.scope,
            defaults: function.defaults.clone(),
            class: function.class,
        });
        self.functions.push(Rc::clone(&copy));
        copy
    }

    /// What `with` binds: the result of `__enter__`, the first value that a generator yields, or the
    /// object itself, as nearly every context manager of libraries does.
    pub(crate) fn enter_context(&mut self, context: &Value, span: Span) -> Evaluated {
        match context.kind() {
            Kind::List(id) => {
                if let Object::List(list) = self.object(*id) {
                    return Ok(list.items.first().cloned().unwrap_or(Value::NONE));
                }
                Ok(context.clone())
            }
            Kind::Instance(_) | Kind::Symbolic(_) => {
                for name in ["__aenter__", "__enter__"] {
                    let method = self.attribute(context, Name::from(name), span);
                    if let Kind::Method(bound) = method.kind()
                        && matches!(bound.function.kind(), Kind::Function(_))
                    {
                        return self.call_value(&method, Arguments::default(), span);
                    }
                }
                let site = self.here(span);
                if let Some(result) =
                    self.library_method(context, Name::from("__enter__"), &Arguments::default(), site)
                {
                    return result;
                }
                Ok(context.clone())
            }
            _ => Ok(context.clone()),
        }
    }
}

impl Interpreter<'_> {
    /// Calls a value when no code is running: parameters that are not given and have no default are
    /// symbolic.
    ///
    /// # Errors
    /// The exception that the call certainly raises.
    pub fn call_from_outside(&mut self, callee: &Value, mut arguments: Arguments) -> Evaluated {
        let called = match callee.kind() {
            Kind::Class(_) => {
                let init = self.find_in_class(callee, Name::from("__init__"));
                init.and_then(|(init, _)| self.plain_function(&init))
            }
            _ => self.plain_function(callee),
        };
        let has_receiver = matches!(callee.kind(), Kind::Method(_) | Kind::Class(_));
        let (scope, module) = match called {
            Some(function) => {
                let given = arguments.positional.len() + usize::from(has_receiver);
                for (index, parameter) in function.definition.parameters.iter().enumerate().skip(given) {
                    // A default of `None` that nothing asks about is no value that the program goes on with.
                    let has_no_value = function.defaults.get(index).is_none_or(Option::is_none)
                        || super::outside::is_placeholder(&function.definition, index);
                    let missing = has_no_value
                        && arguments.keyword(&parameter.name).is_none()
                        && matches!(
                            parameter.kind,
                            ParameterKind::PositionalOrKeyword | ParameterKind::KeywordOnly
                        );
                    if missing {
                        let value = self.outside_parameter(&function, index);
                        arguments.keywords.push((parameter.name, value));
                    }
                }
                (function.scope, function.module)
            }
            None => match self.modules.first() {
                Some(first) => (first.scope, ModuleId(0)),
                None => return Ok(Value::unknown("nothing is evaluated yet", None)),
            },
        };
        let callee = callee.clone();
        if self.mode != Mode::Import {
            return self.in_frame(scope, module, |interpreter| {
                interpreter.call_value(&callee, arguments, Span::default())
            });
        }
        let call_is_limited = std::mem::replace(&mut self.call_is_limited, true);
        let saved_limit = std::mem::replace(&mut self.step_limit, self.steps + self.limits.factory_steps);
        let result = self.in_frame(scope, module, |interpreter| {
            interpreter.call_value(&callee, arguments, Span::default())
        });
        if self.steps >= self.step_limit {
            let name =
                self.plain_function(&callee).map(|function| function.definition.name).unwrap_or_default();
            let location = match self.plain_function(&callee) {
                Some(function) => Location { file: function.id.file, span: function.definition.name_span },
                None => self.here(Span::default()),
            };
            self.note(
                format!("the call of `{name}` takes too many steps, the rest of it is not followed"),
                location,
            );
        }
        self.call_is_limited = call_is_limited;
        self.step_limit = saved_limit;
        result
    }

    /// Sets the limit of steps for calls from outside; gives the one before.
    pub fn limit_factories(&mut self, steps: u64) -> u64 {
        std::mem::replace(&mut self.limits.factory_steps, steps)
    }

    /// Calls a value when no code is running, under a condition, with a limit of its own; nothing is noted
    /// of what can't be followed. Says whether it came to its end within the limit.
    pub fn call_under(
        &mut self,
        callee: &Value,
        arguments: Arguments,
        condition: super::ActiveCondition,
        steps: u64,
    ) -> bool {
        let factory_steps = std::mem::replace(&mut self.limits.factory_steps, steps);
        let (notes, limit) = (self.notes.len(), self.steps + steps);
        self.conditions.push(condition);
        // What it raises says nothing: nothing of the outside is there.
        let _ = self.call_from_outside(callee, arguments);
        self.conditions.pop();
        self.notes.truncate(notes);
        self.limits.factory_steps = factory_steps;
        self.steps < limit
    }

    fn outside_parameter(&mut self, function: &Rc<FunctionValue>, index: usize) -> Value {
        let parameter = &function.definition.parameters[index];
        let annotation = parameter.annotation.as_ref().map(|expression| Annotation::Written {
            expression: Arc::clone(expression),
            scope: function.scope,
            module: function.module,
        });
        let annotation = annotation.map(|annotation| self.evaluate_annotation(&annotation));
        Value::symbolic(Symbolic::Parameter(ParameterValue {
            function: function.id,
            name: parameter.name,
            annotation: annotation.map(Box::new),
            span: parameter.span,
        }))
    }
}
