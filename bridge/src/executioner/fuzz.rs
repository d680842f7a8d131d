//! Databases with bytes that nobody meant: no panic, no hang, and what is wrong is said.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::*;

/// How many mutants of each database; `cargo xtask test --full` asks for 10,000.
fn count() -> u64 {
    let asked = std::env::var("RUNBOARD_FUZZ").ok();
    asked.and_then(|text| text.parse().ok()).unwrap_or(200)
}

struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit.max(1)
    }
}

fn mutate(bytes: &[u8], chance: &mut Chance) -> Vec<u8> {
    let mut mutant = bytes.to_vec();
    for _ in 0..=chance.below(8) {
        let at = chance.below(mutant.len());
        match chance.below(6) {
            0 => mutant[at] = chance.below(256) as u8,
            1 => mutant[at] ^= 1 << chance.below(8),
            2 => mutant.truncate(at.max(1)),
            3 => {
                let end = (at + 1 + chance.below(600)).min(mutant.len());
                mutant[at..end].fill(chance.below(256) as u8);
            }
            4 => {
                let from = chance.below(mutant.len());
                let len = chance.below(200).min(mutant.len() - at.max(from));
                mutant.copy_within(from..from + len, at);
            }
            // The header, where everything is decided.
            _ => {
                let at = chance.below(100.min(mutant.len()));
                mutant[at] = [0, 1, 2, 127, 255][chance.below(5)];
            }
        }
    }
    mutant
}

/// A history of schema v6, where a resume is a run of its own.
fn old(dir: &Path) -> PathBuf {
    let path = dir.join("v6.db");
    let sql = "CREATE TABLE schema_version (version INTEGER PRIMARY KEY); INSERT INTO schema_version VALUES (6);
        CREATE TABLE run_summary (run_id INTEGER PRIMARY KEY, application_name TEXT, start_time TEXT, end_time TEXT, status TEXT, total_jobs INT, completed_jobs INT,
            failed_jobs INT, skipped_jobs INT, exit_code INT, created_at TEXT, working_dir TEXT);
        CREATE TABLE job_history (run_id INTEGER, id TEXT, status TEXT, duration_seconds REAL, last_run TEXT, retry_history TEXT, PRIMARY KEY (run_id, id));
        INSERT INTO run_summary VALUES (1, 'x', '2026-01-01 00:00:00', NULL, 'RUNNING', 2, 0, 0, 0, NULL, '2026-01-01 05:00:00', '/w');
        INSERT INTO run_summary VALUES (2, 'x', '2026-01-01 00:00:00', '2026-01-01 00:01:00', 'FAILED', 2, 1, 1, 0, 1, '2026-01-01 05:00:00', '/w');
        INSERT INTO job_history VALUES (2, 'a', 'SUCCESS', 1.5, '2026-01-01 00:00:00', '[{\"attempt\":1,\"duration\":1.5,\"status\":\"SUCCESS\"}]');
        INSERT INTO job_history VALUES (2, 'b', 'FAILED', 1.5, '2026-01-01 00:00:02', '[{\"attempt\":1,\"duration\":1e300,\"status\":\"FAILED\"}]');
        PRAGMA journal_mode = WAL;";
    rusqlite::Connection::open(&path)
        .unwrap()
        .execute_batch(sql)
        .unwrap();
    path
}

#[test]
fn no_bytes_panic_hang_or_pass_for_a_history_that_was_read_whole() {
    let dir = std::env::temp_dir().join(format!("runboard-fuzz-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixture/executioner");
    let mut sources = vec![
        fixtures.join("history_v8_attempts.db"),
        fixtures.join("history_v8_statuses.db"),
        old(&dir),
    ];
    sources.sort();
    for source in sources {
        let bytes = std::fs::read(&source).unwrap();
        let whole = {
            let path = dir.join("whole.db");
            std::fs::write(&path, &bytes).unwrap();
            db::read(&path).unwrap().0
        };
        assert_eq!(whole.problems, Vec::<String>::new());
        let mut chance = Chance(bytes.len() as u64);
        let path = dir.join("mutant.db");
        for number in 0..count() {
            std::fs::write(&path, mutate(&bytes, &mut chance)).unwrap();
            let begun = Instant::now();
            // Rows that are gone without a word are rows that were dropped silently.
            match db::read(&path) {
                Err(why) => assert!(!why.words().is_empty()),
                Ok((tables, _)) => {
                    let rows = (tables.attempts.len(), tables.jobs.len());
                    let all = (whole.attempts.len(), whole.jobs.len());
                    let is_less = rows.0 < all.0 || rows.1 < all.1;
                    assert!(
                        !is_less || !tables.problems.is_empty(),
                        "{}: mutant {number} lost rows and says nothing",
                        source.display()
                    );
                    drive(tables);
                }
            }
            assert!(
                begun.elapsed() < Duration::from_secs(60),
                "{}: mutant {number}",
                source.display()
            );
        }
    }
    let _ = std::fs::remove_dir_all(dir);
}

/// Everything that is made of rows.
fn drive(tables: Tables) {
    let runs = rows::runs(&tables);
    let parent = |rows: &RunRows| (rows.id, lineage::parent(rows, &runs));
    let parents: BTreeMap<i64, Parent> = runs.values().map(parent).collect();
    for rows in runs.values() {
        let offsets = rows
            .attempts
            .iter()
            .filter_map(|row| Some((row.attempt, rows::offset(row)?)))
            .collect();
        let left_out = BTreeSet::new();
        let carried = lineage::carried(rows, &runs, &parents);
        let context = Context {
            left_out: &left_out,
            config: None,
            carried: &carried,
            marks: &[],
            log: None,
            offset: -300,
            offsets: &offsets,
            is_maestro: tables.is_maestro,
            is_alive: false,
        };
        let shaped = shape::shape(rows, &context, parents[&rows.id], seen(rows, None, 0));
        let _ = shape::events(rows, &shaped, &context);
    }
}
