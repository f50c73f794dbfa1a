//! What routes do, before and after: their business forms line by line, and their effects as a whole.

use super::change::{Changes, Found, Sides};
use super::guards::short;
use super::kind::Subject;
use crate::contract::document::{BehaviourLine, Contract, Piece, RouteContract};
use similar::{Algorithm, DiffOp, capture_diff_slices};

/// Compares what two routes do.
pub(crate) fn compare(
    changes: &mut Changes,
    sides: Sides<'_>,
    old: &Contract,
    new: &Contract,
    guard_replaced: bool,
) {
    let (Some(before), Some(after)) = (sides.old, sides.new) else { return };
    let (old_business, new_business) = (&before.business, &after.business);
    if old_business.fingerprint == new_business.fingerprint {
        return;
    }
    if !guard_replaced {
        effects(changes, sides, before, after);
    }
    dependencies(changes, sides, old, new);
    match (&old_business.handler, &new_business.handler) {
        (Some(before), Some(after)) if before != after => {
            lines(changes, sides, ("", false), (old, before), (new, after));
        }
        (Some(_), None) => {
            let found = Found::new("the code of the handler can't be followed any more").part("behaviour");
            changes.add_to(sides, Subject::Behaviour, "unknown", found);
        }
        _ => {}
    }
}

/// Tables and services, as sets.
fn effects(changes: &mut Changes, sides: Sides<'_>, old: &RouteContract, new: &RouteContract) {
    for (before, after, change, words) in [
        (&old.reads, &new.reads, "table-read", "reads the table"),
        (&old.writes, &new.writes, "table-write", "writes the table"),
    ] {
        for table in before.iter().filter(|table| !after.contains(table)) {
            let found = Found::new(format!("it no longer {words} `{table}`")).part("effects");
            changes.add_to(sides, Subject::Effect, &format!("{change}-removed"), found.old(table.as_str()));
        }
        for table in after.iter().filter(|table| !before.contains(table)) {
            let found = Found::new(format!("it {words} `{table}`")).part("effects");
            changes.add_to(sides, Subject::Effect, &format!("{change}-added"), found.new_is(table.as_str()));
        }
    }
    for effect in old.effects.iter().filter(|effect| !new.effects.contains(effect)) {
        let found = Found::new(format!("it no longer {effect}")).part("effects").old(effect.as_str());
        changes.add_to(sides, Subject::Effect, &format!("{}-removed", kind_of(effect)), found);
    }
    for effect in new.effects.iter().filter(|effect| !old.effects.contains(effect)) {
        let found = Found::new(format!("it {effect}")).part("effects").new_is(effect.as_str());
        changes.add_to(sides, Subject::Effect, &format!("{}-added", kind_of(effect)), found);
    }
}

fn kind_of(effect: &str) -> &'static str {
    match effect {
        "commits" => "commit",
        "rolls back" => "rollback",
        "queues a task" => "background-work",
        _ if effect.starts_with("starts background work") => "background-work",
        _ => "outside-call",
    }
}

