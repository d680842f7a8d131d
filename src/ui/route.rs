//! [`Route`]: where the user is, as a typed value and as the query and hash of a link.
//!
//! The path never changes, so links work on any file server. No router crate: it would grab same-origin links that are not ours.

use runboard_core::model::RunFilter;
use runboard_core::net::query;
use runboard_core::store::run_group::GroupBy;
use runboard_core::store::run_view::SortKey;

use super::route_part::PartFilter;

/// The page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum View {
    #[default]
    Runs,
    Run,
    Stats,
    Wall,
    Tasks,
    Sources,
}

impl View {
    pub const ALL: [View; 6] = [
        View::Runs,
        View::Run,
        View::Stats,
        View::Wall,
        View::Tasks,
        View::Sources,
    ];

    fn word(self) -> &'static str {
        match self {
            View::Runs => "runs",
            View::Run => "run",
            View::Stats => "stats",
            View::Wall => "wall",
            View::Tasks => "tasks",
            View::Sources => "sources",
        }
    }
}

/// The tab of a run's page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tab {
    #[default]
    Overview,
    Steps,
    Timeline,
    Events,
    Logs,
    Stats,
    Resume,
    Lineage,
    Raw,
}

impl Tab {
    pub const ALL: [Tab; 9] = [
        Tab::Overview,
        Tab::Steps,
        Tab::Timeline,
        Tab::Events,
        Tab::Logs,
        Tab::Stats,
        Tab::Resume,
        Tab::Lineage,
        Tab::Raw,
    ];

    pub fn word(self) -> &'static str {
        match self {
            Tab::Overview => "overview",
            Tab::Steps => "steps",
            Tab::Timeline => "timeline",
            Tab::Events => "events",
            Tab::Logs => "logs",
            Tab::Stats => "stats",
            Tab::Resume => "resume",
            Tab::Lineage => "lineage",
            Tab::Raw => "raw",
        }
    }
}

/// Lines of a log that a link points at, 1-based, both included; with a step, lines of that step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineRange {
    pub step: Option<String>,
    pub from: u64,
    pub to: u64,
}

/// Where the user is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Route {
    pub view: View,
    /// On a list: only these sources. On a run: its source.
    pub source: Vec<String>,
    /// A run's id, a prefix of it, or `latest`.
    pub run: Option<String>,
    pub tab: Tab,
    pub filter: RunFilter,
    /// The column that orders the list, and whether the largest stand first.
    pub sort: Option<(SortKey, bool)>,
    /// On the wall: a tile for each source instead of each job.
    pub by_source: bool,
    /// In the list: what runs are put together by.
    pub group: Option<GroupBy>,
    /// Show the newest so many runs only.
    pub limit: Option<u64>,
    /// On the page of tasks: the one that is shown, and its version.
    pub task: Option<String>,
    pub version: Option<String>,
    /// What the tab of a run is asked to show.
    pub part: PartFilter,
    /// Follow the log's end.
    pub follow: bool,
    pub lines: Option<LineRange>,
}

impl Route {
    /// Reads a query (without `?`) and a hash (without `#`). What is not understood is left out, never an error: links live long.
    pub fn parse(text: &str, hash: &str) -> Route {
        let pairs = query::pairs(text);
        let mut route = Route {
            filter: RunFilter::from_pairs(
                pairs
                    .iter()
                    .map(|(key, value)| (key.as_str(), value.as_str())),
            ),
            lines: LineRange::parse(&query::decode(hash, false)),
            ..Route::default()
        };
        for (key, value) in &pairs {
            let many = |into: &mut Vec<String>| {
                into.extend(
                    value
                        .split(',')
                        .map(str::trim)
                        .filter(|part| !part.is_empty())
                        .map(String::from),
                );
            };
            match key.as_str() {
                "view" => {
                    let known = View::ALL.into_iter().find(|view| view.word() == value);
                    route.view = known.unwrap_or_default();
                }
                "tab" => {
                    route.tab = Tab::ALL
                        .into_iter()
                        .find(|tab| tab.word() == value)
                        .unwrap_or_default()
                }
                "source" => many(&mut route.source),
                "run" => route.run = Some(value.clone()).filter(|id| !id.is_empty()),
                "sort" => {
                    let (word, descending) = value
                        .strip_prefix('-')
                        .map_or((value.as_str(), false), |word| (word, true));
                    route.sort = SortKey::from_word(word).map(|key| (key, descending));
                }
                "task" => route.task = Some(value.clone()).filter(|id| !id.is_empty()),
                "version" => route.version = Some(value.clone()).filter(|id| !id.is_empty()),
                "group" => route.group = GroupBy::from_word(value),
                "by" => route.by_source = value == "source",
                "limit" => route.limit = value.parse().ok().filter(|limit| *limit > 0),
                "follow" => route.follow = value != "0",
                key => route.part.take(key, value),
            }
        }
        // Lines of a step are counted, and shown, among the step's own.
        if let Some(step) = route.lines.as_ref().and_then(|lines| lines.step.clone())
            && route.part.only_steps().is_empty()
        {
            route.part.focus = Some(step);
        }
        route
    }

