//! A `runs.jsonl` behind a URL: read once as it streams, its text left where it is, and its tail by `Range`.
//!
//! Of each run its place and a hash of its id are kept, and its line is read again when somebody opens it.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use futures_util::StreamExt as _;
use futures_util::stream::LocalBoxStream;

use super::decode::{self, Line};
use super::reader::{Item, Reader};
use super::run::nth_id;
use super::wire::Summary;
use crate::backend::{BackendError, Missing};
use crate::model::Timestamp;
use crate::net::{Request, StreamResponse, Transport, TransportError};

/// So much of the file's beginning shows that it is still the same.
const HEAD: usize = 256;
const MAX_PROBLEMS: usize = 100;

type Body = LocalBoxStream<'static, Result<Vec<u8>, TransportError>>;

/// Where a record stands, in 8 bytes: the offset (up to a terabyte) above, the length (up to the reader's bound) in the lower 24 bits.
#[derive(Clone, Copy)]
struct Row(u64);

impl Row {
    const BITS: u32 = 24;

    fn new(offset: u64, len: u64) -> Row {
        Row(offset << Row::BITS | len.min((1 << Row::BITS) - 1))
    }

    fn offset(self) -> u64 {
        self.0 >> Row::BITS
    }

    fn len(self) -> u64 {
        self.0 & ((1 << Row::BITS) - 1)
    }
}

#[derive(Default)]
struct State {
    reader: Reader,
    /// The first reading, while it goes on.
    opening: Option<Body>,
    rows: Vec<Row>,
    /// First row of each id's hash.
    first: HashMap<u64, u32>,
    /// Further rows of an id that was there before: its hash, which one, its row.
    again: Vec<(u64, u32, u32)>,
    /// How often those ids were seen.
    counts: HashMap<u64, u32>,
    have: u64,
    head: Vec<u8>,
    last: u8,
    /// The newest records, for the pipeline's health.
    newest: Vec<(Option<Timestamp>, Summary)>,
    problems: Vec<String>,
    more: usize,
}

pub(super) struct HistoryFile {
    url: String,
    transport: Rc<dyn Transport>,
    state: RefCell<State>,
}

/// Records that were read, each with the id under which it is found and its place, and the problems with them.
#[derive(Default)]
pub(super) struct Read {
    pub(super) rows: Vec<(String, Summary, u64)>,
    pub(super) problems: Vec<String>,
    /// There is more of the first reading.
    pub(super) has_more: bool,
    /// The file is another one than before; nothing was read.
    pub(super) is_other: Option<&'static str>,
    pub(super) date: Option<Timestamp>,
}

/// FNV-1a with 64 bits: of a million ids no two are taken for one another.
fn hash(text: &str) -> u64 {
    let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    text.bytes().fold(0xcbf2_9ce4_8422_2325, mix)
}

impl State {
    /// Takes the next bytes of the file in.
    fn push(&mut self, bytes: &[u8], into: &mut Read) {
        if self.head.len() < HEAD {
            let rest = HEAD - self.head.len();
            self.head
                .extend_from_slice(bytes.get(..rest).unwrap_or(bytes));
        }
        self.have += bytes.len() as u64;
        self.last = bytes.last().copied().unwrap_or(self.last);
        let mut reader = std::mem::take(&mut self.reader);
        reader.push(bytes, &mut |item| self.take(item, into));
        self.reader = reader;
    }

    fn problem(&mut self, item: &Item, code: &str, into: &mut Read) {
        if self.problems.len() >= MAX_PROBLEMS {
            self.more += 1;
            return;
        }
        let words = [
            "line ",
            &item.line.to_string(),
            " (byte ",
            &item.offset.to_string(),
            "): ",
            code,
        ];
        let words = words.concat();
        self.problems.push(words.clone());
        into.problems.push(words);
        if self.problems.len() == MAX_PROBLEMS {
            into.problems
                .push("further problems are counted, not listed".into());
        }
    }

    fn take(&mut self, item: Item, into: &mut Read) {
        let (summary, warnings) = match &item.content {
            Line::Record { summary, warnings } => ((**summary).clone(), warnings.clone()),
            Line::Fault(fault) => return self.problem(&item, fault.code(), into),
            Line::Blank => return,
        };
        for warning in warnings {
            self.problem(&item, &warning.to_string(), into);
        }
        let own = summary.id(item.line);
        let (hash, place) = (hash(&own), self.rows.len() as u32);
        let mut count = 1;
        let first = *self.first.entry(hash).or_insert(place);
        if first != place {
            let seen = self.counts.entry(hash).or_insert(1);
            *seen += 1;
            count = *seen;
            self.again.push((hash, count, place));
            self.problem(&item, "duplicate_run_id", into);
        }
        self.rows.push(Row::new(item.offset, item.len));
        let id = nth_id(&own, count);
        let started = summary
            .run(String::new(), &super::Naming::default())
            .started_at;
        self.newest.push((started, summary.clone()));
        if self.newest.len() > 64 {
            self.trim();
        }
        into.rows.push((id, summary, item.offset));
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
    }

