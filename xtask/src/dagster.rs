//! The adapter `dagster` against a real dagster-webserver and daemon with runs of tests/dagster/defs.py, through the bridge's proxy.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::counts::Counts;
use crate::fail::{Done, Fail};
use crate::paths;
use crate::pins::DAGSTER;
use crate::proc;
use crate::server::Server;
use crate::stage::Stage;
use crate::tools::Kit;
use crate::venv::Venv;

pub(crate) const VENV: Venv = Venv {
    name: "dagster",
    version: DAGSTER,
    packages: &["dagster", "dagster-webserver"],
    program: "dagster-webserver",
};

/// Loading Dagster and its code takes a slow machine a while.
const START: Duration = Duration::from_secs(150);
/// What the server behind the path of a deployment wants to see, as Dagster+ does.
const TOKEN: &str = "Dagster-Cloud-Api-Token:a-secret-of-the-tests";
const BRIDGE_START: Duration = Duration::from_secs(30);

pub(crate) fn run(stage: &mut Stage<'_>, kit: &Kit, counts: &mut Counts) -> Done {
    stage.run(&mut kit.cargo(&["build", "--locked", "-p", "runboard-bridge"]))?;
    let bridge = paths::target()
        .join("debug")
        .join(format!("runboard-bridge{}", std::env::consts::EXE_SUFFIX));
    let place = paths::own().join("dagster");
    let _ = fs::remove_dir_all(&place);
    let dist = place.join("dist");
    fs::create_dir_all(&dist).map_err(|error| Fail::file(&dist, &error))?;
    let page = dist.join("index.html");
    fs::write(&page, "<!doctype html>").map_err(|error| Fail::file(&page, &error))?;

    let mut dagster = server(&place.join("home"), &[])?;
    let mut read_only = server(
        &place.join("home"),
        &["--read-only", "--path-prefix", "/deep/er"],
    )?;
    let mut plus = server(
        &place.join("home"),
        &[
            "--no-daemon",
            "--path-prefix",
            "/org/prod",
            "--header",
            TOKEN,
        ],
    )?;
    let token = place.join("token");
    let secret = TOKEN.split_once(':').map_or("", |(_, secret)| secret);
    fs::write(&token, secret).map_err(|error| Fail::file(&token, &error))?;
    let mut command = proc::command(&bridge);
    command
        .args(["serve", "--listen", "127.0.0.1:0", "--allow-actions"])
        .arg("--dist")
        .arg(&dist)
        .arg("--dir")
        .arg(place.join("rec"))
        .arg("--dagster")
        .arg(format!("dagster={}", dagster.url))
        .arg("--dagster")
        .arg(format!("locked={}", read_only.url))
        .arg("--dagster")
        .arg(format!("plus={}", plus.url))
        .arg("--upstream-header")
        .arg(format!("plus=Dagster-Cloud-Api-Token:{}", token.display()));
    let mut front = Server::of(&mut command, "the bridge", BRIDGE_START)?;
    let mut command = kit.cargo(&[
        "test",
        "--locked",
        "-p",
        "runboard-core",
        "--features",
        "live",
        "--test",
        "dagster_live",
    ]);
    command
        .env("RUNBOARD_DAGSTER", format!("{}proxy/dagster/", front.url))
        .env(
            "RUNBOARD_DAGSTER_LOCKED",
            format!("{}proxy/locked/", front.url),
        )
        .env("RUNBOARD_DAGSTER_PLUS", format!("{}proxy/plus/", front.url))
        .env("RUNBOARD_DAGSTER_GATE", &plus.url)
        .env("RUNBOARD_DAGSTER_PYTHON", VENV.program("python"))
        .env("RUNBOARD_DAGSTER_HOME", place.join("home"));
    let result = stage.run_with(&mut command, |line| counts.read(line));
    front.group.stop();
    plus.group.stop();
    read_only.group.stop();
    dagster.group.stop();
    stage.note(format!("dagster {DAGSTER}"));
    result
}

/// A webserver, and unless it only reads a daemon, over one DAGSTER_HOME.
fn server(home: &Path, args: &[&str]) -> Done<Server> {
    let mut command = proc::command(VENV.program("python"));
    command
        .arg(paths::root().join("tests/dagster/serve.py"))
        .arg(home)
        .args(args);
    Server::of(&mut command, "Dagster", START)
}
