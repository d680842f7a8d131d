//! What never changes of an element, said once. Each further one of the same place in a view is a copy, which costs one call of the browser and
//! no texts: rows of a list are made while somebody scrolls.

use std::cell::RefCell;

use wasm_bindgen::JsCast as _;
use web_sys::Element;

use super::El;

/// Where a plan's words stand in the program, and the element that is copied.
type Made = ((usize, usize), Element);

thread_local! {
    /// By their words' places.
    static MADE: RefCell<Vec<Made>> = const { RefCell::new(Vec::new()) };
}

/// An element after its plan: the tag, behind a `*` when it is a drawing, then a line `name=value` for each attribute.
pub(super) fn copy(plan: &'static str) -> El {
    let place = (plan.as_ptr() as usize, plan.len());
    MADE.with_borrow_mut(|made| {
        let copy = |element: &Element| Some(El(element.clone_node().ok()?.unchecked_into()));
        let found = made.binary_search_by_key(&place, |(place, _)| *place);
        let known = found.ok().and_then(|at| made.get(at));
        if let Some(copied) = known.and_then(|(_, element)| copy(element)) {
            return copied;
        }
        let element = make(plan);
        if let (Err(at), Some(El(kept))) = (found, copy(&element.0)) {
            made.insert(at, (place, kept));
        }
        element
    })
}

fn make(plan: &str) -> El {
    let mut lines = plan.split('\n');
    let tag = lines.next().unwrap_or_default();
    let element = match tag.strip_prefix('*') {
        Some(tag) => El::svg(tag),
        None => El::new(tag),
    };
    lines
        .filter_map(|line| line.split_once('='))
        .fold(element, |element, (name, value)| element.fixed(name, value))
}
