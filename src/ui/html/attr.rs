//! Values of attributes, properties, styles and classes: there, not there, or changing.

use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{Element, HtmlElement};

use super::keep_true;
use crate::ui::text;

/// A value of an attribute.
pub enum Attr {
    /// The attribute is not there.
    Absent,
    Text(String),
    /// Asked again when a signal that it read has changed.
    Changing(Box<dyn FnMut() -> Attr>),
}

/// Where a value goes.
#[derive(Clone, Copy)]
pub(super) enum Place {
    Attribute,
    Property,
    Style,
    Class,
}

pub(super) fn set(element: &Element, place: Place, name: &'static str, value: Attr) {
    match value {
        Attr::Absent => {}
        Attr::Text(text) => apply(element, place, name, Some(&text)),
        Attr::Changing(mut ask) => {
            let element = element.clone();
            let mut last: Option<String> = None;
            keep_true(Box::new(move || {
                let value = settled(ask());
                if value != last {
                    apply(&element, place, name, value.as_deref());
                    last = value;
                }
            }));
        }
    }
}

/// Values of several attributes by their names; without a value an attribute is not there.
pub type Attrs = Vec<(&'static str, Option<String>)>;

/// Keeps attributes true that change together: asking for them once is cheaper than for each.
pub(super) fn set_all(element: &Element, mut ask: Box<dyn FnMut() -> Attrs>) {
    let element = element.clone();
    let mut last = Attrs::new();
    keep_true(Box::new(move || {
        let all = ask();
        for (at, one) in all.iter().enumerate() {
            if last.get(at) != Some(one) && (one.1.is_some() || !last.is_empty()) {
                apply(&element, Place::Attribute, one.0, one.1.as_deref());
            }
        }
        last = all;
    }));
}

/// A closure that gives a closure is asked on.
fn settled(value: Attr) -> Option<String> {
    match value {
        Attr::Absent => None,
        Attr::Text(text) => Some(text),
        Attr::Changing(mut ask) => settled(ask()),
    }
}

fn apply(element: &Element, place: Place, name: &str, value: Option<&str>) {
    // Each fails only for a name that is none; the names are written in our own pages.
    match (place, value) {
        (Place::Attribute, Some(value)) => {
            let _ = element.set_attribute(name, value);
        }
        (Place::Attribute, None) => {
            let _ = element.remove_attribute(name);
        }
        (Place::Property, value) => {
            let value = JsValue::from_str(value.unwrap_or_default());
            let _ = js_sys::Reflect::set(element, &JsValue::from_str(name), &value);
        }
        (Place::Style, value) => {
            // Drawings have a style of the same kind.
            let style = element.unchecked_ref::<HtmlElement>().style();
            let _ = style.set_property(name, value.unwrap_or_default());
        }
        (Place::Class, value) => {
            let _ = element
                .class_list()
                .toggle_with_force(name, value.is_some());
        }
    }
}

pub trait IntoAttr {
    fn into_attr(self) -> Attr;
}

impl IntoAttr for Attr {
    fn into_attr(self) -> Attr {
        self
    }
}

impl IntoAttr for String {
    fn into_attr(self) -> Attr {
        Attr::Text(self)
    }
}

impl IntoAttr for &str {
    fn into_attr(self) -> Attr {
        Attr::Text(self.into())
    }
}

impl IntoAttr for bool {
    fn into_attr(self) -> Attr {
        if self {
            Attr::Text(String::new())
        } else {
            Attr::Absent
        }
    }
}

/// A length in a drawing: two digits behind the point are finer than a pixel.
impl IntoAttr for f64 {
    fn into_attr(self) -> Attr {
        Attr::Text(text::decimal(self, 2))
    }
}

impl<A: IntoAttr> IntoAttr for Option<A> {
    fn into_attr(self) -> Attr {
        self.map_or(Attr::Absent, A::into_attr)
    }
}

impl<F: FnMut() -> A + 'static, A: IntoAttr> IntoAttr for F {
    fn into_attr(mut self) -> Attr {
        Attr::Changing(Box::new(move || self().into_attr()))
    }
}
