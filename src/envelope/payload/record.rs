//! Structured records, whatever library wrote them, to one [`Payload`].
//!
//! A table of field names per meaning, in the order they are trusted, instead of a reader per library: libraries mix freely and share most
//! names. What is never done: to take the place where a record was logged (zap's `stacktrace`, Python's `stack_info`) for an exception.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::object::{Fields, Object};
use super::roles::{GELF, HOSTS, PODS, PROCESSES, REQUESTS, Role, SPOKEN, STACKS, THREADS, TIMES};
use super::signs::is_stack;
use super::{Payload, clean, error, fields, otlp, prefix, python};
use crate::envelope::{level, timestamp};
use crate::model::{Bytewise, Severity, Time};

/// Records inside string fields of records that are followed.
pub(super) const DEPTH: usize = 3;

const MESSAGES: [&str; 13] = [
    "message",
    "msg",
    "event",
    "@m",
    "short_message",
    "Message",
    "RenderedMessage",
    "@mt",
    "text",
    "log",
    "line",
    "body",
    "MESSAGE",
];
const LEVELS: [&str; 14] = [
    "level",
    "severity",
    "lvl",
    "log.level",
    "levelname",
    "log_level",
    "loglevel",
    "@l",
    "Level",
    "LogLevel",
    "severityText",
    "severity_text",
    "level_name",
    "level.name",
];
/// Where a record keeps its error object.
const ERRORS: [&str; 10] =
    ["err", "error", "exception", "exc", "e", "context.exception", "details.error", "payload.error", "cause", "reason"];
/// Reads a record of decoded fields.
pub(super) fn read(mut record: Fields<'_>, depth: usize) -> Payload {
    if let Some(payload) = otlp::read(&record, depth) {
        return payload;
    }
    if let Some(inner) = loguru(&record) {
        record = inner;
    }
    fields::nest(&mut record);
    let mut payload = Payload {
        starts: true,
        whole: true,
        time: time(&record),
        severity: severity(&record),
        worker: worker(&record),
        request: record.may_tell(Role::Request).then(|| record.text(&REQUESTS)).flatten().map(Arc::from),
        stream: stream(&record),
        ..Payload::default()
    };
    let (message_key, mut message) = message(&record);
    if let Some(inner) = depth.checked_sub(1).and_then(|depth| super::json::read(&message, depth)) {
        return inside(inner, payload);
    }
    if payload.severity.is_none() || payload.time.is_none() {
        strip_message(&mut message, &mut payload);
    }
    let stack = stack(&record);
    let mut used: Vec<&str> = message_key.into_iter().collect();
    used.extend(stack.iter().flat_map(|(_, keys)| keys.iter().copied()));
    used.extend(REQUESTS);
    // `error` is the first line of an `errorVerbose` beside it.
    let says =
        |key: &str, text: &str| record.at(key).and_then(Value::as_str).is_some_and(|short| text.starts_with(short));
    used.extend(["error", "err"].into_iter().filter(|key| stack.as_ref().is_some_and(|(text, _)| says(key, text))));
    let rest = fields::print(&record, &used);
    payload.body = body(&message, &rest, stack.map(|(text, _)| text).as_deref());
    payload
}

/// The record inside a message, with what only the outer one knows.
pub(super) fn inside(inner: Payload, outer: Payload) -> Payload {
    Payload {
        time: inner.time.or(outer.time),
        severity: inner.severity.or(outer.severity),
        worker: inner.worker.or(outer.worker),
        request: inner.request.or(outer.request),
        stream: outer.stream.or(inner.stream),
        ..inner
    }
}

