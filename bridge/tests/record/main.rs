//! `runboard-bridge record`, the real program, with real signals and a really full disk.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod folder;
mod nested;
mod output;
mod stop;
