//! `configparser`: parsers, classes of the program that derive from them, and sections.
//!
//! What Python's own methods call on `self` (`get`, `optionxform`, `add_section`, ...) is called on the
//! class of the program here as well, where it defines it.

use super::ini::{self, IniOptions};
use super::standard_objects::StandardObject;
use super::{Evaluated, Interpreter, Raised};
use crate::location::Span;
use crate::name::Name;
use crate::value::*;

/// Options of all sections together, at most.
const MOST_OPTIONS: usize = 20_000;

type Options = OrderedMap<String, Value>;

/// How references in values are replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Interpolation {
    None,
    Basic,
    /// `${section:option}`, or a class of the program: values with a `$` or `%` are not known.
    NotFollowed,
}

/// What a parser holds.
#[derive(Debug)]
pub(crate) struct ConfigParser {
    how: IniOptions,
    interpolation: Interpolation,
    defaults: Options,
    sections: OrderedMap<String, Options>,
    /// Why there may be options that are not listed.
    incomplete: Option<&'static str>,
    /// The setting that what is not there rests on: the name of a file that does not exist here.
    configurable: Option<ConfigurableId>,
    /// Parsing and storing costs memory: what goes beyond the bound is dropped.
    count: usize,
}

/// What a lookup has come to.
enum Sought {
    Found(Value),
    NoSection,
    NoOption,
    /// It may be there, nobody knows.
    NotKnown(&'static str),
}

impl ConfigParser {
    fn new(basic: bool) -> Self {
        Self {
            how: IniOptions::default(),
            interpolation: if basic { Interpolation::Basic } else { Interpolation::None },
            defaults: Options::default(),
            sections: OrderedMap::default(),
            incomplete: None,
            configurable: None,
            count: 0,
        }
    }

    fn is_default(&self, section: &str) -> bool {
        section == self.how.default_section
    }

    fn options(&self, section: &str) -> Option<&Options> {
        if self.is_default(section) { Some(&self.defaults) } else { self.sections.get(section) }
    }

    fn store(&mut self, section: &str, option: String, value: Value) {
        if self.count >= MOST_OPTIONS {
            self.incomplete = Some("the configuration has too many options");
            return;
        }
        self.count += 1;
        if self.is_default(section) {
            self.defaults.insert(option, value);
        } else if let Some(options) = self.sections.get_mut(section) {
            options.insert(option, value);
        }
    }

    /// From now on anything may be in it; what is set later is known again.
    fn forget(&mut self, reason: &'static str) {
        self.incomplete = Some(reason);
        self.sections.clear();
        self.defaults.clear();
    }

    fn seek(&self, section: &str, option: &str) -> Sought {
        let own = match self.options(section) {
            Some(options) => options,
            None => return self.incomplete.map_or(Sought::NoSection, Sought::NotKnown),
        };
        match own.get(option).or_else(|| self.defaults.get(option)) {
            Some(value) => Sought::Found(value.clone()),
            None => self.incomplete.map_or(Sought::NoOption, Sought::NotKnown),
        }
    }
}

impl Interpreter<'_> {
    /// `configparser.ConfigParser(...)`.
    pub(crate) fn new_config_parser(
        &mut self,
        class: &str,
        arguments: &Arguments,
        span: Span,
    ) -> Option<Evaluated> {
        if self.mode == super::Mode::Summary {
            return None;
        }
        let site = self.here(span);
        let id = self.new_instance(Value::external(class), arguments.clone(), site);
        self.config_parser_method(id, "__init__", arguments, span)?.ok()?;
        Some(Ok(Kind::Instance(id).into()))
    }

    fn parser(&self, id: ObjectId) -> Option<&ConfigParser> {
        match self.standard_objects.get(&id)? {
            StandardObject::ConfigParser(parser) => Some(parser),
            _ => None,
        }
    }

    fn parser_mut(&mut self, id: ObjectId) -> Option<&mut ConfigParser> {
        match self.standard_objects.get_mut(&id)? {
            StandardObject::ConfigParser(parser) => Some(parser),
            _ => None,
        }
    }

