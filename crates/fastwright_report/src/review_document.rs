//! The JSON document of `fastwright review`, version 1, and what the text output needs beside it.

use crate::excerpt::FindingExcerpts;
use crate::names::{Area, Confidence, FixSafety, Severity};
use crate::place::{LineAndColumn, Place, ProblemPlace};
use crate::recorded_settings::RecordedSettings;
use fastwright_python::location::{File, Files};
use fastwright_rules::fingerprint::short;
use fastwright_rules::review::Review;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A review, self-contained: the document and the source lines that the text output quotes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReviewReport {
    /// What JSON prints.
    pub document: ReviewDocument,
    /// The quoted lines of each finding, in the order of `document.findings`.
    pub(crate) excerpts: Vec<FindingExcerpts>,
}

/// Everything that `fastwright review` reports.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReviewDocument {
    /// Version of this shape: 1. Within a version there are only additions.
    pub version: u32,
    /// The program that wrote it.
    pub tool: Tool,
    /// The projects that were reviewed.
    pub projects: Vec<Project>,
    /// What the service does: business functionality that an improvement must preserve.
    pub preserve: Vec<PreservedResource>,
    /// What is wrong, the worst first, then by path and position.
    pub findings: Vec<Finding>,
    /// What could not be decided.
    pub undecided: Vec<Undecided>,
    /// What went wrong with the review itself: the rest was reviewed nevertheless.
    pub problems: Vec<Problem>,
    /// Sizes and time.
    pub statistics: Statistics,
}

/// A program and its version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tool {
    /// `fastwright`.
    pub name: String,
    /// Its version.
    pub version: String,
}

impl Tool {
    /// This program.
    pub fn this() -> Self {
        Self { name: "fastwright".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() }
    }
}

/// One project with the versions of its libraries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Project {
    /// Root relative to the working directory.
    pub root: String,
    /// Version of FastAPI, if known.
    pub fastapi: Option<String>,
    /// Version of Pydantic, if known.
    pub pydantic: Option<String>,
    /// Its apps as `module:attr`.
    pub apps: Vec<String>,
    /// Hash of the paths and texts of its sources that the review rests on: as long as it is equal, nothing changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sources: Option<String>,
    /// What decided about what is reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<RecordedSettings>,
}

/// A resource with its operations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PreservedResource {
    /// `orders`.
    pub resource: String,
    /// Its operations in routing order.
    pub operations: Vec<PreservedOperation>,
}

/// One operation of a resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PreservedOperation {
    /// `GET`, ... or `WEBSOCKET`.
    pub method: String,
    /// Full path.
    pub path: String,
    /// Who may call it, in words.
    pub who: String,
    /// What it does beyond computing.
    pub effects: Vec<String>,
}

/// The route that a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RouteReference {
    /// `GET`, ... or `WEBSOCKET`.
    pub method: String,
    /// Full path.
    pub path: String,
    /// `module:qualname`.
    pub handler: String,
}

/// One step of a proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// What the place shows.
    pub note: String,
    /// The place.
    pub location: Place,
}

/// The replacement of one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Edit {
    /// What is replaced; an empty range inserts.
    pub location: Place,
    /// The new text.
    pub text: String,
}

/// The edits that remove a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Fix {
    /// Whether the contract stays equal.
    pub safety: FixSafety,
    /// What the edits do.
    #[serde(default)]
    pub title: String,
    /// What callers see afterwards and did not before; empty when the contract stays equal.
    #[serde(default)]
    pub changes: String,
    /// Edits that do not overlap.
    pub edits: Vec<Edit>,
}

impl Fix {
    /// What it may change, as one word: `safe` keeps the contract equal, `unsafe` changes what the code does while
    /// routes, document and guards stay, `contract` changes what callers see.
    pub fn permission(&self) -> &'static str {
        match self.safety {
            FixSafety::Safe => "safe",
            FixSafety::Unsafe if self.changes.is_empty() => "unsafe",
            FixSafety::Unsafe => "contract",
        }
    }
}

