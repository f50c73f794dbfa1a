//! Routes that anyone may call by their nature: signing in, asking whether the service lives, being called
//! by another service that proves itself.

use crate::vocabulary::any_word;
use crate::wording::short_name;
use fastwright_model::application::Route;

/// Whether a word in a path or the name of a handler says so.
fn says_public(word: &str) -> bool {
    matches!(
        word,
        "login"
            | "logout"
            | "signin"
            | "signup"
            | "signout"
            | "register"
            | "registration"
            | "token"
            | "tokens"
            | "auth"
            | "oauth"
            | "oauth2"
            | "callback"
            | "webhook"
            | "webhooks"
            | "hook"
            | "hooks"
            | "health"
            | "healthz"
            | "healthcheck"
            | "ready"
            | "readiness"
            | "readyz"
            | "live"
            | "liveness"
            | "livez"
            | "ping"
            | "status"
            | "version"
            | "metrics"
            | "docs"
            | "openapi"
            | "redoc"
            | "favicon"
            | "robots"
            | "static"
            | "assets"
            | "public"
            | "reset"
            | "forgot"
            | "forgotten"
            | "recover"
            | "recovery"
            | "verify"
            | "verification"
            | "confirm"
            | "confirmation"
            | "activate"
            | "activation"
            | "invite"
            | "invitation"
            | "unsubscribe"
            | "subscribe"
            | "newsletter"
            | "refresh"
            | "session"
            | "sessions"
            | "saml"
            | "sso"
            | "oidc"
            | "jwks"
            | "csrf"
            | "contact"
            | "captcha"
            | "setup"
            | "install"
            | "onboarding"
            | "bootstrap"
            | "telemetry"
            | "heartbeat"
            | "authenticate"
            | "well"
            | "shared"
            | "share"
            | "signed"
            | "embed"
            | "manifest"
            | "sitemap"
            | "rss"
            | "feed"
            | "otp"
            | "magic"
            | "passwordless"
            | "challenge"
    )
}

/// Whether a route is public by its nature, as far as its path and the name of its handler tell.
pub fn is_public_by_nature(route: &Route) -> bool {
    let in_path = || {
        let fixed = route.path.split('/').filter(|segment| !segment.starts_with('{'));
        fixed.into_iter().any(|segment| any_word(segment, &mut says_public))
    };
    if resource(&route.path).is_none() || in_path() {
        return true;
    }
    let mut after_sign = false;
    any_word(short_name(&route.handler), &mut |word| {
        let signs = after_sign && matches!(word, "in" | "up" | "out");
        after_sign = word == "sign";
        signs || says_public(word)
    })
}

/// The resource that a path is about: its first segment that is neither a parameter nor a version.
pub fn resource(path: &str) -> Option<&str> {
    path.split('/').find(|segment| {
        let is_version = segment
            .strip_prefix('v')
            .is_some_and(|rest| rest.chars().all(|digit| digit.is_ascii_digit() || digit == '.'));
        !is_version && !segment.is_empty() && !segment.starts_with('{') && !matches!(*segment, "api" | "rest")
    })
}
