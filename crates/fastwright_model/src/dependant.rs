//! The dependency tree of a route: what FastAPI calls before the handler, and where every parameter
//! comes from (FastAPI 0.165 `dependencies/utils.py`: `get_dependant`, `analyze_param`).

mod code;

pub use self::code::{Callable, callable, shown_callable};
use crate::application::ParameterPlace;
use crate::assemble::qualified;
use crate::registry::Registry;
use fastwright_python::interpreter::{Interpreter, is_none_type, plain_type};
use fastwright_python::ir::{BinaryOperator, ParameterKind};
use fastwright_python::location::Location;
use fastwright_python::name::Name;
use fastwright_python::value::*;
use std::ops::Deref;
use std::rc::Rc;

/// What kind of callable stands at a node of the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DependantKind {
    /// The endpoint itself.
    Handler,
    /// A function, class or callable object of the program.
    Dependency,
    /// A security scheme of FastAPI, by its class: `fastapi.security.http.HTTPBearer`.
    SecurityScheme(Name),
    /// Something whose code is not known.
    Opaque,
}

/// A callable that FastAPI calls for a route, and where it is depended upon. What it needs itself is the same wherever that
/// is, and one for all places: see [`DependantCall`].
#[derive(Debug, Clone)]
pub struct Dependant {
    /// What it is.
    pub kind: DependantKind,
    /// Where it is depended upon: the parameter, or the `dependencies=` list.
    pub location: Location,
    /// How it got here, for evidence: ``parameter `user` ``, `dependencies of the router`.
    pub via: String,
    /// Name of the parameter that gets its result.
    pub parameter_name: Option<Name>,
    /// Scopes given with `Security(..., scopes=[...])`.
    pub scopes: Vec<String>,
    /// `Depends(scope=...)`: `function` or `request`.
    pub scope: Option<String>,
    /// The callable with what it needs.
    called: Rc<DependantCall>,
}

/// A callable with its parameters and the dependencies that FastAPI resolves first.
#[derive(Debug, Clone)]
pub struct DependantCall {
    /// The callable.
    pub call: Value,
    /// `module:qualname`.
    pub qualified: String,
    /// The function of the program that runs, if there is one (for a class its `__init__`, for an object
    /// its `__call__`).
    pub function: Option<Rc<FunctionValue>>,
    /// What its first parameter is bound to, for [`Interpreter::summarize`].
    pub receiver: Option<ObjectId>,
    /// Parameters that FastAPI fills from the request.
    pub parameters: Vec<DependantParameter>,
    /// Parameters that FastAPI fills with the request, response or background tasks: name and class.
    pub special: Vec<(Name, Name)>,
    /// What is resolved first, in order.
    pub dependencies: Vec<Dependant>,
    /// Whether the function yields, so that it has exit code.
    pub is_generator: bool,
    /// Whether the function is a coroutine or an async generator.
    pub is_async: bool,
}

impl Deref for Dependant {
    type Target = DependantCall;

    fn deref(&self) -> &DependantCall {
        &self.called
    }
}

/// A parameter that comes from the request.
#[derive(Debug, Clone)]
pub struct DependantParameter {
    /// Name in the signature.
    pub name: Name,
    /// Name on the wire.
    pub alias: String,
    /// Where it comes from.
    pub place: ParameterPlace,
    /// Its type, without `Annotated`.
    pub annotation: Option<Value>,
    /// The `Query(...)`, `Body(...)`, ... object, when one is given.
    pub field: Option<Value>,
    /// The default, when it has one.
    pub default: Option<Value>,
    /// Whether the client must send it.
    pub required: bool,
    /// Bounds, lengths and patterns: `le` and its value.
    pub constraints: Vec<(Name, Value)>,
    /// The parameter in the signature.
    pub location: Location,
}

impl Dependant {
    /// This node and everything below it, dependencies before those who need them.
    pub fn walk(&self) -> Vec<&Dependant> {
        // Most trees have fewer nodes.
        let mut found = Vec::with_capacity(16);
        self.collect(&mut found);
        found
    }

    fn collect<'d>(&'d self, found: &mut Vec<&'d Dependant>) {
        for dependency in &self.dependencies {
            dependency.collect(found);
        }
        found.push(self);
    }

    /// The dependency that fills a parameter of this callable.
    pub fn dependency_of(&self, parameter: &str) -> Option<&Dependant> {
        self.dependencies
            .iter()
            .find(|dependency| dependency.parameter_name.is_some_and(|name| name == parameter))
    }
}

