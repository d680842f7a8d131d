//! [`Export`]: rows of the list as a file, in the columns that the list shows, built in slices that the caller sizes.

use super::json::{JsonText, seconds};
use super::run_table::{RowId, RunTable};
use crate::model::run::PARTITION;
use crate::model::{Run, StepCounts, Timestamp};

/// The kinds of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// RFC 4180, with a header line, in UTF-8. A text that a spreadsheet would take for a formula has an apostrophe before it.
    Csv,
    /// One list of objects.
    Json,
    /// One object a line.
    Jsonl,
}

impl Format {
    pub const ALL: [Format; 3] = [Format::Csv, Format::Json, Format::Jsonl];

    /// The end of the file's name.
    pub fn extension(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::Json => "json",
            Format::Jsonl => "jsonl",
        }
    }

    pub fn media_type(self) -> &'static str {
        match self {
            Format::Csv => "text/csv;charset=utf-8",
            Format::Json => "application/json",
            Format::Jsonl => "application/x-ndjson",
        }
    }
}

/// What can be told of a run. Times are RFC 3339 in UTC, durations seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    Source,
    Id,
    Job,
    /// Our phase word, or `unfinished`.
    Status,
    /// The source's own word.
    RawStatus,
    Created,
    Started,
    Ended,
    /// Start to end, only of runs that have both: a file does not grow older.
    Duration,
    StepsTotal,
    StepsSucceeded,
    StepsFailed,
    /// Assets that were materialized.
    Assets,
    /// The value of one of [`Column::TAGS`].
    Tag(&'static str),
    Attempt,
    /// `key=value`; in a CSV cell several with `; ` between.
    Tags,
    Reason,
    User,
    Host,
    /// One argument an item; in a CSV cell with spaces between.
    Command,
    ExitCode,
    Root,
    Parent,
    /// Some of the run's times were written without a zone.
    ZoneAssumed,
}

impl Column {
    /// Tags that are worth a column: Dagster's partition, and where a run of Flyte belongs, and what started it.
    pub const TAGS: [&'static str; 5] = [PARTITION, "project", "domain", "trigger", "run_source"];

    pub const ALL: [Column; 24] = [
        Column::Source,
        Column::Id,
        Column::Job,
        Column::Status,
        Column::RawStatus,
        Column::Created,
        Column::Started,
        Column::Ended,
        Column::Duration,
        Column::StepsTotal,
        Column::StepsSucceeded,
        Column::StepsFailed,
        Column::Assets,
        Column::Tag(Column::TAGS[0]),
        Column::Attempt,
        Column::Tags,
        Column::Reason,
        Column::User,
        Column::Host,
        Column::Command,
        Column::ExitCode,
        Column::Root,
        Column::Parent,
        Column::ZoneAssumed,
    ];

    /// The header of the CSV and the field of the JSON; also the word for a remembered choice of columns.
    pub fn word(self) -> &'static str {
        match self {
            Column::Source => "source",
            Column::Id => "id",
            Column::Job => "job",
            Column::Status => "status",
            Column::RawStatus => "raw_status",
            Column::Created => "created_at",
            Column::Started => "started_at",
            Column::Ended => "ended_at",
            Column::Duration => "duration_s",
            Column::StepsTotal => "steps_total",
            Column::StepsSucceeded => "steps_succeeded",
            Column::StepsFailed => "steps_failed",
            Column::Assets => "assets",
            Column::Tag(key) => key,
            Column::Attempt => "attempt",
            Column::Tags => "tags",
            Column::Reason => "reason",
            Column::User => "user",
            Column::Host => "host",
            Column::Command => "command",
            Column::ExitCode => "exit_code",
            Column::Root => "root",
            Column::Parent => "parent",
            Column::ZoneAssumed => "zone_assumed",
        }
    }

    pub fn from_word(word: &str) -> Option<Column> {
        let tags = Column::TAGS.into_iter().map(Column::Tag);
        let mut all = Column::ALL.into_iter().chain(tags);
        all.find(|column| column.word() == word)
    }
}

