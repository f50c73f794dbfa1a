//! Probes: running a function with chosen inputs, to see what it certainly and what it possibly does.
//!
//! Settings decide by their defaults. A condition that is not decided is walked both ways; a call that
//! is not followed may raise. Everything raised on the way is remembered.

use super::{Interpreter, Mode, Raised};
use crate::location::Span;
use crate::program::FunctionId;
use crate::value::*;

/// Steps for one probe.
const PROBE_STEPS: u64 = 30_000;

/// The first statements of a function: what a probe runs of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Beginning {
    /// The function.
    pub function: FunctionId,
    /// How many of the statements of its body.
    pub statements: usize,
}

/// What a probe met.
#[derive(Debug, Clone)]
pub struct Probed {
    /// What comes back, or what is certainly raised.
    pub result: Result<Value, Raised>,
    /// Everything that is raised on some way and leaves the function, or may.
    pub raised: Vec<Raised>,
}

impl Interpreter<'_> {
    /// The decorators of a function as values, the outermost first, with their places.
    pub fn decorator_values(&mut self, function: &FunctionValue) -> Vec<(Value, Span)> {
        let definition = std::sync::Arc::clone(&function.definition);
        self.in_frame(function.scope, function.module, |interpreter| {
            definition
                .decorators
                .iter()
                .filter_map(|decorator| Some((interpreter.evaluate(decorator).ok()?, decorator.span)))
                .collect()
        })
    }

    /// Runs a callable with these arguments. Parameters that are not given and have no default are
    /// symbolic.
    pub fn probe(&mut self, callable: &Value, arguments: Arguments) -> Probed {
        self.probe_within(callable, arguments, PROBE_STEPS, None)
    }

    /// The same with so many steps: what is not reached with them counts as passed. So does what comes after the
    /// beginning of a function that the callable runs, where one is given.
    pub fn probe_within(
        &mut self,
        callable: &Value,
        arguments: Arguments,
        steps: u64,
        beginning: Option<Beginning>,
    ) -> Probed {
        let saved_beginning = std::mem::replace(&mut self.probed_beginning, beginning);
        let saved_mode = std::mem::replace(&mut self.mode, Mode::Probe);
        let saved_steps = std::mem::replace(&mut self.steps, 0);
        let saved_limit = std::mem::replace(&mut self.step_limit, steps);
        let saved_conditions = std::mem::take(&mut self.conditions);
        let saved_raises = std::mem::take(&mut self.probed_raises);
        let result = self.call_from_outside(callable, arguments);
        let raised = std::mem::replace(&mut self.probed_raises, saved_raises);
        self.conditions = saved_conditions;
        self.probed_beginning = saved_beginning;
        self.mode = saved_mode;
        self.steps = saved_steps;
        self.step_limit = saved_limit;
        Probed { result: result.map_err(|raised| *raised), raised }
    }
}