/// What runs before the handler. Guards are told of as guards.
fn dependencies(changes: &mut Changes, sides: Sides<'_>, old: &Contract, new: &Contract) {
    let (Some(before), Some(after)) = (sides.old, sides.new) else { return };
    let guards = |route: Option<&RouteContract>, piece: &Piece| {
        route.is_some_and(|route| route.guard.by.iter().any(|guard| guard.fingerprint == piece.fingerprint))
    };
    let (olds, news) = (&before.business.dependencies, &after.business.dependencies);
    let prints =
        |pieces: &[Piece]| -> Vec<String> { pieces.iter().map(|piece| piece.fingerprint.clone()).collect() };
    let (old_prints, new_prints) = (prints(olds), prints(news));
    if old_prints == new_prints {
        return;
    }
    let mut come: Vec<&Piece> =
        news.iter().filter(|piece| !old_prints.contains(&piece.fingerprint)).collect();
    let mut gone: Vec<&Piece> = Vec::new();
    let mut different = false;
    for piece in olds.iter().filter(|piece| !new_prints.contains(&piece.fingerprint)) {
        different = true;
        let Some(position) = come.iter().position(|other| short(&other.name) == short(&piece.name)) else {
            gone.push(piece);
            continue;
        };
        let other = come.remove(position);
        let name = short(&other.name);
        // Of a guard it is told that it changed; what changed in it is told as well.
        match (&piece.behaviour, &other.behaviour) {
            (Some(before), Some(after)) if before != after => {
                let is_guard = guards(sides.old, piece) || guards(sides.new, other);
                let what = format!("dependency `{name}`");
                lines(changes, sides, (&what, is_guard), (old, before), (new, after));
            }
            _ if guards(sides.old, piece) || guards(sides.new, other) => {}
            _ => {
                let found = Found::new(format!("the dependency `{name}` does something else"));
                let found = found.part(format!("dependency `{name}`")).at(Some(&piece.at), Some(&other.at));
                changes.add_to(sides, Subject::Behaviour, "dependency-changed", found);
            }
        }
    }
    for piece in gone.into_iter().filter(|piece| !guards(sides.old, piece)) {
        let name = short(&piece.name);
        let found = Found::new(format!("the dependency `{name}` no longer runs before it"));
        let found = found.part(format!("dependency `{name}`")).at(Some(&piece.at), None);
        changes.add_to(sides, Subject::Behaviour, "dependency-removed", found);
    }
    for piece in come.into_iter().filter(|piece| !guards(sides.new, piece)) {
        let name = short(&piece.name);
        let found = Found::new(format!("the dependency `{name}` runs before it"));
        let found = found.part(format!("dependency `{name}`")).at(None, Some(&piece.at));
        changes.add_to(sides, Subject::Behaviour, "dependency-added", found);
    }
    if !different && old_prints.len() == new_prints.len() {
        let found = Found::new("its dependencies run in another order").part("dependencies");
        changes.add_to(sides, Subject::Behaviour, "dependency-order-changed", found);
    }
}

/// What a line belongs to, and the check that it is the refusal of.
struct Lines<'c> {
    lines: &'c [BehaviourLine],
}

impl<'c> Lines<'c> {
    fn of(contract: &'c Contract, fingerprint: &str) -> Self {
        let lines = contract.behaviours.get(fingerprint);
        Self { lines: lines.map(Vec::as_slice).unwrap_or_default() }
    }

    /// The refusal behind a decision: the exception that it raises, after what is done to make it.
    fn refusal(&self, position: usize) -> Option<&'c BehaviourLine> {
        let line = self.lines.get(position).filter(|line| line.kind == "if")?;
        let mut inside = self.lines[position + 1..].iter().take_while(|inner| inner.depth > line.depth);
        inside
            .find(|inner| inner.kind != "effect")
            .filter(|inner| inner.kind == "raise" && inner.depth == line.depth + 1)
    }

    /// The decision whose refusal holds a line.
    fn check_around(&self, position: usize) -> Option<usize> {
        let depth = self.lines.get(position)?.depth;
        let before = self.lines[..position].iter().rposition(|line| line.depth < depth)?;
        self.refusal(before).is_some().then_some(before)
    }
}

/// The status of a refusal, by the places where the route raises.
fn status(route: Option<&RouteContract>, line: &BehaviourLine) -> Option<u16> {
    let known = route?.raised.iter().find(|raised| raised.at == line.at).map(|raised| raised.status);
    known.or_else(|| {
        let digits = line.text.split("status_code=").nth(1)?.get(..3)?;
        digits.parse().ok()
    })
}

fn is_about_access(route: Option<&RouteContract>, line: Option<&BehaviourLine>) -> bool {
    line.and_then(|line| status(route, line)).is_some_and(|status| matches!(status, 401 | 403))
}

