//! Engines of SQLAlchemy that a program makes, with what is known of their database.

use crate::context::Context;
use fastwright_model::analysis::is_test_path;
use fastwright_python::location::Location;
use fastwright_python::summary::EventKind;
use fastwright_python::value::{Arguments, ConfigurableId, Kind, StrongRc, Symbolic, Value};
use rustc_hash::FxHashSet;

/// An engine.
#[derive(Debug, Clone)]
pub struct Engine {
    /// Where it is made.
    pub site: Location,
    /// The variable or function that holds it.
    pub symbol: String,
    /// Whether it is an asynchronous one.
    pub is_async: bool,
    /// What it was given.
    pub arguments: StrongRc<Arguments>,
    /// What the address of the database begins with: `postgresql`, `sqlite`.
    pub dialect: Option<String>,
    /// The driver that the address names: `asyncpg`.
    pub driver: Option<String>,
    /// Whether a module makes it when it is imported: it then lives as long as the service.
    pub is_global: bool,
    /// The setting whose default the address is.
    pub setting: Option<ConfigurableId>,
}

impl Engine {
    /// Whether its database is reached over the network.
    pub fn is_remote(&self) -> bool {
        matches!(
            self.dialect.as_deref(),
            Some("postgresql" | "postgres" | "mysql" | "mariadb" | "oracle" | "mssql" | "cockroachdb")
        )
    }
}

/// The engines that modules of the program make when they are imported, and those that requests make.
/// Tests and scripts of migrations are left out.
pub(crate) fn engines(context: &Context<'_>) -> Vec<Engine> {
    let analysis = context.analysis;
    let graph = context.call_graph();
    let interpreter = analysis.interpreter.borrow();
    let mut found: Vec<Engine> = Vec::new();
    let mut seen: FxHashSet<Location> = FxHashSet::default();
    let mut add = |symbol: &str, value: &Value, is_global: bool| {
        let Some(Symbolic::Call { callee, arguments, site }) = value.as_symbolic() else { return };
        let Some(name) = callee.as_external() else { return };
        let is_async = match name.as_str() {
            "sqlalchemy.create_engine" => false,
            "sqlalchemy.ext.asyncio.create_async_engine" | "sqlalchemy.create_async_engine" => true,
            _ => return,
        };
        let file = analysis.files.get(site.file);
        let aside = file.relative.ends_with("env.py") || file.relative.contains("migration");
        if !file.first_party || is_test_path(&file.relative) || aside || !seen.insert(*site) {
            return;
        }
        let url = arguments.get(0, "url");
        let (dialect, driver) =
            url.and_then(scheme).map_or((None, None), |(dialect, driver)| (Some(dialect), driver));
        found.push(Engine {
            site: *site,
            symbol: symbol.to_owned(),
            is_async,
            arguments: StrongRc::clone(arguments),
            dialect,
            driver,
            is_global,
            setting: url.and_then(|url| url.configurable()),
        });
    };
    for (_, module) in interpreter.modules() {
        if module.file.is_none() {
            continue;
        }
        for (name, value) in &interpreter.scope(module.scope).names {
            if matches!(value.kind(), Kind::Symbolic(_)) {
                add(name, value, true);
            }
        }
    }
    let making = graph.calls().libraries(|callee| {
        matches!(callee, "sqlalchemy.create_engine" | "sqlalchemy.ext.asyncio.create_async_engine")
    });
    for node in making.iter() {
        let node = &graph.nodes[node];
        for event in &node.summary.events {
            if let EventKind::Call(call) = &event.kind
                && call.target.is_none()
            {
                add(&node.symbol(), &call.result, false);
            }
        }
    }
    found.sort_by_key(|engine| engine.site);
    found
}

/// Dialect and driver of the address of a database, as far as its beginning is known.
fn scheme(url: &Value) -> Option<(String, Option<String>)> {
    let text = match url.kind() {
        Kind::Str(text) => text.to_string(),
        Kind::Symbolic(expression) => match &**expression {
            Symbolic::Format(parts) => parts.first()?.as_str()?.to_owned(),
            Symbolic::Binary { left, .. } => return scheme(left),
            // `URL.create("postgresql", ...)`.
            Symbolic::Call { callee, arguments, .. } => {
                let name = match callee.as_symbolic() {
                    Some(Symbolic::Member { name, .. }) => *name,
                    _ => callee.as_external()?,
                };
                let last = name.rsplit('.').next()?;
                match last {
                    "create" => format!("{}://", arguments.get(0, "drivername")?.as_str()?),
                    "make_url" => return scheme(arguments.positional.first()?),
                    _ => return None,
                }
            }
            _ => return None,
        },
        _ => return None,
    };
    let (scheme, _) = text.split_once("://").or_else(|| text.split_once(":///"))?;
    match scheme.split_once('+') {
        Some((dialect, driver)) => Some((dialect.to_owned(), Some(driver.to_owned()))),
        None => Some((scheme.to_owned(), None)),
    }
}
