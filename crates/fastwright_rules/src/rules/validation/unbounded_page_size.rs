//! `unbounded-page-size`: page size without an upper bound that reaches a query.

use crate::call_graph::Wanted;
use crate::context::Context;
use crate::finding::Fix;
use crate::fixes::Source;
use crate::flow::follow;
use crate::reporter::{Draft, Reporter};
use crate::route_list::{registered_at, source, title};
use crate::syntax;
use fastwright_model::analysis::Analysis;
use fastwright_model::application::{ParameterPlace, Route};
use fastwright_model::dependant::Dependant;
use fastwright_model::facts::{EventKinds, mentions};
use fastwright_model::schemas::is_schema;
use fastwright_python::interpreter::{Interpreter, plain_type};
use fastwright_python::ir::{Comparison, Expr, ExprKind};
use fastwright_python::location::Location;
use fastwright_python::name::Name;
use fastwright_python::program::FunctionId;
use fastwright_python::summary::EventKind;
use fastwright_python::value::*;

crate::declare_rule! {
    /// Page size without an upper bound that reaches a query.
    UnboundedPageSize {
        name: "unbounded-page-size",
        area: Validation,
        severity: Medium,
        confidence: Certain,
        summary: "page size without an upper bound that reaches a query",
        why: "One request can make the service load the whole table into memory.",
        recommendation: "Bound the parameter: `Annotated[int, Query(ge=1, le=100)]`.",
        trade_off: "Clients that ask for more get 422; a bulk export needs a route of its own.",
        contract_effect: "422 for page sizes above the bound",
        cwe: [770],
        owasp: ["API4:2023"],
        profile: Default,
        page: "validation/unbounded-page-size.md",
        references: ["https://owasp.org/API-Security/editions/2023/en/0xa4-unrestricted-resource-consumption/"],
        check: check,
    }
}

/// An integer of the query without an upper bound.
struct Candidate {
    /// Name on the wire.
    name: String,
    /// Where it is declared.
    location: Location,
    /// What the code calls it.
    form: Form,
    /// The function that declares it.
    symbol: String,
    bounded: bool,
    sink: Option<Sink>,
}

enum Form {
    /// A parameter of a function.
    Parameter(FunctionId, Name),
    /// A field of an object that a parameter of a function takes.
    Field(FunctionId, Name, Name),
}

struct Sink {
    location: Location,
    chain: Vec<(String, Location)>,
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let analysis = context.analysis;
    let code = context.call_graph();
    let limiting = code.calls().methods(LIMITING).or(&code.calls().calling_parameters());
    let limiting = code.reaching(limiting, |_| true);
    let limiting_calls = Wanted::kinds(EventKinds::PARAMETER_CALL).or_methods(LIMITING);
    let interpreter = &mut *analysis.interpreter.borrow_mut();
    for (_, route, detail) in context.routes() {
        let Some(dependant) = &detail.dependant else { continue };
        if !code.may_start_in(dependant, &limiting) {
            continue;
        }
        let mut candidates = candidates(context, interpreter, dependant);
        if candidates.is_empty() {
            continue;
        }
        follow(code, interpreter, dependant, &limiting, limiting_calls, &mut |_, visit| {
            if let EventKind::Call(call) = &visit.event.kind {
                if !may_limit(&call.callee) {
                    return;
                }
                let callee = visit.resolve(&call.callee);
                let Some(amount) = amount(&callee, &call.arguments) else { return };
                let amount = visit.resolve(&amount);
                for candidate in candidates.iter_mut().filter(|candidate| candidate.sink.is_none()) {
                    if is_it(&amount, candidate) {
                        candidate.sink =
                            Some(Sink { location: visit.event.location, chain: visit.evidence() });
                    }
                }
            }
        });
        candidates.retain(|candidate| candidate.sink.is_some());
        if candidates.is_empty() {
            continue;
        }
        let conditions = Wanted::kinds(EventKinds::CONDITION);
        follow(code, interpreter, dependant, &code.functions(|_, _| true), conditions, &mut |_, visit| {
            if let EventKind::Condition(condition) = &visit.event.kind {
                let condition = visit.resolve(condition);
                for candidate in candidates.iter_mut().filter(|candidate| !candidate.bounded) {
                    candidate.bounded = compares(&condition, candidate);
                }
            }
        });
        for candidate in candidates {
            if let Some(sink) = candidate.sink.as_ref().filter(|_| !candidate.bounded) {
                report.report(draft(analysis, route, &candidate, sink).fix(fix(context, &candidate)));
            }
        }
    }
}

