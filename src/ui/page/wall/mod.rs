//! The wall: tiles that fill the screen, sickest first, readable from 5 m. Nothing to click, nothing that scrolls; it heals by itself.

use crate::state::reactive::{effect, memo};
use crate::ui::html::{IntoHtml, view};
use runboard_core::model::Timestamp;
use runboard_core::model::order::order;
use runboard_core::model::wall::{Health, Tile};

use crate::state::State;
use crate::state::gather;
use crate::state::session::Standing;
use crate::state::sources::ConfigState;
use crate::state::version;
use crate::ui::nav::Nav;
use crate::ui::page::runs::ask;
use crate::ui::part::phase_badge::phase_glyph;
use crate::ui::part::source_strip::state_in_short;
use crate::ui::text;

/// Tiles that can be read from afar; the rest is counted on the last one.
const TILES: usize = 24;

/// A tile as it is shown.
#[derive(Clone, PartialEq)]
struct Shown {
    name: String,
    source: Option<String>,
    /// The word of `data-health`.
    health: &'static str,
    tile: Option<Tile>,
    /// Why its source cannot be trusted, in words.
    stale: Option<String>,
}

fn word(health: Health) -> &'static str {
    match health {
        Health::Failed => "failed",
        Health::Unknown => "unknown",
        Health::Stopped => "stopped",
        Health::Succeeded => "succeeded",
        Health::New => "new",
    }
}

/// Tiles of one source each when there are several and the address asks so; the sources that gave nothing are tiles too.
fn shown(state: State, tiles: &[Tile], by_source: bool, now: Timestamp) -> Vec<Shown> {
    let sources = state.sources.list.get();
    let several = sources.len() > 1;
    let stale = |index: u16| {
        sources
            .get(usize::from(index))
            .filter(|source| source.is_stale(now))
            .map(|source| state_in_short(source, now))
    };
    let name = |index: u16| {
        sources
            .get(usize::from(index))
            .map(|source| source.config.name.clone())
            .unwrap_or_default()
    };
    let mut shown: Vec<Shown> = sources
        .iter()
        .filter(|source| {
            source.is_stale(now) && !tiles.iter().any(|tile| tile.source == source.index)
        })
        .map(|source| Shown {
            name: source.config.name.clone(),
            source: None,
            health: "stale",
            tile: None,
            stale: stale(source.index),
        })
        .collect();
    shown.extend(tiles.iter().map(|tile| {
        let stale = stale(tile.source);
        Shown {
            name: if by_source {
                name(tile.source)
            } else {
                tile.job.clone()
            },
            source: (several && !by_source).then(|| name(tile.source)),
            health: if stale.is_some() {
                "stale"
            } else {
                word(tile.health)
            },
            tile: Some(tile.clone()),
            stale,
        }
    }));
    // What is stale is sick too: nobody knows how it is.
    let rank = |place: usize| match shown.get(place).map_or("", |tile| tile.health) {
        "failed" => 0,
        "stale" => 1,
        "unknown" => 2,
        _ => 3,
    };
    let places = order(shown.len(), &|a, b| rank(a).cmp(&rank(b)));
    let tile = |place: usize| shown.get(place).cloned();
    places.into_iter().filter_map(tile).collect()
}

/// Columns for `count` tiles on a screen of this shape, so that tiles are as large as can be.
fn columns(count: usize, width: f64, height: f64) -> usize {
    let best = (1..=count.max(1)).max_by(|a, b| {
        let size = |columns: usize| {
            let rows = count.max(1).div_ceil(columns);
            // A tile is best twice as wide as it is high.
            (width / columns as f64 / 2.0).min(height / rows as f64)
        };
        size(*a).total_cmp(&size(*b)).then(b.cmp(a))
    });
    best.unwrap_or(1)
}

