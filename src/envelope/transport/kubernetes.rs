//! Kubernetes: `kubectl logs --prefix`, stern, and the files of container runtimes (CRI).

use std::borrow::Cow;

use super::{name, runtime_stamp, skip_colour};
use crate::envelope::{Stripped, timestamp};

/// `[pod/NAME/CONTAINER] line`; with `--timestamps` the runtime's stamp stands before the line.
pub(super) fn kubectl(line: &[u8]) -> Option<Stripped<'_>> {
    let inner = line.strip_prefix(b"[")?;
    if !inner.starts_with(b"pod/") {
        return None;
    }
    let end = memchr::memchr(b']', &inner[..inner.len().min(600)])?;
    let stream = &inner[..end];
    // Without an early end, so that many bytes are looked at at once.
    let plain = stream.iter().fold(true, |plain, byte| plain & byte.is_ascii_graphic());
    let mut width = end + 2;
    match line.get(width) {
        Some(b' ') => width += 1,
        None => {}
        Some(_) => return None,
    }
    let stamp = runtime_stamp(line, width);
    let (time, width) = stamp.map_or((None, width), |(time, end)| (Some(time), end));
    plain.then(|| Stripped { stream: name(stream), time, ..Stripped::after(line, width) })
}

/// `T stdout F line`; `P` marks a line that the next piece of its channel continues.
pub(super) fn cri(line: &[u8]) -> Option<Stripped<'_>> {
    let stamp = timestamp::parse_prefix(line)?;
    let rest = line.get(stamp.len..)?;
    let channel = match rest.get(..8)? {
        b" stdout " => 1,
        b" stderr " => 2,
        _ => return None,
    };
    let tags = &rest[8..];
    let tags_len = tags.iter().take_while(|byte| **byte != b' ').count();
    let partial = match tags.first()? {
        b'F' => false,
        b'P' => true,
        _ => return None,
    };
    if !stamp.rfc3339 || (tags_len > 1 && tags[1] != b':') {
        return None;
    }
    // Editors cut the blank after the tag of an empty line.
    let width = (stamp.len + 8 + tags_len + 1).min(line.len());
    Some(Stripped { channel, partial, time: stamp.time, ..Stripped::after(line, width) })
}

/// `POD CONTAINER line`, perhaps coloured, perhaps with a namespace in front or a stamp behind. Also stern's own `+ POD › CONTAINER`,
/// which comes back with nothing in it.
pub(super) fn stern(line: &[u8]) -> Option<Stripped<'_>> {
    let at = skip_colour(line, 0);
    if let Some(stream) = stern_notice(&line[at..]) {
        return Some(Stripped { stream: Cow::Owned(stream), ..Stripped::after(line, line.len()) });
    }
    let (first, at) = word(line, at)?;
    let (second, at) = word(line, at)?;
    let (pod, container, at) = if is_pod(first) && is_label(second) {
        (first, second, at)
    } else {
        let (third, at) = word(line, at)?;
        (is_label(first) && is_pod(second) && is_label(third)).then_some((second, third, at))?
    };
    let (time, width) = runtime_stamp(line, at).map_or((None, at), |(time, end)| (Some(time), end));
    let stream = Cow::Owned(format!("pod/{}/{}", name(pod), name(container)));
    Some(Stripped { stream, time, ..Stripped::after(line, width) })
}

/// Whether the line begins with the name of a deployment's pod, as `api-7d9f8b6c5-x2x4q`.
pub(super) fn is_deployment_pod(line: &[u8]) -> bool {
    let Some((pod, _)) = word(line, skip_colour(line, 0)) else { return false };
    let parts: Vec<&[u8]> = pod.split(|byte| *byte == b'-').collect();
    parts.len() >= 3 && is_pod(pod) && (8..=10).contains(&parts[parts.len() - 2].len())
}

/// `+ api-7d9-x2x4q › api` and the `-` that stern prints when a container goes.
fn stern_notice(line: &[u8]) -> Option<String> {
    let rest = line.strip_prefix(b"+ ").or_else(|| line.strip_prefix(b"- "))?;
    let mut parts = std::str::from_utf8(rest).ok()?.split(" › ");
    let (pod, container) = (parts.next()?, parts.next()?);
    let pod = pod.rsplit(' ').next()?;
    (parts.next().is_none() && is_label(container.as_bytes())).then(|| format!("pod/{pod}/{container}"))
}

/// The word at `at`, without colours, and the position after the one blank behind it.
fn word(line: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let start = skip_colour(line, at);
    let rest = line.get(start..)?;
    let len = rest.iter().take(254).take_while(|byte| is_name_byte(**byte)).count();
    if len == 0 {
        return None;
    }
    let end = skip_colour(line, start + len);
    match line.get(end) {
        Some(b' ') => Some((&rest[..len], end + 1)),
        None => Some((&rest[..len], end)),
        Some(_) => None,
    }
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'.'
}

/// A DNS label: small letters, digits and inner dashes.
fn is_label(word: &[u8]) -> bool {
    let edge = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    word.len() <= 63 && edge(word.first()) && edge(word.last()) && word.iter().all(|byte| is_name_byte(*byte))
}

/// A pod's name ends in the five letters that a controller adds, or in a number.
fn is_pod(word: &[u8]) -> bool {
    let Some(dash) = word.iter().rposition(|byte| *byte == b'-') else { return false };
    let tail = &word[dash + 1..];
    let added = tail.len() == 5 && !tail.contains(&b'.');
    dash > 0 && (added || (!tail.is_empty() && tail.len() < 5 && tail.iter().all(u8::is_ascii_digit)))
}
