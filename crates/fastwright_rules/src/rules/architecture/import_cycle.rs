//! `import-cycle`: modules of the application that import each other in a circle.

use crate::context::Context;
use crate::finding::Severity;
use crate::reporter::{Draft, Reporter};
use fastwright_model::analysis::is_test_path;
use fastwright_python::ir::{Expr, Stmt, StmtKind};
use fastwright_python::location::{FileId, Location};
use fastwright_python::name::Name;
use fastwright_python::project::resolve::relative_name;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::VecDeque;

crate::declare_rule! {
    /// Modules of the application that import each other in a circle.
    ImportCycle {
        name: "import-cycle",
        area: Architecture,
        severity: Low,
        confidence: Certain,
        summary: "modules of the application that import each other in a circle",
        why: "It works for one order of imports. A test, a script or a sorted import that starts elsewhere in the circle fails with `ImportError` on a module that is only half there.",
        recommendation: "Move what both sides need into a module that imports neither.",
        trade_off: "One module more. An import inside a function hides the circle without opening it.",
        contract_effect: "none",
        cwe: [1047],
        owasp: [],
        profile: Strict,
        page: "architecture/import-cycle.md",
        references: ["https://docs.python.org/3/faq/programming.html#what-are-the-best-practices-for-using-import-in-a-module"],
        check: check,
    }
}

/// The imports of a module that run when it is imported: which module, and where.
type Imports = Vec<(usize, Location)>;

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let analysis = context.analysis;
    let mut numbers: FxHashMap<Name, usize> = FxHashMap::default();
    let mut modules: Vec<(FileId, Name)> = Vec::new();
    for (file, own) in analysis.files.iter() {
        if own.first_party && !is_test_path(&own.relative) {
            numbers.insert(own.module, modules.len());
            modules.push((file, own.module));
        }
    }
    let graph: Vec<Imports> = modules
        .iter()
        .map(|(file, module)| {
            let own = analysis.files.get(*file);
            let mut imports = Imports::new();
            if let Some(code) = analysis.codes.get(file.0 as usize) {
                let importer = Importer {
                    file: *file,
                    module,
                    is_package: own.relative.ends_with("__init__.py"),
                    numbers: &numbers,
                };
                importer.collect(&code.body, &mut imports);
            }
            imports.retain(|(target, _)| modules[*target].0 != *file);
            imports
        })
        .collect();
    let making: FxHashSet<FileId> =
        analysis.apps.iter().filter(|app| !app.latent).map(|app| app.location.file).collect();
    for circle in circles(&graph) {
        let shortest = shortest_way_round(&graph, &circle);
        // The import of the module that makes the app is the one to remove: nothing else should need that module.
        let at = shortest
            .iter()
            .position(|(_, target, _)| making.contains(&modules[*target].0))
            .unwrap_or(shortest.len() - 1);
        let (_, target, place) = shortest[at];
        let imports_app = making.contains(&modules[target].0);
        let names: Vec<String> =
            shortest.iter().map(|(from, ..)| format!("`{}`", modules[*from].1)).collect();
        let shown = match names.as_slice() {
            [one, other] => format!("{one} and {other}"),
            [first, .., last] if names.len() > 4 => {
                format!("{first}, {} others and {last}", names.len() - 2)
            }
            [before @ .., last] => format!("{} and {last}", before.join(", ")),
            [] => continue,
        };
        let around = if circle.len() > shortest.len() {
            format!(" ({} modules hang together in such circles)", circle.len())
        } else {
            String::new()
        };
        let start = shortest[(at + 1) % shortest.len()].0;
        let steps = (0..shortest.len()).map(|step| {
            let (from, to, place) = shortest[(at + 1 + step) % shortest.len()];
            (format!("`{}` imports `{}`", modules[from].1, modules[to].1), place)
        });
        let mut draft = Draft::new(
            place,
            modules[start].1.to_string(),
            format!("{shown} import each other in a circle{around}"),
        )
        .discriminator(names.join(" "))
        .evidence_chain(steps);
        if imports_app {
            draft = draft
                .severity(Severity::Medium)
                .recommendation("Let the module that makes the app import the others, never the other way round: routers export an `APIRouter`, and what they share stands in a module of its own.");
        }
        report.report(draft);
    }
}

struct Importer<'m> {
    file: FileId,
    module: &'m Name,
    is_package: bool,
    numbers: &'m FxHashMap<Name, usize>,
}