    pub(crate) fn config_parser_method(
        &mut self,
        id: ObjectId,
        name: &str,
        arguments: &Arguments,
        span: Span,
    ) -> Option<Evaluated> {
        if name == "__init__" {
            self.initialize_config_parser(id, arguments, span);
            return Some(Ok(Value::NONE));
        }
        self.parser(id)?;
        let known =
            if arguments.incomplete { None } else { self.known_config_method(id, name, arguments, span) };
        match known {
            Some(value) => Some(value),
            // What could not be followed may have changed anything.
            None => {
                if matches!(
                    name,
                    "read"
                        | "read_file"
                        | "read_string"
                        | "read_dict"
                        | "set"
                        | "add_section"
                        | "update"
                        | "remove_option"
                        | "remove_section"
                        | "__setitem__"
                        | "clear"
                        | "popitem"
                        | "pop"
                ) {
                    self.parser_mut(id)?.forget("the configuration is changed in a way that is not followed");
                }
                None
            }
        }
    }

    fn initialize_config_parser(&mut self, id: ObjectId, arguments: &Arguments, span: Span) {
        let class = self.instance(id).map_or(Value::NONE, |instance| instance.class.clone());
        let mut parser = ConfigParser::new(self.derives_from(&class, "configparser.ConfigParser"));
        if arguments.incomplete {
            parser.incomplete = Some("what the configuration parser is made with is not known");
        }
        let mut texts = |value: &Value| -> Vec<String> {
            let items = match value.kind() {
                Kind::Str(text) => return text.chars().map(|c| c.to_string()).collect(),
                _ => self.elements(value).unwrap_or_default(),
            };
            items.iter().filter_map(Value::as_str).map(str::to_owned).collect()
        };
        for (name, value) in &arguments.keywords {
            match name.as_str() {
                "delimiters" => parser.how.delimiters = texts(value),
                "comment_prefixes" => parser.how.comment_prefixes = texts(value),
                "inline_comment_prefixes" => parser.how.inline_prefixes = texts(value),
                "allow_no_value" => parser.how.allow_no_value = value.as_bool() == Some(true),
                "strict" => parser.how.strict = value.as_bool() != Some(false),
                "empty_lines_in_values" => {
                    parser.how.empty_lines_in_values = value.as_bool() != Some(false);
                }
                "default_section" => match value.as_str() {
                    Some(name) => parser.how.default_section = name.to_owned(),
                    None => parser.incomplete = Some("the default section is not known"),
                },
                "interpolation" => {
                    let made_by = match value.as_symbolic() {
                        Some(Symbolic::Call { callee, .. }) => callee.as_external(),
                        _ => None,
                    };
                    parser.interpolation = match made_by.as_deref() {
                        _ if value.is_none() => Interpolation::None,
                        Some("configparser.BasicInterpolation") => Interpolation::Basic,
                        Some("configparser.Interpolation") => Interpolation::None,
                        _ => Interpolation::NotFollowed,
                    };
                }
                _ => {}
            }
        }
        if arguments.positional.get(2).and_then(Value::as_bool) == Some(true) {
            parser.how.allow_no_value = true;
        }
        let default_section = parser.how.default_section.clone();
        self.standard_objects.insert(id, StandardObject::ConfigParser(Box::new(parser)));
        if let Some(defaults) = arguments.get(0, "defaults").filter(|defaults| !defaults.is_none()) {
            let defaults = defaults.clone();
            let read = self.read_section(id, &default_section, &defaults, span);
            if !matches!(read, Some(Ok(())))
                && let Some(parser) = self.parser_mut(id)
            {
                parser.incomplete = Some("the defaults of the configuration are not known");
            }
        }
    }

