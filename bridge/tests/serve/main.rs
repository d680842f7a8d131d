//! `runboard-bridge serve`, the real program, asked over real sockets.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod about;
mod access;
#[allow(dead_code)]
mod client;
mod cuts;
mod files;
mod follow;
mod history;
mod history_told;
mod list;
mod logs;
mod own_backend;
mod process;
mod run;
mod site;