/// One reported problem of the service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// Name of the rule.
    pub rule: String,
    /// Area of the rule.
    pub area: Area,
    /// Severity in this application.
    pub severity: Severity,
    /// How sure the proof is.
    pub confidence: Confidence,
    /// CWE numbers.
    pub cwe: Vec<u16>,
    /// OWASP API Security entries.
    pub owasp: Vec<String>,
    /// One sentence; code stands in backquotes.
    pub message: String,
    /// The route, where the finding is about one.
    pub route: Option<RouteReference>,
    /// The primary place.
    pub location: Place,
    /// The chain that proves it, in order.
    pub evidence: Vec<Evidence>,
    /// Impact in this application.
    pub why: String,
    /// What to do.
    pub recommendation: String,
    /// The recommendation as code; may be empty.
    pub example: String,
    /// What the recommendation costs, and when to leave it.
    pub trade_off: String,
    /// `none`, or what callers would see.
    pub contract_effect: String,
    /// The edits, if there are any.
    pub fix: Option<Fix>,
    /// Identity across commits, hexadecimal.
    pub fingerprint: String,
}

/// Something that could not be decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Undecided {
    /// What is not known and why.
    pub reason: String,
    /// Where, if there is one place.
    pub location: Option<Place>,
}

/// Something that went wrong with the review itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// `syntax-error`, `not-utf-8`, `unreadable`, `too-large`, `too-deep`, `broken-manifest`,
    /// `internal-error`, and others.
    pub kind: String,
    /// What happened and what to do.
    pub message: String,
    /// The file.
    pub location: ProblemPlace,
}

/// Sizes and time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Statistics {
    /// Python files found.
    pub files: usize,
    /// Lines in them.
    pub lines: usize,
    /// Routes of all apps.
    pub routes: usize,
    /// Wall time.
    pub milliseconds: u64,
    /// Findings hidden by a comment, by configuration, by the baseline.
    pub suppressed: usize,
}

impl ReviewReport {
    /// Everything of a review that outputs need. `files` are those of the analysis that was reviewed.
    pub fn new(review: &Review, files: &Files) -> Self {
        Self {
            document: document(review, files),
            excerpts: review.findings.iter().map(|finding| FindingExcerpts::new(finding, files)).collect(),
        }
    }

    /// The same with what lets somebody else check it: hashes of the evidence and of the sources. They cost as much as a
    /// rule, so only reports that programs read or that are kept have them. `review` and `files` are those of
    /// [`ReviewReport::new`].
    pub fn with_hashes(mut self, review: &Review, files: &Files) -> Self {
        for (document, finding) in self.document.findings.iter_mut().zip(&review.findings) {
            document.location.prove(files.get(finding.location.file));
            for (document, step) in document.evidence.iter_mut().zip(&finding.evidence) {
                document.location.prove(files.get(step.location.file));
            }
        }
        let sources = hash_of_sources(files);
        self.document.projects.iter_mut().for_each(|project| project.sources = Some(sources.clone()));
        self
    }

    /// Several reviews as one, for several paths on the command line. Paths are then told apart by the
    /// root of their project in front. One report stays as it is; none is an empty review.
    pub fn merge(reports: Vec<ReviewReport>) -> Self {
        let several = reports.len() > 1;
        let mut reports = reports.into_iter();
        let Some(mut merged) = reports.next() else {
            return Self::new(&Review::default(), &Files::default());
        };
        if !several {
            return merged;
        }
        merged.root_in_paths();
        for mut report in reports {
            report.root_in_paths();
            let ReviewReport { document, excerpts } = report;
            merged.excerpts.extend(excerpts);
            merged.document.projects.extend(document.projects);
            merged.document.preserve.extend(document.preserve);
            merged.document.findings.extend(document.findings);
            merged.document.undecided.extend(document.undecided);
            merged.document.problems.extend(document.problems);
            let (total, more) = (&mut merged.document.statistics, document.statistics);
            total.files += more.files;
            total.lines += more.lines;
            total.routes += more.routes;
            total.milliseconds += more.milliseconds;
            total.suppressed += more.suppressed;
        }
        // The worst first, over all projects; the order inside a project stays.
        let mut order: Vec<usize> = (0..merged.document.findings.len()).collect();
        order.sort_by_key(|&index| std::cmp::Reverse(merged.document.findings[index].severity));
        merged.document.findings =
            order.iter().map(|&index| merged.document.findings[index].clone()).collect();
        merged.excerpts = order.iter().map(|&index| merged.excerpts[index].clone()).collect();
        merged
    }

