//! `deprecated-pydantic-api`: interface of Pydantic 1 used with Pydantic 2.

use crate::call_graph::{Node, Wanted};
use crate::context::Context;
use crate::finding::{Edit, Fix, Severity};
use crate::fixes::Source;
use crate::reporter::{Draft, Reporter};
use crate::syntax;
use fastwright_model::analysis::Analysis;
use fastwright_model::facts::EventKinds;
use fastwright_model::schemas::is_model;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::ir::{ArgumentKind, ClassDef, Expr, ExprKind, FunctionDef, StmtKind};
use fastwright_python::location::{FileId, Location, Span};
use fastwright_python::name::Name;
use fastwright_python::project::{Version, VersionSource};
use fastwright_python::summary::{CallEvent, EventKind, Summary, SummaryKey};
use fastwright_python::value::*;
use rustc_hash::FxHashSet;
use std::rc::Rc;
use std::sync::Arc;

crate::declare_rule! {
    /// Interface of Pydantic 1 used with Pydantic 2.
    DeprecatedPydanticApi {
        name: "deprecated-pydantic-api",
        area: Validation,
        severity: Low,
        confidence: Certain,
        summary: "interface of Pydantic 1 used with Pydantic 2",
        why: "It warns on every call today and is gone in Pydantic 3; some of it already does something else.",
        recommendation: "Use the names of Pydantic 2: `model_dump`, `model_validate`, `field_validator`, `ConfigDict`.",
        trade_off: "Validators have another signature and run in another order: change these with a test.",
        contract_effect: "none",
        cwe: [477],
        owasp: [],
        profile: Default,
        page: "validation/deprecated-pydantic-api.md",
        references: ["https://docs.pydantic.dev/latest/migration/"],
        check: check,
    }
}

/// Methods of models and their successors.
const METHODS: &[(&str, &str)] = &[
    ("dict", "model_dump"),
    ("json", "model_dump_json"),
    ("copy", "model_copy"),
    ("parse_obj", "model_validate"),
    ("parse_raw", "model_validate_json"),
    ("from_orm", "model_validate"),
    ("construct", "model_construct"),
    ("schema", "model_json_schema"),
    ("update_forward_refs", "model_rebuild"),
];

/// Methods whose successor takes the same arguments and gives the same.
const SAME: &[&str] = &["dict", "parse_obj", "construct"];

/// Keys of `class Config` that have another name, or no effect, in Pydantic 2.
const KEYS: &[(&str, &str)] = &[
    ("orm_mode", "from_attributes"),
    ("schema_extra", "json_schema_extra"),
    ("allow_population_by_field_name", "populate_by_name"),
    ("anystr_strip_whitespace", "str_strip_whitespace"),
    ("anystr_lower", "str_to_lower"),
    ("anystr_upper", "str_to_upper"),
    ("max_anystr_length", "str_max_length"),
    ("min_anystr_length", "str_min_length"),
    ("validate_all", "validate_default"),
    ("keep_untouched", "ignored_types"),
    ("allow_mutation", "frozen"),
];

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let analysis = context.analysis;
    if !is_surely_pydantic_2(analysis) {
        return;
    }
    let code = context.call_graph();
    let calling = code.calls().named(|name| METHODS.iter().any(|(old, _)| name == *old));
    let interpreter = &mut *analysis.interpreter.borrow_mut();
    for class in interpreter.classes().to_vec() {
        class_body(context, interpreter, class, report);
    }
    // Few enough to compare one by one, without looking into the names.
    let old_names: Vec<Name> = METHODS.iter().map(|(old, _)| Name::from(old)).collect();
    let mut seen = FxHashSet::default();
    let may_mention = context.mentioning(&old_names);
    let functions: Vec<Rc<FunctionValue>> = interpreter
        .functions()
        .iter()
        .filter(|function| {
            let mentions = &function.definition.mentions;
            may_mention(function.id.file)
                && old_names.iter().any(|name| mentions.may_hold(*name))
                && analysis.files.get(function.id.file).first_party
                && seen.insert(function.id)
        })
        .cloned()
        .collect();
    for function in functions {
        let mentions = &function.definition.mentions;
        let is_static = function
            .definition
            .decorators
            .iter()
            .any(|decorator| matches!(decorator.kind, ExprKind::Name(name) if name == "staticmethod"));
        let receiver = function.class.filter(|_| !is_static);
        // What requests run is known well: nothing needs to be read there.
        match code.of_function(SummaryKey { function: function.serial, receiver }) {
            Some(node) if calling.contains(node) => {
                let node = &code.nodes[node];
                report_calls(analysis, interpreter, &node.summary, &may_call_methods(node), report);
            }
            Some(_) => {}
            None => {
                if old_names.iter().any(|name| mentions.may_call(*name))
                    && may_call_old(interpreter, &function, &old_names)
                    && let Some(summary) = interpreter.summarize(&function, receiver)
                {
                    let all: Vec<usize> = (0..summary.events.len()).collect();
                    report_calls(analysis, interpreter, &summary, &all, report);
                }
            }
        }
    }
}

