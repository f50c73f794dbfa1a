//! Security schemes in the document, and what FastAPI's own dependency classes ask for (FastAPI 0.165
//! `security/`).

use super::builder::Builder;
use super::dependencies::Dependant;
use super::normalize;
use super::parameters::SignatureParameter;
use super::predicates::is_subclass;
use crate::doubt::why_unknown;
use crate::json::{Json, JsonObject};
use crate::versions::fastapi as since;
use fastwright_model::registry::Registry;
use fastwright_python::location::Location;
use fastwright_python::name::Name;
use fastwright_python::value::*;
use serde_json::json;

/// Schemes that know scopes.
const WITH_SCOPES: &[&str] =
    &["fastapi.security.oauth2.OAuth2", "fastapi.security.open_id_connect_url.OpenIdConnect"];

impl Builder<'_, '_, '_> {
    /// The name of a scheme and its definition.
    pub fn security_definition(&mut self, scheme: &Value, location: Location) -> Option<(String, Json)> {
        let class = self.context.interpreter.class_of(scheme)?;
        let class_name = match class.kind() {
            Kind::Class(id) => self.context.interpreter.class(*id)?.name.to_string(),
            Kind::External(name) => name.rsplit('.').next().unwrap_or(name).to_owned(),
            _ => return None,
        };
        let (owner, arguments) = match scheme.kind() {
            Kind::Symbolic(symbolic) => match &**symbolic {
                Symbolic::Call { callee, arguments, .. } => (callee.as_external()?, arguments.clone()),
                _ => return None,
            },
            Kind::Instance(id) => {
                let instance = self.context.interpreter.instance(*id)?;
                let model = instance.attributes.get(&Name::from("model")).cloned();
                let name = instance.attributes.get(&Name::from("scheme_name")).cloned();
                if let Some(model) = model {
                    let name = match name.filter(|name| !name.is_none()) {
                        Some(name) => self.text(&name, "the name of a security scheme", Some(location))?,
                        None => class_name,
                    };
                    return Some((name, self.openapi_model(&model, location)?));
                }
                let known = self.context.interpreter.extension::<Registry>().security_schemes.get(id);
                match known {
                    Some((owner, arguments)) => (*owner, StrongRc::new(arguments.clone())),
                    None => {
                        let arguments = instance.arguments.clone();
                        let order = self.context.interpreter.class_order(&class);
                        let owner = order
                            .iter()
                            .filter_map(Value::as_external)
                            .find(|name| name.starts_with("fastapi.security."))?;
                        (owner, arguments)
                    }
                }
            }
            _ => return None,
        };
        self.scheme(&owner, &arguments, &class_name, location)
    }

    fn scheme(
        &mut self,
        owner: &str,
        arguments: &Arguments,
        class_name: &str,
        location: Location,
    ) -> Option<(String, Json)> {
        let short = owner.rsplit('.').next().unwrap_or(owner);
        // Positions of the arguments that may be given without a keyword.
        let positions: &[&str] = match short {
            "OAuth2PasswordBearer" => {
                &["tokenUrl", "scheme_name", "scopes", "description", "auto_error", "refreshUrl"]
            }
            "OAuth2AuthorizationCodeBearer" => &[
                "authorizationUrl",
                "tokenUrl",
                "refreshUrl",
                "scheme_name",
                "scopes",
                "description",
                "auto_error",
            ],
            _ => &[],
        };
        let argument = |name: &str| -> Option<Value> {
            let position = positions.iter().position(|known| *known == name);
            arguments
                .keyword(name)
                .or_else(|| arguments.positional.get(position?))
                .filter(|value| !value.is_none())
                .cloned()
        };
        if arguments.incomplete {
            self.context.doubt("the arguments of a security scheme are not all known", Some(location));
        }
        let mut given = JsonObject::new();
        for name in [
            "description",
            "name",
            "scheme",
            "bearerFormat",
            "openIdConnectUrl",
            "tokenUrl",
            "authorizationUrl",
            "refreshUrl",
            "scopes",
        ] {
            if let Some(value) = argument(name) {
                let what = format!("`{name}` of a security scheme");
                given.insert(name.to_owned(), self.json(&value, &what, Some(location))?);
            }
        }
        let name = match argument("scheme_name") {
            Some(value) => self.text(&value, "the name of a security scheme", Some(location))?,
            None => class_name.to_owned(),
        };
        let mut model = JsonObject::new();
        let kind = match short {
            "OAuth2PasswordBearer" | "OAuth2AuthorizationCodeBearer" | "OAuth2" => "oauth2",
            "HTTPBase" | "HTTPBearer" | "HTTPBasic" | "HTTPDigest" => "http",
            "APIKeyHeader" | "APIKeyQuery" | "APIKeyCookie" => "apiKey",
            "OpenIdConnect" => "openIdConnect",
            _ => {
                self.context.doubt(format!("the security scheme `{short}` is not known"), Some(location));
                return None;
            }
        };
        model.insert("type".to_owned(), json!(kind));
        let mut take = |model: &mut JsonObject, name: &str| {
            if let Some(value) = given.remove(name) {
                model.insert(name.to_owned(), value);
            }
        };
        take(&mut model, "description");
        match short {
            "OAuth2PasswordBearer" => {
                let mut flow = JsonObject::new();
                take(&mut flow, "refreshUrl");
                flow.insert("scopes".to_owned(), json!({}));
                take(&mut flow, "scopes");
                take(&mut flow, "tokenUrl");
                model.insert("flows".to_owned(), json!({ "password": flow }));
            }
            "OAuth2AuthorizationCodeBearer" => {
                let mut flow = JsonObject::new();
                take(&mut flow, "refreshUrl");
                flow.insert("scopes".to_owned(), json!({}));
                take(&mut flow, "scopes");
                take(&mut flow, "authorizationUrl");
                take(&mut flow, "tokenUrl");
                model.insert("flows".to_owned(), json!({ "authorizationCode": flow }));
            }
            "OAuth2" => {
                let flows = match argument("flows") {
                    Some(flows) => self.openapi_model(&flows, location)?,
                    None => json!({}),
                };
                model.insert("flows".to_owned(), normalize::oauth_flows(flows));
            }
            "HTTPBearer" => {
                model.insert("scheme".to_owned(), json!("bearer"));
                take(&mut model, "bearerFormat");
            }
            "HTTPBasic" => {
                model.insert("scheme".to_owned(), json!("basic"));
            }
            "HTTPDigest" => {
                model.insert("scheme".to_owned(), json!("digest"));
            }
            "HTTPBase" => take(&mut model, "scheme"),
            "OpenIdConnect" => take(&mut model, "openIdConnectUrl"),
            "APIKeyHeader" | "APIKeyQuery" | "APIKeyCookie" => {
                let place = short.trim_start_matches("APIKey").to_lowercase();
                model.insert("in".to_owned(), json!(place));
                take(&mut model, "name");
            }
            _ => {}
        }
        Some((name, Json::Object(model)))
    }

    /// Whether scopes reach a scheme: until 0.123 only OAuth2 and OpenID Connect.
    pub fn takes_scopes(&mut self, scheme: &Value) -> bool {
        if !self.before(since::SCOPES_REACH_ALL_SCHEMES) {
            return true;
        }
        let class = self.context.interpreter.class_of(scheme);
        class.is_some_and(|class| is_subclass(self.context.interpreter, &class, WITH_SCOPES))
    }

    /// A model of `fastapi.openapi.models` as the program makes it, or a dict that stands for one.
    pub fn openapi_model(&mut self, value: &Value, location: Location) -> Option<Json> {
        if let Some(Symbolic::Call { callee, arguments, .. }) = value.as_symbolic()
            && let Some(name) = callee.as_external()
            && name.starts_with("fastapi.openapi.models.")
        {
            let mut model = JsonObject::new();
            let kind = match name.rsplit('.').next().unwrap_or_default() {
                "APIKey" => Some("apiKey"),
                "HTTPBase" | "HTTPBearer" => Some("http"),
                "OAuth2" => Some("oauth2"),
                "OpenIdConnect" => Some("openIdConnect"),
                _ => None,
            };
            if let Some(kind) = kind {
                model.insert("type".to_owned(), json!(kind));
            }
            if name.ends_with(".HTTPBearer") {
                model.insert("scheme".to_owned(), json!("bearer"));
            }
            let arguments = arguments.clone();
            if arguments.incomplete {
                self.context.doubt("the arguments of a security scheme are not all known", Some(location));
            }
            for (keyword, value) in &arguments.keywords {
                if value.is_none() {
                    continue;
                }
                let value = self.openapi_model(value, location)?;
                model.insert(keyword.trim_end_matches('_').to_owned(), value);
            }
            if name.ends_with(".OAuth2")
                && let Some(flows) = model.remove("flows")
            {
                model.insert("flows".to_owned(), normalize::oauth_flows(flows));
            }
            return Some(Json::Object(model));
        }
        if let Some(name) = value.as_external()
            && let Some(place) = name.strip_prefix("fastapi.openapi.models.APIKeyIn.")
        {
            return Some(json!(place));
        }
        self.json(value, "a part of a security scheme", Some(location))
    }

    /// The parameters of a callable of a library.
    pub fn library_parameters(
        &mut self,
        call: &Value,
        dependant: &mut Dependant,
        location: Location,
    ) -> Vec<SignatureParameter> {
        if dependant.is_security_scheme {
            return Vec::new();
        }
        let order = self.context.interpreter.class_order(call);
        let known = order.iter().filter_map(Value::as_external).find_map(|name| match name.as_str() {
            "fastapi.security.oauth2.OAuth2PasswordRequestForm" => Some(false),
            "fastapi.security.oauth2.OAuth2PasswordRequestFormStrict" => Some(true),
            _ => None,
        });
        if let Some(strict) = known {
            return password_request_form(strict, self, location);
        }
        // A class of the program that defines no constructor takes nothing.
        let own = matches!(call.kind(), Kind::Class(_))
            && order.iter().all(|owner| match owner.kind() {
                Kind::Class(_) => true,
                Kind::External(name) => name.starts_with("builtins.") || name.starts_with("abc."),
                _ => false,
            });
        if !own {
            let (reason, _) = why_unknown(self.context.interpreter, call);
            self.context
                .doubt(format!("the parameters of a callable are not known: {reason}"), Some(location));
        }
        Vec::new()
    }

    /// A short name of a value, for people.
    pub fn describe(&mut self, value: &Value) -> String {
        fastwright_model::dependant::type_text(self.context.interpreter, value)
    }
}

