//! The log of one attempt of a step, of a source whose logs belong to those: followed from its beginning while it is looked at.

use leptos::prelude::*;
use runboard_core::backend::follow::{FollowEvent, FollowOptions, Link, follow};
use runboard_core::backend::{Topic, Update};

use super::host_clock;
use super::log_tail::{Loading, LogTail};
use super::run_detail::RunDetail;
use super::task::Task;

/// Follows it as long as the current owner is there. `step` empty: the run's root; no `attempt`: the last one.
pub fn step_log(detail: &RunDetail, step: String, attempt: Option<u32>) -> LogTail {
    let log = LogTail::new();
    let Ok(backend) = detail.source.backend() else {
        return log;
    };
    let run = detail.id.clone();
    let work = async move {
        let topic = Topic::Log { run, step, attempt };
        let mut sink = |event| take(log, event);
        let options = FollowOptions::default();
        follow(
            backend,
            host_clock(),
            vec![topic],
            Vec::new(),
            options,
            &mut sink,
        )
        .await;
    };
    StoredValue::new_local(Task::spawn(work));
    log
}

fn take(log: LogTail, event: FollowEvent) {
    let update = match event {
        FollowEvent::Link(Link::Lost { error, .. } | Link::Stopped(error)) => {
            log.loading.set(Loading::Failed(error));
            return;
        }
        FollowEvent::Link(_) => return,
        FollowEvent::Update(positioned) => positioned.update,
    };
    match update {
        // A new connection sends all from the beginning; what is here already is passed over. After a hole nothing is taken for whole.
        Update::Log { batch, .. } => {
            if log.append(&batch).is_some() {
                log.clear();
                log.append(&batch);
            }
            log.loading.set(Loading::Done);
        }
        Update::Gap { .. } => log.clear(),
        Update::Live { .. } | Update::End { .. } => log.loading.set(Loading::Done),
        _ => {}
    }
}
