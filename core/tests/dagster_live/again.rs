//! Runs that are made of others, and runs that go.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::FutureExt as _;
use runboard_core::backend::dagster::Dagster;
use runboard_core::backend::{Action, Again, Backend as _, BackendError, Launch, Topic, Update};
use runboard_core::model::resume::planner::Profile;
use runboard_core::model::resume::{PlanStep, PlanVerb};
use runboard_core::model::{Phase, ResumeMode, Run, RunFilter, rerun};
use serde_json::json;

use super::ask::{add_partition, ask, backend, got, ids, over, read, refused, until};

/// How long a step is expected to take is learnt from other runs of the job.
pub(crate) fn lengths(jobs: &BTreeMap<&str, String>) {
    let backend = backend();
    let failed = &jobs["retry_job_fails"];
    let known = || {
        let plan = got(backend.resume_plan(failed, ResumeMode::Incomplete, &[], Profile::Actual));
        let of = plan.steps.iter().map(|step| {
            let of = step.expected.map_or(0, |expected| expected.of);
            (step.key.clone(), of)
        });
        (of.collect::<BTreeMap<_, _>>(), plan.expected_by)
    };
    let (before, by) = known();
    assert!(before["flaky"] == 0 && by.ends_with("in this run"), "{by}");
    assert!(got(backend.learn_lengths(failed)));
    let (after, by) = known();
    assert!(after["flaky"] > 0 && by.ends_with("of its job"), "{by}");
    // Of another run nothing is said that was not asked for.
    let other = backend.resume_plan(
        &jobs["fail_job"],
        ResumeMode::Incomplete,
        &[],
        Profile::Actual,
    );
    assert!(got(other).expected_by.ends_with("in this run"));
}

/// The preview is what the server then executes.
pub(crate) fn previews(jobs: &BTreeMap<&str, String>) {
    let backend = backend();
    let (rest, assets) = (ResumeMode::Incomplete, ResumeMode::Assets);
    let mut made = Vec::new();
    for (job, mode) in [
        ("fail_job", rest),
        ("dynamic_job", rest),
        ("broken_assets_job", rest),
        ("retry_job_fails", rest),
        ("fail_job_part", rest),
        ("sleepy_job", rest),
        ("broken_assets_job", assets),
        ("blocked_job", rest),
        ("blocked_job", assets),
        // It succeeded, and yet something is left to be made.
        ("soft_checks", assets),
    ] {
        made.push((resumed(&backend, &jobs[job], mode), mode));
    }
    // What the server has nothing to do for is refused here in its own words, and by it.
    for (job, mode) in [
        ("asset_job", rest),
        ("soft_checks", rest),
        ("asset_job", assets),
        ("retry_job", rest),
        ("ok_job", assets),
    ] {
        let BackendError::Refused(words) =
            refused(backend.resume_plan(&jobs[job], mode, &[], Profile::Actual))
        else {
            panic!("{job}")
        };
        let strategy = if mode == rest {
            "FROM_FAILURE"
        } else {
            "FROM_ASSET_FAILURE"
        };
        let answer = ask(
            "mutation($p:ReexecutionParams){launchRunReexecution(reexecutionParams:$p){...on Error{message}}}",
            json!({"p": {"parentRunId": jobs[job], "strategy": strategy}}),
        );
        let server = answer["data"]["launchRunReexecution"]["message"].as_str();
        let server = server.unwrap_or_else(|| panic!("{answer}"));
        assert!(server.contains(&words), "{job}: {words} / {server}");
    }
    let sleeps = &made[5].0;
    // Dagster forgets the end of one that begins at that moment (dagster#3323).
    until("it runs", || {
        got(backend.run(sleeps)).phase == Phase::Running
    });
    let kill = Action::Terminate { immediate: true };
    let killed = got(backend.act(sleeps, &kill, "k")).run.unwrap();
    assert_eq!(killed.phase, Phase::Canceled);
    // Once more, of what was itself a re-execution.
    for (id, _) in &made {
        over(id);
    }
    let again: Vec<String> = [0, 1, 2, 6, 8]
        .into_iter()
        .map(|index| resumed(&backend, &made[index].0, made[index].1))
        .collect();
    let family = got(backend.lineage(&again[0]));
    assert_eq!(family.root, jobs["fail_job"]);
    assert_eq!(family.parent.as_ref(), Some(&made[0].0));
    assert_eq!(
        ids(&family.runs),
        [&jobs["fail_job"], &made[0].0, &again[0]]
    );
    for id in &again {
        over(id);
    }
    let stale = Action::Resume {
        mode: ResumeMode::Incomplete,
        token: "1-1".into(),
        with: Again::default(),
    };
    assert!(matches!(
        refused(backend.act(&made[0].0, &stale, "k")),
        BackendError::Refused(_)
    ));
}

