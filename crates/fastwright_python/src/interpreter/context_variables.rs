//! `contextvars.ContextVar` while modules are imported: everything runs in one context then, so that a
//! variable holds what was set last. What a request sets is another matter; there they stay expressions.

use super::{Evaluated, Interpreter, Mode};
use crate::location::{Location, Span};
use crate::name::Name;
use crate::value::*;

const VARIABLE: &str = "contextvars.ContextVar";
const TOKEN: &str = "contextvars.Token";

impl Interpreter<'_> {
    /// A method of a context variable.
    pub(super) fn context_variable_method(
        &mut self,
        variable: &Value,
        method: Name,
        arguments: &Arguments,
        span: Span,
    ) -> Option<Evaluated> {
        let Some(Symbolic::Call { callee, arguments: made_with, site }) = variable.as_symbolic() else {
            return None;
        };
        if self.mode != Mode::Import || callee.as_external().is_none_or(|name| name != VARIABLE) {
            return None;
        }
        let default = made_with.keyword("default").cloned();
        let site = *site;
        // Variables that the same place makes again and again are told apart by their names.
        let name = Name::from(made_with.positional.first()?.as_str()?);
        let known = self.context_variables.get(&(site, name)).cloned();
        match (method.as_str(), arguments.positional.as_slice()) {
            ("get", given) => {
                let otherwise = given.first().cloned().or(default);
                Some(match known.or(otherwise) {
                    Some(value) => Ok(value),
                    None => {
                        self.raised_by_library("builtins.LookupError", format!("`{name}` is not set"), span)
                    }
                })
            }
            ("set", [value]) => {
                let before = known.map_or_else(Vec::new, |before| vec![before]);
                self.set_context_variable(site, name, Some(value.clone()));
                let positional = [vec![variable.clone()], before].concat();
                let arguments = Arguments::of(positional);
                Some(Ok(Value::call(Value::external(TOKEN), arguments, self.here(span))))
            }
            ("reset", [token]) => {
                let before = match token.as_symbolic() {
                    Some(Symbolic::Call { callee, arguments, .. })
                        if callee.as_external().is_some_and(|name| name == TOKEN) =>
                    {
                        arguments.positional.get(1).cloned()
                    }
                    _ => Some(Value::unknown(format!("what `{name}` held before is not known"), None)),
                };
                self.set_context_variable(site, name, before);
                Some(Ok(Value::NONE))
            }
            _ => None,
        }
    }

    fn set_context_variable(&mut self, site: Location, name: Name, value: Option<Value>) {
        let value = match value {
            // Only one of the branches that are walked is taken.
            _ if self.open_branches > 0 => {
                Some(Value::unknown(format!("whether `{name}` is set is not decided"), Some(site)))
            }
            value => value,
        };
        match value {
            Some(value) => self.context_variables.insert((site, name), value),
            None => self.context_variables.remove(&(site, name)),
        };
    }
}
