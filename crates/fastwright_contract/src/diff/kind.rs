//! The kinds of changes between two contracts: one table, a row a kind.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a change means to those who call the application, or run it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// A client that worked may stop working.
    Breaking,
    /// Somebody may do or see more than before.
    Security,
    /// The same interface, other behaviour.
    Business,
    /// No client can tell, or it can do more.
    Compatible,
}

impl Level {
    /// All, the worst first.
    pub const ALL: [Level; 4] = [Level::Breaking, Level::Security, Level::Business, Level::Compatible];

    /// The word in JSON and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Level::Breaking => "breaking",
            Level::Security => "security",
            Level::Business => "business",
            Level::Compatible => "compatible",
        }
    }
}

/// What changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the words say it")]
pub enum Subject {
    App,
    Document,
    Route,
    Webhook,
    PathParameter,
    QueryParameter,
    HeaderParameter,
    CookieParameter,
    Request,
    RequestProperty,
    Response,
    ResponseProperty,
    ResponseHeader,
    Guard,
    Role,
    Scope,
    Status,
    Effect,
    Check,
    AccessCheck,
    Condition,
    Result,
    Behaviour,
    Model,
    Middleware,
    Cors,
    ExceptionHandler,
    Lifespan,
    Table,
    Column,
    Index,
    UniqueConstraint,
    ForeignKey,
    Relationship,
}

impl Subject {
    /// The first part of the name of a kind.
    pub fn name(self) -> &'static str {
        match self {
            Subject::App => "app",
            Subject::Document => "document",
            Subject::Route => "route",
            Subject::Webhook => "webhook",
            Subject::PathParameter => "path-parameter",
            Subject::QueryParameter => "query-parameter",
            Subject::HeaderParameter => "header-parameter",
            Subject::CookieParameter => "cookie-parameter",
            Subject::Request => "request",
            Subject::RequestProperty => "request-property",
            Subject::Response => "response",
            Subject::ResponseProperty => "response-property",
            Subject::ResponseHeader => "response-header",
            Subject::Guard => "guard",
            Subject::Role => "role",
            Subject::Scope => "scope",
            Subject::Status => "status",
            Subject::Effect => "effect",
            Subject::Check => "check",
            Subject::AccessCheck => "access-check",
            Subject::Condition => "condition",
            Subject::Result => "result",
            Subject::Behaviour => "behaviour",
            Subject::Model => "model",
            Subject::Middleware => "middleware",
            Subject::Cors => "cors",
            Subject::ExceptionHandler => "exception-handler",
            Subject::Lifespan => "lifespan",
            Subject::Table => "table",
            Subject::Column => "column",
            Subject::Index => "index",
            Subject::UniqueConstraint => "unique-constraint",
            Subject::ForeignKey => "foreign-key",
            Subject::Relationship => "relationship",
        }
    }
}

/// A kind of change.
#[derive(Debug, PartialEq, Eq)]
pub struct Kind {
    /// What changed.
    pub subject: Subject,
    /// How, as in `became-required`.
    pub change: &'static str,
    /// What it means.
    pub level: Level,
    /// What a client, a caller or an operator sees, one sentence.
    pub effect: &'static str,
}

impl Kind {
    /// `query-parameter-became-required`.
    pub fn name(&self) -> String {
        format!("{}-{}", self.subject.name(), self.change)
    }

    /// The kind of this subject and change.
    ///
    /// # Panics
    /// Never for what this crate asks: a test walks through all of it.
    pub(crate) fn of(subject: Subject, change: &str) -> &'static Kind {
        match KINDS.iter().find(|kind| kind.subject == subject && kind.change == change) {
            Some(kind) => kind,
            None => {
                debug_assert!(false, "there is no kind {}-{change}", subject.name());
                &KINDS[0]
            }
        }
    }
}

/// Rows of the table: a block for a subject, or for several in brackets that share their rows.
macro_rules! kinds {
    (@flat [$($done:tt)*] [$($subject:ident)+] $rows:tt $($rest:tt)*) => {
        kinds!(@flat [$($done)* $($subject $rows)+] $($rest)*);
    };
    (@flat [$($done:tt)*] $subject:ident $rows:tt $($rest:tt)*) => {
        kinds!(@flat [$($done)* $subject $rows] $($rest)*);
    };
    (@flat [$($subject:ident { $($level:ident $change:literal $effect:literal;)* })*]) => {
        /// Every kind of change.
        pub static KINDS: &[Kind] = &[
            $($(Kind {
                subject: Subject::$subject,
                change: $change,
                level: Level::$level,
                effect: $effect,
            },)*)*
        ];
    };
    ($($rows:tt)+) => {
        kinds!(@flat [] $($rows)+);
    };
}

