//! Analyses without an engine, for the unit tests of this crate.

use crate::finding::{Area, Confidence, Evidence, Finding, Severity};
use crate::reporter::{ReportedFinding, Way};
use fastwright_model::analysis::{Analysis, AnalysisOptions, analyse};
use fastwright_model::application::{App, Guard, GuardKind, Route, RouteKind};
use fastwright_python::location::{File, FileId, Location, Span};
use std::path::PathBuf;

/// An analysis that holds these files (relative path, text) and nothing else.
pub(crate) fn analysis_of(files: &[(&str, &str)]) -> Analysis {
    let folder = tempfile::tempdir().unwrap();
    let mut analysis = analyse(folder.path(), &AnalysisOptions::default()).unwrap();
    for (path, text) in files {
        let module = path.trim_end_matches(".py").replace('/', ".");
        analysis.files.add(File::new(
            PathBuf::from(path),
            (*path).to_owned(),
            fastwright_python::name::Name::new(&module),
            true,
            (*text).into(),
        ));
    }
    analysis
}

/// The first place of `needle` in a file.
pub(crate) fn place(analysis: &Analysis, path: &str, needle: &str) -> Location {
    let (id, file) = analysis.files.iter().find(|(_, file)| file.relative == path).unwrap();
    let start = file.text.find(needle).unwrap() as u32;
    Location { file: id, span: Span::new(start, start + needle.len() as u32) }
}

/// A finding of the rule `missing-authentication` at the first place of `needle`.
pub(crate) fn reported_at(analysis: &Analysis, path: &str, needle: &str) -> ReportedFinding {
    let location = place(analysis, path, needle);
    ReportedFinding {
        finding: Finding {
            rule: "missing-authentication",
            area: Area::Auth,
            severity: Severity::High,
            confidence: Confidence::Certain,
            cwe: &[],
            owasp: &[],
            message: "something is wrong".into(),
            route: None,
            location,
            symbol: "read".into(),
            evidence: vec![Evidence { note: "here".into(), location }],
            why: String::new(),
            recommendation: String::new(),
            example: String::new(),
            trade_off: String::new(),
            contract_effect: "none".into(),
            fix: None,
            fingerprint: String::new(),
        },
        discriminator: String::new(),
        ways: vec![Way {
            symbol: "read".into(),
            route: None,
            severity: Severity::High,
            confidence: Confidence::Certain,
            start: location,
        }],
    }
}

/// A public HTTP route without anything.
pub(crate) fn route(method: &str, path: &str) -> Route {
    Route {
        kind: RouteKind::Http,
        methods: vec![method.to_owned()],
        path: path.to_owned(),
        handler: "app.main:handler".into(),
        location: nowhere(),
        registration: Vec::new(),
        name: "handler".into(),
        tags: Vec::new(),
        guard: Guard {
            kind: GuardKind::Public,
            by: Vec::new(),
            roles: Vec::new(),
            scopes: Vec::new(),
            evidence: Vec::new(),
            assumption: None,
        },
        parameters: Vec::new(),
        request: None,
        response: None,
        statuses: vec![200],
        reads: Vec::new(),
        writes: Vec::new(),
        effects: Vec::new(),
        conditional: None,
        include_in_schema: true,
        deprecated: false,
        function: None,
    }
}

/// An app with these routes.
pub(crate) fn app(routes: Vec<Route>) -> App {
    App {
        locator: "app.main:app".into(),
        location: nowhere(),
        title: "FastAPI".into(),
        routes,
        middleware: Vec::new(),
        exception_handlers: Vec::new(),
        lifespan: None,
        undecided: Vec::new(),
        mounted: false,
        latent: false,
    }
}

/// The first byte of the first file.
pub(crate) fn nowhere() -> Location {
    Location { file: FileId(0), span: Span::new(0, 0) }
}
