//! What stands in an element: text, elements, several of them, or what changes.

use leptos::prelude::Owner;
use web_sys::{Element, Node, Text};

use super::{El, document, keep_true, press};

/// Nodes in the making.
#[must_use = "nodes that are not put anywhere are not on the page"]
pub enum Html {
    Nothing,
    Text(String),
    Element(Element),
    Many(Vec<Html>),
    /// Asked again when a signal that it read has changed.
    Changing(Box<dyn FnMut() -> Html>),
    /// Puts itself behind the last child, and keeps itself true.
    Placed(Box<dyn FnOnce(&Node)>),
}

pub trait IntoHtml {
    fn into_html(self) -> Html;
}

impl IntoHtml for Html {
    fn into_html(self) -> Html {
        self
    }
}

impl IntoHtml for El {
    fn into_html(self) -> Html {
        Html::Element(self.0)
    }
}

impl IntoHtml for () {
    fn into_html(self) -> Html {
        Html::Nothing
    }
}

impl IntoHtml for String {
    fn into_html(self) -> Html {
        Html::Text(self)
    }
}

impl IntoHtml for &str {
    fn into_html(self) -> Html {
        Html::Text(self.into())
    }
}

impl<H: IntoHtml> IntoHtml for Option<H> {
    fn into_html(self) -> Html {
        self.map_or(Html::Nothing, H::into_html)
    }
}

impl<H: IntoHtml> IntoHtml for Vec<H> {
    fn into_html(self) -> Html {
        Html::Many(self.into_iter().map(H::into_html).collect())
    }
}

impl<F: FnMut() -> H + 'static, H: IntoHtml> IntoHtml for F {
    fn into_html(mut self) -> Html {
        Html::Changing(Box::new(move || self().into_html()))
    }
}

pub(super) fn text(words: &str) -> Text {
    document(|document| document.create_text_node(words))
}

/// Puts nodes behind the last child.
pub(super) fn put(parent: &Node, html: Html) {
    // Fails only where a node would become its own parent.
    let add = |node: &Node| {
        let _ = parent.append_child(node);
    };
    match html {
        Html::Nothing => {}
        Html::Text(words) => add(&text(&words)),
        Html::Element(element) => add(&element),
        Html::Many(parts) => {
            for part in parts {
                put(parent, part);
            }
        }
        Html::Placed(place) => place(parent),
        Html::Changing(ask) => {
            let end = text("");
            add(&end);
            change(end, ask);
        }
    }
}

/// Keeps what stands before `end` true. Its beginning is another mark, so that what parts inside it add and remove is theirs.
fn change(end: Text, mut ask: Box<dyn FnMut() -> Html>) {
    let begin = text("");
    if let Some(parent) = end.parent_node() {
        let _ = parent.insert_before(&begin, Some(&end));
    }
    // The one node that is there when only words are: it is written anew instead of replaced.
    let mut words: Option<Text> = None;
    // Not the effect's own, which ends before anybody can say that what is pressed shall stay.
    let owner = Owner::new();
    keep_true(Box::new(move || {
        if !press::is_on(|node| is_between(&begin, &end, node)) {
            owner.with_cleanup(|| draw(&begin, &end, ask(), &mut words));
        }
    }));
}

fn is_between(begin: &Node, end: &Node, node: &Node) -> bool {
    begin.compare_document_position(node) & Node::DOCUMENT_POSITION_FOLLOWING != 0
        && end.compare_document_position(node) & Node::DOCUMENT_POSITION_PRECEDING != 0
}

/// Puts this between two marks, in place of what stands there.
fn draw(begin: &Node, end: &Node, html: Html, words: &mut Option<Text>) {
    if let (Html::Text(new), Some(node)) = (&html, &*words) {
        if node.data() != *new {
            node.set_data(new);
        }
        return;
    }
    clear(begin, end);
    *words = None;
    let Some(parent) = end.parent_node() else {
        return;
    };
    if let Html::Text(new) = &html {
        let node = text(new);
        let _ = parent.insert_before(&node, Some(end));
        *words = Some(node);
    } else {
        let room = document(|document| document.create_document_fragment());
        put(&room, html);
        let _ = parent.insert_before(&room, Some(end));
    }
}

/// Removes what stands between two marks.
fn clear(begin: &Node, end: &Node) {
    while let Some(node) = begin
        .next_sibling()
        .filter(|node| !node.is_same_node(Some(end)))
    {
        let Some(parent) = node.parent_node() else {
            return;
        };
        if parent.remove_child(&node).is_err() {
            return;
        }
    }
}
