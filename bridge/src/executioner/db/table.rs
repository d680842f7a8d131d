//! Rows of a table by the names of their columns, and what they say. What is of another type than it should be is a problem of its row.

use rusqlite::types::ValueRef;

use super::super::rows::{AttemptRow, JobRow, Metadata};

/// A value as SQLite has it; text that is no UTF-8 is mended.
#[derive(Debug)]
pub(super) enum Cell {
    Null,
    Int(i64),
    Real(f64),
    Text(String),
    /// Mended text.
    Torn(String),
    Blob(usize),
}

impl Cell {
    pub(super) fn of(value: ValueRef<'_>) -> Cell {
        match value {
            ValueRef::Null => Cell::Null,
            ValueRef::Integer(number) => Cell::Int(number),
            ValueRef::Real(number) => Cell::Real(number),
            ValueRef::Text(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => Cell::Text(text.into()),
                Err(_) => Cell::Torn(String::from_utf8_lossy(bytes).into_owned()),
            },
            ValueRef::Blob(bytes) => Cell::Blob(bytes.len()),
        }
    }
}

/// A row by the names of its columns.
pub(super) struct Fields<'a> {
    pub(super) names: &'a [String],
    pub(super) cells: Vec<Cell>,
    pub(super) place: String,
    pub(super) problems: Vec<String>,
}

impl Fields<'_> {
    fn take(&mut self, name: &str) -> Cell {
        let at = self.names.iter().position(|known| known == name);
        let cell = at.and_then(|at| self.cells.get_mut(at));
        cell.map_or(Cell::Null, |cell| std::mem::replace(cell, Cell::Null))
    }

    fn wrong(&mut self, name: &str, what: &str) {
        self.problems.push(format!("{}: {name} {what}", self.place));
    }

    fn text(&mut self, name: &str) -> Option<String> {
        match self.take(name) {
            Cell::Null => None,
            Cell::Text(text) => Some(text),
            Cell::Torn(text) => {
                self.wrong(
                    name,
                    "is no UTF-8 text; what cannot be read is shown as \u{fffd}",
                );
                Some(text)
            }
            Cell::Int(number) => Some(number.to_string()),
            Cell::Real(number) => Some(number.to_string()),
            Cell::Blob(len) => {
                self.wrong(name, &format!("holds {len} bytes where a text belongs"));
                None
            }
        }
    }

    pub(super) fn int(&mut self, name: &str) -> Option<i64> {
        match self.take(name) {
            Cell::Null => None,
            Cell::Int(number) => Some(number),
            Cell::Real(number) if number.fract() == 0.0 && number.abs() < 9e15 => {
                Some(number as i64)
            }
            Cell::Text(text) if text.trim().parse::<i64>().is_ok() => text.trim().parse().ok(),
            other => {
                self.wrong(name, &format!("is no whole number: {other:?}"));
                None
            }
        }
    }

    fn real(&mut self, name: &str) -> Option<f64> {
        match self.take(name) {
            Cell::Null => None,
            Cell::Int(number) => Some(number as f64),
            Cell::Real(number) if number.is_finite() => Some(number),
            other => {
                self.wrong(name, &format!("is no number: {other:?}"));
                None
            }
        }
    }
}

pub(super) fn attempt(fields: &mut Fields<'_>) -> Option<AttemptRow> {
    let run = run_id(fields)?;
    Some(AttemptRow {
        run,
        attempt: fields.int("attempt_id").unwrap_or(1),
        app: fields.text("application_name").unwrap_or_default(),
        start: fields.text("start_time"),
        end: fields.text("end_time"),
        status: fields.text("status"),
        total: fields.int("total_jobs"),
        completed: fields.int("completed_jobs"),
        failed: fields.int("failed_jobs"),
        skipped: fields.int("skipped_jobs"),
        exit_code: fields.int("exit_code"),
        working_dir: fields.text("working_dir"),
        created_at: fields.text("created_at"),
        config_path: fields.text("config_path"),
    })
}

fn run_id(fields: &mut Fields<'_>) -> Option<i64> {
    let run = fields.int("run_id");
    if run.is_none_or(|run| run < 0) {
        let told = run.map_or_else(|| "has no run_id".into(), |run| format!("has run_id {run}"));
        fields
            .problems
            .push(format!("{}: {told}, so it is left out", fields.place));
        return None;
    }
    run
}

pub(super) fn job(fields: &mut Fields<'_>) -> Option<JobRow> {
    let run = run_id(fields)?;
    let Some(id) = fields.text("id") else {
        fields.wrong("id", "is missing, so the row is left out");
        return None;
    };
    Some(JobRow {
        run,
        attempt: fields.int("attempt_id").unwrap_or(1),
        id,
        description: fields.text("description").filter(|text| !text.is_empty()),
        command: fields.text("command"),
        status: fields.text("status"),
        app: fields.text("application_name"),
        duration: fields.real("duration_seconds"),
        last_error: fields.text("last_error").filter(|text| !text.is_empty()),
        retry_history: fields.text("retry_history"),
        last_run: fields.text("last_run"),
        last_exit_code: fields.int("last_exit_code"),
    })
}

pub(super) fn metadata(fields: &mut Fields<'_>) -> Metadata {
    let user = ["user", "username", "user_name", "triggered_by"];
    Metadata {
        config_path: fields.text("config_path"),
        config_hash: fields.text("config_hash"),
        user: user.iter().find_map(|name| fields.text(name)),
        parent: fields.int("parent_run_id"),
        failure_summary: fields.text("failure_summary"),
    }
}
