//! [`Backend`]: what every source of runs can be asked, and what it may answer.
//!
//! An adapter is one folder (`mod.rs wire.rs decode.rs request.rs`) and one line in [`registry`]. Wire types end in its `decode.rs`.

pub mod action;
pub mod dagster;
pub mod error;
pub mod flyte;
pub mod follow;
pub mod history;
pub mod info;
pub mod late;
mod lenient;
pub mod query;
pub mod registry;
pub mod rows;
pub mod runs_api;
mod slice;
pub mod tasks;

use futures_util::FutureExt as _;
use futures_util::future::{self, LocalBoxFuture};
use futures_util::stream::LocalBoxStream;

use crate::model::event::RunEvent;
use crate::model::resume::planner::Profile;
use crate::model::{
    Asset, Family, ResumeMode, ResumePlan, Run, RunFilter, RunStats, Step, StepDetail, Timestamp,
    step_detail::StepData,
};

pub use action::{Acted, Action, Again, Launch, NewRun, Order, Template};
pub use error::{BackendError, Missing};
pub use info::{Capabilities, Info, Logs, Turning, Updates, Vocabulary};
pub use query::{EventBatch, EventQuery, LogBatch, LogQuery};
pub use rows::{Backfill, Completing, Counts, Facts, RowFigures, RunFile};
pub use tasks::Tasks;

/// A durable position in a source's changes. Opaque; several may be followed at once.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Cursor(pub String);

/// A value, what could not be read of it, and the position it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded<T> {
    pub value: T,
    /// For people: the field, what was found and what was expected.
    pub problems: Vec<String>,
    pub cursor: Option<Cursor>,
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Where the next page begins; `None`: this is the last.
    pub next: Option<String>,
    /// How many items match in all, when the source knows.
    pub total: Option<u64>,
}

/// Whole runs, each with the number that its brief one has.
pub type Recalled = Vec<(u32, Run)>;

/// How far a list that is read whole has been read, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub read: u64,
    /// Of how many, where that is known.
    pub of: Option<u64>,
}

/// What can be followed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Topic {
    /// The list: upserts of runs.
    Runs,
    /// One run: its row, its steps, its events and its log.
    Run(String),
    /// The log of one attempt of a step, where logs belong to those.
    Log {
        run: String,
        /// Empty: the run's root.
        step: String,
        /// `None`: the last one.
        attempt: Option<u32>,
    },
}

/// News of what is followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Update {
    Runs(Vec<Run>),
    Removed(Vec<String>),
    Steps {
        run: String,
        steps: Vec<Step>,
        /// Those are all of the run: others that were told before are no more.
        is_all: bool,
    },
    Log {
        run: String,
        batch: LogBatch,
    },
    /// New entries of a run's history.
    Events {
        run: String,
        events: Vec<RunEvent>,
    },
    /// All that had happened before the stream was opened has been sent.
    Live {
        server_time: Option<Timestamp>,
    },
    /// The source cannot give every change since the position asked for: read the topic anew.
    Gap {
        topic: Option<Topic>,
        reason: String,
    },
    /// Nothing more will come of this topic.
    End {
        topic: Topic,
    },
    /// A sign of life without news.
    Beat,
    /// Something arrived that could not be read, for people.
    Problem(String),
    /// How news come is not as usual, for people; `None`: it is again.
    Note(Option<String>),
}

/// An update, and the position behind it once it is taken in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Positioned {
    pub update: Update,
    pub cursor: Option<Cursor>,
}

/// The answer of a source that cannot do what it was asked.
fn cannot<T: 'static>(what: &str) -> LocalBoxFuture<'static, Result<T, BackendError>> {
    future::ready(Err(BackendError::no(what))).boxed_local()
}

/// A source of runs. What it cannot do gives [`BackendError::Unsupported`], never a panic.
pub trait Backend {
    fn info(&self) -> LocalBoxFuture<'static, Result<Decoded<Info>, BackendError>>;

    /// Newest first. `page` is a [`Page::next`] of an earlier answer.
    fn list_runs(
        &self,
        filter: &RunFilter,
        limit: u32,
        page: Option<&str>,
    ) -> LocalBoxFuture<'static, Result<Decoded<Page<Run>>, BackendError>>;