/// The fields of FastAPI's form for the password flow.
fn password_request_form(
    strict: bool,
    builder: &mut Builder<'_, '_, '_>,
    location: Location,
) -> Vec<SignatureParameter> {
    let text = Value::external("builtins.str");
    let optional = Value::symbolic(Symbolic::Item {
        base: Value::external("typing.Union"),
        index: Value::tuple(vec![text.clone(), Value::NONE]),
    });
    let parameter = |name: &str, annotation: &Value, keywords: Vec<(Name, Value)>, default| {
        let form = Value::call(
            Value::external("fastapi.Form"),
            Arguments { keywords: keywords.into(), ..Arguments::default() },
            location,
        );
        let annotated = Value::symbolic(Symbolic::Item {
            base: Value::external("typing.Annotated"),
            index: Value::tuple(vec![annotation.clone(), form]),
        });
        SignatureParameter {
            name: Name::from(name),
            annotation: Some(annotated),
            default,
            prepared: None,
            location,
        }
    };
    let pattern = vec![(Name::from("pattern"), Value::str("^password$"))];
    let hidden = |builder: &mut Builder<'_, '_, '_>| {
        if strict {
            return Vec::new();
        }
        let extra = builder.context.interpreter.dict(vec![(Value::str("format"), Value::str("password"))]);
        vec![(Name::from("json_schema_extra"), extra)]
    };
    let grant = if strict {
        parameter("grant_type", &text, pattern, None)
    } else {
        parameter("grant_type", &optional, pattern, Some(Value::NONE))
    };
    let (password, secret) = (hidden(builder), hidden(builder));
    vec![
        grant,
        parameter("username", &text, Vec::new(), None),
        parameter("password", &text, password, None),
        parameter("scope", &text, Vec::new(), Some(Value::str(""))),
        parameter("client_id", &optional, Vec::new(), Some(Value::NONE)),
        parameter("client_secret", &optional, secret, Some(Value::NONE)),
    ]
}
