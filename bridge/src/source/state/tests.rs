use std::fs;
use std::io::Write as _;

use super::*;

/// A run that has rested (in tests every run that is over) is looked at once a second; who asks for it sees it as it is.
#[test]
fn a_run_that_rested_is_seen_as_it_is_when_it_is_asked_for() {
    let dir = std::env::temp_dir().join(format!("runboard-state-{}", std::process::id()));
    let folder = dir.join("runs/r1");
    fs::create_dir_all(&folder).unwrap();
    let at = "2026-11-21T03:21:28Z";
    fs::write(
        folder.join("run.json"),
        format!(r#"{{"run_id": "r1", "job": "j", "created_at": "{at}"}}"#),
    )
    .unwrap();
    let events = folder.join("events.jsonl");
    let event = |status: &str| {
        format!("{{\"at\": \"{at}\", \"event\": \"run\", \"status\": \"{status}\"}}\n")
    };
    fs::write(&events, event("running") + &event("failed")).unwrap();
    let mut state = State::new("local", &Place::Recorded(dir.clone()));
    state.refresh();
    let attempt = |state: &State| state.detail("r1").unwrap().run.attempt;
    assert_eq!(attempt(&state), 1);
    let mut file = fs::OpenOptions::new().append(true).open(&events).unwrap();
    file.write_all((event("running") + &event("succeeded")).as_bytes())
        .unwrap();
    let marks = state.marks();
    state.refresh();
    state.wake("r1");
    assert_eq!(attempt(&state), 2);
    assert_eq!(state.since(marks).unwrap().folders, ["r1"]);
    fs::remove_dir_all(dir).unwrap();
}
