//! Parameters of dependencies that the program puts into the document itself, with FastAPI's own functions:
//! `_get_openapi_operation_parameters(...)` in `openapi_extra=` (FastAPI 0.165 `openapi/utils.py`).

use super::builder::Builder;
use super::dependencies::Dependant;
use super::fields::ModelField;
use super::operations::Operations;
use super::parameter_models::ParameterGroup;
use crate::json::Json;
use fastwright_model::library::dependants::{DEPENDENCY_DATA, PARAMETER_LISTS, TAKEN_BY, exact_list};
use fastwright_python::name::Name;
use fastwright_python::value::*;

/// The function that such programs call.
const FUNCTION: &str = "fastapi.openapi.utils._get_openapi_operation_parameters";

impl Builder<'_, '_, '_> {
    /// What the call gives, where it is one and all parameters are known.
    pub(super) fn borrowed_parameters(&mut self, callee: &Value, arguments: &Arguments) -> Option<Vec<Json>> {
        if callee.as_external()? != FUNCTION || arguments.incomplete || !arguments.positional.is_empty() {
            return None;
        }
        let plain = arguments.keywords.iter().all(|(name, value)| match name.as_str() {
            "dependency_data" => true,
            "field_mapping" => made_with(value, ".get_definitions"),
            "model_name_map" => made_with(value, ".get_model_name_map"),
            _ => false,
        });
        if !plain || arguments.keywords.len() != 3 {
            return None;
        }
        let data = arguments.keyword("dependency_data")?;
        let mut groups = Vec::new();
        let mut trees: Vec<(Value, Dependant)> = Vec::new();
        for (list, place) in PARAMETER_LISTS {
            for parameter in self.parameters_in(data, list)? {
                let (call, name) = parameter;
                let field = self.parameter_of(&call, name, &mut trees)?;
                let group = self.parameter_group(place, &field, false);
                // Fields of a model have no schema in this mapping: FastAPI fails.
                if group.fields.len() != 1 || group.fields[0].id != field.id {
                    return None;
                }
                groups.push(group);
            }
        }
        let fields = groups.iter().flat_map(|group: &ParameterGroup| &group.fields).collect();
        let (schemas, _) = self.definitions_of(fields, true);
        let parameters = Operations::new(schemas).each_parameter(self, &groups);
        Some(parameters.into_iter().map(|(_, parameter)| parameter).collect())
    }

    /// The callables and names of the parameters in a list of the data.
    fn parameters_in(&mut self, data: &Value, list: &str) -> Option<Vec<(Value, Name)>> {
        let attribute = |builder: &Self, object: &Value, name: &str, class: Option<&str>| {
            let Kind::Instance(id) = *object.kind() else { return None };
            let instance = builder.context.interpreter.instance(id)?;
            if let Some(class) = class
                && instance.class.as_external()? != class
            {
                return None;
            }
            instance.attributes.get(&Name::from(name)).cloned()
        };
        let items = attribute(self, data, list, Some(DEPENDENCY_DATA))?;
        let items = exact_list(self.context.interpreter, &items)?;
        let mut found = Vec::with_capacity(items.len());
        for item in items {
            let name = attribute(self, &item, "name", None)?;
            found.push((attribute(self, &item, TAKEN_BY, None)?, Name::from(name.as_str()?)));
        }
        Some(found)
    }

    /// A parameter of a callable as a field.
    fn parameter_of(
        &mut self,
        call: &Value,
        name: Name,
        trees: &mut Vec<(Value, Dependant)>,
    ) -> Option<ModelField> {
        let known = trees.iter().position(|(known, _)| known.same(call));
        let position = known.unwrap_or_else(|| {
            let tree = self.callable_dependant(call);
            trees.push((call.clone(), tree));
            trees.len() - 1
        });
        let tree = &trees[position].1;
        let all = [&tree.path, &tree.query, &tree.header, &tree.cookie].into_iter().flatten();
        all.into_iter().find(|field| field.name == name).cloned()
    }
}

/// Whether a value is what a function of FastAPI gave, or a part of that.
fn made_with(value: &Value, function: &str) -> bool {
    match value.as_symbolic() {
        Some(Symbolic::Item { base, .. }) => made_with(base, function),
        Some(Symbolic::Call { callee, .. }) => callee
            .as_external()
            .is_some_and(|callee| callee.starts_with("fastapi._compat") && callee.ends_with(function)),
        _ => false,
    }
}
