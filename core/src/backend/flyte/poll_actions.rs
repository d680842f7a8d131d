//! The actions of a run by asking: ListActions tells where each stands in the tree and how it goes, but neither its name nor its kind; those come one
//! by one, some at each reading.

use std::rc::Rc;

use futures_util::FutureExt as _;

use super::decode::{ROOT, act};
use super::detail;
use super::id::Id;
use super::list::PAGE;
use super::request::{Asked, RUNS, Server};
use super::tree::Known;
use crate::backend::BackendError;
use crate::backend::lenient::{Fields, Problems};
use crate::model::{Run, Step, StepCounts, fold};
use crate::store::json::JsonText;

/// So many actions are asked about by name at one reading.
const NAMES: usize = 20;

/// One reading.
pub(super) struct Polled {
    pub(super) known: Known,
    pub(super) steps: Vec<Step>,
    pub(super) root: Option<(Run, StepCounts)>,
    pub(super) problems: Problems,
}

pub(super) fn all(server: &Rc<Server>, id: &Id, known: Known) -> Asked<Polled> {
    reading(server.clone(), id.clone(), known).boxed_local()
}

async fn reading(server: Rc<Server>, id: Id, mut known: Known) -> Result<Polled, BackendError> {
    let mut problems = Problems::new();
    let (mut steps, mut root): (Vec<Step>, Option<Run>) = (Vec::new(), None);
    let mut token: Option<String> = None;
    known.begin();
    loop {
        let mut json = JsonText::new();
        json.open('{').key("request").open('{');
        json.number_field("limit", Some(i64::from(PAGE)));
        json.text_field("token", token.as_deref());
        json.key("sortByFields")
            .raw(r#"[{"key":"created_at","direction":"ASCENDING"}]"#);
        json.close('}');
        id.put(&server.scope, &mut json, "runId");
        json.close('}');
        let text = server.call(RUNS, "ListActions", json.finish()).await?;
        let mut fields = Fields::parse(text.as_bytes(), &mut problems)?;
        let next = fields.text("token").filter(|token| !token.is_empty());
        fields.each("actions", &mut |one, _| {
            let act = act(one);
            // Pages shift while actions are added: one may come twice.
            if act.name.is_empty() || known.is_told(&act.name) {
                return;
            }
            let place = known.take(&act.name, act.phase);
            steps.push(act.step(place));
            if act.name == ROOT {
                root = Some(act.run());
            }
        });
        if next.is_none() || next == token {
            break;
        }
        token = next;
    }
    let counts = fold::count(&steps);
    let mut asked = 0;
    for step in &mut steps {
        if let Some((name, kind)) = known.named(&step.key) {
            (step.name, step.kind) = (name, kind);
        } else if asked < NAMES {
            asked += 1;
            let (_, told) = detail::action(&server, &id, &step.key).await?;
            let told = told.value.step;
            known.name(&step.key, told.name.clone(), told.kind.clone());
            (step.name, step.kind) = (told.name, told.kind);
        }
    }
    Ok(Polled {
        known,
        steps,
        root: root.map(|root| (root, counts)),
        problems,
    })
}
