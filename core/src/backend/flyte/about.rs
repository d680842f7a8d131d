//! What the server tells of itself.

use std::rc::Rc;

use super::list::decoded;
use super::request::{CLUSTERS, DATA, PROJECTS, Server};
use super::{decode, id};
use crate::backend::lenient::{Fields, Problems};
use crate::backend::{
    BackendError, Capabilities, Decoded, Info, Logs, Turning, Updates, Vocabulary,
};
use crate::model::{Health, ResumeMode, Standing};

/// Whether the server is up, ready and what it is; which projects there are; whether there are logs and values.
pub(super) async fn info(server: Rc<Server>) -> Result<Decoded<Info>, BackendError> {
    let mut problems = Problems::new();
    let mut said = Vec::new();
    let mut health = Vec::new();
    for name in ["healthz", "readyz"] {
        // A proxy may pass the methods alone: then nobody tells of health.
        let Ok(answer) = server.text(name).await else {
            continue;
        };
        let is_page = answer.head.content_type.starts_with("text/html");
        let (standing, words) = match answer.head.status {
            200 | 503 if is_page => {
                let words = "it is not the service that answers, but a web page (a login page or a proxy's page?)";
                (Standing::Ill, words.to_string())
            }
            200 => (Standing::Good, String::new()),
            503 => {
                let words = String::from_utf8_lossy(&answer.body);
                let up = "the server is up but not ready: ";
                let next = " (its database? see the log of the runs service)";
                (Standing::Ill, [up, words.trim(), next].concat())
            }
            _ => continue,
        };
        if !words.is_empty() {
            said.push(words.clone());
        }
        health.push(Health {
            kind: "service".into(),
            name: name.into(),
            standing,
            words,
            seen_at: server.date.get(),
        });
    }
    let mut message = crate::store::json::JsonText::new();
    message
        .open('{')
        .text_field("org", Some(server.scope.org()))
        .close('}');
    let asked = server
        .call(PROJECTS, "ListProjects", message.finish())
        .await;
    let text = match asked {
        // Who is not ready does not answer, and has said why.
        Err(error) if !said.is_empty() && error.is_passing() => "{}".to_string(),
        asked => asked?,
    };
    let mut fields = Fields::parse(text.as_bytes(), &mut problems)?;
    let projects = match fields.object("projects") {
        Some(mut page) => page.rows("projects", |one, _| {
            let mut domains = one.rows("domains", |one, _| one.text("id"));
            let domains: Vec<String> = domains.drain(..).flatten().collect();
            (one.word("id"), domains)
        }),
        None => Vec::new(),
    };
    for (name, domains) in &projects {
        health.push(Health {
            kind: "project".into(),
            name: name.clone(),
            standing: Standing::Good,
            words: ["domains: ", &domains.join(", ")].concat(),
            seen_at: None,
        });
    }
    let scope = &server.scope;
    let names: Vec<&str> = projects.iter().map(|(name, _)| name.as_str()).collect();
    if !scope.project.is_empty() && !projects.is_empty() {
        match projects.iter().find(|(name, _)| *name == scope.project) {
            None => said.push(
                [
                    "there is no project ",
                    &scope.project,
                    ": it has ",
                    &names.join(", "),
                ]
                .concat(),
            ),
            Some((_, domains)) if !domains.contains(&scope.domain) => said.push(
                [
                    "the project ",
                    &scope.project,
                    " has no domain \"",
                    &scope.domain,
                    "\": it has ",
                    &domains.join(", "),
                ]
                .concat(),
            ),
            Some(_) => {}
        }
    }
    let has_data = has_data(&server).await;
    let capabilities = Capabilities {
        updates: Updates::Stream,
        logs: if has_data { Logs::Follow } else { Logs::None },
        events: true,
        facts: true,
        stats: true,
        raw: true,
        resume: true,
        turning: Turning::RunAgain,
        modes: &[ResumeMode::Incomplete],
        reexecute: true,
        terminate_safe: true,
        unstable_lines: true,
        abort_steps: true,
        signal: true,
        create: true,
        ..Capabilities::default()
    };
    let info = Info {
        name: "Flyte 2".into(),
        version: String::new(),
        capabilities,
        vocabulary: Vocabulary {
            job: "task".into(),
            step: "action".into(),
        },
        server_time: server.date.get(),
        heartbeat_s: Some(5),
        problems: said,
        health,
    };
    Ok(decoded(info, problems))
}

/// Asked once. Where the DataProxy is, there is also who says which one to ask; where that is not, an action that is not there is asked for: that it is not
/// found is an answer of the DataProxy too.
async fn has_data(server: &Rc<Server>) -> bool {
    if let Some(known) = server.has_data.get() {
        return known;
    }
    let mut message = crate::store::json::JsonText::new();
    message.open('{').key("orgId").open('{');
    message
        .text_field("name", Some(server.scope.org()))
        .close('}');
    message
        .text_field("operation", Some("OPERATION_TAIL_LOGS"))
        .close('}');
    let mut answer = server
        .call(CLUSTERS, "SelectCluster", message.finish())
        .await;
    if matches!(answer, Err(BackendError::Unsupported(_))) {
        let nobody = id::Id {
            project: "none".into(),
            domain: "none".into(),
            name: "none".into(),
        };
        let message = nobody.action(&server.scope, decode::ROOT, None);
        answer = server.call(DATA, "GetActionData", message).await;
    }
    match answer {
        Err(BackendError::Unsupported(_)) => server.has_data.set(Some(false)),
        // Nobody answered: that says nothing.
        Err(BackendError::Unreachable(_) | BackendError::Timeout) => {}
        _ => server.has_data.set(Some(true)),
    }
    server.has_data.get().unwrap_or(true)
}
