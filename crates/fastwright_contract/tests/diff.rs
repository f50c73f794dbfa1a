//! What differs between two programs: kinds, levels and words.

use fastwright_contract::contract::contract;
use fastwright_contract::contract::document::Contract;
use fastwright_contract::diff::{Diff, diff};
use fastwright_contract::versions::Versions;
use fastwright_model::analysis::{AnalysisOptions, evaluate_tree, with_large_stack};
use fastwright_python::source::MemoryTree;
use std::path::Path;
use std::sync::Arc;

const SHOP: &str = r#"
from typing import Annotated, Literal
from fastapi import Depends, FastAPI, HTTPException, Query
from fastapi.middleware.cors import CORSMiddleware
from fastapi.security import OAuth2PasswordBearer
from pydantic import BaseModel, field_validator
from sqlalchemy import String
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

app = FastAPI(title="Shop")
app.add_middleware(CORSMiddleware, allow_origins=["https://shop.example"])
scheme = OAuth2PasswordBearer(tokenUrl="token")

class Base(DeclarativeBase):
    pass

class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[int] = mapped_column(index=True)
    state: Mapped[str] = mapped_column(String(20), default="open")

class Item(BaseModel):
    name: str
    price: int = 0

class OrderIn(BaseModel):
    state: Literal["open", "paid"] = "open"
    items: list[Item] = []
    note: str | None = None

    @field_validator("note")
    @classmethod
    def strip_note(cls, value):
        return value.strip() if value else value

class OrderOut(BaseModel):
    id: int
    state: str
    items: list[Item]

class User(BaseModel):
    id: int
    role: str

def get_db():
    with Session() as session:
        yield session

def current_user(token: str = Depends(scheme)) -> User:
    user = decode(token)
    if user is None:
        raise HTTPException(401)
    return user

def staff(user: User = Depends(current_user)) -> User:
    if user.role not in ("staff", "admin"):
        raise HTTPException(403)
    return user

@app.get("/orders/{order_id}", response_model=OrderOut)
def read_order(order_id: int, user: User = Depends(current_user), db: Session = Depends(get_db)):
    order = db.get(Order, order_id)
    if order is None:
        raise HTTPException(status_code=404)
    if order.owner != user.id:
        raise HTTPException(status_code=403)
    return order

@app.post("/orders", status_code=201, dependencies=[Depends(staff)])
def create_order(body: OrderIn, limit: Annotated[int, Query(ge=1, le=100)] = 20, db: Session = Depends(get_db)) -> OrderOut:
    order = Order(state=body.state)
    db.add(order)
    db.commit()
    return order

@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}
"#;

fn contract_of(code: &str) -> Contract {
    let mut tree = MemoryTree::new();
    tree.insert("main.py", code.as_bytes().to_vec());
    with_large_stack(move || {
        let options = AnalysisOptions { for_document: true, ..AnalysisOptions::default() };
        let evaluation = evaluate_tree(Arc::new(tree), Path::new("/project"), &options).expect("it is there");
        assert!(evaluation.problems.is_empty(), "{:?}", evaluation.problems);
        let versions = Versions::of(&evaluation);
        contract(evaluation, versions)
    })
}

fn between(old: &str, new: &str) -> Diff {
    diff(("old", &contract_of(old)), ("new", &contract_of(new)))
}

/// The changes that replacing some text makes, as `level kind (part)`.
fn changes(replaced: &[(&str, &str)]) -> Vec<String> {
    let mut new = SHOP.to_owned();
    for (from, to) in replaced {
        assert!(new.contains(from), "{from}");
        new = new.replacen(from, to, 1);
    }
    let diff = between(SHOP, &new);
    diff.changes
        .iter()
        .map(|change| {
            let part = change.part.as_deref().unwrap_or("-");
            format!("{} {} ({part})", change.level.name(), change.kind)
        })
        .collect()
}

#[test]
fn a_program_does_not_differ_from_itself() {
    assert!(changes(&[]).is_empty());
}

#[test]
fn what_nobody_can_tell_is_no_change() {
    let nothing: [&[(&str, &str)]; 5] = [
        &[(
            "order = db.get(Order, order_id)\n    if order is None",
            "row = db.get(Order, order_id)\n    order = row\n    if row is None",
        )],
        &[("def read_order(", "async def read_order(")],
        &[("def strip_note(cls, value)", "def clean(cls, value)")],
        &[
            ("def staff(user: User", "def only_staff(user: User"),
            ("[Depends(staff)]", "[Depends(only_staff)]"),
        ],
        &[
            (
                "def read_order(",
                "def find(db, order_id):\n    order = db.get(Order, order_id)\n    if order is None:\n        raise HTTPException(status_code=404)\n    return order\n\n@app.get(\"/orders/{order_id}\", response_model=OrderOut)\ndef read_order(",
            ),
            ("@app.get(\"/orders/{order_id}\", response_model=OrderOut)\ndef find", "def find"),
            (
                "    order = db.get(Order, order_id)\n    if order is None:\n        raise HTTPException(status_code=404)\n    if order.owner",
                "    order = find(db, order_id)\n    if order.owner",
            ),
        ],
    ];
    for replaced in nothing {
        let found: Vec<String> = changes(replaced)
            .into_iter()
            // Names of functions are in the document and in `url_path_for`.
            .filter(|change| !change.contains("operation-id") && !change.contains("summary"))
            .collect();
        assert!(found.is_empty(), "{replaced:?}: {found:?}");
    }
}

