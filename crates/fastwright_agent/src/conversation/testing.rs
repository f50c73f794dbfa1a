//! `run_tests`: the person's command, before and after the edits, on copies, where it can't harm. The model has no say
//! in what is run.

use super::AgentError;
use super::talk::{Step, Talk};
use crate::person::{Event, Meaning, Question};
use crate::visible;
use fastwright_engine::project_tests::{REPORT_ALL, TestRun, compared};
use fastwright_gate::TestOutcome;
use fastwright_sandbox::run::{
    CommandLine, Ending, Project, PythonEnvironment, Request, Sandbox, Scratch, WithoutEnforcement,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::path::{Path, PathBuf};

/// How the project's tests are run: the person's words, and nobody else's.
#[derive(Debug)]
pub struct Verification {
    /// The command line.
    pub command: String,
    /// Where it is run.
    pub sandbox: Sandbox,
    /// The virtual environment, where it is not `.venv` or `venv` of the project.
    pub python_env: Option<PathBuf>,
}

/// What the tests said, as a session keeps it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tested {
    /// Tests that passed before and don't pass any more.
    pub broken: Vec<String>,
    /// Why there is nothing to compare, if there isn't.
    pub failure: Option<String>,
    /// What both runs said, in a few words.
    pub summary: String,
    /// The end of what the second run printed.
    pub output: String,
}

impl Tested {
    /// Whether what passed before passes still.
    pub fn holds(&self) -> bool {
        self.broken.is_empty() && self.failure.is_none()
    }
}

/// What was found out about the tests so far.
#[derive(Default)]
pub(super) struct Tests {
    before: Option<TestRun>,
    /// The last comparison, and the change that it was about.
    last: Option<(String, Tested)>,
    agreed: Option<bool>,
}

/// A copy of a project has no more bytes.
const LARGEST_COPY: u64 = 1 << 30;
/// Bytes of the output that the model sees.
const LONGEST_OUTPUT: usize = 6_000;

impl Talk<'_> {
    pub(super) fn run_tests(&mut self) -> Result<Step, AgentError> {
        let Some(tested) = self.tested()? else {
            return Ok(Step::say("the tests may not be run here"));
        };
        let value = json!({
            "summary": tested.summary,
            "broken": tested.broken,
            "failure": tested.failure,
            "output": tested.output,
        });
        Ok(Step::Say(self.data_json("run_tests", value)))
    }

    /// Runs the tests before and after the edits so far; nothing where there is no command or it may not be run.
    pub(super) fn tested(&mut self) -> Result<Option<Tested>, AgentError> {
        let Some(verification) = &self.task.verification else { return Ok(None) };
        let change = self.workspace.diff();
        if let Some((known, tested)) = &self.tests.last
            && *known == change
        {
            return Ok(Some(tested.clone()));
        }
        let agreed = match self.tests.agreed {
            Some(agreed) => agreed,
            None => {
                let enforcement = verification.sandbox.enforcement();
                let agreed = if enforcement.is_enforced() {
                    true
                } else {
                    let question = Question {
                        meaning: Meaning::RunCommand {
                            command: verification.command.clone(),
                            unconfined: true,
                        },
                        text: format!(
                            "Run `{}` with all of your rights? Nothing on this machine keeps it from doing harm",
                            verification.command
                        ),
                        details: enforcement.to_string(),
                    };
                    self.agrees(&question)?
                };
                self.tests.agreed = Some(agreed);
                agreed
            }
        };
        if !agreed {
            return Ok(None);
        }
        self.tell(&Event::Doing { text: format!("running `{}` before and after", verification.command) });
        let root = self.workspace.root().to_path_buf();
        let writes = self.workspace.writes();
        let python = verification.python_env.as_ref().or(self.settings.analysis.python_env.as_ref()).cloned();
        let before = &mut self.tests.before;
        let secrets = &self.secrets;
        let tested = self.session.tested(|| {
            let mut compare = || -> Result<Tested, String> {
                if before.is_none() {
                    *before = Some(run(verification, &root, python.as_deref(), None)?.0);
                }
                let (after, output) = run(verification, &root, python.as_deref(), Some(&writes))?;
                let Some(before) = before else { return Err("the tests were not run".to_owned()) };
                let TestOutcome { broken, failure, summary } =
                    compared(before, &after, &verification.command);
                let output = secrets.hide(&visible::text(&output));
                let start = output.len() - visible_end(&output);
                Ok(Tested { broken, failure, summary, output: output[start..].to_owned() })
            };
            compare().unwrap_or_else(|reason| Tested {
                failure: Some(reason),
                summary: "not run".to_owned(),
                ..Tested::default()
            })
        })?;
        self.tests.last = Some((change, tested.clone()));
        Ok(Some(tested))
    }
}

/// How many bytes of the end are shown.
fn visible_end(output: &str) -> usize {
    let mut length = output.len().min(LONGEST_OUTPUT);
    while !output.is_char_boundary(output.len() - length) {
        length -= 1;
    }
    length
}

/// Runs the command on a fresh copy, with the edits if there are some.
fn run(
    verification: &Verification,
    root: &Path,
    python: Option<&Path>,
    edits: Option<&crate::workspace::Writes>,
) -> Result<(TestRun, String), String> {
    let failed = |error: std::io::Error| format!("a copy of the project can't be made: {error}");
    let mut copy = Scratch::copy(root, LARGEST_COPY).map_err(failed)?;
    for file in edits.iter().flat_map(|edits| edits.files()) {
        match file.after {
            Some(bytes) => copy.write(file.relative, bytes).map_err(failed)?,
            None => copy.remove(file.relative).map_err(failed)?,
        }
    }
    let environment = python
        .map(Path::to_path_buf)
        .into_iter()
        .chain([root.join(".venv"), root.join("venv")])
        .find_map(|folder| PythonEnvironment::of_folder(&folder).ok());
    let command = CommandLine::Shell(verification.command.clone());
    let mut request = Request::new(command, Project::Scratch(&copy));
    if let Some(environment) = &environment {
        request = request.with_python(environment);
    }
    for (name, value) in REPORT_ALL {
        request.variables.insert((*name).to_owned(), (*value).to_owned());
    }
    // Without enforcement the person was asked before.
    request.without_enforcement = WithoutEnforcement::UserAgreed;
    let outcome = verification.sandbox.run(&request).map_err(|error| error.to_string())?;
    let code = match outcome.ending {
        Ending::Exited(code) => Some(code),
        Ending::Signalled(_) | Ending::Limit(_) | Ending::Stopped => None,
    };
    let (stdout, stderr) = (outcome.stdout.text(), outcome.stderr.text());
    let mut run = TestRun::of(code, &stdout, &stderr);
    if code.is_none() {
        run.last_words = outcome.ending.to_string();
    }
    Ok((run, format!("{stdout}\n{stderr}")))
}
