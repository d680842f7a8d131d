//! News by asking again: what changed in the list since a time, and what happened in a run behind an event. Each reading is a short stream that ends
//! by itself; `follow` begins the next one after [`super::POLL`].

use std::rc::Rc;

use super::event::entry;
use super::graphql::{Server, wanted};
use super::journal::{self, Walked};
use super::kept::{self, Part};
use super::open::Opened;
use super::{list, live, log, open, query};
use crate::backend::lenient::{Fields, Problems};
use crate::backend::{BackendError, Cursor, EventBatch, LogBatch, Positioned, Topic, Update};
use crate::model::{Run, Span, Timestamp};
use crate::store::json::seconds;

/// A change may be stored a little later than the time that it bears: so far is asked back, and what comes twice is the same.
const OVERLAP: Span = Span::seconds(2);
/// Pages of one reading.
const PAGES: usize = 8;

/// One reading of all topics, and the place from which on its events may be pushed, if it is one run that goes on.
pub(super) async fn read(
    server: &Server,
    topics: Vec<Topic>,
    after: Vec<Cursor>,
) -> Result<(Vec<Positioned>, Option<live::From>), BackendError> {
    let places: Vec<&str> = after.iter().flat_map(|cursor| cursor.0.lines()).collect();
    let mut news = News::default();
    for topic in &topics {
        match topic {
            Topic::Runs => runs(server, &places, &mut news).await?,
            Topic::Run(id) => one(server, id, &places, &mut news).await?,
            // Its log is the run's one.
            Topic::Log { .. } => return Err(BackendError::no("logs of single steps to follow")),
        }
    }
    let mut out: Vec<Positioned> = Vec::new();
    for update in news.updates {
        out.push(Positioned {
            update,
            cursor: None,
        });
    }
    // The place behind all of it; what is cut off before is read again, and taken in once.
    out.push(Positioned {
        update: match news.is_behind {
            true => Update::Beat,
            false => Update::Live {
                server_time: server.date.get(),
            },
        },
        cursor: (!news.places.is_empty()).then(|| Cursor(news.places.join("\n"))),
    });
    let is_one = topics.len() == 1 && news.over.is_empty() && !news.is_behind;
    for topic in news.over {
        let update = Update::End { topic };
        out.push(Positioned {
            update,
            cursor: None,
        });
    }
    Ok((out, news.from.filter(|_| is_one)))
}

#[derive(Default)]
struct News {
    updates: Vec<Update>,
    places: Vec<String>,
    over: Vec<Topic>,
    /// There is more to read at once.
    is_behind: bool,
    /// Behind the last event that was read.
    from: Option<live::From>,
}

impl News {
    fn problems(&mut self, problems: Problems) {
        self.updates
            .extend(problems.into_iter().map(Update::Problem));
    }
}

/// The words behind a topic in the places that are told.
fn place<'a>(places: &[&'a str], topic: &str) -> Option<&'a str> {
    places
        .iter()
        .rev()
        .find_map(|place| place.strip_prefix(topic)?.strip_prefix(' '))
}

async fn runs(server: &Server, places: &[&str], news: &mut News) -> Result<(), BackendError> {
    let mut words = place(places, "runs").unwrap_or_default().split(' ');
    let mut number = || words.next().and_then(|word| word.parse::<i64>().ok());
    let since = Timestamp(number().unwrap_or_default());
    let known = number();
    let from = Timestamp(since.0.max(OVERLAP.0)).minus(OVERLAP);
    let filter = ["{\"updatedAfter\":", &seconds(Span(from.0)), "}"].concat();
    let (mut changed, mut newest, mut total) = (Vec::new(), since, known);
    let mut after: Option<String> = None;
    for page in 0.. {
        let variables = list::variables(&filter, list::PAGE, after.as_deref());
        let answer = server.ask(query::CHANGES, variables).await?;
        let mut problems = answer.problems;
        let mut fields = Fields::new(answer.data, "answer".into(), &mut problems);
        let rows = server.rows(&mut wanted(&mut fields, "runsOrError", "Runs")?, "results");
        if page == 0 {
            total = fields.object("all").and_then(|mut all| all.number("count"));
        }
        news.problems(problems);
        let is_full = rows.len() as u32 >= list::PAGE;
        after = rows.last().map(|run| run.id.clone());
        changed.extend(rows);
        if !is_full {
            break;
        }
        if page + 1 == PAGES {
            // Rows come by their age, not by their change, so none of them is a place to go on from.
            news.updates.push(Update::Gap {
                topic: Some(Topic::Runs),
                reason: "too many runs changed at once".into(),
            });
            break;
        }
    }
    let mut created = 0;
    for run in &changed {
        server.forget_older(run);
        newest = newest.max(Timestamp(i64::try_from(run.version).unwrap_or_default()));
        created += i64::from(run.created_at > Some(since));
    }
    // Dagster does not tell of deleted runs, but of how many there are.
    if let (Some(known), Some(total)) = (known, total)
        && total < known + created
    {
        server.forget_all();
        news.updates.push(Update::Gap {
            topic: Some(Topic::Runs),
            reason: "runs were deleted".into(),
        });
    }
    if !changed.is_empty() {
        news.updates.push(Update::Runs(changed));
    }
    let total = total.and_then(|total| u64::try_from(total).ok());
    news.places.push(list::position(newest, total).0);
    Ok(())
}

