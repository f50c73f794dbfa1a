//! `import-cycle`: modules that import each other in a circle, so that one of them can't be imported first.

use crate::context::Context;
use crate::reporter::{Draft, Reporter};
use crate::syntax::{bound_names, statements};
use fastwright_model::analysis::is_test_path;
use fastwright_python::ir::{Stmt, StmtKind};
use fastwright_python::location::{FileId, Location, Span};
use fastwright_python::name::Name;
use fastwright_python::project::resolve::relative_name;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::VecDeque;
use std::collections::hash_map::Entry;

crate::declare_rule! {
    /// Modules that import each other in a circle, so that one of them can't be imported first.
    ImportCycle {
        name: "import-cycle",
        area: Architecture,
        severity: Low,
        confidence: Certain,
        summary: "modules that import each other in a circle, so that one of them can't be imported first",
        why: "It works as long as the other module is imported first. A test, a script, a migration or a sorted import that starts elsewhere fails with `ImportError` on a module that is only half there.",
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

/// An import that runs when its module is imported.
#[derive(Debug, Clone, Copy)]
struct Import {
    /// The imported module.
    to: usize,
    /// The name that is taken out of it; none where the module itself is meant.
    name: Option<Name>,
    place: Location,
}

/// A module that can't be imported first.
struct Broken {
    /// From that module along its own import to the module that asks it for a name, and back.
    way: Vec<(usize, usize, Location)>,
    name: Name,
    /// Where the name is bound, behind the import that starts the circle.
    bound: Location,
}

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
    let graph: Vec<Vec<Import>> = modules
        .iter()
        .enumerate()
        .map(|(number, (file, module))| {
            let mut imports = Vec::new();
            if let Some(code) = analysis.codes.get(file.0 as usize) {
                let is_package = analysis.files.get(*file).relative.ends_with("__init__.py");
                let importer = Importer { file: *file, module, is_package, numbers: &numbers };
                importer.collect(&code.body, &mut imports);
            }
            imports.retain(|import| import.to != number);
            imports
        })
        .collect();
    // Importing a module imports the packages around it first.
    let around: Vec<Vec<usize>> =
        modules.iter().map(|(_, module)| packages_around(&numbers, module)).collect();
    for circle in circles(&graph) {
        let inside: FxHashSet<usize> = circle.iter().copied().collect();
        let broken = circle
            .iter()
            .filter(|module| comes_first(&graph, &around, **module, &inside))
            .filter_map(|module| broken_when_first(context, &graph, &modules, &inside, *module))
            .min_by_key(|broken| broken.way.len());
        let Some(Broken { way, name, bound }) = broken else { continue };
        let Some((asking, first, place)) = way.last().copied() else { continue };
        let called = |module: usize| modules[module].1;
        let steps = way
            .iter()
            .map(|(from, to, place)| (format!("`{}` imports `{}`", called(*from), called(*to)), *place));
        report.report(
            Draft::new(
                place,
                called(asking).to_string(),
                format!(
                    "`{}` can't be imported first: `{}` takes `{name}` from it before it is there",
                    called(first),
                    called(asking)
                ),
            )
            .discriminator(format!("{} {name}", called(first)))
            .evidence_chain(steps)
            .evidence(format!("`{name}` is bound here, behind the import that leads round"), bound),
        );
    }
}

fn packages_around(numbers: &FxHashMap<Name, usize>, module: &str) -> Vec<usize> {
    module
        .match_indices('.')
        .filter_map(|(end, _)| numbers.get(&Name::new(&module[..end])).copied())
        .collect()
}

/// Whether a module can be the first of a circle that is imported: no package around it imports the circle before.
fn comes_first(
    graph: &[Vec<Import>],
    around: &[Vec<usize>],
    module: usize,
    circle: &FxHashSet<usize>,
) -> bool {
    let mut queue = around[module].clone();
    let mut seen: FxHashSet<usize> = queue.iter().copied().collect();
    while let Some(next) = queue.pop() {
        if circle.contains(&next) {
            return false;
        }
        let imported = graph[next].iter().map(|import| import.to);
        queue.extend(
            imported.flat_map(|to| around[to].iter().copied().chain([to])).filter(|to| seen.insert(*to)),
        );
    }
    true
}

/// What goes wrong when a module is imported before the others of its circle: another takes a name from it that it binds
/// only behind the import that leads there.
fn broken_when_first(
    context: &Context<'_>,
    graph: &[Vec<Import>],
    modules: &[(FileId, Name)],
    circle: &FxHashSet<usize>,
    module: usize,
) -> Option<Broken> {
    let (file, own_name) = modules[module];
    let code = context.analysis.codes.get(file.0 as usize)?;
    let bindings = bindings(&code.body);
    // A module with `__getattr__` gives names when they are asked for.
    if bindings.contains_key(&Name::new("__getattr__")) {
        return None;
    }
    for import in graph[module].iter().filter(|import| circle.contains(&import.to)) {
        let mut came: FxHashMap<usize, (usize, Location)> = FxHashMap::default();
        came.insert(import.to, (module, import.place));
        let mut queue = VecDeque::from([import.to]);
        while let Some(at) = queue.pop_front() {
            for next in graph[at].iter().filter(|next| circle.contains(&next.to)) {
                if next.to != module {
                    if let Entry::Vacant(unknown) = came.entry(next.to) {
                        unknown.insert((at, next.place));
                        queue.push_back(next.to);
                    }
                    continue;
                }
                let Some(name) = next.name else { continue };
                let Some(bound) = bindings.get(&name) else { continue };
                // A module inside of the package can't be imported without it, so this order is the one that works.
                let is_around =
                    modules[at].1.strip_prefix(own_name.as_str()).is_some_and(|rest| rest.starts_with('.'));
                if bound.start < import.place.span.start || is_around {
                    continue;
                }
                let mut way = vec![(at, module, next.place)];
                let mut step = at;
                while let Some((from, place)) = came.get(&step) {
                    way.push((*from, step, *place));
                    step = *from;
                    if step == module {
                        break;
                    }
                }
                way.reverse();
                return Some(Broken { way, name, bound: Location { file, span: *bound } });
            }
        }
    }
    None
}

/// Where a module binds its names first.
fn bindings(body: &[Stmt]) -> FxHashMap<Name, Span> {
    let mut found: FxHashMap<Name, Span> = FxHashMap::default();
    statements(body, &mut |statement| {
        let mut names = FxHashSet::default();
        let span = match &statement.kind {
            StmtKind::Function(function) => {
                names.insert(function.name);
                function.name_span
            }
            StmtKind::Class(class) => {
                names.insert(class.name);
                class.name_span
            }
            StmtKind::Import(aliases) | StmtKind::ImportFrom { names: aliases, .. } => {
                names.extend(aliases.iter().map(|alias| alias.rename.unwrap_or(alias.name)));
                statement.span
            }
            StmtKind::AnnAssign { value: None, .. } => return,
            _ => {
                bound_names(statement, &mut names);
                statement.span
            }
        };
        for name in names {
            found.entry(name).or_insert(span);
        }
    });
    found
}

struct Importer<'m> {
    file: FileId,
    module: &'m Name,
    is_package: bool,
    numbers: &'m FxHashMap<Name, usize>,
}

