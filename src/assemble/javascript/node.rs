//! An error being put together: its class line, its nested errors, and the flat chain it becomes.
//!
//! Plain data; nothing here reads a line.

use crate::model::{Bytewise, Exception, Relation};

use super::text::Header;

/// An error with those nested in it.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) exception: Exception,
    pub(super) children: Vec<Self>,
}

/// What a class line says, detached from the line.
#[derive(Clone, Debug, Default)]
pub(super) struct Head {
    pub(super) kind: String,
    pub(super) code: Option<String>,
    pub(super) message: String,
    pub(super) boxed: bool,
    /// Node before 12 opened the braces before the class: `{ Error: …`.
    pub(super) braced: bool,
}

impl From<Header<'_>> for Head {
    fn from(header: Header<'_>) -> Self {
        Self {
            kind: header.kind.to_owned(),
            code: header.code.map(str::to_owned),
            message: header.message.to_owned(),
            boxed: header.boxed,
            braced: header.lead.trimmed_end().ends_with('{'),
        }
    }
}

impl Head {
    /// A head without a class: only a message was printed above the frames.
    pub(super) fn message(text: &str) -> Self {
        Self { message: text.trimmed().to_owned(), ..Self::default() }
    }

    /// An error that is this line and no more.
    pub(super) fn into_node(self) -> Node {
        let mut exception = Exception::new(self.kind, self.message, Relation::Surface);
        exception.properties.extend(self.code.map(|code| ("code".to_owned(), code)));
        Node { exception, children: Vec::new() }
    }
}

/// The last error of the chain of causes.
pub(super) fn deepest(node: &mut Node) -> &mut Node {
    let mut node = node;
    while let Some(at) = node.children.iter().position(|child| child.exception.relation == Relation::Cause) {
        node = &mut node.children[at];
    }
    node
}

/// Puts an error and those nested in it into one list, and returns the index of the root: the deepest cause, or of an aggregate the
/// first member's.
pub(super) fn flatten(node: Node, links: &mut Vec<Exception>) -> usize {
    let own = links.len();
    links.push(node.exception);
    let mut root: Option<(usize, bool)> = None;
    for child in node.children {
        let cause = child.exception.relation == Relation::Cause;
        let below = flatten(child, links);
        if root.is_none_or(|(_, caused)| cause && !caused) {
            root = Some((below, cause));
        }
    }
    root.map_or(own, |(below, _)| below)
}