/// Whether a function calls something by one of the old names that may be the method of a model, and mentions
/// none of the new names.
fn may_call_old(interpreter: &Interpreter<'_>, function: &FunctionValue, old_names: &[Name]) -> bool {
    let body = &function.definition.body;
    let mut awaited = None;
    let calls_old = syntax::any_expression(body, &mut |expression| {
        let call = match &expression.kind {
            ExprKind::Call(call) => call,
            // `await response.json()` is that of a client: no method of a model can be awaited.
            ExprKind::Await(inner) => {
                awaited = Some(inner.span);
                return false;
            }
            _ => return false,
        };
        if awaited == Some(expression.span) {
            return false;
        }
        let Some((base, name)) = call.callee.as_attribute() else { return false };
        old_names.contains(name) && !is_imported(interpreter, function, base)
    });
    calls_old && !knows_new_names(&function.definition)
}

/// Whether an expression is a module, or something of a library that is imported: `copy.copy(...)`.
fn is_imported(interpreter: &Interpreter<'_>, function: &FunctionValue, expression: &Expr) -> bool {
    let ExprKind::Name(name) = &expression.kind else { return false };
    let value = interpreter.lookup(function.scope, *name);
    if !matches!(value.map(Value::into_kind), Some(Kind::Module(_) | Kind::External(_))) {
        return false;
    }
    let mut bound: FxHashSet<Name> =
        function.definition.parameters.iter().map(|parameter| parameter.name).collect();
    syntax::statements(&function.definition.body, &mut |statement| {
        syntax::bound_names(statement, &mut bound);
    });
    !bound.contains(name)
}

/// Positions of the calls that may be of the old methods. Other events are not looked at.
fn may_call_methods(node: &Node) -> Vec<usize> {
    let names: Vec<&str> = METHODS.iter().map(|(old, _)| *old).collect();
    node.wanted(Wanted::kinds(EventKinds::BOUND_CALL).or_methods(&names)).collect()
}

/// Tells of the old methods that a function calls with events at these positions, unless it knows the new ones.
fn report_calls(
    analysis: &Analysis,
    interpreter: &mut Interpreter<'_>,
    summary: &Summary,
    positions: &[usize],
    report: &mut Reporter<'_>,
) {
    let function = &summary.function.definition;
    let mut knows_new = None;
    for event in positions.iter().map(|position| &summary.events[*position]) {
        let EventKind::Call(call) = &event.kind else { continue };
        let Some((old, new, model)) = old_method(interpreter, call) else { continue };
        if *knows_new.get_or_insert_with(|| knows_new_names(function)) {
            return;
        }
        let symbol = function.qualname.to_string();
        report.report(method_draft(analysis, interpreter, event.location, symbol, old, new, &model));
    }
}

/// Whether a function mentions new names: code for both versions asks for them first.
fn knows_new_names(function: &FunctionDef) -> bool {
    syntax::any_expression(&function.body, &mut |expression| match &expression.kind {
        ExprKind::Attribute(attribute) => attribute.name.starts_with("model_"),
        ExprKind::Str(text) => text.starts_with("model_"),
        _ => false,
    })
}

/// Whether no version in question is Pydantic 1.
fn is_surely_pydantic_2(analysis: &Analysis) -> bool {
    match analysis.project.versions.version("pydantic") {
        Some((version, VersionSource::Declared)) => {
            Version::parse(version).is_some_and(|version| version.major >= 2)
        }
        Some((version, _)) => Version::parse(version).is_none_or(|version| version.major >= 2),
        None => analysis.version >= Version::new(0, 126, 0),
    }
}