/// Message, fields, stack. The message is left out where the stack begins with it; fields never end up on a line of a stack.
fn body(message: &str, rest: &str, stack: Option<&str>) -> String {
    let message = clean::text(message);
    let message = message.trimmed_end();
    let stack = stack.map(clean::text);
    let stack = stack.as_deref().map(Bytewise::trimmed_end).unwrap_or_default();
    let message = if repeats(message, stack) { "" } else { message };
    let glued = match message.halves(b'\n') {
        _ if rest.is_empty() => message.to_owned(),
        // A message that is a stack itself: the fields stand before it.
        Some(_) if is_stack(message) => format!("{rest}\n{message}"),
        Some((first, tail)) => format!("{first} {rest}\n{tail}"),
        None if message.is_empty() => rest.to_owned(),
        None => [message, rest].join(" "),
    };
    match (glued.is_empty(), stack.is_empty()) {
        (_, true) => glued,
        (true, false) => stack.to_owned(),
        (false, false) => [&glued, stack].join("\n"),
    }
}

/// Whether the stack says what the message says: it begins with it, with or without the class in front.
fn repeats(message: &str, stack: &str) -> bool {
    if message.is_empty() || stack.is_empty() {
        return false;
    }
    let first = stack.lines().next().unwrap_or_default();
    let told = first.split_once(": ").map_or(first, |(_, told)| told);
    let after_class = stack.split_once(": ").map_or(stack, |(_, rest)| rest);
    stack.starts_with(message) || told == message || after_class.starts_with(message)
}

/// The message and the key it stands under.
fn message(record: &impl Object) -> (Option<&'static str>, String) {
    for key in MESSAGES {
        match record.at(key) {
            Some(Value::String(text)) if !text.is_empty() => return (Some(key), text.clone()),
            _ => {}
        }
    }
    let lone = ["errorMessage", "error", "err", "reason"].into_iter().find_map(|key| {
        let text = record.at(key)?.as_str()?;
        (!text.is_empty() && !text.has(b'\n')).then(|| (Some(key), text.to_owned()))
    });
    lone.unwrap_or_default()
}

/// A text logger's prefix inside the message of a record that has no level or time of its own.
fn strip_message(message: &mut String, payload: &mut Payload) {
    let Some(found) = prefix::read(message) else { return };
    if found.time.is_none() && found.severity.is_none() {
        return;
    }
    payload.time = payload.time.or(found.time);
    payload.severity = payload.severity.or(found.severity);
    payload.worker = payload.worker.take().or_else(|| found.worker.map(Arc::from));
    payload.request = payload.request.take().or_else(|| found.request.map(Arc::from));
    message.drain(..found.len);
}

/// Whether an object is a log record and not a piece of data that was printed, such as the body of an HTTP answer: it has a level or a
/// time, or the marks of a format that goes without.
pub(super) fn is_record(object: &impl Object) -> bool {
    let leveled =
        LEVELS.iter().any(|key| object.under(key).is_some_and(|value| value.is_string() || value.is_number()));
    let marked = object.tells(&["resourceLogs", "errorType", "@m", "short_message", "record"])
        || object.tells(&["stack_trace", "exc_info", "exc_text", "error_stack", "stacktrace", "traceback"]);
    let failed =
        || object.tells(&["message", "msg", "event"]) && stack(object).is_some_and(|(text, _)| is_stack(&text));
    leveled || object.tells(&TIMES) || marked || failed()
}

/// The text of an exception, and the top-level keys that it covers.
type Stack<'a> = (String, Vec<&'a str>);

/// The text of the record's exception and the keys it was read from. An object with a stack is trusted before a field with one, and that
/// before an object without, which may as well be the body of an HTTP answer.
fn stack(record: &impl Object) -> Option<Stack<'_>> {
    let sentry =
        || record.under("exception.values").and_then(Value::as_array).and_then(|values| python::sentry(values));
    error_object(record, true)
        .or_else(|| lambda(record))
        .or_else(|| lambda(record.at("message")?.as_object()?))
        .or_else(|| sentry().map(|text| (text, vec!["exception"])))
        .or_else(|| stack_field(record))
        .or_else(|| error_object(record, false))
}

