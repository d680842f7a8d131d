//! Several filters side by side: in one document, and as one list or as numbers.

use std::collections::VecDeque;

use super::decode::STATUSES;
use super::graphql::{Server, wanted};
use super::{list, query};
use crate::backend::lenient::{Fields, Problems};
use crate::backend::{BackendError, Counts, Decoded, Page};
use crate::model::{Run, RunFilter};
use crate::store::json::JsonText;

/// Stands for the cursor of a lane that has no more.
const END: &str = ".";

fn variables(lanes: &[String], limit: u32, after: &[&str]) -> String {
    let mut json = JsonText::new();
    json.open('{').number_field("l", Some(i64::from(limit)));
    for (index, lane) in lanes.iter().enumerate() {
        let n = index.to_string();
        json.key(&["f", &n].concat()).raw(&[lane, "}"].concat());
        let cursor = after
            .get(index)
            .copied()
            .filter(|cursor| !cursor.is_empty());
        json.text_field(&["c", &n].concat(), cursor);
    }
    json.close('}');
    json.finish()
}

/// What came of one filter and is not taken yet.
struct Lane {
    rows: VecDeque<Run>,
    /// Behind the last one that was taken.
    next: String,
    is_last: bool,
}

/// The name of a lane's answer.
fn name(lane: usize) -> String {
    ["a", &lane.to_string()].concat()
}

/// A page over filters that share no run, in the order of their creation. `after` has a cursor for each.
pub(super) async fn page(
    server: &Server,
    lanes: &[String],
    limit: u32,
    after: Option<&str>,
    problems: &mut Problems,
) -> Result<Page<Run>, BackendError> {
    let mut places: Vec<&str> = after.unwrap_or_default().split(',').collect();
    places.resize(lanes.len(), "");
    let document = query::lanes(lanes.len(), true);
    let answer = server.ask(&document, variables(lanes, limit, &places));
    let answer = answer.await?;
    problems.extend(answer.problems);
    let mut fields = Fields::new(answer.data, "answer".into(), problems);
    let mut all: Vec<Lane> = Vec::new();
    let mut total = Some(0);
    for (lane, place) in places.iter().enumerate() {
        let mut runs = wanted(&mut fields, &name(lane), "Runs")?;
        total = total
            .zip(runs.count("count"))
            .map(|(sum, count)| sum + count);
        let mut rows = server.rows(&mut runs, "results");
        if *place == END {
            rows.clear();
        }
        all.push(Lane {
            next: (*place).to_string(),
            is_last: (rows.len() as u32) < limit,
            rows: rows.into(),
        });
    }
    // Each lane stays in the server's order, by which its cursor goes.
    let mut items = Vec::new();
    while items.len() < limit as usize {
        let newest = all.iter_mut().filter(|lane| !lane.rows.is_empty());
        let newest = newest.max_by_key(|lane| lane.rows.front().and_then(Run::ordered_at));
        let Some(lane) = newest else { break };
        if let Some(run) = lane.rows.pop_front() {
            lane.next.clone_from(&run.id);
            items.push(run);
        }
    }
    let mut is_end = true;
    let mut next: Vec<&str> = Vec::new();
    for lane in &all {
        let is_over = lane.is_last && lane.rows.is_empty();
        is_end &= is_over;
        next.push(if is_over { END } else { &lane.next });
    }
    Ok(Page {
        items,
        next: (!is_end).then(|| next.join(",")),
        total,
    })
}

/// How many runs of a filter have each status.
pub(super) async fn counts(
    server: &Server,
    mut filter: RunFilter,
) -> Result<Decoded<Counts>, BackendError> {
    filter.status.clear();
    let mut problems = Problems::new();
    let list::Asked { lanes, is_all } = list::resolve(server, &filter, &mut problems).await?.asked;
    if !is_all {
        return Err(BackendError::no("numbers of runs for such a filter"));
    }
    let mut all: Vec<String> = Vec::new();
    for (status, _) in STATUSES {
        for lane in &lanes {
            all.push([lane, ",\"statuses\":[\"", status, "\"]"].concat());
        }
    }
    let document = query::lanes(all.len(), false);
    // Never 0, which means all.
    let answer = server.ask(&document, variables(&all, 1, &[])).await?;
    problems.extend(answer.problems);
    let mut fields = Fields::new(answer.data, "answer".into(), &mut problems);
    let mut counts = Counts::new();
    for (index, (status, _)) in STATUSES.iter().enumerate() {
        let mut sum = 0;
        for lane in 0..lanes.len() {
            let name = ["a", &(index * lanes.len() + lane).to_string()].concat();
            sum += wanted(&mut fields, &name, "Runs")?
                .count("count")
                .unwrap_or(0);
        }
        counts.push(((*status).to_string(), sum));
    }
    Ok(Decoded {
        value: counts,
        problems,
        cursor: None,
    })
}
