//! The jobs of a run as steps, with one attempt for each try.

use std::collections::{BTreeMap, BTreeSet};

use runboard_core::model::{Attempt, Phase, Step, Timestamp};

use super::config::Config;
use super::kept::Mark;
use super::logs::Log;
use super::odd::explain;
use super::rows::{JobRow, RunRows, Try, instant};

/// Of a failure, where neither its row nor an exit code says why.
pub(super) const NO_REASON: &str = "no reason is told";
/// So many rows in front of one are looked through for a time.
const LOOK_BACK: usize = 100;

/// What the rows alone do not say.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) config: Option<&'a Config>,
    /// Jobs of the configuration that cannot be taken for jobs of the run.
    pub(super) left_out: &'a BTreeSet<String>,
    /// Jobs that were carried over, each with the run in which it succeeded.
    pub(super) carried: &'a BTreeMap<String, i64>,
    /// What was marked as done from here.
    pub(super) marks: &'a [Mark],
    pub(super) log: Option<&'a Log>,
    /// Of the runner's clock from UTC, in minutes, where an attempt's own is not known.
    pub(super) offset: i32,
    /// Of each attempt.
    pub(super) offsets: &'a BTreeMap<i64, i32>,
    pub(super) is_maestro: bool,
    /// The run goes on.
    pub(super) is_alive: bool,
}

impl Context<'_> {
    pub(super) fn offset_of(&self, attempt: i64) -> i32 {
        self.offsets.get(&attempt).copied().unwrap_or(self.offset)
    }

    /// Who marked a job last, as far as that is known.
    pub(super) fn mark(&self, job: &str) -> Option<&Mark> {
        self.marks.iter().rev().find(|mark| mark.job == job)
    }

    /// The length of a try in maestro's file is in nanoseconds.
    fn in_ns(&self, row: &JobRow) -> bool {
        if self.is_maestro {
            return true;
        }
        // A try of a day and a row of seconds: the same length in another unit.
        let (tries, _) = row.tries(true);
        let longest = tries.iter().filter_map(|one| one.duration).max();
        let told = row.duration.map(|seconds| (seconds * 1e6) as i64);
        longest.zip(told).is_some_and(|(longest, told)| {
            longest > 1000 && (longest - told).abs() < 1_000_000 + told / 10
        })
    }
}

/// Our phase for executioner's word.
pub(super) fn phase(word: &str) -> Phase {
    match word {
        "SUCCESS" => Phase::Succeeded,
        "FAILED" | "ERROR" => Phase::Failed,
        "TIMEOUT" => Phase::TimedOut,
        "RUNNING" => Phase::Running,
        "SKIPPED" => Phase::Skipped,
        "BLOCKED" => Phase::UpstreamFailed,
        "PENDING" => Phase::Queued,
        _ => Phase::Unknown,
    }
}

