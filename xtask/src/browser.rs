//! The browser of the tests: any Chromium, and the chromedriver that fits it.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::fail::{Done, Fail};
use crate::paths;
use crate::pins::APT;
use crate::proc;
use crate::stage::Stage;

const NAMES: [&str; 5] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
];

pub(crate) struct Browser {
    pub(crate) chrome: PathBuf,
    pub(crate) driver: PathBuf,
}

impl Browser {
    pub(crate) fn find() -> Option<Self> {
        Some(Self {
            chrome: chrome()?,
            driver: driver()?,
        })
    }

    /// As root on a system with apt it is installed; otherwise the user is told the command.
    pub(crate) fn install(stage: &mut Stage<'_>) -> Done {
        let lacking = if chrome().is_none() {
            "no Chromium was found ($CHROME, then PATH)"
        } else {
            "chromedriver is missing ($CHROMEDRIVER, then PATH)"
        };
        if !is_root() || paths::which("apt-get").is_none() {
            return Err(Fail::new(
                lacking,
                format!("install both, on Debian as root with: {APT}"),
            ));
        }
        for words in [
            &["update", "-q"][..],
            &["install", "-y", "-q", "chromium", "chromium-driver"],
        ] {
            let mut command = proc::command("apt-get");
            stage.run(command.args(words).env("DEBIAN_FRONTEND", "noninteractive"))?;
        }
        Self::find()
            .map(|_| ())
            .ok_or_else(|| Fail::new(lacking, "set CHROME and CHROMEDRIVER to the two programs"))
    }

    /// webdriver.json with this browser in it, for the runner of the browser tests.
    pub(crate) fn settings(&self) -> Done<PathBuf> {
        let source = paths::root().join("webdriver.json");
        let text = fs::read_to_string(&source).map_err(|error| Fail::file(&source, &error))?;
        let mut settings: Value = serde_json::from_str(&text)
            .map_err(|error| Fail::new(format!("webdriver.json: {error}"), "mend the file"))?;
        if let Some(options) = settings
            .get_mut("goog:chromeOptions")
            .and_then(Value::as_object_mut)
        {
            options.insert(String::from("binary"), json!(self.chrome));
        }
        let file = paths::own().join("webdriver.json");
        fs::create_dir_all(paths::own()).map_err(|error| Fail::file(&file, &error))?;
        fs::write(&file, settings.to_string()).map_err(|error| Fail::file(&file, &error))?;
        Ok(file)
    }
}

pub(crate) fn chrome() -> Option<PathBuf> {
    chosen("CHROME").or_else(|| NAMES.iter().find_map(paths::which))
}

pub(crate) fn driver() -> Option<PathBuf> {
    chosen("CHROMEDRIVER").or_else(|| paths::which("chromedriver"))
}

fn chosen(variable: &str) -> Option<PathBuf> {
    env::var_os(variable)
        .map(PathBuf::from)
        .filter(|file| file.is_file())
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    Path::new("/proc/self")
        .metadata()
        .is_ok_and(|meta| meta.uid() == 0)
}
