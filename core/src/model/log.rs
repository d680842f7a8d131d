//! [`LogLine`]: one line of output, and how loud it is.

use super::Timestamp;

/// Where a line was printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum LogStream {
    Out,
    Err,
    /// The recorder's or the backend's own words.
    System,
    /// The source does not tell.
    Unknown,
}

impl LogStream {
    pub const ALL: [LogStream; 4] = [
        LogStream::Out,
        LogStream::Err,
        LogStream::System,
        LogStream::Unknown,
    ];

    /// The word of links and the Runs API.
    pub fn word(self) -> &'static str {
        match self {
            LogStream::Out => "out",
            LogStream::Err => "err",
            LogStream::System => "sys",
            LogStream::Unknown => "",
        }
    }

    /// Reads our word and the common long ones; every other word is [`LogStream::Unknown`].
    pub fn from_word(word: &str) -> LogStream {
        match word {
            "out" | "stdout" => LogStream::Out,
            "err" | "stderr" => LogStream::Err,
            "sys" | "system" => LogStream::System,
            _ => LogStream::Unknown,
        }
    }
}

/// How loud a line is, as far as its text tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Level {
    /// The line names no level.
    Unset,
    Debug,
    Info,
    Warn,
    Error,
}

impl Level {
    pub const ALL: [Level; 5] = [
        Level::Unset,
        Level::Debug,
        Level::Info,
        Level::Warn,
        Level::Error,
    ];

    /// The word of links and the Runs API; empty for [`Level::Unset`].
    pub fn word(self) -> &'static str {
        match self {
            Level::Unset => "",
            Level::Debug => "debug",
            Level::Info => "info",
            Level::Warn => "warn",
            Level::Error => "error",
        }
    }

    /// Reads a level's word in any case, long and short forms.
    pub fn from_word(word: &str) -> Option<Level> {
        const WORDS: [(&str, Level); 12] = [
            ("trace", Level::Debug),
            ("debug", Level::Debug),
            ("info", Level::Info),
            ("notice", Level::Info),
            ("warn", Level::Warn),
            ("warning", Level::Warn),
            ("error", Level::Error),
            ("err", Level::Error),
            ("fatal", Level::Error),
            ("critical", Level::Error),
            ("panic", Level::Error),
            ("severe", Level::Error),
        ];
        WORDS
            .into_iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(word))
            .map(|(_, level)| level)
    }

    /// The level that a line's own text names near its beginning: the first of its leading words that is a level, whatever brackets,
    /// colons or colour codes stand around it. `error[E0308]: ...`, `[WARN] ...`, `2026-11-21 01:47:07,854 - INFO - ...` all count;
    /// a word further in than the first 64 bytes or the sixth word does not, so that prose about errors stays unmarked.
    pub fn of_text(text: &str) -> Level {
        let bytes = text.as_bytes();
        let head = bytes.get(..bytes.len().min(64)).unwrap_or_default();
        let (mut at, mut words) = (0, 0);
        while at < head.len() && words < 6 {
            if head.get(at) == Some(&0x1b) {
                at = skip_escape(head, at);
                continue;
            }
            let start = at;
            while head.get(at).is_some_and(u8::is_ascii_alphabetic) {
                at += 1;
            }
            if at == start {
                at += 1;
                continue;
            }
            let word = head.get(start..at).unwrap_or_default();
            // A level stands alone: "errors" or "error_count" is no level, "error:" and "[error]" are.
            let alone = !bytes
                .get(at)
                .is_some_and(|next| *next == b'_' || *next == b'-' || next.is_ascii_digit());
            let loud = word.iter().all(u8::is_ascii_uppercase);
            let marked = bytes
                .get(at)
                .is_some_and(|next| matches!(next, b':' | b']' | b'[' | b'|' | b'='));
            if alone
                && (3..=8).contains(&word.len())
                && (loud || marked)
                && let Some(level) = std::str::from_utf8(word).ok().and_then(Level::from_word)
            {
                return level;
            }
            words += 1;
        }
        Level::Unset
    }
}

/// Whether a line speaks of a failure anywhere in it (`error`, `exception`, `traceback`, `fatal`, `ORA-00942`, in any case): where few lines of
/// many are shown, these say most. A level it is not.
pub fn names_failure(text: &str) -> bool {
    let bytes = text.as_bytes();
    (0..bytes.len()).any(|at| {
        let rest = bytes.get(at..).unwrap_or_default();
        let begins = |word: &[u8]| {
            let head = rest.get(..word.len());
            head.is_some_and(|head| head.eq_ignore_ascii_case(word))
        };
        let words: [&[u8]; 4] = [b"error", b"exception", b"traceback", b"fatal"];
        words.into_iter().any(begins)
            || begins(b"ora-") && rest.get(4).is_some_and(u8::is_ascii_digit)
    })
}

/// The index behind an escape sequence (`ESC [ ... letter`) that begins at `at`.
fn skip_escape(bytes: &[u8], at: usize) -> usize {
    let mut end = at + 1;
    if bytes.get(end) == Some(&b'[') {
        end += 1;
        while bytes
            .get(end)
            .is_some_and(|byte| !byte.is_ascii_alphabetic())
        {
            end += 1;
        }
    }
    end + 1
}

/// One line of output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    pub at: Option<Timestamp>,
    /// Empty: the run itself.
    pub step: String,
    pub stream: LogStream,
    /// The source's own level; [`Level::of_text`] where it has none.
    pub level: Level,
    /// Without its line end; invalid UTF-8 already replaced.
    pub text: String,
}

#[cfg(test)]
mod tests {
    use super::{Level, names_failure};

    #[test]
    fn a_line_that_speaks_of_a_failure_is_known_wherever_it_does() {
        for text in [
            "FileNotFoundError: /data/part2_input.csv",
            "Traceback (most recent call last):",
            "x: FATAL",
            "java.lang.NullPointerException",
            "0 errors",
            "\u{1b}[31mORA-00942\u{1b}[0m: table",
        ] {
            assert!(names_failure(text), "{text}");
        }
        for text in ["", "terror", "ORA-", "flora-x", "all is well", "fata"] {
            assert_eq!(names_failure(text), text == "terror", "{text}");
        }
    }

    #[test]
    fn a_level_is_read_where_writers_of_logs_put_it() {
        for (text, expected) in [
            ("error[E0308]: mismatched types", Level::Error),
            ("\u{1b}[1m\u{1b}[31merror\u{1b}[0m: boom", Level::Unset),
            ("\u{1b}[31mERROR\u{1b}[0m boom", Level::Error),
            (
                "2026-11-21 01:47:07,854 - INFO - Executing job",
                Level::Info,
            ),
            ("[WARN] low disk", Level::Warn),
            ("warning: unused variable", Level::Warn),
            ("level=debug msg=x", Level::Unset),
            ("ERROR: Unable to process data file", Level::Error),
            ("0 errors found", Level::Unset),
            ("no error here", Level::Unset),
            ("error_count: 3", Level::Unset),
            ("", Level::Unset),
            ("FileNotFoundError: /data/part2_input.csv", Level::Unset),
            ("\u{1b}[", Level::Unset),
        ] {
            assert_eq!(Level::of_text(text), expected, "{text:?}");
        }
    }
}