    fn known_config_method(
        &mut self,
        id: ObjectId,
        name: &str,
        arguments: &Arguments,
        span: Span,
    ) -> Option<Evaluated> {
        let value = match name {
            "get" => return self.config_get(id, arguments, span),
            "getint" | "getfloat" | "getboolean" => return self.config_converted(id, name, arguments, span),
            "sections" | "__iter__" | "keys" => {
                let parser = self.parser(id)?;
                let mut names: Vec<Value> = parser.sections.keys().map(|name| Value::str(name)).collect();
                if name != "sections" {
                    names.insert(0, Value::str(&parser.how.default_section));
                }
                let (incomplete, setting) = (parser.incomplete.is_some(), parser.configurable);
                let list = self.allocate(Object::List(ListObject { items: names, incomplete }));
                Value::from(Kind::List(list)).with_configurable(setting)
            }
            "optionxform" => Value::str(&arguments.get(0, "optionstr")?.as_str()?.to_lowercase()),
            "defaults" => {
                let entries = self.parser(id)?.defaults.clone();
                self.dict(entries.iter().map(|(name, value)| (Value::str(name), value.clone())).collect())
            }
            "has_section" | "__contains__" => {
                let parser = self.parser(id)?;
                let section =
                    arguments.positional.first().or_else(|| arguments.keyword("section"))?.as_str()?;
                let found = parser.sections.contains_key(section)
                    || name == "__contains__" && parser.is_default(section);
                if !found && parser.incomplete.is_some() {
                    return None;
                }
                Value::bool(found).with_configurable(parser.configurable)
            }
            "has_option" => {
                let section = self.section_name(id, arguments.get(0, "section")?)?;
                let option = match self.option_name(id, arguments.get(1, "option")?, span)? {
                    Ok(option) => option,
                    Err(raised) => return Some(Err(raised)),
                };
                let setting = self.parser(id)?.configurable;
                match self.parser(id)?.seek(&section, &option) {
                    Sought::Found(value) => Value::bool(true).with_configurable(value.configurable()),
                    Sought::NoSection | Sought::NoOption => Value::bool(false).with_configurable(setting),
                    Sought::NotKnown(_) => return None,
                }
            }
            "options" => {
                let section = arguments.get(0, "section")?.as_str()?.to_owned();
                let parser = self.parser(id)?;
                let Some(own) = parser.sections.get(&section) else {
                    if parser.incomplete.is_some() {
                        return None;
                    }
                    let message = format!("the configuration has no section `{section}`");
                    return Some(self.raised_by_library("configparser.NoSectionError", message, span));
                };
                let mut names: Vec<&String> = own.keys().collect();
                names.extend(parser.defaults.keys().filter(|name| !own.contains_key(*name)));
                let items = names.into_iter().map(|name| Value::str(name)).collect();
                let incomplete = parser.incomplete.is_some();
                Kind::List(self.allocate(Object::List(ListObject { items, incomplete }))).into()
            }
            "items" => return self.config_items(id, arguments, span),
            "values" => {
                let names: Vec<String> = self.parser(id)?.sections.keys().cloned().collect();
                let default = self.parser(id)?.how.default_section.clone();
                let sections: Vec<Value> =
                    std::iter::once(default).chain(names).map(|name| self.section(id, name, span)).collect();
                self.list(sections)
            }
            "__len__" => Value::int(self.parser(id)?.sections.len() as i64 + 1),
            "__getitem__" => {
                let section = arguments.positional.first()?.as_str()?.to_owned();
                let parser = self.parser(id)?;
                if parser.options(&section).is_none() {
                    if parser.incomplete.is_some() {
                        return None;
                    }
                    let message = format!("the configuration has no section `{section}`");
                    return Some(self.raised_by_library("builtins.KeyError", message, span));
                }
                self.section(id, section, span)
            }
            "__setitem__" => {
                let section = arguments.positional.first()?.as_str()?.to_owned();
                let options = arguments.positional.get(1)?.clone();
                let parser = self.parser_mut(id)?;
                if parser.is_default(&section) {
                    parser.defaults.clear();
                } else {
                    parser.sections.insert(section.clone(), Options::default());
                }
                return self
                    .read_section(id, &section, &options, span)
                    .map(|read| read.map(|()| Value::NONE));
            }
            "add_section" => {
                let section = arguments.get(0, "section")?.as_str()?.to_owned();
                let parser = self.parser_mut(id)?;
                if parser.sections.contains_key(&section) {
                    let message = format!("the section `{section}` is there already");
                    return Some(self.raised_by_library("configparser.DuplicateSectionError", message, span));
                }
                if parser.is_default(&section) {
                    let message = format!("`{section}` is no name of a section");
                    return Some(self.raised_by_library("builtins.ValueError", message, span));
                }
                parser.sections.insert(section, Options::default());
                Value::NONE
            }
            "set" => {
                let section = self.section_name(id, arguments.get(0, "section")?)?;
                let option = match self.option_name(id, arguments.get(1, "option")?, span)? {
                    Ok(option) => option,
                    Err(raised) => return Some(Err(raised)),
                };
                let value = arguments.get(2, "value").cloned().unwrap_or(Value::NONE);
                let parser = self.parser_mut(id)?;
                if parser.options(&section).is_none() {
                    if parser.incomplete.is_none() {
                        let message = format!("the configuration has no section `{section}`");
                        return Some(self.raised_by_library("configparser.NoSectionError", message, span));
                    }
                    parser.sections.insert(section.clone(), Options::default());
                }
                parser.store(&section, option, value);
                Value::NONE
            }
            "remove_section" => {
                let section = arguments.get(0, "section")?.as_str()?.to_owned();
                Value::bool(self.parser_mut(id)?.sections.shift_remove(&section).is_some())
            }
            "__delitem__" => {
                let section = arguments.positional.first()?.as_str()?.to_owned();
                self.parser_mut(id)?.sections.shift_remove(&section);
                Value::NONE
            }
            "remove_option" => {
                let section = self.section_name(id, arguments.get(0, "section")?)?;
                let option = match self.option_name(id, arguments.get(1, "option")?, span)? {
                    Ok(option) => option,
                    Err(raised) => return Some(Err(raised)),
                };
                let parser = self.parser_mut(id)?;
                let options = if parser.is_default(&section) {
                    &mut parser.defaults
                } else {
                    parser.sections.get_mut(&section)?
                };
                Value::bool(options.shift_remove(&option).is_some())
            }
            "read_string" => {
                let text = arguments.get(0, "string")?.clone();
                return self.read_ini(id, &text, span);
            }
            "read_file" | "readfp" => {
                let file = arguments.get(0, "f")?.clone();
                let text = match file.kind() {
                    Kind::Instance(_) => self.read_stream(&file)?,
                    // Anything that gives lines.
                    _ => {
                        let lines = self.elements(&file)?;
                        let lines: Option<Vec<&str>> = lines.iter().map(Value::as_str).collect();
                        Value::str(&lines?.join("\n")).with_configurable(file.configurable())
                    }
                };
                return self.read_ini(id, &text, span);
            }
            "read" => return self.read_config_files(id, arguments.get(0, "filenames")?, span),
            "read_dict" => {
                let dictionary = arguments.get(0, "dictionary")?.clone();
                return self.read_config_dict(id, &dictionary, span);
            }
            "write" => Value::NONE,
            _ => return None,
        };
        Some(Ok(value))
    }

