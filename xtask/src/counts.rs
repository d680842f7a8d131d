//! How many tests ran, read from the summary lines of the runners.

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
}

impl Counts {
    pub(crate) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }

    /// Adds what a line says, if it is a summary line: cargo's and wasm-bindgen's `test result: ...; 12 passed; 0 failed`,
    /// nextest's `12 tests run: 12 passed`, the end-to-end tests' `12 passed, 0 failed`.
    pub(crate) fn read(&mut self, line: &str) {
        let line = line.trim();
        let summary = line.starts_with("test result:")
            || line.contains(" tests run:")
            || line.contains(" test run:")
            || is_bare(line);
        if summary {
            self.add(Self {
                passed: before(line, "passed"),
                failed: before(line, "failed"),
            });
        }
    }
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

/// `N passed, N failed` and nothing else.
fn is_bare(line: &str) -> bool {
    let words: Vec<&str> = line.split_whitespace().collect();
    matches!(words.as_slice(), [passed, "passed,", failed, "failed"] if [passed, failed].iter().all(|word| word.parse::<u64>().is_ok()))
}

/// The number that stands before `word`; 0 if there is none.
fn before(line: &str, word: &str) -> u64 {
    let words: Vec<&str> = line
        .split([' ', ',', ';', ':', '.', '('])
        .filter(|word| !word.is_empty())
        .collect();
    words
        .windows(2)
        .filter_map(|pair| {
            if let [number, next] = pair
                && *next == word
            {
                number.parse::<u64>().ok()
            } else {
                None
            }
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(lines: &[&str]) -> (u64, u64) {
        let mut counts = Counts::default();
        lines.iter().for_each(|line| counts.read(line));
        (counts.passed, counts.failed)
    }

    #[test]
    fn every_runner_is_understood() {
        assert_eq!(
            of(&[
                "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s"
            ]),
            (12, 0)
        );
        assert_eq!(
            of(&["test result: FAILED. 2 passed; 3 failed; 0 ignored; 0 filtered out"]),
            (2, 3)
        );
        assert_eq!(
            of(&["     Summary [   0.580s] 4 tests run: 3 passed (1 slow), 1 failed, 2 skipped"]),
            (3, 1)
        );
        assert_eq!(
            of(&["     Summary [   0.580s] 1 test run: 1 passed, 0 skipped"]),
            (1, 0)
        );
        assert_eq!(of(&["40 passed, 2 failed"]), (40, 2));
    }

    #[test]
    fn lines_add_up_and_other_lines_do_not_count() {
        assert_eq!(
            of(&[
                "test result: ok. 1 passed; 0 failed",
                "test result: ok. 2 passed; 0 failed"
            ]),
            (3, 0)
        );
        assert_eq!(
            of(&[
                "test a_log_with::5 passed, 1 failed ... ok",
                "running 3 tests",
                "",
                "they said 5 passed, 1 failed"
            ]),
            (0, 0)
        );
    }

    #[test]
    fn the_closing_line_has_its_own_form() {
        assert_eq!(
            Counts {
                passed: 7,
                failed: 1
            }
            .to_string(),
            "7 passed, 1 failed"
        );
        assert_eq!(
            of(&[&Counts {
                passed: 7,
                failed: 1
            }
            .to_string()]),
            (7, 1)
        );
    }
}
