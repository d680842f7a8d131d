//! A `runs.jsonl` behind a URL: read once as it streams, its text left where it is, and its tail by `Range`.
//!
//! Of each run its place and a hash of its id are kept, and its line is read again when somebody opens it. Of a long file's runs the list is
//! told no more than what it orders and filters by (docs/adr/0008).

use std::cell::RefCell;
use std::rc::Rc;

use futures_util::StreamExt as _;
use futures_util::stream::LocalBoxStream;

use super::decode::Line;
use super::known::{Known, Seen};
use super::places::Places;
use super::reader::{Item, Reader};
use super::remarks::Remarks;
use super::report::Warning;
use super::run::nth_id;
use super::wire::Summary;
use crate::backend::{BackendError, Missing, Progress};
use crate::model::Timestamp;
use crate::net::{Request, StreamResponse, Transport, TransportError};

/// Bytes that are taken in without a pause: a few milliseconds' work, whatever pieces they come in.
const PIECE: usize = 65_536;
/// A file of so many bytes is long from its beginning on, and any other after so many runs; the smaller number, when nobody says how long
/// the file is.
pub(super) const LONG: u64 = 16_000_000;
const MANY: usize = 50_000;
const MANY_OF_UNKNOWN: usize = 10_000;
pub(super) const SHORTER: &str = "the file is shorter than before";
pub(super) const OTHER: &str = "the file is another one than before";

pub(super) type Body = LocalBoxStream<'static, Result<Vec<u8>, TransportError>>;

#[derive(Default)]
pub(super) struct State {
    pub(super) reader: Reader,
    /// How often the file was read from its beginning.
    pub(super) readings: u64,
    /// The first reading has not come to its end.
    pub(super) is_unfinished: bool,
    /// It has.
    pub(super) is_read: bool,
    /// The first reading, while it goes on.
    opening: Option<(Body, Known)>,
    /// Bytes of it that were not taken in yet.
    waiting: Vec<u8>,
    /// How many of these were.
    taken: usize,
    /// What of it nobody has taken yet.
    fresh: Read,
    /// How long the file was when it was opened.
    size: Option<u64>,
    pub(super) places: Places,
    pub(super) seen: Seen,
    /// The newest records, for the pipeline's health, and since when a record is one of them.
    newest: Vec<(Option<Timestamp>, Summary)>,
    newest_from: Option<Timestamp>,
    pub(super) remarks: Remarks,
    /// A line whose times have no zone was told.
    is_naive: bool,
    /// Where a last line begins that was told to be no whole one.
    torn: Option<u64>,
    /// That the server knows no ranges was told.
    pub(super) is_told: bool,
    /// How many requests for a range failed in a row.
    pub(super) failed_ranges: u8,
}

pub(super) struct HistoryFile {
    url: String,
    transport: Rc<dyn Transport>,
    pub(super) state: RefCell<State>,
}

/// A record as it was read.
pub(super) struct Record {
    /// Under which it is found; left out of a brief one.
    pub(super) id: String,
    pub(super) summary: Summary,
    /// The reading above, the place in the file in the lower 40 bits: of a file that was replaced, a line may stand further in front than before.
    pub(super) version: u64,
    /// It is told in brief, with its number.
    pub(super) brief: Option<u32>,
}

/// Records that were read, and the problems with them.
#[derive(Default)]
pub(super) struct Read {
    pub(super) rows: Vec<Record>,
    pub(super) problems: Vec<String>,
    /// There is more of the first reading.
    pub(super) has_more: bool,
    /// The file is another one than before; nothing was read.
    pub(super) is_other: Option<&'static str>,
    pub(super) date: Option<Timestamp>,
}

impl State {
    /// Takes the next bytes of the file in.
    pub(super) fn push(&mut self, bytes: &[u8], into: &mut Read) {
        self.seen.push(bytes);
        let mut reader = std::mem::take(&mut self.reader);
        reader.push(bytes, &mut |item| self.take(item, into));
        self.reader = reader;
    }

    /// Takes the next of the bytes that wait in.
    fn push_waiting(&mut self) {
        let waiting = std::mem::take(&mut self.waiting);
        let mut fresh = std::mem::take(&mut self.fresh);
        let end = waiting.len().min(self.taken + PIECE);
        self.push(waiting.get(self.taken..end).unwrap_or_default(), &mut fresh);
        self.fresh = fresh;
        self.taken = end;
        if end < waiting.len() {
            self.waiting = waiting;
        }
    }

    fn problem(&mut self, item: &Item, code: &str, into: &mut Read) {
        self.remarks.count(code);
        into.problems.extend(self.remarks.tell(item, code));
    }

