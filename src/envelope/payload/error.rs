//! Error objects of structured records back to the text their runtime prints.
//!
//! `{"type":"AuthenticationError","message":"401 …","stack":"…","status":401}` becomes the stack with a property block behind its last
//! frame, as Node's `util.inspect` writes it; objects without a stack become `Type: message`. What comes out is what a
//! grammar reads anyway; no grammar needs to know JSON.

use serde_json::Value;

use super::object::Object;
use super::python;
use crate::model::Bytewise;

/// Names of an error's parts, most telling first.
const TYPES: [&str; 9] = ["type", "name", "errorType", "kind", "class", "exc_type", "error_type", "@type", "ClassName"];
const MESSAGES: [&str; 8] =
    ["message", "msg", "errorMessage", "error_message", "exc_value", "value", "Message", "description"];
const STACKS: [&str; 9] = [
    "stack",
    "stack_trace",
    "stackTrace",
    "stacktrace",
    "trace",
    "traceback",
    "backtrace",
    "StackTraceString",
    "StackTrace",
];
const CAUSES: [&str; 5] = ["cause", "previous", "inner", "InnerException", "innerException"];
const MEMBERS: [&str; 3] = ["errors", "aggregateErrors", "exceptions"];
/// Errors inside errors that are followed.
const DEPTH: usize = 6;
/// Properties of one error that are printed.
const PROPERTIES: usize = 40;

/// Whether an object describes an error rather than anything else that has a message.
pub(super) fn is_error(object: &impl Object) -> bool {
    object.tells(&STACKS)
        || (object.tells(&MESSAGES) && object.tells(&TYPES))
        || (object.tells(&["message"]) && object.tells(&["code", "status", "cause"]))
}

/// Whether an error object holds a stack, and not just a class and a message.
pub(super) fn has_stack(object: &impl Object) -> bool {
    STACKS.iter().any(|key| object.at(key).is_some_and(|stack| stack.is_string() || stack.is_array()))
}

/// What an error prints; `None` where the object names neither class, message nor stack.
pub(super) fn render(object: &impl Object) -> Option<String> {
    render_at(object, DEPTH)
}

/// The class and message of an error, as the first line of its text.
pub(super) fn headline(object: &impl Object) -> Option<String> {
    let (kind, message) = (string(object, &TYPES), string(object, &MESSAGES));
    match (kind, message) {
        (Some(kind), Some(message)) if !message.is_empty() => Some(format!("{kind}: {message}")),
        (Some(text), _) | (None, Some(text)) => Some(text.to_owned()),
        (None, None) => None,
    }
}

/// A stack field's text: a string, a list of lines, or a list of frame objects. `headline` is put where the runtime prints the class
/// line, if the field lacks it.
pub(super) fn stack_text(value: &Value, headline: Option<&str>) -> Option<String> {
    match value {
        Value::String(text) if text.trimmed_start().starts_with("at ") => {
            Some(headline.map_or_else(|| text.clone(), |line| format!("{line}\n{text}")))
        }
        Value::String(text) if text.trimmed_start().starts_with("File \"") => {
            let head = "Traceback (most recent call last):";
            Some(format!("{head}\n{}\n{}", text.trimmed_end(), headline.unwrap_or_default()))
        }
        Value::String(text) => (!text.trimmed().is_empty()).then(|| text.clone()),
        Value::Array(list) => list_text(list, headline),
        _ => None,
    }
}

fn list_text(list: &[Value], headline: Option<&str>) -> Option<String> {
    if let Some(text) = python::chain(list) {
        return Some(text);
    }
    let first = match list.first()? {
        Value::String(line) => line.trimmed_start(),
        Value::Object(_) | Value::Array(_) => return python::frames_with_class(list, headline?),
        _ => return None,
    };
    if first.starts_with("File \"") {
        return python::frames_with_class(list, headline.unwrap_or_default());
    }
    let lines: Vec<&str> = list.iter().filter_map(Value::as_str).map(|line| line.trim_end_matches('\n')).collect();
    let printed = lines.get(1).is_some_and(|line| line.trimmed_start().starts_with("from "));
    if !printed && (first.contains(":in `") || first.contains(":in '")) {
        return Some(ruby(&lines, headline));
    }
    let lines = lines.join("\n");
    let bare = first.starts_with("at ") || first.starts_with('/');
    Some(headline.filter(|_| bare).map_or_else(|| lines.clone(), |headline| format!("{headline}\n{lines}")))
}

/// `SITE: message (Class)` and `from` lines.
fn ruby(sites: &[&str], headline: Option<&str>) -> String {
    let (class, message) =
        headline.and_then(|line| line.split_once(": ")).unwrap_or((headline.unwrap_or_default(), ""));
    let mut text = match (class, message) {
        ("", _) => sites[0].to_owned(),
        (class, "") => format!("{}: {class}", sites[0]),
        (class, message) => format!("{}: {message} ({class})", sites[0]),
    };
    for site in &sites[1..] {
        text.push_str("\n\tfrom ");
        text.push_str(site);
    }
    text
}

