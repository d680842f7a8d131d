//! [`Follower`]: one open stream, from look to look.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use runboard_core::backend::runs_api::wire::Notice;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::Event;
use super::list_topic::ListTopic;
use super::run_topic::RunTopic;
use crate::api::info::HEARTBEAT_S;
use crate::cursor::{Cursor, Writer};
use crate::source::{Source, StreamCount, Watch, now};

const HEARTBEAT: Duration = Duration::from_secs(HEARTBEAT_S as u64);
/// Files are looked at so often when they give no signs.
const POLL: Duration = Duration::from_secs(1);
/// The least time in which changes are gathered.
const TOGETHER: Duration = Duration::from_millis(50);

pub(super) struct Follower {
    source: Arc<Source>,
    list: Option<ListTopic>,
    runs: Vec<RunTopic>,
    queue: VecDeque<Bytes>,
    /// There was more than one batch holds.
    more: bool,
    /// Changes within this time go out together. A source that is slow to look at is looked at less often.
    together: Duration,
    looked: Instant,
    beat: Instant,
    live: bool,
    signs: watch::Receiver<u64>,
    shutdown: watch::Receiver<bool>,
    watch: Arc<Watch>,
    _count: StreamCount,
}

impl Follower {
    /// Takes its stand behind `after`; topics that it does not speak of begin now.
    pub(super) fn open(
        source: Arc<Source>,
        list: bool,
        runs: Vec<String>,
        after: &Cursor,
        shutdown: watch::Receiver<bool>,
    ) -> Follower {
        // The watch comes first: what changes after the look below gives a sign.
        let watch = source.watch();
        let state = source.look();
        let mut opening = Vec::new();
        let list = list.then(|| ListTopic::open(&state, after, &mut opening));
        let details: Vec<_> = runs.iter().map(|id| state.detail(id)).collect();
        drop(state);
        let runs = runs
            .into_iter()
            .zip(details)
            .map(|(id, detail)| RunTopic::open(&source, id, detail, after, &mut opening))
            .collect();
        let count = source.count_stream();
        let mut follower = Follower {
            source,
            list,
            runs,
            queue: VecDeque::new(),
            more: true,
            together: TOGETHER,
            looked: Instant::now(),
            beat: Instant::now() + HEARTBEAT,
            live: false,
            signs: watch.signs(),
            shutdown,
            watch,
            _count: count,
        };
        for event in opening {
            follower.send(&event);
        }
        follower
    }

    fn send(&mut self, event: &Event) {
        let mut id = Writer::default();
        if let Some(list) = &self.list {
            list.write(&mut id);
        }
        for run in &self.runs {
            run.write(&mut id);
        }
        let mut text = format!("event: {}\nid: {}\ndata: ", event.name, id.finish()).into_bytes();
        text.extend_from_slice(&event.data);
        text.extend_from_slice(b"\n\n");
        self.queue.push_back(text.into());
    }

    /// The next bytes for the reader. `None`: the bridge stops.
    pub(super) async fn next(mut self) -> Option<(Bytes, Follower)> {
        loop {
            if *self.shutdown.borrow() {
                return None;
            }
            if Instant::now() >= self.beat {
                self.beat = Instant::now() + HEARTBEAT;
                return Some((format!(": beat {}\n\n", now()).into(), self));
            }
            if let Some(bytes) = self.queue.pop_front() {
                return Some((bytes, self));
            }
            if !self.more && !self.live {
                self.live = true;
                self.send(&Event::new(
                    "live",
                    &Notice {
                        server_time: Some(now().to_string()),
                        ..Notice::default()
                    },
                ));
                continue;
            }
            if !self.more {
                self.wait().await;
                if Instant::now() < self.looked + self.together && Instant::now() < self.beat {
                    sleep_until((self.looked + self.together).min(self.beat)).await;
                }
                if Instant::now() >= self.beat {
                    continue;
                }
            }
            self.signs.borrow_and_update();
            self = tokio::task::spawn_blocking(move || {
                self.look();
                self
            })
            .await
            .ok()?;
        }
    }

    /// Waits for a sign, the next poll, the next beat or the end.
    async fn wait(&mut self) {
        let until = (self.looked + POLL).min(self.beat);
        tokio::select! {
            // The sender lives as long as our share of the watch.
            _ = self.signs.changed() => {}
            () = sleep_until(until) => {}
            _ = self.shutdown.changed() => {}
        }
    }

    /// Looks at the files and queues what is new, one batch a topic.
    fn look(&mut self) {
        self.watch.keep();
        let source = self.source.clone();
        let state = source.look();
        self.together = TOGETHER.max(state.cost() * 4).min(POLL);
        let mut list = self.list.take();
        if let Some(topic) = &mut list {
            let news = topic.news(&state);
            // The place is told with the last event only: a reader that is cut off before has all of them sent again.
            let (last, events) = news
                .events
                .split_last()
                .map_or((None, &[][..]), |(last, events)| (Some(last), events));
            self.list = list;
            for event in events {
                self.send(event);
            }
            if let Some(list) = &mut self.list {
                list.settle(news.place);
            }
            if let Some(event) = last {
                self.send(event);
            }
        }
        let mut topics = std::mem::take(&mut self.runs);
        let details: Vec<_> = topics.iter_mut().map(|topic| topic.ask(&state)).collect();
        drop(state);
        self.more = false;
        for (index, detail) in details.into_iter().enumerate() {
            let Some(topic) = topics.get_mut(index) else {
                continue;
            };
            let batch = topic.batch(&source, detail);
            self.more |= batch.more;
            // Each event with the place behind it: the topic moves on step by step.
            for (event, place) in batch.events {
                if let Some(topic) = topics.get_mut(index) {
                    topic.settle(place);
                }
                std::mem::swap(&mut self.runs, &mut topics);
                self.send(&event);
                std::mem::swap(&mut self.runs, &mut topics);
            }
        }
        self.runs = topics;
        self.looked = Instant::now();
    }
}
