//! Reads executioner's SQLite history as it stands, by the names of its columns, without ever standing in its writer's way.
//!
//! A database that keeps a rollback journal is read without any lock: the file is taken as it is, and read again when it changed meanwhile.
//! One with a write-ahead log is opened for reading as usual, which blocks no writer, and only where there is such a log.

mod table;

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::{Connection, OpenFlags};

use self::table::{Cell, Fields, attempt, job, metadata};
use super::rows::Tables;
use crate::source::{Stamp, read_at};

/// A reading that takes longer is given up: no file may hold the bridge.
const PATIENCE: Duration = Duration::from_secs(10);
/// SQLite asks so often, in its own instructions, whether to go on.
const ASK_EVERY: i32 = 10_000;
/// A larger cell is refused.
const MAX_CELL: i32 = 64 * 1024 * 1024;
/// Larger files are not looked through for damage each time they change.
const MAX_CHECKED: u64 = 16 * 1024 * 1024;
/// How often a file that changes under the reading is read again.
const TRIES: u32 = 5;
const MAX_PROBLEMS: usize = 50;

/// Why nothing could be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// It is a database without tables: nothing has run yet.
    Empty(String),
    /// There is no history: no file, none of SQLite, or one of something else.
    Absent(String),
    /// It may be readable in a moment.
    Passing(String),
}

impl Trouble {
    pub(super) fn words(&self) -> &str {
        let (Trouble::Empty(words) | Trouble::Absent(words) | Trouble::Passing(words)) = self;
        words
    }
}

/// What changes whenever the database does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct State {
    main: Option<Stamp>,
    wal: Option<Stamp>,
    journal: Option<Stamp>,
    /// The first bytes, with SQLite's own count of changes.
    head: Vec<u8>,
}

impl State {
    pub(super) fn of(path: &Path) -> State {
        let mut head = vec![0; 100];
        let len = File::open(path)
            .and_then(|file| read_at(&file, &mut head, 0))
            .unwrap_or(0);
        head.truncate(len);
        // The file may be reached by a link that the operator named.
        let main = std::fs::metadata(path).ok().filter(|about| about.is_file());
        State {
            main: main.map(|about| Stamp::from(&about)),
            wal: Stamp::of(&beside(path, "-wal")).filter(|stamp| stamp.len > 0),
            journal: Stamp::of(&beside(path, "-journal")).filter(|stamp| stamp.len > 0),
            head,
        }
    }

    /// It begins as SQLite's files do; one without a byte is an empty database.
    fn is_database(&self) -> bool {
        let magic = b"SQLite format 3\0";
        self.main.is_some() && (self.head.is_empty() || self.head.starts_with(magic))
    }

    /// Its header says that there is a write-ahead log.
    fn is_wal(&self) -> bool {
        self.head.get(18..20) == Some(&[2, 2])
    }
}

