//! The dependency tree of a route with its fields (FastAPI 0.165 `dependencies/utils.py`,
//! `get_dependant`; `dependencies/models.py`).

use super::builder::{Builder, location_of};
use super::fields::ModelField;
use super::parameters::{Analysed, DependsMarker, SignatureParameter};
use super::predicates::{is_model, is_subclass};
use crate::pydantic::field_info::FieldInfo;
use crate::versions::fastapi as since;
use fastwright_model::application::ParameterPlace;
use fastwright_model::dependant::{Callable, callable, shown_callable};
use fastwright_python::interpreter::HAS_DEFAULT_FACTORY;
use fastwright_python::ir::ParameterKind;
use fastwright_python::location::{FileId, Location, Span};
use fastwright_python::name::Name;
use fastwright_python::project::Version;
use fastwright_python::value::*;
use std::cell::RefCell;
use std::rc::Rc;

/// Dependencies nest at most this deep; FastAPI itself would fail on cycles.
const DEEPEST: usize = 40;

/// A list of scopes that several dependencies may hold.
pub type SharedScopes = Rc<RefCell<Vec<String>>>;

/// A callable with the fields that FastAPI fills and the dependencies that it resolves first.
#[derive(Debug, Clone)]
pub struct Dependant {
    /// The callable.
    pub call: Value,
    /// Fields from the path.
    pub path: Vec<ModelField>,
    /// Fields from the query string.
    pub query: Vec<ModelField>,
    /// Fields from headers.
    pub header: Vec<ModelField>,
    /// Fields from cookies.
    pub cookie: Vec<ModelField>,
    /// Fields from the body.
    pub body: Vec<ModelField>,
    /// What is resolved first, in order.
    pub dependencies: Vec<Dependant>,
    /// Scopes given where it is depended on.
    pub own_scopes: Vec<String>,
    /// Scopes that the callables around it bring.
    pub parent_scopes: Vec<String>,
    /// The list of scopes that older versions pass on and extend in place.
    pub shared_scopes: SharedScopes,
    /// Whether it asks for `SecurityScopes`.
    pub takes_security_scopes: bool,
    /// `Depends(scope=...)`.
    pub scope: Option<String>,
    /// Whether the callable yields.
    pub is_generator: bool,
    /// Whether the callable is a security scheme.
    pub is_security_scheme: bool,
}

impl Dependant {
    /// A callable without parameters.
    pub fn empty(call: &Value) -> Self {
        Self {
            call: call.clone(),
            path: Vec::new(),
            query: Vec::new(),
            header: Vec::new(),
            cookie: Vec::new(),
            body: Vec::new(),
            dependencies: Vec::new(),
            own_scopes: Vec::new(),
            parent_scopes: Vec::new(),
            shared_scopes: Rc::default(),
            takes_security_scopes: false,
            scope: None,
            is_generator: false,
            is_security_scheme: false,
        }
    }

    /// The scopes in effect: those around it, then its own, each once.
    pub fn scopes(&self) -> Vec<String> {
        let mut scopes = self.parent_scopes.clone();
        for scope in &self.own_scopes {
            if !scopes.contains(scope) {
                scopes.push(scope.clone());
            }
        }
        scopes
    }

    fn uses_scopes(&self) -> bool {
        !self.own_scopes.is_empty()
            || self.takes_security_scopes
            || self.is_security_scheme
            || self.dependencies.iter().any(Dependant::uses_scopes)
    }

    /// What FastAPI takes as the same dependency: the callable, scopes where they matter, the lifetime.
    pub fn same_as(&self, other: &Dependant, fastapi: Version) -> bool {
        let scopes = |dependant: &Dependant| {
            let mut scopes = if fastapi < since::SCOPES_REACH_ALL_SCHEMES {
                dependant.shared_scopes.borrow().clone()
            } else if dependant.uses_scopes() {
                dependant.scopes()
            } else {
                Vec::new()
            };
            scopes.sort();
            scopes.dedup();
            scopes
        };
        self.call.same(&other.call)
            && self.computed_scope() == other.computed_scope()
            && scopes(self) == scopes(other)
    }

    fn computed_scope(&self) -> &str {
        match &self.scope {
            Some(scope) => scope,
            None if self.is_generator => "request",
            None => "",
        }
    }

