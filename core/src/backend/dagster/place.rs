//! Where jobs are: code locations and their repositories.

use super::again::refused;
use super::graphql::Server;
use super::query;
use crate::backend::BackendError;

/// A code location and a repository in it.
pub(super) type Place = (String, String);

/// Where the jobs are: code location, repository and name of each.
pub(super) async fn jobs(server: &Server) -> Result<Vec<(Place, String)>, BackendError> {
    let got = server.get(query::JOBS, "{}".into(), "workspaceOrError", "Workspace");
    let mut got = got.await?;
    let found = got.fields().rows("locationEntries", |entry, _| {
        let location = entry.word("name");
        let mut own = Vec::new();
        if let Some(mut loaded) = entry.object("locationOrLoadError") {
            for (repository, names) in loaded.rows("repositories", |repository, _| {
                (repository.word("name"), repository.column("jobs", "name"))
            }) {
                for name in names {
                    own.push(((location.clone(), repository.clone()), name));
                }
            }
        }
        own
    });
    Ok(found.concat())
}

/// Where the job is that `named` means, and its name: a job's own name, or with `@` its code location or, as Dagster writes it in addresses,
/// `repository@location`, where several have one of that name.
pub(super) async fn place(server: &Server, named: &str) -> Result<(Place, String), BackendError> {
    choose(jobs(server).await?, named)
}

fn choose(all: Vec<(Place, String)>, named: &str) -> Result<(Place, String), BackendError> {
    let (job, at) = match named.split_once('@') {
        Some((job, at)) => (job, Some(at)),
        None => (named, None),
    };
    let of = |(location, repository): &Place| [repository, "@", location].concat();
    let mut found: Vec<(Place, String)> = all;
    found.retain(|(place, name)| {
        name == job && at.is_none_or(|at| place.0 == at || of(place) == at)
    });
    if found.len() > 1 {
        let names = found.iter().map(|(place, _)| match at {
            None => [job, "@", &place.0].concat(),
            Some(_) => [job, "@", &of(place)].concat(),
        });
        let names = names.collect::<Vec<_>>().join(", ");
        return refused(
            &[
                job,
                " is a job of several code locations; name one: ",
                &names,
            ]
            .concat(),
        );
    }
    match found.pop() {
        Some(found) => Ok(found),
        None => refused(&["no code location that is loaded has a job ", named].concat()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_of_several_code_locations_is_named_with_its_own() {
        let of = |at: &str, repository: &str, job: &str| {
            ((at.to_string(), repository.to_string()), job.to_string())
        };
        let all = || {
            vec![
                of("a", "r", "x"),
                of("b", "r", "x"),
                of("b", "s", "x"),
                of("b", "s", "y"),
            ]
        };
        let at = |named: &str| choose(all(), named);
        assert_eq!(at("y").unwrap(), of("b", "s", "y"));
        assert_eq!(at("x@a").unwrap(), of("a", "r", "x"));
        assert_eq!(at("x@s@b").unwrap(), of("b", "s", "x"));
        let words = |named: &str| at(named).unwrap_err().to_string();
        assert!(words("x").contains("x@a, x@b"), "{}", words("x"));
        assert!(words("x@b").contains("x@r@b, x@s@b"), "{}", words("x@b"));
        assert!(words("z").contains("has a job z"), "{}", words("z"));
        assert!(words("y@a").contains("has a job y@a"), "{}", words("y@a"));
    }
}
