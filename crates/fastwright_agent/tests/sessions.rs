//! Whole sessions with a scripted server over real HTTP, in each wire format.

#![allow(clippy::unwrap_used, missing_docs)]

use fastwright_agent::conversation::{AgentError, Limits, Task, converse};
use fastwright_agent::person::{Event, Meaning, Person, Question};
use fastwright_agent::report::{Outcome, Report};
use fastwright_agent::session::{self, Session, SessionError, Started};
use fastwright_edit::writing::Journal;
use fastwright_language_model::{
    Budget, Choice, LanguageModel, Metered, Model, Money, Price, Recorded, Remote, Retries, Timeouts,
};
use fastwright_python::parallel::STACK;
use fastwright_scripted_model::{Fault, Reply, ScriptedServer};
use fastwright_tools::{Service, Start};
use serde_json::{Value as Json, json};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

const KEY: &str = "sk-scripted-3f9c1b7e";
const WIRES: [&str; 3] = ["scripted-max", "openai:gpt-5.4", "anthropic:claude-opus-4-5"];
const TIMEOUTS: Timeouts = Timeouts {
    connect: Duration::from_secs(5),
    begin: Duration::from_secs(5),
    idle: Duration::from_secs(2),
    whole: Duration::from_secs(60),
};
const RETRIES: Retries =
    Retries { attempts: 3, first_pause: Duration::from_millis(5), waiting: Duration::from_secs(2) };

/// Agrees to all, or to all but changes of the contract, and remembers.
#[derive(Default)]
struct Scripted {
    refuses_contract: bool,
    asked: Vec<Question>,
    stops: Cell<bool>,
}

impl Person for Scripted {
    fn agrees(&mut self, question: &Question) -> bool {
        self.asked.push(question.clone());
        !(self.refuses_contract && matches!(question.meaning, Meaning::ChangeContract { .. }))
    }

    fn told(&mut self, _: &Event) {}

    fn wants_to_stop(&self) -> bool {
        self.stops.get()
    }
}

/// A copy of the shop, and a state folder.
struct Shop {
    folder: tempfile::TempDir,
}

impl Shop {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/adversary/shop");
        copy(&source, &folder.path().join("shop"));
        Self { folder }
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("shop")
    }

    fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    fn text(&self, path: &str) -> String {
        std::fs::read_to_string(self.root().join(path)).unwrap()
    }

    fn service(&self) -> Service {
        Service::new(Start { path: self.root(), allow_write: true, ..Start::default() }).unwrap()
    }

    fn session(&self) -> Session {
        let started = Started {
            version: 1,
            id: String::new(),
            at: 0,
            task: "task".to_owned(),
            project: self.root(),
            model: "scripted".to_owned(),
            destination: Some("scripted at localhost".to_owned()),
            verify: None,
        };
        Session::start(&self.state(), started).unwrap()
    }

    fn converse(
        &self,
        task: &str,
        model: &dyn LanguageModel,
        person: &mut Scripted,
        session: &mut Session,
    ) -> Result<Report, AgentError> {
        let task = Task {
            text: task.to_owned(),
            model: "scripted".to_owned(),
            destination: Some("scripted at localhost".to_owned()),
            verification: None,
            limits: Limits::default(),
        };
        converse(&task, &mut self.service(), model, person, session)
    }
}

fn copy(source: &Path, target: &Path) {
    std::fs::create_dir_all(target).unwrap();
    for entry in std::fs::read_dir(source).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target.join(entry.file_name()));
        } else {
            std::fs::copy(entry.path(), target.join(entry.file_name())).unwrap();
        }
    }
}

fn remote(server: &ScriptedServer, name: &str) -> Remote {
    let choice = Choice { name: Some(name.to_owned()), url: Some(server.url()), ..Choice::default() };
    let environment = |variable: &str| (variable == "FASTWRIGHT_MODEL_KEY").then(|| KEY.to_owned());
    let model = Model::choose(&choice, &environment, &|_| None).unwrap().unwrap();
    Remote::with(model, TIMEOUTS, RETRIES).unwrap()
}

fn call(name: &str, arguments: &Json) -> Reply {
    Reply::call(name, arguments)
}

fn plan(files: &[&str], changes: &[&str]) -> Reply {
    call(
        "propose_plan",
        &json!({"understanding": "Do it.", "steps": ["do"], "files_to_edit": files, "contract_changes": changes}),
    )
}

fn edit(path: &str, old: &str, new: &str) -> Reply {
    call("edit_file", &json!({"path": path, "old_text": old, "new_text": new}))
}

