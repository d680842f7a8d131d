//! Puts the tools in place: what is there is used, what is missing is installed as a stage of its own.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::browser::Browser;
use crate::fail::{Done, Fail};
use crate::node;
use crate::paths;
use crate::pins::{CargoTool, TARGET, TRUNK, WASM_BINDGEN, WASM_SPLIT};
use crate::proc;
use crate::stage::Session;
use crate::{dagster, flyte, schemathesis};

/// What a command needs beyond cargo.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// Compile the app for the browser.
    Wasm,
    /// Bundle the app.
    Bundle,
    /// The runner of the browser tests.
    Runner,
    /// The npm packages if npm is there; without them the app is neither split nor optimised.
    Optimiser,
    /// The npm packages, or fail.
    Node,
    Browser,
    Schemathesis,
    Dagster,
    Flyte,
    /// rustfmt and clippy.
    Lints,
}

/// The tools of one command.
pub(crate) struct Kit {
    path: OsString,
    pub(crate) node_modules: Option<PathBuf>,
    pub(crate) browser: Option<Browser>,
}

impl Kit {
    /// A command that finds the pinned tools first.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = proc::command(program);
        command.env("PATH", &self.path);
        if let Some(dir) = &self.node_modules {
            command.env("RUNBOARD_NODE_MODULES", dir);
        }
        command
    }

    pub(crate) fn cargo(&self, words: &[&str]) -> Command {
        let mut command = self.command("cargo");
        command.args(words);
        command
    }
}

/// The stages that will be needed to put `needs` in place, in order: nothing when all is there.
pub(crate) fn missing(needs: &[Need]) -> Vec<&'static str> {
    let need = |which: Need| needs.contains(&which);
    let mut names = Vec::new();
    if need(Need::Wasm) && !has_target() {
        names.push("install wasm target");
    }
    if need(Need::Lints) && !has_lints() {
        names.push("install rustfmt and clippy");
    }
    if (need(Need::Bundle) || need(Need::Runner)) && !WASM_BINDGEN.exe().is_file() {
        names.push("install wasm-bindgen");
    }
    if need(Need::Bundle) && !TRUNK.exe().is_file() {
        names.push("install trunk");
    }
    let node = need(Need::Node) || (need(Need::Optimiser) && node::npm().is_some());
    if need(Need::Bundle) && node && !WASM_SPLIT.exe().is_file() {
        names.push("install wasm-split");
    }
    if node && node::installed().is_none() {
        names.push("install npm packages");
    }
    if need(Need::Schemathesis) && !schemathesis::VENV.is_installed() {
        names.push("install schemathesis");
    }
    if need(Need::Dagster) && !dagster::VENV.is_installed() {
        names.push("install dagster");
    }
    if need(Need::Flyte) && !flyte::VENV.is_installed() {
        names.push("install flyte");
    }
    if need(Need::Browser) && Browser::find().is_none() {
        names.push("install chromium");
    }
    names
}

/// Installs what is missing and says where everything is.
pub(crate) fn ensure(session: &Session, needs: &[Need]) -> Done<Kit> {
    for name in missing(needs) {
        let done = session.stage(name, |stage| match name {
            "install wasm target" => stage.run(rustup(&["target", "add", TARGET])?.as_mut()),
            "install rustfmt and clippy" => {
                stage.run(rustup(&["component", "add", "rustfmt", "clippy"])?.as_mut())
            }
            "install wasm-bindgen" => cargo_install(stage, &WASM_BINDGEN),
            "install trunk" => cargo_install(stage, &TRUNK),
            "install wasm-split" => cargo_install(stage, &WASM_SPLIT),
            "install npm packages" => node::install(stage),
            "install schemathesis" => schemathesis::VENV.install(stage),
            "install dagster" => dagster::VENV.install(stage),
            "install flyte" => flyte::VENV.install(stage),
            _ => Browser::install(stage),
        });
        match done {
            // Only tests and releases need the optimiser.
            Err(fail)
                if name == "install npm packages"
                    && !fail.stopped
                    && !needs.contains(&Need::Node) =>
            {
                session.without_optimiser();
            }
            other => other?,
        }
    }
    let node_modules = node::installed();
    let mut dirs = vec![TRUNK.bin(), WASM_BINDGEN.bin(), WASM_SPLIT.bin()];
    dirs.extend(node_modules.iter().map(|dir| dir.join(".bin")));
    Ok(Kit {
        path: paths::path_with(&dirs),
        node_modules,
        browser: Browser::find(),
    })
}

/// Whether this toolchain compiles for the browser.
pub(crate) fn has_target() -> bool {
    let asked = proc::command("rustc")
        .args(["--print", "target-libdir", "--target", TARGET])
        .output();
    asked.is_ok_and(|out| {
        let dir = String::from_utf8_lossy(&out.stdout).trim().to_owned();
        fs::read_dir(Path::new(&dir)).is_ok_and(|mut files| files.next().is_some())
    })
}

pub(crate) fn has_lints() -> bool {
    ["rustfmt", "cargo-clippy"].iter().all(|tool| {
        proc::command(tool)
            .arg("--version")
            .output()
            .is_ok_and(|out| out.status.success())
    })
}

fn rustup(words: &[&str]) -> Done<Box<Command>> {
    if paths::which("rustup").is_none() {
        return Err(Fail::new(
            format!(
                "`rustup {}` is needed and rustup is missing",
                words.join(" ")
            ),
            "install it from https://rustup.rs, or the same thing from your distribution",
        ));
    }
    let mut command = proc::command("rustup");
    command.args(words);
    Ok(Box::new(command))
}

/// Builds a tool beside its place and moves it there when it is whole, so that a broken build leaves nothing behind.
fn cargo_install(stage: &mut crate::stage::Stage<'_>, tool: &CargoTool) -> Done {
    let dir = tool.dir();
    let partial = dir.with_extension(format!("partial-{}", std::process::id()));
    let built = std::env::temp_dir().join(format!("runboard-{}-{}", tool.name, std::process::id()));
    fs::create_dir_all(&partial).map_err(|error| Fail::file(&partial, &error))?;
    stage.show(&format!(
        "{} {} is built once, for all clones: {}",
        tool.package, tool.version, tool.minutes
    ));
    let mut command = proc::command("cargo");
    command
        .args([
            "install",
            tool.package,
            "--version",
            &format!("={}", tool.version),
            "--locked",
            "--no-default-features",
            "--features",
            tool.features,
        ])
        .arg("--root")
        .arg(&partial)
        .current_dir(&partial)
        .envs(tool.profile.iter().copied())
        .env("CARGO_TARGET_DIR", &built)
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS");
    let result = stage.run(&mut command);
    let _ = fs::remove_dir_all(&built);
    let result = result.and_then(|()| match fs::rename(&partial, &dir) {
        // Another clone was quicker: its build is as good.
        Err(_) if tool.exe().is_file() => Ok(()),
        moved => moved.map_err(|error| Fail::file(&dir, &error)),
    });
    let _ = fs::remove_dir_all(&partial);
    result.map_err(|fail| Fail {
        mend: format!("{}; by hand: {}", fail.mend, tool.command()),
        ..fail
    })
}
