//! [`Zone`]: where the clock stood by which times without a zone were written.

use crate::model::Timestamp;
use crate::model::time::WrittenTime;

/// A fixed offset, or that of a place with summer time.
#[derive(Clone, Copy, Debug)]
pub enum Zone {
    /// Minutes east of UTC.
    Fixed(i32),
    /// Minutes east of UTC at an instant.
    Local(fn(Timestamp) -> i32),
}

impl Default for Zone {
    fn default() -> Zone {
        Zone::Fixed(0)
    }
}

impl Zone {
    /// The instant of a time as it was written. What a clock shows twice, when it is put back, is either of the two instants; what it never
    /// shows, when it is put forward, lies an hour beside.
    pub fn instant(self, time: WrittenTime) -> Timestamp {
        match self {
            Zone::Fixed(minutes) => time.instant(minutes),
            Zone::Local(offset) => {
                // The offset at the instant that has the same digits in UTC, then that at where this leads: around a change they differ.
                let first = time.instant(offset(time.at));
                time.instant(offset(first))
            }
        }
    }
}
