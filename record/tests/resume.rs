//! Runs that another recorder takes up.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod common;

use std::io::ErrorKind;
use std::path::Path;

use common::{dir, events, history};
use runboard_record::{Options, Recording, RunOutcome, StepOutcome, new_run_id};
use serde_json::{Value, json};

fn words(list: &[&str]) -> Vec<String> {
    list.iter().map(ToString::to_string).collect()
}

/// `event:step:status:attempt` of each event.
fn told(folder: &Path) -> Vec<String> {
    let word = |event: &Value, key: &str| match &event[key] {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let one = |event: &Value| {
        ["event", "step", "status", "attempt"]
            .map(|key| word(event, key))
            .join(":")
    };
    events(folder).iter().map(one).collect()
}

#[test]
fn a_run_goes_on_where_it_ended() {
    let place = dir("resume");
    let mut options = Options::new(place.path(), "nightly").tag("k", "v");
    (options.parent, options.root) = (Some("p".into()), Some("r".into()));
    let first = Recording::start(options).unwrap();
    let folder = first.folder().unwrap().to_path_buf();
    let step = first.command_step("load", &words(&["make", "load"]), place.path());
    assert_eq!(
        Recording::take_up(&folder).err().map(|error| error.kind()),
        Some(ErrorKind::WouldBlock)
    );
    step.finish(StepOutcome::Failed, Some(2), None);
    first.finish(RunOutcome::Failed, Some(2), None);
    drop(first);

    // The lock goes with the thread that touches the file, which ends shortly after the run.
    let (second, held) = loop {
        match Recording::take_up(&folder) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => std::thread::yield_now(),
            other => break other.unwrap(),
        }
    };
    let before = second.events_so_far();
    second.goes_on(2, held).unwrap();
    assert!(Recording::take_up(&folder).is_err());
    let step = second.step("load");
    assert_eq!(step.attempt(), 2);
    step.finish(StepOutcome::Succeeded, Some(0), None);
    second.finish(RunOutcome::Succeeded, Some(0), None);
    drop(second);
    assert_eq!(
        told(&folder),
        [
            "run::running:",
            "step:load:running:1",
            "step:load:failed:1",
            "run::failed:",
            "run::running:2",
            "step:load:running:2",
            "step:load:succeeded:2",
            "run::succeeded:"
        ]
    );
    let all = events(&folder);
    assert_eq!(
        (&all[1]["argv"], &all[1]["cwd"]),
        (&json!(["make", "load"]), &json!(place.path()))
    );
    assert_eq!(all[4]["pid"], std::process::id());
    let lines = history(place.path());
    assert_eq!(
        (lines[0]["result"].clone(), lines[1]["result"].clone()),
        (json!("failed"), json!("success"))
    );
    for line in &lines {
        assert_eq!(
            (&line["metadata"]["parent"], &line["metadata"]["root"]),
            (&json!("p"), &json!("r"))
        );
        assert_eq!(
            (&line["metadata"]["job"], &line["metadata"]["tags"]),
            (&json!("nightly"), &json!({"k": "v"}))
        );
        assert_eq!(line["run_id"], lines[0]["run_id"]);
    }
    let joined = Recording::join(&folder).unwrap();
    let done =
        |argv: &[&str], before| joined.succeeded_before("load", &words(argv), place.path(), before);
    // The second attempt was no recorded command, and the first one failed.
    assert_eq!(done(&["make", "load"], before), None);
    assert_eq!(done(&["make", "load"], u64::MAX), None);
}