    /// The name of a section; nothing given means the default section.
    fn section_name(&self, id: ObjectId, section: &Value) -> Option<String> {
        match section.kind() {
            Kind::Str(name) if !name.is_empty() => Some(name.to_string()),
            Kind::Str(_) | Kind::None => Some(self.parser(id)?.how.default_section.clone()),
            _ => None,
        }
    }

    /// A method that the program's own class defines, or that was set on the object.
    fn own_method(&mut self, id: ObjectId, name: &str, span: Span) -> Option<Value> {
        let name = Name::from(name);
        let instance = self.instance(id)?;
        let is_own = instance.attributes.contains_key(&name)
            || matches!(instance.class.kind(), Kind::Class(_))
                && self.find_in_class(&instance.class.clone(), name).is_some();
        is_own.then(|| self.attribute(&Kind::Instance(id).into(), name, span))
    }

    /// Calls a method as Python's own code does: the one of the program's class, if it has one.
    fn call_on_parser(
        &mut self,
        id: ObjectId,
        name: &str,
        arguments: Arguments,
        span: Span,
    ) -> Option<Evaluated> {
        match self.own_method(id, name, span) {
            Some(method) => Some(self.call_value(&method, arguments, span)),
            None => self.config_parser_method(id, name, &arguments, span),
        }
    }

