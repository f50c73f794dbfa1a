//! The MCP server in a JSON file. Everything else in it stays as it is, comments and spaces included.

use super::Edited;
use super::catalogue::{SERVER, Server};
use jsonc_parser::ParseOptions;
use jsonc_parser::cst::{CstInputValue, CstObject, CstRootNode};
use serde_json::{Value, json};

/// Puts the server in. One that the user has under the same name stays.
pub(super) fn install(before: Option<&str>, key: &str, server: &Server) -> Result<Edited, String> {
    let Some(before) = before.filter(|text| !text.trim().is_empty()) else {
        let mut text = serde_json::to_string_pretty(&json!({ key: { SERVER: value(server) } }))
            .map_err(|error| error.to_string())?;
        text.push('\n');
        return Ok(Edited { text: Some(text), note: None });
    };
    let (root, object) = parse(before)?;
    let servers =
        object.object_value_or_create(key).ok_or_else(|| format!("has a `{key}` that is no object"))?;
    match servers.get(SERVER) {
        None => {
            servers.append(SERVER, input(server));
            Ok(Edited { text: Some(root.to_string()), note: None })
        }
        Some(known) => {
            let is_ours = known.value().and_then(|known| known.to_serde_value()) == Some(value(server));
            let note = format!("has a server `{SERVER}` of its own, which stays as it is");
            Ok(Edited { text: Some(before.to_owned()), note: (!is_ours).then_some(note) })
        }
    }
}

/// Takes the server out, if it is as we put it in.
pub(super) fn remove(before: Option<&str>, key: &str, server: &Server) -> Result<Edited, String> {
    let unchanged = |note| Edited { text: before.map(str::to_owned), note };
    let Some(text) = before.filter(|text| !text.trim().is_empty()) else { return Ok(unchanged(None)) };
    let (root, object) = parse(text)?;
    let Some(servers) = object.object_value(key) else { return Ok(unchanged(None)) };
    let Some(known) = servers.get(SERVER) else { return Ok(unchanged(None)) };
    if known.value().and_then(|known| known.to_serde_value()) != Some(value(server)) {
        return Ok(unchanged(Some(format!("has a server `{SERVER}` that was changed, and it stays"))));
    }
    known.remove();
    if is_empty(&servers) {
        if let Some(property) = object.get(key) {
            property.remove();
        }
        if is_empty(&object) && root.children_exclude_trivia_and_tokens().len() == 1 && !has_comment(&root) {
            return Ok(Edited::default());
        }
    }
    Ok(Edited { text: Some(root.to_string()), note: None })
}

fn has_comment(root: &CstRootNode) -> bool {
    root.children().iter().any(|child| child.is_comment())
}

/// Whether there is nothing in an object, no comment either.
fn is_empty(object: &CstObject) -> bool {
    object.properties().is_empty() && !object.children().iter().any(|child| child.is_comment())
}

fn parse(text: &str) -> Result<(CstRootNode, CstObject), String> {
    // Editors write comments and commas at the end into such files; anything else is broken.
    let options = ParseOptions {
        allow_comments: true,
        allow_trailing_commas: true,
        allow_loose_object_property_names: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    };
    let root = CstRootNode::parse(text, &options).map_err(|error| format!("is no JSON: {error}"))?;
    let object = root.object_value().ok_or_else(|| "holds no JSON object".to_owned())?;
    Ok((root, object))
}

fn value(server: &Server) -> Value {
    let mut entry = json!({ "command": Server::COMMAND, "args": server.arguments() });
    if let (Some(kind), Some(object)) = (server.kind, entry.as_object_mut()) {
        object.shift_insert(0, "type".to_owned(), kind.into());
    }
    entry
}

fn input(server: &Server) -> CstInputValue {
    let text = |text: &str| CstInputValue::String(text.to_owned());
    let kind = server.kind.map(|kind| ("type".to_owned(), text(kind)));
    let arguments = server.arguments().iter().map(|argument| text(argument)).collect();
    let others =
        [("command".to_owned(), text(Server::COMMAND)), ("args".to_owned(), CstInputValue::Array(arguments))];
    CstInputValue::Object(kind.into_iter().chain(others).collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const OURS: Server = Server { kind: None, project: "." };

    #[test]
    fn other_entries_comments_and_spaces_stay() {
        for before in [
            "{\n    // of the team\n    \"mcpServers\": {\n        \"other\": {\"command\": \"x\", \"args\": []},\n    },\n    \"b\": 1\n}\n",
            "{\n  \"theme\": \"dark\"\n}",
            "{\n\t\"mcpServers\": {\n\t\t\"other\": { \"command\": \"x\" }\n\t}\n}\n",
            "{\r\n  \"theme\": \"dark\"\r\n}\r\n",
        ] {
            let after = install(Some(before), "mcpServers", &OURS).unwrap().text.unwrap();
            let (root, _) = parse(&after).unwrap();
            let read = root.to_serde_value().unwrap();
            assert_eq!(read["mcpServers"][SERVER], json!({"command": "fastwright", "args": ["mcp", "."]}));
            assert_eq!(install(Some(&after), "mcpServers", &OURS).unwrap().text.as_ref(), Some(&after));
            assert_eq!(
                remove(Some(&after), "mcpServers", &OURS).unwrap().text.as_deref(),
                Some(before),
                "{after}"
            );
        }
    }

    #[test]
    fn what_stands_on_one_line_gets_lines_and_keeps_its_values() {
        let before = "{\"mcpServers\": {\"other\": {\"command\": \"x\"}}}\n";
        let after = install(Some(before), "mcpServers", &OURS).unwrap().text.unwrap();
        let left = remove(Some(&after), "mcpServers", &OURS).unwrap().text.unwrap();
        let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        assert_eq!(read(&left), read(before));
    }

    #[test]
    fn a_file_that_is_only_ours_goes() {
        let alone = install(None, "servers", &OURS).unwrap().text.unwrap();
        assert_eq!(remove(Some(&alone), "servers", &OURS).unwrap(), Edited::default());
        let empty = install(Some("{}\n"), "servers", &OURS).unwrap().text.unwrap();
        assert_eq!(remove(Some(&empty), "servers", &OURS).unwrap(), Edited::default());
    }

    #[test]
    fn an_entry_of_the_user_stays() {
        let own = "{\"mcpServers\": {\"fastwright\": {\"command\": \"fastwright\", \"args\": [\"mcp\", \".\", \"--allow-write\"]}}}";
        for edited in [install(Some(own), "mcpServers", &OURS), remove(Some(own), "mcpServers", &OURS)] {
            let edited = edited.unwrap();
            assert_eq!((edited.text.as_deref(), edited.note.is_some()), (Some(own), true));
        }
    }

    #[test]
    fn broken_files_are_an_error() {
        for text in ["{\"a\": 1", "[]", "{'a': 1}", "{\"mcpServers\": []}", "{\"a\": 1 \"b\": 2}"] {
            assert!(install(Some(text), "mcpServers", &OURS).is_err(), "{text}");
        }
    }
}