impl Importer<'_> {
    /// Imports that run with the module: those of functions and of `if TYPE_CHECKING` do not.
    fn collect(&self, body: &[Stmt], found: &mut Imports) {
        for statement in body {
            let place = Location { file: self.file, span: statement.span };
            match &statement.kind {
                StmtKind::Import(names) => {
                    for alias in names {
                        self.add(&alias.name, place, found);
                    }
                }
                StmtKind::ImportFrom { level, module, names } => {
                    let Some(base) = relative_name(self.module, self.is_package, *level, module) else {
                        continue;
                    };
                    for alias in names {
                        // A name of a package is a module below it, or something that the package itself defines.
                        if !self.add(&format!("{base}.{}", alias.name), place, found) {
                            self.add(&base, place, found);
                        }
                    }
                }
                StmtKind::If { test, body, orelse } => {
                    if !is_type_checking(test) {
                        self.collect(body, found);
                    }
                    self.collect(orelse, found);
                }
                StmtKind::Class(class) => self.collect(&class.body, found),
                StmtKind::With { body, .. } => self.collect(body, found),
                // An import that may fail is prepared for a circle.
                _ => {}
            }
        }
    }

    fn add(&self, module: &str, place: Location, found: &mut Imports) -> bool {
        let Some(target) = self.numbers.get(&Name::new(module)) else { return false };
        if !found.iter().any(|(known, _)| known == target) {
            found.push((*target, place));
        }
        true
    }
}

fn is_type_checking(test: &Expr) -> bool {
    test.dotted_name().is_some_and(|name| name.rsplit('.').next() == Some("TYPE_CHECKING"))
}

/// Groups of modules in which each reaches each other, in the order of their first module.
fn circles(graph: &[Imports]) -> Vec<Vec<usize>> {
    let order = finishing_order(graph);
    let mut importers: Vec<Vec<usize>> = vec![Vec::new(); graph.len()];
    for (from, imports) in graph.iter().enumerate() {
        for (to, _) in imports {
            importers[*to].push(from);
        }
    }
    let mut seen = vec![false; graph.len()];
    let mut found = Vec::new();
    for start in order.into_iter().rev() {
        if std::mem::replace(&mut seen[start], true) {
            continue;
        }
        let mut group = vec![start];
        let mut next = 0;
        while let Some(module) = group.get(next).copied() {
            next += 1;
            for importer in &importers[module] {
                if !std::mem::replace(&mut seen[*importer], true) {
                    group.push(*importer);
                }
            }
        }
        if group.len() > 1 {
            group.sort_unstable();
            found.push(group);
        }
    }
    found.sort();
    found
}

/// Modules in the order in which a walk along the imports leaves them.
fn finishing_order(graph: &[Imports]) -> Vec<usize> {
    let mut seen = vec![false; graph.len()];
    let mut order = Vec::with_capacity(graph.len());
    for start in 0..graph.len() {
        if std::mem::replace(&mut seen[start], true) {
            continue;
        }
        let mut stack = vec![(start, 0)];
        while let Some((module, at)) = stack.last_mut() {
            match graph[*module].get(*at) {
                Some((target, _)) => {
                    *at += 1;
                    if !std::mem::replace(&mut seen[*target], true) {
                        stack.push((*target, 0));
                    }
                }
                None => {
                    order.push(*module);
                    stack.pop();
                }
            }
        }
    }
    order
}

/// The shortest circle in a group: each import with the modules on both sides.
fn shortest_way_round(graph: &[Imports], group: &[usize]) -> Vec<(usize, usize, Location)> {
    let inside: FxHashSet<usize> = group.iter().copied().collect();
    let mut best: Vec<(usize, usize, Location)> = Vec::new();
    for start in group {
        let mut came: FxHashMap<usize, (usize, Location)> = FxHashMap::default();
        let mut queue = VecDeque::from([*start]);
        'search: while let Some(module) = queue.pop_front() {
            for (target, place) in graph[module].iter().filter(|(target, _)| inside.contains(target)) {
                if came.contains_key(target) {
                    continue;
                }
                came.insert(*target, (module, *place));
                if target == start {
                    break 'search;
                }
                queue.push_back(*target);
            }
        }
        let mut way = Vec::new();
        let mut at = *start;
        while let Some((from, place)) = came.get(&at) {
            way.push((*from, at, *place));
            at = *from;
            if at == *start {
                break;
            }
        }
        way.reverse();
        if best.is_empty() || !way.is_empty() && way.len() < best.len() {
            best = way;
        }
        if best.len() == 2 {
            break;
        }
    }
    best
}