    /// What `optionxform` makes of an option's name.
    fn option_name(
        &mut self,
        id: ObjectId,
        option: &Value,
        span: Span,
    ) -> Option<Result<String, Box<Raised>>> {
        let written = option.as_str()?;
        let Some(method) = self.own_method(id, "optionxform", span) else {
            return Some(Ok(written.to_lowercase()));
        };
        let arguments = Arguments::of([option.clone()]);
        match self.call_value(&method, arguments, span) {
            Ok(name) => Some(Ok(name.as_str()?.to_owned())),
            Err(raised) => Some(Err(raised)),
        }
    }

    fn config_get(&mut self, id: ObjectId, arguments: &Arguments, span: Span) -> Option<Evaluated> {
        let section = arguments.get(0, "section")?.as_str()?.to_owned();
        let option = match self.option_name(id, arguments.get(1, "option")?, span)? {
            Ok(option) => option,
            Err(raised) => return Some(Err(raised)),
        };
        let raw = match arguments.keyword("raw") {
            Some(raw) => self.truth(raw)?,
            None => false,
        };
        let given = match arguments.keyword("vars").filter(|given| !given.is_none()) {
            Some(given) => self.text_entries(&given.clone())?,
            None => Vec::new(),
        };
        let parser = self.parser(id)?;
        let setting = parser.configurable;
        let among_given = given.iter().find(|(name, _)| name.to_lowercase() == option);
        let sought = match (parser.options(&section), among_given) {
            (Some(_), Some((_, value))) => Sought::Found(value.clone()),
            _ => parser.seek(&section, &option),
        };
        let (exception, message) = match sought {
            Sought::Found(value) if raw || value.is_none() => return Some(Ok(value)),
            Sought::Found(value) => return Some(self.interpolated(id, &section, value, &given, span)),
            Sought::NotKnown(reason) => return Some(Ok(Value::unknown(reason, Some(self.here(span))))),
            Sought::NoSection => {
                ("configparser.NoSectionError", format!("the configuration has no section `{section}`"))
            }
            Sought::NoOption => (
                "configparser.NoOptionError",
                format!("the configuration has no option `{option}` in `{section}`"),
            ),
        };
        Some(match arguments.keyword("fallback") {
            Some(fallback) => Ok(fallback.clone().with_configurable(setting)),
            None => self.raised_by_library(exception, message, span),
        })
    }

    /// The entries of a dict with names that are known.
    fn text_entries(&mut self, dict: &Value) -> Option<Vec<(String, Value)>> {
        let Kind::Dict(id) = *dict.kind() else { return None };
        let Object::Dict(dict) = self.object(id) else { return None };
        if dict.incomplete || !dict.unknown_keys.is_empty() {
            return None;
        }
        let entries: Vec<(Value, Value)> = dict.entries.values().cloned().collect();
        entries.into_iter().map(|(key, value)| Some((self.text_of(&key)?, value))).collect()
    }

