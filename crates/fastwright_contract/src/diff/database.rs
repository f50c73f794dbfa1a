//! Tables of two programs.

use super::change::{Changes, Found};
use super::kind::Subject;
use crate::contract::document::{ColumnContract, IndexContract, TableContract};

/// Compares all tables. Several classes may be mapped to one table: those of the same file belong together.
pub(crate) fn compare(changes: &mut Changes, old: &[TableContract], new: &[TableContract]) {
    let mut left: Vec<&TableContract> = new.iter().collect();
    let mut gone: Vec<&TableContract> = Vec::new();
    let mut pairs = Vec::new();
    let file = |table: &TableContract| table.at.path.clone();
    for table in old {
        match left.iter().position(|other| other.name == table.name && file(other) == file(table)) {
            Some(position) => pairs.push((table, left.remove(position))),
            None => gone.push(table),
        }
    }
    for table in gone {
        match left.iter().position(|other| other.name == table.name) {
            Some(position) => pairs.push((table, left.remove(position))),
            None => {
                let found = Found::new(format!("the table `{}` is gone", table.name)).part(part(table));
                changes.add(Subject::Table, "removed", found.at(Some(&table.at), None));
            }
        }
    }
    for table in left {
        let found = Found::new(format!("the table `{}` is new", table.name)).part(part(table));
        changes.add(Subject::Table, "added", found.at(None, Some(&table.at)));
    }
    for (before, after) in pairs {
        compare_table(changes, before, after);
    }
}

fn part(table: &TableContract) -> String {
    format!("table `{}`", table.name)
}

