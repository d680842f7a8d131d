//! In which order the steps of a plan stand.

use std::collections::{BTreeMap, BTreeSet};

use super::history::StepNow;

/// Where each key stands; of those that stand twice the last one counts.
pub(super) fn places(steps: &[StepNow]) -> BTreeMap<&str, usize> {
    let keys = steps.iter().enumerate();
    keys.map(|(place, step)| (step.key.as_str(), place))
        .collect()
}

/// Depth first, in the order of the configuration. `None`: there is a circle.
pub(super) fn order(steps: &[StepNow], places: &BTreeMap<&str, usize>) -> Option<Vec<usize>> {
    let (mut done, mut open) = (BTreeSet::new(), BTreeSet::new());
    let mut order = Vec::new();
    // Not by recursion: a chain may be as long as the configuration.
    let mut path: Vec<(usize, usize)> = Vec::new();
    for step in steps {
        let first = places.get(step.key.as_str()).copied()?;
        if done.contains(&first) {
            continue;
        }
        open.insert(first);
        path.push((first, 0));
        while let Some((place, next)) = path.last_mut() {
            let at = *place;
            let need = steps.get(at).and_then(|step| step.needs.get(*next));
            *next += 1;
            let Some(need) = need else {
                path.pop();
                open.remove(&at);
                if done.insert(at) {
                    order.push(at);
                }
                continue;
            };
            let Some(below) = places.get(need.as_str()).copied() else {
                continue;
            };
            if open.contains(&below) {
                return None;
            }
            if !done.contains(&below) {
                open.insert(below);
                path.push((below, 0));
            }
        }
    }
    Some(order)
}
