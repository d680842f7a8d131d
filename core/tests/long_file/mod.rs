//! A long file behind a server, of which no more is made than is asked for.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use futures_util::future::{self, LocalBoxFuture};
use futures_util::{FutureExt as _, StreamExt as _, stream};
use runboard_core::backend::history::History;
use runboard_core::net::{Head, Request, Response, StreamResponse, Transport, TransportError};

/// A file server whose file is made while it is read: every line is as long as the others.
pub(crate) struct Server {
    pub(crate) lines: Cell<usize>,
    line: Box<dyn Fn(usize) -> String>,
    /// What it says of the file's length.
    pub(crate) length: Cell<Option<u64>>,
    /// After so many bytes of a whole answer the connection breaks, once.
    pub(crate) breaks_after: Cell<Option<usize>>,
    pub(crate) knows_no_ranges: Cell<bool>,
    pub(crate) asked: RefCell<Vec<Option<String>>>,
}

impl Server {
    fn bytes(&self, from: usize, to: usize) -> Vec<u8> {
        let size = (self.line)(0).len();
        let text: Vec<u8> = (from / size..to.div_ceil(size))
            .flat_map(|at| (self.line)(at).into_bytes())
            .collect();
        let start = from / size * size;
        text[from - start..to - start].to_vec()
    }
}

struct Wire(Rc<Server>);

impl Transport for Wire {
    fn send(
        &self,
        _: Request,
        _: usize,
    ) -> LocalBoxFuture<'static, Result<Response, TransportError>> {
        panic!("a file is streamed")
    }

    fn stream(
        &self,
        request: Request,
    ) -> LocalBoxFuture<'static, Result<StreamResponse, TransportError>> {
        let server = self.0.clone();
        let size = server.lines.get() * (server.line)(0).len();
        let range = request.headers.iter().find(|(name, _)| *name == "Range");
        let range = range.map(|(_, value)| value.clone());
        let range = range.filter(|_| !server.knows_no_ranges.get());
        let (from, to) = match &range {
            None => (0, size),
            Some(range) => {
                let (from, to) = range[6..].split_once('-').unwrap();
                let to = to.parse::<usize>().map_or(size, |to| (to + 1).min(size));
                (from.parse().unwrap(), to)
            }
        };
        let status = match range {
            None => 200,
            Some(_) if from >= size => 416,
            Some(_) => 206,
        };
        server.asked.borrow_mut().push(range);
        let length = server.length.get();
        let body = stream::unfold(from, move |at| {
            let server = server.clone();
            async move {
                let end = to.min(at + 100_000);
                if at >= to {
                    return None;
                }
                if server.breaks_after.get().is_some_and(|after| at >= after) {
                    server.breaks_after.set(None);
                    let broken = TransportError::Unreachable("the connection broke".into());
                    return Some((Err(broken), to));
                }
                Some((Ok(server.bytes(at, end)), end))
            }
        });
        let head = Head {
            status,
            content_type: "application/x-ndjson".into(),
            length,
            ..Head::default()
        };
        let body = body.boxed_local();
        future::ready(Ok(StreamResponse { head, body })).boxed_local()
    }
}

const RESULTS: [&str; 4] = ["success", "success", "failed ", "stopped"];
/// Every so manieth line has the id of its neighbour.
const TWICE: usize = 250_000;

/// A run a minute; of a failed one the reason names its number.
pub(crate) fn line(at: usize) -> String {
    let id = if at > 0 && at.is_multiple_of(TWICE) {
        at - 1
    } else {
        at
    };
    let (day, minute) = (at / 1440, at % 1440);
    let start = format!("T{:02}:{:02}:00Z", minute / 60, minute % 60);
    let result = RESULTS[at % 4].trim_end();
    let pad = " ".repeat(7 - result.len());
    // Days since 2020-01-01, counted on in months of 28 days: any valid date will do.
    let (year, month, day) = (2020 + day / 336, day / 28 % 12 + 1, day % 28 + 1);
    format!(
        "{{\"run_id\":\"run-{id:07}\",\"started_at\":\"{year}-{month:02}-{day:02}{start}\",\"ended_at\":\"{year}-{month:02}-{day:02}T23:59:59Z\",\"result\":\"{result}\"{pad},\"failure_reason\":\"reason-{at:07}\",\"metadata\":{{\"note\":\"{:03}\"}}}}\n",
        at % 1000
    )
}

pub(crate) fn source(
    lines: usize,
    line: impl Fn(usize) -> String + 'static,
) -> (Rc<Server>, History) {
    let length = lines * line(0).len();
    let server = Rc::new(Server {
        lines: Cell::new(lines),
        line: Box::new(line),
        length: Cell::new(Some(length as u64)),
        breaks_after: Cell::default(),
        knows_no_ranges: Cell::default(),
        asked: RefCell::default(),
    });
    let history = History::new("https://x/runs.jsonl", Rc::new(Wire(server.clone())));
    (server, history)
}
