//! Who may call a route: the guards that refuse a caller without credentials, and the proof.
//!
//! FastAPI's security schemes refuse by themselves. Of everything else a probe asks what a caller without
//! credentials meets: headers, cookies and sessions are empty, optional schemes give `None`, settings have
//! their defaults. A guard refuses when the answer is 401 or 403.

mod beginning;
mod handed_on;

use self::beginning::until_refusal;
use self::handed_on::handed_to;
use crate::application::{Guard, GuardKind, ParameterPlace};
use crate::dependant::{Dependant, DependantKind, DependantParameter};
use crate::effects::EffectTable;
use crate::facts::{mentions, status_of_exception, status_of_response};
use crate::registry::{AnonymousRequest, MiddlewareEntry, Registry};
use fastwright_python::interpreter::{Beginning, Interpreter, Probed, Raised};
use fastwright_python::location::Location;
use fastwright_python::name::Name;
use fastwright_python::project::Version;
use fastwright_python::summary::{EventKind, SummaryKey};
use fastwright_python::value::*;
use rustc_hash::FxHashMap;
use std::rc::Rc;

/// Steps for the probe of a dependency or a middleware.
const GUARD_STEPS: u64 = 30_000;

/// Steps for the probe of a handler: one that refuses everybody without credentials does so before it works.
const HANDLER_STEPS: u64 = 6_000;

/// From this version on `HTTPBearer`, `HTTPBasic` and the API key schemes answer 401 where they answered
/// 403 before (FastAPI 0.122 release notes).
const SCHEMES_ANSWER_401: Version = Version::new(0, 122, 0);

#[derive(Debug, Clone)]
struct Verdict {
    refusal: Refusal,
    status: Option<u16>,
    at: Option<Location>,
    reads_credentials: bool,
    result: Value,
    /// What it hands credentials to and whose code is not followed: that may refuse callers, although it does not
    /// itself.
    hands_on_to: Option<Rc<str>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Refusal {
    Never,
    /// It may, on a condition that is not decided.
    Possible,
    Always,
}

/// A refusal by a handler itself, with the place that raises it.
#[derive(Debug, Clone, Copy)]
struct OwnRefusal {
    status: u16,
    at: Location,
}

/// Decides the guards of all routes; remembers what it found for each dependency.
pub(crate) struct GuardAnalysis {
    version: Version,
    verdicts: FxHashMap<SummaryKey, Verdict>,
    middleware: FxHashMap<(ObjectId, usize), Option<Value>>,
    /// What handlers refuse with by themselves, and where; only of those that do not look at the path.
    handlers: FxHashMap<SummaryKey, Option<OwnRefusal>>,
    roles: FxHashMap<SummaryKey, Vec<String>>,
}

impl GuardAnalysis {
    pub(crate) fn new(version: Version) -> Self {
        Self {
            version,
            verdicts: FxHashMap::default(),
            middleware: FxHashMap::default(),
            handlers: FxHashMap::default(),
            roles: FxHashMap::default(),
        }
    }

    /// The guard of a route.
    pub(crate) fn guard(
        &mut self,
        interpreter: &mut Interpreter<'_>,
        effects: &mut EffectTable,
        dependant: Option<&Dependant>,
        endpoint: &Value,
        app: ObjectId,
        path: &str,
    ) -> (Guard, Vec<u16>) {
        let mut guard = Guard {
            kind: GuardKind::Public,
            by: Vec::new(),
            roles: Vec::new(),
            scopes: Vec::new(),
            evidence: Vec::new(),
            assumption: None,
        };
        let mut statuses = Vec::new();
        self.middleware_guards(interpreter, effects, app, path, &mut guard, &mut statuses);
        self.required_decorator(interpreter, endpoint, &mut guard);
        if let Some(dependant) = dependant {
            self.dependencies(interpreter, effects, dependant, &mut guard, &mut statuses);
            if guard.kind != GuardKind::Required {
                self.handler(interpreter, effects, dependant, path, &mut guard, &mut statuses);
            }
        }
        guard.roles.sort();
        guard.roles.dedup();
        guard.by.shrink_to_fit();
        guard.evidence.shrink_to_fit();
        (guard, statuses)
    }

