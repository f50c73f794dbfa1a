//! How a rule reports: a draft of a finding, completed from the rule's metadata.

use crate::finding::{Confidence, Evidence, Finding, Fix, RouteReference, Severity};
use crate::metadata::RuleMetadata;
use crate::review::Undecided;
use crate::settings::CompiledSettings;
use fastwright_model::application::Route;
use fastwright_python::location::Location;
use rustc_hash::FxHashMap;
use std::cmp::Reverse;

/// Collects what one rule reports. What it says about the same place with the same discriminator is one
/// finding, however many routes lead there: the worst of them tells it, and among equals the first route.
#[derive(Debug)]
pub struct Reporter<'a> {
    metadata: &'a RuleMetadata,
    settings: Option<&'a CompiledSettings>,
    facts: Vec<Fact>,
    /// Positions in `facts` by place.
    at: FxHashMap<Location, Vec<usize>>,
    undecided: Vec<Undecided>,
    ignored: usize,
    unproven: bool,
}

/// What was reported about one place.
#[derive(Debug)]
struct Fact {
    /// In the words of `ways[told_by]`.
    draft: Draft,
    told_by: usize,
    ways: Vec<Way>,
}

/// What a rule has reported.
#[derive(Debug, Default)]
pub struct Reported {
    /// The findings, in the order of their first report.
    pub findings: Vec<ReportedFinding>,
    /// What was not decided.
    pub undecided: Vec<Undecided>,
    /// How often something was reported on a route where the user does not want to see it.
    pub ignored: usize,
    /// Whether something was reported without evidence; it was dropped.
    pub unproven: bool,
}

impl<'a> Reporter<'a> {
    /// A reporter for one run of one rule.
    pub fn new(metadata: &'a RuleMetadata) -> Self {
        Self {
            metadata,
            settings: None,
            facts: Vec::new(),
            at: FxHashMap::default(),
            undecided: Vec::new(),
            ignored: 0,
            unproven: false,
        }
    }

    /// Leaves out what the settings ignore on its route.
    pub fn with_settings(mut self, settings: &'a CompiledSettings) -> Self {
        self.settings = Some(settings);
        self
    }

    /// Reports a problem.
    pub fn report(&mut self, draft: Draft) {
        if draft.evidence.is_empty() {
            self.unproven = true;
            return;
        }
        let route = draft.route.as_ref();
        if route.is_some_and(|route| self.ignores(&route.method, &route.path)) {
            return;
        }
        let way = Way::of(&draft, self.metadata);
        match self.find(draft.location, &draft.discriminator) {
            Some(fact) => {
                let fact = &mut self.facts[fact];
                if way.order().cmp(&fact.ways[fact.told_by].order()).is_lt() {
                    (fact.draft, fact.told_by) = (draft, fact.ways.len());
                }
                fact.ways.push(way);
            }
            None => self.add(draft, way),
        }
    }

    /// Reports a problem that may be reported on many routes: `tell` is asked to write it in the words of
    /// this route only when it may be the one that tells of it.
    pub fn report_on_route(&mut self, outline: &Outline<'_>, tell: impl FnOnce(Draft) -> Draft) {
        let method = route_method(outline.route);
        if self.ignores(method, &outline.route.path) {
            return;
        }
        let found = self.find(outline.location, outline.discriminator);
        if let Some(fact) = found {
            let fact = &mut self.facts[fact];
            if outline.order(self.metadata).cmp(&fact.ways[fact.told_by].order()).is_ge() {
                fact.ways.push(outline.way(self.metadata));
                return;
            }
        }
        let draft = tell(outline.draft());
        debug_assert_eq!(draft.evidence.first().map(|step| step.location), Some(outline.start));
        if draft.evidence.is_empty() {
            self.unproven = true;
            return;
        }
        let way = outline.way(self.metadata);
        match found {
            Some(fact) => {
                let fact = &mut self.facts[fact];
                (fact.draft, fact.told_by) = (draft, fact.ways.len());
                fact.ways.push(way);
            }
            None => self.add(draft, way),
        }
    }

