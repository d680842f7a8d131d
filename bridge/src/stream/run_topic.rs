//! The topic `run:ID`: a run's row, its steps and the lines of its log.

use std::fs::File;
use std::path::{Path, PathBuf};

use runboard_core::backend::runs_api::encode;
use runboard_core::backend::runs_api::wire::{LogList, Notice, StepList};
use runboard_core::model::{Run, Step};

use super::list_topic::upserts;
use super::{Event, MAX_EVENT};
use crate::api::logs::with_lines;
use crate::cursor::{Cursor, LogPosition, Writer};
use crate::log::query::line;
use crate::log::row::{Rows, parts};
use crate::source::{Detail, Position, Source, State, same_step};

/// An event holds at most so many log lines.
const MAX_LINES: usize = 500;

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
    log: Option<PathBuf>,
}

/// How far the reader is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place {
    events: Position,
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
    News { detail: Box<Detail>, changed: u64 },
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
            at.offset == 0
                || detail
                    .log
                    .as_ref()
                    .is_some_and(|log| holds(&log.with_file_name(name), at))
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
            log: now.1,
        };
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
        topic
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
        if self.stage == Stage::Ended || (self.changed == Some(changed) && changed != 0) {
            return Asked::Same;
        }
        match state.detail(&self.id) {
            Some(detail) => Asked::News {
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
                if self.stage == Stage::Following {
                    batch.events.push((
                        Event::gap(&self.name(), &format!("run {} was removed", self.id)),
                        Place::default(),
                    ));
                    self.stage = Stage::Missing;
                }
                return batch;
            }
            Asked::News { detail, changed } => {
                let epoch = detail.events.map_or(0, |events| events.1);
                if self.stage == Stage::Missing {
                    (self.run, self.steps, self.epoch) = (None, Vec::new(), epoch);
                    place = Place::default();
                    self.stage = Stage::Following;
                }
                if epoch != self.epoch {
                    self.epoch = epoch;
                    place = Place {
                        events: detail.events.unwrap_or_default().0,
                        log: end_of_log(source, &self.id, detail.log.as_deref()),
                    };
                    batch.events.push((
                        Event::gap(&self.name(), "the run's files were rewritten"),
                        place,
                    ));
                }
                self.changed = Some(changed);
                self.log.clone_from(&detail.log);
                self.row_and_steps(*detail, &mut place, &mut batch);
            }
            Asked::Same => {}
        }
        if self.stage != Stage::Following {
            return batch;
        }
        batch.more = self.lines(source, &mut place, &mut batch);
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

    fn row_and_steps(&mut self, detail: Detail, place: &mut Place, batch: &mut Batch) {
        let same = self.run.as_ref().is_some_and(|old| {
            let mut old = old.clone();
            old.version = detail.run.version;
            old == detail.run
        });
        if !same {
            batch.events.extend(
                upserts(std::iter::once(detail.run.clone()))
                    .into_iter()
                    .map(|event| (event, *place)),
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
                batch.events.push((Event::new("steps", &news), *place));
                (news.steps, size) = (Vec::new(), 0);
            }
        }
        place.events = detail.events.unwrap_or_default().0;
        if !news.steps.is_empty() {
            batch.events.push((Event::new("steps", &news), *place));
        } else if let Some((_, last)) = batch.events.last_mut() {
            last.events = place.events;
        }
        (self.run, self.steps) = (Some(detail.run), detail.steps);
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

fn holds(path: &Path, at: &Position) -> bool {
    File::open(path).is_ok_and(|file| at.holds(&file))
}

fn end_of_log(source: &Source, id: &str, path: Option<&Path>) -> LogPosition {
    let index = path
        .and_then(|path| source.logs.get(id, path).ok())
        .map(|(index, _)| index);
    index.map_or_else(LogPosition::default, |index| LogPosition {
        end: index.end,
        rows: index.rows,
    })
}

struct ReadLines {
    event: Option<Event>,
    end: LogPosition,
    more: bool,
}

/// Reads on behind `from`. `None`: the file is no longer the one that was read.
fn read_lines(id: &str, path: &Path, from: LogPosition) -> std::io::Result<Option<ReadLines>> {
    if !std::fs::symlink_metadata(path).is_ok_and(|meta| meta.is_file()) {
        return Ok((from.end.offset == 0).then_some(ReadLines {
            event: None,
            end: from,
            more: false,
        }));
    }
    let file = File::open(path)?;
    if !from.end.holds(&file) {
        return Ok(None);
    }
    let mut rows = Rows::new(&file, from.end.offset, file.metadata()?.len());
    let (mut lines, mut size, mut offset) = (Vec::new(), 0, from.end.offset);
    let mut more = false;
    while let Some(row) = rows.next()? {
        offset += row.len;
        let line = line(parts(&row), None).unwrap_or_default();
        size += line.len();
        lines.push(line);
        if lines.len() >= MAX_LINES || size >= MAX_EVENT {
            more = true;
            break;
        }
    }
    if lines.is_empty() {
        return Ok(Some(ReadLines {
            event: None,
            end: from,
            more: false,
        }));
    }
    let list = LogList {
        run: id.into(),
        first: from.rows + 1,
        ..LogList::default()
    };
    let end = LogPosition {
        end: Position::of(&file, offset)?,
        rows: from.rows + lines.len() as u64,
    };
    let data = with_lines(&list, lines.iter().map(Vec::as_slice)).unwrap_or_default();
    Ok(Some(ReadLines {
        event: Some(Event { name: "log", data }),
        end,
        more,
    }))
}
