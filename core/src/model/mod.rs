//! The domain: plain values with public fields. No serde, no I/O, no signals; only the standard library.

pub mod filter;
pub mod fold;
pub mod log;
pub mod phase;
pub mod run;
pub mod stats;
pub mod step;
pub mod time;
pub mod wall;

pub use filter::RunFilter;
pub use log::{Level, LogLine, LogStream};
pub use phase::Phase;
pub use run::{Lineage, Run, StepCounts};
pub use step::{Attempt, Step};
pub use time::{Span, Timestamp};
