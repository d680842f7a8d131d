//! Changes of recorded runs through `runboard-bridge serve --allow-actions`: real programs, real signals, real folders.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod again;
#[allow(dead_code)]
#[path = "../serve/client.rs"]
mod client;
mod delete;
mod expected;
#[allow(dead_code)]
#[path = "../serve/files.rs"]
mod files;
mod gate;
mod resume;
#[allow(dead_code)]
#[path = "../serve/site.rs"]
mod site;
mod terminate;
mod work;
