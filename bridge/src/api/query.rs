//! Query strings: pairs, known names only, and typed values.

use super::problem::Problem;
use crate::cursor::decode;

/// The pairs of a query, in order.
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    /// Reads a query that may hold only these names: a misspelt filter must not look like one that finds everything.
    pub(crate) fn read(text: Option<&str>, names: &[&str]) -> Result<Query, Problem> {
        let mut pairs = Vec::new();
        for pair in text
            .unwrap_or_default()
            .split('&')
            .filter(|pair| !pair.is_empty())
        {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let plain = |text: &str| decode(&text.replace('+', " "));
            let Some((name, value)) = plain(name).zip(plain(value)) else {
                return Err(Problem::parameter(
                    name,
                    value,
                    "UTF-8 text, percent-encoded",
                ));
            };
            if !names.contains(&name.as_str()) {
                return Err(Problem::parameter(
                    &name,
                    &value,
                    &format!("no such parameter here, only {}", names.join(", ")),
                ));
            }
            pairs.push((name, value));
        }
        Ok(Query(pairs))
    }

    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.pairs()
            .filter(move |(found, value)| *found == name && !value.is_empty())
            .map(|(_, value)| value)
    }

    pub(crate) fn last(&self, name: &str) -> Option<&str> {
        self.pairs()
            .filter(|(found, _)| *found == name)
            .last()
            .map(|(_, value)| value)
    }

    /// A whole number within bounds.
    pub(crate) fn number(&self, name: &str, from: u64, to: u64) -> Result<Option<u64>, Problem> {
        let Some(text) = self.last(name) else {
            return Ok(None);
        };
        match text.parse::<u64>() {
            Ok(number) if (from..=to).contains(&number) => Ok(Some(number)),
            _ => Err(Problem::parameter(
                name,
                text,
                &format!("a whole number from {from} to {to}"),
            )),
        }
    }

    /// A list of words, repeated or comma-separated, each read by `read`. No word at all is passed over where `read` takes any.
    pub(crate) fn words<T>(
        &self,
        name: &str,
        takes: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Vec<T>, Problem> {
        let words = self
            .pairs()
            .filter(|(found, _)| *found == name)
            .flat_map(|(_, value)| value.split(','))
            .map(str::trim)
            .filter(|word| !word.is_empty() || read(word).is_none());
        words
            .map(|word| read(word).ok_or_else(|| Problem::parameter(name, word, takes)))
            .collect()
    }
}
