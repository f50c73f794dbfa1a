//! Calls: those of the program's own functions are replaced by what those do.

use super::Forms;
use super::expressions::{joined_texts, result_of};
use super::inlining::Callable;
use super::purity::*;
use super::step::{Step, ends};
use super::term::{Detail, Digest, DigestBuilder, Term};
use super::walker::{Exit, Names, Walker};
use fastwright_model::facts::callee_name;
use fastwright_python::ir::{ArgumentKind, Call, Expr, ExprKind, FunctionDef, ParameterKind, StmtKind};
use fastwright_python::location::Span;
use fastwright_python::name::Name;
use fastwright_python::summary::{EventKind, SummaryKey};
use fastwright_python::value::*;
use rustc_hash::FxHashMap;
use std::rc::Rc;
use std::sync::Arc;

/// What is known of the calls of one function, by their bytes.
pub(crate) type CallIndex = FxHashMap<Span, CallSite>;

/// What is known of one call.
#[derive(Debug, Clone)]
pub(crate) struct CallSite {
    /// What is called.
    pub(crate) callee: Value,
    /// The function of the program that runs.
    pub(crate) target: Option<(Rc<FunctionValue>, Option<ObjectId>)>,
    /// With what, the object of a method first.
    pub(crate) arguments: StrongRc<Arguments>,
    /// Whether different calls were seen there.
    pub(crate) ambiguous: bool,
}

impl Forms<'_, '_> {
    pub(crate) fn call_index(
        &mut self,
        function: &Rc<FunctionValue>,
        receiver: Option<ObjectId>,
        types: &[Option<Value>],
    ) -> Rc<CallIndex> {
        let summary = SummaryKey { function: function.serial, receiver };
        let key = (summary, types.iter().map(type_key).collect::<Vec<_>>());
        if let Some(known) = self.calls.get(&key) {
            return Rc::clone(known);
        }
        let mut index = CallIndex::default();
        let summary = if types.is_empty() {
            self.interpreter.summarize(function, receiver)
        } else {
            self.interpreter.summarize_typed(function, receiver, types)
        };
        self.interpreter.return_to_import_state();
        if let Some(summary) = summary {
            for event in &summary.events {
                let EventKind::Call(call) = &event.kind else { continue };
                if event.location.file != function.id.file {
                    continue;
                }
                let target = call.target.as_ref().map(|(function, key)| (Rc::clone(function), key.receiver));
                match index.entry(event.location.span) {
                    std::collections::hash_map::Entry::Vacant(place) => {
                        place.insert(CallSite {
                            callee: call.callee.clone(),
                            target,
                            arguments: StrongRc::clone(&call.arguments),
                            ambiguous: false,
                        });
                    }
                    std::collections::hash_map::Entry::Occupied(mut place) => {
                        let known = place.get_mut();
                        let same = match (&known.target, &target) {
                            (Some(known), Some(found)) => known.0.id == found.0.id,
                            (None, None) => true,
                            _ => false,
                        };
                        known.ambiguous |= !same;
                    }
                }
            }
        }
        let index = Rc::new(index);
        self.calls.insert(key, Rc::clone(&index));
        index
    }
}

/// Whether a method is there for others to override: what runs is not known.
fn is_open(function: &FunctionValue, definition: &FunctionDef) -> bool {
    if function.class.is_none() {
        return false;
    }
    let is_abstract = definition.decorators.iter().any(|decorator| {
        let name = decorator.dotted_name();
        name.is_some_and(|name| name.rsplit('.').next() == Some("abstractmethod"))
    });
    is_abstract
        || definition.body.iter().all(|statement| match &statement.kind {
            StmtKind::Pass => true,
            StmtKind::Expr(expression) => {
                matches!(expression.kind, ExprKind::Str(_) | ExprKind::Ellipsis)
            }
            StmtKind::Raise { exception: Some(exception), .. } => {
                let name = match &exception.kind {
                    ExprKind::Call(call) => call.callee.dotted_name(),
                    _ => exception.dotted_name(),
                };
                name.as_deref() == Some("NotImplementedError")
            }
            _ => false,
        })
}

