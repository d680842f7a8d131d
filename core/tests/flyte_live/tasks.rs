//! Tasks, versions and triggers.

use runboard_core::backend::tasks::{TaskKey, TaskOrder};
use runboard_core::backend::{Backend as _, BackendError};
use runboard_core::model::Phase;

use crate::ask::{Service, got, home, refused};

pub(crate) async fn all(service: &Service) {
    let tasks = service.backend.tasks().unwrap();
    let by_name = TaskOrder::default();
    let page = got(tasks.list("", by_name, 50, None)).await;
    let names: Vec<&str> = page.items.iter().map(|task| task.name.as_str()).collect();
    assert_eq!(names, ["billing.invoice", "etl.main", "etl.report"]);
    assert_eq!(page.items[1].version, "v2");
    assert!(page.items[1].deployed_at.is_some());
    for (key, first) in [
        (TaskKey::Deployed, "billing.invoice"),
        (TaskKey::Name, "etl.report"),
        (TaskKey::Place, "etl.main"),
    ] {
        let order = TaskOrder {
            key,
            is_descending: true,
        };
        let page = got(tasks.list("", order, 50, None)).await;
        assert_eq!(page.items[0].name, first, "{key:?}");
    }
    // A full page has a token although nothing follows.
    let page = got(tasks.list("ETL", by_name, 2, None)).await;
    assert_eq!((page.items.len(), page.total), (2, Some(2)));
    let rest = got(tasks.list("ETL", by_name, 2, page.next.as_deref())).await;
    assert_eq!((rest.items.len(), rest.next), (0, None));
    let versions = got(tasks.versions(&home("etl.main"))).await;
    let versions: Vec<&str> = versions.iter().map(|row| row.version.as_str()).collect();
    assert_eq!(versions, ["v2", "v1"]);

    let info = got(tasks.task(&home("etl.main"), "v2")).await;
    let inputs: Vec<(&str, Option<&str>, bool)> = info
        .inputs
        .iter()
        .map(|input| {
            (
                input.name.as_str(),
                input.kind.as_deref(),
                input.is_required,
            )
        })
        .collect();
    assert_eq!(
        inputs,
        [
            ("day", Some("STRING"), true),
            ("rows", Some("INTEGER"), false),
            ("dry", Some("BOOLEAN"), true)
        ]
    );
    assert!(info.inputs[1].default.as_ref().unwrap().contains("200"));
    let error = refused(tasks.task(&home("etl.main"), "v9")).await;
    assert!(matches!(error, BackendError::NotFound(_)), "{error}");

    // An update is a new version, from the old one's own text.
    let spec = info.spec.replace("etl:v2", "etl:v3");
    got(tasks.deploy(&home("etl.main"), "v3", &spec)).await;
    let error = refused(tasks.deploy(&home("etl.main"), "v3", &spec)).await;
    assert!(error.to_string().contains("has a version v3"), "{error}");
    let error = refused(tasks.deploy(&home("etl.main"), "v4", "{")).await;
    assert!(matches!(error, BackendError::Refused(_)), "{error}");
    let info = got(tasks.task(&home("etl.main"), "v3")).await;
    assert!(info.spec.contains("registry.example/etl:v3"));

    let groups = got(tasks.groups(&[
        "flytesnacks/development".into(),
        "billing/production".into(),
    ]))
    .await;
    let names: Vec<&str> = groups.iter().map(|group| group.task.as_str()).collect();
    let bills = "billing/production/billing.invoice";
    assert_eq!(&names[..3], [bills, &home("etl.main"), &home("etl.report")]);
    assert_eq!((groups[0].total, groups[0].failed), (2, 1));
    let newest = ("billing/production/rtwice".to_string(), Phase::Failed);
    assert_eq!(groups[0].recent.first(), Some(&newest));
    assert!(groups[1].recent.len() == 10 && groups[1].latest.is_some());

    let triggers = got(tasks.triggers(None)).await;
    let nightly = triggers.iter().find(|one| one.name == "nightly").unwrap();
    assert_eq!(
        (nightly.task.as_str(), nightly.schedule.as_str()),
        (home("etl.main").as_str(), "cron 0 3 * * *")
    );
    assert!(nightly.is_active);
    got(tasks.set_trigger(nightly, false)).await;
    let triggers = got(tasks.triggers(Some(&home("etl.main")))).await;
    assert_eq!(triggers.len(), 1);
    assert!(!triggers[0].is_active);

    // The service tells 200 at a time.
    service.control("many?task=etl.report&n=405").await;
    let versions = got(tasks.versions(&home("etl.report"))).await;
    assert_eq!(versions.len(), 406);
    assert_eq!(got(tasks.triggers(None)).await.len(), 407);
}
