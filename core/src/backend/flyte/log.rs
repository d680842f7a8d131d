//! Logs, which belong to attempts of actions: TailLogs sends what there is from the beginning of the container, then what comes. A reconnect begins
//! anew, so lines are told apart by time, text and pod. Where the container's beginning is gone the server begins later: numbers of lines are places
//! in what it sent, not links for ever.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::{self, Either};

use super::decode::ROOT;
use super::detail;
use super::id::{Id, hash};
use super::list::decoded;
use super::request::{DATA, Feed, Server, Told};
use crate::backend::lenient::{Fields, Problems};
use crate::backend::{BackendError, Decoded, LogBatch, LogQuery};
use crate::model::{Level, LogLine, LogStream};

/// How long the first lines are waited for, and how long the next ones, when the log is only read.
const FIRST: Duration = Duration::from_millis(3000);
const NEXT: Duration = Duration::from_millis(700);

/// Of which attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) run: String,
    pub(super) step: String,
    pub(super) attempt: u32,
}

/// A log as far as it was read.
pub(super) struct Read {
    pub(super) lines: Vec<LogLine>,
}

/// Tells lines that are sent again from new ones: each is known as often as it was sent on one connection.
#[derive(Default)]
pub(super) struct Seen {
    /// By hash: how often in all, and how often on this connection.
    lines: BTreeMap<u64, (u32, u32)>,
    pub(super) count: u64,
}

impl Seen {
    /// A new connection sends everything anew.
    pub(super) fn reconnect(&mut self) {
        for (_, now) in self.lines.values_mut() {
            *now = 0;
        }
    }

    fn is_new(&mut self, parts: [&str; 3]) -> bool {
        let mut bytes = parts.iter().flat_map(|part| part.bytes().chain([0xff]));
        let hash = hash(&mut bytes);
        let (all, now) = self.lines.entry(hash).or_default();
        *now += 1;
        let is_new = now > all;
        *all = (*all).max(*now);
        self.count += u64::from(is_new);
        is_new
    }
}

/// The new lines of a `TailLogsResponse`.
pub(super) fn lines(
    bytes: &[u8],
    step: &str,
    seen: &mut Seen,
    problems: &mut Problems,
) -> Result<Vec<LogLine>, BackendError> {
    let mut out = Vec::new();
    if bytes.is_empty() {
        return Ok(out);
    }
    let mut fields = Fields::parse(bytes, problems)?;
    fields.each("logs", &mut |batch, _| {
        let pod = batch
            .object("container")
            .and_then(|mut one| one.text("kubernetesPodName"));
        batch.each("lines", &mut |line, _| {
            let time = line.word("timestamp");
            let text = line.word("message");
            let own = line.text("shortPodName").or_else(|| pod.clone());
            let who = line.enumerated("originator", "", &["UNKNOWN", "USER", "SYSTEM"]);
            if seen.is_new([&time, &text, own.as_deref().unwrap_or_default()]) {
                out.push(LogLine {
                    at: crate::model::Timestamp::parse(&time),
                    step: step.into(),
                    stream: match who.as_str() {
                        "SYSTEM" => LogStream::System,
                        _ => LogStream::Unknown,
                    },
                    level: Level::of_text(&text),
                    text,
                });
            }
        });
    });
    Ok(out)
}

pub(super) fn open(server: &Server, id: &Id, place: &Place) -> Feed {
    let message = id.action(&server.scope, &place.step, Some(place.attempt));
    server.open(DATA, "TailLogs", &message)
}

/// Which attempt is meant; the last one where none is named.
pub(super) async fn place(
    server: &Rc<Server>,
    id: &Id,
    step: &str,
    attempt: Option<u32>,
) -> Result<Place, BackendError> {
    let step = if step.is_empty() { ROOT } else { step };
    let attempt = match attempt {
        Some(attempt) => attempt.max(1),
        None => detail::action(server, id, step).await?.0.attempts.max(1),
    };
    Ok(Place {
        run: id.text(),
        step: step.into(),
        attempt,
    })
}

