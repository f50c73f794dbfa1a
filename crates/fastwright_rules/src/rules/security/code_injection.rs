//! `code-injection`: text of a client that is run as code.

use crate::context::Context;
use crate::data_flow::RequestInput;
use crate::finding::{Confidence, Severity};
use crate::injection::{Danger, Injection, report_injections};
use crate::metadata::Profile;
use crate::reporter::Reporter;
use crate::syntax::statements;
use fastwright_model::application::Route;
use fastwright_model::facts::EventKinds;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::ir::{ExprKind, StmtKind};
use fastwright_python::location::Location;
use fastwright_python::summary::{CallEvent, EventKind};
use fastwright_python::value::{Symbolic, Value};
use rustc_hash::FxHashSet;

crate::declare_rule! {
    /// Text of a client that is run as code.
    CodeInjection {
        name: "code-injection",
        area: Security,
        severity: Critical,
        confidence: Likely,
        summary: "text of a client that is run as code",
        why: "Whoever may send the request runs any Python code in the process: it reads every secret and every table.",
        recommendation: "Parse the text for what it may say (`ast.literal_eval`, `json.loads`, a small parser), or choose among known functions by name.",
        trade_off: "Only what the parser knows can be expressed.",
        contract_effect: "none",
        cwe: [94, 95],
        owasp: ["API8:2023"],
        profile: Default,
        page: "security/code-injection.md",
        references: ["https://docs.python.org/3/library/functions.html#eval"],
        check: check,
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let (thrown_away, called) = (thrown_away(context), called_attributes(context));
    // A restricted interpreter is a sandbox, and each of them was left by somebody.
    let with_sandboxes = context.settings.profile >= Profile::Audit;
    let injection = Injection {
        calls: &|name| {
            runs(name) || (with_sandboxes && (runs_restricted(name) || name == "builtins.getattr"))
        },
        argument: &|_: &Interpreter<'_>, name: &str, call: &CallEvent| {
            if let Some(Symbolic::Call { site, .. }) = call.result.as_symbolic()
                && (thrown_away.contains(site) || name == "builtins.getattr" && !called.contains(site))
            {
                return None;
            }
            let value = match name {
                "builtins.getattr" => call.arguments.positional.get(1)?.clone(),
                _ => call.arguments.positional.first()?.clone(),
            };
            let trusts = call.arguments.keyword("trust_remote_code");
            if name.ends_with(".from_pretrained") && trusts.and_then(Value::as_bool) != Some(true) {
                return None;
            }
            Some(Danger { acts: name.strip_prefix("builtins.").unwrap_or(name).to_owned(), value })
        },
        accepts: &|input: &RequestInput, _: &Route| input.is_free_text(),
        message: &|input: &RequestInput, route: &str, acts: &str| match acts {
            "getattr" => format!("`{}` of `{route}` is the name of what is called", input.text),
            _ => format!("`{}` of `{route}` is run as code by `{acts}`", input.text),
        },
        severity: Severity::Critical,
        confidence: Confidence::Likely,
        to_the_text: false,
        is_path: false,
        fix: &|_, _, _| None,
    };
    report_injections(context, report, &injection);
}

/// Calls of `getattr` whose result is called.
fn called_attributes(context: &Context<'_>) -> FxHashSet<Location> {
    let graph = context.call_graph();
    let mut found = FxHashSet::default();
    for node in graph.calls().libraries(|name| name == "builtins.getattr").iter() {
        // What is called, and what functions of libraries call, is found among these.
        for (_, event) in graph.nodes[node].events_of(EventKinds::OTHER_CALL.or(EventKinds::LIBRARY_CALL)) {
            let EventKind::Call(call) = &event.kind else { continue };
            let given = call.arguments.positional.iter().take(2);
            for value in std::iter::once(&call.callee).chain(given) {
                if let Some(Symbolic::Call { callee, site, .. }) = value.as_symbolic()
                    && callee.as_external().is_some_and(|name| name == "builtins.getattr")
                    && (value.same(&call.callee) || takes_function(&call.callee))
                {
                    found.insert(*site);
                }
            }
        }
    }
    found
}

/// Whether a function of a library calls what it is given.
fn takes_function(callee: &Value) -> bool {
    callee.as_external().is_some_and(|name| {
        matches!(name.last_part(), "to_thread" | "run_in_threadpool" | "run_sync" | "partial" | "submit")
    })
}

/// Calls of `compile` whose result is thrown away: they look whether text is code, and don't run it.
fn thrown_away(context: &Context<'_>) -> FxHashSet<Location> {
    let graph = context.call_graph();
    let mut found = FxHashSet::default();
    for node in graph.calls().libraries(|name| name == "builtins.compile" || runs_restricted(name)).iter() {
        let function = &graph.nodes[node].summary.function;
        statements(&function.definition.body, &mut |statement| {
            if let StmtKind::Expr(expression) = &statement.kind
                && matches!(expression.kind, ExprKind::Call(_))
            {
                found.insert(Location { file: function.id.file, span: expression.span });
            }
        });
    }
    found
}

fn runs_restricted(name: &str) -> bool {
    name.starts_with("RestrictedPython.") && name.contains("compile_restricted")
}

/// Whether a function runs its first argument as code, or imports what it names.
fn runs(name: &str) -> bool {
    // A model whose repository the client names brings its own code along.
    (name.starts_with("transformers.") && name.ends_with(".from_pretrained"))
        || matches!(
            name,
            "builtins.eval"
                | "builtins.exec"
                | "builtins.compile"
                | "builtins.__import__"
                | "importlib.import_module"
                | "runpy.run_path"
                | "runpy.run_module"
                | "code.InteractiveInterpreter.runsource"
                | "numexpr.evaluate"
                | "pandas.eval"
                | "pandas.DataFrame.query"
                | "pandas.DataFrame.eval"
                | "asteval.Interpreter.eval"
                | "sympy.sympify"
                | "sympy.parsing.sympy_parser.parse_expr"
        )
}
