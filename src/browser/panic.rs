//! A panic leaves the wasm instance unusable (panic = abort), so public/boot.js is told and takes the page over.

use wasm_bindgen::{JsCast as _, JsValue};

/// Prints panics to the console and announces them as the event `runboard-panic`, whose `detail` is the message.
pub fn report_panics() {
    std::panic::set_hook(Box::new(|info| {
        console_error_panic_hook::hook(info);
        let init = web_sys::CustomEventInit::new();
        init.set_detail(&JsValue::from_str(&info.to_string()));
        if let (Some(window), Ok(event)) = (
            web_sys::window(),
            web_sys::CustomEvent::new_with_event_init_dict("runboard-panic", &init),
        ) {
            // Nobody is left to hear a failure of the announcement.
            let _ = window.dispatch_event(event.unchecked_ref());
        }
    }));
}
