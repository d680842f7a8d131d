//! The servers of these tests, in memory.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::Poll;

use futures_util::future::{self, LocalBoxFuture};
use futures_util::{FutureExt as _, StreamExt as _, stream};
use runboard_core::backend::history::{History, Zone};
use runboard_core::net::{Head, Request, Response, StreamResponse, Transport, TransportError};

/// How a file's server packs it, as a browser tells of it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Packed {
    #[default]
    No,
    /// Ranges are of the packed bytes, a quarter as many: the middle of them cannot be unpacked.
    Ranges,
    /// Whatever was asked for, also where the browser takes a range only as it is.
    Always,
    /// Nothing answers at all.
    Down,
}

/// A file server in memory, and a pipeline's API beside it.
#[derive(Default)]
pub(crate) struct Server {
    pub(crate) file: RefCell<Vec<u8>>,
    pub(crate) knows_ranges: Cell<bool>,
    pub(crate) asked: RefCell<Vec<String>>,
    /// Bytes that were sent.
    pub(crate) sent: Cell<usize>,
    pub(crate) rows: RefCell<Vec<String>>,
    /// The pipeline behind the API is not up.
    pub(crate) is_down: Cell<bool>,
    /// Parts of the file are on their way as long as this stands.
    pub(crate) waits: Cell<bool>,
    pub(crate) packed: Cell<Packed>,
    /// Behind so many bytes of a whole file the connection breaks.
    pub(crate) breaks_at: Cell<Option<usize>>,
    /// How long the file is.
    pub(crate) tells_length: Cell<bool>,
}

fn head(status: u16, kind: &str) -> Head {
    Head {
        status,
        content_type: kind.into(),
        ..Head::default()
    }
}

impl Server {
    fn answer(&self, request: &Request) -> (Head, Vec<u8>) {
        let range = request
            .headers
            .iter()
            .find(|(name, _)| *name == "Range")
            .map(|(_, value)| value.clone());
        self.asked.borrow_mut().push(format!(
            "{} {}",
            request.url,
            range.clone().unwrap_or_default()
        ));
        if self.is_down.get() {
            let (status, body) = match request.url.contains("/runs?") {
                true => (200, r#"{"runs": []}"#),
                false => (404, r#"{"detail": "Orchestrator not available"}"#),
            };
            return (head(status, "application/json"), body.into());
        }
        if let Some((_, query)) = request.url.split_once("/runs?limit=") {
            let limit: usize = query.parse().unwrap();
            let rows = self.rows.borrow();
            let rows = &rows[..limit.min(rows.len())];
            // As the original does it: the rows that are returned.
            let body = format!("{{\"runs\":[{}],\"total\":{}}}", rows.join(","), rows.len());
            return (head(200, "application/json"), body.into_bytes());
        }
        if let Some((_, id)) = request.url.split_once("/runs/") {
            let own = format!("\"run_id\":\"{}\"", id.replace("%23", "#"));
            let rows = self.rows.borrow();
            // As the original does it: the first of its file, which the list has the other way round.
            return match rows.iter().rev().find(|row| row.contains(&own)) {
                Some(row) => (head(200, "application/json"), row.clone().into_bytes()),
                None => (
                    head(404, "application/json"),
                    format!("{{\"detail\":\"Run {id} not found\"}}").into_bytes(),
                ),
            };
        }
        let file = self.file.borrow();
        let Some(range) = range.filter(|_| self.knows_ranges.get()) else {
            let head = Head {
                length: self.tells_length.get().then_some(file.len() as u64),
                ..head(200, "application/x-ndjson")
            };
            return (head, file.clone());
        };
        let (from, to) = range
            .strip_prefix("bytes=")
            .unwrap()
            .split_once('-')
            .unwrap();
        let from: usize = from.parse().unwrap();
        let to = to
            .parse::<usize>()
            .map_or(file.len(), |to| (to + 1).min(file.len()));
        match from < file.len() {
            true => (head(206, "application/x-ndjson"), file[from..to].to_vec()),
            false => (head(416, ""), Vec::new()),
        }
    }
}

struct Wire(Rc<Server>);

impl Transport for Wire {
    fn send(
        &self,
        request: Request,
        _: usize,
    ) -> LocalBoxFuture<'static, Result<Response, TransportError>> {
        let (head, body) = self.0.answer(&request);
        future::ready(Ok(Response { head, body })).boxed_local()
    }

    fn stream(
        &self,
        request: Request,
    ) -> LocalBoxFuture<'static, Result<StreamResponse, TransportError>> {
        let (mut head, mut body) = self.0.answer(&request);
        let status = head.status;
        let broke = || TransportError::Unreachable("nothing answers".into());
        let mut is_broken = false;
        match (self.0.packed.get(), status) {
            (Packed::Down, _) | (Packed::Always, 206 | 416) => {
                return future::ready(Err(broke())).boxed_local();
            }
            (Packed::Ranges, 206) => {
                let from: usize = {
                    let asked = self.0.asked.borrow();
                    let (_, range) = asked.last().unwrap().split_once("=").unwrap();
                    range.split_once('-').unwrap().0.parse().unwrap()
                };
                is_broken = from < self.0.file.borrow().len() / 4;
                if !is_broken {
                    head.status = 416;
                }
                body.clear();
            }
            _ => {}
        }
        if let Some(at) = self.0.breaks_at.get().filter(|_| status == 200) {
            body.truncate(at);
            is_broken = true;
        }
        let (server, slow) = (self.0.clone(), self.0.clone());
        let wait = stream::poll_fn(move |_| match slow.waits.get() && status == 206 {
            true => Poll::Pending,
            false => Poll::Ready(None),
        });
        let chunks: Vec<Vec<u8>> = body.chunks(1000).map(<[u8]>::to_vec).collect();
        let body = stream::iter(chunks.into_iter().map(move |chunk| {
            server.sent.set(server.sent.get() + chunk.len());
            Ok(chunk)
        }));
        future::ready(Ok(StreamResponse {
            head,
            body: wait
                .chain(body)
                .chain(stream::iter(is_broken.then(|| Err(broke()))))
                .boxed_local(),
        }))
        .boxed_local()
    }
}

pub(crate) fn line(number: u32, result: &str) -> String {
    format!(
        "{{\"run_id\":\"run-{number}\",\"started_at\":\"2025-01-15T10:{:02}:{:02}Z\",\"ended_at\":\"2025-01-15T11:00:00Z\",\"result\":\"{result}\",\"failure_reason\":null,\"stages_executed\":[\"a\",\"b\"],\"stages_failed\":[],\"retry_count\":0,\"metadata\":{{}}}}",
        number / 60 % 60,
        number % 60
    )
}

pub(crate) fn source(url: &str, knows_ranges: bool) -> (Rc<Server>, History) {
    in_zone(url, knows_ranges, Zone::default())
}

pub(crate) fn in_zone(url: &str, knows_ranges: bool, zone: Zone) -> (Rc<Server>, History) {
    let server = Rc::new(Server::default());
    server.knows_ranges.set(knows_ranges);
    let wire = Rc::new(Wire(server.clone()));
    (server, History::in_zone(url, zone, wire))
}

pub(crate) fn got<T>(answer: LocalBoxFuture<'static, T>) -> T {
    answer.now_or_never().unwrap()
}