    fn take(&mut self, mut item: Item, into: &mut Read) {
        let (summary, warnings) = match std::mem::replace(&mut item.content, Line::Blank) {
            Line::Record { summary, warnings } => (*summary, warnings),
            Line::Fault(fault) => {
                item.content = Line::Fault(fault);
                return self.problem(&item, fault.code(), into);
            }
            Line::Blank => return,
        };
        // Times without a zone are as a rule all of a file's: they alone are told once.
        let is_naive = warnings == [Warning::NaiveTimestamp];
        if is_naive && !std::mem::replace(&mut self.is_naive, true) {
            let words = "naive_timestamp (further lines with nothing but that are not listed)";
            into.problems.extend(self.remarks.tell(&item, words));
        }
        for warning in &warnings {
            let code = warning.to_string();
            self.remarks.count(&code);
            if !is_naive {
                into.problems.extend(self.remarks.tell(&item, &code));
            }
        }
        let own = summary.id(item.line);
        let (number, count) = self.places.add(&own, item.line, item.offset, item.len);
        if count > 1 {
            self.problem(&item, "duplicate_run_id", into);
        }
        let started = summary.started(&super::Naming::default());
        if self.newest.len() < 5 || started >= self.newest_from {
            self.newest.push((started, summary.clone()));
            if self.newest.len() > 64 {
                self.trim();
            }
        }
        let many = match self.size {
            Some(_) => MANY,
            None => MANY_OF_UNKNOWN,
        };
        let is_brief = self.size.is_some_and(|size| size >= LONG) || number as usize >= many;
        into.rows.push(Record {
            id: match is_brief {
                true => String::new(),
                false => nth_id(&own, count),
            },
            summary,
            version: self.readings << 40 | (item.offset + 1),
            brief: is_brief.then_some(number),
        });
    }

    /// Takes in what stands behind the last newline: a record at once; anything else is told when it `rests`, as somebody may be writing it.
    pub(super) fn take_rest(&mut self, rests: bool, into: &mut Read) {
        for item in self.reader.rest() {
            match &item.content {
                Line::Fault(fault) if rests && self.torn != Some(item.offset) => {
                    self.torn = Some(item.offset);
                    self.problem(&item, fault.code(), into);
                }
                Line::Record { .. } => self.take(item, into),
                _ => {}
            }
        }
    }

    /// Keeps the newest few.
    fn trim(&mut self) {
        let newest = std::mem::take(&mut self.newest);
        let at = |place: usize| newest.get(place).map(|(at, _)| *at);
        let places = crate::model::order::order(newest.len(), &|a, b| at(b).cmp(&at(a)));
        let kept = places
            .into_iter()
            .take(5)
            .filter_map(|place| newest.get(place).cloned());
        self.newest = kept.collect();
        self.newest_from = self.newest.last().and_then(|(at, _)| *at);
    }
}

impl HistoryFile {
    pub(super) fn new(url: &str, transport: Rc<dyn Transport>) -> HistoryFile {
        HistoryFile {
            url: url.into(),
            transport,
            state: RefCell::default(),
        }
    }

    pub(super) async fn ask(&self, range: Option<String>) -> Result<StreamResponse, BackendError> {
        let mut request = Request::get(self.url.clone());
        if let Some(range) = range {
            request = request.header("Range", range);
        }
        let answer = self.transport.stream(request).await?;
        match answer.head.status {
            200 | 206 | 416 => Ok(answer),
            _ => Err(BackendError::from_status(&answer.head, Missing::default())),
        }
    }

    /// The next records of the first reading; `anew`: from the beginning. A reading that broke, or that nobody waited for, goes on where it was.
    pub(super) async fn read(&self, limit: usize, anew: bool) -> Result<Read, BackendError> {
        if anew {
            let answer = self.ask(None).await?;
            if answer.head.content_type.starts_with("text/html") {
                return Err(BackendError::NotThisApi(
                    "a web page (a login page or a proxy's page?)".into(),
                ));
            }
            let readings = self.state.borrow().readings + 1;
            *self.state.borrow_mut() = State {
                readings,
                size: answer.head.length,
                opening: Some((answer.body, Known::default())),
                is_unfinished: true,
                ..State::default()
            };
        }
        loop {
            let opening = {
                let state = &mut *self.state.borrow_mut();
                if state.fresh.rows.len() >= limit || !state.is_unfinished {
                    state.fresh.has_more = state.is_unfinished;
                    return Ok(std::mem::take(&mut state.fresh));
                }
                if !state.waiting.is_empty() {
                    state.push_waiting();
                    continue;
                }
                state.opening.take()
            };
            let (mut body, mut known) = match opening {
                Some(opening) => opening,
                None => self.reopen().await?,
            };
            let next = body.next().await;
            let state = &mut *self.state.borrow_mut();
            match next {
                None if known.skip > 0 => return Err(BackendError::Malformed(SHORTER.into())),
                None => {
                    (state.is_unfinished, state.is_read) = (false, true);
                    // A connection that broke often is no server without ranges.
                    state.failed_ranges = 0;
                    let mut fresh = std::mem::take(&mut state.fresh);
                    state.take_rest(false, &mut fresh);
                    state.fresh = fresh;
                }
                Some(bytes) => {
                    let fresh = known.pass(bytes?);
                    state.waiting = fresh.map_err(|why| BackendError::Malformed(why.into()))?;
                    if known.is_part {
                        state.failed_ranges = 0;
                    }
                    state.taken = 0;
                    state.opening = Some((body, known));
                }
            }
        }
    }

    pub(super) fn newest(&self) -> Vec<Summary> {
        let mut state = self.state.borrow_mut();
        state.trim();
        let newest = state.newest.iter();
        newest.map(|(_, summary)| summary.clone()).collect()
    }

    pub(super) fn progress(&self) -> Progress {
        let state = self.state.borrow();
        Progress {
            read: state.seen.have,
            of: state.size.filter(|size| *size >= state.seen.have),
        }
    }

    pub(super) fn memory_bytes(&self) -> usize {
        let state = self.state.borrow();
        state.places.memory_bytes() + state.waiting.capacity()
    }
}
