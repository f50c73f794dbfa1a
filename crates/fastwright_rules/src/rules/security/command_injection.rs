//! `command-injection`: command put together from text of a client.

use crate::context::Context;
use crate::data_flow::RequestInput;
use crate::finding::{Confidence, Severity};
use crate::injection::values::is_set;
use crate::injection::{Danger, Injection, report_injections};
use crate::reporter::Reporter;
use fastwright_model::application::Route;
use fastwright_python::interpreter::Interpreter;
use fastwright_python::summary::CallEvent;
use fastwright_python::value::*;

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
        to_the_text: true,
        is_path: false,
        fix: &|_, _, _| None,
    };
    report_injections(context, report, &injection);
}

/// Whether a function of a library runs commands.
fn runs(name: &str) -> bool {
    takes_line(name) || takes_list(name) || takes_program(name)
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
    )
}

/// Whether its arguments are the program and what the program gets.
fn takes_program(name: &str) -> bool {
    matches!(
        name,
        "asyncio.create_subprocess_exec"
            | "asyncio.subprocess.create_subprocess_exec"
            | "os.execv"
            | "os.execvp"
            | "os.execl"
            | "os.execlp"
            | "mcp.StdioServerParameters"
            | "mcp.client.stdio.StdioServerParameters"
    )
}

/// What is dangerous: the line; of a list only the program itself, or the line that a shell is given.
fn command(interpreter: &Interpreter<'_>, name: &str, call: &CallEvent) -> Option<Danger> {
    let keywords = ["args", "cmd", "command", "program"];
    let given = call.arguments.positional.first();
    let given = given.or_else(|| keywords.iter().find_map(|keyword| call.arguments.keyword(keyword)))?;
    let is_line = takes_line(name)
        || is_set(call, "shell")
        || name.starts_with("anyio.") && !matches!(given.kind(), Kind::List(_) | Kind::Tuple(_));
    let value = if is_line {
        given.clone()
    } else if takes_program(name) {
        of_list(&call.arguments.positional).unwrap_or_else(|| given.clone())
    } else if begins_with_word(given) {
        return None;
    } else {
        let listed = match given.kind() {
            Kind::Tuple(items) => of_list(items),
            Kind::List(id) => match interpreter.object(*id) {
                Object::List(list) => of_list(&list.items),
                _ => None,
            },
            _ => None,
        };
        let first = || Value::symbolic(Symbolic::Item { base: given.clone(), index: Value::int(0) });
        listed.unwrap_or_else(first)
    };
    Some(Danger { acts: name.to_owned(), value })
}

/// The line that a list of arguments gives to a shell, the code that it gives to an interpreter, and the package that it
/// lets an installer run.
fn of_list(items: &[Value]) -> Option<Value> {
    let first = items.first()?;
    let program = match first.as_external() {
        Some(name) if name == "sys.executable" => "python",
        _ => first.as_str()?.rsplit('/').next()?,
    };
    let texts: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
    if let Some(installs) = items.iter().position(|item| item.as_str() == Some("install"))
        && texts.iter().any(|text| matches!(*text, "pip" | "pip3" | "uv" | "npm"))
    {
        let packages = items.get(installs + 1..)?.iter().filter(|item| item.as_str().is_none());
        return Some(Value::union(packages.cloned().collect::<Vec<_>>()));
    }
    let runs_code = match program {
        "python" | "python3" => Some("-c"),
        "node" | "perl" | "ruby" | "deno" => Some("-e"),
        "php" => Some("-r"),
        _ => None,
    };
    if let Some(option) = runs_code {
        let at = items.iter().position(|item| item.as_str() == Some(option))?;
        return items.get(at + 1).cloned();
    }
    let is_shell =
        matches!(program, "sh" | "bash" | "dash" | "zsh" | "ksh" | "cmd" | "cmd.exe" | "powershell" | "pwsh");
    let option = items.iter().position(|item| {
        item.as_str().is_some_and(|text| matches!(text, "-c" | "-lc" | "-ec" | "/c" | "/C" | "-Command"))
    })?;
    is_shell.then(|| items.get(option + 1).cloned())?
}

/// Whether arguments come out of a text that names the program: `f"git clone {address}".split()`.
fn begins_with_word(value: &Value) -> bool {
    let Some(Symbolic::Call { callee, arguments, .. }) = value.as_symbolic() else { return false };
    let text = match callee.as_symbolic() {
        Some(Symbolic::Member { base, name }) if *name == "split" => Some(base),
        None if callee.as_external().is_some_and(|name| name == "shlex.split") => {
            arguments.positional.first()
        }
        _ => None,
    };
    let first = text.and_then(|text| match text.as_symbolic() {
        Some(Symbolic::Format(parts)) => parts.first(),
        Some(Symbolic::Binary { left, .. }) => Some(left),
        _ => None,
    });
    first.and_then(Value::as_str).is_some_and(|text| text.trim_start().contains(char::is_whitespace))
}
