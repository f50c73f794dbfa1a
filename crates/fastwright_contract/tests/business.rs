//! The business form: the same for code that does the same, another for code that does something else.

use fastwright_contract::business::{Digest, Forms, lines};
use fastwright_model::analysis::{AnalysisOptions, analyse_tree, with_large_stack};
use fastwright_python::source::MemoryTree;
use std::path::Path;
use std::sync::Arc;

const TOP: &str = r#"
from fastapi import Depends, FastAPI, HTTPException, status
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import select
from sqlalchemy.orm import Session, DeclarativeBase, Mapped, mapped_column
import logging
from mailer import send_mail

logger = logging.getLogger(__name__)
app = FastAPI()
PAGE = 20

class Base(DeclarativeBase):
    pass

class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[int]
    state: Mapped[str]
    total: Mapped[int]

def get_db():
    with Session() as session:
        yield session

"#;

/// The form of the one route of a program, with the lines that people read.
fn form(code: &str) -> (Digest, String) {
    forms(code, false).swap_remove(0)
}

/// The forms of the routes of a program, in the order of the routes; made from the last to the first on request.
fn forms(code: &str, backwards: bool) -> Vec<(Digest, String)> {
    let mut tree = MemoryTree::new();
    if code.contains("# file:") {
        for (index, part) in code.split("# file: ").enumerate() {
            match index {
                0 => tree.insert("main.py", format!("{TOP}{part}")),
                _ => {
                    let (name, text) = part.split_once('\n').expect("a name and a text");
                    tree.insert(name.trim(), text.as_bytes().to_vec());
                }
            }
        }
    } else {
        tree.insert("main.py", format!("{TOP}{code}"));
    }
    with_large_stack(move || {
        let analysis = analyse_tree(Arc::new(tree), Path::new("/project"), &AnalysisOptions::default())
            .expect("the project is there");
        assert!(analysis.problems.is_empty(), "{:?}", analysis.problems);
        let mut interpreter = analysis.interpreter.borrow_mut();
        let mut forms = Forms::new(&mut interpreter, &analysis.files);
        let mut details: Vec<_> = analysis.details[0].iter().collect();
        if backwards {
            details.reverse();
        }
        let mut found: Vec<(Digest, String)> = details
            .into_iter()
            .map(|detail| {
                let dependant = detail.dependant.as_ref().expect("the route has a handler");
                let form = forms.of_dependant(dependant).expect("the handler is known");
                let text = lines(&form.steps)
                    .iter()
                    .map(|line| format!("{}{}\n", "  ".repeat(line.depth as usize), line.text))
                    .collect();
                (form.digest, text)
            })
            .collect();
        if backwards {
            found.reverse();
        }
        found
    })
}

fn same(first: &str, second: &str) {
    let (first, second) = (form(first), form(second));
    assert_eq!(first.0, second.0, "should be the same\n{}\n{}", first.1, second.1);
}

fn different(first: &str, second: &str) {
    let (first, second) = (form(first), form(second));
    assert_ne!(first.0, second.0, "should be different\n{}\n{}", first.1, second.1);
}

const CANCEL: &str = r#"
@app.post("/orders/{order_id}")
async def cancel(order_id: int, db: Session = Depends(get_db)):
    """Cancels."""
    order = db.get(Order, order_id)
    if order is None:
        raise HTTPException(status_code=404, detail="no such order")
    if order.state != "open" and order.total > 10:
        raise HTTPException(status_code=409)
    order.state = "cancelled"
    db.commit()
    send = order.owner
    logger.info("cancelled %s", order_id)
    db.refresh(order)
    return {"id": order.id, "to": send}
"#;

#[test]
fn a_form_is_readable() {
    insta::assert_snapshot!(form(CANCEL).1);
}

#[test]
fn names_of_locals_say_nothing() {
    same(
        CANCEL,
        &CANCEL
            .replace("order =", "row =")
            .replace("order.", "row.")
            .replace("order is", "row is")
            .replace("(order)", "(row)"),
    );
    same(CANCEL, &CANCEL.replace("send", "recipient"));
    same(CANCEL, &CANCEL.replace("async def cancel", "async def cancel_order"));
    same(CANCEL, &CANCEL.replace("db", "session"));
}

