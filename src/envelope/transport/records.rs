//! Transports that wrap each line into one JSON object: docker, journald, Loki, Vercel, CloudWatch events, Google Cloud.
//!
//! Which one it is shows in a key that no logger uses; those keys are looked for as bytes first, so that a program's own JSON line costs a
//! few scans and no parse here.

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::memmem;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::Transport;
use crate::envelope::{Stripped, level, timestamp};
use crate::model::{AnyOf, Severity, Time};

type Reader = fn(&Map<String, Value>) -> Option<Stripped<'static>>;

/// One of these keys stands in every line that is read here.
const KEYS: [&str; 8] = [
    "\"log\"",
    "\"MESSAGE\"",
    "\"line\"",
    "\"logStreamName\"",
    "\"@message\"",
    "\"textPayload\"",
    "\"jsonPayload\"",
    "\"deploymentId\"",
];

/// Reads a line that is one JSON object of a transport.
pub(super) fn read(line: &[u8]) -> Option<(Transport, Stripped<'_>)> {
    static ANY: LazyLock<AnyOf> = LazyLock::new(|| AnyOf::new(&KEYS));
    // A program's own JSON line has none of them, and is asked once for all.
    if !ANY.stands_in(line) {
        return None;
    }
    let has = |key: &str| memmem::find(line, key.as_bytes()).is_some();
    if has("\"log\"")
        && let Some(stripped) = docker(line)
    {
        return Some((Transport::DockerJson, stripped));
    }
    let (transport, read): (Transport, Reader) = if has("\"MESSAGE\"") {
        (Transport::JournalJson, journal)
    } else if has("\"line\"") && (has("\"stream\"") || has("\"labels\"")) {
        (Transport::Loki, loki)
    } else if has("\"logStreamName\"") || has("\"@message\"") {
        (Transport::CloudWatchJson, cloudwatch)
    } else if has("\"textPayload\"") || has("\"jsonPayload\"") {
        (Transport::Gcp, gcp)
    } else if has("\"deploymentId\"") && has("\"projectId\"") {
        (Transport::Vercel, vercel)
    } else {
        return None;
    };
    let record: Map<String, Value> = serde_json::from_slice(line).ok()?;
    read(&record).map(|stripped| (transport, stripped))
}

/// docker's json-file, also as fluent-bit forwards it with the pod's names. Escapes force a copy of `log`, else it is borrowed.
#[derive(Deserialize)]
struct DockerLine<'a> {
    #[serde(borrow)]
    log: Cow<'a, str>,
    #[serde(borrow)]
    stream: Option<Cow<'a, str>>,
    #[serde(borrow, alias = "@timestamp")]
    time: Option<Cow<'a, str>>,
    kubernetes: Option<Map<String, Value>>,
}

fn docker(line: &[u8]) -> Option<Stripped<'_>> {
    let text = std::str::from_utf8(line).ok()?;
    let DockerLine { log, stream, time, kubernetes } = serde_json::from_str(text).ok()?;
    if stream.is_none() && kubernetes.is_none() {
        return None;
    }
    let partial = !log.ends_with('\n') && kubernetes.is_none();
    let cut = |log: &str| log.trim_end_matches('\n').trim_end_matches('\r').len();
    let payload = match log {
        Cow::Borrowed(log) => Cow::Borrowed(&log.as_bytes()[..cut(log)]),
        Cow::Owned(mut log) => {
            log.truncate(cut(&log));
            Cow::Owned(log.into_bytes())
        }
    };
    Some(Stripped {
        stream: kubernetes.map_or(Cow::Borrowed(""), |names| Cow::Owned(pod(&names))),
        channel: stream.map_or(0, |stream| channel(&stream)),
        time: time.and_then(|time| timestamp::parse_field(&time)),
        partial,
        payload,
        ..Stripped::raw(b"")
    })
}