    fn dependencies(
        &mut self,
        interpreter: &mut Interpreter<'_>,
        effects: &mut EffectTable,
        dependant: &Dependant,
        guard: &mut Guard,
        statuses: &mut Vec<u16>,
    ) {
        for node in dependant.walk() {
            if node.kind == DependantKind::Handler {
                continue;
            }
            guard.scopes.extend(
                node.scopes.iter().filter(|scope| !guard.scopes.contains(scope)).cloned().collect::<Vec<_>>(),
            );
            let verdict = self.verdict(interpreter, effects, node);
            let name = match &node.kind {
                DependantKind::SecurityScheme(class) => match class.rsplit_once('.') {
                    Some((module, name)) => format!("{module}:{name}"),
                    None => class.to_string(),
                },
                _ => node.qualified.clone(),
            };
            match verdict.refusal {
                Refusal::Always | Refusal::Possible => {
                    let through = node
                        .dependencies
                        .iter()
                        .any(|inner| self.verdict(interpreter, effects, inner).refusal != Refusal::Never);
                    if guard.kind != GuardKind::Required {
                        // What may refuse callers as well does not matter any more.
                        guard.assumption = None;
                    }
                    guard.kind = GuardKind::Required;
                    if !guard.by.contains(&name) {
                        guard.by.push(name.clone());
                    }
                    // Hundreds of routes have the same guards.
                    let note = ["`", short(&name), "` is a guard (", &node.via, ")"].concat();
                    guard.evidence.push((note, node.location));
                    if let Some(at) = verdict.at {
                        let status = verdict.status.unwrap_or(401);
                        guard.evidence.push((format!("it refuses with {status}"), at));
                    }
                    if verdict.refusal == Refusal::Possible && !through && guard.assumption.is_none() {
                        guard.assumption =
                            Some(format!("`{}` refuses on a condition that is not decided", short(&name)));
                    }
                    if let Some(status) = verdict.status {
                        statuses.push(status);
                    }
                    self.roles(interpreter, node, guard);
                }
                Refusal::Never => {
                    if let Some(callee) = &verdict.hands_on_to
                        && guard.kind != GuardKind::Required
                        && guard.assumption.is_none()
                    {
                        guard.assumption = Some(format!(
                            "`{}` hands credentials to `{callee}`, which is not followed and may refuse callers",
                            short(&name)
                        ));
                    }
                    if guard.kind == GuardKind::Public && guard.assumption.is_none() && may_be_guard(node) {
                        guard.assumption =
                            Some(format!("`{}` is not followed and may refuse callers", short(&name)));
                    }
                    if verdict.reads_credentials && guard.kind == GuardKind::Public {
                        guard.kind = GuardKind::Optional;
                    }
                    if verdict.reads_credentials {
                        let looks = match &verdict.hands_on_to {
                            Some(_) => "` looks at credentials and refuses nobody itself (",
                            None => "` looks at credentials and refuses nobody (",
                        };
                        let note = ["`", short(&name), looks, &node.via, ")"].concat();
                        guard.evidence.push((note, node.location));
                    }
                }
            }
        }
    }

    fn verdict(
        &mut self,
        interpreter: &mut Interpreter<'_>,
        effects: &mut EffectTable,
        node: &Dependant,
    ) -> Verdict {
        let nothing = || Verdict {
            refusal: Refusal::Never,
            status: None,
            at: None,
            reads_credentials: false,
            result: Value::unknown("the dependency is not followed", Some(node.location)),
            hands_on_to: None,
        };
        match &node.kind {
            DependantKind::SecurityScheme(class) => self.scheme(interpreter, node, class),
            DependantKind::Dependency => {
                let Some(function) = &node.function else { return nothing() };
                let key = SummaryKey { function: function.serial, receiver: node.receiver };
                if let Some(known) = self.verdicts.get(&key) {
                    return known.clone();
                }
                self.verdicts.insert(key, nothing());
                let verdict = self.probe_dependency(interpreter, effects, node, function);
                self.verdicts.insert(key, verdict.clone());
                verdict
            }
            DependantKind::Opaque | DependantKind::Handler => nothing(),
        }
    }

