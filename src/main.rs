//! Starts the app in the page that loaded it. Natively there is no page, and nothing to start.

fn main() {
    #[cfg(target_arch = "wasm32")]
    runboard_app::start();
}