    fn interpolated(
        &mut self,
        id: ObjectId,
        section: &str,
        value: Value,
        given: &[(String, Value)],
        span: Span,
    ) -> Evaluated {
        let Some(parser) = self.parser(id) else { return Ok(value) };
        let Some(text) = value.as_str() else { return Ok(value) };
        match parser.interpolation {
            Interpolation::None => return Ok(value),
            Interpolation::Basic if !text.contains('%') => return Ok(value),
            Interpolation::NotFollowed if !text.contains(['%', '$']) => return Ok(value),
            Interpolation::NotFollowed => {
                let reason = "the interpolation of the configuration is not followed";
                return Ok(Value::unknown(reason, Some(self.here(span))));
            }
            Interpolation::Basic => {}
        }
        let mut configurable = value.configurable();
        let mut unknown = false;
        let mut lookup = |name: &str| -> Option<String> {
            let name = name.to_lowercase();
            let found = match given.iter().find(|(given, _)| given.to_lowercase() == name) {
                Some((_, value)) => value.clone(),
                None => match parser.seek(section, &name) {
                    Sought::Found(value) => value,
                    Sought::NotKnown(_) => {
                        unknown = true;
                        return None;
                    }
                    Sought::NoSection | Sought::NoOption => {
                        // Names may be written otherwise where `optionxform` keeps them.
                        let options = parser.options(section)?.iter().chain(&parser.defaults);
                        let mut alike = options.filter(|(option, _)| option.to_lowercase() == name);
                        alike.next()?.1.clone()
                    }
                },
            };
            configurable = configurable.or(found.configurable());
            unknown |= found.as_str().is_none();
            found.as_str().map(str::to_owned)
        };
        let made = ini::interpolate(text, &mut lookup);
        match made {
            Ok(text) => Ok(Value::str(&text).with_configurable(configurable)),
            Err(_) if unknown => {
                let reason = "a reference in the configuration leads to a value that is not known";
                Ok(Value::unknown(reason, Some(self.here(span))))
            }
            Err(exception) => {
                let message = "a reference in the configuration leads nowhere".to_owned();
                self.raised_by_library(exception, message, span)
            }
        }
    }

    fn config_converted(
        &mut self,
        id: ObjectId,
        name: &str,
        arguments: &Arguments,
        span: Span,
    ) -> Option<Evaluated> {
        let mut rest = arguments.clone();
        let fallback = rest.keywords.iter().position(|(keyword, _)| *keyword == "fallback");
        let fallback = fallback.map(|at| rest.keywords.remove(at).1);
        // With a fallback the exception is caught here.
        self.catching += u32::from(fallback.is_some());
        let got = self.call_on_parser(id, "get", rest, span);
        self.catching -= u32::from(fallback.is_some());
        let value = match (got?, fallback) {
            (Ok(value), _) => value,
            (Err(raised), Some(fallback)) => {
                let missing = Value::tuple(vec![
                    Value::external("configparser.NoSectionError"),
                    Value::external("configparser.NoOptionError"),
                ]);
                return Some(match self.exception_matches(&raised.value, &missing) {
                    Some(true) => Ok(fallback.with_configurable(self.parser(id)?.configurable)),
                    _ => Err(raised),
                });
            }
            (Err(raised), None) => return Some(Err(raised)),
        };
        let configurable = value.configurable();
        let Some(text) = value.as_str() else { return value.is_unknown().then_some(Ok(value)) };
        let made = match name {
            "getint" => text.trim().replace('_', "").parse().ok().map(Value::int),
            "getfloat" => text.trim().parse().ok().map(|number: f64| Kind::Float(number).into()),
            _ => match text.to_lowercase().as_str() {
                "1" | "yes" | "true" | "on" => Some(Value::bool(true)),
                "0" | "no" | "false" | "off" => Some(Value::bool(false)),
                _ => None,
            },
        };
        Some(match made {
            Some(made) => Ok(made.with_configurable(configurable)),
            None => {
                let message = "a value of the configuration can't be converted".to_owned();
                self.raised_by_library("builtins.ValueError", message, span)
            }
        })
    }

    fn config_items(&mut self, id: ObjectId, arguments: &Arguments, span: Span) -> Option<Evaluated> {
        let Some(section) = arguments.get(0, "section") else {
            let names: Vec<String> = self.parser(id)?.sections.keys().cloned().collect();
            let default = self.parser(id)?.how.default_section.clone();
            let pairs = std::iter::once(default)
                .chain(names)
                .map(|name| Value::tuple(vec![Value::str(&name), self.section(id, name, span)]))
                .collect();
            return Some(Ok(self.list(pairs)));
        };
        let section = section.as_str()?.to_owned();
        let raw = match arguments.get(1, "raw") {
            Some(raw) => self.truth(raw)?,
            None => false,
        };
        if arguments.get(2, "vars").is_some_and(|given| !given.is_none()) {
            return None;
        }
        let parser = self.parser(id)?;
        let Some(own) = parser.options(&section) else {
            if parser.incomplete.is_some() {
                return None;
            }
            let message = format!("the configuration has no section `{section}`");
            return Some(self.raised_by_library("configparser.NoSectionError", message, span));
        };
        let mut options = parser.defaults.clone();
        options.extend(own.iter().map(|(name, value)| (name.clone(), value.clone())));
        let incomplete = parser.incomplete.is_some();
        let mut items = Vec::with_capacity(options.len());
        for (name, value) in options {
            let value = if raw || value.is_none() {
                value
            } else {
                match self.interpolated(id, &section, value, &[], span) {
                    Ok(value) => value,
                    Err(raised) => return Some(Err(raised)),
                }
            };
            items.push(Value::tuple(vec![Value::str(&name), value]));
        }
        Some(Ok(Kind::List(self.allocate(Object::List(ListObject { items, incomplete }))).into()))
    }

