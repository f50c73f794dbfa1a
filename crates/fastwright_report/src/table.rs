//! Tables that fit the terminal: columns are left out by rank and long cells cut there; a pipe gets
//! everything.

use crate::appearance::Appearance;
use crate::names::{GuardKind, Severity};
use crate::wrap::{pad, truncate, visible, width};
use std::borrow::Cow;

/// A column.
pub(crate) struct Column {
    name: &'static str,
    right: bool,
    /// Columns of a higher rank are left out first.
    rank: u8,
    /// The least columns that still say something.
    least: usize,
}

impl Column {
    pub(crate) fn left(name: &'static str) -> Self {
        Self { name, right: false, rank: 0, least: usize::MAX }
    }

    pub(crate) fn right(name: &'static str) -> Self {
        Self { right: true, ..Self::left(name) }
    }

    /// May be left out (the higher rank first), and cut down to `least` columns.
    pub(crate) fn ranked(self, rank: u8, least: usize) -> Self {
        Self { rank, least, ..self }
    }
}

enum Look {
    Plain,
    Severity(Severity),
    Guard(GuardKind),
    Dim,
    /// A link to the file before the colon.
    Path,
}

/// A cell with its look.
pub(crate) struct Cell {
    text: String,
    look: Look,
}

impl Cell {
    pub(crate) fn plain(text: impl Into<String>) -> Self {
        Self { text: visible(&text.into()).replace('\n', " "), look: Look::Plain }
    }

    pub(crate) fn severity(severity: Severity) -> Self {
        Self { look: Look::Severity(severity), ..Self::plain(severity.name()) }
    }

    pub(crate) fn guard(kind: GuardKind, text: impl Into<String>) -> Self {
        Self { look: Look::Guard(kind), ..Self::plain(text) }
    }

    pub(crate) fn dim(text: impl Into<String>) -> Self {
        Self { look: Look::Dim, ..Self::plain(text) }
    }

    pub(crate) fn path(text: impl Into<String>) -> Self {
        Self { look: Look::Path, ..Self::plain(text) }
    }
}

/// Rows under columns.
pub(crate) struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
    /// Titles of groups, each with the number of the row that it stands above.
    sections: Vec<(usize, String)>,
}

/// A rendered table with the names of the columns that did not fit.
pub(crate) struct Rendered {
    pub(crate) text: String,
    pub(crate) left_out: Vec<&'static str>,
    pub(crate) cut: bool,
}

const GAP: usize = 2;

impl Table {
    pub(crate) fn new(columns: Vec<Column>) -> Self {
        Self { columns, rows: Vec::new(), sections: Vec::new() }
    }

    /// Adds a row with a cell for each column.
    pub(crate) fn row(&mut self, cells: Vec<Cell>) {
        debug_assert_eq!(cells.len(), self.columns.len());
        self.rows.push(cells);
    }

