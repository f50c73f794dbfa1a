//! `server-side-request-forgery`: address from the client that the server requests.

use crate::context::Context;
use crate::data_flow::RequestInput;
use crate::finding::{Confidence, Severity};
use crate::injection::addresses::host_part;
use crate::injection::{Danger, Injection, report_injections};
use crate::metadata::Profile;
use crate::reporter::Reporter;
use fastwright_model::application::Route;
use fastwright_python::dotted::{first_part, last_part};
use fastwright_python::interpreter::Interpreter;
use fastwright_python::summary::CallEvent;
use fastwright_python::value::*;

crate::declare_rule! {
    /// Address from the client that the server requests.
    ServerSideRequestForgery {
        name: "server-side-request-forgery",
        area: Security,
        severity: High,
        confidence: Likely,
        summary: "address from the client that the server requests",
        why: "The client makes the server call what only the server can reach: the metadata service of the cloud, databases, other services.",
        recommendation: "Allow only known hosts, or resolve the name and refuse private addresses, and follow no redirects.",
        trade_off: "Addresses that are allowed have to be listed, or a check has to be kept up to date.",
        contract_effect: "requests for other addresses are refused",
        cwe: [918],
        owasp: ["API7:2023"],
        profile: Default,
        page: "security/server-side-request-forgery.md",
        references: ["https://owasp.org/API-Security/editions/2023/en/0xa7-server-side-request-forgery/"],
        check: check,
    }
}

fn check(context: &Context<'_>, report: &mut Reporter<'_>) {
    let with_leads = context.settings.profile >= Profile::Audit;
    let sends = |name: &str| {
        address_position(name).is_some()
            || opens_address(name).is_some()
            || (with_leads && connects(name).is_some())
    };
    let message = |input: &RequestInput, route: &str, acts: &str| {
        format!("`{}` of `{route}` decides where `{acts}` sends a request", input.text)
    };
    let injection = Injection {
        calls: &sends,
        argument: &|_: &Interpreter<'_>, name: &str, call: &CallEvent| requested(name, call),
        accepts: &|input: &RequestInput, _: &Route| input.is_address(),
        message: &message,
        severity: Severity::High,
        confidence: Confidence::Likely,
        to_the_text: false,
        is_path: false,
        fix: &|_, _, _| None,
    };
    report_injections(context, report, &injection);
}

/// The part of the address that decides the host, where the client is not made for one server.
pub(super) fn requested(name: &str, call: &CallEvent) -> Option<Danger> {
    if has_base_address(call) {
        return None;
    }
    let (package, last) = (first_part(name), last_part(name));
    let acts = format!("{package}.{last}");
    if address_position(name).is_none() {
        let (position, keywords) = opens_address(name).or_else(|| connects(name))?;
        let given = call.arguments.positional.get(position);
        let given = given.or_else(|| keywords.iter().find_map(|keyword| call.arguments.keyword(keyword)))?;
        // `create_connection((host, port))`, and a list of addresses.
        let given = match given.kind() {
            Kind::Tuple(parts) => parts.first()?,
            _ => given,
        };
        return Some(Danger { acts, value: host_part(given, 0)? });
    }
    Some(Danger { acts, value: host_part(address(name, call)?, 0)? })
}

/// Functions of libraries that open the address that they are given: position and keyword.
fn opens_address(name: &str) -> Option<(usize, &'static [&'static str])> {
    let (package, last) = (first_part(name), last_part(name));
    let found: (usize, &[&str]) = match (package, last) {
        ("websockets" | "websocket", "connect" | "create_connection") => (0, &["uri", "url"]),
        ("playwright" | "pyppeteer", "goto") => (0, &["url"]),
        ("selenium", "get") => (0, &["url"]),
        ("feedparser", "parse") => (0, &["url_file_stream_or_string"]),
        ("trafilatura", "fetch_url") => (0, &["url"]),
        ("yt_dlp", "extract_info" | "download") => (0, &["url", "url_list"]),
        ("newspaper", "Article") => (0, &["url"]),
        ("mcp", "sse_client" | "streamablehttp_client" | "websocket_client") => (0, &["url"]),
        ("fastmcp", "Client") => (0, &["transport"]),
        ("langchain_community" | "langchain", "WebBaseLoader" | "AsyncHtmlLoader" | "RecursiveUrlLoader") => {
            (0, &["web_path", "web_paths", "url"])
        }
        (
            "langchain_community" | "langchain",
            "UnstructuredURLLoader" | "SeleniumURLLoader" | "PlaywrightURLLoader",
        ) => (0, &["urls"]),
        _ => return None,
    };
    Some(found)
}