kinds! {
    App {
        Breaking "removed" "Nothing answers under any of its routes any more.";
        Compatible "added" "A new application answers.";
    }
    Document {
        Compatible "title-changed" "Documentation and generated clients show another title.";
        Compatible "version-changed" "The document names another version of the API.";
        Compatible "description-changed" "Documentation reads differently.";
        Compatible "openapi-version-changed" "Tools that read the document need to know this version of OpenAPI.";
        Breaking "server-removed" "Clients that take the address from the document no longer find this one.";
        Compatible "server-added" "Clients can choose another address.";
        Breaking "security-scheme-removed" "Generated clients lose this way to sign in.";
        Compatible "security-scheme-added" "Documentation shows another way to sign in.";
        Breaking "security-scheme-changed" "Clients that sign in as before may be refused.";
    }
    Route {
        Breaking "removed" "Clients that call it get 404, or 405 where another method is left.";
        Compatible "removed-after-deprecation" "Clients that still call what was marked deprecated get 404.";
        Compatible "added" "Clients can call it.";
        Security "added-public" "Anybody can call it, without signing in.";
        Breaking "path-changed" "Clients that call the old path get 404.";
        Breaking "method-changed" "Clients that use the old method get 405.";
        Business "shadowed" "Another route answers for it: the order of registration decides.";
        Business "condition-added" "It exists only where a setting says so.";
        Business "condition-removed" "It exists always.";
        Business "condition-changed" "Another setting decides whether it exists.";
        Compatible "deprecated" "Documentation asks clients to stop using it.";
        Compatible "no-longer-deprecated" "Documentation recommends it again.";
        Compatible "hidden" "Generated clients and documentation lose it; it still answers.";
        Security "shown" "Documentation shows a route that was kept out of it.";
        Compatible "operation-id-changed" "Generated clients name the call differently.";
        Compatible "name-changed" "`url_path_for` with the old name fails inside the application.";
        Compatible "summary-changed" "Documentation reads differently.";
        Compatible "description-changed" "Documentation reads differently.";
        Compatible "tags-changed" "Generated clients may put the call into another class.";
        Business "handler-unknown" "Its code can't be followed any more: what it does is not seen.";
        Breaking "kind-changed" "HTTP became WebSocket, or the other way round.";
    }
    Webhook {
        Breaking "removed" "Receivers are no longer told.";
        Compatible "added" "Receivers can be told.";
        Breaking "changed" "Receivers get another request.";
    }
    PathParameter {
        Compatible "renamed" "Generated clients name the argument differently.";
        Breaking "type-changed" "Values that were accepted are refused with 422.";
        Breaking "type-narrowed" "Values that were accepted are refused with 422.";
        Compatible "type-widened" "More values are accepted.";
        Breaking "value-removed" "A value that was accepted is refused with 422.";
        Compatible "value-added" "One more value is accepted.";
        Breaking "constraint-tightened" "Values that were accepted are refused with 422.";
        Compatible "constraint-loosened" "More values are accepted.";
        Breaking "pattern-changed" "Values that were accepted may be refused with 422.";
        Breaking "format-changed" "Values that were accepted may be refused with 422.";
        Compatible "documentation-changed" "Documentation reads differently.";
    }
    [QueryParameter HeaderParameter CookieParameter] {
        Breaking "added-required" "Requests without it are refused with 422.";
        Compatible "added" "Clients can send it.";
        Breaking "removed" "What clients send has no effect any more.";
        Breaking "became-required" "Requests without it are refused with 422.";
        Compatible "became-optional" "Clients can leave it out.";
        Breaking "type-changed" "Values that were accepted are refused with 422.";
        Breaking "type-narrowed" "Values that were accepted are refused with 422.";
        Compatible "type-widened" "More values are accepted.";
        Breaking "value-removed" "A value that was accepted is refused with 422.";
        Compatible "value-added" "One more value is accepted.";
        Breaking "constraint-tightened" "Values that were accepted are refused with 422.";
        Compatible "constraint-loosened" "More values are accepted.";
        Breaking "pattern-changed" "Values that were accepted may be refused with 422.";
        Breaking "format-changed" "Values that were accepted may be refused with 422.";
        Business "default-changed" "Requests without it get another result.";
        Business "default-added" "Requests without it get another result.";
        Business "default-removed" "Requests without it get another result.";
        Compatible "deprecated" "Documentation asks clients to stop sending it.";
        Compatible "no-longer-deprecated" "Documentation recommends it again.";
        Compatible "documentation-changed" "Documentation reads differently.";
    }
    Request {
        Breaking "body-added-required" "Requests without a body are refused with 422.";
        Compatible "body-added" "Clients can send a body.";
        Breaking "body-removed" "What clients send has no effect any more.";
        Breaking "body-became-required" "Requests without a body are refused with 422.";
        Compatible "body-became-optional" "Clients can leave the body out.";
        Breaking "media-type-removed" "Bodies of this kind are refused with 422.";
        Compatible "media-type-added" "Bodies of another kind are accepted.";
        Breaking "type-changed" "Bodies that were accepted are refused with 422.";
        Breaking "type-narrowed" "Bodies that were accepted are refused with 422.";
        Compatible "type-widened" "More bodies are accepted.";
        Breaking "null-refused" "A body of `null` is refused with 422.";
        Compatible "null-accepted" "A body of `null` is accepted.";
        Breaking "value-removed" "A body that was accepted is refused with 422.";
        Compatible "value-added" "One more body is accepted.";
        Breaking "constraint-tightened" "Bodies that were accepted are refused with 422.";
        Compatible "constraint-loosened" "More bodies are accepted.";
        Breaking "pattern-changed" "Bodies that were accepted may be refused with 422.";
        Breaking "format-changed" "Bodies that were accepted may be refused with 422.";
        Breaking "variant-removed" "Bodies of this form are refused with 422.";
        Compatible "variant-added" "Bodies of another form are accepted.";
        Breaking "discriminator-changed" "Bodies are told apart by another property.";
        Breaking "more-properties-refused" "Bodies with properties that are not named are refused with 422.";
        Compatible "more-properties-accepted" "Bodies may have properties that are not named.";
        Business "default-changed" "Requests without a body get another result.";
        Business "default-added" "Requests without a body get another result.";
        Business "default-removed" "Requests without a body get another result.";
        Compatible "schema-renamed" "Generated clients name the class differently.";
        Compatible "documentation-changed" "Documentation reads differently.";
        Compatible "deprecated" "Documentation asks clients to stop using it.";
        Compatible "no-longer-deprecated" "Documentation recommends it again.";
    }
    RequestProperty {
        Breaking "added-required" "Requests without it are refused with 422.";
        Compatible "added" "Clients can send it.";
        Breaking "removed" "What clients send has no effect any more, or is refused.";
        Breaking "became-required" "Requests without it are refused with 422.";
        Compatible "became-optional" "Clients can leave it out.";
        Breaking "type-changed" "Values that were accepted are refused with 422.";
        Breaking "type-narrowed" "Values that were accepted are refused with 422.";
        Compatible "type-widened" "More values are accepted.";
        Breaking "null-refused" "`null` is refused with 422.";
        Compatible "null-accepted" "`null` is accepted.";
        Breaking "value-removed" "A value that was accepted is refused with 422.";
        Compatible "value-added" "One more value is accepted.";
        Breaking "constraint-tightened" "Values that were accepted are refused with 422.";
        Compatible "constraint-loosened" "More values are accepted.";
        Breaking "pattern-changed" "Values that were accepted may be refused with 422.";
        Breaking "format-changed" "Values that were accepted may be refused with 422.";
        Breaking "variant-removed" "Values of this form are refused with 422.";
        Compatible "variant-added" "Values of another form are accepted.";
        Breaking "discriminator-changed" "Values are told apart by another property.";
        Breaking "more-properties-refused" "Objects with properties that are not named are refused with 422.";
        Compatible "more-properties-accepted" "Objects may have properties that are not named.";
        Business "default-changed" "Requests without it get another result.";
        Business "default-added" "Requests without it get another result.";
        Business "default-removed" "Requests without it get another result.";
        Compatible "schema-renamed" "Generated clients name the class differently.";
        Compatible "documentation-changed" "Documentation reads differently.";
        Compatible "deprecated" "Documentation asks clients to stop sending it.";
        Compatible "no-longer-deprecated" "Documentation recommends it again.";
    }
    Response {
        Breaking "success-removed" "Clients that wait for this status never see it.";
        Compatible "success-added" "Documentation shows another successful status.";
        Compatible "error-removed" "Documentation no longer shows this status.";
        Compatible "error-added" "Documentation shows this status.";
        Breaking "success-status-changed" "Clients that compare the status with the old one fail.";
        Breaking "body-removed" "Clients that read the body find nothing described, or nothing at all.";
        Security "body-added" "The answer shows more than before.";
        Breaking "media-type-removed" "Clients that parse this kind of answer fail.";
        Breaking "media-type-changed" "Clients that parse the old kind of answer fail.";
        Compatible "media-type-added" "Answers may come in another kind.";
        Breaking "type-changed" "Clients that expect the old type fail.";
        Breaking "type-widened" "Clients may see values that they do not expect.";
        Compatible "type-narrowed" "Fewer values can come.";
        Breaking "null-possible" "Clients may see `null` where they expect an object.";
        Compatible "null-impossible" "`null` does not come any more.";
        Breaking "value-added" "Clients may see a value that they do not know.";
        Compatible "value-removed" "A value does not come any more.";
        Breaking "constraint-loosened" "Clients may see values outside of the old bounds.";
        Compatible "constraint-tightened" "Fewer values can come.";
        Compatible "pattern-changed" "Values look different.";
        Breaking "format-changed" "Clients that parse the old format fail.";
        Breaking "variant-added" "Clients may see a form that they do not know.";
        Compatible "variant-removed" "A form does not come any more.";
        Breaking "discriminator-changed" "Forms are told apart by another property.";
        Security "more-properties-shown" "The answer may show properties that are not named.";
        Compatible "more-properties-hidden" "Only named properties come.";
        Compatible "default-changed" "Documentation shows another default.";
        Compatible "default-added" "Documentation shows a default.";
        Compatible "default-removed" "Documentation shows no default.";
        Compatible "schema-renamed" "Generated clients name the class differently.";
        Compatible "documentation-changed" "Documentation reads differently.";
        Compatible "deprecated" "Documentation asks clients to stop using it.";
        Compatible "no-longer-deprecated" "Documentation recommends it again.";
    }
    ResponseProperty {
        Security "added" "The answer shows more than before.";
        Breaking "removed" "Clients that read it fail.";
        Breaking "became-optional" "It may be missing.";
        Compatible "became-required" "It is always there.";
        Breaking "type-changed" "Clients that expect the old type fail.";
        Breaking "type-widened" "Clients may see values that they do not expect.";
        Compatible "type-narrowed" "Fewer values can come.";
        Breaking "null-possible" "Clients may see `null` where they expect a value.";
        Compatible "null-impossible" "`null` does not come any more.";
        Breaking "value-added" "Clients may see a value that they do not know.";
        Compatible "value-removed" "A value does not come any more.";
        Breaking "constraint-loosened" "Clients may see values outside of the old bounds.";
        Compatible "constraint-tightened" "Fewer values can come.";
        Compatible "pattern-changed" "Values look different.";
        Breaking "format-changed" "Clients that parse the old format fail.";
        Breaking "variant-added" "Clients may see a form that they do not know.";
        Compatible "variant-removed" "A form does not come any more.";
        Breaking "discriminator-changed" "Forms are told apart by another property.";
        Security "more-properties-shown" "The answer may show properties that are not named.";
        Compatible "more-properties-hidden" "Only named properties come.";
        Compatible "default-changed" "Documentation shows another default.";
        Compatible "default-added" "Documentation shows a default.";
        Compatible "default-removed" "Documentation shows no default.";
        Compatible "schema-renamed" "Generated clients name the class differently.";
        Compatible "documentation-changed" "Documentation reads differently.";
        Compatible "deprecated" "Documentation asks clients to stop using it.";
        Compatible "no-longer-deprecated" "Documentation recommends it again.";
    }
    ResponseHeader {
        Breaking "removed" "Clients that read the header find nothing.";
        Security "added" "The answer shows more than before.";
        Breaking "changed" "Clients that parse the header may fail.";
    }
    Guard {
        Security "removed" "Callers whom it refused get in.";
        Security "became-optional" "Callers without credentials get in.";
        Security "became-public" "Anybody can call it, without signing in.";
        Security "changed" "Other callers may get in: what the guard does is different.";
        Security "uncertain" "Whether callers are refused can't be decided any more.";
        Breaking "added" "Callers without the right credentials are refused.";
        Breaking "became-required" "Callers without credentials are refused.";
        Compatible "looks-at-callers" "Callers with credentials may get another answer; nobody is refused.";
    }
    Role {
        Security "accepted" "Callers with this role get in.";
        Breaking "no-longer-accepted" "Callers with this role are refused.";
        Security "requirement-removed" "Callers without any of the roles get in.";
        Breaking "requirement-added" "Callers without one of the roles are refused.";
    }
    Scope {
        Security "removed" "Tokens without this scope are accepted.";
        Breaking "added" "Tokens without this scope are refused.";
    }
    Status {
        Business "added" "Callers can get this status.";
        Business "removed" "Callers don't get this status any more.";
    }
    Effect {
        Business "table-read-added" "It reads another table.";
        Business "table-read-removed" "It does not read this table any more.";
        Business "table-write-added" "It writes another table.";
        Business "table-write-removed" "It does not write this table any more.";
        Business "commit-added" "What it wrote is kept from here on.";
        Business "commit-removed" "What it wrote may be lost.";
        Business "rollback-added" "What it wrote may be taken back.";
        Business "rollback-removed" "What it wrote is no longer taken back.";
        Business "outside-call-added" "It reaches something outside of the application.";
        Business "outside-call-removed" "It does not reach this any more.";
        Business "background-work-added" "Work goes on after the answer.";
        Business "background-work-removed" "This work is no longer done.";
        Business "added" "It does something more.";
        Business "removed" "Something is no longer done.";
        Business "changed" "It does something else.";
        Business "order-changed" "Things happen in another order.";
    }
    Check {
        Business "added" "Requests that passed may be refused.";
        Business "removed" "Requests that were refused pass.";
        Business "changed" "Other requests are refused.";
        Business "answer-changed" "Refused requests get another answer.";
    }
    AccessCheck {
        Breaking "added" "Callers who were let in may be refused.";
        Security "removed" "Callers who were refused get in.";
        Security "changed" "Other callers get in.";
        Business "answer-changed" "Refused callers get another answer.";
    }
    Condition {
        Business "added" "Something is decided that was not.";
        Business "removed" "Something is no longer decided.";
        Business "changed" "Another case is taken.";
    }
    Result {
        Business "changed" "Callers get another answer.";
        Business "added" "There is another way to answer.";
        Business "removed" "A way to answer is gone.";
    }
    Behaviour {
        Business "rewritten" "Much of what it does is different.";
        Business "loop-changed" "Something else is repeated.";
        Business "error-handling-changed" "Failures have another outcome.";
        Business "transaction-changed" "Something else happens inside a block that is entered and left.";
        Business "dependency-added" "Something more runs before the handler.";
        Business "dependency-removed" "Something no longer runs before the handler.";
        Business "dependency-order-changed" "What runs before the handler runs in another order.";
        Business "dependency-changed" "Something else runs before the handler.";
        Business "changed" "It computes something else.";
        Business "unknown" "Its code can't be followed any more: what it does is not seen.";
    }
    Model {
        Business "validation-added" "Data is checked or changed that was not.";
        Business "validation-removed" "Data is no longer checked or changed.";
        Business "validation-changed" "Data is checked or changed differently.";
        Business "method-changed" "What the class computes is different.";
        Business "configuration-changed" "The class reads or writes data differently.";
    }
    Middleware {
        Business "added" "Every request passes through it.";
        Security "removed" "Requests no longer pass through it.";
        Business "changed" "Every request may be answered differently.";
        Business "order-changed" "What the outer one does happens before the inner one sees the request.";
    }
    Cors {
        Security "changed" "Other web sites may call the application from a browser.";
        Security "added" "Web sites may call the application from a browser.";
        Breaking "removed" "Web sites can't call the application from a browser any more.";
    }
    ExceptionHandler {
        Business "added" "These failures get another answer.";
        Business "removed" "These failures are answered with the usual answer, or with 500.";
        Business "changed" "These failures get another answer.";
    }
    Lifespan {
        Business "added" "Something runs at the start or the end.";
        Business "removed" "Nothing runs at the start and the end any more.";
        Business "changed" "Something else runs at the start or the end.";
    }
    Table {
        Compatible "added" "The database needs a migration that creates it.";
        Breaking "removed" "A migration that follows drops the data.";
    }
    Column {
        Compatible "added" "The database needs a migration; existing rows get NULL or the default.";
        Breaking "added-required" "The database needs a migration that fills existing rows.";
        Breaking "removed" "A migration that follows drops the data.";
        Breaking "type-changed" "The database needs a migration that converts existing rows.";
        Compatible "became-nullable" "The database needs a migration; NULL is possible.";
        Breaking "stopped-being-nullable" "The database needs a migration; existing NULLs stop it.";
        Business "default-changed" "New rows get another value.";
        Business "server-default-changed" "New rows get another value, in the database.";
        Breaking "primary-key-changed" "Rows are found by another key.";
    }
    Index {
        Compatible "added" "The database needs a migration; reading may get faster.";
        Compatible "removed" "The database needs a migration; reading may get slower.";
    }
    UniqueConstraint {
        Breaking "added" "The database needs a migration; existing duplicates stop it, new ones fail.";
        Business "removed" "Duplicates are possible.";
    }
    ForeignKey {
        Breaking "added" "The database needs a migration; rows without a match stop it.";
        Business "removed" "The database no longer checks that the other row exists.";
        Breaking "changed" "The database needs a migration; rows refer to another table.";
        Business "on-delete-changed" "Deleting the other row has another effect.";
    }
    Relationship {
        Compatible "added" "Code can follow it.";
        Compatible "removed" "Code can't follow it any more.";
        Business "cascade-changed" "Deleting has another effect on related rows.";
        Compatible "loading-changed" "It is read at another moment.";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_name_of_its_own() {
        let mut names: Vec<String> = KINDS.iter().map(Kind::name).collect();
        names.sort();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
        assert!(count > 150, "{count}");
    }

    /// What the comparison of schemas, effects and lines asks for.
    #[test]
    fn everything_that_is_asked_for_has_a_kind() {
        let bounds = [
            "type-changed",
            "type-narrowed",
            "type-widened",
            "value-removed",
            "value-added",
            "constraint-tightened",
            "constraint-loosened",
            "pattern-changed",
            "format-changed",
            "documentation-changed",
        ];
        let parameter = [
            "added",
            "added-required",
            "removed",
            "became-required",
            "became-optional",
            "default-changed",
            "default-added",
            "default-removed",
            "deprecated",
            "no-longer-deprecated",
        ];
        let inside = [
            "variant-removed",
            "variant-added",
            "discriminator-changed",
            "default-changed",
            "default-added",
            "default-removed",
            "schema-renamed",
            "deprecated",
            "no-longer-deprecated",
        ];
        let request =
            ["null-refused", "null-accepted", "more-properties-refused", "more-properties-accepted"];
        let response =
            ["null-possible", "null-impossible", "more-properties-shown", "more-properties-hidden"];
        let property = ["added", "removed", "became-required", "became-optional"];
        let line = ["added", "removed", "changed"];
        let effects = ["commit", "rollback", "outside-call", "background-work", "table-read", "table-write"];
        let mut asked: Vec<(Subject, String)> = Vec::new();
        let mut ask = |subject: Subject, changes: &[&str]| {
            asked.extend(changes.iter().map(|change| (subject, (*change).to_owned())));
        };
        ask(Subject::PathParameter, &bounds);
        for subject in [Subject::QueryParameter, Subject::HeaderParameter, Subject::CookieParameter] {
            ask(subject, &bounds);
            ask(subject, &parameter);
        }
        for (whole, property_of, of_side) in [
            (Subject::Request, Subject::RequestProperty, request),
            (Subject::Response, Subject::ResponseProperty, response),
        ] {
            for subject in [whole, property_of] {
                ask(subject, &bounds);
                ask(subject, &inside);
                ask(subject, &of_side);
            }
            ask(property_of, &property);
        }
        ask(Subject::RequestProperty, &["added-required"]);
        for subject in [Subject::Check, Subject::AccessCheck] {
            ask(subject, &line);
            ask(subject, &["answer-changed"]);
        }
        for subject in [Subject::Condition, Subject::Result, Subject::Effect] {
            ask(subject, &line);
        }
        asked.extend(effects.iter().flat_map(|effect| {
            ["added", "removed"].map(|change| (Subject::Effect, format!("{effect}-{change}")))
        }));
        for (subject, change) in asked {
            let known = KINDS.iter().any(|kind| kind.subject == subject && kind.change == change);
            assert!(known, "there is no kind {}-{change}", subject.name());
        }
    }
}
