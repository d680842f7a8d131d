//! What several pages share.

pub mod dialog;
pub mod facts;
pub mod field;
pub mod menu;
pub mod narrow;
pub mod panel;
pub mod phase_badge;
pub mod reading;
pub mod row_keys;
pub mod sign_in;
pub mod sort_head;
pub mod source_strip;
pub mod steps_bar;
pub mod suggest;
pub mod table;
pub mod time_cell;
pub mod windowed;
