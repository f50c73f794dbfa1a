//! Secrets that are known by their shape, whatever they are called.
//!
//! Each provider says itself what its tokens look like, mostly so that they can be found when they leak: GitHub
//! ("Behind GitHub's new authentication token formats"), GitLab ("Token overview"), Slack ("Tokens"), Stripe ("API
//! keys"), AWS ("IAM identifiers"), Google ("API keys", "Service account keys"), OpenAI and Anthropic (their consoles),
//! `PyPI` and npm (their blogs), RFC 7519 (JSON Web Tokens), RFC 7468 (textual keys), RFC 3986 (user information).

use super::assignments::looks_made_up;
use super::{Found, Kind};
use regex::{Regex, RegexSet};
use std::ops::Range;
use std::sync::LazyLock;

/// A shape; where it has a group `secret`, only that is the secret, and a group `made_up` only when it can't be a word.
const SHAPES: &[(&str, Kind)] = &[
    (r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b", Kind::Token("AWS access key")),
    (r"\bgh[pousr]_[A-Za-z0-9]{36,255}\b", Kind::Token("GitHub token")),
    (r"\bgithub_pat_[A-Za-z0-9_]{22,255}\b", Kind::Token("GitHub token")),
    (
        r"\bgl(?:pat|oas|dt|rt|rtr|cbt|ptt|ft|imt|agent|soat|ffct)-[A-Za-z0-9_.\-]{20,300}",
        Kind::Token("GitLab token"),
    ),
    (r"\bxox[abeoprs]-(?:[0-9A-Za-z]{1,}-)*[0-9A-Za-z]{8,}", Kind::Token("Slack token")),
    (r"\bxapp-[0-9]-[A-Za-z0-9]+-[0-9]+-[a-f0-9]{16,}", Kind::Token("Slack token")),
    (
        r"https://hooks\.slack\.com/(?:services|workflows)/(?P<secret>[A-Za-z0-9+/]{20,})",
        Kind::Token("Slack webhook"),
    ),
    (r"\b(?:sk|rk|pk)_(?:live|test|prod)_[A-Za-z0-9]{10,255}\b", Kind::Token("Stripe key")),
    (r"\bwhsec_[A-Za-z0-9+/=]{16,}", Kind::Token("webhook secret")),
    (r"\bsk-ant-[A-Za-z0-9_\-]{16,}", Kind::Token("Anthropic key")),
    (r"\bsk-(?:proj-|svcacct-|admin-|or-v1-|None-)?[A-Za-z0-9_\-]{20,}", Kind::Token("OpenAI key")),
    (r"\bAIza[A-Za-z0-9_\-]{35}", Kind::Token("Google key")),
    (r"\bya29\.[A-Za-z0-9_\-.]{20,}", Kind::Token("Google token")),
    (r"\bGOCSPX-[A-Za-z0-9_\-]{20,}", Kind::Token("Google client secret")),
    (r"\bSG\.[A-Za-z0-9_\-]{16,32}\.[A-Za-z0-9_\-]{16,64}", Kind::Token("SendGrid key")),
    (r"\bkey-[0-9a-f]{32}\b", Kind::Token("Mailgun key")),
    (r"\bSK[0-9a-f]{32}\b", Kind::Token("Twilio key")),
    (r"\bnpm_[A-Za-z0-9]{36}\b", Kind::Token("npm token")),
    (r"\bpypi-[A-Za-z0-9_\-]{50,}", Kind::Token("PyPI token")),
    (r"\bhf_[A-Za-z0-9]{30,}\b", Kind::Token("Hugging Face token")),
    (r"\bdop_v1_[a-f0-9]{64}\b", Kind::Token("DigitalOcean token")),
    (r"\bdckr_pat_[A-Za-z0-9_\-]{20,}", Kind::Token("Docker token")),
    (r"\bhvs\.[A-Za-z0-9_\-]{24,}", Kind::Token("Vault token")),
    (
        r"\b[MNO][A-Za-z0-9_\-]{23,27}\.[A-Za-z0-9_\-]{6}\.[A-Za-z0-9_\-]{27,38}\b",
        Kind::Token("Discord token"),
    ),
    (r"\b[0-9]{8,10}:AA[A-Za-z0-9_\-]{33}\b", Kind::Token("Telegram token")),
    (r"(?i)\bAccountKey=(?P<secret>[A-Za-z0-9+/=]{40,})", Kind::Token("Azure key")),
    (
        r"(?i)[?&](?:sig|X-Amz-Signature|X-Goog-Signature)=(?P<secret>[A-Za-z0-9%+/=]{20,})",
        Kind::Token("signature"),
    ),
    (r"https://[0-9a-f]{32}(?::[0-9a-f]{32})?@[a-z0-9.\-]*sentry", Kind::Token("Sentry address")),
    (r"\beyJ[A-Za-z0-9_\-]{8,}\.eyJ[A-Za-z0-9_\-]{4,}\.[A-Za-z0-9_\-]*", Kind::Token("JSON Web Token")),
    (r"\$2[abxy]\$[0-9]{2}\$[./A-Za-z0-9]{53}", Kind::Token("password hash")),
    (
        r"\$argon2(?:id|i|d)\$v=[0-9]+\$[A-Za-z0-9=,]+\$[A-Za-z0-9+/=]+\$[A-Za-z0-9+/=]+",
        Kind::Token("password hash"),
    ),
    (ADDRESS, Kind::Password),
    (
        r"(?i)\bauthorization\b.{0,12}?\b(?:bearer|basic|token|digest)\s+(?P<made_up>[A-Za-z0-9._~+/=\-]{8,})",
        Kind::Secret,
    ),
    (r"(?i)\bbearer\s+(?P<secret>[A-Za-z0-9._~+/=\-]*[0-9][A-Za-z0-9._~+/=\-]{15,})", Kind::Secret),
    (
        r#"(?i)--(?:[a-z\-]+-)?(?:password|passwd|token|secret|api-key)(?:=|[ \t]+)(?P<made_up>[^\s"'<>\[\]{}()$|;&,\\-][^\s"'<>\[\]{}()|;&,\\]{3,})"#,
        Kind::Secret,
    ),
];

/// The password in front of the host of an address. Names of variables in braces or behind a dollar are none.
const ADDRESS: &str =
    r#"\b[A-Za-z][A-Za-z0-9+.\-]{1,30}://[^\s:/@"'<>{}$%\[\]]{0,100}:(?P<secret>[^\s/@"'<>{}$\[\]]{1,200})@"#;

/// What stands for a password where addresses are explained.
const EXAMPLES: &[&str] =
    &["pass", "password", "passwd", "pwd", "port", "token", "secret", "***", "xxx", "..."];

/// Boundaries of words as ASCII has them: those of Unicode keep the search from its quick ways.
fn quick(shape: &str) -> String {
    shape.replace(r"\b", r"(?-u:\b)")
}

static SET: LazyLock<RegexSet> =
    LazyLock::new(|| RegexSet::new(SHAPES.iter().map(|(shape, _)| quick(shape))).unwrap_or_default());
static PATTERNS: LazyLock<Vec<Option<Regex>>> =
    LazyLock::new(|| SHAPES.iter().map(|(shape, _)| Regex::new(&quick(shape)).ok()).collect());
static ADDRESSES: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(&quick(ADDRESS)).ok());

