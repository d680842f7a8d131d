//! Signals, memos and effects whose code exists once, and not once for each type and each place (docs/adr/0004).

use std::any::Any;
use std::marker::PhantomData;
use std::sync::Arc;

use leptos::prelude::{
    ArcMemo, Effect, Get as _, GetUntracked as _, LocalStorage, Notify as _, ReadValue as _,
    StoredValue, Track as _, WriteValue as _, on_cleanup,
};
use leptos::reactive::graph::{Subscriber as _, ToAnySubscriber};

/// A value whose readers are told when it changes.
pub struct RwSignal<T> {
    value: StoredValue<Box<dyn Any>, LocalStorage>,
    changed: leptos::prelude::RwSignal<()>,
    of: PhantomData<fn() -> T>,
}

impl<T> Clone for RwSignal<T> {
    fn clone(&self) -> RwSignal<T> {
        *self
    }
}

impl<T> Copy for RwSignal<T> {}

impl<T: 'static> RwSignal<T> {
    pub fn new(value: T) -> RwSignal<T> {
        RwSignal {
            value: StoredValue::new_local(Box::new(value)),
            changed: leptos::prelude::RwSignal::new(()),
            of: PhantomData,
        }
    }

    /// Reads it, and is told of changes.
    pub fn with<R>(self, read: impl FnOnce(&T) -> R) -> R {
        self.track();
        self.with_untracked(read)
    }

    pub fn with_untracked<R>(self, read: impl FnOnce(&T) -> R) -> R {
        let value = self.value.read_value();
        read(of_type(&**value))
    }

    pub fn get(self) -> T
    where
        T: Clone,
    {
        self.with(T::clone)
    }

    pub fn get_untracked(self) -> T
    where
        T: Clone,
    {
        self.with_untracked(T::clone)
    }

    /// `None` when its owner is gone.
    pub fn try_get_untracked(self) -> Option<T>
    where
        T: Clone,
    {
        let value = self.value.try_read_value()?;
        Some(of_type::<T>(&**value).clone())
    }

    pub fn set(self, value: T) {
        self.update(|old| *old = value);
    }

    /// `false` when its owner is gone.
    pub fn try_set(self, value: T) -> bool {
        let is_there = self.value.try_read_value().is_some();
        self.set(value);
        is_there
    }

    /// Nothing happens when its owner is gone.
    pub fn update(self, change: impl FnOnce(&mut T)) {
        self.update_untracked(change);
        self.changed.notify();
    }

    pub fn update_untracked(self, change: impl FnOnce(&mut T)) {
        if let Some(mut value) = self.value.try_write_value()
            && let Some(value) = value.downcast_mut::<T>()
        {
            change(value);
        }
    }

    pub fn track(self) {
        self.changed.track();
    }
}

/// A value that is computed from signals, and tells only when it has changed.
pub struct Memo<T>(leptos::prelude::Memo<Held>, PhantomData<fn() -> T>);

impl<T> Clone for Memo<T> {
    fn clone(&self) -> Memo<T> {
        *self
    }
}

impl<T> Copy for Memo<T> {}

/// A value of any type that can tell whether another is the same.
trait Value: Any + Send + Sync {
    fn is_same(&self, other: &dyn Any) -> bool;
    fn any(&self) -> &dyn Any;
}

impl<T: PartialEq + Send + Sync + 'static> Value for T {
    fn is_same(&self, other: &dyn Any) -> bool {
        other.downcast_ref::<T>() == Some(self)
    }

    fn any(&self) -> &dyn Any {
        self
    }
}

#[derive(Clone)]
struct Held(Arc<dyn Value>);

impl PartialEq for Held {
    fn eq(&self, other: &Held) -> bool {
        self.0.is_same(other.0.any())
    }
}

/// A value that is computed from signals, and tells only when it has changed.
pub fn memo<T: PartialEq + Send + Sync + 'static>(
    read: impl Fn() -> T + Send + Sync + 'static,
) -> Memo<T> {
    Memo(
        erased(Box::new(move || Held(Arc::new(read())))),
        PhantomData,
    )
}

fn erased(read: Box<dyn Fn() -> Held + Send + Sync>) -> leptos::prelude::Memo<Held> {
    let memo = ArcMemo::new(move |_| read());
    ends_here(&memo);
    memo.into()
}

impl<T: Clone + 'static> Memo<T> {
    pub fn get(self) -> T {
        of_type::<T>(self.0.get().0.any()).clone()
    }

    pub fn get_untracked(self) -> T {
        of_type::<T>(self.0.get_untracked().0.any()).clone()
    }
}

impl<T: 'static> Memo<T> {
    pub fn with<R>(self, read: impl FnOnce(&T) -> R) -> R {
        read(of_type(self.0.get().0.any()))
    }

    pub fn with_untracked<R>(self, read: impl FnOnce(&T) -> R) -> R {
        read(of_type(self.0.get_untracked().0.any()))
    }
}

/// Work that is done anew when the signals that it read have changed.
pub fn effect(work: impl FnMut() + 'static) {
    let mut work: Box<dyn FnMut()> = Box::new(work);
    ends_here(&Effect::new(move |_: Option<()>| work()));
}

/// Lets the signals that an effect or a memo read forget it with the current owner. By itself it would stay in their lists, and a signal that
/// never changes would remember all that ever was on the page (`reactive_graph` 0.2: `SubscriberSet` is cleared by changes alone).
pub fn ends_here(reader: &impl ToAnySubscriber) {
    let reader = reader.to_any_subscriber();
    on_cleanup(move || reader.clear_sources(&reader));
}

fn of_type<T: 'static>(value: &dyn Any) -> &T {
    #[expect(clippy::expect_used, reason = "who holds a value tells its type")]
    value.downcast_ref::<T>().expect("a value of its type")
}
