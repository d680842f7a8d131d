//! Reads what a built WebAssembly file says about itself: whether the vectors that the search is built on are in it.

use std::fs;

use crate::fail::{Done, Fail};

/// Fails unless every wasm file of dist/ that says what it uses says simd128, and the first file is among them.
pub(crate) fn check_simd() -> Done<String> {
    let dist = crate::app::dist();
    let entries = fs::read_dir(&dist).map_err(|error| Fail::file(&dist, &error))?;
    let mut first = None;
    for path in entries.flatten().map(|entry| entry.path()) {
        let name = path.to_string_lossy().into_owned();
        let is_first = name.ends_with("_bg.wasm");
        if !name.ends_with(".wasm") {
            continue;
        }
        let bytes = fs::read(&path).map_err(|error| Fail::file(&path, &error))?;
        // What several parts share says nothing of its own: it holds modules.
        let features = match features(&bytes) {
            None if !is_first => continue,
            found => found.unwrap_or_default(),
        };
        if !features.iter().any(|name| name == "simd128") {
            return Err(Fail::new(
                format!(
                    "{name} was built without simd128 (its features: {})",
                    features.join(" ")
                ),
                "build with the flags of .cargo/config.toml: RUSTFLAGS in the environment replaces them",
            ));
        }
        if is_first {
            first = Some(features.join(" "));
        }
    }
    first.ok_or_else(|| {
        Fail::new(
            "dist/ has no wasm file",
            "delete dist/ and run the command again",
        )
    })
}

/// The names in the custom section `target_features`; nothing if it is missing or broken.
fn features(wasm: &[u8]) -> Option<Vec<String>> {
    let mut rest = Bytes(wasm.strip_prefix(b"\0asm\x01\0\0\0")?);
    while let Some(kind) = rest.byte() {
        let size = rest.number()?;
        let mut section = Bytes(rest.take(size)?);
        if kind != 0 || section.text()? != "target_features" {
            continue;
        }
        let count = section.number()?;
        let mut names = Vec::new();
        for _ in 0..count {
            let used = section.byte()? == b'+';
            let name = section.text()?;
            if used {
                names.push(name);
            }
        }
        return Some(names);
    }
    None
}

struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn take(&mut self, size: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(size)?;
        self.0 = rest;
        Some(head)
    }

    /// LEB128.
    fn number(&mut self) -> Option<usize> {
        let mut value = 0usize;
        for shift in (0..35).step_by(7) {
            let byte = self.byte()?;
            value |= usize::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn text(&mut self) -> Option<String> {
        let size = self.number()?;
        self.take(size)
            .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(sections: &[&[u8]]) -> Vec<u8> {
        let mut bytes = b"\0asm\x01\0\0\0".to_vec();
        sections
            .iter()
            .for_each(|section| bytes.extend_from_slice(section));
        bytes
    }

    #[test]
    fn the_feature_section_is_found_behind_others() {
        let other = b"\x00\x03\x01xy";
        let section = b"\x00\x26\x0ftarget_features\x02+\x07simd128+\x0abulk-memor";
        assert_eq!(
            features(&file(&[other, section])).unwrap(),
            ["simd128", "bulk-memor"]
        );
    }

    #[test]
    fn broken_files_are_no_panic() {
        assert_eq!(features(b""), None);
        assert_eq!(features(&file(&[])), None);
        let whole = file(&[b"\x00\x26\x0ftarget_features\x02+\x07simd128+\x0abulk-memor"]);
        for end in 0..whole.len() {
            assert_eq!(features(&whole[..end]), None);
        }
    }
}