/// What tells two types apart.
pub(crate) type TypeKey = Option<(Option<ObjectId>, Option<Name>)>;

fn type_key(of: &Option<Value>) -> TypeKey {
    of.as_ref().map(|of| match *of.kind() {
        Kind::Class(id) => (Some(id), None),
        _ => (None, of.as_external()),
    })
}

/// An argument as it is passed.
type Passed = (ArgumentKind, Term);

/// What a call runs.
enum Target {
    /// A function of the program; with what its first parameter is bound to.
    Known {
        function: Rc<FunctionValue>,
        receiver: Option<ObjectId>,
        bound: Option<Term>,
        is_constructor: bool,
    },
    /// A function that the walked code defines.
    Local(Arc<FunctionDef>, Rc<Names>),
    /// Something else.
    Other,
}

impl Walker<'_, '_, '_> {
    pub(crate) fn call(&mut self, whole: &Expr, call: &Call, awaited: bool, out: &mut Vec<Step>) -> Term {
        let site = self.site(whole.span);
        let name = self.library_name(&call.callee, site.as_ref());
        if let Some(name) = &name {
            if let Some(position) = runs_its_argument(name.as_str())
                && let Some(term) = self.run_argument(position, whole, call, site.as_ref(), out)
            {
                return term;
            }
            if matches!(name.as_str(), "typing.cast" | "typing_extensions.cast")
                && let [_, value] = &*call.arguments
            {
                return self.expression(&value.value, out);
            }
        }
        let (base, target) = self.callee(&call.callee, site.as_ref(), out);
        let mut arguments = Vec::with_capacity(call.arguments.len());
        for argument in &call.arguments {
            arguments.push((argument.kind, self.expression(&argument.value, out)));
        }
        if name.as_ref().is_some_and(|name| is_logging(name.as_str())) {
            return Term::none();
        }
        if let Some(term) = self.put_in_place(&target, &arguments, awaited, false, whole.span, out) {
            // What the program's own function only hands on runs here.
            if awaited && matches!(term.detail(), Detail::Later) {
                out.push(Step::effect(&term, self.at(whole.span)));
                let number = self.count(term.digest());
                return result_of(&term, number);
            }
            return term;
        }
        self.named_call(&call.callee, whole, name, base, target, arguments, awaited, out)
    }

    /// `return helper(...)`: what the helper gives is what the function gives.
    pub(crate) fn tail_call(&mut self, value: &Expr, out: &mut Vec<Step>) -> Option<Exit> {
        let (whole, awaited) = match &value.kind {
            ExprKind::Await(inner) => (&**inner, true),
            _ => (value, false),
        };
        let ExprKind::Call(call) = &whole.kind else { return None };
        let site = self.site(whole.span);
        // Nothing is looked at twice: only what certainly is put in place goes on.
        let target = self.plain_target(&call.callee, site.as_ref())?;
        let certain = match &target {
            Target::Known { function, .. } => {
                self.may_inline(function) && (awaited || !function.definition.is_async)
            }
            Target::Local(..) => self.frames.len() < super::walker::DEEPEST,
            Target::Other => false,
        };
        let plain = |kind: &ArgumentKind| matches!(kind, ArgumentKind::Positional | ArgumentKind::Keyword(_));
        if !certain || !call.arguments.iter().all(|argument| plain(&argument.kind)) {
            return None;
        }
        let (_, target) = self.callee(&call.callee, site.as_ref(), out);
        if matches!(target, Target::Known { is_constructor: true, .. } | Target::Other) {
            return None;
        }
        let mut arguments = Vec::with_capacity(call.arguments.len());
        for argument in &call.arguments {
            arguments.push((argument.kind, self.expression(&argument.value, out)));
        }
        let before = out.len();
        let term = self.put_in_place(&target, &arguments, awaited, true, whole.span, out);
        if term.is_none() && out.len() == before {
            // Arguments were evaluated; the call itself is told as any other.
            let name = self.library_name(&call.callee, site.as_ref());
            let term = self.named_call(&call.callee, whole, name, None, target, arguments, awaited, out);
            out.push(Step::end(super::step::Ending::Return, Some(&term), self.at(value.span)));
        }
        Some(Exit::Ends)
    }

    fn site(&self, span: Span) -> Option<CallSite> {
        self.frames.last()?.calls.get(&span).cloned()
    }

    fn library_name(&mut self, callee: &Expr, site: Option<&CallSite>) -> Option<Name> {
        match site {
            Some(site) if site.target.is_none() => {
                let callee = site.callee.clone();
                callee_name(self.forms.interpreter(), &callee)
            }
            Some(_) => None,
            None => self.plain_value(callee)?.as_external(),
        }
    }

    /// The value that a name or dotted name has outside the walked code.
    pub(crate) fn plain_value(&mut self, expression: &Expr) -> Option<Value> {
        match &expression.kind {
            ExprKind::Name(name) => match self.local(*name) {
                Some(term) => term.value().cloned(),
                None => self.outside_value(*name),
            },
            ExprKind::Attribute(attribute) => {
                let (base, name) = attribute.parts();
                let base = self.plain_value(base)?;
                if !matches!(base.kind(), Kind::Module(_) | Kind::External(_) | Kind::Class(_)) {
                    return None;
                }
                Some(self.forms.interpreter().attribute(&base, *name, expression.span))
            }
            _ => None,
        }
    }

    /// What is called, without doing anything.
    fn plain_target(&mut self, callee: &Expr, site: Option<&CallSite>) -> Option<Target> {
        if let ExprKind::Name(name) = &callee.kind
            && let Some(Detail::Callable(callable)) = self.local(*name).map(|term| term.detail().clone())
        {
            return Some(match callable {
                Callable::Local(definition, names) => Target::Local(definition, names),
                Callable::Known(function, receiver) => {
                    Target::Known { function, receiver, bound: None, is_constructor: false }
                }
            });
        }
        if let Some(CallSite { target: Some((function, receiver)), ambiguous: false, callee, .. }) = site {
            return Some(Target::Known {
                function: Rc::clone(function),
                receiver: *receiver,
                bound: None,
                is_constructor: matches!(callee.kind(), Kind::Class(_)),
            });
        }
        match self.plain_value(callee)?.into_kind() {
            Kind::Function(function) => {
                Some(Target::Known { function, receiver: None, bound: None, is_constructor: false })
            }
            _ => None,
        }
    }

    /// What is called, with the object on which a method is called.
    fn callee(
        &mut self,
        callee: &Expr,
        site: Option<&CallSite>,
        out: &mut Vec<Step>,
    ) -> (Option<Term>, Target) {
        let target = self.plain_target(callee, site);
        let is_bound = matches!(site.map(|site| site.callee.kind()), Some(Kind::Method(_)));
        let is_object =
            matches!(site.map(|site| site.callee.kind()), Some(Kind::Instance(_) | Kind::Symbolic(_)));
        match target {
            Some(Target::Known { function, receiver, is_constructor, .. }) => {
                let bound = match &callee.kind {
                    _ if is_constructor => None,
                    ExprKind::Attribute(attribute) if is_bound => {
                        Some(self.receiver_term(&attribute.base, out))
                    }
                    _ if is_object && site.is_some_and(|site| site.target.is_some()) => {
                        Some(self.expression(callee, out))
                    }
                    _ => None,
                };
                (bound.clone(), Target::Known { function, receiver, bound, is_constructor })
            }
            Some(target) => (None, target),
            None => match &callee.kind {
                ExprKind::Attribute(attribute) if self.plain_value(callee).is_none() => {
                    (Some(self.receiver_term(&attribute.base, out)), Target::Other)
                }
                _ => (None, Target::Other),
            },
        }
    }

    /// The object on which a method is called; `super()` is the object itself.
    fn receiver_term(&mut self, base: &Expr, out: &mut Vec<Step>) -> Term {
        if let ExprKind::Call(call) = &base.kind
            && matches!(&call.callee.kind, ExprKind::Name(name) if *name == "super")
            && let Some(first) =
                self.frames.last().and_then(|frame| frame.function.definition.parameters.first())
            && let Some(own) = self.state.names.get(&first.name)
        {
            return own.clone();
        }
        self.expression(base, out)
    }

    /// Runs the body of a function in place of its call. Nothing where that can't be done; then nothing was done.
    fn put_in_place(
        &mut self,
        target: &Target,
        arguments: &[Passed],
        awaited: bool,
        is_tail: bool,
        span: Span,
        out: &mut Vec<Step>,
    ) -> Option<Term> {
        let (function, receiver, definition, outer, bound, is_constructor) = match target {
            Target::Known { function, receiver, bound, is_constructor } => (
                Rc::clone(function),
                *receiver,
                Arc::clone(&function.definition),
                None,
                bound.clone(),
                *is_constructor,
            ),
            Target::Local(definition, names) => {
                let site = self.site(span);
                let known = site.and_then(|site| site.target).map(|(function, _)| function);
                let function = match known {
                    Some(function) if Arc::ptr_eq(&function.definition, definition) => function,
                    _ => Rc::clone(&self.frames.last()?.function),
                };
                (function, None, Arc::clone(definition), Some(Rc::clone(names)), None, false)
            }
            Target::Other => return None,
        };
        let is_local = outer.is_some();
        let fits = if is_local {
            self.frames.len() < super::walker::DEEPEST && !definition.is_generator
        } else {
            self.may_inline(&function)
        };
        if !fits || (definition.is_async && !awaited) || is_open(&function, &definition) {
            return None;
        }
        let own = if is_constructor {
            let class = self.receiver_class(receiver)?;
            let mut digest = DigestBuilder::new("new object");
            digest.digest(class.digest());
            for (_, term) in arguments {
                digest.digest(term.digest());
            }
            let content = digest.finish();
            let digest = self.made_object("new object", content, false);
            Some(Term::new(digest, class.text()))
        } else {
            bound
        };
        let names = self.bound_names(&function, &definition, own.as_ref(), arguments, is_local)?;
        let types = self.passed_types(&function, span);
        let saved = std::mem::replace(&mut self.state.names, names);
        self.push_frame(&function, receiver, &types, outer, is_tail && !is_constructor);
        if is_local && let Some(frame) = self.frames.last_mut() {
            // The code of a local function stands in the file of the function around it.
            frame.file = function.id.file;
        }
        let before = out.len();
        let exit = self.block(&definition.body, None, out);
        let frame = self.frames.pop();
        self.state.names = saved;
        let left_with = frame.map(|frame| frame.left_with).unwrap_or_default();
        if !left_with.is_empty() {
            super::step::seen_by_caller(&mut out[before..]);
        }
        let result = match exit {
            Exit::Falls if is_tail && !is_constructor => {
                out.push(Step::end(super::step::Ending::Return, Some(&Term::none()), self.at(span)));
                Term::none()
            }
            Exit::Gives(term) => term,
            Exit::Falls | Exit::Turn | Exit::Ends => Term::none(),
        };
        if let Some(own) = own
            && is_constructor
        {
            return Some(own);
        }
        if left_with.is_empty() {
            return Some(result);
        }
        let mut parts: Vec<&Term> = left_with.iter().collect();
        parts.push(&result);
        Some(Term::made("one of the results", &parts, result.text()))
    }

    /// The classes of what a call passes, for parameters that say nothing of their type; empty where all say it.
    fn passed_types(&mut self, function: &Rc<FunctionValue>, span: Span) -> Vec<Option<Value>> {
        let parameters = &function.definition.parameters;
        let says_nothing =
            |kind: ParameterKind| !matches!(kind, ParameterKind::VarPositional | ParameterKind::VarKeyword);
        if !parameters.iter().any(|known| known.annotation.is_none() && says_nothing(known.kind)) {
            return Vec::new();
        }
        let Some(site) = self.site(span) else { return Vec::new() };
        let location = self.at(span);
        let interpreter = self.forms.interpreter();
        let passed = interpreter.bind_parameters(function, Arguments::clone(&site.arguments), location);
        let types: Vec<Option<Value>> = parameters
            .iter()
            .map(|parameter| {
                if parameter.annotation.is_some() || !says_nothing(parameter.kind) {
                    return None;
                }
                let class = interpreter.class_of(passed.get(parameter.name)?)?;
                // Plain values say nothing that code could be followed by.
                let is_plain = class.as_external().is_some_and(|name| name.starts_with("builtins."));
                let known = matches!(class.kind(), Kind::Class(_) | Kind::External(_));
                (known && !is_plain).then_some(class)
            })
            .collect();
        if types.iter().all(Option::is_none) { Vec::new() } else { types }
    }

    fn receiver_class(&mut self, receiver: Option<ObjectId>) -> Option<Term> {
        let id = receiver?;
        match self.forms.interpreter().object(id) {
            Object::Class(_) => Some(self.class_term(id)),
            _ => None,
        }
    }

    /// What the parameters of a function stand for in a call; nothing where that is not certain.
    fn bound_names(
        &mut self,
        function: &Rc<FunctionValue>,
        definition: &Arc<FunctionDef>,
        own: Option<&Term>,
        arguments: &[Passed],
        is_local: bool,
    ) -> Option<Names> {
        let mut positional: Vec<Term> = own.cloned().into_iter().collect();
        let mut keywords: Vec<(Name, Term)> = Vec::new();
        for (kind, term) in arguments {
            match kind {
                ArgumentKind::Positional => positional.push(term.clone()),
                ArgumentKind::Keyword(name) => keywords.push((*name, term.clone())),
                ArgumentKind::Star | ArgumentKind::DoubleStar => return None,
            }
        }
        let mut positional = positional.into_iter();
        let mut names = Names::default();
        for (index, parameter) in definition.parameters.iter().enumerate() {
            let term = match parameter.kind {
                ParameterKind::VarPositional => {
                    let rest: Vec<Term> = positional.by_ref().collect();
                    let refs: Vec<&Term> = rest.iter().collect();
                    let digest = super::term::digest_of("tuple", &refs);
                    let text = format!("({})", joined_texts(&rest, ", "));
                    Some(Term::with(digest, text, Detail::Parts(rest)))
                }
                ParameterKind::VarKeyword => {
                    let mut digest = DigestBuilder::new("dict");
                    for (name, term) in keywords.drain(..) {
                        let key = super::expressions::string(name.as_str());
                        digest.digest(key.digest()).digest(term.digest());
                    }
                    Some(Term::new(digest.finish(), "keywords"))
                }
                kind => {
                    let by_position = match kind {
                        ParameterKind::KeywordOnly => None,
                        _ => positional.next(),
                    };
                    let given = by_position.or_else(|| {
                        let position = keywords.iter().position(|(name, _)| *name == parameter.name)?;
                        Some(keywords.remove(position).1)
                    });
                    match given {
                        Some(term) => Some(term),
                        None if is_local => {
                            let default = parameter.default.as_ref()?;
                            Some(self.expression(default, &mut Vec::new()))
                        }
                        None => {
                            let default = function.defaults.get(index).cloned().flatten()?;
                            let term = self.value_term(&default, 0);
                            // A default is the same in every call.
                            Some(match *default.kind() {
                                Kind::Bool(truth) if default.configurable().is_none() => {
                                    Term::with(term.digest(), term.text(), Detail::Constant(truth))
                                }
                                Kind::None => Term::none(),
                                _ => term,
                            })
                        }
                    }
                }
            };
            names.insert(parameter.name, term?);
        }
        if positional.next().is_some() || !keywords.is_empty() {
            return None;
        }
        Some(names)
    }

    /// `run_in_threadpool(function, argument)`: the function runs with the arguments.
    fn run_argument(
        &mut self,
        position: usize,
        whole: &Expr,
        call: &Call,
        site: Option<&CallSite>,
        out: &mut Vec<Step>,
    ) -> Option<Term> {
        let given = call.arguments.get(position)?;
        if given.kind != ArgumentKind::Positional {
            return None;
        }
        let target = match self.plain_target(&given.value, None) {
            Some(target) => target,
            None => match self.bound_method(position, &given.value, site, out) {
                Some(target) => target,
                None => return self.run_other(position, whole, call, out),
            },
        };
        let base = match &target {
            Target::Known { bound, .. } => bound.clone(),
            _ => None,
        };
        let mut arguments = Vec::new();
        for argument in &call.arguments[position + 1..] {
            arguments.push((argument.kind, self.expression(&argument.value, out)));
        }
        let term = self.put_in_place(&target, &arguments, true, false, whole.span, out);
        Some(term.unwrap_or_else(|| {
            self.named_call(&call.callee, whole, None, base, target, arguments, true, out)
        }))
    }

    /// `run_in_threadpool(service.render, name)`: the method of the program that runs, with its object.
    fn bound_method(
        &mut self,
        position: usize,
        given: &Expr,
        site: Option<&CallSite>,
        out: &mut Vec<Step>,
    ) -> Option<Target> {
        let (base, _) = given.as_attribute()?;
        let passed = site.filter(|site| !site.ambiguous)?.arguments.positional.get(position)?;
        let Kind::Method(method) = passed.kind() else { return None };
        let Kind::Function(function) = method.function.kind() else { return None };
        let (function, object) = (Rc::clone(function), method.receiver.clone());
        let receiver = self.forms.interpreter().receiver_key(&object);
        let bound = Some(self.receiver_term(base, out));
        Some(Target::Known { function, receiver, bound, is_constructor: false })
    }

    /// The same for something whose code is not known: `to_thread(client.get, url)` is `client.get(url)`.
    fn run_other(&mut self, position: usize, whole: &Expr, call: &Call, out: &mut Vec<Step>) -> Option<Term> {
        let given = &call.arguments.get(position)?.value;
        let base = match &given.kind {
            ExprKind::Attribute(attribute) if self.plain_value(given).is_none() => {
                Some(self.receiver_term(&attribute.base, out))
            }
            ExprKind::Name(_) | ExprKind::Attribute(..) => None,
            _ => return None,
        };
        let mut arguments = Vec::new();
        for argument in &call.arguments[position + 1..] {
            arguments.push((argument.kind, self.expression(&argument.value, out)));
        }
        let name = self.plain_value(given).and_then(|value| value.as_external());
        Some(self.named_call(given, whole, name, base, Target::Other, arguments, true, out))
    }

    /// A call that stays a call.
    #[allow(clippy::too_many_arguments, reason = "the parts of one call")]
    fn named_call(
        &mut self,
        callee: &Expr,
        whole: &Expr,
        name: Option<Name>,
        base: Option<Term>,
        target: Target,
        arguments: Vec<Passed>,
        awaited: bool,
        out: &mut Vec<Step>,
    ) -> Term {
        if ends(out) {
            return Term::none();
        }
        let method = match &callee.kind {
            ExprKind::Attribute(attribute) => Some(timeless_method(attribute.name.as_str())),
            _ => None,
        };
        let mut digest = DigestBuilder::new("call");
        let shown;
        let mut pure = false;
        let mut later = false;
        match (&target, &base) {
            (Target::Known { function, receiver, bound, .. }, _) => {
                let term = self.function_term(&Rc::clone(function), *receiver);
                digest.digest(term.digest());
                if let Some(bound) = bound {
                    digest.digest(bound.digest());
                }
                later = function.definition.is_async && !awaited;
                shown = term.text().to_owned();
            }
            (Target::Local(definition, _), _) => {
                let local = self.local_digest(&Arc::clone(definition));
                digest.digest(local);
                later = definition.is_async && !awaited;
                shown = definition.name.to_string();
            }
            (Target::Other, Some(base)) => {
                let method = method.unwrap_or("__call__");
                digest.digest(base.digest()).text(method);
                shown = format!("{}.{method}", base.text());
                pure = match &name {
                    Some(name) => is_pure_function(name.as_str()) || is_pure_method(method),
                    None => is_pure_method(method),
                } && !changes_receiver(method);
            }
            (Target::Other, None) => {
                let term = self.expression(callee, out);
                let is_class = matches!(term.value().map(|value| value.kind()), Some(Kind::Class(_)));
                let named = name.or_else(|| term.value().and_then(|value| value.as_external()));
                if let Some(named) = named {
                    pure = is_pure_function(named.as_str());
                }
                if is_class || named.is_some_and(|name| name.ends_with("Exception")) {
                    let arguments = self.by_name(named, arguments);
                    let made = self.constructed(&term, arguments.clone());
                    let text = call_text(term.text(), &arguments);
                    let made = if is_class { self.made_object("new object", made, false) } else { made };
                    return Term::new(made, text);
                }
                digest.digest(term.digest());
                shown = term.text().to_owned();
            }
        }
        add_arguments(&mut digest, &arguments);
        for term in base.iter().chain(arguments.iter().map(|(_, term)| term)) {
            if let Some(version) = self.state.versions.get(&term.digest()) {
                digest.digest(*version);
            }
        }
        if later {
            return Term::with(digest.finish(), call_text(&shown, &arguments), Detail::Later);
        }
        let term = Term::new(digest.finish(), call_text(&shown, &arguments));
        if pure {
            return term;
        }
        out.push(Step::effect(&term, self.at(whole.span)));
        if let (Some(base), Some(method)) = (&base, method)
            && changes_receiver(method)
        {
            self.change(base.digest(), term.digest());
        }
        let number = self.count(term.digest());
        result_of(&term, number)
    }

    /// The object that a class makes: an exception, a model.
    pub(crate) fn constructed(&mut self, class: &Term, arguments: Vec<Passed>) -> Digest {
        let mut digest = DigestBuilder::new("new object");
        digest.digest(class.digest());
        add_arguments(&mut digest, &arguments);
        digest.finish()
    }

    /// Arguments that are given by position under the names that they have.
    fn by_name(&mut self, class: Option<Name>, arguments: Vec<Passed>) -> Vec<Passed> {
        let names = class.map_or(&[][..], |class| parameter_names(class.as_str()));
        let mut position = 0;
        arguments
            .into_iter()
            .map(|(kind, term)| match kind {
                ArgumentKind::Positional => {
                    position += 1;
                    match names.get(position - 1) {
                        Some(name) => (ArgumentKind::Keyword(Name::from(*name)), term),
                        None => (kind, term),
                    }
                }
                kind => (kind, term),
            })
            .collect()
    }

    /// Whether nothing is told of an expression: it only writes a log.
    pub(crate) fn is_silent(&mut self, expression: &Expr) -> bool {
        let inner = match &expression.kind {
            ExprKind::Await(inner) => inner,
            _ => expression,
        };
        let ExprKind::Call(call) = &inner.kind else { return false };
        let site = self.site(inner.span);
        if self.plain_target(&call.callee, site.as_ref()).is_some() {
            return true;
        }
        self.library_name(&call.callee, site.as_ref()).is_some_and(|name| is_logging(name.as_str()))
    }
}

fn add_arguments(digest: &mut DigestBuilder, arguments: &[Passed]) {
    let mut keywords: Vec<(Name, &Term)> = Vec::new();
    for (kind, term) in arguments {
        match kind {
            ArgumentKind::Positional => {
                digest.digest(term.digest());
            }
            ArgumentKind::Star => {
                digest.text("*").digest(term.digest());
            }
            ArgumentKind::DoubleStar => {
                digest.text("**").digest(term.digest());
            }
            ArgumentKind::Keyword(name) => keywords.push((*name, term)),
        }
    }
    keywords.sort_by(|left, right| left.0.as_str().cmp(right.0.as_str()));
    for (name, term) in keywords {
        digest.text(name.as_str()).digest(term.digest());
    }
}

fn call_text(callee: &str, arguments: &[Passed]) -> String {
    let shown: Vec<String> = arguments
        .iter()
        .map(|(kind, term)| match kind {
            ArgumentKind::Positional => term.text().to_owned(),
            ArgumentKind::Star => format!("*{}", term.text()),
            ArgumentKind::DoubleStar => format!("**{}", term.text()),
            ArgumentKind::Keyword(name) => format!("{name}={}", term.text()),
        })
        .collect();
    format!("{callee}({})", shown.join(", "))
}
