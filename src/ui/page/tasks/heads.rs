//! Heads of the list of tasks, by which it is ordered: by the source where that can, else here.

use runboard_core::model::order::order;
use runboard_core::store::run_view::SortKey;

use crate::state::reactive::Memo;
use crate::state::tasks::{TaskGroup, TaskKey, TaskOrder};
use crate::ui::html::{El, view};
use crate::ui::nav::Nav;
use crate::ui::part::table::Cell;

type Sort = Option<(SortKey, bool)>;

/// Columns, and what stands for them in the address.
const COLUMNS: [(&str, Option<SortKey>); 10] = [
    ("Task", Some(SortKey::Job)),
    ("Project and domain", Some(SortKey::Tag("project"))),
    ("Version", None),
    ("Runs", Some(SortKey::Run)),
    ("Failed", Some(SortKey::Status)),
    ("Last runs", Some(SortKey::Started)),
    ("Environment", None),
    ("Deployed", Some(SortKey::Created)),
    ("By", Some(SortKey::User)),
    ("What it does", None),
];

/// What the source orders by. Columns that only are known here order what it sent by name.
pub(super) fn order_of(sort: Sort) -> TaskOrder {
    let (key, is_descending) = match sort {
        Some((SortKey::Tag("project"), down)) => (TaskKey::Place, down),
        Some((SortKey::Created, down)) => (TaskKey::Deployed, down),
        Some((SortKey::User, down)) => (TaskKey::By, down),
        Some((SortKey::Job, down)) => (TaskKey::Name, down),
        _ => (TaskKey::Name, false),
    };
    TaskOrder { key, is_descending }
}

/// A row, and what it is ordered by here.
pub(super) struct Row {
    runs: u64,
    failed: u64,
    latest: i64,
    cells: Vec<Cell>,
}

impl Row {
    pub(super) fn of(group: Option<&TaskGroup>, cells: Vec<Cell>) -> Row {
        Row {
            runs: group.map_or(0, |group| group.total),
            failed: group.map_or(0, |group| group.failed),
            latest: group.and_then(|group| group.latest).map_or(0, |at| at.0),
            cells,
        }
    }
}

/// The rows in their order; those that the source ordered stay as they are.
pub(super) fn sort_rows(rows: Vec<Row>, sort: Sort) -> Vec<Vec<Cell>> {
    let key = |at: usize| {
        let row = rows.get(at)?;
        match sort?.0 {
            SortKey::Run => Some((row.runs, 0)),
            SortKey::Status => Some((row.failed, 0)),
            SortKey::Started => Some((0, row.latest)),
            _ => None,
        }
    };
    let is_down = sort.is_some_and(|(_, down)| down);
    let places = order(rows.len(), &|a, b| match is_down {
        true => key(b).cmp(&key(a)),
        false => key(a).cmp(&key(b)),
    });
    let mut rows: Vec<Option<Vec<Cell>>> = rows.into_iter().map(|row| Some(row.cells)).collect();
    let mut at = |place: usize| rows.get_mut(place).and_then(Option::take);
    places.into_iter().filter_map(&mut at).collect()
}

pub(super) fn heads(sort: Memo<Sort>) -> Vec<El> {
    let head = |(name, key): (&'static str, Option<SortKey>)| {
        let Some(key) = key else {
            return view! { <th scope="col">{name}</th> };
        };
        let is_name = key == SortKey::Job;
        let own = move || match sort.get() {
            Some((other, down)) if other == key => Some(down),
            None if is_name => Some(false),
            _ => None,
        };
        let word = move || own().map(|down| if down { "descending" } else { "ascending" });
        let arrow = move || own().map(|down| if down { " \u{2193}" } else { " \u{2191}" });
        let press = move |_| {
            // Names begin with A, numbers and times with the greatest.
            let is_words = matches!(key, SortKey::Job | SortKey::User | SortKey::Tag(_));
            let down = own().map_or(!is_words, |down| !down);
            Nav::get().change(|route| {
                route.sort = (!is_name || down).then_some((key, down));
            });
        };
        view! { <th scope="col" aria-sort=word><button class="grid__sort" on:click=press>{name}{arrow}</button></th> }
    };
    COLUMNS.into_iter().map(head).collect()
}
