//! Memos and effects whose code exists once, and not once for each type and each place (docs/adr/0004).

use std::any::Any;
use std::marker::PhantomData;
use std::sync::Arc;

use leptos::prelude::{Effect, Get as _, GetUntracked as _};

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
    leptos::prelude::Memo::new(move |_| read())
}

fn of_type<T: 'static>(held: &Held) -> &T {
    #[expect(clippy::expect_used, reason = "`memo` holds what its type says")]
    held.0.any().downcast_ref::<T>().expect("the memo's type")
}

impl<T: Clone + 'static> Memo<T> {
    pub fn get(self) -> T {
        of_type::<T>(&self.0.get()).clone()
    }

    pub fn get_untracked(self) -> T {
        of_type::<T>(&self.0.get_untracked()).clone()
    }
}

impl<T: 'static> Memo<T> {
    pub fn with<R>(self, read: impl FnOnce(&T) -> R) -> R {
        read(of_type(&self.0.get()))
    }

    pub fn with_untracked<R>(self, read: impl FnOnce(&T) -> R) -> R {
        read(of_type(&self.0.get_untracked()))
    }
}

/// Work that is done anew when the signals that it read have changed.
pub fn effect(work: impl FnMut() + 'static) {
    let mut work: Box<dyn FnMut()> = Box::new(work);
    Effect::new(move |_: Option<()>| work());
}
