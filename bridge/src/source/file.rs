//! Files that others write while we read: positions that prove themselves, and whole lines only.

use std::fs::{File, Metadata};
use std::io;
use std::path::Path;
use std::time::UNIX_EPOCH;

/// How much of a file's beginning proves that it is still the same file.
const PROOF: u64 = 256;

/// What tells that a file changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) len: u64,
    /// Modification time in ns since 1970.
    pub(crate) modified: u64,
    /// When the kernel last saw it change, in ns: unlike the modification time nobody can set it, so it only goes forward.
    pub(crate) changed: u64,
    pub(crate) inode: u64,
}

impl Stamp {
    /// Of a regular file; links are not followed, so that nothing outside of a source's folder is read, and a pipe blocks nobody.
    pub(crate) fn of(path: &Path) -> Option<Stamp> {
        let meta = std::fs::symlink_metadata(path).ok()?;
        meta.is_file().then(|| Stamp::from(&meta))
    }

    pub(crate) fn from(meta: &Metadata) -> Stamp {
        let modified = meta
            .modified()
            .ok()
            .and_then(|at| at.duration_since(UNIX_EPOCH).ok())
            .map_or(0, |at| at.as_nanos() as u64);
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            let changed = u64::try_from(meta.ctime())
                .unwrap_or(0)
                .saturating_mul(1_000_000_000)
                .saturating_add(meta.ctime_nsec() as u64);
            Stamp {
                len: meta.len(),
                modified,
                changed,
                inode: meta.ino(),
            }
        }
        #[cfg(not(unix))]
        Stamp {
            len: meta.len(),
            modified,
            changed: modified,
            inode: 0,
        }
    }
}

/// Fills as much of `buffer` as the file has at `offset`.
pub(crate) fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut done = 0;
    while let Some(rest) = buffer.get_mut(done..).filter(|rest| !rest.is_empty()) {
        #[cfg(unix)]
        let got = std::os::unix::fs::FileExt::read_at(file, rest, offset + done as u64);
        #[cfg(windows)]
        let got = std::os::windows::fs::FileExt::seek_read(file, rest, offset + done as u64);
        match got {
            Ok(0) => break,
            Ok(len) => done += len,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(done)
}

/// A place behind a whole line of a file, with a proof of the file before it. It stays valid when the file grows, when it is copied
/// and when the bridge starts anew.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) offset: u64,
    pub(crate) proof: u32,
}

impl Position {
    pub(crate) fn of(file: &File, offset: u64) -> io::Result<Position> {
        Ok(Position {
            offset,
            proof: proof(file, offset)?,
        })
    }

    /// Whether the file still holds all that stood before this place.
    pub(crate) fn holds(&self, file: &File) -> bool {
        if self.offset == 0 {
            return true;
        }
        let mut last = [0];
        file.metadata().is_ok_and(|meta| meta.len() >= self.offset)
            && proof(file, self.offset).is_ok_and(|proof| proof == self.proof)
            && read_at(file, &mut last, self.offset - 1).is_ok_and(|len| len == 1 && last == *b"\n")
    }
}

/// FNV-1a over the beginning of the file, as far as it lies before `offset`.
fn proof(file: &File, offset: u64) -> io::Result<u32> {
    let mut head = [0; PROOF as usize];
    let len = read_at(
        file,
        head.get_mut(..offset.min(PROOF) as usize)
            .unwrap_or_default(),
        0,
    )?;
    let bytes = head.get(..len).unwrap_or_default();
    Ok(bytes.iter().fold(0x811c_9dc5, |hash: u32, byte| {
        (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
    }))
}

/// Reads the whole lines behind `offset` and hands out each with its own offset until `take` gives false; gives the offset behind
/// the last one that was handed out. A line longer than `max_line` is given as `None`.
pub(crate) fn whole_lines(
    file: &File,
    mut offset: u64,
    max_line: usize,
    take: &mut dyn FnMut(u64, Option<&[u8]>) -> bool,
) -> io::Result<u64> {
    let mut buffer = vec![0; 64 * 1024];
    let (mut held, mut dropped): (Vec<u8>, u64) = (Vec::new(), 0);
    let mut read = offset;
    loop {
        let len = read_at(file, &mut buffer, read)?;
        if len == 0 {
            return Ok(offset);
        }
        read += len as u64;
        let mut bytes = buffer.get(..len).unwrap_or_default();
        while let Some(end) = memchr::memchr(b'\n', bytes) {
            let (head, tail) = bytes.split_at(end);
            held.extend_from_slice(head);
            let size = held.len() as u64 + dropped;
            let go_on = take(
                offset,
                (dropped == 0 && held.len() <= max_line).then_some(held.as_slice()),
            );
            offset += size + 1;
            if !go_on {
                return Ok(offset);
            }
            held.clear();
            dropped = 0;
            bytes = tail.get(1..).unwrap_or_default();
        }
        held.extend_from_slice(bytes);
        if held.len() > max_line {
            dropped += held.len() as u64;
            held.clear();
        }
    }
}
