//! The sources: what each is, how its data arrive, and how old they are.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use crate::state::reactive::{Memo, RwSignal, memo};
use leptos::prelude::*;
use runboard_core::backend::{Backend, BackendError, Capabilities, Info, Progress};
use runboard_core::model::{Span, Timestamp};
use runboard_core::net::freshness::{Freshness, Mode, SourceState};

use super::config::SourceConfig;
use crate::browser::clock::BrowserClock;
use runboard_core::net::Clock as _;

/// How a source is doing.
#[derive(Clone, Debug)]
pub struct Link {
    pub freshness: Freshness,
    /// What went wrong last, until it goes well again.
    pub error: Option<BackendError>,
    /// When the next try is due.
    pub retry_at: Option<Timestamp>,
    pub info: Option<Info>,
    /// The list has been read to its end at least once.
    pub is_loaded: bool,
    /// How far back the list has been read while it is read for the first time.
    pub read_to: Option<Timestamp>,
    /// How far a list that is one long text has been read.
    pub progress: Option<Progress>,
    /// The user has stopped the reading of such a list; it can be gone on with.
    pub is_stopped: bool,
    /// Rows or fields that could not be read since the list's reading began, newest last; bounded. What the source tells of itself is in `info`.
    pub problems: Vec<String>,
    /// How many more there were.
    pub problems_more: u64,
}

/// Problems kept for display.
const PROBLEMS: usize = 100;

impl Link {
    fn new() -> Link {
        let mode = Mode::Stream {
            heartbeat: Duration::from_secs(5),
        };
        Link {
            freshness: Freshness::new(mode, BrowserClock.now()),
            error: None,
            retry_at: None,
            info: None,
            is_loaded: false,
            read_to: None,
            progress: None,
            is_stopped: false,
            problems: Vec::new(),
            problems_more: 0,
        }
    }

    /// The source answers, and what went wrong before is over.
    pub fn contact(&mut self, server_time: Option<Timestamp>) {
        self.freshness.contact(BrowserClock.now(), server_time);
        self.error = None;
        self.retry_at = None;
    }

    pub fn add_problems(&mut self, problems: impl IntoIterator<Item = String>) {
        for problem in problems {
            add(&mut self.problems, &mut self.problems_more, &problem);
        }
    }

    /// What the source tells of itself, then what was odd in its answers; and how many of these are not listed.
    pub fn told(&self) -> (Vec<String>, u64) {
        let (mut list, mut more) = (Vec::new(), self.problems_more);
        let own = self.info.iter().flat_map(|info| &info.problems);
        for problem in own.chain(&self.problems) {
            add(&mut list, &mut more, problem);
        }
        (list, more)
    }
}

/// Lists a problem that is not listed yet, or counts it where the list is full.
fn add(list: &mut Vec<String>, more: &mut u64, problem: &String) {
    if list.contains(problem) {
        return;
    }
    match list.len() < PROBLEMS {
        true => list.push(problem.clone()),
        false => *more += 1,
    }
}

/// One source. Cheap to copy around.
#[derive(Clone)]
pub struct Source {
    /// Its number in the run table.
    pub index: u16,
    pub config: Arc<SourceConfig>,
    backend: StoredValue<Result<Rc<dyn Backend>, String>, LocalStorage>,
    pub link: RwSignal<Link>,
    /// What it says that it can do, and what it calls a step; `None` until it has said so. Every sign of life changes the link, and this stays.
    told: Memo<Option<(Capabilities, String)>>,
}

impl Source {
    pub fn new(
        index: u16,
        config: SourceConfig,
        backend: Result<Rc<dyn Backend>, String>,
    ) -> Source {
        let link = RwSignal::new(Link::new());
        let told = memo(move || {
            link.with(|link: &Link| {
                let info = link.info.as_ref()?;
                Some((info.capabilities, info.vocabulary.step.clone()))
            })
        });
        Source {
            index,
            config: Arc::new(config),
            backend: StoredValue::new_local(backend),
            link,
            told,
        }
    }

    /// Whether a link's `source=` means it: by its id or by its name.
    pub fn is_named(&self, name: &str) -> bool {
        self.config.id == name || self.config.name == name
    }

    /// How to ask it.
    ///
    /// # Errors
    /// When no adapter has the configured kind; the sentence is for people.
    pub fn backend(&self) -> Result<Rc<dyn Backend>, String> {
        self.backend.get_value()
    }

    /// What it has said that it can. Tracked.
    pub fn able(&self) -> Option<Capabilities> {
        self.told.with(|told| told.as_ref().map(|(able, _)| *able))
    }

    /// What it has said that it calls a step. Tracked.
    pub fn noun(&self) -> Option<String> {
        self.told
            .with(|told| told.as_ref().map(|(_, step)| step.clone()))
    }

    /// Whether it has said that it can. Tracked.
    pub fn can(&self, what: impl FnOnce(&Capabilities) -> bool) -> bool {
        self.able().as_ref().is_some_and(what)
    }

    /// The same, at this moment.
    pub fn can_now(&self, what: impl FnOnce(&Capabilities) -> bool) -> bool {
        untrack(|| self.able()).as_ref().is_some_and(what)
    }

    /// How often its stream beats when it has no news, as far as it has told at this moment.
    pub fn heartbeat(&self) -> Option<Duration> {
        let told = self
            .link
            .with_untracked(|link| link.info.as_ref()?.heartbeat_s);
        told.map(|seconds| Duration::from_secs(u64::from(seconds)))
    }

    /// The state at `now`, tracked.
    pub fn state(&self, now: Timestamp) -> SourceState {
        self.link.with(|link| link.freshness.state(now))
    }

    /// The age of the newest data, on the source's clock where it tells the time.
    pub fn age(&self, now: Timestamp) -> Option<Span> {
        self.link.with(|link| link.freshness.age(now))
    }

    /// What the source's clock shows at the browser's `now`.
    pub fn server_now(&self, now: Timestamp) -> Timestamp {
        self.link.with(|link| link.freshness.server_now(now))
    }

    /// The last moment of which this source's data speak: its clock now while they are current, the last sign of life else.
    pub fn heard_now(&self, now: Timestamp) -> Timestamp {
        let server = self.server_now(now);
        match (self.is_stale(now), self.age(now)) {
            (true, Some(age)) => server.minus(age),
            _ => server,
        }
    }

    /// Nothing of what it shows can be trusted to be current.
    pub fn is_stale(&self, now: Timestamp) -> bool {
        !self.state(now).is_current()
    }
}

/// Whether config.json could be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigState {
    Loading,
    Ready,
    /// There is neither a config.json nor a Runs API beside the page.
    Missing,
    Failed(String),
}

/// All sources.
#[derive(Clone, Copy)]
pub struct Sources {
    pub list: RwSignal<Vec<Source>>,
    pub config: RwSignal<ConfigState>,
    pub title: RwSignal<Option<String>>,
    /// What config.json says that could not be used.
    pub problems: RwSignal<Vec<String>>,
}

impl Sources {
    pub(super) fn new() -> Sources {
        Sources {
            list: RwSignal::new(Vec::new()),
            config: RwSignal::new(ConfigState::Loading),
            title: RwSignal::new(None),
            problems: RwSignal::new(Vec::new()),
        }
    }

    /// The source with this id.
    pub fn find(self, id: &str) -> Option<Source> {
        self.list
            .with_untracked(|list| list.iter().find(|source| source.config.id == id).cloned())
    }

    /// The source with this number.
    pub fn at(self, index: u16) -> Option<Source> {
        self.list
            .with_untracked(|list| list.get(usize::from(index)).cloned())
    }
}
