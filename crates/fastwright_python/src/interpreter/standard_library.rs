//! The parts of the standard library that decide what a program registers: `functools`, `importlib`,
//! `pkgutil`, `os.environ`, `pathlib` as far as modules walk their own folder, `contextlib`, `enum`.

use super::texts::{cleaned_documentation, dedented};
use super::{Evaluated, Interpreter};
use crate::location::Span;
use crate::name::Name;
use crate::value::*;
use std::rc::Rc;

impl Interpreter<'_> {
    pub(crate) fn call_standard_library(
        &mut self,
        name: Name,
        arguments: &Arguments,
        span: Span,
    ) -> Option<Evaluated> {
        if let Some(result) = self
            .call_document_function(name, arguments, span)
            .or_else(|| self.call_file_function(&name, arguments, span))
        {
            return Some(result);
        }
        // Asking about a name takes longer than remembering that there is nothing to be said of it.
        if self.not_of_standard_library.contains(&name) {
            return None;
        }
        let first = arguments.positional.first().cloned();
        let value = match name.as_str() {
            "os.environ.get" => self.environment_variable(arguments)?,
            "os.path.join" => {
                let mut path = String::new();
                for argument in &arguments.positional {
                    let part = self.text_of(argument)?;
                    path = super::paths::join(&path, &part);
                }
                Value::str(&path)
            }
            "os.path.dirname" => {
                Value::str(self.text_of(&first?)?.rsplit_once('/').map_or("", |(folder, _)| folder))
            }
            "os.path.basename" => Value::str(self.text_of(&first?)?.rsplit('/').next().unwrap_or("")),
            "os.path.abspath" | "os.path.realpath" | "os.path.normpath" | "os.fspath" => {
                Value::str(&self.text_of(&first?)?)
            }
            // The home directory and variables that are not set keep their names.
            "os.path.expanduser" => first.filter(|path| path.as_str().is_some())?,
            "os.path.expandvars" => self.with_variables(first?)?,
            "io.StringIO" | "io.BytesIO" if self.mode() == super::Mode::Import => {
                self.stream(&name, &first?, span)?
            }
            "configparser.ConfigParser" | "configparser.RawConfigParser" => {
                return self.new_config_parser(&name, arguments, span);
            }
            "os.path.splitext" => {
                let text = self.text_of(&first?)?;
                let at = text.rfind('.').unwrap_or(text.len());
                Value::tuple(vec![Value::str(&text[..at]), Value::str(&text[at..])])
            }
            "os.listdir" => {
                let folder = self.text_of(&first?)?;
                let files = self.source.files_in(&folder, false);
                if files.is_empty() {
                    return self.listed_names(&folder).map(Ok);
                }
                let files =
                    files.iter().map(|file| Value::str(file.rsplit('/').next().unwrap_or(file))).collect();
                self.list(files)
            }
            "glob.glob" | "glob.iglob" => {
                let pattern = self.text_of(&first?)?;
                let (folder, pattern) = pattern.rsplit_once('/')?;
                let recursive = folder.ends_with("/**");
                let folder = folder.strip_suffix("/**").unwrap_or(folder);
                let mut files = self.source.files_in(folder, recursive);
                files.retain(|file| {
                    super::paths::matches_pattern(file.rsplit('/').next().unwrap_or(file), pattern)
                });
                let files = files.iter().map(|file| Value::str(file)).collect();
                self.list(files)
            }
            "pathlib.Path" | "pathlib.PurePath" | "pathlib.PosixPath" => {
                let mut parts = Vec::new();
                for argument in &arguments.positional {
                    parts.push(self.text_of(argument)?);
                }
                let mut path = parts.first().cloned().unwrap_or_else(|| ".".to_owned());
                for part in parts.iter().skip(1) {
                    path = super::paths::join(&path, part);
                }
                self.path_value(&path, span)
            }
            "functools.lru_cache" | "functools.cache" | "fastwright.cached" => match first {
                Some(function) if !matches!(function.kind(), Kind::Int(_) | Kind::None | Kind::Bool(_)) => {
                    self.remember_results(&function);
                    function
                }
                _ => Value::external("fastwright.cached"),
            },
            "functools.cached_property" => {
                let function = first?;
                self.remember_results(&function);
                self.descriptor(DescriptorKind::Property, function)
            }
            "functools.total_ordering" => first?,
            "fastwright.identity"
            | "contextlib.contextmanager"
            | "contextlib.asynccontextmanager"
            | "types.coroutine"
            | "typing.overload"
            | "typing.final"
            | "abc.abstractmethod"
            | "typing.no_type_check"
            | "typing.override"
            | "typing_extensions.override"
            | "typing.runtime_checkable"
            | "enum.unique"
            | "types.MappingProxyType"
            | "asyncio.coroutine"
            | "inspect.unwrap"
            | "copy.copy"
            | "atexit.register" => first?,
            name if super::records::is_record_decorator(name) => match first {
                Some(class) if matches!(class.kind(), Kind::Class(_)) => class,
                // With options it stays an expression, which says what the class is.
                _ => return None,
            },
            "dataclasses.replace" | "attrs.evolve" | "attr.evolve" | "copy.replace" => {
                return self.replaced_record(arguments, span);
            }
            "dataclasses.fields" | "attrs.fields" | "attr.fields" => {
                self.record_field_objects(&first?, span)?
            }
            "dataclasses.asdict" | "attrs.asdict" | "attr.asdict" => {
                self.attribute(&first?, Name::from("__dict__"), span)
            }
            "functools.wraps" => {
                Value::call(Value::external("functools.wraps"), arguments.clone(), self.here(span))
            }
            "functools.update_wrapper" => {
                let (wrapper, wrapped) = (first?, arguments.positional.get(1)?.clone());
                self.wrap(&wrapper, &wrapped, span);
                wrapper
            }
            "functools.singledispatch" => first?,
            "functools.reduce" => {
                let function = first?;
                let mut items = self.elements(arguments.positional.get(1)?)?.into_iter();
                let mut accumulated = match arguments.positional.get(2) {
                    Some(initial) => initial.clone(),
                    None => items.next()?,
                };
                for item in items {
                    let call = Arguments::of([accumulated, item]);
                    accumulated = match self.call_value(&function, call, span) {
                        Ok(value) => value,
                        Err(raised) => return Some(Err(raised)),
                    };
                }
                accumulated
            }
            "importlib.import_module" => {
                let mut dotted = first?.as_str()?.to_owned();
                if dotted.starts_with('.') {
                    let package = arguments.get(1, "package")?.as_str()?.to_owned();
                    let level = dotted.chars().take_while(|c| *c == '.').count();
                    let mut base = package.as_str();
                    for _ in 1..level {
                        base = super::expressions::parent_name(base);
                    }
                    dotted = format!("{base}.{}", &dotted[level..]);
                }
                let site = self.here(span);
                return Some(self.import_dotted(&dotted, site));
            }
            "pkgutil.iter_modules" | "pkgutil.walk_packages" => self.iterate_modules(arguments, span)?,
            "itertools.chain" => {
                let mut items = Vec::new();
                for argument in &arguments.positional {
                    items.extend(self.elements(argument)?);
                }
                self.list(items)
            }
            "itertools.chain.from_iterable" => {
                let mut items = Vec::new();
                for argument in self.elements(&first?)? {
                    items.extend(self.elements(&argument)?);
                }
                self.list(items)
            }
            "itertools.product" if arguments.positional.len() == 2 => {
                let (left, right) = (self.elements(&first?)?, self.elements(&arguments.positional[1])?);
                let mut items = Vec::new();
                for a in &left {
                    for b in &right {
                        items.push(Value::tuple(vec![a.clone(), b.clone()]));
                    }
                }
                self.list(items)
            }
            "collections.OrderedDict" | "collections.ChainMap" => {
                return self.call_builtin("dict", arguments, span);
            }
            "collections.defaultdict" => {
                let id = self.allocate(Object::Dict(Box::default()));
                Kind::Dict(id).into()
            }
            "collections.namedtuple" => self.named_tuple(arguments, span)?,
            "types.SimpleNamespace" => {
                let site = self.here(span);
                let id = self.new_instance(Value::external("types.SimpleNamespace"), arguments.clone(), site);
                for (name, value) in &arguments.keywords {
                    if let Some(instance) = self.instance_mut(id) {
                        instance.attributes.insert(*name, value.clone());
                    }
                }
                Kind::Instance(id).into()
            }
            "types.new_class" => {
                let bases = arguments.positional.get(1).cloned().unwrap_or_else(|| Value::tuple(Vec::new()));
                let namespace = self.dict(Vec::new());
                let arguments = Arguments::of([first?, bases, namespace]);
                self.dynamic_class(&arguments, span)?
            }
            "copy.deepcopy" => match first?.kind() {
                Kind::Dict(id) => {
                    let Object::Dict(dict) = self.object(*id) else { return None };
                    let copy = dict.clone();
                    Kind::Dict(self.allocate(Object::Dict(copy))).into()
                }
                Kind::List(id) => {
                    let Object::List(list) = self.object(*id) else { return None };
                    let copy = list.items.clone();
                    self.list(copy)
                }
                _ => first_argument(arguments)?,
            },
            "re.escape" => super::regular_expressions::escaped(&first?)?,
            "re.match" | "re.fullmatch" | "re.search" => {
                self.match_function(name.as_str().trim_start_matches("re."), arguments, span)?
            }
            "re.sub" => super::regular_expressions::substituted(arguments)?,
            "textwrap.dedent" => Value::str(&dedented(first?.as_str()?)),
            "inspect.cleandoc" => Value::str(&cleaned_documentation(first?.as_str()?)),
            "typing.cast" => arguments.positional.get(1)?.clone(),
            "typing.get_args" => {
                let Some(Symbolic::Item { index, .. }) = first?.as_symbolic().cloned() else {
                    return Some(Ok(Value::tuple(Vec::new())));
                };
                match index.kind() {
                    Kind::Tuple(_) => index,
                    _ => Value::tuple(vec![index]),
                }
            }
            "typing.get_origin" => match first?.as_symbolic() {
                Some(Symbolic::Item { base, .. }) => base.clone(),
                _ => return None,
            },
            "typing.get_type_hints" => self.attribute(&first?, Name::from("__annotations__"), span),
            "inspect.signature" | "inspect.Signature" | "inspect.Parameter" => {
                return self.signature_call(&name, arguments, span);
            }
            "inspect.isclass" => Value::bool(super::types::is_class(&first?)?),
            "inspect.isfunction" => Value::bool(matches!(first?.kind(), Kind::Function(_))),
            "inspect.ismethod" => Value::bool(matches!(first?.kind(), Kind::Method(_))),
            "inspect.ismodule" => Value::bool(matches!(first?.kind(), Kind::Module(_))),
            "inspect.iscoroutinefunction" | "asyncio.iscoroutinefunction" => {
                match self.plain_function(&first?) {
                    Some(function) => {
                        Value::bool(function.definition.is_async && !function.definition.is_generator)
                    }
                    None => return None,
                }
            }
            "inspect.getmembers" => self.members(&first?, arguments.positional.get(1), span)?,
            "inspect.getdoc" => self.attribute(&first?, Name::from("__doc__"), span),
            "inspect.getmodule" => match first?.kind() {
                Kind::Function(function) => Kind::Module(function.module).into(),
                Kind::Class(id) => Kind::Module(self.class(*id)?.module).into(),
                _ => return None,
            },
            "sys.modules.get" => {
                let dotted = first?.as_str()?.to_owned();
                let found = self.modules.iter().position(|module| module.name.as_str() == dotted)?;
                Kind::Module(ModuleId(found as u32)).into()
            }
            "asyncio.run" | "asyncio.get_event_loop.run_until_complete" => first?,
            _ => {
                self.not_of_standard_library.insert(name);
                return None;
            }
        };
        Some(Ok(value))
    }

    fn named_tuple(&mut self, arguments: &Arguments, span: Span) -> Option<Value> {
        let name = Name::from(arguments.positional.first()?.as_str()?);
        let fields: Vec<Name> = match arguments.positional.get(1)?.kind() {
            Kind::Str(text) => text.replace(',', " ").split_whitespace().map(Name::from).collect(),
            _ => {
                let items = self.elements(arguments.positional.get(1)?)?;
                items.iter().filter_map(Value::as_str).map(Name::from).collect()
            }
        };
        let (module, location) = (self.frame().module, self.here(span));
        let bases = vec![Value::external("typing.NamedTuple")];
        let class = self.new_class(None, None, name, name, module, bases, location);
        if let Object::Class(object) = self.object_mut(class) {
            for field in fields {
                let any = Annotation::Given(Value::external("typing.Any"));
                object.annotations.insert(field, (any, location));
            }
        }
        Some(Kind::Class(class).into())
    }

    /// From now on the function gives the same result for the same arguments: `functools.cache`.
    fn remember_results(&mut self, function: &Value) {
        if let Kind::Function(function) = function.kind() {
            self.remembered.entry(function.serial).or_default();
        }
    }

    /// The function behind methods, descriptors and `functools.partial`.
    pub fn plain_function(&self, value: &Value) -> Option<Rc<FunctionValue>> {
        match value.kind() {
            Kind::Function(function) => Some(Rc::clone(function)),
            Kind::Method(method) => self.plain_function(&method.function),
            Kind::Descriptor(descriptor) => self.plain_function(&descriptor.function),
            Kind::Symbolic(symbolic) => match &**symbolic {
                Symbolic::Call { callee, arguments, .. }
                    if callee.as_external().is_some_and(|name| name == "functools.partial") =>
                {
                    self.plain_function(arguments.positional.first()?)
                }
                _ => None,
            },
            _ => None,
        }
    }

    fn members(&mut self, object: &Value, filter: Option<&Value>, span: Span) -> Option<Value> {
        let names: Vec<Name> = match object.kind() {
            Kind::Module(module) => {
                let scope = self.modules[module.0 as usize].scope;
                self.scopes[scope.0 as usize].names.keys().copied().collect()
            }
            Kind::Class(_) | Kind::Instance(_) => {
                let class = match object.kind() {
                    Kind::Class(_) => object.clone(),
                    _ => self.class_of(object)?,
                };
                let mut names = Vec::new();
                for owner in self.class_order(&class).iter() {
                    if let Kind::Class(id) = *owner.kind()
                        && let Some(class) = self.class(id)
                    {
                        names.extend(class.attributes.keys().copied());
                    }
                }
                names
            }
            _ => return None,
        };
        let mut names = names;
        names.sort_by(|left, right| left.as_str().cmp(right.as_str()));
        names.dedup();
        let mut pairs = Vec::new();
        for name in names {
            let value = self.attribute(object, name, span);
            if let Some(filter) = filter {
                let arguments = Arguments::of([value.clone()]);
                let answer = self.call_value(filter, arguments, span).ok()?;
                if self.truth(&answer) == Some(false) {
                    continue;
                }
            }
            pairs.push(Value::tuple(vec![Value::str(&name), value]));
        }
        Some(self.list(pairs))
    }

    /// What calling a value gives that a standard library function made (`functools.wraps(f)(g)`).
    pub(crate) fn call_made_by(
        &mut self,
        name: Name,
        bound: &Arguments,
        arguments: &Arguments,
        span: Span,
    ) -> Option<Evaluated> {
        if name == "functools.wraps" {
            let (wrapper, wrapped) =
                (arguments.positional.first()?.clone(), bound.positional.first()?.clone());
            self.wrap(&wrapper, &wrapped, span);
            return Some(Ok(wrapper));
        }
        if super::records::is_record_decorator(&name) {
            return arguments.positional.first().cloned().map(Ok);
        }
        None
    }

    /// `functools.update_wrapper`: the wrapper shows the wrapped function's identity.
    fn wrap(&mut self, wrapper: &Value, wrapped: &Value, span: Span) {
        for name in ["__name__", "__qualname__", "__module__", "__doc__"] {
            let name = Name::from(name);
            let value = self.attribute(wrapped, name, span);
            self.set_attribute(wrapper, name, value);
        }
        self.set_attribute(wrapper, Name::from("__wrapped__"), wrapped.clone());
        // functools.update_wrapper copies the wrapped function's __dict__, a set __signature__ included.
        if let Some(function) = self.plain_function(wrapped) {
            let own: Vec<(Name, Value)> = self
                .function_attributes
                .get(&function.serial)
                .map(|set| {
                    set.iter()
                        .filter(|(name, _)| {
                            !matches!(
                                name.as_str(),
                                "__name__"
                                    | "__qualname__"
                                    | "__module__"
                                    | "__doc__"
                                    | "__wrapped__"
                                    | "__annotations__"
                            )
                        })
                        .map(|(name, value)| (*name, value.clone()))
                        .collect()
                })
                .unwrap_or_default();
            for (name, value) in own {
                self.set_attribute(wrapper, name, value);
            }
        }
    }

    /// `pkgutil.iter_modules([str(Path(__file__).parent)])`: the modules in folders given as text.
    fn modules_in_folders(&mut self, path: &Value, arguments: &Arguments, span: Span) -> Option<Value> {
        let folders = self.elements(path)?;
        let prefix = arguments.get(1, "prefix").and_then(Value::as_str).unwrap_or("").to_owned();
        let site = self.here(span);
        let mut items = Vec::new();
        for folder in folders {
            let folder = self.text_of(&folder)?;
            let mut names: Vec<(String, bool)> = Vec::new();
            for file in self.source.files_in(&folder, true) {
                let relative = file.strip_prefix(&folder).unwrap_or(&file).trim_start_matches('/').to_owned();
                let (name, is_package) = match relative.split_once('/') {
                    None => (relative.strip_suffix(".py")?.to_owned(), false),
                    Some((package, "__init__.py")) => (package.to_owned(), true),
                    Some(_) => continue,
                };
                if name != "__init__" {
                    names.push((name, is_package));
                }
            }
            names.sort();
            for (name, is_package) in names {
                items.push(self.module_info(&format!("{prefix}{name}"), is_package, site));
            }
        }
        Some(self.list(items))
    }

    fn module_info(&mut self, name: &str, is_package: bool, site: crate::location::Location) -> Value {
        let id = self.new_instance(Value::external("pkgutil.ModuleInfo"), Arguments::default(), site);
        if let Some(instance) = self.instance_mut(id) {
            instance.attributes.insert(Name::from("module_finder"), Value::NONE);
            instance.attributes.insert(Name::from("name"), Value::str(name));
            instance.attributes.insert(Name::from("ispkg"), Value::bool(is_package));
        }
        Kind::Instance(id).into()
    }

    /// `pkgutil.iter_modules(package.__path__)`: the modules of a package of the program.
    fn iterate_modules(&mut self, arguments: &Arguments, span: Span) -> Option<Value> {
        let path = arguments.get(0, "path")?.clone();
        if let Some(found) = self.modules_in_folders(&path, arguments, span) {
            return Some(found);
        }
        let package = match path.as_symbolic()? {
            Symbolic::Member { base, name } if *name == "__path__" => match *base.kind() {
                Kind::Module(module) => module,
                _ => return None,
            },
            _ => return None,
        };
        let prefix = arguments.get(1, "prefix").and_then(Value::as_str).unwrap_or("").to_owned();
        let key = self.modules[package.0 as usize].key;
        let site = self.here(span);
        let mut items = Vec::new();
        for (name, is_package) in self.source.submodules(key) {
            items.push(self.module_info(&format!("{prefix}{name}"), is_package, site));
        }
        Some(self.list(items))
    }
}

fn first_argument(arguments: &Arguments) -> Option<Value> {
    arguments.positional.first().cloned()
}

/// Whether a library's name is written as names of classes are: `APIRouter`, not `HTTP_OK` or `get`.
pub(crate) fn is_class_name(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    last.starts_with(|first: char| first.is_ascii_uppercase())
        && last.contains(|c: char| c.is_ascii_lowercase())
}
