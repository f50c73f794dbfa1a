//! `command-injection`: command put together from text of a client.

use crate::context::Context;
use crate::data_flow::RequestInput;
use crate::finding::{Confidence, Severity};
use crate::injection::values::{is_set, is_text};
use crate::injection::{Danger, Injection, report_injections};
use crate::reporter::Reporter;
use fastwright_model::application::Route;
use fastwright_python::summary::CallEvent;

crate::declare_rule! {
    /// Command put together from text of a client.
    CommandInjection {
        name: "command-injection",
        area: Security,
        severity: Critical,
        confidence: Likely,
        summary: "command put together from text of a client",
        why: "A semicolon, a quote or a line break in the text starts another command: the client runs programs on the server.",
        recommendation: "Pass a list of arguments without a shell, with the text of the client as one of them behind `--`, and choose the program yourself.",
        trade_off: "Pipes and wildcards of the shell have to be written in Python.",
        contract_effect: "none",
        cwe: [78, 77],
        owasp: ["API8:2023"],
        profile: Default,
        page: "security/command-injection.md",
        references: ["https://docs.python.org/3/library/subprocess.html#security-considerations"],
        check: check,
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let injection = Injection {
        calls: &runs,
        argument: &command,
        accepts: &|input: &RequestInput, _: &Route| input.is_free_text(),
        message: &|input: &RequestInput, route: &str, acts: &str| {
            format!("`{}` of `{route}` becomes part of a command that `{acts}` runs", input.text)
        },
        severity: Severity::Critical,
        confidence: Confidence::Likely,
    };
    report_injections(context, report, &injection);
}

/// Whether a function of a library runs commands.
fn runs(name: &str) -> bool {
    takes_line(name) || takes_list(name)
}

/// Whether its command is one line for a shell.
fn takes_line(name: &str) -> bool {
    matches!(
        name,
        "os.system"
            | "os.popen"
            | "subprocess.getoutput"
            | "subprocess.getstatusoutput"
            | "asyncio.create_subprocess_shell"
            | "asyncio.subprocess.create_subprocess_shell"
            | "commands.getoutput"
            | "paramiko.SSHClient.exec_command"
            | "pexpect.spawn"
            | "pexpect.run"
    )
}

/// Whether its command is a list of arguments, unless a shell is asked for.
fn takes_list(name: &str) -> bool {
    matches!(
        name,
        "subprocess.run"
            | "subprocess.call"
            | "subprocess.check_call"
            | "subprocess.check_output"
            | "subprocess.Popen"
            | "anyio.run_process"
            | "anyio.open_process"
            | "asyncio.create_subprocess_exec"
            | "os.execv"
            | "os.execvp"
            | "os.spawnv"
    )
}

/// What is dangerous: the line; of a list only the program itself.
fn command(name: &str, call: &CallEvent) -> Option<Danger> {
    let given = call.arguments.get(0, "args").or_else(|| call.arguments.keyword("cmd"));
    let given = given.or_else(|| call.arguments.keyword("command"))?;
    let is_line = takes_line(name) || is_set(call, "shell") || name.starts_with("anyio.") && is_text(given);
    if !is_line && !is_text(given) {
        return None;
    }
    Some(Danger { acts: name.to_owned(), value: given.clone() })
}