fn candidates(
    context: &Context<'_>,
    interpreter: &mut Interpreter<'_>,
    dependant: &Dependant,
) -> Vec<Candidate> {
    let mut found = Vec::new();
    for node in dependant.walk() {
        let function = node.function.as_ref().map(|function| function.id);
        for parameter in node.parameters.iter().filter(|parameter| parameter.place == ParameterPlace::Query) {
            let Some(annotation) = &parameter.annotation else { continue };
            if is_integer(annotation) {
                if parameter.constraints.iter().any(|(name, _)| is_upper_bound(name))
                    || is_bounded(annotation)
                {
                    continue;
                }
                let form = match function {
                    Some(function) => Form::Parameter(function, parameter.name),
                    // A record as a dependency: its user sees a field of the parameter that gets it.
                    None => match holder(dependant, node) {
                        Some((function, holder)) => Form::Field(function, holder, parameter.name),
                        None => continue,
                    },
                };
                found.push(Candidate {
                    name: parameter.alias.clone(),
                    location: parameter.location,
                    form,
                    symbol: node.qualified.rsplit(':').next().unwrap_or_default().to_owned(),
                    bounded: false,
                    sink: None,
                });
                continue;
            }
            let (Some(function), Some(class)) = (function, interpreter.class_of_type(annotation)) else {
                continue;
            };
            if !is_schema(interpreter, &class) {
                continue;
            }
            for field in context.fields(interpreter, &class).iter() {
                let bounded = is_bounded(&field.annotation)
                    || field
                        .options
                        .as_ref()
                        .is_some_and(|options| options.keywords.iter().any(|(name, _)| is_upper_bound(name)));
                if is_integer(&field.annotation) && !bounded {
                    found.push(Candidate {
                        name: field.name.to_string(),
                        location: field.location,
                        form: Form::Field(function, parameter.name, field.name),
                        symbol: interpreter
                            .class(field.owner)
                            .map(|class| class.name.to_string())
                            .unwrap_or_default(),
                        bounded: false,
                        sink: None,
                    });
                }
            }
        }
    }
    found
}

/// The function that depends on a node, and its parameter.
fn holder(dependant: &Dependant, node: &Dependant) -> Option<(FunctionId, Name)> {
    dependant.walk().into_iter().find_map(|user| {
        let is_user = user.dependencies.iter().any(|dependency| std::ptr::eq(dependency, node));
        Some((user.function.as_ref().filter(|_| is_user)?.id, node.parameter_name?))
    })
}

fn is_upper_bound(keyword: &str) -> bool {
    matches!(keyword, "le" | "lt")
}

/// Whether a type has a bound inside: `Optional[Annotated[int, Field(le=100)]]`.
fn is_bounded(annotation: &Value) -> bool {
    mentions(annotation, &mut |part| match part.as_symbolic() {
        Some(Symbolic::Call { callee, arguments, .. }) => {
            arguments.keywords.iter().any(|(name, _)| is_upper_bound(name))
                || callee
                    .as_external()
                    .is_some_and(|name| matches!(name.as_str(), "annotated_types.Le" | "annotated_types.Lt"))
        }
        _ => false,
    })
}

fn is_integer(annotation: &Value) -> bool {
    plain_type(annotation).as_external().is_some_and(|name| {
        matches!(
            name.as_str(),
            "builtins.int"
                | "pydantic.PositiveInt"
                | "pydantic.NonNegativeInt"
                | "pydantic.types.PositiveInt"
                | "pydantic.types.NonNegativeInt"
        )
    })
}

/// How many rows a call asks for, where it is one that limits them.
fn amount(callee: &Value, arguments: &Arguments) -> Option<Value> {
    let Some(Symbolic::Member { name, .. }) = callee.as_symbolic() else { return None };
    match name.as_str() {
        "limit" | "fetchmany" | "to_list" => {
            arguments.positional.first().or_else(|| arguments.keyword("length")).cloned()
        }
        _ => None,
    }
}

/// Methods that take a number of rows.
const LIMITING: &[&str] = &["limit", "fetchmany", "to_list"];

/// Whether a callee may turn out to be a method that takes a number of rows: putting inputs in keeps the
/// name of a method.
fn may_limit(callee: &Value) -> bool {
    match callee.as_symbolic() {
        Some(Symbolic::Member { name, .. }) => LIMITING.contains(&name.as_str()),
        Some(Symbolic::Parameter(_)) => true,
        _ => false,
    }
}

