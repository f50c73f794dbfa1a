//! The shapes of the contract document, version 1.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// What a program promises to its callers and does for them, as plain data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Contract {
    /// Version of this shape: 1. Within a version there are only additions.
    pub version: u32,
    /// The program that wrote it.
    pub tool: Tool,
    /// Version of FastAPI in use, as written, where known.
    pub fastapi: Option<String>,
    /// Version of Pydantic in use, as written, where known.
    pub pydantic: Option<String>,
    /// The apps that are not mounted in another.
    pub apps: Vec<AppContract>,
    /// Mapped classes, by table name.
    pub tables: Vec<TableContract>,
    /// What functions do, by business fingerprint: handlers, dependencies, methods that classes run by
    /// themselves.
    pub behaviours: BTreeMap<String, Vec<BehaviourLine>>,
    /// Classes whose methods matter to some route, by `module:qualname`.
    pub classes: BTreeMap<String, ClassContract>,
    /// What functions do that no route reaches, by `path:qualname`; only of those files that were asked for.
    /// `<module>` stands for what a file does by itself.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub functions: BTreeMap<String, String>,
    /// What could not be decided: a difference there is not seen.
    pub undecided: Vec<Undecided>,
    /// What could not be read.
    pub problems: Vec<Undecided>,
}

/// The program that wrote a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tool {
    /// `fastwright`.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// Where something stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct At {
    /// Path relative to the project, with `/`.
    pub path: String,
    /// Line, from 1.
    pub line: u32,
}

/// Something that is not known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Undecided {
    /// What and why, one sentence.
    pub reason: String,
    /// Where.
    pub at: Option<At>,
}

/// One app.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AppContract {
    /// `module:attr`, or `module:factory()`.
    pub app: String,
    /// Where it is created.
    pub at: At,
    /// Its document, then those of the apps mounted in it.
    pub documents: Vec<OpenapiDocument>,
    /// Its routes in matching order, those of mounted apps included.
    pub routes: Vec<RouteContract>,
    /// Its middleware, outermost first.
    pub middleware: Vec<Piece>,
    /// What answers exceptions: by the exception class or status.
    pub exception_handlers: Vec<Piece>,
    /// What runs at its start and end.
    pub lifespan: Option<Piece>,
    /// What could not be decided about it.
    pub undecided: Vec<Undecided>,
}

/// The OpenAPI document of an app.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OpenapiDocument {
    /// The path under which the app is mounted; empty for the app itself.
    pub mount: String,
    /// The document, without what could not be known.
    pub document: Json,
    /// What could not be known of it.
    pub doubts: Vec<Undecided>,
}

/// A named part of an app with the fingerprint of what it does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Piece {
    /// `module:qualname`, or what it is registered for.
    pub name: String,
    /// The same for pieces that do the same, options included.
    pub fingerprint: String,
    /// Its lines in [`Contract::behaviours`], where its code belongs to the program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub behaviour: Option<String>,
    /// Where it is added, or defined.
    pub at: At,
}

/// One route.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RouteContract {
    /// `http`, `websocket`, `mount` or `frontend`.
    pub kind: String,
    /// Upper-case methods, sorted; empty for WebSockets and mounts.
    pub methods: Vec<String>,
    /// Full path.
    pub path: String,
    /// `module:qualname` of the endpoint.
    pub handler: String,
    /// Where the endpoint is defined.
    pub at: At,
    /// Name of the route, for `url_path_for`.
    pub name: String,
    /// Who may call it.
    pub guard: GuardContract,
    /// Its inputs, those of dependencies included.
    pub parameters: Vec<ParameterContract>,
    /// Type of the request body.
    pub request: Option<String>,
    /// Type of the response.
    pub response: Option<String>,
    /// Statuses that callers can see.
    pub statuses: Vec<u16>,
    /// Where code raises what is answered with a status.
    pub raised: Vec<RaisedStatus>,
    /// Tables that are read.
    pub reads: Vec<String>,
    /// Tables that are written.
    pub writes: Vec<String>,
    /// Other effects in words: `commits`, `calls api.example.com`, ``starts background work `send_mail` ``.
    pub effects: Vec<String>,
    /// The condition under which it exists, as written.
    pub conditional: Option<String>,
    /// Whether it is in the OpenAPI document.
    pub include_in_schema: bool,
    /// Whether it is marked deprecated.
    pub deprecated: bool,
    /// What it does.
    pub business: Business,
}