    fn scheme(&self, interpreter: &mut Interpreter<'_>, node: &Dependant, class: &Name) -> Verdict {
        let helper = matches!(
            class.as_str(),
            "fastapi.security.oauth2.OAuth2PasswordRequestForm"
                | "fastapi.security.oauth2.OAuth2PasswordRequestFormStrict"
        );
        let set = match node.call.kind() {
            Kind::Instance(id) => interpreter.instance(*id).and_then(|instance| {
                instance
                    .attributes
                    .get(&Name::from("auto_error"))
                    .cloned()
                    .or_else(|| instance.arguments.keyword("auto_error").cloned())
            }),
            Kind::Symbolic(symbolic) => match &**symbolic {
                Symbolic::Call { arguments, .. } => arguments.keyword("auto_error").cloned(),
                _ => None,
            },
            _ => None,
        };
        let site = match node.call.as_symbolic() {
            Some(Symbolic::Call { site, .. }) => Some(*site),
            _ => None,
        };
        let optional = set.and_then(|value| interpreter.truth(&value)) == Some(false);
        let status =
            if class.contains("oauth2") || class.contains("open_id") || self.version >= SCHEMES_ANSWER_401 {
                401
            } else {
                403
            };
        Verdict {
            refusal: if optional || helper { Refusal::Never } else { Refusal::Always },
            status: (!optional && !helper).then_some(status),
            at: site,
            reads_credentials: !helper,
            result: Value::NONE,
            hands_on_to: None,
        }
    }

    fn probe_dependency(
        &mut self,
        interpreter: &mut Interpreter<'_>,
        effects: &mut EffectTable,
        node: &Dependant,
        function: &Rc<FunctionValue>,
    ) -> Verdict {
        let own = effects.effects(interpreter, function, node.receiver);
        let from_parameters = node.parameters.iter().any(carries_credentials);
        let mut reads_credentials = own.reads_credentials.is_some() || from_parameters;
        let mut arguments = Arguments::default();
        let mut refused_before = None;
        for inner in &node.dependencies {
            let verdict = self.verdict(interpreter, effects, inner);
            reads_credentials |= verdict.reads_credentials;
            if verdict.refusal != Refusal::Never {
                refused_before.get_or_insert(verdict.refusal);
            }
            if let Some(name) = inner.parameter_name {
                arguments.keywords.push((name, verdict.result));
            }
        }
        let can_refuse = own.statuses.iter().copied().any(is_refusal);
        if refused_before.is_some() {
            // It never runs for such a caller; it counts when it refuses by itself as well.
            let at = self.raise_place(interpreter, function, node.receiver);
            return Verdict {
                refusal: if can_refuse { Refusal::Possible } else { Refusal::Never },
                status: own.statuses.iter().copied().find(|status| is_refusal(*status)),
                at,
                reads_credentials: can_refuse,
                result: Value::unknown("a guard before it refuses", Some(node.location)),
                hands_on_to: None,
            };
        }
        if !reads_credentials && !can_refuse {
            // Nothing about the caller goes in: whatever it refuses, it refuses for other reasons.
            return Verdict {
                refusal: Refusal::Never,
                status: None,
                at: None,
                reads_credentials: false,
                result: Value::unknown(
                    "the dependency has nothing to do with credentials",
                    Some(node.location),
                ),
                hands_on_to: None,
            };
        }
        for parameter in &node.parameters {
            if let Some(default) = &parameter.default {
                arguments.keywords.push((parameter.name, default.clone()));
            } else if !parameter.required {
                arguments.keywords.push((parameter.name, Value::NONE));
            }
        }
        for (name, class) in &node.special {
            arguments.keywords.push((*name, request_value(function, *name, *class)));
        }
        let (probed, _) =
            probe_without_credentials(interpreter, &node.call, arguments, None, GUARD_STEPS, None);
        let refusing = refusals(interpreter, &probed.raised);
        match probed.result {
            // Where nothing about the caller goes in, only a certain refusal is a guard.
            Ok(_) if !reads_credentials => Verdict {
                refusal: Refusal::Never,
                status: None,
                at: None,
                reads_credentials: false,
                result: Value::unknown(
                    "the dependency has nothing to do with credentials",
                    Some(node.location),
                ),
                hands_on_to: None,
            },
            Err(raised) => {
                let status = status_of_exception(interpreter, &raised.value);
                let refuses = status.is_some_and(is_refusal);
                Verdict {
                    refusal: match (refuses, refusing.first()) {
                        (true, _) => Refusal::Always,
                        (false, Some(_)) => Refusal::Possible,
                        (false, None) => Refusal::Never,
                    },
                    status: if refuses { status } else { refusing.first().map(|(status, _)| *status) },
                    at: Some(raised.location),
                    reads_credentials,
                    result: Value::NONE,
                    hands_on_to: None,
                }
            }
            Ok(result) => {
                let result = if function.definition.is_generator {
                    interpreter
                        .elements(&result)
                        .and_then(|items| items.first().cloned())
                        .unwrap_or(Value::NONE)
                } else {
                    result
                };
                let first = refusing.first().copied();
                let hands_on_to =
                    first.is_none().then(|| self.hands_on_to(interpreter, effects, node, function));
                Verdict {
                    refusal: if first.is_some() { Refusal::Possible } else { Refusal::Never },
                    status: first.map(|(status, _)| status),
                    at: first.map(|(_, location)| location),
                    reads_credentials,
                    result,
                    hands_on_to: hands_on_to.flatten(),
                }
            }
        }
    }

