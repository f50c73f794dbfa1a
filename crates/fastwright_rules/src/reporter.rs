//! How a rule reports: a draft of a finding, completed from the rule's metadata.

use crate::finding::{Confidence, Edit, Evidence, Finding, Fix, FixSafety, RouteReference, Severity};
use crate::metadata::RuleMetadata;
use crate::review::Undecided;
use fastwright_model::application::Route;
use fastwright_python::location::Location;

/// Collects what one rule reports.
#[derive(Debug)]
pub struct Reporter<'a> {
    metadata: &'a RuleMetadata,
    drafts: Vec<Draft>,
    undecided: Vec<Undecided>,
}

impl<'a> Reporter<'a> {
    /// A reporter for one run of one rule.
    pub fn new(metadata: &'a RuleMetadata) -> Self {
        Self { metadata, drafts: Vec::new(), undecided: Vec::new() }
    }

    /// Reports a problem.
    pub fn report(&mut self, draft: Draft) {
        self.drafts.push(draft);
    }

    /// States that the rule could not decide about something, and why.
    pub fn undecided(&mut self, reason: impl Into<String>, location: Option<Location>) {
        self.undecided.push(Undecided { reason: reason.into(), location });
    }

    /// What was reported: findings with their discriminators, then what was not decided.
    pub fn finish(self) -> (Vec<ReportedFinding>, Vec<Undecided>) {
        let metadata = self.metadata;
        let reported = self.drafts.into_iter().map(|draft| draft.complete(metadata)).collect();
        (reported, self.undecided)
    }
}

/// A finding with what tells it from others of the same rule, symbol and route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportedFinding {
    /// The finding, without fingerprint.
    pub finding: Finding,
    /// Structural detail given by the rule, such as a parameter or column name.
    pub discriminator: String,
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
    pub fn fix(mut self, safety: FixSafety, edits: Vec<Edit>) -> Self {
        self.fix = Some(Fix { safety, edits });
        self
    }

    /// What tells this finding from others of the same rule, symbol and route: a name, never a line
    /// number.
    pub fn discriminator(mut self, discriminator: impl Into<String>) -> Self {
        self.discriminator = discriminator.into();
        self
    }

    fn complete(self, metadata: &RuleMetadata) -> ReportedFinding {
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
