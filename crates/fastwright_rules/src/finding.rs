//! A finding: one reported problem with the chain that proves it.

use fastwright_python::location::{FileId, Location};

/// How bad it is for *this* application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// A weakness that needs other circumstances to hurt.
    Low,
    /// Wrong, with limited reach.
    Medium,
    /// Wrong, and users or data are affected.
    High,
    /// Stop and repair.
    Critical,
}

impl Severity {
    /// All, from the least to the worst.
    pub const ALL: [Severity; 5] =
        [Severity::Info, Severity::Low, Severity::Medium, Severity::High, Severity::Critical];

    /// A step less.
    #[must_use]
    pub fn lower(self) -> Self {
        match self {
            Severity::Critical => Severity::High,
            Severity::High => Severity::Medium,
            Severity::Medium => Severity::Low,
            Severity::Low | Severity::Info => Severity::Info,
        }
    }

    /// The word in configuration and output: `info`, `low`, `medium`, `high`, `critical`.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
            Severity::Critical => "critical",
        }
    }
}

/// How sure the proof is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// Some steps are assumed.
    Possible,
    /// One step rests on a convention.
    Likely,
    /// Every step is proven.
    Certain,
}

impl Confidence {
    /// The word in output: `possible`, `likely`, `certain`.
    pub fn name(self) -> &'static str {
        match self {
            Confidence::Possible => "possible",
            Confidence::Likely => "likely",
            Confidence::Certain => "certain",
        }
    }
}

/// The thirteen areas of a review; a rule belongs to exactly one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the names are the areas' names")]
pub enum Area {
    Design,
    Validation,
    Auth,
    Database,
    Performance,
    Errors,
    Security,
    Secrets,
    Lifecycle,
    Architecture,
    Docs,
    Observability,
    Testing,
}

impl Area {
    /// All areas in the order of the product description.
    pub const ALL: [Area; 13] = [
        Area::Design,
        Area::Validation,
        Area::Auth,
        Area::Database,
        Area::Performance,
        Area::Errors,
        Area::Security,
        Area::Secrets,
        Area::Lifecycle,
        Area::Architecture,
        Area::Docs,
        Area::Observability,
        Area::Testing,
    ];

    /// The word in configuration, folders and output.
    pub fn name(self) -> &'static str {
        match self {
            Area::Design => "design",
            Area::Validation => "validation",
            Area::Auth => "auth",
            Area::Database => "database",
            Area::Performance => "performance",
            Area::Errors => "errors",
            Area::Security => "security",
            Area::Secrets => "secrets",
            Area::Lifecycle => "lifecycle",
            Area::Architecture => "architecture",
            Area::Docs => "docs",
            Area::Observability => "observability",
            Area::Testing => "testing",
        }
    }
}

/// One step of the proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// What this place shows, one short sentence without a full stop.
    pub note: String,
    /// The place.
    pub location: Location,
}

/// The route that a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RouteReference {
    /// `GET`, ... or `WEBSOCKET`.
    pub method: String,
    /// Full path.
    pub path: String,
    /// `module:qualname`.
    pub handler: String,
}

/// Whether an edit may be applied without asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FixSafety {
    /// The contract is provably equal.
    Safe,
    /// What the code does changes; the fix names what callers see.
    Unsafe,
}

impl FixSafety {
    /// The word in output: `safe` or `unsafe`.
    pub fn name(self) -> &'static str {
        match self {
            FixSafety::Safe => "safe",
            FixSafety::Unsafe => "unsafe",
        }
    }
}

/// A replacement of the bytes of one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced; an empty span inserts.
    pub location: Location,
    /// The new text.
    pub text: String,
}

/// What a fix needs of the imports of a file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ImportChange {
    /// `from module import name`, or `import module` without a name.
    Needs {
        /// The module, absolute.
        module: String,
        /// The name in it.
        name: Option<String>,
    },
    /// The import that binds this name goes if nothing mentions the name any more.
    MayDrop {
        /// The name as the file knows it.
        name: String,
    },
}