/// Which callable it is: of two with the same key, each needs what the other does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum CallableKey {
    Function(u32),
    Method { function: u32, receiver: ObjectId },
    Object(ObjectId),
}

impl CallableKey {
    fn of(call: &Value) -> Option<Self> {
        match call.kind() {
            Kind::Function(function) => Some(Self::Function(function.serial)),
            Kind::Method(method) => match (method.function.kind(), method.receiver.kind()) {
                (Kind::Function(function), Kind::Instance(receiver) | Kind::Class(receiver)) => {
                    Some(Self::Method { function: function.serial, receiver: *receiver })
                }
                _ => None,
            },
            Kind::Instance(id) | Kind::Class(id) => Some(Self::Object(*id)),
            _ => None,
        }
    }
}

/// A field of a dataclass or Pydantic model that is a dependency.
#[derive(Debug)]
pub(crate) struct RecordField {
    name: Name,
    annotation: Value,
    default: Option<Value>,
    location: Location,
}

/// What the routes of a program depend on again and again, as it was built for the first of them.
#[derive(Debug)]
pub(crate) struct KnownDependant {
    kind: DependantKind,
    called: Rc<DependantCall>,
    /// Parameters in it of which only the path says where they come from; it is known for paths without these.
    undeclared: Box<[Name]>,
    /// The callables of its tree that were followed.
    expanded: Box<[Value]>,
}

/// Builds the tree of a callable.
pub struct DependantBuilder<'b, 'a> {
    interpreter: &'b mut Interpreter<'a>,
    path_parameters: Vec<String>,
    stack: Vec<Value>,
    expanded: Vec<Value>,
    /// Parameters so far that would come from the path if it named them.
    undeclared: Vec<Name>,
    /// How often a callable was not followed because of those around or before it.
    cuts: u32,
    /// Whether nothing changes any more what a callable needs.
    program_is_evaluated: bool,
}

impl<'b, 'a> DependantBuilder<'b, 'a> {
    /// A builder for a route with this full path.
    pub fn new(interpreter: &'b mut Interpreter<'a>, path: &str) -> Self {
        Self {
            interpreter,
            path_parameters: path_parameters(path),
            stack: Vec::new(),
            expanded: Vec::new(),
            undeclared: Vec::new(),
            cuts: 0,
            program_is_evaluated: false,
        }
    }

    /// The tree of a callable as it is.
    pub fn callable(&mut self, call: &Value, location: Location) -> Dependant {
        self.dependant(call, location, "the program itself".to_owned(), None)
    }

    /// The tree of an endpoint of the program, which is evaluated, with what `dependencies=` on the way add in front.
    pub fn endpoint(
        &mut self,
        endpoint: &Value,
        given: &[(Value, String, Location)],
        location: Location,
    ) -> Dependant {
        self.program_is_evaluated = true;
        let (_, mut called) = self.built(endpoint);
        let mut first = Vec::with_capacity(given.len() + called.dependencies.len());
        for (value, given_to, location) in given {
            if let Some(marker) = marker(value) {
                let site = match value.as_symbolic() {
                    Some(Symbolic::Call { site, .. }) => *site,
                    _ => *location,
                };
                if let Some(call) = &marker.call {
                    let mut dependency =
                        self.dependant(call, site, format!("dependencies of {given_to}"), None);
                    dependency.scopes = self.texts(marker.scopes.as_ref());
                    dependency.scope = marker.scope.clone();
                    first.push(dependency);
                }
            }
        }
        first.append(&mut called.dependencies);
        called.dependencies = first;
        Dependant {
            kind: DependantKind::Handler,
            location,
            via: "the endpoint".to_owned(),
            parameter_name: None,
            scopes: Vec::new(),
            scope: None,
            called: Rc::new(called),
        }
    }

    fn is_in_path(&self, name: Name) -> bool {
        self.path_parameters.iter().any(|known| known == name.as_str())
    }

    fn texts(&mut self, value: Option<&Value>) -> Vec<String> {
        let Some(value) = value else { return Vec::new() };
        let items = self.interpreter.elements(value).unwrap_or_default();
        items.iter().filter_map(|item| self.interpreter.text_of(item)).collect()
    }

