//! The log of a recorded run, read straight from its file: rows, their numbers, and questions about them.

pub(crate) mod cache;
pub(crate) mod index;
pub(crate) mod query;
pub(crate) mod row;
