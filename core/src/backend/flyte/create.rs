//! New runs: from a task, a spec, a trigger or another run.

use std::rc::Rc;

use super::act::{acted, refused};
use super::decode::ROOT;
use super::detail::{self, Whole};
use super::id::{Id, check_run_name, hash};
use super::list::decoded;
use super::look;
use super::request::{RUNS, Server};
use crate::backend::lenient::{Fields, Problems};
use crate::backend::{Acted, BackendError, Decoded, NewRun, Template, slice};
use crate::store::json::JsonText;

/// The same run once more.
pub(super) fn again(run: &str) -> NewRun {
    NewRun {
        project: String::new(),
        domain: String::new(),
        name: None,
        template: Template::Run(run.into()),
        inputs: None,
        options: None,
    }
}

/// The run's options as they were, without whom they came from, and from whom this one comes. `forced`: it recovers that one, but these actions run again.
fn options(server: &Rc<Server>, spec: &str, from: &Id, forced: Option<&[String]>) -> String {
    let mut json = JsonText::new();
    json.open('{');
    for (key, value) in slice::members(spec) {
        let is_own = [
            "\"relation\"",
            "\"relatedTo\"",
            "\"recover\"",
            "\"runStartTime\"",
        ];
        if !is_own.contains(&key) {
            json.raw(&[key, ":", value].concat());
        }
    }
    json.key("relation").open('{');
    from.put(&server.scope, &mut json, "relatedTo");
    let kind = match forced {
        Some(_) => "RELATION_TYPE_RECOVER",
        None => "RELATION_TYPE_RERUN",
    };
    json.text_field("relationType", Some(kind)).close('}');
    if let Some(forced) = forced {
        json.key("recover").open('{');
        json.list_field("forceRerunActions", forced).close('}');
    }
    json.close('}');
    json.finish()
}

/// Whether a text is a JSON object, said before it is sent.
fn check_object(what: &str, text: &str) -> Result<(), BackendError> {
    match serde_json::from_slice(text.as_bytes()) {
        Ok(serde_json::Value::Object(_)) => Ok(()),
        Ok(_) => refused(&[what, ": a JSON object is needed"]),
        Err(error) => refused(&[what, ": ", &error.to_string()]),
    }
}

/// `"taskId":{...}`.
fn put_task(server: &Rc<Server>, json: &mut JsonText, id: &Id, version: &str) {
    json.key("taskId");
    server.scope.begin(json, &id.project, &id.domain);
    json.text_field("name", Some(&id.name));
    json.text_field("version", Some(version)).close('}');
}

pub(super) fn task_id(text: &str) -> Result<Id, BackendError> {
    let id = Id::parse(text);
    let id = id.ok_or_else(|| {
        BackendError::Refused(["a task is named project/domain/name, not ", text].concat())
    })?;
    id.check(255)?;
    Ok(id)
}