/// Whether a value is the candidate itself, also as one of several or with a default for nothing.
fn is_it(value: &Value, candidate: &Candidate) -> bool {
    value.alternatives().iter().any(|value| match (value.as_symbolic(), &candidate.form) {
        (Some(Symbolic::Parameter(parameter)), Form::Parameter(function, name)) => {
            parameter.function == *function && parameter.name == *name
        }
        (Some(Symbolic::Member { base, name }), Form::Field(function, holder, field)) => {
            matches!(base.as_symbolic(), Some(Symbolic::Parameter(parameter))
                if parameter.function == *function && parameter.name == *holder)
                && name == field
        }
        _ => false,
    })
}

/// Whether a condition compares the candidate with something: what is behind it is then bounded.
fn compares(condition: &Value, candidate: &Candidate) -> bool {
    mentions(condition, &mut |part| match part.as_symbolic() {
        Some(Symbolic::Compare { comparison, left, right }) => {
            matches!(
                comparison,
                Comparison::Less
                    | Comparison::LessEqual
                    | Comparison::Greater
                    | Comparison::GreaterEqual
                    | Comparison::In
                    | Comparison::NotIn
            ) && (is_it(left, candidate) || is_it(right, candidate))
                && left.as_int().is_none_or(|number| number > 1)
                && right.as_int().is_none_or(|number| number > 1)
        }
        _ => false,
    })
}

fn draft(analysis: &Analysis, route: &Route, candidate: &Candidate, sink: &Sink) -> Draft {
    let name = title(route);
    let parameter = &candidate.name;
    let declared = source(analysis, candidate.location);
    let default =
        declared.rsplit_once('=').map(|(_, default)| format!(" = {}", default.trim())).unwrap_or_default();
    let simple = !declared.contains('(');
    let mut draft = Draft::new(
        candidate.location,
        candidate.symbol.clone(),
        format!("`{name}` loads as many rows as `{parameter}` asks for, without an upper bound"),
    )
    .route(route)
    .discriminator(parameter.clone())
    .evidence(format!("`{name}` is registered here"), registered_at(route))
    .evidence(format!("`{parameter}` comes from the query and has no `le`"), candidate.location)
    .evidence_chain(sink.chain.clone())
    .evidence("and limits the rows of this query", sink.location);
    if simple {
        draft = draft.example(format!("{parameter}: Annotated[int, Query(ge=1, le=100)]{default}"));
    }
    draft
}

/// An upper bound: in the `Query(...)` that is there, or in a new one.
fn fix(context: &Context<'_>, candidate: &Candidate) -> Option<Fix> {
    let source = Source::of(context, candidate.location.file)?;
    let function = source.function(candidate.location.span)?;
    let parameter =
        function.parameters.iter().find(|own| syntax::encloses(own.span, candidate.location.span))?;
    let annotation = parameter.annotation.as_deref()?;
    let default = parameter.default.as_ref();
    let written = |expression: &Expr| match expression.kind {
        ExprKind::Int(value) => Some(value),
        _ => None,
    };
    let mut most = 100;
    let mut queries = Vec::new();
    for part in std::iter::once(annotation).chain(default) {
        syntax::any_within(part, &mut |part| {
            if let ExprKind::Call(call) = &part.kind
                && call.callee.dotted_name().is_some_and(|name| name.rsplit('.').next() == Some("Query"))
            {
                let given = call.arguments.first().and_then(|argument| written(&argument.value));
                most = most.max(given.unwrap_or(0));
                queries.push(part);
            }
            false
        });
    }
    most = most.max(default.and_then(written).unwrap_or(0));
    let fix = Fix::changes_contract(
        format!("take {most} at most"),
        format!("more than {most} is answered with 422, and the document says so"),
    );
    if let [query] = queries.as_slice() {
        return Some(fix.edit(source.add_keyword(query, &format!("le={most}"))?));
    }
    if !queries.is_empty() || source.slice(annotation.span) != "int" {
        return None;
    }
    let (annotated, first) = source.import("typing", Some("Annotated"))?;
    let (query, second) = source.import("fastapi", Some("Query"))?;
    Some(
        fix.edit(source.replace(annotation.span, format!("{annotated}[int, {query}(le={most})]")))
            .imports(source.file, first)
            .imports(source.file, second),
    )
}
