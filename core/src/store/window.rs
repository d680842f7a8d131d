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
    /// The element's `scrollTop` as far as we know: what it told last, or what we set.
    element: f64,
    /// We set `scrollTop`, and the element has not told of it yet.
    echo: bool,
    /// A row that was asked for before the visible area had a height.
    sought: Option<(u64, Align)>,
    /// The last scroll left nothing of what had been visible.
    jumped: bool,
}

impl Window {
    /// `row_height` in pixels, fractions allowed (browser zoom).
    pub fn new(row_height: f64) -> Window {
        Window {
            rows: 0,
            row_height: positive(row_height, 1.0),
            viewport: 0.0,
            top: 0.0,
            element: 0.0,
            echo: false,
            sought: None,
            jumped: false,
        }
    }

    pub fn rows(&self) -> u64 {
        self.rows
    }

    pub fn row_height(&self) -> f64 {
        self.row_height
    }

    pub fn viewport(&self) -> f64 {
        self.viewport
    }

    /// The number of rows changed at the end of the list.
    pub fn set_rows(&mut self, rows: u64) {
        self.rows = rows;
        self.move_to(self.top);
    }

    /// `count` rows came (or, negative, went) before the first one: what is on the screen stays where it is.
    pub fn shift(&mut self, count: i64) {
        self.rows = self.rows.saturating_add_signed(count);
        self.move_to(self.top + count as f64 * self.row_height);
    }

    /// The height of the visible area; true when the offset changed.
    pub fn set_viewport(&mut self, height: f64) -> bool {
        let before = self.top;
        let stay_at_end = self.at_end() && self.top > 0.0;
        self.viewport = positive(height, 0.0);
        self.move_to(if stay_at_end { f64::MAX } else { self.top });
        if self.viewport > 0.0
            && let Some((row, align)) = self.sought.take()
        {
            self.scroll_to(row, align);
        }
        self.top != before
    }

    /// Keeps the first visible row where it is (zoom, density).
    pub fn set_row_height(&mut self, height: f64) {
        let rows = self.top / self.row_height;
        self.row_height = positive(height, 1.0);
        self.move_to(rows * self.row_height);
    }

    /// The height to give to the spacer element.
    pub fn spacer(&self) -> f64 {
        self.height().min(MAX_SPACER)
    }

    /// What the element's `scrollTop` must be set to for the offset at hand.
    pub fn scroll_top(&self) -> f64 {
        if !self.is_scaled() {
            return self.top;
        }
        let range = self.range();
        if range > 0.0 {
            self.top / range * self.element_range()
        } else {
            0.0
        }
    }

    /// The element says that it was scrolled. The echo of a value that we set ourselves, which browsers round, is told apart.
    /// True when the offset changed.
    pub fn on_scroll(&mut self, scroll_top: f64) -> bool {
        let told = positive(scroll_top, 0.0);
        let moved = (told - self.element).abs();
        let is_echo = std::mem::take(&mut self.echo) && moved <= 1.0;
        self.element = told;
        if is_echo || moved < 0.01 {
            return false;
        }
        let (range, element_range) = (self.range(), self.element_range());
        let top = if !self.is_scaled() {
            told
        } else if told >= element_range - 0.5 {
            // The thumb is at the end: so is the list, whatever the browser rounded.
            range
        } else {
            // Whole rows: the thumb cannot choose between pixels of a row anyway.
            (told / element_range * range / self.row_height).round() * self.row_height
        };
        let before = self.top;
        self.top = top.max(0.0).min(range);
        self.jumped = (self.top - before).abs() > self.viewport;
        self.top != before
    }

    /// Moves by rows (keys); true when the offset changed, and then [`Window::scroll_top`] is to be applied.
    pub fn scroll_by_rows(&mut self, rows: i64) -> bool {
        self.move_to(self.top + rows as f64 * self.row_height)
    }

    /// Moves by pixels of the list (wheel).
    pub fn scroll_by(&mut self, pixels: f64) -> bool {
        self.move_to(self.top + if pixels.is_finite() { pixels } else { 0.0 })
    }

    /// Brings a row into view.
    pub fn scroll_to(&mut self, row: u64, align: Align) -> bool {
        // An element that is hidden or not yet measured: where the row belongs is known once it has a height.
        self.sought = (self.viewport <= 0.0).then_some((row, align));
        let upper = row.min(self.rows.saturating_sub(1)) as f64 * self.row_height;
        let (start, end) = (upper, upper + self.row_height - self.viewport);
        self.move_to(match align {
            Align::Start => start,
            Align::End => end,
            Align::Center => (start + end) / 2.0,
            Align::Nearest if self.top > start => start,
            Align::Nearest if self.top < end => end,
            Align::Nearest => self.top,
        })
    }

    pub fn scroll_to_end(&mut self) -> bool {
        self.move_to(f64::MAX)
    }

    /// The scrollbar is scaled: wheel and keys must come through [`Window::scroll_by`] and [`Window::scroll_by_rows`].
    pub fn is_scaled(&self) -> bool {
        self.height() > MAX_SPACER
    }

    /// Nothing is below the visible area, but for less than a pixel.
    pub fn at_end(&self) -> bool {
        self.top >= self.range() - 1.0
    }

    /// The first row that is at least partly visible.
    pub fn first_visible(&self) -> u64 {
        (self.top / self.row_height + EDGE) as u64
    }

    /// Rows that are at least partly visible, and `overscan` more on each side. While somebody drags the scrollbar past page after page, none
    /// of those would be seen before they are gone again, so that there is but one.
    pub fn visible(&self, overscan: u64) -> Range<u64> {
        let overscan = if self.jumped {
            overscan.min(1)
        } else {
            overscan
        };
        let first = self.first_visible();
        let end = ((self.top + self.viewport) / self.row_height - EDGE)
            .ceil()
            .max(0.0) as u64;
        let end = end.saturating_add(overscan).min(self.rows);
        first.saturating_sub(overscan).min(end)..end
    }

    /// Where a row's upper edge is, in pixels below the upper edge of the visible area.
    pub fn offset_of(&self, row: u64) -> f64 {
        row as f64 * self.row_height - self.top
    }

    /// How many rows fit wholly, at least one: the step of Page Up and Page Down is one less.
    pub fn page(&self) -> u64 {
        ((self.viewport / self.row_height + EDGE) as u64).max(1)
    }

    fn height(&self) -> f64 {
        self.rows as f64 * self.row_height
    }

    /// How far the list can be moved.
    fn range(&self) -> f64 {
        (self.height() - self.viewport).max(0.0)
    }

    /// How far the element can be scrolled.
    fn element_range(&self) -> f64 {
        (self.spacer() - self.viewport).max(0.0)
    }

    fn move_to(&mut self, top: f64) -> bool {
        let before = self.top;
        self.jumped = false;
        self.top = top.max(0.0).min(self.range());
        if self.scroll_top() != self.element {
            self.element = self.scroll_top();
            self.echo = true;
        }
        self.top != before
    }
}

/// A part of a row that is too small to count: fractions of pixels do not add up exactly.
const EDGE: f64 = 1e-6;

fn positive(value: f64, otherwise: f64) -> f64 {
    if value.is_finite() && value > 0.0 {
        value
    } else {
        otherwise
    }
}