fn finish() -> Reply {
    call("finish", &json!({"summary": "Done."}))
}

/// Runs a test on a thread with the deep stack that evaluation needs.
fn deep(test: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(test).unwrap();
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}

#[test]
fn a_review_cites_what_is_there() {
    deep(|| {
        for wire in WIRES {
            let shop = Shop::new();
            let server = ScriptedServer::start([
                call("check_project", &json!({})),
                plan(&[], &[]),
                call("read_file", &json!({"path": "app/admin.py"})),
                call(
                    "finish",
                    &json!({"summary": "Two things.", "statements": [
                        {"text": "The refund is open.", "cites": [{"route": "POST /admin/orders/{order_id}/refund"}]},
                        {"text": "I would use Rust."},
                    ]}),
                ),
            ])
            .unwrap();
            let mut person = Scripted::default();
            let report = shop
                .converse("review this", &remote(&server, wire), &mut person, &mut shop.session())
                .unwrap();
            assert_eq!(report.outcome, Outcome::Done, "{wire}: {}", report.answer);
            assert_eq!(report.found.len(), 2, "{wire}");
            assert!(report.statements[0].confirmed[0].contains("public"), "{:?}", report.statements);
            assert!(report.statements[1].opinion);
            assert_eq!(report.cost.unwrap().calls, 4);
            // Only the question whether anything may be sent: nothing was to be changed.
            assert!(matches!(
                person.asked.as_slice(),
                [Question { meaning: Meaning::SendToModel { .. }, .. }]
            ));
            let requests = server.requests();
            assert_eq!(requests.len(), 4);
            assert!(!requests[1].contains("time.sleep(1)"), "source before the plan");
            assert!(requests[3].contains("time.sleep(1)"), "the file that was read");
        }
    });
}

#[test]
fn a_fix_by_id_is_written_and_can_be_undone() {
    deep(|| {
        for wire in WIRES {
            let shop = Shop::new();
            let before = shop.text("app/admin.py");
            let id =
                shop.service().survey(None).unwrap().review.document.findings[0].fingerprint[..12].to_owned();
            let server = ScriptedServer::start([
                plan(&["app/admin.py"], &[]),
                call("fix", &json!({"findings": [id]})),
                call("gate", &json!({})),
                finish(),
            ])
            .unwrap();
            let mut person = Scripted::default();
            let report =
                shop.converse("solve it", &remote(&server, wire), &mut person, &mut shop.session()).unwrap();
            assert_eq!(report.outcome, Outcome::Done, "{wire}: {}", report.answer);
            assert!(report.proof.written && report.proof.contract.is_empty());
            assert_eq!(report.found.len(), 1);
            assert!(shop.text("app/admin.py").contains("\ndef report("));
            Journal::open(&shop.root()).unwrap().undo().unwrap();
            assert_eq!(shop.text("app/admin.py"), before);
        }
    });
}

#[test]
fn findings_of_other_profiles_can_be_cited_and_fixed() {
    deep(|| {
        let shop = Shop::new();
        let strict = shop.service().survey(Some("strict")).unwrap().review.document.findings.clone();
        let finding = strict.iter().find(|finding| finding.rule == "undocumented-status").unwrap();
        let id = finding.fingerprint[..12].to_owned();
        let path = finding.location.path.clone();
        let server = ScriptedServer::start([
            plan(&[&path], &[]),
            call("fix", &json!({"findings": [id], "permission": "contract"})),
            call("finish", &json!({"summary": "x", "statements": [{"text": "Not documented.", "cites": [{"finding": id}]}]})),
            call("finish", &json!({"summary": "x", "statements": [{"text": "Not documented.", "cites": [{"finding": id}]}]})),
        ])
        .unwrap();
        let mut person = Scripted::default();
        let report = shop
            .converse("document it", &remote(&server, WIRES[0]), &mut person, &mut shop.session())
            .unwrap();
        assert!(report.statements[0].refuted.is_empty(), "{:?}", report.statements);
        assert!(report.statements[0].confirmed[0].contains("undocumented-status"));
        assert!(server.requests()[2].contains("made"), "{}", server.requests()[2].text());
        assert!(!report.proof.files.is_empty(), "{}", report.answer);
    });
}

