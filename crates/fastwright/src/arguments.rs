//! The command line as types.

mod init;
mod verify;

pub(crate) use init::InitArguments;
pub(crate) use verify::VerifyArguments;

use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Args, Parser, Subcommand, ValueEnum};
use fastwright_contract::diff::Level;
use fastwright_engine::{Overrides, ReviewOverrides};
use fastwright_gate::Allowance;
use fastwright_report::names::{GuardKind, Severity};
use fastwright_report::output::{DiffFormat, GateFormat, ReviewFormat, RoutesFormat, VerificationFormat};
use fastwright_report::routes_selection::Grouping;
use std::path::PathBuf;

/// The whole command line.
#[derive(Debug, Parser)]
#[command(
    name = "fastwright",
    version,
    about = "A FastAPI backend engineer: understands the whole application and reviews it with proof.",
    after_help = "Exit codes: 0 clean, 1 findings at or above --fail-on, 2 could not run, 3 nothing to analyse."
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,

    /// When to use colours; NO_COLOR, FORCE_COLOR and CLICOLOR_FORCE count with `auto`.
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto, value_name = "WHEN")]
    pub(crate) color: Colour,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Colour {
    /// In a terminal.
    Auto,
    /// Everywhere.
    Always,
    /// Nowhere.
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Review projects: what the service does, what is wrong with it, and the proof.
    Review(ReviewArguments),
    /// Fix what can be fixed without changing what the service does; each change is checked first.
    Fix(FixArguments),
    /// List the routes of all apps: path, handler, who may call, tables.
    Routes(RoutesArguments),
    /// Print the OpenAPI document that the running application would serve, without running it.
    Openapi(OpenapiArguments),
    /// Print what the application promises and does, as one document that can be compared.
    Contract(ContractArguments),
    /// Compare two contracts: what clients, callers and operators will see.
    Diff(DiffArguments),
    /// Accept or refuse a change: nothing but what was asked for may be different.
    Gate(GateArguments),
    /// Check the JSON of a review: its evidence against the sources, its findings against the review made again.
    Verify(VerifyArguments),
    /// Ask in plain words: review, secure, make faster, protect routes, document, explain, check a change.
    Agent(AgentArguments),
    /// Set a project up: for a coding agent that shall work with fastwright.
    Init(InitArguments),
    /// Answer the questions of coding agents and other programs: a server of the Model Context Protocol.
    Mcp(McpArguments),
    /// Let an editor host the agent: a server of the Agent Client Protocol.
    Acp(AcpArguments),
    /// Explain a rule; without a name, list all rules.
    Rule(RuleArguments),
    /// Print the JSON Schema of a document.
    Schema {
        /// Whose.
        #[arg(value_enum)]
        document: SchemaDocument,
    },
    /// Print a completion script for a shell.
    Completions {
        /// Which.
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
    /// The other side of the sandbox, for fastwright's own use.
    #[command(hide = true)]
    SandboxedRun,
}

/// Documents with a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaDocument {
    /// `fastwright review --output-format json`.
    Review,
    /// `fastwright routes --output-format json`.
    Routes,
    /// `fastwright fix --output-format json`.
    Fix,
    /// `fastwright contract`.
    Contract,
    /// `fastwright diff --output-format json`.
    Diff,
    /// `fastwright gate --output-format json`.
    Gate,
    /// `fastwright verify --output-format json`.
    Verify,
    /// `fastwright agent --output-format json`.
    Agent,
}

/// `fastwright rule`.
#[derive(Debug, Args)]
pub(crate) struct RuleArguments {
    /// Name of the rule, such as `missing-authentication`.
    pub(crate) name: Option<String>,
    /// Explain every rule.
    #[arg(long, conflicts_with = "name")]
    pub(crate) all: bool,
    /// `full` for people, `json` for all rules with everything that they say about themselves.
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "full", conflicts_with = "name")]
    pub(crate) output_format: RuleFormat,
}

/// Formats of `fastwright rule`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RuleFormat {
    /// For people.
    Full,
    /// For tools.
    Json,
}

/// What all commands that read a project have in common.
#[derive(Debug, Clone, Args)]
pub(crate) struct ProjectArguments {
    /// Folders or files to analyse.
    #[arg(default_value = ".", value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) settings: SettingsArguments,

    /// Print the settings in effect and exit.
    #[arg(long, help_heading = "Configuration")]
    pub(crate) show_settings: bool,