    /// Takes in a text in the format of configuration files.
    fn read_ini(&mut self, id: ObjectId, text: &Value, span: Span) -> Option<Evaluated> {
        let setting = text.configurable();
        let sections = match ini::parse(text.as_str()?, &self.parser(id)?.how) {
            Ok(sections) => sections,
            Err(exception) => {
                let message = "the text of the configuration is malformed".to_owned();
                self.parser_mut(id)?.forget("the text of the configuration is malformed");
                return Some(self.raised_by_library(exception, message, span));
            }
        };
        let strict = self.parser(id)?.how.strict;
        for section in sections {
            let mut seen = rustc_hash::FxHashSet::default();
            let parser = self.parser_mut(id)?;
            if !parser.is_default(&section.name) {
                parser.sections.entry(section.name.clone()).or_default();
            }
            for (option, value) in section.options {
                let option = match self.option_name(id, &Value::str(&option), span)? {
                    Ok(option) => option,
                    Err(raised) => return Some(Err(raised)),
                };
                if strict && seen.contains(&option) {
                    let message = format!("the option `{option}` is given twice");
                    return Some(self.raised_by_library("configparser.DuplicateOptionError", message, span));
                }
                seen.insert(option.clone());
                let value = value.map_or(Value::NONE, |value| Value::str(&value));
                self.parser_mut(id)?.store(&section.name, option, value.with_configurable(setting));
            }
        }
        Some(Ok(Value::NONE))
    }

    /// `read`: files that are there are taken in, others are left out silently.
    fn read_config_files(&mut self, id: ObjectId, names: &Value, span: Span) -> Option<Evaluated> {
        let names = match self.file_name(names) {
            Some(_) => vec![names.clone()],
            None => self.elements(names)?,
        };
        let mut read = Vec::new();
        for name in names {
            let Some(path) = self.file_name(&name) else {
                // Which file it is only the deployment knows; it has none, as far as is known.
                let setting = name.configurable().or_else(|| self.configurable("a configuration file"));
                self.parser_mut(id)?.configurable = setting;
                continue;
            };
            match self.data_file_text(&path, span) {
                Some(text) => {
                    if let Err(raised) = self.read_ini(id, &text, span)? {
                        return Some(Err(raised));
                    }
                    read.push(Value::str(&path));
                }
                // It is there and may say anything.
                None if self.is_unread_file(&path) => return None,
                None => {
                    let shown = path.rsplit('/').next().unwrap_or(&path).to_owned();
                    let setting = self.configurable(shown);
                    self.parser_mut(id)?.configurable = setting;
                }
            }
        }
        Some(Ok(self.list(read)))
    }

    fn read_config_dict(&mut self, id: ObjectId, dictionary: &Value, span: Span) -> Option<Evaluated> {
        let sections = self.text_entries(dictionary)?;
        for (section, options) in sections {
            let is_there = self.parser(id)?.options(&section).is_some();
            if !is_there {
                let arguments = Arguments::of([Value::str(&section)]);
                if let Err(raised) = self.call_on_parser(id, "add_section", arguments, span)? {
                    return Some(Err(raised));
                }
            }
            if let Err(raised) = self.read_section(id, &section, &options, span)? {
                return Some(Err(raised));
            }
        }
        Some(Ok(Value::NONE))
    }