fn render_at(object: &impl Object, depth: usize) -> Option<String> {
    let headline = headline(object);
    let stack = STACKS.iter().find_map(|key| stack_text(object.at(key)?, headline.as_deref()));
    let has_stack = stack.is_some();
    let mut text = stack.or(headline)?;
    let last_frame = has_stack.then(|| last_script_frame(&text)).flatten();
    let cause = CAUSES.iter().find_map(|key| object.at(key)?.as_object()).filter(|cause| depth > 0 && is_error(*cause));
    // pino joins the causes' stacks into one.
    let cause = cause.filter(|_| !text.contains("aused by: ")).and_then(|cause| render_at(cause, depth - 1));
    match last_frame {
        Some(end) => {
            let mut block = properties(object);
            if let Some(cause) = cause {
                block.push(format!("[cause]: {cause}"));
            }
            block.extend(members(object, depth));
            if !block.is_empty() {
                let block = block.join(",\n").replace('\n', "\n  ");
                text.insert_str(end, &format!(" {{\n  {block}\n}}"));
            }
        }
        None => {
            if let Some(cause) = cause {
                text.push_str(if cause.contains(":in `") || cause.contains(":in '") { "\n" } else { "\nCaused by: " });
                text.push_str(&cause);
            }
        }
    }
    Some(text)
}

/// End of the last frame line of a JavaScript stack (`    at …`, blanks and not a tab in front).
fn last_script_frame(text: &str) -> Option<usize> {
    let mut end = None;
    let mut at = 0;
    for line in text.split('\n') {
        if line.starts_with(' ') && line.trim_start_matches(' ').starts_with("at ") {
            end = Some(at + line.trimmed_end().len());
        }
        at += line.len() + 1;
    }
    end.filter(|end| !text[*end..].starts_with(" {") && !text[..*end].ends_with('{'))
}

/// `[errors]: [ … ]` of an aggregate.
fn members(object: &impl Object, depth: usize) -> Option<String> {
    let list = MEMBERS.iter().find_map(|key| object.at(key)?.as_array())?;
    let texts: Vec<String> = list
        .iter()
        .filter_map(Value::as_object)
        .filter(|member| depth > 0 && is_error(*member))
        .take(PROPERTIES)
        .filter_map(|member| render_at(member, depth - 1))
        .collect();
    (!texts.is_empty()).then(|| format!("[errors]: [\n  {}\n]", texts.join(",\n").replace('\n', "\n  ")))
}

/// Whether a field is the class, message, stack or cause of an error, and not another property of it.
pub(super) fn is_part(key: &str) -> bool {
    let parts: [&[&str]; 5] = [&TYPES, &MESSAGES, &STACKS, &CAUSES, &MEMBERS];
    parts.iter().any(|names| names.contains(&key))
}

/// The other fields of an error, one `name: value` each.
fn properties(object: &impl Object) -> Vec<String> {
    let own = |key: &str| !is_part(key) && !is_bulk(key);
    object
        .fields()
        .filter(|(key, _)| own(key))
        .take(PROPERTIES)
        .map(|(key, value)| format!("{key}: {}", inspect(value, 2)))
        .collect()
}

/// Requests and headers fill pages, hold secrets and say nothing about the failure that the status does not.
pub(super) fn is_bulk(key: &str) -> bool {
    matches!(key, "headers" | "config" | "request" | "req" | "rawHeaders" | "socket")
}

/// A value as `util.inspect` prints it.
fn inspect(value: &Value, depth: usize) -> String {
    match value {
        Value::String(text) if text.has(b'\'') => format!("{text:?}"),
        Value::String(text) => format!("'{}'", text.replace('\\', "\\\\").replace('\n', "\\n")),
        Value::Array(items) if depth > 0 && items.len() <= 6 && !items.iter().any(Value::is_object) => {
            let items: Vec<String> = items.iter().map(|item| inspect(item, depth - 1)).collect();
            if items.is_empty() { "[]".to_owned() } else { format!("[ {} ]", items.join(", ")) }
        }
        Value::Array(_) => "[Array]".to_owned(),
        Value::Object(object) if object.is_empty() => "{}".to_owned(),
        Value::Object(object) if depth > 0 => {
            let fields = object.iter().filter(|(key, _)| !is_bulk(key)).take(PROPERTIES);
            let fields: Vec<String> =
                fields.map(|(key, value)| format!("{key}: {}", inspect(value, depth - 1))).collect();
            format!("{{\n  {}\n}}", fields.join(",\n").replace('\n', "\n  "))
        }
        Value::Object(_) => "[Object]".to_owned(),
        other => other.to_string(),
    }
}

fn string<'a>(object: &'a impl Object, keys: &[&str]) -> Option<&'a str> {
    keys.iter().find_map(|key| object.at(key)?.as_str())
}
