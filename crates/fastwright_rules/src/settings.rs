//! What the user decides about a review, and whether it makes sense.

use crate::finding::Area;
use crate::metadata::{Profile, RuleMetadata};
use crate::registry;
use crate::route_pattern::RoutePattern;
use globset::{Glob, GlobMatcher};
use std::collections::BTreeSet;
use std::fmt;

/// The user's decisions about a review, as configuration and command line give them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewSettings {
    /// Rules to run: names, areas or `all`; empty for everything of the profile.
    pub select: Vec<String>,
    /// Rules to leave out: names, areas or `all`.
    pub ignore: Vec<String>,
    /// Rules to run beside `select`.
    pub extend_select: Vec<String>,
    /// Path patterns with the rules that are not reported there.
    pub per_file_ignores: Vec<(String, Vec<String>)>,
    /// Route patterns such as `GET /health` with the rules that are not reported there.
    pub per_route_ignores: Vec<(String, Vec<String>)>,
    /// Route patterns that are public on purpose, with the reason.
    pub public_routes: Vec<(String, String)>,
    /// How talkative the review is.
    pub profile: Profile,
    /// Whether `# fastwright: ignore[...]` comments count.
    pub respect_suppressions: bool,
    /// Fingerprints that are known and not reported again.
    pub baseline: Option<BTreeSet<String>>,
}

impl Default for ReviewSettings {
    fn default() -> Self {
        Self {
            select: Vec::new(),
            ignore: Vec::new(),
            extend_select: Vec::new(),
            per_file_ignores: Vec::new(),
            per_route_ignores: Vec::new(),
            public_routes: Vec::new(),
            profile: Profile::Default,
            respect_suppressions: true,
            baseline: None,
        }
    }
}

/// A setting that makes no sense, worded for the person who wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsError {
    /// The key as in configuration, such as `per-file-ignores`.
    pub key: &'static str,
    /// The value that is wrong.
    pub value: String,
    /// What is wrong and what to write instead.
    pub message: String,
}

impl fmt::Display for SettingsError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "`{}`: {}", self.key, self.message)
    }
}

impl std::error::Error for SettingsError {}

/// What a selector means; the order is from the general to the specific.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Selector {
    All,
    Area(Area),
    Rule(&'static str),
}

impl Selector {
    fn parse(text: &str) -> Option<Self> {
        if text == "all" {
            return Some(Selector::All);
        }
        let area = Area::ALL.into_iter().find(|area| area.name() == text);
        area.map(Selector::Area)
            .or_else(|| registry::by_name(text).map(|rule| Selector::Rule(rule.metadata().name)))
    }

    fn covers(self, rule: &RuleMetadata) -> bool {
        match self {
            Selector::All => true,
            Selector::Area(area) => rule.area == area,
            Selector::Rule(name) => rule.name == name,
        }
    }

    fn precision(self) -> u8 {
        match self {
            Selector::All => 1,
            Selector::Area(_) => 2,
            Selector::Rule(_) => 3,
        }
    }
}

/// Settings that were understood, ready to match.
#[derive(Debug)]
pub struct CompiledSettings {
    select: Vec<Selector>,
    extend_select: Vec<Selector>,
    ignore: Vec<Selector>,
    per_file_ignores: Vec<(GlobMatcher, Vec<Selector>)>,
    per_route_ignores: Vec<(RoutePattern, Vec<Selector>)>,
    public_routes: Vec<(RoutePattern, String)>,
    /// How talkative the review is.
    pub profile: Profile,
    /// Whether `# fastwright: ignore[...]` comments count.
    pub respect_suppressions: bool,
    baseline: Option<BTreeSet<String>>,
}

impl ReviewSettings {
    /// Checks the settings and names everything that is wrong, in the order of the keys.
    ///
    /// # Errors
    /// Unknown selectors (with the nearest right one) and patterns that can't be read.
    pub fn validate(&self) -> Result<(), Vec<SettingsError>> {
        let (_, errors) = self.compile();
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }

