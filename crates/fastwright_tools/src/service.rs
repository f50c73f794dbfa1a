//! One question after the other, about one project.

use crate::description::describe;
use crate::error::{ErrorKind, ToolError};
use crate::knowledge::{Knowledge, Start};
use crate::schema::without_nulls;
use crate::tools::{
    apply_fix, check_project, diff_contract, explain_rule, fixes, gate_patch, get_finding, get_route,
    list_routes, plan_fix, review_changes,
};
use crate::{FixChoice, MadeFixes};
use fastwright_contract::contract::document::Contract;
use fastwright_engine::Settings;
use fastwright_engine::questions::Survey;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

/// Who asks: may stop waiting, and may want to know what is going on.
pub trait Caller {
    /// Whether nobody waits any more.
    fn is_cancelled(&self) -> bool {
        false
    }

    /// What is done now, in a few words.
    fn progress(&self, what: &str) {
        let _ = what;
    }
}

impl Caller for () {}

/// Answers questions about one project. Answers rest on the files as they are when the question is asked.
///
/// Evaluation needs a deep stack: call it on a thread with [`fastwright_python::parallel::STACK`], as
/// [`crate::Worker`] does.
pub struct Service {
    knowledge: Knowledge,
}

impl Service {
    /// A service for the project that was named at the start.
    ///
    /// # Errors
    /// When the path does not exist or its configuration can't be read.
    pub fn new(start: Start) -> Result<Self, ToolError> {
        let knowledge = Knowledge::new(start);
        knowledge.settings(None)?;
        Ok(Self { knowledge })
    }

    /// What the person who started the program decided.
    pub fn start(&self) -> &Start {
        &self.knowledge.start
    }

    /// Review and routes as the files are now, for who has no context to save. `profile` is `default`, `strict` or
    /// `audit`; none is the configuration's.
    ///
    /// # Errors
    /// When the project can't be read.
    pub fn survey(&mut self, profile: Option<&str>) -> Result<&Survey, ToolError> {
        self.knowledge.begin_question();
        self.knowledge.survey(profile)
    }

    /// The contract as the files are now.
    ///
    /// # Errors
    /// When the project can't be read.
    pub fn contract(&mut self) -> Result<&Contract, ToolError> {
        self.knowledge.begin_question();
        self.knowledge.contract()
    }

    /// The settings in effect for a profile.
    ///
    /// # Errors
    /// When the project or its configuration can't be read.
    pub fn settings(&self, profile: Option<&str>) -> Result<Settings, ToolError> {
        self.knowledge.settings(profile)
    }

    /// Makes fixes in memory; nothing is written.
    ///
    /// # Errors
    /// When a finding is not there or has no fix, or the project can't be read.
    pub fn make_fixes(&mut self, choice: &FixChoice, caller: &dyn Caller) -> Result<MadeFixes, ToolError> {
        self.knowledge.begin_question();
        fixes::make(&mut self.knowledge, choice, caller)
    }

    /// Calls a tool.
    ///
    /// # Errors
    /// When there is no such tool, its arguments make no sense, or what was asked for can't be done.
    pub fn call(&mut self, name: &str, arguments: Json, caller: &dyn Caller) -> Result<Json, ToolError> {
        let knowledge = &mut self.knowledge;
        knowledge.begin_question();
        match name {
            "check_project" => run(knowledge, arguments, caller, check_project::answer),
            "list_routes" => run(knowledge, arguments, caller, list_routes::answer),
            "get_route" => run(knowledge, arguments, caller, get_route::answer),
            "get_finding" => run(knowledge, arguments, caller, get_finding::answer),
            "explain_rule" => run(knowledge, arguments, caller, explain_rule::answer),
            "review_changes" => run(knowledge, arguments, caller, review_changes::answer),
            "diff_contract" => run(knowledge, arguments, caller, diff_contract::answer),
            "plan_fix" => run(knowledge, arguments, caller, plan_fix::answer),
            "gate_patch" => run(knowledge, arguments, caller, gate_patch::answer),
            "apply_fix" => run(knowledge, arguments, caller, apply_fix::answer),
            _ => {
                debug_assert!(describe(name).is_none(), "every tool that is described is called here");
                Err(ToolError { kind: ErrorKind::UnknownTool, message: format!("there is no tool `{name}`") })
            }
        }
    }
}

fn run<Input: DeserializeOwned, Output: Serialize>(
    knowledge: &mut Knowledge,
    arguments: Json,
    caller: &dyn Caller,
    answer: impl FnOnce(&mut Knowledge, Input, &dyn Caller) -> Result<Output, ToolError>,
) -> Result<Json, ToolError> {
    let cancelled = || ToolError { kind: ErrorKind::Cancelled, message: "cancelled".to_owned() };
    if caller.is_cancelled() {
        return Err(cancelled());
    }
    // No arguments at all are an empty object.
    let arguments = if arguments.is_null() { Json::Object(serde_json::Map::new()) } else { arguments };
    let input = serde_path_to_error::deserialize(arguments)
        .map_err(|error| ToolError::arguments(format!("these arguments don't fit: {error}")))?;
    let output = answer(knowledge, input, caller)?;
    if caller.is_cancelled() {
        return Err(cancelled());
    }
    let value = serde_json::to_value(&output).map_err(|error| ToolError {
        kind: ErrorKind::Internal,
        message: format!("the answer can't be written: {error}"),
    })?;
    Ok(without_nulls(value))
}
