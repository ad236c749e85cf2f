//! Exception groups: members in margins of `|`, parted by rules of `-`.
//!
//! Only the rules say where a member begins and ends (`+-+---- 1 ----` opens, `+---- 2 ----` goes on, `+--------` closes), never the
//! columns: pasted text loses those.

use super::chain::Block;
use super::text::View;
use super::trace::{MAX_DEPTH, Reader};
use crate::model::Bytewise;

/// Members of one group that are read; Python itself prints 15.
const MAX_MEMBERS: usize = 100;

/// One open group: the blocks read at its margin and the lines not read yet.
#[derive(Default)]
struct Level<'a> {
    blocks: Vec<Block>,
    lines: Vec<View<'a>>,
}

/// What a line inside a group is.
enum Margin<'a> {
    Text(&'a str),
    Open,
    Next,
    Close,
}

fn margin(text: &str) -> Option<Margin<'_>> {
    let text = text.trimmed_start();
    if let Some(rest) = text.strip_prefix('|') {
        return Some(Margin::Text(rest.strip_prefix([' ', '\u{a0}']).unwrap_or(rest)));
    }
    let rest = text.strip_prefix('+')?;
    if rest.starts_with("-+-") {
        return Some(Margin::Open);
    }
    let rest = rest.strip_prefix("--")?.trimmed_end();
    let label = rest.trim_matches('-').trimmed();
    if label.is_empty() {
        return Some(Margin::Close);
    }
    (rest.ends_with('-') && (label == "..." || label.bytes().all(|b| b.is_ascii_digit()))).then_some(Margin::Next)
}

/// Reads a group whose header stands at `at` and returns where its margin ends.
pub(super) fn read(reader: &mut Reader<'_, '_>, at: usize, blocks: &mut Vec<Block>) -> usize {
    reader.take(at);
    let mut levels = vec![Level::default()];
    // Groups opened beyond the depth that is read: their lines join the last level that is.
    let mut beyond = 0_usize;
    let mut end = at + 1;
    if let (Some(view), Some(level)) = (reader.view(at), levels.last_mut()) {
        level.lines.push(view.with("Exception Group Traceback (most recent call last):"));
    }
    while let Some(view) = reader.view(end).filter(|view| !view.starts) {
        let Some(margin) = margin(view.text()) else {
            break;
        };
        match margin {
            Margin::Text(text) => {
                if let Some(level) = levels.last_mut() {
                    level.lines.push(view.with(text));
                }
            }
            Margin::Open if levels.len() >= MAX_DEPTH => beyond += 1,
            Margin::Close if beyond > 0 => beyond -= 1,
            Margin::Next if beyond > 0 => {}
            Margin::Open => {
                flush(reader, &mut levels);
                levels.push(Level::default());
            }
            Margin::Next => {
                close(reader, &mut levels);
                levels.push(Level::default());
            }
            Margin::Close => close(reader, &mut levels),
        }
        reader.take(end);
        end += 1;
    }
    reader.complete &= levels.len() == 1;
    while levels.len() > 1 {
        close(reader, &mut levels);
    }
    flush(reader, &mut levels);
    blocks.append(&mut levels.pop().unwrap_or_default().blocks);
    end
}

/// Reads the lines collected at the innermost level.
fn flush(reader: &mut Reader<'_, '_>, levels: &mut [Level<'_>]) {
    let depth = reader.depth + levels.len();
    let Some(level) = levels.last_mut().filter(|level| !level.lines.is_empty()) else {
        return;
    };
    let lines = std::mem::take(&mut level.lines);
    let mut inner = Reader::new(&lines, false, depth.min(MAX_DEPTH));
    let mut from = 0;
    // A connector first: the lines go on with the group that the members above belong to.
    if let (Some(last), Some((relation, next))) = (level.blocks.last_mut(), inner.link(0)) {
        last.relation = Some(relation);
        from = next;
    }
    let (mut blocks, _) = inner.chain(from);
    if !blocks.is_empty() {
        reader.complete &= inner.complete;
    }
    level.blocks.append(&mut blocks);
}

/// Closes the innermost member and hangs it on its group.
fn close(reader: &mut Reader<'_, '_>, levels: &mut Vec<Level<'_>>) {
    flush(reader, levels);
    if levels.len() < 2 {
        return;
    }
    let member = levels.pop().unwrap_or_default().blocks;
    let Some(parent) = levels.last_mut() else {
        return;
    };
    if parent.blocks.is_empty() {
        parent.blocks.push(Block { kind: "ExceptionGroup".into(), ..Block::default() });
        reader.complete = false;
    }
    if let Some(group) = parent.blocks.last_mut()
        && !member.is_empty()
        && group.members.len() < MAX_MEMBERS
    {
        group.members.push(member);
    }
}
