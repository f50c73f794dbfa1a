//! The one way to write a tree of steps: what comes after a decision of which one way ends stands in the other
//! way, results are given where they are decided, and what says nothing is left out.

use super::statements::joined;
use super::step::{Ending, Step, ends};
use super::term::Detail;

/// What a block of steps belongs to: it decides which endings at its end say nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// The end of a function: `return None` is what happens anyway.
    Function,
    /// The end of a turn of a loop: so is `continue`.
    Turn,
    /// Anywhere else.
    Middle,
}

/// Brings steps into their normal form.
pub(crate) fn normalize(steps: Vec<Step>, place: Place) -> Vec<Step> {
    let mut result: Vec<Step> = Vec::with_capacity(steps.len());
    let mut rest = steps.into_iter();
    while let Some(step) = rest.next() {
        match step {
            Step::Branch { condition, text, location, mut then, mut otherwise } => {
                let remaining: Vec<Step> = rest.by_ref().collect();
                let mut after = Vec::new();
                match (ends(&then), ends(&otherwise)) {
                    (true, false) => otherwise.extend(remaining),
                    (false, true) => then.extend(remaining),
                    // Behind a decision that always ends comes nothing.
                    (true, true) => {}
                    (false, false) if is_one_return(&remaining) => {
                        then.extend(under(&remaining, condition, true));
                        otherwise.extend(under(&remaining, condition, false));
                    }
                    (false, false) => after = remaining,
                }
                let inner = if after.is_empty() { place } else { Place::Middle };
                let then = normalize(then, inner);
                let otherwise = normalize(otherwise, inner);
                if then.is_empty() && otherwise.is_empty() {
                    rest = after.into_iter();
                    continue;
                }
                result.push(joined(condition, &text, location, then, otherwise));
                rest = after.into_iter();
            }
            Step::Loop { digest, text, location, body, orelse } => {
                let body = normalize(body, Place::Turn);
                let orelse = normalize(orelse, Place::Middle);
                result.push(Step::Loop { digest, text, location, body, orelse });
            }
            Step::Inside { digest, text, location, body } => {
                let body = normalize(body, Place::Middle);
                result.push(Step::Inside { digest, text, location, body });
            }
            Step::Try { location, body, handlers, orelse, finalbody } => {
                let handlers = handlers
                    .into_iter()
                    .map(|(digest, text, location, steps)| {
                        (digest, text, location, normalize(steps, Place::Middle))
                    })
                    .collect();
                result.push(Step::Try {
                    location,
                    body: normalize(body, Place::Middle),
                    handlers,
                    orelse: normalize(orelse, Place::Middle),
                    finalbody: normalize(finalbody, Place::Middle),
                });
            }
            Step::End { ending: Ending::Return, choice, location, .. }
                if matches!(choice.0.as_ref().map(|term| term.detail()), Some(Detail::Choice(..))) =>
            {
                result.extend(decided(choice.0, location, place));
                return result;
            }
            // What comes behind the call is reached.
            end @ Step::End { ending: Ending::Left, .. } => result.push(end),
            end @ Step::End { .. } => {
                if !says_nothing(&end, place) {
                    result.push(end);
                }
                return result;
            }
            effect @ Step::Effect { .. } => result.push(effect),
        }
    }
    result
}

fn says_nothing(end: &Step, place: Place) -> bool {
    let Step::End { ending, choice, .. } = end else { return false };
    match (ending, place) {
        (Ending::Return, Place::Function) => {
            choice.0.as_ref().is_none_or(|term| term.digest() == super::term::Term::none().digest())
        }
        (Ending::Continue, Place::Turn) => true,
        _ => false,
    }
}

fn is_one_return(steps: &[Step]) -> bool {
    matches!(steps, [Step::End { ending: Ending::Return, .. }])
}

/// The endings where a condition is decided.
fn under(steps: &[Step], condition: super::Digest, holds: bool) -> Vec<Step> {
    steps
        .iter()
        .map(|step| match step {
            Step::End { ending, choice, location, .. } => {
                let term = choice.0.as_ref().map(|term| term.under(condition, holds));
                Step::end(*ending, term.as_ref(), *location)
            }
            other => other.clone(),
        })
        .collect()
}

/// A result that is one of two, as a decision.
fn decided(
    term: Option<super::term::Term>,
    location: fastwright_python::location::Location,
    place: Place,
) -> Vec<Step> {
    let Some(term) = term else { return Vec::new() };
    let Detail::Choice(condition, yes, no) = term.detail() else {
        let end = Step::end(Ending::Return, Some(&term), location);
        return if says_nothing(&end, place) { Vec::new() } else { vec![end] };
    };
    let then = decided(Some(yes.under(condition.digest(), true)), location, place);
    let otherwise = decided(Some(no.under(condition.digest(), false)), location, place);
    if then.is_empty() && otherwise.is_empty() {
        return Vec::new();
    }
    vec![joined(condition.digest(), condition.text(), location, then, otherwise)]
}
