//! The order of runs of one time: many sources know whole seconds only.

use std::cmp::Ordering;

use runboard_core::model::run::number;

/// A run's id by its order: numbers by their value, so that of two the later made is the newer one, and all other texts behind them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ById<T>(pub(super) T);

impl<T: AsRef<str> + Eq> Ord for ById<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        let (a, b) = (self.0.as_ref(), other.0.as_ref());
        let numbers = match (number(a.as_bytes()), number(b.as_bytes())) {
            (Some(a), Some(b)) => a.cmp(&b),
            (a, b) => a.is_none().cmp(&b.is_none()),
        };
        numbers.then_with(|| a.cmp(b))
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
