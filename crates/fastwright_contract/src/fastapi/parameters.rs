//! One parameter of a callable: a dependency, something FastAPI injects, or a field (FastAPI 0.165
//! `dependencies/utils.py`, `analyze_param`).

use super::builder::Builder;
use super::fields::{Extras, ModelField};
use super::parameter_models::AliasChoices;
use super::predicates::{is_complex, is_subclass, is_upload, is_upload_sequence};
use super::version1::VERSION1_PARAMETERS;
use crate::pydantic::core_schema::Mode;
use crate::pydantic::field_info::FieldInfo;
use crate::pydantic::generate::dispatch::may_follow;
use crate::types::{Form, form};
use crate::versions::fastapi as since;
use fastwright_model::application::ParameterPlace;
use fastwright_python::location::Location;
use fastwright_python::name::Name;
use fastwright_python::value::*;

/// Classes that FastAPI fills without asking the client.
const INJECTED: &[&str] = &[
    "starlette.requests.Request",
    "starlette.websockets.WebSocket",
    "starlette.requests.HTTPConnection",
    "starlette.responses.Response",
    "starlette.background.BackgroundTasks",
    "fastapi.BackgroundTasks",
    "fastapi.security.oauth2.SecurityScopes",
];

/// The keywords of `Query(...)`, `Body(...)` and the like (`params.py`).
const KEYWORDS: &[&str] = &[
    "default",
    "default_factory",
    "annotation",
    "alias",
    "alias_priority",
    "validation_alias",
    "serialization_alias",
    "convert_underscores",
    "embed",
    "media_type",
    "title",
    "description",
    "gt",
    "ge",
    "lt",
    "le",
    "min_length",
    "max_length",
    "pattern",
    "regex",
    "discriminator",
    "strict",
    "multiple_of",
    "allow_inf_nan",
    "max_digits",
    "decimal_places",
    "examples",
    "example",
    "openapi_examples",
    "deprecated",
    "include_in_schema",
    "json_schema_extra",
];

/// Those that came later.
const LATER_KEYWORDS: &[&str] = &["validate_default", "union_mode", "fail_fast"];

/// A parameter in a signature, evaluated.
#[derive(Debug, Clone)]
pub struct SignatureParameter {
    /// Its name.
    pub name: Name,
    /// Its annotation, when it has one.
    pub annotation: Option<Value>,
    /// Its default, when it has one.
    pub default: Option<Value>,
    /// A field info that stands for annotation and default: fields of models used as dependencies.
    pub prepared: Option<FieldInfo>,
    /// Where it stands.
    pub location: Location,
}

/// What a parameter is for FastAPI.
#[derive(Debug, Clone)]
pub enum Analysed {
    /// `Depends(...)` or `Security(...)`.
    Dependency(DependsMarker),
    /// Filled by FastAPI; true for `SecurityScopes`.
    Injected(bool),
    /// A field of the request.
    Field(Box<ModelField>),
}

/// A `Depends(...)` or `Security(...)` object.
#[derive(Debug, Clone)]
pub struct DependsMarker {
    /// What is depended on.
    pub call: Value,
    /// Scopes of `Security(...)`.
    pub scopes: Vec<String>,
    /// `scope=`.
    pub scope: Option<String>,
    /// Where.
    pub location: Location,
}

