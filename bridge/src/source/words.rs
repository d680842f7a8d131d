//! [`Words`]: texts that many rows share, each kept once.

use std::collections::HashMap;

/// Texts that many rows share.
#[derive(Default)]
pub(super) struct Words {
    list: Vec<String>,
    index: HashMap<String, u32>,
}

impl Words {
    pub(super) fn number(&mut self, word: &str) -> u32 {
        if let Some(number) = self.index.get(word) {
            return *number;
        }
        let number = self.list.len() as u32;
        self.list.push(word.to_string());
        self.index.insert(word.to_string(), number);
        number
    }

    pub(super) fn text(&self, number: u32) -> &str {
        self.list.get(number as usize).map_or("", String::as_str)
    }
}
