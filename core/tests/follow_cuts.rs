//! A log of 100,000 lines is read through 200 cuts at random bytes, by reset or by half-close, and through refusals and silences besides:
//! every line arrives exactly once and in order. The server keeps its log and understands every cursor that it ever gave; it runs in memory
//! behind the real adapter, the real parser and the real store, under a clock that jumps.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod virtual_net;
mod virtual_time;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use futures_util::future;
use futures_util::{FutureExt as _, StreamExt as _, stream};
use runboard_core::backend::follow::{FollowEvent, FollowOptions, Link};
use runboard_core::backend::runs_api::wire;
use runboard_core::backend::{Topic, Update};
use runboard_core::model::{LogStream, Timestamp};
use runboard_core::net::{Clock, Request, StreamResponse, TransportError};
use runboard_core::store::log_store::LogStore;
use virtual_net::{Answer, Serve, head, refused, status};
use virtual_time::{Chance, Handle, VirtualClock};

const LINES: u64 = 100_000;
const CUTS: u32 = 200;

fn text(number: u64) -> String {
    let filler = "\u{1b}[32m\u{fc}ber \"quoted\" \\ text\u{1b}[0m ";
    format!("line {number} {}", &filler.repeat((number % 4) as usize))
}

/// What the server saw and did.
#[derive(Default)]
struct Report {
    requests: Vec<Timestamp>,
    resets: u32,
    half_closes: u32,
    silences: u32,
    refusals: u32,
    /// By line: how many times it was put on the wire, cut short or not.
    sent: Vec<u8>,
}

struct Server {
    clock: Handle,
    chance: Chance,
    report: RefCell<Report>,
    cuts_left: Cell<u32>,
    /// How far the log was ever sent: spreads the cuts over it.
    furthest: Cell<u64>,
}

/// How a connection ends.
#[derive(Clone, Copy)]
enum Fate {
    Reset,
    HalfClose,
    Silence,
    /// The log ends, and the run with it.
    End,
}

impl Server {
    /// By chance in `from..to`.
    fn within(&self, from: u64, to: u64) -> u64 {
        from + self.chance.next() % (to - from).max(1)
    }

    /// The bytes of one connection, from line `next` on, whole.
    fn event(&self, next: &mut u64) -> (Vec<u8>, std::ops::Range<u64>) {
        if self.within(0, 20) == 0 {
            return (b": beat\n\n".to_vec(), *next..*next);
        }
        let end = (*next + self.within(1, 120)).min(LINES + 1);
        let lines = (*next..end).map(|number| wire::LogLine {
            at: Timestamp(1_795_000_000_000_000 + number as i64 * 1000)
                .to_string()
                .into(),
            step: ["", "extract", "load"][(number % 3) as usize].into(),
            stream: "out".into(),
            text: text(number).into(),
            ..wire::LogLine::default()
        });
        let list = wire::LogList {
            run: "r1".into(),
            first: *next,
            total: Some(LINES),
            lines: lines.collect(),
            cursor: None,
        };
        let event = format!(
            "id: c{end}\nevent: log\ndata: {}\n\n",
            serde_json::to_string(&list).unwrap()
        );
        let sent = *next..end;
        *next = end;
        (event.into_bytes(), sent)
    }

    fn fate(&self) -> Fate {
        match self.within(0, 10) {
            0 => Fate::Silence,
            _ if self.cuts_left.get() == 0 => Fate::End,
            _ => {
                self.cuts_left.set(self.cuts_left.get() - 1);
                if self.chance.next().is_multiple_of(2) {
                    Fate::Reset
                } else {
                    Fate::HalfClose
                }
            }
        }
    }

    /// The chunks of one connection, and how it ends.
    fn connection(&self, start: u64) -> (Vec<Vec<u8>>, Fate) {
        let fate = self.fate();
        // About as much as is left for each of the cuts to come.
        let each_line = 110;
        let budget = 2 * each_line * (LINES + 1 - self.furthest.get().min(LINES))
            / u64::from(self.cuts_left.get() + 1);
        let cut = match fate {
            Fate::End => u64::MAX,
            _ => self.within(0, budget.max(400)),
        };
        let mut bytes: Vec<u8> = Vec::new();
        let mut next = start;
        while next <= LINES && (bytes.len() as u64) < cut {
            let (event, sent) = self.event(&mut next);
            bytes.extend(event);
            for number in sent {
                self.report.borrow_mut().sent[number as usize] += 1;
            }
            self.furthest.set(self.furthest.get().max(next));
        }
        if next > LINES {
            bytes.extend(b"event: live\ndata: {}\n\n");
        }
        match fate {
            Fate::End => bytes.extend(
                format!("id: c{next}\nevent: end\ndata: {{\"topic\":\"run:r1\"}}\n\n").bytes(),
            ),
            _ => bytes.truncate(usize::try_from(cut).unwrap()),
        }
        let mut chunks = Vec::new();
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let (chunk, tail) = rest.split_at((self.within(1, 9000) as usize).min(rest.len()));
            chunks.push(chunk.to_vec());
            rest = tail;
        }
        (chunks, fate)
    }
}

