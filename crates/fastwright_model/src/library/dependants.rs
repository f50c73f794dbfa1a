//! FastAPI's own functions over dependencies, for programs that ask them which parameters a callable takes
//! (FastAPI 0.165 `dependencies/utils.py`, `dependencies/models.py`, `openapi/utils.py`).
//!
//! They give objects with what such programs look at: lists of parameters with their names. What a parameter
//! says in the document is found by whoever writes that, from the callable that a parameter remembers.

use crate::application::ParameterPlace;
use crate::dependant::{Dependant, DependantBuilder, DependantKind};
use fastwright_python::interpreter::{Evaluated, Interpreter};
use fastwright_python::location::Location;
use fastwright_python::name::Name;
use fastwright_python::value::*;

const DEPENDANT: &str = "fastapi.dependencies.models.Dependant";
const FIELD: &str = "fastapi._compat.v2.ModelField";
/// The class of what `_get_openapi_dependency_data` gives.
pub const DEPENDENCY_DATA: &str = "fastapi.openapi.utils._OpenAPIDependencyData";
/// Attribute of a parameter: the callable that takes it.
pub const TAKEN_BY: &str = "fastwright taken by";
/// The lists of parameters of a dependant, in the order of the document.
pub const PARAMETER_LISTS: [(&str, ParameterPlace); 4] = [
    ("path_params", ParameterPlace::Path),
    ("query_params", ParameterPlace::Query),
    ("header_params", ParameterPlace::Header),
    ("cookie_params", ParameterPlace::Cookie),
];

pub(super) fn call(
    interpreter: &mut Interpreter<'_>,
    callee: &str,
    arguments: &Arguments,
    site: Location,
) -> Option<Evaluated> {
    if arguments.incomplete {
        return None;
    }
    Some(Ok(match callee {
        "fastapi.dependencies.utils.get_dependant" => {
            let call = arguments.keyword("call")?.clone();
            let path = arguments.keyword("path")?.as_str()?.to_owned();
            let tree = DependantBuilder::new(interpreter, &path).callable(&call, site);
            dependant_object(interpreter, &tree, site)?
        }
        DEPENDANT => {
            let given: Vec<(&str, Value)> =
                arguments.keywords.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
            let lists = PARAMETER_LISTS.iter().map(|(list, _)| *list).chain(["body_params", "dependencies"]);
            let mut parts: Vec<(&str, Value)> = Vec::new();
            for list in lists {
                if !given.iter().any(|(name, _)| *name == list) {
                    parts.push((list, interpreter.list(Vec::new())));
                }
            }
            object(interpreter, DEPENDANT, given.into_iter().chain(parts), site)
        }
        "fastapi.dependencies.utils.get_flat_params" => {
            let lists = flat_parameters(interpreter, &arguments.get(0, "dependant")?.clone())?;
            let all = lists.into_iter().flat_map(|(_, fields)| fields).collect();
            interpreter.list(all)
        }
        "fastapi.openapi.utils._get_openapi_dependency_data" => {
            let lists = flat_parameters(interpreter, &arguments.get(0, "dependant")?.clone())?;
            let mut parts = Vec::new();
            for (name, fields) in lists {
                parts.push((name, interpreter.list(fields)));
            }
            object(interpreter, DEPENDENCY_DATA, parts, site)
        }
        _ => return None,
    }))
}

/// A tree as objects; nothing where the code of a callable in it is not known.
fn dependant_object(interpreter: &mut Interpreter<'_>, tree: &Dependant, site: Location) -> Option<Value> {
    if tree.kind == DependantKind::Opaque {
        return None;
    }
    let mut parts = vec![("call", tree.call.clone())];
    for (list, place) in PARAMETER_LISTS {
        let mut fields = Vec::new();
        for parameter in tree.parameters.iter().filter(|parameter| parameter.place == place) {
            let name = Value::str(&parameter.name);
            fields.push(object(interpreter, FIELD, [("name", name), (TAKEN_BY, tree.call.clone())], site));
        }
        parts.push((list, interpreter.list(fields)));
    }
    let dependencies: Option<Vec<Value>> =
        tree.dependencies.iter().map(|inner| dependant_object(interpreter, inner, site)).collect();
    parts.push(("dependencies", interpreter.list(dependencies?)));
    Some(object(interpreter, DEPENDANT, parts, site))
}

fn object<'n>(
    interpreter: &mut Interpreter<'_>,
    class: &str,
    attributes: impl IntoIterator<Item = (&'n str, Value)>,
    site: Location,
) -> Value {
    let id = interpreter.new_instance(Value::external(class), Arguments::default(), site);
    if let Some(instance) = interpreter.instance_mut(id) {
        instance.attributes.extend(attributes.into_iter().map(|(name, value)| (Name::from(name), value)));
    }
    Kind::Instance(id).into()
}

/// The parameters of a dependant and of those below it, each callable once: `get_flat_dependant`.
fn flat_parameters(
    interpreter: &mut Interpreter<'_>,
    dependant: &Value,
) -> Option<Vec<(&'static str, Vec<Value>)>> {
    let mut lists: Vec<(&'static str, Vec<Value>)> =
        PARAMETER_LISTS.iter().map(|(list, _)| (*list, Vec::new())).collect();
    let mut visited: Vec<Value> = Vec::new();
    let mut waiting = vec![dependant.clone()];
    while let Some(current) = waiting.pop() {
        let Kind::Instance(id) = *current.kind() else { return None };
        let instance = interpreter.instance(id)?;
        if instance.class.as_external()? != DEPENDANT {
            return None;
        }
        let attributes = instance.attributes.clone();
        let attribute = |name: &str| attributes.get(&Name::from(name)).cloned();
        if let Some(call) = attribute("call") {
            if visited.iter().any(|known| known.same(&call)) {
                continue;
            }
            visited.push(call);
        }
        for (list, found) in &mut lists {
            found.extend(exact_list(interpreter, &attribute(list)?)?);
        }
        waiting.extend(exact_list(interpreter, &attribute("dependencies")?)?.into_iter().rev());
    }
    Some(lists)
}

/// The elements of a list that are all known.
pub fn exact_list(interpreter: &Interpreter<'_>, value: &Value) -> Option<Vec<Value>> {
    let Kind::List(id) = *value.kind() else { return None };
    match interpreter.object(id) {
        Object::List(list) if !list.incomplete => Some(list.items.clone()),
        _ => None,
    }
}
