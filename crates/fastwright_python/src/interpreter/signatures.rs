//! `inspect.signature` and the objects it hands out: programs copy signatures, change them and set them on
//! functions, and FastAPI reads what is set.

use super::{Evaluated, Interpreter};
use crate::ir::{Expr, ParameterKind};
use crate::location::Span;
use crate::name::Name;
use crate::value::*;
use std::rc::Rc;
use std::sync::Arc;

const SIGNATURE: &str = "inspect.Signature";
const PARAMETER: &str = "inspect.Parameter";

/// A parameter of a signature that the program has made.
#[derive(Debug, Clone)]
pub struct ShownParameter {
    /// Its name.
    pub name: Name,
    /// Its annotation, when it has one.
    pub annotation: Option<Value>,
    /// Its default, when it has one.
    pub default: Option<Value>,
}

impl Interpreter<'_> {
    /// Calls of `inspect.signature`, `inspect.Signature` and `inspect.Parameter`.
    pub(super) fn signature_call(
        &mut self,
        name: &str,
        arguments: &Arguments,
        span: Span,
    ) -> Option<Evaluated> {
        Some(Ok(match name {
            "inspect.signature" => {
                let callable = arguments.get(0, "obj")?.clone();
                self.signature_of(&callable, span)?
            }
            SIGNATURE => {
                let parameters = match arguments.get(0, "parameters").filter(|given| !given.is_none()) {
                    Some(given) => self.elements(&given.clone())?,
                    None => Vec::new(),
                };
                let returns = arguments.keyword("return_annotation").cloned();
                self.signature_object(parameters, returns, span)
            }
            PARAMETER => {
                let name = arguments.get(0, "name")?.clone();
                let kind = arguments.get(1, "kind").cloned();
                let kind = kind.unwrap_or_else(|| Value::external("inspect.Parameter.POSITIONAL_OR_KEYWORD"));
                let given = |name: &str| arguments.keyword(name).cloned().unwrap_or_else(empty);
                self.parameter_object(name, kind, given("default"), given("annotation"), span)
            }
            _ => return None,
        }))
    }

    /// `replace(...)` of signatures and parameters: a copy with some parts changed.
    pub(super) fn signature_method(
        &mut self,
        owner: &str,
        name: &str,
        receiver: &Value,
        arguments: &Arguments,
        span: Span,
    ) -> Option<Evaluated> {
        if name != "replace" {
            return None;
        }
        let Kind::Instance(id) = *receiver.kind() else { return None };
        let known = self.instance(id)?.attributes.clone();
        let part = |name: &str| {
            arguments.keyword(name).or_else(|| known.get(&Name::from(name))).cloned().unwrap_or_else(empty)
        };
        Some(Ok(match owner {
            SIGNATURE => {
                let parameters = match arguments.keyword("parameters") {
                    Some(given) => self.elements(&given.clone())?,
                    None => self.parameter_objects(receiver)?,
                };
                self.signature_object(parameters, Some(part("return_annotation")), span)
            }
            PARAMETER => {
                self.parameter_object(part("name"), part("kind"), part("default"), part("annotation"), span)
            }
            _ => return None,
        }))
    }

    /// The signature of a callable: one that is set on it, else that of its definition.
    fn signature_of(&mut self, callable: &Value, span: Span) -> Option<Value> {
        if matches!(callable.kind(), Kind::Class(_)) {
            return self.signature_of_class(callable, span);
        }
        let function = self.plain_function(callable)?;
        if let Some(set) =
            self.function_set_attribute(&function, "__signature__").filter(|set| !set.is_none())
        {
            return Some(set.clone());
        }
        let wrapped = self.function_set_attribute(&function, "__wrapped__").cloned();
        if let Some(wrapped) = wrapped.filter(|wrapped| !wrapped.is_none() && !wrapped.same(callable)) {
            return self.signature_of(&wrapped, span);
        }
        let skip = usize::from(matches!(callable.kind(), Kind::Method(_)));
        let parameters = self.parameters_of(&function, skip, span);
        let returns = function.definition.returns.clone().map(|expression| {
            self.evaluate_annotation(&Annotation::Written {
                expression,
                scope: function.scope,
                module: function.module,
            })
        });
        Some(self.signature_object(parameters, returns, span))
    }

    /// The signature of a class: its constructor's, or what a library says that it is.
    fn signature_of_class(&mut self, class: &Value, span: Span) -> Option<Value> {
        if let Some(shown) = self.library.class_signature(self, class) {
            let parameters = shown
                .into_iter()
                .map(|parameter| {
                    self.parameter_object(
                        Value::str(&parameter.name),
                        Value::external("inspect.Parameter.KEYWORD_ONLY"),
                        parameter.default.unwrap_or_else(empty),
                        parameter.annotation.unwrap_or_else(empty),
                        span,
                    )
                })
                .collect();
            return Some(self.signature_object(parameters, None, span));
        }
        let (init, _) = self.find_in_class(class, Name::from("__init__"))?;
        let Kind::Function(init) = init.into_kind() else { return None };
        let parameters = self.parameters_of(&init, 1, span);
        Some(self.signature_object(parameters, None, span))
    }

    fn parameters_of(&mut self, function: &Rc<FunctionValue>, skip: usize, span: Span) -> Vec<Value> {
        let mut parameters = Vec::new();
        for (index, parameter) in function.definition.parameters.iter().enumerate().skip(skip) {
            let annotation = self.shown_annotation(function, index).unwrap_or_else(empty);
            let default = function.defaults.get(index).cloned().flatten().unwrap_or_else(empty);
            let kind = match parameter.kind {
                ParameterKind::PositionalOnly => "POSITIONAL_ONLY",
                ParameterKind::VarPositional => "VAR_POSITIONAL",
                ParameterKind::KeywordOnly => "KEYWORD_ONLY",
                ParameterKind::VarKeyword => "VAR_KEYWORD",
                _ => "POSITIONAL_OR_KEYWORD",
            };
            let kind = Value::external(&format!("inspect.Parameter.{kind}"));
            parameters.push(self.parameter_object(
                Value::str(&parameter.name),
                kind,
                default,
                annotation,
                span,
            ));
        }
        parameters
    }

    /// The annotation of a parameter as `inspect.signature` sees it: what the program has put into
    /// `__annotations__` since counts. Type aliases are their values.
    pub fn shown_annotation(&mut self, function: &Rc<FunctionValue>, index: usize) -> Option<Value> {
        let annotation = self.parameter_annotation(function, index)?;
        Some(self.evaluate_annotation(&annotation))
    }

    /// [`Interpreter::shown_annotation`], in which type aliases keep their names.
    pub fn shown_annotation_as_written(
        &mut self,
        function: &Rc<FunctionValue>,
        index: usize,
    ) -> Option<Value> {
        let annotation = self.parameter_annotation(function, index)?;
        Some(self.annotation_as_written(&annotation))
    }

    fn parameter_annotation(&self, function: &Rc<FunctionValue>, index: usize) -> Option<Annotation> {
        let parameter = function.definition.parameters.get(index)?;
        self.annotation_of(function, parameter.name, parameter.annotation.as_ref())
    }

    fn annotation_of(
        &self,
        function: &Rc<FunctionValue>,
        name: Name,
        written: Option<&Arc<Expr>>,
    ) -> Option<Annotation> {
        if let Some(Kind::Dict(dict)) =
            self.function_set_attribute(function, "__annotations__").map(Value::kind)
            && let Object::Dict(dict) = self.object(*dict)
        {
            let key = Key::Str(Text::from(name.as_str()));
            return dict.entries.get(&key).map(|(_, annotation)| Annotation::Given(annotation.clone()));
        }
        Some(Annotation::Written {
            expression: Arc::clone(written?),
            scope: function.scope,
            module: function.module,
        })
    }

    /// What a function is declared to return, as `inspect.signature` sees it; type aliases keep their names.
    pub fn shown_returns(&mut self, function: &Rc<FunctionValue>) -> Option<Value> {
        let written = function.definition.returns.as_ref();
        let annotation = self.annotation_of(function, Name::from("return"), written)?;
        Some(self.annotation_as_written(&annotation))
    }

    /// The parameters of a signature that the program has set on a function as `__signature__`; none where
    /// nothing that is known is set.
    pub fn set_signature(&self, function: &FunctionValue) -> Option<Vec<ShownParameter>> {
        let signature = self.function_set_attribute(function, "__signature__")?;
        let objects = self.parameter_objects(signature)?;
        objects
            .iter()
            .map(|object| {
                let Kind::Instance(id) = *object.kind() else { return None };
                let attributes = &self.instance(id)?.attributes;
                let part =
                    |name: &str| attributes.get(&Name::from(name)).filter(|value| !is_empty(value)).cloned();
                Some(ShownParameter {
                    name: Name::from(part("name")?.as_str()?),
                    annotation: part("annotation"),
                    default: part("default"),
                })
            })
            .collect()
    }

    /// Sets `__signature__` of a function.
    pub fn set_signature_of(&mut self, function: &Value, signature: Value) {
        self.set_attribute(function, Name::from("__signature__"), signature);
    }

    fn parameter_objects(&self, signature: &Value) -> Option<Vec<Value>> {
        let Kind::Instance(id) = *signature.kind() else { return None };
        let instance = self.instance(id)?;
        if instance.class.as_external().is_none_or(|class| class != SIGNATURE) {
            return None;
        }
        let Kind::Dict(dict) = *instance.attributes.get(&Name::from("parameters"))?.kind() else {
            return None;
        };
        match self.object(dict) {
            // A parameter whose name is not known is under no key.
            Object::Dict(dict) if dict.unknown_keys.is_empty() && !dict.incomplete => {
                Some(dict.entries.values().map(|(_, value)| value.clone()).collect())
            }
            _ => None,
        }
    }

    fn signature_object(&mut self, parameters: Vec<Value>, returns: Option<Value>, span: Span) -> Value {
        let entries = parameters
            .into_iter()
            .map(|parameter| {
                let name = match *parameter.kind() {
                    Kind::Instance(id) => {
                        self.instance(id).and_then(|instance| instance.attributes.get(&Name::from("name")))
                    }
                    _ => None,
                };
                (name.cloned().unwrap_or(Value::NONE), parameter)
            })
            .collect();
        let parameters = self.dict(entries);
        self.inspect_object(
            SIGNATURE,
            [("parameters", parameters), ("return_annotation", returns.unwrap_or_else(empty))],
            span,
        )
    }

    fn parameter_object(
        &mut self,
        name: Value,
        kind: Value,
        default: Value,
        annotation: Value,
        span: Span,
    ) -> Value {
        self.inspect_object(
            PARAMETER,
            [("name", name), ("kind", kind), ("default", default), ("annotation", annotation)],
            span,
        )
    }

    fn inspect_object<const COUNT: usize>(
        &mut self,
        class: &str,
        attributes: [(&str, Value); COUNT],
        span: Span,
    ) -> Value {
        let site = self.here(span);
        let id = self.new_instance(Value::external(class), Arguments::default(), site);
        if let Some(instance) = self.instance_mut(id) {
            instance.attributes.extend(attributes.map(|(name, value)| (Name::from(name), value)));
        }
        Kind::Instance(id).into()
    }
}

/// What stands where a signature has nothing.
fn empty() -> Value {
    Value::external("inspect._empty")
}

fn is_empty(value: &Value) -> bool {
    value.as_external().is_some_and(|name| name == "inspect._empty")
}
