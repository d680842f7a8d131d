//! The actions of a run, as frames of WatchActions tell them: which are known, at which place, and whether they are all.
//!
//! Every connection begins with all actions, in frames of 1,000. The root counts all of its descendants by phase: so it is known when all have come,
//! and that news were lost, which the service does without a word.

use super::decode::{Act, ROOT, act, counts};
use super::proto;
use crate::backend::BackendError;
use crate::backend::lenient::{Fields, Problems};
use crate::model::{Phase, Step, StepCounts};
use crate::store::intern::Interner;

/// What is known of a run's actions over all connections.
#[derive(Clone, Default)]
pub(super) struct Known {
    names: Interner,
    /// By place: the phase, and in which snapshot it was last told.
    nodes: Vec<(Phase, u32)>,
    snapshot: u32,
    /// Actions told in this snapshot, the root left out: all, and by phase.
    told: u64,
    tally: [i64; 14],
    /// The same as the root counts it.
    counted: Option<[i64; 14]>,
    /// Names and kinds of actions that were asked for one by one, by place.
    labels: Vec<Option<Label>>,
}

/// Name and kind.
type Label = (Option<String>, Option<String>);

impl Known {
    /// A new snapshot begins.
    pub(super) fn begin(&mut self) {
        self.snapshot += 1;
        (self.told, self.tally, self.counted) = (0, [0; 14], None);
    }

    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// As many actions have come as the root counts.
    pub(super) fn is_complete(&self) -> bool {
        let counted = self.counted.map(|by_phase| by_phase.iter().sum::<i64>());
        counted.is_some_and(|counted| i64::try_from(self.told).unwrap_or(0) >= counted)
    }

    /// They stand where the root counts them.
    pub(super) fn is_consistent(&self) -> bool {
        self.counted == Some(self.tally)
    }

    /// All that came is over.
    pub(super) fn is_over(&self) -> bool {
        let over = |(place, count): (usize, &i64)| {
            *count == 0
                || Phase::ALL
                    .get(place)
                    .is_some_and(|phase| phase.is_terminal())
        };
        self.tally.iter().enumerate().all(over)
    }

    /// The place of an action, given now if it is new.
    pub(super) fn take(&mut self, name: &str, phase: Phase) -> u32 {
        let place = self.names.intern(name).place().saturating_sub(1);
        if place >= self.nodes.len() {
            self.nodes.resize(place + 1, (Phase::Unknown, 0));
        }
        let is_root = name == ROOT;
        if let Some(node) = self.nodes.get_mut(place) {
            if !is_root {
                let mut count = |phase: Phase, by: i64| {
                    if let Some(count) = self.tally.get_mut(phase as usize) {
                        *count += by;
                    }
                };
                match node.1 == self.snapshot {
                    true => count(node.0, -1),
                    false => self.told += 1,
                }
                count(phase, 1);
            }
            *node = (phase, self.snapshot);
        }
        u32::try_from(place).unwrap_or(u32::MAX)
    }

    /// It was told in this snapshot.
    pub(super) fn is_told(&self, key: &str) -> bool {
        let place = self
            .names
            .find(key)
            .and_then(|name| name.place().checked_sub(1));
        let node = place.and_then(|place| self.nodes.get(place));
        node.is_some_and(|(_, snapshot)| *snapshot == self.snapshot)
    }

    /// What was learnt of an action by [`Known::name`].
    pub(super) fn named(&self, key: &str) -> Option<Label> {
        let place = self.names.find(key)?.place().checked_sub(1)?;
        self.labels.get(place).cloned().flatten()
    }

    pub(super) fn name(&mut self, key: &str, name: Option<String>, kind: Option<String>) {
        let place = self.names.intern(key).place().saturating_sub(1);
        if place >= self.labels.len() {
            self.labels.resize(place + 1, None);
        }
        if let Some(label) = self.labels.get_mut(place) {
            *label = Some((name, kind));
        }
    }

    fn count(&mut self, fields: &serde_json::Map<String, serde_json::Value>) {
        let mut counted = [0; 14];
        for (number, count) in fields {
            if let Some(slot) = counted.get_mut(proto::numbered(number) as usize) {
                *slot += count.as_i64().unwrap_or(0);
            }
        }
        self.counted = Some(counted);
    }
}

/// A frame.
#[derive(Default)]
pub(super) struct Frame {
    pub(super) steps: Vec<Step>,
    /// The root with what it counts, when it is among them.
    pub(super) root: Option<(Act, StepCounts)>,
    pub(super) problems: Problems,
}

/// Reads a `WatchActionsResponse`.
pub(super) fn frame(bytes: &[u8], known: &mut Known) -> Result<Frame, BackendError> {
    let mut frame = Frame::default();
    let empty: &[u8] = b"{}";
    // An empty message may have no bytes at all.
    let bytes = if bytes.is_empty() { empty } else { bytes };
    let mut problems = Problems::new();
    let mut fields = Fields::parse(bytes, &mut problems)?;
    fields.each("enrichedActions", &mut |one, _| {
        let Some(mut action) = one.object("action") else {
            return;
        };
        let act = act(&mut action);
        if act.name.is_empty() {
            return;
        }
        let place = known.take(&act.name, act.phase);
        frame.steps.push(act.step(place));
        if act.name == ROOT {
            let map = one.map("childrenPhaseCounts");
            known.count(&map);
            let counts = counts(&map, act.phase);
            frame.root = Some((act, counts));
        }
    });
    frame.problems = problems;
    Ok(frame)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_tells_whether_all_have_come() {
        let mut known = Known::default();
        known.begin();
        let text = br#"{"enrichedActions":[
            {"action":{"id":{"name":"a0"},"status":{"phase":"ACTION_PHASE_RUNNING"}},"childrenPhaseCounts":{"5":1,"4":1,"6":0}},
            {"action":{"id":{"name":"b"},"metadata":{"parent":"a0","trace":{"name":"fetch"}},"status":{"phase":5}}},
            {"action":{"metadata":{}}}]}"#;
        let read = frame(text, &mut known).unwrap();
        let names: Vec<&str> = read.steps.iter().map(|step| step.key.as_str()).collect();
        assert_eq!(names, ["a0", "b"]);
        assert_eq!(read.steps[1].kind.as_deref(), Some("trace"));
        assert_eq!(
            read.problems,
            ["enrichedActions[2].action.id.name: missing"]
        );
        let (_, counts) = read.root.unwrap();
        assert_eq!(
            (counts.total, counts.running, counts.succeeded),
            (Some(3), 2, 1)
        );
        assert!(!known.is_complete());
        let more = br#"{"enrichedActions":[{"action":{"id":{"name":"c"},"status":{"phase":"ACTION_PHASE_QUEUED"}}}]}"#;
        frame(more, &mut known).unwrap();
        assert!(known.is_complete() && !known.is_consistent());
        known.take("c", Phase::Running);
        assert!(known.is_consistent() && !known.is_over());
        known.begin();
        assert!(!known.is_complete());
        assert_eq!(known.take("b", Phase::Succeeded), 1);
        assert_eq!(frame(b"", &mut known).unwrap().steps.len(), 0);
    }
}
