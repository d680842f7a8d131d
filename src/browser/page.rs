//! The page around the app: where it is, whether anyone can see it, its title, and small services of the browser.

use std::time::Duration;

use wasm_bindgen::JsCast as _;
use wasm_bindgen::closure::Closure;
use web_sys::{EventTarget, HtmlAnchorElement};

/// A listener that goes with its owner.
pub struct Listener {
    target: EventTarget,
    name: &'static str,
    closure: Closure<dyn FnMut(web_sys::Event)>,
}

impl Listener {
    /// Hears `name` on `target` until dropped.
    pub fn new(
        target: EventTarget,
        name: &'static str,
        hear: impl FnMut(web_sys::Event) + 'static,
    ) -> Listener {
        let closure = Closure::<dyn FnMut(web_sys::Event)>::new(hear);
        // A browser that refuses a listener is beyond mending; the page then merely misses the event.
        let _ = target.add_event_listener_with_callback(name, closure.as_ref().unchecked_ref());
        Listener {
            target,
            name,
            closure,
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = self
            .target
            .remove_event_listener_with_callback(self.name, self.closure.as_ref().unchecked_ref());
    }
}

/// Hears an event of the window.
pub fn on_window(
    name: &'static str,
    hear: impl FnMut(web_sys::Event) + 'static,
) -> Option<Listener> {
    Some(Listener::new(web_sys::window()?.into(), name, hear))
}

/// Hears an event of the document.
pub fn on_document(
    name: &'static str,
    hear: impl FnMut(web_sys::Event) + 'static,
) -> Option<Listener> {
    Some(Listener::new(
        web_sys::window()?.document()?.into(),
        name,
        hear,
    ))
}

/// The query (without `?`) and the hash (without `#`) of the page's address.
pub fn location() -> (String, String) {
    let Some(location) = web_sys::window().map(|window| window.location()) else {
        return Default::default();
    };
    let cut = |text: String, mark: char| {
        text.strip_prefix(mark)
            .map(String::from)
            .unwrap_or_default()
    };
    (
        cut(location.search().unwrap_or_default(), '?'),
        cut(location.hash().unwrap_or_default(), '#'),
    )
}

/// The page's address without query and hash: what links are made from.
pub fn address() -> String {
    let href = web_sys::window()
        .and_then(|window| window.location().href().ok())
        .unwrap_or_default();
    href.split(['?', '#'])
        .next()
        .unwrap_or_default()
        .to_string()
}

/// Moves to another query and hash of the same page; `replace` leaves no step in the history.
pub fn go(url: &str, replace: bool) {
    let Some(history) = web_sys::window().and_then(|window| window.history().ok()) else {
        return;
    };
    let null = wasm_bindgen::JsValue::NULL;
    // Browsers refuse more than some hundred changes in half a minute; the view is right all the same.
    let _ = if replace {
        history.replace_state_with_url(&null, "", Some(url))
    } else {
        history.push_state_with_url(&null, "", Some(url))
    };
}

/// Nobody can see the tab.
pub fn is_hidden() -> bool {
    web_sys::window()
        .and_then(|window| window.document())
        .is_some_and(|document| document.hidden())
}

pub fn set_title(title: &str) {
    if let Some(document) = web_sys::window().and_then(|window| window.document()) {
        document.set_title(title);
    }
}

/// Sets or removes the theme that the stylesheet obeys (`html[data-theme]`).
pub fn set_theme(theme: Option<&str>) {
    let root = web_sys::window()
        .and_then(|window| window.document())
        .and_then(|document| document.document_element());
    if let Some(root) = root {
        let _ = match theme {
            Some(theme) => root.set_attribute("data-theme", theme),
            None => root.remove_attribute("data-theme"),
        };
    }
}

/// Puts a text on the clipboard; `false` when the browser does not allow it (an insecure origin, no permission).
pub async fn copy(text: &str) -> bool {
    let Some(window) = web_sys::window() else {
        return false;
    };
    if !window.is_secure_context() {
        return false;
    }
    wasm_bindgen_futures::JsFuture::from(window.navigator().clipboard().write_text(text))
        .await
        .is_ok()
}

/// Downloads what `url` gives under `name`.
pub fn download_url(url: &str, name: &str) {
    let anchor = web_sys::window()
        .and_then(|window| window.document())
        .and_then(|document| document.create_element("a").ok())
        .and_then(|element| element.dyn_into::<HtmlAnchorElement>().ok());
    if let Some(anchor) = anchor {
        anchor.set_href(url);
        anchor.set_download(name);
        anchor.click();
    }
}

/// Downloads a text as a file.
pub fn download_text(text: &str, media_type: &str, name: &str) {
    download_parts(&[text.to_string()], media_type, name);
}

/// Downloads a text that was written in parts.
pub fn download_parts(texts: &[String], media_type: &str, name: &str) {
    let parts = Parts::default();
    for text in texts {
        parts.push(text);
    }
    parts.download(media_type, name);
}

/// A text for a download, which the browser holds from the moment on that a part of it is written.
#[derive(Default)]
pub struct Parts(js_sys::Array);

impl Parts {
    pub fn push(&self, text: &str) {
        let part = js_sys::Array::of1(&text.into());
        if let Ok(part) = web_sys::Blob::new_with_str_sequence(&part) {
            self.0.push(&part);
        }
    }

