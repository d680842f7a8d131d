//! Elements of the page, made by `view!` and kept true by signals (docs/adr/0004 says why not by Leptos' own renderer).
//!
//! An element is made once. A closure as an attribute or as a child is run again when a signal that it read has changed: an attribute is then
//! set anew where it differs, a child's nodes are replaced, and what belonged to the old ones (effects, listeners) ends with them. What is being
//! pressed waits until it is let go ([`press`]).

mod attr;
mod child;
mod each;
mod plan;
pub mod press;

use crate::state::reactive::{RwSignal, ends_here};
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use web_sys::{Document, Element, Event};

pub use self::attr::{Attr, Attrs, IntoAttr};
pub use self::child::{Html, IntoHtml};
pub use self::each::each;
pub use runboard_view::view;

use self::attr::Place;
use crate::browser::page::Listener;

/// An element in the making.
#[must_use = "an element that is not put anywhere is not on the page"]
pub struct El(Element);

thread_local! {
    static DOCUMENT: Document = {
        #[expect(clippy::expect_used, reason = "a page without a document has nothing to show, and nowhere to say so")]
        web_sys::window().and_then(|window| window.document()).expect("a document")
    };
}

fn document<T>(make: impl FnOnce(&Document) -> T) -> T {
    DOCUMENT.with(make)
}

/// Runs `work` now, and again when a signal that it read has changed; it ends with the current owner.
fn keep_true(work: Box<dyn FnMut()>) {
    let mut work = work;
    let effect = RenderEffect::new(move |_: Option<()>| work());
    ends_here(&effect);
    StoredValue::new_local(effect);
}

impl El {
    pub fn new(tag: &str) -> El {
        made(document(|document| document.create_element(tag)), tag)
    }

    fn svg(tag: &str) -> El {
        const SVG: Option<&str> = Some("http://www.w3.org/2000/svg");
        made(
            document(|document| document.create_element_ns(SVG, tag)),
            tag,
        )
    }

    /// By what a view says of it once and for all, which `view!` writes down as [`plan`] tells.
    pub fn of(plan: &'static str) -> El {
        plan::copy(plan)
    }

    /// An attribute that never changes.
    pub fn fixed(self, name: &str, value: &str) -> El {
        // Fails only for a name that is none.
        let _ = self.0.set_attribute(name, value);
        self
    }

    pub fn attr(self, name: &'static str, value: impl IntoAttr) -> El {
        self.set(Place::Attribute, name, value.into_attr())
    }

    /// Attributes that change together; always the same ones, in the same order.
    pub fn attrs(self, ask: impl FnMut() -> Attrs + 'static) -> El {
        attr::set_all(&self.0, Box::new(ask));
        self
    }

    /// A property of the element, such as the value of a field.
    pub fn prop(self, name: &'static str, value: impl IntoAttr) -> El {
        self.set(Place::Property, name, value.into_attr())
    }

    /// A property of the element's own style.
    pub fn style(self, name: &'static str, value: impl IntoAttr) -> El {
        self.set(Place::Style, name, value.into_attr())
    }

    /// A class that the element has while the value is true.
    pub fn class(self, name: &'static str, value: impl IntoAttr) -> El {
        self.set(Place::Class, name, value.into_attr())
    }

    fn set(self, place: Place, name: &'static str, value: Attr) -> El {
        attr::set(&self.0, place, name, value);
        self
    }

    /// Hears an event of the element.
    pub fn on<E: wasm_bindgen::JsCast + 'static>(
        self,
        name: &'static str,
        mut hear: impl FnMut(E) + 'static,
    ) -> El {
        self.hear(name, Box::new(move |event| hear(event.unchecked_into())))
    }

    fn hear(self, name: &'static str, hear: Box<dyn FnMut(Event)>) -> El {
        StoredValue::new_local(Listener::new(self.0.clone().into(), name, hear));
        self
    }

    pub fn node_ref(self, node: ElRef) -> El {
        node.0.set(Some(self.0.clone()));
        self
    }

    pub fn child(self, child: impl IntoHtml) -> El {
        child::put(&self.0, child.into_html());
        self
    }

    pub fn element(&self) -> &Element {
        &self.0
    }
}

/// The tags are written in our own pages, so a browser that does not know one is a defect of ours.
fn made(element: Result<Element, wasm_bindgen::JsValue>, tag: &str) -> El {
    match element {
        Ok(element) => El(element),
        // Not `expect`: what it prints of the browser's error is 15 kB of code.
        #[expect(clippy::panic, reason = "fails only for a tag that is no name")]
        Err(_) => panic!("{tag} is no element"),
    }
}

/// Where an element of a view is found once it is made.
#[derive(Clone, Copy)]
pub struct ElRef(RwSignal<Option<Element>>);

impl ElRef {
    pub fn new() -> ElRef {
        ElRef(RwSignal::new(None))
    }

    /// Tracked.
    pub fn get(self) -> Option<Element> {
        self.0.get()
    }

    /// `None` also when the page that it belonged to is gone.
    pub fn now(self) -> Option<Element> {
        self.0.try_get_untracked().flatten()
    }
}

impl Default for ElRef {
    fn default() -> ElRef {
        ElRef::new()
    }
}

/// What a field holds, or the word of the option that a select has chosen, when its event comes.
pub fn value_of(event: &Event) -> String {
    let value = event
        .target()
        .and_then(|target| js_sys::Reflect::get(&target, &"value".into()).ok());
    value
        .and_then(|value| value.as_string())
        .unwrap_or_default()
}
