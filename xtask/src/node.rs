//! The npm packages of package.json, kept in the user's cache by the hash of package-lock.json.

use std::fs;
use std::path::PathBuf;

use crate::fail::{Done, Fail};
use crate::paths::{self, Hash};
use crate::proc;
use crate::stage::Stage;

const FILES: [&str; 2] = ["package.json", "package-lock.json"];

/// npm, if it can be used: it runs on node.
pub(crate) fn npm() -> Option<PathBuf> {
    paths::which("node")?;
    paths::which("npm")
}

fn dir() -> PathBuf {
    let mut hash = Hash::new();
    for name in FILES {
        hash.add(&fs::read(paths::root().join(name)).unwrap_or_default());
    }
    paths::cache().join(format!("node-{}", hash.text()))
}

/// The folder of the installed packages, if all are there and node can run them.
pub(crate) fn installed() -> Option<PathBuf> {
    paths::which("node")?;
    Some(dir().join("node_modules")).filter(|modules| modules.join(".package-lock.json").is_file())
}

pub(crate) fn install(stage: &mut Stage<'_>) -> Done {
    if npm().is_none() {
        return Err(missing());
    }
    let dir = dir();
    let partial = dir.with_extension(format!("partial-{}", std::process::id()));
    fs::create_dir_all(&partial).map_err(|error| Fail::file(&partial, &error))?;
    for name in FILES {
        fs::copy(paths::root().join(name), partial.join(name))
            .map_err(|error| Fail::file(&partial.join(name), &error))?;
    }
    let mut command = proc::command("npm");
    command
        .args([
            "ci",
            "--no-audit",
            "--no-fund",
            "--ignore-scripts",
            "--no-update-notifier",
        ])
        .current_dir(&partial);
    let result = stage
        .run(&mut command)
        .and_then(|()| match fs::rename(&partial, &dir) {
            Err(_) if installed().is_some() => Ok(()),
            moved => moved.map_err(|error| Fail::file(&dir, &error)),
        });
    let _ = fs::remove_dir_all(&partial);
    result
}

pub(crate) fn missing() -> Fail {
    Fail::new(
        "Node.js with npm is missing",
        "install Node.js 20 or newer, on Debian with `apt-get install -y nodejs npm`",
    )
}
