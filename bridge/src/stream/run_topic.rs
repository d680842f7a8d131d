//! The topic `run:ID`: a run's row, its steps, its events and the lines of its log.

use std::path::PathBuf;

use runboard_core::backend::runs_api::encode;
use runboard_core::backend::runs_api::wire::{Notice, StepList};
use runboard_core::model::{Run, Step};
use serde_json::Value;

use super::list_topic::upserts;
use super::run_files::{self, end_of_log, holds, read_events, read_lines};
use super::{Event, MAX_EVENT};
use crate::cursor::{Cursor, LogPosition, Writer};
use crate::source::{Detail, Position, Source, State, events, same_step};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Missing,
    Following,
    Ended,
}

pub(super) struct RunTopic {
    id: String,
    stage: Stage,
    /// The source's change that was told last.
    changed: Option<u64>,
    epoch: u64,
    run: Option<Run>,
    steps: Vec<Step>,
    place: Place,
    /// How far the source has taken the events in.
    upto: Position,
    folder: Option<PathBuf>,
    log: Option<PathBuf>,
}

/// How far the reader is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place {
    events: Position,
    /// How many events stand before that.
    told: u64,
    log: LogPosition,
}

/// Events, each with the place behind it.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) events: Vec<(Event, Place)>,
    pub(super) more: bool,
}

/// What the source says of the run.
pub(super) enum Asked {
    Same,
    Gone,
    News {
        detail: Box<Detail>,
        changed: u64,
        /// Of a run that came as a line of a history.
        line: Option<Value>,
    },
}

impl RunTopic {
    pub(super) fn open(
        source: &Source,
        id: String,
        detail: Option<Detail>,
        after: &Cursor,
        events: &mut Vec<Event>,
    ) -> RunTopic {
        let mut topic = RunTopic {
            id,
            stage: Stage::Missing,
            changed: None,
            epoch: 0,
            run: None,
            steps: Vec::new(),
            place: Place::default(),
            upto: Position::default(),
            folder: None,
            log: None,
        };
        let Some(detail) = detail else {
            events.push(Event::gap(
                &topic.name(),
                &format!("there is no run {}", topic.id),
            ));
            return topic;
        };
        topic.stage = Stage::Following;
        let (events_at, log_at) = (after.events.get(&topic.id), after.logs.get(&topic.id));
        let now = (
            detail.events.unwrap_or_default().0,
            end_of_log(source, &topic.id, detail.log.as_deref()),
        );
        let holds = |name: &str, at: &Position| {
            let folder = detail.folder.as_ref();
            at.offset == 0 || folder.is_some_and(|folder| holds(&folder.join(name), at))
        };
        let kept = events_at.is_none_or(|at| holds("events.jsonl", at))
            && log_at.is_none_or(|at| holds("log.tsv", &at.end));
        let strange = after.garbage && events_at.is_none() && log_at.is_none();
        if !kept || strange {
            let reason = if strange {
                "the cursor is not one of this server"
            } else {
                "the run's files were rewritten since the cursor"
            };
            events.push(Event::gap(&topic.name(), reason));
        }
        topic.place = Place {
            events: now.0,
            told: 0,
            log: now.1,
        };
        topic.upto = now.0;
        topic.folder.clone_from(&detail.folder);
        topic.epoch = detail.events.map_or(0, |events| events.1);
        topic.log.clone_from(&detail.log);
        if let Some(at) = log_at.filter(|_| kept) {
            topic.place.log = *at;
        }
        match events_at.filter(|_| kept) {
            // The row may differ in what no event told, so it is always sent again.
            Some(at) => {
                topic.steps = if *at == now.0 {
                    detail.steps
                } else {
                    Vec::new()
                };
                topic.place.events = *at;
            }
            None => (topic.run, topic.steps) = (Some(detail.run), detail.steps),
        }
        topic.place.told = topic.count(&topic.place.events);
        topic
    }

    /// Whether the run has begun again since it was told of; it may be over again by now.
    fn has_resumed(&self, run: &Run) -> bool {
        self.run
            .as_ref()
            .is_some_and(|old| old.attempt < run.attempt)
    }

    /// How many events stand before that place.
    fn count(&self, at: &Position) -> u64 {
        let path = self
            .folder
            .as_ref()
            .map(|folder| folder.join("events.jsonl"));
        path.map_or(0, |path| events::count(&path, at))
    }

    fn name(&self) -> String {
        format!("run:{}", self.id)
    }

    pub(super) fn write(&self, id: &mut Writer) {
        id.events(&self.id, &self.place.events);
        id.log(&self.id, &self.place.log);
    }

    pub(super) fn settle(&mut self, place: Place) {
        self.place = place;
    }

    /// Asks the source for what the reader does not know. Short: the source is held.
    pub(super) fn ask(&mut self, state: &State) -> Asked {
        let changed = state
            .folders
            .get(&self.id)
            .map_or(0, |folder| folder.changed);
        // What is over may go on: a run of a folder can be resumed. A line of a history stays as it is.
        let over = self.stage == Stage::Ended && changed == 0 && self.folder.is_none();
        if over || (self.changed == Some(changed) && changed != 0) {
            return Asked::Same;
        }
        match state.detail(&self.id) {
            Some(detail) => Asked::News {
                line: match detail.folder {
                    None if self.stage == Stage::Missing => state.line(&self.id),
                    _ => None,
                },
                detail: Box::new(detail),
                changed,
            },
            None => Asked::Gone,
        }
    }

