//! The values that an object of a Pydantic class has after `BaseModel.__init__` (Pydantic 2.14 `main.py`,
//! pydantic-settings 2.16).

use super::pydantic::SETTINGS;
use super::settings::{set_by_variable, setting};
use crate::registry::Registry;
use fastwright_python::interpreter::{FieldDefault, Interpreter, declared_default};
use fastwright_python::location::Location;
use fastwright_python::name::Name;
use fastwright_python::value::*;
use std::rc::Rc;

/// What the classes of an object say about its fields. Programs that ask for their settings wherever they need one
/// make the same hundreds of them over and over.
#[derive(Debug)]
pub(crate) struct FieldPlan {
    /// The classes that it was made from, with when each was last changed.
    made_from: Box<[(ObjectId, u64)]>,
    fields: Box<[PlannedField]>,
}

#[derive(Debug)]
struct PlannedField {
    name: Name,
    /// What the class assigns to it.
    written: Option<Value>,
    /// The default, where all objects have the same.
    shared: Option<Value>,
    /// The setting that it is, in a settings class.
    setting: Option<ConfigurableId>,
}

/// The fields of an object of a model that is made from these arguments, with their values.
pub(super) fn values(
    interpreter: &mut Interpreter<'_>,
    receiver: &Value,
    arguments: &Arguments,
    site: Location,
) -> Option<Vec<(Name, Value)>> {
    let class = interpreter.class_of(receiver)?;
    let plan = plan(interpreter, &class);
    let may_be_set = !interpreter.variables().is_empty();
    let mut values = Vec::with_capacity(plan.fields.len());
    for field in &plan.fields {
        let name = field.name;
        let root = arguments.positional.first().filter(|_| name == "root");
        if let Some(value) = arguments.keyword(&name).or(root) {
            values.push((name, value.clone()));
            continue;
        }
        if let Some(shared) = field.shared.as_ref().filter(|_| !may_be_set) {
            values.push((name, shared.clone()));
            continue;
        }
        let value = match (set_by_variable(interpreter, &class, name, field.written.as_ref()), &field.written)
        {
            (Some(value), _) => value,
            // Each object gets a default of its own.
            (None, Some(default)) => match interpreter.field_default(default, site.span) {
                Ok(value) => interpreter.copied_collections(&value),
                Err(_) => continue,
            },
            (None, None) => Value::unknown(format!("the setting `{name}` has no default"), Some(site)),
        };
        if field.setting.is_some() || !value.is_unknown() {
            values.push((name, value.with_configurable(field.setting)));
        }
    }
    Some(values)
}

fn plan(interpreter: &mut Interpreter<'_>, class: &Value) -> Rc<FieldPlan> {
    let order = interpreter.class_order(class);
    let Kind::Class(id) = *class.kind() else { return Rc::new(FieldPlan::make(interpreter, class, &order)) };
    let known = interpreter.extension::<Registry>().field_plans.get(&id);
    if let Some(known) = known.filter(|plan| plan.holds(interpreter, &order)) {
        return Rc::clone(known);
    }
    let plan = Rc::new(FieldPlan::make(interpreter, class, &order));
    interpreter.extension_mut::<Registry>().field_plans.insert(id, Rc::clone(&plan));
    plan
}

/// The classes of the program among those that attributes are looked up in, the most basic one first, with when each
/// was last changed.
fn own_classes(interpreter: &Interpreter<'_>, order: &[Value]) -> impl Iterator<Item = (ObjectId, u64)> {
    order.iter().rev().filter_map(|class| match *class.kind() {
        Kind::Class(id) => Some((id, interpreter.class(id)?.changed)),
        _ => None,
    })
}

impl FieldPlan {
    fn holds(&self, interpreter: &Interpreter<'_>, order: &[Value]) -> bool {
        own_classes(interpreter, order).eq(self.made_from.iter().copied())
    }

    fn make(interpreter: &mut Interpreter<'_>, class: &Value, order: &[Value]) -> Self {
        let is_settings = interpreter.derives_from(class, SETTINGS);
        let made_from: Box<[(ObjectId, u64)]> = own_classes(interpreter, order).collect();
        let mut written: OrderedMap<Name, Option<Value>> = OrderedMap::default();
        for object in made_from.iter().filter_map(|(id, _)| interpreter.class(*id)) {
            for name in object.annotations.keys() {
                written.insert(*name, object.attributes.get(name).cloned());
            }
        }
        let fields = written
            .into_iter()
            .map(|(name, written)| {
                let setting = if is_settings { setting(interpreter, class, name) } else { None };
                let shared = written.as_ref().and_then(shared).map(|value| value.with_configurable(setting));
                PlannedField { name, written, shared, setting }
            })
            .collect();
        Self { made_from, fields }
    }
}

/// The default that a class assigns to a field, where it is the same for all objects: collections are copied for each,
/// and what is not known says for which object it is not.
fn shared(written: &Value) -> Option<Value> {
    let FieldDefault::Value(default) = declared_default(written) else { return None };
    let differs =
        matches!(default.kind(), Kind::List(_) | Kind::Set(_) | Kind::Dict(_)) || default.is_unknown();
    (!differs).then(|| default.clone())
}