fn compare_table(changes: &mut Changes, old: &TableContract, new: &TableContract) {
    for column in &old.columns {
        match new.columns.iter().find(|other| other.name == column.name) {
            Some(other) => compare_column(changes, new, column, other),
            None => {
                let found = Found::new(format!("the column `{}.{}` is gone", old.name, column.name));
                let found = found.part(part(old)).at(Some(&column.at), Some(&new.at));
                changes.add(Subject::Column, "removed", found);
            }
        }
    }
    for column in
        new.columns.iter().filter(|column| !old.columns.iter().any(|known| known.name == column.name))
    {
        // Rows that exist have no value for it unless the database puts one in.
        let must_be_filled = !column.nullable && column.server_default.is_none();
        let (change, words) =
            if must_be_filled { ("added-required", "is new and can't be NULL") } else { ("added", "is new") };
        let found = Found::new(format!("the column `{}.{}` {words}", new.name, column.name));
        let mut found = found.part(part(new)).at(Some(&old.at), Some(&column.at));
        found.new.clone_from(&column.r#type);
        changes.add(Subject::Column, change, found);
    }
    compare_indexes(changes, old, new);
    for relationship in &old.relationships {
        let name = format!("{}.{}", new.name, relationship.name);
        let found = |words: &str| {
            let found = Found::new(format!("the relationship `{name}` {words}"));
            found.part(part(new)).at(Some(&old.at), Some(&new.at))
        };
        let Some(other) = new.relationships.iter().find(|other| other.name == relationship.name) else {
            changes.add(Subject::Relationship, "removed", found("is gone"));
            continue;
        };
        if other.cascade != relationship.cascade {
            let mut found = found("has another cascade");
            (found.old, found.new) = (relationship.cascade.clone(), other.cascade.clone());
            changes.add(Subject::Relationship, "cascade-changed", found);
        }
        if other.lazy != relationship.lazy {
            let found = found("is loaded differently").old(relationship.lazy.as_str());
            changes.add(Subject::Relationship, "loading-changed", found.new_is(other.lazy.as_str()));
        }
    }
    for relationship in &new.relationships {
        if !old.relationships.iter().any(|known| known.name == relationship.name) {
            let found = Found::new(format!("the relationship `{}.{}` is new", new.name, relationship.name));
            let found = found.part(part(new)).at(Some(&old.at), Some(&new.at));
            changes.add(Subject::Relationship, "added", found);
        }
    }
}

fn compare_column(changes: &mut Changes, table: &TableContract, old: &ColumnContract, new: &ColumnContract) {
    let name = format!("{}.{}", table.name, new.name);
    let mut tell =
        |subject: Subject, change: &str, words: &str, before: Option<&str>, after: Option<&str>| {
            let mut found = Found::new(format!("the column `{name}` {words}")).part(part(table));
            found.old = before.map(str::to_owned);
            found.new = after.map(str::to_owned);
            changes.add(subject, change, found.at(Some(&old.at), Some(&new.at)));
        };
    if let (Some(before), Some(after)) = (&old.r#type, &new.r#type)
        && before != after
    {
        tell(
            Subject::Column,
            "type-changed",
            &format!("is {after} instead of {before}"),
            Some(before),
            Some(after),
        );
    }
    match (old.nullable, new.nullable) {
        (false, true) => tell(Subject::Column, "became-nullable", "can be NULL", None, None),
        (true, false) => {
            tell(Subject::Column, "stopped-being-nullable", "can't be NULL any more", None, None);
        }
        _ => {}
    }
    if old.primary_key != new.primary_key {
        let words = if new.primary_key { "is part of the key" } else { "is no longer part of the key" };
        tell(Subject::Column, "primary-key-changed", words, None, None);
    }
    if old.default != new.default {
        let (before, after) = (old.default.as_deref(), new.default.as_deref());
        tell(Subject::Column, "default-changed", "has another default", before, after);
    }
    if old.server_default != new.server_default {
        let (before, after) = (old.server_default.as_deref(), new.server_default.as_deref());
        tell(Subject::Column, "server-default-changed", "has another default in the database", before, after);
    }
    match (old.unique, new.unique) {
        (false, true) => tell(Subject::UniqueConstraint, "added", "must be unique", None, None),
        (true, false) => {
            tell(Subject::UniqueConstraint, "removed", "need not be unique any more", None, None)
        }
        _ => {}
    }
    match (old.indexed, new.indexed) {
        (false, true) if !new.unique => tell(Subject::Index, "added", "has an index", None, None),
        (true, false) if !old.unique => tell(Subject::Index, "removed", "has no index any more", None, None),
        _ => {}
    }
    match (old.foreign_key.as_deref(), new.foreign_key.as_deref()) {
        (None, Some(after)) => {
            tell(Subject::ForeignKey, "added", &format!("refers to {after}"), None, Some(after));
        }
        (Some(before), None) => {
            tell(
                Subject::ForeignKey,
                "removed",
                &format!("no longer refers to {before}"),
                Some(before),
                None,
            );
        }
        (Some(before), Some(after)) if before != after => {
            let words = format!("refers to {after} instead of {before}");
            tell(Subject::ForeignKey, "changed", &words, Some(before), Some(after));
        }
        (Some(_), Some(_)) if old.on_delete != new.on_delete => {
            let (before, after) = (old.on_delete.as_deref(), new.on_delete.as_deref());
            let words = "has another answer to the end of the other row";
            tell(Subject::ForeignKey, "on-delete-changed", words, before, after);
        }
        _ => {}
    }
}

fn compare_indexes(changes: &mut Changes, old: &TableContract, new: &TableContract) {
    let subject =
        |index: &IndexContract| if index.unique { Subject::UniqueConstraint } else { Subject::Index };
    let words = |index: &IndexContract| {
        let kind = if index.unique { "unique constraint" } else { "index" };
        format!("the {kind} over {} of `{}`", index.columns.join(", "), new.name)
    };
    for index in old.indexes.iter().filter(|index| !new.indexes.contains(index)) {
        let found = Found::new(format!("{} is gone", words(index))).part(part(new));
        changes.add(subject(index), "removed", found.at(Some(&old.at), Some(&new.at)));
    }
    for index in new.indexes.iter().filter(|index| !old.indexes.contains(index)) {
        let found = Found::new(format!("{} is new", words(index))).part(part(new));
        changes.add(subject(index), "added", found.at(Some(&old.at), Some(&new.at)));
    }
}
