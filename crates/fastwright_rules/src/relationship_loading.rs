//! Which relationships the queries of a function load beside the rows themselves.

use crate::call_graph::Node;
use crate::context::Context;
use crate::syntax::expressions;
use fastwright_model::facts::mentions;
use fastwright_python::ir::ExprKind;
use fastwright_python::value::{Arguments, Symbolic, Value};

/// Options of a query that load relationships.
const LOADERS: &[&str] = &[
    "selectinload",
    "joinedload",
    "subqueryload",
    "immediateload",
    "contains_eager",
    "defaultload",
    "noload",
    "selectin_polymorphic",
    "Load",
    "with_expression",
];

/// Whether the arguments of a query load something beside the object, or may do so.
pub fn has_options(arguments: &Arguments) -> bool {
    let with_options = |value: &Value| {
        mentions(value, &mut |inner| match inner.as_symbolic() {
            Some(Symbolic::Member { name, .. }) => *name == "options",
            Some(Symbolic::Parameter(_)) => false,
            _ => inner.is_unknown(),
        })
    };
    arguments.incomplete
        || arguments.keyword("options").is_some()
        || arguments.positional.first().is_some_and(|first| {
            with_options(first) || matches!(first.as_symbolic(), Some(Symbolic::Parameter(_)))
        })
}

/// The text of each loader option in a function.
pub fn loader_texts(context: &Context<'_>, node: &Node) -> Vec<String> {
    let function = &node.summary.function;
    let file = context.analysis.files.get(function.id.file);
    let mut found = Vec::new();
    expressions(&function.definition.body, &mut |expression| {
        if let ExprKind::Call(call) = &expression.kind
            && let Some(name) = call.callee.dotted_name()
            && LOADERS.contains(&name.rsplit('.').next().unwrap_or(&name))
        {
            found.push(file.slice(expression.span).to_owned());
        }
    });
    found
}

/// Whether the text of a loader option names a relationship.
pub fn names(text: &str, relation: &str) -> bool {
    text.split(|character: char| !(character.is_alphanumeric() || character == '_'))
        .any(|word| word == relation)
}
