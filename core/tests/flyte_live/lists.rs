//! Lists: pages, filters, names, and news that the service does not tell.

use runboard_core::backend::{Backend as _, BackendError, Topic, Updates};
use runboard_core::model::{Phase, RunFilter, Span};

use crate::ask::{Service, got, home, refused};

pub(crate) async fn about(service: &Service) {
    let info = got(service.backend.info()).await;
    assert_eq!(info.name, "Flyte 2");
    assert_eq!(info.vocabulary.step, "action");
    let can = info.capabilities;
    assert!(can.updates == Updates::Stream && can.create && can.signal);
    assert_eq!(info.problems, [""; 0]);
    service.control("ready?words=database%20is%20down").await;
    let info = got(service.backend.info()).await;
    assert!(
        info.problems[0].contains("not ready: database is down (its database? see the log of"),
        "{:?}",
        info.problems
    );
    service.control("ready").await;
}

async fn ids(service: &Service, pairs: &[(&str, &str)]) -> Vec<String> {
    let filter = RunFilter::from_pairs(pairs.iter().copied());
    let page = service
        .backend
        .list_runs(&filter, 200, None)
        .await
        .unwrap()
        .value;
    let name = |run: runboard_core::model::Run| run.id.rsplit('/').next().unwrap().to_string();
    let mut names: Vec<String> = page.items.into_iter().map(name).collect();
    names.retain(|name| !name.starts_with("rold"));
    names
}

pub(crate) async fn pages(service: &Service) {
    let (mut seen, mut page) = (Vec::new(), None);
    let filter = RunFilter::default();
    loop {
        let answer = got(service.backend.list_runs(&filter, 50, page.as_deref())).await;
        assert!(answer.items.len() <= 50);
        seen.extend(answer.items);
        page = answer.next;
        if page.is_none() {
            break;
        }
    }
    assert!(seen.len() >= 130, "{}", seen.len());
    assert!(
        seen.is_sorted_by(|a, b| a.created_at >= b.created_at),
        "newest first"
    );
    let mut ids: Vec<&str> = seen.iter().map(|run| run.id.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), seen.len());
    let done = seen.iter().find(|run| run.id == home("rdone")).unwrap();
    assert_eq!(
        (done.phase, done.raw_status.as_str()),
        (Phase::Succeeded, "SUCCEEDED")
    );
    assert_eq!(
        (done.job.as_str(), done.user.as_deref()),
        ("etl.main", Some("ada@example.org"))
    );
    let tag = |key: &str| {
        done.tags
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value.as_str())
    };
    assert_eq!(
        (tag("project"), tag("domain")),
        (Some("flytesnacks"), Some("development"))
    );
    assert_eq!(
        (tag("trigger"), tag("run_source")),
        (Some("nightly"), Some("schedule_trigger"))
    );
    assert_eq!(
        done.ended_at.unwrap().since(done.started_at.unwrap()).0,
        60_000_000
    );
}

pub(crate) async fn filters(service: &Service) {
    // Between two runs, however long the service has been there.
    let billing = RunFilter::from_pairs([("tag", "project=billing")]);
    let billing = got(service.backend.list_runs(&billing, 1, None)).await;
    let newest = billing.items[0].created_at.unwrap();
    let since = newest.minus(Span::seconds(50)).to_string();
    for (pairs, expected) in [
        (vec![("status", "canceled")], vec!["rabort"]),
        (vec![("status", "timed_out")], vec!["rtimeout"]),
        (
            vec![("status", "ABORTED,timed_out")],
            vec!["rtimeout", "rabort"],
        ),
        (vec![("job", "billing.invoice")], vec!["rtwice", "rbill"]),
        (vec![("job", "bill*")], vec!["rtwice", "rbill"]),
        (
            vec![
                ("job", "billing.invoice,etl.report"),
                ("status", "failed,aborted"),
            ],
            vec!["rtwice", "rabort"],
        ),
        (vec![("tag", "project=billing")], vec!["rtwice", "rbill"]),
        (vec![("tag", "owner=linus")], vec!["rbill"]),
        (vec![("tag", "run_source=schedule_trigger")], vec!["rdone"]),
        (
            vec![("tag", "trigger=nightly"), ("status", "succeeded")],
            vec!["rdone"],
        ),
        (vec![("tag", "paused_action")], vec!["rtree"]),
        (vec![("q", "linus")], vec!["rbill"]),
        (
            vec![("since", since.as_str())],
            vec!["rlive", "rqueued", "rtree", "rtwice"],
        ),
        (vec![("until", "3500s")], vec!["rdone"]),
        (
            vec![
                ("status", "succeeded"),
                ("longer", "30s"),
                ("shorter", "60s"),
            ],
            vec!["rtwice", "rbill", "rdone"],
        ),
        (vec![("status", "succeeded"), ("longer", "61s")], vec![]),
    ] {
        let mut found = ids(service, &pairs).await;
        found.retain(|name| name != "rbig");
        assert_eq!(found, expected, "{pairs:?}");
    }
    let nonsense = RunFilter::from_pairs([("status", "skipped")]);
    let answer = service
        .backend
        .list_runs(&nonsense, 10, None)
        .await
        .unwrap();
    assert!(answer.value.items.is_empty());
    assert_eq!(
        answer.problems,
        ["no action of Flyte has the phase skipped"]
    );
    let nonsense = RunFilter::from_pairs([("since", "soon")]);
    let error = refused(service.backend.list_runs(&nonsense, 10, None)).await;
    assert!(error.to_string().contains("since=soon"), "{error}");
}

