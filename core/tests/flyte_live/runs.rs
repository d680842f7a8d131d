//! One run: its row, its tree, its actions, its values, live.

use runboard_core::backend::{Backend as _, EventQuery, Logs};
use runboard_core::model::{EventFilter, Phase};

use crate::ask::{Service, got, home, whole};

pub(crate) async fn one(service: &Service) {
    let run = got(service.backend.run(&home("rfailed"))).await;
    assert_eq!(run.reason.as_deref(), Some("ValueError: no rows for day"));
    let run = got(service.backend.run(&home("rabort"))).await;
    assert_eq!(run.reason.as_deref(), Some("too expensive"));
    assert_eq!(run.user.as_deref(), Some("grace@example.org"));
    let run = got(service.backend.run(&home("rtree"))).await;
    assert!(
        run.tags.contains(&("team".into(), "data".into())),
        "{:?}",
        run.tags
    );
    let raw = got(service.backend.raw(&home("rtree"))).await;
    assert!(raw.contains("registry.example/etl:v1"));
}

pub(crate) async fn tree(service: &Service) {
    let steps = got(service.backend.steps(&home("rtree"))).await;
    let step = |key: &str| steps.iter().find(|step| step.key == key).unwrap();
    assert_eq!(steps.len(), 11);
    assert_eq!(steps[0].key, "a0");
    assert_eq!(
        (
            step("a0").parent.as_deref(),
            step("load1").parent.as_deref()
        ),
        (None, Some("a0"))
    );
    assert_eq!(step("fold1").parent.as_deref(), Some("train"));
    assert_eq!(step("load1").group.as_deref(), Some("load"));
    assert_eq!(step("load1").name.as_deref(), Some("report"));
    let tries = |key: &str| step(key).attempts.len();
    assert_eq!((tries("train"), tries("load0")), (2, 0));
    for (key, kind, phase) in [
        ("train", "task", Phase::Running),
        ("fetch", "trace", Phase::Succeeded),
        ("approve", "condition", Phase::Paused),
        ("fold1", "task", Phase::Failed),
    ] {
        assert_eq!(
            (step(key).kind.as_deref(), step(key).phase),
            (Some(kind), phase),
            "{key}"
        );
    }
}

pub(crate) async fn step(service: &Service) {
    let train = got(service.backend.step(&home("rtree"), "train")).await;
    let attempts = &train.step.attempts;
    assert_eq!(attempts.len(), 2);
    assert_eq!(
        (attempts[0].phase, attempts[1].phase),
        (Phase::Failed, Phase::Running)
    );
    assert!(attempts[0].reason.is_some() && attempts[1].ended_at.is_none());
    let second: Vec<&str> = train
        .spans
        .iter()
        .filter(|span| span.attempt == 2)
        .map(|span| span.raw_status.as_str())
        .collect();
    assert_eq!(second, ["QUEUED", "RUNNING"]);
    // A log's link is there even though the service never calls it ready; an editor is gone with its attempt.
    let links: Vec<(&str, Option<u32>, bool)> = train
        .links
        .iter()
        .map(|link| (link.name.as_str(), link.attempt, link.is_ready))
        .collect();
    assert_eq!(
        links,
        [
            ("Cloud logs", Some(1), true),
            ("Dashboard", Some(1), false),
            ("Cloud logs", Some(2), true),
            ("Dashboard", Some(2), true),
            ("Editor", Some(2), true)
        ]
    );
    assert!(
        train
            .facts
            .iter()
            .any(|(name, value)| name.ends_with("pod") && value == "rtree-train-1")
    );
    assert!(train.spec.unwrap().contains("etl:v1"));
    let load = got(service.backend.step(&home("rtree"), "load0")).await;
    let cached = |name: &str| {
        let of = |(fact, _): &&(String, String)| fact == name;
        load.facts.iter().find(of).map(|(_, value)| value.as_str())
    };
    assert_eq!(cached("cache"), Some("CACHE_HIT"));
    assert_eq!(cached("attempt 1: cache"), None, "as the action's own");
    assert_eq!(
        cached("attempt 1: cached from"),
        Some("flytesnacks/development/rdone load0 attempt 2")
    );
    let asked = got(service.backend.step(&home("rtree"), "approve"))
        .await
        .question
        .unwrap();
    assert_eq!((asked.kind.as_str(), asked.is_markdown), ("BOOLEAN", true));
    assert!(asked.prompt.starts_with("Release the **model**?\n"));
    // What a traced call and a question are made of is told as well as a task's.
    let trace = got(service.backend.step(&home("rtree"), "fetch")).await;
    assert!(trace.spec.unwrap().contains("INTEGER"));
    let amount = got(service.backend.step(&home("rtree"), "amount")).await;
    let spec = amount.spec.unwrap();
    assert!(
        spec.contains("asks a person") && spec.contains("INTEGER"),
        "{spec}"
    );
    // Where the details do not tell where it ran, that is asked for.
    let load = got(service.backend.step(&home("rtree"), "load3")).await;
    let pod = ("attempt 1: pod".to_string(), "rtree-load3-0".to_string());
    assert!(load.facts.contains(&pod), "{:?}", load.facts);
    let root = got(service.backend.step(&home("rdone"), "a0")).await;
    assert_eq!(root.notes.len(), 2);
    assert!(root.links.iter().any(|link| link.name == "report"));
    let link = got(service.backend.report(&home("rdone"), "a0", 1)).await;
    assert!(link.starts_with("https://"), "{link}");
}

