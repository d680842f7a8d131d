//! What can be run, of sources that keep a list of it: the list, one task in full, and changes to it, each once for a confirmed wish.

use std::rc::Rc;
use std::time::Duration;

use leptos::prelude::*;
use runboard_core::backend::tasks::Tasks;
pub use runboard_core::backend::tasks::{
    GROUP_DAYS, TaskGroup, TaskInfo, TaskInput, TaskKey, TaskOrder, TaskRow, TriggerRow,
};
use runboard_core::backend::{BackendError, NewRun, Order};
use runboard_core::model::Run;
use runboard_core::net::Clock as _;

use super::State;
use super::actions::Standing;
use super::reactive::RwSignal;
use super::run_detail::Loaded;
use super::sources::Source;
use super::task::{self, Task};
use crate::browser::clock::BrowserClock;

/// How long typing must rest.
const REST: Duration = Duration::from_millis(250);
const PAGE: u32 = 100;
/// How often runs are counted again, while somebody looks.
const COUNT: Duration = Duration::from_secs(10);

/// The sources that keep a list of tasks. Tracked.
pub fn keepers(state: State) -> Vec<Source> {
    let keeps = |source: &&Source| source.able().is_some() && tasks_of(source).is_some();
    state
        .sources
        .list
        .with(|list| list.iter().filter(keeps).cloned().collect())
}

pub fn tasks_of(source: &Source) -> Option<Rc<dyn Tasks>> {
    source.backend().ok()?.tasks().map(Rc::from)
}

/// The task of a run and its version, where the source keeps a list of tasks. A run that names no version ran what was sent with it.
pub fn task_of(source: &Source, run: &Run) -> Option<(String, String)> {
    let tag = |key: &str| {
        let found = run.tags.iter().find(|(known, _)| known == key);
        found.map(|(_, value)| value.as_str())
    };
    let id = [tag("project")?, "/", tag("domain")?, "/", &run.job].concat();
    let version = tag("version")?.to_string();
    tasks_of(source).map(|_| (id, version))
}

/// The list.
#[derive(Clone, Copy)]
pub struct TaskList {
    pub rows: RwSignal<Loaded<Vec<TaskRow>>>,
    pub next: RwSignal<Option<String>>,
    pub total: RwSignal<Option<u64>>,
    /// How the runs of each task went.
    pub groups: RwSignal<Loaded<Vec<TaskGroup>>>,
    counting: StoredValue<Option<Task>, LocalStorage>,
    asking: StoredValue<Option<Task>, LocalStorage>,
}

impl TaskList {
    /// Belongs to the current owner.
    pub fn of_owner() -> TaskList {
        TaskList {
            rows: RwSignal::new(Loaded::Loading),
            next: RwSignal::new(None),
            total: RwSignal::new(None),
            groups: RwSignal::new(Loaded::Loading),
            counting: StoredValue::new_local(None),
            asking: StoredValue::new_local(None),
        }
    }

    /// Asks for those with `text` in their names, from the beginning.
    pub fn find(self, tasks: Rc<dyn Tasks>, text: String, order: TaskOrder) {
        self.asking.set_value(Some(Task::spawn(async move {
            BrowserClock.sleep(REST).await;
            self.read(tasks, text, order, None).await;
        })));
    }

    /// Counts the runs of these projects and domains, again and again.
    pub fn count(self, tasks: Rc<dyn Tasks>, places: Vec<String>) {
        let hidden = State::get().hidden;
        self.counting.set_value(Some(Task::spawn(async move {
            loop {
                if !hidden.get_untracked() {
                    let answer = tasks.groups(&places).await;
                    let is_shown = self.groups.with_untracked(|old| old.ready().is_some());
                    // What was counted stays while the source does not answer.
                    if answer.is_ok() || !is_shown {
                        self.groups.set(loaded(answer));
                    }
                }
                BrowserClock.sleep(COUNT).await;
            }
        })));
    }

    /// Asks for the next page.
    pub fn more(self, tasks: Rc<dyn Tasks>, text: String, order: TaskOrder) {
        let Some(page) = self.next.get_untracked() else {
            return;
        };
        self.next.set(None);
        self.asking.set_value(Some(Task::spawn(async move {
            self.read(tasks, text, order, Some(page)).await;
        })));
    }

    async fn read(
        self,
        tasks: Rc<dyn Tasks>,
        text: String,
        order: TaskOrder,
        page: Option<String>,
    ) {
        let answer = tasks.list(&text, order, PAGE, page.as_deref()).await;
        match answer {
            Ok(answer) => {
                let found = answer.value;
                self.total.set(found.total);
                self.next.set(found.next);
                let old = self.rows.get_untracked();
                let mut rows = match (page, old) {
                    (Some(_), Loaded::Ready(old)) => old,
                    _ => Vec::new(),
                };
                rows.extend(found.items);
                self.rows.set(Loaded::Ready(rows));
            }
            Err(error) => self.rows.set(Loaded::Failed(error)),
        }
    }
}

