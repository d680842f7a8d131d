//! One page of a source's list: filtered, ordered by time, and stable while runs arrive.

use runboard_core::model::filter::Matcher;
use runboard_core::model::{Run, RunFilter};

use super::State;
use super::by_id::ById;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    NewestFirst,
    OldestFirst,
    /// By name.
    Job,
    /// By word.
    Status,
    /// The longest first.
    Duration,
}

/// Behind which run a page begins: its time and its id, so that runs that arrive in between move nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PageKey {
    pub(crate) at: i64,
    pub(crate) id: String,
    /// What it is ordered by, where that is not the time.
    pub(crate) word: Option<String>,
}

impl PageKey {
    fn key(&self) -> Key<'_> {
        (self.at, ById(&self.id))
    }
}

pub(crate) struct ListQuery {
    pub(crate) filter: RunFilter,
    pub(crate) matcher: Matcher,
    pub(crate) order: Order,
    pub(crate) limit: usize,
    pub(crate) behind: Option<PageKey>,
}

pub(crate) struct ListPage {
    pub(crate) runs: Vec<Run>,
    pub(crate) next: Option<PageKey>,
    pub(crate) total: Option<u64>,
}

/// A run by its key and where it is kept.
#[derive(Clone, Copy)]
pub(super) enum Entry<'a> {
    Folder(&'a Run),
    Line(u32),
}

pub(super) fn key_of(run: &Run) -> Key<'_> {
    let at = run.ordered_at().map_or(i64::MIN, |at| at.0);
    (at, ById(&run.id))
}

/// A run's place in time.
pub(super) type Key<'a> = (i64, ById<&'a str>);
pub(super) type Keyed<'a> = (Key<'a>, Entry<'a>);

impl State {
    pub(crate) fn list(&self, query: &ListQuery) -> ListPage {
        // Tags and texts are not in the columns of a history, so such a filter reads lines until the page is full. A filter over
        // columns is counted to the end, and without one the count is known.
        let deep = !query.filter.tag.is_empty() || query.filter.q.is_some();
        if matches!(query.order, Order::Job | Order::Status | Order::Duration) {
            return self.sorted(query, deep);
        }
        let counted = !deep && !query.filter.is_empty();
        let behind = |key: Key<'_>| {
            query.behind.as_ref().is_none_or(|from| match query.order {
                Order::NewestFirst => key < from.key(),
                _ => key > from.key(),
            })
        };
        let start = query.behind.as_ref().filter(|_| !counted);
        let mut scratch = Run::new("", "");
        let (mut runs, mut next, mut total, mut cut) = (Vec::new(), None, 0, start.is_some());
        for (key, entry) in self.ordered(query.order, start) {
            let wanted = behind(key);
            let full = runs.len() >= query.limit;
            let run = match entry {
                Entry::Folder(run) => query.matcher.matches(run).then(|| run.clone()),
                Entry::Line(number) => self.lines.row(number).and_then(|row| {
                    if deep {
                        return Some(self.lines.run(row).0)
                            .filter(|run| query.matcher.matches(run));
                    }
                    self.lines.columns(row, &mut scratch);
                    let matches = query.matcher.matches(&scratch);
                    matches.then(|| {
                        if wanted && !full {
                            self.lines.run(row).0
                        } else {
                            scratch.clone()
                        }
                    })
                }),
            };
            let Some(run) = run else { continue };
            total += 1;
            if wanted && full {
                next = next.or_else(|| runs.last().map(page_key));
                if !counted {
                    cut = true;
                    break;
                }
            } else if wanted {
                runs.push(run);
            }
        }
        let total = match (query.filter.is_empty(), cut) {
            (true, _) => Some(self.shown()),
            (false, false) => Some(total),
            (false, true) => None,
        };
        ListPage { runs, next, total }
    }

    /// The newest runs.
    pub(crate) fn newest(&self, count: usize) -> Vec<Run> {
        let all = self.ordered(Order::NewestFirst, None);
        all.take(count)
            .filter_map(|(_, entry)| self.run_of(entry))
            .collect()
    }

    pub(super) fn run_of(&self, entry: Entry<'_>) -> Option<Run> {
        match entry {
            Entry::Folder(run) => Some(run.clone()),
            Entry::Line(number) => Some(self.lines.run(self.lines.row(number)?).0),
        }
    }

    /// How many runs there are.
    fn shown(&self) -> u64 {
        let joined = self
            .folders
            .keys()
            .filter(|id| self.lines.find(id).is_some())
            .count();
        (self.folders.len() + self.lines.shown() - joined) as u64
    }

    /// All that is shown, in order, from behind `start`.
    pub(super) fn ordered<'a>(
        &'a self,
        order: Order,
        start: Option<&PageKey>,
    ) -> impl Iterator<Item = Keyed<'a>> {
        let mut folders: Vec<Keyed<'a>> = self
            .folders
            .values()
            .map(|folder| (key_of(&folder.run), Entry::Folder(&folder.run)))
            .collect();
        let lines = self.lines.order();
        let line = |number: u32| {
            self.lines
                .row(number)
                .map(|row| (self.lines.key(row), Entry::Line(number)))
        };
        let from = start.map(PageKey::key);
        let split = |below: &dyn Fn(Key<'_>) -> bool| {
            lines.partition_point(|number| line(*number).is_some_and(|(key, _)| below(key)))
        };
        let newest = order == Order::NewestFirst;
        let lines: Box<dyn Iterator<Item = &u32>> = match (newest, from) {
            (true, Some(from)) => Box::new(
                lines
                    .get(..split(&|key| key < from))
                    .unwrap_or_default()
                    .iter()
                    .rev(),
            ),
            (false, Some(from)) => Box::new(
                lines
                    .get(split(&|key| key <= from)..)
                    .unwrap_or_default()
                    .iter(),
            ),
            (true, None) => Box::new(lines.iter().rev()),
            (false, None) => Box::new(lines.iter()),
        };
        folders.retain(|(key, _)| {
            from.is_none_or(|from| if newest { *key < from } else { *key > from })
        });
        folders.sort_unstable_by(|a, b| if newest { b.0.cmp(&a.0) } else { a.0.cmp(&b.0) });
        let mut lines = lines
            .filter(|number| self.shows_line(**number))
            .filter_map(move |number| line(*number))
            .peekable();
        let mut folders = folders.into_iter().peekable();
        std::iter::from_fn(move || match (folders.peek(), lines.peek()) {
            (Some(folder), Some(line)) if (folder.0 < line.0) != newest => folders.next(),
            (Some(_), None) => folders.next(),
            _ => lines.next(),
        })
    }
}

fn page_key(run: &Run) -> PageKey {
    let (at, id) = key_of(run);
    PageKey {
        at,
        id: id.0.to_string(),
        word: None,
    }
}
