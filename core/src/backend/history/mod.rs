//! Run histories as JSON lines (`runs.jsonl`): one object a line, written when a run ends, by many writers of many versions.
//!
//! [`reader`] finds the lines and their places, [`decode`] reads one line without harm to its neighbours, [`wire`] is what a line
//! says and [`report`] what was wrong with it.

pub mod decode;
mod events;
pub mod reader;
pub mod report;
mod run;
pub mod wire;

pub use decode::Line;
pub use reader::{Item, Reader};
pub use report::{Fault, Warning};
pub use run::{Naming, nth_id};
pub use wire::Summary;
