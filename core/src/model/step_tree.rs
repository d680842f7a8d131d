//! [`tree`]: the steps of a run below those that they are parts of, as rows that can be folded.

use std::collections::{BTreeMap, BTreeSet};

use super::{Phase, Step};

/// How many parts there are below a row, at any depth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Inside {
    pub total: u32,
    pub failed: u32,
    pub running: u32,
    pub succeeded: u32,
}

impl Inside {
    fn add(&mut self, other: Inside) {
        self.total += other.total;
        self.failed += other.failed;
        self.running += other.running;
        self.succeeded += other.succeeded;
    }

    fn of(phase: Phase) -> Inside {
        Inside {
            total: 1,
            failed: u32::from(phase.is_failure()),
            running: u32::from(phase.is_active()),
            succeeded: u32::from(phase.is_success()),
        }
    }
}

/// A row: a step, or a folder in which parts of a step stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeRow {
    /// Place of the step among all; of a folder that of the step whose parts stand in it.
    pub place: usize,
    /// The folder's name; `None`: it is the step itself.
    pub group: Option<String>,
    /// 1 at the top.
    pub level: u32,
    pub inside: Inside,
    /// `None`: there is nothing below it.
    pub is_open: Option<bool>,
    /// It was not asked for: it is shown because something below it was.
    pub is_context: bool,
}

impl TreeRow {
    /// A step in no tree.
    pub fn alone(place: usize) -> TreeRow {
        TreeRow {
            place,
            group: None,
            level: 1,
            inside: Inside::default(),
            is_open: None,
            is_context: false,
        }
    }
}

/// By what a row is folded: the step's key, or with a folder's name.
pub fn fold_key(step: &str, group: Option<&str>) -> String {
    match group {
        Some(group) => [step, "\u{1f}", group].concat(),
        None => step.into(),
    }
}

/// Whether any step is a part of another.
pub fn is_tree(steps: &[Step]) -> bool {
    steps.iter().any(|step| step.parent.is_some())
}

const NONE: usize = usize::MAX;

/// The rows of the steps at `places` (in their order, parts among themselves) and of all that they are parts of. What is in `folded` shows nothing
/// below itself. A step whose parent is not there stands at the top, and so does one that is, against all sense, a part of itself.
pub fn tree(steps: &[Step], places: &[usize], folded: &BTreeSet<String>) -> Vec<TreeRow> {
    let by_key: BTreeMap<&str, usize> = steps
        .iter()
        .enumerate()
        .map(|(place, step)| (step.key.as_str(), place))
        .collect();
    let mut parents = parents(steps, &by_key);
    let order = depth_first(&mut parents);
    let parent = |place: usize| parents.get(place).copied().filter(|parent| *parent != NONE);

    // From the leaves up: what is below each.
    let mut inside = vec![Inside::default(); steps.len()];
    for place in order.iter().rev().copied() {
        let (Some(up), Some(step)) = (parent(place), steps.get(place)) else {
            continue;
        };
        let mut sum = inside.get(place).copied().unwrap_or_default();
        sum.add(Inside::of(step.phase));
        if let Some(above) = inside.get_mut(up) {
            above.add(sum);
        }
    }

    // Whoever was asked for brings those above it.
    let mut is_asked = vec![false; steps.len()];
    let mut is_needed = vec![false; steps.len()];
    let mut below: Vec<Vec<usize>> = vec![Vec::new(); steps.len()];
    let mut top = Vec::new();
    for place in places.iter().copied() {
        if let Some(asked) = is_asked.get_mut(place) {
            *asked = true;
        }
        let mut at = place;
        while let Some(needed) = is_needed.get_mut(at).filter(|needed| !**needed) {
            *needed = true;
            let Some(up) = parent(at) else {
                top.push(at);
                break;
            };
            if let Some(parts) = below.get_mut(up) {
                parts.push(at);
            }
            at = up;
        }
    }

    let mut rows = Vec::new();
    // What is still to be shown, the next one last: a step, or the parts of a folder, which stand in `folders`.
    let mut todo: Vec<(Item, u32)> = top
        .into_iter()
        .rev()
        .map(|at| (Item::Step(at), 1))
        .collect();
    while let Some((item, level)) = todo.pop() {
        match item {
            Item::Step(place) => {
                let Some(step) = steps.get(place) else {
                    continue;
                };
                let parts = below.get_mut(place).map(std::mem::take).unwrap_or_default();
                let is_open = (!parts.is_empty()).then(|| !folded.contains(&step.key));
                rows.push(TreeRow {
                    place,
                    group: None,
                    level,
                    inside: inside.get(place).copied().unwrap_or_default(),
                    is_open,
                    is_context: !is_asked.get(place).copied().unwrap_or(false),
                });
                if is_open == Some(true) {
                    let items = in_folders(steps, place, parts);
                    todo.extend(items.into_iter().rev().map(|item| (item, level + 1)));
                }
            }
            Item::Folder(place, group, parts) => {
                let key = steps.get(place).map_or("", |step| step.key.as_str());
                let is_open = !folded.contains(&fold_key(key, Some(&group)));
                let mut sum = Inside::default();
                for part in &parts {
                    sum.add(inside.get(*part).copied().unwrap_or_default());
                    sum.add(
                        steps
                            .get(*part)
                            .map_or(Inside::default(), |step| Inside::of(step.phase)),
                    );
                }
                rows.push(TreeRow {
                    place,
                    group: Some(group),
                    level,
                    inside: sum,
                    is_open: Some(is_open),
                    is_context: true,
                });
                if is_open {
                    todo.extend(
                        parts
                            .into_iter()
                            .rev()
                            .map(|part| (Item::Step(part), level + 1)),
                    );
                }
            }
        }
    }
    rows
}