/// Makes a run. `forced`: it recovers the one that it is made from, but these actions run again.
pub(super) async fn create(
    server: &Rc<Server>,
    new: NewRun,
    forced: Option<&[String]>,
) -> Result<Decoded<Acted>, BackendError> {
    if let Some(name) = &new.name {
        check_run_name(name)?;
    }
    for (what, text) in [("inputs", &new.inputs), ("options", &new.options)] {
        if let Some(text) = text {
            check_object(what, text)?;
        }
    }
    let mut json = JsonText::new();
    json.open('{');
    let mut options_text = new.options.clone();
    let mut inputs = new
        .inputs
        .clone()
        .map(|inputs| ["\"inputs\":", &inputs].concat());
    let scope = &server.scope;
    let (mut project, mut domain) = (scope.project.clone(), scope.domain.clone());
    let mut place = |id: &Id| {
        (project, domain) = (id.project.clone(), id.domain.clone());
    };
    match &new.template {
        Template::Task { id, version } => {
            let id = task_id(id)?;
            place(&id);
            put_task(server, &mut json, &id, version);
        }
        Template::Spec(spec) => {
            check_object("the task", spec)?;
            json.key("taskSpec").raw(spec);
        }
        Template::Trigger { name, task } => {
            let id = task_id(task)?;
            place(&id);
            json.key("triggerName");
            scope.begin(&mut json, &id.project, &id.domain);
            json.text_field("name", Some(name));
            json.text_field("taskName", Some(&id.name)).close('}');
        }
        Template::Run(run) => {
            let id = server.named(run)?;
            place(&id);
            let whole = detail::run(server, &id).await?;
            put_what_it_ran(server, &mut json, &whole)?;
            if inputs.is_none() {
                inputs = Some(its_inputs(server, &id).await?);
            }
            let spec = slice::member(&whole.text, "runSpec").unwrap_or("{}");
            let base = options_text.as_deref().unwrap_or(spec);
            options_text = Some(options(server, base, &id, forced));
        }
    }
    for (into, given) in [(&mut project, &new.project), (&mut domain, &new.domain)] {
        if !given.is_empty() {
            into.clone_from(given);
        }
    }
    let id = Id {
        project,
        domain,
        name: new.name.clone().unwrap_or_else(|| "r".into()),
    };
    id.check(30)?;
    match new.name {
        Some(_) => id.put(scope, &mut json, "runId"),
        None => scope.project(&mut json, &id.project, &id.domain),
    }
    // A trigger has inputs of its own.
    let is_trigger = matches!(new.template, Template::Trigger { .. });
    if let Some(inputs) = inputs.or_else(|| (!is_trigger).then(|| "\"inputs\":{}".into())) {
        json.raw(&inputs);
    }
    json.key("runSpec")
        .raw(options_text.as_deref().unwrap_or("{}"));
    json.text_field("source", Some("RUN_SOURCE_WEB")).close('}');
    let text = server.change(RUNS, "CreateRun", json.finish()).await?;
    let mut problems = Problems::new();
    let mut fields = Fields::parse(text.as_bytes(), &mut problems)?;
    let made = fields
        .object("run")
        .map(|mut run| super::decode::row(&mut run, 0));
    let mut done = acted("a new run was made");
    if let Some(run) = made {
        // The service does not announce it before its first change.
        server.remember(std::slice::from_ref(&run));
        done.run = Some(run);
    }
    Ok(decoded(done, problems))
}

/// The task of a run: by its name where it was deployed, else as it was sent.
fn put_what_it_ran(
    server: &Rc<Server>,
    json: &mut JsonText,
    whole: &Whole,
) -> Result<(), BackendError> {
    let source = slice::member(&whole.text, "runSpec")
        .and_then(|spec| slice::member(spec, "taskSpecSource"));
    let action = slice::member(&whole.text, "action").unwrap_or_default();
    let spec = slice::member(action, "task");
    let is_deployed = source.is_some_and(|source| source.contains("DEPLOYED"));
    match (&whole.act.task, spec) {
        (Some((id, version)), spec) if is_deployed || spec.is_none() => {
            put_task(server, json, id, version);
            Ok(())
        }
        (_, Some(spec)) => {
            json.key("taskSpec").raw(spec);
            Ok(())
        }
        _ => refused(&["the server does not tell what this run ran"]),
    }
}

/// The inputs of a run: its values, or where they are stored.
async fn its_inputs(server: &Rc<Server>, id: &Id) -> Result<String, BackendError> {
    let data = look::data(server.clone(), id.clone(), ROOT.into())
        .await?
        .value;
    if let Some(values) = data.inputs {
        return Ok(["\"inputs\":", &values].concat());
    }
    let mut json = JsonText::new();
    match data.inputs_uri {
        Some(uri) => {
            json.key("offloadedInputData").open('{');
            json.text_field("uri", Some(&uri));
            // What Flyte caches by. The true one is not told: with our own nothing cached is used that belongs to other inputs, and strict servers
            // want one.
            let own = hash(&mut uri.bytes()).to_string();
            json.text_field("inputsHash", Some(&own)).close('}');
        }
        None => drop(json.key("inputs").raw("{}")),
    }
    Ok(json.finish())
}
