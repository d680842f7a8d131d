//! [`Columns`]: the values of runs side by side: what filters and orders ask for in two tight columns, the rest in a third, and the texts
//! that differ from run to run (id, reason, ids of relatives, command) with the numbers of its tags as one record in a byte arena.

use super::brief::Briefs;
use super::intern::{Interner, Sym};
use super::run_tags::Tags;
use crate::model::{Lineage, Phase, Run, StepCounts, Timestamp};

/// Bits of [`Head::flags`].
pub(super) const ALIVE: u8 = 1;
pub(super) const CHANGED: u8 = 2;
pub(super) const ZONE_ASSUMED: u8 = 4;
const HAS_USER: u8 = 8;
const HAS_HOST: u8 = 16;

/// No time.
pub(super) const NEVER: i64 = i64::MIN;

/// The arena is cleaned when more than this and more than half of it is refuse.
const REFUSE: usize = 1 << 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) source: u16,
    pub(super) phase: Phase,
    pub(super) flags: u8,
    pub(super) raw_status: Sym,
    pub(super) job: Sym,
}

/// Microseconds, or [`NEVER`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Times {
    pub(super) created: i64,
    pub(super) started: i64,
    pub(super) ended: i64,
    pub(super) last_seen: i64,
}

impl Times {
    /// As [`Run::ordered_at`].
    pub(super) fn ordered(&self) -> i64 {
        [self.created, self.started, self.last_seen]
            .into_iter()
            .find(|time| *time != NEVER)
            .unwrap_or(NEVER)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rest {
    pub(super) version: u64,
    pub(super) steps: StepCounts,
    pub(super) assets: Option<u32>,
    pub(super) user: Sym,
    pub(super) host: Sym,
    pub(super) attempt: u32,
    record: u32,
    record_len: u32,
    id_len: u32,
    tags: u32,
}

/// Kinds of entries behind id and tags in a record; each is followed by its length in 4 bytes.
const REASON: u8 = 1;
const ROOT: u8 = 2;
const PARENT: u8 = 3;
const EXIT_CODE: u8 = 4;
const ARGUMENT: u8 = 5;

/// The values of all rows.
#[derive(Debug, Default)]
pub(super) struct Columns {
    pub(super) heads: Vec<Head>,
    pub(super) times: Vec<Times>,
    pub(super) rest: Vec<Rest>,
    /// Rows that have no place in the three columns above, and nothing in the arena.
    pub(super) briefs: Briefs,
    /// Jobs, users, hosts, and keys and values of tags.
    pub(super) texts: Interner,
    /// The sources' own words for statuses: few, so that answers about them can be kept by number.
    pub(super) statuses: Interner,
    pub(super) tags: Tags,
    arena: Vec<u8>,
    refuse: usize,
    scratch: Vec<u8>,
}

impl Columns {
    /// The columns' values of a run; its record is left in `scratch`.
    pub(super) fn encode(&mut self, source: u16, run: &Run) -> (Head, Times, Rest) {
        let flag = |on: bool, flag: u8| if on { flag } else { 0 };
        let head = Head {
            source,
            phase: run.phase,
            flags: ALIVE
                | flag(run.zone_assumed, ZONE_ASSUMED)
                | flag(run.user.is_some(), HAS_USER)
                | flag(run.host.is_some(), HAS_HOST),
            raw_status: self.statuses.intern(&run.raw_status),
            job: self.texts.intern(&run.job),
        };
        let time = |at: Option<Timestamp>| at.map_or(NEVER, |at| at.0);
        let times = Times {
            created: time(run.created_at),
            started: time(run.started_at),
            ended: time(run.ended_at),
            last_seen: time(run.last_seen_at),
        };
        let mut record = std::mem::take(&mut self.scratch);
        record.clear();
        record.extend_from_slice(run.id.as_bytes());
        for (key, value) in &run.tags {
            let tag = self
                .tags
                .intern(self.texts.intern(key), self.texts.intern(value));
            record.extend_from_slice(&tag.to_le_bytes());
        }
        let mut entry = |kind: u8, bytes: &[u8]| {
            record.push(kind);
            record.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
            record.extend_from_slice(bytes);
        };
        for (kind, text) in [
            (REASON, &run.reason),
            (ROOT, &run.lineage.root),
            (PARENT, &run.lineage.parent),
        ] {
            if let Some(text) = text {
                entry(kind, text.as_bytes());
            }
        }
        if let Some(code) = run.exit_code {
            entry(EXIT_CODE, &code.to_le_bytes());
        }
        for argument in &run.command {
            entry(ARGUMENT, argument.as_bytes());
        }
        let rest = Rest {
            version: run.version,
            steps: run.steps,
            assets: run.assets,
            user: self.texts.intern(run.user.as_deref().unwrap_or_default()),
            host: self.texts.intern(run.host.as_deref().unwrap_or_default()),
            attempt: run.attempt,
            record: 0,
            record_len: record.len() as u32,
            id_len: run.id.len() as u32,
            tags: run.tags.len() as u32,
        };
        self.scratch = record;
        (head, times, rest)
    }

    /// Whether a row has the values that were just encoded.
    pub(super) fn is_same(&self, row: usize, head: Head, times: Times, rest: Rest) -> bool {
        let (Some(old_head), Some(old_times), Some(old_rest)) =
            (self.heads.get(row), self.times.get(row), self.rest.get(row))
        else {
            return false;
        };
        Head {
            flags: old_head.flags & !CHANGED,
            ..*old_head
        } == head
            && *old_times == times
            && Rest {
                record: 0,
                ..*old_rest
            } == rest
            && self.record(row) == self.scratch
    }

    /// Puts the values that were just encoded into a row, which may be the next new one.
    pub(super) fn put(&mut self, row: usize, head: Head, times: Times, mut rest: Rest) {
        match self.rest.get(row) {
            Some(old) if old.record_len == rest.record_len => {
                rest.record = old.record;
                let place = rest.record as usize..rest.record as usize + rest.record_len as usize;
                if let Some(place) = self.arena.get_mut(place) {
                    place.copy_from_slice(&self.scratch);
                }
            }
            old => {
                self.refuse += old.map_or(0, |old| old.record_len as usize);
                self.clean();
                // Beyond 4 GB of texts there is no place to point at: the record is then empty rather than wrong.
                match u32::try_from(self.arena.len()) {
                    Ok(start) if self.arena.len() + self.scratch.len() <= u32::MAX as usize => {
                        rest.record = start;
                        self.arena.extend_from_slice(&self.scratch);
                    }
                    _ => (rest.record_len, rest.id_len, rest.tags) = (0, 0, 0),
                }
            }
        }
        if row < self.heads.len() {
            let slots = (
                self.heads.get_mut(row),
                self.times.get_mut(row),
                self.rest.get_mut(row),
            );
            if let (Some(old_head), Some(old_times), Some(old_rest)) = slots {
                (*old_head, *old_times, *old_rest) = (head, times, rest);
            }
        } else {
            self.heads.push(head);
            self.times.push(times);
            self.rest.push(rest);
        }
    }

    /// Drops the texts of a row that is free to be used anew.
    pub(super) fn free(&mut self, row: usize) {
        if let Some(rest) = self.rest.get_mut(row) {
            self.refuse += rest.record_len as usize;
            (rest.record, rest.record_len, rest.id_len, rest.tags) = (0, 0, 0, 0);
        }
    }

    fn clean(&mut self) {
        if self.refuse < REFUSE || self.refuse * 2 < self.arena.len() {
            return;
        }
        let mut arena = Vec::with_capacity(self.arena.len() - self.refuse + REFUSE / 4);
        for rest in &mut self.rest {
            let start = rest.record as usize;
            rest.record = arena.len() as u32;
            arena.extend_from_slice(
                self.arena
                    .get(start..start + rest.record_len as usize)
                    .unwrap_or_default(),
            );
        }
        self.arena = arena;
        self.refuse = 0;
    }

    fn record(&self, row: usize) -> &[u8] {
        let Some(rest) = self.rest.get(row) else {
            return &[];
        };
        let start = rest.record as usize;
        let end = start + rest.record_len as usize;
        self.arena.get(start..end).unwrap_or_default()
    }

    /// The id as bytes: for comparing.
    pub(super) fn id_bytes(&self, row: usize) -> &[u8] {
        let len = self.rest.get(row).map_or(0, |rest| rest.id_len as usize);
        self.record(row).get(..len).unwrap_or_default()
    }

    pub(super) fn id(&self, row: usize) -> &str {
        text(self.id_bytes(row))
    }

    /// Numbers of the row's tags in [`Columns::tags`].
    pub(super) fn tags_of(&self, row: usize) -> impl Iterator<Item = u32> {
        let (start, count) = self
            .rest
            .get(row)
            .map_or((0, 0), |rest| (rest.id_len as usize, rest.tags as usize));
        let bytes = self
            .record(row)
            .get(start..start + count * 4)
            .unwrap_or_default();
        bytes.chunks_exact(4).filter_map(number)
    }

    /// Keys and values of the row's tags.
    fn tag_pairs(&self, row: usize) -> impl Iterator<Item = (Sym, Sym)> {
        let pair = |tag: u32| self.tags.pairs.get(tag as usize).copied();
        self.tags_of(row)
            .map(move |tag| pair(tag).unwrap_or_default())
    }

    /// The value of the row's first tag with this key; empty when it has none.
    pub(super) fn tag(&self, row: usize, key: &str) -> Sym {
        let mut pairs = self.tag_pairs(row);
        pairs
            .find(|(own, _)| self.texts.get(*own) == key)
            .map_or(Sym::EMPTY, |(_, value)| value)
    }

    fn entries(&self, row: usize) -> Entries<'_> {
        let start = self
            .rest
            .get(row)
            .map_or(0, |rest| rest.id_len as usize + rest.tags as usize * 4);
        Entries(self.record(row).get(start..).unwrap_or_default())
    }

    pub(super) fn reason(&self, row: usize) -> Option<&str> {
        // Entries stand in the order of their kinds: a reason is the first or is not there.
        self.entries(row)
            .next()
            .filter(|(kind, _)| *kind == REASON)
            .map(|(_, bytes)| text(bytes))
    }

    pub(super) fn exit_code(&self, row: usize) -> Option<i64> {
        let (_, bytes) = self.entries(row).find(|(kind, _)| *kind == EXIT_CODE)?;
        Some(i64::from_le_bytes(bytes.try_into().ok()?))
    }

    /// The whole run.
    pub(super) fn decode(&self, row: usize) -> Option<Run> {
        let (head, times) = (self.head(row)?, self.times(row)?);
        let Some(rest) = self.rest.get(row) else {
            return self.decode_brief(row, head, times);
        };
        let time = |time: i64| (time != NEVER).then_some(Timestamp(time));
        let of =
            |flag: u8, sym: Sym| (head.flags & flag != 0).then(|| self.texts.get(sym).to_string());
        let mut run = Run {
            phase: head.phase,
            raw_status: self.statuses.get(head.raw_status).to_string(),
            created_at: time(times.created),
            started_at: time(times.started),
            ended_at: time(times.ended),
            last_seen_at: time(times.last_seen),
            zone_assumed: head.flags & ZONE_ASSUMED != 0,
            attempt: rest.attempt,
            steps: rest.steps,
            assets: rest.assets,
            user: of(HAS_USER, rest.user),
            host: of(HAS_HOST, rest.host),
            lineage: Lineage::default(),
            version: rest.version,
            ..Run::new(self.id(row), self.texts.get(head.job))
        };
        for (key, value) in self.tag_pairs(row) {
            run.tags.push((
                self.texts.get(key).to_string(),
                self.texts.get(value).to_string(),
            ));
        }
        for (kind, bytes) in self.entries(row) {
            match kind {
                REASON => run.reason = Some(text(bytes).to_string()),
                ROOT => run.lineage.root = Some(text(bytes).to_string()),
                PARENT => run.lineage.parent = Some(text(bytes).to_string()),
                EXIT_CODE => run.exit_code = bytes.try_into().ok().map(i64::from_le_bytes),
                _ => run.command.push(text(bytes).to_string()),
            }
        }
        Some(run)
    }

    pub(super) fn memory_bytes(&self) -> usize {
        self.briefs.memory_bytes()
            + self.heads.capacity() * size_of::<Head>()
            + self.times.capacity() * size_of::<Times>()
            + self.rest.capacity() * size_of::<Rest>()
            + self.arena.capacity()
            + self.scratch.capacity()
            + self.texts.memory_bytes()
            + self.statuses.memory_bytes()
            + self.tags.pairs.capacity() * size_of::<(Sym, Sym)>()
            + self.tags.index.memory_bytes()
    }
}

/// Entries of a record: kind and bytes.
struct Entries<'a>(&'a [u8]);

impl<'a> Iterator for Entries<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let (kind, rest) = self.0.split_first()?;
        let (len, rest) = rest.split_at_checked(4)?;
        let (bytes, rest) = rest.split_at_checked(number(len)? as usize)?;
        self.0 = rest;
        Some((*kind, bytes))
    }
}

fn number(bytes: &[u8]) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.try_into().ok()?))
}

/// The arena holds nothing but what was text when it came.
fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}
