//! Loops, `with` and `try`.

use super::step::{Ending, Step, ends};
use super::term::{Digest, DigestBuilder, Term, digest_of};
use super::walker::{Exit, State, Walker};
use fastwright_python::ir::{Expr, ExprKind, Handler, Stmt, StmtKind, WithItem};
use fastwright_python::location::Location;
use fastwright_python::name::Name;

impl Walker<'_, '_, '_> {
    pub(crate) fn for_loop(
        &mut self,
        target: &Expr,
        iterable: &Expr,
        body: &[Stmt],
        orelse: &[Stmt],
        location: Location,
        out: &mut Vec<Step>,
    ) -> Exit {
        let iterable = self.expression(iterable, out);
        let header = Term::made("for", &[&iterable], format!("for each of {}", iterable.text()));
        self.turns(&header, body, orelse, location, out, |walker, identity, out| {
            let element = Term::new(
                digest_of("element", &[&iterable, identity]),
                format!("element of {}", iterable.text()),
            );
            walker.assign(target, &element, location, out);
            None
        })
    }

    pub(crate) fn while_loop(
        &mut self,
        test: &Expr,
        body: &[Stmt],
        orelse: &[Stmt],
        location: Location,
        out: &mut Vec<Step>,
    ) -> Exit {
        let header = Term::new(Digest::of_text("while", ""), "repeat");
        let exit = self.turns(&header, body, orelse, location, out, |walker, _, out| {
            let (condition, negated) = walker.condition(test, out);
            Some((condition, negated))
        });
        let for_ever = matches!(test.kind, ExprKind::Bool(true) | ExprKind::Int(1));
        if for_ever && !breaks(body) { Exit::Ends } else { exit }
    }

    /// A loop: its body is walked once, with what it changes known only as "what the turns before left".
    fn turns(
        &mut self,
        header: &Term,
        body: &[Stmt],
        orelse: &[Stmt],
        location: Location,
        out: &mut Vec<Step>,
        begin: impl FnOnce(&mut Self, &Term, &mut Vec<Step>) -> Option<(Term, bool)>,
    ) -> Exit {
        let number = self.count(header.digest());
        let mut identity = DigestBuilder::new("loop");
        identity.digest(header.digest()).number(u64::from(number));
        let identity = Term::new(identity.finish(), header.text());
        let mut changed: Vec<Name> = Vec::new();
        assigned_names(body, &mut changed);
        changed.retain(|name| self.state.names.contains_key(name));
        let before: Vec<Term> = changed.iter().map(|name| self.state.names[name].clone()).collect();
        for (index, name) in changed.iter().enumerate() {
            let term = numbered("carried", &identity, index, before[index].text());
            self.state.names.insert(*name, term);
        }
        let entered = self.state.clone();
        let around = self.frame().map(|frame| {
            frame.enclosed += 1;
            (std::mem::take(&mut frame.inside_turn), std::mem::replace(&mut frame.carried, changed.clone()))
        });
        let mut steps = Vec::new();
        let mut condition = None;
        if let Some((term, negated)) = begin(self, &identity, &mut steps) {
            if term.constant_truth().is_none() {
                let leaving = vec![Step::end(Ending::Break, None, location)];
                let (then, otherwise) = if negated { (leaving, Vec::new()) } else { (Vec::new(), leaving) };
                super::statements::push_branch(&term, location, then, otherwise, &mut steps);
            }
            condition = Some(term);
        }
        let exit = self.block(body, None, &mut steps);
        if let Exit::Gives(result) = exit {
            self.leave_with(result, location, &mut steps);
        }
        if let (Some(frame), Some((inside_turn, carried))) = (self.frames.last_mut(), around) {
            frame.enclosed -= 1;
            frame.inside_turn = inside_turn;
            frame.carried = carried;
        }
        let mut digest = DigestBuilder::new("turns");
        digest.digest(header.digest());
        if let Some(condition) = &condition {
            digest.digest(condition.digest());
        }
        for (index, name) in changed.iter().enumerate() {
            let after =
                self.state.names.get(name).map_or_else(|| Digest::of_text("unbound", ""), Term::digest);
            digest.digest(before[index].digest()).digest(after);
        }
        let digest = digest.finish();
        let left = std::mem::replace(&mut self.state, entered);
        self.after_turns(&identity, digest, &changed, &before, left);
        let (orelse_steps, exit) = if orelse.is_empty() {
            (Vec::new(), Exit::Falls)
        } else {
            self.apart(|walker, out| walker.block(orelse, None, out))
        };
        out.push(Step::Loop {
            digest,
            text: header.text().into(),
            location,
            body: steps,
            orelse: orelse_steps,
        });
        if let Exit::Gives(result) = exit {
            self.leave_with(result, location, out);
        }
        Exit::Falls
    }

    /// What is known behind a loop.
    fn after_turns(
        &mut self,
        identity: &Term,
        digest: Digest,
        changed: &[Name],
        before: &[Term],
        left: State,
    ) {
        let turns = Term::new(digest, identity.text());
        for (name, term) in left.names {
            if changed.contains(&name) {
                continue;
            }
            let same = self.state.names.get(&name).is_some_and(|known| known.digest() == term.digest());
            if !same {
                let after = Term::new(digest_of("last turn", &[&turns, &term]), term.text());
                self.state.names.insert(name, after);
            }
        }
        for (index, name) in changed.iter().enumerate() {
            let term = numbered("after turns", &turns, index, before[index].text());
            self.state.names.insert(*name, term);
        }
        for (what, count) in left.counts {
            let known = self.state.counts.entry(what).or_default();
            *known = (*known).max(count);
        }
        for (what, version) in left.versions {
            if self.state.versions.get(&what) != Some(&version) {
                let mut after = DigestBuilder::new("version behind a loop");
                after.digest(digest).digest(version);
                self.state.versions.insert(what, after.finish());
            }
        }
    }

    pub(crate) fn with(
        &mut self,
        items: &[WithItem],
        body: &[Stmt],
        location: Location,
        out: &mut Vec<Step>,
    ) -> Exit {
        let mut steps = Vec::new();
        let mut digest = DigestBuilder::new("with");
        let mut texts = Vec::new();
        for item in items {
            let context = self.expression(&item.context, out);
            let entered = Term::new(digest_of("entered", &[&context]), context.text().to_owned());
            digest.digest(context.digest());
            texts.push(context.text().to_owned());
            if let Some(target) = &item.target {
                self.assign(target, &entered, location, &mut steps);
            }
        }
        if let Some(frame) = self.frame() {
            frame.enclosed += 1;
            frame.inside_turn += 1;
        }
        let exit = self.block(body, None, &mut steps);
        if let Some(frame) = self.frame() {
            frame.enclosed -= 1;
            frame.inside_turn -= 1;
        }
        out.push(Step::Inside {
            digest: digest.finish(),
            text: format!("with {}", texts.join(", ")).into(),
            location,
            body: steps,
        });
        exit
    }

    pub(crate) fn try_block(
        &mut self,
        body: &[Stmt],
        handlers: &[Handler],
        orelse: &[Stmt],
        finalbody: &[Stmt],
        location: Location,
        out: &mut Vec<Step>,
    ) -> Exit {
        if let Some(frame) = self.frame() {
            frame.enclosed += 1;
            frame.inside_turn += 1;
        }
        let before = self.state.clone();
        let (mut body_steps, mut body_exit) = self.apart(|walker, out| walker.block(body, None, out));
        let after_body = self.state.clone();
        let (mut orelse_steps, orelse_exit) = match body_exit {
            Exit::Falls => self.apart(|walker, out| walker.block(orelse, None, out)),
            _ => (Vec::new(), Exit::Falls),
        };
        let mut ways: Vec<(Exit, State)> = Vec::new();
        let mut handler_steps = Vec::new();
        let after = std::mem::take(&mut self.state);
        for handler in handlers {
            // Anything in the body may have happened.
            self.state = failed_in(&before, &after_body);
            let mut steps = Vec::new();
            let caught = match &handler.exception {
                Some(exception) => self.expression(exception, &mut steps),
                None => Term::new(Digest::of_text("caught", "everything"), "everything"),
            };
            if let Some(name) = handler.name {
                let error = Term::new(digest_of("caught", &[&caught]), name.as_str());
                self.state.names.insert(name, error);
            }
            let exit = self.block(&handler.body, None, &mut steps);
            ways.push((exit, std::mem::take(&mut self.state)));
            let text = format!("except {}", caught.text());
            handler_steps.push((caught.digest(), text.into(), self.at(handler.span), steps));
        }
        if let Exit::Falls = body_exit {
            body_exit = orelse_exit;
        }
        let falls =
            matches!(body_exit, Exit::Falls) || ways.iter().any(|(exit, _)| matches!(exit, Exit::Falls));
        let mut results: Vec<Term> = Vec::new();
        let mut states: Vec<State> = Vec::new();
        // A result that only some ways give leaves the function there.
        let mut settle = |walker: &mut Self, exit: Exit, state: State, steps: &mut Vec<Step>| match exit {
            Exit::Gives(result) if falls => walker.leave_with(result, location, steps),
            Exit::Gives(result) => {
                results.push(result);
                states.push(state);
            }
            Exit::Falls => states.push(state),
            Exit::Turn | Exit::Ends => {}
        };
        let steps = if ends(&body_steps) || orelse.is_empty() { &mut body_steps } else { &mut orelse_steps };
        settle(self, body_exit, after, steps);
        for ((exit, state), (_, _, _, steps)) in ways.into_iter().zip(&mut handler_steps) {
            settle(self, exit, state, steps);
        }
        let all_end = states.is_empty();
        self.state = joined(states).unwrap_or(before);
        let (finalbody_steps, final_exit) = self.apart(|walker, out| walker.block(finalbody, None, out));
        if let Some(frame) = self.frame() {
            frame.enclosed -= 1;
            frame.inside_turn -= 1;
        }
        out.push(Step::Try {
            location,
            body: body_steps,
            handlers: handler_steps,
            orelse: orelse_steps,
            finalbody: finalbody_steps,
        });
        match final_exit {
            Exit::Falls => {}
            exit => return exit,
        }
        if falls {
            return Exit::Falls;
        }
        if all_end {
            return Exit::Ends;
        }
        match results.len() {
            1 => Exit::Gives(results.swap_remove(0)),
            _ => {
                let parts: Vec<&Term> = results.iter().collect();
                let text = results.first().map_or("", |term| term.text()).to_owned();
                Exit::Gives(Term::made("result of try", &parts, text))
            }
        }
    }
}

