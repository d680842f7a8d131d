//! Logs: read, paged, live over cuts, and of attempts.

use runboard_core::backend::{Backend as _, LogQuery};

use crate::ask::{Service, got, home, log};

pub(crate) async fn read(service: &Service) {
    let backend = &service.backend;
    let tail = LogQuery {
        tail: Some(20),
        ..LogQuery::default()
    };
    let batch = got(backend.logs(&home("rdone"), &tail)).await;
    assert_eq!(
        (batch.first, batch.lines.len(), batch.total),
        (231, 20, Some(250))
    );
    assert_eq!(batch.lines[19].text, "INFO line 250");
    assert_eq!(batch.lines[19].step, "a0");
    let earlier = LogQuery {
        before: Some(231),
        limit: Some(100),
        ..LogQuery::default()
    };
    let batch = got(backend.logs(&home("rdone"), &earlier)).await;
    assert_eq!((batch.first, batch.lines.len()), (131, 100));
    assert_eq!(batch.lines[0].text, "INFO line 131");
    let of_step = LogQuery {
        step: Some("train".into()),
        attempt: Some(1),
        ..LogQuery::default()
    };
    let batch = got(backend.logs(&home("rtree"), &of_step)).await;
    assert_eq!(batch.lines[0].text, "first try");
    let none = LogQuery {
        step: Some("load1".into()),
        ..LogQuery::default()
    };
    let answer = backend.logs(&home("rtree"), &none).await.unwrap();
    assert!(answer.value.lines.is_empty());
    assert!(
        answer.problems[0].contains("no log of load1"),
        "{:?}",
        answer.problems
    );
}

/// Every connection begins anew with all lines; each is told once.
pub(crate) async fn live(service: &Service) {
    let follower = service.follow(vec![log("rlive", "", None)], |seen| seen.lines.len() >= 65);
    let changer = async {
        for turn in 0..6 {
            let pause = std::time::Duration::from_millis(300);
            tokio::time::sleep(pause).await;
            service
                .control(&format!("log?run=rlive&n=10&text=turn{turn}"))
                .await;
            service.control("cut").await;
        }
    };
    let (seen, ()) = futures_util::future::join(follower, changer).await;
    let mut expected: Vec<String> = (1..=5).map(|n| format!("line {n}")).collect();
    for turn in 0..6 {
        expected.extend((0..10).map(|n| format!("turn{turn} {n}")));
    }
    assert_eq!(seen.lines, expected);
    assert_eq!(seen.lost, []);
}

/// Who follows the last attempt is told when another one begins.
pub(crate) async fn attempts(service: &Service) {
    let ended = service
        .follow(vec![log("rtree", "train", Some(1))], |_| false)
        .await;
    assert_eq!(ended.lines, ["first try"]);
    assert_eq!(ended.ended, [log("rtree", "train", Some(1))]);
    service.quiet("logs").await;
    let follower = service.follow(vec![log("rtree", "train", None)], |seen| {
        seen.gaps == 1 && seen.lines.len() == 2
    });
    let changer = async {
        let phase = async |phase: u8| {
            let what = format!("set?run=rtree&action=train&phase={phase}");
            service.control(&what).await;
        };
        let pause = || tokio::time::sleep(std::time::Duration::from_millis(50));
        service.heard("logs").await;
        // That it failed is not its end, because the run goes on: it is asked about again and again.
        phase(6).await;
        let asked = async || {
            let told = service.control("streams").await;
            told["asked"]["GetActionDetails"].as_u64().unwrap_or(0)
        };
        let before = asked().await;
        while asked().await < before + 6 {
            pause().await;
        }
        for next in [1, 4] {
            phase(next).await;
        }
        service
            .control("log?run=rtree&action=train&n=2&text=third")
            .await;
    };
    let (seen, ()) = futures_util::future::join(follower, changer).await;
    assert_eq!(seen.lines, ["third 0", "third 1"]);
}
