//! Programs from PyPI, each in a venv of its own in the user's cache, by name and version.

use std::fs;
use std::path::PathBuf;

use crate::fail::{Done, Fail};
use crate::paths;
use crate::proc;
use crate::stage::Stage;

/// One venv.
pub(crate) struct Venv {
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
    /// Packages as pip takes them; those without a version of their own (`name==1.0`) have that of the venv.
    pub(crate) packages: &'static [&'static str],
    /// The program by which it is known to be there.
    pub(crate) program: &'static str,
}

impl Venv {
    pub(crate) fn dir(&self) -> PathBuf {
        let name = format!("{}-{}", self.name, self.version);
        paths::cache().join("tools").join(name)
    }

    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.dir().join("bin").join(name)
    }

    /// Written last, so that an installation that broke off counts as none. A venv cannot be moved, so it is made in its place.
    fn whole(&self) -> PathBuf {
        self.dir().join("installed")
    }

    pub(crate) fn is_installed(&self) -> bool {
        self.whole().is_file() && self.program(self.program).is_file()
    }

    /// The packages with their version.
    fn pinned(&self) -> Vec<String> {
        let pin = |name: &&str| match name.contains("==") {
            true => String::from(*name),
            false => format!("{name}=={}", self.version),
        };
        self.packages.iter().map(pin).collect()
    }

    /// The command that installs it by hand.
    pub(crate) fn by_hand(&self) -> String {
        let dir = self.dir().display().to_string();
        let packages = self.pinned().join(" ");
        format!("python3 -m venv {dir} && {dir}/bin/pip install {packages}")
    }

    pub(crate) fn found(&self) -> Option<String> {
        self.is_installed()
            .then(|| format!("{}  {}", self.version, self.dir().display()))
    }

    pub(crate) fn install(&self, stage: &mut Stage<'_>) -> Done {
        if paths::which("python3").is_none() {
            return Err(Fail::new(
                format!("python3 is missing, which runs {}", self.name),
                "apt-get install -y python3 python3-venv",
            ));
        }
        let dir = self.dir();
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).map_err(|error| Fail::file(&dir, &error))?;
        let mut venv = proc::command("python3");
        stage
            .run(venv.args(["-m", "venv"]).arg(&dir))
            .map_err(|fail| Fail {
                mend: String::from("apt-get install -y python3-venv"),
                ..fail
            })?;
        let mut pip = proc::command(self.program("pip"));
        pip.args(["install", "--quiet", "--disable-pip-version-check"])
            .args(self.pinned());
        stage.run(&mut pip)?;
        fs::write(self.whole(), self.version).map_err(|error| Fail::file(&self.whole(), &error))
    }
}
