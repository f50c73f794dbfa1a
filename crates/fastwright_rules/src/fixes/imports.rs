//! Imports: how a name is spelled in a file, and adding and dropping imports where Python and readers expect them.

use crate::finding::{Edit, ImportChange};
use crate::fixes::Source;
use fastwright_python::ir::{Alias, Module, Stmt, StmtKind};
use fastwright_python::location::Span;
use fastwright_python::project::standard_library::is_standard_library;
use fastwright_python::tokens::TokenKind;
use std::collections::BTreeSet;

/// Lines may become this long before an import is written on several.
const COLUMNS: usize = 88;

/// The spelling under which a file knows `name` of `module` (or the module itself), with the import that is
/// missing; none when the name already means something else, or the module is known under a condition only.
pub fn spelling(
    source: &Source<'_>,
    module: &str,
    name: Option<&str>,
) -> Option<(String, Vec<ImportChange>)> {
    if let Some(known) = known(source.module, module, name) {
        return Some((known, Vec::new()));
    }
    let bound = name.unwrap_or_else(|| module.split('.').next().unwrap_or(module));
    if mentions(source, bound, &[]) {
        return None;
    }
    let spelled = name.unwrap_or(module).to_owned();
    let change = ImportChange::Needs { module: module.to_owned(), name: name.map(str::to_owned) };
    Some((spelled, vec![change]))
}

/// The spelling of what an import at the top of the file binds.
fn known(code: &Module, module: &str, name: Option<&str>) -> Option<String> {
    let mut through_module = None;
    for statement in &*code.body {
        match &statement.kind {
            StmtKind::Import(aliases) => {
                for alias in aliases.iter().filter(|alias| alias.name == module) {
                    let spelled = alias.rename.map_or_else(|| module.to_owned(), |rename| rename.to_string());
                    through_module.get_or_insert(spelled);
                }
            }
            StmtKind::ImportFrom { level: 0, module: from, names } => {
                if let Some(name) = name
                    && *from == module
                    && let Some(alias) = names.iter().find(|alias| alias.name == name)
                {
                    return Some(bound(alias).to_owned());
                }
                // `from package import module`.
                if let Some((package, last)) = module.rsplit_once('.')
                    && *from == package
                    && let Some(alias) = names.iter().find(|alias| alias.name == last)
                {
                    through_module.get_or_insert_with(|| bound(alias).to_owned());
                }
            }
            // The same name from a module that is called so: relative imports do not say where they start.
            StmtKind::ImportFrom { module: from, names, .. } => {
                let same = from.rsplit('.').next() == module.rsplit('.').next();
                let alias = name.and_then(|name| names.iter().find(|alias| alias.name == name));
                if let (true, Some(alias)) = (same, alias) {
                    return Some(bound(alias).to_owned());
                }
            }
            _ => {}
        }
    }
    through_module.map(|spelled| match name {
        Some(name) => format!("{spelled}.{name}"),
        None => spelled,
    })
}

fn bound(alias: &Alias) -> &'static str {
    alias.rename.unwrap_or(alias.name).as_str()
}

/// Whether a file mentions a name outside of some spans: as a name, or as a word of a text (annotations in quotes,
/// `__all__`).
pub fn mentions(source: &Source<'_>, name: &str, outside: &[Span]) -> bool {
    let mut after_dot = false;
    source.tokens_around(name).flatten().any(|token| {
        let is_attribute = std::mem::replace(&mut after_dot, token.kind == TokenKind::Dot);
        if outside.iter().any(|span| span.start <= token.span.start && token.span.end <= span.end) {
            return false;
        }
        match token.kind {
            TokenKind::Name => !is_attribute && source.slice(token.span) == name,
            TokenKind::Literal => has_word(source.slice(token.span), name),
            _ => false,
        }
    })
}

fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let part_of_word = |character: char| character.is_alphanumeric() || character == '_';
        !text[..at].ends_with(part_of_word) && !text[at + word.len()..].starts_with(part_of_word)
    })
}

/// The edits that bring what a file needs of imports. `first_party` says whether a module is the project's own.
pub fn additions<'c>(
    source: &Source<'_>,
    changes: impl IntoIterator<Item = &'c ImportChange>,
    first_party: &dyn Fn(&str) -> bool,
) -> Vec<Edit> {
    let mut names: std::collections::BTreeMap<&str, BTreeSet<&str>> = std::collections::BTreeMap::new();
    let mut modules: BTreeSet<&str> = BTreeSet::new();
    for change in changes {
        if let ImportChange::Needs { module, name } = change {
            if known(source.module, module, name.as_deref()).is_some() {
                continue;
            }
            match name {
                Some(name) => drop(names.entry(module).or_default().insert(name)),
                None => drop(modules.insert(module)),
            }
        }
    }
    let mut edits = Vec::new();
    let mut statements: Vec<NewImport<'_>> =
        modules.into_iter().map(|module| NewImport { module, names: Vec::new() }).collect();
    for (module, names) in names {
        let names: Vec<&str> = names.into_iter().collect();
        match extension(source, module, &names) {
            Some(edit) => edits.push(edit),
            None => statements.push(NewImport { module, names }),
        }
    }
    edits.extend(insertions(source, &statements, first_party));
    edits
}

