//! A run, live: WatchActions tells of its actions, GetRunDetails of the run every few seconds.
//!
//! The stream never ends by itself and is kept open past the root's end until it is quiet: the last actions of a large run come after it. News that
//! were lost show in the root's counts; then, and from time to time, the stream is opened anew, because each begins with all that there is.
//! Where streams do not pass, the actions are asked for.

use std::rc::Rc;

use futures_util::{FutureExt as _, TryFutureExt as _};

use super::detail::{self, Whole};
use super::id::Id;
use super::poll_actions::{self, Polled};
use super::request::{RUNS, Server, Told};
use super::tree::{Known, frame};
use super::watch::{Answer, Event, Follow, Line};
use crate::backend::{BackendError, Topic, Update};
use crate::model::{Run, StepCounts};

/// Seconds between two questions for the run.
const EVERY: u32 = 4;
/// So long after the last frame all has been said; longer, while actions of a run that is over are not.
const QUIET: u32 = 2;
const LAST_WORDS: u32 = 60;
/// Between two frames of a snapshot there may be so long: a slow one is not broken off.
const PAUSE: u32 = 10;
/// A stream that says nothing for so long says nothing: the first frame is there at once.
const SILENT: u32 = 5;
/// A stream is opened anew after so long at the latest, and later for large runs.
const AGE: u32 = 30;

pub(super) struct Tree {
    line: Line,
    id: Id,
    /// As the page asked for it.
    topic: String,
    run: Run,
    known: Known,
    /// Seconds: of this stream, since its last frame, since the last question, and of disagreement.
    age: u32,
    quiet: u32,
    since: u32,
    doubt: u32,
    /// How long a disagreement is borne; doubled each time, for a server that always disagrees.
    patience: u32,
    has_frame: bool,
    is_live: bool,
    /// The run was over when this stream was opened.
    is_last: bool,
    /// The actions are asked for, because no stream passes.
    is_asking: bool,
    asks: u32,
}

pub(super) async fn open(
    server: Rc<Server>,
    topic: String,
) -> Result<Box<dyn Follow>, BackendError> {
    let id = server.named(&topic)?;
    let whole = detail::run(&server, &id).await?;
    let kept = server.tree.borrow_mut().take();
    let known = match kept {
        Some((of, known)) if of == topic => known,
        _ => Known::default(),
    };
    let is_asking = server.silent_streams.get() >= 2;
    let mut tree = Tree {
        line: Line::new(server),
        id,
        topic,
        run: whole.run.clone(),
        known,
        age: 0,
        quiet: 0,
        since: 0,
        doubt: 0,
        patience: 3,
        has_frame: false,
        is_live: false,
        is_last: false,
        is_asking: false,
        asks: 0,
    };
    tree.took_run(whole);
    match is_asking {
        true => tree.ask_instead("no stream passes"),
        false => tree.reopen(),
    }
    Ok(Box::new(tree))
}

impl Drop for Tree {
    fn drop(&mut self) {
        let known = std::mem::take(&mut self.known);
        *self.line.server.tree.borrow_mut() = Some((self.topic.clone(), known));
    }
}

impl Tree {
    /// Opens the stream, anew if there is one: never two at once.
    fn reopen(&mut self) {
        self.line.feed = None;
        self.known.begin();
        (self.age, self.quiet, self.doubt, self.has_frame) = (0, 0, 0, false);
        self.is_last = self.run.phase.is_terminal();
        let message = self.id.run(&self.line.server.scope);
        self.line.feed = Some(self.line.server.open(RUNS, "WatchActions", &message));
    }

    fn ask_instead(&mut self, why: &str) {
        self.is_asking = true;
        self.asks = 0;
        let words = [
            why,
            ": the actions of this run are asked for every few seconds instead (a proxy that collects answers before it passes them on? logs then come when they end)",
        ];
        self.line.push(Update::Note(Some(words.concat())));
    }

    fn took_run(&mut self, whole: Whole) {
        let mut run = whole.run;
        run.id.clone_from(&self.topic);
        run.steps = self.run.steps;
        self.line.problems(whole.problems);
        if run == self.run && self.is_live {
            self.line.push(Update::Beat);
            return;
        }
        self.run = run;
        self.line.push(Update::Runs(vec![self.run.clone()]));
    }

    /// The root as the tree tells it, sooner than the run's own row.
    fn took_root(&mut self, root: &Run, steps: StepCounts) {
        let run = &mut self.run;
        let is_news =
            run.steps != steps || run.phase != root.phase || run.ended_at != root.ended_at;
        if !is_news {
            return;
        }
        if run.phase != root.phase {
            // Why it ended stands in its details only.
            self.since = EVERY;
            run.reason = None;
        }
        (run.phase, run.ended_at, run.steps) = (root.phase, root.ended_at, steps);
        run.raw_status.clone_from(&root.raw_status);
        run.started_at = root.started_at.or(run.started_at);
        let news = run.clone();
        self.line.push(Update::Runs(vec![news]));
    }