pub(crate) async fn values(service: &Service) {
    let data = got(service.backend.step_data(&home("rtree"), "load2")).await;
    assert!(data.inputs.unwrap().contains("part"));
    assert!(data.outputs.unwrap().contains("20"));
    assert_eq!(data.lacking, None);
}

pub(crate) async fn history(service: &Service) {
    let batch = got(service
        .backend
        .events(&home("rdone"), &EventQuery::default()))
    .await;
    let kinds: Vec<&str> = batch
        .events
        .iter()
        .map(|event| event.kind.as_str())
        .collect();
    assert_eq!(
        kinds,
        [
            "QUEUED",
            "WAITING_FOR_RESOURCES",
            "Scheduled",
            "INITIALIZING",
            "Pulled",
            "RUNNING",
            "SUCCEEDED"
        ]
    );
    assert!(batch.events.iter().zip(1..).all(|(event, n)| event.n == n));
    let query = EventQuery {
        filter: EventFilter::from_pairs([("step", "fold1"), ("level", "error")]),
        ..EventQuery::default()
    };
    let batch = got(service.backend.events(&home("rtree"), &query)).await;
    assert_eq!(batch.events.len(), 1);
    assert_eq!(batch.events[0].message, "diverged");
}

/// A run that goes on, whose stream dies of an error that the service makes itself, ends; and its last action ends after it.
pub(crate) async fn live(service: &Service) {
    let topic = whole("rlive");
    service.quiet("actions").await;
    let follower = service.follow(vec![topic], |seen| !seen.ended.is_empty());
    let changer = async {
        let pause = || tokio::time::sleep(std::time::Duration::from_millis(700));
        service.heard("actions").await;
        service.control("add?run=rlive&name=s2&phase=4").await;
        pause().await;
        service.control("orphan?run=rlive").await;
        pause().await;
        service
            .control("add?run=rlive&name=s3&parent=s2&phase=1")
            .await;
        service.control("set?run=rlive&action=s3&phase=5").await;
        service.control("set?run=rlive&action=s2&phase=6").await;
        service.control("set?run=rlive&phase=5").await;
        pause().await;
        service.control("set?run=rlive&action=s1&phase=5").await;
    };
    let (seen, ()) = futures_util::future::join(follower, changer).await;
    assert!(seen.is_live);
    let lost: Vec<String> = seen.lost.iter().map(ToString::to_string).collect();
    assert!(
        lost.iter()
            .all(|words| words.contains("parent node [p] not found")),
        "{lost:?}"
    );
    assert_eq!(lost.len(), 1, "{lost:?}");
    for (key, phase) in [
        ("a0", Phase::Succeeded),
        ("s1", Phase::Succeeded),
        ("s2", Phase::Failed),
        ("s3", Phase::Succeeded),
    ] {
        assert_eq!(seen.step(key).unwrap().phase, phase, "{key}");
    }
    let run = seen.run("rlive").unwrap();
    assert_eq!(run.phase, Phase::Succeeded);
    assert_eq!(
        (run.steps.total, run.steps.succeeded, run.steps.failed),
        (Some(4), 3, 1)
    );
}

/// More changes at once than the service's channels have room for: the run goes on, and its actions are shown as they are all the same.
pub(crate) async fn lost_news(service: &Service) {
    service.control("new?name=rburst").await;
    service.control("set?run=rburst&phase=4").await;
    service.quiet("actions").await;
    let follower = service.follow(vec![whole("rburst")], |seen| {
        let done = |step: &&runboard_core::model::Step| step.phase == Phase::Succeeded;
        seen.steps.iter().filter(done).count() == 400
    });
    let changer = async {
        service.heard("actions").await;
        service.control("burst?run=rburst&n=400").await;
    };
    let (seen, ()) = futures_util::future::join(follower, changer).await;
    assert_eq!(seen.run("rburst").unwrap().phase, Phase::Running);
    assert_eq!(seen.lost, []);
    assert_eq!(seen.run("rburst").unwrap().steps.total, Some(401));
}

pub(crate) async fn without_data_proxy(service: &Service) {
    let info = got(service.backend.info()).await;
    assert_eq!(info.capabilities.logs, Logs::None);
    let data = got(service.backend.step_data(&home("rdone"), "a0")).await;
    assert_eq!((data.inputs, data.outputs), (None, None));
    assert!(data.inputs_uri.unwrap().ends_with("inputs.pb"));
    assert!(data.lacking.unwrap().contains("DataProxy"));
}

pub(crate) async fn without_streams(service: &Service) {
    service.control("block?on=1").await;
    let seen = service
        .follow(vec![whole("rtree")], |seen| {
            seen.steps.iter().filter(|step| step.name.is_some()).count() == 11
        })
        .await;
    assert!(seen.is_live && seen.lost.is_empty());
    assert!(
        seen.problems
            .iter()
            .any(|words| words.contains("asked for")),
        "{:?}",
        seen.problems
    );
    assert_eq!(seen.step("fold1").unwrap().parent.as_deref(), Some("train"));
    assert_eq!(
        seen.step("approve").unwrap().kind.as_deref(),
        Some("condition")
    );
    service.control("block?on=0").await;
}
