//! Which fixes can be made together, and what the files are then.

use crate::state::{Changes, Project, State};
use crate::text::FileText;
use fastwright_python::location::{FileId, Location, Span};
use fastwright_python::parse::parse;
use fastwright_rules::context::{Context, SharedFacts};
use fastwright_rules::finding::{Edit, Finding, Fix, ImportChange};
use fastwright_rules::fixes::{Source, imports};
use std::collections::BTreeMap;

/// How often imports are dropped one after the other.
const MOST_DROPS: usize = 20;

/// The findings whose fixes do not get into each other's way: the first wins, others wait.
pub fn compatible<'f>(candidates: &[&'f Finding]) -> Vec<&'f Finding> {
    let mut taken: BTreeMap<FileId, Vec<&Edit>> = BTreeMap::new();
    let mut reserved: Vec<Location> = Vec::new();
    let mut chosen = Vec::new();
    for finding in candidates {
        let Some(fix) = &finding.fix else { continue };
        let free = fix.edits.iter().all(|edit| {
            let known = taken.get(&edit.location.file);
            known.is_none_or(|known| known.iter().all(|other| *other == edit || !touch(other, edit)))
                && !reserved.iter().any(|code| holds(code, edit))
        });
        let alone = fix.alone_in.is_none_or(|code| {
            taken.get(&code.file).is_none_or(|known| !known.iter().any(|edit| holds(&code, edit)))
        });
        if free && alone {
            for edit in &fix.edits {
                taken.entry(edit.location.file).or_default().push(edit);
            }
            reserved.extend(fix.alone_in);
            chosen.push(*finding);
        }
    }
    chosen
}

fn holds(code: &Location, edit: &Edit) -> bool {
    code.file == edit.location.file
        && code.span.start <= edit.location.span.start
        && edit.location.span.end <= code.span.end
}

/// Whether two edits share bytes, or one inserts where the other begins or ends.
fn touch(one: &Edit, other: &Edit) -> bool {
    let (one, other) = (one.location.span, other.location.span);
    if one.start == one.end || other.start == other.end {
        one.start <= other.end && other.start <= one.end
    } else {
        one.start < other.end && other.start < one.end
    }
}

/// The files that fixes touch, with all of them made; an error says why they can't be.
///
/// # Errors
/// When edits overlap, a file can't be read as text, or the new text does not fit the file's encoding.
pub fn apply(project: &Project, state: &State, known: &Changes, fixes: &[&Fix]) -> Result<Changes, String> {
    let settings = project.review.compile().0;
    let shared = SharedFacts::default();
    let context = Context { analysis: &state.analysis, settings: &settings, shared: &shared };
    let mut changes = known.clone();
    for (file, edits, imports) in by_file(fixes) {
        let entry = state.analysis.files.get(file);
        let path = project.canonical(&entry.path);
        let bytes = match known.get(&path) {
            Some(bytes) => bytes.clone(),
            None => project.tree.read(&path).map_err(|error| format!("{}: {error}", entry.relative))?,
        };
        let refused = |what: &str| format!("{}: {what}", entry.relative);
        let original = FileText::new(&bytes).ok_or_else(|| refused("the file is no text"))?;
        if original.text != *entry.text {
            return Err(refused("the file changed while it was analysed"));
        }
        let source =
            Source::of(&context, file).ok_or_else(|| refused("the file is not the project's own"))?;
        let own = |module: &str| context.is_own_module(module);
        let additions = imports::additions(&source, imports.iter().copied(), &own);
        let all: Vec<&Edit> = edits.iter().copied().chain(&additions).collect();
        let mut text = original.with(&all).ok_or_else(|| refused("the edits overlap"))?;
        let may_drop: Vec<&str> = imports
            .iter()
            .filter_map(|change| match change {
                ImportChange::MayDrop { name } => Some(name.as_str()),
                ImportChange::Needs { .. } => None,
            })
            .collect();
        text = without_unused(&context, file, text, &may_drop);
        let bytes =
            original.encode(&text).ok_or_else(|| refused("its encoding has no room for the new text"))?;
        changes.insert(path, bytes);
    }
    Ok(changes)
}

/// Drops imports that nothing mentions any more, one edit after the other: each moves the others.
fn without_unused(context: &Context<'_>, file: FileId, mut text: String, names: &[&str]) -> String {
    for _ in 0..if names.is_empty() { 0 } else { MOST_DROPS } {
        let parsed = parse(text.clone());
        if parsed.problem.is_some() {
            break;
        }
        let source = Source::of_text(file, &text, &parsed.module);
        let needed = |name: &str| context.is_imported_from(file, name);
        let edits = imports::removals(&source, names.iter().copied(), &[], &needed);
        let Some(edit) = edits.first() else { break };
        let Span { start, end } = edit.location.span;
        text.replace_range(start as usize..end as usize, &edit.text);
    }
    text
}

type OfFile<'f> = (FileId, Vec<&'f Edit>, Vec<&'f ImportChange>);

fn by_file<'f>(fixes: &[&'f Fix]) -> Vec<OfFile<'f>> {
    let mut files: BTreeMap<FileId, OfFile<'f>> = BTreeMap::new();
    for fix in fixes {
        for edit in &fix.edits {
            let file = edit.location.file;
            files.entry(file).or_insert_with(|| (file, Vec::new(), Vec::new())).1.push(edit);
        }
        for (file, change) in &fix.imports {
            files.entry(*file).or_insert_with(|| (*file, Vec::new(), Vec::new())).2.push(change);
        }
    }
    files.into_values().collect()
}
