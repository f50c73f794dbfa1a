//! The MCP server in a TOML file. Everything else in it stays as it is, comments and spaces included.

use super::Edited;
use super::catalogue::{SERVER, Server};
use toml_edit::{Array, DocumentMut, Item, Table, TableLike, value};

/// Puts the server in. One that the user has under the same name stays.
pub(super) fn install(before: Option<&str>, key: &str, server: &Server) -> Result<Edited, String> {
    let text = before.unwrap_or_default();
    let mut document = parse(text)?;
    let servers = document.entry(key).or_insert_with(|| {
        let mut servers = Table::new();
        servers.set_implicit(true);
        Item::Table(servers)
    });
    let servers = servers.as_table_like_mut().ok_or_else(|| format!("has a `{key}` that is no table"))?;
    if let Some(known) = servers.get(SERVER) {
        let is_ours = known.as_table_like().is_some_and(|known| is_ours(known, server));
        let note = format!("has a server `{SERVER}` of its own, which stays as it is");
        return Ok(Edited { text: Some(text.to_owned()), note: (!is_ours).then_some(note) });
    }
    let mut entry = Table::new();
    entry.insert("command", value(Server::COMMAND));
    entry.insert("args", value(Array::from_iter(server.arguments())));
    servers.insert(SERVER, Item::Table(entry));
    Ok(Edited { text: Some(document.to_string()), note: None })
}

/// Takes the server out, if it is as we put it in.
pub(super) fn remove(before: Option<&str>, key: &str, server: &Server) -> Result<Edited, String> {
    let unchanged = |note| Edited { text: before.map(str::to_owned), note };
    let Some(text) = before else { return Ok(unchanged(None)) };
    let mut document = parse(text)?;
    let Some(servers) = document.get_mut(key).and_then(Item::as_table_like_mut) else {
        return Ok(unchanged(None));
    };
    let Some(known) = servers.get(SERVER) else { return Ok(unchanged(None)) };
    if !known.as_table_like().is_some_and(|known| is_ours(known, server)) {
        return Ok(unchanged(Some(format!("has a server `{SERVER}` that was changed, and it stays"))));
    }
    servers.remove(SERVER);
    if servers.is_empty() {
        document.remove(key);
    }
    let text = document.to_string();
    Ok(Edited { text: (!text.trim().is_empty()).then_some(text), note: None })
}

fn parse(text: &str) -> Result<DocumentMut, String> {
    text.parse::<DocumentMut>().map_err(|error| format!("is no TOML: {}", error.to_string().trim_end()))
}

fn is_ours(entry: &dyn TableLike, server: &Server) -> bool {
    let command = entry.get("command").and_then(Item::as_str);
    let arguments = entry.get("args").and_then(Item::as_array);
    let arguments: Option<Vec<&str>> =
        arguments.and_then(|arguments| arguments.iter().map(|argument| argument.as_str()).collect());
    entry.len() == 2
        && command == Some(Server::COMMAND)
        && arguments.as_deref() == Some(server.arguments().as_slice())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const OURS: Server = Server { kind: None, project: "." };

    #[test]
    fn other_entries_comments_and_spaces_stay() {
        for before in [
            "# of the team\nmodel = \"x\"   # ours\n\n[mcp_servers.other]\ncommand = \"x\"\n",
            "model = \"x\"\n",
            "[mcp_servers.other]\ncommand = \"x\"\n\n[profiles.fast]\nmodel = \"y\"\n# the end\n",
        ] {
            let after = install(Some(before), "mcp_servers", &OURS).unwrap().text.unwrap();
            let read = parse(&after).unwrap();
            assert_eq!(read["mcp_servers"][SERVER]["command"].as_str(), Some("fastwright"), "{after}");
            assert_eq!(install(Some(&after), "mcp_servers", &OURS).unwrap().text.as_ref(), Some(&after));
            assert_eq!(remove(Some(&after), "mcp_servers", &OURS).unwrap().text.as_deref(), Some(before));
        }
        let alone = install(None, "mcp_servers", &OURS).unwrap().text.unwrap();
        assert_eq!(alone, "[mcp_servers.fastwright]\ncommand = \"fastwright\"\nargs = [\"mcp\", \".\"]\n");
        assert_eq!(remove(Some(&alone), "mcp_servers", &OURS).unwrap(), Edited::default());
    }

    #[test]
    fn an_entry_of_the_user_stays_and_broken_files_are_an_error() {
        let own = "[mcp_servers.fastwright]\ncommand = \"uvx\"\nargs = [\"fastwright\", \"mcp\"]\n";
        for edited in [install(Some(own), "mcp_servers", &OURS), remove(Some(own), "mcp_servers", &OURS)] {
            let edited = edited.unwrap();
            assert_eq!((edited.text.as_deref(), edited.note.is_some()), (Some(own), true));
        }
        for text in ["a = ", "mcp_servers = 1\n"] {
            assert!(install(Some(text), "mcp_servers", &OURS).is_err(), "{text}");
        }
    }
}
