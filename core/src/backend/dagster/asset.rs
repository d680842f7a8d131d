//! What became of a run's assets and checks, from its events: what was planned, and what was materialized, observed and evaluated.

use super::event::{Entry, entry};
use super::graphql::Server;
use super::journal::{Range, walk};
use super::open::Opened;
use super::query;
use crate::backend::BackendError;
use crate::backend::lenient::{Fields, Problems};
use crate::model::run_stats::{AssetCounts, CheckCounts};
use crate::model::{Asset, Became, asset};
use crate::store::json::JsonText;

/// So many events are looked through.
const EVENTS: u64 = 50_000;

/// What the events of a long run told up to a number.
pub(super) struct Seen {
    run: String,
    last: u64,
    is_end: bool,
    assets: Vec<Asset>,
    is_told: bool,
}

/// What was found, and whether it is all.
pub(super) struct Found {
    pub(super) assets: Vec<Asset>,
    pub(super) is_all: bool,
}

/// The assets and checks of a run.
pub(super) async fn of(
    server: &Server,
    known: &Opened,
    problems: &mut Problems,
) -> Result<Found, BackendError> {
    let id = known.run.id.as_str();
    let mut assets: Vec<Asset> = Vec::new();
    let (mut is_all, mut is_told) = (true, true);
    if let Some(events) = &known.events {
        assets.clone_from(&events.assets);
    } else {
        // What was looked through stays as it was.
        let seen = server.seen.take().filter(|seen| seen.run == id);
        let (mut from, mut is_end) = (0, false);
        if let Some(seen) = seen {
            (from, is_end) = (seen.last, seen.is_end && known.is_final);
            (assets, is_told) = (seen.assets, seen.is_told);
        }
        // Behind the last event of a run that is over there is nothing.
        let range = Range {
            from,
            to: if is_end { from } else { EVENTS },
        };
        let each = &mut |event: &mut Fields<'_>, n, _: &str| {
            let entry = entry(event, n, "");
            is_told &= take(event, &entry, &mut assets);
            true
        };
        let walked = walk(server, id, query::EVENTS_ASSETS, range, problems, each);
        let walked = walked.await?;
        is_all = walked.is_end || is_end;
        server.keep_end(id, &walked, range);
        *server.seen.borrow_mut() = Some(Seen {
            run: id.into(),
            last: walked.last,
            is_end: is_all,
            assets: assets.clone(),
            is_told,
        });
        if !is_all {
            let words =
                "the run has more events than are looked through for assets and checks (50,000)";
            problems.push(words.into());
        }
        if !is_told {
            let words = "what became of assets and checks is not all told: the server breaks at what its events say of them";
            problems.push(words.into());
        }
    }
    Ok(Found {
        assets,
        is_all: is_all && is_told,
    })
}

/// Takes in what an event, whose other fields were read, tells of an asset or a check. False: it does not say of which.
pub(super) fn take(event: &mut Fields<'_>, entry: &Entry, assets: &mut Vec<Asset>) -> bool {
    let mut one = Asset {
        step: entry.event.step.clone(),
        ..Asset::default()
    };
    match entry.event.kind.as_str() {
        "ASSET_MATERIALIZATION_PLANNED" => one.was_planned = true,
        "ASSET_MATERIALIZATION" => one.became = Became::Materialized,
        "ASSET_OBSERVATION" => one.became = Became::Observed,
        "ASSET_FAILED_TO_MATERIALIZE" => one.became = Became::Failed,
        "ASSET_CHECK_EVALUATION_PLANNED" => {
            one.was_planned = true;
            one.check = event.text("checkName");
        }
        "ASSET_CHECK_EVALUATION" => {
            let Some(mut evaluation) = event.object("evaluation") else {
                return false;
            };
            one.check = evaluation.text("checkName");
            one.words = evaluation.text("description");
            let is_soft = evaluation.text("severity").as_deref() == Some("WARN");
            one.became = match (evaluation.flag("success"), is_soft) {
                (true, _) => Became::Passed,
                (false, true) => Became::Warned,
                (false, false) => Became::NotPassed,
            };
            one.key = path(&mut evaluation, "assetKey");
        }
        _ => return true,
    }
    one.partition = event.text("partition");
    for name in ["assetKey", "checkedAsset"] {
        if one.key.is_empty() {
            one.key = path(event, name);
        }
    }
    if one.key.is_empty() {
        return false;
    }
    let known = assets.iter_mut().find(|known| {
        known.key == one.key
            && known.check == one.check
            && (known.partition == one.partition || known.partition.is_none())
    });
    match known {
        None => assets.push(one),
        Some(known) => {
            known.was_planned |= one.was_planned;
            known.step = known.step.take().or(one.step);
            known.partition = known.partition.take().or(one.partition);
            if one.became != Became::Nothing {
                (known.became, known.words) = (one.became, one.words);
            }
        }
    }
    true
}

