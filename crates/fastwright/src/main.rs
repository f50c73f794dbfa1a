//! The command line of fastwright: arguments, configuration, wiring, exit codes.

mod arguments;
mod commands;
mod ending;
mod progress;
mod terminal;
mod watch;

use arguments::{Arguments, Command};
use clap::Parser as _;
use ending::{COULD_NOT_RUN, Ending};
use fastwright_engine::Failure;
use fastwright_python::parallel;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;

/// What the last panic said and where.
static PANIC: Mutex<Option<String>> = Mutex::new(None);

fn main() {
    keep_panics_quiet();
    match std::thread::Builder::new().stack_size(parallel::STACK).spawn(work) {
        Ok(thread) => {
            // It ends the process.
            let _ = thread.join();
        }
        // A machine that limits the address space: the stack that there is has to do.
        Err(_) => work(),
    }
}

/// Everything that the process does. The arguments, too, are read here: each thread that needs memory gets
/// pages of its own. And the process ends here: nobody needs that memory given back piece by piece.
fn work() {
    let code = match catch_unwind(AssertUnwindSafe(|| run(&Arguments::parse()))) {
        Ok(Ok(ending)) => ending.code(),
        Ok(Err(failure)) => {
            terminal::tell(&format!("fastwright: {failure}"));
            COULD_NOT_RUN
        }
        Err(_) => {
            terminal::tell(&crash_report());
            COULD_NOT_RUN
        }
    };
    std::process::exit(i32::from(code));
}

fn run(arguments: &Arguments) -> Result<Ending, Failure> {
    if matches!(arguments.command, Command::SandboxedRun) {
        commands::sandboxed_run();
    }
    // Who goes on gives memory back, which is the default.
    if !goes_on(&arguments.command) {
        fastwright_engine::memory::ends_soon(true);
        fastwright_allocator::keep_free_memory();
    }
    if matches!(
        arguments.command,
        Command::Openapi(_) | Command::Contract(_) | Command::Diff(_) | Command::Gate(_) | Command::Agent(_)
    ) {
        fastwright_allocator::use_small_pages();
    }
    // Where that can't be done, each part that works in parallel makes threads of its own.
    let _ = parallel::take_part();
    let colour = arguments.color;
    match &arguments.command {
        Command::Review(review) if review.project.watch => {
            watch::watch(&review.project, || commands::review(review, colour))
        }
        Command::Review(review) => commands::review(review, colour),
        Command::Routes(routes) if routes.project.watch => {
            watch::watch(&routes.project, || commands::routes(routes, colour))
        }
        Command::Routes(routes) => commands::routes(routes, colour),
        Command::Openapi(openapi) if openapi.project.watch => {
            watch::watch(&openapi.project, || commands::openapi(openapi, colour))
        }
        Command::Openapi(openapi) => commands::openapi(openapi, colour),
        Command::Contract(contract) => commands::contract(contract, colour),
        Command::Diff(diff) => commands::diff(diff, colour),
        Command::Gate(gate) => commands::gate(gate, colour),
        Command::Fix(fix) if fix.project.watch => {
            Err(Failure::new("`fix` does not watch: each run of it is a decision"))
        }
        Command::Fix(fix) => commands::fix(fix, colour),
        Command::Verify(verify) => commands::verify(verify, colour),
        Command::Agent(agent) => commands::agent(agent, colour),
        Command::Init(init) => commands::init(init),
        Command::Mcp(mcp) => commands::mcp(mcp),
        Command::Acp(acp) => commands::acp(acp),
        Command::Rule(rule) => commands::rule(rule, colour),
        Command::Schema { document } => commands::print_schema(*document),
        Command::Completions { shell } => commands::print_completions(*shell),
        // Before anything else is made.
        Command::SandboxedRun => commands::sandboxed_run(),
    }
}

/// Whether the command answers one question after the other, instead of one.
fn goes_on(command: &Command) -> bool {
    match command {
        Command::Review(review) => review.project.watch,
        Command::Routes(routes) => routes.project.watch,
        Command::Openapi(openapi) => openapi.project.watch,
        Command::Agent(_) | Command::Mcp(_) | Command::Acp(_) => true,
        _ => false,
    }
}

/// Panics are caught, some of them far below; nobody shall see a trace for what is handled.
fn keep_panics_quiet() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if let Ok(mut last) = PANIC.lock() {
            *last = Some(panic.to_string().replace('\n', " "));
        }
        if std::env::var_os("RUST_BACKTRACE").is_some_and(|value| value != "0") {
            before(panic);
        }
    }));
}

fn crash_report() -> String {
    let what = PANIC.lock().ok().and_then(|mut last| last.take());
    let command: Vec<String> =
        std::env::args_os().map(|argument| argument.to_string_lossy().into_owned()).collect();
    format!(
        "fastwright: an internal error stopped the command. This is a fault of fastwright, not of your code.\n\
         Please report it with these lines:\n  version: {}\n  command: {}\n  error: {}",
        env!("CARGO_PKG_VERSION"),
        command.join(" "),
        what.as_deref().unwrap_or("unknown"),
    )
}
