//! The one-line JSON in which AWS Lambda's Node runtime reports an error: `Invoke Error \t{"errorType":…,"stack":[…]}`.
//!
//! The stack is an array of lines in the form every other JavaScript error has, so it is read by the same reader. Text that is not such
//! an object is left alone.

use serde_json::{Map, Value};

use crate::model::{Bytewise, Exception, Line, Relation};

use super::node::{Head, Node};
use super::reader::Reader;
use super::values::{Properties, join};

/// Deepest nesting of reasons and causes followed.
const DEEPEST: usize = 8;
/// Longest JSON text read.
const LONGEST: usize = 1 << 20;

/// Whether a line with this text could be one.
pub(super) fn may_be(text: &str) -> bool {
    text.has_words("\"errorType\"")
}

/// The text before the object, and the error in it.
pub(super) fn read(line: &Line) -> Option<(String, Node)> {
    let text = line.text.trimmed_end();
    let key = text.find_words("\"errorType\"")?;
    if !text.ends_with('}') || text.len() > LONGEST {
        return None;
    }
    let open = text[..key].find('{')?;
    let Ok(Value::Object(object)) = serde_json::from_str(&text[open..]) else { return None };
    let node = error(&object, Relation::Surface, line, 0)?;
    Some((text[..open].to_owned(), node))
}

fn error(object: &Map<String, Value>, relation: Relation, line: &Line, depth: usize) -> Option<Node> {
    let kind = object.get("errorType")?.as_str()?;
    let message = object.get("errorMessage").and_then(Value::as_str).unwrap_or_default();
    let mut node = match stack(object) {
        Some(lines) => printed(&lines, relation, line),
        None => Node { exception: Exception::new("", message, relation), children: Vec::new() },
    };
    // The runtime's own names are whole; the stack may have lost the class.
    kind.clone_into(&mut node.exception.kind);
    if !message.is_empty() {
        message.clone_into(&mut node.exception.message);
    }
    let mut properties = Properties::default();
    flatten(object, "", &mut properties, 0);
    node.exception.properties.extend(properties.into_list());
    for key in ["reason", "cause"] {
        let below = object.get(key).and_then(Value::as_object).filter(|_| depth < DEEPEST && node.children.is_empty());
        node.children.extend(below.and_then(|below| error(below, Relation::Cause, line, depth + 1)));
    }
    let members = object.get("errors").and_then(Value::as_array).filter(|_| depth < DEEPEST);
    let members = members.into_iter().flatten().filter_map(Value::as_object);
    node.children.extend(members.filter_map(|member| error(member, Relation::Member, line, depth + 1)));
    Some(node)
}

/// The lines of the stack, under whichever name they stand.
fn stack(object: &Map<String, Value>) -> Option<Vec<&str>> {
    let stack = ["stack", "stackTrace", "trace"].iter().find_map(|key| object.get(*key))?;
    match stack {
        Value::Array(lines) => Some(lines.iter().filter_map(Value::as_str).flat_map(str::lines).collect()),
        Value::String(text) => Some(text.lines().collect()),
        _ => None,
    }
}

fn printed(lines: &[&str], relation: Relation, line: &Line) -> Node {
    let lines: Vec<Line> = lines.iter().map(|text| Line::bare(*text, line.at)).collect();
    let first = lines.first().map_or("", |line| line.text.as_str());
    let head = super::text::class_at(first, true).map_or_else(|| Head::message(first), Head::from);
    Reader::new(&lines, 0, false).error(head, 0, relation)
}

fn flatten(object: &Map<String, Value>, prefix: &str, properties: &mut Properties, depth: usize) {
    const KNOWN: [&str; 8] = ["errorType", "errorMessage", "stack", "stackTrace", "trace", "reason", "cause", "errors"];
    for (key, value) in object {
        let name = join(prefix, key);
        match value {
            _ if depth == 0 && KNOWN.contains(&key.as_str()) => {}
            Value::String(text) => properties.add_plain(&name, text.clone()),
            Value::Number(_) | Value::Bool(_) => properties.add_plain(&name, value.to_string()),
            Value::Object(below) if depth < DEEPEST => flatten(below, &name, properties, depth + 1),
            _ => {}
        }
    }
}
