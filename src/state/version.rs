//! Whether the server has a newer build of the app than the one that runs. A wall loads it by itself; everyone else is told.

use std::time::Duration;

use crate::state::reactive::RwSignal;
use leptos::prelude::*;
use runboard_core::net::{Clock as _, Request, Transport as _};

use super::task::Task;
use crate::browser::clock::BrowserClock;
use crate::browser::transport::FetchTransport;
use crate::browser::{page, storage};

/// How often index.html is asked for.
const EVERY: Duration = Duration::from_secs(60);
/// The build that a reload was tried for, so that no build is tried twice.
const TRIED: &str = "runboard.tried-build";

/// Set once a newer build is served.
pub fn newer_build() -> RwSignal<bool> {
    let newer = RwSignal::new(false);
    let Some(own) = page::own_build() else {
        return newer;
    };
    let task = Task::spawn(async move {
        loop {
            BrowserClock.sleep(EVERY).await;
            if let Some(served) = served_build().await {
                newer.set(served != own);
            }
        }
    });
    StoredValue::new_local(task);
    newer
}

/// The name of the wasm file in the index.html that is served now; it carries a hash of its content.
async fn served_build() -> Option<String> {
    let answer = FetchTransport
        .send(Request::get("./"), 1 << 20)
        .await
        .ok()?;
    let html = String::from_utf8_lossy(&answer.body).into_owned();
    let (_, rest) = html.split_once("data-wasm=")?;
    let name = rest.trim_start_matches(['"', '\'']);
    let end = name.find(['"', '\'', ' ', '>'])?;
    Some(name.get(..end)?.rsplit('/').next()?.to_string())
}

/// Why a file of the build that runs is not to be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absence {
    /// Another build is served, and the files of this one are gone.
    NewerBuild,
    /// The server cannot be reached.
    NoAnswer,
    /// It serves this build, but not this file.
    Unknown,
}

/// Finds out why a file of this build did not load.
pub async fn why_absent() -> Absence {
    match (served_build().await, page::own_build()) {
        (None, _) => Absence::NoAnswer,
        (Some(served), Some(own)) if served != own => Absence::NewerBuild,
        _ => Absence::Unknown,
    }
}

/// Loads the page anew.
pub fn reload() {
    page::reload();
}

/// Loads the page anew, at most once for each build.
pub fn reload_once() {
    super::task::spawn(async {
        if let Some(served) = served_build().await
            && storage::read_session(TRIED).as_ref() != Some(&served)
            && storage::write_session(TRIED, &served)
        {
            page::reload();
        }
    });
}