/// Compares the lines of two behaviours; `what` names the dependency, and is empty for the handler. That a
/// guard does something else is told of the guard: here it is told what.
fn lines(
    changes: &mut Changes,
    sides: Sides<'_>,
    (what, is_guard): (&str, bool),
    (old_contract, old): (&Contract, &str),
    (new_contract, new): (&Contract, &str),
) {
    let (before, after) = (Lines::of(old_contract, old), Lines::of(new_contract, new));
    let Matched { removed, added, changed, consequences } = matched(before.lines, after.lines);
    let mut teller = Teller {
        changes,
        sides,
        what,
        before: &before,
        after: &after,
        told: 0,
        replaced: Vec::new(),
        kept: Vec::new(),
    };
    // What is gone in one place and there in another was moved.
    let mut gone = removed;
    let mut come = added;
    gone.retain(|&old| {
        let line = &before.lines[old];
        let found = come.iter().position(|&new| {
            let other = &after.lines[new];
            other.text == line.text && other.kind == line.kind
        });
        let Some(position) = found else { return true };
        let new = come.remove(position);
        teller.moved(old, new);
        false
    });
    for (old, new) in changed {
        teller.changed(old, new);
    }
    for &old in &gone {
        // What makes the exception of a check goes with the check.
        if before.check_around(old).is_none_or(|check| !gone.contains(&check)) {
            teller.removed(old);
        }
    }
    for &new in &come {
        if after.check_around(new).is_none_or(|check| !come.contains(&check)) {
            teller.added(new);
        }
    }
    let told = teller.told;
    teller.hand_over();
    if told == 0 && !is_guard {
        let (old, new) = match consequences.first() {
            Some((old, new)) => (before.lines.get(*old), after.lines.get(*new)),
            None => (before.lines.first(), after.lines.first()),
        };
        let place = if what.is_empty() { "it".to_owned() } else { format!("the {what}") };
        let message = match new {
            Some(line) => format!("{place} does something else at `{}`", line.text),
            None => format!("{place} does something else"),
        };
        let found = Found::new(message).at(old.map(|line| &line.at), new.map(|line| &line.at));
        changes.add_to(sides, Subject::Behaviour, "changed", found.part(part(what)));
    }
}

fn part(what: &str) -> String {
    if what.is_empty() { "behaviour".to_owned() } else { what.to_owned() }
}

/// Lines that differ, by their positions.
#[derive(Default)]
struct Matched {
    removed: Vec<usize>,
    added: Vec<usize>,
    changed: Vec<(usize, usize)>,
    /// Lines that read the same, and are not: what they use is different.
    consequences: Vec<(usize, usize)>,
}

fn matched(old: &[BehaviourLine], new: &[BehaviourLine]) -> Matched {
    let prints = |lines: &[BehaviourLine]| -> Vec<String> {
        lines.iter().map(|line| format!("{} {}", line.kind, line.fingerprint)).collect()
    };
    let mut found = Matched::default();
    for operation in capture_diff_slices(Algorithm::Myers, &prints(old), &prints(new)) {
        let (olds, news): (Vec<usize>, Vec<usize>) = match operation {
            DiffOp::Equal { .. } => continue,
            DiffOp::Delete { old_index, old_len, .. } => {
                ((old_index..old_index + old_len).collect(), Vec::new())
            }
            DiffOp::Insert { new_index, new_len, .. } => {
                (Vec::new(), (new_index..new_index + new_len).collect())
            }
            DiffOp::Replace { old_index, old_len, new_index, new_len } => {
                ((old_index..old_index + old_len).collect(), (new_index..new_index + new_len).collect())
            }
        };
        block(old, new, &olds, &news, &mut found);
    }
    found
}

/// Lines of one place that were replaced by others: first those that read the same, then those of one kind.
fn block(old: &[BehaviourLine], new: &[BehaviourLine], olds: &[usize], news: &[usize], found: &mut Matched) {
    let text = |line: &BehaviourLine| format!("{} {}", line.kind, line.text);
    let old_texts: Vec<String> = olds.iter().map(|&index| text(&old[index])).collect();
    let new_texts: Vec<String> = news.iter().map(|&index| text(&new[index])).collect();
    for operation in capture_diff_slices(Algorithm::Myers, &old_texts, &new_texts) {
        let (old_range, new_range) = (operation.old_range(), operation.new_range());
        if matches!(operation, DiffOp::Equal { .. }) {
            found.consequences.extend(olds[old_range].iter().copied().zip(news[new_range].iter().copied()));
            continue;
        }
        let mut left: Vec<usize> = news[new_range].to_vec();
        for &index in &olds[old_range] {
            let same_kind = left.iter().position(|&other| new[other].kind == old[index].kind);
            match same_kind {
                Some(position) => found.changed.push((index, left.remove(position))),
                None => found.removed.push(index),
            }
        }
        found.added.extend(left);
    }
}

