//! [`Tasks`]: what can be run, for sources that keep a list of it.

use futures_util::future::LocalBoxFuture;

use super::{BackendError, Decoded, Page};
use crate::model::{Phase, Timestamp};

/// A task, by its newest version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskRow {
    /// Unique inside its source: `project/domain/name`.
    pub id: String,
    pub version: String,
    pub name: String,
    pub description: String,
    pub environment: String,
    pub deployed_at: Option<Timestamp>,
    pub deployed_by: Option<String>,
}

/// By what a source orders a list of tasks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TaskKey {
    #[default]
    Name,
    /// Project, then domain.
    Place,
    /// When the newest version was deployed.
    Deployed,
    /// Who deployed it.
    By,
}

/// How a list of tasks is ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TaskOrder {
    pub key: TaskKey,
    pub is_descending: bool,
}

/// One input of a task.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskInput {
    pub name: String,
    /// The source's word for a simple type (`STRING`, `INTEGER`, `FLOAT`, `BOOLEAN`, ...), `ENUM`, or `list of` and `map of` these, which are typed as
    /// JSON; `None`: another type, see `type_json`.
    pub kind: Option<String>,
    /// The values of an `ENUM`.
    pub choices: Vec<String>,
    pub type_json: String,
    pub description: String,
    pub is_required: bool,
    /// As the source's JSON.
    pub default: Option<String>,
}

/// A version of a task in full.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskInfo {
    pub row: TaskRow,
    pub inputs: Vec<TaskInput>,
    /// As the source's JSON.
    pub spec: String,
}

/// What starts a task by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TriggerRow {
    pub name: String,
    /// Id of its task.
    pub task: String,
    pub is_active: bool,
    /// When, in the source's words.
    pub schedule: String,
    pub triggered_at: Option<Timestamp>,
}

/// How the runs of one task went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskGroup {
    /// Id of the task.
    pub task: String,
    pub total: u64,
    /// How many of them failed or timed out.
    pub failed: u64,
    pub latest: Option<Timestamp>,
    /// Ids of the newest runs, the newest first, and how each stands.
    pub recent: Vec<(String, Phase)>,
}

type Answer<T> = LocalBoxFuture<'static, Result<Decoded<T>, BackendError>>;

/// How far back [`Tasks::groups`] looks.
pub const GROUP_DAYS: u32 = 30;

/// A source's list of what can be run. The same errors as of [`super::Backend`].
pub trait Tasks {
    /// `text` is found anywhere in a name, in any case; `page` is a [`Page::next`] of an earlier answer.
    fn list(
        &self,
        text: &str,
        order: TaskOrder,
        limit: u32,
        page: Option<&str>,
    ) -> Answer<Page<TaskRow>>;

    /// Newest first.
    fn versions(&self, task: &str) -> Answer<Vec<TaskRow>>;

    fn task(&self, task: &str, version: &str) -> Answer<TaskInfo>;

    /// A new version; `spec` is the source's JSON.
    fn deploy(&self, task: &str, version: &str, spec: &str) -> Answer<()>;

    /// Of one task, or all.
    fn triggers(&self, task: Option<&str>) -> Answer<Vec<TriggerRow>>;

    /// How the runs of the last [`GROUP_DAYS`] days went, by task; `places` are the `project/domain` that are asked about.
    fn groups(&self, places: &[String]) -> Answer<Vec<TaskGroup>>;

    /// The source's JSON of inputs as people type them.
    ///
    /// # Errors
    /// Words for people that name the input and what is expected.
    fn inputs(&self, values: &[(TaskInput, String)]) -> Result<String, String>;

    /// The inputs that a task takes, by its text in the source's JSON ([`TaskInfo::spec`]).
    fn interface(&self, spec: &str) -> Vec<TaskInput>;

    /// Names of inputs and their values as people would type them, from the source's JSON of inputs.
    fn values(&self, inputs: &str) -> Vec<(String, String)>;

    /// A default as people would type it.
    fn typed(&self, value: &str) -> String;

    fn set_trigger(&self, trigger: &TriggerRow, is_active: bool) -> Answer<()>;
}
