//! Builds of the app and the bridge.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::fail::{Done, Fail};
use crate::paths::{self, Hash};
use crate::pins::{BINARYEN, TARGET, TRUNK, WASM_BINDGEN, WASM_SPLIT};
use crate::proc::Group;
use crate::split;
use crate::stage::Stage;
use crate::tools::Kit;

/// All that the bundle is made of. What is not named here must not change it.
const INPUTS: [&str; 14] = [
    "index.html",
    "Trunk.toml",
    "Cargo.toml",
    "Cargo.lock",
    ".cargo/config.toml",
    "src",
    "core/Cargo.toml",
    "core/src",
    "view/Cargo.toml",
    "view/src",
    "style",
    "public",
    "xtask/src/split.rs",
    "xtask/src/split.js",
];

/// Cargo's crates, without the network when they are all there: Trunk and the rest then build offline.
pub(crate) fn fetch(stage: &mut Stage<'_>, kit: &Kit) -> Done {
    let there = kit
        .cargo(&["fetch", "--locked", "--offline", "--quiet"])
        .output();
    if there.is_ok_and(|out| out.status.success()) {
        return Ok(());
    }
    stage.run(&mut kit.cargo(&["fetch", "--locked"]))
}

/// The release build of the app into dist/, unless dist/ is what these inputs make.
pub(crate) fn bundle(stage: &mut Stage<'_>, kit: &Kit) -> Done {
    // The optimiser and splitting go together: neither is worth anything to users without the other, and tests see both.
    let is_split = kit.node_modules.is_some();
    let stamp = paths::own().join("dist.stamp");
    let inputs = inputs(is_split);
    if fs::read_to_string(&stamp).is_ok_and(|text| text == format!("{inputs} {}", outputs())) {
        stage.note("dist/ is up to date");
        return Ok(());
    }
    // dist/ is never half of a build.
    let work = paths::own().join("split");
    let made = work.join("dist");
    fs::create_dir_all(&work).map_err(|error| Fail::file(&work, &error))?;
    let mut command = trunk(kit, "build");
    command.arg("--release=true").arg("--dist").arg(&made);
    stage.run(as_released(&mut command, is_split))?;
    if is_split {
        let whole = paths::target().join(TARGET).join("web/runboard.wasm");
        split::split(stage, kit, &whole, &work, &made)?;
    } else {
        stage.note(
            "neither split nor optimised: npm is missing or has failed; tests and releases need it",
        );
    }
    replace(&dist(), &made)?;
    fs::write(&stamp, format!("{inputs} {}", outputs())).map_err(|error| Fail::file(&stamp, &error))
}

/// Puts the files of `from` in place of those of `to`.
fn replace(to: &Path, from: &Path) -> Done {
    let _ = fs::remove_dir_all(to);
    let copied = fs::create_dir_all(to).and_then(|()| {
        for entry in fs::read_dir(from)?.flatten() {
            fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
        Ok(())
    });
    copied.map_err(|error| Fail::file(to, &error))
}

pub(crate) fn trunk(kit: &Kit, what: &str) -> Command {
    let mut command = kit.command("trunk");
    // Trunk takes `true` and `false` for NO_COLOR and stops at the usual `1`.
    command
        .args([what, "--color", "never", "--skip-version-check"])
        .env_remove("NO_COLOR")
        // Its errors would otherwise end in sixty lines of its own stack.
        .env("RUST_BACKTRACE", "0");
    command
}

pub(crate) fn dist() -> PathBuf {
    paths::root().join("dist")
}

/// The contributors' build, apart from dist/ so that no release is made of it.
pub(crate) fn dev_dist() -> PathBuf {
    paths::own().join("dist")
}

pub(crate) fn dev_bundle(stage: &mut Stage<'_>, kit: &Kit) -> Done {
    fs::create_dir_all(dev_dist()).map_err(|error| Fail::file(&dev_dist(), &error))?;
    stage.run(trunk(kit, "build").arg("--dist").arg(dev_dist()))
}

const BRIDGE: [&str; 5] = ["build", "--release", "--locked", "-p", "runboard-bridge"];

pub(crate) fn bridge(stage: &mut Stage<'_>, kit: &Kit, embed: bool) -> Done {
    let mut command = kit.cargo(&BRIDGE);
    if embed {
        command.args(["--features", "embed"]);
    }
    stage.run(&mut command)
}

/// Lets Cargo make what [`bundle`] and [`bridge`] will ask it for (the bridge without the app in it), silently, and only in the time that
/// other work leaves over. They wait for it by Cargo's own locks, and say what is wrong. Ends when it is dropped.
pub(crate) fn beside(kit: &Kit) -> Vec<Group> {
    let idle = |words: &[&str]| {
        let mut command = kit.command("nice");
        command.args(["-n", "19", "cargo"]).args(words);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command
    };
    let app = [
        "build",
        "--locked",
        "--target",
        TARGET,
        "--profile",
        "web",
        "--bin",
        "runboard",
    ];
    let mut app = idle(&app);
    as_released(&mut app, kit.node_modules.is_some());
    let commands = [app, idle(&BRIDGE)].into_iter();
    commands
        .filter_map(|mut command| Group::spawn(&mut command).ok())
        .collect()
}

/// What the release of the app is compiled with.
fn as_released(command: &mut Command, is_split: bool) -> &mut Command {
    let mut flags = remapped();
    if is_split {
        flags.push_str(" -Clink-args=--emit-relocs");
        command.args(["--features", "split"]);
    }
    command.env(RUSTFLAGS, flags)
}

/// Flags for the app's crates beside those of .cargo/config.toml; Cargo joins the two.
const RUSTFLAGS: &str = "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS";

/// Messages of panics name the files of crates. They shall not name this machine's folders: they are nobody's business, differ
/// from machine to machine, and are bytes that every visitor loads.
fn remapped() -> String {
    let home = std::env::var_os("CARGO_HOME").map_or_else(
        || PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cargo"),
        PathBuf::from,
    );
    let registries = fs::read_dir(home.join("registry/src"))
        .into_iter()
        .flatten();
    let flags = registries
        .flatten()
        .map(|registry| format!("--remap-path-prefix={}/=", registry.path().display()));
    flags.collect::<Vec<_>>().join(" ")
}

fn inputs(is_split: bool) -> String {
    let mut hash = Hash::new();
    for name in INPUTS {
        hash.add_tree(Path::new(name));
    }
    hash.add(TRUNK.version.as_bytes());
    hash.add(WASM_BINDGEN.version.as_bytes());
    hash.add(WASM_SPLIT.version.as_bytes());
    hash.add(BINARYEN.1.as_bytes());
    hash.add(std::env::var("RUSTFLAGS").unwrap_or_default().as_bytes());
    hash.add(&[u8::from(is_split)]);
    hash.text()
}

fn outputs() -> String {
    let mut hash = Hash::new();
    hash.add_tree(&dist());
    hash.text()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_input_is_there() {
        for name in INPUTS.iter().filter(|name| **name != "style") {
            assert!(
                paths::root().join(name).exists(),
                "{name} does not exist: the list of inputs is out of date"
            );
        }
    }
}
