//! The only I/O of the app: requests, streams, the clock, storage and the page's own signals (visibility, title, location).

pub mod clock;
pub mod disk;
pub mod page;
pub mod panic;
pub mod pick;
mod socket;
pub mod storage;
pub mod transport;