/// The old method that a call calls, its successor, and the model.
fn old_method(
    interpreter: &mut Interpreter<'_>,
    call: &CallEvent,
) -> Option<(&'static str, &'static str, Value)> {
    if call.target.is_some() {
        return None;
    }
    let (base, name) = match call.callee.kind() {
        Kind::Symbolic(symbolic) => match &**symbolic {
            Symbolic::Member { base, name } => (base.clone(), *name),
            _ => return None,
        },
        Kind::Method(method) => {
            let name = method.function.as_external()?;
            (method.receiver.clone(), Name::from(name.rsplit('.').next()?))
        }
        _ => return None,
    };
    let (old, new) = METHODS.iter().find(|(old, _)| name == *old)?;
    let model = match *base.kind() {
        Kind::Class(_) => base,
        _ => interpreter.class_of(&base)?,
    };
    let own = interpreter.find_in_class(&model, name).is_some()
        || interpreter.annotation_in_class(&model, name).is_some();
    (is_model(interpreter, &model) && !own).then_some((*old, *new, model))
}

fn method_draft(
    analysis: &Analysis,
    interpreter: &Interpreter<'_>,
    location: Location,
    symbol: String,
    old: &str,
    new: &str,
    model: &Value,
) -> Draft {
    let class = match *model.kind() {
        Kind::Class(id) => interpreter.class(id),
        _ => None,
    };
    let name = class.map(|class| class.name.to_string()).unwrap_or_default();
    let mut draft = Draft::new(
        location,
        symbol,
        format!("`{old}` of `{name}` is deprecated since Pydantic 2: call `{new}`"),
    )
    .discriminator(format!("{name}.{old}"))
    .evidence(format!("`{old}` is called on a `{name}`"), location)
    .evidence_chain(class.map(|class| (format!("`{name}` is a Pydantic model"), class.location)));
    let text = analysis.files.get(location.file).slice(location.span);
    if let Some((place, arguments)) = method_name(analysis, location, old) {
        let at = (place.span.start - location.span.start) as usize;
        draft = draft.example(format!("{}{new}{}", &text[..at], &text[at + old.len()..]));
        if SAME.contains(&old) && arguments {
            draft = draft.fix(
                Fix::needs_review(format!("call `{new}`"))
                    .edit(Edit { location: place, text: new.to_owned() }),
            );
        }
    }
    draft
}

/// The place of the method's name in a call, and whether its arguments are plain.
fn method_name(analysis: &Analysis, location: Location, old: &str) -> Option<(Location, bool)> {
    let code = analysis.codes.get(location.file.0 as usize)?;
    let around = |function: &&Arc<FunctionDef>| syntax::encloses(function.span, location.span);
    let call = code
        .functions
        .iter()
        .filter(around)
        .filter_map(|function| syntax::call_expression(&function.body, location.span))
        .next_back()?;
    let (_, name) = call.callee.as_attribute()?;
    if name != old {
        return None;
    }
    let end = call.callee.span.end;
    let span = Span::new(end - old.len() as u32, end);
    let plain = call
        .arguments
        .iter()
        .all(|argument| matches!(argument.kind, ArgumentKind::Positional | ArgumentKind::Keyword(_)));
    (analysis.files.get(location.file).slice(span) == old)
        .then_some((Location { file: location.file, span }, plain))
}

