//! `create-all-beside-migrations`: tables created at start although migrations are in use.

use crate::context::Context;
use crate::reporter::{Draft, Reporter};
use crate::syntax::{blocks, own_expressions};
use fastwright_model::analysis::is_test_path;
use fastwright_model::facts::reach_some;
use fastwright_model::registry::Registry;
use fastwright_python::ir::{FunctionDef, Stmt, StmtKind};
use fastwright_python::location::{Location, Span};
use fastwright_python::name::Name;
use fastwright_python::summary::Summary;
use fastwright_python::value::Value;

crate::declare_rule! {
    /// Tables created at start although migrations are in use.
    CreateAllBesideMigrations {
        name: "create-all-beside-migrations",
        area: Database,
        severity: Medium,
        confidence: Certain,
        summary: "tables created at start although migrations are in use",
        why: "A table that no migration creates exists wherever the application once started, so that the missing migration shows only in production or on a fresh database.",
        recommendation: "Remove `create_all` and run `alembic upgrade head` before the start.",
        trade_off: "A fresh database needs the migrations to be run.",
        contract_effect: "none",
        cwe: [1127],
        owasp: [],
        profile: Default,
        page: "database/create-all-beside-migrations.md",
        references: ["https://alembic.sqlalchemy.org/en/latest/autogenerate.html"],
        check: check,
    }
}

/// A call of `create_all`: its place, the symbol that holds it, how it is reached.
type Found = (Location, String, Vec<(String, Location)>);

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let Some(revision) = revision_of_migrations(context) else { return };
    let mut found: Vec<Found> = Vec::new();
    at_import(context, &mut found);
    at_start(context, &mut found);
    found.sort_by_key(|(place, ..)| *place);
    found.dedup_by_key(|(place, ..)| *place);
    for (place, symbol, steps) in found {
        if has_tables_of_its_own(context, place) {
            continue;
        }
        report.report(
            Draft::new(
                place,
                symbol,
                format!("`create_all` makes tables at start, beside the migrations in `{revision}`"),
            )
            .evidence_chain(steps)
            .evidence("missing tables are made here, without a migration knowing of it", place),
        );
    }
}

/// Whether the tables are those of a `MetaData` in a variable of its own, in a project whose models have another one: a
/// second database, such as a cache.
fn has_tables_of_its_own(context: &Context<'_>, place: Location) -> bool {
    let text = context.analysis.files.get(place.file).slice(place.span);
    let Some((before, _)) = text.split_once(".create_all") else { return false };
    let is_part = |character: char| character.is_alphanumeric() || matches!(character, '_' | '.');
    let owner = before.rsplit(|character| !is_part(character)).next().unwrap_or_default();
    // `Base.metadata`: which of several bases the migrations know is not told by a name.
    if owner.is_empty() || owner.contains('.') || context.analysis.tables.is_empty() {
        return false;
    }
    let given = [format!("metadata={owner}"), format!("metadata = {owner}")];
    context
        .analysis
        .files
        .iter()
        .filter(|(_, file)| file.first_party)
        .all(|(_, file)| !given.iter().any(|given| file.text.contains(given)))
}

/// The folder of Alembic's revisions, if the project has some.
fn revision_of_migrations(context: &Context<'_>) -> Option<String> {
    let files = &context.analysis.project.files;
    let has = |path: &str| files.iter().any(|file| file.relative == path);
    files.iter().find_map(|file| {
        let (folder, _) = file.relative.rsplit_once('/')?;
        let parent = folder.strip_suffix("/versions")?;
        let name = parent.rsplit('/').next().unwrap_or(parent);
        let migrations =
            name.contains("alembic") || name.contains("migration") || has(&format!("{parent}/env.py"));
        (migrations && !file.relative.ends_with("__init__.py")).then(|| folder.to_owned())
    })
}