    /// This callable and everything below it, each once: those who need before what they need.
    pub fn flattened(&self, fastapi: Version) -> Vec<&Dependant> {
        let mut visited: Vec<&Dependant> = Vec::new();
        let mut waiting = vec![self];
        while let Some(current) = waiting.pop() {
            if visited.iter().any(|known| known.same_as(current, fastapi)) {
                continue;
            }
            visited.push(current);
            waiting.extend(current.dependencies.iter().rev());
        }
        visited
    }

    /// The security schemes below it with the scopes that reach them, in FastAPI's order.
    pub fn security_dependencies(&self, fastapi: Version) -> Vec<(Value, Vec<String>)> {
        let mut found = Vec::new();
        let mut visited: Vec<&Dependant> = Vec::new();
        let mut waiting: Vec<(&Dependant, Vec<String>, bool)> = vec![(self, Vec::new(), true)];
        while let Some((current, mut scopes, is_root)) = waiting.pop() {
            if visited.iter().any(|known| known.same_as(current, fastapi)) {
                continue;
            }
            visited.push(current);
            if fastapi < since::SCOPES_REACH_ALL_SCHEMES {
                scopes.clone_from(&current.shared_scopes.borrow());
            } else if fastapi < since::SECURITY_IS_MERGED {
                scopes = current.parent_scopes.iter().chain(&current.own_scopes).cloned().collect();
            } else {
                for scope in current.scopes() {
                    if !scopes.contains(&scope) {
                        scopes.push(scope);
                    }
                }
            }
            if !is_root && current.is_security_scheme {
                found.push((current.call.clone(), scopes.clone()));
            }
            let inner = current.dependencies.iter().rev();
            waiting.extend(inner.map(|dependency| (dependency, scopes.clone(), false)));
        }
        found
    }

    /// All body fields below it, repetitions included.
    pub fn body_fields(&self) -> Vec<ModelField> {
        let mut fields = Vec::new();
        let mut waiting = vec![self];
        while let Some(current) = waiting.pop() {
            fields.extend(current.body.iter().cloned());
            waiting.extend(current.dependencies.iter().rev());
        }
        fields
    }
}

