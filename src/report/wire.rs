//! The JSON document: fixed names, versioned, byte-stable.
//!
//! The only place where reports are serialised. Unknown values are left out or `null`, never invented.

use serde_json::{Map, Value, json};

use super::{CauseView, EvidenceView, FindingView, Quote, Report, StreamView};

/// The report as one JSON document.
#[must_use]
pub fn json(report: &Report) -> String {
    let document = json!({
        "schema": "whodunit.report/1",
        "generator": {"name": "whodunit", "version": env!("CARGO_PKG_VERSION"), "rules": report.rules},
        "inputs": report.inputs.iter().map(|i| json!({"name": i.name, "bytes": i.bytes, "lines": i.lines, "warnings": i.warnings})).collect::<Vec<_>>(),
        "complete": report.complete,
        "summary": object([
            ("verdict", json!(report.verdict)),
            ("events", json!(report.events)),
            ("explained", json!(report.explained)),
            ("findings", json!(report.findings.len())),
            ("first_time", json!(report.first_time)),
            ("last_time", json!(report.last_time)),
            ("assumed", json!(report.assumed)),
        ]),
        "findings": report.findings.iter().map(finding).collect::<Vec<_>>(),
        "unexplained": report.unexplained.iter().map(|u| json!({
            "fingerprint": u.fingerprint,
            "title": u.title,
            "occurrences": u.occurrences,
            "exemplars": u.exemplars.iter().map(quote).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "warnings": report.warnings.iter().map(|w| json!({"kind": w.kind, "source": w.source, "text": w.text})).collect::<Vec<_>>(),
    });
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

fn finding(finding: &FindingView) -> Value {
    let component = &finding.component;
    object([
        ("id", json!(finding.id)),
        ("title", json!(finding.title)),
        ("family", json!(finding.family)),
        ("symptom", json!(finding.symptom)),
        ("severity", json!(finding.severity)),
        (
            "component",
            object([
                ("provider", json!(component.provider)),
                ("role", json!(component.role)),
                ("framework", json!(component.framework)),
                ("class", json!(component.class)),
                ("display", json!(component.display)),
                ("because", json!(component.because)),
            ]),
        ),
        (
            "exception",
            json!(finding.exception.as_ref().map(|e| json!({
                "chain": e.chain.iter().map(|(kind, message, relation)| json!({"type": kind, "message": message, "relation": relation})).collect::<Vec<_>>(),
                "root": e.root,
                "language": e.language,
            }))),
        ),
        ("occurrences", json!(finding.occurrences)),
        ("first_time", json!(finding.first_time)),
        ("last_time", json!(finding.last_time)),
        ("streams", finding.streams.iter().map(stream).collect()),
        ("causes", finding.causes.iter().map(cause).collect()),
        ("unknown", json!(finding.unknown)),
        ("exemplars", finding.exemplars.iter().map(quote).collect()),
    ])
}

fn stream(stream: &StreamView) -> Value {
    json!({"id": stream.id, "failures": stream.failures, "successes": stream.successes,
           "first_failure": stream.first_failure, "last_success": stream.last_success})
}

fn cause(cause: &CauseView) -> Value {
    let recipe = &cause.recipe;
    let step = |(text, language, code): &(String, Option<String>, Option<String>)| {
        object([("text", json!(text)), ("language", json!(language)), ("code", json!(code))])
    };
    json!({
        "id": cause.id,
        "title": cause.title,
        "probability": cause.probability,
        "prior": cause.prior,
        "specializes": cause.specializes,
        "evidence": cause.evidence.iter().map(evidence).collect::<Vec<_>>(),
        "against": cause.against.iter().map(evidence).collect::<Vec<_>>(),
        "recipe": {
            "meaning": recipe.meaning,
            "fix": recipe.fix.iter().map(step).collect::<Vec<_>>(),
            "verify": recipe.verify,
            "prevent": recipe.prevent,
            "references": recipe.references,
        },
        "confirm": cause.confirm.iter().map(|c| json!({"check": c.check, "tells_apart": c.tells_apart, "expect": c.expect})).collect::<Vec<_>>(),
    })
}

fn evidence(item: &EvidenceView) -> Value {
    json!({"says": item.says, "weight": item.weight, "family": item.family, "counted": item.counted, "from_memory": item.from_memory,
           "where": item.places.iter().map(quote).collect::<Vec<_>>()})
}

fn quote(quote: &Quote) -> Value {
    json!({"source": quote.source, "line": quote.line, "offset": quote.offset, "quote": quote.quote})
}

/// An object without its unknown values.
fn object<const N: usize>(fields: [(&str, Value); N]) -> Value {
    Value::Object(
        fields
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name.to_owned(), value))
            .collect::<Map<_, _>>(),
    )
}