#[test]
fn what_has_succeeded_is_known_by_name_arguments_and_folder() {
    let place = dir("passed");
    let run = Recording::start(Options::new(place.path(), "j")).unwrap();
    let folder = run.folder().unwrap().to_path_buf();
    let here = place.path();
    for (argv, outcome) in [
        (["load", "a"], StepOutcome::Succeeded),
        (["load", "b"], StepOutcome::Failed),
        (["load", "c"], StepOutcome::Succeeded),
        (["load", "c"], StepOutcome::Failed),
    ] {
        run.command_step("load", &words(&argv), here)
            .finish(outcome, None, None);
    }
    let before = run.events_so_far();
    let joined = Recording::join(&folder).unwrap();
    let done = |name: &str, argv: &[&str], cwd: &Path| {
        joined.succeeded_before(name, &words(argv), cwd, before)
    };
    assert_eq!(done("load", &["load", "a"], here), Some(1));
    assert_eq!(done("load", &["load", "b"], here), None);
    assert_eq!(done("load", &["load", "c"], here), None);
    assert_eq!(done("load", &["load", "a", ""], here), None);
    assert_eq!(done("other", &["load", "a"], here), None);
    assert_eq!(done("load", &["load", "a"], Path::new("/")), None);
    assert_eq!(
        joined.succeeded_before("load", &words(&["load", "a"]), here, 0),
        None
    );
    // What happens in this very resume does not count.
    run.command_step("load", &words(&["load", "b"]), here)
        .finish(StepOutcome::Succeeded, None, None);
    assert_eq!(done("load", &["load", "b"], here), None);
}

#[test]
fn who_kills_a_recorder_writes_the_end() {
    let place = dir("give-up");
    let folder = place.path().join("runs").join("killed");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(
        folder.join("run.json"),
        "{\"run_id\": \"killed\", \"job\": \"j\", \"created_at\": \"2026-11-21T10:00:00Z\"}",
    )
    .unwrap();
    let lines = "{\"at\":\"2026-11-21T10:00:00Z\",\"event\":\"run\",\"status\":\"running\"}\n{\"at\":\"2026-11-21T10:00:00Z\",\"event\":\"step\",\"step\":\"a\",\"status\":\"running\"}\n{\"torn";
    std::fs::write(folder.join("events.jsonl"), lines).unwrap();
    let (recording, held) = Recording::take_up(&folder).unwrap();
    recording.give_up(held, "killed by a test");
    drop(recording);
    let text = std::fs::read_to_string(folder.join("events.jsonl")).unwrap();
    let ends: Vec<Value> = text
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    assert_eq!(
        (&ends[2]["status"], &ends[2]["reason"]),
        (&json!("canceled"), &json!("killed by a test"))
    );
    assert_eq!(
        (&ends[3]["event"], &ends[3]["status"]),
        (&json!("run"), &json!("stopped"))
    );
    assert_eq!(ends.len(), 4);
    assert_eq!(history(place.path())[0]["result"], "stopped");
    // Nothing is written by who takes a run up and leaves it.
    drop(Recording::take_up(&folder).unwrap());
    assert_eq!(
        std::fs::read_to_string(folder.join("events.jsonl")).unwrap(),
        text
    );
}

#[test]
fn an_id_that_is_chosen_is_a_good_and_a_new_one() {
    let place = dir("chosen");
    let start = |id: &str| {
        let mut options = Options::new(place.path(), "j");
        options.run_id = Some(id.into());
        Recording::start(options).map(|run| run.run_id().map(String::from))
    };
    let id = new_run_id();
    assert_eq!(start(&id).unwrap(), Some(id.clone()));
    assert_eq!(start(&id).unwrap_err().kind(), ErrorKind::AlreadyExists);
    for bad in ["", "..", "a/b", "../x"] {
        assert_eq!(
            start(bad).unwrap_err().kind(),
            ErrorKind::InvalidInput,
            "{bad}"
        );
    }
}

#[test]
fn a_folder_that_holds_no_run_is_refused() {
    let place = dir("no-run");
    for (name, head) in [
        ("none", None),
        ("text", Some("no json")),
        ("list", Some("[]")),
    ] {
        let folder = place.path().join("runs").join(name);
        std::fs::create_dir_all(&folder).unwrap();
        if let Some(head) = head {
            std::fs::write(folder.join("run.json"), head).unwrap();
        }
        // A list says nothing of the run, which is no reason to lose its end.
        assert_eq!(
            Recording::take_up(&folder).is_ok(),
            name == "list",
            "{name}"
        );
    }
    assert!(Recording::take_up(&place.path().join("nowhere")).is_err());
}