    /// What a dependency that refuses nobody hands credentials to, where that code is not followed.
    fn hands_on_to(
        &mut self,
        interpreter: &mut Interpreter<'_>,
        effects: &mut EffectTable,
        node: &Dependant,
        function: &Rc<FunctionValue>,
    ) -> Option<Rc<str>> {
        let mut credentials: Vec<Name> = Vec::new();
        for inner in &node.dependencies {
            if let Some(name) = inner.parameter_name
                && self.verdict(interpreter, effects, inner).reads_credentials
            {
                credentials.push(name);
            }
        }
        credentials.extend(
            node.parameters
                .iter()
                .filter(|parameter| carries_credentials(parameter))
                .map(|parameter| parameter.name),
        );
        credentials.extend(node.special.iter().map(|(name, _)| *name));
        handed_to(interpreter, function, node.receiver, &credentials).map(Rc::from)
    }

    /// Where a function, or what it calls, raises 401 or 403.
    fn raise_place(
        &mut self,
        interpreter: &mut Interpreter<'_>,
        function: &Rc<FunctionValue>,
        receiver: Option<ObjectId>,
    ) -> Option<Location> {
        for reached in crate::facts::reach(interpreter, function, receiver).into_iter().take(12) {
            for event in &reached.summary.events {
                if let EventKind::Raise { exception, again: false } = &event.kind
                    && status_of_exception(interpreter, exception).is_some_and(is_refusal)
                {
                    return Some(event.location);
                }
            }
        }
        None
    }

    /// A handler that looks at the caller itself: only a certain refusal counts, since handlers answer 401
    /// and 403 for other reasons too (a wrong password in a login).
    fn handler(
        &mut self,
        interpreter: &mut Interpreter<'_>,
        effects: &mut EffectTable,
        dependant: &Dependant,
        path: &str,
        guard: &mut Guard,
        statuses: &mut Vec<u16>,
    ) {
        let Some(function) = dependant.function.clone() else { return };
        let own = effects.effects(interpreter, &function, dependant.receiver);
        // What a dependency found out about the caller may be all that the handler looks at.
        let looks = own.reads_credentials.is_some()
            || guard.kind == GuardKind::Optional
            || dependant
                .parameters
                .iter()
                .any(|parameter| matches!(parameter.place, ParameterPlace::Header | ParameterPlace::Cookie));
        if !looks || !own.statuses.iter().copied().any(is_refusal) {
            return;
        }
        let key = SummaryKey { function: function.serial, receiver: dependant.receiver };
        let refused = match self.handlers.get(&key) {
            Some(known) => *known,
            None => {
                let (refused, path_is_read) =
                    self.handler_refuses(interpreter, effects, dependant, &function, path);
                if !path_is_read {
                    self.handlers.insert(key, refused);
                }
                refused
            }
        };
        if let Some(OwnRefusal { status, at }) = refused {
            guard.kind = GuardKind::Required;
            guard.by.push(dependant.qualified.clone());
            guard.evidence.push((format!("the handler itself refuses with {status}"), at));
            statuses.push(status);
        }
    }

