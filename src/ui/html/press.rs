//! What a finger is on stays: a button that is drawn anew between the press and the release would never hear of its click, and in a page that
//! is live something is drawn anew all the time.

use std::cell::OnceCell;
use std::time::Duration;

use leptos::prelude::{LocalStorage, SetValue as _, StoredValue};
use wasm_bindgen::JsCast as _;
use web_sys::Node;

use crate::browser::page::on_document;
use crate::state::clock::pause;
use crate::state::reactive::RwSignal;
use crate::state::task::Task;

/// Who holds longer chooses text, drags something, or has let go where nobody told us.
const LONGEST: Duration = Duration::from_secs(2);

thread_local! {
    static PRESSED: OnceCell<RwSignal<Option<Node>>> = const { OnceCell::new() };
}

/// Hears presses for as long as the current owner lives.
pub fn start() {
    let pressed: RwSignal<Option<Node>> = RwSignal::new(None);
    // The last word counts: what ends one press says nothing of the next.
    let ending: StoredValue<Option<Task>, LocalStorage> = StoredValue::new_local(None);
    let let_go = move |after: Duration| {
        ending.set_value(Some(Task::spawn(async move {
            pause(after).await;
            pressed.set(None);
        })));
    };
    let down = on_document("mousedown", move |event| {
        let node = event.target().and_then(|target| target.dyn_into().ok());
        pressed.set(node);
        let_go(LONGEST);
    });
    // The clicks that it makes, on a label's field too, come before any timer.
    let up = on_document("mouseup", move |_| let_go(Duration::ZERO));
    StoredValue::new_local((down, up));
    PRESSED.with(|first| {
        let _ = first.set(pressed);
    });
}

/// Whether what is pressed is such a node. Tracked where it is.
pub(super) fn is_on(test: impl FnOnce(&Node) -> bool) -> bool {
    let Some(pressed) = PRESSED.with(|pressed| pressed.get().copied()) else {
        return false;
    };
    let node = pressed.try_get_untracked().flatten();
    let is_held = node.is_some_and(|node| test(&node));
    if is_held {
        pressed.track();
    }
    is_held
}
