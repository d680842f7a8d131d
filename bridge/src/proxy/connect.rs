//! Methods of Connect and gRPC-web services (`POST /package.Service/Method`) that change nothing. All others are taken for changes.

/// Flyte 2. A link for a download and a translation are made, but nothing that stays.
const READS: [(&str, &[&str]); 9] = [
    (
        "flyteidl2.workflow.RunService",
        &[
            "GetRunDetails",
            "WatchRunDetails",
            "GetActionDetails",
            "WatchActionDetails",
            "GetActionData",
            "ListRuns",
            "WatchRuns",
            "ListActions",
            "WatchActions",
            "WatchClusterEvents",
            "WatchGroups",
            "GetActionDataURIs",
            "GetActionLogContext",
        ],
    ),
    ("flyteidl2.workflow.RunLogsService", &["TailLogs"]),
    (
        "flyteidl2.workflow.TranslatorService",
        &[
            "LiteralsToLaunchFormJson",
            "LaunchFormJsonToLiterals",
            "TaskSpecToLaunchFormJson",
            "JsonValuesToLiterals",
        ],
    ),
    (
        "flyteidl2.task.TaskService",
        &["GetTaskDetails", "ListTasks", "ListVersions"],
    ),
    (
        "flyteidl2.project.ProjectService",
        &["GetProject", "ListProjects"],
    ),
    (
        "flyteidl2.trigger.TriggerService",
        &[
            "GetTriggerDetails",
            "GetTriggerRevisionDetails",
            "ListTriggers",
            "GetTriggerRevisionHistory",
        ],
    ),
    ("flyteidl2.auth.IdentityService", &["UserInfo"]),
    ("flyteidl2.cluster.ClusterService", &["SelectCluster"]),
    (
        "flyteidl2.dataproxy.DataProxyService",
        &["GetActionData", "TailLogs", "CreateDownloadLink"],
    ),
];

/// A method, if a path below the proxied server is one: `package.Service/Method`.
pub(crate) fn method(path: &str) -> Option<(&str, &str)> {
    let (service, method) = path.split_once('/')?;
    let word = |text: &str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    (service.contains('.') && service.split('.').all(word) && word(method))
        .then_some((service, method))
}

pub(crate) fn is_read(service: &str, method: &str) -> bool {
    READS
        .iter()
        .any(|(name, methods)| *name == service && methods.contains(&method))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_are_those_of_the_list() {
        let read = |path| method(path).is_some_and(|(service, method)| is_read(service, method));
        for path in [
            "flyteidl2.workflow.RunService/ListRuns",
            "flyteidl2.workflow.RunService/WatchActions",
            "flyteidl2.dataproxy.DataProxyService/TailLogs",
            "flyteidl2.project.ProjectService/ListProjects",
        ] {
            assert!(read(path), "{path}");
        }
        for path in [
            "flyteidl2.workflow.RunService/CreateRun",
            "flyteidl2.workflow.RunService/AbortRun",
            "flyteidl2.workflow.RunService/SignalEvent",
            "flyteidl2.workflow.RunService/listRuns",
            "flyteidl2.workflow.RunService/ListRuns/",
            "flyteidl2.workflow.RunService/ListRuns%2f..%2fAbortRun",
            "flyteidl2.workflow.InternalRunService/RecordAction",
            "flyteidl2.task.TaskService/DeployTask",
            "flyteidl2.trigger.TriggerService/DeleteTriggers",
            "flyteidl2.dataproxy.DataProxyService/UploadInputs",
            "x/flyteidl2.workflow.RunService/ListRuns",
            "other.RunService/ListRuns",
            "RunService/ListRuns",
            "",
        ] {
            assert!(!read(path), "{path}");
        }
    }

    #[test]
    fn the_list_holds_no_word_of_a_change() {
        for method in READS.iter().flat_map(|(_, methods)| methods.iter()) {
            for word in [
                "Abort",
                "Delete",
                "Update",
                "Deploy",
                "Signal",
                "Record",
                "Upload",
                "CreateRun",
                "CreateProject",
            ] {
                assert!(!method.starts_with(word), "{method}");
            }
        }
    }
}
