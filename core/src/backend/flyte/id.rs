//! Names of things: `project/domain/name` is a run here. The server sends no organisation back, and some servers check what they are sent: so the
//! configured one goes into every name, and names are checked before they are sent.

use crate::backend::BackendError;
use crate::store::json::JsonText;

/// What stands in for an organisation where none is configured. Open servers do not look at it.
const ORG: &str = "default";

/// What a source shows: an organisation, and in it one project and domain, or all of them where these are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    pub org: String,
    pub project: String,
    pub domain: String,
}

impl Scope {
    pub(super) fn org(&self) -> &str {
        match self.org.as_str() {
            "" => ORG,
            org => org,
        }
    }

    pub(super) fn is_one_project(&self) -> bool {
        !self.project.is_empty() && !self.domain.is_empty()
    }

    /// `"name":{"organization","domain","name"}` of a project.
    pub(super) fn project(&self, json: &mut JsonText, project: &str, domain: &str) {
        json.key("projectId").open('{');
        json.text_field("organization", Some(self.org()));
        json.text_field("domain", Some(domain));
        json.text_field("name", Some(project)).close('}');
    }

    /// The fields that all names begin with.
    pub(super) fn begin(&self, json: &mut JsonText, project: &str, domain: &str) {
        json.open('{').text_field("org", Some(self.org()));
        json.text_field("project", Some(project));
        json.text_field("domain", Some(domain));
    }
}

/// A name with its place: of a run, or of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Id {
    pub(super) project: String,
    pub(super) domain: String,
    pub(super) name: String,
}

impl Id {
    /// Reads `project/domain/name`; `None`: a bare name.
    pub(super) fn parse(text: &str) -> Option<Id> {
        let (project, rest) = text.split_once('/')?;
        let (domain, name) = rest.split_once('/')?;
        Some(Id {
            project: project.into(),
            domain: domain.into(),
            name: name.into(),
        })
    }

    pub(super) fn text(&self) -> String {
        [&self.project, "/", &self.domain, "/", &self.name].concat()
    }

    /// Whether servers that check take it; `longest` is that of the name.
    pub(super) fn check(&self, longest: usize) -> Result<(), BackendError> {
        let parts = [
            ("project", &self.project, 63),
            ("domain", &self.domain, 63),
            ("name", &self.name, longest),
        ];
        for (what, text, longest) in parts {
            if text.is_empty() || text.chars().count() > longest {
                let most = longest.to_string();
                let words = [what, " has 1 to ", &most, " letters: ", text.as_str()];
                return Err(BackendError::Refused(words.concat()));
            }
        }
        Ok(())
    }

    /// `"key":{"org","project","domain","name"}`.
    pub(super) fn put(&self, scope: &Scope, json: &mut JsonText, key: &str) {
        json.key(key);
        scope.begin(json, &self.project, &self.domain);
        json.text_field("name", Some(&self.name)).close('}');
    }

    /// `{"runId":...}`.
    pub(super) fn run(&self, scope: &Scope) -> String {
        let mut json = JsonText::new();
        json.open('{');
        self.put(scope, &mut json, "runId");
        json.close('}');
        json.finish()
    }

    /// `"key":{"run":...,"name":action}`.
    pub(super) fn put_action(&self, scope: &Scope, json: &mut JsonText, key: &str, action: &str) {
        json.key(key).open('{');
        self.put(scope, json, "run");
        json.text_field("name", Some(action)).close('}');
    }

    /// `{"actionId":...,"attempt":n}`.
    pub(super) fn action(&self, scope: &Scope, action: &str, attempt: Option<u32>) -> String {
        let mut json = JsonText::new();
        json.open('{');
        self.put_action(scope, &mut json, "actionId", action);
        json.number_field("attempt", attempt.map(i64::from))
            .close('}');
        json.finish()
    }
}

/// FNV-1a, 64 bits: tells texts apart, and is no secret.
pub(super) fn hash(bytes: &mut dyn Iterator<Item = u8>) -> u64 {
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Whether a new run may be called so: DNS-1035, 1 to 30 letters.
pub fn check_run_name(name: &str) -> Result<(), BackendError> {
    let bytes = name.as_bytes();
    let is_letter = |byte: &u8| byte.is_ascii_lowercase();
    let is_inner = |byte: &u8| is_letter(byte) || byte.is_ascii_digit() || *byte == b'-';
    let is_good = bytes.first().is_some_and(is_letter)
        && bytes.iter().all(is_inner)
        && bytes.last() != Some(&b'-')
        && bytes.len() <= 30;
    match is_good {
        true => Ok(()),
        false => Err(BackendError::Refused(
            [
                "a run's name has 1 to 30 letters a to z, digits and '-', begins with a letter and does not end with '-': ",
                name,
            ]
            .concat(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_runs() {
        for good in ["a", "r1", "my-run-2", "abcdefghijklmnopqrstuvwxyz0123"] {
            assert!(check_run_name(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "1r",
            "A",
            "a-",
            "a_b",
            "a b",
            "ä",
            "abcdefghijklmnopqrstuvwxyz01234",
        ] {
            assert!(check_run_name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_organisation_is_in_every_name() {
        let scope = Scope {
            org: "acme".into(),
            ..Scope::default()
        };
        let id = Id::parse("p/d/n").unwrap();
        assert_eq!(
            id.action(&scope, "a0", Some(2)),
            r#"{"actionId":{"run":{"org":"acme","project":"p","domain":"d","name":"n"},"name":"a0"},"attempt":2}"#
        );
        assert_eq!(id.text(), "p/d/n");
        assert!(Id::parse("bare").is_none() && Id::parse("a/b").is_none());
        assert!(id.check(30).is_ok());
        assert!(Id::parse("p//n").unwrap().check(30).is_err());
    }
}