fn numbered(tag: &str, of: &Term, index: usize, text: &str) -> Term {
    let mut digest = DigestBuilder::new(tag);
    digest.digest(of.digest()).number(index as u64);
    Term::new(digest.finish(), text)
}

/// What is known in a handler: names that the body binds have the value before or after.
fn failed_in(before: &State, after: &State) -> State {
    let mut state = after.clone();
    for (name, term) in &mut state.names {
        let same = before.names.get(name).is_some_and(|known| known.digest() == term.digest());
        if !same {
            *term = Term::new(digest_of("perhaps", &[&term.clone()]), term.text());
        }
    }
    state
}

/// What is known where one of several ways was taken.
fn joined(states: Vec<State>) -> Option<State> {
    let mut states = states.into_iter();
    let mut joined = states.next()?;
    for (number, state) in states.enumerate() {
        let way = Term::new(Digest::of_text("way of try", &number.to_string()), "no error");
        let names: Vec<Name> = joined.names.keys().chain(state.names.keys()).copied().collect();
        for name in names {
            let nothing = Term::new(Digest::of_text("unbound", ""), "nothing");
            let first = joined.names.get(&name).cloned().unwrap_or_else(|| nothing.clone());
            let second = state.names.get(&name).unwrap_or(&nothing);
            let either = Term::choice(&way, &first, second);
            joined.names.insert(name, either);
        }
        for (what, count) in state.counts {
            let known = joined.counts.entry(what).or_default();
            *known = (*known).max(count);
        }
        joined.versions.extend(state.versions);
    }
    Some(joined)
}