/// The keys that a run was made to execute.
fn executed(id: &str) -> Vec<String> {
    let answer = ask(
        "query($r:ID!){runOrError(runId:$r){...on Run{stepKeysToExecute executionPlan{steps{key}}}}}",
        json!({"r": id}),
    );
    let run = &answer["data"]["runOrError"];
    let text = |key: &serde_json::Value| key.as_str().unwrap().to_string();
    let mut keys: Vec<String> = match run["stepKeysToExecute"].as_array() {
        Some(keys) => keys.iter().map(text).collect(),
        None => {
            let steps = run["executionPlan"]["steps"].as_array().unwrap();
            steps.iter().map(|step| text(&step["key"])).collect()
        }
    };
    keys.sort();
    keys
}

pub(crate) fn resumed(backend: &Dagster, id: &str, mode: ResumeMode) -> String {
    let plan = got(backend.resume_plan(id, mode, &[], Profile::Actual));
    let is_run = |step: &&PlanStep| matches!(step.plan, PlanVerb::Run | PlanVerb::Retry);
    let mut expected: Vec<String> = plan
        .steps
        .iter()
        .filter(is_run)
        .map(|step| step.key.clone())
        .collect();
    expected.sort();
    assert!(!expected.is_empty());
    let resume = Action::Resume {
        mode,
        token: plan.token,
        with: Again::default(),
    };
    let made = got(backend.act(id, &resume, "k")).run.unwrap().id;
    assert_eq!(expected, executed(&made), "of {id}");
    made
}

fn tag<'a>(run: &'a Run, key: &str) -> Option<&'a str> {
    let found = run.tags.iter().find(|(name, _)| name == key);
    found.map(|(_, value)| value.as_str())
}

/// All again, chosen steps, other tags, another config.
pub(crate) fn reexecuted(jobs: &BTreeMap<&str, String>) {
    let backend = backend();
    let act = |id: &str, again: Again| {
        let made = got(backend.act(id, &Action::Reexecute(again), "k"));
        made.run.unwrap().id
    };
    let ok = &jobs["ok_job"];
    let whole = act(ok, Again::default());
    let run = got(backend.run(&whole));
    assert_eq!(run.lineage.parent.as_ref(), Some(ok));
    assert_eq!((tag(&run, "who"), executed(&whole).len()), (Some("a"), 8));
    // Chosen by hand, with what stands behind them.
    let steps = got(backend.steps(ok));
    let picked = ["score".to_string()];
    assert_eq!(rerun::chosen(&steps, &picked, false), ["score"]);
    let keys = rerun::chosen(&steps, &picked, true);
    assert_eq!(keys, ["score", "publish", "notify"]);
    let part = act(
        ok,
        Again {
            steps: keys,
            tags: vec![("why".into(), "by hand".into()), ("who".into(), "c".into())],
            ..Again::default()
        },
    );
    let run = got(backend.run(&part));
    assert_eq!(
        (tag(&run, "why"), tag(&run, "who")),
        (Some("by hand"), Some("c"))
    );
    assert_eq!(
        tag(&run, "dagster/step_selection"),
        Some("score,publish,notify")
    );
    assert_eq!(run.lineage.root.as_ref(), Some(ok));
    assert_eq!(executed(&part), ["notify", "publish", "score"]);
    let bare = act(
        ok,
        Again {
            steps: vec!["notify".into()],
            drops_tags: true,
            ..Again::default()
        },
    );
    assert_eq!(tag(&got(backend.run(&bare)), "who"), None);
    let nobody = Again {
        steps: vec!["nobody".into()],
        ..Again::default()
    };
    let words = refused(backend.act(ok, &Action::Reexecute(nobody), "k")).to_string();
    assert!(words.contains("nobody"), "{words}");
    // Another config, in YAML.
    let mended = act(
        &jobs["retry_job_fails"],
        Again {
            config: Some("ops:\n  flaky:\n    config:\n      needs: 1\n".into()),
            ..Again::default()
        },
    );
    assert_eq!(over(&mended).phase, Phase::Succeeded);
    let wrong = Again {
        config: Some("ops: {flaky: {config: {needs: many}}}".into()),
        ..Again::default()
    };
    let id = &jobs["retry_job_fails"];
    let words = refused(backend.act(id, &Action::Reexecute(wrong), "k")).to_string();
    assert!(words.contains("Invalid scalar"), "{words}");
    for (made, phase) in [(whole, Phase::Succeeded), (part, Phase::Succeeded)] {
        assert_eq!(over(&made).phase, phase, "{made}");
    }
    // The job is what it was.
    let facts = got(backend.facts(&mended));
    let fact = |name: &str| {
        facts
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, words)| words.as_str())
    };
    assert_eq!(fact("job"), Some("the same as for the parent run"));
    assert_eq!(fact("code location"), Some("defs.py"));
    assert_eq!(fact("job snapshot").map(str::len), Some(40));
}

