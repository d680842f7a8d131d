//! The tools that are known to work together, and how each is installed. Move a pin when a newer one is proven.

use std::path::PathBuf;

use crate::paths;

/// A tool that cargo builds, kept by name and version in the user's cache, never over the user's own.
pub(crate) struct CargoTool {
    pub(crate) name: &'static str,
    pub(crate) package: &'static str,
    pub(crate) version: &'static str,
    /// Cargo features, by commas.
    pub(crate) features: &'static str,
    /// A cheap build: these tools run for seconds, so the time to build them is what counts.
    pub(crate) profile: &'static [(&'static str, &'static str)],
    /// For the newcomer who waits.
    pub(crate) minutes: &'static str,
}

impl CargoTool {
    pub(crate) fn dir(&self) -> PathBuf {
        paths::cache()
            .join("tools")
            .join(format!("{}-{}", self.name, self.version))
    }

    pub(crate) fn bin(&self) -> PathBuf {
        self.dir().join("bin")
    }

    pub(crate) fn exe(&self) -> PathBuf {
        self.bin().join(self.name)
    }

    /// The command that installs it by hand.
    pub(crate) fn command(&self) -> String {
        format!(
            "cargo install {} --version ={} --locked --no-default-features --features={} --root {}",
            self.package,
            self.version,
            self.features,
            self.dir().display()
        )
    }
}

pub(crate) const TRUNK: CargoTool = CargoTool {
    name: "trunk",
    package: "trunk",
    version: "0.21.14",
    features: "",
    profile: &[
        ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0"),
        ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "256"),
        ("CARGO_PROFILE_RELEASE_LTO", "off"),
        ("CARGO_PROFILE_RELEASE_DEBUG", "0"),
    ],
    minutes: "3 to 5 minutes",
};

/// The same version as the `wasm-bindgen` crate; it also brings the runner of the browser tests.
pub(crate) const WASM_BINDGEN: CargoTool = CargoTool {
    name: "wasm-bindgen",
    package: "wasm-bindgen-cli",
    version: "0.2.129",
    features: "",
    profile: &[
        ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1"),
        ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
        ("CARGO_PROFILE_RELEASE_LTO", "off"),
    ],
    minutes: "2 to 4 minutes",
};

/// Takes out of the app what `lazy_fn!` names. It knows the marks that the crate `wasm_split_helpers` of Cargo.toml makes.
pub(crate) const WASM_SPLIT: CargoTool = CargoTool {
    name: "wasm-split-cli",
    package: "wasm_split_cli_support",
    version: "0.2.4",
    features: "build-binary",
    profile: &[
        ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1"),
        ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
        ("CARGO_PROFILE_RELEASE_LTO", "off"),
    ],
    minutes: "1 to 2 minutes",
};

pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// npm packages, as in package.json: the optimiser, the browser's remote control, the accessibility checks.
pub(crate) const BINARYEN: (&str, &str) = ("binaryen", "132.0.0");
pub(crate) const PLAYWRIGHT: (&str, &str) = ("playwright-core", "1.65.1");
pub(crate) const AXE: (&str, &str) = ("axe-core", "4.14.1");

/// Asks the bridge everything that docs/runs-api.yaml allows; from PyPI, in a venv of its own.
pub(crate) const SCHEMATHESIS: &str = "4.32.5";

/// A real Dagster for the tests of its adapter; from PyPI, in a venv of its own.
pub(crate) const DAGSTER: &str = "1.13.27";
/// Flyte's own descriptors, and what makes a server of them for the tests of its adapter; from PyPI, in a venv of their own.
pub(crate) const FLYTEIDL: &str = "2.0.53";
pub(crate) const FLYTE_SERVER: &[&str] = &[
    "flyteidl2",
    "connectrpc==0.13.0",
    "protobuf==7.36.2",
    "protovalidate==2.1.0",
    "uvicorn==0.54.0",
];

pub(crate) const APT: &str = "apt-get update && apt-get install -y chromium chromium-driver";

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str) -> String {
        std::fs::read_to_string(paths::root().join(name)).unwrap()
    }

    #[test]
    fn the_files_that_repeat_a_pin_agree() {
        let package: serde_json::Value = serde_json::from_str(&read("package.json")).unwrap();
        for (name, version) in [BINARYEN, PLAYWRIGHT, AXE] {
            assert_eq!(
                package["devDependencies"][name], version,
                "package.json and pins.rs differ on {name}"
            );
        }
        let trunk = read("Trunk.toml");
        assert!(
            trunk.contains(&format!("wasm_bindgen = \"{}\"", WASM_BINDGEN.version)),
            "Trunk.toml: wasm_bindgen"
        );
        let cargo = read("Cargo.toml");
        assert!(
            cargo.contains(&format!("wasm-bindgen = \"={}\"", WASM_BINDGEN.version)),
            "Cargo.toml: wasm-bindgen"
        );
        assert!(
            cargo.contains("wasm_split_helpers = \"=0.2.3\"") && WASM_SPLIT.version == "0.2.4",
            "Cargo.toml: wasm_split_helpers, and the tool that was tried with it"
        );
    }

    #[test]
    fn the_lock_of_the_npm_packages_names_no_registry() {
        assert!(
            !read("package-lock.json").contains("\"resolved\""),
            "package-lock.json records where packages came from"
        );
    }
}
