//! Memos and effects over boxed closures: their code exists once for a type and not once for each place.

use leptos::prelude::*;

/// A value that is computed from signals, and tells only when it has changed.
pub fn memo<T: PartialEq + Send + Sync + 'static>(
    read: impl Fn() -> T + Send + Sync + 'static,
) -> Memo<T> {
    let read: Box<dyn Fn() -> T + Send + Sync> = Box::new(read);
    Memo::new(move |_| read())
}

/// Work that is done anew when the signals that it read have changed.
pub fn effect(work: impl FnMut() + 'static) {
    let mut work: Box<dyn FnMut()> = Box::new(work);
    Effect::new(move |_: Option<()>| work());
}
