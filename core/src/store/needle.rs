//! [`Needle`]: a text to be found in lines, plain, in any case or in exactly this one.

use std::ops::Range;

/// A prepared text.
#[derive(Clone, Debug)]
pub struct Needle {
    text: String,
    any_case: bool,
}

impl Needle {
    /// `None` for an empty text: it is found nowhere, and a search for it is no search.
    pub fn new(text: &str, any_case: bool) -> Option<Needle> {
        (!text.is_empty()).then(|| Needle { text: text.to_string(), any_case })
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn any_case(&self) -> bool {
        self.any_case
    }

    /// Whether the text stands in `line`.
    pub fn is_in(&self, line: &str) -> bool {
        let _ = line;
        todo!()
    }

    /// Every place, without overlaps, in bytes of `line`.
    pub fn ranges(&self, line: &str) -> Vec<Range<usize>> {
        let _ = line;
        todo!()
    }
}