    fn dependant(
        &mut self,
        call: &Value,
        location: Location,
        via: String,
        parameter_name: Option<Name>,
    ) -> Dependant {
        let (kind, called) = match self.known(call) {
            Some(known) => known,
            None => self.built_and_kept(call),
        };
        Dependant { kind, location, via, parameter_name, scopes: Vec::new(), scope: None, called }
    }

    /// What was built for another route, if it is the same for this one.
    fn known(&mut self, call: &Value) -> Option<(DependantKind, Rc<DependantCall>)> {
        if !self.program_is_evaluated {
            return None;
        }
        let known =
            Rc::clone(self.interpreter.extension::<Registry>().dependants.get(&CallableKey::of(call)?)?);
        let is_the_same = !known.undeclared.iter().any(|name| self.is_in_path(*name));
        if !is_the_same || self.expanded.len() + known.expanded.len() >= LARGEST_TREE {
            return None;
        }
        self.expanded.extend_from_slice(&known.expanded);
        self.undeclared.extend_from_slice(&known.undeclared);
        Some((known.kind, Rc::clone(&known.called)))
    }

    /// Builds it, and keeps it for other routes if it is the same for them.
    fn built_and_kept(&mut self, call: &Value) -> (DependantKind, Rc<DependantCall>) {
        let (expanded, undeclared, cuts) = (self.expanded.len(), self.undeclared.len(), self.cuts);
        let (kind, called) = self.built(call);
        let called = Rc::new(called);
        let undeclared = &self.undeclared[undeclared..];
        if self.program_is_evaluated
            && cuts == self.cuts
            && !undeclared.iter().any(|name| self.is_in_path(*name))
            && let Some(key) = CallableKey::of(call)
        {
            let known = KnownDependant {
                kind,
                called: Rc::clone(&called),
                undeclared: undeclared.into(),
                expanded: self.expanded[expanded..].into(),
            };
            self.interpreter.extension_mut::<Registry>().dependants.insert(key, Rc::new(known));
        }
        (kind, called)
    }

    fn built(&mut self, call: &Value) -> (DependantKind, DependantCall) {
        let mut called = DependantCall {
            call: call.clone(),
            qualified: qualified(self.interpreter, call),
            function: None,
            receiver: None,
            parameters: Vec::new(),
            special: Vec::new(),
            dependencies: Vec::new(),
            is_generator: false,
            is_async: false,
        };
        if self.stack.len() > 24 || self.stack.iter().any(|known| known.same(call)) {
            self.cuts += 1;
            return (DependantKind::Opaque, called);
        }
        if let Some(scheme) = self.security_scheme(call) {
            return (DependantKind::SecurityScheme(scheme), called);
        }
        // Trees that name the same dependency again and again double with each level; FastAPI resolves it
        // once, so past a size that no real tree has, only the first one is followed.
        if self.expanded.len() >= LARGEST_TREE
            && (self.expanded.len() >= 4 * LARGEST_TREE || self.expanded.iter().any(|known| known.same(call)))
        {
            self.cuts += 1;
            return (DependantKind::Opaque, called);
        }
        self.expanded.push(call.clone());
        self.stack.push(call.clone());
        let mut kind = DependantKind::Dependency;
        match callable(self.interpreter, call) {
            Callable::Function { function, receiver, .. } => {
                called.is_generator = function.definition.is_generator;
                called.is_async = function.definition.is_async;
                called.receiver = receiver;
                match shown_callable(self.interpreter, call) {
                    Callable::Function { function, skip, bound, .. } => {
                        self.function_parameters(&mut called, &function, skip, &bound);
                    }
                    Callable::Record(class) => self.record_parameters(&mut called, &class),
                    Callable::Unknown => {}
                }
                called.function = Some(function);
            }
            Callable::Record(class) => self.record_parameters(&mut called, &class),
            Callable::Unknown => kind = DependantKind::Opaque,
        }
        self.stack.pop();
        // Every handler has its own: room that is not filled would be there hundreds of times.
        called.parameters.shrink_to_fit();
        called.dependencies.shrink_to_fit();
        (kind, called)
    }