    /// Print the files that would be analysed and exit.
    #[arg(long, help_heading = "Configuration")]
    pub(crate) show_files: bool,

    /// Write the result to a file instead of standard output.
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub(crate) output_file: Option<PathBuf>,

    /// Run again whenever a file changes.
    #[arg(short, long, help_heading = "Output")]
    pub(crate) watch: bool,

    /// Show no progress.
    #[arg(long, help_heading = "Output")]
    pub(crate) no_progress: bool,

    /// Neither read nor write cached results.
    #[arg(long, help_heading = "Cache")]
    pub(crate) no_cache: bool,

    /// Where to keep cached results [default: .fastwright_cache in the project].
    #[arg(long, value_name = "FOLDER", help_heading = "Cache")]
    pub(crate) cache_dir: Option<PathBuf>,
}

impl ProjectArguments {
    /// What they say over the configuration.
    pub(crate) fn overrides(&self) -> Overrides {
        self.settings.overrides()
    }
}

/// What counts over the configuration of a project.
#[derive(Debug, Clone, Args)]
pub(crate) struct SettingsArguments {
    /// Analyse only this app, `module:attr` or `module:factory()`; may be given several times.
    #[arg(long, value_name = "APP", help_heading = "Project")]
    pub(crate) app: Vec<String>,

    /// Virtual environment of the project [default: .venv, venv, VIRTUAL_ENV].
    #[arg(long, value_name = "FOLDER", help_heading = "Project")]
    pub(crate) python_env: Option<PathBuf>,

    /// A variable of the environment that is set where the application runs; may be given several times,
    /// added to the configuration's.
    #[arg(long, value_name = "NAME=VALUE", value_parser = variable, help_heading = "Project")]
    pub(crate) variable: Vec<(String, String)>,

    /// Leave out paths that match, as in .gitignore; added to the configuration's.
    #[arg(long, value_name = "PATTERN", value_delimiter = ',', help_heading = "Project")]
    pub(crate) exclude: Vec<String>,

    /// Set a configuration key for this run; the value is TOML, or a plain text.
    #[arg(long, value_name = "KEY=VALUE", help_heading = "Configuration")]
    pub(crate) config: Vec<String>,

    /// Read no configuration file.
    #[arg(long, help_heading = "Configuration")]
    pub(crate) isolated: bool,
}

impl SettingsArguments {
    /// What they say over the configuration.
    pub(crate) fn overrides(&self) -> Overrides {
        Overrides {
            app: self.app.clone(),
            python_env: self.python_env.clone(),
            variable: self.variable.clone(),
            exclude: self.exclude.clone(),
            config: self.config.clone(),
            isolated: self.isolated,
        }
    }
}

/// `fastwright mcp`.
#[derive(Debug, Clone, Args)]
pub(crate) struct McpArguments {
    /// The project: a folder or a file. Clients can't choose another one.
    #[arg(default_value = ".", value_name = "PATH")]
    pub(crate) path: PathBuf,

    /// Offer the tool that writes fixes to the files.
    #[arg(long, help_heading = "Server")]
    pub(crate) allow_write: bool,

    /// Serve over HTTP on this machine instead of standard input and output; clients need the token that is printed,
    /// or the one in FASTWRIGHT_TOKEN. ADDRESS is 127.0.0.1:PORT, `[::1]:PORT` or PORT [default: 127.0.0.1:8737].
    #[arg(long, value_name = "ADDRESS", num_args = 0..=1, default_missing_value = "127.0.0.1", help_heading = "Server")]
    pub(crate) http: Option<String>,

    #[command(flatten)]
    pub(crate) settings: SettingsArguments,
}

/// `fastwright review`.
#[derive(Debug, Clone, Args)]
pub(crate) struct ReviewArguments {
    #[command(flatten)]
    pub(crate) project: ProjectArguments,

    /// Rules to run: names, areas or `all`; instead of the configuration's.
    #[arg(long, value_name = "RULE", value_delimiter = ',', help_heading = "Rules")]
    pub(crate) select: Vec<String>,

    /// Rules to leave out; added to the configuration's.
    #[arg(long, value_name = "RULE", value_delimiter = ',', help_heading = "Rules")]
    pub(crate) ignore: Vec<String>,

