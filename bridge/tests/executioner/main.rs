//! Histories of executioner through `runboard-bridge serve --executioner`: real databases, real logs, a command line that behaves like the real one.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod carried;
#[allow(dead_code)]
#[path = "../serve/client.rs"]
mod client;
mod doubt;
mod drift;
mod elsewhere;
mod honest;
mod jobs;
mod make;
mod mark;
mod old;
mod order;
mod resume;
mod show;
#[allow(dead_code)]
#[path = "../serve/site.rs"]
mod site;
mod writer;
