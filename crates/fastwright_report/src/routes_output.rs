//! Routing tables as text that fits the terminal, and as Markdown.

use crate::appearance::Appearance;
use crate::markdown::{cell, code_cell, escaped};
use crate::names::GuardKind;
use crate::review_document::Undecided;
use crate::routes_columns::RouteColumns;
use crate::routes_document::{AppRoutes, RoutesDocument};
use crate::routes_selection::Grouping;
use crate::table::{Cell, Column, Table};
use crate::wrap::{counted, visible, wrap};

/// A table for each app, what was not decided, and how many routes are public.
pub(crate) fn text(document: &RoutesDocument, grouping: Grouping, appearance: &Appearance) -> String {
    let mut text = String::new();
    let mut left_out: Vec<&str> = Vec::new();
    let mut cut = false;
    let several = document.apps.len() > 1;
    for app in &document.apps {
        heading(&mut text, document, app, appearance);
        if app.routes.is_empty() || (several && app.mounted) {
            let reason = if app.mounted && !app.routes.is_empty() {
                "mounted in another app, whose table has its routes\n\n"
            } else {
                "no routes\n\n"
            };
            text.push_str(reason);
        } else {
            let rendered = table(document, app, grouping).render(appearance);
            text.push_str(&rendered.text);
            text.push('\n');
            left_out.extend(rendered.left_out);
            cut |= rendered.cut;
        }
        undecided(&mut text, document, &app.undecided, appearance);
    }
    undecided(&mut text, document, &document.undecided, appearance);
    for problem in &document.problems {
        let seen = visible(&document.seen_path(&problem.location.display())).into_owned();
        let kind = appearance.warning(&problem.kind);
        text.push_str(&format!("not read: {seen}: {kind}: {}\n", visible(&problem.message)));
    }
    text.push_str(&appearance.bold(&counts(document)));
    text.push('\n');
    left_out.sort_unstable();
    left_out.dedup();
    if !left_out.is_empty() {
        let columns = if left_out.len() == 1 { "column" } else { "columns" };
        let note = format!(
            "The terminal is too narrow for the {columns} {}; `--output-format json` or a pipe shows all.",
            left_out.join(", ")
        );
        paragraph(&mut text, &note, "", appearance);
    } else if cut {
        let note = "Some cells are cut to the terminal's width; `--output-format json` or a pipe shows all.";
        paragraph(&mut text, note, "", appearance);
    }
    text
}

fn heading(text: &mut String, document: &RoutesDocument, app: &AppRoutes, appearance: &Appearance) {
    let seen = document.seen_path(&app.location.path);
    let place = visible(&format!("{seen}:{}", app.location.start.line)).into_owned();
    let title = match app.title.as_str() {
        "" => String::new(),
        title => format!("{}, ", visible(title)),
    };
    text.push_str(&format!(
        "{} ({title}{})\n\n",
        appearance.bold(&visible(&app.app)),
        appearance.link(&seen, &place)
    ));
}

fn table(document: &RoutesDocument, app: &AppRoutes, grouping: Grouping) -> Table {
    // The higher the rank the earlier a column goes; method, path and guard always stay.
    let mut table = Table::new(vec![
        Column::left("method"),
        Column::left("path").ranked(0, 36),
        Column::left("guard"),
        Column::left("guarded by").ranked(5, 12),
        Column::left("roles").ranked(2, 6),
        Column::left("handler").ranked(6, 12),
        Column::left("where").ranked(1, 20),
        Column::left("request").ranked(8, 10),
        Column::left("response").ranked(7, 10),
        Column::left("statuses").ranked(9, 11),
        Column::left("reads").ranked(4, 10),
        Column::left("writes").ranked(3, 10),
        Column::left("notes").ranked(10, 16),
    ]);
    for (title, routes) in grouping.groups(&app.routes) {
        if !title.is_empty() {
            table.section(title);
        }
        for route in routes {
            let columns = RouteColumns::new(route);
            let seen = document.seen_path(&route.location.path_and_line());
            table.row(vec![
                Cell::plain(columns.method),
                Cell::plain(columns.path),
                Cell::guard(route.guard.kind, columns.guard),
                Cell::plain(columns.guarded_by),
                Cell::plain(columns.roles),
                Cell::plain(columns.handler),
                Cell::path(seen),
                Cell::plain(columns.request),
                Cell::plain(columns.response),
                Cell::plain(columns.statuses),
                Cell::plain(columns.reads),
                Cell::plain(columns.writes),
                Cell::dim(columns.notes),
            ]);
        }
    }
    table
}