    /// Rules to run beside the selected ones.
    #[arg(long, value_name = "RULE", value_delimiter = ',', help_heading = "Rules")]
    pub(crate) extend_select: Vec<String>,

    /// How much to report: `default`, `strict` or `audit`.
    #[arg(long, value_parser = PossibleValuesParser::new(["default", "strict", "audit"]), help_heading = "Rules")]
    pub(crate) profile: Option<String>,

    /// Report findings that comments in the code hide, too.
    #[arg(long, help_heading = "Rules")]
    pub(crate) no_ignores: bool,

    /// Report only what is not in this baseline.
    #[arg(long, value_name = "FILE", help_heading = "Rules")]
    pub(crate) baseline: Option<PathBuf>,

    /// Report only what this git revision does not have: `origin/main`, in a pull request.
    #[arg(long, value_name = "REVISION", conflicts_with = "write_baseline", help_heading = "Rules")]
    pub(crate) diff_base: Option<String>,

    /// Write all findings to a baseline and exit.
    #[arg(long, value_name = "FILE", conflicts_with = "baseline", help_heading = "Rules")]
    pub(crate) write_baseline: Option<PathBuf>,

    /// Least severity that makes the exit code 1 [default: medium].
    #[arg(long, value_name = "SEVERITY", value_parser = severity_parser(), help_heading = "Output")]
    pub(crate) fail_on: Option<Severity>,

    /// Exit with 0 even if there are findings.
    #[arg(long, help_heading = "Output")]
    pub(crate) exit_zero: bool,

    /// How to print the review [default: full].
    #[arg(long, value_name = "FORMAT", value_parser = review_format_parser(), help_heading = "Output")]
    pub(crate) output_format: Option<ReviewFormat>,

    /// Print how many findings each rule has instead of the findings.
    #[arg(long, help_heading = "Output")]
    pub(crate) statistics: bool,
}

impl ReviewArguments {
    /// What they say about the review over the configuration.
    pub(crate) fn overrides(&self) -> ReviewOverrides {
        ReviewOverrides {
            select: self.select.clone(),
            ignore: self.ignore.clone(),
            extend_select: self.extend_select.clone(),
            profile: self.profile.clone(),
            no_ignores: self.no_ignores,
            baseline: self.baseline.clone(),
            no_baseline: self.write_baseline.is_some(),
            fail_on: self.fail_on,
            output_format: self.output_format,
        }
    }
}

/// `fastwright fix`.
#[derive(Debug, Clone, Args)]
pub(crate) struct FixArguments {
    #[command(flatten)]
    pub(crate) project: ProjectArguments,

    /// Rules whose findings are fixed: names, areas or `all` [default: those of the review].
    #[arg(long, value_name = "RULE", value_delimiter = ',', help_heading = "Rules")]
    pub(crate) select: Vec<String>,

    /// Rules whose findings are left.
    #[arg(long, value_name = "RULE", value_delimiter = ',', help_heading = "Rules")]
    pub(crate) ignore: Vec<String>,

    /// Make fixes, too, that change what the code does, while routes, document and guards stay equal.
    #[arg(long, help_heading = "Fixes")]
    pub(crate) unsafe_fixes: bool,

    /// Make fixes, too, that change the contract, as each of them names it; includes --unsafe-fixes.
    #[arg(long, help_heading = "Fixes")]
    pub(crate) contract_fixes: bool,

    /// Ask for each fix, with why and what it costs.
    #[arg(short, long, help_heading = "Fixes")]
    pub(crate) interactive: bool,

    /// Print the change as a diff and write nothing; the exit code is 1 if there is one.
    #[arg(long, conflicts_with = "verify", help_heading = "Fixes")]
    pub(crate) diff: bool,

    /// List each fix.
    #[arg(long, help_heading = "Fixes")]
    pub(crate) show_fixes: bool,

    /// Change files, too, that have changes which git does not have.
    #[arg(long, help_heading = "Fixes")]
    pub(crate) allow_dirty: bool,

    /// Run the project's tests with this command before and after, and take the fixes back if they differ.
    /// This runs the project's code.
    #[arg(long, value_name = "COMMAND", help_heading = "Fixes")]
    pub(crate) verify: Option<String>,

    /// Take the last fix back, or the one that was interrupted.
    #[arg(long, conflicts_with_all = ["finish", "diff", "interactive", "verify"], help_heading = "Fixes")]
    pub(crate) undo: bool,