#[test]
fn nothing_is_written_where_nothing_may_be_written() {
    deep(|| {
        let shop = Shop::new();
        let before = shop.text("app/pricing.py");
        let server = ScriptedServer::start(script().into_iter().skip(1)).unwrap();
        let task = Task {
            text: "document it".to_owned(),
            model: "scripted".to_owned(),
            destination: None,
            verification: None,
            limits: Limits::default(),
        };
        let mut service = Service::new(Start { path: shop.root(), ..Start::default() }).unwrap();
        let model = remote(&server, WIRES[0]);
        let report =
            converse(&task, &mut service, &model, &mut Scripted::default(), &mut Session::unsaved()).unwrap();
        assert_eq!(report.outcome, Outcome::Planned, "{}", report.answer);
        assert_eq!(shop.text("app/pricing.py"), before);
        assert!(report.proof.diff.contains("in cents"));
    });
}

#[test]
fn a_new_guarded_route_is_accepted_with_the_persons_word() {
    deep(|| {
        for wire in WIRES {
            for agrees in [true, false] {
                let shop = Shop::new();
                let server = ScriptedServer::start([
                    plan(&["app/admin.py", "app/listing.py"], &["route-added@GET /admin/orders"]),
                    call(
                        "create_file",
                        &json!({"path": "app/listing.py", "text": "\"\"\"Lists.\"\"\"\n\nfrom app.store import store\n\n\ndef numbers() -> list[int]:\n    return sorted(store.orders)\n"}),
                    ),
                    edit("app/admin.py", "from app.store import User", "from app.listing import numbers\nfrom app.store import User"),
                    edit("app/admin.py", "@router.get(\"/report\")", "@router.get(\"/orders\")\ndef list_all(admin: Admin) -> list[int]:\n    return numbers()\n\n\n@router.get(\"/report\")"),
                    finish(),
                    finish(),
                ])
                .unwrap();
                let mut person = Scripted { refuses_contract: !agrees, ..Scripted::default() };
                let report = shop
                    .converse(
                        "list all orders for admins",
                        &remote(&server, wire),
                        &mut person,
                        &mut shop.session(),
                    )
                    .unwrap();
                let contract = person.asked.iter().any(|question| {
                    matches!(&question.meaning, Meaning::ChangeContract { kinds } if kinds == &["route-added@GET /admin/orders"])
                });
                assert!(contract, "{:?}", person.asked);
                if agrees {
                    assert_eq!(
                        report.outcome,
                        Outcome::Done,
                        "{wire}: {} {:?}",
                        report.answer,
                        report.proof.gate
                    );
                    assert!(shop.text("app/admin.py").contains("list_all"));
                    assert_eq!(report.proof.contract.len(), 1);
                    // A new file goes away again.
                    Journal::open(&shop.root()).unwrap().undo().unwrap();
                    assert!(!shop.root().join("app/listing.py").exists());
                } else {
                    assert_eq!(report.outcome, Outcome::Planned, "{}", report.answer);
                }
                assert!(!shop.text("app/admin.py").contains("list_all") || agrees);
            }
        }
    });
}

#[test]
fn refused_edits_change_nothing() {
    deep(|| {
        let weakened = (
            "app/orders.py",
            "def read_order(order_id: int, user: CurrentUser) -> OrderRead:\n    return as_read(own_order(order_id, user))",
            "def read_order(order_id: int) -> OrderRead:\n    return as_read(find_order(order_id))",
        );
        let bent = ("tests/test_orders.py", "== 2490", "> 0");
        for (wire, (path, old, new)) in WIRES.into_iter().zip([weakened, bent, weakened]) {
            let shop = Shop::new();
            let before = shop.text(path);
            let server = ScriptedServer::start_with({
                let mut first = true;
                move |_| {
                    if std::mem::take(&mut first) {
                        plan(&[path], &[])
                    } else {
                        Reply::calls([
                            (
                                "edit_file".to_owned(),
                                json!({"path": path, "old_text": old, "new_text": new}).to_string(),
                            ),
                            ("finish".to_owned(), json!({"summary": "Formatted."}).to_string()),
                        ])
                    }
                }
            })
            .unwrap();
            let mut person = Scripted { refuses_contract: true, ..Scripted::default() };
            let task = if path.starts_with("tests") { "add tests" } else { "format the code" };
            let report =
                shop.converse(task, &remote(&server, wire), &mut person, &mut shop.session()).unwrap();
            assert_eq!(report.outcome, Outcome::Refused, "{wire}: {}", report.answer);
            assert!(report.proof.gate.unwrap().starts_with("refused"));
            assert_eq!(shop.text(path), before);
        }
    });
}

