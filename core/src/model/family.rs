//! [`Family`]: a run with all that it was made from and all that were made from it.

use super::Run;

/// The runs of one root.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Family {
    /// Id of the first run of the family.
    pub root: String,
    /// Id of the run from which the one that was asked about was made.
    pub parent: Option<String>,
    /// Oldest first, the run that was asked about among them.
    pub runs: Vec<Run>,
    /// Ids that are named by the others and are not there (any more).
    pub missing: Vec<String>,
}

impl Family {
    /// The runs as a tree: how deep each stands, and its place in [`Family::runs`]. A child stands behind its parent, siblings oldest first;
    /// each run stands once, whatever the ids claim.
    pub fn tree(&self) -> Vec<(usize, usize)> {
        let parent_of = |run: &Run| {
            let parent = run.lineage.parent.as_ref()?;
            self.runs
                .iter()
                .position(|other| other.id == *parent && other.id != run.id)
        };
        let parents: Vec<Option<usize>> = self.runs.iter().map(parent_of).collect();
        let mut seen = vec![false; parents.len()];
        let mut tree = Vec::with_capacity(parents.len());
        let tops = (0..parents.len()).filter(|place| parents.get(*place) == Some(&None));
        // Runs in a ring have no top: each that is left over begins a tree of its own.
        for top in tops.chain(0..parents.len()) {
            let mut open = vec![(0, top)];
            while let Some((depth, place)) = open.pop() {
                if seen.get(place) != Some(&false) {
                    continue;
                }
                if let Some(seen) = seen.get_mut(place) {
                    *seen = true;
                }
                tree.push((depth, place));
                let children = parents.iter().enumerate().rev();
                let children = children.filter(|(_, parent)| **parent == Some(place));
                open.extend(children.map(|(child, _)| (depth + 1, child)));
            }
        }
        tree
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn family(runs: &[(&str, Option<&str>)]) -> Family {
        let run = |(id, parent): &(&str, Option<&str>)| {
            let mut run = Run::new(*id, "job");
            run.lineage.parent = parent.map(String::from);
            run
        };
        Family {
            runs: runs.iter().map(run).collect(),
            ..Family::default()
        }
    }

    #[test]
    fn children_stand_behind_their_parent_and_rings_end() {
        let tree = family(&[
            ("a", None),
            ("b", Some("a")),
            ("c", Some("a")),
            ("d", Some("b")),
            ("e", Some("gone")),
        ])
        .tree();
        assert_eq!(tree, [(0, 0), (1, 1), (2, 3), (1, 2), (0, 4)]);
        let ring = family(&[("a", Some("b")), ("b", Some("a")), ("c", Some("c"))]).tree();
        assert_eq!(ring, [(0, 2), (0, 0), (1, 1)]);
    }
}