enum Item {
    Step(usize),
    /// Of which step, its name, and the steps in it.
    Folder(usize, String, Vec<usize>),
}

/// Parts of a step, those of one group together at the place of the first of them.
fn in_folders(steps: &[Step], of: usize, parts: Vec<usize>) -> Vec<Item> {
    let mut items: Vec<Item> = Vec::new();
    let mut folders: BTreeMap<&str, usize> = BTreeMap::new();
    for part in parts {
        let group = steps.get(part).and_then(|step| step.group.as_deref());
        let Some(group) = group.filter(|group| !group.is_empty()) else {
            items.push(Item::Step(part));
            continue;
        };
        let at = *folders.entry(group).or_insert(items.len());
        match items.get_mut(at) {
            Some(Item::Folder(_, _, inside)) => inside.push(part),
            _ => items.push(Item::Folder(of, group.to_string(), vec![part])),
        }
    }
    items
}

fn parents(steps: &[Step], by_key: &BTreeMap<&str, usize>) -> Vec<usize> {
    let parent = |step: &Step| {
        let parent = step
            .parent
            .as_deref()
            .filter(|parent| *parent != step.key)?;
        by_key.get(parent).copied()
    };
    steps
        .iter()
        .map(|step| parent(step).unwrap_or(NONE))
        .collect()
}

