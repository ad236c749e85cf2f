//! Fields of a structured record: dotted names told apart from nested ones, and those printed that nothing else has read.

use serde_json::{Map, Value};

use super::error::is_bulk;
use super::object::{Fields, Object};
use crate::model::Bytewise;

/// Fields that are printed behind a message.
const FIELDS: usize = 40;
/// Bytes of fields that are printed behind a message.
const BYTES: usize = 4096;
/// Objects inside objects that are followed.
const DEPTH: usize = 4;

/// Fields that say nothing the line's own time, level and stream do not, or nothing that helps: times, levels, positions in the logging
/// code, trace ids. Those that begin alike stand together.
const NOISE: [&str; 82] = [
    "@i",
    "@l",
    "@m",
    "@mt",
    "@r",
    "@sp",
    "@t",
    "@timestamp",
    "@tr",
    "@version",
    "@x",
    "LogLevel",
    "_PID",
    "_time",
    "asctime",
    "caller",
    "created",
    "data_stream",
    "date",
    "datetime",
    "dd",
    "ecs",
    "elapsed",
    "event.dataset",
    "eventTime",
    "event_id",
    "exc_info",
    "exc_text",
    "extra",
    "filename",
    "flags",
    "funcName",
    "func_name",
    "hostname",
    "level",
    "level_name",
    "level_value",
    "levelname",
    "levelno",
    "lineno",
    "log",
    "log.level",
    "log.logger",
    "log_level",
    "logger",
    "loggerName",
    "logger_name",
    "loglevel",
    "lvl",
    "module",
    "msecs",
    "name",
    "observedTimestamp",
    "pathname",
    "pid",
    "process",
    "process.pid",
    "process.thread.name",
    "processName",
    "relativeCreated",
    "service.environment",
    "severity",
    "severityNumber",
    "severityText",
    "severity_text",
    "spanId",
    "span_id",
    "stack_info",
    "stacktrace",
    "taskName",
    "thread",
    "threadName",
    "thread_name",
    "time",
    "time_nano",
    "timestamp",
    "traceId",
    "trace_flags",
    "trace_id",
    "ts",
    "v",
    "version",
];

/// Keys such as `error.type` moved into an object `error`, so that one reading serves dotted and nested records.
pub(super) fn nest(record: &mut Fields<'_>) {
    let dotted = |key: &str| ["error.", "err.", "exception."].iter().any(|root| key.starts_with(root));
    let dotted: Vec<String> =
        record.fields().map(|(key, _)| key).filter(|key| dotted(key)).map(str::to_owned).collect();
    for key in dotted {
        let Some((root, leaf)) = key.halves(b'.') else { continue };
        if !record.at(root).is_none_or(Value::is_object) {
            continue;
        }
        let Some(value) = record.remove(&key) else { continue };
        match record.at_mut(root) {
            Some(Value::Object(object)) => drop(object.entry(leaf).or_insert(value)),
            _ => record.insert(root.to_owned(), Value::Object(Map::from_iter([(leaf.to_owned(), value)]))),
        }
    }
}

/// Whether a field says nothing that the line's own time, level and stream do not.
pub(super) fn is_noise(key: &str) -> bool {
    let from = key.as_bytes().first().map_or(usize::MAX, |first| usize::from(FROM[usize::from(*first)]));
    let mut alike =
        NOISE.get(from..).unwrap_or_default().iter().take_while(|noise| noise.as_bytes()[0] == key.as_bytes()[0]);
    alike.any(|noise| *noise == key) || key.starts_with("dd.") || key.starts_with("ecs.")
}

/// Where the noise begins whose names begin with a byte; behind it where none do.
const FROM: [u8; 256] = {
    let mut from = [NOISE.len() as u8; 256];
    let mut at = NOISE.len();
    while at > 0 {
        at -= 1;
        from[NOISE[at].as_bytes()[0] as usize] = at as u8;
    }
    from
};

/// The scalar fields as `key=value`, separated by blanks: those that are neither noise nor in `used`.
pub(super) fn print(record: &impl Object, used: &[&str]) -> String {
    let mut printed = Printed { text: String::new(), count: 0 };
    for (key, value) in record.fields() {
        let noise = is_noise(key) || is_bulk_object(key, value);
        if !noise && !used.contains(&key) {
            printed.add(key, value, DEPTH);
        }
    }
    printed.text
}

fn is_bulk_object(key: &str, value: &Value) -> bool {
    // A request's method and URL are worth a line; its headers are not.
    value.is_object() && key != "req" && key != "request" && is_bulk(key)
}

/// Bytes that most records need.
const USUAL: usize = 128;

struct Printed {
    text: String,
    count: usize,
}

impl Printed {
    fn add(&mut self, key: &str, value: &Value, depth: usize) {
        if self.count >= FIELDS || self.text.len() >= BYTES {
            return;
        }
        match value {
            Value::Object(object) if depth > 0 => {
                for (inner, value) in object.iter().filter(|(inner, _)| !is_bulk(inner)) {
                    self.add(&format!("{key}.{inner}"), value, depth - 1);
                }
            }
            Value::Array(items)
                if !items.is_empty()
                    && items.len() <= 8
                    && items.iter().all(|item| item.is_string() || item.is_number()) =>
            {
                let items: Vec<String> = items.iter().map(bare).collect();
                self.push(key, &items.join(","));
            }
            Value::String(text) => self.push(key, text),
            Value::Number(_) | Value::Bool(_) => self.push(key, &bare(value)),
            _ => {}
        }
    }

    fn push(&mut self, key: &str, value: &str) {
        let room = BYTES.saturating_sub(self.text.len() + key.len() + 2);
        let value = cut(value, room);
        if self.text.is_empty() {
            self.text.reserve(USUAL);
        } else {
            self.text.push(' ');
        }
        self.text.push_str(key);
        self.text.push('=');
        let plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'=');
        let parted = |c: char| c.is_whitespace() || matches!(c, '"' | '=');
        let quoted = value.is_empty() || !value.bytes().all(plain) && value.contains(parted);
        if quoted {
            self.text.push('"');
            // Quotes stay as they are, so that an error body inside a field reads like one in a message.
            match memchr::memchr2(b'\n', b'\r', value.as_bytes()) {
                Some(_) => self.text.push_str(&value.replace('\n', "\\n").replace('\r', "")),
                None => self.text.push_str(value),
            }
            self.text.push('"');
        } else {
            self.text.push_str(value);
        }
        self.count += 1;
    }
}

fn bare(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The text up to `limit` bytes, at a character's end.
fn cut(text: &str, limit: usize) -> &str {
    let mut end = text.len().min(limit);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_found_by_its_first_byte() {
        assert!(NOISE.is_sorted() && NOISE.len() < 256);
        assert!(NOISE.iter().all(|key| is_noise(key)) && is_noise("dd.trace_id"));
        assert!(["error", "", "é", "tracer", "vv"].iter().all(|key| !is_noise(key)));
    }
}
