//! From what a link says of a run to the run: a whole id, a prefix of one, or `latest`.

use runboard_core::model::RunFilter;
use runboard_core::store::run_table::RowId;

use crate::state::State;
use crate::state::clock::offset_minutes;
use crate::state::sources::ConfigState;

/// A prefix must be this long to stand for a run. A number stands for none that is itself one: it is another run's.
const PREFIX: usize = 6;
/// Runs offered when a prefix fits several.
const CHOICES: usize = 20;

/// What a link's run turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Resolved {
    /// The sources have not told enough yet.
    Waiting,
    One {
        source: u16,
        id: String,
    },
    Several(Vec<(u16, String)>),
    Unknown(String),
}

/// Tracked: the answer follows the list, so `latest` moves on when a newer run appears.
pub(super) fn resolve(state: State, sources: &[String], run: &str, filter: &RunFilter) -> Resolved {
    match state.sources.config.get() {
        ConfigState::Loading => return Resolved::Waiting,
        ConfigState::Ready => {}
        ConfigState::Failed(error) => return Resolved::Unknown(error),
        ConfigState::Missing => return Resolved::Unknown("No source is configured.".into()),
    }
    let list = state.sources.list.get();
    let chosen: Vec<u16> = list
        .iter()
        .filter(|source| sources.is_empty() || sources.iter().any(|name| source.is_named(name)))
        .map(|source| source.index)
        .collect();
    if chosen.is_empty() {
        return Resolved::Unknown(format!("No source is named {}.", sources.join(", ")));
    }
    let is_loaded = list
        .iter()
        .filter(|source| chosen.contains(&source.index))
        .all(|source| {
            source
                .link
                .with(|link| link.is_loaded || link.error.is_some())
        });
    if run.is_empty() {
        return Resolved::Unknown("The link names none: run= is missing.".into());
    }
    if run == "latest" {
        return latest(state, &chosen, filter).unwrap_or(if is_loaded {
            Resolved::Unknown("No run matches.".into())
        } else {
            Resolved::Waiting
        });
    }
    // A whole id in a named source needs no list: it is asked for at once.
    let found = find(state, &chosen, run);
    match (found.as_slice(), chosen.as_slice()) {
        ([(source, id)], _) => Resolved::One {
            source: *source,
            id: id.clone(),
        },
        ([], _) if !is_loaded && is_prefix(run) && !is_number(run) => Resolved::Waiting,
        ([], [source]) => Resolved::One {
            source: *source,
            id: run.into(),
        },
        ([], _) if !is_loaded => Resolved::Waiting,
        // Who holds its runs in brief is asked whether this is one of them.
        ([], several) => match several.iter().find(|source| has_briefs(state, **source)) {
            Some(source) => Resolved::One {
                source: *source,
                id: run.into(),
            },
            None => Resolved::Unknown(format!("No source holds a run {run}.")),
        },
        (several, _) => Resolved::Several(several.to_vec()),
    }
}

fn is_prefix(run: &str) -> bool {
    run.chars().count() >= PREFIX && !is_uuid(run)
}

fn is_number(id: &str) -> bool {
    id.bytes().all(|byte| byte.is_ascii_digit())
}

/// A UUID is whole, whatever the list holds: its run is asked for at once.
fn is_uuid(run: &str) -> bool {
    let is_right = |(at, byte): (usize, u8)| match at {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    };
    run.len() == 36 && run.bytes().enumerate().all(is_right)
}

fn find(state: State, chosen: &[u16], run: &str) -> Vec<(u16, String)> {
    state.runs.with_table(|table| {
        let name = |row: RowId| (table.source(row), table.id(row).to_string());
        let whole: Vec<_> = chosen
            .iter()
            .filter_map(|source| table.find(*source, run))
            .map(name)
            .collect();
        if !whole.is_empty() || !is_prefix(run) {
            return whole;
        }
        chosen
            .iter()
            .flat_map(|source| table.find_prefix(Some(*source), run, CHOICES))
            .map(name)
            .filter(|(_, id)| !is_number(run) || !is_number(id))
            .collect()
    })
}

/// The newest run that the filter matches.
fn latest(state: State, chosen: &[u16], filter: &RunFilter) -> Option<Resolved> {
    let now = state.now.get_untracked();
    let matcher = match filter.compile(now, offset_minutes(now)) {
        Ok(matcher) => matcher,
        Err(error) => return Some(Resolved::Unknown(error.to_string())),
    };
    if matcher.asks_texts() && chosen.iter().any(|source| has_briefs(state, *source)) {
        let words = "run=latest with a text or a tag is not answered for a long file: look for the text in the list.";
        return Some(Resolved::Unknown(words.into()));
    }
    let (row, source, id) = state.runs.newest(chosen, &matcher)?;
    if id.is_empty() {
        state.runs.recall_soon(state, row);
        return Some(Resolved::Waiting);
    }
    Some(Resolved::One { source, id })
}

/// Tracked.
fn has_briefs(state: State, source: u16) -> bool {
    state.runs.with_table(|table| table.briefs(source) > 0)
}
