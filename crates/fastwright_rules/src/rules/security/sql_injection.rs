//! `sql-injection`: SQL made of text that the client sent.

crate::declare_rule! {
    /// SQL made of text that the client sent.
    SqlInjection {
        name: "sql-injection",
        area: Security,
        severity: Critical,
        confidence: Certain,
        summary: "SQL made of text that the client sent",
        why: "The client decides what the database does: read every table, change it, delete it.",
        recommendation: "Bind values: `text(\"... WHERE name = :name\")` with `{\"name\": name}`; choose identifiers from a fixed list.",
        trade_off: "None for values; names of columns need a list of those that are allowed.",
        contract_effect: "none",
        cwe: [89],
        owasp: ["API8:2023"],
        profile: Default,
        page: "security/sql-injection.md",
        references: ["https://owasp.org/www-community/attacks/SQL_Injection", "https://docs.sqlalchemy.org/en/20/core/sqlelement.html#sqlalchemy.sql.expression.text"],
    }
}
