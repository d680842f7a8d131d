//! `cargo xtask test`: everything that must hold, quick failures first, one stage at a time.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::counts::Counts;
use crate::fail::{Done, Fail};
use crate::pins::TARGET;
use crate::stage::{Session, Stage, seconds};
use crate::tools::{self, Kit, Need};
use crate::{app, build, checks, dagster, flyte, node, paths, schemathesis, sizes};

/// In the order in which they run.
const STAGES: [&str; 12] = [
    "fmt",
    "architecture",
    "core",
    "native",
    "schemathesis",
    "dagster",
    "flyte",
    "clippy",
    "clippy-wasm",
    "wasm",
    "build",
    "e2e",
];

/// While these wait for their servers, processors have time for what "build" needs; at the latest it begins in time to do both things of it at
/// once, since the app's last minutes keep one of them busy.
const SERVED: [&str; 4] = ["schemathesis", "dagster", "flyte", "build"];

fn needs(stages: &[&str]) -> Vec<Need> {
    let of = |stage: &&str| match *stage {
        "fmt" | "clippy" => vec![Need::Lints],
        "clippy-wasm" => vec![Need::Lints, Need::Wasm],
        "schemathesis" => vec![Need::Schemathesis],
        "dagster" => vec![Need::Dagster],
        "flyte" => vec![Need::Flyte],
        "wasm" => vec![Need::Wasm, Need::Runner, Need::Browser],
        "build" => vec![Need::Wasm, Need::Bundle, Need::Node],
        "e2e" => vec![Need::Node, Need::Browser, Need::Dagster, Need::Flyte],
        _ => vec![],
    };
    stages.iter().flat_map(of).collect()
}

/// The stages that were asked for; the end-to-end tests need what `build` makes.
fn chosen(only: &[String]) -> Result<Vec<&'static str>, String> {
    if let Some(name) = only.iter().find(|name| !STAGES.contains(&name.as_str())) {
        return Err(format!(
            "there is no stage `{name}`; the stages are: {}",
            STAGES.join(" ")
        ));
    }
    let asked = |stage: &str| only.iter().any(|name| name == stage);
    Ok(STAGES
        .into_iter()
        .filter(|stage| only.is_empty() || asked(stage) || (*stage == "build" && asked("e2e")))
        .collect())
}

pub(crate) fn test(full: bool, only: &[String], verbose: bool) -> ExitCode {
    if only.iter().any(|name| name == "list") {
        println!("{}", STAGES.join("\n"));
        return ExitCode::SUCCESS;
    }
    let stages = match chosen(only) {
        Ok(stages) => stages,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::from(2);
        }
    };
    let needs = needs(&stages);
    let mut plan = tools::missing(&needs);
    plan.push("fetch");
    plan.extend(&stages);
    let session = Session::start("xtask test", &plan, verbose);
    let result = all(&session, &needs, &stages, full);
    session.finish(result)
}

struct Row {
    name: &'static str,
    word: &'static str,
    time: Duration,
    counts: Counts,
    why: String,
}