/// `create_all` in statements that run when a module is imported, and in functions that are called then.
fn at_import(context: &Context<'_>, found: &mut Vec<Found>) {
    let create_all = Name::from("create_all");
    let interpreter = context.analysis.interpreter.borrow();
    for (_, module) in interpreter.modules() {
        let Some(id) = module.file else { continue };
        let file = context.analysis.files.get(id);
        if !file.first_party
            || is_test_path(&file.relative)
            || file.relative.contains("/versions/")
            || file.relative.ends_with("env.py")
            || !module.code.mentions.may_hold(create_all)
        {
            continue;
        }
        for span in unconditional_calls(&module.code.body) {
            found.push((Location { file: id, span }, module.name.to_string(), Vec::new()));
        }
        for definition in &module.code.functions {
            let function = fastwright_python::program::FunctionId { file: id, index: definition.index };
            if !definition.mentions.may_hold(create_all) || !interpreter.was_called(function) {
                continue;
            }
            for span in unconditional_calls(&definition.body) {
                let note = format!("`{}` runs when the application is made", definition.name);
                let steps = vec![(note, Location { file: id, span: definition.name_span })];
                found.push((Location { file: id, span }, definition.qualname.to_string(), steps));
            }
        }
    }
}

/// `create_all` in what the lifespan or a startup handler reaches.
fn at_start(context: &Context<'_>, found: &mut Vec<Found>) {
    let create_all = Name::from("create_all");
    let files = context.analysis.files.iter().zip(&context.analysis.codes);
    let mut functions = files
        .filter(|((_, file), code)| file.first_party && code.mentions.may_hold(create_all))
        .flat_map(|(_, code)| &code.functions);
    // Most applications need not be followed through all that they do at start.
    let makes_tables = |function: &FunctionDef| {
        function.mentions.may_hold(create_all) && !unconditional_calls(&function.body).is_empty()
    };
    if !functions.any(|function| makes_tables(function)) {
        return;
    }
    let interpreter = &mut *context.analysis.interpreter.borrow_mut();
    let mut roots: Vec<Value> = Vec::new();
    for state in interpreter.extension::<Registry>().routers.values() {
        if is_test_path(&context.analysis.files.get(state.site.file).relative) {
            continue;
        }
        roots.extend(state.arguments.keyword("lifespan").cloned());
        roots.extend(
            state
                .events
                .iter()
                .filter(|(event, ..)| event == "startup")
                .map(|(_, handler, _)| handler.clone()),
        );
    }
    for root in roots {
        let Some(function) = interpreter.plain_function(&root) else { continue };
        let root_step = (
            format!("`{}` runs when the application starts", function.definition.name),
            Location { file: function.id.file, span: function.definition.name_span },
        );
        let may_make_tables = |summary: &Summary| {
            let function = &summary.function;
            function.definition.mentions.may_hold(create_all)
                && context.analysis.files.get(function.id.file).first_party
        };
        for reached in reach_some(interpreter, &function, None, &may_make_tables) {
            let definition = &reached.summary.function.definition;
            let file = reached.summary.function.id.file;
            for span in unconditional_calls(&definition.body) {
                let mut steps = vec![root_step.clone()];
                steps.extend(
                    reached
                        .chain
                        .iter()
                        .map(|step| (format!("it calls `{}`", step.function.definition.name), step.site)),
                );
                found.push((Location { file, span }, definition.qualname.to_string(), steps));
            }
        }
    }
}

/// Places of `metadata.create_all` that no condition guards.
fn unconditional_calls(body: &[Stmt]) -> Vec<Span> {
    let mut found = Vec::new();
    for statement in body {
        own_expressions(statement, &mut |expression| {
            if let Some((base, name)) = expression.as_attribute()
                && *name == "create_all"
                && base.last_name().is_some_and(|owner| owner.ends_with("metadata"))
            {
                found.push(expression.span);
            }
        });
        if matches!(statement.kind, StmtKind::With { .. } | StmtKind::Try { .. }) {
            for (block, _) in blocks(statement) {
                found.extend(unconditional_calls(block));
            }
        }
    }
    found
}