    /// Complete the fix that was interrupted.
    #[arg(long, conflicts_with_all = ["diff", "interactive", "verify"], help_heading = "Fixes")]
    pub(crate) finish: bool,

    /// Least severity of a finding that is left that makes the exit code 1 [default: medium].
    #[arg(long, value_name = "SEVERITY", value_parser = severity_parser(), help_heading = "Output")]
    pub(crate) fail_on: Option<Severity>,

    /// How to print what was done.
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "full", help_heading = "Output")]
    pub(crate) output_format: FixFormat,
}

/// Formats of `fastwright fix`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FixFormat {
    /// For people.
    Full,
    /// For tools.
    Json,
}

/// `fastwright routes`.
#[derive(Debug, Clone, Args)]
pub(crate) struct RoutesArguments {
    #[command(flatten)]
    pub(crate) project: ProjectArguments,

    /// Only routes with this guard: `public`, `optional` or `required`.
    #[arg(long, value_name = "GUARD", value_delimiter = ',', value_parser = guard_parser(), help_heading = "Routes")]
    pub(crate) auth: Vec<GuardKind>,

    /// Only routes with this method.
    #[arg(long, value_name = "METHOD", value_delimiter = ',', help_heading = "Routes")]
    pub(crate) method: Vec<String>,

    /// Only routes whose path has this part, or matches as a whole when it has `*`.
    #[arg(long, value_name = "PATH", help_heading = "Routes")]
    pub(crate) path: Vec<String>,

    /// Divide the table of each app.
    #[arg(long, value_name = "WHAT", value_parser = grouping_parser(), default_value = "app", help_heading = "Routes")]
    pub(crate) group_by: Grouping,

    /// How to print the routes [default: full].
    #[arg(long, value_name = "FORMAT", value_parser = routes_format_parser(), help_heading = "Output")]
    pub(crate) output_format: Option<RoutesFormat>,
}

/// `fastwright openapi`.
#[derive(Debug, Clone, Args)]
pub(crate) struct OpenapiArguments {
    #[command(flatten)]
    pub(crate) project: ProjectArguments,

    /// The document of the sub-application mounted at this path.
    #[arg(long, value_name = "PATH", help_heading = "Document")]
    pub(crate) mount: Option<String>,

    /// Version of FastAPI whose behaviour counts [default: the project's, else the newest known].
    #[arg(long, value_name = "VERSION", help_heading = "Document")]
    pub(crate) fastapi_version: Option<String>,

    /// Version of Pydantic whose behaviour counts [default: the project's, else the newest known].
    #[arg(long, value_name = "VERSION", help_heading = "Document")]
    pub(crate) pydantic_version: Option<String>,

    /// Print what is known, even where parts could not be decided.
    #[arg(long, help_heading = "Document")]
    pub(crate) partial: bool,

    /// Compare with a committed document (JSON or YAML): print the difference and exit with 1.
    #[arg(long, value_name = "FILE", conflicts_with = "output_dir", help_heading = "Document")]
    pub(crate) check: Option<PathBuf>,

    /// Write the documents of all apps into a folder, with an `index.json` that lists them.
    #[arg(long, value_name = "FOLDER", conflicts_with = "output_file", help_heading = "Output")]
    pub(crate) output_dir: Option<PathBuf>,

    /// How to print the document.
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = DocumentFormat::Json, help_heading = "Output")]
    pub(crate) output_format: DocumentFormat,
}

/// `fastwright contract`.
#[derive(Debug, Clone, Args)]
pub(crate) struct ContractArguments {
    #[command(flatten)]
    pub(crate) project: ProjectArguments,

    /// Compare with a committed contract: print what differs, and exit with 1.
    #[arg(long, value_name = "FILE", help_heading = "Contract")]
    pub(crate) check: Option<PathBuf>,

    /// With --check: the levels of changes that make the exit code 1 [default: all].
    #[arg(long, value_name = "LEVEL", value_delimiter = ',', value_parser = level_parser(), requires = "check", help_heading = "Contract")]
    pub(crate) fail_on: Vec<Level>,

    /// With --check: how to print what differs.
    #[arg(long, value_name = "FORMAT", value_parser = diff_format_parser(), default_value = "full", requires = "check", help_heading = "Output")]
    pub(crate) output_format: DiffFormat,
}

