//! `mismatched-database-driver`: engine whose driver can't do what the engine needs.

use crate::context::Context;
use crate::engines::Engine;
use crate::finding::Confidence;
use crate::reporter::{Draft, Reporter};
use fastwright_python::project::Version;

crate::declare_rule! {
    /// Engine whose driver can't do what the engine needs.
    MismatchedDatabaseDriver {
        name: "mismatched-database-driver",
        area: Database,
        severity: High,
        confidence: Certain,
        summary: "engine whose driver can't do what the engine needs",
        why: "An async engine refuses a blocking driver when it is made; a blocking engine with an async driver fails with `MissingGreenlet` at the first query.",
        recommendation: "Name a driver of the right kind in the address of the database.",
        trade_off: "The driver has to be installed.",
        contract_effect: "the service works",
        cwe: [440],
        owasp: [],
        profile: Default,
        page: "database/mismatched-database-driver.md",
        references: ["https://docs.sqlalchemy.org/en/20/orm/extensions/asyncio.html", "https://docs.sqlalchemy.org/en/20/dialects/index.html"],
        check: check,
    }
}

/// Drivers that block.
const BLOCKING: &[&str] = &[
    "psycopg2",
    "psycopg2cffi",
    "pg8000",
    "pysqlite",
    "mysqldb",
    "pymysql",
    "mysqlconnector",
    "pyodbc",
    "pymssql",
    "cx_oracle",
];

/// Drivers that only work asynchronously.
const ASYNCHRONOUS: &[&str] = &["asyncpg", "aiosqlite", "aiomysql", "asyncmy", "aioodbc", "psycopg_async"];

/// From here on SQLAlchemy chooses other drivers where the address names none.
const OTHER_DEFAULTS: Version = Version::new(2, 1, 0);

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let versions = &context.analysis.project.versions;
    let old_defaults = versions.numbers("sqlalchemy").is_some_and(|version| version < OTHER_DEFAULTS);
    for engine in context.engines() {
        if engine.arguments.keyword("async_creator").is_some()
            || engine.arguments.keyword("creator").is_some()
        {
            continue;
        }
        let Some((driver, instead)) = mismatch(engine, old_defaults) else { continue };
        let dialect = engine.dialect.as_deref().unwrap_or_default();
        let (maker, kind) = match engine.is_async {
            true => ("create_async_engine", "blocking"),
            false => ("create_engine", "asynchronous"),
        };
        let mut message =
            format!("`{}` is made by `{maker}` with `{driver}`, a {kind} driver", engine.symbol);
        let mut confidence = Confidence::Certain;
        if let Some(setting) = engine.setting {
            let setting = context.analysis.interpreter.borrow().setting_name(setting).to_string();
            message.push_str(&format!(", unless `{setting}` names another"));
            confidence = Confidence::Likely;
        }
        report.report(
            Draft::new(engine.site, engine.symbol.as_str(), message)
                .confidence(confidence)
                .evidence(format!("the address begins with `{}`", written(engine)), engine.site)
                .example(format!("{maker}(\"{dialect}+{instead}://...\")")),
        );
    }
}

fn written(engine: &Engine) -> String {
    let dialect = engine.dialect.as_deref().unwrap_or_default();
    match &engine.driver {
        Some(driver) => format!("{dialect}+{driver}://"),
        None => format!("{dialect}://"),
    }
}

/// The driver that does not fit, and one that does.
fn mismatch(engine: &Engine, old_defaults: bool) -> Option<(String, &'static str)> {
    let dialect = engine.dialect.as_deref()?;
    let by_default = match dialect {
        "postgresql" => "psycopg2",
        "sqlite" => "pysqlite",
        "mysql" | "mariadb" => "mysqldb",
        _ => "",
    };
    let driver = match &engine.driver {
        Some(driver) => driver.as_str(),
        None if old_defaults && engine.is_async => by_default,
        None => return None,
    };
    let (wrong, blocking, asynchronous) = match dialect {
        "postgresql" => (driver, "psycopg", "asyncpg"),
        "sqlite" => (driver, "pysqlite", "aiosqlite"),
        "mysql" | "mariadb" => (driver, "pymysql", "asyncmy"),
        "mssql" => (driver, "pyodbc", "aioodbc"),
        "oracle" => (driver, "oracledb", "oracledb"),
        _ => return None,
    };
    let fits = if engine.is_async { !BLOCKING.contains(&wrong) } else { !ASYNCHRONOUS.contains(&wrong) };
    (!fits && !driver.is_empty())
        .then(|| (driver.to_owned(), if engine.is_async { asynchronous } else { blocking }))
}