/// Who may call a route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GuardContract {
    /// `required`, `optional` or `public`.
    pub kind: String,
    /// The guards.
    pub by: Vec<Piece>,
    /// Required roles, sorted.
    pub roles: Vec<String>,
    /// Required OAuth2 scopes, sorted.
    pub scopes: Vec<String>,
    /// Why the verdict is not certain, if it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assumption: Option<String>,
}

/// One input of a route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ParameterContract {
    /// Name on the wire.
    pub name: String,
    /// `path`, `query`, `header`, `cookie`, `form`, `file` or `body`.
    pub place: String,
    /// Its type as people write it; `?` when unknown.
    pub annotation: String,
    /// Whether the client must send it.
    pub required: bool,
    /// The default as Python source.
    pub default: Option<String>,
    /// Bounds, lengths and patterns that validation enforces.
    pub constraints: BTreeMap<String, String>,
    /// Where it is declared.
    pub at: At,
}

/// A status with a place that raises what leads to it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct RaisedStatus {
    /// The status.
    pub status: u16,
    /// `module:qualname` of the function that raises.
    pub by: String,
    /// Where.
    pub at: At,
}

/// What a route does, by fingerprints: the same for code that does the same, however it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Business {
    /// Covers everything below.
    pub fingerprint: String,
    /// Of the handler itself, as in [`Contract::behaviours`]; none where its code is not known.
    pub handler: Option<String>,
    /// What FastAPI runs before it, in order.
    pub dependencies: Vec<Piece>,
    /// Classes whose methods run on the way, as in [`Contract::classes`].
    pub classes: Vec<String>,
}

/// One line of a behaviour.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BehaviourLine {
    /// How many decisions, loops and blocks stand around it.
    pub depth: u32,
    /// `effect`, `if`, `else`, `loop`, `inside`, `try`, `except`, `finally`, `return`, `raise`, `break`,
    /// `continue` or `leave`.
    pub kind: String,
    /// What happens, in the program's own names.
    pub text: String,
    /// The same for lines that do the same, without what stands inside.
    pub fingerprint: String,
    /// Where.
    pub at: At,
}

/// What a class runs by itself: validators, serializers, properties, special methods.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClassContract {
    /// Where it is defined.
    pub at: At,
    /// Covers its parts.
    pub fingerprint: String,
    /// Its parts.
    pub parts: Vec<Piece>,
}

/// A mapped class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TableContract {
    /// Name of the table.
    pub name: String,
    /// Where the class is defined.
    pub at: At,
    /// Columns in order.
    pub columns: Vec<ColumnContract>,
    /// Indexes and unique constraints over several columns.
    pub indexes: Vec<IndexContract>,
    /// Relationships of the class.
    pub relationships: Vec<RelationshipContract>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ColumnContract {
    /// Name.
    pub name: String,
    /// The type as people write it, where known.
    pub r#type: Option<String>,
    /// Whether NULL is allowed.
    pub nullable: bool,
    /// Whether it is (part of) the primary key.
    pub primary_key: bool,
    /// Whether no two rows can share a value.
    pub unique: bool,
    /// Whether it has an index.
    pub indexed: bool,
    /// Table and column that it refers to.
    pub foreign_key: Option<String>,
    /// What the database does when the row that it refers to is deleted.
    pub on_delete: Option<String>,
    /// What the program puts in where nothing is given.
    pub default: Option<String>,
    /// What the database puts in where nothing is given.
    pub server_default: Option<String>,
    /// Where it is declared.
    pub at: At,
}

/// An index or unique constraint over one or several columns.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct IndexContract {
    /// Its columns.
    pub columns: Vec<String>,
    /// Whether rows can't share the values.
    pub unique: bool,
}

/// A relationship of mapped classes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RelationshipContract {
    /// Attribute of the class.
    pub name: String,
    /// Name of the related class.
    pub target: Option<String>,
    /// How it is loaded.
    pub lazy: String,
    /// What is done to related objects.
    pub cascade: Option<String>,
}

impl At {
    /// `path:line`.
    pub fn text(&self) -> String {
        format!("{}:{}", self.path, self.line)
    }
}
