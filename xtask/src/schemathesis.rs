//! schemathesis over docs/runs-api.yaml: a real bridge with runs of the real recorder is asked for everything that the document
//! allows and much that it does not. `/stream` never ends and has tests of its own.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::counts::Counts;
use crate::fail::{Done, Fail};
use crate::paths;
use crate::pins::SCHEMATHESIS;
use crate::proc;
use crate::server::Server;
use crate::stage::Stage;
use crate::tools::Kit;
use crate::venv::Venv;

/// How long the bridge may take to say where it listens.
const START: Duration = Duration::from_secs(30);
/// Of changes there are fewer cases than of questions: each re-execution is a process.
const EXAMPLES: &str = "40";
const SEED: &str = "20261121";

pub(crate) const VENV: Venv = Venv {
    name: "schemathesis",
    version: SCHEMATHESIS,
    packages: &["schemathesis"],
    program: "schemathesis",
};

pub(crate) fn run(stage: &mut Stage<'_>, kit: &Kit, counts: &mut Counts) -> Done {
    stage.run(&mut kit.cargo(&["build", "--locked", "-p", "runboard-bridge"]))?;
    let bridge = paths::target()
        .join("debug")
        .join(format!("runboard-bridge{}", std::env::consts::EXE_SUFFIX));
    let place = paths::own().join("schemathesis");
    let _ = fs::remove_dir_all(&place);
    let make = |name: &str| {
        let folder = place.join(name);
        fs::create_dir_all(&folder).map_err(|error| Fail::file(&folder, &error))
    };
    make("dist")?;
    make("rec")?;
    let page = place.join("dist").join("index.html");
    fs::write(&page, "<!doctype html>").map_err(|error| Fail::file(&page, &error))?;
    record(&bridge, &place)?;
    let history = place.join("history.jsonl");
    let lines = place.join("rec").join("runs.jsonl");
    fs::copy(&lines, &history).map_err(|error| Fail::file(&lines, &error))?;

    let mut server = bridge_over(&bridge, &place, &history)?;
    let ids = ids(&place);
    let mut notes = Vec::new();
    // A well-formed id of no run is a 404, a token that is no plan's a 409: neither is an acceptance.
    // The history first: the other one changes what there is.
    for source in ["history", "local"] {
        let url = format!("{}api/v1/{source}", server.url);
        let mut command = ask(kit, &place, &url, &ids);
        told(
            stage,
            command.args(["--exclude-checks", "positive_data_acceptance"]),
            source,
            counts,
            &mut notes,
        )?;
    }
    server.group.stop();
    own_backend(stage, kit, &place, counts, &mut notes)?;
    if counts.passed == 0 {
        return Err(Fail::new(
            "schemathesis told of no test case",
            "run it again with -v",
        ));
    }
    stage.note(notes.join("; "));
    Ok(())
}

fn told(
    stage: &mut Stage<'_>,
    command: &mut Command,
    name: &str,
    counts: &mut Counts,
    notes: &mut Vec<String>,
) -> Done {
    stage.run_with(command, |line| {
        if let Some(cases) = cases(line) {
            counts.add(cases);
            notes.push(format!("{name}: {}", line.trim()));
        }
    })
}

/// The server in docs/serve-your-own-backend.md gives what the document of the API demands, where it is asked rightly.
fn own_backend(
    stage: &mut Stage<'_>,
    kit: &Kit,
    place: &Path,
    counts: &mut Counts,
    notes: &mut Vec<String>,
) -> Done {
    let doc = paths::root().join("docs/serve-your-own-backend.md");
    let text = fs::read_to_string(&doc).map_err(|error| Fail::file(&doc, &error))?;
    let code = text
        .split_once("```python\n")
        .and_then(|(_, rest)| rest.split_once("\n```"));
    let Some((code, _)) = code else {
        return Err(Fail::new(
            format!("{} holds no server", doc.display()),
            "put its ```python block back",
        ));
    };
    let file = place.join("mine.py");
    fs::write(&file, code).map_err(|error| Fail::file(&file, &error))?;
    let mut command = proc::command("python3");
    command.arg(&file).arg("0");
    let mut server = Server::of(&mut command, "the server of the document", START)?;
    let mut command = ask(kit, place, server.url.trim_end_matches('/'), "demo-1");
    let checks = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";
    command.args(["--mode", "positive", "--checks", checks]);
    for id in ["info", "listRuns", "getRun", "listSteps", "readLogs"] {
        command.args(["--include-operation-id", id]);
    }
    told(stage, &mut command, "own backend", counts, notes)?;
    server.group.stop();
    Ok(())
}

