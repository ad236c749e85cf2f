//! `docker compose logs` and `docker service logs`: `NAME  | line`.

use super::{name, runtime_stamp, skip_colour};
use crate::envelope::Stripped;

/// `api-1     | line`, padded, perhaps coloured; with `-t` the runtime's stamp follows.
pub(super) fn compose(line: &[u8]) -> Option<Stripped<'_>> {
    let (service, bar) = prefix(line)?;
    let mut at = skip_colour(line, bar + 1);
    match line.get(at) {
        Some(b' ') => at += 1,
        None => {}
        Some(_) => return None,
    }
    let (time, width) = runtime_stamp(line, at).map_or((None, at), |(time, end)| (Some(time), end));
    Some(Stripped { stream: name(service), time, ..Stripped::after(line, width) })
}

/// As [`compose`], where the name ends in an instance number: enough to know the form by.
pub(super) fn compose_instance(line: &[u8]) -> Option<Stripped<'_>> {
    let (service, _) = prefix(line)?;
    let digits = service.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let joint = service.len().checked_sub(digits + 1).and_then(|at| service.get(at));
    (digits > 0 && matches!(joint, Some(b'-' | b'_'))).then(|| compose(line))?
}

/// Compose pads every name to one width, so the bars stand in a few columns at most.
pub(super) fn columns_agree(lines: &[&[u8]]) -> bool {
    let mut columns: Vec<usize> = lines.iter().filter_map(|line| prefix(line).map(|(_, bar)| bar)).collect();
    columns.sort_unstable();
    columns.dedup();
    columns.len() <= 4
}

/// The name and the position of the bar.
fn prefix(line: &[u8]) -> Option<(&[u8], usize)> {
    let start = skip_colour(line, 0);
    let rest = line.get(start..)?;
    let len = rest.iter().take(130).take_while(|byte| is_name_byte(**byte)).count();
    if len == 0 || !rest[0].is_ascii_alphanumeric() {
        return None;
    }
    let at = skip_colour(line, start + len);
    let blanks = line[at..].iter().take(130).take_while(|byte| **byte == b' ').count();
    let bar = at + blanks;
    (blanks > 0 && line.get(bar) == Some(&b'|')).then_some((&rest[..len], bar))
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'@')
}
