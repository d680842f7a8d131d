//! Runboard's app: `browser` (the only I/O) -> `state` (reactive, no DOM) -> `ui` (what users see).
//!
//! The domain, the protocols and the adapters are in `runboard-core`; docs/architecture.md has the whole data path.
#![cfg(target_arch = "wasm32")]

pub mod browser;
pub mod state;
pub mod ui;

/// Mounts the app into the page.
pub fn start() {
    browser::panic::report_panics();
    ui::app::mount();
}
