//! `fastwright init --agent`: files of hosts come, are merged into what is there, and go without a trace.

#![allow(clippy::unwrap_used, missing_docs)]

use assert_cmd::Command;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

const HOSTS: [&str; 5] = ["claude", "codex", "cursor", "copilot", "gemini"];

fn init(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_fastwright"))
        .current_dir(folder)
        .arg("init")
        .args(arguments)
        .env_remove("FORCE_COLOR")
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// Every file below a folder, and every folder.
fn tree(folder: &Path) -> BTreeMap<String, Option<String>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).unwrap().map(Result::unwrap) {
            let name = entry.path().strip_prefix(folder).unwrap().to_string_lossy().into_owned();
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
                found.insert(name, None);
            } else {
                found.insert(name, Some(fs::read_to_string(entry.path()).unwrap()));
            }
        }
    }
    found
}

fn write(folder: &Path, path: &str, text: &str) {
    let file = folder.join(path);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, text).unwrap();
}

/// Files of a user who has been there before.
const OWN: [(&str, &str); 8] = [
    ("AGENTS.md", "# Notes\n\nBe kind.\n"),
    ("GEMINI.md", "# Notes\r\n\r\nBe kind.\r\n"),
    (
        ".mcp.json",
        "{\n  \"mcpServers\": {\n    \"database\": { \"command\": \"db\", \"args\": [] }\n  }\n}\n",
    ),
    (".cursor/mcp.json", "{\n  \"mcpServers\": {\n    \"database\": { \"command\": \"db\" }\n  }\n}"),
    (
        ".vscode/mcp.json",
        "{\n\t// of the team\n\t\"inputs\": [],\n\t\"servers\": {\n\t\t\"database\": { \"command\": \"db\" },\n\t},\n}\n",
    ),
    (".gemini/settings.json", "{\n  \"theme\": \"dark\"\n}\n"),
    (
        ".codex/config.toml",
        "# of the team\nmodel = \"x\"  # fast\n\n[mcp_servers.database]\ncommand = \"db\"\n",
    ),
    (".claude/agents/other.md", "---\nname: other\n---\nhello\n"),
];

fn server(folder: &Path, path: &str, key: &str) -> Value {
    let text = fs::read_to_string(folder.join(path)).unwrap();
    serde_json::from_str::<Value>(&text).unwrap()[key]["fastwright"].clone()
}

#[test]
fn a_project_without_any_gets_the_files_of_its_host_and_loses_them_again() {
    for host in HOSTS {
        let folder = tempfile::tempdir().unwrap();
        let (code, shown, errors) = init(folder.path(), &["--agent", host, "--diff"]);
        assert_eq!((code, errors.as_str()), (1, ""), "{host}");
        assert!(shown.contains("--- /dev/null\n+++ b/"), "{shown}");
        assert!(tree(folder.path()).is_empty(), "{host}");

        let (code, shown, errors) = init(folder.path(), &["--agent", host]);
        assert_eq!((code, errors.as_str()), (0, ""), "{host}");
        let after = tree(folder.path());
        let files = after.values().flatten().count();
        assert_eq!(shown.matches("created ").count(), files, "{shown}");
        assert!(after.values().flatten().any(|text| text.contains("`gate_patch`")), "{host}");

        let (code, shown, _) = init(folder.path(), &["--agent", host]);
        assert_eq!(code, 0);
        assert!(shown.starts_with("Nothing to do"), "{shown}");
        assert_eq!(tree(folder.path()), after, "{host}");
        assert_eq!(init(folder.path(), &["--agent", host, "--diff"]).0, 0);

        assert_eq!(init(folder.path(), &["--agent", host, "--remove"]).0, 0);
        assert!(tree(folder.path()).is_empty(), "{host}: {:?}", tree(folder.path()));
        assert!(init(folder.path(), &["--agent", host, "--remove"]).1.starts_with("Nothing to do"));
    }
}

#[test]
fn the_server_is_named_as_each_host_wants_it() {
    let folder = tempfile::tempdir().unwrap();
    for host in HOSTS {
        assert_eq!(init(folder.path(), &["--agent", host]).0, 0);
    }
    let here = json!({"command": "fastwright", "args": ["mcp", "."]});
    let named = json!({"command": "fastwright", "args": ["mcp", "${workspaceFolder}"]});
    assert_eq!(server(folder.path(), ".mcp.json", "mcpServers"), here);
    assert_eq!(server(folder.path(), ".gemini/settings.json", "mcpServers"), here);
    assert_eq!(server(folder.path(), ".cursor/mcp.json", "mcpServers"), named);
    let typed = json!({"type": "stdio", "command": "fastwright", "args": ["mcp", "${workspaceFolder}"]});
    assert_eq!(server(folder.path(), ".vscode/mcp.json", "servers"), typed);
    let read = |path: &str| fs::read_to_string(folder.path().join(path)).unwrap();
    assert_eq!(
        read(".codex/config.toml"),
        "[mcp_servers.fastwright]\ncommand = \"fastwright\"\nargs = [\"mcp\", \".\"]\n"
    );
    let agent = read(".claude/agents/fastapi-backend-agent.md");
    assert!(agent.starts_with("---\nname: fastapi-backend-agent\ndescription: "), "{agent}");
    assert!(
        agent.contains("\ntools: Read, Grep, Glob, Edit, Write, Bash, mcp__fastwright__check_project, "),
        "{agent}"
    );
    assert!(
        read(".agents/skills/fastapi-backend/SKILL.md")
            .starts_with("---\nname: fastapi-backend\ndescription: ")
    );
    assert!(read("AGENTS.md").contains(".agents/skills/fastapi-backend/SKILL.md"));
    assert!(read(".cursor/rules/fastapi-backend.mdc").contains("\nglobs:\nalwaysApply: false\n---\n"));
    assert!(read(".github/agents/fastapi-backend.agent.md").contains("\"fastwright/*\"]\n---\n"));
}

