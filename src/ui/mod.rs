//! What users see: the shell, the pages, the parts they share. Reads `state`, never a backend.

// The component macro makes everything that it writes `pub`.
#![allow(unreachable_pub)]

pub mod app;
pub mod html;
pub mod later;
pub mod nav;
pub mod page;
pub mod part;
pub mod route;
pub mod route_part;
pub mod text;
pub mod title;