/// The file that SQLite puts beside a database.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// The tables as they stand, and the state that they were read in.
///
/// # Errors
/// The file is not there, is no database, or holds no history of executioner.
pub(super) fn read(path: &Path) -> Result<(Tables, State), Trouble> {
    let mut last = Trouble::Passing(String::new());
    for _ in 0..TRIES {
        let state = State::of(path);
        if state.main.is_none() {
            return Err(Trouble::Absent("there is no such file (yet)".into()));
        }
        let tables = tables(path, &state);
        let same = state.wal.is_some() || State::of(path) == state;
        match tables {
            Ok(tables) if same => return Ok((tables, state)),
            // A writer is at it: what was read may be half of what it writes.
            Ok(_) => last = Trouble::Passing("it changes faster than it can be read".into()),
            Err(Trouble::Passing(words)) if same && !state.is_database() => {
                return Err(Trouble::Absent(words));
            }
            Err(error) if same => return Err(error),
            // Its tables may be about to come.
            Err(error) => last = Trouble::Passing(error.words().into()),
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Err(last)
}

fn tables(path: &Path, state: &State) -> Result<Tables, Trouble> {
    let db = open(path, state).map_err(passing)?;
    let mut reader = Reader {
        db,
        problems: Vec::new(),
        more: 0,
    };
    let mut tables = reader.all()?;
    if state.journal.is_some() {
        reader.problem("a rollback journal stands beside it: a writer is at work, or was killed within a change, and the newest rows may be half written".into());
    }
    if state.main.is_some_and(|main| main.len <= MAX_CHECKED) {
        reader.check();
    }
    if reader.more > 0 {
        let more = format!("{} more problems", reader.more);
        reader.problems.push(more);
    }
    tables.problems = reader.problems;
    Ok(tables)
}

fn open(path: &Path, state: &State) -> rusqlite::Result<Connection> {
    let by_log = state.is_wal() && state.wal.is_some();
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_URI;
    let how = if by_log { "mode=ro" } else { "immutable=1" };
    let mut db = Connection::open_with_flags(address(path, how), flags)?;
    // Nothing that a hostile file says is run.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    db.set_limit(Limit::SQLITE_LIMIT_LENGTH, MAX_CELL)?;
    db.busy_timeout(Duration::from_millis(500))?;
    let end = Instant::now() + PATIENCE;
    db.progress_handler(ASK_EVERY, Some(move || Instant::now() > end))?;
    Ok(db)
}

/// `file:` with everything escaped that means something in an address.
fn address(path: &Path, how: &str) -> String {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let text = path.to_string_lossy();
    let mut out = String::from("file:");
    for byte in text.bytes() {
        match byte {
            b'/' | b'.' | b'_' | b'-' => out.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => out.push(char::from(byte)),
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out.push('?');
    out.push_str(how);
    out
}

fn passing(error: rusqlite::Error) -> Trouble {
    Trouble::Passing(error.to_string())
}

struct Reader {
    db: Connection,
    problems: Vec<String>,
    more: usize,
}

impl Reader {
    fn problem(&mut self, text: String) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(text);
        } else {
            self.more += 1;
        }
    }

    /// The ordinary tables that there are.
    fn names(&self) -> rusqlite::Result<Vec<String>> {
        let mut ask = self
            .db
            .prepare("SELECT name FROM sqlite_master WHERE type = 'table'")?;
        let mut rows = ask.query([])?;
        let mut names = Vec::new();
        while let Some(row) = rows.next()? {
            if let Cell::Text(name) = Cell::of(row.get_ref(0)?) {
                names.push(name);
            }
        }
        Ok(names)
    }

    fn all(&mut self) -> Result<Tables, Trouble> {
        let names = self.names().map_err(passing)?;
        let has = |name: &str| names.iter().any(|known| known == name);
        if !has("run_summary") && !has("job_history") {
            let words = "it is no history of executioner: it has neither a table run_summary nor a table job_history";
            return Err(match names.is_empty() {
                true => Trouble::Empty(words.into()),
                false => Trouble::Absent(words.into()),
            });
        }
        let mut tables = Tables::default();
        if has("run_summary") {
            let columns = self.rows("run_summary", &mut |fields| {
                if let Some(row) = attempt(fields) {
                    tables.attempts.push(row);
                }
            });
            tables.has_attempts = columns.iter().any(|name| name == "attempt_id");
            tables.is_maestro =
                !has("schema_version") && columns.iter().any(|name| name == "config_path");
        } else {
            self.problem("there is no table run_summary: runs are known by their jobs only".into());
        }
        if has("job_history") {
            self.rows("job_history", &mut |fields| {
                if let Some(row) = job(fields) {
                    tables.jobs.push(row);
                }
            });
        } else {
            self.problem("there is no table job_history: no jobs are known".into());
        }
        if has("run_metadata") {
            let mut known = BTreeMap::new();
            self.rows("run_metadata", &mut |fields| {
                if let Some(run) = fields.int("run_id") {
                    known.insert(run, metadata(fields));
                }
            });
            tables.metadata = known;
        }
        if has("schema_version") {
            let mut newest = None;
            self.rows("schema_version", &mut |fields| {
                newest = fields.int("version").max(newest);
            });
            tables.schema = newest;
        }
        Ok(tables)
    }

    /// Hands out the rows of a table in the order in which they were written, and gives its columns. What goes wrong is a problem, and the rows
    /// before it count.
    fn rows(&mut self, table: &str, take: &mut dyn FnMut(&mut Fields<'_>)) -> Vec<String> {
        let columns = self.columns(table).unwrap_or_default();
        let mut problems = Vec::new();
        let mut read = || -> rusqlite::Result<()> {
            let plain = format!("SELECT * FROM \"{table}\"");
            let mut ask = match self.db.prepare(&format!("{plain} ORDER BY rowid")) {
                Ok(ask) => ask,
                // A table without row numbers.
                Err(_) => self.db.prepare(&plain)?,
            };
            let mut rows = ask.query([])?;
            let mut number = 0_u64;
            while let Some(row) = rows.next()? {
                number += 1;
                let cells =
                    (0..columns.len()).map(|at| row.get_ref(at).map_or(Cell::Null, Cell::of));
                let mut fields = Fields {
                    names: &columns,
                    cells: cells.collect(),
                    place: format!("{table} row {number}"),
                    problems: Vec::new(),
                };
                take(&mut fields);
                problems.append(&mut fields.problems);
            }
            Ok(())
        };
        if let Err(error) = read() {
            problems.push(format!("{table} cannot be read to its end: {error}"));
        }
        for problem in problems {
            self.problem(problem);
        }
        columns
    }

    /// The columns of a table, as `SELECT *` has them. Asked as values: rusqlite takes names for UTF-8, which a damaged file does not grant.
    fn columns(&self, table: &str) -> rusqlite::Result<Vec<String>> {
        let ask = "SELECT name FROM pragma_table_xinfo(?1) WHERE hidden <> 1 ORDER BY cid";
        let mut ask = self.db.prepare(ask)?;
        let mut rows = ask.query([table])?;
        let mut names = Vec::new();
        while let Some(row) = rows.next()? {
            names.push(match Cell::of(row.get_ref(0)?) {
                Cell::Text(name) | Cell::Torn(name) => name.to_ascii_lowercase(),
                _ => String::new(),
            });
        }
        Ok(names)
    }

    /// What SQLite itself finds wrong with the file.
    fn check(&mut self) {
        let mut found = Vec::new();
        let mut read = || -> rusqlite::Result<()> {
            let mut ask = self.db.prepare("PRAGMA quick_check(5)")?;
            let mut rows = ask.query([])?;
            while let Some(row) = rows.next()? {
                match Cell::of(row.get_ref(0)?) {
                    Cell::Text(text) if text == "ok" => {}
                    Cell::Text(text) | Cell::Torn(text) => found.push(text),
                    _ => {}
                }
            }
            Ok(())
        };
        if let Err(error) = read() {
            found.push(error.to_string());
        }
        for text in found {
            self.problem(format!("the file is damaged: {text}"));
        }
    }
}