/// `journalctl -o json`. `MESSAGE` is a string, a byte array where it is not printable text, or null where it was left out for its size.
fn journal(record: &Map<String, Value>) -> Option<Stripped<'static>> {
    let payload = journal_message(record.get("MESSAGE")?)?;
    let field = |key: &str| text(record, &[key]);
    let unit = ["SYSLOG_IDENTIFIER", "_SYSTEMD_UNIT", "_COMM"].iter().find_map(|key| field(key)).unwrap_or_default();
    let host = field("_HOSTNAME").unwrap_or_default();
    let pid = field("_PID").or_else(|| field("SYSLOG_PID"));
    let stream = match (field("CONTAINER_NAME"), pid) {
        (Some(container), _) => container,
        (None, Some(pid)) => format!("{host}/{unit}[{pid}]"),
        (None, None) => format!("{host}/{unit}"),
    };
    let micros = field("__REALTIME_TIMESTAMP").or_else(|| field("_SOURCE_REALTIME_TIMESTAMP"));
    Some(Stripped {
        stream: Cow::Owned(stream),
        time: micros.and_then(|micros| timestamp::epoch(&micros)),
        severity: field("PRIORITY").and_then(|priority| priority.parse().ok()).map(level::syslog),
        partial: field("CONTAINER_PARTIAL_MESSAGE").is_some_and(|flag| flag == "true"),
        payload: Cow::Owned(payload),
        ..Stripped::raw(b"")
    })
}

fn journal_message(message: &Value) -> Option<Vec<u8>> {
    match message {
        Value::String(text) => Some(text.clone().into_bytes()),
        Value::Null => Some(Vec::new()),
        Value::Array(items) if items.iter().all(Value::is_number) => {
            items.iter().map(|item| item.as_u64().and_then(|byte| u8::try_from(byte).ok())).collect()
        }
        // A field given twice.
        Value::Array(items) => items.first().and_then(journal_message),
        _ => None,
    }
}

/// Loki: `{"stream":{labels},"ts":"…","line":"…"}`, or `labels` and `timestamp` as `logcli -o jsonl` names them.
fn loki(record: &Map<String, Value>) -> Option<Stripped<'static>> {
    let line = record.get("line")?.as_str()?;
    let labels = record.get("stream").or_else(|| record.get("labels"))?.as_object()?;
    let time = text(record, &["ts"]).or_else(|| text(record, &["timestamp"]));
    Some(Stripped {
        stream: Cow::Owned(labelled(labels)),
        channel: label_channel(labels),
        time: time.and_then(|time| timestamp::parse_field(&time)),
        severity: label_severity(labels),
        ..owned(line)
    })
}

/// The channel that a label set names.
pub(super) fn label_channel(labels: &Map<String, Value>) -> u8 {
    text(labels, &["stream"]).map_or(0, |stream| channel(&stream))
}

/// The level that a label set names.
pub(super) fn label_severity(labels: &Map<String, Value>) -> Option<Severity> {
    let severity = text(labels, &["detected_level"]).or_else(|| text(labels, &["level"]));
    severity.and_then(|word| level::word(word.as_bytes()))
}

/// The stream that a label set names, from the most telling label down.
pub(super) fn labelled(labels: &Map<String, Value>) -> String {
    let pod = pod(labels);
    if !pod.is_empty() {
        return pod;
    }
    let names = [
        "compose_service",
        "container_name",
        "container",
        "instance",
        "filename",
        "unit",
        "service_name",
        "app",
        "job",
    ];
    let host = text(labels, &["hostname"]).or_else(|| text(labels, &["host"])).unwrap_or_default();
    let name = names.iter().find_map(|key| text(labels, &[key])).unwrap_or_default();
    if host.is_empty() || name.is_empty() { host + &name } else { format!("{host}/{name}") }
}

/// An entry of `aws logs filter-log-events`, or a row of Logs Insights.
fn cloudwatch(record: &Map<String, Value>) -> Option<Stripped<'static>> {
    let message = text(record, &["message"]).or_else(|| text(record, &["@message"]))?;
    let time = text(record, &["timestamp"]).or_else(|| text(record, &["@timestamp"]));
    let stream = text(record, &["logStreamName"]).or_else(|| text(record, &["@logStream"]));
    Some(Stripped {
        stream: Cow::Owned(stream.unwrap_or_default()),
        time: time.and_then(|time| timestamp::parse_field(&time)),
        ..owned(&message)
    })
}