#[test]
fn layout_logs_and_annotations_say_nothing() {
    same(CANCEL, &CANCEL.replace("\"\"\"Cancels.\"\"\"", "# nothing"));
    same(CANCEL, &CANCEL.replace("    logger.info(\"cancelled %s\", order_id)\n", ""));
    same(CANCEL, &CANCEL.replace("async def", "def"));
    same(CANCEL, &CANCEL.replace("    send = order.owner", "    send: int = order.owner"));
    same(
        CANCEL,
        &CANCEL.replace(
            "status_code=404, detail=\"no such order\"",
            "status.HTTP_404_NOT_FOUND, \"no such order\"",
        ),
    );
    same(CANCEL, &CANCEL.replace("{\"id\"", "{\n        \"id\"").replace("order is None", "(order is None)"));
}

#[test]
fn ways_to_write_a_decision_say_nothing() {
    same(
        CANCEL,
        r#"
@app.post("/orders/{order_id}")
def cancel(order_id: int, db: Session = Depends(get_db)):
    order = db.get(Order, order_id)
    if order is not None:
        if not (order.state != "open" and order.total > 10):
            order.state = "cancelled"
            db.commit()
            send = order.owner
            db.refresh(order)
            return {"id": order.id, "to": send}
        else:
            raise HTTPException(status_code=409)
    raise HTTPException(status_code=404, detail="no such order")
"#,
    );
    let early = r#"
@app.get("/size")
def size(n: int):
    if n > 10:
        return "large"
    return "small"
"#;
    same(
        early,
        &early.replace(
            "    if n > 10:\n        return \"large\"\n    return \"small\"",
            "    return \"large\" if n > 10 else \"small\"",
        ),
    );
    same(
        early,
        &early.replace(
            "    if n > 10:\n        return \"large\"\n    return \"small\"",
            "    if n > 10:\n        word = \"large\"\n    else:\n        word = \"small\"\n    return word",
        ),
    );
}

#[test]
fn a_comparison_can_be_turned_around() {
    let with = |comparison: &str| CANCEL.replace("order.total > 10", comparison);
    same(CANCEL, &with("10 < order.total"));
    same(&with("order.total >= 10"), &with("10 <= order.total"));
    for other in ["order.total < 10", "10 > order.total", "order.total >= 10", "10 <= order.total"] {
        different(CANCEL, &with(other));
    }
}

#[test]
fn extraction_says_nothing() {
    // A part that raises.
    same(
        CANCEL,
        &CANCEL
            .replace("@app.post", "def found(session, number):\n    row = session.get(Order, number)\n    if row is None:\n        raise HTTPException(status_code=404, detail=\"no such order\")\n    return row\n\n@app.post")
            .replace("    order = db.get(Order, order_id)\n    if order is None:\n        raise HTTPException(status_code=404, detail=\"no such order\")\n", "    order = found(db, order_id)\n"),
    );
    // The same in a file of its own, asynchronous.
    same(
        CANCEL,
        &(CANCEL
            .replace("    order = db.get(Order, order_id)\n    if order is None:\n        raise HTTPException(status_code=404, detail=\"no such order\")\n", "    order = await found(db, order_id, Order)\n")
            .replace("@app.post", "from loading import found\n\n@app.post")
            + "# file: loading.py\nfrom fastapi import HTTPException\n\nasync def found(session, number, model):\n    row = session.get(model, number)\n    if row is None:\n        raise HTTPException(status_code=404, detail=\"no such order\")\n    return row\n"),
    );
    // Everything.
    same(
        CANCEL,
        &CANCEL
            .replace("@app.post(\"/orders/{order_id}\")\nasync def cancel(order_id: int, db: Session = Depends(get_db)):", "async def doing(order_id, db):")
            .replace("to\": send}\n", "to\": send}\n\n@app.post(\"/orders/{order_id}\")\nasync def cancel(order_id: int, db: Session = Depends(get_db)):\n    return await doing(order_id, db)\n"),
    );
    // A condition, a constant, a variable.
    same(
        CANCEL,
        &CANCEL
            .replace("@app.post", "def closed(order, limit=10):\n    return order.state != \"open\" and order.total > limit\n\n@app.post")
            .replace("if order.state != \"open\" and order.total > 10:", "if closed(order):"),
    );
    same(CANCEL, &CANCEL.replace("@app.post", "LIMIT = 10\n\n@app.post").replace("> 10", "> LIMIT"));
    same(
        CANCEL,
        &CANCEL.replace(
            "    if order.state != \"open\" and order.total > 10:",
            "    large = order.total > 10\n    if order.state != \"open\" and large:",
        ),
    );
    // In a thread.
    same(
        CANCEL,
        &CANCEL
            .replace("@app.post", "def load(db, order_id):\n    return db.get(Order, order_id)\n\n@app.post")
            .replace(
                "db.get(Order, order_id)\n    if",
                "await run_in_threadpool(load, db, order_id)\n    if",
            ),
    );
    // A result that is decided inside.
    let sized = r#"
@app.get("/size")
def size(n: int):
    if n > 10:
        word = "large"
    else:
        if n < 3:
            word = "tiny"
        else:
            word = "small"
    send_mail("me", word)
    return {"size": word}
"#;
    same(
        sized,
        r#"
def word_of(n):
    if n > 10:
        return "large"
    if n < 3:
        return "tiny"
    return "small"

@app.get("/size")
def size(n: int):
    word = word_of(n)
    send_mail("me", word)
    return {"size": word}
"#,
    );
}

