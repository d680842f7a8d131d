//! `runboard-bridge serve --proxy`, the real program between real clients and real servers.
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
mod foreign;
mod graphql;
mod http;
#[allow(dead_code)]
#[path = "../serve/site.rs"]
mod site;
mod socket;
mod stream;
#[cfg(feature = "tls")]
mod tls;
mod upstream;