    /// Whole runs for the numbers of brief ones ([`Run::brief`]), each with its number, in any order.
    fn recall(
        &self,
        _numbers: &[u32],
    ) -> LocalBoxFuture<'static, Result<Decoded<Recalled>, BackendError>> {
        cannot("brief runs")
    }

    /// How far [`Backend::list_runs`] has come with a list that is one long text. A page of such a list that failed may be asked for again.
    fn progress(&self) -> Option<Progress> {
        None
    }

    fn run(&self, id: &str) -> LocalBoxFuture<'static, Result<Decoded<Run>, BackendError>>;

    fn steps(&self, run: &str)
    -> LocalBoxFuture<'static, Result<Decoded<Vec<Step>>, BackendError>>;

    fn logs(
        &self,
        run: &str,
        query: &LogQuery,
    ) -> LocalBoxFuture<'static, Result<Decoded<LogBatch>, BackendError>>;

    /// Entries of a run's history.
    fn events(
        &self,
        _run: &str,
        _query: &EventQuery,
    ) -> LocalBoxFuture<'static, Result<Decoded<EventBatch>, BackendError>> {
        cannot("events")
    }

    /// One entry of a run's history with all that the source knows of it, where [`Capabilities::event`] says that the others have less.
    fn event(
        &self,
        _run: &str,
        _n: u64,
    ) -> LocalBoxFuture<'static, Result<Decoded<RunEvent>, BackendError>> {
        cannot("more to tell of an event")
    }

    /// Where a run's time went, and what it made.
    fn stats(
        &self,
        _run: &str,
    ) -> LocalBoxFuture<'static, Result<Decoded<RunStats>, BackendError>> {
        cannot("statistics of a run")
    }

    /// A run with all that it was made from and all that were made from it.
    fn lineage(
        &self,
        _run: &str,
    ) -> LocalBoxFuture<'static, Result<Decoded<Family>, BackendError>> {
        cannot("lineage")
    }

    /// The source's own records of a run, as JSON text, exactly as they came.
    fn raw(&self, _run: &str) -> LocalBoxFuture<'static, Result<Decoded<String>, BackendError>> {
        cannot("records of its own to show")
    }

    /// What resuming the run would do, with the steps `turned` the other way round ([`Turning`]), by the rules of `profile`, which counts only where
    /// [`Capabilities::resume_profiles`] says so; changes nothing.
    fn resume_plan(
        &self,
        _run: &str,
        _mode: ResumeMode,
        _turned: &[String],
        _profile: Profile,
    ) -> LocalBoxFuture<'static, Result<Decoded<ResumePlan>, BackendError>> {
        cannot("way to resume a run")
    }

    /// Reads what steps of earlier runs of the same job took, so that the run's plans can say how long theirs may take; false: nothing was found.
    /// For sources that do not say it with each plan.
    fn learn_lengths(
        &self,
        _run: &str,
    ) -> LocalBoxFuture<'static, Result<Decoded<bool>, BackendError>> {
        cannot("lengths to learn")
    }

    /// Does something to a run, once. `key` is the caller's own, new for each wish of the user: sent again with the same key, the same thing is
    /// not done twice. Never called again by itself.
    fn act(
        &self,
        _run: &str,
        _action: &Action,
        _key: &str,
    ) -> LocalBoxFuture<'static, Result<Decoded<Acted>, BackendError>> {
        cannot("actions")
    }

    /// One step in full; of an empty key the run's root.
    fn step(
        &self,
        _run: &str,
        _step: &str,
    ) -> LocalBoxFuture<'static, Result<Decoded<StepDetail>, BackendError>> {
        cannot("more to tell of a step")
    }

    /// What a step took and gave; of an empty key the run's root.
    fn step_data(
        &self,
        _run: &str,
        _step: &str,
    ) -> LocalBoxFuture<'static, Result<Decoded<StepData>, BackendError>> {
        cannot("inputs and outputs of steps")
    }

    /// Where a browser gets the report of a step's attempt (1-based), for some time: an address that may be of another origin.
    fn report(
        &self,
        _run: &str,
        _step: &str,
        _attempt: u32,
    ) -> LocalBoxFuture<'static, Result<Decoded<String>, BackendError>> {
        cannot("reports of steps")
    }

    /// As [`Backend::act`], for what only some sources know.
    fn order(
        &self,
        _order: &Order,
    ) -> LocalBoxFuture<'static, Result<Decoded<Acted>, BackendError>> {
        cannot("such orders")
    }

    /// What can be run, where the source keeps a list of it.
    fn tasks(&self) -> Option<Box<dyn Tasks>> {
        None
    }

    /// How many long connections following these topics takes; browsers allow few.
    fn streams(&self, _topics: &[Topic]) -> usize {
        1
    }

    /// Fetches what is needed before the first question, which otherwise waits for it.
    fn warm(&self) -> LocalBoxFuture<'static, ()> {
        std::future::ready(()).boxed_local()
    }

    /// A step can be asked about by itself ([`Backend::step`], [`Backend::step_data`]), and logs belong to attempts of steps ([`Topic::Log`],
    /// [`LogQuery::step`]; a run's own is that of its root). Known before anything was asked: rows of steps link to it.
    fn tells_of_steps(&self) -> bool {
        false
    }

    /// Following a run tells all its steps, so that they need not be read before.
    fn tells_all_steps(&self) -> bool {
        false
    }

    /// Makes a run of a job, once; `key` as for [`Backend::act`].
    fn launch(
        &self,
        _launch: &Launch,
        _key: &str,
    ) -> LocalBoxFuture<'static, Result<Decoded<Acted>, BackendError>> {
        cannot("way to launch a run")
    }

    /// Whether the action makes sense as the run stands, as far as that is known without asking: why not, for people.
    fn objection(&self, _run: &Run, _action: &Action) -> Option<&'static str> {
        None
    }

    /// What a run was to make and made, and its checks.
    fn assets(
        &self,
        _run: &str,
    ) -> LocalBoxFuture<'static, Result<Decoded<Vec<Asset>>, BackendError>> {
        cannot("assets")
    }

    /// What else the source tells of a run, as names and values for people.
    fn facts(&self, _run: &str) -> LocalBoxFuture<'static, Result<Decoded<Facts>, BackendError>> {
        cannot("further facts of a run")
    }

    /// What of a run can be downloaded, beside its log.
    fn files(
        &self,
        _run: &str,
    ) -> LocalBoxFuture<'static, Result<Decoded<Vec<RunFile>>, BackendError>> {
        cannot("files of a run")
    }

    /// How many runs of a filter stand where, by the source's own words; the filter's own status does not count.
    fn counts(
        &self,
        _filter: &RunFilter,
    ) -> LocalBoxFuture<'static, Result<Decoded<Counts>, BackendError>> {
        cannot("numbers of runs by status")
    }

    /// What the list leaves out of rows that are on screen. A run that is not there is left out.
    fn figures(
        &self,
        _runs: &[String],
    ) -> LocalBoxFuture<'static, Result<Decoded<Vec<RowFigures>>, BackendError>> {
        cannot("figures of rows")
    }

    /// Values that begin with `typed` in any case, the likeliest first.
    fn complete(
        &self,
        _what: &Completing,
        _typed: &str,
    ) -> LocalBoxFuture<'static, Result<Decoded<Vec<String>>, BackendError>> {
        cannot("values to complete")
    }

    /// The latest groups of runs that were asked for together, and those of these ids.
    fn backfills(
        &self,
        _named: &[String],
    ) -> LocalBoxFuture<'static, Result<Decoded<Vec<Backfill>>, BackendError>> {
        cannot("backfills")
    }

    /// Where the whole log can be downloaded, when the source has it as one file.
    fn log_url(&self, run: &str) -> Option<String>;

    /// Of a source that has no stream: how long after the end of one reading ([`Backend::watch`]) the next one begins.
    fn poll_every(&self) -> Option<std::time::Duration> {
        None
    }

    /// One connection's worth of news; it ends with the connection. [`follow`] opens the next one.
    fn watch(
        &self,
        topics: &[Topic],
        after: &[Cursor],
    ) -> LocalBoxFuture<
        'static,
        Result<LocalBoxStream<'static, Result<Positioned, BackendError>>, BackendError>,
    >;
}