#[test]
fn budgets_end_a_session_with_a_report() {
    deep(|| {
        let cents = |text: &str| text.parse::<Money>().unwrap();
        let price = Price::new(cents("3"), cents("15"));
        let budgets = [
            (Budget { tokens: Some(9_000), ..Budget::default() }, "tokens"),
            (Budget { money: Some(cents("0.03")), ..Budget::default() }, "$0.03"),
            (Budget { time: Some(Duration::from_millis(1)), ..Budget::default() }, "over"),
        ];
        for (budget, word) in budgets {
            let shop = Shop::new();
            let server = ScriptedServer::start_with({
                let mut number = 0;
                move |_| {
                    number += 1;
                    call("get_route", &json!({"route": format!("GET /health?{number}")}))
                }
            })
            .unwrap();
            let model = Metered::new(remote(&server, WIRES[0]), "scripted", budget, Some(price)).unwrap();
            let report =
                shop.converse("review this", &model, &mut Scripted::default(), &mut shop.session()).unwrap();
            assert_eq!(report.outcome, Outcome::Stopped, "{}", report.answer);
            assert!(report.answer.contains("budget") && report.answer.contains(word), "{}", report.answer);
            assert_eq!(report.found.len(), 2);
        }
    });
}

#[test]
fn faults_of_the_server_are_survived_or_reported() {
    deep(|| {
        let end = || call("finish", &json!({"summary": "Nothing."}));
        let survived = [
            Reply::refusal(429, "rate_limit_error", "slow down").with_header("retry-after", "0"),
            Reply::refusal(529, "overloaded_error", "busy"),
            end().with_fault(Fault::BrokenJson { at: 1 }),
            end().with_fault(Fault::Truncated { after: 2 }),
            end().with_fault(Fault::Reset { after: 1 }),
            end().with_fault(Fault::Hanging { after: 1 }),
        ];
        for fault in survived {
            let shop = Shop::new();
            let server = ScriptedServer::start([plan(&[], &[]), fault, end()]).unwrap();
            let report = shop
                .converse(
                    "review this",
                    &remote(&server, WIRES[2]),
                    &mut Scripted::default(),
                    &mut shop.session(),
                )
                .unwrap();
            assert_eq!(report.outcome, Outcome::Done, "{}", report.answer);
        }
        let reported = [
            (Reply::refusal(401, "authentication_error", "no such key"), "does not accept"),
            (Reply::refusal(400, "invalid_request_error", "bad"), "refuses the request"),
        ];
        for (fault, words) in reported {
            let shop = Shop::new();
            let server = ScriptedServer::start([plan(&[], &[]), fault]).unwrap();
            let report = shop
                .converse(
                    "review this",
                    &remote(&server, WIRES[2]),
                    &mut Scripted::default(),
                    &mut shop.session(),
                )
                .unwrap();
            assert_eq!(report.outcome, Outcome::Stopped);
            assert!(report.answer.contains(words), "{}", report.answer);
            assert!(!report.answer.contains(KEY));
        }
    });
}

#[test]
fn a_person_can_stop_it() {
    deep(|| {
        let shop = Shop::new();
        let server = ScriptedServer::start([plan(&[], &[])]).unwrap();
        let mut person = Scripted::default();
        person.stops.set(true);
        let report =
            shop.converse("review", &remote(&server, WIRES[0]), &mut person, &mut shop.session()).unwrap();
        assert_eq!(report.outcome, Outcome::Stopped);
        assert!(report.answer.contains("you stopped it"));
    });
}

/// The lines of a session's file.
fn lines(shop: &Shop, id: &str) -> (PathBuf, Vec<String>) {
    let path = shop.state().join("sessions").join(format!("{id}.jsonl"));
    let lines = std::fs::read_to_string(&path).unwrap().lines().map(str::to_owned).collect();
    (path, lines)
}

/// The script of a session that edits and is accepted.
fn script() -> Vec<Reply> {
    vec![
        call("list_routes", &json!({})),
        plan(&["app/pricing.py", "app/new.py"], &["unreached-code-changed"]),
        call("read_file", &json!({"path": "app/pricing.py"})),
        edit("app/pricing.py", "What an order costs.", "What an order costs, in cents."),
        call("create_file", &json!({"path": "app/new.py", "text": "VALUE = 1\n"})),
        finish(),
    ]
}

