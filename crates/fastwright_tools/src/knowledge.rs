//! What is known of the project, kept from one question to the next as long as it holds.

use crate::error::ToolError;
use fastwright_contract::contract::RouteBehaviour;
use fastwright_contract::contract::document::Contract;
use fastwright_engine::freshness::Freshness;
use fastwright_engine::questions::{self, Survey};
use fastwright_engine::{Overrides, ReviewOverrides, Settings};
use fastwright_model::application;
use fastwright_python::source::DiskTree;
use fastwright_report::review_document::{Finding, ReviewReport};
use fastwright_report::routes_document::Route;
use std::path::PathBuf;
use std::sync::Arc;

/// What the person who started the program decided; nothing that a model says changes it.
#[derive(Debug, Clone, Default)]
pub struct Start {
    /// The project.
    pub path: PathBuf,
    /// What counts over its configuration.
    pub overrides: Overrides,
    /// Whether files may be written.
    pub allow_write: bool,
    /// Whether files may be written that have changes which git does not have.
    pub allow_dirty: bool,
}

/// Surveys kept at once: that of the configuration's profile, and the last other one.
const MOST_SURVEYS: usize = 2;

/// Routes whose behaviour is kept at once.
const MOST_ROUTES: usize = 32;

struct Known {
    profile: Option<String>,
    settings: Settings,
    survey: Survey,
    /// The question for which it was last found to hold.
    held_for: u64,
}

struct KnownRoute {
    settings: Settings,
    freshness: Freshness,
    route: Route,
    behaviour: Option<RouteBehaviour>,
}

struct KnownContract {
    settings: Settings,
    freshness: Freshness,
    contract: Contract,
    /// As for a survey.
    held_for: u64,
}

/// The project and what is known of it.
pub(crate) struct Knowledge {
    pub(crate) start: Start,
    surveys: Vec<Known>,
    contract: Option<KnownContract>,
    /// What was asked about last is last.
    routes: Vec<KnownRoute>,
    /// Counts questions: what holds for one need not hold for the next.
    question: u64,
}

impl Knowledge {
    pub(crate) fn new(start: Start) -> Self {
        Self { start, surveys: Vec::new(), contract: None, routes: Vec::new(), question: 0 }
    }

    /// Begins a question: all of it is answered from the files as they are when it first looks at them.
    pub(crate) fn begin_question(&mut self) {
        self.question += 1;
    }

    /// The settings for a profile; none is the configuration's.
    pub(crate) fn settings(&self, profile: Option<&str>) -> Result<Settings, ToolError> {
        if let Some(word) = profile
            && !["default", "strict", "audit"].contains(&word)
        {
            return Err(ToolError::arguments(format!(
                "`{word}` is no profile: `default`, `strict` or `audit`"
            )));
        }
        let review = ReviewOverrides { profile: profile.map(str::to_owned), ..ReviewOverrides::default() };
        Ok(Settings::for_review(&self.start.path, &self.start.overrides, &review)?)
    }

    /// Review and routes as the files are now.
    pub(crate) fn survey(&mut self, profile: Option<&str>) -> Result<&Survey, ToolError> {
        let known = self.surveys.iter().position(|known| known.profile.as_deref() == profile);
        if let Some(index) = known {
            let mut entry = self.surveys.remove(index);
            if entry.held_for == self.question || entry.survey.freshness.holds(&entry.settings) {
                entry.held_for = self.question;
                self.surveys.push(entry);
                return Ok(&self.surveys[self.surveys.len() - 1].survey);
            }
        }
        let settings = self.settings(profile)?;
        let survey = questions::survey(&settings)?;
        if self.surveys.len() == MOST_SURVEYS {
            self.surveys.remove(0);
        }
        let held_for = self.question;
        self.surveys.push(Known { profile: profile.map(str::to_owned), settings, survey, held_for });
        Ok(&self.surveys[self.surveys.len() - 1].survey)
    }

    /// The finding that an id means, with the report that has it: looked for in what was asked for before, then in
    /// everything that can be found.
    pub(crate) fn finding(&mut self, id: &str) -> Result<(&ReviewReport, usize), ToolError> {
        let mut profiles: Vec<Option<String>> =
            self.surveys.iter().rev().map(|known| known.profile.clone()).collect();
        profiles.extend([None, Some("strict".to_owned()), Some("audit".to_owned())]);
        profiles.dedup();
        for profile in profiles {
            let found = {
                let survey = self.survey(profile.as_deref())?;
                matching(&survey.review.document.findings, id)?
            };
            if let Some(index) = found {
                let survey = self.survey(profile.as_deref())?;
                return Ok((&survey.review, index));
            }
        }
        Err(ToolError::refused(format!(
            "there is no finding `{id}` in the project as it is now: it may be solved; check_project lists all"
        )))
    }

    /// What a route is in the contract, as the files are now. The contract itself takes seconds on a large
    /// application; one route of it does not.
    pub(crate) fn behaviour(&mut self, route: &Route) -> Result<Option<&RouteBehaviour>, ToolError> {
        let known = self.routes.iter().position(|known| known.route == *route);
        let mut entry = known.map(|index| self.routes.remove(index));
        if !entry.as_mut().is_some_and(|known| known.freshness.holds(&known.settings)) {
            let settings = self.settings(None)?;
            let freshness = Freshness::before(&settings);
            let behaviour = questions::behaviour_of_route(&settings, &|known| is_same(known, route))?;
            entry = Some(KnownRoute { settings, freshness, route: route.clone(), behaviour });
            if self.routes.len() == MOST_ROUTES {
                self.routes.remove(0);
            }
        }
        self.routes.extend(entry);
        Ok(self.routes.last().and_then(|known| known.behaviour.as_ref()))
    }

    /// The contract as the files are now.
    pub(crate) fn contract(&mut self) -> Result<&Contract, ToolError> {
        let question = self.question;
        let holds = self
            .contract
            .as_mut()
            .is_some_and(|known| known.held_for == question || known.freshness.holds(&known.settings));
        if let Some(known) = self.contract.as_mut().filter(|_| holds) {
            known.held_for = question;
        } else {
            let settings = self.settings(None)?;
            let freshness = Freshness::before(&settings);
            let contract = questions::contract(Arc::new(DiskTree), &settings)?;
            self.contract = Some(KnownContract { settings, freshness, contract, held_for: question });
        }
        match &self.contract {
            Some(known) => Ok(&known.contract),
            None => Err(ToolError::refused("the contract could not be derived")),
        }
    }
}

/// Whether a route of the model is one of the routing table.
fn is_same(known: &application::Route, route: &Route) -> bool {
    known.path == route.path && known.handler == route.handler && known.methods == route.methods
}

/// The one finding whose fingerprint begins with an id.
fn matching(findings: &[Finding], id: &str) -> Result<Option<usize>, ToolError> {
    if id.len() < 6 {
        return Err(ToolError::arguments(format!(
            "`{id}` is no id of a finding: pass the `id` of check_project as it is"
        )));
    }
    let mut fitting = findings
        .iter()
        .enumerate()
        .filter(|(_, finding)| finding.fingerprint.starts_with(id))
        .map(|(index, _)| index);
    let first = fitting.next();
    if fitting.next().is_some() {
        return Err(ToolError::arguments(format!("several findings begin with `{id}`: give more of it")));
    }
    Ok(first)
}
