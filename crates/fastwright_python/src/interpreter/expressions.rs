//! Expressions.

use super::type_aliases::without_aliases;
use super::{Evaluated, Interpreter, Mode, Raised};
use crate::ir::*;
use crate::location::Span;
use crate::name::Name;
use crate::value::*;
use std::sync::Arc;

impl Interpreter<'_> {
    /// The value of an expression in the scope that runs.
    pub(crate) fn evaluate(&mut self, expression: &Expr) -> Evaluated {
        if !self.step() {
            return Ok(Value::unknown(
                "evaluation was given up, it takes too many steps",
                Some(self.here(expression.span)),
            ));
        }
        Ok(match &expression.kind {
            ExprKind::None => Value::NONE,
            ExprKind::Bool(value) => Value::bool(*value),
            ExprKind::Int(value) => Value::int(*value),
            ExprKind::Float(value) => Kind::Float(*value).into(),
            ExprKind::Str(text) => Kind::Str(Text::clone(text)).into(),
            ExprKind::Bytes(bytes) => Kind::Bytes(Arc::clone(bytes)).into(),
            ExprKind::Ellipsis => Kind::Ellipsis.into(),
            ExprKind::BigInt(_) => {
                Value::unknown("the integer does not fit 64 bits", Some(self.here(expression.span)))
            }
            ExprKind::Complex => {
                Value::unknown("complex numbers are not computed", Some(self.here(expression.span)))
            }
            ExprKind::Name(name) => {
                let value = self.evaluate_name(*name, expression.span);
                if self.name_guard == self.frames.len() && value.is_unknown() && self.is_yet_to_come(*name) {
                    return Err(self.name_error(*name, expression.span));
                }
                value
            }
            ExprKind::Attribute(attribute) => {
                let (base, name) = attribute.parts();
                let base = self.evaluate(base)?;
                self.checked_attribute(&base, *name, expression.span)?
            }
            ExprKind::Subscript(parts) => {
                let base = self.evaluate(&parts.0)?;
                let index = self.evaluate(&parts.1)?;
                let made = self.item(&base, &index, expression.span)?;
                self.remembered_in_program(&base, &index, made)
            }
            ExprKind::Call(call) => return self.evaluate_call(call, expression.span),
            ExprKind::List(items) => {
                let (items, incomplete) = self.evaluate_items(items)?;
                Kind::List(self.allocate(Object::List(ListObject { items, incomplete }))).into()
            }
            ExprKind::Set(items) => {
                let (items, incomplete) = self.evaluate_items(items)?;
                let mut kept: Vec<Value> = Vec::new();
                for item in items {
                    if !kept.iter().any(|known| known.same(&item)) {
                        kept.push(item);
                    }
                }
                Kind::Set(self.allocate(Object::Set(ListObject { items: kept, incomplete }))).into()
            }
            ExprKind::Tuple(items) => {
                let (items, incomplete) = self.evaluate_items(items)?;
                if incomplete {
                    Kind::List(self.allocate(Object::List(ListObject { items, incomplete }))).into()
                } else {
                    Value::tuple(items)
                }
            }
            ExprKind::Dict(entries) => self.evaluate_dict(entries)?,
            ExprKind::Starred(inner) => self.evaluate(inner)?,
            ExprKind::And(values) => self.evaluate_choice(values, false)?,
            ExprKind::Or(values) => self.evaluate_choice(values, true)?,
            ExprKind::Not(operand) => {
                let operand = self.evaluate(operand)?;
                match self.decide_with_setting(&operand) {
                    (Some(truth), setting) => Value::bool(!truth).with_configurable(setting),
                    (None, _) => Value::symbolic(Symbolic::Not(operand)),
                }
            }
            ExprKind::Unary(operator, operand) => {
                let operand = self.evaluate(operand)?;
                match (operator, operand.kind()) {
                    (UnaryOperator::Minus, Kind::Int(value)) => Value::int(value.wrapping_neg()),
                    (UnaryOperator::Minus, Kind::Float(value)) => Kind::Float(-value).into(),
                    (UnaryOperator::Plus, _) => operand,
                    (UnaryOperator::Invert, Kind::Int(value)) => Value::int(!value),
                    _ => Value::symbolic(Symbolic::Not(operand)),
                }
            }
            ExprKind::Binary(operator, operands) => {
                let left = self.evaluate(&operands.0)?;
                let right = self.evaluate(&operands.1)?;
                self.binary(*operator, left, right, expression.span)
            }
            ExprKind::Compare(chain) => self.evaluate_comparison(&chain.first, &chain.rest)?,
            ExprKind::Conditional(parts) => {
                let test = self.evaluate(&parts.0)?;
                match self.decide_with_setting(&test) {
                    (Some(true), setting) => self.evaluate(&parts.1)?.with_configurable(setting),
                    (Some(false), setting) => self.evaluate(&parts.2)?.with_configurable(setting),
                    (None, _) => {
                        let first = self.evaluate(&parts.1)?;
                        let second = self.evaluate(&parts.2)?;
                        Value::union([first, second])
                    }
                }
            }
            ExprKind::Lambda(definition) => self.function_value(definition)?,
            ExprKind::Comprehension(comprehension) => self.evaluate_comprehension(comprehension)?,
            ExprKind::Await(value) => {
                let value = self.evaluate(value)?;
                self.record_await(expression.span);
                value
            }
            ExprKind::Yield(value) => {
                let value = match value {
                    Some(value) => self.evaluate(value)?,
                    None => Value::NONE,
                };
                self.record_yield(&value, expression.span);
                self.frame_mut().yields.push(value);
                Value::unknown("what a generator is sent is not followed", Some(self.here(expression.span)))
            }
            ExprKind::YieldFrom(value) => {
                let value = self.evaluate(value)?;
                match self.elements(&value) {
                    Some(items) => self.frame_mut().yields.extend(items),
                    None => {
                        let element = self.element_of(&value);
                        self.frame_mut().yields.push(element);
                    }
                }
                Value::NONE
            }
            ExprKind::Walrus(parts) => {
                let (name, value) = &**parts;
                let value = self.evaluate(value)?;
                self.bind(*name, value.clone());
                value
            }
            ExprKind::Slice(parts) => {
                let mut bounds = Vec::with_capacity(3);
                for part in parts.iter() {
                    bounds.push(match part {
                        Some(part) => self.evaluate(part)?,
                        None => Value::NONE,
                    });
                }
                Value::call(
                    Value::external("builtins.slice"),
                    Arguments::of(bounds),
                    self.here(expression.span),
                )
            }
            ExprKind::Format(parts) => self.evaluate_format(parts)?,
            ExprKind::Template(parts) => {
                let mut values = Vec::with_capacity(parts.len());
                for part in parts.iter() {
                    values.push(match part {
                        FormatPart::Text(text) => Kind::Str(Text::clone(text)).into(),
                        FormatPart::Field { value, .. } => self.evaluate(value)?,
                    });
                }
                Value::symbolic(Symbolic::Template(values))
            }
            ExprKind::Invalid => {
                Value::unknown("the code has a syntax error here", Some(self.here(expression.span)))
            }
        })
    }

    fn evaluate_name(&mut self, name: Name, span: Span) -> Value {
        let scope = self.frame().scope;
        if let Some(value) = self.lookup(scope, name) {
            if value.is_none()
                && self.mode == super::Mode::Summary
                && self.is_of_module(scope, name)
                && let Some(filled) = self.global_assigned_later(self.scopes[scope.0 as usize].module, name)
            {
                return filled;
            }
            return value;
        }
        let module = self.frame().module;
        match name.as_str() {
            "__name__" => Value::str(&self.modules[module.0 as usize].name.clone()),
            "__file__" => Value::str(&self.source.path_of(self.modules[module.0 as usize].key)),
            "__package__" => {
                let state = &self.modules[module.0 as usize];
                let package = if state.is_package { state.name.as_str() } else { parent_name(&state.name) };
                Value::str(package)
            }
            "__path__" => Value::symbolic(Symbolic::Member { base: Kind::Module(module).into(), name }),
            "__debug__" => Value::bool(true),
            "__doc__" | "__spec__" | "__loader__" => Value::NONE,
            "__class__" => match self.frame().function.as_ref().and_then(|function| function.class) {
                Some(class) => Kind::Class(class).into(),
                None => Value::unknown("__class__ stands outside a method", None),
            },
            _ => Value::unknown(
                format!("the name `{name}` is not bound when it is used"),
                Some(self.here(span)),
            ),
        }
    }

    /// Whether a name is bound nowhere while the module that it is looked up in is still running.
    fn is_yet_to_come(&self, name: Name) -> bool {
        let frame = self.frame();
        self.lookup(frame.scope, name).is_none()
            && self.modules[frame.module.0 as usize].status == super::ModuleStatus::Running
    }

    fn name_error(&self, name: Name, span: Span) -> Box<super::Raised> {
        let site = self.here(span);
        let value = Value::call(
            Value::external("builtins.NameError"),
            Arguments::of([Value::str(&format!("name '{name}' is not defined"))]),
            site,
        );
        Box::new(super::Raised { value, location: site })
    }

    /// Elements of a list display; the flag says that `*` unpacked something unknown.
    fn evaluate_items(&mut self, items: &[Expr]) -> Result<(Vec<Value>, bool), Box<Raised>> {
        let mut values = Vec::with_capacity(items.len());
        let mut incomplete = false;
        for item in items {
            if let ExprKind::Starred(inner) = &item.kind {
                let inner = self.evaluate(inner)?;
                match self.elements(&inner) {
                    Some(elements) => values.extend(elements),
                    None => {
                        incomplete = true;
                        if !matches!(inner.kind(), Kind::Unknown(_)) {
                            values.push(self.element_of(&inner));
                        }
                    }
                }
            } else {
                values.push(self.evaluate(item)?);
            }
        }
        Ok((values, incomplete))
    }

    fn evaluate_dict(&mut self, entries: &[(Option<Expr>, Expr)]) -> Evaluated {
        let mut dict = DictObject {
            entries: OrderedMap::with_capacity_and_hasher(entries.len(), Default::default()),
            ..DictObject::default()
        };
        for (key, value) in entries {
            match key {
                Some(key) => {
                    let key = self.evaluate(key)?;
                    let value = self.evaluate(value)?;
                    match key.key() {
                        Some(exact) => {
                            dict.entries.insert(exact, (key, value));
                        }
                        None => dict.unknown_keys.push(value),
                    }
                }
                None => {
                    let value = self.evaluate(value)?;
                    self.merge_into(&mut dict, &value);
                }
            }
        }
        Ok(Kind::Dict(self.allocate(Object::Dict(Box::new(dict)))).into())
    }

    /// `and` (`wanted` false) and `or` (`wanted` true): the first operand with the wanted truth ends it.
    fn evaluate_choice(&mut self, values: &[Expr], wanted: bool) -> Evaluated {
        let mut possible = Alternatives::default();
        let mut configurable = None;
        for (position, operand) in values.iter().enumerate() {
            let value = self.evaluate(operand)?;
            let last = position + 1 == values.len();
            configurable = configurable.or(value.configurable());
            match self.decide(&value) {
                Some(truth) if truth == wanted || last => {
                    possible.add(value);
                    break;
                }
                Some(_) => {}
                None => possible.add(value),
            }
        }
        Ok(possible.finish().with_configurable(configurable))
    }

    fn evaluate_comparison(&mut self, first: &Expr, rest: &[(Comparison, Expr)]) -> Evaluated {
        let mut left = self.evaluate(first)?;
        let mut result = Value::bool(true);
        for (comparison, right) in rest {
            let span = Span::new(first.span.start, right.span.end);
            let right = self.evaluate(right)?;
            let answer = self.compare_values(*comparison, &left, &right, span);
            if rest.len() == 1 {
                return Ok(answer);
            }
            match self.truth(&answer) {
                Some(false) => return Ok(answer),
                Some(true) => result = result.with_configurable(answer.configurable()),
                None => result = answer,
            }
            left = right;
        }
        Ok(result)
    }

    fn evaluate_format(&mut self, parts: &[FormatPart]) -> Evaluated {
        let mut values: Vec<Value> = Vec::with_capacity(parts.len());
        let mut known = true;
        let mut configurable = None;
        for part in parts {
            let value = match part {
                FormatPart::Text(text) => Kind::Str(Text::clone(text)).into(),
                FormatPart::Field { value, conversion, formatted } => {
                    let value = self.evaluate(value)?;
                    configurable = configurable.or(value.configurable());
                    match (conversion, formatted, self.shown(&value)) {
                        (None | Some('s'), false, Some(text)) => Value::str(&text),
                        _ => {
                            known = false;
                            value
                        }
                    }
                }
            };
            values.push(value);
        }
        if known {
            let text: String = values.iter().filter_map(Value::as_str).collect();
            return Ok(Value::str(&text).with_configurable(configurable));
        }
        Ok(Value::symbolic(Symbolic::Format(values)).with_configurable(configurable))
    }

    fn evaluate_comprehension(&mut self, comprehension: &Comprehension) -> Evaluated {
        let outer = self.frame().scope;
        let module = self.frame().module;
        // The loop variables live in a scope of their own; a class body's names stay visible to the
        // first iterable only, which is close enough to evaluate it inside as well.
        let functions_before = self.functions.len();
        let scope = self.new_scope(Some(outer), module, false);
        let names =
            self.scopes[outer.0 as usize].is_class.then(|| self.scopes[outer.0 as usize].names.clone());
        if let Some(names) = names {
            self.scopes[scope.0 as usize].names = names;
        }
        let class_body = self.frame_mut().class_body.take();
        self.frame_mut().scope = scope;
        let mut produced = Produced::default();
        let result = self.run_generators(comprehension, 0, &mut produced);
        self.frame_mut().scope = outer;
        self.frame_mut().class_body = class_body;
        if self.functions.len() == functions_before && self.scopes.len() == scope.0 as usize + 1 {
            self.drop_last_scope();
        }
        result?;
        Ok(match comprehension.kind {
            ComprehensionKind::Dict => {
                let mut dict = DictObject { incomplete: produced.incomplete, ..DictObject::default() };
                for (key, value) in produced.pairs {
                    match key.key() {
                        Some(exact) => {
                            dict.entries.insert(exact, (key, value));
                        }
                        None => dict.unknown_keys.push(value),
                    }
                }
                Kind::Dict(self.allocate(Object::Dict(Box::new(dict)))).into()
            }
            ComprehensionKind::Set => {
                let mut items: Vec<Value> = Vec::new();
                for item in produced.items {
                    if !items.iter().any(|known| known.same(&item)) {
                        items.push(item);
                    }
                }
                Kind::Set(self.allocate(Object::Set(ListObject { items, incomplete: produced.incomplete })))
                    .into()
            }
            ComprehensionKind::List | ComprehensionKind::Generator => {
                let object = ListObject { items: produced.items, incomplete: produced.incomplete };
                Kind::List(self.allocate(Object::List(object))).into()
            }
        })
    }

    fn run_generators(
        &mut self,
        comprehension: &Comprehension,
        depth: usize,
        produced: &mut Produced,
    ) -> Result<(), Box<Raised>> {
        let Some(generator) = comprehension.generators.get(depth) else {
            let element = self.evaluate(&comprehension.element)?;
            match &comprehension.value {
                Some(value) => {
                    let value = self.evaluate(value)?;
                    produced.pairs.push((element, value));
                }
                None => produced.items.push(element),
            }
            return Ok(());
        };
        let iterable = self.evaluate(&generator.iterable)?;
        let (items, known) = match self.elements(&iterable) {
            Some(items) => (items, true),
            None => (vec![self.element_of(&iterable)], false),
        };
        produced.incomplete |= !known;
        let rounds = if self.mode == Mode::Summary { 6 } else { self.limits.loop_rounds };
        'items: for item in items.into_iter().take(rounds) {
            self.assign(&generator.target, item)?;
            for condition in &generator.conditions {
                let value = self.evaluate(condition)?;
                if self.decide(&value) == Some(false) {
                    continue 'items;
                }
            }
            self.run_generators(comprehension, depth + 1, produced)?;
            if !self.step() {
                break;
            }
        }
        Ok(())
    }

    /// An annotation as an object: string annotations are parsed, type aliases are their values.
    pub fn evaluate_annotation(&mut self, annotation: &Annotation) -> Value {
        let value = self.annotation_as_written(annotation);
        // Few programs have aliases that must be looked for.
        if self.type_aliases.is_empty() { value } else { without_aliases(value, 0) }
    }

    /// A text that names a type, with the names of a scope.
    pub fn type_from_text(&mut self, text: &str, scope: ScopeId, module: ModuleId) -> Value {
        self.in_frame(scope, module, |interpreter| interpreter.evaluate_text(text, None))
    }

    /// An annotation as an object. String annotations are parsed; type aliases keep their names.
    pub fn annotation_as_written(&mut self, annotation: &Annotation) -> Value {
        match annotation {
            Annotation::Given(value) => {
                if let Some(text) = value.as_str() {
                    let text = text.to_owned();
                    return self.evaluate_text(&text, None);
                }
                value.clone()
            }
            Annotation::Written { expression, scope, module } => {
                let (scope, module) = (*scope, *module);
                self.with_its_subscriptions(expression, scope, module, |interpreter| {
                    interpreter.in_frame(scope, module, |interpreter| {
                        let value = interpreter.evaluate_type(expression);
                        value.unwrap_or_else(|raised| {
                            let reason = "evaluating the annotation raises an exception";
                            Value::unknown(reason, Some(raised.location))
                        })
                    })
                })
            }
        }
    }

    /// An expression that stands where a type is meant: strings inside are types too.
    pub(crate) fn evaluate_type(&mut self, expression: &Expr) -> Evaluated {
        match &expression.kind {
            ExprKind::Str(text) => {
                let text = text.to_string();
                Ok(self.evaluate_text(&text, Some(expression)))
            }
            ExprKind::Subscript(parts) => {
                let (base, index) = &**parts;
                let base = self.evaluate(base)?;
                let literal = base.as_external().is_some_and(|name| {
                    matches!(name.as_str(), "typing.Literal" | "typing_extensions.Literal")
                });
                let index = match (&index.kind, literal) {
                    (_, true) => self.evaluate(index)?,
                    (ExprKind::Tuple(items), false) => {
                        let annotated = base.as_external().is_some_and(|name| {
                            matches!(name.as_str(), "typing.Annotated" | "typing_extensions.Annotated")
                        });
                        let mut values = Vec::with_capacity(items.len());
                        for (position, item) in items.iter().enumerate() {
                            // Metadata of Annotated are ordinary objects, their strings are not types.
                            let value = if annotated && position > 0 {
                                self.evaluate(item)?
                            } else {
                                self.evaluate_type(item)?
                            };
                            values.push(value);
                        }
                        Value::tuple(values)
                    }
                    (_, false) => self.evaluate_type(index)?,
                };
                let made = self.item(&base, &index, expression.span)?;
                Ok(self.remembered_subscription(expression, &base, &index, made))
            }
            ExprKind::Binary(BinaryOperator::BitOr, operands) => {
                let left = self.evaluate_type(&operands.0)?;
                let right = self.evaluate_type(&operands.1)?;
                Ok(Value::symbolic(Symbolic::Binary { operator: BinaryOperator::BitOr, left, right }))
            }
            ExprKind::List(items) => {
                let mut values = Vec::with_capacity(items.len());
                for item in items {
                    values.push(self.evaluate_type(item)?);
                }
                Ok(self.list(values))
            }
            _ => self.evaluate(expression),
        }
    }

    /// The expression in a text that stands for a type.
    pub(super) fn parsed_annotation(&mut self, text: &str, written: Option<&Expr>) -> Option<Arc<Expr>> {
        let span = written.map(|expression| expression.span).unwrap_or_default();
        let key = written.map(|expression| std::ptr::from_ref(expression) as usize);
        if let Some(parsed) = key.and_then(|key| self.annotation_cache.get(&key)) {
            return parsed.clone();
        }
        let parsed = crate::lower::lower_annotation_text(text, span).map(Arc::new);
        if let Some(key) = key {
            self.annotation_cache.insert(key, parsed.clone());
        }
        parsed
    }

    pub(super) fn evaluate_text(&mut self, text: &str, written: Option<&Expr>) -> Value {
        match self.parsed_annotation(text, written) {
            Some(expression) if !self.frames.is_empty() => {
                let value = self.evaluate_type(&expression);
                value.unwrap_or_else(|raised| {
                    Value::unknown("evaluating the annotation raises an exception", Some(raised.location))
                })
            }
            _ => Value::unknown(format!("the annotation `{text}` is not an expression"), None),
        }
    }
}

#[derive(Default)]
struct Produced {
    items: Vec<Value>,
    pairs: Vec<(Value, Value)>,
    incomplete: bool,
}

/// The dotted name without its last part.
pub(crate) fn parent_name(dotted: &str) -> &str {
    dotted.rsplit_once('.').map_or("", |(parent, _)| parent)
}
