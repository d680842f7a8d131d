//! The command line.

use crate::bench::NAMES;

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Task {
    Serve { port: u16, watch: bool },
    Build,
    Test { full: bool, only: Vec<String> },
    Lint,
    Fmt,
    Doctor,
    Bench { names: Vec<String> },
    Help,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Args {
    pub(crate) task: Task,
    /// Show what the tools print, as they print it.
    pub(crate) verbose: bool,
}

pub(crate) const PORT: u16 = 8080;

pub(crate) const HELP: &str = "\
cargo xtask COMMAND [-v]

  serve [--port N] [--watch]    build the app and the bridge, serve both on http://127.0.0.1:8080
                                --watch: build the app again on every save, without the optimiser
  test [--full] [--only STAGE]  run all tests; --only may repeat, `--only list` names the stages
  build                         release build into dist/, its sizes against budget.toml, and the bridge with dist/ inside
  lint                          format check, clippy for the app and for native code, architecture rules
  fmt                           format the code
  doctor                        what is installed, what is missing, and how to get it
  bench dagster                 measure the release build beside Dagster's own page, and hold the ratios to their bounds

  -v, --verbose                 show what the tools print

Missing tools are installed into the user's cache. Every command but fmt, doctor and help records itself as a run in .runboard/.";

/// Reads the words after `cargo xtask`. An error is one line for the user.
pub(crate) fn parse(words: impl IntoIterator<Item = String>) -> Result<Args, String> {
    let mut verbose = false;
    let mut words: Vec<String> = words.into_iter().collect();
    let command = if words.is_empty() {
        String::from("help")
    } else {
        words.remove(0)
    };
    let mut rest = Vec::new();
    for word in words {
        match word.as_str() {
            "-v" | "--verbose" => verbose = true,
            "-h" | "--help" => {
                return Ok(Args {
                    task: Task::Help,
                    verbose,
                });
            }
            _ => rest.push(word),
        }
    }
    let task = match command.as_str() {
        "serve" => serve(rest)?,
        "test" => test(rest)?,
        "bench" => bench(rest)?,
        "build" => plain(Task::Build, &command, &rest)?,
        "lint" => plain(Task::Lint, &command, &rest)?,
        "fmt" => plain(Task::Fmt, &command, &rest)?,
        "doctor" => plain(Task::Doctor, &command, &rest)?,
        "help" | "-h" | "--help" => Task::Help,
        other => {
            return Err(format!(
                "there is no command `{other}`; `cargo xtask help` lists them"
            ));
        }
    };
    Ok(Args { task, verbose })
}

fn plain(task: Task, command: &str, rest: &[String]) -> Result<Task, String> {
    rest.first()
        .map_or(Ok(task), |word| Err(unknown(command, word)))
}

fn unknown(command: &str, word: &str) -> String {
    format!("`{command}` does not know `{word}`; `cargo xtask help` lists what it knows")
}

fn serve(rest: Vec<String>) -> Result<Task, String> {
    let (mut port, mut watch) = (PORT, false);
    let mut words = rest.into_iter();
    while let Some(word) = words.next() {
        match option(&word, "--port", &mut words)? {
            Some(value) => {
                port = value
                    .parse()
                    .ok()
                    .filter(|port| *port > 0)
                    .ok_or(format!("`{value}` is no port: 1 to 65535"))?;
            }
            None if word == "--watch" => watch = true,
            None => return Err(unknown("serve", &word)),
        }
    }
    Ok(Task::Serve { port, watch })
}

fn test(rest: Vec<String>) -> Result<Task, String> {
    let (mut full, mut only) = (false, Vec::new());
    let mut words = rest.into_iter();
    while let Some(word) = words.next() {
        match option(&word, "--only", &mut words)? {
            Some(value) => only.extend(value.split(',').map(String::from)),
            None if word == "--full" => full = true,
            None => return Err(unknown("test", &word)),
        }
    }
    Ok(Task::Test { full, only })
}

fn bench(names: Vec<String>) -> Result<Task, String> {
    let known = NAMES.join(", ");
    match names.iter().find(|name| !NAMES.contains(&name.as_str())) {
        Some(name) => Err(format!(
            "nothing is measured under the name `{name}`: {known}"
        )),
        None if names.is_empty() => Err(format!(
            "bench needs the name of what is to be measured: {known}"
        )),
        None => Ok(Task::Bench { names }),
    }
}

/// The value of `--name value` or `--name=value`, when `word` is that option.
fn option(
    word: &str,
    name: &str,
    rest: &mut impl Iterator<Item = String>,
) -> Result<Option<String>, String> {
    if word == name {
        return rest.next().map(Some).ok_or(format!("{name} needs a value"));
    }
    Ok(word
        .strip_prefix(name)
        .and_then(|tail| tail.strip_prefix('='))
        .map(String::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str) -> Result<Args, String> {
        parse(line.split_whitespace().map(String::from))
    }

    #[test]
    fn defaults() {
        assert_eq!(
            of("serve").unwrap().task,
            Task::Serve {
                port: 8080,
                watch: false
            }
        );
        assert_eq!(
            of("test").unwrap().task,
            Task::Test {
                full: false,
                only: vec![]
            }
        );
        assert_eq!(of("").unwrap().task, Task::Help);
    }

    #[test]
    fn options_take_values_in_both_forms() {
        assert_eq!(
            of("serve --port 9000 --watch").unwrap().task,
            Task::Serve {
                port: 9000,
                watch: true
            }
        );
        assert_eq!(
            of("serve --port=9000").unwrap().task,
            Task::Serve {
                port: 9000,
                watch: false
            }
        );
        let only = |names: &[&str]| {
            names
                .iter()
                .map(|name| String::from(*name))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            of("test --only fmt --only=core,e2e").unwrap().task,
            Task::Test {
                full: false,
                only: only(&["fmt", "core", "e2e"])
            }
        );
        assert_eq!(
            of("bench dagster").unwrap().task,
            Task::Bench {
                names: only(&["dagster"])
            }
        );
    }

    #[test]
    fn verbose_may_stand_anywhere_behind_the_command() {
        assert!(of("test --full -v").unwrap().verbose);
        assert!(of("build --verbose").unwrap().verbose);
        assert!(!of("build").unwrap().verbose);
    }

    #[test]
    fn help_wins() {
        assert_eq!(of("serve --help").unwrap().task, Task::Help);
        assert_eq!(of("--help").unwrap().task, Task::Help);
    }

    #[test]
    fn what_is_not_known_is_named() {
        for (line, word) in [
            ("sevre", "sevre"),
            ("serve --prot 1", "--prot"),
            ("build now", "now"),
            ("serve --port x", "x"),
            ("serve --port 0", "0"),
            ("serve --port 65536", "65536"),
            ("serve --port", "--port"),
            ("test fmt", "fmt"),
            ("bench dagstr", "dagstr"),
            ("bench", "dagster"),
        ] {
            let error = of(line).unwrap_err();
            assert!(
                error.contains(word) && !error.contains('\n'),
                "{line}: {error}"
            );
        }
    }
}