impl Importer<'_> {
    /// Imports that certainly run with the module: not those of functions, and not those under a condition.
    fn collect(&self, body: &[Stmt], found: &mut Vec<Import>) {
        for statement in body {
            let place = Location { file: self.file, span: statement.span };
            match &statement.kind {
                StmtKind::Import(names) => {
                    for alias in names {
                        self.add(&alias.name, None, place, found);
                    }
                }
                StmtKind::ImportFrom { level, module, names } => {
                    let Some(base) = relative_name(self.module, self.is_package, *level, module) else {
                        continue;
                    };
                    for alias in names {
                        // A name of a package is a module below it, or something that the package itself defines.
                        if !self.add(&format!("{base}.{}", alias.name), None, place, found) {
                            self.add(&base, Some(alias.name), place, found);
                        }
                    }
                }
                StmtKind::Class(class) => self.collect(&class.body, found),
                StmtKind::With { body, .. } => self.collect(body, found),
                // An import that may fail is prepared for a circle.
                _ => {}
            }
        }
    }

    fn add(&self, module: &str, name: Option<Name>, place: Location, found: &mut Vec<Import>) -> bool {
        let Some(to) = self.numbers.get(&Name::new(module)) else { return false };
        found.push(Import { to: *to, name, place });
        true
    }
}

/// Groups of modules in which each reaches each other, in the order of their first module.
fn circles(graph: &[Vec<Import>]) -> Vec<Vec<usize>> {
    let order = finishing_order(graph);
    let mut importers: Vec<Vec<usize>> = vec![Vec::new(); graph.len()];
    for (from, imports) in graph.iter().enumerate() {
        for import in imports {
            importers[import.to].push(from);
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
fn finishing_order(graph: &[Vec<Import>]) -> Vec<usize> {
    let mut seen = vec![false; graph.len()];
    let mut order = Vec::with_capacity(graph.len());
    for start in 0..graph.len() {
        if std::mem::replace(&mut seen[start], true) {
            continue;
        }
        let mut stack = vec![(start, 0)];
        while let Some((module, at)) = stack.last_mut() {
            match graph[*module].get(*at) {
                Some(import) => {
                    *at += 1;
                    if !std::mem::replace(&mut seen[import.to], true) {
                        stack.push((import.to, 0));
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