/// An asset's key in a field, with slashes.
pub(super) fn path(fields: &mut Fields<'_>, name: &str) -> String {
    let key = fields.object(name).map(|mut key| key.texts("path"));
    key.unwrap_or_default().join("/")
}

/// How many of them became what.
pub(super) fn count(all: &[Asset]) -> (AssetCounts, CheckCounts) {
    let of = |became: Became| all.iter().filter(|one| one.became == became).count() as u64;
    let planned = all
        .iter()
        .filter(|one| one.was_planned && one.check.is_none());
    (
        AssetCounts {
            materialized: of(Became::Materialized),
            observed: of(Became::Observed),
            planned: planned.count() as u64,
        },
        CheckCounts {
            passed: of(Became::Passed),
            failed: of(Became::Warned) + of(Became::NotPassed),
        },
    )
}

/// The steps that "from asset failure" would run.
pub(super) async fn missing(
    server: &Server,
    known: &Opened,
    problems: &mut Problems,
) -> Result<Vec<String>, BackendError> {
    let found = of(server, known, problems).await?;
    if !found.is_all {
        let words = "which of its assets were left out cannot be told: not all that its events say of them could be read";
        return Err(BackendError::Refused(words.into()));
    }
    // Whether a check blocks is part of its definition, and the run's records do not tell.
    let mut blocking: Vec<(String, String)> = Vec::new();
    let mut asked: Vec<&str> = Vec::new();
    for one in &found.assets {
        let is_open = matches!(one.became, Became::Warned | Became::NotPassed);
        if !is_open || asked.contains(&one.key.as_str()) {
            continue;
        }
        asked.push(&one.key);
        for name in checks(server, &one.key, problems).await? {
            blocking.push((one.key.clone(), name));
        }
    }
    let is_blocking = |one: &Asset| {
        let is =
            |(key, name): &(String, String)| *key == one.key && Some(name) == one.check.as_ref();
        blocking.iter().any(is)
    };
    Ok(asset::missing_steps(&found.assets, &is_blocking))
}

/// The names of an asset's checks that block.
async fn checks(
    server: &Server,
    key: &str,
    problems: &mut Problems,
) -> Result<Vec<String>, BackendError> {
    let mut json = JsonText::new();
    json.open('{').key("k");
    key_input(&mut json, key);
    json.close('}');
    let answer = server.ask(query::CHECKS, json.finish()).await?;
    problems.extend(answer.problems);
    let mut fields = Fields::new(answer.data, "answer".into(), problems);
    let Some(mut node) = fields.object("assetNodeOrError") else {
        return Ok(Vec::new());
    };
    let Some(mut checks) = node.object("assetChecksOrError") else {
        return Ok(Vec::new());
    };
    let names = checks.rows("checks", |check, _| {
        check.flag("blocking").then(|| check.text("name")).flatten()
    });
    Ok(names.into_iter().flatten().collect())
}

/// Writes `{"path": [...]}` of a key with slashes.
pub(super) fn key_input(json: &mut JsonText, key: &str) {
    json.open('{').key("path").open('[');
    for part in key.split('/') {
        json.text(part);
    }
    json.close(']').close('}');
}