/// The edits that remove a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// Whether the contract stays equal.
    pub safety: FixSafety,
    /// What the edits do, in a few words without a full stop.
    pub title: String,
    /// What callers see afterwards and did not before; empty when routes, document and guards stay equal.
    pub changes: String,
    /// Whether what guards do changes, as named; who may do what must stay.
    pub guard: bool,
    /// Edits that do not overlap.
    pub edits: Vec<Edit>,
    /// Code in which no other fix may be made together with this one: what it may hold changes, as in a function that
    /// is no coroutine function any more.
    pub alone_in: Option<Location>,
    /// What the edits need of imports.
    pub imports: Vec<(FileId, ImportChange)>,
    /// `imports` as edits of the files as they are; filled by the review.
    pub import_edits: Vec<Edit>,
}

impl Fix {
    /// A fix that leaves everything equal that callers see.
    pub fn safe(title: impl Into<String>) -> Self {
        Self::new(FixSafety::Safe, title)
    }

    /// A fix that changes what the code does, but not the document, routes or guards.
    pub fn needs_review(title: impl Into<String>) -> Self {
        Self::new(FixSafety::Unsafe, title)
    }

    /// A fix that changes the contract, exactly as `changes` says.
    pub fn changes_contract(title: impl Into<String>, changes: impl Into<String>) -> Self {
        Self { changes: changes.into(), ..Self::new(FixSafety::Unsafe, title) }
    }

    /// A fix that changes what a guard does, exactly as `changes` says, and lets nobody in who was kept out.
    pub fn changes_guard(title: impl Into<String>, changes: impl Into<String>) -> Self {
        Self { guard: true, ..Self::changes_contract(title, changes) }
    }

    fn new(safety: FixSafety, title: impl Into<String>) -> Self {
        Self {
            safety,
            title: title.into(),
            changes: String::new(),
            guard: false,
            edits: Vec::new(),
            alone_in: None,
            imports: Vec::new(),
            import_edits: Vec::new(),
        }
    }

    /// Adds an edit.
    #[must_use]
    pub fn edit(mut self, edit: Edit) -> Self {
        self.edits.push(edit);
        self
    }

    /// Keeps other fixes out of some code.
    #[must_use]
    pub fn alone_in(mut self, code: Option<Location>) -> Self {
        self.alone_in = code;
        self
    }

    /// Adds edits.
    #[must_use]
    pub fn edits(mut self, edits: impl IntoIterator<Item = Edit>) -> Self {
        self.edits.extend(edits);
        self
    }

    /// Adds what a file needs of its imports.
    #[must_use]
    pub fn imports(mut self, file: FileId, changes: impl IntoIterator<Item = ImportChange>) -> Self {
        self.imports.extend(changes.into_iter().map(|change| (file, change)));
        self
    }

    /// The import that binds `name` goes if nothing mentions the name any more.
    #[must_use]
    pub fn may_drop_import(self, file: FileId, name: impl Into<String>) -> Self {
        self.imports(file, [ImportChange::MayDrop { name: name.into() }])
    }

    /// Edits and import edits, by file and place.
    pub fn all_edits(&self) -> Vec<&Edit> {
        let mut edits: Vec<&Edit> = self.edits.iter().chain(&self.import_edits).collect();
        edits.sort_by_key(|edit| edit.location);
        edits
    }
}

/// One reported problem, with the anatomy that every output renders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Name of the rule, such as `missing-ownership-check`.
    pub rule: &'static str,
    /// Area of the rule.
    pub area: Area,
    /// Severity in this application.
    pub severity: Severity,
    /// How sure the proof is.
    pub confidence: Confidence,
    /// CWE numbers.
    pub cwe: &'static [u16],
    /// OWASP API Security entries such as `API1:2023`.
    pub owasp: &'static [&'static str],
    /// One sentence that names the route and the thing; code stands in backquotes.
    pub message: String,
    /// The route, where the finding is about one.
    pub route: Option<RouteReference>,
    /// The primary place.
    pub location: Location,
    /// The function, class or variable that holds the place, such as `update_order`.
    pub symbol: String,
    /// The chain that proves it, in order; never empty.
    pub evidence: Vec<Evidence>,
    /// Impact in this application.
    pub why: String,
    /// What to do.
    pub recommendation: String,
    /// The recommendation as code in the user's own names; empty when code would not help.
    pub example: String,
    /// What the recommendation costs, and when to leave it.
    pub trade_off: String,
    /// `none`, or exactly what callers would see.
    pub contract_effect: String,
    /// The edits, if there are any.
    pub fix: Option<Fix>,
    /// Identity across commits: from structure (rule, symbol, route, discriminator), never from message
    /// text or line numbers. Filled by the review, hexadecimal.
    pub fingerprint: String,
}
