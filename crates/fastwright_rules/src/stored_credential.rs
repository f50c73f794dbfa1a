//! Names of fields and columns that hold a credential of an account.

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum StoredCredential {
    /// A token or key that a route may hand out on purpose.
    Token,
    /// A secret that both sides keep: a key of another service, the seed of one-time passwords.
    Secret,
    /// A password or its hash, which nobody needs to see.
    Password,
}

/// What a field or column with this name holds, when the name says that it is a credential.
pub fn stored_credential(name: &str) -> Option<StoredCredential> {
    let name = name.trim_matches('_').to_lowercase();
    let words: Vec<&str> = name.split('_').collect();
    // `has_password`, `password_changed_at`, `api_key_count`, `token_type` are about a credential.
    if matches!(
        *words.first()?,
        "has"
            | "is"
            | "needs"
            | "require"
            | "requires"
            | "no"
            | "num"
            | "max"
            | "min"
            | "use"
            | "uses"
            | "set"
    ) {
        return None;
    }
    let ends = |endings: &[&str]| {
        endings.iter().any(|ending| {
            name.strip_suffix(ending).is_some_and(|before| before.is_empty() || before.ends_with('_'))
        })
    };
    if ends(&["password", "passwd", "passphrase"])
        || words.iter().any(|word| matches!(*word, "password" | "passwd"))
            && words.iter().any(|word| matches!(*word, "hash" | "hashed" | "digest" | "salt" | "encrypted"))
    {
        return Some(StoredCredential::Password);
    }
    if ends(&[
        "secret",
        "secret_key",
        "private_key",
        "client_secret",
        "signing_key",
        "encryption_key",
        "totp_seed",
        "otp_seed",
        "otp_secret",
        "totp_secret",
        "recovery_codes",
        "backup_codes",
        "ssh_key_private",
    ]) {
        return Some(StoredCredential::Secret);
    }
    if ends(&[
        "api_key",
        "apikey",
        "api_token",
        "access_token",
        "refresh_token",
        "auth_token",
        "reset_token",
        "session_token",
        "verification_token",
        "bearer_token",
        "id_token",
    ]) || name == "token"
    {
        return Some(StoredCredential::Token);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_and_what_is_about_them() {
        for name in ["password", "hashed_password", "password_hash", "user_password", "passwd_salt"] {
            assert_eq!(stored_credential(name), Some(StoredCredential::Password), "{name}");
        }
        for name in ["totp_secret", "client_secret", "aws_secret_key", "webhook_secret"] {
            assert_eq!(stored_credential(name), Some(StoredCredential::Secret), "{name}");
        }
        for name in ["api_key", "refresh_token", "token"] {
            assert_eq!(stored_credential(name), Some(StoredCredential::Token), "{name}");
        }
        for name in [
            "password_changed_at",
            "api_key_count",
            "has_password",
            "token_type",
            "secretary",
            "content_hash",
            "max_tokens",
        ] {
            assert_eq!(stored_credential(name), None, "{name}");
        }
    }
}