impl Builder<'_, '_, '_> {
    /// The tree of an endpoint, with the dependencies given on the way in front.
    pub fn endpoint_dependant(
        &mut self,
        endpoint: &Value,
        given: &[(Value, Location)],
        path_names: &[String],
        location: Location,
    ) -> Dependant {
        let marker = DependsMarker {
            call: endpoint.clone(),
            scopes: Vec::new(),
            scope: Some("function".to_owned()),
            location,
        };
        let mut dependant =
            self.dependant(&marker, (&[], &SharedScopes::default()), path_names, &mut Vec::new());
        let mut first = Vec::new();
        for (value, location) in given {
            match self.depends_marker(value, *location) {
                Some(marker) => first.push(self.dependant(
                    &marker,
                    (&[], &SharedScopes::default()),
                    path_names,
                    &mut Vec::new(),
                )),
                None => self.context.doubt("a dependency given in a list is not known", Some(*location)),
            }
        }
        first.append(&mut dependant.dependencies);
        dependant.dependencies = first;
        dependant
    }

    /// The tree of a callable that is depended on nowhere.
    pub(super) fn callable_dependant(&mut self, call: &Value) -> Dependant {
        let location = location_of(call).unwrap_or(Location { file: FileId(0), span: Span::default() });
        let marker = DependsMarker { call: call.clone(), scopes: Vec::new(), scope: None, location };
        self.dependant(&marker, (&[], &SharedScopes::default()), &[], &mut Vec::new())
    }

    fn dependant(
        &mut self,
        marker: &DependsMarker,
        (parent_scopes, shared): (&[String], &SharedScopes),
        path_names: &[String],
        stack: &mut Vec<Value>,
    ) -> Dependant {
        let call = marker.call.clone();
        let shared_scopes = self.shared_scopes(marker, shared);
        let mut dependant = Dependant {
            own_scopes: marker.scopes.clone(),
            parent_scopes: parent_scopes.to_vec(),
            shared_scopes: Rc::clone(&shared_scopes),
            scope: marker.scope.clone(),
            is_security_scheme: self.is_security_scheme(&call),
            ..Dependant::empty(&call)
        };
        if stack.len() > DEEPEST || stack.iter().any(|known| known.same(&call)) {
            self.context.doubt("a dependency depends on itself", Some(marker.location));
            return dependant;
        }
        stack.push(call.clone());
        let current: Vec<String> = parent_scopes.iter().chain(&marker.scopes).cloned().collect();
        for parameter in self.signature_parameters(&call, &mut dependant, marker.location) {
            match self.analyse_parameter(&parameter, path_names) {
                Analysed::Dependency(marker) => {
                    let inner = self.dependant(&marker, (&current, &shared_scopes), path_names, stack);
                    dependant.dependencies.push(inner);
                }
                Analysed::Injected(scopes) => dependant.takes_security_scopes |= scopes,
                Analysed::Field(field) => match field.extras.place {
                    Some(ParameterPlace::Path) => dependant.path.push(*field),
                    Some(ParameterPlace::Header) => dependant.header.push(*field),
                    Some(ParameterPlace::Cookie) => dependant.cookie.push(*field),
                    Some(ParameterPlace::Body | ParameterPlace::Form | ParameterPlace::File) => {
                        dependant.body.push(*field);
                    }
                    _ => dependant.query.push(*field),
                },
            }
        }
        stack.pop();
        dependant
    }

    /// The scopes of a dependency as older versions know them: one list goes from a callable to those that
    /// it depends on, unless it is empty.
    fn shared_scopes(&self, marker: &DependsMarker, around: &SharedScopes) -> SharedScopes {
        let list = if around.borrow().is_empty() { SharedScopes::default() } else { Rc::clone(around) };
        if marker.scopes.is_empty() {
            return list;
        }
        if self.before(since::SCOPES_DO_NOT_LEAK) {
            list.borrow_mut().extend(marker.scopes.iter().cloned());
            return list;
        }
        let own = list.borrow().iter().chain(&marker.scopes).cloned().collect();
        Rc::new(RefCell::new(own))
    }

    fn is_security_scheme(&mut self, call: &Value) -> bool {
        if !matches!(call.kind(), Kind::Instance(_) | Kind::Symbolic(_)) {
            return false;
        }
        let class = self.context.interpreter.class_of(call);
        class.is_some_and(|class| {
            is_subclass(self.context.interpreter, &class, &["fastapi.security.base.SecurityBase"])
        })
    }

    /// The parameters of a callable as `inspect.signature` gives them.
    fn signature_parameters(
        &mut self,
        call: &Value,
        dependant: &mut Dependant,
        location: Location,
    ) -> Vec<SignatureParameter> {
        if let Callable::Function { function, .. } = callable(self.context.interpreter, call) {
            dependant.is_generator = function.definition.is_generator;
        }
        match shown_callable(self.context.interpreter, call) {
            Callable::Function { function, skip, bound, .. } => {
                dependant.is_generator |= function.definition.is_generator;
                self.function_parameters(&function, skip, &bound)
            }
            Callable::Record(class) => self.record_parameters(&class, location),
            Callable::Unknown => self.library_parameters(call, dependant, location),
        }
    }

    fn function_parameters(
        &mut self,
        function: &Rc<FunctionValue>,
        skip: usize,
        bound: &[(Name, Value)],
    ) -> Vec<SignatureParameter> {
        if let Some(shown) = self.context.interpreter.set_signature(function) {
            let location = Location { file: function.id.file, span: function.definition.name_span };
            let known =
                |parameter: fastwright_python::interpreter::signatures::ShownParameter| SignatureParameter {
                    name: parameter.name,
                    annotation: parameter.annotation,
                    default: parameter.default,
                    prepared: None,
                    location,
                };
            return shown.into_iter().map(known).collect();
        }
        let set = self.context.interpreter.function_set_attribute(function, "__signature__");
        if set.is_some_and(|set| !set.is_none()) {
            let location = Location { file: function.id.file, span: function.definition.name_span };
            self.context.doubt("the signature that is set on a function is not known", Some(location));
            return Vec::new();
        }
        let mut parameters = Vec::new();
        for (index, parameter) in function.definition.parameters.iter().enumerate().skip(skip) {
            let annotation = self.context.interpreter.shown_annotation_as_written(function, index);
            let given = bound.iter().rev().find(|(name, _)| *name == parameter.name);
            let default = match given {
                Some((_, value)) => Some(value.clone()),
                None => function.defaults.get(index).cloned().flatten(),
            };
            let location = Location { file: function.id.file, span: parameter.span };
            if matches!(parameter.kind, ParameterKind::VarPositional | ParameterKind::VarKeyword) {
                // FastAPI takes `*args` and `**kwargs` for query parameters of these names.
                parameters.push(SignatureParameter {
                    name: parameter.name,
                    annotation,
                    default: None,
                    prepared: None,
                    location,
                });
                continue;
            }
            parameters.push(SignatureParameter {
                name: parameter.name,
                annotation,
                default,
                prepared: None,
                location,
            });
        }
        parameters
    }

    /// The fields of a model or dataclass that is depended on: the parameters of its constructor.
    fn record_parameters(&mut self, class: &Value, location: Location) -> Vec<SignatureParameter> {
        if !is_model(self.context.interpreter, class) && !self.is_pydantic_dataclass(class) {
            return self.constructor_parameters(class, location);
        }
        let fields = self.generator.model_fields(self.context, class);
        if !is_model(self.context.interpreter, class) {
            return self.dataclass_parameters(class, fields, location);
        }
        fields
            .into_iter()
            .filter(|(_, info)| info.init.as_ref().and_then(Value::as_bool) != Some(false))
            .map(|(name, info)| {
                let alias = info.alias.as_ref().and_then(Value::as_str).filter(|alias| is_identifier(alias));
                SignatureParameter {
                    name: alias.map_or(name, Name::from),
                    annotation: info.annotation.clone(),
                    default: info.default.clone(),
                    location: info.location.unwrap_or(location),
                    prepared: Some(FieldInfo {
                        annotation: info.annotation,
                        metadata: info.metadata,
                        default: info.default,
                        ..Default::default()
                    }),
                }
            })
            .collect()
    }
}

