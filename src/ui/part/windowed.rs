//! [`Windowed`]: the geometry of a long list bound to a scrolling element. Only rows in the window exist as elements.

use std::ops::Range;

use crate::state::reactive::{RwSignal, effect};
use crate::ui::html::ElRef;
use leptos::prelude::*;
use runboard_core::store::window::{Align, Window};

use crate::browser::page::Resize;
use crate::ui::text;

/// Rows beyond the visible ones that are kept ready.
const OVERSCAN: u64 = 8;

/// A window over rows of one height.
#[derive(Clone, Copy)]
pub struct Windowed {
    window: StoredValue<Window, LocalStorage>,
    /// The scrolling element.
    pub node: ElRef,
    /// Counts changes of the geometry.
    moved: RwSignal<u64>,
    /// The height of rows that stand where they are; none while the scrollbar is scaled, as then they move with every change.
    steady: RwSignal<Option<f64>>,
    /// Pixels of the element that a sticky head covers.
    head: StoredValue<f64, LocalStorage>,
    /// The window stays at the end, however the list and the element change.
    at_end: StoredValue<bool, LocalStorage>,
}

impl Windowed {
    /// `head` is the height of a sticky head inside the scrolling element, in pixels.
    pub fn new(row_height: f64, head: f64) -> Windowed {
        let windowed = Windowed {
            window: StoredValue::new_local(Window::new(row_height)),
            node: ElRef::new(),
            moved: RwSignal::new(0),
            steady: RwSignal::new(Some(row_height)),
            head: StoredValue::new_local(head),
            at_end: StoredValue::new_local(false),
        };
        let observer: StoredValue<Option<Resize>, LocalStorage> = StoredValue::new_local(None);
        effect(move || {
            let Some(element) = windowed.node.get() else {
                return;
            };
            windowed.measure();
            observer.set_value(Resize::new(&element, move || windowed.measure()));
        });
        on_cleanup(move || observer.set_value(None));
        windowed
    }

    fn measure(self) {
        let Some(element) = self.node.now() else {
            return;
        };
        let height = (f64::from(element.client_height()) - self.head.get_value()).max(0.0);
        let moved = self
            .window
            .try_update_value(|window| window.set_viewport(height));
        self.settle(moved == Some(true));
    }

    /// A row that is in sight stays so, once what else changes on the page has taken its room.
    pub fn keep_in_sight(self, row: u64) {
        let is_in_sight = self
            .window
            .with_value(|window| window.visible(0).contains(&row));
        if !is_in_sight {
            return;
        }
        crate::state::task::spawn(async move {
            leptos::task::tick().await;
            self.measure();
            self.scroll_to(row, Align::Nearest);
        });
    }

    /// Keeps the window at the end (or lets go of it).
    pub fn stick_to_end(self, stick: bool) {
        self.at_end.set_value(stick);
        if stick {
            self.settle(false);
        }
    }

    /// After a change of the list or of the element; `moved`: it changed the offset by itself.
    fn settle(self, moved: bool) {
        let at_end = self.at_end.get_value();
        if at_end {
            self.window.update_value(|window| {
                window.scroll_to(window.rows().saturating_sub(1), Align::End);
            });
        }
        if at_end || moved {
            self.apply();
        } else {
            self.touch();
        }
    }

    pub fn set_head(self, head: f64) {
        self.head.set_value(head);
        self.measure();
    }

    fn touch(self) {
        let height = self
            .window
            .with_value(|window| (!window.is_scaled()).then(|| window.row_height()));
        if self.steady.get_untracked() != height {
            self.steady.set(height);
        }
        self.moved.update(|count| *count += 1);
    }

    /// Puts the element where the window is, when code moved the window. The element may still have its old height, and then cuts what is
    /// asked of it, so it is asked again once the page has been drawn anew.
    fn apply(self) {
        self.put();
        self.touch();
        crate::state::task::spawn(async move {
            leptos::task::tick().await;
            self.put();
        });
    }

