use std::cell::Cell;
use std::fs;
use std::path::PathBuf;

use super::*;

/// A folder that goes with the test.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Place {
        let path =
            std::env::temp_dir().join(format!("runboard-logs-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Place(path)
    }

    fn file(&self, name: &str, job: Option<&str>, text: &str) -> LogFile {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        LogFile {
            path,
            job: job.map(String::from),
            is_console: name.starts_with("console"),
        }
    }

    /// The texts of the run's log.
    fn told(&self) -> Vec<String> {
        let log = fs::read_to_string(self.0.join("log.tsv")).unwrap_or_default();
        let text = |line: &str| line.splitn(4, '\t').last().unwrap_or_default().to_string();
        log.lines().map(text).collect()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const MAIN: &str = "2026-11-21 01:47:08 - INFO - Starting job 'a'\n\
    2026-11-21 01:47:09 - INFO - Job 'a' completed successfully in 0.80 seconds\n\
    2026-11-21 01:47:09 - INFO - Updated run summary for run ID: 1 with status: SUCCESS\n";
const JOB: &str = "2026-11-21 01:47:08,500 - INFO - Executing job - a: echo x\n\
    2026-11-21 01:47:09,200 - INFO - x\n\
    2026-11-21 01:47:09,300 - INFO - Job a: SUCCESS\n";
const PRINTED: &str = "2026-11-21 01:47:08 - INFO - Starting job 'a'\nBEGUN\n\
    2026-11-21 01:47:09 - INFO - Job 'a' completed successfully in 0.80 seconds\n\
    2026-11-21 01:47:09 - INFO - Updated run summary for run ID: 1 with status: SUCCESS\nEXECUTION SUMMARY\n";
const ORDER: [&str; 8] = [
    "Starting job 'a'",
    "BEGUN",
    "Executing job - a: echo x",
    "x",
    "Job a: SUCCESS",
    "Job 'a' completed successfully in 0.80 seconds",
    "Updated run summary for run ID: 1 with status: SUCCESS",
    "EXECUTION SUMMARY",
];

#[test]
fn a_summary_of_whole_seconds_stands_behind_the_last_jobs_milliseconds() {
    let place = Place::new("order");
    let files = [
        place.file("job-a", Some("a"), JOB),
        place.file("main", None, MAIN),
        place.file("console", None, PRINTED),
    ];
    let mut log = Log::default();
    log.take(&place.0, &|| files.to_vec(), 0).unwrap();
    assert_eq!(place.told(), ORDER);
    assert!(log.open.is_empty());
    // Told once, in this process and the next.
    log.take(&place.0, &|| files.to_vec(), 0).unwrap();
    Log::open(&place.0)
        .take(&place.0, &|| files.to_vec(), 0)
        .unwrap();
    assert_eq!(place.told(), ORDER);
}

#[test]
fn what_is_written_while_the_files_are_looked_for_keeps_its_order() {
    let place = Place::new("race");
    let begun = MAIN.split_inclusive('\n').next().unwrap();
    let main = place.file("main", None, begun);
    let times = Cell::new(0);
    // The job's file comes, and the run's own log goes on, after the folder was looked at.
    let list = || {
        times.set(times.get() + 1);
        match times.get() {
            1 => vec![main.clone()],
            2 => {
                let job = place.file("job-a", Some("a"), JOB);
                place.file("main", None, MAIN);
                vec![job, main.clone()]
            }
            _ => vec![place.file("job-a", Some("a"), JOB), main.clone()],
        }
    };
    let mut log = Log::default();
    log.take(&place.0, &list, 0).unwrap();
    // So far as the run's own log stood when it was first looked at.
    assert_eq!(place.told(), [ORDER[0], ORDER[2], ORDER[3], ORDER[4]]);
    log.take(&place.0, &list, 0).unwrap();
    assert_eq!(place.told()[4..], ORDER[5..7]);
    assert!(log.open.is_empty());
}