/// What is replaced in the shop, and the changes that makes.
type Case<'c> = (&'c [(&'c str, &'c str)], &'c [&'c str]);

#[test]
fn each_change_has_its_kind() {
    let cases: &[Case<'_>] = &[
        // Requests.
        (
            &[("price: int = 0", "price: int")],
            &[
                "breaking request-property-became-required (request body items[].price)",
                "business request-property-default-removed (request body items[].price)",
                "compatible response-property-became-required (response 200 items[].price)",
                "compatible response-property-default-removed (response 200 items[].price)",
            ],
        ),
        (
            &[("name: str\n    price", "name: str\n    size: str\n    price")],
            &[
                "breaking request-property-added-required (request body items[].size)",
                "security response-property-added (response 200 items[].size)",
            ],
        ),
        (
            &[("[\"open\", \"paid\"]", "[\"open\"]")],
            &["breaking request-property-value-removed (request body state)"],
        ),
        (
            &[("note: str | None = None", "note: str = \"\"")],
            &[
                "breaking request-property-null-refused (request body note)",
                "business request-property-default-added (request body note)",
            ],
        ),
        (
            &[(
                "state: Literal[\"open\", \"paid\"] = \"open\"",
                "state: Literal[\"open\", \"paid\"] = \"paid\"",
            )],
            &["business request-property-default-changed (request body state)"],
        ),
        (
            &[("ge=1, le=100", "ge=1, le=50")],
            &["breaking query-parameter-constraint-tightened (query parameter `limit`)"],
        ),
        (
            &[("ge=1, le=100", "ge=0, le=100")],
            &["compatible query-parameter-constraint-loosened (query parameter `limit`)"],
        ),
        (
            &[("limit: Annotated[int, Query(ge=1, le=100)] = 20, ", "")],
            &["breaking query-parameter-removed (query parameter `limit`)"],
        ),
        (
            &[("= 20, db", "= 10, db")],
            &["business query-parameter-default-changed (query parameter `limit`)"],
        ),
        (
            &[("order_id: int, user", "order_id: str, user")],
            &["compatible path-parameter-type-widened (path parameter `order_id`)"],
        ),
        // Responses.
        (
            &[("    state: str\n    items: list[Item]\n\nclass User", "    items: list[Item]\n\nclass User")],
            &["breaking response-property-removed (response 200 state)"],
        ),
        (
            &[(
                "    state: str\n    items: list[Item]\n\nclass User",
                "    state: str | None\n    items: list[Item]\n\nclass User",
            )],
            &["breaking response-property-null-possible (response 200 state)"],
        ),
        (
            &[(
                "    state: str\n    items: list[Item]\n\nclass User",
                "    state: str\n    owner: int\n    items: list[Item]\n\nclass User",
            )],
            &["security response-property-added (response 200 owner)"],
        ),
        (&[("status_code=201", "status_code=200")], &["breaking response-success-status-changed (response)"]),
        // Routes.
        (&[("@app.get(\"/health\")", "@app.get(\"/status\")")], &["breaking route-path-changed (-)"]),
        (&[("@app.get(\"/health\")", "@app.post(\"/health\")")], &["breaking route-method-changed (-)"]),
        (&[("@app.get(\"/health\")\n", "")], &["breaking route-removed (-)"]),
        (
            &[("@app.get(\"/health\")", "@app.get(\"/health\", deprecated=True)")],
            &["compatible route-deprecated (-)"],
        ),
        (
            &[("@app.get(\"/health\")", "@app.get(\"/health\", include_in_schema=False)")],
            &["compatible route-hidden (-)"],
        ),
        // Guards.
        (&[(", dependencies=[Depends(staff)]", "")], &["security guard-became-public (guard)"]),
        (
            &[("Depends(staff)]", "Depends(current_user)]")],
            &["security guard-removed (guard)", "security role-requirement-removed (roles)"],
        ),
        (
            &[("(\"staff\", \"admin\")", "(\"staff\", \"admin\", \"guest\")")],
            &[
                "security guard-changed (guard `staff`)",
                "security role-accepted (roles)",
                "security access-check-changed (dependency `staff`)",
            ],
        ),
        (
            &[("(\"staff\", \"admin\")", "(\"admin\",)")],
            &[
                "breaking role-no-longer-accepted (roles)",
                "security access-check-changed (dependency `staff`)",
                "security guard-changed (guard `staff`)",
            ],
        ),
        (
            &[("@app.get(\"/health\")", "@app.get(\"/health\", dependencies=[Depends(current_user)])")],
            &["breaking guard-became-required (guard)"],
        ),
        (
            &[("    if order.owner != user.id:\n        raise HTTPException(status_code=403)\n", "")],
            &["security access-check-removed (behaviour)", "business status-removed (statuses)"],
        ),
        // Behaviour.
        (
            &[("    if order is None:\n        raise HTTPException(status_code=404)\n", "")],
            &["business check-removed (behaviour)", "business status-removed (statuses)"],
        ),
        (
            &[("HTTPException(status_code=404)", "HTTPException(status_code=410)")],
            &[
                "business check-answer-changed (behaviour)",
                "business status-added (statuses)",
                "business status-removed (statuses)",
            ],
        ),
        (&[("{\"status\": \"ok\"}", "{\"status\": \"up\"}")], &["business result-changed (behaviour)"]),
        (
            &[("    db.add(order)\n    db.commit()\n", "    db.commit()\n    db.add(order)\n")],
            &["business effect-order-changed (behaviour)"],
        ),
        (
            &[("    db.commit()\n", "")],
            &["business effect-commit-removed (effects)", "business effect-removed (behaviour)"],
        ),
        (
            &[("value.strip() if", "value.lower() if")],
            &["business model-validation-changed (model `OrderIn`)"],
        ),
        // Around the routes.
        (
            &[("[\"https://shop.example\"]", "[\"*\"]")],
            &["security cors-changed (middleware `CORSMiddleware`)"],
        ),
        (
            &[("app.add_middleware(CORSMiddleware, allow_origins=[\"https://shop.example\"])", "")],
            &["breaking cors-removed (middleware `CORSMiddleware`)"],
        ),
        // The database.
        (&[("String(20)", "String(10)")], &["breaking column-type-changed (table `orders`)"]),
        (&[("mapped_column(index=True)", "mapped_column()")], &["compatible index-removed (table `orders`)"]),
        (&[("default=\"open\")", "default=\"new\")")], &["business column-default-changed (table `orders`)"]),
        (
            &[("owner: Mapped[int]", "owner: Mapped[int | None]")],
            &["compatible column-became-nullable (table `orders`)"],
        ),
    ];
    let mut wrong = Vec::new();
    for (replaced, expected) in cases {
        let found: Vec<String> = changes(replaced)
            .into_iter()
            .filter(|change| {
                let said_elsewhere = ["documentation", "error-", "operation-id", "response 201"];
                !said_elsewhere.iter().any(|word| change.contains(word))
            })
            .collect();
        let missing = expected.iter().any(|kind| !found.iter().any(|found| found == kind));
        if missing || found.len() != expected.len() {
            wrong.push(format!("{replaced:?}\n  expected {expected:#?}\n  found {found:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn routes_that_meet_are_told_when_their_order_changes() {
    let old = r#"
from fastapi import FastAPI
app = FastAPI()

@app.get("/users/me")
def me(): return 1

@app.get("/users/{name}")
def user(name: str): return name
"#;
    let new = r#"
from fastapi import FastAPI
app = FastAPI()

@app.get("/users/{name}")
def user(name: str): return name

@app.get("/users/me")
def me(): return 1
"#;
    let diff = between(old, new);
    let kinds: Vec<&str> = diff.changes.iter().map(|change| change.kind.as_str()).collect();
    assert_eq!(kinds, ["route-shadowed"]);
    assert_eq!(diff.changes[0].routes[0].text(), "GET /users/me");
}

#[test]
fn what_routes_share_is_told_once() {
    let new = SHOP
        .replace("return user\n\ndef staff", "return user or None\n\ndef staff")
        .replace("if user is None", "if not user");
    let diff = between(SHOP, &new);
    let guards: Vec<_> = diff.changes.iter().filter(|change| change.kind == "guard-changed").collect();
    assert!(!guards.is_empty(), "{:#?}", diff.changes);
    let changed =
        guards.iter().find(|change| change.message.contains("current_user")).expect("the guard changed");
    assert_eq!(changed.routes.len(), 2);
}

#[test]
fn apps_that_are_mounted_under_one_path_belong_together() {
    let code = r#"
from fastapi import FastAPI
app = FastAPI()
first, second = FastAPI(title="First"), FastAPI(title="Second")
app.mount("/sub", first)
app.mount("/sub", second)
"#;
    assert!(between(code, code).changes.is_empty());
}