fn all(session: &Session, needs: &[Need], stages: &[&'static str], full: bool) -> Done {
    let kit = tools::ensure(session, needs)?;
    session.stage("fetch", |stage| app::fetch(stage, &kit))?;
    let mut rows: Vec<Row> = Vec::new();
    let mut beside = Vec::new();
    let mut is_to_build = stages.contains(&"build");
    for name in stages.iter().copied() {
        if is_to_build && SERVED.contains(&name) {
            is_to_build = false;
            beside = app::beside(&kit);
        }
        let row = if name == "e2e"
            && rows
                .iter()
                .any(|row| row.name == "build" && row.word == "failed")
        {
            Row {
                name,
                word: "skipped",
                time: Duration::ZERO,
                counts: Counts::default(),
                why: String::from("the build failed"),
            }
        } else {
            one(session, &kit, name, full)?
        };
        rows.push(row);
    }
    drop(beside);
    close(session, &rows)
}

/// Runs one stage. Only Ctrl-C ends the whole command here.
fn one(session: &Session, kit: &Kit, name: &'static str, full: bool) -> Done<Row> {
    let start = Instant::now();
    let mut counts = Counts::default();
    let result = session.stage(name, |stage| {
        let result = run(stage, kit, name, full, &mut counts);
        if counts != Counts::default() && name != "schemathesis" {
            stage.note(counts.to_string());
        }
        result
    });
    let (word, why) = match result {
        Ok(()) => ("ok", String::new()),
        Err(fail) if fail.stopped => return Err(fail),
        Err(fail) => ("failed", fail.what),
    };
    // A stage without counts is one check; so is a failure that no test accounts for.
    if word == "failed" && counts.failed == 0 {
        counts.failed = 1;
    } else if counts == Counts::default() {
        counts.passed = 1;
    }
    Ok(Row {
        name,
        word,
        time: start.elapsed(),
        counts,
        why,
    })
}

fn run(stage: &mut Stage<'_>, kit: &Kit, name: &str, full: bool, counts: &mut Counts) -> Done {
    match name {
        "fmt" => checks::fmt(stage, kit),
        "architecture" => cargo_test(stage, kit, &["runboard"], full, counts),
        "core" => cargo_test(stage, kit, &["runboard-core"], full, counts),
        "native" => {
            let packages = ["runboard-record", "runboard-bridge", "xtask"];
            cargo_test(stage, kit, &packages, full, counts)
        }
        "schemathesis" => schemathesis::run(stage, kit, counts),
        "dagster" => dagster::run(stage, kit, counts),
        "flyte" => flyte::run(stage, kit, counts),
        "clippy" => checks::clippy(stage, kit),
        "clippy-wasm" => checks::clippy_wasm(stage, kit),
        "wasm" => browser_tests(stage, kit, counts),
        "build" => {
            build::release(stage, kit)?;
            sizes::check(stage, kit)?;
            app::bridge(stage, kit, true)
        }
        _ => end_to_end(stage, kit, full, counts),
    }
}

fn cargo_test(
    stage: &mut Stage<'_>,
    kit: &Kit,
    packages: &[&str],
    full: bool,
    counts: &mut Counts,
) -> Done {
    let mut command = kit.cargo(&["test", "--locked", "--no-fail-fast"]);
    if full {
        // Mutants of each file that is read; every cut, and more seeds.
        command
            .env("RUNBOARD_FUZZ", "10000")
            .env("RUNBOARD_FULL", "1");
    }
    for package in packages {
        command.args(["-p", package]);
    }
    stage.run_with(&mut command, |line| counts.read(line))
}

fn browser_tests(stage: &mut Stage<'_>, kit: &Kit, counts: &mut Counts) -> Done {
    if !paths::root().join("tests/web/main.rs").is_file() {
        stage.note("there is no tests/web/main.rs");
        return Ok(());
    }
    let Some(browser) = &kit.browser else {
        return Err(no_browser());
    };
    let mut command = kit.cargo(&[
        "test", "--locked", "--target", TARGET, "-p", "runboard", "--test", "web",
    ]);
    command
        .env("CHROMEDRIVER", &browser.driver)
        // The runner gives all tests together 20 s, and the driver 5 s to begin; another build may be under way.
        .env("WASM_BINDGEN_TEST_TIMEOUT", "300")
        .env("WASM_BINDGEN_TEST_DRIVER_TIMEOUT", "60")
        .env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", browser.settings()?);
    stage.run_with(&mut command, |line| counts.read(line))
}

fn end_to_end(stage: &mut Stage<'_>, kit: &Kit, full: bool, counts: &mut Counts) -> Done {
    let script = paths::root().join("tests/e2e/run.mjs");
    if !script.is_file() {
        return Err(Fail::new(
            "there are no end-to-end tests: tests/e2e/run.mjs is missing",
            "check out the whole clone",
        ));
    }
    if kit.node_modules.is_none() {
        return Err(node::missing());
    }
    let Some(browser) = &kit.browser else {
        return Err(no_browser());
    };
    let mut command = kit.command("node");
    command
        .arg(script)
        .env("DIST", app::dist())
        .env("BRIDGE", paths::bridge())
        .env("CHROME", &browser.chrome)
        .env("RUNBOARD_DAGSTER_PYTHON", dagster::VENV.program("python"))
        .env("RUNBOARD_FLYTE_PYTHON", flyte::VENV.program("python"));
    if full {
        command.arg("--full");
    }
    stage.run_with(&mut command, |line| counts.read(line))
}

fn no_browser() -> Fail {
    Fail::new(
        "no Chromium with chromedriver was found",
        "`cargo xtask doctor` shows the command that gets it",
    )
}

/// The table of stages and, as the last line, how many tests passed and failed.
fn close(session: &Session, rows: &[Row]) -> Done {
    let mut total = Counts::default();
    println!();
    for row in rows {
        total.add(row.counts);
        let why = if row.why.is_empty() {
            String::new()
        } else {
            format!("  {}", row.why)
        };
        println!(
            "  {:<13} {:<8} {:>8}  {}{why}",
            row.name,
            row.word,
            seconds(row.time),
            row.counts
        );
    }
    println!(
        "  {:<13} {:<8} {:>8}",
        "all",
        "",
        seconds(session.elapsed())
    );
    println!("{total}");
    let failed: Vec<&str> = rows
        .iter()
        .filter(|row| row.word == "failed")
        .map(|row| row.name)
        .collect();
    if failed.is_empty() {
        Ok(())
    } else {
        Err(Fail::new(format!("failed: {}", failed.join(", ")), ""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(names: &[&str]) -> Result<Vec<&'static str>, String> {
        chosen(
            &names
                .iter()
                .map(|name| String::from(*name))
                .collect::<Vec<_>>(),
        )
    }

    #[test]
    fn stages_keep_their_order() {
        assert_eq!(of(&[]).unwrap(), STAGES);
        assert_eq!(of(&["core", "fmt"]).unwrap(), ["fmt", "core"]);
    }

    #[test]
    fn the_end_to_end_tests_bring_the_build() {
        assert_eq!(of(&["e2e"]).unwrap(), ["build", "e2e"]);
    }

    #[test]
    fn an_unknown_stage_is_named_with_the_known_ones() {
        let error = of(&["fnt"]).unwrap_err();
        assert!(
            error.contains("`fnt`") && error.contains("clippy-wasm"),
            "{error}"
        );
    }

    #[test]
    fn a_quick_check_needs_no_browser() {
        assert!(needs(&["core"]).is_empty());
        assert!(needs(&["e2e"]).contains(&Need::Browser));
    }
}
