//! The hosts, and which of their files hold what.

/// The instructions, the same for every host.
const AGENT: &str = include_str!("../../resources/hosts/agent.md");
/// What stands where everything is read always: short.
const POINTER: &str = include_str!("../../resources/hosts/pointer.md");

/// When the agent is the right one; hosts choose by it.
const DESCRIPTION: &str = "Reviews, secures, speeds up, extends and debugs FastAPI backends with proof from whole-program \
                           analysis. Use it for any task on FastAPI routes, dependencies, schemas, database access or \
                           tests, and before a change of them is called done.";

/// The name of the MCP server in every host's configuration.
pub(super) const SERVER: &str = "fastwright";

/// The tools of the MCP server.
const TOOLS: [&str; 10] = [
    "check_project",
    "list_routes",
    "get_route",
    "get_finding",
    "explain_rule",
    "review_changes",
    "diff_contract",
    "plan_fix",
    "gate_patch",
    "apply_fix",
];

/// A coding agent that can work with fastwright.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Host {
    /// Claude Code.
    Claude,
    /// Codex.
    Codex,
    /// Cursor.
    Cursor,
    /// GitHub Copilot, in its command line and in Visual Studio Code.
    Copilot,
    /// Gemini CLI.
    Gemini,
}

/// One file of a host.
pub(super) struct Part {
    pub(super) path: &'static str,
    pub(super) content: Content,
}

/// What we have in a file.
pub(super) enum Content {
    /// The file is ours; the user may have changed its head, or written around our text.
    Document { head: String, text: &'static str },
    /// A section in a file of the user.
    Section { text: &'static str },
    /// The MCP server in JSON, below a key.
    JsonServer { key: &'static str, server: Server },
    /// The MCP server in TOML, below a key.
    TomlServer { key: &'static str, server: Server },
}

/// How a host starts the MCP server.
pub(super) struct Server {
    /// `stdio`, where a host wants to be told.
    pub(super) kind: Option<&'static str>,
    /// The folder of the project, as the host names it.
    pub(super) project: &'static str,
}

impl Server {
    pub(super) const COMMAND: &'static str = "fastwright";

    pub(super) fn arguments(&self) -> [&'static str; 2] {
        ["mcp", self.project]
    }
}

impl Host {
    /// All of them.
    pub const ALL: [Host; 5] = [Host::Claude, Host::Codex, Host::Cursor, Host::Copilot, Host::Gemini];

    /// The word on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Host::Claude => "claude",
            Host::Codex => "codex",
            Host::Cursor => "cursor",
            Host::Copilot => "copilot",
            Host::Gemini => "gemini",
        }
    }

    /// The host with this word.
    pub fn from_name(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|host| host.name() == word)
    }

    /// What it is called.
    pub fn title(self) -> &'static str {
        match self {
            Host::Claude => "Claude Code",
            Host::Codex => "Codex",
            Host::Cursor => "Cursor",
            Host::Copilot => "GitHub Copilot",
            Host::Gemini => "Gemini CLI",
        }
    }

    /// The paths of its files, relative to the project.
    pub fn paths(self) -> Vec<&'static str> {
        self.parts().into_iter().map(|part| part.path).collect()
    }

    pub(super) fn parts(self) -> Vec<Part> {
        let document = |path, head| Part { path, content: Content::Document { head, text: AGENT } };
        let section = |path, text| Part { path, content: Content::Section { text } };
        let json = |path, key, kind, project| Part {
            path,
            content: Content::JsonServer { key, server: Server { kind, project } },
        };
        match self {
            Host::Claude => vec![
                document(".claude/agents/fastapi-backend-agent.md", claude_head()),
                json(".mcp.json", "mcpServers", None, "."),
            ],
            Host::Codex => vec![
                document(".agents/skills/fastapi-backend/SKILL.md", head(&[("name", "fastapi-backend")])),
                section("AGENTS.md", POINTER),
                Part {
                    path: ".codex/config.toml",
                    content: Content::TomlServer {
                        key: "mcp_servers",
                        server: Server { kind: None, project: "." },
                    },
                },
            ],
            Host::Cursor => vec![
                document(
                    ".cursor/rules/fastapi-backend.mdc",
                    head(&[("globs", ""), ("alwaysApply", "false")]),
                ),
                json(".cursor/mcp.json", "mcpServers", None, "${workspaceFolder}"),
            ],
            Host::Copilot => vec![
                document(".github/agents/fastapi-backend.agent.md", copilot_head()),
                json(".vscode/mcp.json", "servers", Some("stdio"), "${workspaceFolder}"),
            ],
            Host::Gemini => {
                vec![section("GEMINI.md", AGENT), json(".gemini/settings.json", "mcpServers", None, ".")]
            }
        }
    }
}

/// The lines of YAML that a document begins with.
fn head(fields: &[(&str, &str)]) -> String {
    let mut text = String::from("---\n");
    // Skills have their name first; rules of an editor have none.
    let (named, others): (Vec<_>, Vec<_>) = fields.iter().partition(|(key, _)| *key == "name");
    let description = ("description", DESCRIPTION);
    for (key, value) in named.into_iter().chain([&description]).chain(others) {
        text.push_str(format!("{key}: {value}").trim_end());
        text.push('\n');
    }
    text.push_str("---\n");
    text
}

fn claude_head() -> String {
    let tools: Vec<String> = TOOLS.iter().map(|tool| format!("mcp__{SERVER}__{tool}")).collect();
    let tools = format!("Read, Grep, Glob, Edit, Write, Bash, {}", tools.join(", "));
    head(&[("name", "fastapi-backend-agent"), ("tools", &tools)])
}

fn copilot_head() -> String {
    head(&[
        ("name", "fastapi-backend"),
        ("tools", "[\"read\", \"search\", \"edit\", \"execute\", \"fastwright/*\"]"),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tool_is_named_where_the_agent_reads_it() {
        for tool in TOOLS {
            assert!(AGENT.contains(&format!("`{tool}`")), "{tool}");
            assert!(claude_head().contains(&format!("mcp__fastwright__{tool}")), "{tool}");
        }
    }

    #[test]
    fn words_are_read_back_and_files_are_named_once() {
        let mut paths: Vec<&str> = Vec::new();
        for host in Host::ALL {
            assert_eq!(Host::from_name(host.name()), Some(host));
            paths.extend(host.paths());
        }
        let count = paths.len();
        paths.sort_unstable();
        paths.dedup();
        assert_eq!(paths.len(), count);
    }
}
