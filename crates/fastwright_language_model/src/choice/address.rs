//! Addresses of servers.

use std::net::IpAddr;

use url::{Host, Url};

/// What is wrong with an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum AddressError {
    #[error("it is not an address such as https://models.example.com/v1")]
    NotAnAddress,
    #[error("only http:// and https:// are spoken")]
    Scheme,
    #[error("a name or password in it would be seen in messages; put the key into FASTWRIGHT_MODEL_KEY")]
    Credentials,
    #[error("it has a query or a fragment, which has no meaning here")]
    Query,
}

/// The base of all paths of a server, with a `/` at its end. `https://host` alone means its `/v1/`, as all servers have
/// it; the path of a single method is cut off, as people copy it with the rest.
pub(super) fn base(text: &str) -> Result<Url, AddressError> {
    let mut url = Url::parse(text.trim()).map_err(|_| AddressError::NotAnAddress)?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(AddressError::Scheme);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(AddressError::Credentials);
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(AddressError::Query);
    }
    let path = url.path().trim_end_matches('/');
    let methods = ["/chat/completions", "/responses", "/messages"];
    let base = methods.iter().find_map(|method| path.strip_suffix(method)).unwrap_or(path);
    let base = if base.is_empty() { "/v1/".to_owned() } else { format!("{base}/") };
    url.set_path(&base);
    Ok(url)
}

/// Whether an address is one of this machine, so that nothing leaves it.
pub(crate) fn is_of_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::from(address).to_canonical().is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

/// Host and port, as messages name a server.
pub(crate) fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_completed() {
        for (given, meant) in [
            ("https://models.example.com", "https://models.example.com/v1/"),
            ("https://models.example.com/", "https://models.example.com/v1/"),
            ("http://localhost:8000/v1", "http://localhost:8000/v1/"),
            (" http://localhost:8000/v1/chat/completions ", "http://localhost:8000/v1/"),
            (
                "https://gateway.example.com/anthropic/v1/messages",
                "https://gateway.example.com/anthropic/v1/",
            ),
            ("https://gateway.example.com/openai", "https://gateway.example.com/openai/"),
        ] {
            assert_eq!(base(given).expect("a good address").as_str(), meant);
        }
    }

    #[test]
    fn addresses_that_can_not_be_used_say_why() {
        for (given, error) in [
            ("models.example.com", AddressError::NotAnAddress),
            ("", AddressError::NotAnAddress),
            ("file:///etc/passwd", AddressError::Scheme),
            ("https://key@models.example.com", AddressError::Credentials),
            ("https://models.example.com/v1?key=1", AddressError::Query),
        ] {
            assert_eq!(base(given), Err(error), "{given}");
        }
    }

    #[test]
    fn this_machine_is_told_from_others() {
        let is_here = |text: &str| is_of_this_machine(&Url::parse(text).expect("an address"));
        for here in ["http://127.0.0.1", "http://127.9.9.9:1", "http://[::1]:80", "http://localhost:11434"] {
            assert!(is_here(here), "{here}");
        }
        assert!(is_here("http://[::ffff:127.0.0.1]"));
        for there in [
            "http://127.0.0.1.example.com",
            "http://10.0.0.1",
            "http://localhost.example.com",
            "http://[::2]",
        ] {
            assert!(!is_here(there), "{there}");
        }
    }
}
