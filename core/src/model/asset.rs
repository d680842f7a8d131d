//! [`Asset`]: what a run was to make, or made, and the checks of it.

/// What became of an asset or of a check in one run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Became {
    /// Planned, and nothing is told of it.
    #[default]
    Nothing,
    Materialized,
    Observed,
    /// Of an asset: it was to be materialized and was not, as the source says itself.
    Failed,
    /// Of a check.
    Passed,
    /// Of a check: it did not pass, and only warns.
    Warned,
    /// Of a check: it did not pass.
    NotPassed,
}

impl Became {
    pub fn word(self) -> &'static str {
        match self {
            Became::Nothing => "nothing",
            Became::Materialized => "materialized",
            Became::Observed => "observed",
            Became::Failed => "failed",
            Became::Passed => "passed",
            Became::Warned => "warned",
            Became::NotPassed => "not passed",
        }
    }
}

/// An asset of a run, or a check of one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asset {
    /// With slashes between its parts.
    pub key: String,
    /// The check's name; `None`: the asset itself.
    pub check: Option<String>,
    /// The step that makes or evaluates it.
    pub step: Option<String>,
    pub partition: Option<String>,
    /// It was known beforehand that the run would make or evaluate it.
    pub was_planned: bool,
    pub became: Became,
    /// The source's words of a check.
    pub words: Option<String>,
}

impl Asset {
    /// Planned, and it did not come to be: the run is over, or has not come so far.
    pub fn is_missing(&self) -> bool {
        self.was_planned && matches!(self.became, Became::Nothing | Became::Failed)
    }
}

/// Steps that a run would have that makes up for what an old one left out. The rule is Dagster's (`run_domain.get_keys_to_reexecute`, 1.13.27): assets that
/// were planned and not materialized, checks that were planned and not evaluated, and an asset with all its checks where one of them did not
/// pass and `is_blocking`.
pub fn missing_steps(assets: &[Asset], is_blocking: &dyn Fn(&Asset) -> bool) -> Vec<String> {
    let blocked: Vec<&str> = assets
        .iter()
        .filter(|one| matches!(one.became, Became::Warned | Became::NotPassed))
        .filter(|one| is_blocking(one))
        .map(|one| one.key.as_str())
        .collect();
    let mut steps: Vec<String> = Vec::new();
    for one in assets.iter().filter(|one| one.was_planned) {
        let is_due = match one.check {
            None => one.became != Became::Materialized,
            Some(_) => one.became == Became::Nothing,
        };
        if let Some(step) = &one.step
            && (is_due || blocked.contains(&one.key.as_str()))
            && !steps.contains(step)
        {
            steps.push(step.clone());
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_left_out_or_blocked_is_made_again() {
        let one = |key: &str, check: Option<&str>, became| Asset {
            key: key.into(),
            check: check.map(String::from),
            step: Some(check.map_or(key.into(), |check| [key, "_", check].concat())),
            was_planned: true,
            became,
            ..Asset::default()
        };
        let assets = [
            one("a", None, Became::Materialized),
            one("a", Some("fine"), Became::Passed),
            one("b", None, Became::Materialized),
            one("b", Some("hard"), Became::NotPassed),
            one("b", Some("fine"), Became::Passed),
            one("c", None, Became::Materialized),
            one("c", Some("soft"), Became::NotPassed),
            one("d", None, Became::Nothing),
            one("d", Some("late"), Became::Nothing),
            one("e", None, Became::Observed),
        ];
        let hard = |one: &Asset| one.check.as_deref() == Some("hard");
        assert_eq!(
            missing_steps(&assets, &hard),
            ["b", "b_hard", "b_fine", "d", "d_late", "e"]
        );
        assert_eq!(missing_steps(&assets[..3], &hard), [""; 0]);
    }
}