static KEY_BEGINS: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new("-----BEGIN (?:[A-Z0-9 ]{1,30} )?PRIVATE KEY(?: BLOCK)?-----").ok());

/// Private keys, also those whose end is cut off.
fn private_keys(text: &str) -> Vec<Found> {
    let begins = KEY_BEGINS.iter().flat_map(|pattern| pattern.find_iter(text));
    // Code that looks for keys has the same words in it.
    let is_key = |body: &str| {
        let first =
            body.trim_start_matches(|letter: char| letter.is_whitespace() || "\\\"'n,".contains(letter));
        first.starts_with("Proc-Type:")
            || first.len()
                - first
                    .trim_start_matches(|letter: char| {
                        letter.is_ascii_alphanumeric() || "+/=".contains(letter)
                    })
                    .len()
                >= 16
    };
    let key = |begin: regex::Match| {
        let rest = &text[begin.end()..];
        let end = rest.find("-----END ").unwrap_or_else(|| {
            let is_of_key = |letter: char| {
                letter.is_ascii_alphanumeric() || letter.is_whitespace() || "+/=\\\"',:-".contains(letter)
            };
            rest.find(|letter| !is_of_key(letter)).unwrap_or(rest.len())
        });
        // The space around it is not secret.
        let body = rest[..end].trim();
        let start = begin.end() + rest[..end].find(body).unwrap_or(0);
        Found { range: start..start + body.len(), kind: Kind::PrivateKey }
    };
    begins.map(key).filter(|found| is_key(&text[found.range.clone()])).collect()
}

/// All secrets of a text that are known by their shape.
pub(super) fn find(text: &str) -> Vec<Found> {
    let mut found = private_keys(text);
    for index in SET.matches(text) {
        let (Some(pattern), Some((_, kind))) = (&PATTERNS[index], SHAPES.get(index)) else { continue };
        for captures in pattern.captures_iter(text) {
            let made_up = captures.name("made_up");
            let Some(secret) = captures.name("secret").or(made_up).or_else(|| captures.get(0)) else {
                continue;
            };
            let is_word =
                made_up.is_some() && (!looks_made_up(secret.as_str()) || secret.as_str().contains("..."));
            let is_example =
                *kind == Kind::Password && EXAMPLES.contains(&secret.as_str().to_lowercase().as_str());
            if !is_word && !is_example {
                found.push(Found { range: secret.range(), kind: *kind });
            }
        }
    }
    found
}

/// Where passwords stand in the addresses of a text.
pub(super) fn passwords_of_addresses(text: &str) -> Vec<Range<usize>> {
    ADDRESSES
        .iter()
        .flat_map(|pattern| pattern.captures_iter(text))
        .filter_map(|captures| Some(captures.name("secret")?.range()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{PATTERNS, SET, SHAPES};

    #[test]
    fn every_shape_is_a_pattern() {
        assert!(super::KEY_BEGINS.is_some() && super::ADDRESSES.is_some());
        assert_eq!(SET.len(), SHAPES.len());
        for (pattern, (shape, _)) in PATTERNS.iter().zip(SHAPES) {
            assert!(pattern.is_some(), "{shape}");
        }
    }
}
