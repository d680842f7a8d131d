//! A Runs API that has no stream (`updates: poll`): what is followed is asked for again and again, and told as a stream would tell it.

use std::collections::VecDeque;
use std::time::Duration;

use futures_util::stream::{self, LocalBoxStream, StreamExt as _};

use super::RunsApi;
use crate::backend::{
    Backend as _, BackendError, Cursor, Decoded, EventQuery, LogQuery, Logs, Positioned, Topic,
    Update,
};
use crate::model::RunFilter;

/// How long after the end of one look the next one begins.
pub(super) const POLL: Duration = Duration::from_secs(5);
/// Rows of one look: what is new or goes on stands in front.
const FRONT: u32 = 100;
/// What has changed further back, or is gone, is found by reading the whole list, with every so many looks: about once a minute.
const WHOLE: u32 = 12;
/// Lines and events of the first look, which are on screen by then.
const TAIL: u32 = 500;

/// What a look asks, or tells of itself.
enum Question {
    Runs,
    Run(String),
    Steps(String),
    Lines(String),
    Events(String),
    /// Nothing more will come of the run.
    End(String),
    /// All has been asked.
    Live,
}

/// The last line and the last event that were told: the position of a run's news, of which the source knows nothing. Nobody follows two runs at a time.
#[derive(Clone, Copy, Default)]
struct Place {
    line: Option<u64>,
    event: Option<u64>,
}

impl Place {
    fn parse(cursor: &Cursor) -> Option<Place> {
        let (line, event) = cursor.0.strip_prefix("told ")?.split_once(' ')?;
        Some(Place {
            line: line.parse().ok(),
            event: event.parse().ok(),
        })
    }

    fn cursor(self) -> Cursor {
        let text = |n: Option<u64>| n.map_or_else(|| String::from("-"), |n| n.to_string());
        Cursor(["told ", &text(self.line), " ", &text(self.event)].concat())
    }
}

/// One look at all that is followed.
struct Look {
    api: RunsApi,
    questions: VecDeque<Question>,
    place: Place,
    told: VecDeque<Positioned>,
}

/// Begins a look; fails when the first answer does. It ends by itself.
pub(super) async fn look(
    api: RunsApi,
    topics: Vec<Topic>,
    after: Vec<Cursor>,
) -> Result<LocalBoxStream<'static, Result<Positioned, BackendError>>, BackendError> {
    let mut look = Look {
        api,
        questions: VecDeque::new(),
        place: after.iter().find_map(Place::parse).unwrap_or_default(),
        told: VecDeque::new(),
    };
    for topic in topics {
        match topic {
            Topic::Runs => look.questions.push_back(Question::Runs),
            Topic::Run(id) => look.questions.push_back(Question::Run(id)),
            Topic::Log { .. } => {}
        }
    }
    look.questions.push_back(Question::Live);
    look.ask().await?;
    Ok(stream::unfold(look, |mut look| async move {
        loop {
            if let Some(news) = look.told.pop_front() {
                return Some((Ok(news), look));
            }
            if look.questions.is_empty() {
                return None;
            }
            if let Err(error) = look.ask().await {
                look.questions.clear();
                return Some((Err(error), look));
            }
        }
    })
    .boxed_local())
}

impl Look {
    /// Asks the next question, and has its answer to tell.
    async fn ask(&mut self) -> Result<(), BackendError> {
        let Some(question) = self.questions.pop_front() else {
            return Ok(());
        };
        match question {
            Question::Runs => {
                let all = RunFilter::default();
                let page = self.api.list_runs(&all, FRONT, None).await?;
                let page = self.decoded(page);
                self.tell(Update::Runs(page.items));
                let looks = self.api.looks.get().wrapping_add(1);
                self.api.looks.set(looks);
                if page.next.is_some() && looks.is_multiple_of(WHOLE) {
                    self.tell(Update::Gap {
                        topic: Some(Topic::Runs),
                        reason: String::from("one look shows the newest runs alone"),
                    });
                }
            }
            Question::Run(id) => {
                let run = self.api.run(&id).await?;
                let run = self.decoded(run);
                let is_over = run.phase.is_terminal();
                self.tell(Update::Runs(vec![run]));
                let can = self.api.able.get().unwrap_or_default();
                if is_over {
                    self.questions.push_front(Question::End(id.clone()));
                }
                if can.events {
                    self.questions.push_front(Question::Events(id.clone()));
                }
                if can.logs != Logs::None {
                    self.questions.push_front(Question::Lines(id.clone()));
                }
                self.questions.push_front(Question::Steps(id));
            }
            Question::Steps(id) => {
                if let Some(steps) = self.part(self.api.steps(&id).await)? {
                    self.tell(Update::Steps {
                        run: id,
                        steps,
                        is_all: true,
                    });
                }
            }
            Question::Lines(run) => {
                let query = LogQuery {
                    after: self.place.line,
                    tail: self.place.line.is_none().then_some(TAIL),
                    ..LogQuery::default()
                };
                let batch = self.part(self.api.logs(&run, &query).await)?;
                if let Some(batch) = batch.filter(|batch| !batch.lines.is_empty()) {
                    let last = batch.first.saturating_add(batch.lines.len() as u64 - 1);
                    // A source that begins where it was not asked to must not be asked for the same lines for ever.
                    let is_further = self.place.line < Some(last);
                    self.place.line = Some(last);
                    if is_further && batch.total.is_some_and(|total| total > last) {
                        self.questions.push_front(Question::Lines(run.clone()));
                    }
                    self.tell(Update::Log { run, batch });
                }
            }
            Question::Events(run) => {
                let query = EventQuery {
                    after: self.place.event,
                    tail: self.place.event.is_none().then_some(TAIL),
                    ..EventQuery::default()
                };
                let batch = self.part(self.api.events(&run, &query).await)?;
                let last = batch
                    .as_ref()
                    .and_then(|batch| Some(batch.events.last()?.n));
                if let Some((batch, last)) = batch.zip(last) {
                    let is_further = self.place.event < Some(last);
                    let has_more = batch.has_more && query.after.is_some();
                    self.place.event = Some(last);
                    if is_further && has_more {
                        self.questions.push_front(Question::Events(run.clone()));
                    }
                    self.tell(Update::Events {
                        run,
                        events: batch.events,
                    });
                }
            }
            Question::End(id) => self.tell(Update::End {
                topic: Topic::Run(id),
            }),
            Question::Live => self.tell(Update::Live { server_time: None }),
        }
        Ok(())
    }

    fn tell(&mut self, update: Update) {
        let cursor = match &update {
            Update::Log { .. } | Update::Events { .. } => Some(self.place.cursor()),
            _ => None,
        };
        self.told.push_back(Positioned { update, cursor });
    }

    fn decoded<T>(&mut self, answer: Decoded<T>) -> T {
        for problem in answer.problems {
            self.tell(Update::Problem(problem));
        }
        answer.value
    }

    /// What can be asked again ends the look. What a source has not or cannot tell was said when the run was opened, and the rest is told all the same.
    fn part<T>(
        &mut self,
        answer: Result<Decoded<T>, BackendError>,
    ) -> Result<Option<T>, BackendError> {
        match answer {
            Ok(answer) => Ok(Some(self.decoded(answer))),
            Err(error) if error.is_passing() || error.is_denied() => Err(error),
            Err(_) => Ok(None),
        }
    }
}
