//! [`Window`]: which rows of a long list are on the screen, and where. Pure geometry in CSS pixels.
//!
//! Browsers clamp an element near 17.9 or 33.5 million pixels, so the tall spacer is at most 8 million and the scrollbar is scaled above
//! that. The truth is the offset kept here: wheel and keys move it by rows and pixels, the scrollbar by proportion.

use std::ops::Range;

/// The tallest spacer.
pub const MAX_SPACER: f64 = 8_000_000.0;

/// Where a row is put by [`Window::scroll_to`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    Start,
    Center,
    End,
    /// Moves no more than is needed; not at all when the row is wholly in view.
    Nearest,
}

/// The visible part of a list of rows of one height.
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    rows: u64,
    row_height: f64,
    viewport: f64,
    /// Pixels of the list above the viewport.
    top: f64,
}

impl Window {
    pub fn new(row_height: f64) -> Window {
        Window { rows: 0, row_height, viewport: 0.0, top: 0.0 }
    }

    pub fn rows(&self) -> u64 {
        self.rows
    }

    pub fn row_height(&self) -> f64 {
        self.row_height
    }

    /// The number of rows changed at the end of the list.
    pub fn set_rows(&mut self, rows: u64) {
        self.rows = rows;
    }

    /// `count` rows came (or, negative, went) before the first one: what is on the screen stays where it is.
    pub fn shift(&mut self, count: i64) {
        let _ = count;
        todo!()
    }

    /// The height of the visible area.
    pub fn set_viewport(&mut self, height: f64) {
        self.viewport = height;
    }

    /// Keeps the first visible row where it is (zoom, density).
    pub fn set_row_height(&mut self, height: f64) {
        let _ = height;
        todo!()
    }

    /// The height to give to the spacer element.
    pub fn spacer(&self) -> f64 {
        todo!()
    }

    /// What the element's `scrollTop` must be set to for the offset at hand.
    pub fn scroll_top(&self) -> f64 {
        todo!()
    }

    /// The element says that it was scrolled. The echo of a value that we set ourselves is told apart; true when the offset changed.
    pub fn on_scroll(&mut self, scroll_top: f64) -> bool {
        let _ = scroll_top;
        todo!()
    }

    /// Moves by rows (keys); true when the offset changed, and then [`Window::scroll_top`] is to be applied.
    pub fn scroll_by_rows(&mut self, rows: i64) -> bool {
        let _ = rows;
        todo!()
    }

    /// Moves by pixels of the list (wheel).
    pub fn scroll_by(&mut self, pixels: f64) -> bool {
        let _ = pixels;
        todo!()
    }

    /// Brings a row into view.
    pub fn scroll_to(&mut self, row: u64, align: Align) -> bool {
        let _ = (row, align);
        todo!()
    }

    /// The scrollbar is scaled: wheel and keys must come through [`Window::scroll_by`] and [`Window::scroll_by_rows`].
    pub fn is_scaled(&self) -> bool {
        todo!()
    }

    /// Nothing is below the visible area.
    pub fn at_end(&self) -> bool {
        todo!()
    }

    /// The first row that is at least partly visible.
    pub fn first_visible(&self) -> u64 {
        todo!()
    }

    /// Rows that are at least partly visible, and `overscan` more on each side.
    pub fn visible(&self, overscan: u64) -> Range<u64> {
        let _ = overscan;
        todo!()
    }

    /// Where a row's upper edge is, in pixels below the upper edge of the visible area.
    pub fn offset_of(&self, row: u64) -> f64 {
        let _ = row;
        todo!()
    }

    /// How many rows fit wholly: the step of Page Up and Page Down is one less.
    pub fn page(&self) -> u64 {
        todo!()
    }
}