/// What commands that compare two states of a project have in common.
#[derive(Debug, Clone, Args)]
pub(crate) struct ComparedArguments {
    /// The folder of the project, inside of its repository.
    #[arg(long, value_name = "PATH", default_value = ".", help_heading = "Project")]
    pub(crate) project: PathBuf,

    #[command(flatten)]
    pub(crate) settings: SettingsArguments,

    /// Write the result to a file instead of standard output.
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    pub(crate) output_file: Option<PathBuf>,

    /// Show no progress.
    #[arg(long, help_heading = "Output")]
    pub(crate) no_progress: bool,
}

impl ComparedArguments {
    /// What they say over the configuration.
    pub(crate) fn overrides(&self) -> Overrides {
        self.settings.overrides()
    }
}

/// `fastwright diff`.
#[derive(Debug, Clone, Args)]
pub(crate) struct DiffArguments {
    /// The old side: a git revision, a folder, or a file that `fastwright contract` wrote.
    #[arg(default_value = "HEAD", value_name = "OLD")]
    pub(crate) old: String,

    /// The new side [default: the working tree].
    #[arg(value_name = "NEW")]
    pub(crate) new: Option<String>,

    #[command(flatten)]
    pub(crate) compared: ComparedArguments,

    /// The levels of changes that make the exit code 1: `breaking`, `security`, `business`, `compatible`.
    #[arg(long, value_name = "LEVEL", value_delimiter = ',', value_parser = level_parser(), help_heading = "Output")]
    pub(crate) fail_on: Vec<Level>,

    /// How to print the changes.
    #[arg(long, value_name = "FORMAT", value_parser = diff_format_parser(), default_value = "full", help_heading = "Output")]
    pub(crate) output_format: DiffFormat,
}

/// `fastwright gate`.
#[derive(Debug, Clone, Args)]
pub(crate) struct GateArguments {
    /// A patch as `git diff` writes it; `-` for standard input [default: the working tree against --base].
    #[arg(value_name = "PATCH")]
    pub(crate) patch: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) compared: ComparedArguments,

    /// The git revision that the change starts from [default: HEAD; for a patch, the working tree].
    #[arg(long, value_name = "REVISION", help_heading = "Change")]
    pub(crate) base: Option<String>,

    /// What the change may do: a kind or level of changes, or a kind of reason, each also as `KIND@METHOD /path`.
    #[arg(long, value_name = "KIND", value_delimiter = ',', value_parser = Allowance::parse, help_heading = "Change")]
    pub(crate) allow: Vec<Allowance>,

    /// What the change says it solves: a rule, `rule@METHOD /path`, or the fingerprint of a finding.
    #[arg(long, value_name = "FINDING", value_delimiter = ',', help_heading = "Change")]
    pub(crate) solves: Vec<String>,

    /// Run the project's own tests with this command, before and after, on copies of the project.
    #[arg(long, value_name = "COMMAND", help_heading = "Change")]
    pub(crate) verify: Option<String>,

    /// Print every kind of change and reason, and exit.
    #[arg(long, help_heading = "Output")]
    pub(crate) list_kinds: bool,

    /// How to print the verdict.
    #[arg(long, value_name = "FORMAT", value_parser = gate_format_parser(), default_value = "full", help_heading = "Output")]
    pub(crate) output_format: GateFormat,
}

/// `fastwright agent`.
#[derive(Debug, Clone, Args)]
pub(crate) struct AgentArguments {
    /// What to do, in plain words: `"review this for production"`, `"explain GET /orders"`; without it, in a
    /// terminal, tasks are asked for one after the other.
    #[arg(value_name = "TASK")]
    pub(crate) task: Vec<String>,

    #[command(flatten)]
    pub(crate) compared: ComparedArguments,

    /// Make the changes that the plan shows without asking.
    #[arg(long, help_heading = "Changes")]
    pub(crate) apply: bool,

    #[command(flatten)]
    pub(crate) changes: ChangeArguments,

    #[command(flatten)]
    pub(crate) language_model: crate::commands::ModelArguments,

    /// How to print the report.
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "full", help_heading = "Output")]
    pub(crate) output_format: AgentFormat,
}

/// `fastwright acp`.
#[derive(Debug, Clone, Args)]
pub(crate) struct AcpArguments {
    /// The project: a folder or a file [default: the folder that the editor works in].
    #[arg(value_name = "PATH")]
    pub(crate) path: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) settings: SettingsArguments,

    #[command(flatten)]
    pub(crate) changes: ChangeArguments,

    #[command(flatten)]
    pub(crate) language_model: crate::commands::ModelChoiceArguments,
}

