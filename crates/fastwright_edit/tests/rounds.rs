//! Fixes of several rules at once.

#![allow(clippy::unwrap_used)]

use fastwright_edit::rounds::{Outcome, Permission, Request, fix};
use fastwright_edit::state::Project;
use fastwright_model::analysis::{AnalysisOptions, with_large_stack};
use fastwright_python::source::MemoryTree;
use fastwright_rules::metadata::Profile;
use fastwright_rules::settings::ReviewSettings;
use std::path::PathBuf;
use std::sync::Arc;

/// The file `main.py` after all safe fixes of the profile `strict`, with what was refused.
fn fixed(text: &str) -> (String, Vec<Vec<String>>) {
    let mut tree = MemoryTree::new();
    tree.insert("main.py", text.as_bytes());
    with_large_stack(move || {
        let request = Request {
            project: Project {
                tree: Arc::new(tree),
                path: PathBuf::from(MemoryTree::ROOT),
                analysis: AnalysisOptions::default(),
                review: ReviewSettings { profile: Profile::Strict, ..ReviewSettings::default() },
            },
            permission: Permission::Safe,
            wants: &mut |_, _| true,
        };
        let Outcome { files, refused, .. } = fix(request).ok().unwrap();
        let after = files.into_iter().next().map(|file| String::from_utf8(file.after).unwrap());
        (after.unwrap_or_default(), refused.into_iter().map(|refused| refused.reasons).collect())
    })
}

#[test]
fn a_function_that_becomes_plain_gets_no_await_in_the_same_round() {
    let (after, refused) = fixed(
        r#"import yaml
from fastapi import Depends, FastAPI
from sqlalchemy import create_engine
from sqlalchemy.orm import Session, sessionmaker

app = FastAPI()
SessionLocal = sessionmaker(bind=create_engine("sqlite://"))


def get_db():
    with SessionLocal() as session:
        yield session


def load_config(path):
    with open(path) as file:
        return yaml.safe_load(file)


@app.post("/launch")
async def launch(name: str, db: Session = Depends(get_db)):
    config = load_config("config.yaml")
    db.execute(config["query"])
    db.commit()
    return {"name": name}
"#,
    );
    assert!(after.contains("\ndef launch("), "{after}");
    assert!(!after.contains("await"), "{after}");
    assert!(refused.is_empty(), "{refused:?}");
}