    /// The class of FastAPI's security scheme that a callable is an instance of, if it is one.
    fn security_scheme(&mut self, call: &Value) -> Option<Name> {
        let class = match call.kind() {
            Kind::Instance(_) | Kind::Symbolic(_) => self.interpreter.class_of(call)?,
            _ => return None,
        };
        // A subclass with its own __call__ is ordinary code.
        if self.interpreter.find_in_class(&class, Name::from("__call__")).is_some() {
            return None;
        }
        self.interpreter
            .class_order(&class)
            .iter()
            .filter_map(Value::as_external)
            .find(|name| name.starts_with("fastapi.security."))
    }

    fn function_parameters(
        &mut self,
        called: &mut DependantCall,
        function: &Rc<FunctionValue>,
        skip: usize,
        bound: &[(Name, Value)],
    ) {
        if let Some(shown) = self.interpreter.set_signature(function) {
            for parameter in shown {
                let location = Location { file: function.id.file, span: function.definition.name_span };
                self.parameter(called, parameter.name, parameter.annotation, parameter.default, location);
            }
            return;
        }
        for (index, parameter) in function.definition.parameters.iter().enumerate().skip(skip) {
            if matches!(parameter.kind, ParameterKind::VarPositional | ParameterKind::VarKeyword) {
                continue;
            }
            let annotation = self.interpreter.shown_annotation(function, index);
            let given = bound.iter().rev().find(|(name, _)| *name == parameter.name);
            let default = match given {
                Some((_, value)) => Some(value.clone()),
                None => function.defaults.get(index).cloned().flatten(),
            };
            let location = Location { file: function.id.file, span: parameter.span };
            self.parameter(called, parameter.name, annotation, default, location);
        }
    }

    /// Parameters of a dataclass or Pydantic model used as a dependency: its fields.
    fn record_parameters(&mut self, called: &mut DependantCall, class: &Value) {
        for field in self.record_fields(class).iter() {
            let (annotation, default) = (field.annotation.clone(), field.default.clone());
            self.parameter(called, field.name, Some(annotation), default, field.location);
        }
    }

    fn record_fields(&mut self, class: &Value) -> Rc<[RecordField]> {
        let Kind::Class(record) = *class.kind() else { return Rc::default() };
        if let Some(known) = self.interpreter.extension::<Registry>().record_fields.get(&record) {
            return Rc::clone(known);
        }
        let mut fields: OrderedMap<Name, (Annotation, Location, Option<Value>)> = OrderedMap::default();
        for owner in self.interpreter.class_order(class).iter().rev() {
            let Kind::Class(id) = *owner.kind() else { continue };
            let Some(object) = self.interpreter.class(id) else { continue };
            for (name, (annotation, location)) in &object.annotations {
                fields.insert(*name, (annotation.clone(), *location, object.attributes.get(name).cloned()));
            }
        }
        let fields: Rc<[RecordField]> = fields
            .into_iter()
            .map(|(name, (annotation, location, default))| {
                let annotation = self.interpreter.evaluate_annotation(&annotation);
                RecordField { name, annotation, default, location }
            })
            .collect();
        self.interpreter.extension_mut::<Registry>().record_fields.insert(record, Rc::clone(&fields));
        fields
    }

