//! Who chooses a model, and who does not.

use std::fs;
use std::path::Path;

use fastwright_language_model::{Choice, ChoiceError, Model, Price, Provider, user_configuration_path};

const NOTHING: &dyn Fn(&str) -> Option<String> = &|_| None;

/// An environment with these variables.
fn environment(variables: &[(&str, &str)]) -> impl Fn(&str) -> Option<String> {
    move |wanted| variables.iter().find(|(name, _)| *name == wanted).map(|(_, value)| (*value).to_owned())
}

fn named(name: &str) -> Choice {
    Choice { name: Some(name.to_owned()), ..Choice::default() }
}

fn at(name: &str, url: &str) -> Choice {
    Choice { url: Some(url.to_owned()), ..named(name) }
}

#[test]
fn nothing_chosen_is_no_model() {
    assert!(Model::choose(&Choice::default(), NOTHING, NOTHING).expect("no error").is_none());
}

#[test]
fn each_provider_has_its_address_and_its_key() {
    let keys =
        [("ANTHROPIC_API_KEY", "a-key"), ("OPENAI_API_KEY", "o-key"), ("FASTWRIGHT_MODEL_KEY", "f-key")];
    let keys = environment(&keys);
    for (choice, provider, shown, key) in [
        (
            named("anthropic:claude-opus-5"),
            Provider::Anthropic,
            "claude-opus-5 at api.anthropic.com",
            "ANTHROPIC_API_KEY",
        ),
        (named("openai:gpt-5.4"), Provider::OpenAi, "gpt-5.4 at api.openai.com", "OPENAI_API_KEY"),
        (named("ollama:qwen3:8b"), Provider::Ollama, "qwen3:8b at localhost:11434", "FASTWRIGHT_MODEL_KEY"),
        (
            at("qwen3:8b", "https://models.example.com"),
            Provider::Own,
            "qwen3:8b at models.example.com",
            "FASTWRIGHT_MODEL_KEY",
        ),
        (
            at("anthropic:claude-opus-5", "https://gateway.example.com"),
            Provider::Anthropic,
            "claude-opus-5 at gateway.example.com",
            "FASTWRIGHT_MODEL_KEY",
        ),
    ] {
        let model = Model::choose(&choice, &keys, NOTHING).expect("a good choice").expect("a model");
        assert_eq!((model.provider(), model.to_string().as_str()), (provider, shown));
        assert_eq!(model.key_source(), Some(key), "{shown}");
        assert_eq!(model.is_of_this_machine(), provider == Provider::Ollama);
    }
}

#[test]
fn choices_that_are_not_whole_say_what_is_missing() {
    let keys = environment(&[("FASTWRIGHT_MODEL_KEY", "f-key"), ("OPENAI_API_KEY", "two words")]);
    for (choice, expected) in [
        (named("claude-opus-5"), "anthropic:NAME"),
        (named("anthropic:"), "anthropic:NAME"),
        (named("gemini:pro"), "anthropic:NAME"),
        (named("anthropic:claude-opus-5"), "ANTHROPIC_API_KEY"),
        (named("openai:gpt-5.4"), "OPENAI_API_KEY"),
        (at("m", "models.example.com"), "https://models.example.com/v1"),
        (at("m", "http://models.example.com"), "without encryption"),
        (at("m", "https://user:word@models.example.com"), "FASTWRIGHT_MODEL_KEY"),
        (Choice { url: Some("https://models.example.com".to_owned()), ..Choice::default() }, "--model NAME"),
        (Choice { price_input: "1".parse().ok(), ..named("ollama:m") }, "belong together"),
    ] {
        let error = Model::choose(&choice, &keys, NOTHING).expect_err("an error").to_string();
        assert!(error.contains(expected), "{choice:?}: {error}");
        for secret in ["f-key", "two words", "word@"] {
            assert!(!error.contains(secret), "{error}");
        }
    }
}

#[test]
fn a_server_in_the_network_needs_no_encryption_without_a_key() {
    let model = Model::choose(&at("m", "http://10.0.0.7:8000/v1"), NOTHING, NOTHING)
        .expect("a good choice")
        .expect("a model");
    assert!(!model.is_of_this_machine());
}

#[test]
fn prices_are_known_for_the_providers_own_servers_only() {
    let keys = environment(&[("ANTHROPIC_API_KEY", "a-key"), ("FASTWRIGHT_MODEL_KEY", "f-key")]);
    let price = |choice: &Choice| {
        Model::choose(choice, &keys, NOTHING).expect("a good choice").expect("a model").price()
    };
    assert!(price(&named("anthropic:claude-opus-4-5-20251101")).is_some());
    assert_eq!(price(&named("anthropic:claude-unheard-of")), None);
    assert_eq!(price(&at("anthropic:claude-opus-4-5", "https://gateway.example.com")), None);
    assert_eq!(price(&named("ollama:qwen3:8b")), Some(Price::FREE));
    let cloud =
        Model::choose(&named("ollama:gpt-oss:120b-cloud"), &keys, NOTHING).expect("good").expect("a model");
    assert!(
        cloud.price().is_none() && !cloud.is_of_this_machine(),
        "Ollama passes these on to its own servers"
    );
    let amounts = ("2".parse().expect("an amount"), "8".parse().expect("an amount"));
    let said = Choice {
        price_input: Some(amounts.0),
        price_output: Some(amounts.1),
        ..at("m", "https://models.example.com")
    };
    assert_eq!(price(&said), Some(Price::new(amounts.0, amounts.1)));
}