fn error_object(record: &impl Object, with_stack: bool) -> Option<Stack<'_>> {
    if !record.is_nested() {
        return None;
    }
    ERRORS.iter().find_map(|key| {
        let found = record.under(key)?.as_object()?;
        if !error::is_error(found) || error::has_stack(found) != with_stack {
            return None;
        }
        let text = error::render(found)?;
        // Without a stack there is no block for the other properties; they are printed as fields.
        let mut keys = if with_stack { vec![root(key)] } else { Vec::new() };
        // winston copies the stack to the top.
        keys.extend(record.at("stack").and_then(Value::as_str).filter(|copy| text.starts_with(*copy)).map(|_| "stack"));
        Some((text, keys))
    })
}

/// `{"errorType","errorMessage","stackTrace"|"stack"|"trace"}`, as AWS Lambda writes it: the record is the error, and what is no part of
/// the log line is a property of it.
fn lambda(record: &impl Object) -> Option<Stack<'_>> {
    record.at("errorType").filter(|kind| kind.is_string())?;
    let outer = |key: &str| fields::is_noise(key) || REQUESTS.contains(&key) || key == "message" || key == "msg";
    let own: Map<String, Value> =
        record.fields().filter(|(key, _)| !outer(key)).map(|(key, value)| (key.to_owned(), value.clone())).collect();
    let text = error::render(&own)?;
    let keys = record.fields().map(|(key, _)| key);
    let in_block = text.contains("\n    at ");
    let parts = |key: &&str| in_block || error::is_part(key) || *key == "location";
    Some((text, keys.filter(parts).collect()))
}

fn stack_field(record: &impl Object) -> Option<Stack<'_>> {
    // The nearest thing to a class line, for lists of frames that lack it.
    let headline = record.at("exc_type").or_else(|| record.at("error_type")).and_then(Value::as_str);
    let keys = if record.may_tell(Role::Stack) { STACKS.as_slice() } else { &SPOKEN };
    for &key in keys {
        let Some(value) = record.at(key).filter(|value| !value.is_null()) else { continue };
        if key == "stacktrace" && is_log_call(record, value) {
            continue;
        }
        let Some(text) = error::stack_text(value, headline) else { continue };
        let named = !matches!(key, "trace" | "error" | "err" | "text" | "message" | "msg" | "log" | "panic");
        let stack_only = named && !matches!(key, "exception" | "Exception" | "tb") && text.contains([' ', '\n']);
        if is_stack(&text) || stack_only || (named && names_class(&text)) {
            // A message that is the stack is printed as the message.
            return (!MESSAGES.contains(&key)).then(|| (text, vec![key]));
        }
    }
    let text = record.fields().find_map(|(key, value)| {
        let known = || MESSAGES.contains(&key) || key == "stack_info" || key == "stacktrace";
        value.as_str().filter(|text| is_stack(text) && !known())
    })?;
    Some((text.to_owned(), Vec::new()))
}

/// zap adds the stack of the logging call to every error record. It shows in the `caller` beside it.
fn is_log_call(record: &impl Object, value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default();
    record.has("caller") && !text.starts_with("panic") && !text.starts_with("goroutine")
}

/// `ValueError: x`, `java.lang.IllegalStateException`: what a field named `exception` may hold without frames.
fn names_class(text: &str) -> bool {
    let class = text.split([':', '\n']).next().unwrap_or_default();
    let last = class.rsplit(['.', '\\', '$']).next().unwrap_or_default();
    !last.is_empty()
        && last.starts_with(|c: char| c.is_ascii_uppercase())
        && class.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '$' | '\\'))
        && (text.len() > class.len() || ["Error", "Exception", "Fault"].iter().any(|end| class.ends_with(end)))
        && text != "NoneType: None"
}

