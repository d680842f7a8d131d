//! executioner has its own history, whatever is shown here: in `data/jobs_history.db` beside its script.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::config::Config;
use super::{Executioner, Setup};

const OWN: &str = "data/jobs_history.db";

/// A script of executioner, and the history beside it.
struct Script {
    path: PathBuf,
    own: PathBuf,
    /// It is the source's.
    is_ours: bool,
}

impl Setup {
    /// The script that the command line runs in that folder, where it is known to be executioner's: by its name, or by its history.
    fn script(&self, home: Option<&Path>) -> Option<Script> {
        let is_python = |path: &Path| path.extension() == Some(OsStr::new("py"));
        let words = self.command.iter().filter(|word| !word.starts_with('-'));
        let path = words
            .filter_map(|word| found(word, home))
            .find(|path| is_python(path) || path.with_file_name(OWN).is_file())?;
        // By a link it may have either one.
        let resolved = settled(&path);
        let mut beside = [&resolved, &path].map(|path| path.with_file_name(OWN));
        beside.sort_by_key(|own| !own.is_file());
        let database = settled(&self.database);
        let is_ours = beside.iter().any(|own| settled(own) == database);
        let [own, _] = beside;
        Some(Script { path, own, is_ours })
    }
}

/// The file of that name: in the folder, else where the bridge runs; a mere word among the programs too.
fn found(word: &str, home: Option<&Path>) -> Option<PathBuf> {
    let here = std::path::absolute(word).ok();
    let mut places: Vec<PathBuf> = home.map(|home| home.join(word)).into_iter().collect();
    places.extend(here);
    if !word.contains('/') {
        let programs = std::env::var_os("PATH").unwrap_or_default();
        places.extend(std::env::split_paths(&programs).map(|dir| dir.join(word)));
    }
    places.into_iter().find(|path| path.is_file())
}

/// The path without links, as far as it is there.
fn settled(path: &Path) -> PathBuf {
    let known = |dir: &Path| {
        let rest = path.strip_prefix(dir).ok()?;
        let dir = std::fs::canonicalize(dir).ok()?;
        // Nothing joined to a path would make a folder of it.
        Some(match rest.as_os_str().is_empty() {
            true => dir,
            false => dir.join(rest),
        })
    };
    path.ancestors()
        .find_map(known)
        .unwrap_or_else(|| path.to_path_buf())
}

impl Executioner {
    /// That the command line reads another history than this one, for people; `config`: that of the run.
    pub(super) fn elsewhere(&self, config: Option<&Config>) -> Option<String> {
        let script = self
            .setup
            .script(config.and_then(|config| config.path.parent()));
        if script.as_ref().is_some_and(|script| script.is_ours) {
            return None;
        }
        let what = "a resume finds no such run there and starts fresh, with all jobs";
        if self.tables.is_maestro {
            return Some(format!(
                "this history is maestro's, and the command lines are those of executioner.py, which never reads it but its own {OWN}: {what}"
            ));
        }
        let Script { path, own, .. } = script?;
        Some(format!(
            "{} has its own history in {}, and this source shows {}: unless it is told otherwise, {what}",
            path.display(),
            own.display(),
            self.setup.database.display()
        ))
    }

    /// What is to be known of the source before anybody asks.
    pub(crate) fn warning(&self) -> Option<String> {
        let is_used = !self.setup.command.is_empty();
        let config = self.configs.all().next();
        self.elsewhere(config).filter(|_| is_used)
    }
}
