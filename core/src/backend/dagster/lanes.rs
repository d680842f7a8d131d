//! Several filters side by side: in one document, and as one list or as numbers.

use super::decode::{STATUSES, run};
use super::graphql::{Server, wanted};
use super::{list, query};
use crate::backend::lenient::{Fields, Problems};
use crate::backend::{BackendError, Counts, Decoded, Page};
use crate::model::order::order;
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

/// A page over several filters that share no run, in the order of their creation. `after` has a cursor for each.
pub(super) async fn list(
    server: &Server,
    lanes: &[String],
    limit: u32,
    after: Option<String>,
    mut problems: Problems,
) -> Result<Decoded<Page<Run>>, BackendError> {
    let after = after.unwrap_or_default();
    let mut places: Vec<&str> = after.split(',').collect();
    places.resize(lanes.len(), "");
    let document = query::lanes(lanes.len(), true);
    let answer = server
        .ask(&document, variables(lanes, limit, &places))
        .await?;
    problems.extend(answer.problems);
    let mut fields = Fields::new(answer.data, "answer".into(), &mut problems);
    let mut rows: Vec<(usize, Run)> = Vec::new();
    let mut counts: Vec<usize> = Vec::new();
    let mut total = Some(0);
    for lane in 0..lanes.len() {
        let name = ["a", &lane.to_string()].concat();
        let mut runs = wanted(&mut fields, &name, "Runs")?;
        total = total
            .zip(runs.count("count"))
            .map(|(sum, count)| sum + count);
        let mut own = runs.rows("results", run);
        if places.get(lane) == Some(&END) {
            own.clear();
        }
        counts.push(own.len());
        rows.extend(own.into_iter().map(|run| (lane, run)));
    }
    // Each lane is in order, and stays so where times are equal.
    let places_of_rows = order(rows.len(), &|a, b| {
        let at = |row: usize| rows.get(row).and_then(|(_, run)| run.ordered_at());
        at(b).cmp(&at(a))
    });
    let mut next: Vec<String> = places.iter().map(|place| (*place).to_string()).collect();
    let mut left = counts.clone();
    let mut slots: Vec<Option<(usize, Run)>> = rows.into_iter().map(Some).collect();
    let mut items = Vec::new();
    for row in places_of_rows.into_iter().take(limit as usize) {
        let Some((lane, run)) = slots.get_mut(row).and_then(Option::take) else {
            continue;
        };
        if let (Some(next), Some(left)) = (next.get_mut(lane), left.get_mut(lane)) {
            next.clone_from(&run.id);
            *left -= 1;
        }
        items.push(run);
    }
    let mut is_end = true;
    for ((next, left), came) in next.iter_mut().zip(left).zip(counts) {
        if left == 0 && (came as u32) < limit {
            *next = END.into();
        }
        is_end &= *next == END;
    }
    Ok(Decoded {
        value: Page {
            items,
            next: (!is_end).then(|| next.join(",")),
            total,
        },
        problems,
        cursor: None,
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