impl Builder<'_, '_, '_> {
    /// Whether Pydantic made a dataclass of the class.
    fn is_pydantic_dataclass(&self, class: &Value) -> bool {
        let Kind::Class(id) = *class.kind() else { return false };
        self.context.interpreter.class(id).is_some_and(|class| {
            class.decorators.iter().any(|decorator| {
                let callee = match decorator.as_symbolic() {
                    Some(Symbolic::Call { callee, .. }) => callee.as_external(),
                    _ => decorator.as_external(),
                };
                callee.is_some_and(|name| name.starts_with("pydantic."))
            })
        })
    }

    /// The parameters of the constructor of a dataclass of the standard library.
    fn constructor_parameters(&mut self, class: &Value, location: Location) -> Vec<SignatureParameter> {
        let shown = self.context.interpreter.record_signature(class);
        let mut parameters = Vec::with_capacity(shown.len());
        for (name, default) in shown {
            let written = self.context.interpreter.annotation_in_class(class, name);
            let location = written.as_ref().map_or(location, |(_, location)| *location);
            let annotation =
                written.map(|(annotation, _)| self.context.interpreter.annotation_as_written(&annotation));
            parameters.push(SignatureParameter { name, annotation, default, prepared: None, location });
        }
        parameters
    }

    /// The parameters of the constructor of a dataclass of Pydantic's: annotations as written, so that `Query(...)` in
    /// `Annotated` counts.
    fn dataclass_parameters(
        &mut self,
        class: &Value,
        fields: Vec<(Name, FieldInfo)>,
        location: Location,
    ) -> Vec<SignatureParameter> {
        let mut parameters = Vec::with_capacity(fields.len());
        for (name, info) in fields {
            if info.init.as_ref().and_then(Value::as_bool) == Some(false) {
                continue;
            }
            let written = self.context.interpreter.annotation_in_class(class, name);
            let annotation = match written {
                Some((annotation, _)) => Some(self.context.interpreter.annotation_as_written(&annotation)),
                None => info.annotation.clone(),
            };
            // What a factory will make is an object that no document can show.
            let made = info.default_factory.is_some().then(|| Value::external(HAS_DEFAULT_FACTORY));
            parameters.push(SignatureParameter {
                name,
                annotation,
                default: info.default.or(made),
                prepared: None,
                location: info.location.unwrap_or(location),
            });
        }
        parameters
    }
}

fn is_identifier(text: &str) -> bool {
    let mut characters = text.chars();
    characters.next().is_some_and(|first| first.is_alphabetic() || first == '_')
        && characters.all(|character| character.is_alphanumeric() || character == '_')
}