/// A Google Cloud log entry. A `jsonPayload` is handed on as JSON: it is the program's own record.
fn gcp(record: &Map<String, Value>) -> Option<Stripped<'static>> {
    let payload = match (record.get("textPayload"), record.get("jsonPayload")) {
        (Some(Value::String(text)), _) => text.trim_end_matches('\n').as_bytes().to_vec(),
        (_, Some(payload @ Value::Object(_))) => serde_json::to_vec(payload).ok()?,
        _ => return None,
    };
    let labels = record.get("resource").and_then(|resource| resource.get("labels")).and_then(Value::as_object);
    let time = text(record, &["timestamp"]).or_else(|| text(record, &["receiveTimestamp"]));
    let log = text(record, &["logName"]).unwrap_or_default();
    Some(Stripped {
        stream: Cow::Owned(labels.map(|labels| gcp_stream(record, labels)).unwrap_or_default()),
        channel: if log.ends_with("stderr") { 2 } else { u8::from(log.ends_with("stdout")) },
        time: time.and_then(|time| timestamp::parse_field(&time)),
        severity: text(record, &["severity"]).and_then(|word| level::word(word.as_bytes())),
        payload: Cow::Owned(payload),
        ..Stripped::raw(b"")
    })
}

fn gcp_stream(record: &Map<String, Value>, labels: &Map<String, Value>) -> String {
    let pod = pod(labels);
    if !pod.is_empty() {
        return pod;
    }
    let names = ["revision_name", "service_name", "function_name", "module_id", "instance_id"];
    let name = names.iter().find_map(|key| text(labels, &[key])).unwrap_or_default();
    match text(record, &["labels", "instanceId"]) {
        // Cloud Run's instance ids share their beginnings; the end tells them apart.
        Some(instance) => format!("{name}/{}", instance.get(instance.len().saturating_sub(12)..).unwrap_or(&instance)),
        None => name,
    }
}

/// A Vercel log drain entry; a drain without a kind of output is the platform's own line.
fn vercel(record: &Map<String, Value>) -> Option<Stripped<'static>> {
    let message = record.get("message")?.as_str()?;
    let kind = text(record, &["type"]).unwrap_or_default();
    let severity = text(record, &["level"]).and_then(|word| level::word(word.as_bytes()));
    Some(Stripped {
        stream: Cow::Owned(text(record, &["host"]).unwrap_or_default()),
        channel: channel(&kind),
        time: time_of(record, "timestamp"),
        severity: severity.filter(|severity| *severity != Severity::Info),
        ..owned(message)
    })
}

fn time_of(record: &Map<String, Value>, key: &str) -> Option<Time> {
    timestamp::parse_field(&text(record, &[key])?)
}

/// A stripped line with nothing but its text, which may hold several lines.
fn owned(text: &str) -> Stripped<'static> {
    let text = text.trim_end_matches(['\n', '\r']);
    Stripped { payload: Cow::Owned(text.as_bytes().to_vec()), ..Stripped::raw(b"") }
}

/// `pod/POD/CONTAINER` of a label set; empty where it has no pod.
fn pod(labels: &Map<String, Value>) -> String {
    let find = |keys: &[&str]| keys.iter().find_map(|key| text(labels, &[key]));
    let Some(pod) = find(&["pod", "pod_name", "k8s_pod_name"]) else { return String::new() };
    match find(&["container", "container_name", "k8s_container_name"]) {
        Some(container) => format!("pod/{pod}/{container}"),
        None => format!("pod/{pod}"),
    }
}

/// A non-empty string or number at a path.
fn text(record: &Map<String, Value>, path: &[&str]) -> Option<String> {
    let (first, rest) = path.split_first()?;
    let value = rest.iter().try_fold(record.get(*first)?, |value, key| value.get(*key))?;
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn channel(name: &str) -> u8 {
    match name {
        "stdout" => 1,
        "stderr" => 2,
        _ => 0,
    }
}
