//! Which log files a run has, and where they may lie.

use std::path::{Path, PathBuf};

use super::super::config::Config;
use super::super::rows::RunRows;
use crate::source::Stamp;

/// One log file of a run; `job`: of which job, else of the run itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::executioner) struct LogFile {
    pub(in crate::executioner) path: PathBuf,
    pub(in crate::executioner) job: Option<String>,
    /// What the command line printed, as it stands.
    pub(in crate::executioner) is_console: bool,
}

/// Where the logs of a run may lie.
pub(in crate::executioner) fn folders(
    rows: &RunRows,
    config: Option<&Config>,
    database: &Path,
) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = Vec::new();
    let mut add = |path: PathBuf| {
        if path.is_absolute() && !found.contains(&path) {
            found.push(path);
        }
    };
    let database = std::path::absolute(database).unwrap_or_else(|_| database.to_path_buf());
    let home = config.and_then(|config| config.working_dir.clone());
    let homes = rows
        .attempts
        .iter()
        .rev()
        .filter_map(|row| row.working_dir.clone());
    for home in home.into_iter().chain(homes) {
        let home = PathBuf::from(home);
        if let Some(config) = config {
            let own = config.jobs.iter().filter_map(|job| job.log_dir.as_ref());
            for dir in config.log_dir.iter().chain(own) {
                add(home.join(dir));
            }
        }
        add(home.join("logs"));
    }
    let beside = config.and_then(|config| std::path::absolute(&config.path).ok());
    for place in beside.iter().chain([&database]) {
        if let Some(folder) = place.parent() {
            add(folder.join("logs"));
        }
    }
    if let Some(folder) = database.parent().and_then(Path::parent) {
        add(folder.join("logs"));
    }
    found
}

/// The log files of a run that are there.
pub(in crate::executioner) fn files(folders: &[PathBuf], rows: &RunRows) -> Vec<LogFile> {
    let mut apps: Vec<&str> = rows.attempts.iter().map(|row| row.app.as_str()).collect();
    apps.extend(rows.jobs.iter().filter_map(|job| job.app.as_deref()));
    apps.retain(|app| !app.is_empty());
    apps.sort_unstable();
    apps.dedup();
    let end = format!(".run-{}.log", rows.id);
    let mut found: Vec<LogFile> = Vec::new();
    for folder in folders {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let Some(middle) = name
                .to_str()
                .and_then(|name| name.strip_prefix("executioner."))
                .and_then(|name| name.strip_suffix(&end))
            else {
                continue;
            };
            let of = apps.iter().find_map(|app| {
                let rest = middle.strip_prefix(app)?;
                match rest.strip_prefix(".job-") {
                    Some(job) => Some(Some(job.to_string())),
                    None => rest.is_empty().then_some(None),
                }
            });
            // The same file under two names of a folder is one.
            let known = |file: &LogFile| file.path.file_name() == Some(&name);
            if let Some(job) = of
                && Stamp::of(&entry.path()).is_some()
                && !found.iter().any(known)
            {
                found.push(LogFile {
                    path: entry.path(),
                    job,
                    is_console: false,
                });
            }
        }
    }
    found.sort_by(|a, b| a.path.file_name().cmp(&b.path.file_name()));
    found
}
