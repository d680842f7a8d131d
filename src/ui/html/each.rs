//! [`each`]: a list of elements that are kept while their keys stay.

use std::rc::Rc;

use leptos::prelude::*;
use web_sys::{Element, Node};

use super::child::text;
use super::{El, Html, keep_true, press};

/// An element, and the owner of what belongs to it. Lists are as long as a screen or a table, so they are searched from the front.
struct Kept {
    key: String,
    element: Element,
    owner: Owner,
}

/// How an element that is not there yet is made.
type Make = Box<dyn FnOnce() -> El>;

/// An element for each item, in the order of the items. While an item's key stays, its element does, and is never moved past others without
/// need, so that it keeps the focus. Of items with one key the first is shown.
pub fn each<T: 'static>(
    items: impl Fn() -> Vec<T> + 'static,
    key: fn(&T) -> String,
    draw: impl Fn(T) -> El + 'static,
) -> Html {
    boxed(Box::new(items), key, Rc::new(draw))
}

/// Its code exists once for a type of items.
fn boxed<T: 'static>(
    items: Box<dyn Fn() -> Vec<T>>,
    key: fn(&T) -> String,
    draw: Rc<dyn Fn(T) -> El>,
) -> Html {
    list(Box::new(move || {
        let mut all: Vec<(String, Make)> = Vec::new();
        for item in items() {
            let draw = draw.clone();
            all.push((key(&item), Box::new(move || draw(item))));
        }
        all
    }))
}

fn list(items: Box<dyn Fn() -> Vec<(String, Make)>>) -> Html {
    Html::Placed(Box::new(move |parent| {
        let begin = text("");
        // Fails only where a node would become its own parent.
        let _ = parent.append_child(&begin);
        // Here, and not in the effect, so that it goes at once with the owner.
        let kept: StoredValue<Vec<Kept>, LocalStorage> = StoredValue::new_local(Vec::new());
        keep_true(Box::new(move || {
            let items = items();
            let mut held = None;
            press::is_on(|node| {
                held = kept
                    .try_with_value(|kept| {
                        let kept = kept.iter().find(|kept| kept.element.contains(Some(node)));
                        let key = kept.map(|kept| kept.key.clone());
                        key.filter(|held| items.iter().all(|(key, _)| key != held))
                    })
                    .flatten();
                held.is_some()
            });
            untrack(|| {
                let Some(old) = kept.try_update_value(std::mem::take) else {
                    return;
                };
                kept.set_value(draw(&begin, items, old, held.as_deref()));
            });
        }));
    }))
}

/// Puts the items' elements behind `begin`, and removes those that are no longer wanted, but for the one that is held down.
fn draw(
    begin: &Node,
    items: Vec<(String, Make)>,
    mut old: Vec<Kept>,
    held: Option<&str>,
) -> Vec<Kept> {
    let mut new: Vec<Kept> = Vec::with_capacity(items.len());
    // What goes must not stand between those that stay.
    old.retain(|kept| {
        let is_held = held == Some(kept.key.as_str());
        let stays = is_held || items.iter().any(|(key, _)| *key == kept.key);
        if !stays {
            kept.owner.cleanup();
            kept.element.remove();
        }
        stays
    });
    let Some(parent) = begin.parent_node() else {
        return new;
    };
    let held = old.iter().position(|kept| held == Some(kept.key.as_str()));
    let held = held.map(|at| old.remove(at));
    let mut last: Node = begin.clone();
    for (key, make) in items {
        if new.iter().any(|kept| kept.key == key) {
            continue;
        }
        let kept = match old.iter().position(|kept| kept.key == key) {
            Some(at) => old.remove(at),
            None => {
                // Not a child of the current owner: that would remember every row that ever was.
                let owner = Owner::default();
                let element = owner.with(|| make().0);
                Kept {
                    key,
                    element,
                    owner,
                }
            }
        };
        let mut next = last.next_sibling();
        // What is held stays where it is.
        if let (Some(held), Some(node)) = (&held, &next)
            && node.is_same_node(Some(&held.element))
        {
            next = node.next_sibling();
        }
        let is_there = |next: &Node| next.is_same_node(Some(&kept.element));
        if !next.as_ref().is_some_and(is_there) {
            let _ = parent.insert_before(&kept.element, next.as_ref());
        }
        last = kept.element.clone().into();
        new.push(kept);
    }
    new.extend(held);
    new
}
