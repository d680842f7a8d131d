//! What the processes of a run wrote to stdout and stderr, as the server captured it: text without times, one file for each process.

use super::graphql::Server;
use super::journal::{Range, walk};
use super::query;
use crate::backend::lenient::{Fields, Problems};
use crate::backend::{BackendError, Decoded, LogBatch, LogQuery, RunFile};
use crate::model::{Level, LogLine, LogStream};
use crate::store::json::JsonText;

/// Bytes of one request, and of all that is read of one stream.
const PIECE: i64 = 1 << 20;
const MOST: usize = 16 << 20;
/// So many of a run's events are searched for the names of files.
const EVENTS: u64 = 20_000;

/// One process: the name of its file, and the steps that it runs.
struct Process {
    file: String,
    steps: Vec<String>,
}

async fn processes(
    server: &Server,
    run: &str,
    problems: &mut Problems,
) -> Result<Vec<Process>, BackendError> {
    let mut processes: Vec<Process> = Vec::new();
    let range = Range {
        from: 0,
        to: EVENTS,
    };
    let take = &mut |fields: &mut Fields<'_>, _, _: &str| {
        if let Some(file) = fields.text("fileKey") {
            let steps = fields.texts("stepKeys");
            processes.push(Process { file, steps });
        }
        true
    };
    let walked = walk(server, run, query::EVENTS_FILES, range, problems, take).await?;
    if !walked.is_end {
        problems.push("processes that began later than the first events are left out".into());
    }
    Ok(processes)
}

/// What the processes wrote, as files of the server's own.
pub(super) async fn files(
    server: &Server,
    run: &str,
) -> Result<Decoded<Vec<RunFile>>, BackendError> {
    let (mut problems, mut files) = (Problems::new(), Vec::new());
    for process in processes(server, run, &mut problems).await? {
        for (name, end) in [("stdout", "out"), ("stderr", "err")] {
            let url = [
                &server.base,
                "/logs/",
                run,
                "/compute_logs/",
                &process.file,
                "/",
                end,
            ];
            files.push(RunFile {
                name: [name, " of process ", &process.file].concat(),
                steps: process.steps.clone(),
                url: url.concat(),
            });
        }
    }
    Ok(Decoded {
        value: files,
        problems,
        cursor: None,
    })
}

/// The lines of one stream, process by process in the order in which they began. Numbers are those of this text, not of the run's log.
pub(super) async fn lines(
    server: &Server,
    run: &str,
    stream: LogStream,
    query: &LogQuery,
) -> Result<Decoded<LogBatch>, BackendError> {
    let mut problems = Problems::new();
    let processes = processes(server, run, &mut problems).await?;
    let mut lines: Vec<LogLine> = Vec::new();
    let mut left = MOST;
    for process in processes {
        // Which of several steps a line is of does not stand in it.
        let step = match process.steps.as_slice() {
            [step] => step.clone(),
            _ => String::new(),
        };
        if query.step.as_ref().is_some_and(|wanted| *wanted != step) {
            continue;
        }
        let text = read(server, run, &process.file, stream, &mut left).await?;
        for line in text.lines() {
            lines.push(LogLine {
                at: None,
                step: step.clone(),
                stream,
                level: Level::of_text(line),
                text: line.to_string(),
            });
        }
    }
    if left == 0 {
        problems.push("the captured output is longer than what is read of it (16 MB)".into());
    }
    let total = lines.len() as u64;
    let limit = query.tail.or(query.limit).map_or(u64::MAX, u64::from);
    let last = query
        .before
        .map_or(total, |before| before.saturating_sub(1).min(total));
    let after = query.after.unwrap_or(0).min(last);
    let (from, to) = match query.tail.is_some() || query.before.is_some() {
        true => (last.saturating_sub(limit).max(after), last),
        false => (after, last.min(after.saturating_add(limit))),
    };
    lines.truncate(to as usize);
    lines.drain(..from as usize);
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

/// One file. Pieces are cut by bytes, but the server sends texts, so a letter at a cut may come out as a replacement character.
async fn read(
    server: &Server,
    run: &str,
    file: &str,
    stream: LogStream,
    left: &mut usize,
) -> Result<String, BackendError> {
    let mut text = String::new();
    let mut cursor: Option<String> = None;
    while *left > 0 {
        let mut json = JsonText::new();
        json.open('{').key("k").open('[');
        json.text(run).text("compute_logs").text(file).close(']');
        json.text_field("c", cursor.as_deref());
        json.number_field("l", Some(PIECE)).close('}');
        let answer = server.ask(query::CAPTURED, json.finish()).await?;
        let mut problems = answer.problems;
        let mut fields = Fields::new(answer.data, "answer".into(), &mut problems);
        let Some(mut piece) = fields.object("capturedLogs") else {
            return Ok(text);
        };
        let name = if stream == LogStream::Out {
            "stdout"
        } else {
            "stderr"
        };
        let words = piece.word(name);
        let next = piece.text("cursor");
        if words.is_empty() || next == cursor {
            return Ok(text);
        }
        *left = left.saturating_sub(words.len());
        text.push_str(&words);
        cursor = next;
    }
    Ok(text)
}
