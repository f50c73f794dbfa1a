//! What `typing` remembers. `Optional[...]`, `List[...]` and the like give back the object that an equal
//! subscription made before, and unions are equal whatever the order of their members: after
//! `Optional[Union[int, str]]`, `Optional[Union[str, int]]` is the former, in its order (CPython
//! `typing.py`, `_tp_cache`). Pydantic keeps that order, so it shows in schemas. Literals are equal in any order
//! too.
//!
//! The cache is one for all modules: `functools.lru_cache` with 128 places for special forms, and as many for
//! aliases of collections. Subscriptions are followed as they happen: where an expression is evaluated, where a
//! `def` or a class body has an annotation, and at the end of a model's class for what is evaluated late
//! (`from __future__ import annotations`, a whole annotation in quotes, Python 3.14). How much libraries
//! subscribe while they are imported is not known: whether an older entry is still there after that isn't,
//! either. That one of them writes the very union of the program, the other way round, is not expected.
//!
//! Annotations are evaluated again when somebody asks for them; they are then given what was found here. Those
//! that nobody evaluated in the order of the program (of libraries, of other classes in quotes) are gone through
//! in the order of their module when the first of them is asked for.

use super::type_equality::{Order, fingerprint, is_literal, same_type};
use super::{Interpreter, Mode};
use crate::ir::{BinaryOperator, Expr, ExprKind};
use crate::name::Name;
use crate::project::standard_library::is_standard_library;
use crate::value::*;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::VecDeque;

/// How many subscriptions `functools.lru_cache` remembers.
const REMEMBERED: usize = 128;

/// An expression in the scope in which it is evaluated.
type Place = (usize, ScopeId);

/// The subscriptions so far.
#[derive(Debug, Default)]
pub(crate) struct TypingCache {
    is_enabled: bool,
    /// Entries of `typing._SpecialForm`, the latest last.
    forms: VecDeque<Entry>,
    /// Entries of aliases of collections, the latest last.
    aliases: VecDeque<Entry>,
    /// Every order that a module has written, by fingerprint.
    written: FxHashMap<u64, Vec<Written>>,
    /// Which modules a module imports, where it is not known which of the program's modules is imported first.
    imports: Option<FxHashMap<ModuleId, FxHashSet<ModuleId>>>,
    /// Libraries that were imported so far.
    imported: FxHashSet<Name>,
    /// How often code ran whose subscriptions are not known.
    unknown: u32,
    /// Annotations that were evaluated in the order of the program.
    evaluated: FxHashSet<Place>,
    /// Subscriptions in annotations that give an older object in another order.
    replaced: FxHashMap<Place, Value>,
    /// Whether the annotation that is asked for was evaluated in the order of the program.
    in_order: bool,
    /// The subscriptions of each module that was not, the latest last.
    by_module: FxHashMap<ModuleId, Vec<Entry>>,
    prepared: FxHashSet<ModuleId>,
    /// Modules with `from __future__ import annotations`.
    late: FxHashSet<ModuleId>,
}

/// A subscription as a module has it.
#[derive(Debug)]
struct Written {
    alias: Name,
    index: Value,
    module: ModuleId,
}

impl Written {
    /// Whether it is equal to another, in another order.
    fn is_otherwise(&self, alias: Name, index: &Value) -> bool {
        self.alias == alias
            && same_type(&self.index, index, Order::Any)
            && !same_type(&self.index, index, Order::Written)
    }
}

/// What a subscription made.
#[derive(Debug, Clone)]
struct Entry {
    fingerprint: u64,
    alias: Name,
    index: Value,
    made: Value,
    /// [`TypingCache::unknown`] when it was last used.
    unknown: u32,
}