    fn ignores(&mut self, method: &str, path: &str) -> bool {
        let ignores =
            self.settings.is_some_and(|settings| settings.ignores_on_route(self.metadata, method, path));
        self.ignored += usize::from(ignores);
        ignores
    }

    fn find(&self, location: Location, discriminator: &str) -> Option<usize> {
        let facts = self.at.get(&location)?;
        facts.iter().copied().find(|fact| self.facts[*fact].draft.discriminator == discriminator)
    }

    fn add(&mut self, draft: Draft, way: Way) {
        self.at.entry(draft.location).or_default().push(self.facts.len());
        self.facts.push(Fact { draft, told_by: 0, ways: vec![way] });
    }

    /// States that the rule could not decide about something, and why.
    pub fn undecided(&mut self, reason: impl Into<String>, location: Option<Location>) {
        self.undecided.push(Undecided { reason: reason.into(), location });
    }

    /// What was reported.
    pub fn finish(self) -> Reported {
        let metadata = self.metadata;
        let complete = |mut fact: Fact| {
            fact.ways.sort_by(|one, other| one.order().cmp(&other.order()));
            fact.draft.complete(metadata, fact.ways)
        };
        Reported {
            findings: self.facts.into_iter().map(complete).collect(),
            undecided: self.undecided,
            ignored: self.ignored,
            unproven: self.unproven,
        }
    }
}

/// A finding with what tells it from others of the same rule, symbol and route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportedFinding {
    /// The finding, without fingerprint.
    pub finding: Finding,
    /// Structural detail given by the rule, such as a parameter or column name.
    pub discriminator: String,
    /// How it was reported: the finding as it stands here first, then those that say the same of other
    /// routes.
    pub ways: Vec<Way>,
}

/// One report of a finding, without its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// The function, class or variable.
    pub symbol: String,
    /// The route.
    pub route: Option<RouteReference>,
    /// How bad it is there.
    pub severity: Severity,
    /// How sure it is there.
    pub confidence: Confidence,
    /// Where its evidence starts.
    pub start: Location,
}

/// What decides who tells of a finding: the worst first, then by the route's method, path and handler.
type Order<'o> = (Reverse<Severity>, Reverse<Confidence>, Option<[&'o str; 3]>);

impl Way {
    fn of(draft: &Draft, metadata: &RuleMetadata) -> Self {
        Self {
            symbol: draft.symbol.clone(),
            route: draft.route.clone(),
            severity: draft.severity.unwrap_or(metadata.severity),
            confidence: draft.confidence.unwrap_or(metadata.confidence),
            start: draft.evidence.first().map_or(draft.location, |step| step.location),
        }
    }

    fn order(&self) -> Order<'_> {
        let route = self.route.as_ref().map(|route| [&*route.method, &*route.path, &*route.handler]);
        (Reverse(self.severity), Reverse(self.confidence), route)
    }
}

/// A finding on one of several routes before a word of it is written, for [`Reporter::report_on_route`].
#[derive(Debug, Clone, Copy)]
pub struct Outline<'o> {
    location: Location,
    symbol: &'o str,
    route: &'o Route,
    start: Location,
    severity: Option<Severity>,
    confidence: Option<Confidence>,
    discriminator: &'o str,
}

impl<'o> Outline<'o> {
    /// A finding at the place where it would be repaired, inside `symbol` (the function, class or
    /// variable), about a route, with the place of the first step of its evidence.
    pub fn new(location: Location, symbol: &'o str, route: &'o Route, start: Location) -> Self {
        Self { location, symbol, route, start, severity: None, confidence: None, discriminator: "" }
    }