    /// Takes in the options of one section; values become text, as `str` makes it.
    fn read_section(
        &mut self,
        id: ObjectId,
        section: &str,
        options: &Value,
        span: Span,
    ) -> Option<Result<(), Box<Raised>>> {
        let entries = match options.kind() {
            Kind::Instance(_) => {
                let items = self.standard_operator(options, "items", Vec::new(), span)?.ok()?;
                self.pairs(&items)?
                    .into_iter()
                    .map(|(name, value)| Some((name.as_str()?.to_owned(), value)))
                    .collect::<Option<Vec<_>>>()?
            }
            _ => self.text_entries(options)?,
        };
        for (option, value) in entries {
            let text = match value.kind() {
                Kind::None | Kind::Str(_) => value.clone(),
                _ => match self.text_of(&value) {
                    Some(text) => Value::str(&text).with_configurable(value.configurable()),
                    None => value.clone(),
                },
            };
            let option = match self.option_name(id, &Value::str(&option), span)? {
                Ok(option) => option,
                Err(raised) => return Some(Err(raised)),
            };
            let positional = vec![Value::str(section), Value::str(&option), text];
            let arguments = Arguments::of(positional);
            if let Err(raised) = self.call_on_parser(id, "set", arguments, span)? {
                return Some(Err(raised));
            }
        }
        Some(Ok(()))
    }

    fn section(&mut self, parser: ObjectId, name: String, span: Span) -> Value {
        self.standard_instance("configparser.SectionProxy", StandardObject::Section { parser, name }, span)
    }

    /// A method of `parser["section"]`, which asks the parser.
    pub(crate) fn section_method(
        &mut self,
        id: ObjectId,
        name: &str,
        arguments: &Arguments,
        span: Span,
    ) -> Option<Evaluated> {
        let Some(StandardObject::Section { parser, name: section }) = self.standard_objects.get(&id) else {
            return None;
        };
        let (parser, section) = (*parser, section.clone());
        let mut asked = arguments.clone();
        asked.positional.insert(0, Value::str(&section));
        match name {
            "get" | "getint" | "getfloat" | "getboolean" => {
                // A section's methods take the fallback by position as well, and have one: None.
                let fallback = (asked.positional.len() > 2).then(|| asked.positional.remove(2));
                if asked.keyword("fallback").is_none() {
                    asked.keywords.push((Name::from("fallback"), fallback.unwrap_or(Value::NONE)));
                }
                self.call_on_parser(parser, name, asked, span)
            }
            "__getitem__" => {
                let found = self.call_on_parser(parser, "has_option", asked.clone(), span)?;
                match found {
                    Ok(found) if self.truth(&found) == Some(false) => {
                        let message = format!("the section `{section}` has no such option");
                        Some(self.raised_by_library("builtins.KeyError", message, span))
                    }
                    Ok(_) => self.call_on_parser(parser, "get", asked, span),
                    Err(raised) => Some(Err(raised)),
                }
            }
            "__contains__" => self.call_on_parser(parser, "has_option", asked, span),
            "__setitem__" => self.call_on_parser(parser, "set", asked, span),
            "__delitem__" => self.call_on_parser(parser, "remove_option", asked, span),
            "__iter__" | "keys" => {
                if self.parser(parser)?.is_default(&section) {
                    let names = self.parser(parser)?.defaults.keys().map(|name| Value::str(name)).collect();
                    return Some(Ok(self.list(names)));
                }
                self.call_on_parser(parser, "options", asked, span)
            }
            "items" | "values" => {
                let options = match self.section_method(id, "keys", &Arguments::default(), span)? {
                    Ok(options) => self.elements(&options)?,
                    Err(raised) => return Some(Err(raised)),
                };
                let mut made = Vec::with_capacity(options.len());
                for option in options {
                    let positional = vec![Value::str(&section), option.clone()];
                    let arguments = Arguments::of(positional);
                    match self.call_on_parser(parser, "get", arguments, span)? {
                        Ok(value) if name == "items" => made.push(Value::tuple(vec![option, value])),
                        Ok(value) => made.push(value),
                        Err(raised) => return Some(Err(raised)),
                    }
                }
                Some(Ok(self.list(made)))
            }
            _ => None,
        }
    }
}
