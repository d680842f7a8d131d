//! executioner's command lines for a run, in the form that the real one takes.

use std::collections::BTreeSet;

use runboard_core::model::resume::command;

use super::Executioner;
use super::config::Config;
use super::rows::RunRows;
use crate::resume::Mode;
use crate::resume::answer::ByHand;

/// Of a job with a comma in its id.
pub(crate) const TAKEN_FOR_SEVERAL: &str =
    "the command line takes its id for several, because of the comma";

impl Executioner {
    fn program(&self) -> Vec<String> {
        match self.setup.command.as_slice() {
            [] => vec!["executioner.py".into()],
            words => words.to_vec(),
        }
    }

    fn with_config(&self, rows: &RunRows, config: Option<&Config>) -> Vec<String> {
        let of_row = || {
            let told = rows
                .metadata
                .as_ref()
                .and_then(|about| about.config_path.clone());
            told.or_else(|| rows.last().and_then(|row| row.config_path.clone()))
        };
        let path = config
            .map(|config| config.path.display().to_string())
            .or_else(of_row);
        let mut command = self.program();
        command.push("-c".into());
        command.push(path.unwrap_or_else(|| "<config>".into()));
        command
    }

    pub(super) fn resume_command(
        &self,
        rows: &RunRows,
        config: Option<&Config>,
        mode: Mode,
        skips: &[String],
    ) -> Vec<String> {
        let mut command = self.with_config(rows, config);
        command.extend(["--resume-from".into(), rows.id.to_string()]);
        if mode == Mode::Failed {
            command.push("--resume-failed-only".into());
        }
        if !skips.is_empty() {
            command.extend(["--skip".into(), skips.join(",")]);
        }
        command
    }

    /// The command line that resumes a run, and where it is to run.
    ///
    /// # Errors
    /// What the bridge was not given.
    pub(super) fn to_run(
        &self,
        id: i64,
        mode: Mode,
        skips: &[String],
    ) -> Result<(Vec<String>, &Config), String> {
        let rows = self.runs.get(&id);
        let rows = rows.ok_or_else(|| format!("there is no run {id} here"))?;
        if self.setup.command.is_empty() {
            return Err("the bridge was given no command line (--executioner-command)".into());
        }
        let config = self.config(rows);
        let config = config.ok_or_else(|| self.configs.missing(rows.app()))?;
        let command = self.resume_command(rows, Some(config), mode, skips);
        Ok((command, config))
    }

    /// The command line that marks a failed job as done, and the configuration beside which it runs; `None`: the bridge was not given it.
    pub(super) fn to_mark(&self, id: i64, job: &str) -> Option<(Vec<String>, Option<&Config>)> {
        let rows = self.runs.get(&id)?;
        if self.setup.command.is_empty() {
            return None;
        }
        let config = self.config(rows);
        Some((mark(self.program(), id, job), config))
    }

    /// A job among those in this comma-separated list that the command line would take for several.
    pub(crate) fn taken_for_several(&self, id: &str, list: &str) -> Option<&str> {
        let rows = self.runs.get(&id.parse().ok()?)?;
        let jobs = self.config(rows).map_or(&[][..], |config| &config.jobs);
        let of_rows = rows.jobs.iter().map(|job| job.id.as_str());
        let all: BTreeSet<&str> = jobs
            .iter()
            .map(|job| job.id.as_str())
            .chain(of_rows)
            .collect();
        let list = format!(",{list},");
        let is_in = |key: &str| list.contains(&format!(",{key},"));
        let is_several = |key: &str| !key.split(',').all(|part| all.contains(part));
        let mut found = all.iter().copied().filter(|key| key.contains(','));
        found.find(|key| is_in(key) && is_several(key))
    }

    /// The status of a job as its latest row has it.
    pub(super) fn status(&self, id: i64, job: &str) -> Option<String> {
        let latest = self.runs.get(&id)?.latest();
        let row = latest.into_iter().find(|row| row.id == job)?;
        Some(row.status.clone().unwrap_or_else(|| "NULL".into()))
    }

    /// Command lines of use for a run, in the form that executioner takes; `skips`: jobs are passed over.
    pub(super) fn by_hand(
        &self,
        rows: &RunRows,
        config: Option<&Config>,
        mode: Mode,
        skips: bool,
    ) -> Vec<ByHand> {
        let id = rows.id.to_string();
        let line = |mut command: Vec<String>, words: &[&str]| {
            command.extend(words.iter().map(|word| (*word).to_string()));
            command
        };
        let with = self.with_config(rows, config);
        let bare = self.program();
        let resumes = [
            (
                "to resume all remaining jobs",
                line(with.clone(), &["--resume-from", &id]),
            ),
            (
                "to resume only failed jobs",
                line(with, &["--resume-from", &id, "--resume-failed-only"]),
            ),
        ];
        let mut list = Vec::new();
        // They would end with an error.
        let is_faulty = config.is_some_and(|config| !config.faults().is_empty());
        if !is_done(rows, config) && !is_faulty {
            list.extend(resumes);
        }
        // It takes --skip and passes over nothing.
        let what = match skips {
            true => "to see its own preview (a dry run passes over none of the jobs that you skip)",
            false => "to see its own preview",
        };
        let mut preview = self.resume_command(rows, config, mode, &[]);
        preview.push("--dry-run".into());
        list.push((what, preview));
        let failed: Vec<&str> = rows
            .failed()
            .map(|job| job.id.as_str())
            .filter(|id| !id.contains(','))
            .collect();
        if !failed.is_empty() {
            let jobs = failed.join(",");
            list.push((
                "to mark failed jobs as done by hand",
                mark(bare.clone(), rows.id, &jobs),
            ));
        }
        list.push(("to show this run", line(bare.clone(), &["--show-run", &id])));
        list.push(("to list runs", line(bare, &["--list-runs", rows.app()])));
        let one = |(what, command): (&str, Vec<String>)| ByHand {
            what: what.into(),
            command,
        };
        list.into_iter().map(one).collect()
    }
}

/// The run has succeeded, and nothing of it is left that a resume would run.
fn is_done(rows: &RunRows, config: Option<&Config>) -> bool {
    let is_well = |status: Option<&str>| status == Some("SUCCESS");
    let latest = rows.latest();
    let has_row = |id: &String| latest.iter().any(|job| job.id == *id);
    is_well(rows.last().and_then(|row| row.status.as_deref()))
        && latest.iter().all(|job| is_well(job.status.as_deref()))
        && config.is_none_or(|config| config.jobs.iter().all(|job| has_row(&job.id)))
}

/// executioner asks once more whether that is meant.
fn mark(mut program: Vec<String>, id: i64, jobs: &str) -> Vec<String> {
    let id = id.to_string();
    let words = ["--mark-success", "-r", &id, "-j", jobs];
    program.extend(words.map(String::from));
    program
}

impl ByHand {
    /// As one would type it.
    pub(crate) fn line(&self) -> (String, String) {
        (self.what.clone(), command(&self.command))
    }
}