    /// Understands what can be understood; the rest is named and has no effect.
    pub fn compile(&self) -> (CompiledSettings, Vec<SettingsError>) {
        let mut errors = Vec::new();
        let select = selectors("select", &self.select, &mut errors);
        let extend_select = selectors("extend-select", &self.extend_select, &mut errors);
        let ignore = selectors("ignore", &self.ignore, &mut errors);
        let mut per_file_ignores = Vec::new();
        for (pattern, rules) in &self.per_file_ignores {
            let rules = selectors("per-file-ignores", rules, &mut errors);
            match Glob::new(pattern) {
                Ok(glob) => per_file_ignores.push((glob.compile_matcher(), rules)),
                Err(error) => errors.push(SettingsError {
                    key: "per-file-ignores",
                    value: pattern.clone(),
                    message: format!("`{pattern}` is no path pattern: {}", error.kind()),
                }),
            }
        }
        let mut per_route_ignores = Vec::new();
        for (pattern, rules) in &self.per_route_ignores {
            let rules = selectors("per-route-ignores", rules, &mut errors);
            if let Some(pattern) = route_pattern("per-route-ignores", pattern, &mut errors) {
                per_route_ignores.push((pattern, rules));
            }
        }
        let mut public_routes = Vec::new();
        for (pattern, reason) in &self.public_routes {
            if reason.trim().is_empty() {
                errors.push(SettingsError {
                    key: "public-routes",
                    value: pattern.clone(),
                    message: format!("`{pattern}` needs a reason: why may anyone call it?"),
                });
            }
            if let Some(pattern) = route_pattern("public-routes", pattern, &mut errors) {
                public_routes.push((pattern, reason.clone()));
            }
        }
        let compiled = CompiledSettings {
            select,
            extend_select,
            ignore,
            per_file_ignores,
            per_route_ignores,
            public_routes,
            profile: self.profile,
            respect_suppressions: self.respect_suppressions,
            baseline: self.baseline.clone(),
        };
        (compiled, errors)
    }
}

impl CompiledSettings {
    /// Whether a rule runs: the most precise of `select`, `extend-select` and `ignore` decides, `ignore`
    /// among equals. A rule that is named runs whatever its profile; areas and `all` stay in the profile.
    pub fn is_selected(&self, rule: &RuleMetadata) -> bool {
        let in_profile = rule.profile <= self.profile;
        let wanted = self
            .select
            .iter()
            .chain(&self.extend_select)
            .filter(|selector| selector.covers(rule))
            .filter(|selector| in_profile || matches!(selector, Selector::Rule(_)))
            .map(|selector| selector.precision())
            .max();
        let by_default = if self.select.is_empty() && in_profile { Some(0) } else { None };
        let unwanted = self
            .ignore
            .iter()
            .filter(|selector| selector.covers(rule))
            .map(|selector| selector.precision())
            .max();
        match (wanted.or(by_default), unwanted) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(wanted), Some(unwanted)) => wanted > unwanted,
        }
    }

    /// Whether a finding of `rule` in the file with this path (relative, with `/`) is not wanted.
    pub fn ignores_in_file(&self, rule: &RuleMetadata, relative: &str) -> bool {
        let name = relative.rsplit('/').next().unwrap_or(relative);
        self.per_file_ignores.iter().any(|(glob, rules)| {
            (glob.is_match(relative) || glob.is_match(name))
                && rules.iter().any(|selector| selector.covers(rule))
        })
    }

    /// Whether findings of `rule` about this route are not wanted.
    pub fn ignores_on_route(&self, rule: &RuleMetadata, method: &str, path: &str) -> bool {
        self.per_route_ignores.iter().any(|(pattern, rules)| {
            pattern.matches(method, path) && rules.iter().any(|selector| selector.covers(rule))
        })
    }

    /// Why the user says that anyone may call this route, if the user says so.
    pub fn public_reason(&self, method: &str, path: &str) -> Option<&str> {
        self.public_routes
            .iter()
            .find(|(pattern, _)| pattern.matches(method, path))
            .map(|(_, reason)| reason.as_str())
    }

    /// Whether there is a baseline.
    pub fn has_baseline(&self) -> bool {
        self.baseline.is_some()
    }

    /// Whether this fingerprint is in the baseline.
    pub fn in_baseline(&self, fingerprint: &str) -> bool {
        self.baseline.as_ref().is_some_and(|known| known.contains(fingerprint))
    }
}