    fn parameter(
        &mut self,
        called: &mut DependantCall,
        name: Name,
        annotation: Option<Value>,
        default: Option<Value>,
        location: Location,
    ) {
        let (bare, metadata) = match &annotation {
            Some(annotation) => split_annotated(annotation),
            None => (None, Vec::new()),
        };
        let mut field = metadata.iter().rev().find(|value| field_place(value).is_some()).cloned();
        let mut depends = metadata.iter().rev().find_map(marker);
        let mut default = default;
        if let Some(value) = default.take() {
            if let Some(given) = marker(&value) {
                depends = Some(given);
            } else if field_place(&value).is_some() {
                field = Some(value);
            } else {
                default = Some(value);
            }
        }
        if let Some(depends) = depends {
            let call = depends
                .call
                .clone()
                .or_else(|| bare.clone())
                .unwrap_or_else(|| Value::unknown("the dependency names no callable", Some(location)));
            let call = match bare_class(&call) {
                Some(class) => class,
                None => call,
            };
            let mut dependency = self.dependant(&call, location, format!("parameter `{name}`"), Some(name));
            dependency.scopes = self.texts(depends.scopes.as_ref());
            dependency.scope = depends.scope;
            called.dependencies.push(dependency);
            return;
        }
        let class = bare.as_ref().and_then(|bare| self.interpreter.class_of_type(bare));
        if field.is_none()
            && let Some(class) = &class
            && let Some(special) = self.special_class(class)
        {
            called.special.push((name, special));
            return;
        }
        let declared = field.as_ref().and_then(field_place);
        if declared.is_none() {
            self.undeclared.push(name);
        }
        let place = match declared {
            Some(place) => place,
            None if self.is_in_path(name) => ParameterPlace::Path,
            None if class.as_ref().is_some_and(|class| {
                class.as_external().is_some_and(|name| name == "fastapi.UploadFile")
            }) =>
            {
                ParameterPlace::File
            }
            None => match &bare {
                Some(bare) if !self.is_scalar(bare) => ParameterPlace::Body,
                _ => ParameterPlace::Query,
            },
        };
        let arguments = field.as_ref().and_then(call_arguments).cloned().unwrap_or_default();
        let alias = arguments
            .keyword("validation_alias")
            .or_else(|| arguments.keyword("alias"))
            .and_then(Value::as_str)
            .map(str::to_owned)
            .unwrap_or_else(|| {
                let converts =
                    arguments.keyword("convert_underscores").and_then(Value::as_bool) != Some(false);
                if place == ParameterPlace::Header && converts {
                    name.replace('_', "-")
                } else {
                    name.to_string()
                }
            });
        let field_default =
            arguments.get(0, "default").filter(|value| !matches!(value.kind(), Kind::Ellipsis)).cloned();
        let default = default.filter(|value| !matches!(value.kind(), Kind::Ellipsis)).or(field_default);
        let has_factory = arguments.keyword("default_factory").is_some();
        let required = place == ParameterPlace::Path || (default.is_none() && !has_factory);
        let mut constraints: Vec<(Name, Value)> = Vec::new();
        let sources = std::iter::once(arguments.keywords.clone()).chain(
            metadata.iter().filter_map(|value| call_arguments(value)).map(|given| given.keywords.clone()),
        );
        for keywords in sources {
            for (keyword, value) in keywords {
                if CONSTRAINTS.contains(&keyword.as_str())
                    && !value.is_none()
                    && !constraints.iter().any(|(known, _)| *known == keyword)
                {
                    constraints.push((keyword, value));
                }
            }
        }
        for value in &metadata {
            self.annotated_types(value, &mut constraints);
        }
        called.parameters.push(DependantParameter {
            name,
            alias,
            place,
            annotation: bare,
            field,
            default,
            required,
            constraints,
            location,
        });
    }

    /// `annotated_types.Le(100)` and friends; `conint(le=...)` as the type itself.
    fn annotated_types(&mut self, value: &Value, constraints: &mut Vec<(Name, Value)>) {
        let Some(Symbolic::Call { callee, arguments, .. }) = value.as_symbolic() else { return };
        let Some(name) = callee.as_external() else { return };
        let keyword = match name.as_str() {
            "annotated_types.Le" => "le",
            "annotated_types.Lt" => "lt",
            "annotated_types.Ge" => "ge",
            "annotated_types.Gt" => "gt",
            "annotated_types.MaxLen" => "max_length",
            "annotated_types.MinLen" => "min_length",
            _ => return,
        };
        if let Some(bound) = arguments.positional.first() {
            constraints.push((Name::from(keyword), bound.clone()));
        }
    }

    fn special_class(&mut self, class: &Value) -> Option<Name> {
        const SPECIAL: &[&str] = &[
            "starlette.requests.Request",
            "starlette.websockets.WebSocket",
            "starlette.requests.HTTPConnection",
            "starlette.responses.Response",
            "fastapi.BackgroundTasks",
            "starlette.background.BackgroundTasks",
            "fastapi.security.oauth2.SecurityScopes",
        ];
        self.interpreter
            .class_order(class)
            .iter()
            .filter_map(Value::as_external)
            .find(|name| SPECIAL.contains(&name.as_str()))
    }

