//! What is done to runs and actions.

use runboard_core::backend::{Action, Again, Backend as _, BackendError, NewRun, Order, Template};
use runboard_core::model::resume::PlanVerb;
use runboard_core::model::resume::planner::Profile;
use runboard_core::model::{Phase, ResumeMode, ResumePlan};

use crate::ask::{Service, got, home, refused};

fn signal(step: &str, answer: &str) -> Order {
    Order::Signal {
        run: home("rtree"),
        step: step.into(),
        answer: answer.into(),
    }
}

fn abort(run: &str, step: Option<&str>) -> Order {
    Order::Abort {
        run: home(run),
        step: step.map(String::from),
        reason: "because".into(),
    }
}

pub(crate) async fn answers(service: &Service) {
    let backend = &service.backend;
    for (order, words) in [
        (signal("approve", "maybe"), "true or false"),
        (signal("amount", "many"), "a whole number"),
        (signal("load0", "true"), "asks no question"),
    ] {
        let error = refused(backend.order(&order)).await;
        assert!(
            matches!(&error, BackendError::Refused(why) if why.contains(words)),
            "{error}"
        );
    }
    got(backend.order(&signal("approve", "true"))).await;
    let detail = got(backend.step(&home("rtree"), "approve")).await;
    assert_eq!(detail.step.phase, Phase::Succeeded);
    for (name, value) in [("answered by", "ada@example.org"), ("answer", "true")] {
        let fact = (name.to_string(), value.to_string());
        assert!(detail.facts.contains(&fact), "{:?}", detail.facts);
    }
    let error = refused(backend.order(&signal("approve", "true"))).await;
    assert!(error.to_string().contains("does not wait"), "{error}");
    got(backend.order(&signal("amount", "42"))).await;
}

pub(crate) async fn aborts(service: &Service) {
    let backend = &service.backend;
    // The service itself would make it aborted.
    let error = refused(backend.order(&abort("rdone", None))).await;
    assert!(error.to_string().contains("is over (SUCCEEDED)"), "{error}");
    assert_eq!(
        got(backend.run(&home("rdone"))).await.phase,
        Phase::Succeeded
    );
    got(backend.order(&abort("rtree", Some("train")))).await;
    let told = got(backend.step(&home("rtree"), "train")).await;
    // The open service does not tell who it was.
    let by = told.facts.iter().find(|(name, _)| name == "aborted by");
    let expected = (service.name == "STRICT").then_some("grace@example.org");
    assert_eq!(by.map(|(_, who)| who.as_str()), expected);
    let train = told.step;
    assert_eq!(
        (train.phase, train.reason.as_deref()),
        (Phase::Canceled, Some("because"))
    );
    service.control("add?run=rtree&name=late&phase=4").await;
    // The end of the root is that of the run, with all that it still does.
    let done = got(backend.order(&abort("rtree", Some("a0")))).await;
    let late = got(backend.step(&home("rtree"), "late")).await.step;
    assert_eq!(late.phase, Phase::Canceled);
    let run = done.run.unwrap();
    assert_eq!(
        (run.phase, run.reason.as_deref()),
        (Phase::Canceled, Some("because"))
    );
    let action = Action::Terminate { immediate: false };
    let done = got(backend.act(&home("rqueued"), &action, "k")).await;
    assert_eq!(done.run.unwrap().phase, Phase::Canceled);
    let error = refused(backend.act(&home("rqueued"), &action, "k")).await;
    assert!(matches!(error, BackendError::Refused(_)), "{error}");
}