#[test]
fn whoever_names_a_model_does_not_get_the_address_of_another() {
    let file = at("company-model", "https://models.example.com");
    assert_eq!(named("openai:gpt-5.4").or(file.clone()), named("openai:gpt-5.4"));
    assert_eq!(Choice::default().or(file.clone()), file);
    let elsewhere = Choice { url: Some("https://other.example.com".to_owned()), ..Choice::default() };
    assert_eq!(elsewhere.or(file), at("company-model", "https://other.example.com"));
    let variables = environment(&[("FASTWRIGHT_MODEL", "ollama:m"), ("FASTWRIGHT_MODEL_URL", " ")]);
    assert_eq!(Choice::from_environment(&variables), named("ollama:m"));
}

#[test]
fn the_user_chooses_in_a_file_of_their_own() {
    let home = tempfile::tempdir().expect("a folder");
    let project = tempfile::tempdir().expect("a folder");
    let file = home.path().join("config.toml");
    let read = || Choice::from_user_file(&file, project.path());
    assert_eq!(read(), Ok(Choice::default()), "there need not be one");
    fs::write(&file, "[theme]\ncolour = 'none'\n").expect("written");
    assert_eq!(read(), Ok(Choice::default()));
    let text =
        "[model]\nname = 'm'\nurl = 'https://models.example.com'\nprice-input = 2\nprice-output = 8.5\n";
    fs::write(&file, text).expect("written");
    let choice = read().expect("a choice");
    assert_eq!(
        (choice.name.as_deref(), choice.url.as_deref()),
        (Some("m"), Some("https://models.example.com"))
    );
    assert_eq!(choice.price_output, "8.5".parse().ok());

    // Keys do not belong into files, and are not shown when they are in one.
    fs::write(&file, "[model]\nname = 'm'\nkey = 'sk-in-a-file'\n").expect("written");
    let error = read().expect_err("an error").to_string();
    assert!(error.contains("key") && !error.contains("sk-in-a-file"), "{error}");
    fs::write(&file, "[model]\nname = 'sk-in-a-file\n").expect("written");
    let error = read().expect_err("an error").to_string();
    assert!(!error.contains("sk-in-a-file"), "{error}");
}

#[test]
fn a_project_can_not_choose() {
    let project = tempfile::tempdir().expect("a folder");
    let inside = project.path().join("config.toml");
    fs::write(&inside, "[model]\nname = 'm'\nurl = 'https://attacker.example.com'\n").expect("written");
    let refused = Err(ChoiceError::UserFileInProject { path: inside.clone() });
    assert_eq!(Choice::from_user_file(&inside, project.path()), refused);
}

#[cfg(unix)]
#[test]
fn a_project_can_not_choose_through_a_link() {
    let home = tempfile::tempdir().expect("a folder");
    let project = tempfile::tempdir().expect("a folder");
    fs::write(project.path().join("config.toml"), "[model]\nname = 'm'\n").expect("written");
    let link = home.path().join("config.toml");
    std::os::unix::fs::symlink(project.path().join("config.toml"), &link).expect("a link");
    assert_eq!(
        Choice::from_user_file(&link, project.path()),
        Err(ChoiceError::UserFileInProject { path: link.clone() })
    );
}

#[cfg(not(windows))]
#[test]
fn the_file_is_where_the_environment_says() {
    let path = |variables: &'static [(&str, &str)]| user_configuration_path(&environment(variables));
    let expected = Some(Path::new("/home/ada/.config/fastwright/config.toml").to_path_buf());
    assert_eq!(path(&[("HOME", "/home/ada")]), expected);
    assert_eq!(
        path(&[("HOME", "/home/ada"), ("XDG_CONFIG_HOME", "/etc/ada")]),
        Some(Path::new("/etc/ada/fastwright/config.toml").to_path_buf())
    );
    // A folder that depends on where one stands may be one of a project.
    assert_eq!(path(&[("HOME", "/home/ada"), ("XDG_CONFIG_HOME", ".config")]), expected);
    assert_eq!(path(&[("HOME", "")]), None);
}

#[test]
fn the_keyring_is_asked_where_the_environment_has_no_key() {
    let kept = environment(&[("ANTHROPIC_API_KEY", "kept-key"), ("FASTWRIGHT_MODEL_KEY", "kept-own")]);
    let given = environment(&[("ANTHROPIC_API_KEY", "given-key")]);
    let source = |choice: &Choice, environment: &dyn Fn(&str) -> Option<String>| {
        Model::choose(choice, environment, &kept).expect("a good choice").expect("a model").key_source()
    };
    let provider = named("anthropic:claude-opus-5");
    assert_eq!(source(&provider, &given), Some("ANTHROPIC_API_KEY"));
    assert_eq!(source(&provider, NOTHING), Some("the keyring"));
    assert_eq!(source(&at("m", "https://models.example.com"), NOTHING), Some("the keyring"));
    // Servers of this machine seldom want one, and the keyring may be locked.
    let never = |variable: &str| -> Option<String> { panic!("{variable} is not wanted") };
    let here = at("m", "http://127.0.0.1:8000");
    assert!(
        Model::choose(&here, NOTHING, &never)
            .expect("a good choice")
            .expect("a model")
            .key_source()
            .is_none()
    );
    // Where it would go in the open, it is not sent, wherever it comes from.
    let error = Model::choose(&at("m", "http://models.example.com"), NOTHING, &kept).expect_err("an error");
    assert!(error.to_string().contains("without encryption"), "{error}");
}
