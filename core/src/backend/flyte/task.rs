//! Tasks, their versions and triggers. The service has no way to change a task: an update is a new version.

use std::rc::Rc;

use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;

use super::create::task_id;
use super::decode::identity;
use super::id::Id;
use super::interface::inputs;
use super::list::decoded;
use super::literal;
use super::request::{Server, TASKS, TRIGGERS};
use crate::backend::lenient::{Fields, Problems};
use crate::backend::tasks::{
    TaskGroup, TaskInfo, TaskInput, TaskKey, TaskOrder, TaskRow, Tasks, TriggerRow,
};
use crate::backend::{BackendError, Decoded, Page, slice};
use crate::store::json::JsonText;

type Answer<T> = LocalBoxFuture<'static, Result<Decoded<T>, BackendError>>;

pub(super) struct FlyteTasks(pub(super) Rc<Server>);

fn place(fields: &mut Fields<'_>) -> Id {
    let mut text = |name| fields.word(name);
    Id {
        project: text("project"),
        domain: text("domain"),
        name: text("name"),
    }
}

/// Reads `taskId` and `metadata`.
fn row(fields: &mut Fields<'_>, _: usize) -> TaskRow {
    let mut row = TaskRow::default();
    if let Some(mut id) = fields.object("taskId") {
        row.version = id.word("version");
        let id = place(&mut id);
        row.id = id.text();
        row.name = id.name;
    }
    if let Some(mut meta) = fields.object("metadata") {
        row.description = meta.word("shortDescription");
        row.environment = meta.word("environmentName");
        row.deployed_at = meta.time("deployedAt");
        if let Some(mut who) = meta.object("deployedBy") {
            row.deployed_by = identity(&mut who).map(|(_, words)| words);
        }
    }
    row
}

/// `"request":{...},` and the scope.
fn list_message(
    server: &Server,
    text: &str,
    order: TaskOrder,
    limit: u32,
    page: Option<&str>,
) -> String {
    let mut json = JsonText::new();
    json.open('{').key("request").open('{');
    json.number_field("limit", Some(i64::from(limit)));
    json.text_field("token", page);
    let columns: &[&str] = match order.key {
        TaskKey::Name => &["name"],
        TaskKey::Place => &["project", "domain"],
        TaskKey::Deployed => &["created_at"],
        TaskKey::By => &["deployed_by"],
    };
    json.key("sortByFields").open('[');
    for column in columns {
        json.open('{').text_field("key", Some(column));
        let direction = (!order.is_descending).then_some("ASCENDING");
        json.text_field("direction", direction).close('}');
    }
    json.close(']');
    if !text.is_empty() {
        json.key("filters").open('[').open('{');
        json.text_field("function", Some("CONTAINS_CASE_INSENSITIVE"));
        json.text_field("field", Some("name"));
        json.list_field("values", &[text.to_string()]);
        json.close('}').close(']');
    }
    json.close('}');
    let scope = &server.scope;
    match scope.is_one_project() {
        true => scope.project(&mut json, &scope.project, &scope.domain),
        false => drop(json.text_field("org", Some(scope.org()))),
    }
    json.close('}');
    json.finish()
}

/// So many pages are read: 10,000 versions or triggers.
const PAGES: u32 = 50;