fn selectors(key: &'static str, texts: &[String], errors: &mut Vec<SettingsError>) -> Vec<Selector> {
    let mut found = Vec::new();
    for text in texts {
        match Selector::parse(text.trim()) {
            Some(selector) => found.push(selector),
            None => {
                let hint = registry::nearest_selector(text)
                    .map(|nearest| format!("; did you mean `{nearest}`?"))
                    .unwrap_or_default();
                errors.push(SettingsError {
                    key,
                    value: text.clone(),
                    message: format!("there is no rule or area `{text}`{hint}"),
                });
            }
        }
    }
    found
}

fn route_pattern(key: &'static str, text: &str, errors: &mut Vec<SettingsError>) -> Option<RoutePattern> {
    RoutePattern::parse(text)
        .map_err(|error| {
            errors.push(SettingsError { key, value: text.to_owned(), message: error.to_string() });
        })
        .ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::rules::architecture::unused_suppression::UnusedSuppression;

    const RULE: RuleMetadata = UnusedSuppression::METADATA;

    fn selected(select: &[&str], ignore: &[&str]) -> bool {
        let settings = ReviewSettings {
            select: select.iter().map(|text| (*text).to_owned()).collect(),
            ignore: ignore.iter().map(|text| (*text).to_owned()).collect(),
            ..ReviewSettings::default()
        };
        settings.validate().unwrap();
        settings.compile().0.is_selected(&RULE)
    }

    #[test]
    fn the_most_precise_selector_decides() {
        assert!(selected(&[], &[]));
        assert!(selected(&["all"], &[]));
        assert!(selected(&["architecture"], &["all"]));
        assert!(selected(&["unused-suppression"], &["architecture"]));
        assert!(!selected(&["architecture"], &["unused-suppression"]));
        assert!(!selected(&["unused-suppression"], &["unused-suppression"]));
        assert!(!selected(&["auth"], &[]));
        assert!(!selected(&[], &["all"]));
    }

    #[test]
    fn a_rule_of_another_profile_runs_only_by_name() {
        let strict = RuleMetadata { profile: Profile::Strict, ..RULE };
        let by_area = ReviewSettings { select: vec!["architecture".into()], ..ReviewSettings::default() };
        assert!(!by_area.compile().0.is_selected(&strict));
        let by_name =
            ReviewSettings { extend_select: vec!["unused-suppression".into()], ..ReviewSettings::default() };
        assert!(by_name.compile().0.is_selected(&strict));
        let by_profile = ReviewSettings { profile: Profile::Strict, ..ReviewSettings::default() };
        assert!(by_profile.compile().0.is_selected(&strict));
    }

    #[test]
    fn what_is_wrong_is_named_with_the_nearest_right_one() {
        let settings = ReviewSettings {
            select: vec!["unused-supression".into(), "databse".into()],
            ignore: vec!["zzzzzzzzzzzzzz".into()],
            per_file_ignores: vec![("tests/[".into(), vec!["all".into()])],
            per_route_ignores: vec![("health".into(), vec!["all".into()])],
            public_routes: vec![("GET /health".into(), " ".into())],
            ..ReviewSettings::default()
        };
        let errors = settings.validate().unwrap_err();
        let words: Vec<String> = errors.iter().map(ToString::to_string).collect();
        assert_eq!(
            words[0],
            "`select`: there is no rule or area `unused-supression`; did you mean `unused-suppression`?"
        );
        assert_eq!(words[1], "`select`: there is no rule or area `databse`; did you mean `database`?");
        assert_eq!(words[2], "`ignore`: there is no rule or area `zzzzzzzzzzzzzz`");
        assert!(words[3].starts_with("`per-file-ignores`: `tests/[` is no path pattern"));
        assert!(words[4].starts_with("`per-route-ignores`: `health` is no route pattern"));
        assert_eq!(words[5], "`public-routes`: `GET /health` needs a reason: why may anyone call it?");
    }

    #[test]
    fn files_and_public_routes_are_matched() {
        let settings = ReviewSettings {
            per_file_ignores: vec![("tests/**".into(), vec!["architecture".into()])],
            public_routes: vec![("GET /status/**".into(), "read by the load balancer".into())],
            ..ReviewSettings::default()
        };
        let compiled = settings.compile().0;
        assert!(compiled.ignores_in_file(&RULE, "tests/api/test_orders.py"));
        assert!(!compiled.ignores_in_file(&RULE, "app/orders.py"));
        assert_eq!(compiled.public_reason("GET", "/status/live"), Some("read by the load balancer"));
        assert_eq!(compiled.public_reason("POST", "/status/live"), None);
    }
}
