//! Run histories as JSON lines (`runs.jsonl`): one object a line, written when a run ends, by many writers of many versions.
//!
//! [`reader`] finds the lines and their places, [`decode`] reads one line without harm to its neighbours, [`wire`] is what a line
//! says and [`report`] what was wrong with it. [`History`] is such a history as a source: a pipeline's own API over one, or a file behind a URL.

mod adapter;
pub mod decode;
mod events;
mod facts;
mod file;
mod free_json;
pub mod health;
mod inner;
mod known;
mod lines;
mod places;
pub mod reader;
mod remarks;
pub mod report;
mod rest;
mod run;
mod tail;
pub mod wire;
mod zone;

pub use adapter::{History, POLL};
pub use decode::Line;
pub use reader::{Item, Reader};
pub use remarks::Remarks;
pub use report::{Fault, Warning};
pub use run::{Naming, nth_id};
pub use wire::Summary;
pub use zone::Zone;
