//! CloudWatch as `aws logs tail` prints it.

use super::name;
use crate::envelope::{Stripped, timestamp};

/// `T STREAM line`. A stream's name is a path (`ecs/api/0123…`, `2026/11/23/[$LATEST]0123…`).
pub(super) fn tail(line: &[u8]) -> Option<Stripped<'_>> {
    let stamp = timestamp::parse_prefix(line)?;
    let rest = line.get(stamp.len..)?.strip_prefix(b" ")?;
    let len = rest.iter().take(512).take_while(|byte| byte.is_ascii_graphic()).count();
    let stream = &rest[..len];
    let slashes = memchr::memchr_iter(b'/', stream).count();
    let path = slashes > 0 && stream[0] != b'/' && memchr::memmem::find(stream, b"://").is_none();
    if !stamp.rfc3339 || !path || !matches!(rest.get(len), Some(b' ') | None) {
        return None;
    }
    let width = (stamp.len + 1 + len + 1).min(line.len());
    Some(Stripped { stream: name(stream), time: stamp.time, ..Stripped::after(line, width) })
}