    /// Another severity than the rule's.
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = Some(severity);
        self
    }

    /// Another confidence than the rule's.
    pub fn confidence(mut self, confidence: Confidence) -> Self {
        self.confidence = Some(confidence);
        self
    }

    /// What tells this finding from others of the same rule, symbol and route: a name, never a line
    /// number.
    pub fn discriminator(mut self, discriminator: &'o str) -> Self {
        self.discriminator = discriminator;
        self
    }

    fn draft(&self) -> Draft {
        Draft {
            severity: self.severity,
            confidence: self.confidence,
            ..Draft::new(self.location, self.symbol, "").route(self.route).discriminator(self.discriminator)
        }
    }

    fn way(&self, metadata: &RuleMetadata) -> Way {
        Way {
            symbol: self.symbol.to_owned(),
            route: Some(route_reference(self.route)),
            severity: self.severity.unwrap_or(metadata.severity),
            confidence: self.confidence.unwrap_or(metadata.confidence),
            start: self.start,
        }
    }

    fn order(&self, metadata: &RuleMetadata) -> Order<'_> {
        let route = [route_method(self.route), &*self.route.path, &*self.route.handler];
        (
            Reverse(self.severity.unwrap_or(metadata.severity)),
            Reverse(self.confidence.unwrap_or(metadata.confidence)),
            Some(route),
        )
    }
}

/// A finding in the making.
#[derive(Debug, Clone)]
pub struct Draft {
    location: Location,
    symbol: String,
    message: String,
    severity: Option<Severity>,
    confidence: Option<Confidence>,
    route: Option<RouteReference>,
    evidence: Vec<Evidence>,
    why: String,
    recommendation: String,
    example: String,
    trade_off: String,
    contract_effect: String,
    fix: Option<Fix>,
    discriminator: String,
}

impl Draft {
    /// A finding at the place where it would be repaired, inside `symbol` (the function, class or
    /// variable), with one sentence that names the route and the thing.
    pub fn new(location: Location, symbol: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            location,
            symbol: symbol.into(),
            message: message.into(),
            severity: None,
            confidence: None,
            route: None,
            evidence: Vec::new(),
            why: String::new(),
            recommendation: String::new(),
            example: String::new(),
            trade_off: String::new(),
            contract_effect: String::new(),
            fix: None,
            discriminator: String::new(),
        }
    }

    /// One sentence that names the route and the thing.
    pub fn message(mut self, message: impl Into<String>) -> Self {
        self.message = message.into();
        self
    }

    /// Another severity than the rule's.
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = Some(severity);
        self
    }

    /// Another confidence than the rule's.
    pub fn confidence(mut self, confidence: Confidence) -> Self {
        self.confidence = Some(confidence);
        self
    }

    /// The route that the finding is about. Its first method names it.
    pub fn route(mut self, route: &Route) -> Self {
        self.route = Some(route_reference(route));
        self
    }

    /// The next step of the proof: a short sentence without a full stop, and its place.
    pub fn evidence(mut self, note: impl Into<String>, location: Location) -> Self {
        self.evidence.push(Evidence { note: note.into(), location });
        self
    }

    /// Several steps of the proof, in order.
    pub fn evidence_chain(mut self, steps: impl IntoIterator<Item = (String, Location)>) -> Self {
        self.evidence.extend(steps.into_iter().map(|(note, location)| Evidence { note, location }));
        self
    }

    /// The impact in this application, instead of the general one.
    pub fn why(mut self, why: impl Into<String>) -> Self {
        self.why = why.into();
        self
    }

    /// What to do, instead of the general recommendation.
    pub fn recommendation(mut self, recommendation: impl Into<String>) -> Self {
        self.recommendation = recommendation.into();
        self
    }

    /// The recommendation as code in the user's own names.
    pub fn example(mut self, example: impl Into<String>) -> Self {
        self.example = example.into();
        self
    }

    /// What the recommendation costs, and when to leave it, instead of the general wording.
    pub fn trade_off(mut self, trade_off: impl Into<String>) -> Self {
        self.trade_off = trade_off.into();
        self
    }

    /// What callers would see, where it differs from what the rule says in general.
    pub fn contract_effect(mut self, effect: impl Into<String>) -> Self {
        self.contract_effect = effect.into();
        self
    }

    /// Edits that remove the finding.
    pub fn fix(mut self, fix: impl Into<Option<Fix>>) -> Self {
        self.fix = fix.into();
        self
    }

    /// What tells this finding from others of the same rule, symbol and route: a name, never a line
    /// number.
    pub fn discriminator(mut self, discriminator: impl Into<String>) -> Self {
        self.discriminator = discriminator.into();
        self
    }

    fn complete(self, metadata: &RuleMetadata, ways: Vec<Way>) -> ReportedFinding {
        ReportedFinding {
            finding: Finding {
                rule: metadata.name,
                area: metadata.area,
                severity: self.severity.unwrap_or(metadata.severity),
                confidence: self.confidence.unwrap_or(metadata.confidence),
                cwe: metadata.cwe,
                owasp: metadata.owasp,
                message: self.message,
                route: self.route,
                location: self.location,
                symbol: self.symbol,
                evidence: self.evidence,
                why: text_or(self.why, metadata.why),
                recommendation: text_or(self.recommendation, metadata.recommendation),
                example: self.example,
                trade_off: text_or(self.trade_off, metadata.trade_off),
                contract_effect: text_or(self.contract_effect, metadata.contract_effect),
                fix: self.fix,
                fingerprint: String::new(),
            },
            discriminator: self.discriminator,
            ways,
        }
    }
}