impl Context<'_> {
    /// The tries of one row; `number`: of the first.
    fn attempts(&self, rows: &RunRows, row: &JobRow, number: u32) -> Vec<Attempt> {
        let in_ns = self.in_ns(row);
        let (mut tries, _) = row.tries(in_ns);
        let word = row.status.clone().unwrap_or_default();
        let length = row.duration.map(|seconds| (seconds * 1e6).round() as i64);
        let offset = self.offset_of(row.attempt);
        if tries.is_empty() {
            tries.push(Try {
                end: None,
                duration: length,
                exit_code: row.last_exit_code,
                status: word.clone(),
            });
            // Of a job without tries only its start is written, and only with its length.
            let begun = row.duration.and(instant(row.last_run.as_deref(), offset));
            let begun = begun.map(|(at, _)| self.behind(rows, row, at, length.unwrap_or(0)));
            let mut one = self.attempt(row, number, &tries, 0, None);
            one.started_at = begun;
            one.ended_at = begun
                .zip(length)
                .map(|(at, length)| Timestamp(at.0.saturating_add(length)));
            explain(&mut one, row, in_ns, self.mark(&row.id));
            return vec![one];
        }
        let shift = self.shift(row, &tries, length);
        let count = tries.len();
        let mut list: Vec<Attempt> = Vec::new();
        for at in 0..count {
            let before = list.last().and_then(|one: &Attempt| one.ended_at);
            let mut one = self.attempt(row, number + at as u32, &tries, at, before);
            if let Some(shift) = shift {
                one.ended_at = one.ended_at.map(|end| Timestamp(end.0 + shift));
                one.started_at = one.started_at.map(|start| Timestamp(start.0 + shift));
            }
            list.push(one);
        }
        if let Some(last) = list.last_mut() {
            // The row is the last word: a job is marked by hand there.
            let said = phase(&word);
            if said != last.phase && !(said == Phase::Failed && last.phase.is_failure()) {
                last.phase = said;
                last.raw_status = word;
            }
            explain(last, row, in_ns, self.mark(&row.id));
        }
        list
    }

    /// A start that is told in whole seconds, put behind what ended within that second before: rows are written as jobs end.
    fn behind(&self, rows: &RunRows, row: &JobRow, begun: Timestamp, length: i64) -> Timestamp {
        const SECOND: i64 = 1_000_000;
        let place = rows.jobs.iter().position(|other| std::ptr::eq(other, row));
        let (Some(place), 0) = (place, begun.0 % SECOND) else {
            return begun;
        };
        let before = rows.jobs.get(..place).unwrap_or_default().iter().rev();
        let end = |other: &JobRow| {
            let last = other.tries(self.in_ns(other)).0.pop()?;
            let (end, _) = instant(last.end.as_deref(), self.offset_of(other.attempt))?;
            Some(end.0)
        };
        let mut ends = before.take(LOOK_BACK).filter_map(end);
        let within = begun.0..begun.0.saturating_add(SECOND);
        match ends.next().filter(|end| within.contains(end)) {
            Some(end) => Timestamp(begun.0.max(end.saturating_add(1).saturating_sub(length))),
            None => begun,
        }
    }

    /// maestro writes the ends of tries by the runner's clock and everything else in UTC: how far they lie apart, in microseconds.
    fn shift(&self, row: &JobRow, tries: &[Try], length: Option<i64>) -> Option<i64> {
        let (begun, assumed) = instant(row.last_run.as_deref(), 0)?;
        if assumed {
            return None;
        }
        let end = runboard_core::model::time::parse_written(tries.last()?.end.as_deref()?)?;
        if end.offset_minutes.is_some() {
            return None;
        }
        let offset = self.offset_of(row.attempt);
        let told = end.instant(offset).0;
        let apart = begun
            .0
            .saturating_add(length.unwrap_or(0))
            .saturating_sub(told);
        const QUARTER: i64 = 15 * 60 * 1_000_000;
        Some((apart as f64 / QUARTER as f64).round() as i64 * QUARTER)
    }

    fn attempt(
        &self,
        row: &JobRow,
        number: u32,
        tries: &[Try],
        at: usize,
        before: Option<Timestamp>,
    ) -> Attempt {
        let one = tries.get(at).cloned().unwrap_or_default();
        let ended_at = instant(one.end.as_deref(), self.offset_of(row.attempt)).map(|(at, _)| at);
        let counted = ended_at
            .zip(one.duration)
            .map(|(end, length)| Timestamp(end.0.saturating_sub(length)));
        // The log has the moment itself; a length is rounded to hundredths.
        let logged = ended_at.and_then(|end| {
            let starts = self.log?.starts.get(&row.id)?;
            let mut fitting = starts.iter().filter(|start| {
                start.0 <= end.0 + 1000 && before.is_none_or(|before| start.0 + 1000 >= before.0)
            });
            fitting.next_back().copied()
        });
        let phase = phase(&one.status);
        let reason = (!phase.is_success()).then(|| match one.exit_code {
            Some(code) => format!("exit code {code}"),
            // In other words than the status, which is told anyway.
            None if phase == Phase::Failed => NO_REASON.into(),
            None => one.status.clone(),
        });
        Attempt {
            number,
            phase,
            raw_status: one.status,
            started_at: logged.or(counted),
            ended_at,
            exit_code: one.exit_code,
            reason: reason.filter(|reason| !reason.is_empty()),
        }
    }

    /// All steps: those of the configuration that the run can have had, in its order, and what else has rows.
    pub(super) fn steps(&self, rows: &RunRows) -> Vec<Step> {
        let mut keys: Vec<&str> = Vec::new();
        let mut known = BTreeSet::new();
        let jobs = self.config.map_or(&[][..], |config| config.jobs.as_slice());
        let of_log = self.log.into_iter().flat_map(|log| log.open.keys());
        let all = jobs
            .iter()
            .map(|job| job.id.as_str())
            .filter(|key| !self.left_out.contains(*key))
            .chain(rows.jobs.iter().map(|job| job.id.as_str()))
            .chain(of_log.filter(|_| rows.is_running()).map(String::as_str));
        for key in all {
            if known.insert(key) {
                keys.push(key);
            }
        }
        let mut steps: Vec<Step> = keys
            .iter()
            .enumerate()
            .map(|(place, key)| self.step(rows, key, place as u32))
            .collect();
        self.settle(rows, &mut steps);
        steps
    }

    fn step(&self, rows: &RunRows, key: &str, place: u32) -> Step {
        let mut step = Step::queued(key, place);
        if let Some(job) = self.config.and_then(|config| config.job(key)) {
            let needs = job.needs.iter();
            step.needs = needs
                .filter(|need| !self.left_out.contains(*need))
                .cloned()
                .collect();
        }
        let own = rows.jobs.iter().filter(|job| job.id == key);
        for row in own {
            let number = step.attempts.len() as u32 + 1;
            step.attempts.extend(self.attempts(rows, row, number));
            self.interrupt(rows, row, &mut step.attempts);
        }
        // It is at work: it has begun since its last try ended.
        let last_end = step.attempts.last().and_then(|one| one.ended_at);
        let begun = self.log.and_then(|log| log.open.get(key).copied());
        if let Some(begun) =
            begun.filter(|begun| rows.is_running() && last_end.is_none_or(|end| *begun >= end))
        {
            let (phase, reason) = match self.is_alive {
                true => (Phase::Running, None),
                false => (
                    Phase::Unknown,
                    Some("it was at work when the run was last seen".to_string()),
                ),
            };
            step.attempts.push(Attempt {
                number: step.attempts.len() as u32 + 1,
                phase,
                raw_status: "RUNNING".into(),
                started_at: Some(begun),
                ended_at: None,
                exit_code: None,
                reason,
            });
        }
        step.started_at = step.attempts.iter().find_map(|one| one.started_at);
        if let Some(last) = step.attempts.last() {
            // What counts is its latest try; where it was tried again, that began last.
            step.started_at = last.started_at.or(step.started_at);
            step.phase = last.phase;
            step.raw_status.clone_from(&last.raw_status);
            step.ended_at = last.ended_at;
            step.exit_code = last.exit_code;
            step.reason.clone_from(&last.reason);
        }
        step
    }

    /// A row that says RUNNING where nothing works on it any more was interrupted.
    fn interrupt(&self, rows: &RunRows, row: &JobRow, attempts: &mut [Attempt]) {
        let is_last = rows.last().is_some_and(|last| row.attempt >= last.attempt);
        let last_says_so = is_last && rows.is_running();
        let Some(one) = attempts
            .last_mut()
            .filter(|one| one.phase == Phase::Running)
        else {
            return;
        };
        if last_says_so && self.is_alive {
            return;
        }
        one.phase = Phase::Unknown;
        let when = if last_says_so {
            "was last seen"
        } else {
            "ended"
        };
        // An error that its row tells says more.
        if row.last_error.is_none() {
            one.reason = Some(format!("it was at work when the run {when}"));
        }
    }
}