    /// Whether a type is taken from the query string when nothing else is said (FastAPI
    /// `field_annotation_is_scalar`).
    fn is_scalar(&mut self, annotation: &Value) -> bool {
        match annotation.as_symbolic() {
            Some(Symbolic::Binary { operator: BinaryOperator::BitOr, left, right }) => {
                let (left, right) = (left.clone(), right.clone());
                return self.is_scalar(&left) && self.is_scalar(&right);
            }
            Some(Symbolic::Item { base, index }) => {
                let Some(name) = base.as_external() else { return false };
                return match name.as_str() {
                    "typing.Annotated" | "typing.Optional" | "typing.Union" => {
                        let members = match (index.kind(), name.as_str()) {
                            (Kind::Tuple(items), "typing.Annotated") => {
                                items.first().cloned().into_iter().collect()
                            }
                            (Kind::Tuple(items), _) => items.to_vec(),
                            _ => vec![index.clone()],
                        };
                        members.iter().all(|member| self.is_scalar(member))
                    }
                    "typing.Literal" | "typing.Type" | "builtins.type" => true,
                    _ => false,
                };
            }
            _ => {}
        }
        let Some(class) = self.interpreter.class_of_type(annotation) else { return true };
        if let Kind::Class(id) = *class.kind() {
            if self.interpreter.is_record(id) {
                return false;
            }
            return !self.interpreter.class_order(&class).iter().filter_map(Value::as_external).any(|name| {
                matches!(
                    name.as_str(),
                    "pydantic.main.BaseModel"
                        | "builtins.dict"
                        | "builtins.list"
                        | "builtins.set"
                        | "builtins.tuple"
                        | "typing.TypedDict"
                        | "typing.NamedTuple"
                        | "fastapi.UploadFile"
                )
            });
        }
        class.as_external().is_none_or(|name| {
            !matches!(
                name.as_str(),
                "builtins.dict"
                    | "builtins.list"
                    | "builtins.set"
                    | "builtins.frozenset"
                    | "builtins.tuple"
                    | "typing.Dict"
                    | "typing.List"
                    | "typing.Set"
                    | "typing.FrozenSet"
                    | "typing.Tuple"
                    | "typing.Sequence"
                    | "typing.Mapping"
                    | "typing.Iterable"
                    | "collections.abc.Sequence"
                    | "collections.abc.Mapping"
                    | "collections.deque"
                    | "typing.Deque"
                    | "pydantic.main.BaseModel"
                    | "fastapi.UploadFile"
            )
        })
    }
}

/// Nodes of a dependency tree from which on repeated dependencies are not followed again.
const LARGEST_TREE: usize = 500;

/// Keywords of `Query(...)`, `Field(...)` and the like that validation enforces.
pub const CONSTRAINTS: &[&str] = &[
    "gt",
    "ge",
    "lt",
    "le",
    "multiple_of",
    "min_length",
    "max_length",
    "pattern",
    "regex",
    "max_digits",
    "decimal_places",
    "strict",
];

/// A `Depends(...)` or `Security(...)` object.
struct Marker {
    call: Option<Value>,
    scopes: Option<Value>,
    scope: Option<String>,
}

fn marker(value: &Value) -> Option<Marker> {
    let Some(Symbolic::Call { callee, arguments, .. }) = value.as_symbolic() else {
        // `Annotated[User, Depends]` is not valid, a bare `Depends` is.
        return None;
    };
    let name = callee.as_external()?;
    if name != "fastapi.Depends" && name != "fastapi.Security" {
        return None;
    }
    Some(Marker {
        call: arguments.get(0, "dependency").filter(|value| !value.is_none()).cloned(),
        scopes: arguments.keyword("scopes").cloned(),
        scope: arguments.keyword("scope").and_then(Value::as_str).map(str::to_owned),
    })
}

/// Whether a value marks a dependency.
pub fn is_depends(value: &Value) -> bool {
    marker(value).is_some()
}

fn field_place(value: &Value) -> Option<ParameterPlace> {
    let Some(Symbolic::Call { callee, .. }) = value.as_symbolic() else { return None };
    Some(match callee.as_external()?.as_str() {
        "fastapi.Path" => ParameterPlace::Path,
        "fastapi.Query" => ParameterPlace::Query,
        "fastapi.Header" => ParameterPlace::Header,
        "fastapi.Cookie" => ParameterPlace::Cookie,
        "fastapi.Body" => ParameterPlace::Body,
        "fastapi.Form" => ParameterPlace::Form,
        "fastapi.File" => ParameterPlace::File,
        _ => return None,
    })
}

fn call_arguments(value: &Value) -> Option<&Arguments> {
    match value.as_symbolic()? {
        Symbolic::Call { arguments, .. } => Some(arguments),
        _ => None,
    }
}

