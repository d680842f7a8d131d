//! One page of a source's list: filtered, ordered by time, and stable while runs arrive.

use runboard_core::model::filter::Matcher;
use runboard_core::model::{Run, RunFilter};

use super::State;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    NewestFirst,
    OldestFirst,
}

/// Behind which run a page begins: its time and its id, so that runs that arrive in between move nothing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PageKey {
    pub(crate) at: i64,
    pub(crate) id: String,
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
enum Entry<'a> {
    Folder(&'a Run),
    Line(u32),
}

fn key_of(run: &Run) -> (i64, &str) {
    (run.ordered_at().map_or(i64::MIN, |at| at.0), &run.id)
}

impl State {
    pub(crate) fn list(&self, query: &ListQuery) -> ListPage {
        // Tags and texts are not in the columns of a history.
        let deep = !query.filter.tag.is_empty() || query.filter.q.is_some();
        let entries = self.ordered(query.order);
        let mut scratch = Run::new("", "");
        let mut page = ListPage {
            runs: Vec::new(),
            next: None,
            total: None,
        };
        let (mut total, mut whole) = (0, true);
        let mut last: Option<PageKey> = None;
        for (key, entry) in entries {
            let behind = query.behind.as_ref().is_none_or(|from| match query.order {
                Order::NewestFirst => key < (from.at, from.id.as_str()),
                Order::OldestFirst => key > (from.at, from.id.as_str()),
            });
            let full = page.runs.len() >= query.limit;
            if (full && deep && page.next.is_some()) || (!behind && deep) {
                // Counting would mean to read every line again.
                whole = false;
                if full {
                    break;
                }
                continue;
            }
            let row = match entry {
                Entry::Folder(run) => query.matcher.matches(run).then(|| run.clone()),
                Entry::Line(number) => self.lines.row(number).and_then(|row| {
                    if deep {
                        return Some(self.lines.run(row).0)
                            .filter(|run| query.matcher.matches(run));
                    }
                    self.lines.columns(row, &mut scratch);
                    let matches = query.matcher.matches(&scratch);
                    matches.then(|| {
                        if behind && !full {
                            self.lines.run(row).0
                        } else {
                            Run::new("", "")
                        }
                    })
                }),
            };
            let Some(run) = row else { continue };
            total += 1;
            if !behind {
                continue;
            }
            if full {
                page.next = page.next.or(last.clone());
                continue;
            }
            last = Some(PageKey {
                at: key.0,
                id: key.1.to_string(),
            });
            page.runs.push(run);
        }
        page.total = whole.then_some(total);
        page
    }

    /// All that is shown, in order.
    fn ordered(&self, order: Order) -> Vec<((i64, &str), Entry<'_>)> {
        let mut folders: Vec<((i64, &str), Entry<'_>)> = self
            .folders
            .values()
            .map(|folder| (key_of(&folder.run), Entry::Folder(&folder.run)))
            .collect();
        folders.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        let mut all = Vec::with_capacity(folders.len() + self.lines.len());
        let mut waiting = folders.into_iter().peekable();
        for number in self
            .lines
            .order()
            .iter()
            .copied()
            .filter(|number| self.shows_line(*number))
        {
            let Some(row) = self.lines.row(number) else {
                continue;
            };
            let key = (row.at, self.lines.id(row));
            while let Some(folder) = waiting.next_if(|folder| folder.0 < key) {
                all.push(folder);
            }
            all.push((key, Entry::Line(number)));
        }
        all.extend(waiting);
        if order == Order::NewestFirst {
            all.reverse();
        }
        all
    }
}
