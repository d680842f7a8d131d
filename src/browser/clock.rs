//! The browser's clock, its zone, and its timers.

use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;
use runboard_core::model::Timestamp;
use runboard_core::net::Clock;

/// The browser's own clock.
#[derive(Clone, Copy, Debug)]
pub struct BrowserClock;

impl Clock for BrowserClock {
    fn now(&self) -> Timestamp {
        Timestamp((js_sys::Date::now() * 1000.0) as i64)
    }

    fn sleep(&self, duration: Duration) -> LocalBoxFuture<'static, ()> {
        gloo_timers::future::sleep(duration).boxed_local()
    }

    fn random(&self) -> f64 {
        js_sys::Math::random()
    }

    fn zone(&self) -> fn(Timestamp) -> i32 {
        offset_minutes
    }
}

/// Minutes east of UTC of the browser's zone at an instant.
pub fn offset_minutes(at: Timestamp) -> i32 {
    let date = js_sys::Date::new(&wasm_bindgen::JsValue::from_f64(at.0 as f64 / 1000.0));
    -(date.get_timezone_offset() as i32)
}

/// Milliseconds on the page's monotonic clock, to bound slices of long work.
pub fn monotonic_ms() -> f64 {
    web_sys::window()
        .and_then(|window| window.performance())
        .map_or_else(js_sys::Date::now, |clock| clock.now())
}