struct NewImport<'n> {
    module: &'n str,
    names: Vec<&'n str>,
}

impl NewImport<'_> {
    fn text(&self) -> String {
        if self.names.is_empty() {
            format!("import {}", self.module)
        } else {
            format!("from {} import {}", self.module, self.names.join(", "))
        }
    }

    fn order(&self, first_party: &dyn Fn(&str) -> bool) -> Order {
        order(0, self.module, !self.names.is_empty(), first_party)
    }
}

/// Section, `import` before `from`, module.
type Order = (u8, bool, String);

fn order(level: u32, module: &str, from: bool, first_party: &dyn Fn(&str) -> bool) -> Order {
    let section = match module {
        _ if level > 0 => 4,
        "__future__" => 0,
        _ if is_standard_library(module) => 1,
        _ if first_party(module) => 3,
        _ => 2,
    };
    (section, from, module.to_lowercase())
}

/// Adds names to an import of the module that is there.
fn extension(source: &Source<'_>, module: &str, names: &[&str]) -> Option<Edit> {
    let (statement, aliases) = source.module.body.iter().find_map(|statement| match &statement.kind {
        StmtKind::ImportFrom { level: 0, module: from, names }
            if *from == module && names.iter().all(|alias| alias.name != "*") =>
        {
            Some((statement, names))
        }
        _ => None,
    })?;
    let last = aliases.last()?;
    let text = source.slice(statement.span);
    let own: Vec<&str> = aliases.iter().map(|alias| source.slice(alias.span)).collect();
    let sorted = own.is_sorted();
    if text.ends_with(')') {
        let several_lines = text.contains('\n');
        if several_lines && aliases.len() > 1 && own_lines(source, aliases) {
            return Some(lines_of_names(source, aliases, names, sorted));
        }
        if several_lines && aliases.len() == 1 && source.stands_alone(last.span) {
            return source.add_last(statement.span, &names.join(", "));
        }
        return source.add_last(statement.span, &names.join(", "));
    }
    if text.contains('\\') {
        return Some(source.insert(last.span.end, format!(", {}", names.join(", "))));
    }
    let mut all: Vec<&str> = own.clone();
    all.extend(names);
    if sorted {
        all.sort_unstable();
    }
    let head = &text[..(aliases.first()?.span.start - statement.span.start) as usize];
    let longest = source.text.lines().map(|line| line.chars().count()).max().unwrap_or(0).min(120);
    let span = Span::new(aliases.first()?.span.start, last.span.end);
    if head.chars().count() + all.join(", ").chars().count() <= longest.max(COLUMNS) {
        if sorted && own.len() > 1 {
            return Some(source.replace(span, all.join(", ")));
        }
        return Some(source.insert(last.span.end, format!(", {}", names.join(", "))));
    }
    let step = source.indentation_step();
    let lines: String = all.iter().map(|name| format!("{step}{name},\n")).collect();
    Some(source.replace(span, format!("(\n{lines})")))
}

fn own_lines(source: &Source<'_>, aliases: &[Alias]) -> bool {
    aliases
        .windows(2)
        .all(|pair| source.line_start(pair[0].span.start) != source.line_start(pair[1].span.start))
}

/// A line for each name, in order where the others are.
fn lines_of_names(source: &Source<'_>, aliases: &[Alias], names: &[&str], sorted: bool) -> Edit {
    let later = |alias: &&Alias| names.first().is_some_and(|name| source.slice(alias.span) > *name);
    if let Some(next) = aliases.iter().find(later).filter(|_| sorted) {
        let start = source.line_start(next.span.start);
        let alone = source.text[start as usize..next.span.start as usize].trim().is_empty();
        if alone {
            let indentation = source.indentation(next.span.start);
            let lines: String = names.iter().map(|name| format!("{indentation}{name},\n")).collect();
            return source.insert(start, lines);
        }
    }
    let last = aliases[aliases.len() - 1].span;
    let indentation = source.indentation(last.start);
    let lines: String = names.iter().map(|name| format!(",\n{indentation}{name}")).collect();
    source.insert(last.end, lines)
}

