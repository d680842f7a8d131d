//! What was asked of runs for their pages, and is kept: one question for all that ask at the same time, and for those who come soon after.
//!
//! Each part of an answer is given once without asking again; of a run that is over, as often as it is asked for, until so many others were. Its family
//! alone still grows.

use std::rc::Rc;

use futures_util::FutureExt as _;
use futures_util::future::{LocalBoxFuture, Shared, WeakShared};

use super::graphql::Server;
use super::open::{Opened, ask};
use crate::backend::BackendError;
use crate::model::Run;

/// So many runs are kept.
const KEPT: usize = 24;

/// What may be taken of an answer without asking again.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Always asked for anew, unless the run is over.
    Run = 1,
    Steps = 2,
    Stats = 4,
    Family = 8,
    Facts = 16,
    Assets = 32,
    Log = 64,
    Plan = 128,
    Events = 256,
    /// What happened since, which is given once whatever the run: who asks later wants to know whether the server still answers.
    News = 512,
}

type Question = LocalBoxFuture<'static, Result<Rc<Opened>, BackendError>>;

/// A question for a run that is on its way. It ends with the last one who waits for its answer.
pub(super) struct Asking {
    id: String,
    number: u64,
    /// The version of the run that was heard of meanwhile.
    newest: u64,
    question: WeakShared<Question>,
}

impl Server {
    /// What was known of a run is so no more.
    pub(super) fn forget(&self, id: &str) {
        self.opened.borrow_mut().retain(|known| known.run.id != id);
        self.asking.borrow_mut().retain(|asking| asking.id != id);
    }

    /// What was known of a run is so no more, unless it is this that was known.
    pub(super) fn forget_older(&self, run: &Run) {
        let is_so = |known: &Rc<Opened>| known.run.id != run.id || known.run.version == run.version;
        self.opened.borrow_mut().retain(is_so);
        for asking in self.asking.borrow_mut().iter_mut() {
            if asking.id == run.id {
                asking.newest = asking.newest.max(run.version);
            }
        }
    }

    /// Nothing is known of any run.
    pub(super) fn forget_all(&self) {
        self.opened.borrow_mut().clear();
        self.asking.borrow_mut().clear();
    }

    /// A question was answered: which version of the run is not too old, if any is.
    fn wanted(&self, number: u64) -> Option<u64> {
        let mut all = self.asking.borrow_mut();
        let place = all.iter().position(|asking| asking.number == number)?;
        Some(all.remove(place).newest)
    }

    fn keep_run(&self, opened: &Rc<Opened>) {
        let mut all = self.opened.borrow_mut();
        all.retain(|known| known.run.id != opened.run.id);
        if all.len() >= KEPT {
            all.remove(0);
        }
        all.push(opened.clone());
    }
}

/// What is known of a run, for a part of its page that was not taken yet.
pub(super) fn known(server: &Server, id: &str, part: Part) -> Option<Rc<Opened>> {
    let bit = part as u16;
    let opened = server.opened.borrow();
    let known = opened.iter().find(|known| known.run.id == id)?;
    let is_left = part != Part::Run && known.taken.get() & bit == 0;
    // A run that is over may still get children.
    let is_final = known.is_final && !matches!(part, Part::Family | Part::News);
    if !is_final && !is_left {
        return None;
    }
    known.taken.set(known.taken.get() | bit);
    Some(known.clone())
}

/// A run of which all events up to a number are known: what has happened stays so.
pub(super) fn past(server: &Server, id: &str, to: u64) -> Option<Rc<Opened>> {
    let opened = server.opened.borrow();
    let known = opened.iter().find(|known| known.run.id == id)?;
    let count = known.events.as_ref()?.lines.len() as u64;
    (count >= to).then(|| known.clone())
}

/// A run for a part of its page.
pub(super) async fn opened(
    server: &Rc<Server>,
    id: &str,
    part: Part,
) -> Result<Rc<Opened>, BackendError> {
    if let Some(known) = known(server, id, part) {
        return Ok(known);
    }
    let opened = question(server, id).await?;
    opened.taken.set(opened.taken.get() | part as u16);
    Ok(opened)
}

/// The question for a run that is on its way, or a new one.
fn question(server: &Rc<Server>, id: &str) -> Shared<Question> {
    let mut all = server.asking.borrow_mut();
    all.retain(|asking| asking.question.upgrade().is_some());
    let mut same = all.iter().filter(|asking| asking.id == id);
    if let Some(question) = same.find_map(|asking| asking.question.upgrade()) {
        return question;
    }
    let number = server.asked.get() + 1;
    server.asked.set(number);
    let (own, run) = (server.clone(), id.to_string());
    let question = async move {
        let answer = ask(&own, &run).await;
        let newest = own.wanted(number);
        let opened = Rc::new(answer?);
        if newest.is_some_and(|newest| opened.run.version >= newest) {
            own.keep_run(&opened);
        }
        Ok(opened)
    };
    let question = question.boxed_local().shared();
    all.extend(question.downgrade().map(|question| Asking {
        id: id.into(),
        number,
        newest: 0,
        question,
    }));
    question
}
