//! OpenTelemetry's OTLP/JSON: a document of log records on one line.

use serde_json::{Map, Value};

use super::object::Object;
use super::{Payload, record};
use crate::envelope::level;

/// Log records of one document that are read.
const RECORDS: usize = 1000;

/// Reads a document; several records come back joined, with the first one's time and level.
pub(super) fn read(document: &impl Object, depth: usize) -> Option<Payload> {
    let resources = document.at("resourceLogs")?.as_array()?;
    let mut joined: Option<Payload> = None;
    let mut count = 0;
    for resource in resources {
        let attributes = resource.get("resource").and_then(|resource| resource.get("attributes"));
        let scopes = resource.get("scopeLogs").or_else(|| resource.get("instrumentationLibraryLogs"));
        let records = list(scopes).filter_map(|scope| scope.get("logRecords")).flat_map(|records| list(Some(records)));
        for log_record in records.take(RECORDS - count) {
            count += 1;
            let payload = one(log_record, attributes, depth);
            joined = Some(match joined {
                None => payload,
                Some(first) => Payload { body: format!("{}\n{}", first.body, payload.body), ..first },
            });
        }
    }
    joined
}

fn one(log_record: &Value, resource: Option<&Value>, depth: usize) -> Payload {
    let mut flat = Map::new();
    let body = log_record.get("body").map(plain).unwrap_or_default();
    match body {
        Value::Object(inner) => flat.extend(inner),
        other => drop(flat.insert("message".to_owned(), other)),
    }
    for attribute in list(log_record.get("attributes")).chain(list(resource)) {
        if let (Some(Value::String(key)), Some(value)) = (attribute.get("key"), attribute.get("value")) {
            flat.entry(key.clone()).or_insert_with(|| plain(value));
        }
    }
    let time = log_record.get("timeUnixNano").or_else(|| log_record.get("observedTimeUnixNano"));
    if let Some(time) = time {
        flat.insert("timestamp".to_owned(), Value::from(time.as_str().map_or_else(|| time.to_string(), str::to_owned)));
    }
    let number = log_record.get("severityNumber").and_then(Value::as_u64).and_then(level::otel);
    if let Some(word) = number.map(crate::model::Severity::as_str).or_else(|| log_record.get("severityText")?.as_str())
    {
        flat.insert("level".to_owned(), Value::from(word));
    }
    record::read(flat.into(), depth)
}

/// An `AnyValue` without its type wrapper.
fn plain(value: &Value) -> Value {
    let Some((kind, inner)) = value.as_object().and_then(|wrapper| wrapper.iter().next()) else { return Value::Null };
    match kind.as_str() {
        "arrayValue" => Value::Array(list(inner.get("values")).map(plain).collect()),
        "kvlistValue" => Value::Object(
            list(inner.get("values"))
                .filter_map(|pair| Some((pair.get("key")?.as_str()?.to_owned(), plain(pair.get("value")?))))
                .collect(),
        ),
        _ => inner.clone(),
    }
}

fn list(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_array).into_iter().flatten()
}
