//! One JSON object a line for every exception, for people who feed other tools.

use serde_json::{Map, Value, json};

use crate::model::Event;
use crate::redact::{Numbering, redact};
use crate::rules::CompiledRules;

/// The event as one line of JSON without its line end; `None` if it carries no exception.
#[must_use]
pub fn line(rules: &CompiledRules, numbering: &mut Numbering, source: &str, event: &Event) -> Option<String> {
    let chain = event.chain.as_ref()?;
    let mut safe = |text: &str| numbering.apply(&redact(rules, text));
    let links: Vec<Value> = chain
        .links
        .iter()
        .map(|link| {
            json!({"type": safe(&link.kind), "message": safe(&link.message), "relation": link.relation.as_str(), "frames": link.frames.len()})
        })
        .collect();
    let mut object = Map::new();
    let fields = [
        ("schema", json!("whodunit.event/1")),
        ("source", json!(source)),
        ("lines", json!(event.lines)),
        ("stream", json!(event.stream.as_str())),
        ("time", json!(event.time.map(|t| t.to_string()))),
        ("severity", json!(event.severity.map(|s| s.as_str()))),
        ("language", json!(chain.language.as_str())),
        ("chain", json!(links)),
        ("root", json!(chain.root)),
        ("complete", json!(chain.complete)),
    ];
    object
        .extend(fields.into_iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| (name.to_owned(), value)));
    serde_json::to_string(&Value::Object(object)).ok()
}
