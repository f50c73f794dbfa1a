//! `orm-object-without-from-attributes`: row that is validated by a model which only takes dictionaries.

use crate::context::Context;
use crate::data_flow::has_validator;
use crate::finding::Fix;
use crate::fixes::Source;
use crate::methods::method_of;
use crate::reporter::Reporter;
use crate::wording::route_name;
use fastwright_model::facts::{EventKinds, mentions};
use fastwright_model::schemas::is_model;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::ir::{ExprKind, Stmt, StmtKind};
use fastwright_python::location::Location;
use fastwright_python::name::Name;
use fastwright_python::summary::EventKind;
use fastwright_python::value::*;

crate::declare_rule! {
    /// Row that is validated by a model which only takes dictionaries.
    OrmObjectWithoutFromAttributes {
        name: "orm-object-without-from-attributes",
        area: Validation,
        severity: High,
        confidence: Certain,
        summary: "row that is validated by a model which only takes dictionaries",
        why: "`model_validate` refuses every object that is no dictionary and no instance of the model: each call raises, and callers get 500.",
        recommendation: "Set `model_config = ConfigDict(from_attributes=True)` on the model.",
        trade_off: "None; attributes that are loaded lazily are read by it.",
        contract_effect: "the answer instead of 500",
        cwe: [],
        owasp: [],
        profile: Default,
        page: "validation/orm-object-without-from-attributes.md",
        references: ["https://docs.pydantic.dev/latest/concepts/models/#arbitrary-class-instances"],
        check: check,
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let analysis = context.analysis;
    if analysis.tables.is_empty() {
        return;
    }
    let code = context.call_graph();
    let validating = code.calls().named(|name| name == "model_validate");
    let interpreter = &mut *analysis.interpreter.borrow_mut();
    for number in validating.iter() {
        let node = &code.nodes[number];
        for (_, event) in node.events_of(EventKinds::METHOD_CALL.or(EventKinds::BOUND_CALL)) {
            let EventKind::Call(call) = &event.kind else { continue };
            if call.target.is_some() {
                continue;
            }
            let Some((model, method)) = method_of(&call.callee) else { continue };
            let Kind::Class(model_id) = *model.kind() else { continue };
            if method != "model_validate"
                || call.arguments.incomplete
                || call.arguments.keyword("from_attributes").is_some()
                || !is_model(interpreter, &model)
                || takes_objects(interpreter, &model)
            {
                continue;
            }
            let Some(row) = call.arguments.get(0, "obj").cloned() else { continue };
            let Some(class) = interpreter.class_of(&row) else { continue };
            let Kind::Class(row_id) = *class.kind() else { continue };
            let Some(table) = analysis.tables.iter().find(|table| table.class == row_id) else { continue };
            // Mappings of rows are dictionaries.
            let is_mapping = mentions(
                &row,
                &mut |part| matches!(part.as_symbolic(), Some(Symbolic::Member { name, .. }) if matches!(name.as_str(), "mappings" | "_mapping" | "__dict__")),
            );
            if is_mapping
                || matches!(row.kind(), Kind::Class(_))
                || interpreter.derives_from(&class, "pydantic.main.BaseModel")
            {
                continue;
            }
            let (Some(name), Some(row_name)) = (
                interpreter.class(model_id).map(|class| (class.name, class.location)),
                interpreter.class(row_id).map(|class| class.name),
            ) else {
                continue;
            };
            let (name, declared) = name;
            let function = &node.definition;
            for reached in code.routes_of(number) {
                let outline = reached
                    .outline(analysis, event.location, &function.qualname)
                    .discriminator(name.as_str());
                report.report_on_route(&outline, |draft| {
                    let title = route_name(reached.route_in(analysis));
                    draft
                        .message(format!(
                            "`{title}` fails: `{name}.model_validate` gets a row of `{row_name}`, and `{name}` only takes dictionaries"
                        ))
                        .evidence_chain(code.evidence(analysis, &reached))
                        .evidence(format!("a row of `{row_name}` is validated"), event.location)
                        .evidence(format!("`{row_name}` is a table"), table.location)
                        .evidence(format!("`{name}` does not set `from_attributes`"), declared)
                        .example(format!(
                            "class {name}(BaseModel):\n    model_config = ConfigDict(from_attributes=True)"
                        ))
                        .fix(fix(context, declared))
                });
            }
        }
    }
}

/// `model_config` with `from_attributes` in a model that has no configuration of its own.
fn fix(context: &Context<'_>, declared: Location) -> Option<Fix> {
    let source = Source::of(context, declared.file)?;
    let class = source.class(declared.span)?;
    let configures = |statement: &Stmt| match &statement.kind {
        StmtKind::Assign { targets, .. } => {
            targets.iter().any(|target| matches!(target.kind, ExprKind::Name(name) if name == "model_config"))
        }
        StmtKind::Class(inner) => inner.name == "Config",
        _ => false,
    };
    if class.body.iter().any(configures) {
        return None;
    }
    let first = class.body.get(usize::from(class.docstring().is_some())).or(class.body.first())?;
    let (config, imports) = source.import("pydantic", Some("ConfigDict"))?;
    let text = format!("model_config = {config}(from_attributes=True)");
    let edit = match class.docstring() {
        Some(_) if class.body.len() == 1 => source.statement_after(first, &format!("\n{text}"))?,
        _ => source.statement_before(first, &format!("{text}\n\n"))?,
    };
    Some(
        Fix::changes_contract(
            format!("let `{}` read attributes of objects", class.name),
            "the route answers instead of failing with 500",
        )
        .edit(edit)
        .imports(declared.file, imports),
    )
}

/// Whether a model takes objects by their attributes, or may: what its configuration and its validators say
/// must be known to say no.
fn takes_objects(interpreter: &mut Interpreter<'_>, model: &Value) -> bool {
    if ["__get_validators__", "__get_pydantic_core_schema__", "model_validate"]
        .iter()
        .any(|name| interpreter.find_in_class(model, Name::from(name)).is_some())
        || has_validator(interpreter, model, Name::from("*"))
    {
        return true;
    }
    for owner in interpreter.class_order(model).to_vec() {
        match *owner.kind() {
            Kind::Class(id) => {
                let Some(class) = interpreter.class(id) else { return true };
                let keyword = class.keywords.iter().any(|(name, _)| *name == "from_attributes");
                let old = class.attributes.contains_key(&Name::from("Config"));
                let config = class.attributes.get(&Name::from("model_config")).cloned();
                if keyword || old {
                    return true;
                }
                if let Some(config) = config {
                    let Kind::Dict(dict) = *config.kind() else { return true };
                    let Object::Dict(dict) = interpreter.object(dict) else { return true };
                    if dict.incomplete
                        || !dict.unknown_keys.is_empty()
                        || dict.entries.contains_key(&Key::Str("from_attributes".into()))
                    {
                        return true;
                    }
                }
            }
            // A base of a library may set it.
            Kind::External(name) => {
                let plain = matches!(
                    name.as_str(),
                    "pydantic.main.BaseModel" | "builtins.object" | "typing.Generic" | "abc.ABC"
                );
                if !plain {
                    return true;
                }
            }
            _ => return true,
        }
    }
    false
}
