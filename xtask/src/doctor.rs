//! `cargo xtask doctor`: what is there, and the command that gets what is not.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::browser;
use crate::node;
use crate::paths;
use crate::pins::{
    APT, AXE, BINARYEN, CargoTool, PLAYWRIGHT, TARGET, TRUNK, WASM_BINDGEN, WASM_SPLIT,
};
use crate::proc;
use crate::tools;
use crate::{dagster, flyte, schemathesis};

struct Row {
    name: &'static str,
    /// Version and place.
    found: Option<String>,
    /// How to get it, and what it is for.
    get: String,
    /// `serve` cannot do without it.
    vital: bool,
}

pub(crate) fn doctor() -> ExitCode {
    let rows = rows();
    for row in &rows {
        let (word, text) = row
            .found
            .as_ref()
            .map_or(("missing", &row.get), |found| ("ok", found));
        println!("  {:<16} {word:<8} {text}", row.name);
    }
    println!(
        "\n  `cargo xtask serve` and `test` install what is missing by themselves where they can."
    );
    let lame = rows.iter().any(|row| row.vital && row.found.is_none());
    if lame {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

fn rows() -> Vec<Row> {
    vec![
        program("rustc", "install rustup from https://rustup.rs", true),
        Row {
            name: "wasm target",
            found: tools::has_target().then(|| String::from(TARGET)),
            get: format!("rustup target add {TARGET}  (or: cargo xtask serve)"),
            vital: false,
        },
        Row {
            name: "rustfmt, clippy",
            found: tools::has_lints().then(|| String::from("both")),
            get: String::from("rustup component add rustfmt clippy  (for tests)"),
            vital: false,
        },
        tool(&TRUNK),
        tool(&WASM_BINDGEN),
        tool(&WASM_SPLIT),
        program(
            "node",
            "install Node.js 20 or newer, on Debian: apt-get install -y nodejs npm  (for tests and releases)",
            false,
        ),
        program(
            "npm",
            "comes with Node.js; without it the app is neither split nor optimised",
            false,
        ),
        package(BINARYEN, "the optimiser"),
        package(PLAYWRIGHT, "end-to-end tests"),
        package(AXE, "end-to-end tests"),
        at(
            "chromium",
            browser::chrome(),
            &format!("as root: {APT}  (for tests; or set CHROME)"),
        ),
        at(
            "chromedriver",
            browser::driver(),
            &format!("as root: {APT}  (for tests; or set CHROMEDRIVER)"),
        ),
        Row {
            name: "schemathesis",
            found: schemathesis::VENV.found(),
            get: format!("cargo xtask test  (or: {})", schemathesis::VENV.by_hand()),
            vital: false,
        },
        Row {
            name: "dagster",
            found: dagster::VENV.found(),
            get: format!("cargo xtask test  (or: {})", dagster::VENV.by_hand()),
            vital: false,
        },
        Row {
            name: "flyte",
            found: flyte::VENV.found(),
            get: format!("cargo xtask test  (or: {})", flyte::VENV.by_hand()),
            vital: false,
        },
        program(
            "python3",
            "apt-get install -y python3  (for the tests of the real backends)",
            false,
        ),
    ]
}

fn program(name: &'static str, get: &str, vital: bool) -> Row {
    let row = at(name, paths::which(name), get);
    Row { vital, ..row }
}

fn at(name: &'static str, file: Option<PathBuf>, get: &str) -> Row {
    let found = file.and_then(|file| Some(format!("{}  {}", version(&file)?, file.display())));
    Row {
        name,
        found,
        get: get.to_owned(),
        vital: false,
    }
}

/// The first line that the program prints about itself; nothing if it does not run.
fn version(file: &Path) -> Option<String> {
    let out = proc::command(file)
        .arg("--version")
        .output()
        .ok()
        .filter(|out| out.status.success())?;
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    Some(text.lines().next().unwrap_or_default().trim().to_owned())
}

fn tool(tool: &CargoTool) -> Row {
    let exe = Some(tool.exe()).filter(|exe| exe.is_file());
    at(
        tool.name,
        exe,
        &format!("cargo xtask serve  (or: {})", tool.command()),
    )
}

fn package((name, wanted): (&'static str, &'static str), purpose: &str) -> Row {
    let file = node::installed().map(|dir| dir.join(name).join("package.json"));
    let found = file.filter(|file| {
        let text = std::fs::read(file).unwrap_or_default();
        let json: serde_json::Value = serde_json::from_slice(&text).unwrap_or_default();
        json.get("version").and_then(|version| version.as_str()) == Some(wanted)
    });
    let found = found.map(|file| format!("{wanted}  {}", file.parent().unwrap_or(&file).display()));
    Row {
        name,
        found,
        get: format!("cargo xtask build  (needs npm; for {purpose})"),
        vital: false,
    }
}