struct Teller<'t, 's> {
    changes: &'t mut Changes,
    sides: Sides<'s>,
    what: &'t str,
    before: &'t Lines<'t>,
    after: &'t Lines<'t>,
    told: usize,
    /// Texts that were told to stand in place of others.
    replaced: Vec<(String, String)>,
    kept: Vec<(Subject, &'static str, Found)>,
}

/// Steps of one handler or dependency that are told one by one.
const MOST_TOLD: usize = 12;

impl Teller<'_, '_> {
    fn tell(
        &mut self,
        subject: Subject,
        change: &'static str,
        words: String,
        old: Option<&BehaviourLine>,
        new: Option<&BehaviourLine>,
    ) {
        self.told += 1;
        let message = if self.what.is_empty() { words } else { format!("{words}, in the {}", self.what) };
        let mut found = Found::new(message).part(part(self.what));
        found.old = old.map(|line| line.text.clone());
        found.new = new.map(|line| line.text.clone());
        let found = found.at(old.map(|line| &line.at), new.map(|line| &line.at));
        self.kept.push((subject, change, found));
    }

    /// Hands over what was told. Of code that was rewritten nobody reads every line: what opens something is told
    /// by itself, the rest as one change.
    fn hand_over(self) {
        let Teller { changes, sides, what, before, after, kept, .. } = self;
        let count = kept.len();
        let is_rewritten = count > MOST_TOLD;
        if is_rewritten {
            let name = if what.is_empty() { "it".to_owned() } else { format!("the {what}") };
            let message = format!("{name} was rewritten: {count} of its steps differ");
            let at = (before.lines.first().map(|line| &line.at), after.lines.first().map(|line| &line.at));
            let found = Found::new(message).part(part(what)).at(at.0, at.1);
            changes.add_to(sides, Subject::Behaviour, "rewritten", found);
        }
        for (subject, change, found) in kept {
            let opens = subject == Subject::AccessCheck || subject == Subject::Check && change == "removed";
            if !is_rewritten || opens {
                changes.add_to(sides, subject, change, found);
            }
        }
    }

    fn check(&self, old: Option<&BehaviourLine>, new: Option<&BehaviourLine>) -> Subject {
        let access = is_about_access(self.sides.old, old) || is_about_access(self.sides.new, new);
        if access { Subject::AccessCheck } else { Subject::Check }
    }

    fn moved(&mut self, old: usize, new: usize) {
        let (old, new) = (&self.before.lines[old], &self.after.lines[new]);
        match new.kind.as_str() {
            "effect" | "raise" | "return" | "if" => {
                let words = format!("`{}` happens at another moment", new.text);
                self.tell(Subject::Effect, "order-changed", words, Some(old), Some(new));
            }
            _ => {}
        }
    }

    fn changed(&mut self, old: usize, new: usize) {
        let (before, after) = (&self.before.lines[old], &self.after.lines[new]);
        if self.replaced.iter().any(|replaced| follows(replaced, &before.text, &after.text)) {
            return;
        }
        self.replaced.extend(replacement(&before.text, &after.text));
        let (old_refusal, new_refusal) = (self.before.refusal(old), self.after.refusal(new));
        let (subject, change, words) = match (before.kind.as_str(), old_refusal, new_refusal) {
            ("if", Some(_), Some(_)) => {
                (self.check(old_refusal, new_refusal), "changed", "other requests are refused".to_owned())
            }
            ("if", Some(_), None) => {
                let words = format!("`{}` is no longer refused", condition(before));
                (self.check(old_refusal, None), "removed", words)
            }
            ("if", None, Some(_)) => {
                let words = format!("`{}` is refused", condition(after));
                (self.check(None, new_refusal), "added", words)
            }
            ("if", None, None) => (Subject::Condition, "changed", "it decides differently".to_owned()),
            ("raise", ..) => {
                let subject = self.check(Some(before), Some(after));
                (subject, "answer-changed", "it refuses with another answer".to_owned())
            }
            ("return" | "leave", ..) => (Subject::Result, "changed", "it answers differently".to_owned()),
            ("effect", ..) => (Subject::Effect, "changed", "it does something else".to_owned()),
            ("loop" | "break" | "continue", ..) => {
                (Subject::Behaviour, "loop-changed", "it repeats differently".to_owned())
            }
            ("inside", ..) => {
                (Subject::Behaviour, "transaction-changed", "it works inside of another block".to_owned())
            }
            ("except" | "try" | "finally", ..) => {
                (Subject::Behaviour, "error-handling-changed", "it handles failures differently".to_owned())
            }
            _ => return,
        };
        self.tell(subject, change, words, Some(before), Some(after));
    }