/// A value of a row.
enum Cell {
    Nothing,
    /// A number or a truth value as JSON writes it.
    Bare(String),
    Text(String),
    /// Several texts, and what stands between them in a CSV cell.
    Texts(Vec<String>, &'static str),
}

fn cell(run: &Run, source: &str, column: Column, now: Timestamp) -> Cell {
    let text = |text: &str| Cell::Text(text.to_string());
    let maybe = |value: &Option<String>| value.clone().map_or(Cell::Nothing, Cell::Text);
    let time = |at: Option<Timestamp>| at.map_or(Cell::Nothing, |at| Cell::Text(at.to_string()));
    let number = |number: i64| Cell::Bare(number.to_string());
    match column {
        Column::Source => text(source),
        Column::Id => text(&run.id),
        Column::Job => text(&run.job),
        Column::Status if run.is_unfinished() => text("unfinished"),
        Column::Status => text(run.phase.word()),
        Column::RawStatus => text(&run.raw_status),
        Column::Created => time(run.created_at),
        Column::Started => time(run.started_at),
        Column::Ended => time(run.ended_at),
        Column::Duration => {
            let goes_on = run.phase.is_active() && !run.is_unfinished();
            match (run.started_at, run.ended_at.or(goes_on.then_some(now))) {
                (Some(start), Some(end)) => Cell::Bare(seconds(end.since(start))),
                _ => Cell::Nothing,
            }
        }
        Column::StepsTotal => run
            .steps
            .total
            .map_or(Cell::Nothing, |n| number(i64::from(n))),
        // Nobody counted them.
        Column::StepsSucceeded | Column::StepsFailed if run.steps == StepCounts::default() => {
            Cell::Nothing
        }
        Column::StepsSucceeded => number(i64::from(run.steps.succeeded)),
        Column::StepsFailed => number(i64::from(run.steps.failed)),
        Column::Assets => run.assets.map_or(Cell::Nothing, |n| number(i64::from(n))),
        Column::Tag(key) => run.tag(key).map_or(Cell::Nothing, text),
        Column::Attempt => number(i64::from(run.attempt)),
        Column::Tags => {
            let tag = |(key, value): &(String, String)| [key.as_str(), value].join("=");
            Cell::Texts(run.tags.iter().map(tag).collect(), "; ")
        }
        Column::Reason => maybe(&run.reason),
        Column::User => maybe(&run.user),
        Column::Host => maybe(&run.host),
        Column::Command => Cell::Texts(run.command.clone(), " "),
        Column::ExitCode => run.exit_code.map_or(Cell::Nothing, number),
        Column::Root => maybe(&run.lineage.root),
        Column::Parent => maybe(&run.lineage.parent),
        Column::ZoneAssumed => Cell::Bare(run.zone_assumed.to_string()),
    }
}

/// A file being written.
#[derive(Clone, Debug)]
pub struct Export {
    format: Format,
    columns: Vec<Column>,
    /// By the source's number.
    sources: Vec<String>,
    /// A run that goes on has lasted until then.
    now: Timestamp,
    csv: String,
    json: JsonText,
}

impl Export {
    /// `sources` are the names of the sources by their numbers.
    pub fn new(format: Format, columns: &[Column], sources: Vec<String>, now: Timestamp) -> Export {
        let mut export = Export {
            format,
            columns: columns.to_vec(),
            sources,
            now,
            csv: String::new(),
            json: JsonText::new(),
        };
        match format {
            Format::Csv => {
                let header = columns.iter().map(|column| column.word());
                export.csv_line(&mut header.map(|word| Cell::Text(word.to_string())));
            }
            Format::Json => {
                export.json.open('[');
            }
            Format::Jsonl => {}
        }
        export
    }

    /// Adds rows in the order given; removed ones are left out. 20,000 are a few tens of milliseconds.
    pub fn rows(&mut self, table: &RunTable, rows: &[RowId]) {
        for row in rows {
            if let Some(run) = table.get(*row) {
                self.run(table.source(*row), &run);
            }
        }
    }

    /// Adds a run of a source.
    pub fn run(&mut self, source: u16, run: &Run) {
        let (columns, now) = (std::mem::take(&mut self.columns), self.now);
        let source = self.sources.get(usize::from(source));
        let source = source.cloned().unwrap_or_default();
        let mut cells = columns
            .iter()
            .map(|column| cell(run, &source, *column, now));
        match self.format {
            Format::Csv => self.csv_line(&mut cells),
            format => {
                if format == Format::Json {
                    self.json.item_line();
                }
                self.json.open('{');
                for (column, cell) in columns.iter().zip(cells) {
                    self.json_field(column.word(), &cell);
                }
                self.json.close('}');
                if format == Format::Jsonl {
                    self.json.line();
                }
            }
        }
        self.columns = columns;
    }

    /// What was written since the last call: so that nobody holds a long file whole. [`Export::finish`] gives the rest.
    pub fn take(&mut self) -> String {
        match self.format {
            Format::Csv => std::mem::take(&mut self.csv),
            Format::Json | Format::Jsonl => self.json.take(),
        }
    }

    /// The whole file.
    pub fn finish(mut self) -> String {
        match self.format {
            Format::Csv => self.csv,
            Format::Json => {
                self.json.line().close(']').line();
                self.json.finish()
            }
            Format::Jsonl => self.json.finish(),
        }
    }

    fn csv_line(&mut self, cells: &mut dyn Iterator<Item = Cell>) {
        for (place, cell) in cells.enumerate() {
            if place > 0 {
                self.csv.push(',');
            }
            match cell {
                Cell::Nothing => {}
                // Our own digits: a sign before them is no formula.
                Cell::Bare(number) => self.csv.push_str(&number),
                Cell::Text(text) => csv_text(&text, &mut self.csv),
                Cell::Texts(texts, between) => csv_text(&texts.join(between), &mut self.csv),
            }
        }
        self.csv.push_str("\r\n");
    }

    fn json_field(&mut self, name: &str, cell: &Cell) {
        let json = self.json.key(name);
        match cell {
            Cell::Nothing => json.raw("null"),
            Cell::Bare(number) => json.raw(number),
            Cell::Text(text) => json.text(text),
            Cell::Texts(texts, _) => {
                json.open('[');
                for text in texts {
                    json.text(text);
                }
                json.close(']')
            }
        };
    }
}

/// A cell with a text: guarded against being run as a formula, and in quotes where it holds what stands between cells.
pub fn csv_text(text: &str, out: &mut String) {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let needs_quotes =
        text.contains([',', '"', '\r', '\n']) || text.starts_with(' ') || text.ends_with(' ');
    if needs_quotes {
        out.push('"');
    }
    if is_formula {
        out.push('\'');
    }
    for letter in text.chars() {
        if letter == '"' {
            out.push('"');
        }
        out.push(letter);
    }
    if needs_quotes {
        out.push('"');
    }
}