/// What the agent may change, and how that is tested.
#[derive(Debug, Clone, Args)]
pub(crate) struct ChangeArguments {
    /// What fixes may change: `safe` (nothing that callers see), `unsafe` (what the code does, while routes, document
    /// and guards stay) or `contract` (what callers see, as each fix names it).
    #[arg(
        long,
        value_name = "WHAT",
        value_parser = PossibleValuesParser::new(["safe", "unsafe", "contract"]),
        default_value = "safe",
        help_heading = "Changes"
    )]
    pub(crate) permission: String,

    /// Run the project's tests with this command on copies of the project, before and after a change; nothing is
    /// written if they differ. This runs the project's code.
    #[arg(long, value_name = "COMMAND", help_heading = "Changes")]
    pub(crate) verify: Option<String>,

    /// Change files, too, that have changes which git does not have.
    #[arg(long, help_heading = "Changes")]
    pub(crate) allow_dirty: bool,
}

/// Formats of `fastwright agent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum AgentFormat {
    /// For people, in the terminal.
    Full,
    /// For pull requests and notes, with the whole change.
    Markdown,
    /// For tools.
    Json,
}

/// How a document is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DocumentFormat {
    /// JSON.
    Json,
    /// YAML.
    Yaml,
}

fn variable(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE, such as `DEBUG=1`".to_owned()),
    }
}

// The parsers below list every word, so that help, completions and errors know them; a word that passed
// is always found again.

fn severity_parser() -> impl clap::builder::TypedValueParser<Value = Severity> {
    PossibleValuesParser::new(Severity::ALL.iter().map(|entry| entry.name()))
        .map(|word| Severity::from_name(&word).unwrap_or(Severity::Medium))
}

fn review_format_parser() -> impl clap::builder::TypedValueParser<Value = ReviewFormat> {
    PossibleValuesParser::new(ReviewFormat::ALL.iter().map(|entry| entry.name()))
        .map(|word| ReviewFormat::from_name(&word).unwrap_or(ReviewFormat::Full))
}

fn routes_format_parser() -> impl clap::builder::TypedValueParser<Value = RoutesFormat> {
    PossibleValuesParser::new(RoutesFormat::ALL.iter().map(|entry| entry.name()))
        .map(|word| RoutesFormat::from_name(&word).unwrap_or(RoutesFormat::Full))
}

fn level_parser() -> impl clap::builder::TypedValueParser<Value = Level> {
    PossibleValuesParser::new(Level::ALL.iter().map(|entry| entry.name()))
        .map(|word| Level::ALL.into_iter().find(|level| level.name() == word).unwrap_or(Level::Breaking))
}

fn gate_format_parser() -> impl clap::builder::TypedValueParser<Value = GateFormat> {
    PossibleValuesParser::new(GateFormat::ALL.iter().map(|entry| entry.name()))
        .map(|word| GateFormat::from_name(&word).unwrap_or(GateFormat::Full))
}

fn verification_format_parser() -> impl clap::builder::TypedValueParser<Value = VerificationFormat> {
    PossibleValuesParser::new(VerificationFormat::ALL.iter().map(|entry| entry.name()))
        .map(|word| VerificationFormat::from_name(&word).unwrap_or(VerificationFormat::Full))
}

fn diff_format_parser() -> impl clap::builder::TypedValueParser<Value = DiffFormat> {
    PossibleValuesParser::new(DiffFormat::ALL.iter().map(|entry| entry.name()))
        .map(|word| DiffFormat::from_name(&word).unwrap_or(DiffFormat::Full))
}

fn guard_parser() -> impl clap::builder::TypedValueParser<Value = GuardKind> {
    PossibleValuesParser::new(GuardKind::ALL.iter().map(|entry| entry.name()))
        .map(|word| GuardKind::from_name(&word).unwrap_or(GuardKind::Public))
}

fn grouping_parser() -> impl clap::builder::TypedValueParser<Value = Grouping> {
    PossibleValuesParser::new(["app", "tag", "file", "guard"]).map(|word| match word.as_str() {
        "tag" => Grouping::Tag,
        "file" => Grouping::File,
        "guard" => Grouping::Guard,
        _ => Grouping::App,
    })
}
