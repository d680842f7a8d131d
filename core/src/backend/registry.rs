//! The only file that names every adapter: from a source's configuration to its [`Backend`].

use std::rc::Rc;

use super::Backend;
use super::dagster::Dagster;
use super::runs_api::RunsApi;
use crate::net::Transport;

/// The kinds that `config.json` may name.
pub const KINDS: [&str; 2] = ["runs-api", "dagster"];

/// The adapter for a source of `kind` at `url`.
///
/// # Errors
/// When no adapter has that name; the sentence lists those that exist.
pub fn open(
    kind: &str,
    url: &str,
    transport: Rc<dyn Transport>,
) -> Result<Rc<dyn Backend>, String> {
    match kind {
        "runs-api" => Ok(Rc::new(RunsApi::new(url, transport))),
        "dagster" => Ok(Rc::new(Dagster::new(url, transport))),
        other => Err(format!(
            "there is no source kind {other:?}; the kinds are {}",
            KINDS.join(", ")
        )),
    }
}
