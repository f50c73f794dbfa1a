//! `fastwright fix --interactive`: each fix with why, trade-off and what changes, and a question.

use crate::terminal;
use fastwright_edit::rounds::Permission;
use fastwright_edit::state::State;
use fastwright_rules::finding::{Edit, Finding};
use std::collections::BTreeMap;
use std::io::BufRead as _;

/// The answers so far: each fix is asked about once.
pub(super) struct Interview {
    answers: BTreeMap<String, bool>,
    all: Option<bool>,
}

impl Interview {
    pub(super) fn new() -> Self {
        Self { answers: BTreeMap::new(), all: None }
    }

    /// Whether the person wants a fix.
    pub(super) fn agrees(&mut self, state: &State, finding: &Finding) -> bool {
        if let Some(answer) = self.answers.get(&finding.fingerprint) {
            return *answer;
        }
        let answer = self.all.unwrap_or_else(|| self.ask(state, finding));
        self.answers.insert(finding.fingerprint.clone(), answer);
        answer
    }

    fn ask(&mut self, state: &State, finding: &Finding) -> bool {
        terminal::tell(&question(state, finding));
        loop {
            terminal::tell("Make this fix? [y]es, [n]o, [a]ll that follow, [q]uit asking");
            let mut line = String::new();
            let read = std::io::stdin().lock().read_line(&mut line);
            match line.trim().to_lowercase().as_str() {
                "y" | "yes" => return true,
                "n" | "no" => return false,
                "a" | "all" => {
                    self.all = Some(true);
                    return true;
                }
                "q" | "quit" => {
                    self.all = Some(false);
                    return false;
                }
                // Nobody is there to answer.
                _ if !matches!(read, Ok(bytes) if bytes > 0) => {
                    self.all = Some(false);
                    return false;
                }
                _ => {}
            }
        }
    }
}

fn question(state: &State, finding: &Finding) -> String {
    let files = &state.analysis.files;
    let mut text = format!(
        "\n{}: {}[{}]: {}\n",
        files.display(finding.location),
        finding.severity.name(),
        finding.rule,
        finding.message
    );
    let mut part = |name: &str, content: &str| {
        if !content.is_empty() {
            text.push_str(&format!("  {name:<10} {content}\n"));
        }
    };
    part("why", &finding.why);
    part("trade-off", &finding.trade_off);
    if let Some(fix) = &finding.fix {
        part("fix", &fix.title);
        let changes = match Permission::of(fix) {
            Permission::Safe => "nothing that callers see",
            Permission::Unsafe => "what the code does; routes, document and guards stay",
            Permission::Contract => &fix.changes,
        };
        part("changes", changes);
        let edits = fix.all_edits();
        text.push_str(&edits.into_iter().map(|edit| lines(state, edit)).collect::<String>());
    }
    text
}

/// The lines of an edit, old and new.
fn lines(state: &State, edit: &Edit) -> String {
    let file = state.analysis.files.get(edit.location.file);
    let (start, end) = (edit.location.span.start as usize, edit.location.span.end as usize);
    let first = file.text[..start].rfind('\n').map_or(0, |at| at + 1);
    let last = file.text[end..].find('\n').map_or(file.text.len(), |at| end + at);
    let old = &file.text[first..last];
    let new = format!("{}{}{}", &file.text[first..start], edit.text, &file.text[end..last]);
    let mut text = format!("  {}:{}\n", file.relative, file.line_of(edit.location.span.start));
    for line in old.lines() {
        text.push_str(&format!("  - {line}\n"));
    }
    for line in new.lines() {
        text.push_str(&format!("  + {line}\n"));
    }
    text
}
