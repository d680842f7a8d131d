//! [`order`]: one sort for all short lists. The standard library's is made anew for each type that it sorts, several kilobytes each time.

use std::cmp::Ordering;

/// The places 0 to `len` in the order of `compare`, which is told places; equal ones stay as they are. O(n log n).
pub fn order(len: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut from: Vec<usize> = (0..len).collect();
    let mut to: Vec<usize> = Vec::with_capacity(len);
    let mut run = 1;
    while run < len {
        for pair in from.chunks(run * 2) {
            let (left, right) = pair.split_at(run.min(pair.len()));
            let (mut left, mut right) = (left.iter(), right.iter());
            let (mut a, mut b) = (left.next(), right.next());
            loop {
                // The left one goes first unless the right one is before it.
                let is_left = match (a, b) {
                    (Some(a), Some(b)) => compare(*b, *a) != Ordering::Less,
                    (Some(_), None) => true,
                    (None, Some(_)) => false,
                    (None, None) => break,
                };
                let (slot, rest) = match is_left {
                    true => (&mut a, &mut left),
                    false => (&mut b, &mut right),
                };
                to.extend(*slot);
                *slot = rest.next();
            }
        }
        std::mem::swap(&mut from, &mut to);
        to.clear();
        run *= 2;
    }
    from
}

#[cfg(test)]
mod tests {
    use super::order;

    #[test]
    fn it_is_the_stable_order_of_the_standard_library() {
        let mut number = 7_u64;
        for len in (0..70).chain([1000, 1023, 1024, 1025]) {
            let values: Vec<u64> = (0..len)
                .map(|_| {
                    number = number
                        .wrapping_mul(6_364_136_223_846_793_005)
                        .wrapping_add(1);
                    number >> 33 & 31
                })
                .collect();
            let mut expected: Vec<usize> = (0..values.len()).collect();
            expected.sort_by_key(|place| values[*place]);
            assert_eq!(
                order(values.len(), &|a, b| values[a].cmp(&values[b])),
                expected
            );
        }
    }
}