    /// The source lines that a finding quotes: that of its place, and those of its evidence in order. The finding is
    /// named by its position in the document; where there is none, nothing is quoted.
    pub fn quoted(&self, finding: usize) -> (&str, Vec<&str>) {
        let Some(excerpts) = self.excerpts.get(finding) else { return ("", Vec::new()) };
        let evidence = excerpts.evidence.iter().map(|excerpt| excerpt.text.trim_end()).collect();
        (excerpts.primary.text.trim_end(), evidence)
    }

    fn root_in_paths(&mut self) {
        let root = self.document.projects.first().map_or(".", |project| project.root.as_str()).to_owned();
        self.document.for_each_path(|path| *path = join_root(&root, path));
    }
}

/// The path as seen from the working directory: the root of the project in front, if it is another folder.
pub(crate) fn join_root(root: &str, path: &str) -> String {
    match root.trim_end_matches('/') {
        "." | "" => path.to_owned(),
        root => format!("{root}/{path}"),
    }
}

impl Finding {
    /// The beginning of its fingerprint: enough to name it in lists and commands.
    pub fn id(&self) -> &str {
        short(&self.fingerprint)
    }
}

impl RouteReference {
    /// `GET /orders/{order_id}`.
    pub fn text(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

impl ReviewDocument {
    /// A path of this document as seen from the working directory, where people and hosts look for it.
    pub(crate) fn seen_path(&self, path: &str) -> String {
        match self.projects.as_slice() {
            [project] => join_root(&project.root, path),
            _ => path.to_owned(),
        }
    }

    /// The project that a path of this document belongs to, and the path relative to it.
    pub fn project_of<'path>(&self, path: &'path str) -> Option<(usize, &'path str)> {
        if self.projects.len() < 2 {
            return (!self.projects.is_empty()).then_some((0, path));
        }
        let within = self.projects.iter().enumerate().filter_map(|(index, project)| {
            let inner = match project.root.trim_end_matches('/') {
                "." | "" => path,
                root => path.strip_prefix(root)?.strip_prefix('/')?,
            };
            Some((index, inner))
        });
        // The nearest root, the first of equal ones.
        within.min_by_key(|(_, inner)| inner.len())
    }

    fn for_each_path(&mut self, mut change: impl FnMut(&mut String)) {
        for finding in &mut self.findings {
            change(&mut finding.location.path);
            finding.evidence.iter_mut().for_each(|step| change(&mut step.location.path));
            if let Some(fix) = &mut finding.fix {
                fix.edits.iter_mut().for_each(|edit| change(&mut edit.location.path));
            }
        }
        for undecided in &mut self.undecided {
            if let Some(location) = &mut undecided.location {
                change(&mut location.path);
            }
        }
        self.problems.iter_mut().for_each(|problem| change(&mut problem.location.path));
    }
}

fn document(review: &Review, files: &Files) -> ReviewDocument {
    ReviewDocument {
        version: 1,
        tool: Tool::this(),
        projects: review
            .projects
            .iter()
            .map(|project| Project {
                root: project.root.clone(),
                fastapi: project.fastapi.clone(),
                pydantic: project.pydantic.clone(),
                apps: project.apps.clone(),
                sources: None,
                settings: None,
            })
            .collect(),
        preserve: review
            .preserve
            .iter()
            .map(|resource| PreservedResource {
                resource: resource.resource.clone(),
                operations: resource
                    .operations
                    .iter()
                    .map(|operation| PreservedOperation {
                        method: operation.method.clone(),
                        path: operation.path.clone(),
                        who: operation.who.clone(),
                        effects: operation.effects.clone(),
                    })
                    .collect(),
            })
            .collect(),
        findings: review.findings.iter().map(|finding| finding_document(finding, files)).collect(),
        undecided: review
            .undecided
            .iter()
            .map(|undecided| Undecided {
                reason: undecided.reason.clone(),
                location: undecided.location.map(|location| Place::new(location, files)),
            })
            .collect(),
        problems: review
            .problems
            .iter()
            .map(|problem| Problem {
                kind: problem.kind.clone(),
                message: problem.message.clone(),
                location: ProblemPlace {
                    path: problem.path.clone(),
                    start: problem.position.map(|(line, column)| LineAndColumn { line, column }),
                },
            })
            .collect(),
        statistics: Statistics {
            files: review.statistics.files,
            lines: review.statistics.lines,
            routes: review.statistics.routes,
            milliseconds: review.statistics.milliseconds,
            suppressed: review.statistics.suppressed,
        },
    }
}

/// Of the project's own files only: where a library lies differs between machines, and its version is told.
fn hash_of_sources(files: &Files) -> String {
    let mut sources: Vec<&File> =
        files.iter().map(|(_, file)| file).filter(|file| file.first_party).collect();
    sources.sort_unstable_by(|one, other| one.relative.cmp(&other.relative));
    let mut hasher = blake3::Hasher::new();
    for file in sources {
        for part in [file.relative.as_str(), &*file.text] {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
    }
    hasher.finalize().to_hex()[..32].to_owned()
}

fn finding_document(finding: &fastwright_rules::finding::Finding, files: &Files) -> Finding {
    Finding {
        rule: finding.rule.to_owned(),
        area: finding.area.into(),
        severity: finding.severity.into(),
        confidence: finding.confidence.into(),
        cwe: finding.cwe.to_vec(),
        owasp: finding.owasp.iter().map(|&entry| entry.to_owned()).collect(),
        message: finding.message.clone(),
        route: finding.route.as_ref().map(|route| RouteReference {
            method: route.method.clone(),
            path: route.path.clone(),
            handler: route.handler.clone(),
        }),
        location: Place::new(finding.location, files).within(&finding.symbol),
        evidence: finding
            .evidence
            .iter()
            .map(|step| Evidence { note: step.note.clone(), location: Place::new(step.location, files) })
            .collect(),
        why: finding.why.clone(),
        recommendation: finding.recommendation.clone(),
        example: finding.example.clone(),
        trade_off: finding.trade_off.clone(),
        contract_effect: finding.contract_effect.clone(),
        fix: finding.fix.as_ref().map(|fix| Fix {
            safety: fix.safety.into(),
            title: fix.title.clone(),
            changes: fix.changes.clone(),
            edits: fix
                .all_edits()
                .into_iter()
                .map(|edit| Edit { location: Place::new(edit.location, files), text: edit.text.clone() })
                .collect(),
        }),
        fingerprint: finding.fingerprint.clone(),
    }
}

/// One line of the `json-lines` output.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
enum Line<'document> {
    Project(&'document Project),
    Finding(&'document Finding),
    Undecided(&'document Undecided),
    Problem(&'document Problem),
    Statistics(&'document Statistics),
}

/// Each part of the document as a line of JSON of its own, with a `type`.
pub(crate) fn json_lines(document: &ReviewDocument) -> String {
    let lines = document.projects.iter().map(Line::Project);
    let lines = lines.chain(document.findings.iter().map(Line::Finding));
    let lines = lines.chain(document.undecided.iter().map(Line::Undecided));
    let lines = lines.chain(document.problems.iter().map(Line::Problem));
    let lines = lines.chain([Line::Statistics(&document.statistics)]);
    let mut text = String::new();
    for line in lines {
        text.push_str(&serde_json::to_string(&line).unwrap_or_default());
        text.push('\n');
    }
    text
}