/// New statements between those that are there.
fn insertions(
    source: &Source<'_>,
    statements: &[NewImport<'_>],
    first_party: &dyn Fn(&str) -> bool,
) -> Vec<Edit> {
    let body = &source.module.body;
    let is_docstring = |statement: &Stmt| {
        matches!(&statement.kind, StmtKind::Expr(expression)
            if matches!(expression.kind, fastwright_python::ir::ExprKind::Str(_)))
    };
    let docstring = body.first().filter(|statement| is_docstring(statement));
    let start = usize::from(docstring.is_some());
    let block: Vec<(&Stmt, Order)> = body[start..]
        .iter()
        .map_while(|statement| Some((statement, order_of(statement, first_party)?)))
        .filter(|(statement, _)| source.stands_alone(statement.span))
        .collect();
    let mut new: Vec<&NewImport<'_>> = statements.iter().collect();
    new.sort_by_cached_key(|statement| statement.order(first_party));
    // Statements that go to the same place are one edit.
    let mut edits: Vec<Edit> = Vec::new();
    let mut sections: Vec<u8> = Vec::new();
    for statement in new {
        let own = statement.order(first_party);
        let line = format!("{}\n", statement.text());
        let after = block.iter().rev().find(|(_, order)| *order <= own);
        let before = block.iter().find(|(_, order)| *order > own);
        let (offset, text) = match (after, before) {
            // The first of its section.
            (Some((_, order)), Some((next, following))) if order.0 < own.0 && following.0 == own.0 => {
                (source.line_start(next.span.start), line)
            }
            (Some((place, order)), _) => {
                let gap = if order.0 == own.0 { "" } else { "\n" };
                let end = source.line_end(place.span.end);
                let broken = source.text[..end as usize].ends_with('\n');
                (end, if broken { format!("{gap}{line}") } else { format!("\n{gap}{line}") })
            }
            (None, Some((place, order))) => {
                let gap = if order.0 == own.0 { "" } else { "\n" };
                (source.line_start(place.span.start), format!("{line}{gap}"))
            }
            (None, None) => match (docstring, body.get(start)) {
                (Some(docstring), Some(_)) => (source.line_end(docstring.span.end), format!("\n{line}")),
                (_, Some(first)) => (source.line_start(first.span.start), format!("{line}\n")),
                (Some(docstring), None) => (source.line_end(docstring.span.end), format!("\n{line}")),
                (None, None) => (source.text.len() as u32, line),
            },
        };
        match edits.iter().position(|edit| edit.location.span.start == offset) {
            Some(at) if sections[at] == own.0 => {
                let known = &mut edits[at].text;
                let trimmed = known.trim_end_matches('\n').len();
                known.insert_str(trimmed, &format!("\n{}", statement.text()));
            }
            Some(at) => {
                let known = &mut edits[at].text;
                let trimmed = known.trim_end_matches('\n').len();
                known.insert_str(trimmed, &format!("\n\n{}", statement.text()));
                sections[at] = own.0;
            }
            None => {
                edits.push(source.insert(offset, text));
                sections.push(own.0);
            }
        }
    }
    edits
}

fn order_of(statement: &Stmt, first_party: &dyn Fn(&str) -> bool) -> Option<Order> {
    match &statement.kind {
        StmtKind::Import(aliases) => Some(order(0, aliases.first()?.name.as_str(), false, first_party)),
        StmtKind::ImportFrom { level, module, .. } => Some(order(*level, module.as_str(), true, first_party)),
        _ => None,
    }
}

/// The edits that drop the imports of names which nothing mentions outside of the spans that are edited.
/// `needed_elsewhere` says whether another file gets the name from here.
pub fn removals<'n>(
    source: &Source<'_>,
    names: impl IntoIterator<Item = &'n str>,
    edited: &[Span],
    needed_elsewhere: &dyn Fn(&str) -> bool,
) -> Vec<Edit> {
    let names: BTreeSet<&str> = names.into_iter().collect();
    let mut edits = Vec::new();
    for statement in &*source.module.body {
        let (StmtKind::Import(aliases) | StmtKind::ImportFrom { names: aliases, .. }) = &statement.kind
        else {
            continue;
        };
        let unused = |alias: &&Alias| {
            let name = bound(alias);
            let outside: Vec<Span> = edited.iter().copied().chain([statement.span]).collect();
            names.contains(name) && !needed_elsewhere(name) && !mentions(source, name, &outside)
        };
        let gone: Vec<usize> = (0..aliases.len()).filter(|index| unused(&&aliases[*index])).collect();
        if gone.is_empty() {
            continue;
        }
        if gone.len() == aliases.len() {
            edits.extend(source.without_statement(statement.span));
            continue;
        }
        let spans: Vec<Span> = aliases.iter().map(|alias| alias.span).collect();
        // One after the other is left to the next time: neighbours share a comma.
        edits.extend(source.without_item(&spans, gone[0]));
    }
    edits
}
