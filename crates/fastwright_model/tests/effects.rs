//! What routes do with everything that they call: tables, statuses, and who looks at credentials.

#![allow(clippy::unwrap_used)]

use fastwright_model::analysis::{Analysis, AnalysisOptions, analyse_tree, with_large_stack};
use fastwright_python::source::MemoryTree;
use std::path::Path;
use std::sync::Arc;

fn routes(fixture: &str) -> Vec<(String, Vec<String>, Vec<String>)> {
    let tree = MemoryTree::from_fixture(fixture);
    let found = |analysis: &Analysis| {
        let routes = analysis.apps.iter().flat_map(|app| &app.routes);
        routes.map(|route| (route.path.clone(), route.reads.clone(), route.writes.clone())).collect()
    };
    with_large_stack(|| {
        found(&analyse_tree(Arc::new(tree), Path::new("."), &AnalysisOptions::default()).unwrap())
    })
}

/// Functions that call each other in a circle each do what all of them do; whoever they call does no more for it.
#[test]
fn circles_of_functions_share_what_they_do() {
    let found = routes(
        r#"
#- app.py
from fastapi import Depends, FastAPI
from sqlalchemy import select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

app = FastAPI()

class Base(DeclarativeBase):
    pass

class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)

class Item(Base):
    __tablename__ = "items"
    id: Mapped[int] = mapped_column(primary_key=True)

class Note(Base):
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)

def get_session() -> Session: ...

def note(session: Session):
    return session.get(Note, 1)

def check_order(session: Session, depth: int):
    session.add(Order(id=depth))
    if depth:
        check_item(session, depth - 1)

def check_item(session: Session, depth: int):
    session.add(Item(id=depth))
    note(session)
    check_order(session, depth)

@app.get("/orders")
def orders(session: Session = Depends(get_session)):
    check_order(session, 3)

@app.get("/items")
def items(session: Session = Depends(get_session)):
    check_item(session, 3)

@app.get("/notes")
def notes(session: Session = Depends(get_session)):
    return note(session)
"#,
    );
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let both = (names(&["notes"]), names(&["items", "orders"]));
    let expected = [
        ("/orders".to_owned(), both.0.clone(), both.1.clone()),
        ("/items".to_owned(), both.0, both.1),
        ("/notes".to_owned(), names(&["notes"]), names(&[])),
    ];
    assert_eq!(found, expected);
}
