//! What the environment of the process does to connections. The environment is that of the whole process, so the test
//! of it runs this binary again.

use std::process::Command;

use fastwright_language_model::LanguageModel as _;
use fastwright_scripted_model::{Reply, ScriptedServer};

use super::{WIRES, question, remote};

#[test]
fn a_server_of_this_machine_answers() {
    for (_, name) in WIRES {
        let server = ScriptedServer::start([Reply::text("Yes.")]).expect("a server");
        let answer = remote(&server, name).answer(&question(), &mut |_| {}).expect("an answer");
        assert_eq!(answer.message.text, "Yes.");
    }
}

fn run_with(variables: &[(&str, &str)]) {
    let itself = std::env::current_exe().expect("this test");
    let test = "environments::a_server_of_this_machine_answers";
    let output = Command::new(itself)
        .args(["--exact", test])
        .envs(variables.iter().copied())
        .output()
        .expect("the test runs");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{variables:?}: {text}");
}

#[test]
fn a_proxy_does_not_see_what_stays_on_this_machine() {
    // Nobody listens there: whoever used it would fail.
    let nobody = "http://127.0.0.1:1";
    run_with(&[("HTTP_PROXY", nobody), ("http_proxy", nobody), ("ALL_PROXY", nobody), ("all_proxy", nobody)]);
}

#[test]
fn a_machine_without_certificates_can_ask_its_own_models() {
    run_with(&[("SSL_CERT_FILE", "/nowhere/at-all.pem"), ("SSL_CERT_DIR", "/nowhere")]);
}
