//! Binding and unbinding of targets.

use super::{Interpreter, Raised};
use crate::ir::*;
use crate::value::*;

impl Interpreter<'_> {
    /// Binds a target of an assignment.
    pub(crate) fn assign(&mut self, target: &Expr, value: Value) -> Result<(), Box<Raised>> {
        match &target.kind {
            ExprKind::Name(name) => {
                if let Some(class) = self.frame().class_body {
                    let location = self.here(target.span);
                    if let Object::Class(class) = self.object_mut(class) {
                        class.assignments.insert(*name, location);
                    }
                }
                self.bind(*name, value);
            }
            ExprKind::Attribute(attribute) => {
                let (base, name) = attribute.parts();
                let base = self.evaluate(base)?;
                self.record_store(&base, *name, &value, target.span);
                self.set_attribute(&base, *name, value);
            }
            ExprKind::Subscript(parts) => {
                let base = self.evaluate(&parts.0)?;
                let index = self.evaluate(&parts.1)?;
                self.record_item_store(&base, &index, &value, target.span);
                self.set_item(&base, index, value);
            }
            ExprKind::Tuple(targets) | ExprKind::List(targets) => {
                let items = self.elements(&value);
                let star = targets.iter().position(|target| matches!(target.kind, ExprKind::Starred(_)));
                for (position, target) in targets.iter().enumerate() {
                    let (target, item) = match (&target.kind, &items, star) {
                        (ExprKind::Starred(inner), Some(items), _) => {
                            let behind = targets.len() - position - 1;
                            let end = items.len().saturating_sub(behind).max(position.min(items.len()));
                            let middle = items.get(position..end).map(<[Value]>::to_vec).unwrap_or_default();
                            (inner.as_ref(), self.list(middle))
                        }
                        (ExprKind::Starred(inner), None, _) => (inner.as_ref(), self.element_of(&value)),
                        (_, Some(items), Some(star)) if position > star => {
                            let from_end = targets.len() - position;
                            let item =
                                items.len().checked_sub(from_end).and_then(|index| items.get(index).cloned());
                            (target, item.unwrap_or(Value::NONE))
                        }
                        (_, Some(items), _) => (
                            target,
                            items.get(position).cloned().unwrap_or_else(|| {
                                Value::unknown("there are fewer values than targets", None)
                            }),
                        ),
                        (_, None, _) => {
                            let item = Value::symbolic(Symbolic::Item {
                                base: value.clone(),
                                index: Value::int(position as i64),
                            });
                            (target, self.unpacked(&value, position).unwrap_or(item))
                        }
                    };
                    self.assign(target, item)?;
                }
            }
            ExprKind::Starred(inner) => self.assign(inner, value)?,
            _ => {}
        }
        Ok(())
    }

    pub(crate) fn delete(&mut self, target: &Expr) -> Result<(), Box<Raised>> {
        match &target.kind {
            ExprKind::Name(name) => self.unbind(*name),
            ExprKind::Attribute(attribute) => {
                let (base, name) = attribute.parts();
                let base = self.evaluate(base)?;
                if let Kind::Instance(id) = *base.kind()
                    && let Some(instance) = self.instance_mut(id)
                {
                    instance.attributes.shift_remove(name);
                }
            }
            ExprKind::Subscript(parts) => {
                let base = self.evaluate(&parts.0)?;
                let index = self.evaluate(&parts.1)?;
                if let (Kind::Dict(id), Some(key)) = (base.kind(), index.key())
                    && let Object::Dict(dict) = self.object_mut(*id)
                {
                    dict.entries.shift_remove(&key);
                    self.unbind_in_namespace(*id, &index);
                } else if let Kind::List(id) = *base.kind() {
                    self.delete_item(id, &index);
                }
                if matches!(base.kind(), Kind::Instance(_)) {
                    let _ = self.standard_operator(&base, "__delitem__", vec![index], target.span);
                }
            }
            ExprKind::Tuple(targets) | ExprKind::List(targets) => {
                for target in targets {
                    self.delete(target)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// `del items[index]`; with an index that is not known the list loses something that is not known.
    fn delete_item(&mut self, list: ObjectId, index: &Value) {
        let Object::List(list) = self.object_mut(list) else { return };
        let place = index.as_int().and_then(|index| {
            let length = list.items.len() as i64;
            let index = if index < 0 { index.saturating_add(length) } else { index };
            usize::try_from(index).ok().filter(|index| *index < list.items.len())
        });
        match place {
            // Behind what is not known of a list, places count differently.
            Some(place) if !list.incomplete => {
                list.items.remove(place);
            }
            _ => list.incomplete = true,
        }
    }
}