#[test]
fn loops_in_functions_of_their_own_say_nothing() {
    let looping = r#"
@app.get("/sum")
def total(db: Session = Depends(get_db)):
    total = 0
    for order in db.scalars(select(Order)).all():
        if order.state == "closed":
            continue
        total += order.total
        db.expunge(order)
    return {"total": total}
"#;
    same(
        looping,
        &looping
            .replace("order.", "row.")
            .replace("for order", "for row")
            .replace("(order)", "(row)")
            .replace("total = 0", "amount = 0")
            .replace("    total +=", "    amount +=")
            .replace(": total}", ": amount}"),
    );
    same(
        looping,
        r#"
def add_up(orders, db):
    total = 0
    for order in orders:
        if order.state != "closed":
            total += order.total
            db.expunge(order)
    return total

@app.get("/sum")
def total(db: Session = Depends(get_db)):
    orders = db.scalars(select(Order)).all()
    return {"total": add_up(orders, db)}
"#,
    );
    different(looping, &looping.replace("total += order.total", "total += order.owner"));
    different(looping, &looping.replace("total = 0", "total = 1"));
    different(looping, &looping.replace("continue", "break"));
    different(looping, &looping.replace("return {\"total\": total}", "return {\"total\": 0}"));
}

#[test]
fn every_change_of_what_is_done_shows() {
    for (old, new) in [
        ("order is None", "order is not None"),
        ("!= \"open\"", "== \"open\""),
        ("!= \"open\"", "!= \"paid\""),
        (" and ", " or "),
        ("> 10", ">= 10"),
        ("> 10", "> 11"),
        ("404", "410"),
        ("no such order", "nothing"),
        ("status_code=409", "status_code=400"),
        ("\"cancelled\"\n", "\"gone\"\n"),
        ("order.state = \"cancelled\"\n", "order.owner = \"cancelled\"\n"),
        ("    db.commit()\n", ""),
        (
            "    order.state = \"cancelled\"\n    db.commit()\n",
            "    db.commit()\n    order.state = \"cancelled\"\n",
        ),
        ("    db.refresh(order)\n", ""),
        ("\"to\": send", "\"to\": order_id"),
        ("send = order.owner", "send = order.total"),
        ("db.get(Order, order_id)", "db.get(Order, 1)"),
        (
            "    if order is None:\n        raise HTTPException(status_code=404, detail=\"no such order\")\n",
            "",
        ),
        (
            "    if order.state != \"open\" and order.total > 10:\n        raise HTTPException(status_code=409)\n",
            "",
        ),
        ("return {\"id\": order.id, \"to\": send}", "return None"),
        ("raise HTTPException(status_code=409)", "return None"),
        ("raise HTTPException(status_code=409)", "pass"),
    ] {
        assert!(CANCEL.contains(old), "{old}");
        different(CANCEL, &CANCEL.replacen(old, new, 1));
    }
}

