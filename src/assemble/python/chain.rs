//! The tree a text holds, and the flat chain the model wants.
//!
//! Python prints the root first; here that ends. Members of a group and chains quoted in a message hang on the exception that
//! holds them until [`flatten`] puts everything in one order: outermost first, what an exception holds directly behind it.

use crate::model::{Exception, ExceptionChain, Frame, Language, Relation};

/// One exception as printed, with what hangs on it.
#[derive(Default)]
pub(super) struct Block {
    pub(super) kind: String,
    pub(super) message: String,
    pub(super) frames: Vec<Frame>,
    pub(super) properties: Vec<(String, String)>,
    /// Tie to the next block of the text, which is the outer one.
    pub(super) relation: Option<Relation>,
    /// Chains of a group's members.
    pub(super) members: Vec<Vec<Block>>,
    /// The chain quoted in the message.
    pub(super) wrapped: Vec<Block>,
    /// The class line is missing.
    pub(super) open: bool,
}

/// Puts the blocks of a text, root first, into one chain, outermost first. `None` if there are none.
pub(super) fn flatten(blocks: Vec<Block>, complete: bool) -> Option<ExceptionChain> {
    let mut links = Vec::new();
    let root = push_chain(blocks, Relation::Surface, &mut links)?;
    Some(ExceptionChain { language: Language::Python, links, root, complete, innermost_last: true })
}

/// Appends a chain and returns the index of its root. Recurses into members and quotes only, whose depth the parser bounds.
fn push_chain(blocks: Vec<Block>, first: Relation, links: &mut Vec<Exception>) -> Option<usize> {
    let mut root = None;
    for (index, block) in blocks.into_iter().rev().enumerate() {
        let relation = if index == 0 { first } else { block.relation.unwrap_or(Relation::Cause) };
        root = Some(links.len());
        links.push(Exception {
            kind: block.kind,
            message: block.message,
            relation,
            frames: block.frames,
            properties: block.properties,
        });
        let mut leaf = push_chain(block.wrapped, Relation::Wrapped, links);
        for member in block.members {
            let inner = push_chain(member, Relation::Member, links);
            leaf = leaf.or(inner);
        }
        root = leaf.or(root);
    }
    root
}
