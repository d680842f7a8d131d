//! In which order the steps of a plan stand.

use std::collections::{BTreeMap, BTreeSet};

use super::history::StepNow;

/// Where each key stands; of those that stand twice the last one counts.
pub(super) fn places(steps: &[StepNow]) -> BTreeMap<&str, usize> {
    let keys = steps.iter().enumerate();
    keys.map(|(place, step)| (step.key.as_str(), place))
        .collect()
}

/// Steps each of which needs the next one, and the last one the first; `None`: there is no circle.
pub fn circle(steps: &[StepNow]) -> Option<Vec<&str>> {
    let circle = order(steps, &places(steps)).err()?;
    let key = |place: &usize| steps.get(*place).map(|step| step.key.as_str());
    Some(circle.iter().filter_map(key).collect())
}

/// Depth first, in the order of the configuration.
///
/// # Errors
/// A circle, each in front of the one that it needs.
pub(super) fn order(
    steps: &[StepNow],
    places: &BTreeMap<&str, usize>,
) -> Result<Vec<usize>, Vec<usize>> {
    let (mut done, mut open) = (BTreeSet::new(), BTreeSet::new());
    let mut order = Vec::new();
    // Not by recursion: a chain may be as long as the configuration.
    let mut path: Vec<(usize, usize)> = Vec::new();
    for step in steps {
        let first = places.get(step.key.as_str()).copied();
        let Some(first) = first.filter(|first| !done.contains(first)) else {
            continue;
        };
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
                let round = path.iter().map(|(place, _)| *place);
                return Err(round.skip_while(|place| *place != below).collect());
            }
            if !done.contains(&below) {
                open.insert(below);
                path.push((below, 0));
            }
        }
    }
    Ok(order)
}