/// Asks for page after page, the newest first. `put` writes whose they are, `read` takes in a page and tells how many were on it.
async fn every_page(
    server: &Rc<Server>,
    (service, method): (&str, &str),
    put: &dyn Fn(&mut JsonText),
    read: &mut dyn FnMut(&mut Fields<'_>) -> usize,
    problems: &mut Problems,
) -> Result<(), BackendError> {
    let mut token: Option<String> = None;
    for _ in 0..PAGES {
        let mut json = JsonText::new();
        json.open('{').key("request").open('{');
        json.number_field("limit", Some(i64::from(super::list::PAGE)));
        json.text_field("token", token.as_deref());
        // Triggers know no time of their making.
        let column = match method {
            "ListVersions" => "created_at",
            _ => "deployed_at",
        };
        json.key("sortByFields").open('[').open('{');
        json.text_field("key", Some(column)).close('}').close(']');
        json.close('}');
        put(&mut json);
        json.close('}');
        let text = server.call(service, method, json.finish()).await?;
        let mut fields = Fields::parse(text.as_bytes(), problems)?;
        let count = read(&mut fields);
        // A full page has a token even when nothing follows.
        let next = fields.text("token").filter(|next| !next.is_empty());
        if count == 0 || next.is_none() || next == token {
            return Ok(());
        }
        token = next;
    }
    problems.push([method, ": there are more than were read"].concat());
    Ok(())
}

impl Tasks for FlyteTasks {
    fn list(
        &self,
        text: &str,
        order: TaskOrder,
        limit: u32,
        page: Option<&str>,
    ) -> Answer<Page<TaskRow>> {
        let server = self.0.clone();
        let limit = limit.max(1).min(super::list::PAGE);
        let message = list_message(&server, text, order, limit, page);
        async move {
            let text = server.call(TASKS, "ListTasks", message).await?;
            let mut problems = Problems::new();
            let mut fields = Fields::parse(text.as_bytes(), &mut problems)?;
            let items = fields.rows("tasks", row);
            let meta = fields
                .object("metadata")
                .and_then(|mut meta| meta.small("filteredTotal"));
            // A full page has a token even when nothing follows.
            let next = fields
                .text("token")
                .filter(|token| !token.is_empty() && !items.is_empty());
            let page = Page {
                items,
                next,
                total: meta.map(u64::from),
            };
            Ok(decoded(page, problems))
        }
        .boxed_local()
    }

    fn versions(&self, task: &str) -> Answer<Vec<TaskRow>> {
        let (server, task) = (self.0.clone(), task.to_string());
        async move {
            let id = task_id(&task)?;
            let put = |json: &mut JsonText| id.put(&server.scope, json, "taskName");
            let mut problems = Problems::new();
            let mut rows = Vec::new();
            let mut read = |fields: &mut Fields<'_>| {
                let found = fields.rows("versions", |one, _| TaskRow {
                    version: one.word("version"),
                    deployed_at: one.time("deployedAt"),
                    deployed_by: one
                        .object("deployedBy")
                        .and_then(|mut who| Some(identity(&mut who)?.1)),
                    ..TaskRow::default()
                });
                let count = found.len();
                rows.extend(found);
                count
            };
            let method = (TASKS, "ListVersions");
            every_page(&server, method, &put, &mut read, &mut problems).await?;
            for row in &mut rows {
                (row.id, row.name) = (task.clone(), id.name.clone());
            }
            Ok(decoded(rows, problems))
        }
        .boxed_local()
    }

    fn task(&self, task: &str, version: &str) -> Answer<TaskInfo> {
        let (server, task, version) = (self.0.clone(), task.to_string(), version.to_string());
        async move {
            let id = task_id(&task)?;
            let mut json = JsonText::new();
            json.open('{').key("taskId");
            server.scope.begin(&mut json, &id.project, &id.domain);
            json.text_field("name", Some(&id.name));
            json.text_field("version", Some(&version))
                .close('}')
                .close('}');
            let text = server.call(TASKS, "GetTaskDetails", json.finish()).await?;
            let mut problems = Problems::new();
            let mut fields = Fields::parse(text.as_bytes(), &mut problems)?;
            let row = fields.object("details").map(|mut one| row(&mut one, 0));
            let own = slice::member(&text, "details").unwrap_or_default();
            let spec = slice::member(own, "spec").unwrap_or("{}");
            let info = TaskInfo {
                row: row.unwrap_or_default(),
                inputs: inputs(spec),
                spec: spec.into(),
            };
            Ok(decoded(info, problems))
        }
        .boxed_local()
    }

    fn deploy(&self, task: &str, version: &str, spec: &str) -> Answer<()> {
        let (server, task) = (self.0.clone(), task.to_string());
        let (version, spec) = (version.to_string(), spec.to_string());
        async move {
            let id = task_id(&task)?;
            if version.is_empty() || version.chars().count() > 63 {
                let words = "a version has 1 to 63 letters";
                return Err(BackendError::Refused(words.into()));
            }
            if let Err(error) = serde_json::from_slice::<serde_json::Value>(spec.as_bytes()) {
                let words = ["the task: ", &error.to_string()];
                return Err(BackendError::Refused(words.concat()));
            }
            let mut json = JsonText::new();
            json.open('{').key("taskId");
            server.scope.begin(&mut json, &id.project, &id.domain);
            json.text_field("name", Some(&id.name));
            json.text_field("version", Some(&version)).close('}');
            json.key("spec").raw(&spec).close('}');
            server.change(TASKS, "DeployTask", json.finish()).await?;
            Ok(decoded((), Problems::new()))
        }
        .boxed_local()
    }

    fn triggers(&self, task: Option<&str>) -> Answer<Vec<TriggerRow>> {
        let (server, task) = (self.0.clone(), task.map(String::from));
        async move {
            let task = task.map(|task| task_id(&task)).transpose()?;
            let scope = &server.scope;
            let put = |json: &mut JsonText| match &task {
                Some(task) => task.put(scope, json, "taskName"),
                None if scope.is_one_project() => {
                    scope.project(json, &scope.project, &scope.domain)
                }
                None => drop(json.text_field("org", Some(scope.org()))),
            };
            let mut problems = Problems::new();
            let mut rows = Vec::new();
            let mut read = |fields: &mut Fields<'_>| {
                let found = fields.rows("triggers", trigger);
                let count = found.len();
                rows.extend(found);
                count
            };
            let method = (TRIGGERS, "ListTriggers");
            every_page(&server, method, &put, &mut read, &mut problems).await?;
            Ok(decoded(rows, problems))
        }
        .boxed_local()
    }

    fn groups(&self, places: &[String]) -> Answer<Vec<TaskGroup>> {
        super::group::groups(self.0.clone(), places.to_vec()).boxed_local()
    }

    fn inputs(&self, values: &[(TaskInput, String)]) -> Result<String, String> {
        literal::inputs(values)
    }

    fn interface(&self, spec: &str) -> Vec<TaskInput> {
        inputs(spec)
    }

    fn values(&self, inputs: &str) -> Vec<(String, String)> {
        literal::values(inputs)
    }

    fn typed(&self, value: &str) -> String {
        literal::typed(value)
    }

    fn set_trigger(&self, trigger: &TriggerRow, is_active: bool) -> Answer<()> {
        let (server, trigger) = (self.0.clone(), trigger.clone());
        async move {
            let id = task_id(&trigger.task)?;
            let mut json = JsonText::new();
            json.open('{').key("names").open('[');
            server.scope.begin(&mut json, &id.project, &id.domain);
            json.text_field("name", Some(&trigger.name));
            json.text_field("taskName", Some(&id.name))
                .close('}')
                .close(']');
            json.key("active")
                .raw(if is_active { "true" } else { "false" })
                .close('}');
            server
                .change(TRIGGERS, "UpdateTriggers", json.finish())
                .await?;
            Ok(decoded((), Problems::new()))
        }
        .boxed_local()
    }
}

