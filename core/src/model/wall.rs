//! A wall's tiles: of each job (or source) the newest outcome, since when it is broken, and what runs; sickest first.

use std::collections::BTreeMap;

use super::order::order;
use super::{Phase, Timestamp};

/// What a tile needs of a run.
#[derive(Clone, Copy, Debug)]
pub struct WallRun<'a> {
    pub source: u16,
    pub job: &'a str,
    pub phase: Phase,
    pub is_unfinished: bool,
    pub at: Option<Timestamp>,
    pub started_at: Option<Timestamp>,
}

/// How a tile stands, sickest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Health {
    /// The newest outcome is a failure.
    Failed,
    /// The newest run has an unknown fate: nobody can say that it is well.
    Unknown,
    /// Only stopped runs are known.
    Stopped,
    Succeeded,
    /// There was no outcome yet.
    New,
}

/// One tile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tile {
    pub source: u16,
    /// Empty when tiles are sources.
    pub job: String,
    pub health: Health,
    /// How many jobs the tile stands for, and how many of them are as sick as the tile says.
    pub jobs: u32,
    pub sick: u32,
    /// The first failure since the last success; of several broken jobs the one that is broken longest.
    pub broken_since: Option<Timestamp>,
    /// How many outcomes in a row are failures.
    pub failures: u32,
    /// The newest outcome.
    pub last_at: Option<Timestamp>,
    /// The newest run that goes on.
    pub running_since: Option<Timestamp>,
    pub running: u32,
}

/// Tiles of runs given newest first, one for each job of each source, or one for each source.
pub fn tiles<'a>(runs: impl IntoIterator<Item = WallRun<'a>>, by_source: bool) -> Vec<Tile> {
    let mut wall = Wall::new(by_source);
    for run in runs {
        wall.take(&run);
    }
    wall.finish()
}

/// Tiles being gathered, run by run: a long list is gone through in slices that the caller sizes.
#[derive(Debug)]
pub struct Wall {
    by_source: bool,
    order: Vec<Gathering>,
    index: BTreeMap<String, Vec<(u16, usize)>>,
}

impl Wall {
    pub fn new(by_source: bool) -> Wall {
        Wall {
            by_source,
            order: Vec::new(),
            index: BTreeMap::new(),
        }
    }

    /// Takes the next run in; newer ones come first.
    pub fn take(&mut self, run: &WallRun<'_>) {
        let job = run.job;
        let known = self.index.get(job).and_then(|places| {
            let place = places.iter().find(|(source, _)| *source == run.source);
            place.map(|(_, at)| *at)
        });
        let at = known.unwrap_or_else(|| {
            let at = self.order.len();
            self.order.push(Gathering::new(run.source, job));
            let places = self.index.entry(job.to_string()).or_default();
            places.push((run.source, at));
            at
        });
        if let Some(gathering) = self.order.get_mut(at) {
            gathering.take(run);
        }
    }

    /// The tiles, sickest first.
    pub fn finish(self) -> Vec<Tile> {
        let tile = |place: usize| self.order.get(place).map(|one| &one.tile);
        // The longest broken stands first; otherwise what runs, then the names, so that tiles do not wander.
        let broken = |tile: &Tile| tile.broken_since.map_or(i64::MAX, |at| at.0);
        let places = order(self.order.len(), &|a, b| {
            let (Some(a), Some(b)) = (tile(a), tile(b)) else {
                return std::cmp::Ordering::Equal;
            };
            a.health
                .cmp(&b.health)
                .then_with(|| broken(a).cmp(&broken(b)))
                .then_with(|| a.source.cmp(&b.source))
                .then_with(|| a.job.cmp(&b.job))
        });
        let mut tiles: Vec<Tile> = Vec::new();
        for tile in places.into_iter().filter_map(tile) {
            let same = |other: &&mut Tile| self.by_source && other.source == tile.source;
            match tiles.iter_mut().find(same) {
                Some(all) => all.join(tile),
                None => tiles.push(Tile {
                    job: if self.by_source {
                        String::new()
                    } else {
                        tile.job.clone()
                    },
                    ..tile.clone()
                }),
            }
        }
        tiles
    }
}

impl Tile {
    /// Takes another job of the same source in, which is not sicker than this tile.
    fn join(&mut self, other: &Tile) {
        self.jobs += other.jobs;
        if other.health == self.health {
            self.sick += other.sick;
            self.last_at = self.last_at.max(other.last_at);
        }
        self.running += other.running;
        self.running_since = self.running_since.max(other.running_since);
    }
}

#[derive(Debug)]
struct Gathering {
    tile: Tile,
    has_outcome: bool,
    /// A success was met: older runs tell nothing more.
    is_settled: bool,
}

