//! Who runs what where: run ids, the user, the host, and the folder that runs are recorded in by default.

use std::env;
use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The digits of run ids: lower case, without the letters that are read as digits.
const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// A new run id, `r` and 11 characters. 55 random bits do not exclude a collision, so whoever makes the folder must notice one.
#[must_use]
pub fn new_run_id() -> String {
    let mut bits = RandomState::new().hash_one((SystemTime::now(), std::process::id()));
    let mut id = String::from("r");
    for _ in 0..11 {
        id.push(
            DIGITS
                .get((bits % 32) as usize)
                .map_or('0', |digit| char::from(*digit)),
        );
        bits /= 32;
    }
    id
}

/// Whether `text` may name a run folder: 1 to 64 characters of `A-Z a-z 0-9 . _ -`, a letter or digit first.
#[must_use]
pub fn is_run_id(text: &str) -> bool {
    let safe = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    text.len() <= 64
        && text.bytes().all(safe)
        && text
            .bytes()
            .next()
            .is_some_and(|first| first.is_ascii_alphanumeric())
}

/// The folder for a command that does not name one: `$RUNBOARD_DIR`, else `.runboard` in the nearest folder upwards that
/// is a clone (`.git`, or `Cargo.toml` beside `Trunk.toml`), else `.runboard` in the current one.
#[must_use]
pub fn default_dir() -> PathBuf {
    if let Some(dir) = env::var_os("RUNBOARD_DIR").filter(|dir| !dir.is_empty()) {
        return dir.into();
    }
    let here = env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
    here.ancestors()
        .find(|dir| is_clone(dir))
        .unwrap_or(&here)
        .join(".runboard")
}

fn is_clone(dir: &Path) -> bool {
    dir.join(".git").exists()
        || (dir.join("Cargo.toml").is_file() && dir.join("Trunk.toml").is_file())
}

/// The name of whoever runs this, when the environment tells it.
pub(crate) fn user() -> Option<String> {
    variable("USER").or_else(|| variable("LOGNAME"))
}

/// This machine's name, when anything tells it. The kernel knows best; a variable may be inherited from elsewhere.
pub(crate) fn host() -> Option<String> {
    first_word("/proc/sys/kernel/hostname")
        .or_else(|| variable("HOSTNAME"))
        .or_else(|| first_word("/etc/hostname"))
}

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

fn first_word(path: &str) -> Option<String> {
    fs::read_to_string(path)
        .ok()?
        .split_whitespace()
        .next()
        .map(String::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn run_ids_are_valid_and_differ() {
        let ids: HashSet<String> = (0..10_000).map(|_| new_run_id()).collect();
        assert_eq!(ids.len(), 10_000);
        assert!(ids.iter().all(|id| id.len() == 12 && is_run_id(id)));
    }

    #[test]
    fn names_that_could_leave_the_folder_are_not_run_ids() {
        for bad in [
            "",
            ".",
            "..",
            ".hidden",
            "-rf",
            "a/b",
            "a b",
            "a\n",
            "é",
            &"a".repeat(65),
        ] {
            assert!(!is_run_id(bad), "{bad:?}");
        }
        for good in ["r3k9x0c2m7qa", "7", "a.b_c-D", &"a".repeat(64)] {
            assert!(is_run_id(good), "{good:?}");
        }
    }
}
