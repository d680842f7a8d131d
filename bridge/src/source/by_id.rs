//! The order of runs of one time: many sources know whole seconds only.

use std::cmp::Ordering;

/// A run's id by its order: numbers by their value, so that of two the later made is the newer one, and all other texts behind them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ById<T>(pub(super) T);

impl<T: AsRef<str>> ById<T> {
    /// The digits behind leading zeros, of a number.
    fn number(&self) -> Option<&str> {
        let text = self.0.as_ref();
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| text.trim_start_matches('0'))
    }
}

impl<T: AsRef<str> + Eq> Ord for ById<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        let numbers = match (self.number(), other.number()) {
            // No number is too long for it.
            (Some(a), Some(b)) => (a.len(), a).cmp(&(b.len(), b)),
            (a, b) => a.is_none().cmp(&b.is_none()),
        };
        numbers.then_with(|| self.0.as_ref().cmp(other.0.as_ref()))
    }
}

impl<T: AsRef<str> + Eq> PartialOrd for ById<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::ById;

    #[test]
    fn numbers_stand_by_their_value_and_before_texts() {
        let mut ids = [
            "b2",
            "16",
            "",
            "007",
            "3",
            "99999999999999999999999",
            "b10",
            "7",
            "-1",
            "2",
        ];
        ids.sort_by_key(|id| ById(*id));
        let sorted = [
            "2",
            "3",
            "007",
            "7",
            "16",
            "99999999999999999999999",
            "",
            "-1",
            "b10",
            "b2",
        ];
        assert_eq!(ids, sorted);
    }
}
