//! The adapter `flyte` against services of tests/flyte/server.py, which are made from Flyte's own descriptors, through the bridge's proxy: one that
//! checks nothing, one that checks all, one without a DataProxy, one with a large run, and one whose connections are cut.

use std::fs;
use std::time::Duration;

use crate::counts::Counts;
use crate::fail::{Done, Fail};
use crate::paths;
use crate::pins::{FLYTE_SERVER, FLYTEIDL};
use crate::proc;
use crate::server::Server;
use crate::stage::Stage;
use crate::tools::Kit;
use crate::venv::Venv;

pub(crate) const VENV: Venv = Venv {
    name: "flyte",
    version: FLYTEIDL,
    packages: FLYTE_SERVER,
    program: "uvicorn",
};

const START: Duration = Duration::from_secs(60);
const ACTIONS: &str = "20000";
const SERVICES: [(&str, &[&str]); 5] = [
    ("LAX", &[]),
    ("STRICT", &["--strict"]),
    ("BARE", &["--no-dataproxy", "--strict"]),
    ("BIG", &["--big", ACTIONS]),
    ("CUTS", &[]),
];

pub(crate) fn run(stage: &mut Stage<'_>, kit: &Kit, counts: &mut Counts) -> Done {
    stage.run(&mut kit.cargo(&["build", "--locked", "-p", "runboard-bridge"]))?;
    let bridge = paths::target()
        .join("debug")
        .join(format!("runboard-bridge{}", std::env::consts::EXE_SUFFIX));
    let place = paths::own().join("flyte");
    let _ = fs::remove_dir_all(&place);
    let dist = place.join("dist");
    fs::create_dir_all(&dist).map_err(|error| Fail::file(&dist, &error))?;
    let page = dist.join("index.html");
    fs::write(&page, "<!doctype html>").map_err(|error| Fail::file(&page, &error))?;

    let mut front = proc::command(&bridge);
    front
        .args(["serve", "--listen", "127.0.0.1:0", "--allow-actions"])
        .arg("--dist")
        .arg(&dist)
        .arg("--dir")
        .arg(place.join("rec"));
    let mut tests = kit.cargo(&[
        "test",
        "--locked",
        "-p",
        "runboard-core",
        "--features",
        "live",
        "--test",
        "flyte_live",
        "--",
        // What one test does to a service must not meet the long ones.
        "--test-threads=2",
    ]);
    let mut servers = Vec::new();
    for (name, args) in SERVICES {
        let mut command = proc::command(VENV.program("python"));
        command
            .arg(paths::root().join("tests/flyte/server.py"))
            .args(args);
        let server = Server::of(&mut command, "the Flyte service", START)?;
        front
            .arg("--flyte")
            .arg(format!("{name}={}?org=testorg", server.url));
        tests.env(format!("RUNBOARD_FLYTE_{name}_CONTROL"), &server.url);
        servers.push(server);
    }
    let front = Server::of(&mut front, "the bridge", START)?;
    for (name, _) in SERVICES {
        let url = format!("{}proxy/{name}/", front.url);
        tests.env(format!("RUNBOARD_FLYTE_{name}"), url);
    }
    let result = stage.run_with(&mut tests, |line| counts.read(line));
    servers.push(front);
    for mut server in servers {
        server.group.stop();
    }
    stage.note(format!("flyteidl2 {FLYTEIDL}"));
    result
}
