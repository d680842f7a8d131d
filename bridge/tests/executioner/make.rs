//! Places with databases, configurations and the stand-in for executioner's command line.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

use rusqlite::Connection;
use serde_json::Value;

use super::site::{Place, Site};

pub(crate) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../tests/fixture/executioner")
        .join(name)
}

/// A copy of one of the real databases, with the real logs beside it.
pub(crate) fn copied(place: &Place, name: &str) -> PathBuf {
    let data = place.join("data");
    std::fs::create_dir_all(data.join("logs")).unwrap();
    for entry in std::fs::read_dir(fixture("logs")).unwrap().flatten() {
        std::fs::copy(entry.path(), data.join("logs").join(entry.file_name())).unwrap();
    }
    let path = data.join(name);
    std::fs::copy(fixture(name), &path).unwrap();
    path
}

/// A bridge over one database, as the source `ex`.
pub(crate) fn over(place: Place, database: &Path, extra: &[&str]) -> Site {
    let named = format!("ex={}", database.display());
    let mut args = vec!["--executioner", &named];
    args.extend(extra);
    Site::start(place, &args)
}

pub(crate) fn ask(site: &Site, path: &str) -> Value {
    site.json(&format!("/api/v1/ex/{path}"))
}

/// Ends the bridge, and gives what it said on stderr.
pub(crate) fn complaints(mut site: Site) -> String {
    let _ = site.child.kill();
    let mut told = String::new();
    let mut stderr = site.child.stderr.take().unwrap();
    stderr.read_to_string(&mut told).unwrap();
    told
}

/// `key phase attempts exit reason` of each step.
pub(crate) fn steps(site: &Site, id: &str) -> Vec<String> {
    let list = ask(site, &format!("runs/{id}/steps"));
    let word = |step: &Value| {
        let text = |name: &str| step[name].as_str().unwrap_or("-").to_string();
        let code = step["exit_code"]
            .as_i64()
            .map_or("-".into(), |code| code.to_string());
        let attempts = step["attempts"].as_array().map_or(0, Vec::len);
        format!("{} {} {attempts} {code}", text("key"), text("status"))
    };
    list["steps"].as_array().unwrap().iter().map(word).collect()
}

/// The values of the facts of that name.
pub(crate) fn facts(site: &Site, id: &str, name: &str) -> Vec<String> {
    let list = ask(site, &format!("runs/{id}/facts"));
    let own = list["facts"].as_array().unwrap().iter();
    own.filter(|fact| fact["name"] == name)
        .map(|fact| fact["value"].as_str().unwrap().into())
        .collect()
}

/// A database that is made anew by these statements.
pub(crate) fn database(place: &Place, sql: &str) -> PathBuf {
    let path = place.join("made.db");
    Connection::open(&path).unwrap().execute_batch(sql).unwrap();
    path
}

/// executioner's checkout with its command line, and a configuration like the design's example.
pub(crate) struct Checkout {
    pub(crate) script: PathBuf,
    pub(crate) config: PathBuf,
    pub(crate) home: PathBuf,
    pub(crate) database: PathBuf,
}

impl Checkout {
    pub(crate) fn new(place: &Place) -> Checkout {
        let dir = place.join("executioner");
        let home = dir.join("home");
        std::fs::create_dir_all(&home).unwrap();
        let script = dir.join("executioner.py");
        std::fs::copy(fixture("executioner.py"), &script).unwrap();
        let text = std::fs::read_to_string(fixture("data_pipeline.json")).unwrap();
        let text = text
            .replace("/srv/pipeline", home.to_str().unwrap())
            .replace("; sleep 1", "");
        let config = dir.join("data_pipeline.json");
        std::fs::write(&config, text).unwrap();
        Checkout {
            script,
            config,
            home,
            database: dir.join("data/jobs_history.db"),
        }
    }

    /// Runs the command line; gives its exit code.
    pub(crate) fn run(&self, args: &[&str]) -> i32 {
        let mut command = Command::new("python3");
        command.arg(&self.script).args(args);
        command.output().unwrap().status.code().unwrap()
    }

    pub(crate) fn fail(&self) {
        assert_eq!(self.run(&["-c", self.config.to_str().unwrap()]), 1);
    }

    pub(crate) fn site(&self, place: Place, extra: &[&str]) -> Site {
        let config = format!("ex={}", self.config.display());
        let script = format!("ex={}", self.script.display());
        let mut args = vec!["--executioner-config", &config];
        args.extend([
            "--executioner-command",
            "ex=python3",
            "--executioner-command",
            &script,
        ]);
        args.extend(extra);
        over(place, &self.database, &args)
    }
}
