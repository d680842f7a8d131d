//! The only file that names every adapter: from a source's configuration to its [`Backend`].
//!
//! The app's first file has the adapter that most pages need. Every further one comes in a file of its own, when a source of its kind is
//! configured (docs/adr/0007): a [`lazy_fn!`](crate::lazy_fn) that makes it, and an arm in [`open`] that gives a [`Late`](super::late::Late).

use std::rc::Rc;

use futures_util::FutureExt as _;

use super::Backend;
use super::dagster::{self, Dagster};
use super::flyte::{Flyte, Scope};
use super::history::{self, History, Zone};
use super::late::Late;
use super::runs_api::RunsApi;
use crate::lazy_fn;
use crate::net::{Clock, Transport};

/// The kinds that `config.json` may name.
pub const KINDS: [&str; 4] = ["runs-api", "dagster", "flyte", "history"];

/// What a source's configuration says beside its kind and its place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Of `flyte`.
    pub scope: Scope,
    /// Of `history`: minutes east of UTC for times without a zone, which are the host's zone else.
    pub offset_minutes: Option<i32>,
}

lazy_fn!(
    dagster,
    fn dagster(url: String, transport: Rc<dyn Transport>) -> Rc<dyn Backend> {
        Rc::new(Dagster::new(&url, transport))
    }
);

lazy_fn!(
    flyte,
    fn flyte(
        url: String,
        scope: Scope,
        transport: Rc<dyn Transport>,
        clock: Rc<dyn Clock>,
    ) -> Rc<dyn Backend> {
        Rc::new(Flyte::new(&url, scope, transport, clock))
    }
);

lazy_fn!(
    history,
    fn history(url: String, zone: Zone, transport: Rc<dyn Transport>) -> Rc<dyn Backend> {
        Rc::new(History::in_zone(&url, zone, transport))
    }
);

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
        "dagster" => {
            let url = url.to_string();
            Ok(Rc::new(Late::new(Some(dagster::POLL), false, move || {
                dagster(url.clone(), transport.clone()).boxed_local()
            })))
        }
        "flyte" => {
            let (url, scope) = (url.to_string(), settings.scope.clone());
            Ok(Rc::new(Late::new(None, true, move || {
                flyte(url.clone(), scope.clone(), transport.clone(), clock.clone()).boxed_local()
            })))
        }
        "history" => {
            let url = url.to_string();
            let fixed = settings.offset_minutes.map(Zone::Fixed);
            let zone = fixed.unwrap_or(Zone::Local(clock.zone()));
            Ok(Rc::new(Late::new(Some(history::POLL), false, move || {
                history(url.clone(), zone, transport.clone()).boxed_local()
            })))
        }
        other => Err(format!(
            "there is no source kind {other:?}; the kinds are {}",
            KINDS.join(", ")
        )),
    }
}
