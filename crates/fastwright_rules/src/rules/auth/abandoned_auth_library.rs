//! `abandoned-auth-library`: authentication built on a library that nobody maintains.

use crate::context::Context;
use crate::finding::Severity;
use crate::reporter::{Draft, Reporter};
use crate::syntax::blocks;
use fastwright_model::analysis::is_test_path;
use fastwright_python::ir::{Stmt, StmtKind};
use fastwright_python::location::{FileId, Location, Span};
use fastwright_python::project::Version;

crate::declare_rule! {
    /// Authentication built on a library that nobody maintains.
    AbandonedAuthLibrary {
        name: "abandoned-auth-library",
        area: Auth,
        severity: Medium,
        confidence: Certain,
        summary: "authentication built on a library that nobody maintains",
        why: "Faults found in it stay unrepaired, and it breaks with newer versions of what it stands on.",
        recommendation: "Move to a maintained library: PyJWT for tokens, `pwdlib` (or `argon2-cffi`) for passwords.",
        trade_off: "Old password hashes need a period in which both formats are verified; the import and exception names differ.",
        contract_effect: "none",
        cwe: [1104, 1395],
        owasp: ["API8:2023"],
        profile: Default,
        page: "auth/abandoned-auth-library.md",
        references: ["https://github.com/fastapi/fastapi/discussions/11345", "https://fastapi.tiangolo.com/tutorial/security/oauth2-jwt/"],
        check: check,
    }
}

/// The libraries: module, distribution, what to use instead, why.
const ABANDONED: &[(&str, &str, &str, &str)] = &[
    ("jose", "python-jose", "PyJWT or joserfc", "its releases are years apart, with known faults in between"),
    ("passlib", "passlib", "pwdlib or argon2-cffi", "it had its last release in 2020"),
];

/// From this version on bcrypt lacks the attribute that passlib reads.
const BCRYPT_WITHOUT_ABOUT: Version = Version::new(4, 1, 0);

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let analysis = context.analysis;
    if analysis.apps.is_empty() {
        return;
    }
    let evaluated: Vec<FileId> = {
        let interpreter = analysis.interpreter.borrow();
        let mut files: Vec<FileId> = interpreter.modules().filter_map(|(_, module)| module.file).collect();
        files.sort();
        files.dedup();
        files
    };
    for (module, distribution, instead, reason) in ABANDONED {
        // A module of the project that has the name is not the library.
        let is_own =
            analysis.files.iter().any(|(_, file)| file.first_party && is_inside(&file.module, module));
        if is_own {
            continue;
        }
        let mut places = Vec::new();
        for file in &evaluated {
            let source = analysis.files.get(*file);
            if !source.first_party || is_test_path(&source.relative) {
                continue;
            }
            let Some(code) = analysis.codes.get(file.0 as usize) else { continue };
            if !code.imports.iter().any(|fact| fact.level == 0 && is_inside(&fact.module, module)) {
                continue;
            }
            let mut spans = Vec::new();
            imports(&code.body, module, &mut spans);
            places.extend(spans.into_iter().map(|span| Location { file: *file, span }));
        }
        let Some(first) = places.first() else { continue };
        let versions = &analysis.project.versions;
        let bcrypt = versions.version("bcrypt").filter(|_| *module == "passlib").and_then(|(text, _)| {
            Version::parse(text).filter(|version| *version >= BCRYPT_WITHOUT_ABOUT).map(|_| text.to_owned())
        });
        let named = match module == distribution {
            true => format!("`{module}`"),
            false => format!("`{module}` ({distribution})"),
        };
        let message = match &bcrypt {
            Some(version) => format!(
                "{named} is no longer maintained and does not fit bcrypt {version}: hashing passwords can fail"
            ),
            None => format!("{named} is no longer maintained: {reason}"),
        };
        let mut draft = Draft::new(*first, *module, message)
            .evidence(format!("`{module}` is imported"), *first)
            .evidence_chain(
                places
                    .iter()
                    .skip(1)
                    .take(4)
                    .map(|place| (format!("`{module}` is imported here as well"), *place)),
            )
            .recommendation(format!("Move to {instead}."))
            .discriminator(*distribution);
        if bcrypt.is_some() {
            draft = draft.severity(Severity::Medium);
        }
        report.report(draft);
    }
}

fn is_inside(module: &str, library: &str) -> bool {
    module.strip_prefix(library).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Import statements of a library, those inside of branches and `try` included.
fn imports(body: &[Stmt], library: &str, found: &mut Vec<Span>) {
    let is_library = |name: &str| is_inside(name, library);
    for statement in body {
        match &statement.kind {
            StmtKind::Import(names) if names.iter().any(|alias| is_library(&alias.name)) => {
                found.push(statement.span)
            }
            StmtKind::ImportFrom { level: 0, module, .. } if is_library(module) => found.push(statement.span),
            StmtKind::Function(function) => imports(&function.body, library, found),
            StmtKind::Class(class) => imports(&class.body, library, found),
            _ => {
                for (block, _) in blocks(statement) {
                    imports(block, library, found);
                }
            }
        }
    }
}