impl Serve for Server {
    fn answer(self: Rc<Server>, request: Request) -> Answer {
        let server = self;
        server.report.borrow_mut().requests.push(server.clock.now());
        match server.within(0, 30) {
            0 => {
                server.report.borrow_mut().refusals += 1;
                return refused();
            }
            1 => return future::pending().boxed_local(),
            2 => return status(503, Some("3")),
            _ => {}
        }
        let start: u64 = match request.url.split_once("after=c") {
            Some((_, cursor)) => cursor.parse().expect("a cursor that the server gave"),
            None => 1,
        };
        // Now and then the server only finds a place somewhat before: what it sends twice is for the store to leave out.
        let start = if server.within(0, 3) == 0 {
            start.saturating_sub(server.within(0, 40)).max(1)
        } else {
            start
        };
        let (chunks, fate) = server.connection(start);
        async move {
            server
                .clock
                .sleep(Duration::from_millis(server.within(0, 300)))
                .await;
            let pace = server.clone();
            let sent = stream::iter(chunks).then(move |chunk| {
                let wait = Duration::from_millis(pace.within(0, 50));
                let pause = if pace.within(0, 4) == 0 {
                    pace.clock.sleep(wait)
                } else {
                    future::ready(()).boxed_local()
                };
                async move {
                    pause.await;
                    Ok(chunk)
                }
            });
            let mut report = server.report.borrow_mut();
            let end = match fate {
                Fate::Reset => {
                    report.resets += 1;
                    stream::iter([Err(TransportError::Unreachable("reset".into()))]).boxed_local()
                }
                Fate::HalfClose | Fate::End => {
                    report.half_closes += u32::from(matches!(fate, Fate::HalfClose));
                    stream::empty().boxed_local()
                }
                Fate::Silence => {
                    report.silences += 1;
                    stream::pending().boxed_local()
                }
            };
            Ok(StreamResponse {
                head: head(200),
                body: sent.chain(end).boxed_local(),
            })
        }
        .boxed_local()
    }
}

fn read_through_cuts(seed: u64) {
    let clock = VirtualClock::new(seed);
    let server = Rc::new(Server {
        clock: Handle(clock.clone()),
        chance: Chance::new(seed.wrapping_mul(77)),
        report: RefCell::new(Report {
            sent: vec![0; LINES as usize + 1],
            ..Report::default()
        }),
        cuts_left: Cell::new(CUTS),
        furthest: Cell::new(1),
    });
    let mut store = LogStore::new(usize::MAX);
    let (mut duplicates, mut lost, mut ended) = (0, 0, false);
    let mut sink = |event: FollowEvent| match event {
        FollowEvent::Update(news) => match news.update {
            Update::Log { run, batch } => {
                assert_eq!(run, "r1");
                let done = store.append(batch.first, &batch.lines);
                assert_eq!(done.gap, None, "lines are missing");
                duplicates += done.duplicates;
            }
            Update::End { .. } => ended = true,
            Update::Live { .. } | Update::Beat => {}
            other => panic!("{other:?}"),
        },
        FollowEvent::Link(Link::Lost { .. }) => lost += 1,
        FollowEvent::Link(Link::Stopped(error)) => panic!("{error}"),
        FollowEvent::Link(_) => {}
    };
    let topics = [Topic::Run("r1".into())];
    let limit = Duration::from_secs(48 * 3600);
    let options = FollowOptions::default();
    virtual_net::run(
        &clock,
        server.clone(),
        &topics,
        &[],
        options,
        limit,
        &mut sink,
    )
    .expect("the log is read to its end within two days");

    assert!(ended);
    assert_eq!(
        (store.first(), store.last(), store.len()),
        (Some(1), Some(LINES), LINES as usize)
    );
    for number in 1..=LINES {
        let line = store.line(number).unwrap();
        assert!(
            line.text == text(number) && line.stream == LogStream::Out,
            "line {number}: {line:?}"
        );
    }
    let report = server.report.borrow();
    assert_eq!(report.resets + report.half_closes, CUTS);
    assert!(report.sent.iter().skip(1).all(|times| *times >= 1));
    let again: u64 = report
        .sent
        .iter()
        .skip(1)
        .map(|times| u64::from(*times) - 1)
        .sum();
    assert_eq!(report.requests.len(), lost + 1);
    let waits: Vec<i64> = report
        .requests
        .windows(2)
        .map(|pair| pair[1].since(pair[0]).0)
        .collect();
    assert!(
        waits.iter().all(|wait| *wait >= 1_000_000),
        "asked again within a second"
    );
    println!(
        "cuts, seed {seed}: {} resets, {} half-closes, {} silences, {} refusals; {} requests in {} virtual min; {again} lines sent again by the server, {duplicates} of them taken in twice and left out",
        report.resets,
        report.half_closes,
        report.silences,
        report.refusals,
        report.requests.len(),
        waits.iter().sum::<i64>() / 60_000_000,
    );
}

#[test]
fn every_line_arrives_once_and_in_order_through_two_hundred_cuts() {
    let seeds = if std::env::var_os("RUNBOARD_FULL").is_some() {
        50
    } else {
        3
    };
    for seed in 1..=seeds {
        read_through_cuts(seed);
    }
}