fn trigger(fields: &mut Fields<'_>, _: usize) -> TriggerRow {
    let mut row = TriggerRow {
        is_active: fields.flag("active"),
        ..TriggerRow::default()
    };
    if let Some(mut id) = fields.object("id")
        && let Some(mut name) = id.object("name")
    {
        let task = name.word("taskName");
        let own = place(&mut name);
        row.task = Id {
            name: task,
            ..own.clone()
        }
        .text();
        row.name = own.name;
    }
    if let Some(mut status) = fields.object("status") {
        row.triggered_at = status.time("triggeredAt");
    }
    if let Some(mut spec) = fields.object("automationSpec") {
        row.schedule = schedule(&mut spec).unwrap_or_default();
    }
    row
}

/// When, in a few words: `cron 0 3 * * *`, `every 5 MINUTE`.
pub(super) fn schedule(spec: &mut Fields<'_>) -> Option<String> {
    if let Some(mut schedule) = spec.object("schedule") {
        if let Some(cron) = schedule.text("cronExpression") {
            return Some(["cron ", &cron].concat());
        }
        if let Some(mut cron) = schedule.object("cron") {
            let zone = cron.text("timezone").map(|zone| [" ", &zone].concat());
            let words = [
                "cron ",
                &cron.text("expression")?,
                &zone.unwrap_or_default(),
            ];
            return Some(words.concat());
        }
        let mut rate = schedule.object("rate")?;
        let unit = rate.enumerated("unit", "FIXED_RATE_UNIT_", &["", "MINUTE", "HOUR", "DAY"]);
        return Some(["every ", &rate.text("value")?, " ", &unit].concat());
    }
    spec.object("artifact")
        .map(|_| "when an artifact is made".into())
}