#[test]
fn what_helpers_do_counts() {
    let helper = r#"
def allowed(order, limit=10):
    return order.total < limit

def check(order):
    if not allowed(order):
        raise HTTPException(403)

@app.get("/orders/{order_id}")
def read(order_id: int, db: Session = Depends(get_db)):
    order = db.get(Order, order_id)
    check(order)
    for line in order.lines:
        send_mail(line, f"{order.total:.2f}")
    return order
"#;
    for (old, new) in [
        ("limit=10", "limit=12"),
        ("<", "<="),
        ("not allowed", "allowed"),
        ("HTTPException(403)", "HTTPException(404)"),
        ("    check(order)\n", ""),
        (".2f", ".3f"),
        ("send_mail(line", "send_mail(order"),
        ("order.lines", "order.rows"),
    ] {
        assert!(helper.contains(old), "{old}");
        different(helper, &helper.replacen(old, new, 1));
    }
}

#[test]
fn the_rest_of_the_language_counts() {
    let code = r#"
import httpx
from contextlib import suppress

@app.post("/x")
async def x(n: int, kind: str):
    async with httpx.AsyncClient(timeout=5) as client:
        response = await client.get("https://example.com", params={"n": n})
    try:
        data = response.json()
    except ValueError as error:
        raise HTTPException(502) from error
    finally:
        send_mail("me", "done")
    match kind:
        case "a" | "b":
            value = data["a"]
        case {"c": c} if c > 3:
            value = c
        case _:
            value = [row["x"] for row in data if row["y"] > 2]
    while n > 0:
        n -= 1
        if n == 7:
            break
        send_mail("me", n)
    with suppress(KeyError):
        send_mail(data["k"], None)
    first, *others = value
    key = lambda row: row["z"]
    return sorted(value, key=key), first, others
"#;
    for (old, new) in [
        ("timeout=5", "timeout=6"),
        ("https://example.com", "https://example.org"),
        ("client.get", "client.post"),
        ("ValueError", "TypeError"),
        ("502", "503"),
        ("\"done\"", "\"failed\""),
        ("case \"a\" | \"b\"", "case \"a\" | \"c\""),
        ("data[\"a\"]", "data[\"b\"]"),
        ("c > 3", "c > 4"),
        ("value = c\n", "value = kind\n"),
        ("row[\"x\"] for", "row[\"w\"] for"),
        ("> 2]", "> 1]"),
        ("while n > 0", "while n > 1"),
        ("n -= 1", "n -= 2"),
        ("n == 7", "n == 8"),
        ("            break\n", "            continue\n"),
        ("suppress(KeyError)", "suppress(ValueError)"),
        ("first, *others", "*others, first"),
        ("row[\"z\"]", "row[\"q\"]"),
    ] {
        assert!(code.contains(old), "{old}");
        different(code, &code.replacen(old, new, 1));
    }
    same(
        code,
        &code
            .replace("AsyncClient", "Client")
            .replace("async with", "with")
            .replace("await ", "")
            .replace("async def", "def"),
    );
    same(
        code,
        &code
            .replace("row", "item")
            .replace("response", "answer")
            .replace("client", "http")
            .replace("error", "problem"),
    );
}

#[test]
fn local_functions_that_call_themselves_have_a_form() {
    let code = r#"
@app.get("/tree")
def tree(db: Session = Depends(get_db)):
    def walk(node, found):
        for child in node.children:
            if child.open:
                run(walk, child, found)
        return found
    return run(walk, db.get(Order, 1), [])
"#;
    same(code, &code.replace("walk", "descend"));
    different(code, &code.replace("child.open", "child.closed"));
}

