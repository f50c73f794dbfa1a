//! The choice of a model.

use std::fmt;
use std::path::PathBuf;

use serde::Deserialize;
use url::Url;

use super::address::{self, AddressError};
use super::key::{ANTHROPIC_KEY, Key, OPENAI_KEY, OWN_KEY};
use crate::budget::{Money, Price, PriceTable};

/// A model as somebody has named it: on the command line, in the environment, or in the user's own configuration file.
/// A project's configuration has no place for any of this.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Choice {
    /// `anthropic:NAME`, `openai:NAME` or `ollama:NAME`; with an address also `NAME` alone.
    pub name: Option<String>,
    /// Address of the server, if it is not the provider's own.
    pub url: Option<String>,
    /// Dollars for a million tokens of input.
    pub price_input: Option<Money>,
    /// Dollars for a million tokens of output.
    pub price_output: Option<Money>,
}

/// A model that can be asked.
#[derive(Debug, Clone)]
pub struct Model {
    provider: Provider,
    name: String,
    address: Url,
    key: Option<Key>,
    price: Option<Price>,
}

/// Who runs a model, which says in what protocol it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provider {
    /// Anthropic, or a server that speaks its messages.
    Anthropic,
    /// OpenAI, or a gateway to it: chat completions or responses, as its model wants it.
    OpenAi,
    /// Ollama, through its chat completions.
    Ollama,
    /// Any server that speaks chat completions.
    Own,
}

/// Why a choice can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChoiceError {
    /// The name has no form that is known.
    #[error(
        "`{name}` does not say who runs the model. Write anthropic:NAME, openai:NAME or ollama:NAME, or give the \
         address of a server with --model-url"
    )]
    NoProvider {
        /// What was written.
        name: String,
    },
    /// There is an address and no name.
    #[error("--model-url says where, but not which model. Add --model NAME")]
    NoName,
    /// The address can't be used.
    #[error("the address `{url}` of the model can't be used: {reason}")]
    Address {
        /// What was written, without what may be a secret in it.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// No key is there.
    #[error(
        "{provider} wants a key: put it into the environment variable {variable}, or into your keyring with \
         `fastwright agent --save-key`"
    )]
    NoKey {
        /// Who wants it.
        provider: Provider,
        /// Where it is looked for.
        variable: &'static str,
    },
    /// The key can't be one.
    #[error("what {variable} holds can't be a key: it is empty or has characters that no key has")]
    KeyUnusable {
        /// Where it comes from.
        variable: &'static str,
    },
    /// The key would be sent without encryption.
    #[error("{variable} would be sent to {host} without encryption. Use https://, or leave the key out")]
    KeyInTheOpen {
        /// Where the key comes from.
        variable: &'static str,
        /// Where it would go.
        host: String,
    },
    /// Only one of the two prices is given.
    #[error("--price-input and --price-output belong together")]
    HalfAPrice,
    /// The user's own configuration file can't be used.
    #[error("{}: {reason}", path.display())]
    UserFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The user's own configuration file is a file of the project.
    #[error("{} lies in the project, and a project does not choose a model. Use --model", path.display())]
    UserFileInProject {
        /// The file.
        path: PathBuf,
    },
}

/// The variable that names a model, and the one that gives an address.
const MODEL: &str = "FASTWRIGHT_MODEL";
const MODEL_URL: &str = "FASTWRIGHT_MODEL_URL";

impl Choice {
    /// What `FASTWRIGHT_MODEL` and `FASTWRIGHT_MODEL_URL` say.
    pub fn from_environment(environment: &dyn Fn(&str) -> Option<String>) -> Self {
        let value = |variable| environment(variable).filter(|value| !value.trim().is_empty());
        Self { name: value(MODEL), url: value(MODEL_URL), ..Self::default() }
    }

    /// This choice, and where it says nothing, another one. Address and prices belong to a name: whoever names a
    /// model does not get the address of another one.
    pub fn or(self, other: Self) -> Self {
        if self.name.is_some() {
            return self;
        }
        Self {
            name: other.name,
            url: self.url.or(other.url),
            price_input: self.price_input.or(other.price_input),
            price_output: self.price_output.or(other.price_output),
        }
    }
}