    /// The link: `?query#hash`, in a fixed order, without what is at its default.
    pub fn href(&self) -> String {
        let mut pairs: Vec<(&str, String)> = Vec::new();
        if self.view != View::Runs {
            pairs.push(("view", self.view.word().into()));
        }
        if !self.source.is_empty() {
            pairs.push(("source", self.source.join(",")));
        }
        if let Some(run) = &self.run {
            pairs.push(("run", run.clone()));
        }
        if let Some(task) = &self.task {
            pairs.push(("task", task.clone()));
        }
        if let Some(version) = &self.version {
            pairs.push(("version", version.clone()));
        }
        if self.tab != Tab::Overview {
            pairs.push(("tab", self.tab.word().into()));
        }
        pairs.extend(self.filter.to_pairs());
        if self.by_source {
            pairs.push(("by", "source".into()));
        }
        if let Some(by) = self.group {
            pairs.push(("group", by.word().into()));
        }
        if let Some((key, descending)) = self.sort {
            pairs.push((
                "sort",
                format!("{}{}", if descending { "-" } else { "" }, key.word()),
            ));
        }
        if let Some(limit) = self.limit {
            pairs.push(("limit", limit.to_string()));
        }
        pairs.extend(self.part.pairs());
        if self.follow {
            pairs.push(("follow", "1".into()));
        }
        let mut out = String::from("?");
        for (index, (key, value)) in pairs.iter().enumerate() {
            if index > 0 {
                out.push('&');
            }
            out.push_str(key);
            out.push('=');
            query::encode_readable(value, &mut out);
        }
        if let Some(lines) = &self.lines {
            out.push('#');
            out.push_str(&lines.hash());
        }
        out
    }

    /// A run's page.
    pub fn to_run(source: &str, run: &str, tab: Tab) -> Route {
        Route {
            view: View::Run,
            source: vec![source.into()],
            run: Some(run.into()),
            tab,
            ..Route::default()
        }
    }
}

impl LineRange {
    pub fn one(line: u64) -> LineRange {
        LineRange {
            step: None,
            from: line,
            to: line,
        }
    }

    /// Reads `L120`, `L120-L140`, `L120-140` and `step:KEY:L120-L140`.
    pub fn parse(hash: &str) -> Option<LineRange> {
        let (step, lines) = match hash.strip_prefix("step:") {
            Some(rest) => {
                let (step, lines) = rest.rsplit_once(':')?;
                (Some(step.to_string()), lines)
            }
            None => (None, hash),
        };
        let (from, to) = lines.split_once('-').unwrap_or((lines, lines));
        let from: u64 = from.strip_prefix('L')?.parse().ok()?;
        let to: u64 = to.strip_prefix('L').unwrap_or(to).parse().ok()?;
        (from >= 1).then_some(LineRange {
            step,
            from: from.min(to.max(1)),
            to: to.max(from),
        })
    }

    /// What [`LineRange::parse`] reads.
    pub fn hash(&self) -> String {
        let mut out = String::new();
        if let Some(step) = &self.step {
            out.push_str("step:");
            query::encode(step, &mut out);
            out.push(':');
        }
        if self.from == self.to {
            out.push_str(&format!("L{}", self.from));
        } else {
            out.push_str(&format!("L{}-L{}", self.from, self.to));
        }
        out
    }
}
