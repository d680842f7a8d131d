//! A schema, from its own language.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::token::Tokens;

#[derive(Debug, Default, PartialEq)]
pub(crate) struct Field {
    pub(crate) kind: String,
    pub(crate) args: BTreeMap<String, String>,
}

/// A type that has fields, or, of a union, types that it may be.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Type {
    pub(crate) fields: BTreeMap<String, Field>,
    /// The objects that it may be.
    pub(crate) is: BTreeSet<String>,
}

impl Type {
    pub(crate) fn has_fields(&self) -> bool {
        !self.fields.is_empty() || !self.is.is_empty()
    }
}

pub(crate) struct Schema {
    pub(crate) types: BTreeMap<String, Type>,
}

/// `Run` of `[Run!]!`.
pub(crate) fn named(kind: &str) -> &str {
    kind.trim_matches(['[', ']', '!'])
}

impl Schema {
    pub(crate) fn parse(text: &str) -> Schema {
        let mut tokens = Tokens::of(text);
        let mut types: BTreeMap<String, Type> = BTreeMap::new();
        for scalar in ["Int", "Float", "String", "Boolean", "ID"] {
            types.insert(scalar.into(), Type::default());
        }
        let mut also: Vec<(String, String)> = Vec::new();
        while tokens.peek().is_some() {
            let what = tokens.next();
            match what.as_str() {
                "schema" => {
                    tokens.value();
                }
                "scalar" => {
                    types.insert(tokens.next(), Type::default());
                }
                "enum" => {
                    types.insert(tokens.next(), Type::default());
                    tokens.value();
                }
                "union" => {
                    let name = tokens.next();
                    let mut one = Type::default();
                    tokens.expect("=");
                    loop {
                        if tokens.peek().as_deref() == Some("|") {
                            tokens.next();
                        }
                        one.is.insert(tokens.next());
                        if tokens.peek().as_deref() != Some("|") {
                            break;
                        }
                    }
                    types.insert(name, one);
                }
                "type" | "interface" | "input" => {
                    let name = tokens.next();
                    while tokens.peek().as_deref() != Some("{") {
                        let word = tokens.next();
                        if what == "type" && word != "implements" && word != "&" {
                            also.push((word, name.clone()));
                        }
                    }
                    let one = types.entry(name.clone()).or_default();
                    if what == "type" {
                        one.is.insert(name);
                    }
                    one.fields = fields(&mut tokens);
                }
                other => panic!("{other} in a schema"),
            }
        }
        for (interface, name) in also {
            types.entry(interface).or_default().is.insert(name);
        }
        Schema { types }
    }

    /// A schema as a server tells it of itself; see [`ASK`].
    #[allow(dead_code, reason = "only the tests with a server ask one")]
    pub(crate) fn told(schema: &Value) -> Schema {
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let name = |value: &Value| value["name"].as_str().unwrap().to_string();
        let mut types = BTreeMap::new();
        for told in list(&schema["types"]) {
            let mut one = Type::default();
            for field in list(&told["fields"])
                .into_iter()
                .chain(list(&told["inputFields"]))
            {
                let args = list(&field["args"]).into_iter().map(|arg| {
                    let kind = written(&arg["type"]);
                    let is_given = arg["defaultValue"].is_string();
                    let kind = if is_given {
                        kind.trim_end_matches('!')
                    } else {
                        &kind
                    };
                    (name(&arg), kind.to_string())
                });
                let field_of = Field {
                    kind: written(&field["type"]),
                    args: args.collect(),
                };
                one.fields.insert(name(&field), field_of);
            }
            one.is = list(&told["possibleTypes"]).iter().map(name).collect();
            if told["kind"] == "OBJECT" {
                one.is.insert(name(&told));
            }
            types.insert(name(&told), one);
        }
        Schema { types }
    }

    /// Something may be both.
    pub(crate) fn overlap(&self, one: &str, other: &str) -> bool {
        !self.types[one].is.is_disjoint(&self.types[other].is)
    }
}

/// The question for [`Schema::told`].
#[allow(dead_code, reason = "only the tests with a server ask one")]
pub(crate) const ASK: &str = "{__schema{types{kind name fields(includeDeprecated:true){name args{name defaultValue type{...T}}type{...T}}inputFields{name type{...T}}possibleTypes{name}}}}fragment T on __Type{kind name ofType{kind name ofType{kind name ofType{kind name ofType{kind name}}}}}";

fn written(kind: &Value) -> String {
    match kind["kind"].as_str().unwrap() {
        "NON_NULL" => written(&kind["ofType"]) + "!",
        "LIST" => format!("[{}]", written(&kind["ofType"])),
        _ => kind["name"].as_str().unwrap().to_string(),
    }
}

fn fields(tokens: &mut Tokens) -> BTreeMap<String, Field> {
    let mut out = BTreeMap::new();
    tokens.expect("{");
    while tokens.peek().as_deref() != Some("}") {
        let name = tokens.next();
        let mut field = Field::default();
        if tokens.peek().as_deref() == Some("(") {
            tokens.next();
            while tokens.peek().as_deref() != Some(")") {
                let (name, kind) = typed(tokens);
                field.args.insert(name, kind);
            }
            tokens.next();
        }
        tokens.expect(":");
        field.kind = tokens.kind();
        passed(tokens);
        out.insert(name, field);
    }
    tokens.next();
    out
}

/// An argument's name and type. One with a value of its own need not be given.
fn typed(tokens: &mut Tokens) -> (String, String) {
    let name = tokens.next();
    tokens.expect(":");
    let mut kind = tokens.kind();
    if tokens.peek().as_deref() == Some("=") {
        tokens.next();
        tokens.value();
        kind = kind.trim_end_matches('!').to_string();
    }
    (name, kind)
}

/// Passes a default and a directive.
fn passed(tokens: &mut Tokens) {
    if tokens.peek().as_deref() == Some("=") {
        tokens.next();
        tokens.value();
    }
    while tokens.peek().as_deref() == Some("@") {
        tokens.next();
        tokens.next();
        if tokens.peek().as_deref() == Some("(") {
            while tokens.next() != ")" {}
        }
    }
}