impl Interpreter<'_> {
    /// From now on subscriptions of `typing` are remembered as `typing` does.
    pub fn remember_subscriptions(&mut self) {
        self.typing_cache.is_enabled = true;
    }

    /// From now on several modules are evaluated for themselves: which of them the program imports first is
    /// not known.
    pub fn import_several(&mut self) {
        self.typing_cache.imports = Some(FxHashMap::default());
    }

    /// A module is evaluated that nobody imports: what others have subscribed is another program's.
    pub(super) fn begins_program(&mut self) {
        if self.typing_cache.imports.is_some() {
            self.typing_cache.forms.clear();
            self.typing_cache.aliases.clear();
        }
    }

    /// The module that runs imports another.
    pub(super) fn imports_module(&mut self, imported: ModuleId) {
        if let (Some(imports), Some(frame)) = (&mut self.typing_cache.imports, self.frames.last()) {
            imports.entry(frame.module).or_default().insert(imported);
        }
    }

    /// Whether modules of the same program have written a type in different orders, of which it is not known
    /// which came first.
    pub fn is_written_in_several_orders(&self, annotation: &Value) -> bool {
        let cache = &self.typing_cache;
        let Some(imports) = &cache.imports else { return false };
        let Some(Symbolic::Item { base, index }) = annotation.as_symbolic() else { return false };
        let Some(alias) = base.as_external() else { return false };
        let Some(written) = cache.written.get(&fingerprint(index)) else { return false };
        let others: Vec<ModuleId> = written
            .iter()
            .filter(|written| written.is_otherwise(alias, index))
            .map(|written| written.module)
            .collect();
        if others.is_empty() {
            return false;
        }
        let these: Vec<ModuleId> = written
            .iter()
            .filter(|written| written.alias == alias && same_type(&written.index, index, Order::Written))
            .map(|written| written.module)
            .collect();
        (0..self.modules.len()).any(|importer| {
            let all = imported_by(ModuleId(importer as u32), imports);
            these.iter().any(|this| {
                all.contains(this) && others.iter().any(|other| other != this && all.contains(other))
            })
        })
    }

    /// Whether code runs as it does when the program is imported, so that what it subscribes stays.
    fn subscribes(&self) -> bool {
        self.typing_cache.is_enabled && self.mode == Mode::Import && self.following.is_none()
    }

    /// The module that runs has `from __future__ import annotations`.
    pub(super) fn evaluates_annotations_late(&mut self) {
        if self.typing_cache.is_enabled {
            let module = self.frame().module;
            self.typing_cache.late.insert(module);
        }
    }

    /// A library is imported: the first time, its modules subscribe nobody knows what.
    pub(super) fn imports_library(&mut self, dotted: &str) {
        if self.subscribes()
            && !is_standard_library(dotted)
            && self.typing_cache.imported.insert(Name::from(dotted))
        {
            self.typing_cache.unknown += 1;
        }
    }

    /// An annotation that Python evaluates where it stands.
    pub(super) fn annotation_stands_here(&mut self, expression: &Expr) {
        if self.subscribes()
            && !matches!(expression.kind, ExprKind::Str(_))
            && !self.is_late(self.frame().module)
        {
            self.evaluate_in_order(expression);
        }
    }

    fn is_late(&self, module: ModuleId) -> bool {
        self.python >= (3, 14, 0) || self.typing_cache.late.contains(&module)
    }

    /// A class is complete: Pydantic evaluates what Python has not.
    pub(super) fn class_is_complete(&mut self, class: ObjectId) {
        if !self.subscribes() {
            return;
        }
        let Some(object) = self.class(class) else { return };
        let is_model = object.mro.iter().any(|base| {
            base.as_external()
                .is_some_and(|name| name.starts_with("pydantic.") || name.starts_with("sqlmodel."))
        });
        if !is_model {
            return;
        }
        let annotations: Vec<Annotation> =
            object.annotations.values().map(|(annotation, _)| annotation.clone()).collect();
        for annotation in annotations {
            let Annotation::Written { expression, scope, module } = annotation else { continue };
            let is_text = matches!(expression.kind, ExprKind::Str(_));
            if is_text || self.is_late(module) {
                self.in_frame(scope, module, |interpreter| interpreter.evaluate_in_order(&expression));
            }
        }
    }

    fn evaluate_in_order(&mut self, expression: &Expr) {
        let place = place(expression, self.frame().scope);
        let notes = self.notes.len();
        let parsed = match &expression.kind {
            ExprKind::Str(text) => self.parsed_annotation(text, Some(expression)),
            _ => None,
        };
        self.subscribed(parsed.as_deref().unwrap_or(expression));
        self.notes.truncate(notes);
        self.typing_cache.evaluated.insert(place);
    }

    /// The type that an expression gives, as far as it matters for what is equal. Nothing where it can't be
    /// equal to another, or where finding out would run code of the program again.
    fn subscribed(&mut self, expression: &Expr) -> Option<Value> {
        match &expression.kind {
            ExprKind::Name(_) | ExprKind::Attribute(..) => {
                let value = if is_path(expression) { self.evaluate(expression).ok()? } else { return None };
                (!value.is_unknown()).then_some(value)
            }
            ExprKind::None | ExprKind::Ellipsis | ExprKind::Str(_) => self.evaluate(expression).ok(),
            ExprKind::Tuple(items) => {
                let items: Vec<Option<Value>> = items.iter().map(|item| self.subscribed(item)).collect();
                Some(Value::tuple(items.into_iter().collect::<Option<Vec<Value>>>()?))
            }
            ExprKind::Binary(BinaryOperator::BitOr, operands) => {
                let (left, right) = (self.subscribed(&operands.0), self.subscribed(&operands.1));
                Some(Value::symbolic(Symbolic::Binary {
                    operator: BinaryOperator::BitOr,
                    left: left?,
                    right: right?,
                }))
            }
            ExprKind::Subscript(parts) => {
                let base = self.subscribed(&parts.0)?;
                let name = base.as_external();
                let index = match name.as_deref().and_then(|name| name.rsplit_once('.')) {
                    Some(("typing" | "typing_extensions", "Annotated")) => {
                        if let ExprKind::Tuple(items) = &parts.1.kind
                            && let Some(first) = items.first()
                        {
                            self.subscribed(first);
                        }
                        None
                    }
                    Some(("typing" | "typing_extensions", "Literal")) => self.constants(&parts.1),
                    _ => self.subscribed(&parts.1),
                };
                let Some(index) = index else {
                    self.takes_a_place(&base);
                    return None;
                };
                let made = Value::symbolic(Symbolic::Item { base: base.clone(), index: index.clone() });
                let result = self.remembered_in_program(&base, &index, made.clone());
                if self.undecided_order(&result).is_some() || !same_type(&result, &made, Order::Written) {
                    let place = place(expression, self.frame().scope);
                    self.typing_cache.replaced.insert(place, result.clone());
                }
                Some(result)
            }
            _ => None,
        }
    }

    /// The values of a literal that is written with constants and names.
    fn constants(&mut self, expression: &Expr) -> Option<Value> {
        let items = match &expression.kind {
            ExprKind::Tuple(items) => &items[..],
            _ => std::slice::from_ref(expression),
        };
        let mut values = Vec::with_capacity(items.len());
        for item in items {
            let is_constant = matches!(
                item.kind,
                ExprKind::Str(_)
                    | ExprKind::Int(_)
                    | ExprKind::Bool(_)
                    | ExprKind::Bytes(_)
                    | ExprKind::None
                    | ExprKind::Unary(..)
            );
            if !is_constant && !is_path(item) {
                return None;
            }
            values.push(self.evaluate(item).ok().filter(|value| !value.is_unknown())?);
        }
        Some(match &expression.kind {
            ExprKind::Tuple(_) => Value::tuple(values),
            _ => values.pop()?,
        })
    }

    /// What a subscription in an expression of the program gives: the object that an equal one made before.
    pub(super) fn remembered_in_program(&mut self, base: &Value, index: &Value, made: Value) -> Value {
        if !self.subscribes() {
            return made;
        }
        let Some(alias) = base.as_external().filter(|name| self.remembers(name)) else { return made };
        let is_optional = alias == "typing.Optional" && self.python < (3, 14, 0);
        if is_optional && self.found(alias, index).is_none() {
            // `Optional[X]` asks for `Union[X, None]` first.
            let pair = Value::tuple(vec![index.clone(), Value::external("builtins.NoneType")]);
            let union = Value::external("typing.Union");
            let inner = self.remembered_in_program(&union, &pair, made.clone());
            return self.remember(alias, index, inner);
        }
        self.remember(alias, index, made)
    }

    fn found(&self, alias: Name, index: &Value) -> Option<usize> {
        let fingerprint = fingerprint(index);
        let entries =
            if is_special_form(&alias) { &self.typing_cache.forms } else { &self.typing_cache.aliases };
        entries.iter().position(|entry| {
            entry.fingerprint == fingerprint
                && entry.alias == alias
                && same_type(&entry.index, index, Order::Any)
        })
    }

    fn remember(&mut self, alias: Name, index: &Value, made: Value) -> Value {
        let found = self.found(alias, index);
        let module = self.frame().module;
        let fingerprint = fingerprint(index);
        let cache = &mut self.typing_cache;
        let written = cache.written.entry(fingerprint).or_default();
        let is_written = |written: &Written| {
            written.alias == alias
                && written.module == module
                && same_type(&written.index, index, Order::Written)
        };
        if !written.iter().any(is_written) {
            written.push(Written { alias, index: index.clone(), module });
        }
        let unknown = cache.unknown;
        let entries = if is_special_form(&alias) { &mut cache.forms } else { &mut cache.aliases };
        let mut undecided = false;
        let mut entry = match found.and_then(|position| entries.remove(position)) {
            Some(entry) => {
                // What libraries have subscribed since may have taken its place.
                undecided = entry.unknown != unknown && !same_type(&entry.made, &made, Order::Written);
                entry
            }
            None => Entry { fingerprint, alias, index: index.clone(), made, unknown },
        };
        entry.unknown = unknown;
        if undecided {
            entry.made = self.in_undecided_order(entry.made);
        }
        let result = entry.made.clone();
        self.put(entry);
        result
    }

    fn put(&mut self, entry: Entry) {
        let cache = &mut self.typing_cache;
        let entries = if is_special_form(&entry.alias) { &mut cache.forms } else { &mut cache.aliases };
        entries.push_back(entry);
        if entries.len() > REMEMBERED {
            entries.pop_front();
        }
    }

    /// A subscription whose arguments are equal to no others.
    fn takes_a_place(&mut self, base: &Value) {
        let Some(alias) = base.as_external().filter(|name| self.remembers(name)) else { return };
        let index = Value::unknown("nothing is equal to it", None);
        let unknown = self.typing_cache.unknown;
        // Nothing is equal to what is unknown but itself.
        self.put(Entry { fingerprint: u64::MAX, alias, index: index.clone(), made: index, unknown });
    }

    fn in_undecided_order(&mut self, mut made: Value) -> Value {
        let order = self.configurable("the order of the members of an equal union in another module");
        self.undecided_orders.extend(order);
        made.rest_on(order);
        made
    }

    /// Evaluates an annotation that was asked for with what was found about its place in the program.
    pub(super) fn with_its_subscriptions<T>(
        &mut self,
        expression: &Expr,
        scope: ScopeId,
        module: ModuleId,
        evaluate: impl FnOnce(&mut Self) -> T,
    ) -> T {
        if !self.typing_cache.is_enabled {
            return evaluate(self);
        }
        let in_order = self.typing_cache.evaluated.contains(&place(expression, scope));
        if !in_order {
            self.prepare_subscriptions(module);
        }
        let around = std::mem::replace(&mut self.typing_cache.in_order, in_order);
        let result = evaluate(self);
        self.typing_cache.in_order = around;
        result
    }

    /// Goes through the annotations of a module's classes in order, once.
    fn prepare_subscriptions(&mut self, module: ModuleId) {
        if !self.typing_cache.prepared.insert(module) {
            return;
        }
        let classes: Vec<ObjectId> = self
            .classes()
            .iter()
            .copied()
            .filter(|id| self.class(*id).is_some_and(|class| class.module == module))
            .collect();
        for id in classes {
            let written: Vec<Annotation> = match self.class(id) {
                Some(class) => class.annotations.values().map(|(annotation, _)| annotation.clone()).collect(),
                None => continue,
            };
            for annotation in written {
                self.annotation_as_written(&annotation);
            }
        }
    }

    /// What a subscription in an annotation gives that somebody asks for.
    pub(super) fn remembered_subscription(
        &mut self,
        expression: &Expr,
        base: &Value,
        index: &Value,
        made: Value,
    ) -> Value {
        if !self.typing_cache.is_enabled {
            return made;
        }
        if self.typing_cache.in_order {
            let place = place(expression, self.frame().scope);
            return match self.typing_cache.replaced.get(&place).cloned() {
                Some(older) => self.with_texts_as_types(&older),
                None => made,
            };
        }
        let Some(alias) = base.as_external().filter(|name| self.remembers(name)) else { return made };
        let module = self.frame().module;
        let fingerprint = fingerprint(index);
        let known = self.typing_cache.by_module.entry(module).or_default();
        let before = known.iter().position(|entry| {
            entry.fingerprint == fingerprint
                && entry.alias == alias
                && same_type(&entry.index, index, Order::Any)
        });
        let entry = match before {
            Some(position) => known.remove(position),
            None => Entry { fingerprint, alias, index: index.clone(), made, unknown: 0 },
        };
        let result = entry.made.clone();
        let kept = entry.index.clone();
        known.push(entry);
        if known.len() > REMEMBERED {
            known.remove(0);
        }
        let others = self.typing_cache.written.get(&fingerprint);
        let differs =
            others.is_some_and(|written| written.iter().any(|written| written.is_otherwise(alias, &kept)));
        if differs { self.in_undecided_order(result) } else { result }
    }

    /// A type in which names in quotes are the types that they name.
    fn with_texts_as_types(&mut self, value: &Value) -> Value {
        let mut result = match value.kind() {
            Kind::Str(text) => {
                let text = Text::clone(text);
                return self.evaluate_text(&text, None);
            }
            Kind::Tuple(items) => {
                let items = StrongRc::clone(items);
                Value::tuple(items.iter().map(|item| self.with_texts_as_types(item)).collect::<Vec<_>>())
            }
            Kind::Symbolic(_) => match value.as_symbolic() {
                Some(Symbolic::Item { base, index }) if !is_literal(base) => {
                    let index = self.with_texts_as_types(index);
                    Value::symbolic(Symbolic::Item { base: base.clone(), index })
                }
                Some(Symbolic::Binary { operator, left, right }) => {
                    let (left, right) = (self.with_texts_as_types(left), self.with_texts_as_types(right));
                    Value::symbolic(Symbolic::Binary { operator: *operator, left, right })
                }
                _ => value.clone(),
            },
            _ => value.clone(),
        };
        result.rest_on(value.configurable());
        result
    }

    /// Whether subscriptions of a name of `typing` are remembered.
    fn remembers(&self, name: &str) -> bool {
        name.strip_prefix("typing.").is_some_and(|name| {
            name.starts_with(|first: char| first.is_uppercase())
                && !matches!(name, "Annotated" | "Literal" | "Generic" | "Protocol")
                // Since Python 3.14 it is the class of `X | Y`.
                && (name != "Union" || self.python < (3, 14, 0))
        })
    }
}