/// Clients of other services and the arguments that say where these are. That a caller may choose the service is often
/// what the route is for: leads.
fn connects(name: &str) -> Option<(usize, &'static [&'static str])> {
    const NONE: usize = usize::MAX;
    let (package, last) = (first_part(name), last_part(name));
    let is_class = last.starts_with(|first: char| first.is_uppercase());
    let found: (usize, &[&str]) = match (package, last) {
        ("openai" | "anthropic" | "groq" | "mistralai" | "together", _) if is_class => {
            (NONE, &["base_url", "azure_endpoint", "server_url"])
        }
        (
            "langchain_openai"
            | "langchain_anthropic"
            | "langchain_ollama"
            | "langchain_community"
            | "llama_index",
            _,
        ) if is_class => (NONE, &["base_url", "openai_api_base", "azure_endpoint", "api_base"]),
        (
            "litellm",
            "completion" | "acompletion" | "embedding" | "aembedding" | "text_completion"
            | "atext_completion",
        ) => (NONE, &["api_base", "base_url"]),
        ("ollama", "Client" | "AsyncClient") => (0, &["host"]),
        ("httpx", "Client" | "AsyncClient") => (NONE, &["base_url"]),
        ("aiohttp", "ClientSession") => (0, &["base_url"]),
        ("boto3" | "aioboto3" | "aiobotocore", "client" | "resource") => (NONE, &["endpoint_url"]),
        ("minio", "Minio") => (0, &["endpoint"]),
        ("smtplib" | "aiosmtplib", "SMTP" | "SMTP_SSL" | "send") => (0, &["host", "hostname"]),
        ("imaplib", "IMAP4" | "IMAP4_SSL") => (0, &["host"]),
        ("ftplib", "FTP") => (0, &["host"]),
        ("socket", "create_connection") => (0, &["address"]),
        ("asyncio", "open_connection") => (0, &["host"]),
        ("paramiko", "connect") => (0, &["hostname"]),
        ("redis", "Redis" | "from_url") => (0, &["host", "url"]),
        ("git", "clone_from") => (0, &["url"]),
        ("pandas", "read_csv" | "read_json" | "read_html" | "read_excel" | "read_parquet" | "read_xml") => {
            (0, &["filepath_or_buffer", "path_or_buf", "io", "path"])
        }
        ("qdrant_client" | "weaviate" | "chromadb" | "pymilvus" | "elasticsearch" | "opensearchpy", _)
            if is_class =>
        {
            (0, &["url", "host", "hosts", "uri"])
        }
        _ => return None,
    };
    Some(found)
}

/// The address that a call of an HTTP library gets.
fn address<'c>(name: &str, call: &'c CallEvent) -> Option<&'c Value> {
    call.arguments.get(address_position(name)?, "url")
}

/// Where a function of an HTTP library takes the address, as a position; none for all others.
pub(super) fn address_position(name: &str) -> Option<usize> {
    const PACKAGES: &[&str] = &["httpx", "requests", "aiohttp", "urllib"];
    if !PACKAGES.iter().any(|package| name.starts_with(package)) {
        return None;
    }
    let (package, last) = (first_part(name), last_part(name));
    match (package, last) {
        (
            "httpx" | "requests" | "aiohttp" | "httpx2",
            "get" | "post" | "put" | "patch" | "delete" | "head" | "options" | "ws_connect",
        ) => Some(0),
        ("httpx" | "requests" | "aiohttp" | "urllib3", "request" | "stream") => Some(1),
        ("urllib", "urlopen" | "urlretrieve") => Some(0),
        _ => None,
    }
}

/// Whether the client that sends the request was made for one server.
fn has_base_address(call: &CallEvent) -> bool {
    fastwright_model::facts::mentions(
        &call.callee,
        &mut |value| matches!(value.as_symbolic(), Some(Symbolic::Call { arguments, .. }) if arguments.keyword("base_url").is_some()),
    )
}