#[test]
fn a_session_resumes_after_every_line_and_ends_the_same() {
    deep(|| {
        let shop = Shop::new();
        let server = ScriptedServer::start(script()).unwrap();
        let mut session = shop.session();
        let id = session.id().to_owned();
        let whole = shop
            .converse("document it", &remote(&server, WIRES[2]), &mut Scripted::default(), &mut session)
            .unwrap();
        assert_eq!(whole.outcome, Outcome::Done, "{}", whole.answer);
        let (path, all) = lines(&shop, &id);
        let written: BTreeMap<&str, String> =
            ["app/pricing.py", "app/new.py"].into_iter().map(|path| (path, shop.text(path))).collect();
        for kept in 1..all.len() {
            // The process was killed after this line, and in the middle of the next one.
            let kept_text = format!("{}\n{}", all[..kept].join("\n"), &all[kept][..all[kept].len() / 2]);
            std::fs::write(&path, kept_text).unwrap();
            let has_written = all[..kept].iter().any(|line| line.starts_with("{\"event\":\"written\""));
            if has_written {
                for (path, text) in &written {
                    std::fs::write(shop.root().join(path), text).unwrap();
                }
            } else if Journal::open(&shop.root()).unwrap().undo().is_err() {
                // Nothing is written, or an earlier round took it back.
            }
            let answered =
                all[..kept].iter().filter(|line| line.starts_with("{\"event\":\"answered\"")).count();
            let server = ScriptedServer::start(script().into_iter().skip(answered)).unwrap();
            let (mut session, _) = Session::resume(&shop.state(), &id).unwrap();
            let report = shop
                .converse("document it", &remote(&server, WIRES[2]), &mut Scripted::default(), &mut session)
                .unwrap_or_else(|error| panic!("after line {kept}: {error}"));
            assert_eq!(report, whole, "after line {kept}");
            for (path, text) in &written {
                assert_eq!(shop.text(path), *text, "after line {kept}");
            }
            assert_eq!(server.requests().len(), script().len() - answered, "after line {kept}");
        }
    });
}

#[test]
fn a_replay_gives_the_same_and_writes_nothing() {
    deep(|| {
        let shop = Shop::new();
        let server = ScriptedServer::start(script()).unwrap();
        let mut session = shop.session();
        let id = session.id().to_owned();
        shop.converse("document it", &remote(&server, WIRES[0]), &mut Scripted::default(), &mut session)
            .unwrap();
        Journal::open(&shop.root()).unwrap().undo().unwrap();
        let before = shop.text("app/pricing.py");
        let replay = Session::replay(&shop.state(), &id).unwrap();
        let mut session = replay.session;
        let recorded = Recorded::new(replay.exchanges);
        let report = shop.converse("document it", &recorded, &mut Scripted::default(), &mut session).unwrap();
        assert_eq!(Some(report), replay.report);
        assert_eq!(recorded.remaining(), 0);
        assert_eq!(shop.text("app/pricing.py"), before);
        assert!(!shop.root().join("app/new.py").exists());
        assert_eq!(session::list(&shop.state()).len(), 1);

        // On another project it says so.
        std::fs::write(shop.root().join("app/more.py"), "from fastapi import FastAPI\n\napi = FastAPI()\n")
            .unwrap();
        let replay = Session::replay(&shop.state(), &id).unwrap();
        let mut session = replay.session;
        let recorded = Recorded::new(replay.exchanges);
        let report = shop.converse("document it", &recorded, &mut Scripted::default(), &mut session).unwrap();
        assert_eq!(report.outcome, Outcome::Stopped);
        assert!(report.answer.contains("replay differs"), "{}", report.answer);
    });
}

#[test]
fn a_session_does_not_go_on_in_another_project() {
    deep(|| {
        let shop = Shop::new();
        let server = ScriptedServer::start(script()).unwrap();
        let mut session = shop.session();
        let id = session.id().to_owned();
        shop.converse("document it", &remote(&server, WIRES[0]), &mut Scripted::default(), &mut session)
            .unwrap();
        let (path, all) = lines(&shop, &id);
        std::fs::write(&path, format!("{}\n", all[..4].join("\n"))).unwrap();
        std::fs::write(shop.root().join("app/more.py"), "from fastapi import FastAPI\n\napi = FastAPI()\n")
            .unwrap();
        let (mut session, _) = Session::resume(&shop.state(), &id).unwrap();
        let error = shop
            .converse("document it", &remote(&server, WIRES[0]), &mut Scripted::default(), &mut session)
            .unwrap_err();
        assert!(matches!(error, AgentError::Session(SessionError::Diverged(_))), "{error}");
    });
}