/// Reads the triggers of all tasks.
pub async fn read_triggers(tasks: Rc<dyn Tasks>, into: RwSignal<Loaded<Vec<TriggerRow>>>) {
    into.try_set(loaded(tasks.triggers(None).await));
}

/// One task.
#[derive(Clone, Copy)]
pub struct TaskLook {
    pub versions: RwSignal<Loaded<Vec<TaskRow>>>,
    pub info: RwSignal<Loaded<TaskInfo>>,
    pub triggers: RwSignal<Loaded<Vec<TriggerRow>>>,
    /// How its runs went; `None`: it has none, or nobody could say.
    pub group: RwSignal<Option<TaskGroup>>,
    /// How the last change stands.
    pub standing: RwSignal<Standing>,
    asking: StoredValue<Option<Task>, LocalStorage>,
}

fn loaded<T>(answer: Result<runboard_core::backend::Decoded<T>, BackendError>) -> Loaded<T> {
    match answer {
        Ok(answer) => Loaded::Ready(answer.value),
        Err(error) => Loaded::Failed(error),
    }
}

impl TaskLook {
    /// Belongs to the current owner.
    pub fn of_owner() -> TaskLook {
        TaskLook {
            versions: RwSignal::new(Loaded::Loading),
            info: RwSignal::new(Loaded::Loading),
            triggers: RwSignal::new(Loaded::Loading),
            group: RwSignal::new(None),
            standing: RwSignal::new(Standing::Asking),
            asking: StoredValue::new_local(None),
        }
    }

    /// Reads a task; without a version its newest.
    pub fn read(self, tasks: Rc<dyn Tasks>, id: String, version: Option<String>) {
        self.asking.set_value(Some(Task::spawn(async move {
            let versions = tasks.versions(&id).await;
            let newest = versions.as_ref().ok().and_then(|all| all.value.first());
            let version = version.or(newest.map(|row| row.version.clone()));
            self.versions.set(loaded(versions));
            let version = version.unwrap_or_default();
            self.info.set(loaded(tasks.task(&id, &version).await));
            self.triggers.set(loaded(tasks.triggers(Some(&id)).await));
            let place = id.rsplit_once('/').map_or("", |(place, _)| place);
            let groups = tasks.groups(&[place.to_string()]).await;
            let mut groups = groups.map_or(Vec::new(), |groups| groups.value).into_iter();
            self.group.set(groups.find(|group| group.task == id));
        })));
    }

    /// Turns a trigger on or off.
    pub fn set_trigger(self, tasks: Rc<dyn Tasks>, trigger: TriggerRow, is_active: bool) {
        if self.standing.get_untracked() == Standing::Busy {
            return;
        }
        self.standing.set(Standing::Busy);
        task::spawn(async move {
            let done = tasks.set_trigger(&trigger, is_active).await;
            self.standing.try_set(standing(&done));
            let all = tasks.triggers(Some(&trigger.task)).await;
            self.triggers.try_set(loaded(all));
        });
    }
}

fn standing<T>(answer: &Result<T, BackendError>) -> Standing {
    match answer {
        Ok(_) => Standing::Asking,
        Err(error) if error.is_passing() => Standing::Unclear(error.to_string()),
        Err(error) => Standing::Refused(error.to_string()),
    }
}

/// Puts a version of a task at a source. `done` is told only when it is there.
pub fn deploy(
    tasks: Rc<dyn Tasks>,
    (id, version, spec): (String, String, String),
    at: RwSignal<Standing>,
    done: impl FnOnce() + 'static,
) {
    if at.get_untracked() == Standing::Busy {
        return;
    }
    at.set(Standing::Busy);
    let done: Box<dyn FnOnce()> = Box::new(done);
    task::spawn(async move {
        let answer = tasks.deploy(&id, &version, &spec).await;
        if at.try_set(standing(&answer)) && answer.is_ok() {
            done();
        }
    });
}

/// Makes a run. `done` is told its id.
pub fn create(
    source: &Source,
    new: NewRun,
    at: RwSignal<Standing>,
    done: impl FnOnce(Option<String>) + 'static,
) {
    let Ok(backend) = source.backend() else {
        return;
    };
    if at.get_untracked() == Standing::Busy {
        return;
    }
    at.set(Standing::Busy);
    let done: Box<dyn FnOnce(Option<String>)> = Box::new(done);
    let index = source.index;
    task::spawn(async move {
        let answer = backend.order(&Order::Create(new)).await;
        let is_here = at.try_set(standing(&answer));
        if let Ok(answer) = answer {
            let run = answer.value.run;
            let id = run.as_ref().map(|run| run.id.clone());
            if let Some(run) = run {
                State::get().runs.take(index, &[run]);
            }
            if is_here {
                done(id);
            }
        }
    });
}
