//! executioner's configuration: the jobs of an application, as a JSON file describes them now.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use runboard_core::model::resume::planner::{self, StepNow};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::drift::{self, FEW};
use super::kept::Start;
use super::rows::RunRows;
use crate::source::Stamp;

/// A larger file is no configuration.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// A job of a configuration.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Job {
    pub(super) id: String,
    pub(super) description: Option<String>,
    pub(super) command: Option<String>,
    pub(super) needs: Vec<String>,
    pub(super) log_dir: Option<String>,
}

/// A configuration as it stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Config {
    pub(super) path: PathBuf,
    pub(super) app: String,
    pub(super) working_dir: Option<String>,
    pub(super) log_dir: Option<String>,
    pub(super) jobs: Vec<Job>,
    /// SHA-256 of the file.
    pub(super) hash: String,
    pub(super) problems: Vec<String>,
}

impl Config {
    /// # Errors
    /// The file cannot be read, or holds no JSON object.
    pub(super) fn read(path: &Path) -> Result<Config, String> {
        let about = std::fs::metadata(path).map_err(|error| error.to_string())?;
        if !about.is_file() || about.len() > MAX_BYTES {
            return Err("it is no file, or too large".into());
        }
        let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
        let value: Value = serde_json::from_slice(&bytes).map_err(|error| error.to_string())?;
        let Value::Object(top) = value else {
            return Err("it is no JSON object".into());
        };
        let text = |map: &Map<String, Value>, key: &str| {
            map.get(key).and_then(Value::as_str).map(String::from)
        };
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let hash = Sha256::digest(&bytes);
        let mut config = Config {
            path: path.to_path_buf(),
            app: text(&top, "application_name").unwrap_or_else(|| stem.into_owned()),
            working_dir: text(&top, "working_dir"),
            log_dir: text(&top, "log_dir"),
            jobs: Vec::new(),
            hash: hash.iter().map(|byte| format!("{byte:02x}")).collect(),
            problems: Vec::new(),
        };
        let Some(jobs) = top.get("jobs").and_then(Value::as_array) else {
            config
                .problems
                .push("\"jobs\" is missing or no list".into());
            return Ok(config);
        };
        for (at, job) in jobs.iter().enumerate() {
            let (Some(map), Some(id)) = (job.as_object(), job.get("id").and_then(Value::as_str))
            else {
                let why = format!("job {} is no object with an \"id\"", at + 1);
                config.problems.push(why);
                continue;
            };
            if config.jobs.iter().any(|known| known.id == id) {
                config.problems.push(format!("there are two jobs {id}"));
            }
            let needs = map.get("dependencies").and_then(Value::as_array);
            config.jobs.push(Job {
                id: id.into(),
                description: text(map, "description").filter(|text| !text.is_empty()),
                command: text(map, "command"),
                needs: needs
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_str)
                    .map(String::from)
                    .collect(),
                log_dir: text(map, "log_dir"),
            });
        }
        Ok(config)
    }

    pub(super) fn job(&self, id: &str) -> Option<&Job> {
        self.jobs.iter().find(|job| job.id == id)
    }

    /// The jobs as the planner takes them.
    pub(super) fn steps(&self) -> Vec<StepNow> {
        let step = |job: &Job| StepNow {
            key: job.id.clone(),
            needs: job.needs.clone(),
            command: job.command.clone(),
            ..StepNow::default()
        };
        self.jobs.iter().map(step).collect()
    }
}

