//! Titles made from names (`GenerateJsonSchema.get_title_from_name`, `field_title_should_be_set`).

use super::Node;
use crate::pydantic::{Core, CoreKind};

/// `name.title().replace('_', ' ').strip()`.
pub fn title_from_name(name: &str) -> String {
    title_case(name).replace('_', " ").trim().to_owned()
}

/// `str.title()`: the first letter of every word large, the others small. A word is what has letters only.
pub fn title_case(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut inside_word = false;
    for character in text.chars() {
        let cased = character.is_lowercase() || character.is_uppercase();
        if !cased {
            result.push(character);
        } else if inside_word {
            result.extend(character.to_lowercase());
        } else {
            // Where the capital of one letter is two, only the first of them is large: `ß` becomes `Ss`.
            let mut large = character.to_uppercase();
            result.extend(large.next());
            result.extend(large.flat_map(char::to_lowercase));
        }
        inside_word = cased;
    }
    result
}

/// Whether a field gets a title from its name: not where the type brings one.
pub(super) fn takes_title(node: Node<'_>) -> bool {
    match node {
        Node::Schema(core) => schema_takes_title(core),
        Node::Field(field) => schema_takes_title(&field.schema),
        Node::Computed(field) => schema_takes_title(&field.returns),
    }
}

fn schema_takes_title(mut core: &Core) -> bool {
    loop {
        if core.reference.is_some() {
            return false;
        }
        core = match &core.kind {
            CoreKind::Default { schema, .. }
            | CoreKind::Nullable(schema)
            | CoreKind::Definitions { schema, .. }
            | CoreKind::MissingSentinel(Some(schema))
            | CoreKind::FunctionBefore { schema, .. }
            | CoreKind::FunctionAfter(schema)
            | CoreKind::FunctionWrap { schema, .. } => schema,
            CoreKind::DefinitionRef(_) => return false,
            _ => return true,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_those_of_python() {
        for (name, title) in [
            ("user_id2name", "User Id2Name"),
            ("x-token", "X-Token"),
            ("HTTPCode", "Httpcode"),
            ("_private_", "Private"),
            ("straße_ß", "Straße Ss"),
            ("they're", "They'Re"),
            ("名前", "名前"),
        ] {
            assert_eq!(title_from_name(name), title);
        }
    }
}
