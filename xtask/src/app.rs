//! Builds of the app and the bridge.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::fail::{Done, Fail};
use crate::paths::{self, Hash};
use crate::pins::{TRUNK, WASM_BINDGEN};
use crate::stage::Stage;
use crate::tools::Kit;

/// All that the bundle is made of. What is not named here must not change it.
const INPUTS: [&str; 12] = [
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
    let optimised = kit.node_modules.is_some();
    let stamp = paths::own().join("dist.stamp");
    let inputs = inputs(optimised);
    if fs::read_to_string(&stamp).is_ok_and(|text| text == format!("{inputs} {}", outputs())) {
        stage.note("dist/ is up to date");
        return Ok(());
    }
    let plain = Unoptimised::new(optimised)?;
    let mut command = trunk(kit, "build");
    command.arg("--release=true").env(RUSTFLAGS, remapped());
    if let Some(page) = &plain {
        command.arg(&page.0).args(["--html-output", "index.html"]);
    }
    stage.run(&mut command)?;
    if !optimised {
        stage.note("not optimised: npm is missing or has failed; tests and releases need it");
    }
    fs::create_dir_all(paths::own()).map_err(|error| Fail::file(&stamp, &error))?;
    fs::write(&stamp, format!("{inputs} {}", outputs())).map_err(|error| Fail::file(&stamp, &error))
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

pub(crate) fn bridge(stage: &mut Stage<'_>, kit: &Kit, embed: bool) -> Done {
    let mut command = kit.cargo(&["build", "--release", "--locked", "-p", "runboard-bridge"]);
    if embed {
        command.args(["--features", "embed"]);
    }
    stage.run(&mut command)
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

fn inputs(optimised: bool) -> String {
    let mut hash = Hash::new();
    for name in INPUTS {
        hash.add_tree(Path::new(name));
    }
    hash.add(TRUNK.version.as_bytes());
    hash.add(WASM_BINDGEN.version.as_bytes());
    hash.add(std::env::var("RUSTFLAGS").unwrap_or_default().as_bytes());
    hash.add(&[u8::from(optimised)]);
    hash.text()
}

fn outputs() -> String {
    let mut hash = Hash::new();
    hash.add_tree(&dist());
    hash.text()
}

/// Trunk takes the optimiser's level from the page alone. Without the optimiser a copy of the page that asks for none is
/// built instead; it stands beside the page because its links do, and goes when the build ends.
struct Unoptimised(PathBuf);

impl Unoptimised {
    fn new(optimised: bool) -> Done<Option<Self>> {
        if optimised {
            return Ok(None);
        }
        let source = paths::root().join("index.html");
        let text = fs::read_to_string(&source).map_err(|error| Fail::file(&source, &error))?;
        let copy = paths::root().join(".index.unoptimised.html");
        let page = Self(copy);
        fs::write(&page.0, without_optimiser(&text))
            .map_err(|error| Fail::file(&page.0, &error))?;
        Ok(Some(page))
    }
}

impl Drop for Unoptimised {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn without_optimiser(page: &str) -> String {
    page.replace("data-wasm-opt=\"s\"", "data-wasm-opt=\"0\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_can_be_built_without_the_optimiser() {
        let page = fs::read_to_string(paths::root().join("index.html")).unwrap();
        let plain = without_optimiser(&page);
        assert_ne!(page, plain, "index.html no longer says data-wasm-opt=\"s\"");
        assert!(plain.contains("data-wasm-opt=\"0\""));
    }

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