    /// The next events: row and steps, then a batch of lines, then the end.
    pub(super) fn batch(&mut self, source: &Source, asked: Asked) -> Batch {
        let mut batch = Batch::default();
        let mut place = self.place;
        match asked {
            Asked::Gone => {
                if self.stage != Stage::Missing {
                    batch.events.push((
                        Event::gap(&self.name(), &format!("run {} was removed", self.id)),
                        Place::default(),
                    ));
                    self.stage = Stage::Missing;
                }
                return batch;
            }
            Asked::News {
                detail,
                changed,
                line,
            } => {
                let epoch = detail.events.map_or(0, |events| events.1);
                let came = self.stage == Stage::Missing;
                if came {
                    (self.run, self.steps, self.epoch) = (None, Vec::new(), epoch);
                    place = Place::default();
                    self.stage = Stage::Following;
                } else if !detail.run.phase.is_terminal() || self.has_resumed(&detail.run) {
                    self.stage = Stage::Following;
                }
                self.upto = detail.events.unwrap_or_default().0;
                self.folder.clone_from(&detail.folder);
                if epoch != self.epoch {
                    self.epoch = epoch;
                    place = Place {
                        events: self.upto,
                        told: self.count(&self.upto),
                        log: end_of_log(source, &self.id, detail.log.as_deref()),
                    };
                    batch.events.push((
                        Event::gap(&self.name(), "the run's files were rewritten"),
                        place,
                    ));
                }
                self.changed = Some(changed);
                self.log.clone_from(&detail.log);
                let told = match came && detail.folder.is_none() {
                    true => events::of_history(&detail.run, &detail.steps, line.as_ref()),
                    false => Vec::new(),
                };
                let run = detail.run.clone();
                let version = self.run.as_ref().map(|run| run.version);
                let before = batch.events.len();
                self.row_and_steps(*detail, place, &mut batch);
                // It changed, and nothing of it differs: what it would do now does, and its version says so.
                if before == batch.events.len() && version.is_some_and(|old| old < run.version) {
                    let row = upserts(std::iter::once(run)).into_iter();
                    batch.events.extend(row.map(|event| (event, place)));
                }
                let told = run_files::batch(&self.id, told);
                batch
                    .events
                    .extend(told.into_iter().map(|event| (event, place)));
            }
            Asked::Same => {}
        }
        let more = self.events(&mut place, &mut batch);
        if self.stage != Stage::Following {
            batch.more = more;
            return batch;
        }
        batch.more = self.lines(source, &mut place, &mut batch) || more;
        // A line of a history is written when its run is over.
        let over =
            self.log.is_none() || self.run.as_ref().is_some_and(|run| run.phase.is_terminal());
        if over && !batch.more {
            self.stage = Stage::Ended;
            batch.events.push((
                Event::new(
                    "end",
                    &Notice {
                        topic: Some(self.name()),
                        ..Notice::default()
                    },
                ),
                place,
            ));
        }
        batch
    }

    fn row_and_steps(&mut self, detail: Detail, place: Place, batch: &mut Batch) {
        let same = self.run.as_ref().is_some_and(|old| {
            let mut old = old.clone();
            old.version = detail.run.version;
            old == detail.run
        });
        if !same {
            batch.events.extend(
                upserts(std::iter::once(detail.run.clone()))
                    .into_iter()
                    .map(|event| (event, place)),
            );
        }
        let mut news = StepList {
            run: self.id.clone(),
            ..StepList::default()
        };
        let mut size = 0;
        for (index, step) in detail.steps.iter().enumerate() {
            if self
                .steps
                .get(index)
                .is_some_and(|old| same_step(old, step))
            {
                continue;
            }
            let step = encode::step(step);
            size += serde_json::to_vec(&step).map_or(0, |bytes| bytes.len());
            news.steps.push(step);
            if size > MAX_EVENT {
                batch.events.push((Event::new("steps", &news), place));
                (news.steps, size) = (Vec::new(), 0);
            }
        }
        if !news.steps.is_empty() {
            batch.events.push((Event::new("steps", &news), place));
        }
        (self.run, self.steps) = (Some(detail.run), detail.steps);
    }

    /// One batch of events; `true` when there are more.
    fn events(&mut self, place: &mut Place, batch: &mut Batch) -> bool {
        let Some(path) = self
            .folder
            .as_ref()
            .map(|folder| folder.join("events.jsonl"))
        else {
            return false;
        };
        let Some(read) = read_events(&self.id, &path, place.events, place.told, self.upto) else {
            return false;
        };
        (place.events, place.told) = (read.end, read.told);
        batch.events.push((read.event, *place));
        place.events.offset < self.upto.offset
    }

    /// One event of lines; `true` when there are more.
    fn lines(&mut self, source: &Source, place: &mut Place, batch: &mut Batch) -> bool {
        let Some(path) = self.log.clone() else {
            return false;
        };
        match read_lines(&self.id, &path, place.log) {
            Ok(Some(read)) => {
                source.count_lines(read.end.rows.saturating_sub(place.log.rows));
                place.log = read.end;
                if let Some(event) = read.event {
                    batch.events.push((event, *place));
                }
                read.more
            }
            Ok(None) => {
                place.log = end_of_log(source, &self.id, Some(&path));
                batch.events.push((
                    Event::gap(&self.name(), "the log was cut or rewritten"),
                    *place,
                ));
                false
            }
            // Asked again at the next look.
            Err(_) => false,
        }
    }
}
