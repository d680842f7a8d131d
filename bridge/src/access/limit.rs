//! How often one may guess: some times at once, then once in a while. Each address has its own count.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Wrong tokens at once.
const BURST: u32 = 5;
/// Time after which one more is allowed.
const PAUSE: Duration = Duration::from_secs(10);
/// Addresses that are remembered.
const ADDRESSES: usize = 1024;

#[derive(Default)]
pub(crate) struct Limit(Mutex<HashMap<IpAddr, Instant>>);

impl Limit {
    /// Seconds until the address may try again; `None`: now.
    pub(crate) fn wait(&self, peer: IpAddr) -> Option<u64> {
        self.wait_at(network(peer), Instant::now())
    }

    pub(crate) fn failed(&self, peer: IpAddr) {
        self.failed_at(network(peer), Instant::now());
    }

    fn wait_at(&self, peer: IpAddr, now: Instant) -> Option<u64> {
        let map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let debt = map.get(&peer)?.checked_duration_since(now)?;
        let over = debt.checked_sub(PAUSE * (BURST - 1))?;
        (!over.is_zero()).then(|| over.as_secs() + 1)
    }

    /// Each failure is a debt that time pays.
    fn failed_at(&self, peer: IpAddr, now: Instant) {
        let mut map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if map.len() >= ADDRESSES && !map.contains_key(&peer) {
            map.retain(|_, paid| *paid > now);
            // All owe something: who is done soonest is forgotten.
            if map.len() >= ADDRESSES
                && let Some(first) = map
                    .iter()
                    .min_by_key(|(_, paid)| **paid)
                    .map(|(peer, _)| *peer)
            {
                map.remove(&first);
            }
        }
        let paid = map.entry(peer).or_insert(now);
        *paid = (*paid).max(now) + PAUSE;
    }
}

/// What one subscriber has: an IPv4 address, or the first half of an IPv6 one.
fn network(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V6(whole) => IpAddr::V6((u128::from(whole) >> 64 << 64).into()),
        short => short,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_at_once_then_one_in_a_while() {
        let (limit, now) = (Limit::default(), Instant::now());
        let (peer, other) = (IpAddr::from([1, 2, 3, 4]), IpAddr::from([1, 2, 3, 5]));
        for _ in 0..BURST {
            assert_eq!(limit.wait_at(peer, now), None);
            limit.failed_at(peer, now);
        }
        assert!(limit.wait_at(peer, now).is_some_and(|wait| wait <= 11));
        assert_eq!(limit.wait_at(other, now), None);
        assert_eq!(limit.wait_at(peer, now + PAUSE), None);
        limit.failed_at(peer, now + PAUSE);
        assert!(limit.wait_at(peer, now + PAUSE).is_some());
    }

    #[test]
    fn the_memory_is_bounded() {
        let (limit, now) = (Limit::default(), Instant::now());
        for number in 0..5000_u32 {
            limit.failed_at(IpAddr::from(number.to_be_bytes()), now);
        }
        assert!(limit.0.lock().unwrap().len() <= ADDRESSES);
    }

    #[test]
    fn neighbours_of_one_network_count_together() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2:3::4"), of("2001:db8:1:2:5::6"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:1.2.3.4"), of("1.2.3.4"));
    }
}