/// Runs of every kind: one that went well, one with steps, some that failed, and enough of them for those that are deleted.
fn record(bridge: &Path, place: &Path) -> Done {
    let steps = "\"$BRIDGE\" record --job extract -- true; \"$BRIDGE\" record --job load -- false";
    for (job, script) in [
        ("fine", "echo hello; echo warning >&2"),
        ("steps", steps),
        ("bad", "exit 3"),
    ] {
        for _ in 0..4 {
            let mut command = proc::command(bridge);
            let done = command
                .args(["record", "--job", job, "--tag", "made=here", "--dir"])
                .arg(place.join("rec"))
                .args(["--", "sh", "-c", script])
                .env("BRIDGE", bridge)
                .current_dir(place)
                .stdin(Stdio::null())
                .output();
            // The exit code is the script's own.
            done.map_err(|error| {
                Fail::new(
                    format!("the recorder did not start: {error}"),
                    "run it again with -v",
                )
            })?;
        }
    }
    Ok(())
}

fn ids(place: &Path) -> String {
    let runs = fs::read_dir(place.join("rec").join("runs"));
    let mut ids: Vec<String> = runs
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    ids.sort();
    ids.join(" ")
}

fn ask(kit: &Kit, place: &Path, url: &str, ids: &str) -> Command {
    let mut command = kit.command(&VENV.program(VENV.program).to_string_lossy());
    command
        .arg("run")
        .arg(paths::root().join("docs/runs-api.yaml"))
        .args(["--url", url, "--seed", SEED, "--max-examples", EXAMPLES])
        .args([
            "--exclude-path",
            "/stream",
            "--exclude-path",
            "/healthz",
            "--exclude-path",
            "/readyz",
        ])
        .args([
            "--phases",
            "examples,coverage,fuzzing",
            "--generation-database",
            "none",
        ])
        .args([
            "--warnings",
            "off",
            "--no-color",
            "--workers",
            "1",
            "--suppress-health-check",
            "all",
        ])
        .env("PYTHONPATH", paths::root().join("xtask/python"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("SCHEMATHESIS_HOOKS", "runboard_hooks")
        .env("RUNBOARD_RUN_IDS", ids)
        .current_dir(place);
    command
}

/// The numbers of `954 generated, 950 passed, 4 found 4 unique failures`.
fn cases(line: &str) -> Option<Counts> {
    let (generated, rest) = line.trim().split_once(" generated, ")?;
    let generated: u64 = generated.parse().ok()?;
    let passed = rest
        .split(", ")
        .find_map(|part| part.strip_suffix(" passed")?.parse().ok())
        .unwrap_or(0);
    Some(Counts {
        passed,
        failed: generated.saturating_sub(passed),
    })
}

fn bridge_over(bridge: &Path, place: &Path, history: &Path) -> Done<Server> {
    let mut command = proc::command(bridge);
    command
        .args([
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--allow-actions",
            "--grace",
            "1",
        ])
        .arg("--dist")
        .arg(place.join("dist"))
        .arg("--dir")
        .arg(place.join("rec"))
        .arg("--history")
        .arg(format!("history={}", history.display()))
        .env("BRIDGE", bridge);
    Server::of(&mut command, "the bridge", START)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_is_read() {
        let of = |passed, failed| Some(Counts { passed, failed });
        assert_eq!(cases("    954 generated, 954 passed"), of(954, 0));
        assert_eq!(
            cases("706 generated, 701 passed, 5 found 5 unique failures"),
            of(701, 5)
        );
        assert_eq!(
            cases("625 generated, 6 found 6 unique failures"),
            of(0, 625)
        );
        assert_eq!(cases("Test cases:"), None);
    }
}