/// What there is of a log now.
async fn read(
    server: &Rc<Server>,
    id: &Id,
    place: &Place,
    problems: &mut Problems,
) -> Result<Read, BackendError> {
    let (mut feed, mut seen) = (open(server, id, place), Seen::default());
    let mut read = Read { lines: Vec::new() };
    let mut patience = FIRST;
    loop {
        let told = match future::select(feed.next(), server.clock.sleep(patience)).await {
            Either::Left((Some(told), _)) => told,
            Either::Left((None, _)) | Either::Right(_) => return Ok(read),
        };
        match told {
            Told::Message(bytes) => {
                read.lines
                    .extend(lines(&bytes, &place.step, &mut seen, problems)?)
            }
            Told::Done => return Ok(read),
            // Not yet, or not any more: the pod is gone.
            Told::Broken(BackendError::NotFound(why)) => {
                let action = detail::action(server, id, &place.step).await;
                if action.is_ok_and(|(act, _)| act.phase.is_terminal()) {
                    problems.push(["no log of ", &place.step, ": ", &why.detail].concat());
                }
                return Ok(read);
            }
            Told::Broken(BackendError::Unsupported(_)) => {
                server.has_data.set(Some(false));
                return Err(BackendError::no("logs: it has no DataProxy"));
            }
            Told::Broken(error) => return Err(error),
        }
        patience = NEXT;
    }
}

/// Lines by their places in what the server sends.
pub(super) async fn logs(
    server: Rc<Server>,
    id: Id,
    query: LogQuery,
) -> Result<Decoded<LogBatch>, BackendError> {
    let mut problems = Problems::new();
    let step = query.step.as_deref().unwrap_or_default();
    let place = place(&server, &id, step, query.attempt).await?;
    let kept = server.log.borrow().clone();
    let read = match kept {
        // Earlier lines of what was read a moment ago.
        Some((of, read)) if of == place && query.before.is_some() => read,
        _ => {
            let fresh = Rc::new(read(&server, &id, &place, &mut problems).await?);
            *server.log.borrow_mut() = Some((place, fresh.clone()));
            fresh
        }
    };
    let total = read.lines.len();
    let clip = |count: u64| usize::try_from(count).unwrap_or(total).min(total);
    let limit = query.limit.map_or(total, |limit| limit as usize);
    let (from, to) = match (query.before, query.after, query.tail) {
        (Some(before), ..) => {
            let to = clip(before.saturating_sub(1));
            (to.saturating_sub(limit), to)
        }
        (None, Some(after), _) => {
            let from = clip(after);
            (from, from.saturating_add(limit).min(total))
        }
        (None, None, Some(tail)) => (total.saturating_sub(tail as usize), total),
        (None, None, None) => (0, limit.min(total)),
    };
    let batch = LogBatch {
        first: from as u64 + 1,
        lines: read.lines.get(from..to).unwrap_or_default().to_vec(),
        total: Some(total as u64),
    };
    Ok(decoded(batch, problems))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_come_again_are_known_by_time_text_and_pod() {
        let (mut seen, mut problems) = (Seen::default(), Vec::new());
        let message = |lines: &[(&str, &str, &str)]| {
            let lines: Vec<String> = lines
                .iter()
                .map(|(at, text, pod)| format!(r#"{{"timestamp":"2026-11-21T00:00:{at}Z","message":"{text}","shortPodName":"{pod}"}}"#))
                .collect();
            format!(r#"{{"logs":[{{"lines":[{}]}}]}}"#, lines.join(","))
        };
        let mut read = |text: String, seen: &mut Seen| {
            let lines = lines(text.as_bytes(), "a0", seen, &mut problems).unwrap();
            lines.into_iter().map(|line| line.text).collect::<Vec<_>>()
        };
        // The same text in the same moment, twice, is two lines.
        let first = message(&[("01", "a", "p"), ("01", "a", "p"), ("02", "b", "p")]);
        assert_eq!(read(first.clone(), &mut seen), ["a", "a", "b"]);
        seen.reconnect();
        assert_eq!(read(first, &mut seen), [""; 0]);
        let more = message(&[("02", "b", "q"), ("03", "b", "p")]);
        assert_eq!(read(more, &mut seen), ["b", "b"]);
        // The backlog may begin later than the last time.
        seen.reconnect();
        let late = message(&[("03", "b", "p"), ("04", "c", "p")]);
        assert_eq!(read(late, &mut seen), ["c"]);
        assert_eq!(seen.count, 6);
    }
}