#[test]
fn decisions_in_each_other_are_one() {
    let code = r#"
@app.get("/state")
def state(a: int, b: int, c: int, db: Session = Depends(get_db)):
    size = 0
    if a > 1 and b > 2:
        size = 5
    if a == 1 or b == 2 or c == 3:
        db.commit()
    if db.get(Order, a) and db.get(Order, b):
        raise HTTPException(status_code=409)
    result = db.get(Order, size)
    return result
"#;
    same(
        code,
        &code.replace(
            "    if a > 1 and b > 2:\n        size = 5",
            "    if a > 1:\n        if b > 2:\n            size = 5",
        ),
    );
    same(code, &code.replace("if a > 1 and b > 2", "if not (not a > 1 or not b > 2)"));
    same(
        code,
        &code.replace(
            "    if a == 1 or b == 2 or c == 3:\n        db.commit()\n",
            "    if a == 1:\n        db.commit()\n    elif b == 2:\n        db.commit()\n    elif c == 3:\n        db.commit()\n",
        ),
    );
    same(code, &code.replace("a == 1 or b == 2 or c == 3", "not (a != 1 and b != 2 and c != 3)"));
    same(
        code,
        &code.replace(
            "    if db.get(Order, a) and db.get(Order, b):\n        raise",
            "    if db.get(Order, a):\n        if db.get(Order, b):\n            raise",
        ),
    );
    same(
        code,
        &code
            .replace("    result = db.get(Order, size)\n    return result", "    return db.get(Order, size)"),
    );
    different(code, &code.replace("a > 1 and b > 2", "a > 1 or b > 2"));
    different(code, &code.replace("a == 1 or b == 2 or", "a == 1 or b == 2 and"));
    different(code, &code.replace("a > 1 and b > 2", "a > 1"));
}

#[test]
fn helpers_without_annotations_are_followed_by_what_they_get() {
    let code = r#"
class Store:
    def __init__(self, session: Session):
        self.session = session
    def find(self, order_id: int):
        order = self.session.get(Order, order_id)
        if order is None:
            raise HTTPException(status_code=404)
        return order

def get_store(db: Session = Depends(get_db)) -> Store:
    return Store(db)

@app.get("/orders/{order_id}")
def read(order_id: int, store: Store = Depends(get_store)):
    order = store.find(order_id)
    return order.state
"#;
    let extracted = code.replace("@app.get", "def extracted(store, order_id):\n    order = store.find(order_id)\n    return order.state\n\n@app.get")
        .replace("Depends(get_store)):\n    order = store.find(order_id)\n    return order.state", "Depends(get_store)):\n    return extracted(store, order_id)");
    same(code, &extracted);
    different(&extracted, &extracted.replace("404", "410"));
}

#[test]
fn what_comes_behind_a_call_counts() {
    let code = r#"
class Sink:
    async def send(self, text: str):
        raise NotImplementedError

class Injected:
    def __init__(self, function):
        self.function = function
    def __call__(self, *args, **kwargs):
        return store(get_db(), *args, **kwargs)

async def store(db, text):
    db.add(text)

def load(text):
    try:
        return parse(text)
    except ValueError:
        raise HTTPException(status_code=400)

save = Injected(store)

@app.post("/texts")
async def create(text: str, sink: Sink, db: Session = Depends(get_db)):
    parsed = load(text)
    await sink.send(parsed)
    await save(parsed, color="red")
    db.commit()
    return {"text": parsed}
"#;
    for (old, new) in [
        ("sink.send(parsed)", "sink.send(text)"),
        ("color=\"red\"", "color=\"blue\""),
        ("    db.commit()\n", ""),
        ("{\"text\": parsed}", "None"),
    ] {
        assert!(code.contains(old), "{old}");
        different(code, &code.replacen(old, new, 1));
    }
}

/// Functions that call each other in a circle, none of which is put in place of its call: arguments are not known
/// one by one. Each is reached by a route of its own.
const CIRCLE: &str = r#"
def expression(*words):
    if words[0] == "(":
        return group(*words)
    return send_mail("expression", term(*words))

def group(*words):
    return send_mail("group", expression(*words[1:]))

def term(*words):
    if words[0] == "-":
        return send_mail("minus", expression(*words[1:]))
    return leaf(*words)

def leaf(*words):
    return send_mail("leaf", words[0])

@app.get("/expression")
def get_expression(words: list[str]):
    return expression(*words)

@app.get("/group")
def get_group(words: list[str]):
    return group(*words)

@app.get("/term")
def get_term(words: list[str]):
    return term(*words)

@app.get("/leaf")
def get_leaf(words: list[str]):
    return leaf(*words)
"#;