fn text_or(text: String, general: &str) -> String {
    if text.is_empty() { general.to_owned() } else { text }
}

/// The way a finding names a route; a WebSocket has the method `WEBSOCKET`.
pub fn route_reference(route: &Route) -> RouteReference {
    RouteReference {
        method: route_method(route).to_owned(),
        path: route.path.clone(),
        handler: route.handler.clone(),
    }
}

/// The method that stands for a route: `WEBSOCKET`, `MOUNT`, or the first that is not `HEAD` beside `GET`.
pub fn route_method(route: &Route) -> &str {
    use fastwright_model::application::RouteKind;
    match route.kind {
        RouteKind::WebSocket => "WEBSOCKET",
        RouteKind::Mount => "MOUNT",
        RouteKind::Http | RouteKind::Frontend => route
            .methods
            .iter()
            .find(|method| *method != "HEAD")
            .or(route.methods.first())
            .map_or("GET", String::as_str),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::rules::architecture::unused_suppression::UnusedSuppression;
    use crate::test_support::{nowhere, route};

    #[test]
    fn only_the_route_that_tells_is_asked_for_words() {
        let routes = ["/c", "/d", "/a", "/b"].map(|path| route("GET", path));
        let (mut at_once, mut on_demand) =
            (Reporter::new(&UnusedSuppression::METADATA), Reporter::new(&UnusedSuppression::METADATA));
        let mut asked = Vec::new();
        for (number, route) in routes.iter().enumerate() {
            let severity = if number == 3 { Severity::Low } else { Severity::High };
            let tell =
                |draft: Draft| draft.message(format!("wrong on {}", route.path)).evidence("here", nowhere());
            let draft = Draft::new(nowhere(), "read", "").route(route).severity(severity).discriminator("x");
            at_once.report(tell(draft));
            let outline =
                Outline::new(nowhere(), "read", route, nowhere()).severity(severity).discriminator("x");
            on_demand.report_on_route(&outline, |draft| {
                asked.push(route.path.as_str());
                tell(draft)
            });
        }
        assert_eq!(asked, ["/c", "/a"]);
        let (at_once, on_demand) = (at_once.finish().findings, on_demand.finish().findings);
        assert_eq!(at_once, on_demand);
        assert_eq!(at_once[0].finding.message, "wrong on /a");
        let order: Vec<&str> =
            at_once[0].ways.iter().map(|way| way.route.as_ref().unwrap().path.as_str()).collect();
        assert_eq!(order, ["/a", "/c", "/d", "/b"]);
    }

    #[test]
    fn places_and_discriminators_tell_findings_apart() {
        let mut report = Reporter::new(&UnusedSuppression::METADATA);
        for discriminator in ["x", "y", "x"] {
            let draft = Draft::new(nowhere(), "read", "wrong").discriminator(discriminator);
            report.report(draft.evidence("here", nowhere()));
        }
        let found = report.finish();
        let ways: Vec<usize> = found.findings.iter().map(|finding| finding.ways.len()).collect();
        assert_eq!(ways, [2, 1]);
        assert!(!found.unproven);
    }
}
