//! The columns of the list: which there are, which are shown, and how wide they are.

use leptos::prelude::*;
use runboard_core::backend::Capabilities;
use runboard_core::store::run_view::SortKey;

use crate::state::State;
use crate::state::beside::any_can;
use crate::state::export::Column;

/// A column of the list.
pub(super) struct ListColumn {
    /// Its word in the storage, and the first of what an export writes for it.
    pub(super) column: Column,
    pub(super) class: &'static str,
    pub(super) name: &'static str,
    /// What the list can be ordered by there.
    pub(super) sort: Option<SortKey>,
    /// A track of the grid; the number of pixels that it needs at least.
    width: &'static str,
    least: u32,
    usual: Usual,
    /// What an export writes behind `column`.
    also: &'static [Column],
}

impl PartialEq for ListColumn {
    fn eq(&self, other: &ListColumn) -> bool {
        self.column == other.column
    }
}

impl ListColumn {
    /// Numbers stand at the right.
    pub(super) fn is_number(&self) -> bool {
        matches!(
            self.column,
            Column::Duration | Column::Assets | Column::Attempt | Column::ExitCode
        )
    }
}

/// How a column stands without a choice.
#[derive(Clone, Copy)]
enum Usual {
    /// A row would not be one without it.
    Always,
    Shown,
    Hidden,
    /// There only where a source has something to put there; then shown or hidden.
    Told(bool, fn(&Capabilities) -> bool),
}

