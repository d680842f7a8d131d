//! Lines of a [`HistoryFile`] that are read again from their places.

use std::sync::Arc;

use super::decode::{self, Line};
use super::file::{HistoryFile, OTHER};
use super::places::Place;
use super::wire::Summary;
use crate::backend::{BackendError, Missing};

/// Lines that stand no further apart are read again in one go, up to so many bytes.
const GAP: u64 = 65_536;
const GO: u64 = 2_000_000;

impl HistoryFile {
    /// How many runs were read, and whether these are all.
    pub(super) fn extent(&self) -> (Option<u64>, bool) {
        let state = self.state.borrow();
        (Some(state.places.len() as u64), state.is_read)
    }

    /// Something stands in the file that could not be read as a run.
    pub(super) fn has_unread(&self) -> bool {
        let state = self.state.borrow();
        state.remarks.has_faults() || state.reader.has_pending()
    }

    /// The record of a run, read again from its place, and its line.
    pub(super) async fn one(&self, id: &str) -> Result<(Summary, String), BackendError> {
        let found = {
            let places = &self.state.borrow().places;
            let number = places.find(id);
            number.and_then(|number| Some((number, places.get(number)?)))
        };
        if let Some((number, place)) = found {
            let mut line = self.bytes(place.offset(), place.end()).await?;
            line.truncate(place.len() as usize);
            let (_, own, summary) = self.known_again(number, place, &line)?;
            if own == id {
                return Ok((summary, String::from_utf8_lossy(&line).into_owned()));
            }
        }
        if !self.state.borrow().is_read {
            return Err(BackendError::Busy {
                retry_after_s: Some(1),
                detail: "the file has not been read to its end yet".into(),
            });
        }
        let missing = Missing::from("the file holds no such run");
        Err(BackendError::NotFound(Arc::new(missing)))
    }

    /// Records by their numbers, read again from their places, with their ids; neighbours in one go.
    pub(super) async fn recall(
        &self,
        numbers: &[u32],
    ) -> Result<Vec<(u32, String, Summary)>, BackendError> {
        let mut wanted = numbers.to_vec();
        wanted.sort_unstable();
        wanted.dedup();
        let places: Vec<(u32, Place)> = {
            let state = self.state.borrow();
            let place = |number: u32| Some((number, state.places.get(number)?));
            wanted.into_iter().filter_map(place).collect()
        };
        let mut found = Vec::new();
        let mut rest = places.as_slice();
        while let Some((_, first)) = rest.first() {
            let (start, mut end) = (first.offset(), first.end());
            let is_near = |(_, place): &&(u32, Place)| {
                let is_near = place.offset() <= end + GAP && place.end() <= start + GO;
                end = if is_near { place.end() } else { end };
                is_near
            };
            let many = rest.iter().take_while(is_near).count().max(1);
            let (group, behind) = rest.split_at(many.min(rest.len()));
            rest = behind;
            let bytes = self.bytes(start, end).await?;
            for (number, place) in group {
                let at = (place.offset() - start) as usize;
                let line = bytes.get(at..at + place.len() as usize);
                found.push(self.known_again(*number, *place, line.unwrap_or_default())?);
            }
        }
        Ok(found)
    }

    fn known_again(
        &self,
        number: u32,
        place: Place,
        line: &[u8],
    ) -> Result<(u32, String, Summary), BackendError> {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        if let Line::Record { summary, .. } = decode::line(line, place.offset() == 0)
            && let Some(id) = self.state.borrow().places.id_of(number, &summary)
        {
            return Ok((number, id, *summary));
        }
        Err(BackendError::Malformed(OTHER.into()))
    }
}
