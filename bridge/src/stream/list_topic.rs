//! The topic `runs`: upserts and removals of the list.

use runboard_core::backend::runs_api::{encode, wire};
use runboard_core::model::Run;

use super::{Event, MAX_EVENT};
use crate::cursor::{Cursor, Writer};
use crate::source::{Marks, News, RunsPosition, State};

/// Who is so many runs behind reads the list anew: that is one request instead of a flood.
const MAX_BEHIND: usize = 2000;

pub(super) struct ListTopic {
    marks: Marks,
    position: RunsPosition,
    /// News since the cursor that the stream was opened with.
    opening: Option<News>,
}

/// What a look brought, and where the topic stands behind it.
pub(super) struct ListNews {
    pub(super) events: Vec<Event>,
    pub(super) place: (Marks, RunsPosition),
}

impl ListTopic {
    pub(super) fn open(state: &State, after: &Cursor, events: &mut Vec<Event>) -> ListTopic {
        let mut topic = ListTopic {
            marks: state.marks(),
            position: state.position(),
            opening: None,
        };
        let lost = match &after.runs {
            None => after
                .garbage
                .then_some("the cursor is not one of this server"),
            Some(from) => match state.since_position(from) {
                None => Some("runs were removed, or their history was rewritten, since the cursor"),
                Some(news) => {
                    topic.opening = Some(news);
                    topic.position = *from;
                    None
                }
            },
        };
        if let Some(reason) = lost {
            events.push(Event::gap("runs", reason));
        }
        topic
    }

    pub(super) fn write(&self, id: &mut Writer) {
        id.runs(&self.position);
    }

    pub(super) fn news(&mut self, state: &State) -> ListNews {
        let news = match self.opening.take() {
            // The source may have been looked at since the stream was opened.
            Some(mut opening) => state.since(opening.marks).map(|since| {
                opening.folders.extend(since.folders);
                opening.rows.extend(since.rows);
                opening.removed = since.removed;
                opening.marks = since.marks;
                opening
            }),
            None => state.since(self.marks),
        };
        let mut events = Vec::new();
        let Some(mut news) = news else {
            events.push(Event::gap(
                "runs",
                "the history was rewritten, or more was removed than is remembered",
            ));
            return ListNews {
                events,
                place: (state.marks(), state.position()),
            };
        };
        news.folders.sort_unstable();
        news.folders.dedup();
        news.rows.sort_unstable();
        news.rows.dedup();
        let place = (
            news.marks,
            if news.marks == self.marks {
                self.position
            } else {
                state.position()
            },
        );
        if news.folders.len() + news.rows.len() > MAX_BEHIND {
            let reason = format!(
                "{} runs changed since: more than are sent one by one",
                news.folders.len() + news.rows.len()
            );
            events.push(Event::gap("runs", &reason));
            return ListNews { events, place };
        }
        if !news.removed.is_empty() {
            events.push(Event::new("removed", &wire::Removed { ids: news.removed }));
        }
        let folders = news
            .folders
            .iter()
            .filter_map(|id| state.folders.get(id))
            .map(|folder| folder.run.clone());
        let rows = news
            .rows
            .iter()
            .filter_map(|number| state.lines.row(*number))
            .map(|row| state.lines.run(row).0);
        events.extend(upserts(folders.chain(rows)));
        ListNews { events, place }
    }

    pub(super) fn settle(&mut self, place: (Marks, RunsPosition)) {
        (self.marks, self.position) = place;
    }
}

/// Runs in events of bounded size.
pub(super) fn upserts(runs: impl Iterator<Item = Run>) -> Vec<Event> {
    let mut events = Vec::new();
    let mut list = wire::RunList::default();
    let mut size = 0;
    for run in runs {
        let run = encode::run(&run);
        size += serde_json::to_vec(&run).map_or(0, |bytes| bytes.len());
        list.runs.push(run);
        if size > MAX_EVENT {
            events.push(Event::new("runs", &list));
            (list.runs, size) = (Vec::new(), 0);
        }
    }
    if !list.runs.is_empty() {
        events.push(Event::new("runs", &list));
    }
    events
}
