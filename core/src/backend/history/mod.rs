//! Run histories as JSON lines (`runs.jsonl`): one object a line, written when a run ends, by many writers of many versions.
//!
//! [`reader`] finds the lines and their places, [`decode`] reads one line without harm to its neighbours, [`wire`] is what a line says.

pub mod decode;
pub mod reader;
mod run;
pub mod wire;

pub use decode::{Fault, Line, Warning};
pub use reader::{Item, Reader};
pub use run::{Naming, nth_id};
pub use wire::Summary;