    fn find(&self, id: &str) -> Option<Row> {
        if let Some(place) = self.first.get(&hash(id)) {
            return self.rows.get(*place as usize).copied();
        }
        let (own, count) = id.rsplit_once('#')?;
        let (hash, count): (u64, u32) = (hash(own), count.parse().ok()?);
        let found = self
            .again
            .iter()
            .find(|(other, nth, _)| (*other, *nth) == (hash, count))?;
        self.rows.get(found.2 as usize).copied()
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

    async fn ask(&self, range: Option<String>) -> Result<StreamResponse, BackendError> {
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

    /// The next records of the first reading; `anew`: from the beginning.
    pub(super) async fn read(&self, limit: usize, anew: bool) -> Result<Read, BackendError> {
        if anew {
            let answer = self.ask(None).await?;
            if answer.head.content_type.starts_with("text/html") {
                return Err(BackendError::NotThisApi(
                    "a web page (a login page or a proxy's page?)".into(),
                ));
            }
            *self.state.borrow_mut() = State {
                opening: Some(answer.body),
                ..State::default()
            };
        }
        let mut read = Read::default();
        let Some(mut body) = self.state.borrow_mut().opening.take() else {
            return Ok(read);
        };
        while read.rows.len() < limit {
            let Some(bytes) = body.next().await else {
                return Ok(read);
            };
            self.state.borrow_mut().push(&bytes?, &mut read);
        }
        read.has_more = true;
        self.state.borrow_mut().opening = Some(body);
        Ok(read)
    }

    /// What was appended since. A server that knows no ranges sends all, and what is known of it is passed over.
    pub(super) async fn tail(&self) -> Result<Read, BackendError> {
        let (have, last, head) = {
            let state = self.state.borrow();
            (state.have, state.last, state.head.clone())
        };
        let mut read = Read::default();
        if self.state.borrow().opening.is_some() {
            return Ok(read);
        }
        let range = (have > 0).then(|| ["bytes=", &(have - 1).to_string(), "-"].concat());
        let mut answer = self.ask(range).await?;
        read.date = answer.head.date;
        if answer.head.status == 416 {
            read.is_other = Some("the file is shorter than before");
            return Ok(read);
        }
        // Of a partial answer the first byte is known, of a whole one all that is there.
        let (mut skip, mut proof) = match answer.head.status {
            206 => (1, vec![last]),
            _ => (have, head),
        };
        if have == 0 {
            (skip, proof) = (0, Vec::new());
        }
        let mut fresh: Vec<Vec<u8>> = Vec::new();
        while let Some(bytes) = answer.body.next().await {
            let mut bytes = bytes?;
            let known = proof.len().min(bytes.len());
            if proof.get(..known) != bytes.get(..known) {
                read.is_other = Some("the file is another one than before");
                return Ok(read);
            }
            proof.drain(..known);
            let passed = (skip.min(bytes.len() as u64)) as usize;
            skip -= passed as u64;
            bytes.drain(..passed);
            if !bytes.is_empty() {
                fresh.push(bytes);
            }
        }
        if skip > 0 {
            read.is_other = Some("the file is shorter than before");
            return Ok(read);
        }
        let mut state = self.state.borrow_mut();
        for bytes in fresh {
            state.push(&bytes, &mut read);
        }
        Ok(read)
    }

    /// The record of a run, read again from its place.
    pub(super) async fn one(&self, id: &str) -> Result<Summary, BackendError> {
        let row = self.state.borrow().find(id);
        let Some(row) = row else {
            let missing = Missing::from("the file holds no such run");
            return Err(BackendError::NotFound(Arc::new(missing)));
        };
        let (offset, len) = (row.offset(), row.len() as usize);
        let end = offset + row.len();
        let range = [
            "bytes=",
            &offset.to_string(),
            "-",
            &end.saturating_sub(1).to_string(),
        ];
        let mut answer = self.ask(Some(range.concat())).await?;
        let mut skip = if answer.head.status == 206 { 0 } else { offset };
        let mut line = Vec::new();
        while let Some(bytes) = answer.body.next().await {
            let bytes = bytes?;
            let passed = skip.min(bytes.len() as u64) as usize;
            skip -= passed as u64;
            line.extend_from_slice(bytes.get(passed..).unwrap_or_default());
            if line.len() >= len {
                break;
            }
        }
        line.truncate(len);
        let line = line.strip_suffix(b"\n").unwrap_or(&line);
        // The second record of an id is asked for as `id#2`, and one without an id by its line.
        let is_own = |own: &String| own.is_empty() || id.starts_with(own.as_str());
        match decode::line(line, offset == 0) {
            Line::Record { summary, .. } if summary.run_id.as_ref().is_none_or(is_own) => {
                Ok(*summary)
            }
            _ => {
                let words = "the file is another one than before";
                Err(BackendError::Malformed(words.into()))
            }
        }
    }

    pub(super) fn newest(&self) -> Vec<Summary> {
        let mut state = self.state.borrow_mut();
        state.trim();
        state
            .newest
            .iter()
            .map(|(_, summary)| summary.clone())
            .collect()
    }
}
