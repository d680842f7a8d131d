//! [`Paged`]: a long list of numbers that grows page by page: no copy of the whole while it grows, and no more room than it needs.

/// Numbers of one page: 64 kB.
const PAGE: usize = 8192;

/// Numbers by their places.
#[derive(Clone, Debug, Default)]
pub struct Paged {
    pages: Vec<Vec<u64>>,
    len: usize,
}

impl Paged {
    pub fn push(&mut self, number: u64) {
        if self.len.is_multiple_of(PAGE) {
            self.pages.push(Vec::with_capacity(PAGE));
        }
        if let Some(page) = self.pages.last_mut() {
            page.push(number);
            self.len += 1;
        }
    }

    pub fn get(&self, place: usize) -> Option<u64> {
        self.pages.get(place / PAGE)?.get(place % PAGE).copied()
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Bytes held, by accounting.
    pub fn memory_bytes(&self) -> usize {
        self.pages.capacity() * size_of::<Vec<u64>>() + self.pages.len() * PAGE * size_of::<u64>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_pushed_stands_in_its_place() {
        let mut paged = Paged::default();
        for number in 0..20_000 {
            paged.push(number * 3);
        }
        assert_eq!(paged.len(), 20_000);
        assert!((0..20_000).all(|place| paged.get(place) == Some(place as u64 * 3)));
        assert_eq!(paged.get(20_000), None);
        assert!(paged.memory_bytes() < 20_000 * 8 * 5 / 4);
    }
}
