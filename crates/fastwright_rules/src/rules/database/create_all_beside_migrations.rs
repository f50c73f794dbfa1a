//! `create-all-beside-migrations`: tables created at start although migrations are in use.

crate::declare_rule! {
    /// Tables created at start although migrations are in use.
    CreateAllBesideMigrations {
        name: "create-all-beside-migrations",
        area: Database,
        severity: Medium,
        confidence: Certain,
        summary: "tables created at start although migrations are in use",
        why: "A table that no migration creates exists wherever the application once started, so that the missing migration shows only in production or on a fresh database.",
        recommendation: "Remove `create_all` and run `alembic upgrade head` before the start.",
        trade_off: "A fresh database needs the migrations to be run.",
        contract_effect: "none",
        cwe: [1127],
        owasp: [],
        profile: Default,
        page: "database/create-all-beside-migrations.md",
        references: ["https://alembic.sqlalchemy.org/en/latest/autogenerate.html"],
    }
}