    pub fn download(&self, media_type: &str, name: &str) {
        let options = web_sys::BlobPropertyBag::new();
        options.set_type(media_type);
        let blob = web_sys::Blob::new_with_blob_sequence_and_options(&self.0, &options);
        if let Some(url) = blob
            .ok()
            .and_then(|blob| web_sys::Url::create_object_url_with_blob(&blob).ok())
        {
            download_url(&url, name);
            let _ = web_sys::Url::revoke_object_url(&url);
        }
    }
}

/// Tells when an element's size changes; ends with its owner.
pub struct Resize {
    observer: web_sys::ResizeObserver,
    _closure: Closure<dyn FnMut(js_sys::Array)>,
}

impl Resize {
    pub fn new(element: &web_sys::Element, mut hear: impl FnMut() + 'static) -> Option<Resize> {
        let closure = Closure::<dyn FnMut(js_sys::Array)>::new(move |_| hear());
        let observer = web_sys::ResizeObserver::new(closure.as_ref().unchecked_ref()).ok()?;
        observer.observe(element);
        Some(Resize {
            observer,
            _closure: closure,
        })
    }
}

impl Drop for Resize {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}

/// The name of the wasm file that this page was started with.
pub fn own_build() -> Option<String> {
    let script = web_sys::window()?
        .document()?
        .query_selector("script[data-wasm]")
        .ok()??;
    let path = script.get_attribute("data-wasm")?;
    path.rsplit('/').next().map(String::from)
}

/// Until the browser has nothing else to do. Browsers that cannot tell (Safari) wait a moment.
pub async fn idle() {
    let mut can_tell = false;
    let idle = js_sys::Promise::new(&mut |done, _| {
        can_tell =
            web_sys::window().is_some_and(|window| window.request_idle_callback(&done).is_ok());
    });
    if !can_tell || wasm_bindgen_futures::JsFuture::from(idle).await.is_err() {
        gloo_timers::future::sleep(Duration::from_secs(1)).await;
    }
}

/// Loads the page anew.
pub fn reload() {
    if let Some(window) = web_sys::window() {
        // Refused only while the page is being left.
        let _ = window.location().reload();
    }
}

/// Width and height of the window, in CSS pixels.
pub fn size() -> (f64, f64) {
    let Some(window) = web_sys::window() else {
        return (1.0, 1.0);
    };
    let read = |value: Result<wasm_bindgen::JsValue, wasm_bindgen::JsValue>| {
        value.ok().and_then(|value| value.as_f64()).unwrap_or(1.0)
    };
    (read(window.inner_width()), read(window.inner_height()))
}