#[test]
fn forms_do_not_depend_on_what_was_asked_for_first() {
    let digests = |backwards| -> Vec<Digest> {
        forms(CIRCLE, backwards).into_iter().map(|(digest, _)| digest).collect()
    };
    assert_eq!(digests(false), digests(true));
    let fewer = CIRCLE.split("@app.get(\"/group\")").next().expect("the routes before it");
    assert_eq!(form(fewer).0, digests(true)[0], "routes that are not there decide nothing");
}

#[test]
fn a_change_in_a_circle_shows_in_all_of_it() {
    let digests =
        |code: &str| -> Vec<Digest> { forms(code, false).into_iter().map(|(digest, _)| digest).collect() };
    let before = digests(CIRCLE);
    let all_but_leaf = |change: &str, to: &str| {
        let after = digests(&CIRCLE.replace(change, to));
        for route in 0..3 {
            assert_ne!(before[route], after[route], "{change} -> {to}: route {route}");
        }
        assert_eq!(before[3], after[3]);
    };
    all_but_leaf("\"minus\"", "\"plus\"");
    all_but_leaf("words[0] == \"(\"", "words[0] == \"[\"");
    all_but_leaf("\"group\", expression", "\"group\", term");
    all_but_leaf("return send_mail(\"expression\", term", "return send_mail(\"expression\", group");
    let renamed = digests(&CIRCLE.replace("group(", "parenthesis(").replace("get_parenthesis", "get_group"));
    assert_eq!(before, renamed);
    let leaf = digests(&CIRCLE.replace("\"leaf\"", "\"word\""));
    assert!(before.iter().zip(&leaf).all(|(before, after)| before != after));
}

#[test]
fn functions_with_the_same_decorator_are_different() {
    let decorated = r#"
import functools

def traced(function):
    @functools.wraps(function)
    def wrapper(*args):
        send_mail("trace", function.__name__)
        return function(*args)
    return wrapper

@traced
def price(order):
    return send_mail("price", order)

@traced
def total(order):
    return price(order) + 1

@app.get("/total")
def get_total(order: int):
    return total(order)
"#;
    different(decorated, &decorated.replace("send_mail(\"price\", order)", "send_mail(\"cost\", order)"));
    same(decorated, &decorated.replace("price(order", "price_of(order"));
}

#[test]
fn variables_that_are_filled_later_are_told_apart_by_name() {
    let variables = r#"
users = {}
orders = {}
session = None

def current():
    global session
    if session is None:
        session = Session()
    return session

@app.get("/order")
def get_order(key: str):
    return orders.get(key), current()

@app.get("/user")
def get_user(key: str):
    return users.get(key)
"#;
    different(variables, &variables.replace("orders.get", "users.get"));
    different(variables, &variables.replace("session is None", "users is None"));
    same(variables, &variables.replace("current", "shared"));
}

#[test]
fn what_functions_bind_in_modules_does_not_depend_on_what_ran_before() {
    let lazy = r#"
session = None

class Context:
    def __init__(self, config=None):
        self.config = config

context = Context()

def current():
    global session
    if session is None:
        session = Session()
    return session

@app.get("/use")
def use():
    return session, context.config

@app.get("/make")
def make(config: str):
    context.config = config
    return current()
"#;
    let digests = |code: &str, backwards| -> Vec<Digest> {
        forms(code, backwards).into_iter().map(|(digest, _)| digest).collect()
    };
    assert_eq!(digests(lazy, false), digests(lazy, true));
    let alone = lazy.split("@app.get(\"/make\")").next().expect("the route before it");
    assert_eq!(digests(alone, false)[0], digests(lazy, true)[0]);
}

#[test]
fn what_a_probed_handler_binds_does_not_stay() {
    let probed = r#"
from fastapi import Request

session = None

def open_session(request):
    global session
    session = Session()

def get_opening(request: Request):
    print(request.headers.get("x-mode"))
    return open_session

@app.get("/use")
def use():
    return session

@app.get("/make")
def make(request: Request, opening=Depends(get_opening)):
    opening(request)
    if "x-token" not in request.headers:
        raise HTTPException(401)
    return {}
"#;
    let alone = probed.split("@app.get(\"/make\")").next().expect("the route before it");
    assert_eq!(forms(alone, false)[0], forms(probed, false)[0]);
}