/// Names that statements bind, in order.
fn assigned_names(body: &[Stmt], found: &mut Vec<Name>) {
    let bind = |target: &Expr, found: &mut Vec<Name>| bound_names(target, found);
    for statement in body {
        match &statement.kind {
            StmtKind::Assign { targets, .. } => targets.iter().for_each(|target| bind(target, found)),
            StmtKind::AugAssign { target, .. } | StmtKind::AnnAssign { target, .. } => bind(target, found),
            StmtKind::For { target, body, orelse, .. } => {
                bind(target, found);
                assigned_names(body, found);
                assigned_names(orelse, found);
            }
            StmtKind::While { body, orelse, .. } | StmtKind::If { body, orelse, .. } => {
                assigned_names(body, found);
                assigned_names(orelse, found);
            }
            StmtKind::With { items, body, .. } => {
                items.iter().filter_map(|item| item.target.as_ref()).for_each(|target| bind(target, found));
                assigned_names(body, found);
            }
            StmtKind::Try { body, handlers, orelse, finalbody } => {
                assigned_names(body, found);
                handlers.iter().for_each(|handler| assigned_names(&handler.body, found));
                assigned_names(orelse, found);
                assigned_names(finalbody, found);
            }
            StmtKind::Match { cases, .. } => {
                cases.iter().for_each(|case| assigned_names(&case.body, found));
            }
            _ => {}
        }
    }
}

fn bound_names(target: &Expr, found: &mut Vec<Name>) {
    match &target.kind {
        ExprKind::Name(name) if !found.contains(name) => found.push(*name),
        ExprKind::Tuple(parts) | ExprKind::List(parts) => {
            parts.iter().for_each(|part| bound_names(part, found));
        }
        ExprKind::Starred(inner) => bound_names(inner, found),
        _ => {}
    }
}

/// Whether a loop's own `break` is among statements.
fn breaks(body: &[Stmt]) -> bool {
    body.iter().any(|statement| match &statement.kind {
        StmtKind::Break => true,
        StmtKind::If { body, orelse, .. } => breaks(body) || breaks(orelse),
        StmtKind::With { body, .. } => breaks(body),
        StmtKind::Try { body, handlers, orelse, finalbody } => {
            breaks(body)
                || handlers.iter().any(|handler| breaks(&handler.body))
                || breaks(orelse)
                || breaks(finalbody)
        }
        StmtKind::Match { cases, .. } => cases.iter().any(|case| breaks(&case.body)),
        _ => false,
    })
}