fn place(expression: &Expr, scope: ScopeId) -> Place {
    (std::ptr::from_ref(expression) as usize, scope)
}

/// A module and all that it imports, whether itself or through others.
fn imported_by(module: ModuleId, imports: &FxHashMap<ModuleId, FxHashSet<ModuleId>>) -> FxHashSet<ModuleId> {
    let mut all = FxHashSet::default();
    let mut waiting = vec![module];
    while let Some(module) = waiting.pop() {
        if all.insert(module) {
            waiting.extend(imports.get(&module).into_iter().flatten().copied());
        }
    }
    all
}

/// A dotted name.
fn is_path(expression: &Expr) -> bool {
    match &expression.kind {
        ExprKind::Name(_) => true,
        ExprKind::Attribute(attribute) => {
            let (base, _) = attribute.parts();
            is_path(base)
        }
        _ => false,
    }
}

/// Special forms share one cache, whatever they are.
fn is_special_form(alias: &str) -> bool {
    matches!(
        alias,
        "typing.Union"
            | "typing.Optional"
            | "typing.ClassVar"
            | "typing.Final"
            | "typing.Required"
            | "typing.NotRequired"
            | "typing.ReadOnly"
            | "typing.TypeGuard"
            | "typing.TypeIs"
            | "typing.Unpack"
            | "typing.Concatenate"
    )
}