impl Model {
    /// The model that was chosen, with its key from the environment or else from the keyring, which
    /// [`kept_key`](super::kept_key) asks. `None` if nothing was chosen.
    ///
    /// # Errors
    /// When the choice is not whole, or the key is missing.
    pub fn choose(
        choice: &Choice,
        environment: &dyn Fn(&str) -> Option<String>,
        keyring: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>, ChoiceError> {
        let Some(written) = choice.name.as_deref().map(str::trim) else {
            return if choice.url.is_some() { Err(ChoiceError::NoName) } else { Ok(None) };
        };
        let (provider, name) = match written.split_once(':') {
            Some(("anthropic", name)) => (Provider::Anthropic, name),
            Some(("openai", name)) => (Provider::OpenAi, name),
            Some(("ollama", name)) => (Provider::Ollama, name),
            // Names of models may have a colon of their own.
            _ if choice.url.is_some() => (Provider::Own, written),
            _ => return Err(ChoiceError::NoProvider { name: written.to_owned() }),
        };
        if name.is_empty() {
            return Err(ChoiceError::NoProvider { name: written.to_owned() });
        }
        let address = address(provider, choice.url.as_deref())?;
        let key = key(provider, choice.url.is_some(), &address, environment, keyring)?;
        let price = price(provider, name, choice)?;
        Ok(Some(Self { provider, name: name.to_owned(), address, key, price }))
    }

    /// Who runs it.
    pub fn provider(&self) -> Provider {
        self.provider
    }

    /// Its name, as the provider knows it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The base of the server's paths.
    pub fn address(&self) -> &Url {
        &self.address
    }

    /// Host and port of the server.
    pub fn host(&self) -> String {
        address::host(&self.address)
    }

    /// Whether the model runs on this machine, so that nothing leaves it.
    pub fn is_of_this_machine(&self) -> bool {
        self.has_local_server() && !is_in_the_cloud(self.provider, &self.name)
    }

    /// Whether the server that is asked runs on this machine, whatever it does with what it is asked.
    pub(crate) fn has_local_server(&self) -> bool {
        address::is_of_this_machine(&self.address)
    }

    /// Where its key comes from, if it has one.
    pub fn key_source(&self) -> Option<&'static str> {
        self.key.as_ref().map(Key::source)
    }

    /// What it costs: what the user said, or what the built-in table knows of the provider's own server.
    pub fn price(&self) -> Option<Price> {
        self.price
    }

    pub(crate) fn key(&self) -> Option<&Key> {
        self.key.as_ref()
    }
}

impl fmt::Display for Model {
    /// `claude-opus-5 at api.anthropic.com`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} at {}", self.name, self.host())
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Anthropic => "Anthropic",
            Self::OpenAi => "OpenAI",
            Self::Ollama => "Ollama",
            Self::Own => "the server",
        })
    }
}

fn address(provider: Provider, given: Option<&str>) -> Result<Url, ChoiceError> {
    let written = match (given, provider) {
        (Some(given), _) => given,
        (None, Provider::Anthropic) => "https://api.anthropic.com/v1/",
        (None, Provider::OpenAi) => "https://api.openai.com/v1/",
        (None, Provider::Ollama | Provider::Own) => "http://localhost:11434/v1/",
    };
    address::base(written).map_err(|error| ChoiceError::Address {
        url: match error {
            AddressError::Credentials => "…".to_owned(),
            _ => written.split(['?', '#']).next().unwrap_or_default().to_owned(),
        },
        reason: error.to_string(),
    })
}

/// The key for an address. A provider's key goes to the provider's own address and nowhere else.
fn key(
    provider: Provider,
    is_own_address: bool,
    address: &Url,
    environment: &dyn Fn(&str) -> Option<String>,
    keyring: &dyn Fn(&str) -> Option<String>,
) -> Result<Option<Key>, ChoiceError> {
    let (variable, is_needed) = match provider {
        Provider::Anthropic if !is_own_address => (ANTHROPIC_KEY, true),
        Provider::OpenAi if !is_own_address => (OPENAI_KEY, true),
        _ => (OWN_KEY, false),
    };
    // A server of this machine seldom wants a key, and a keyring may ask its owner to be opened.
    let is_here = address::is_of_this_machine(address);
    let given = environment(variable).map(|text| (text, false));
    let given = given
        .or_else(|| (is_needed || !is_here).then(|| keyring(variable)).flatten().map(|text| (text, true)));
    let Some((text, kept)) = given else {
        return if is_needed { Err(ChoiceError::NoKey { provider, variable }) } else { Ok(None) };
    };
    let key = Key::new(&text, variable, kept).map_err(|()| ChoiceError::KeyUnusable { variable })?;
    if address.scheme() == "http" && !is_here {
        return Err(ChoiceError::KeyInTheOpen { variable, host: address::host(address) });
    }
    Ok(Some(key))
}

fn price(provider: Provider, name: &str, choice: &Choice) -> Result<Option<Price>, ChoiceError> {
    Ok(match (choice.price_input, choice.price_output) {
        (Some(input), Some(output)) => Some(Price::new(input, output)),
        (Some(_), None) | (None, Some(_)) => return Err(ChoiceError::HalfAPrice),
        // Whoever runs a server asks what they like.
        (None, None) if choice.url.is_some() => None,
        (None, None) => match provider {
            Provider::Ollama if is_in_the_cloud(provider, name) => None,
            Provider::Ollama => Some(Price::FREE),
            Provider::Anthropic | Provider::OpenAi | Provider::Own => PriceTable::built_in().price(name),
        },
    })
}

/// Ollama passes requests for some models on to its own servers; the tag says so.
fn is_in_the_cloud(provider: Provider, name: &str) -> bool {
    provider == Provider::Ollama && (name.ends_with(":cloud") || name.ends_with("-cloud"))
}