    /// The 401 or 403 that a handler certainly raises for a caller without credentials, with the place; and
    /// whether that depends on the path that is asked for.
    fn handler_refuses(
        &mut self,
        interpreter: &mut Interpreter<'_>,
        effects: &mut EffectTable,
        dependant: &Dependant,
        function: &Rc<FunctionValue>,
        path: &str,
    ) -> (Option<OwnRefusal>, bool) {
        let mut arguments = Arguments::default();
        for inner in &dependant.dependencies {
            let verdict = self.verdict(interpreter, effects, inner);
            if let Some(name) = inner.parameter_name {
                arguments.keywords.push((name, verdict.result));
            }
        }
        for parameter in &dependant.parameters {
            if let Some(default) = &parameter.default {
                arguments.keywords.push((parameter.name, default.clone()));
            }
        }
        for (name, class) in &dependant.special {
            arguments.keywords.push((*name, request_value(function, *name, *class)));
        }
        let until = until_refusal(interpreter, effects, function, dependant.receiver, &arguments);
        let (probed, path_is_read) = probe_without_credentials(
            interpreter,
            &dependant.call,
            arguments,
            Some(path),
            HANDLER_STEPS,
            until,
        );
        let refused = probed.result.err().and_then(|raised| {
            let status = status_of_exception(interpreter, &raised.value)?;
            is_refusal(status).then_some(OwnRefusal { status, at: raised.location })
        });
        (refused, path_is_read)
    }

    /// Starlette's `@requires("authenticated")` on the endpoint.
    fn required_decorator(&mut self, interpreter: &mut Interpreter<'_>, endpoint: &Value, guard: &mut Guard) {
        let Some(function) = interpreter.plain_function(endpoint) else { return };
        let mentions_requires = function.definition.decorators.iter().any(|decorator| {
            crate::analysis::callee_text(decorator).is_some_and(|name| name.ends_with("requires"))
        });
        if !mentions_requires {
            return;
        }
        for (decorator, span) in interpreter.decorator_values(&function) {
            let Some(Symbolic::Call { callee, arguments, .. }) = decorator.as_symbolic() else { continue };
            if callee.as_external().is_none_or(|name| name != "starlette.authentication.requires") {
                continue;
            }
            guard.kind = GuardKind::Required;
            guard.by.push("starlette.authentication:requires".to_owned());
            guard.evidence.push((
                "`@requires` refuses callers without the scope".to_owned(),
                Location { file: function.id.file, span },
            ));
            if let Some(scopes) = arguments.get(0, "scopes") {
                let scopes = scopes.clone();
                match scopes.as_str() {
                    Some(scope) => guard.scopes.push(scope.to_owned()),
                    None => {
                        let items = interpreter.elements(&scopes).unwrap_or_default();
                        guard.scopes.extend(items.iter().filter_map(Value::as_str).map(str::to_owned));
                    }
                }
            }
        }
    }

    /// Roles that a guard compares with constants.
    fn roles(&mut self, interpreter: &mut Interpreter<'_>, node: &Dependant, guard: &mut Guard) {
        let Some(function) = &node.function else { return };
        let Some(summary) = interpreter.summarize(function, node.receiver) else { return };
        if let Some(known) = self.roles.get(&summary.key) {
            guard.roles.extend(known.iter().cloned());
            return;
        }
        let mut roles = Vec::new();
        let conditions: Vec<Value> = summary
            .events
            .iter()
            .filter_map(|event| match &event.kind {
                EventKind::Condition(value) => Some(value.clone()),
                _ => None,
            })
            .collect();
        for condition in conditions {
            let mut comparisons = Vec::new();
            mentions(&condition, &mut |inner| {
                match inner.as_symbolic() {
                    Some(Symbolic::Compare { left, right, .. }) => {
                        comparisons.push((left.clone(), right.clone()));
                        comparisons.push((right.clone(), left.clone()));
                    }
                    Some(Symbolic::Member { name, .. })
                        if matches!(name.as_str(), "is_superuser" | "is_admin" | "is_staff") =>
                    {
                        roles.push(name.trim_start_matches("is_").to_owned());
                    }
                    _ => {}
                }
                false
            });
            for (side, other) in comparisons {
                let about_role = mentions(&side, &mut |inner| {
                    matches!(inner.as_symbolic(), Some(Symbolic::Member { name, .. })
                        if name.contains("role") || name.contains("permission"))
                });
                if !about_role {
                    continue;
                }
                let values = match interpreter.text_of(&other) {
                    Some(text) => vec![text],
                    None => {
                        let items = interpreter.elements(&other).unwrap_or_default();
                        items.iter().filter_map(|item| role_text(interpreter, item)).collect()
                    }
                };
                let single = role_text(interpreter, &other);
                roles.extend(single.into_iter().chain(values).filter(|role| role != "None"));
            }
        }
        guard.roles.extend(roles.iter().cloned());
        self.roles.insert(summary.key, roles);
    }

