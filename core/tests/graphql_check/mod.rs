//! As much of GraphQL's validation as wrong documents need to be found: fields, arguments, types of variables, fragments, and names that mean two things.

pub(crate) mod schema;
mod token;

use std::collections::{BTreeMap, BTreeSet};

pub(crate) use schema::Schema;
use schema::{Field, Type};
use token::Tokens;

struct Selection {
    name: String,
    alias: String,
    args: Vec<(String, Option<String>)>,
    /// Of a fragment in its place the type.
    on: Option<String>,
    spread: Option<String>,
    fields: Option<Vec<Selection>>,
}

/// What is wrong with a document.
pub(crate) fn check(schema: &Schema, document: &str) -> Vec<String> {
    examined(schema, document).wrong
}

/// The fields that a document asks for, each with the type of what it is selected of.
#[allow(dead_code, reason = "not all tests look at it")]
pub(crate) fn asked(schema: &Schema, document: &str) -> BTreeSet<(String, String)> {
    examined(schema, document).asked
}

fn examined<'a>(schema: &'a Schema, document: &str) -> Check<'a> {
    let mut tokens = Tokens::of(document);
    let mut check = Check {
        schema,
        variables: BTreeMap::new(),
        used: Vec::new(),
        fragments: BTreeMap::new(),
        wrong: Vec::new(),
        asked: BTreeSet::new(),
    };
    let mut operation = None;
    while let Some(word) = tokens.peek() {
        if word == "fragment" {
            tokens.next();
            let name = tokens.next();
            tokens.expect("on");
            let on = tokens.next();
            check.fragments.insert(name, (on, selections(&mut tokens)));
            continue;
        }
        let root = match word.as_str() {
            "mutation" => "Mutation",
            "subscription" => "Subscription",
            _ => "Query",
        };
        if word != "{" {
            tokens.next();
        }
        if tokens.peek().as_deref() == Some("(") {
            tokens.next();
            while tokens.peek().as_deref() != Some(")") {
                tokens.expect("$");
                let name = tokens.next();
                tokens.expect(":");
                let kind = tokens.kind();
                check.variables.insert(name, kind);
            }
            tokens.next();
        }
        operation = Some((root, selections(&mut tokens)));
    }
    let (root, fields) = operation.unwrap();
    let fragments = std::mem::take(&mut check.fragments);
    let mut seen = Vec::new();
    check.fields(root, &fields, &fragments, &mut seen, &mut BTreeMap::new());
    for name in check.variables.keys() {
        if !check.used.contains(name) {
            check.wrong.push(format!("${name} is not used"));
        }
    }
    for name in fragments.keys() {
        if !seen.contains(name) {
            check.wrong.push(format!("fragment {name} is not used"));
        }
    }
    check
}

fn selections(tokens: &mut Tokens) -> Vec<Selection> {
    tokens.expect("{");
    let mut out = Vec::new();
    while tokens.peek().as_deref() != Some("}") {
        let mut one = Selection {
            name: String::new(),
            alias: String::new(),
            args: Vec::new(),
            on: None,
            spread: None,
            fields: None,
        };
        let word = tokens.next();
        if word == "..." {
            let next = tokens.next();
            if next == "on" {
                one.on = Some(tokens.next());
                one.fields = Some(selections(tokens));
            } else {
                one.spread = Some(next);
            }
            out.push(one);
            continue;
        }
        one.alias.clone_from(&word);
        one.name = word;
        if tokens.peek().as_deref() == Some(":") {
            tokens.next();
            one.name = tokens.next();
        }
        if tokens.peek().as_deref() == Some("(") {
            tokens.next();
            while tokens.peek().as_deref() != Some(")") {
                let name = tokens.next();
                tokens.expect(":");
                one.args.push((name, tokens.value()));
            }
            tokens.next();
        }
        if tokens.peek().as_deref() == Some("{") {
            one.fields = Some(selections(tokens));
        }
        out.push(one);
    }
    tokens.next();
    out
}

type Fragments = BTreeMap<String, (String, Vec<Selection>)>;

struct Check<'a> {
    schema: &'a Schema,
    variables: BTreeMap<String, String>,
    used: Vec<String>,
    fragments: Fragments,
    wrong: Vec<String>,
    asked: BTreeSet<(String, String)>,
}

impl Check<'_> {
    /// `names`: what the names at this place of an answer stand for.
    fn fields(
        &mut self,
        on: &str,
        fields: &[Selection],
        fragments: &Fragments,
        seen: &mut Vec<String>,
        names: &mut BTreeMap<String, String>,
    ) {
        let Some(kind) = self.schema.types.get(on) else {
            self.wrong.push(format!("there is no type {on}"));
            return;
        };
        for one in fields {
            let part = match &one.spread {
                Some(name) => match fragments.get(name) {
                    Some((on, fields)) => {
                        seen.push(name.clone());
                        Some((on.as_str(), fields.as_slice()))
                    }
                    None => {
                        self.wrong.push(format!("there is no fragment {name}"));
                        continue;
                    }
                },
                None => one.on.as_deref().zip(one.fields.as_deref()),
            };
            if let Some((part, fields)) = part {
                if self.schema.types.contains_key(part) && !self.schema.overlap(on, part) {
                    self.wrong.push(format!("no {part} is a {on}"));
                }
                self.fields(part, fields, fragments, seen, names);
                continue;
            }
            if one.name == "__typename" {
                continue;
            }
            let Some(field) = kind.fields.get(&one.name) else {
                self.wrong.push(format!("{on} has no field {}", one.name));
                continue;
            };
            self.asked.insert((on.into(), one.name.clone()));
            let other = names.insert(one.alias.clone(), field.kind.clone());
            if let Some(other) = other.filter(|other| *other != field.kind) {
                let name = &one.alias;
                self.wrong
                    .push(format!("{name} is {other} and {}", field.kind));
            }
            self.args(one, field);
            let inner = schema::named(&field.kind);
            match (
                &one.fields,
                self.schema.types.get(inner).map(Type::has_fields),
            ) {
                (None, Some(true)) => self
                    .wrong
                    .push(format!("{}: which of its fields", one.name)),
                (Some(_), Some(false)) => {
                    self.wrong
                        .push(format!("{} has no fields of its own", one.name));
                }
                (Some(fields), _) => {
                    self.fields(inner, fields, fragments, seen, &mut BTreeMap::new());
                }
                _ => {}
            }
        }
    }

    fn args(&mut self, one: &Selection, field: &Field) {
        for (name, variable) in &one.args {
            let Some(wanted) = field.args.get(name) else {
                self.wrong
                    .push(format!("{} has no argument {name}", one.name));
                continue;
            };
            let Some(variable) = variable else { continue };
            self.used.push(variable.clone());
            match self.variables.get(variable) {
                None => self.wrong.push(format!("${variable} is not declared")),
                Some(kind) if kind == wanted || kind.strip_suffix('!') == Some(wanted) => {}
                Some(kind) => {
                    self.wrong
                        .push(format!("${variable} is {kind} where {wanted} is taken"));
                }
            }
        }
        for (name, kind) in &field.args {
            if kind.ends_with('!') && !one.args.iter().any(|(given, _)| given == name) {
                self.wrong.push(format!("{} needs {name}", one.name));
            }
        }
    }
}
