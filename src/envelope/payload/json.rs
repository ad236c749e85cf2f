//! A line that is one JSON object.

use serde_json::{Map, Value};

use super::{Payload, record};

/// Reads a JSON object line, if that is what the text is. Objects that are no log record stay text.
pub(super) fn read(text: &str, depth: usize) -> Option<Payload> {
    object(text).filter(record::is_record).map(|record| record::read(record, depth))
}

/// The object that the text consists of. Depth of nesting is bounded by the parser.
pub(super) fn object(text: &str) -> Option<Map<String, Value>> {
    let text = text.trim();
    if !(text.starts_with('{') && text.ends_with('}') && text.len() > 2) {
        return None;
    }
    serde_json::from_str::<Map<String, Value>>(text).ok().filter(|record| !record.is_empty())
}
