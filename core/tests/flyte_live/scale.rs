//! Large runs, and bad connections.

use std::cell::Cell;

use runboard_core::model::Phase;

use crate::ask::{Service, home, log, whole};
use crate::wire::most_streams;

pub(crate) async fn twenty_thousand() {
    let service = Service::of("BIG");
    let first = Cell::new(0);
    let seen = service
        .follow(vec![whole("rbig")], |seen| {
            if first.get() == 0 {
                first.set(seen.steps.len());
            }
            seen.is_live
        })
        .await;
    let told = service.control("tree?run=rbig").await;
    assert_eq!(told.as_object().unwrap().len(), 20_000);
    assert_eq!(seen.steps.len(), 20_000);
    assert!(
        (1..=1000).contains(&first.get()),
        "{} steps before the rest",
        first.get()
    );
    assert!(seen.frames >= 20, "{}", seen.frames);
    let run = seen.run("rbig").unwrap();
    assert_eq!(run.steps.total, Some(20_000));
    assert_eq!(seen.lost, []);
    // A place for each, without a hole.
    assert!(
        seen.steps
            .iter()
            .zip(0..)
            .all(|(step, place)| step.position == place)
    );
}

/// 5,000 changes, 100 cuts at random, news lost on the way: in the end it is what the server has, by two streams at most.
pub(crate) async fn cuts() {
    let service = Service::of("CUTS");
    service.control("new?name=rcuts").await;
    service.control("set?run=rcuts&phase=4").await;
    service.control("log?run=rcuts&n=300&text=begin").await;
    service.control("forget").await;
    let topics = [whole("rcuts"), log("rcuts", "", None)];
    let follower = service.follow(topics.to_vec(), |seen| seen.ended.len() == 2);
    let changer = service.control("churn?run=rcuts&updates=5000&cuts=100&seed=7&ms=20000");
    let (seen, done) = futures_util::future::join(follower, changer).await;
    assert_eq!(
        (&done["updates"], &done["cuts"]),
        (&5000.into(), &100.into())
    );
    let told = service.control("tree?run=rcuts").await;
    let told = told.as_object().unwrap();
    assert_eq!(seen.steps.len(), told.len());
    let number = |phase: Phase| match phase {
        Phase::Succeeded => 5,
        Phase::Failed => 6,
        Phase::Canceled => 7,
        _ => 0,
    };
    for step in &seen.steps {
        assert_eq!(told[&step.key][0], number(step.phase), "{}", step.key);
    }
    assert_eq!(seen.run("rcuts").unwrap().phase, Phase::Succeeded);
    assert_eq!(seen.lines.len(), 300);
    assert_eq!(most_streams(), 2);
    println!(
        "{} connections lost, {} pieces of news; {}",
        seen.lost.len(),
        seen.frames,
        home("rcuts")
    );
}