    /// Middleware that answers 401 or 403 by itself.
    fn middleware_guards(
        &mut self,
        interpreter: &mut Interpreter<'_>,
        effects: &mut EffectTable,
        app: ObjectId,
        path: &str,
        guard: &mut Guard,
        statuses: &mut Vec<u16>,
    ) {
        let Some(state) = interpreter.extension::<Registry>().routers.get(&app) else { return };
        let entries: Vec<MiddlewareEntry> = state.middleware.clone();
        for (index, entry) in entries.iter().enumerate().rev() {
            let key = (app, index);
            let callable = match self.middleware.get(&key) {
                Some(known) => known.clone(),
                None => {
                    let callable = refusing_middleware(interpreter, entry);
                    self.middleware.insert(key, callable.clone());
                    callable
                }
            };
            let Some(callable) = callable else { continue };
            let Some(function) = interpreter.plain_function(&callable) else { continue };
            let skip = usize::from(matches!(callable.kind(), Kind::Method(_)));
            let names: Vec<Name> =
                function.definition.parameters.iter().skip(skip).map(|parameter| parameter.name).collect();
            let mut arguments = Arguments::default();
            if let Some(request) = names.first() {
                let class = Name::from("starlette.requests.Request");
                arguments.positional.push(request_value(&function, *request, class));
            }
            let (probed, _) =
                probe_without_credentials(interpreter, &callable, arguments, Some(path), GUARD_STEPS, None);
            let (status, certain) = match &probed.result {
                Ok(value) => {
                    let alternatives = value.alternatives().to_vec();
                    let refusing = alternatives.iter().find_map(|alternative| {
                        status_of_response(interpreter, alternative).filter(|status| is_refusal(*status))
                    });
                    (refusing, alternatives.len() == 1)
                }
                Err(raised) => (
                    status_of_exception(interpreter, &raised.value).filter(|status| is_refusal(*status)),
                    true,
                ),
            };
            let Some(status) = status else { continue };
            // What refuses some callers and looks at no credentials refuses them for what they are, such as their
            // address: everybody else is let in.
            let receiver = match callable.kind() {
                Kind::Method(method) => match *method.receiver.kind() {
                    Kind::Instance(id) | Kind::Class(id) => Some(id),
                    _ => None,
                },
                _ => None,
            };
            if !certain && effects.effects(interpreter, &function, receiver).reads_credentials.is_none() {
                continue;
            }
            let name = crate::assemble::qualified(interpreter, &entry.middleware);
            guard.kind = GuardKind::Required;
            guard.evidence.push((format!("the middleware `{}` answers {status}", short(&name)), entry.site));
            if !certain {
                guard.assumption = Some(format!(
                    "the middleware `{}` refuses on a condition that is not decided",
                    short(&name)
                ));
            }
            guard.by.push(name);
            statuses.push(status);
        }
    }
}

/// What runs of a middleware for each request, when it can answer 401 or 403 at all.
fn refusing_middleware(interpreter: &mut Interpreter<'_>, entry: &MiddlewareEntry) -> Option<Value> {
    let callable = if entry.is_function {
        entry.middleware.clone()
    } else {
        let Kind::Class(_) = *entry.middleware.kind() else { return None };
        if !interpreter.derives_from(&entry.middleware, "starlette.middleware.base.BaseHTTPMiddleware") {
            return None;
        }
        let mut arguments = entry.arguments.clone();
        arguments.positional.clear();
        arguments.keywords.push((Name::from("app"), Value::external("starlette.types.ASGIApp")));
        let made = interpreter.call_from_outside(&entry.middleware, arguments).ok()?;
        interpreter.attribute(&made, Name::from("dispatch"), entry.site.span)
    };
    let function = interpreter.plain_function(&callable)?;
    let receiver = match callable.kind() {
        Kind::Method(method) => match *method.receiver.kind() {
            Kind::Instance(id) => Some(id),
            _ => None,
        },
        _ => None,
    };
    let reached = crate::facts::reach(interpreter, &function, receiver);
    for reached in reached.into_iter().take(40) {
        for event in &reached.summary.events {
            let status = match &event.kind {
                EventKind::Call(call) => status_of_response(interpreter, &call.result),
                EventKind::Return(value) => status_of_response(interpreter, value),
                EventKind::Raise { exception, .. } => status_of_exception(interpreter, exception),
                _ => None,
            };
            if status.is_some_and(is_refusal) {
                return Some(callable);
            }
        }
    }
    None
}

/// Runs a callable for a request without credentials. Also gives whether it looked at the path that is asked for.
fn probe_without_credentials(
    interpreter: &mut Interpreter<'_>,
    callable: &Value,
    arguments: Arguments,
    path: Option<&str>,
    steps: u64,
    beginning: Option<Beginning>,
) -> (Probed, bool) {
    let request = AnonymousRequest { path: path.map(str::to_owned), path_is_read: false };
    interpreter.extension_mut::<Registry>().anonymous_request = Some(request);
    let probed = interpreter.probe_within(callable, arguments, steps, beginning);
    let request = interpreter.extension_mut::<Registry>().anonymous_request.take();
    (probed, request.is_some_and(|request| request.path_is_read))
}

fn request_value(function: &FunctionValue, name: Name, class: Name) -> Value {
    Value::symbolic(Symbolic::Parameter(ParameterValue {
        function: function.id,
        name,
        annotation: Some(Box::new(Kind::External(class).into())),
        span: function.definition.name_span,
    }))
}

/// Whether a status tells a caller to show other credentials.
fn is_refusal(status: u16) -> bool {
    matches!(status, 401 | 403)
}

fn refusals(interpreter: &mut Interpreter<'_>, raised: &[Raised]) -> Vec<(u16, Location)> {
    raised
        .iter()
        .filter_map(|raised| {
            let status = status_of_exception(interpreter, &raised.value)?;
            is_refusal(status).then_some((status, raised.location))
        })
        .collect()
}

/// Whether a parameter is a header, a cookie, or a query parameter that carries credentials by its name.
fn carries_credentials(parameter: &DependantParameter) -> bool {
    matches!(parameter.place, ParameterPlace::Header | ParameterPlace::Cookie)
        || (parameter.place == ParameterPlace::Query && names_credential(&parameter.alias))
}

/// Query parameters that carry credentials by their name.
fn names_credential(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["token", "api_key", "apikey", "api-key", "access_key", "secret", "signature", "password"]
        .iter()
        .any(|part| name.contains(part))
}

fn role_text(interpreter: &mut Interpreter<'_>, value: &Value) -> Option<String> {
    match value.kind() {
        Kind::Str(text) => Some(text.to_string()),
        Kind::Instance(_) => {
            let class = interpreter.class_of(value)?;
            if !interpreter.derives_from(&class, "enum.Enum") {
                return None;
            }
            let member = interpreter.attribute(
                value,
                Name::from("value"),
                fastwright_python::location::Span::default(),
            );
            interpreter.text_of(&member)
        }
        _ => None,
    }
}

fn short(name: &str) -> &str {
    name.bytes().rposition(|byte| byte == b':').map_or(name, |at| &name[at + 1..])
}

/// Whether a dependency whose code is not known may be there to refuse callers. One that is a class of a
/// library makes an object; what a call gave back, or what is unknown altogether, may do anything.
fn may_be_guard(node: &Dependant) -> bool {
    node.kind == DependantKind::Opaque && matches!(node.call.kind(), Kind::Symbolic(_) | Kind::Unknown(_))
}
