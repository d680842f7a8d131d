//! `view!`: HTML in Rust, turned into calls of `crate::ui::html` (docs/adr/0004 says why the app does not use Leptos' own).
//!
//! ```text
//! view! {
//!     <button class="button" aria-pressed=move || on.get().to_string() on:click=move |_| on.set(true)>"Go"</button>
//!     {move || words.get()}
//! }
//! ```
//! An attribute or a child that is a closure changes with the signals that it reads. Besides attributes there are `on:EVENT=`, `prop:NAME=`,
//! `style:NAME=`, `class=("name", condition)`, `attrs=` for several that change together, and `node_ref=`. Parts of a page are functions:
//! `{steps_bar(counts)}`.

use proc_macro::TokenStream;
use proc_macro2::{Span, TokenStream as Tokens};
use quote::{quote, quote_spanned};
use rstml::node::{KeyedAttribute, Node, NodeAttribute, NodeBlock, NodeElement};
use syn::spanned::Spanned as _;
use syn::{Block, Expr, Lit, Stmt};

/// Elements that are drawings: they are made in the namespace of SVG.
const SVG: [&str; 9] = [
    "svg", "path", "rect", "circle", "g", "line", "polyline", "text", "pattern",
];

/// HTML in Rust: one element gives an `El`, several nodes give an `Html`.
#[proc_macro]
pub fn view(input: TokenStream) -> TokenStream {
    match rstml::parse(input) {
        Ok(nodes) => many(&nodes).into(),
        Err(error) => error.to_compile_error().into(),
    }
}

fn wrong(at: Span, words: &str) -> Tokens {
    syn::Error::new(at, words).to_compile_error()
}

fn many(nodes: &[Node]) -> Tokens {
    match nodes {
        [one] => node(one),
        all => {
            let parts = all.iter().map(node);
            quote! {
                crate::ui::html::Html::Many(::std::vec![#(crate::ui::html::IntoHtml::into_html(#parts)),*])
            }
        }
    }
}

fn node(node: &Node) -> Tokens {
    match node {
        Node::Element(element) => self::element(element),
        Node::Block(NodeBlock::ValidBlock(block)) => bare(block),
        Node::Text(text) => {
            let text = &text.value;
            quote! { #text }
        }
        Node::Fragment(fragment) => many(&fragment.children),
        other => wrong(
            other.span(),
            "not in a view: an element, \"text\" or {an expression} is",
        ),
    }
}

/// A block that is one expression stands without its braces, which the compiler would call unnecessary.
fn bare(block: &Block) -> Tokens {
    match block.stmts.as_slice() {
        [Stmt::Expr(inner, None)] => quote! { #inner },
        _ => quote! { #block },
    }
}

fn element(element: &NodeElement<rstml::Infallible>) -> Tokens {
    let tag = element.name().to_string();
    // What never changes is said once for all elements of this place: the tag, then a line for each attribute.
    let mut plan = match SVG.contains(&tag.as_str()) {
        true => format!("*{tag}"),
        false => tag,
    };
    let (mut early, mut late) = (Vec::new(), Vec::new());
    for attribute in element.attributes() {
        let attribute = match attribute {
            NodeAttribute::Attribute(attribute) => self::attribute(attribute),
            NodeAttribute::Block(block) => {
                Attribute::Early(wrong(block.span(), "an attribute is NAME=VALUE"))
            }
        };
        match attribute {
            Attribute::Fixed(name, value) => plan.extend(["\n", &name, "=", &value]),
            Attribute::Early(call) => early.push(call),
            Attribute::Late(call) => late.push(call),
        }
    }
    let children = element.children.iter().map(|child| {
        let child = node(child);
        quote! { .child(#child) }
    });
    quote! { crate::ui::html::El::of(#plan) #(#early)* #(#children)* #(#late)* }
}

enum Attribute {
    /// It never changes: name and value.
    Fixed(String, String),
    /// The call that sets it.
    Early(Tokens),
    /// A property may depend on the children: the value of a select is one of its options.
    Late(Tokens),
}

fn attribute(attribute: &KeyedAttribute) -> Attribute {
    let name = attribute.key.to_string();
    let span = attribute.key.span();
    let Some(value) = attribute.value() else {
        return Attribute::Fixed(name, String::new());
    };
    let bare = match value {
        Expr::Block(block) => bare(&block.block),
        value => quote! { #value },
    };
    Attribute::Early(match name.split_once(':') {
        Some(("on", event)) => {
            let kind = event_type(event);
            quote_spanned! { span=> .on::<#kind>(#event, #bare) }
        }
        Some(("prop", name)) => {
            return Attribute::Late(quote_spanned! { span=> .prop(#name, #bare) });
        }
        Some(("style", name)) => quote_spanned! { span=> .style(#name, #bare) },
        Some(_) => wrong(span, "known are on:, prop: and style:"),
        None if name == "attrs" => quote_spanned! { span=> .attrs(#bare) },
        None if name == "node_ref" => quote_spanned! { span=> .node_ref(#bare) },
        None => match value {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Str(value) if !value.value().contains('\n') => {
                    return Attribute::Fixed(name, value.value());
                }
                _ => quote_spanned! { span=> .attr(#name, #bare) },
            },
            Expr::Tuple(pair) if name == "class" => {
                let (class, condition) = (pair.elems.first(), pair.elems.last());
                quote_spanned! { span=> .class(#class, #condition) }
            }
            _ => quote_spanned! { span=> .attr(#name, #bare) },
        },
    })
}

fn event_type(event: &str) -> Tokens {
    if event.starts_with("key") {
        quote! { ::web_sys::KeyboardEvent }
    } else if event == "wheel" {
        quote! { ::web_sys::WheelEvent }
    } else if event == "click" || event.starts_with("pointer") {
        quote! { ::web_sys::MouseEvent }
    } else {
        quote! { ::web_sys::Event }
    }
}
