//! Records commands as runs: a run folder with live state and one append-only log while the run goes on, and one line in
//! `runs.jsonl` when it ends. The layout is `docs/recording.md`.
//!
//! Recording never stands in the way of the work: what cannot be written is counted and said, and the work goes on.
//!
//! ```no_run
//! use runboard_record::{Echo, Options, Recording, RunOutcome, exit_code};
//! let run = Recording::open(Options::new(runboard_record::default_dir(), "nightly"));
//! run.plan(&["build"]);
//! let step = run.step("build");
//! let status = step.run(std::process::Command::new("make").arg("all"), Echo::Terminal)?;
//! step.finish_with(status);
//! run.finish(RunOutcome::of(status), Some(exit_code(status)), None);
//! # Ok::<(), std::io::Error>(())
//! ```

mod child;
mod echo;
mod history;
mod identity;
mod journal;
mod lines;
mod options;
mod outcome;
mod prune;
mod recording;
mod resume;
mod shared;
mod step;
mod time;

pub use child::Running;
pub use echo::Echo;
pub use identity::{default_dir, is_run_id, new_run_id};
pub use journal::words;
pub use options::Options;
pub use outcome::{RunOutcome, StepOutcome, Stream, exit_code};
pub use recording::Recording;
pub use resume::Held;
pub use step::Step;

/// What this recorder calls itself in `run.json` and `runs.jsonl`.
pub const RECORDER: &str = concat!("runboard-record ", env!("CARGO_PKG_VERSION"));

/// The variable that names the folder of the run that a command is part of, or `off`.
pub const RUN_VARIABLE: &str = "RUNBOARD_RUN";

/// The variable that names the step that a command is part of.
pub const STEP_VARIABLE: &str = "RUNBOARD_STEP";

/// The variable that says, while a run is resumed, how many bytes of its events are from before.
pub const RESUME_VARIABLE: &str = "RUNBOARD_RESUME";