async fn one(
    server: &Server,
    id: &str,
    places: &[&str],
    news: &mut News,
) -> Result<(), BackendError> {
    let topic = ["run ", id].concat();
    let (n, mut cursor) = match place(places, &topic).and_then(|place| place.split_once(' ')) {
        Some((n, cursor)) => (n.parse().unwrap_or(0), Some(cursor.to_string())),
        None => (0, None),
    };
    let mut at: u64 = n;
    let mut problems = Problems::new();
    if let Some(known) = told(server, id, n) {
        // Its page has just told all of it, and there will be nothing more.
        news.updates.push(Update::Runs(vec![known.run.clone()]));
        news.updates.push(Update::Steps {
            run: id.into(),
            steps: known.steps.clone(),
            is_all: true,
        });
        news.over.push(Topic::Run(id.into()));
        let place = log::position(id, n, cursor.as_deref());
        news.places.extend(place.map(|Cursor(place)| place));
        return Ok(());
    }
    for page in 0..PAGES {
        let first = at + 1;
        let (mut run, mut steps, walked, lines, events) =
            reading(server, id, at, cursor.as_deref(), &mut problems).await?;
        at = walked.last;
        cursor = walked.cursor.or(cursor);
        if !lines.lines.is_empty() {
            server.forget(id);
            news.updates.push(Update::Events {
                run: id.into(),
                events: events.events,
            });
            let batch = LogBatch { first, ..lines };
            news.updates.push(Update::Log {
                run: id.into(),
                batch,
            });
        }
        let is_last = walked.is_end || page + 1 == PAGES;
        if !is_last {
            continue;
        }
        news.is_behind |= !walked.is_end;
        open::explain(server, &mut run, &mut steps, None, &mut problems).await;
        server.forget_older(&run);
        let is_over = open::is_over(&run, server.date.get());
        news.updates.push(Update::Runs(vec![run]));
        news.updates.push(Update::Steps {
            run: id.into(),
            steps,
            is_all: true,
        });
        if is_over && walked.is_end {
            news.over.push(Topic::Run(id.into()));
        }
        break;
    }
    news.problems(problems);
    if let Some(Cursor(place)) = log::position(id, at, cursor.as_deref()) {
        news.places.push(place);
    }
    news.from = cursor.map(|cursor| live::From {
        run: id.into(),
        n: at,
        cursor,
    });
    Ok(())
}

/// A run that is over, if its page has brought all its events and who asks has them.
fn told(server: &Server, id: &str, n: u64) -> Option<Rc<Opened>> {
    let all = |known: &Opened| {
        known
            .events
            .as_ref()
            .map(|events| events.lines.len() as u64)
    };
    let is_held =
        |known: &Rc<Opened>| known.run.id == id && known.is_final && all(known) == Some(n);
    if !server.opened.borrow().iter().any(is_held) {
        return None;
    }
    kept::known(server, id, Part::News)
}

type Reading = (Run, Vec<crate::model::Step>, Walked, LogBatch, EventBatch);

/// The run, its steps and its events behind number `at`, in one answer.
async fn reading(
    server: &Server,
    id: &str,
    at: u64,
    cursor: Option<&str>,
    problems: &mut Problems,
) -> Result<Reading, BackendError> {
    let variables = journal::variables(id, cursor, journal::PAGE);
    let answer = match server.ask(query::NEWS, variables.clone()).await {
        Err(error) if journal::is_broken(&error) => {
            problems.push(journal::broken(at, &error));
            server.ask(query::NEWS_LEAN, variables).await
        }
        other => other,
    }?;
    problems.extend(answer.problems);
    let text = answer.text;
    let mut fields = Fields::new(answer.data, "answer".into(), problems);
    let mut object = wanted(&mut fields, "runOrError", "Run")?;
    let (run, steps, ..) = open::read(&mut object);
    let page = journal::page(&mut fields)?;
    let own = journal::own_texts(&text);
    let (mut last, mut lines, mut events) = (at, LogBatch::default(), EventBatch::default());
    for (index, node) in page.nodes.into_iter().enumerate() {
        last += 1;
        let what = ["event ", &last.to_string()].concat();
        let text = own.get(index).copied().unwrap_or_default();
        let entry = entry(&mut Fields::new(node, what, problems), last, text);
        events.events.push(entry.event);
        lines.lines.push(entry.line);
    }
    let walked = Walked {
        is_end: !page.has_more || last == at,
        last,
        cursor: Some(page.cursor).filter(|cursor| !cursor.is_empty()),
    };
    Ok((run, steps, walked, lines, events))
}
