//! The pages, one folder each.

pub mod logs;
pub mod run;
pub mod runs;
pub mod sources;
pub mod stats;
pub mod tasks;
pub mod wall;