impl Builder<'_, '_, '_> {
    /// Decides what a parameter is; `path_names` are the parameters in the route's path.
    pub fn analyse_parameter(&mut self, parameter: &SignatureParameter, path_names: &[String]) -> Analysed {
        let in_path = path_names.iter().any(|name| name == parameter.name.as_str());
        let annotation = parameter.annotation.clone().map(|annotation| self.alias_value(annotation));
        let (bare, metadata) = match annotation.as_ref().map(form) {
            Some(Form::Annotated(inner, metadata)) => (Some(inner), metadata),
            _ => (annotation.clone(), Vec::new()),
        };
        let annotated = !metadata.is_empty();
        let mut depends = None;
        let mut field: Option<(FieldInfo, Extras)> = None;
        // The last annotation of FastAPI's own decides.
        for item in metadata.iter().rev() {
            if let Some(marker) = self.depends_marker(item, parameter.location) {
                depends = Some(marker);
                break;
            }
            if let Some(extras) = self.parameter_extras(item) {
                let mut info = match &annotation {
                    _ if extras.version1.is_some() => self.info_beside_version1(&extras, bare.clone()),
                    Some(annotation) => self.generator.from_annotation(self.context, annotation),
                    None => FieldInfo::default(),
                };
                if extras.version1.is_none()
                    && self.before(since::ANNOTATIONS_ARE_MERGED)
                    && let Some(Symbolic::Call { arguments, .. }) = item.as_symbolic()
                {
                    let own = self.parameter_info(arguments, &extras);
                    info = FieldInfo { annotation: info.annotation, metadata: info.metadata, ..own };
                }
                info.default.clone_from(&parameter.default);
                if parameter.default.is_some() {
                    info.default_factory = None;
                }
                field = Some((info, extras));
                break;
            }
        }
        if let Some(default) = &parameter.default {
            if let Some(marker) = self.depends_marker(default, parameter.location) {
                depends = Some(marker);
            } else if let Some(extras) = self.parameter_extras(default)
                && let Some(Symbolic::Call { arguments, .. }) = default.as_symbolic()
            {
                let mut info = match &extras.version1 {
                    Some(_) => self.info_of_default(&extras, arguments),
                    None => {
                        self.doubt_other_version(&bare, parameter);
                        self.parameter_info(arguments, &extras)
                    }
                };
                info.annotation = Some(bare.clone().unwrap_or(Value::external("typing.Any")));
                field = Some((info, extras));
            }
        }
        if let Some(mut marker) = depends {
            if marker.call.is_none() {
                marker.call = bare.clone().unwrap_or_else(|| {
                    Value::unknown("the dependency names no callable", Some(parameter.location))
                });
            }
            return Analysed::Dependency(marker);
        }
        let type_annotation = bare.clone().unwrap_or(Value::external("typing.Any"));
        if is_subclass(self.context.interpreter, &type_annotation, INJECTED) {
            let scopes = &["fastapi.security.oauth2.SecurityScopes"];
            return Analysed::Injected(is_subclass(self.context.interpreter, &type_annotation, scopes));
        }
        let (mut info, mut extras) = match field {
            Some(found) => found,
            None => {
                let fastapi = self.context.versions.fastapi;
                self.doubt_unknown_type(&type_annotation, parameter);
                // A class of a library is a model or none, which its code says.
                let computed = self.context.interpreter.computed_with_libraries(&type_annotation, may_follow);
                let type_annotation = computed.unwrap_or(type_annotation);
                let place = if in_path {
                    ParameterPlace::Path
                } else if is_upload(self.context.interpreter, &type_annotation)
                    || is_upload_sequence(self.context.interpreter, fastapi, &type_annotation)
                {
                    ParameterPlace::File
                } else if is_complex(self.context.interpreter, fastapi, &type_annotation) {
                    ParameterPlace::Body
                } else {
                    ParameterPlace::Query
                };
                let merges = !self.before(since::PLAIN_ANNOTATIONS_ARE_MERGED);
                let mut info = match (&parameter.prepared, annotated, &annotation) {
                    (Some(prepared), _, _) => prepared.clone(),
                    (None, true, Some(annotation)) if merges => {
                        self.generator.from_annotation(self.context, annotation)
                    }
                    // The whole annotation is the type: what its metadata says of the field is not seen.
                    (None, true, Some(annotation)) => {
                        FieldInfo { annotation: Some(annotation.clone()), ..FieldInfo::default() }
                    }
                    _ => FieldInfo { annotation: Some(type_annotation.clone()), ..FieldInfo::default() },
                };
                if parameter.prepared.is_none() {
                    info.default.clone_from(&parameter.default);
                }
                if parameter.default.is_some() {
                    info.default_factory = None;
                }
                let mut extras = Extras::of(Some(place));
                if place == ParameterPlace::Body && !annotated && self.concerns_version1(&type_annotation) {
                    extras.version1 = Some(Box::new(self.plain_version1()));
                }
                (info, extras)
            }
        };
        info.default = info.default.filter(|default| !matches!(default.kind(), Kind::Ellipsis));
        if extras.place == Some(ParameterPlace::Path) {
            info.default = None;
            if in_path {
                info.default_factory = None;
            }
        }
        if info.annotation.is_none() {
            info.annotation = Some(Value::external("typing.Any"));
        }
        info.location = Some(parameter.location);
        self.finish_parameter(parameter, info, &mut extras, path_names)
    }

    fn finish_parameter(
        &mut self,
        parameter: &SignatureParameter,
        mut info: FieldInfo,
        extras: &mut Extras,
        path_names: &[String],
    ) -> Analysed {
        if extras.place == Some(ParameterPlace::Path)
            && !self.before(since::PATHS_CHOOSE_ALIASES)
            && let Some(choice) = self.path_choice(info.validation_alias.as_ref(), path_names)
        {
            info.validation_alias = Some(choice);
        }
        let given = info.alias.as_ref().and_then(Value::as_str).filter(|alias| !alias.is_empty());
        let alias = match given {
            Some(alias) => alias.to_owned(),
            None if extras.convert_underscores == Some(true) => parameter.name.replace('_', "-"),
            None => parameter.name.to_string(),
        };
        for alias in [&info.alias, &info.validation_alias].into_iter().flatten() {
            let known = alias.is_none() || alias.as_str().is_some();
            if !known && self.alias_choices(alias) == AliasChoices::None {
                let reason = format!("the alias of the parameter `{}` is not known", parameter.name);
                self.context.doubt(reason, Some(parameter.location));
            }
        }
        info.alias = Some(Value::str(&alias));
        if extras.version1.is_some() {
            return Analysed::Field(Box::new(self.version1_parameter(parameter.name, info, extras.clone())));
        }
        self.say_no_extra(&mut info);
        let field = self.field(parameter.name, info, extras.clone(), Mode::Validation, None);
        Analysed::Field(Box::new(field))
    }

    /// Before further keywords were gone, parameter classes handed on that there are none: an empty
    /// `json_schema_extra`, for which Pydantic keeps a reference where it would write the type itself.
    pub(super) fn say_no_extra(&mut self, info: &mut FieldInfo) {
        if self.before(since::NO_EXTRA_KEYWORDS) && info.json_schema_extra.as_ref().is_none_or(Value::is_none)
        {
            info.json_schema_extra = Some(self.context.interpreter.dict(Vec::new()));
        }
    }

    /// Of several aliases of a path parameter, the one that the route's path has.
    fn path_choice(&mut self, alias: Option<&Value>, path_names: &[String]) -> Option<Value> {
        match self.alias_choices(alias?) {
            AliasChoices::Texts(texts) => {
                texts.iter().find(|text| path_names.contains(text)).map(|text| Value::str(text))
            }
            _ => None,
        }
    }

    /// The type behind `type X = ...`, which FastAPI unpacks in a signature, and behind an alias that is
    /// subscribed.
    fn alias_value(&mut self, annotation: Value) -> Value {
        let looks_through = !self.before(since::TYPE_ALIASES);
        looks_through
            .then(|| self.generator.alias_value(self.context, &annotation))
            .flatten()
            .or_else(|| self.generator.substituted(self.context, &annotation))
            .unwrap_or(annotation)
    }

    fn doubt_unknown_type(&mut self, annotation: &Value, parameter: &SignatureParameter) {
        if let Kind::Unknown(unknown) = annotation.kind() {
            let reason =
                format!("the type of the parameter `{}` is not known: {}", parameter.name, unknown.reason);
            self.context.doubt(reason, Some(parameter.location));
        }
    }

    /// The `Depends(...)` or `Security(...)` that a value is.
    pub fn depends_marker(&mut self, value: &Value, location: Location) -> Option<DependsMarker> {
        let Some(Symbolic::Call { callee, arguments, site }) = value.as_symbolic() else { return None };
        let name = callee.as_external()?;
        if name != "fastapi.Depends" && name != "fastapi.Security" {
            return None;
        }
        let call = arguments.get(0, "dependency").cloned().unwrap_or(Value::NONE);
        let given = if name == "fastapi.Security" { arguments.get(1, "scopes") } else { None }.cloned();
        let mut scopes = Vec::new();
        if let Some(given) = given.filter(|given| !given.is_none()) {
            match self.context.interpreter.elements(&given) {
                Some(items) => {
                    for item in items {
                        scopes.extend(self.text(&item, "a scope of a dependency", Some(*site)));
                    }
                }
                None => self.context.doubt("the scopes of a dependency are not known", Some(*site)),
            }
        }
        let scope = arguments.keyword("scope").and_then(Value::as_str).map(str::to_owned);
        Some(DependsMarker { call, scopes, scope, location })
    }

    /// What a `Query(...)`, `Body(...)`, ... object says that only FastAPI knows; none for other values.
    pub fn parameter_extras(&mut self, value: &Value) -> Option<Extras> {
        let Some(Symbolic::Call { callee, arguments, site }) = value.as_symbolic() else { return None };
        let name = callee.as_external()?;
        let of_version1 = match name.strip_prefix(VERSION1_PARAMETERS) {
            Some(_) if !self.takes_version1() => return None,
            own => own.map(|own| format!("fastapi.{own}")),
        };
        let place = match of_version1.as_deref().unwrap_or(&name) {
            "fastapi.Path" => ParameterPlace::Path,
            "fastapi.Query" => ParameterPlace::Query,
            "fastapi.Header" => ParameterPlace::Header,
            "fastapi.Cookie" => ParameterPlace::Cookie,
            "fastapi.Body" => ParameterPlace::Body,
            "fastapi.Form" => ParameterPlace::Form,
            "fastapi.File" => ParameterPlace::File,
            _ => return None,
        };
        let (arguments, site) = (arguments.clone(), *site);
        let mut extras = Extras::of(Some(place));
        if arguments.incomplete {
            self.context.doubt("the arguments of a parameter are not all known", Some(site));
        }
        if let Some(value) = arguments.keyword("include_in_schema") {
            extras.include_in_schema = self.truth(value, true, "`include_in_schema`", Some(site));
        }
        if let Some(value) = arguments.keyword("convert_underscores") {
            extras.convert_underscores = Some(self.truth(value, true, "`convert_underscores`", Some(site)));
        }
        if let Some(value) = arguments.keyword("embed").filter(|value| !value.is_none()) {
            extras.embed = Some(self.truth(value, false, "`embed`", Some(site)));
        }
        if let Some(value) = arguments.keyword("media_type")
            && let Some(text) = self.text(value, "`media_type`", Some(site))
        {
            extras.media_type = text;
        }
        extras.openapi_examples =
            arguments.keyword("openapi_examples").filter(|value| !value.is_none()).cloned();
        extras.example = arguments.keyword("example").cloned();
        if of_version1.is_some() {
            extras.version1 = Some(Box::new(self.version1_info(&arguments, site)));
        }
        Some(extras)
    }

    /// The field info of a `Query(...)` and the like: an alias stands for the other aliases, too, and
    /// `regex` is the old name of `pattern`.
    pub fn parameter_info(&mut self, arguments: &Arguments, extras: &Extras) -> FieldInfo {
        let mut arguments = arguments.clone();
        let pattern = Name::from("pattern");
        for (name, _) in &mut arguments.keywords {
            if *name == "regex" {
                *name = pattern;
            }
        }
        if extras.place == Some(ParameterPlace::Path) && arguments.positional.is_empty() {
            arguments.keywords.retain(|(name, _)| *name != "default");
        }
        if self.before(since::NO_EXTRA_KEYWORDS) {
            self.keep_extra_keywords(&mut arguments);
        }
        let mut info = self.generator.field_info(self.context, &arguments, Some(0));
        if self.before(since::VALIDATION_ALIASES) {
            // Only the function `Field` makes other aliases of an alias; this is a class.
            info.validation_alias = arguments.keyword("validation_alias").cloned();
            info.serialization_alias = arguments.keyword("serialization_alias").cloned();
            return info;
        }
        let alias = info.alias.clone().filter(|alias| alias.as_str().is_some());
        if info.serialization_alias.as_ref().is_none_or(Value::is_none) {
            info.serialization_alias.clone_from(&alias);
        }
        if info.validation_alias.as_ref().is_none_or(Value::is_none) {
            info.validation_alias = alias;
        }
        info
    }

    /// Keywords that a parameter does not know are its `json_schema_extra`, where it has none.
    fn keep_extra_keywords(&mut self, arguments: &mut Arguments) {
        let more = !self.before(since::MORE_KEYWORDS);
        let is_extra = |name: &Name| {
            let name = name.as_str();
            !(KEYWORDS.contains(&name) || more && LATER_KEYWORDS.contains(&name))
        };
        if !arguments.keywords.iter().any(|(name, _)| is_extra(name)) {
            return;
        }
        let (extra, known): (Keywords, Keywords) =
            std::mem::take(&mut arguments.keywords).into_iter().partition(|(name, _)| is_extra(name));
        arguments.keywords = known;
        let given = arguments.keyword("json_schema_extra").cloned();
        match given.map(|given| self.context.interpreter.truth(&given)) {
            Some(Some(true)) => {}
            Some(None) => self.context.doubt("`json_schema_extra` of a parameter is not decided", None),
            Some(Some(false)) | None => {
                arguments.keywords.retain(|(name, _)| *name != "json_schema_extra");
                let entries =
                    extra.into_iter().map(|(name, value)| (Value::str(name.as_str()), value)).collect();
                let extra = self.context.interpreter.dict(entries);
                arguments.keywords.push((Name::from("json_schema_extra"), extra));
            }
        }
    }
}
