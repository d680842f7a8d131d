//! The log of one attempt, live. The server ends it with the attempt; a connection that breaks before is opened anew, and what comes twice is left out.

use std::rc::Rc;

use futures_util::FutureExt as _;

use super::decode::ROOT;
use super::detail;
use super::id::Id;
use super::list::resolve;
use super::log::{self, Place, Seen, lines};
use super::request::{Server, Told};
use super::watch::{Answer, Event, Follow, Line};
use crate::backend::lenient::Problems;
use crate::backend::{BackendError, LogBatch, Topic, Update};
use crate::model::Phase;

/// Seconds between two questions for the action.
const EVERY: u32 = 5;

struct Log {
    line: Line,
    id: Id,
    topic: Topic,
    run: String,
    place: Place,
    /// The last attempt was meant, whichever that is.
    is_last: bool,
    seen: Seen,
    since: u32,
    /// Seconds until the log is opened (again); `None`: it is open, or complete.
    retry: Option<u32>,
    failures: u32,
    /// The attempt is over, so that what the server ends is complete.
    is_over: bool,
    is_live: bool,
    is_complete: bool,
}

pub(super) async fn open(
    server: Rc<Server>,
    run: String,
    step: String,
    attempt: Option<u32>,
) -> Result<Box<dyn Follow>, BackendError> {
    let id = resolve(&server, &run).await?;
    let place = log::place(&server, &id, &step, attempt).await?;
    let mut log = Log {
        line: Line::new(server),
        id,
        topic: Topic::Log {
            run: run.clone(),
            step,
            attempt,
        },
        run,
        place,
        is_last: attempt.is_none(),
        seen: Seen::default(),
        since: EVERY,
        retry: None,
        failures: 0,
        is_over: false,
        is_live: false,
        is_complete: false,
    };
    log.reopen();
    Ok(Box::new(log))
}

/// How an action stands. While its run goes on, one that failed may be tried once more, which is of interest to who looks at the last attempt.
async fn standing(
    server: Rc<Server>,
    id: Id,
    step: String,
    is_last: bool,
) -> Result<Answer, BackendError> {
    let (act, _) = detail::action(&server, &id, &step).await?;
    let mut may_follow = false;
    if is_last && act.phase.is_failure() && step != ROOT {
        let (root, _) = detail::action(&server, &id, ROOT).await?;
        may_follow = !root.phase.is_terminal();
    }
    Ok(Answer::Action(act.phase, act.attempts, may_follow))
}

impl Log {
    fn reopen(&mut self) {
        self.seen.reconnect();
        self.line.feed = Some(log::open(&self.line.server, &self.id, &self.place));
    }

    fn tick(&mut self) {
        self.since += 1;
        if self.since >= EVERY && self.line.asked.is_none() {
            self.since = 0;
            let asked = standing(
                self.line.server.clone(),
                self.id.clone(),
                self.place.step.clone(),
                self.is_last,
            );
            self.line.asked = Some(asked.boxed_local());
        }
        match self.retry {
            Some(0) => {
                self.retry = None;
                self.reopen();
            }
            Some(seconds) => self.retry = Some(seconds - 1),
            None => {}
        }
    }

    fn asked(&mut self, phase: Phase, attempts: u32, may_follow: bool) {
        if !self.is_live {
            self.is_live = true;
            self.line.live();
        } else {
            self.line.push(Update::Beat);
        }
        self.is_over = phase.is_terminal() || attempts > self.place.attempt;
        if self.is_last && attempts > self.place.attempt {
            // Lines of another attempt begin at 1 again.
            let reason = ["attempt ", &attempts.to_string(), " has begun"].concat();
            let topic = Some(self.topic.clone());
            self.line.push(Update::Gap { topic, reason });
            self.place.attempt = attempts;
            (self.seen, self.is_over) = (Seen::default(), phase.is_terminal());
            (self.is_complete, self.failures) = (false, 0);
            self.reopen();
        } else if self.is_over && self.is_complete && !may_follow {
            let topic = self.topic.clone();
            self.line.end(topic);
        }
    }

    fn told(&mut self, told: Told) -> Result<(), BackendError> {
        match told {
            Told::Message(bytes) => {
                self.failures = 0;
                let mut problems = Problems::new();
                let first = self.seen.count + 1;
                let lines = lines(&bytes, &self.place.step, &mut self.seen, &mut problems)?;
                self.line.problems(problems);
                if !lines.is_empty() {
                    let batch = LogBatch {
                        first,
                        lines,
                        total: None,
                    };
                    self.line.push(Update::Log {
                        run: self.run.clone(),
                        batch,
                    });
                }
            }
            // The pod does not run: that is the end, unless the action goes on.
            Told::Done => self.complete(),
            // No container yet; or, when the action is over, none any more.
            Told::Broken(BackendError::NotFound(_)) if !self.is_over => self.retry = Some(2),
            Told::Broken(BackendError::NotFound(why)) => {
                if self.seen.count == 0 {
                    let words = ["no log of ", &self.place.step, ": ", &why.detail].concat();
                    self.line.push(Update::Problem(words));
                }
                self.complete();
            }
            Told::Broken(error) if error.is_passing() => {
                self.failures += 1;
                self.retry = Some((1 << self.failures.min(3)) - 1);
            }
            // Whatever else is followed goes on.
            Told::Broken(error) => {
                if matches!(error, BackendError::Unsupported(_)) {
                    self.line.server.has_data.set(Some(false));
                }
                let words = ["no log of ", &self.place.step, ": ", &error.to_string()];
                self.line.push(Update::Problem(words.concat()));
                let topic = self.topic.clone();
                self.line.end(topic);
            }
        }
        Ok(())
    }

    fn complete(&mut self) {
        self.is_complete = true;
        match self.is_over {
            // Once more asked, then it is the end; else the server ended it too early.
            true => self.since = EVERY,
            false => self.retry = Some(2),
        }
    }
}

impl Follow for Log {
    fn line(&mut self) -> &mut Line {
        &mut self.line
    }

    fn take(&mut self, event: Event) -> Result<(), BackendError> {
        match event {
            Event::Tick => self.tick(),
            Event::Told(told) => self.told(told)?,
            Event::Asked(answer) => {
                if let Answer::Action(phase, attempts, may_follow) = *answer {
                    self.asked(phase, attempts, may_follow);
                }
            }
        }
        Ok(())
    }
}