pub(crate) async fn names(service: &Service) {
    let backend = &service.backend;
    assert_eq!(got(backend.run("rdone")).await.id, home("rdone"));
    let error = refused(backend.run("rtwice")).await;
    let BackendError::NotFound(missing) = error else {
        panic!("{error}");
    };
    assert_eq!(missing.nearest.len(), 2);
    for id in ["rnobody", &home("rnobody")] {
        let error = refused(backend.run(id)).await;
        assert!(matches!(error, BackendError::NotFound(_)), "{id}: {error}");
    }
    let error = refused(backend.run("p//x")).await;
    assert!(
        matches!(&error, BackendError::Refused(words) if words.contains("domain")),
        "{error}"
    );
}

/// From another origin what only reads is asked by GET, which needs no preflight; by POST where the server has no GET.
pub(crate) async fn elsewhere() {
    let service = Service::elsewhere("STRICT");
    let gets = async |method: &str| {
        let told = service.control("streams").await;
        told["gets"][method].as_u64().unwrap_or(0)
    };
    assert_eq!(got(service.backend.run("rdone")).await.id, home("rdone"));
    let details = gets("GetRunDetails").await;
    assert_eq!((details, gets("ListRuns").await), (1, 1));
    got(service.backend.info()).await;
    assert_eq!(gets("ListProjects").await, 0, "it is not said to only read");
    service.control("gets?on=0").await;
    assert_eq!(
        got(service.backend.run(&home("rdone"))).await.id,
        home("rdone")
    );
    service.control("gets?on=1").await;
    got(service.backend.run(&home("rdone"))).await;
    assert_eq!(
        gets("GetRunDetails").await,
        details,
        "once refused, it is not tried again"
    );
}

pub(crate) async fn one_project() {
    let service = Service::scoped("LAX", "billing", "production");
    assert_eq!(ids(&service, &[]).await, ["rtwice", "rbill"]);
    assert_eq!(
        got(service.backend.run("rtwice")).await.id,
        "billing/production/rtwice"
    );
    let wrong = Service::scoped("LAX", "billing", "moon");
    let info = got(wrong.backend.info()).await;
    assert!(
        info.problems[0].contains("development, production"),
        "{:?}",
        info.problems
    );
}

/// A new run is announced by nobody, and news of others get lost: here all of them.
pub(crate) async fn live(service: &Service) {
    service.quiet("runs").await;
    let follower = service.follow(vec![Topic::Runs], |seen| seen.run("rfresh").is_some());
    let changer = async {
        // The stream is opened after the first reading.
        service.heard("runs").await;
        service.control("new?name=rfresh").await;
    };
    let (seen, ()) = futures_util::future::join(follower, changer).await;
    assert!(seen.is_live);

    // An old run that goes on is not on the newest page.
    let is_there = |seen: &crate::ask::Seen, phase: Phase| {
        seen.run("rold119").is_some_and(|run| run.phase == phase)
    };
    service.control("set?run=rold119&phase=4").await;
    let filter = RunFilter::from_pairs([("status", "running")]);
    let page = got(service.backend.list_runs(&filter, 50, None)).await;
    assert!(page.items.iter().any(|run| run.id == home("rold119")));
    service.control("lossy?n=1").await;
    service.quiet("runs").await;
    let follower = service.follow(vec![Topic::Runs], |seen| is_there(seen, Phase::Failed));
    let changer = async {
        service.heard("runs").await;
        service.control("set?run=rold119&phase=6").await;
    };
    let (seen, ()) = futures_util::future::join(follower, changer).await;
    assert_eq!(seen.lost, []);

    // What is not lost is told at once by the stream: of a run that nobody knew to go on.
    service.control("lossy?n=0").await;
    service.quiet("runs").await;
    let follower = service.follow(vec![Topic::Runs], |seen| {
        seen.run("rold118")
            .is_some_and(|run| run.phase == Phase::Canceled)
    });
    let changer = async {
        service.heard("runs").await;
        service.control("set?run=rold118&phase=7").await;
    };
    let (seen, ()) = futures_util::future::join(follower, changer).await;
    assert_eq!(seen.lost, []);
}