    fn put(self) {
        let Some(element) = self.node.now() else {
            return;
        };
        let Some(top) = self.window.try_with_value(Window::scroll_top) else {
            return;
        };
        if (f64::from(element.scroll_top()) - top).abs() >= 1.0 {
            element.set_scroll_top(top.round() as i32);
        }
    }

    pub fn set_rows(self, rows: u64) {
        let changed = self.window.try_update_value(|window| {
            let changed = window.rows() != rows;
            window.set_rows(rows);
            changed
        });
        if changed == Some(true) {
            self.settle(false);
        }
    }

    pub fn set_row_height(self, height: f64) {
        self.window
            .update_value(|window| window.set_row_height(height));
        self.apply();
    }

    /// The element was scrolled; true when the user moved the window.
    pub fn on_scroll(self) -> bool {
        let Some(element) = self.node.now() else {
            return false;
        };
        let top = f64::from(element.scroll_top());
        let moved = self
            .window
            .try_update_value(|window| window.on_scroll(top))
            .unwrap_or(false);
        if moved {
            self.touch();
        }
        moved
    }

    /// With a scaled scrollbar the wheel must move rows, not the bar.
    pub fn on_wheel(self, event: &web_sys::WheelEvent) -> bool {
        if !self.window.with_value(Window::is_scaled) || event.ctrl_key() || event.delta_y() == 0.0
        {
            return false;
        }
        event.prevent_default();
        let row = self.window.with_value(Window::row_height);
        let pixels = match event.delta_mode() {
            web_sys::WheelEvent::DOM_DELTA_LINE => event.delta_y() * row,
            web_sys::WheelEvent::DOM_DELTA_PAGE => event.delta_y() * row * self.page() as f64,
            _ => event.delta_y(),
        };
        let moved = self
            .window
            .try_update_value(|window| window.scroll_by(pixels))
            .unwrap_or(false);
        if moved {
            self.apply();
        }
        moved
    }

    pub fn scroll_by_rows(self, rows: i64) {
        if self
            .window
            .try_update_value(|window| window.scroll_by_rows(rows))
            == Some(true)
        {
            self.apply();
        }
    }

    pub fn scroll_to(self, row: u64, align: Align) {
        self.window.update_value(|window| {
            window.scroll_to(row, align);
        });
        // Also where the window was there already: the element may have been scrolled since, and tell of it only afterwards.
        self.apply();
    }

    /// Rows came (or went) before the first one: what is on the screen stays.
    pub fn shift(self, rows: i64) {
        self.window.update_value(|window| window.shift(rows));
        self.apply();
    }

    /// Tracked.
    pub fn range(self) -> Range<u64> {
        self.moved.track();
        self.window.with_value(|window| window.visible(OVERSCAN))
    }

    /// The first row that can be seen. Tracked.
    pub fn first(self) -> u64 {
        self.moved.track();
        self.window.with_value(Window::first_visible)
    }

    pub fn at_end(self) -> bool {
        self.window.with_value(Window::at_end)
    }

    /// Height of the tall element, as CSS. Tracked.
    pub fn spacer(self) -> String {
        self.moved.track();
        format!(
            "{}px",
            text::decimal(self.window.with_value(Window::spacer), 2)
        )
    }

    /// Where a row stands inside the tall element, as CSS. Tracked.
    pub fn top(self, row: u64) -> String {
        let top = match self.steady.get() {
            Some(height) => row as f64 * height,
            None => {
                self.moved.track();
                self.window
                    .with_value(|window| window.scroll_top() + window.offset_of(row))
            }
        };
        format!("translateY({}px)", text::decimal(top, 2))
    }

    /// Rows of a page for Page Up and Page Down.
    pub fn page(self) -> u64 {
        self.window
            .with_value(|window| window.page().saturating_sub(1).max(1))
    }
}
