//! The domain, the protocols and the backend adapters of Runboard.
//!
//! The folders are the data path, and each may use only those above it:
//! `model` (what a run is) <- `store` (many of them, and their logs) <- `net` (bytes into frames) <- `backend` (frames into the model).
//! Nothing here knows a browser, a clock or a socket: those arrive through the ports of [`net`].

pub mod backend;
pub mod lazy;
pub mod model;
pub mod net;
pub mod store;
