//! The checks that `lint` and `test` share.

use crate::fail::Done;
use crate::pins::TARGET;
use crate::stage::Stage;
use crate::tools::Kit;

/// Every package compiles natively; the app's part that needs a browser is left out there.
const NATIVE: [&str; 12] = [
    "-p",
    "runboard-core",
    "-p",
    "runboard-record",
    "-p",
    "runboard-bridge",
    "-p",
    "runboard-view",
    "-p",
    "xtask",
    "-p",
    "runboard",
];

pub(crate) fn fmt(stage: &mut Stage<'_>, kit: &Kit) -> Done {
    let mend = "cargo xtask fmt";
    stage
        .run(&mut kit.cargo(&["fmt", "--all", "--", "--check", "--color", "never"]))
        .map_err(|fail| crate::fail::Fail {
            mend: if fail.exit == Some(1) {
                String::from(mend)
            } else {
                fail.mend.clone()
            },
            ..fail
        })
}

pub(crate) fn clippy(stage: &mut Stage<'_>, kit: &Kit) -> Done {
    let mut command = kit.cargo(&["clippy", "--locked"]);
    stage.run(
        command
            .args(NATIVE)
            .args(["--all-targets", "--", "-D", "warnings"]),
    )
}

pub(crate) fn clippy_wasm(stage: &mut Stage<'_>, kit: &Kit) -> Done {
    let words = [
        "clippy",
        "--locked",
        "--target",
        TARGET,
        "-p",
        "runboard",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ];
    stage.run(&mut kit.cargo(&words))
}
