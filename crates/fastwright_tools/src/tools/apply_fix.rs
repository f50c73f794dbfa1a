//! `apply_fix`: fixes written to the files, where the person who started the program allowed it.

use super::fixes::{self, Applied, Refused};
use crate::error::ToolError;
use crate::knowledge::Knowledge;
use crate::service::Caller;
use fastwright_edit::writing::Journal;
use fastwright_engine::fixing;
use fastwright_engine::inputs::project_root;
use schemars::JsonSchema;
use serde::Serialize;

pub(crate) use super::fixes::FixChoice as Input;

#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Output {
    summary: String,
    /// The files that were written.
    files: Vec<String>,
    applied: Vec<Applied>,
    /// Fixes that were left out, as they would have changed what they may not change.
    refused: Vec<Refused>,
    /// How to take the change back.
    undo: Option<String>,
}

pub(crate) fn answer(
    knowledge: &mut Knowledge,
    input: Input,
    caller: &dyn Caller,
) -> Result<Output, ToolError> {
    if !knowledge.start.allow_write {
        return Err(ToolError::refused(
            "files may not be written: the program was started without `--allow-write`. plan_fix gives the patch",
        ));
    }
    let made = fixes::make(knowledge, &input, caller)?;
    let files = &made.outcome.files;
    if !files.is_empty() {
        let root = project_root(&made.settings.path).to_path_buf();
        fixing::refuse_interrupted(&root)?;
        if !knowledge.start.allow_dirty {
            fixing::refuse_uncommitted(&root, files)?;
        }
        caller.progress("writing the files");
        Journal::open(&root).and_then(|journal| journal.write(files)).map_err(fixing::failure)?;
        knowledge.begin_question();
    }
    let count = made.document.applied.len();
    Ok(Output {
        summary: match count {
            0 => "No fix to make; nothing was written.".to_owned(),
            1 => "1 fix was made and written.".to_owned(),
            count => format!("{count} fixes were made and written."),
        },
        files: made.document.files.clone(),
        applied: made.applied(),
        refused: made.refused(),
        undo: (!files.is_empty()).then(|| "fastwright fix --undo".to_owned()),
    })
}
