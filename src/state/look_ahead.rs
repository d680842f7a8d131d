//! What a filter asks for comes before the whole list has been read.

use runboard_core::model::RunFilter;

use super::State;
use super::read_list::FIRST_PAGE;
use super::sources::{Link, Source};
use super::task::Task;

fn is_being_read(link: &Link) -> bool {
    !link.is_loaded && link.info.is_some()
}

/// Sources that have said what they are and whose lists are still being read. Tracked.
pub fn being_read(state: State) -> Vec<u16> {
    let is_so = |source: &&Source| source.link.with(is_being_read);
    state.sources.list.with(|list| {
        let sources = list.iter().filter(is_so);
        sources.map(|source| source.index).collect()
    })
}

/// While lists are still being read, a filter's newest runs are asked for by themselves, so that nobody waits for what lies far back.
pub fn look_ahead(state: State, filter: RunFilter, names: Vec<String>) -> Option<Task> {
    state.runs.said.set(Vec::new());
    let sources = state.sources.list.get_untracked();
    let is_wanted = |source: &Source| {
        let is_named = names.is_empty() || names.iter().any(|name| source.is_named(name));
        is_named && source.link.with_untracked(is_being_read)
    };
    let sources: Vec<Source> = sources.into_iter().filter(is_wanted).collect();
    (!sources.is_empty() && !filter.is_empty()).then(|| {
        Task::spawn(async move {
            for source in sources {
                let Ok(backend) = source.backend() else {
                    continue;
                };
                // Reading the whole list goes on and says what goes wrong.
                if let Ok(answer) = backend.list_runs(&filter, FIRST_PAGE, None).await {
                    state.runs.take(source.index, &answer.value.items);
                    state.runs.said.update(|said| said.extend(answer.problems));
                }
            }
        })
    })
}