/// All places, each behind its parent. Who cannot be reached from the top stands in a ring: the ring is cut at its first.
fn depth_first(parents: &mut [usize]) -> Vec<usize> {
    let mut below: Vec<Vec<usize>> = vec![Vec::new(); parents.len()];
    for (place, parent) in parents.iter().enumerate() {
        if let Some(parts) = below.get_mut(*parent) {
            parts.push(place);
        }
    }
    let mut order = Vec::with_capacity(parents.len());
    let mut is_seen = vec![false; parents.len()];
    for is_cut in [false, true] {
        for place in 0..parents.len() {
            let is_top = parents.get(place) == Some(&NONE);
            let is_left = is_seen.get(place) == Some(&false);
            if !is_left || !(is_top || is_cut) {
                continue;
            }
            if let Some(parent) = parents.get_mut(place) {
                *parent = NONE;
            }
            let mut todo = vec![place];
            while let Some(at) = todo.pop() {
                let Some(seen) = is_seen.get_mut(at).filter(|seen| !**seen) else {
                    continue;
                };
                *seen = true;
                order.push(at);
                if let Some(parts) = below.get(at) {
                    todo.extend(parts.iter().rev());
                }
            }
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `key parent group`, `-` for nothing.
    fn steps(text: &str) -> Vec<Step> {
        let step = |(position, line): (usize, &str)| {
            let words: Vec<&str> = line.split(' ').collect();
            let mut step = Step::queued(words[0], position as u32);
            let some = |at: usize| {
                words
                    .get(at)
                    .filter(|word| **word != "-")
                    .map(|word| word.to_string())
            };
            (step.parent, step.group) = (some(1), some(2));
            if words.get(3) == Some(&"failed") {
                step.phase = Phase::Failed;
            }
            step
        };
        text.split(',').enumerate().map(step).collect()
    }

    fn shown(steps: &[Step], places: &[usize], folded: &[&str]) -> String {
        let folded = folded.iter().map(|key| key.to_string()).collect();
        let line = |row: TreeRow| {
            let name = row
                .group
                .map_or(steps[row.place].key.clone(), |group| format!("{group}/"));
            let context = if row.is_context { "?" } else { "" };
            let inside = match row.is_open {
                Some(_) => format!(":{}", row.inside.total),
                None => String::new(),
            };
            format!(
                "{}{name}{context}{inside}",
                "  ".repeat(row.level as usize - 1)
            )
        };
        tree(steps, places, &folded)
            .into_iter()
            .map(line)
            .collect::<Vec<_>>()
            .join("|")
    }

    #[test]
    fn parts_stand_below_what_they_are_parts_of() {
        let all = steps("a0 -,s1 a0,s2 a0,s1a s1,far nowhere");
        assert!(is_tree(&all) && !is_tree(&steps("a -,b -")));
        assert_eq!(
            shown(&all, &[0, 1, 2, 3, 4], &[]),
            "a0:3|  s1:1|    s1a|  s2|far"
        );
        assert_eq!(
            shown(&all, &[4, 2, 3, 0, 1], &[]),
            "far|a0:3|  s2|  s1:1|    s1a"
        );
        assert_eq!(
            shown(&all, &[0, 1, 2, 3, 4], &["s1"]),
            "a0:3|  s1:1|  s2|far"
        );
        // Of a filter, with what leads there.
        assert_eq!(shown(&all, &[3], &[]), "a0?:3|  s1?:1|    s1a");
        assert_eq!(shown(&all, &[], &[]), "");
    }

    #[test]
    fn groups_are_folders_at_the_place_of_their_first() {
        let all = steps("a0 -,x a0 g,y a0,z a0 g failed,zz z");
        assert_eq!(
            shown(&all, &[0, 1, 2, 3, 4], &[]),
            "a0:4|  g/?:3|    x|    z:1|      zz|  y"
        );
        let folded = fold_key("a0", Some("g"));
        assert_eq!(
            shown(&all, &[0, 1, 2, 3, 4], &[&folded]),
            "a0:4|  g/?:3|  y"
        );
        let rows = tree(&all, &[0, 1, 2, 3, 4], &BTreeSet::new());
        assert_eq!((rows[1].inside.failed, rows[0].inside.failed), (1, 1));
    }

    #[test]
    fn a_ring_and_a_chain_are_shown_whole() {
        let ring = steps("a c,b a,c b,self self");
        let text = shown(&ring, &[0, 1, 2, 3], &[]);
        for key in ["a", "b", "c", "self"] {
            let names = text
                .split('|')
                .filter(|row| row.trim().split(':').next() == Some(key));
            assert_eq!(names.count(), 1, "{text}");
        }
        let chain: Vec<String> = (0..20_000)
            .map(|n| format!("s{n} s{}", n - 1_i32))
            .collect();
        let chain = steps(&chain.join(","));
        let places: Vec<usize> = (0..chain.len()).collect();
        let rows = tree(&chain, &places, &BTreeSet::new());
        assert_eq!(
            (rows.len(), rows[0].inside.total, rows[19_999].level),
            (20_000, 19_999, 20_000)
        );
    }
}