pub(crate) async fn reruns_and_recovers(service: &Service) {
    let backend = &service.backend;
    let made = got(backend.act(&home("rdone"), &Action::Reexecute(Again::default()), "k"))
        .await
        .run
        .unwrap();
    assert_eq!((made.phase, made.job.as_str()), (Phase::Queued, "etl.main"));
    assert_eq!(made.lineage.parent, Some(home("rdone")));
    let data = got(backend.step_data(&made.id, "a0")).await;
    assert!(
        data.inputs.unwrap().contains("2026-11-21"),
        "the inputs of the run before"
    );

    let error =
        refused(backend.resume_plan(&made.id, ResumeMode::Incomplete, &[], Profile::Actual)).await;
    assert!(error.to_string().contains("goes on"), "{error}");
    let plan =
        got(backend.resume_plan(&home("rtree"), ResumeMode::Incomplete, &[], Profile::Actual))
            .await;
    let of = |plan: &ResumePlan, key: &str| {
        let step = plan.steps.iter().find(|step| step.key == key).unwrap();
        step.expected.map_or(0, |expected| expected.of)
    };
    assert!(got(backend.learn_lengths(&home("rtree"))).await);
    let learnt =
        got(backend.resume_plan(&home("rtree"), ResumeMode::Incomplete, &[], Profile::Actual))
            .await;
    assert!(
        of(&learnt, "a0") > of(&plan, "a0"),
        "{}",
        learnt.expected_by
    );
    assert!(learnt.expected_by.ends_with("of its job"));
    assert_eq!(learnt.token, plan.token);
    let verb = |key: &str| plan.steps.iter().find(|step| step.key == key).unwrap().plan;
    assert_eq!(verb("load0"), PlanVerb::Skip);
    assert_eq!(
        (verb("a0"), verb("train"), verb("fold1")),
        (PlanVerb::Retry, PlanVerb::Retry, PlanVerb::Retry)
    );
    let stale = Action::Resume {
        mode: ResumeMode::Incomplete,
        token: "0".into(),
        with: Again::default(),
    };
    let error = refused(backend.act(&home("rtree"), &stale, "k")).await;
    assert!(
        error.to_string().contains("look at the plan again"),
        "{error}"
    );
    let resume = Action::Resume {
        mode: ResumeMode::Incomplete,
        token: plan.token.clone(),
        with: Again::default(),
    };
    let made = got(backend.act(&home("rtree"), &resume, "k"))
        .await
        .run
        .unwrap();
    let steps = got(backend.steps(&made.id)).await;
    for step in &plan.steps {
        let new = steps.iter().find(|other| other.key == step.key).unwrap();
        // What was said to be reused is, and nothing else.
        assert_eq!(
            new.phase == Phase::Recovered,
            step.plan == PlanVerb::Skip,
            "{}",
            step.key
        );
    }
    let load = got(backend.step(&made.id, "load0")).await;
    let from = ("recovered from".to_string(), home("rtree") + " load0");
    assert!(load.facts.contains(&from), "{:?}", load.facts);
}

fn new(template: Template, name: Option<&str>, inputs: Option<&str>) -> Order {
    Order::Create(NewRun {
        project: String::new(),
        domain: String::new(),
        name: name.map(String::from),
        template,
        inputs: inputs.map(String::from),
        options: None,
    })
}

pub(crate) async fn creates(service: &Service) {
    let backend = &service.backend;
    let task = |version: &str| Template::Task {
        id: home("etl.main"),
        version: version.into(),
    };
    let inputs = r#"{"literals":[{"name":"day","value":{"scalar":{"primitive":{"stringValue":"friday"}}}}]}"#;
    let made = got(backend.order(&new(task("v2"), Some("my-run"), Some(inputs)))).await;
    assert_eq!(made.run.unwrap().id, home("my-run"));
    let data = got(backend.step_data(&home("my-run"), "a0")).await;
    assert!(data.inputs.unwrap().contains("friday"));
    for (order, words) in [
        (new(task("v2"), Some("my-run"), None), "already exists"),
        (
            new(task("v2"), Some("My Run"), None),
            "begins with a letter",
        ),
        (new(task("v9"), None, None), "not found"),
        (new(task("v2"), None, Some("{")), "inputs:"),
        (
            new(
                Template::Task {
                    id: "etl.main".into(),
                    version: "v1".into(),
                },
                None,
                None,
            ),
            "project/domain/name",
        ),
    ] {
        let error = refused(backend.order(&order)).await;
        assert!(error.to_string().contains(words), "{error}");
    }
    let trigger = Template::Trigger {
        name: "nightly".into(),
        task: home("etl.main"),
    };
    let made = got(backend.order(&new(trigger, None, None)))
        .await
        .run
        .unwrap();
    assert!(
        made.tags.contains(&("trigger".into(), "nightly".into())),
        "{:?}",
        made.tags
    );
    let info = got(backend.tasks().unwrap().task(&home("etl.report"), "v1")).await;
    let order = match new(Template::Spec(info.spec), None, None) {
        Order::Create(new) => Order::Create(NewRun {
            project: "flytesnacks".into(),
            domain: "staging".into(),
            ..new
        }),
        other => other,
    };
    let made = got(backend.order(&order)).await.run.unwrap();
    assert!(made.id.starts_with("flytesnacks/staging/r"), "{}", made.id);
}

/// Where nobody tells values, a run is run again with what is stored; two runs' inputs are never taken for the same.
pub(crate) async fn reruns_without_values(service: &Service) {
    let mut hashes = Vec::new();
    for name in ["rdone", "rfailed"] {
        let action = Action::Reexecute(Again::default());
        let made = got(service.backend.act(&home(name), &action, "k")).await;
        let id = made.run.unwrap().id;
        let bare = id.rsplit('/').next().unwrap();
        let told = service.control(&["run?run=", bare].concat()).await;
        let stored = &told["offloaded"];
        assert_eq!(stored["uri"], format!("s3://data/{name}/a0/inputs.pb"));
        hashes.push(stored["inputsHash"].clone());
    }
    assert!(
        hashes[0].is_string() && hashes[0] != hashes[1],
        "{hashes:?}"
    );
}
