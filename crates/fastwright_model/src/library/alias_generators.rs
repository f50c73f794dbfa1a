//! Pydantic's generators of aliases (Pydantic 2 `alias_generators.py`).

/// What a generator makes of a name; nothing where it is none of Pydantic's.
pub(super) fn generated(generator: &str, name: &str) -> Option<String> {
    match generator {
        "pydantic.alias_generators.to_pascal" => Some(pascal(name)),
        "pydantic.alias_generators.to_camel" => Some(camel(name)),
        "pydantic.alias_generators.to_snake" => Some(snake(name)),
        _ => None,
    }
}

/// `str.title()`: letters behind anything but a letter are upper case, others lower case.
fn title(text: &str) -> String {
    let mut made = String::with_capacity(text.len());
    let mut behind_letter = false;
    for character in text.chars() {
        let cased = character.is_lowercase() || character.is_uppercase();
        if cased && behind_letter {
            made.extend(character.to_lowercase());
        } else {
            made.extend(character.to_uppercase());
        }
        behind_letter = cased;
    }
    made
}

fn pascal(name: &str) -> String {
    let title: Vec<char> = title(name).chars().collect();
    let mut made = String::with_capacity(title.len());
    for (position, character) in title.iter().enumerate() {
        let before = position.checked_sub(1).and_then(|at| title.get(at));
        let after = title.get(position + 1);
        let joins = *character == '_'
            && before.is_some_and(char::is_ascii_alphanumeric)
            && after.is_some_and(|after| after.is_ascii_digit() || after.is_ascii_uppercase());
        if !joins {
            made.push(*character);
        }
    }
    made
}

fn camel(name: &str) -> String {
    let is_camel = name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.chars().all(|character| character.is_ascii_alphanumeric())
        && !name.as_bytes().windows(2).any(|pair| pair[0].is_ascii_digit() && pair[1].is_ascii_lowercase());
    if is_camel {
        return name.to_owned();
    }
    let pascal = pascal(name);
    let underscores = pascal.chars().take_while(|character| *character == '_').count();
    let first = pascal.chars().nth(underscores);
    match first.filter(char::is_ascii_uppercase) {
        Some(first) => {
            let (start, end) = pascal.split_at(underscores);
            format!("{start}{}{}", first.to_ascii_lowercase(), &end[1..])
        }
        None => pascal,
    }
}

fn snake(name: &str) -> String {
    let acronyms = between(name, |before, character, after| {
        before.is_ascii_uppercase()
            && character.is_ascii_uppercase()
            && after.is_some_and(|after| after.is_ascii_lowercase())
    });
    let words = between(&acronyms, |before, character, _| {
        (before.is_ascii_lowercase() || before.is_ascii_digit()) && character.is_ascii_uppercase()
    });
    let numbers =
        between(&words, |before, character, _| before.is_ascii_lowercase() && character.is_ascii_digit());
    numbers.replace('-', "_").to_lowercase()
}

/// A text with `_` before each character for which, with its neighbours, a condition holds.
fn between(text: &str, condition: impl Fn(char, char, Option<char>) -> bool) -> String {
    let characters: Vec<char> = text.chars().collect();
    let mut made = String::with_capacity(text.len() + 8);
    for (position, character) in characters.iter().enumerate() {
        if position > 0
            && condition(characters[position - 1], *character, characters.get(position + 1).copied())
        {
            made.push('_');
        }
        made.push(*character);
    }
    made
}

#[cfg(test)]
mod tests {
    use super::{camel, pascal, snake};

    #[test]
    fn names_are_what_pydantic_makes_of_them() {
        for (name, expected) in [
            ("first_name", "firstName"),
            ("address_2", "address2"),
            ("line_2a", "line2A"),
            ("_private_name", "_privateName"),
            ("already", "already"),
            ("alreadyCamel", "alreadyCamel"),
            ("item2a", "item2A"),
            ("SHOUT_IT", "shoutIt"),
            ("a_b_c", "aBC"),
            ("double__under", "double__Under"),
        ] {
            assert_eq!(camel(name), expected, "{name}");
        }
        assert_eq!(pascal("some_name_2x"), "SomeName2X");
        for (name, expected) in [
            ("camelCase", "camel_case"),
            ("HTTPServer", "http_server"),
            ("item2Name", "item_2_name"),
            ("kebab-case", "kebab_case"),
            ("ABC", "abc"),
            ("getHTTPResponse2xx", "get_http_response_2xx"),
        ] {
            assert_eq!(snake(name), expected, "{name}");
        }
    }
}