impl Gathering {
    fn new(source: u16, job: &str) -> Gathering {
        let tile = Tile {
            source,
            job: job.to_string(),
            health: Health::New,
            jobs: 1,
            sick: 1,
            broken_since: None,
            failures: 0,
            last_at: None,
            running_since: None,
            running: 0,
        };
        Gathering {
            tile,
            has_outcome: false,
            is_settled: false,
        }
    }

    fn take(&mut self, run: &WallRun<'_>) {
        let tile = &mut self.tile;
        if run.phase.is_active() && !run.is_unfinished {
            tile.running += 1;
            tile.running_since = tile.running_since.or(run.started_at).or(run.at);
            return;
        }
        if matches!(run.phase, Phase::Queued | Phase::Waiting) {
            return;
        }
        let health = match run.phase {
            Phase::Succeeded | Phase::Recovered => Health::Succeeded,
            Phase::Failed | Phase::TimedOut | Phase::UpstreamFailed => Health::Failed,
            Phase::Canceled | Phase::Skipped => Health::Stopped,
            _ => Health::Unknown,
        };
        // A run that somebody stopped says nothing about the job: the outcome before it still stands.
        if !self.has_outcome || tile.health == Health::Stopped {
            tile.health = health;
            tile.last_at = tile.last_at.or(run.at);
            self.has_outcome = true;
        }
        self.is_settled |= health == Health::Succeeded;
        if tile.health == Health::Failed && health == Health::Failed && !self.is_settled {
            tile.failures += 1;
            tile.broken_since = run.at.or(tile.broken_since);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(job: &'static str, phase: Phase, at: i64) -> WallRun<'static> {
        WallRun {
            source: 0,
            job,
            phase,
            is_unfinished: false,
            at: Some(Timestamp(at)),
            started_at: Some(Timestamp(at)),
        }
    }

    #[test]
    fn sickest_first_and_broken_since_the_first_failure_after_the_last_success() {
        let runs = [
            run("b", Phase::Running, 9),
            run("b", Phase::Failed, 8),
            run("a", Phase::Succeeded, 7),
            run("b", Phase::Canceled, 6),
            run("b", Phase::TimedOut, 5),
            run("c", Phase::Failed, 4),
            run("b", Phase::Succeeded, 3),
            run("b", Phase::Failed, 2),
            run("d", Phase::Queued, 1),
        ];
        let tiles = tiles(runs, false);
        let names: Vec<&str> = tiles.iter().map(|tile| tile.job.as_str()).collect();
        assert_eq!(names, ["c", "b", "a", "d"]);
        let b = &tiles[1];
        assert_eq!(
            (b.health, b.failures, b.broken_since),
            (Health::Failed, 2, Some(Timestamp(5)))
        );
        assert_eq!((b.running, b.running_since), (1, Some(Timestamp(9))));
        assert_eq!(tiles[3].health, Health::New);
    }

    #[test]
    fn a_stopped_run_leaves_the_outcome_before_it_and_an_unknown_one_is_not_well() {
        let stopped = tiles(
            [run("a", Phase::Canceled, 2), run("a", Phase::Failed, 1)],
            false,
        );
        assert_eq!(
            (stopped[0].health, stopped[0].broken_since),
            (Health::Failed, Some(Timestamp(1)))
        );
        let mut lost = run("a", Phase::Unknown, 2);
        lost.is_unfinished = true;
        let lost = tiles([lost, run("a", Phase::Succeeded, 1)], false);
        assert_eq!(lost[0].health, Health::Unknown);
    }

    #[test]
    fn sources_as_tiles() {
        let other = WallRun {
            source: 1,
            ..run("a", Phase::Succeeded, 1)
        };
        let tiles = tiles(
            [
                run("a", Phase::Succeeded, 3),
                run("b", Phase::Failed, 2),
                other,
            ],
            true,
        );
        assert_eq!(tiles.len(), 2);
    }

    #[test]
    fn a_source_is_as_sick_as_its_sickest_job() {
        let runs = [
            run("a", Phase::Succeeded, 9),
            run("b", Phase::Failed, 8),
            run("c", Phase::Failed, 7),
            run("a", Phase::Running, 6),
        ];
        let tiles = tiles(runs, true);
        let [tile] = tiles.as_slice() else {
            panic!("one tile for one source")
        };
        assert_eq!((tile.health, tile.jobs, tile.sick), (Health::Failed, 3, 2));
        assert_eq!(tile.broken_since, Some(Timestamp(7)));
        assert_eq!((tile.running, tile.running_since), (1, Some(Timestamp(6))));
    }
}
