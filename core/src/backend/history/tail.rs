//! What a [`HistoryFile`] is asked for again: what was appended, the rest of a reading that broke, and single lines: by `Range`, and where that does not
//! work the whole file, of which what is known is passed over.
//!
//! Of a packed file (`Content-Encoding`) ranges are of the packed bytes. Some servers give them all the same, some send it packed to browsers that with a
//! range ask for it as it is: either way the browser says no more than that the connection broke.

use futures_util::StreamExt as _;

use super::file::{Body, HistoryFile, LONG, OTHER, Read, SHORTER};
use super::known::Known;
use crate::backend::BackendError;
use crate::net::StreamResponse;

/// After so many in a row ranges are no longer asked for until the file is read anew: one may fail with its connection.
const FAILED: u8 = 3;

const NO_RANGES: &str = "the server knows no ranges: what is appended to this long file is not followed, and every look at a line reads the file from its beginning";

/// Whether no answer came, not all of it, or none in that range.
fn is_lost(error: &BackendError) -> bool {
    matches!(
        error,
        BackendError::Unreachable(_) | BackendError::Timeout | BackendError::Malformed(_)
    )
}

impl HistoryFile {
    fn has_ranges(&self) -> bool {
        self.state.borrow().failed_ranges < FAILED
    }

    /// Notes how a request for a range went.
    fn note(&self, is_failed: bool) {
        let failed = &mut self.state.borrow_mut().failed_ranges;
        *failed = match is_failed {
            true => failed.saturating_add(1),
            false => 0,
        };
    }

    /// The whole file, when a range came to nothing. Of a long one that is much: not before it is sure that this server has none.
    async fn whole(&self, error: BackendError) -> Result<StreamResponse, BackendError> {
        if !is_lost(&error) {
            return Err(error);
        }
        let answer = self.ask(None).await?;
        self.note(true);
        match self.has_ranges() && self.state.borrow().seen.have >= LONG {
            true => Err(error),
            false => Ok(answer),
        }
    }

    /// The first reading from where it broke.
    pub(super) async fn reopen(&self) -> Result<(Body, Known), BackendError> {
        let (range, part, whole) = self.state.borrow().seen.known();
        let Some(range) = range.filter(|_| self.has_ranges()) else {
            return Ok((self.ask(None).await?.body, whole));
        };
        let answer = match self.ask(Some(range)).await {
            Ok(answer) if answer.head.status == 206 => {
                // Until something of it comes.
                self.note(true);
                return Ok((answer.body, part));
            }
            Ok(answer) if answer.head.status == 416 => {
                self.whole(BackendError::Malformed(SHORTER.into())).await?
            }
            Ok(answer) => answer,
            Err(error) => self.whole(error).await?,
        };
        Ok((answer.body, whole))
    }

    /// What was appended since.
    pub(super) async fn tail(&self) -> Result<Read, BackendError> {
        let is_ranged = self.has_ranges() && self.state.borrow().seen.have > 0;
        let read = self.look(is_ranged).await;
        let is_failed = match &read {
            Ok(read) => read.is_other == Some(SHORTER),
            Err(error) => is_lost(error),
        };
        if !is_ranged || !is_failed {
            if is_ranged && read.is_ok() {
                self.note(false);
            }
            return read;
        }
        let read = self.look(false).await?;
        if read.is_other.is_none() {
            self.note(true);
        }
        Ok(read)
    }

    async fn look(&self, is_ranged: bool) -> Result<Read, BackendError> {
        let mut read = Read::default();
        if self.state.borrow().is_unfinished {
            return Ok(read);
        }
        let (range, part, whole) = self.state.borrow().seen.known();
        let have = whole.skip;
        let readings = self.state.borrow().readings;
        let mut answer = self.ask(range.filter(|_| is_ranged)).await?;
        // Of a file that is read anew meanwhile, nothing is known of what this answer goes on from.
        let is_anew = || self.state.borrow().readings != readings;
        if is_anew() {
            return Ok(read);
        }
        read.date = answer.head.date;
        let mut known = match answer.head.status {
            416 => {
                read.is_other = Some(SHORTER);
                return Ok(read);
            }
            206 => part,
            _ if have >= LONG => {
                if answer.head.length.is_some_and(|length| length < have) {
                    read.is_other = Some(SHORTER);
                    return Ok(read);
                }
                // One that failed may have failed with its connection.
                let is_sure = is_ranged || !self.has_ranges();
                let mut state = self.state.borrow_mut();
                state.take_rest(true, &mut read);
                if is_sure && !std::mem::replace(&mut state.is_told, true) {
                    read.problems.push(NO_RANGES.into());
                }
                return Ok(read);
            }
            _ => whole,
        };
        let mut fresh: Vec<Vec<u8>> = Vec::new();
        while let Some(bytes) = answer.body.next().await {
            match known.pass(bytes?) {
                Ok(bytes) if bytes.is_empty() => {}
                Ok(bytes) => fresh.push(bytes),
                Err(why) => {
                    read.is_other = Some(why);
                    return Ok(read);
                }
            }
        }
        if known.skip > 0 {
            read.is_other = Some(SHORTER);
            return Ok(read);
        }
        if is_anew() {
            return Ok(read);
        }
        let mut state = self.state.borrow_mut();
        for bytes in &fresh {
            state.push(bytes, &mut read);
        }
        state.take_rest(fresh.is_empty(), &mut read);
        Ok(read)
    }

    /// What stands there in the file.
    pub(super) async fn bytes(&self, start: u64, end: u64) -> Result<Vec<u8>, BackendError> {
        if !self.has_ranges() {
            return take(self.ask(None).await?, start, end).await;
        }
        let last = end.saturating_sub(1).to_string();
        let range = ["bytes=", &start.to_string(), "-", &last].concat();
        let answer = match self.ask(Some(range)).await {
            Ok(answer) => take(answer, start, end).await,
            Err(error) => Err(error),
        };
        match answer {
            Ok(bytes) => {
                self.note(false);
                Ok(bytes)
            }
            Err(error) => take(self.whole(error).await?, start, end).await,
        }
    }
}

/// A piece of the file out of an answer that is that piece, or begins at the file's beginning.
async fn take(mut answer: StreamResponse, start: u64, end: u64) -> Result<Vec<u8>, BackendError> {
    let mut skip = match answer.head.status {
        206 => 0,
        416 => return Err(BackendError::Malformed(OTHER.into())),
        _ => start,
    };
    let mut all = Vec::new();
    while let Some(bytes) = answer.body.next().await {
        let bytes = bytes?;
        let passed = skip.min(bytes.len() as u64) as usize;
        skip -= passed as u64;
        all.extend_from_slice(bytes.get(passed..).unwrap_or_default());
        if all.len() as u64 >= end - start {
            break;
        }
    }
    Ok(all)
}