    fn took_frame(&mut self, bytes: &[u8]) -> Result<(), BackendError> {
        let frame = frame(bytes, &mut self.known)?;
        if !self.has_frame {
            // It passes again.
            self.line.push(Update::Note(None));
        }
        (self.quiet, self.has_frame, self.is_asking) = (0, true, false);
        self.line.server.silent_streams.set(0);
        self.line.problems(frame.problems);
        self.line.push(Update::Steps {
            is_all: false,
            run: self.topic.clone(),
            steps: frame.steps,
        });
        if let Some((root, steps)) = frame.root {
            self.took_root(&root.run(), steps);
        }
        Ok(())
    }

    fn tick(&mut self) {
        self.age += 1;
        self.quiet += 1;
        self.since += 1;
        if self.since >= EVERY && self.line.asked.is_none() {
            self.since = 0;
            self.ask();
        }
        if self.is_asking {
            // The stream may pass again.
            if self.age >= 2 * AGE {
                self.reopen();
            }
            return;
        }
        if !self.has_frame {
            if self.quiet >= SILENT {
                let silent = self.line.server.silent_streams.get();
                self.line.server.silent_streams.set(silent + 1);
                self.ask_instead("the stream of actions says nothing");
            }
            return;
        }
        let is_complete = self.known.is_complete();
        if !self.is_live && (is_complete || self.quiet >= PAUSE) {
            self.live();
        }
        self.settle(is_complete);
    }

    fn live(&mut self) {
        self.is_live = true;
        self.line.live();
    }

    /// Whether all has been said, and whether what was said can be believed.
    fn settle(&mut self, is_complete: bool) {
        let agrees = self.known.is_consistent();
        self.doubt = if agrees { 0 } else { self.doubt + 1 };
        let is_over = self.run.phase.is_terminal();
        if self.quiet >= QUIET && is_over && self.is_last {
            let is_all = is_complete && agrees && self.known.is_over();
            if !is_all && self.quiet >= LAST_WORDS {
                let words = "the run is over, and its actions are not all: they are shown as the server last told them";
                self.line.push(Update::Problem(words.into()));
            }
            if is_all || self.quiet >= LAST_WORDS {
                let topic = Topic::Run(self.topic.clone());
                self.line.end(topic);
                return;
            }
        }
        let size = u32::try_from(self.known.len()).unwrap_or(u32::MAX);
        let is_old = !is_over && self.age >= AGE.max(size / 100);
        let is_wrong = self.doubt >= self.patience;
        let ended = is_over && !self.is_last;
        let is_quiet = self.quiet >= if is_complete { QUIET } else { PAUSE };
        if is_quiet && (is_wrong || ended) || is_old && (is_complete || is_quiet) {
            if is_wrong {
                self.patience = self.patience.saturating_mul(2).min(LAST_WORDS);
            }
            self.reopen();
        }
    }

    /// The run, or its actions where no stream passes; those of large runs more rarely.
    fn ask(&mut self) {
        let rarely = u32::try_from(self.known.len() / 500).unwrap_or(0) + 1;
        let is_due = self.is_asking && self.asks.is_multiple_of(2 * rarely);
        self.asks += u32::from(self.is_asking);
        let server = &self.line.server;
        self.line.asked = Some(match is_due {
            true => poll_actions::all(server, &self.id, self.known.clone())
                .map_ok(|polled| Answer::Actions(Box::new(polled)))
                .boxed_local(),
            false => detail::run(server, &self.id)
                .map_ok(|whole| Answer::Run(Box::new(whole)))
                .boxed_local(),
        });
    }

    fn took_actions(&mut self, polled: Polled) {
        self.line.problems(polled.problems);
        self.known = polled.known;
        self.line.push(Update::Steps {
            is_all: false,
            run: self.topic.clone(),
            steps: polled.steps,
        });
        if let Some((root, steps)) = polled.root {
            self.took_root(&root, steps);
        }
        if !self.is_live {
            self.live();
        }
        if self.run.phase.is_terminal() && self.is_last && self.known.is_over() {
            let topic = Topic::Run(self.topic.clone());
            self.line.end(topic);
        }
        self.is_last = self.run.phase.is_terminal();
    }

    fn told(&mut self, told: Told) -> Result<(), BackendError> {
        match told {
            Told::Message(bytes) => self.took_frame(&bytes),
            Told::Done => Err(BackendError::Unreachable(
                "the stream of actions ended".into(),
            )),
            Told::Broken(error) => {
                let server = &self.line.server;
                let silent = server.silent_streams.get() + u32::from(!self.has_frame);
                server.silent_streams.set(silent);
                let is_none = matches!(error, BackendError::Unsupported(_));
                if !self.has_frame && (is_none || error.is_passing() && silent >= 2) {
                    self.ask_instead(&["no stream of actions (", &error.to_string(), ")"].concat());
                    return Ok(());
                }
                Err(error)
            }
        }
    }
}

impl Follow for Tree {
    fn line(&mut self) -> &mut Line {
        &mut self.line
    }

    fn take(&mut self, event: Event) -> Result<(), BackendError> {
        match event {
            Event::Tick => self.tick(),
            Event::Told(told) => self.told(told)?,
            Event::Asked(answer) => match *answer {
                Answer::Run(whole) => self.took_run(*whole),
                Answer::Actions(polled) => self.took_actions(*polled),
                Answer::Runs(_) | Answer::Action(..) => {}
            },
        }
        Ok(())
    }
}
