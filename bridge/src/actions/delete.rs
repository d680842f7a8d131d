//! Removing a run: its folder and its line in `runs.jsonl`.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use axum::http::StatusCode;
use runboard_record::words;
use serde_json::{Value, json};

use super::conflict;
use super::terminate::{find_recorder, is_at_work, kill};
use crate::api::blocking;
use crate::api::problem::Problem;
use crate::api::runs::find;
use crate::source::Source;

/// Folders that are being removed; no run has such a name.
const GOING: &str = ".deleted-";

pub(super) async fn delete(
    source: &Arc<Source>,
    id: &str,
    force: bool,
) -> Result<(StatusCode, Value), Problem> {
    let (from, run) = (source.clone(), id.to_string());
    let detail = blocking(move || find(&from, &run)).await?;
    if let Some(folder) = &detail.folder
        && is_at_work(&detail, folder)
    {
        if !force {
            let phase = detail.run.phase.word();
            return Err(conflict(format!(
                "run {id} is still going on ({phase}): force=true ends and deletes it"
            )));
        }
        // What is not found here is of another machine, or a script: it loses its folder and fails by that.
        if let Some(recorder) = find_recorder(folder) {
            kill(&recorder).await?;
        }
    }
    let (source, run) = (source.clone(), id.to_string());
    blocking(move || {
        let broken = |what: &str, error: &std::io::Error| {
            Problem::broken(format!(
                "{what} of run {run} could not be removed: {}",
                words(error)
            ))
        };
        if let Some(folder) = &detail.folder {
            check(folder)?;
            remove(folder).map_err(|error| broken("the folder", &error))?;
        }
        let mut state = source.look();
        state
            .remove_lines(&run)
            .map_err(|error| broken("the line", &error))
    })
    .await?;
    Ok((StatusCode::OK, json!({"deleted": id})))
}

/// Only what lies in the recording folder itself is removed.
fn check(folder: &Path) -> Result<(), Problem> {
    let is_folder = |path: &Path| fs::symlink_metadata(path).is_ok_and(|about| about.is_dir());
    match folder.parent() {
        Some(runs) if is_folder(runs) && is_folder(folder) => Ok(()),
        _ => Err(conflict(format!(
            "{} is a link, or lies behind one: nothing elsewhere is removed",
            folder.display()
        ))),
    }
}

/// Takes the folder away in one step, so that nobody sees half of it, and then removes what is in it. No link is followed.
fn remove(folder: &Path) -> std::io::Result<()> {
    let (Some(runs), Some(name)) = (folder.parent(), folder.file_name()) else {
        return Err(std::io::ErrorKind::NotFound.into());
    };
    let going = runs.join(format!(
        "{GOING}{}-{}",
        name.to_string_lossy(),
        std::process::id()
    ));
    fs::rename(folder, &going)?;
    let removed = fs::remove_dir_all(&going);
    // What an earlier bridge could not remove to the end.
    for entry in fs::read_dir(runs)?.flatten() {
        let left = entry.file_name().to_string_lossy().starts_with(GOING);
        if left && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
    removed
}