const fn column(
    column: Column,
    class: &'static str,
    name: &'static str,
    width: (&'static str, u32),
    usual: Usual,
) -> ListColumn {
    ListColumn {
        column,
        class,
        name,
        sort: None,
        width: width.0,
        least: width.1,
        usual,
        also: &[],
    }
}

const fn tag(
    key: &'static str,
    class: &'static str,
    name: &'static str,
    usual: Usual,
) -> ListColumn {
    by(
        SortKey::Tag(key),
        column(
            Column::Tag(key),
            class,
            name,
            ("minmax(96px,0.7fr)", 96),
            usual,
        ),
    )
}

const fn by(sort: SortKey, column: ListColumn) -> ListColumn {
    ListColumn {
        sort: Some(sort),
        ..column
    }
}

const fn also(also: &'static [Column], column: ListColumn) -> ListColumn {
    ListColumn { also, ..column }
}

use Usual::{Always, Hidden, Shown, Told};

/// All of them, in their order.
static COLUMNS: [ListColumn; 19] = [
    by(
        SortKey::Status,
        column(
            Column::Status,
            "col-status",
            "Status",
            ("132px", 132),
            Always,
        ),
    ),
    by(
        SortKey::Run,
        column(Column::Id, "col-id", "Run", ("116px", 116), Always),
    ),
    by(
        SortKey::Job,
        column(
            Column::Job,
            "col-job",
            "Job",
            ("minmax(120px,1.1fr)", 120),
            Always,
        ),
    ),
    by(
        SortKey::Source,
        column(Column::Source, "col-source", "Source", ("92px", 92), Shown),
    ),
    by(
        SortKey::Attempt,
        column(
            Column::Attempt,
            "col-attempt",
            "Attempt",
            ("72px", 72),
            Hidden,
        ),
    ),
    by(
        SortKey::Created,
        column(
            Column::Created,
            "col-created",
            "Created",
            ("178px", 178),
            Hidden,
        ),
    ),
    by(
        SortKey::Started,
        column(
            Column::Started,
            "col-started",
            "Started",
            ("178px", 178),
            Shown,
        ),
    ),
    by(
        SortKey::Duration,
        column(
            Column::Duration,
            "col-duration",
            "Duration",
            ("84px", 84),
            Shown,
        ),
    ),
    by(
        SortKey::Steps,
        also(
            &[Column::StepsTotal, Column::StepsFailed],
            column(
                Column::StepsSucceeded,
                "col-steps",
                "Steps",
                ("120px", 120),
                Shown,
            ),
        ),
    ),
    column(
        Column::Assets,
        "col-assets",
        "Assets",
        ("72px", 72),
        Told(true, |can| can.figures),
    ),
    tag(
        Column::TAGS[0],
        "col-partition",
        "Partition",
        Told(true, |can| can.backfills),
    ),
    tag(
        Column::TAGS[1],
        "col-project",
        "Project",
        Told(true, |can| can.create),
    ),
    tag(
        Column::TAGS[2],
        "col-domain",
        "Domain",
        Told(true, |can| can.create),
    ),
    tag(
        Column::TAGS[3],
        "col-trigger",
        "Trigger",
        Told(false, |can| can.create),
    ),
    tag(
        Column::TAGS[4],
        "col-from",
        "Started from",
        Told(false, |can| can.create),
    ),
    by(
        SortKey::ExitCode,
        column(
            Column::ExitCode,
            "col-exit",
            "Exit code",
            ("80px", 80),
            Hidden,
        ),
    ),
    by(
        SortKey::User,
        column(Column::User, "col-user", "User", ("100px", 100), Hidden),
    ),
    by(
        SortKey::Host,
        column(Column::Host, "col-host", "Host", ("110px", 110), Hidden),
    ),
    by(
        SortKey::Reason,
        also(
            &[Column::Tags],
            column(
                Column::Reason,
                "col-why",
                "Why / tags",
                ("minmax(120px,1.8fr)", 120),
                Shown,
            ),
        ),
    ),
];

/// Those that can be chosen, and whether each is shown. Tracked.
pub(super) fn choice() -> Vec<(&'static ListColumn, bool)> {
    let shown = shown(false);
    let is_shown = |one: &ListColumn| shown.iter().any(|other| other.column == one.column);
    let is_free = |column: &&ListColumn| match column.usual {
        Always => false,
        Told(_, what) => any_can(State::get(), what),
        Shown | Hidden => true,
    };
    let free = COLUMNS.iter().filter(is_free);
    free.map(|column| (column, is_shown(column))).collect()
}

/// The columns that are shown; a page of medium width leaves the widest one out. Tracked.
pub(super) fn shown(is_medium: bool) -> Vec<&'static ListColumn> {
    State::get().prefs.columns.with(|chosen| {
        let is_shown = |one: &&ListColumn| match (one.usual, chosen) {
            (Always, _) => true,
            _ if is_medium && one.column == Column::Reason => false,
            (_, Some(chosen)) => chosen.contains(&one.column),
            (Told(is_shown, what), None) => is_shown && any_can(State::get(), what),
            (usual, None) => matches!(usual, Shown),
        };
        COLUMNS.iter().filter(is_shown).collect()
    })
}

/// Shows a column or hides it, and remembers that.
pub(super) fn toggle(column: Column) {
    let chosen = untrack(choice);
    let wanted = |(one, is_shown): &(&ListColumn, bool)| (one.column == column) != *is_shown;
    let columns = chosen
        .iter()
        .filter(|one| wanted(one))
        .map(|(one, _)| one.column);
    State::get().prefs.set_columns(Some(columns.collect()));
}

/// The tracks of the grid.
pub(super) fn tracks(columns: &[&ListColumn]) -> String {
    columns
        .iter()
        .map(|column| column.width)
        .collect::<Vec<_>>()
        .join(" ")
}

/// The width below which the list scrolls sideways: gaps and margins are those of style/part/grid.css.
pub(super) fn least(columns: &[&ListColumn]) -> u32 {
    columns.iter().map(|column| column.least + 16).sum::<u32>() + 16
}

/// What an export of these columns writes.
pub(super) fn exported(columns: &[&ListColumn]) -> Vec<Column> {
    let mut all = Vec::new();
    for column in columns {
        all.push(column.column);
        all.extend(column.also);
    }
    // Times are written as instants: this says of which the zone was assumed.
    all.push(Column::ZoneAssumed);
    all
}
