//! Questions by GET (Connect's form for methods without side effects): a request of another origin's page needs no leave to be asked for before it.

use crate::net::query::encode;

/// Methods that their descriptors mark as `NO_SIDE_EFFECTS`, of those that are called here (flyteidl2 2.0.53).
const READERS: [&str; 11] = [
    "GetActionData",
    "GetActionDataURIs",
    "GetActionDetails",
    "GetActionLogContext",
    "GetRunDetails",
    "GetTaskDetails",
    "ListActions",
    "ListRuns",
    "ListTasks",
    "ListTriggers",
    "ListVersions",
];
/// Servers and proxies refuse longer ones.
const LONGEST: usize = 8 << 10;

/// The address by which a method is asked, where it can be.
pub(super) fn url(base: &str, service: &str, method: &str, message: &str) -> Option<String> {
    if !READERS.contains(&method) {
        return None;
    }
    let mut url = [base, service, method, "?connect=v1&encoding=json&message="].concat();
    encode(message, &mut url);
    (url.len() <= LONGEST).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_an_address_unless_it_changes_something_or_is_too_long() {
        let base = "https://flyte.example/";
        let service = "flyteidl2.workflow.RunService/";
        let of = |method, message: &str| url(base, service, method, message);
        assert_eq!(
            of("GetRunDetails", r#"{"runId":{"name":"r é&"}}"#).as_deref(),
            Some(
                "https://flyte.example/flyteidl2.workflow.RunService/GetRunDetails?connect=v1&encoding=json&message=%7B%22runId%22%3A%7B%22name%22%3A%22r%20%C3%A9%26%22%7D%7D"
            )
        );
        assert_eq!(of("AbortRun", "{}"), None);
        assert_eq!(
            of("ListProjects", "{}"),
            None,
            "its descriptor does not say that it only reads"
        );
        assert_eq!(of("ListRuns", &"a".repeat(8 << 10)), None);
    }
}
