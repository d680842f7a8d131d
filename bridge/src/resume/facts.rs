//! [`Facts`]: what a run's events say of how its steps were started, and a proof of the state that was read.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::Mode;
use crate::source::{Stamp, events};

/// How a step was started last.
#[derive(Debug, Default)]
pub(super) struct Fact {
    pub(super) argv: Option<Vec<String>>,
    pub(super) cwd: Option<String>,
    /// The step whose command started it.
    pub(super) within: Option<String>,
}

impl Fact {
    /// Whether its command is known word for word.
    pub(super) fn exact(&self) -> bool {
        let words = self.argv.iter().flatten().chain(&self.cwd);
        self.argv.as_ref().is_some_and(|argv| !argv.is_empty())
            && words.into_iter().all(|word| !word.contains('\u{fffd}'))
    }
}

pub(super) struct Facts {
    steps: HashMap<String, Fact>,
    state: Sha256,
}

impl Facts {
    pub(super) fn read(folder: &Path) -> io::Result<Facts> {
        let mut steps: HashMap<String, Fact> = HashMap::new();
        let events = folder.join("events.jsonl");
        let mut state = Sha256::new();
        for path in [&folder.join("run.json"), &events] {
            add(&mut state, path)?;
        }
        events::read(&events, 0, 0, &mut |event| {
            let detail = &event.detail;
            let text = |key: &str| detail.get(key).and_then(Value::as_str).map(String::from);
            if text("event").as_deref() == Some("step")
                && text("status").as_deref() == Some("running")
                && let Some(step) = text("step")
            {
                let fact = Fact {
                    argv: detail.get("argv").and_then(words),
                    cwd: text("cwd"),
                    within: text("within"),
                };
                steps.insert(step, fact);
            }
            true
        })?;
        Ok(Facts { steps, state })
    }

    pub(super) fn of(&self, key: &str) -> Option<&Fact> {
        self.steps.get(key)
    }

    /// Whether other steps were started by this one's command.
    pub(super) fn wraps(&self, key: &str) -> bool {
        self.steps
            .values()
            .any(|fact| fact.within.as_deref() == Some(key))
    }

    /// A word that is another one as soon as anything was recorded since.
    pub(super) fn token(&self, mode: Mode) -> String {
        let mut state = self.state.clone();
        state.update(mode.word());
        let hash = state.finalize();
        hash.iter()
            .take(16)
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}

fn words(list: &Value) -> Option<Vec<String>> {
    list.as_array()?
        .iter()
        .map(|word| word.as_str().map(String::from))
        .collect()
}

fn add(state: &mut Sha256, path: &Path) -> io::Result<()> {
    if Stamp::of(path).is_some() {
        let mut file = File::open(path)?;
        let mut buffer = vec![0; 64 * 1024];
        loop {
            match file.read(&mut buffer)? {
                0 => break,
                len => state.update(buffer.get(..len).unwrap_or_default()),
            }
        }
    }
    // Where one file ends and the other begins.
    state.update([0xff]);
    Ok(())
}
