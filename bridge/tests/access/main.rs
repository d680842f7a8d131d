//! `runboard-bridge serve` for others than this machine, the real program: the token, the cookie, names behind a reverse proxy.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod ask;
#[allow(dead_code)]
#[path = "../serve/client.rs"]
mod client;
mod front;
mod session;
#[allow(dead_code)]
#[path = "../serve/site.rs"]
mod site;
mod start;
