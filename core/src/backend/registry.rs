//! The only file that names every adapter: from a source's configuration to its [`Backend`].

use std::rc::Rc;

use super::Backend;
use super::flyte::{Flyte, Scope};
use super::runs_api::RunsApi;
use crate::net::{Clock, Transport};

/// The kinds that `config.json` may name.
pub const KINDS: [&str; 2] = ["runs-api", "flyte"];

/// What a source's configuration says beside its kind and its place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Of `flyte`.
    pub scope: Scope,
}

/// The adapter for a source of `kind` at `url`.
///
/// # Errors
/// When no adapter has that name; the sentence lists those that exist.
pub fn open(
    kind: &str,
    url: &str,
    settings: &Settings,
    transport: Rc<dyn Transport>,
    clock: Rc<dyn Clock>,
) -> Result<Rc<dyn Backend>, String> {
    match kind {
        "runs-api" => Ok(Rc::new(RunsApi::new(url, transport))),
        "flyte" => Ok(Rc::new(Flyte::new(
            url,
            settings.scope.clone(),
            transport,
            clock,
        ))),
        other => Err(format!(
            "there is no source kind {other:?}; the kinds are {}",
            KINDS.join(", ")
        )),
    }
}
