//! Many runs and their logs, held so that a million of them fit and move: typed columns, interned strings, byte arenas, order indexes,
//! windows and search. Only standard types of the model go in and come out; long work is done in slices that the caller sizes.

pub mod ansi;
mod brief;
pub mod download;
pub mod export;
pub mod hash_index;
pub mod intern;
pub mod json;
mod line_set;
pub mod links;
mod log_block;
pub mod log_select;
pub mod log_store;
pub mod needle;
pub mod paged;
mod row_queue;
mod run_brief;
mod run_build;
mod run_columns;
pub mod run_group;
mod run_match;
pub mod run_near;
mod run_order;
mod run_read;
pub mod run_table;
mod run_tags;
pub mod run_view;
pub mod search;
pub mod window;