/// Decorators and `class Config` in the body of a model.
fn class_body(
    context: &Context<'_>,
    interpreter: &Interpreter<'_>,
    class: ObjectId,
    report: &mut Reporter<'_>,
) {
    let analysis = context.analysis;
    let value: Value = Kind::Class(class).into();
    if !is_model(interpreter, &value) {
        return;
    }
    let Some(object) = interpreter.class(class) else { return };
    let Some(definition) = &object.definition else { return };
    let file = object.location.file;
    if !analysis.files.get(file).first_party {
        return;
    }
    let scope = interpreter.module(object.module).scope;
    for statement in &definition.body {
        match &statement.kind {
            StmtKind::Class(inner) if inner.name == "Config" => {
                let location = Location { file, span: inner.name_span };
                report.report(
                    config_draft(interpreter, object, location).fix(config_fix(context, file, inner)),
                );
            }
            StmtKind::Function(function) => {
                for decorator in &function.decorators {
                    let callee = match &decorator.kind {
                        ExprKind::Call(call) => &call.callee,
                        _ => decorator,
                    };
                    let imported = match &callee.kind {
                        ExprKind::Name(name) => interpreter.lookup(scope, *name),
                        _ => None,
                    };
                    let Some(name) = imported.and_then(|value| value.as_external()) else { continue };
                    let (old, new) = match name.as_str() {
                        "pydantic.validator" | "pydantic.class_validators.validator" => {
                            ("validator", "field_validator")
                        }
                        "pydantic.root_validator" | "pydantic.class_validators.root_validator" => {
                            ("root_validator", "model_validator")
                        }
                        _ => continue,
                    };
                    let location = Location { file, span: decorator.span };
                    report.report(
                        Draft::new(
                            location,
                            format!("{}.{}", object.qualname, function.name),
                            format!(
                                "`{}` of `{}` uses `{old}`, deprecated since Pydantic 2: use `{new}`",
                                function.name, object.name
                            ),
                        )
                        .discriminator(function.name.to_string())
                        .evidence(format!("`{}` is a Pydantic model", object.name), object.location)
                        .evidence(format!("and has a `{old}`"), location),
                    );
                }
            }
            _ => {}
        }
    }
}

fn config_draft(interpreter: &Interpreter<'_>, object: &ClassObject, location: Location) -> Draft {
    let inner = object.attributes.get(&Name::from("Config")).and_then(|config| match *config.kind() {
        Kind::Class(id) => interpreter.class(id),
        _ => None,
    });
    let renamed: Vec<&(&str, &str)> = KEYS
        .iter()
        .filter(|(old, _)| inner.is_some_and(|inner| inner.attributes.contains_key(&Name::from(old))))
        .collect();
    let message = match renamed.as_slice() {
        [] => {
            format!("`class Config` of `{}` is deprecated since Pydantic 2: use `model_config`", object.name)
        }
        some => {
            let shown: Vec<String> = some.iter().map(|(old, new)| format!("`{old}` (now `{new}`)")).collect();
            format!(
                "`class Config` of `{}` sets {}, which has no effect in Pydantic 2",
                object.name,
                shown.join(", ")
            )
        }
    };
    let entries: Vec<String> = match inner {
        Some(inner) => inner
            .attributes
            .keys()
            .filter(|name| !name.starts_with('_'))
            .map(|name| {
                let new = KEYS.iter().find(|(old, _)| name == old).map_or(name.as_str(), |(_, new)| *new);
                format!("{new}=...")
            })
            .collect(),
        None => Vec::new(),
    };
    let draft = Draft::new(location, object.qualname.to_string(), message)
        .discriminator("Config")
        .evidence(format!("`{}` is a Pydantic model", object.name), object.location)
        .evidence("its configuration is a class", location)
        .example(format!("model_config = ConfigDict({})", entries.join(", ")));
    if renamed.is_empty() { draft } else { draft.severity(Severity::Medium) }
}

/// `model_config` in the place of `class Config`, where that is a list of plain values.
fn config_fix(context: &Context<'_>, file: FileId, config: &ClassDef) -> Option<Fix> {
    let source = Source::of(context, file)?;
    if !config.arguments.is_empty() || source.has_comment(config.span) || config.docstring().is_some() {
        return None;
    }
    let (mut entries, mut renamed) = (Vec::new(), false);
    for statement in &config.body {
        let StmtKind::Assign { targets, value } = &statement.kind else { return None };
        let [Expr { kind: ExprKind::Name(name), .. }] = &**targets else { return None };
        // What is no renaming needs another value, or another place.
        if matches!(
            name.as_str(),
            "allow_mutation" | "fields" | "getter_dict" | "json_encoders" | "json_loads" | "json_dumps"
        ) {
            return None;
        }
        let new = KEYS.iter().find(|(old, _)| *name == **old).map(|(_, new)| *new);
        renamed |= new.is_some();
        entries.push(format!("{}={}", new.unwrap_or(name.as_str()), source.slice(value.span)));
    }
    let (class, imports) = source.import("pydantic", Some("ConfigDict"))?;
    let text = format!("model_config = {class}({})", entries.join(", "));
    let fix = if renamed {
        Fix::changes_contract(
            "write `model_config`",
            "settings that had no effect since Pydantic 2 have it again",
        )
    } else {
        Fix::needs_review("write `model_config`")
    };
    Some(fix.edit(source.replace(config.span, text)).imports(file, imports))
}
