//! The end of a review: how many findings of which severity in which area.

use crate::names::{Area, Severity};
use crate::review_document::ReviewDocument;
use crate::wrap::{counted, grouped};

/// Findings counted by area and severity.
pub(crate) struct Counts {
    /// Areas that have findings, in the order of the product description, with a count for each severity,
    /// the worst first.
    pub(crate) areas: Vec<(Area, [usize; 5])>,
    /// Over all areas, the worst first.
    pub(crate) total: [usize; 5],
}

/// Severities from the worst.
pub(crate) const WORST_FIRST: [Severity; 5] =
    [Severity::Critical, Severity::High, Severity::Medium, Severity::Low, Severity::Info];

impl Counts {
    pub(crate) fn of(document: &ReviewDocument) -> Self {
        let mut total = [0; 5];
        let mut areas: Vec<(Area, [usize; 5])> = Area::ALL.iter().map(|&area| (area, [0; 5])).collect();
        for finding in &document.findings {
            let column = WORST_FIRST.iter().position(|&entry| entry == finding.severity).unwrap_or(4);
            total[column] += 1;
            if let Some((_, row)) = areas.iter_mut().find(|(area, _)| *area == finding.area) {
                row[column] += 1;
            }
        }
        areas.retain(|(_, row)| row.iter().sum::<usize>() > 0);
        Self { areas, total }
    }

    /// Severities that occur, as columns of the arrays.
    pub(crate) fn columns(&self) -> impl Iterator<Item = (usize, Severity)> + '_ {
        WORST_FIRST.into_iter().enumerate().filter(|&(column, _)| self.total[column] > 0)
    }

    /// `3 findings: 1 critical, 2 high`.
    pub(crate) fn sentence(&self) -> String {
        let all: usize = self.total.iter().sum();
        if all == 0 {
            return "no findings".to_owned();
        }
        let parts: Vec<String> = self
            .columns()
            .map(|(column, severity)| format!("{} {}", grouped(self.total[column]), severity.name()))
            .collect();
        format!("{}: {}", counted(all, "finding", "findings"), parts.join(", "))
    }
}

/// `26 routes of 1 app, 35 files, 2,310 lines`.
pub(crate) fn sizes(document: &ReviewDocument) -> String {
    let statistics = &document.statistics;
    let apps = document.projects.iter().map(|project| project.apps.len()).sum();
    format!(
        "{} of {}, {}, {}",
        counted(statistics.routes, "route", "routes"),
        counted(apps, "app", "apps"),
        counted(statistics.files, "file", "files"),
        counted(statistics.lines, "line", "lines"),
    )
}

/// What is hidden, as a sentence, if anything is.
pub(crate) fn hidden(document: &ReviewDocument) -> Option<String> {
    let hidden = document.statistics.suppressed;
    let verb = if hidden == 1 { "is" } else { "are" };
    (hidden > 0).then(|| {
        format!(
            "{} {verb} hidden by comments, configuration or the baseline.",
            counted(hidden, "finding", "findings")
        )
    })
}