pub fn wall_page() -> impl IntoHtml {
    let state = State::get();
    let nav = Nav::get();
    ask(state, nav);
    let newer = version::newer_build();
    effect(move || {
        if newer.get() {
            version::reload_once();
        }
    });
    let by_source = memo(move || nav.route.with(|route| route.by_source));
    // Once a second: the clock ticks, and so do the ages.
    let asked = memo(move || {
        nav.route
            .with(|route| (route.by_source, route.limit.map(|limit| limit as usize)))
    });
    let known = gather::tiles(state, asked);
    let tiles = memo(move || {
        known.with(|known| {
            let known = known.as_deref().unwrap_or_default();
            shown(state, known, by_source.get(), state.now.get())
        })
    });
    let hidden = memo(move || tiles.with(|tiles| tiles.len().saturating_sub(TILES)));
    let is_well = memo(move || {
        tiles.with(|tiles| {
            !tiles.is_empty()
                && tiles.iter().all(|tile| {
                    tile.health == "succeeded"
                        && tile.tile.as_ref().is_some_and(|tile| tile.running == 0)
                })
        })
    });
    let grid = memo(move || {
        let count = tiles.with(|tiles| tiles.len().min(TILES)) + usize::from(hidden.get() > 0);
        let (width, height) = crate::browser::page::size();
        let columns = columns(count, width, height);
        (columns, count.max(1).div_ceil(columns))
    });
    let nothing = move || match state.sources.config.get() {
        ConfigState::Loading => "reading config.json".to_string(),
        ConfigState::Failed(_) if state.session.standing.get() == Standing::SignedOut => {
            "signed out".into()
        }
        ConfigState::Failed(error) => error,
        ConfigState::Missing => "no source is configured".into(),
        ConfigState::Ready if state.sources.list.with(Vec::is_empty) => {
            "no source is configured".into()
        }
        ConfigState::Ready => state.runs.wrong.get().unwrap_or_else(|| "no runs".into()),
    };
    view! {
        <div class="wall" role="region" aria-label="Wall" data-well=move || is_well.get().to_string()>
            <h1 class="visually-hidden">"Wall"</h1>
            <div class="wall__tiles" style:--columns=move || grid.get().0.to_string() style:--rows=move || grid.get().1.to_string()>
                {move || {
                    if is_well.get() {
                        let count = tiles.with(Vec::len);
                        return calm(count, by_source.get()).into_html();
                    }
                    let tiles = tiles.get();
                    if tiles.is_empty() {
                        let words = nothing();
                        let letters = words.chars().count().max(10).to_string();
                        return view! { <div class="tile" data-health="new"><b class="tile__name" style:--letters=letters>{words}</b></div> }.into_html();
                    }
                    let failing = tiles.iter().skip(TILES).filter(|tile| tile.health == "failed").count();
                    let more = hidden.get();
                    view! {
                        {tiles.into_iter().take(TILES).map(tile_view).collect::<Vec<_>>()}
                        {(more > 0).then(|| view! {
                            <div class="tile" data-health={if failing > 0 { "failed" } else { "new" }}>
                                <b class="tile__name" style:--letters="8">{format!("+{more} more")}</b>
                                <span class="tile__words">{format!("{failing} failing")}</span>
                            </div>
                        })}
                    }
                    .into_html()
                }}
            </div>
            {corner()}
        </div>
    }
}

/// All is well: one calm page.
fn calm(count: usize, by_source: bool) -> impl IntoHtml {
    let noun = if by_source {
        ("source", "sources")
    } else {
        ("job", "jobs")
    };
    view! {
        <div class="tile tile--calm" data-health="succeeded">
            <b class="tile__name" style:--letters="10">"All is well"</b>
            <span class="tile__words">{format!("{} succeeded last", text::counted(count as u64, noun.0, noun.1))}</span>
        </div>
    }
}

fn tile_view(shown: Shown) -> impl IntoHtml {
    let state = State::get();
    let letters = shown.name.chars().count().max(6);
    let tile = shown.tile.clone();
    let running = tile.as_ref().and_then(|tile| tile.running_since);
    let phase = match shown.health {
        "failed" => runboard_core::model::Phase::Failed,
        "succeeded" => runboard_core::model::Phase::Succeeded,
        "stopped" => runboard_core::model::Phase::Canceled,
        "new" => runboard_core::model::Phase::Queued,
        _ => runboard_core::model::Phase::Unknown,
    };
    let words = {
        let stale = shown.stale.clone();
        move || {
            let now = state.now.get();
            if let Some(stale) = &stale {
                return match stale.strip_prefix("STALE ") {
                    Some(since) => ["no data ", since].concat(),
                    None => ["no data: ", stale.trim_start_matches("down: ")].concat(),
                };
            }
            let Some(tile) = &tile else {
                return String::new();
            };
            match (tile.health, tile.broken_since, tile.last_at) {
                (Health::Failed, Some(since), _) if tile.jobs > 1 => {
                    let jobs = text::counted(u64::from(tile.jobs), "job", "jobs");
                    let since = text::time_short(since, now);
                    format!("{} of {jobs} broken, since {since}", tile.sick)
                }
                (Health::Failed, Some(since), _) if tile.failures > 1 => {
                    let since = text::time_short(since, now);
                    format!("broken since {since}, {} failures", tile.failures)
                }
                (Health::Failed, Some(since), _) => {
                    format!("failed {}", text::ago_words(now.since(since)))
                }
                (Health::Unknown, _, _) => "unfinished, no sign of life".into(),
                (health, _, Some(at)) => {
                    format!("{} {}", word(health), text::ago_words(now.since(at)))
                }
                (Health::New, _, None) if tile.running > 0 => "first run".into(),
                (health, _, None) => word(health).into(),
            }
        }
    };
    let is_current = shown.stale.is_none();
    view! {
        <div class="tile" data-health=shown.health>
            <b class="tile__name" style:--letters=letters.to_string()><bdi>{shown.name.clone()}</bdi></b>
            <span class="tile__words">{phase_glyph(phase, false)}{words}</span>
            {running.filter(|_| is_current).map(|since| view! {
                <span class="tile__running" data-phase="running">{move || format!("running {}", text::ticking(state.now.get().since(since)))}</span>
            })}
            {shown.source.map(|source| view! { <span class="tile__source">{source}</span> })}
        </div>
    }
}

/// Time, zone, and the age of the oldest data.
fn corner() -> impl IntoHtml {
    let state = State::get();
    let words = move || {
        let now = state.now.get();
        let oldest = state
            .sources
            .list
            .with(|list| list.iter().filter_map(|source| source.age(now)).max());
        let age = oldest.map_or_else(
            || "no data".into(),
            |age| format!("data {}", text::ago(age)),
        );
        (text::clock(now), age)
    };
    view! { <p class="wall__corner"><b>{move || words().0}</b>" "{move || words().1}</p> }
}