#[test]
fn what_the_user_has_stays_byte_for_byte() {
    for host in HOSTS {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in OWN {
            write(folder.path(), path, text);
        }
        let before = tree(folder.path());
        assert_eq!(init(folder.path(), &["--agent", host]).0, 0, "{host}");
        let after = tree(folder.path());
        assert_ne!(after, before);
        for (path, text) in &after {
            if let (Some(text), Some(Some(own))) = (text, before.get(path)) {
                // Lines come, none goes, but for a comma or a bracket that gets company on its line.
                let kept = own.lines().filter(|line| line.len() > 3 && !line.ends_with('}'));
                for line in kept {
                    assert!(text.contains(line), "{host} {path}: {line}\n{text}");
                }
                assert_eq!(text.contains("\r\n"), own.contains("\r\n"), "{host} {path}");
            }
        }
        assert!(init(folder.path(), &["--agent", host]).1.starts_with("Nothing to do"), "{host}");
        assert_eq!(init(folder.path(), &["--agent", host, "--remove"]).0, 0);
        assert_eq!(tree(folder.path()), before, "{host}");
    }
}

#[test]
fn a_file_that_can_not_be_understood_is_never_written_over() {
    for (host, path, text) in [
        ("claude", ".mcp.json", "{\"mcpServers\": {"),
        ("claude", ".mcp.json", "[]"),
        ("claude", ".claude/agents/fastapi-backend-agent.md", "mine\n"),
        ("codex", ".codex/config.toml", "model = "),
        ("codex", "AGENTS.md", "<!-- fastwright:begin -->\n"),
        ("cursor", ".cursor/mcp.json", "{\"mcpServers\": 1}"),
        ("copilot", ".vscode/mcp.json", "servers"),
        ("gemini", ".gemini/settings.json", "{'mcpServers': {}}"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), path, text);
        let before = tree(folder.path());
        let (code, shown, errors) = init(folder.path(), &["--agent", host]);
        assert_eq!((code, shown.as_str()), (2, ""), "{path}");
        assert!(errors.contains(path) && errors.contains("nothing is written"), "{errors}");
        assert_eq!(tree(folder.path()), before, "{path}");
    }
}

#[test]
fn what_the_user_changed_of_ours_stays() {
    let folder = tempfile::tempdir().unwrap();
    let own = "{\"mcpServers\": {\"fastwright\": {\"command\": \"fastwright\", \"args\": [\"mcp\", \".\", \"--allow-write\"]}}}\n";
    write(folder.path(), ".mcp.json", own);
    let (code, _, errors) = init(folder.path(), &["--agent", "claude"]);
    assert_eq!(code, 0);
    assert!(errors.contains(".mcp.json has a server `fastwright` of its own"), "{errors}");
    let agent = folder.path().join(".claude/agents/fastapi-backend-agent.md");
    let text = fs::read_to_string(&agent).unwrap().replace("\ntools: ", "\nmodel: opus\ntools: ");
    fs::write(&agent, format!("{text}\nOur hours are UTC.\n")).unwrap();
    assert!(init(folder.path(), &["--agent", "claude"]).1.starts_with("Nothing to do"));
    assert_eq!(init(folder.path(), &["--agent", "claude", "--remove"]).0, 0);
    let left = fs::read_to_string(&agent).unwrap();
    assert!(left.contains("model: opus") && left.ends_with("---\n\nOur hours are UTC.\n"), "{left}");
    assert!(!left.contains("## First: what must stay"), "{left}");
    assert_eq!(fs::read_to_string(folder.path().join(".mcp.json")).unwrap(), own);
}

#[cfg(unix)]
#[test]
fn links_are_not_followed() {
    for (link, host) in [(".claude", "claude"), (".mcp.json", "claude"), (".codex/config.toml", "codex")] {
        let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(outside.path().join("file"), "{}\n").unwrap();
        let place = folder.path().join(link);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        let target =
            if link == ".claude" { outside.path().to_path_buf() } else { outside.path().join("file") };
        std::os::unix::fs::symlink(target, place).unwrap();
        let before = tree(outside.path());
        let (code, _, errors) = init(folder.path(), &["--agent", host]);
        assert_eq!(code, 2, "{link}");
        assert!(errors.contains("symbolic link"), "{errors}");
        assert_eq!(tree(outside.path()), before);
        assert!(!folder.path().join("AGENTS.md").exists());
    }
}

#[test]
fn without_a_host_the_hosts_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let (code, shown, errors) = init(folder.path(), &[]);
    assert_eq!((code, shown.as_str()), (2, ""));
    for host in HOSTS {
        assert!(errors.contains(&format!("\n  {host} ")), "{errors}");
    }
    assert_eq!(init(folder.path(), &["--agent", "cline"]).0, 2);
    assert_eq!(init(folder.path(), &["nowhere", "--agent", "claude"]).0, 2);
}