impl Config {
    /// Why executioner ends with an error before it does anything, for people.
    pub(super) fn faults(&self) -> Vec<String> {
        let steps = self.steps();
        if let Some(circle) = planner::circle(&steps) {
            let count = circle.len();
            let next = |at: usize| circle.get((at + 1) % count).copied().unwrap_or_default();
            let needs = |(at, key): (usize, &&str)| format!("{key} needs {}", next(at));
            let mut all: Vec<String> = circle.iter().enumerate().take(FEW).map(needs).collect();
            if count > FEW {
                all.push(format!("and so on, {count} jobs in all"));
            }
            return vec![format!(
                "jobs of the configuration wait for each other in a circle: {}",
                all.join(", ")
            )];
        }
        let all: BTreeSet<&str> = self.jobs.iter().map(|job| job.id.as_str()).collect();
        let missing = |job: &Job| {
            let needs = job.needs.iter().filter(|need| !all.contains(need.as_str()));
            let words =
                |need| format!("{} needs {need}, which is not in the configuration", job.id);
            needs.map(words).collect::<Vec<_>>()
        };
        self.jobs.iter().flat_map(missing).collect()
    }
}

/// The configurations that the bridge was given, read again when they change.
pub(super) struct Configs(Vec<(PathBuf, Option<Stamp>, Result<Config, String>)>);

impl Configs {
    pub(super) fn new(paths: Vec<PathBuf>) -> Configs {
        let one = |path| (path, None, Err("it has not been read".to_string()));
        let mut configs = Configs(paths.into_iter().map(one).collect());
        configs.refresh();
        configs
    }

    /// Reads again what has changed; gives the applications whose configuration is another one than before.
    pub(super) fn refresh(&mut self) -> BTreeSet<String> {
        let mut changed = BTreeSet::new();
        for (path, known, config) in &mut self.0 {
            let stamp = std::fs::metadata(&*path)
                .ok()
                .map(|about| Stamp::from(&about));
            if stamp.is_none() || *known != stamp {
                let read = Config::read(path);
                if read != *config {
                    let both = [&read, &*config].into_iter().flatten();
                    changed.extend(both.map(|config| config.app.clone()));
                }
                (*known, *config) = (stamp, read);
            }
        }
        changed
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Config> {
        self.0
            .iter()
            .filter_map(|(_, _, config)| config.as_ref().ok())
    }

    fn of_app(&self, app: &str) -> Vec<&Config> {
        self.all().filter(|config| config.app == app).collect()
    }

    /// The one of a run's application; of several the one that is recorded of the run, by its path or by where it ran.
    pub(super) fn of(&self, rows: &RunRows, kept: Option<&Start>) -> Option<&Config> {
        let all = self.of_app(rows.app());
        let only = |fits: &dyn Fn(&Config) -> bool| {
            let mut fitting = all.iter().copied().filter(|config| fits(config));
            fitting.next().filter(|_| fitting.next().is_none())
        };
        let home = rows.last().and_then(|row| row.working_dir.as_deref());
        let is_home = |config: &Config| home.is_some() && config.working_dir.as_deref() == home;
        match drift::path(rows, kept) {
            _ if all.len() == 1 => only(&|_| true),
            Some(path) => only(&|config| drift::is_path(path, config)),
            None => only(&is_home),
        }
    }

    /// Why there is none for a run of this application.
    pub(super) fn missing(&self, app: &str) -> String {
        let paths: Vec<String> = self
            .of_app(app)
            .iter()
            .map(|config| config.path.display().to_string())
            .collect();
        let unread = self.0.iter().find_map(|(path, _, config)| {
            let why = config.as_ref().err()?;
            Some(format!("; {} cannot be read: {why}", path.display()))
        });
        match paths.is_empty() {
            true => format!(
                "the bridge was given no configuration of {app} (--executioner-config){}",
                unread.unwrap_or_default()
            ),
            false => format!(
                "the bridge was given several configurations of {app} ({}), and nothing tells which of them the run had",
                paths.join(", ")
            ),
        }
    }

    pub(super) fn problems(&self) -> Vec<String> {
        let mut list = Vec::new();
        for (path, _, config) in &self.0 {
            let name = path.display();
            match config {
                Err(error) => list.push(format!("{name}: {error}")),
                Ok(config) => {
                    list.extend(config.problems.iter().map(|why| format!("{name}: {why}")));
                }
            }
        }
        list
    }
}