    fn removed(&mut self, position: usize) {
        let line = &self.before.lines[position];
        let Some((subject, change, words)) = self.alone(line, self.before, position, false) else { return };
        self.tell(subject, change, words, Some(line), None);
    }

    fn added(&mut self, position: usize) {
        let line = &self.after.lines[position];
        let Some((subject, change, words)) = self.alone(line, self.after, position, true) else { return };
        self.tell(subject, change, words, None, Some(line));
    }

    /// A line that is on one side only.
    fn alone(
        &self,
        line: &BehaviourLine,
        lines: &Lines<'_>,
        position: usize,
        is_new: bool,
    ) -> Option<(Subject, &'static str, String)> {
        let (first, second) = if is_new { (None, Some(line)) } else { (Some(line), None) };
        let change = if is_new { "added" } else { "removed" };
        let text = &line.text;
        Some(match line.kind.as_str() {
            "if" => match lines.refusal(position) {
                Some(refusal) => {
                    let (first, second) = if is_new { (None, Some(refusal)) } else { (Some(refusal), None) };
                    let words = if is_new { "is refused" } else { "is no longer refused" };
                    (self.check(first, second), change, format!("`{}` {words}", condition(line)))
                }
                None => {
                    let words = if is_new { "it decides by" } else { "it no longer decides by" };
                    (Subject::Condition, change, format!("{words} `{}`", condition(line)))
                }
            },
            "raise" => {
                let words = if is_new { "it refuses with" } else { "it no longer refuses with" };
                (self.check(first, second), change, format!("{words} `{text}`"))
            }
            "return" | "leave" => {
                let words = if is_new { "it can answer" } else { "it no longer answers" };
                (Subject::Result, change, format!("{words} `{text}`"))
            }
            "effect" => {
                let words = if is_new { "it does" } else { "it no longer does" };
                (Subject::Effect, change, format!("{words} `{text}`"))
            }
            "loop" | "break" | "continue" => {
                let words = if is_new { "it repeats:" } else { "it no longer repeats:" };
                (Subject::Behaviour, "loop-changed", format!("{words} `{text}`"))
            }
            "inside" => {
                let words = if is_new { "it works inside of" } else { "it no longer works inside of" };
                (Subject::Behaviour, "transaction-changed", format!("{words} `{text}`"))
            }
            "except" | "try" | "finally" => {
                let words = if is_new { "failures are handled:" } else { "failures are no longer handled:" };
                (Subject::Behaviour, "error-handling-changed", format!("{words} `{text}`"))
            }
            _ => return None,
        })
    }
}

/// What stands in one text where another stands in the other.
fn replacement(old: &str, new: &str) -> Option<(String, String)> {
    let start = old.chars().zip(new.chars()).take_while(|(old, new)| old == new).count();
    let (old, new): (Vec<char>, Vec<char>) = (old.chars().collect(), new.chars().collect());
    let most = old.len().min(new.len()) - start;
    let end = old.iter().rev().zip(new.iter().rev()).take(most).take_while(|(old, new)| old == new).count();
    // Short pieces stand everywhere by chance.
    let old: String = old[start..old.len() - end].iter().collect();
    let new: String = new[start..new.len() - end].iter().collect();
    (old.len().max(new.len()) >= 3).then_some((old, new))
}

/// Whether two texts differ only by what was told already. Long texts are cut.
fn follows((old_piece, new_piece): &(String, String), old: &str, new: &str) -> bool {
    let (old, new) = (old.trim_end_matches('…'), new.trim_end_matches('…'));
    let (old, new) = if old_piece.is_empty() {
        (old.to_owned(), new.replace(new_piece.as_str(), ""))
    } else {
        (old.replace(old_piece.as_str(), new_piece), new.to_owned())
    };
    old.starts_with(&new) || new.starts_with(&old)
}

/// A decision without its word.
fn condition(line: &BehaviourLine) -> &str {
    line.text.strip_prefix("if ").unwrap_or(&line.text)
}
