//! What the processes of a run wrote to stdout and stderr, as the server captured it: text without times, one file for each process.
//!
//! Of the run that was asked about last all is kept, so that who asks again while it goes on costs the server only what is new.

use super::graphql::Server;
use super::journal::{Range, walk};
use super::query;
use crate::backend::lenient::{Fields, Problems};
use crate::backend::{BackendError, Decoded, LogBatch, LogQuery, RunFile};
use crate::model::{Level, LogLine, LogStream};
use crate::store::json::JsonText;

/// Bytes of one answer for each stream, and of all that is read of one stream.
const PIECE: usize = 1 << 20;
const MOST: usize = 16 << 20;
/// So many processes are asked about at once.
const PROCESSES: usize = 20;
/// So many of a run's events are searched for the names of files.
const EVENTS: u64 = 20_000;

/// What is known of the run that was asked about last.
#[derive(Default)]
pub(super) struct Captured {
    run: String,
    /// Events that were searched for processes.
    events: u64,
    processes: Vec<Process>,
}

/// One process: the name of its file, the steps that it runs, and what it has written.
#[derive(Default)]
struct Process {
    file: String,
    steps: Vec<String>,
    out: String,
    err: String,
    /// Behind what was read.
    cursor: Option<String>,
}

impl Process {
    fn text(&self, stream: LogStream) -> &str {
        match stream {
            LogStream::Err => &self.err,
            _ => &self.out,
        }
    }

    /// Which of several steps a line is of does not stand in it.
    fn step(&self) -> &str {
        match self.steps.as_slice() {
            [step] => step,
            _ => "",
        }
    }
}

/// Takes what is known of the run, with the processes that there are now. Who asks meanwhile begins anew.
async fn processes(
    server: &Server,
    run: &str,
    problems: &mut Problems,
) -> Result<Captured, BackendError> {
    let mut known = server.captured.take();
    if known.run != run {
        known = Captured {
            run: run.into(),
            ..Captured::default()
        };
    }
    let range = Range {
        from: known.events,
        to: EVENTS,
    };
    let found = &mut known.processes;
    let take = &mut |fields: &mut Fields<'_>, _, _: &str| {
        if let Some(file) = fields.text("fileKey") {
            found.push(Process {
                file,
                steps: fields.texts("stepKeys"),
                ..Process::default()
            });
        }
        true
    };
    let walked = walk(server, run, query::EVENTS_FILES, range, problems, take).await?;
    known.events = walked.last;
    if !walked.is_end {
        problems
            .push("processes that began later than the first 20,000 events are left out".into());
    }
    Ok(known)
}

/// What the processes wrote, as files of the server's own.
pub(super) async fn files(
    server: &Server,
    run: &str,
) -> Result<Decoded<Vec<RunFile>>, BackendError> {
    let (mut problems, mut files) = (Problems::new(), Vec::new());
    let known = processes(server, run, &mut problems).await?;
    let base = [&server.base, "/logs/", run, "/compute_logs/"].concat();
    for process in &known.processes {
        for (stream, name, end) in [
            (LogStream::Out, "stdout", "/out"),
            (LogStream::Err, "stderr", "/err"),
        ] {
            files.push(RunFile {
                name: [name, " of process ", &process.file].concat(),
                stream,
                steps: process.steps.clone(),
                url: [&base, process.file.as_str(), end].concat(),
            });
        }
    }
    server.captured.replace(known);
    Ok(Decoded {
        value: files,
        problems,
        cursor: None,
    })
}

/// The lines of one stream, process by process in the order in which they began. Numbers are those of this text, not of the run's log; while several
/// processes write, later lines move.
pub(super) async fn lines(
    server: &Server,
    run: &str,
    stream: LogStream,
    query: &LogQuery,
) -> Result<Decoded<LogBatch>, BackendError> {
    let mut problems = Problems::new();
    let mut known = processes(server, run, &mut problems).await?;
    read(server, &mut known, &mut problems).await?;
    let wanted = |process: &&Process| {
        let step = query.step.as_deref();
        step.is_none_or(|step| step == process.step())
    };
    let texts = || known.processes.iter().filter(wanted);
    let count = |process: &Process| process.text(stream).lines().count() as u64;
    let total: u64 = texts().map(count).sum();
    let limit = query.tail.or(query.limit).map_or(u64::MAX, u64::from);
    let last = query
        .before
        .map_or(total, |before| before.saturating_sub(1).min(total));
    let after = query.after.unwrap_or(0).min(last);
    let (from, to) = match query.tail.is_some() || query.before.is_some() {
        true => (last.saturating_sub(limit).max(after), last),
        false => (after, last.min(after.saturating_add(limit))),
    };
    let mut lines: Vec<LogLine> = Vec::new();
    let mut n = 0;
    for process in texts() {
        for line in process.text(stream).lines() {
            n += 1;
            if n > from && n <= to {
                lines.push(LogLine {
                    at: None,
                    step: process.step().to_string(),
                    stream,
                    level: Level::of_text(line),
                    text: line.to_string(),
                });
            }
        }
    }
    server.captured.replace(known);
    Ok(Decoded {
        value: LogBatch {
            first: from + 1,
            lines,
            total: Some(total),
        },
        problems,
        cursor: None,
    })
}

/// Reads what the processes have written since. Pieces are cut by bytes, but the server sends texts, so a letter at a cut may come out as a
/// replacement character.
async fn read(
    server: &Server,
    known: &mut Captured,
    problems: &mut Problems,
) -> Result<(), BackendError> {
    let size = |known: &Captured| {
        let size = |stream: LogStream| {
            let texts = known.processes.iter().map(|one| one.text(stream).len());
            texts.sum::<usize>()
        };
        size(LogStream::Out).max(size(LogStream::Err))
    };
    let run = known.run.clone();
    let mut from = 0;
    while from < known.processes.len() {
        if size(known) >= MOST {
            problems.push("the captured output is longer than what is read of it (16 MB)".into());
            return Ok(());
        }
        let some = known.processes.iter_mut().skip(from).take(PROCESSES);
        let mut some: Vec<&mut Process> = some.collect();
        let mut json = JsonText::new();
        json.open('{');
        for (index, process) in some.iter().enumerate() {
            let n = index.to_string();
            json.key(&["k", &n].concat()).open('[');
            json.text(&run).text("compute_logs").text(&process.file);
            json.close(']');
            json.text_field(&["c", &n].concat(), process.cursor.as_deref());
        }
        let piece = (PIECE / some.len().max(1)) as i64;
        json.number_field("l", Some(piece)).close('}');
        let answer = server
            .ask(&query::captured(some.len()), json.finish())
            .await?;
        problems.extend(answer.problems);
        let mut fields = Fields::new(answer.data, "answer".into(), problems);
        let mut is_more = false;
        for (index, process) in some.iter_mut().enumerate() {
            let Some(mut piece) = fields.object(&["a", &index.to_string()].concat()) else {
                continue;
            };
            let next = piece.text("cursor");
            if next == process.cursor {
                continue;
            }
            for (name, text) in [("stdout", &mut process.out), ("stderr", &mut process.err)] {
                let words = piece.text(name).unwrap_or_default();
                is_more |= !words.is_empty();
                text.push_str(&words);
            }
            process.cursor = next;
        }
        if !is_more {
            from += some.len();
        }
    }
    Ok(())
}
