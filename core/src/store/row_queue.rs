//! [`RowQueue`]: rows that wait, in the order in which they came. However many come one after the other take the room of one: a long history
//! is read faster than its rows are let into the views.

use std::collections::VecDeque;

use super::run_table::RowId;

/// Rows to be taken, first come first.
#[derive(Debug, Default)]
pub(super) struct RowQueue {
    /// A row, and how many from it on.
    ranges: VecDeque<(u32, u32)>,
}

impl RowQueue {
    pub(super) fn push(&mut self, row: RowId) {
        match self.ranges.back_mut() {
            Some((first, many)) if *first + *many == row.0 => *many += 1,
            _ => self.ranges.push_back((row.0, 1)),
        }
    }

    /// The first so many rows, or all there are.
    pub(super) fn take(&mut self, limit: usize) -> Vec<RowId> {
        let mut rows = Vec::new();
        while rows.len() < limit
            && let Some((first, many)) = self.ranges.front_mut()
        {
            let left = u32::try_from(limit - rows.len()).unwrap_or(u32::MAX);
            let taken = left.min(*many);
            rows.extend((*first..*first + taken).map(RowId));
            (*first, *many) = (*first + taken, *many - taken);
            if *many == 0 {
                self.ranges.pop_front();
            }
        }
        rows
    }

    pub(super) fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// Bytes held, by accounting.
    pub(super) fn memory_bytes(&self) -> usize {
        self.ranges.capacity() * size_of::<(u32, u32)>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_out_as_they_came_and_neighbours_take_no_room() {
        let rows: Vec<RowId> = (5..400_000).chain([3, 4, 2, 7]).map(RowId).collect();
        let mut queue = RowQueue::default();
        for row in &rows {
            queue.push(*row);
        }
        assert!(queue.memory_bytes() < 100);
        let mut out = queue.take(100_000);
        assert_eq!(out.len(), 100_000);
        out.extend(queue.take(1));
        assert!(!queue.is_empty());
        out.extend(queue.take(usize::MAX));
        assert_eq!(out, rows);
        assert!(queue.is_empty() && queue.take(9).is_empty());
    }
}