fn undecided(text: &mut String, document: &RoutesDocument, list: &[Undecided], appearance: &Appearance) {
    if list.is_empty() {
        return;
    }
    text.push_str(&appearance.warning(&counted(list.len(), "thing", "things")));
    text.push_str(" not decided:\n");
    for undecided in list {
        if let Some(place) = &undecided.location {
            let seen = document.seen_path(&place.path);
            let label = visible(&format!("{seen}:{}:{}", place.start.line, place.start.column)).into_owned();
            text.push_str(&format!("  {}\n", appearance.link(&seen, &label)));
        }
        paragraph(text, &undecided.reason, "    ", appearance);
    }
    text.push('\n');
}

fn paragraph(text: &mut String, content: &str, indent: &str, appearance: &Appearance) {
    let mut inside = false;
    for line in wrap(&visible(content), appearance.text_width() - indent.len()) {
        text.push_str(&format!("{indent}{}\n", appearance.inline_code(&line, &mut inside)));
    }
}

/// `27 routes: 5 public, 2 optional, 20 required`, each route counted once.
fn counts(document: &RoutesDocument) -> String {
    let several = document.apps.len() > 1;
    let apps = document.apps.iter().filter(|app| !(several && app.mounted));
    let routes: Vec<_> = apps.flat_map(|app| &app.routes).collect();
    let kinds: Vec<String> = GuardKind::ALL
        .iter()
        .map(|&kind| (kind, routes.iter().filter(|route| route.guard.kind == kind).count()))
        .filter(|&(_, count)| count > 0)
        .map(|(kind, count)| format!("{count} {}", kind.name()))
        .collect();
    let total = counted(routes.len(), "route", "routes");
    if kinds.is_empty() { total } else { format!("{total}: {}", kinds.join(", ")) }
}

/// A Markdown table for each app and group.
pub(crate) fn markdown(document: &RoutesDocument, grouping: Grouping) -> String {
    let mut text = String::new();
    let several = document.apps.len() > 1;
    for app in &document.apps {
        let title = if app.title.is_empty() { String::new() } else { format!(" ({})", escaped(&app.title)) };
        text.push_str(&format!("## `{}`{title}\n\n", app.app));
        if app.routes.is_empty() || (several && app.mounted) {
            let reason = if app.mounted && !app.routes.is_empty() {
                "Mounted in another app, whose table has its routes.\n\n"
            } else {
                "No routes.\n\n"
            };
            text.push_str(reason);
        } else {
            for (group, routes) in grouping.groups(&app.routes) {
                if !group.is_empty() {
                    text.push_str(&format!("### {}\n\n", escaped(&group)));
                }
                text.push_str("| method | path | guard | roles | handler | request | response | statuses | reads | writes | notes |\n");
                text.push_str("|---|---|---|---|---|---|---|---|---|---|---|\n");
                for route in routes {
                    let columns = RouteColumns::new(route);
                    let by = if columns.guarded_by.is_empty() {
                        String::new()
                    } else {
                        format!(" ({})", cell(&columns.guarded_by))
                    };
                    let place = document.seen_path(&route.location.path_and_line());
                    text.push_str(&format!(
                        "| {} | {} | {}{by} | {} | {} {} | {} | {} | {} | {} | {} | {} |\n",
                        columns.method,
                        code_cell(&columns.path),
                        cell(&columns.guard),
                        cell(&columns.roles),
                        code_cell(&columns.handler),
                        cell(&place),
                        code_cell(&columns.request),
                        code_cell(&columns.response),
                        columns.statuses,
                        cell(&columns.reads),
                        cell(&columns.writes),
                        cell(&columns.notes),
                    ));
                }
                text.push('\n');
            }
        }
        undecided_markdown(&mut text, document, &app.undecided);
    }
    undecided_markdown(&mut text, document, &document.undecided);
    text.push_str(&format!("{}\n", counts(document)));
    text
}

fn undecided_markdown(text: &mut String, document: &RoutesDocument, list: &[Undecided]) {
    if list.is_empty() {
        return;
    }
    text.push_str("Not decided:\n\n");
    for undecided in list {
        let place = undecided
            .location
            .as_ref()
            .map(|place| format!("{}: ", code_cell(&document.seen_path(&place.path_and_line()))));
        text.push_str(&format!("- {}{}\n", place.unwrap_or_default(), escaped(&undecided.reason)));
    }
    text.push('\n');
}