/// loguru's `serialize=True`: the record proper inside, the printed text beside it.
fn loguru(record: &Fields<'_>) -> Option<Fields<'static>> {
    let text = record.at("text")?.as_str()?;
    let inner = record.at("record")?.as_object()?;
    let message = inner.get("message")?.as_str()?;
    let mut flat = Map::new();
    flat.insert("message".to_owned(), Value::from(message));
    flat.insert("level".to_owned(), inner.get("level")?.get("name")?.clone());
    if let Some(time) = inner.get("time").and_then(|time| time.get("timestamp")) {
        flat.insert("timestamp".to_owned(), Value::from(time.to_string()));
    }
    for key in ["process", "thread"] {
        if let Some(value) = inner.get(key) {
            flat.insert(key.to_owned(), value.clone());
        }
    }
    if inner.get("exception").is_some_and(|exception| !exception.is_null())
        && let Some((_, trace)) = text.split_once(message).and_then(|(_, rest)| rest.halves(b'\n'))
    {
        flat.insert("exc_text".to_owned(), Value::from(trace));
    }
    for (key, value) in inner.get("extra").and_then(Value::as_object).into_iter().flatten() {
        flat.entry(key.clone()).or_insert_with(|| value.clone());
    }
    Some(flat.into())
}

fn severity(record: &impl Object) -> Option<Severity> {
    let found = LEVELS.iter().find_map(|key| match record.under(key)? {
        Value::String(word) => level::word(word.trimmed().as_bytes()).or_else(|| Severity::parse(word)),
        Value::Number(number) => number.as_u64().and_then(level::number),
        _ => None,
    });
    // Serilog leaves the level out where it is Information.
    found.or_else(|| (record.has("@t") && !record.has("@l")).then_some(Severity::Info))
}

fn time(record: &impl Object) -> Option<Time> {
    TIMES.iter().find_map(|key| match record.at(key)? {
        Value::String(text) => timestamp::parse_field(text),
        Value::Number(number) => timestamp::epoch(&number.to_string()),
        Value::Object(parts) => {
            let seconds = parts.get("seconds").or_else(|| parts.get("epochSecond"))?.as_i64()?;
            let nanos = parts.get("nanos").or_else(|| parts.get("nanoOfSecond")).and_then(Value::as_i64).unwrap_or(0);
            seconds.checked_mul(1_000_000_000)?.checked_add(nanos).map(Time::utc)
        }
        _ => None,
    })
}

/// The process or thread, where the record names one that is not the main one.
fn worker(record: &impl Object) -> Option<Arc<str>> {
    if !record.may_tell(Role::Worker) {
        return None;
    }
    let pid = record.text(&PROCESSES).filter(|pid| pid.bytes().all(|b| b.is_ascii_digit()));
    if let Some(pid) = pid {
        return Some(Arc::from(format!("pid {pid}")));
    }
    let name = record.text(&THREADS)?;
    (!matches!(name.as_str(), "MainProcess" | "MainThread" | "main")).then(|| Arc::from(name))
}

/// `pod/POD/CONTAINER`, else the host with the service on it. A service alone is no stream: beside lines of the same process that name
/// none, it would count as a second one.
fn stream(record: &impl Object) -> Option<Arc<str>> {
    if !record.may_tell(Role::Stream) {
        return None;
    }
    if let Some(pod) = record.text(&PODS) {
        let container = [
            "kubernetes.container_name",
            "kubernetes.container.name",
            "k8s.container.name",
            "container_name",
            "container.name",
            "container",
        ];
        let container = record.text(&container).map(|container| format!("/{container}")).unwrap_or_default();
        return Some(Arc::from(format!("pod/{pod}{container}")));
    }
    let [named @ .., _, host] = HOSTS;
    let gelf = || record.has(GELF).then(|| record.text(&[host])).flatten();
    let host = record.text(&named).or_else(gelf)?;
    // bunyan and pino print the program's name beside pid and host.
    let named = record.has("pid").then_some("name");
    let services: Vec<&str> = ["service.name", "service", "app"].into_iter().chain(named).collect();
    Some(Arc::from(record.text(&services).map_or_else(|| host.clone(), |service| format!("{host}/{service}"))))
}

/// The top-level key of a dotted path, which is what gets marked as used.
fn root(path: &'static str) -> &'static str {
    path.before(b'.')
}
