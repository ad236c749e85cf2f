//! Rust backtraces: numbered symbols with their places, as the standard library, `anyhow` and `color-eyre` print them.

use crate::model::{Bytewise, Frame, Line};

/// Reads the frames that begin at line `from`; returns them with the line after the last.
pub(super) fn read(lines: &[Line], from: usize) -> (Vec<Frame>, usize) {
    let mut frames: Vec<Frame> = Vec::new();
    let (mut at, mut end) = (from, from);
    let mut number = None;
    while let Some(line) = lines.get(at).filter(|line| !line.starts) {
        if let Some((index, function)) = symbol(&line.text).filter(|(index, _)| number.is_none_or(|last| *index > last))
        {
            number = Some(index);
            frames.push(Frame { function: function.to_owned(), ..Frame::default() });
        } else if let Some((path, line)) = place(&line.text).filter(|_| !frames.is_empty()) {
            if let Some(frame) = frames.last_mut() {
                path.clone_into(&mut frame.path);
                frame.line = Some(line);
            }
        } else if !is_hidden(&line.text) {
            break;
        }
        at += 1;
        end = at;
    }
    (frames, end)
}

/// `N: SYMBOL`, in full backtraces `N: 0xADDRESS - SYMBOL`.
pub(super) fn symbol(text: &str) -> Option<(u32, &str)> {
    let (number, rest) = numbered(text)?;
    let symbol = match rest.halves_at(" - ") {
        Some((address, symbol)) if address.starts_with("0x") => symbol,
        _ => rest,
    };
    Some((number, symbol.trimmed()))
}

/// `N: TEXT` behind any blanks.
pub(super) fn numbered(text: &str) -> Option<(u32, &str)> {
    let (digits, rest) = text.trimmed_start().halves(b':')?;
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    let number = digits.parse().ok().filter(|_| plain)?;
    let rest = rest.strip_prefix(' ')?.trimmed_start();
    (!rest.is_empty()).then_some((number, rest))
}

/// `at PATH:L[:C]`.
fn place(text: &str) -> Option<(&str, u32)> {
    position(text.trimmed().strip_prefix("at ")?)
}

/// `PATH:L[:C]`.
pub(super) fn position(text: &str) -> Option<(&str, u32)> {
    let (before, last) = text.last_halves(b':')?;
    let last: u32 = last.parse().ok()?;
    match before.last_halves(b':').and_then(|(path, line)| Some((path, line.parse().ok()?))) {
        Some(found) => Some(found),
        None => Some((before, last)),
    }
}

/// `⋮ 5 frames hidden ⋮`: stands for frames but is none.
fn is_hidden(text: &str) -> bool {
    let text = text.trimmed();
    text.starts_with('⋮') && text.ends_with('⋮')
}
