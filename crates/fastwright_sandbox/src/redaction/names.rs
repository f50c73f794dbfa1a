//! Names that say that their value is secret.

use super::Kind;

/// How sure a name is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Secrecy {
    pub(super) kind: Kind,
    /// Whatever the value is, it is meant to be secret. Otherwise it has to look random.
    pub(super) is_certain: bool,
}

const CERTAIN: Secrecy = Secrecy { kind: Kind::Secret, is_certain: true };
const PASSWORD: Secrecy = Secrecy { kind: Kind::Password, is_certain: true };
const LIKELY: Secrecy = Secrecy { kind: Kind::Secret, is_certain: false };

/// The words of a name in small letters: `apiKey`, `API_KEY` and `x-api-key` have the same last two.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut before = '_';
    for character in name.chars() {
        if !character.is_alphanumeric() || (character.is_uppercase() && before.is_lowercase()) {
            words.extend((!word.is_empty()).then(|| std::mem::take(&mut word)));
        }
        if character.is_alphanumeric() {
            word.extend(character.to_lowercase());
        }
        before = character;
    }
    words.extend((!word.is_empty()).then_some(word));
    // `password1`, `PASSWORD_2`, `secret_old`
    while words.len() > 1
        && words.last().is_some_and(|last| {
            last.chars().all(|character| character.is_ascii_digit())
                || ["old", "new", "prod", "test", "dev"].contains(&last.as_str())
        })
    {
        words.pop();
    }
    if let Some(last) = words.last_mut() {
        *last = last.trim_end_matches(|character: char| character.is_ascii_digit()).to_owned();
    }
    words
}

/// Whether a name says that its value is secret.
pub(super) fn is_secret(name: &str) -> Option<Secrecy> {
    let words = words(name);
    let last = words.last()?.as_str();
    let before = words.len().checked_sub(2).and_then(|index| words.get(index)).map_or("", String::as_str);
    match last {
        "password" | "passwd" | "pwd" | "passphrase" | "pass" | "passcode" | "pw" => {
            Some(if last == "pass" || last == "pw" {
                Secrecy { is_certain: false, ..PASSWORD }
            } else {
                PASSWORD
            })
        }
        "secret" | "apikey" | "secretkey" | "privatekey" | "accesskey" | "authtoken" | "accesstoken" => {
            Some(CERTAIN)
        }
        "key" => match before {
            "secret" | "api" | "private" | "signing" | "encryption" | "master" | "auth" | "access"
            | "jwt" | "fernet" | "hmac" | "crypto" | "cipher" => Some(CERTAIN),
            _ => Some(LIKELY),
        },
        "secrets" | "token" | "jwt" | "bearer" | "credential" | "credentials" | "pat" => Some(match before {
            // Nobody gives these out.
            "access" | "auth" | "api" | "bot" | "bearer" | "refresh" | "secret" => {
                Secrecy { is_certain: false, ..CERTAIN }
            }
            _ => LIKELY,
        }),
        "salt" | "pepper" | "seed" | "signature" | "dsn" | "cookie" | "authorization" | "auth" | "nonce"
        | "otp" | "pin" | "cert" | "certificate" => Some(LIKELY),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::is_secret;

    #[test]
    fn names_are_judged_by_their_last_words() {
        for name in [
            "password",
            "PASSWORD",
            "db_password",
            "postgresPassword",
            "SECRET_KEY",
            "secretKey",
            "x-api-key",
            "apiKey",
            "password2",
            "PASSWORD_OLD",
            "client_secret",
            "AWS_SECRET_ACCESS_KEY",
        ] {
            assert!(is_secret(name).is_some_and(|secrecy| secrecy.is_certain), "{name}");
        }
        for name in ["token", "key", "access_token", "salt"] {
            assert!(is_secret(name).is_some_and(|secrecy| !secrecy.is_certain), "{name}");
        }
        for name in
            ["token_url", "password_error", "secret_name", "keyboard", "monkey", "tokenize", "passed", ""]
        {
            assert!(is_secret(name).is_none(), "{name}");
        }
    }
}