/// `Annotated[T, a, b]` as `T` and `[a, b]`; nested ones are flattened, outer metadata last.
pub fn split_annotated(annotation: &Value) -> (Option<Value>, Vec<Value>) {
    if let Some(Symbolic::Item { base, index }) = annotation.as_symbolic()
        && base.as_external().is_some_and(|name| name == "typing.Annotated")
        && let Kind::Tuple(items) = index.kind()
        && let Some((first, rest)) = items.split_first()
    {
        let (bare, mut metadata) = split_annotated(first);
        metadata.extend(rest.iter().cloned());
        return (bare, metadata);
    }
    (Some(annotation.clone()), Vec::new())
}

/// A generic alias of a class as the class itself; `Depends()` on `Page[Item]` calls `Page`.
fn bare_class(call: &Value) -> Option<Value> {
    match call.as_symbolic()? {
        Symbolic::Item { base, .. } if matches!(base.kind(), Kind::Class(_)) => Some(base.clone()),
        Symbolic::Binary { .. } => {
            let plain = plain_type(call);
            matches!(plain.kind(), Kind::Class(_)).then_some(plain)
        }
        _ => None,
    }
}

/// Names of the parameters in a path: `{name}` and `{name:converter}`.
pub fn path_parameters(path: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut rest = path;
    while let Some(start) = rest.bytes().position(|byte| byte == b'{') {
        let Some(end) = rest[start..].find('}') else { break };
        let inside = &rest[start + 1..start + end];
        names.push(inside.split(':').next().unwrap_or(inside).to_owned());
        rest = &rest[start + end + 1..];
    }
    names
}

/// A type as people write it: `list[Order]`, `int | None`; `?` when it is not known.
pub fn type_text(interpreter: &mut Interpreter<'_>, annotation: &Value) -> String {
    match annotation.kind() {
        Kind::None => "None".to_owned(),
        Kind::Class(id) => {
            interpreter.class(*id).map_or_else(|| "?".to_owned(), |class| class.name.to_string())
        }
        Kind::External(name) => name.last_part().to_owned(),
        Kind::Str(text) => format!("{text:?}"),
        Kind::Int(number) => number.to_string(),
        Kind::Bool(value) => if *value { "True" } else { "False" }.to_owned(),
        Kind::Ellipsis => "...".to_owned(),
        Kind::Tuple(items) => {
            let texts: Vec<String> = items.iter().map(|item| type_text(interpreter, item)).collect();
            texts.join(", ")
        }
        Kind::List(_) => {
            let items = interpreter.elements(annotation).unwrap_or_default();
            let texts: Vec<String> = items.iter().map(|item| type_text(interpreter, item)).collect();
            format!("[{}]", texts.join(", "))
        }
        Kind::Symbolic(symbolic) => match &**symbolic {
            Symbolic::Item { base, index } => match (base.as_external().as_deref(), index.kind()) {
                (Some("typing.Annotated"), Kind::Tuple(items)) if !items.is_empty() => {
                    type_text(interpreter, &items[0])
                }
                (Some("typing.Optional"), _) => format!("{} | None", type_text(interpreter, index)),
                (Some("typing.Union"), Kind::Tuple(items)) => {
                    let texts: Vec<String> = items.iter().map(|item| type_text(interpreter, item)).collect();
                    texts.join(" | ")
                }
                (Some("typing.List"), _) => format!("list[{}]", type_text(interpreter, index)),
                (Some("typing.Dict"), _) => format!("dict[{}]", type_text(interpreter, index)),
                _ => format!("{}[{}]", type_text(interpreter, base), type_text(interpreter, index)),
            },
            Symbolic::Binary { operator: BinaryOperator::BitOr, left, right } => {
                if is_none_type(left) {
                    format!("{} | None", type_text(interpreter, right))
                } else {
                    format!("{} | {}", type_text(interpreter, left), type_text(interpreter, right))
                }
            }
            Symbolic::Call { callee, arguments, .. } => {
                match arguments.positional.first().and_then(Value::as_str) {
                    Some(name) if callee.as_external().is_some_and(|name| name.starts_with("typing.")) => {
                        name.to_owned()
                    }
                    _ => type_text(interpreter, &callee.clone()),
                }
            }
            Symbolic::Member { name, .. } => name.to_string(),
            _ => "?".to_owned(),
        },
        Kind::Instance(_) => match interpreter.class_of(annotation) {
            Some(class) => type_text(interpreter, &class),
            None => "?".to_owned(),
        },
        _ => "?".to_owned(),
    }
}
