//! Where things are: the clone, cargo's target folder, the user's cache, programs on PATH.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// The clone's root: where cargo says this package is, else the nearest folder upwards with a Trunk.toml.
pub(crate) fn root() -> PathBuf {
    let package = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let here = env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
    let start = package.unwrap_or_else(|| here.clone());
    start
        .ancestors()
        .find(|dir| dir.join("Trunk.toml").is_file())
        .map_or(here, Path::to_path_buf)
}

/// Cargo's target folder: this program lies in it, and cargo marks its root.
pub(crate) fn target() -> PathBuf {
    let exe = env::current_exe().unwrap_or_default();
    exe.ancestors()
        .find(|dir| dir.join("CACHEDIR.TAG").is_file())
        .map_or_else(|| root().join("target"), Path::to_path_buf)
}

/// What these commands keep for themselves: stamps, generated settings, the contributors' build of the app.
pub(crate) fn own() -> PathBuf {
    target().join("xtask")
}

pub(crate) fn bridge() -> PathBuf {
    target()
        .join("release")
        .join(format!("runboard-bridge{}", env::consts::EXE_SUFFIX))
}

/// The user's cache for the tools of this project.
pub(crate) fn cache() -> PathBuf {
    let set = |name| {
        env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    set("XDG_CACHE_HOME")
        .filter(|dir| dir.is_absolute())
        .or_else(|| set("HOME").map(|home| home.join(".cache")))
        .unwrap_or_else(env::temp_dir)
        .join("runboard")
}

/// The first file of that name on PATH.
pub(crate) fn which(name: impl AsRef<OsStr>) -> Option<PathBuf> {
    let name = name.as_ref();
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|dir| dir.join(name))
        .find(|file| is_program(file))
}

#[cfg(unix)]
fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata()
        .is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(file: &Path) -> bool {
    file.is_file()
}

/// PATH with `dirs` before all else.
pub(crate) fn path_with(dirs: &[PathBuf]) -> std::ffi::OsString {
    let path = env::var_os("PATH").unwrap_or_default();
    let all = dirs.iter().cloned().chain(env::split_paths(&path));
    env::join_paths(all).unwrap_or(path)
}

/// FNV-1a, to tell whether inputs changed. Not for anything that has an enemy.
#[derive(Clone, Copy)]
pub(crate) struct Hash(u64);

impl Hash {
    pub(crate) fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    pub(crate) fn add(&mut self, bytes: &[u8]) {
        for byte in bytes.iter().copied().chain([0xff]) {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    /// The contents of files, and of all files below folders, with their names. What does not exist counts as absent.
    pub(crate) fn add_tree(&mut self, path: &Path) {
        self.add(path.as_os_str().as_encoded_bytes());
        if let Ok(entries) = std::fs::read_dir(path) {
            let mut inside: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
            inside.sort();
            for each in inside {
                self.add_tree(&each);
            }
        } else if let Ok(bytes) = std::fs::read(path) {
            self.add(&bytes);
        }
    }

    pub(crate) fn text(self) -> String {
        format!("{:016x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_is_found() {
        assert!(root().join("Trunk.toml").is_file());
        assert!(root().join("xtask").is_dir());
    }

    #[test]
    fn a_hash_tells_contents_and_borders_apart() {
        let of = |parts: &[&str]| {
            let mut hash = Hash::new();
            parts.iter().for_each(|part| hash.add(part.as_bytes()));
            hash.text()
        };
        assert_eq!(of(&["a", "b"]), of(&["a", "b"]));
        assert_ne!(of(&["ab"]), of(&["a", "b"]));
        assert_ne!(of(&["a"]), of(&["b"]));
    }

    #[test]
    fn a_program_that_is_not_there_is_not_found() {
        assert!(which("no-such-program-anywhere").is_none());
        assert!(which("cargo").is_some());
    }
}
