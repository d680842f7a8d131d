//! [`RowMatcher`]: a filter asked about rows of a table. Runs share their jobs, tags and users, so each distinct text is asked about once and
//! the answer is kept; a run is never built to be looked at.

use super::brief::BRIEF;
use super::intern::Sym;
use super::run_columns::{ALIVE, Columns, NEVER};
use super::run_table::RunTable;
use crate::model::Timestamp;
use crate::model::filter::{Matcher, TagTerm, tag_matches, tag_text, text_has};

/// Answers by number: asked once each.
#[derive(Debug, Default)]
struct Memo(Vec<Option<bool>>);

impl Memo {
    fn get(&mut self, number: usize, ask: impl FnOnce() -> bool) -> bool {
        if number >= self.0.len() {
            self.0.resize(number + 1, None);
        }
        match self.0.get_mut(number) {
            Some(answer) => *answer.get_or_insert_with(ask),
            None => ask(),
        }
    }
}

/// A filter with the answers that it gave so far, for one table.
#[derive(Debug)]
pub(super) struct RowMatcher {
    matcher: Matcher,
    sources: Option<Vec<u16>>,
    status: Memo,
    jobs: Memo,
    /// One for each tag that is asked for.
    tags: Vec<Memo>,
    /// Only texts that brief rows do not have tell what is asked for.
    asks_texts: bool,
    /// [`RunTable::answer`] is about this filter.
    pub(super) is_answered: bool,
    /// Free text in interned texts, and in tags.
    texts: Memo,
    tag_texts: Memo,
}

impl RowMatcher {
    pub(super) fn new(matcher: Matcher, sources: Option<Vec<u16>>) -> RowMatcher {
        RowMatcher {
            tags: matcher
                .tag_terms()
                .iter()
                .map(|_| Memo::default())
                .collect(),
            asks_texts: matcher.asks_texts(),
            is_answered: false,
            matcher,
            sources,
            status: Memo::default(),
            jobs: Memo::default(),
            texts: Memo::default(),
            tag_texts: Memo::default(),
        }
    }

    /// Whether the row is alive and is asked for.
    pub(super) fn takes(&mut self, table: &RunTable, row: usize) -> bool {
        let columns = table.columns();
        let (Some(head), Some(times)) = (columns.head(row), columns.times(row)) else {
            return false;
        };
        if head.flags & ALIVE == 0
            || self
                .sources
                .as_ref()
                .is_some_and(|sources| !sources.contains(&head.source))
        {
            return false;
        }
        let is_unfinished = times.last_seen != NEVER && !head.phase.is_terminal();
        let word = (head.raw_status.0 as usize * 16 + head.phase as usize) * 2
            + usize::from(is_unfinished);
        let time = |at: i64| (at != NEVER).then_some(Timestamp(at));
        let matcher = &self.matcher;
        self.status.get(word, || {
            matcher.takes_status(
                head.phase,
                columns.statuses.get(head.raw_status),
                is_unfinished,
            )
        }) && self.jobs.get(head.job.0 as usize, || {
            matcher.takes_job(columns.texts.get(head.job))
        }) && matcher.takes_time(time(times.ordered()))
            && matcher.takes_length(
                time(times.started),
                time(times.ended),
                head.phase.is_active() && times.last_seen == NEVER,
            )
            && match row as u32 & BRIEF {
                0 => self.takes_tags(columns, row) && self.takes_text(columns, row),
                // Whoever holds texts has answered, or will.
                _ => !self.asks_texts || self.is_answered && table.answers.get(row as u32),
            }
    }

    fn takes_tags(&mut self, columns: &Columns, row: usize) -> bool {
        let Self { matcher, tags, .. } = self;
        matcher.takes_tags(&mut |index, term| {
            let memo = tags.get_mut(index);
            memo.is_some_and(|memo| {
                columns
                    .tags_of(row)
                    .any(|tag| memo.get(tag as usize, || takes_tag(columns, term, tag)))
            })
        })
    }

    fn takes_text(&mut self, columns: &Columns, row: usize) -> bool {
        let Some(lower) = self.matcher.text() else {
            return true;
        };
        let (Some(head), Some(rest)) = (columns.heads.get(row), columns.rest.get(row)) else {
            return false;
        };
        let texts = &mut self.texts;
        let mut has =
            |sym: Sym| texts.get(sym.0 as usize, || text_has(columns.texts.get(sym), lower));
        // An empty user or host is as good as none: no text is found in it that is not found in the job.
        if has(head.job) || has(rest.user) || has(rest.host) || text_has(columns.id(row), lower) {
            return true;
        }
        columns
            .reason(row)
            .is_some_and(|reason| text_has(reason, lower))
            || columns.tags_of(row).any(|tag| {
                self.tag_texts.get(tag as usize, || {
                    let (key, value) = tag_of(columns, tag);
                    text_has(&tag_text(key, value), lower)
                })
            })
    }
}

fn takes_tag(columns: &Columns, term: &TagTerm, tag: u32) -> bool {
    let (key, value) = tag_of(columns, tag);
    tag_matches(term, key, value)
}

fn tag_of(columns: &Columns, tag: u32) -> (&str, &str) {
    let (key, value) = columns
        .tags
        .pairs
        .get(tag as usize)
        .copied()
        .unwrap_or_default();
    (columns.texts.get(key), columns.texts.get(value))
}