    /// A title above the rows that follow.
    pub(crate) fn section(&mut self, title: String) {
        self.sections.push((self.rows.len(), visible(&title).into_owned()));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(crate) fn render(&self, appearance: &Appearance) -> Rendered {
        let natural = self.natural_widths();
        // A column without a single entry says nothing.
        let filled = |index: &usize| self.rows.iter().any(|row| !row[*index].text.is_empty());
        let mut shown: Vec<usize> = (0..self.columns.len()).filter(filled).collect();
        let mut left_out = Vec::new();
        let mut widths = natural.clone();
        if let Some(available) = appearance.width {
            while self.least_width(&shown, &natural) > available {
                let ranked = shown.iter().copied().filter(|&index| self.columns[index].rank > 0);
                let Some(last) = ranked.max_by_key(|&index| self.columns[index].rank) else {
                    break;
                };
                shown.retain(|&index| index != last);
                left_out.push(last);
            }
            widths = self.fit(&shown, natural, available);
        }
        left_out.sort_unstable();
        let mut text = String::new();
        let header: Vec<String> =
            shown.iter().map(|&index| self.aligned(index, self.columns[index].name, widths[index])).collect();
        text.push_str(&appearance.bold(header.join("  ").trim_end()));
        text.push('\n');
        let mut cut = false;
        for (number, row) in self.rows.iter().enumerate() {
            for (_, title) in self.sections.iter().filter(|(before, _)| *before == number) {
                text.push_str(&format!("\n{}\n", appearance.bold(title)));
            }
            let mut line = String::new();
            for (position, &index) in shown.iter().enumerate() {
                let cell = &row[index];
                cut |= width(&cell.text) > widths[index];
                let last = position + 1 == shown.len();
                line.push_str(&self.painted(index, cell, widths[index], last, appearance));
                if !last {
                    line.push_str(&" ".repeat(GAP));
                }
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        Rendered { text, left_out: left_out.iter().map(|&index| self.columns[index].name).collect(), cut }
    }

    fn natural_widths(&self) -> Vec<usize> {
        let mut widths: Vec<usize> = self.columns.iter().map(|column| width(column.name)).collect();
        for row in &self.rows {
            for (index, cell) in row.iter().enumerate() {
                widths[index] = widths[index].max(width(&cell.text));
            }
        }
        widths
    }

    fn least(&self, index: usize, natural: &[usize]) -> usize {
        natural[index].min(self.columns[index].least.max(width(self.columns[index].name)))
    }

    fn least_width(&self, shown: &[usize], natural: &[usize]) -> usize {
        let columns: usize = shown.iter().map(|&index| self.least(index, natural)).sum();
        columns + GAP * shown.len().saturating_sub(1)
    }

    /// Takes columns away from the widest until the row fits, none below its least.
    fn fit(&self, shown: &[usize], natural: Vec<usize>, available: usize) -> Vec<usize> {
        let mut widths = natural.clone();
        let gaps = GAP * shown.len().saturating_sub(1);
        let mut excess = shown.iter().map(|&index| widths[index]).sum::<usize>() + gaps;
        excess = excess.saturating_sub(available);
        while excess > 0 {
            let shrinkable = shown.iter().copied();
            let shrinkable = shrinkable.filter(|&index| widths[index] > self.least(index, &natural));
            let Some(widest) = shrinkable.max_by_key(|&index| widths[index]) else {
                break;
            };
            widths[widest] -= 1;
            excess -= 1;
        }
        widths
    }

    fn aligned(&self, index: usize, text: &str, columns: usize) -> String {
        if self.columns[index].right {
            format!("{}{text}", " ".repeat(columns.saturating_sub(width(text))))
        } else {
            pad(text, columns)
        }
    }

    fn painted(
        &self,
        index: usize,
        cell: &Cell,
        columns: usize,
        last: bool,
        appearance: &Appearance,
    ) -> String {
        // Of a path its end says most.
        let text = match cell.look {
            Look::Path => truncate_left(&cell.text, columns),
            _ => truncate(&cell.text, columns),
        };
        let fill = " ".repeat(columns.saturating_sub(width(&text)));
        let painted = match cell.look {
            Look::Plain => Cow::Borrowed(text.as_str()),
            Look::Severity(severity) => appearance.severity(severity, &text),
            Look::Guard(kind) => appearance.guard(kind, &text),
            Look::Dim => appearance.dim(&text),
            Look::Path => {
                let path = cell.text.rsplit_once(':').map_or(cell.text.as_str(), |(path, _)| path);
                Cow::Owned(appearance.link(path, &text))
            }
        };
        if self.columns[index].right {
            format!("{fill}{painted}")
        } else if last {
            painted.into_owned()
        } else {
            format!("{painted}{fill}")
        }
    }
}

fn truncate_left(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let reversed: String = text.chars().rev().collect();
    truncate(&reversed, columns).chars().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new(vec![
            Column::left("method"),
            Column::left("path").ranked(0, 10),
            Column::left("statuses").ranked(2, 8),
            Column::left("reads").ranked(1, 5),
        ]);
        table.row(vec![
            Cell::plain("GET"),
            Cell::plain("/orders/{order_id}/items"),
            Cell::plain("200, 404"),
            Cell::plain("orders"),
        ]);
        table
    }

    #[test]
    fn a_pipe_gets_everything() {
        let rendered = table().render(&Appearance::plain());
        assert_eq!(
            rendered.text,
            "method  path                      statuses  reads\n\
             GET     /orders/{order_id}/items  200, 404  orders\n"
        );
        assert!(rendered.left_out.is_empty() && !rendered.cut);
    }

    #[test]
    fn a_narrow_terminal_gets_fewer_columns_and_cut_cells() {
        let rendered = table().render(&Appearance { width: Some(26), ..Appearance::plain() });
        assert_eq!(rendered.text, "method  path        reads\nGET     /orders/{…  orders\n");
        assert_eq!(rendered.left_out, ["statuses"]);
        assert!(rendered.cut);
    }
}