/// Runs that are made of jobs.
pub(crate) fn launched() {
    let backend = backend();
    let launch = |launch: Launch| {
        let made = got(backend.launch(&launch, "k"));
        made.run.unwrap().id
    };
    let of = |job: &str| Launch {
        job: job.into(),
        ..Launch::default()
    };
    let so = launch(Launch {
        config: "ops:\n  work:\n    config:\n      fail: k9\n".into(),
        tags: vec![("by".into(), "hand".into())],
        ..of("dynamic_job")
    });
    let part = launch(Launch {
        steps: vec!["extract".into(), "clean".into()],
        ..of("ok_job")
    });
    let one = launch(Launch {
        assets: vec!["orders".into()],
        checks: Some(Vec::new()),
        ..of("asset_job")
    });
    let checked = launch(Launch {
        assets: vec!["orders".into()],
        checks: Some(vec![("orders".into(), "orders_not_empty".into())]),
        ..of("asset_job")
    });
    let parted = launch(Launch {
        partition: Some("b".into()),
        ..of("parted_job")
    });
    add_partition("days", "d1");
    let dynamic = launch(Launch {
        partition: Some("d1".into()),
        ..of("dyn_parted_job")
    });
    assert_eq!(tag(&got(backend.run(&so)), "by"), Some("hand"));
    assert_eq!(executed(&part), ["clean", "extract"]);
    assert_eq!(executed(&one), ["orders"]);
    assert_eq!(executed(&checked), ["orders", "orders_orders_not_empty"]);
    for id in [&so, &part, &one, &checked, &parted, &dynamic] {
        assert_eq!(over(id).phase, Phase::Succeeded, "{id}");
    }
    for (id, key) in [(&parted, "b"), (&dynamic, "d1")] {
        assert_eq!(tag(&got(backend.run(id)), "dagster/partition"), Some(key));
        assert_eq!(got(backend.assets(id))[0].partition.as_deref(), Some(key));
    }
    let nothing = refused(backend.launch(&of("nobody"), "k")).to_string();
    assert!(nothing.contains("nobody"), "{nothing}");
    let no_part = Launch {
        partition: Some("zz".into()),
        ..of("parted_job")
    };
    let words = refused(backend.launch(&no_part, "k")).to_string();
    assert!(words.contains("zz"), "{words}");
}

pub(crate) fn deleted(id: &str) {
    let backend = backend();
    // A run that another test makes in the second of the last change would pass for the one that is missed.
    let list = || {
        let list = backend.list_runs(&RunFilter::default(), 500, None);
        list.now_or_never().unwrap().unwrap()
    };
    let mut before = list();
    loop {
        std::thread::sleep(Duration::from_millis(1100));
        let after = list();
        if after.value.total == before.value.total {
            break;
        }
        before = after;
    }
    let before = before.cursor.unwrap();
    let done = got(backend.act(id, &Action::Delete { force: false }, "k"));
    assert_eq!(done.deleted.as_deref(), Some(id));
    assert!(matches!(
        refused(backend.run(id)),
        BackendError::NotFound(_)
    ));
    let again = backend.act(id, &Action::Delete { force: true }, "k");
    assert!(matches!(refused(again), BackendError::NotFound(_)));
    let news = read(Topic::Runs, &[before]);
    assert!(
        news.iter()
            .any(|one| matches!(one.update, Update::Gap { .. }))
    );
}
