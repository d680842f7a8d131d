//! The domain: plain values with public fields. No serde, no I/O, no signals; only the standard library.

pub mod event;
pub mod event_log;
pub mod event_pick;
pub mod failure;
pub mod family;
pub mod filter;
pub mod fold;
pub mod letter;
pub mod log;
pub mod near;
pub mod order;
pub mod phase;
pub mod resume;
pub mod run;
pub mod run_stats;
pub mod stats;
pub mod step;
pub mod step_detail;
pub mod step_stats;
pub mod step_view;
pub mod time;
pub mod timeline;
pub mod wall;

pub use event::{EventFilter, EventLevel};
pub use event_log::EventLog;
pub use family::Family;
pub use filter::RunFilter;
pub use log::{Level, LogLine, LogStream};
pub use phase::Phase;
pub use resume::{ResumeMode, ResumePlan};
pub use run::{Lineage, Run, StepCounts};
pub use run_stats::RunStats;
pub use step::{Attempt, Step};
pub use step_detail::StepDetail;
pub use time::{Span, Timestamp};
