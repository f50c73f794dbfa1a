//! Words that names are made of: what sounds like a credential, and what only sounds like one.

/// The words of a name: `userApiKey`, `USER_API_KEY` and `user-api-key` are `user`, `api`, `key`.
pub fn words(name: &str) -> Vec<String> {
    let mut words = Vec::new();
    any_word(name, &mut |word| {
        words.push(word.to_owned());
        false
    });
    words
}

/// Whether something holds for one of these words.
pub fn any_word(name: &str, test: &mut dyn FnMut(&str) -> bool) -> bool {
    let mut word = String::with_capacity(name.len());
    let mut before_is_lower = false;
    for character in name.chars() {
        let ends = !character.is_alphanumeric() || (character.is_uppercase() && before_is_lower);
        if ends && !word.is_empty() {
            if test(&word) {
                return true;
            }
            word.clear();
        }
        if character.is_ascii_alphanumeric() {
            word.push(character.to_ascii_lowercase());
        } else if character.is_alphanumeric() {
            word.extend(character.to_lowercase());
        }
        before_is_lower = character.is_lowercase() || character.is_numeric();
    }
    !word.is_empty() && test(&word)
}

/// Words that say that a value is a credential.
const CREDENTIALS: &[&str] = &[
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "secret",
    "token",
    "apikey",
    "otp",
    "credential",
    "credentials",
];
/// Words whose pair is one: `api key`, `signing key`.
const KEYS: &[&str] = &[
    "api",
    "access",
    "secret",
    "private",
    "signing",
    "webhook",
    "session",
    "encryption",
    "auth",
    "payment",
    "jwt",
];
/// Last words of names that are about a credential and not one.
const ABOUT: &[&str] = &[
    "type",
    "types",
    "url",
    "uri",
    "header",
    "name",
    "names",
    "pattern",
    "regex",
    "length",
    "len",
    "min",
    "max",
    "count",
    "counts",
    "limit",
    "limits",
    "id",
    "ids",
    "expires",
    "expiry",
    "expire",
    "expiration",
    "minutes",
    "seconds",
    "days",
    "hours",
    "ttl",
    "algorithm",
    "algorithms",
    "alg",
    "field",
    "prefix",
    "path",
    "paths",
    "dir",
    "dirs",
    "directory",
    "folder",
    "file",
    "files",
    "filename",
    "endpoint",
    "endpoints",
    "urls",
    "format",
    "hint",
    "policy",
    "strength",
    "usage",
    "used",
    "budget",
    "issuer",
    "audience",
    "scope",
    "scopes",
    "location",
    "schema",
    "model",
    "class",
    "response",
    "request",
    "required",
    "enabled",
    "env",
    "cost",
    "size",
    "hash",
    "hashes",
    "hashed",
    "status",
    "at",
    "lifetime",
    "age",
    "info",
    "data",
    "tokens",
    "index",
    "separator",
    "kind",
    "method",
    "manager",
];

/// Whether a name says that its value is a password, token, key or the like.
pub fn is_credential_name(name: &str) -> bool {
    let words = words(name);
    let Some(last) = words.last() else { return false };
    if ABOUT.contains(&last.as_str())
        || words.first().is_some_and(|first| {
            matches!(
                first.as_str(),
                "max"
                    | "min"
                    | "num"
                    | "has"
                    | "is"
                    | "hashed"
                    | "n"
                    | "next"
                    | "page"
                    | "cancel"
                    | "csrf"
                    | "stop"
                    | "pagination"
                    | "continuation"
                    | "public"
            )
        })
    {
        return false;
    }
    words.iter().any(|word| CREDENTIALS.contains(&word.as_str()))
        || words.windows(2).any(|pair| pair[1] == "key" && KEYS.contains(&pair[0].as_str()))
        || last == "authorization"
}

/// Whether a name holds one of these parts anywhere, in small or capital letters. The parts are two
/// or more small letters and `_`, and nothing else.
pub fn holds_any(name: &str, parts: &[&str]) -> bool {
    if !name.is_ascii() {
        let name = name.to_lowercase();
        return parts.iter().any(|part| name.contains(part));
    }
    let bit = |letter: u8| 1_u32 << (letter & 31);
    let letters = |at: usize| {
        parts.iter().filter_map(|part| part.as_bytes().get(at)).fold(0, |bits, letter| bits | bit(*letter))
    };
    let (first, second) = (letters(0), letters(1));
    let name = name.as_bytes();
    // Most places are no start of any part.
    let may_start = |pair: &[u8]| bit(pair[0]) & first != 0 && bit(pair[1]) & second != 0;
    name.windows(2).enumerate().filter(|(_, pair)| may_start(pair)).any(|(at, _)| {
        let (rest, first) = (&name[at..], name[at].to_ascii_lowercase());
        parts.iter().map(|part| part.as_bytes()).any(|part| {
            part.first() == Some(&first)
                && rest.get(..part.len()).is_some_and(|start| start.eq_ignore_ascii_case(part))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fall_into_words() {
        assert_eq!(words("userApiKey"), ["user", "api", "key"]);
        assert_eq!(words("X-API-Key"), ["x", "api", "key"]);
        assert_eq!(words("SECRET_KEY"), ["secret", "key"]);
        assert_eq!(words("größeÄndern_X2Y"), ["größe", "ändern", "x2", "y"]);
        assert_eq!(words("__a1B2__C"), ["a1", "b2", "c"]);
        assert!(words("").is_empty() && words("_-").is_empty());
    }

    #[test]
    fn parts_are_found_anywhere() {
        let parts = ["verify", "sign_in", "check"];
        for name in ["verify", "reVerifyAll", "do_SIGN_IN", "recheck", "überCheck"] {
            assert!(holds_any(name, &parts), "{name}");
        }
        for name in ["", "verif", "signin", "chec", "über"] {
            assert!(!holds_any(name, &parts), "{name}");
        }
    }

    #[test]
    fn credentials_and_what_is_about_them() {
        for name in
            ["password", "new_password", "API_KEY", "x_api_key", "refresh_token", "apiKey", "client_secret"]
        {
            assert!(is_credential_name(name), "{name}");
        }
        for name in [
            "token_type",
            "TOKEN_URL",
            "password_min_length",
            "max_tokens",
            "token_count",
            "public_key",
            "key",
            "csrf_token",
        ] {
            assert!(!is_credential_name(name), "{name}");
        }
    }
}
