//! Structured Python exceptions back to the text that CPython prints, root first.

use serde_json::Value;

use crate::model::Bytewise;

const HEAD: &str = "Traceback (most recent call last):";
const CAUSE: &str = "The above exception was the direct cause of the following exception:";
const CONTEXT: &str = "During handling of the above exception, another exception occurred:";
/// Groups inside groups that are followed.
const DEPTH: usize = 4;

/// A list of `{exc_type, exc_value, is_cause, frames}` as structlog and others write it, outermost first.
pub(super) fn chain(list: &[Value]) -> Option<String> {
    let fits = list.iter().all(|link| text(link, &["exc_type", "type"]).is_some());
    (fits && !list.is_empty()).then(|| chain_at(list, DEPTH))
}

/// A Sentry event's `exception.values`, root first.
pub(super) fn sentry(values: &[Value]) -> Option<String> {
    let outermost_first: Vec<Value> = values.iter().rev().cloned().collect();
    chain(&outermost_first)
}

/// Frames as printed (`  File "…", line 1, in f⏎    code`), or as `[file, line, function, code]`, with the class line that they lack.
pub(super) fn frames_with_class(frames: &[Value], class_line: &str) -> Option<String> {
    let mut text = HEAD.to_owned();
    for frame in frames {
        let line = match frame {
            Value::String(line) if line.trimmed_start().starts_with("File \"") => {
                format!("  {}", line.trimmed_start().trim_end_matches('\n'))
            }
            Value::Array(parts) => tuple_frame(parts)?,
            Value::Object(_) => frame_text(frame)?,
            _ => return None,
        };
        text.push('\n');
        text.push_str(&line);
    }
    Some(format!("{text}\n{class_line}"))
}

fn chain_at(list: &[Value], depth: usize) -> String {
    let mut text = String::new();
    for (index, link) in list.iter().enumerate().rev() {
        if !text.is_empty() {
            // A link says how it is tied to the one that follows it in the text, which is the one before it in the list.
            let cause = list[index + 1].get("is_cause").and_then(Value::as_bool).unwrap_or(true);
            text.push_str("\n\n");
            text.push_str(if cause { CAUSE } else { CONTEXT });
            text.push_str("\n\n");
        }
        text.push_str(&block(link, depth));
    }
    text
}

fn block(link: &Value, depth: usize) -> String {
    let members = link.get("exceptions").and_then(Value::as_array).filter(|members| !members.is_empty());
    let frames: Vec<String> = link
        .get("frames")
        .or_else(|| link.get("stacktrace").and_then(|stack| stack.get("frames")))
        .and_then(Value::as_array)
        .map(|frames| frames.iter().filter_map(frame_text).collect())
        .unwrap_or_default();
    let class_line = class_line(link);
    let Some(members) = members.filter(|_| depth > 0) else {
        return if frames.is_empty() { class_line } else { format!("{HEAD}\n{}\n{class_line}", frames.join("\n")) };
    };
    let mut text = format!("  + Exception Group {HEAD}\n");
    for line in frames.iter().flat_map(|frame| frame.lines()).chain(class_line.lines()) {
        text.push_str(&format!("  | {line}\n"));
    }
    for (index, member) in members.iter().enumerate() {
        let joint = if index == 0 { "+-+" } else { "  +" };
        text.push_str(&format!("  {joint}---------------- {} ----------------\n", index + 1));
        let inner = match member {
            Value::Array(list) => chain_at(list, depth - 1),
            single => block(single, depth - 1),
        };
        for line in inner.lines() {
            text.push_str(&format!("    | {line}\n"));
        }
    }
    text + "    +------------------------------------"
}

fn class_line(link: &Value) -> String {
    let kind = text(link, &["exc_type", "type"]).unwrap_or_default();
    let module = link.get("module").and_then(Value::as_str).filter(|module| *module != "builtins");
    let kind = module.map_or_else(|| kind.to_owned(), |module| format!("{module}.{kind}"));
    let message = text(link, &["exc_value", "value", "message"]).filter(|message| !message.is_empty());
    let mut line = message.map_or_else(|| kind.clone(), |message| format!("{kind}: {message}"));
    for note in link.get("exc_notes").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        line.push('\n');
        line.push_str(note);
    }
    line
}

/// `{filename, lineno, name, line}` or Sentry's `{filename, lineno, function, context_line}`.
fn frame_text(frame: &Value) -> Option<String> {
    let file = text(frame, &["filename", "abs_path", "file", "path"])?;
    let line =
        ["lineno", "line_number", "line"].iter().find_map(|key| frame.get(*key).and_then(Value::as_u64)).unwrap_or(0);
    let function = text(frame, &["name", "function", "func"]).unwrap_or("<unknown>");
    let code = text(frame, &["line", "context_line", "code"]).map(Bytewise::trimmed).filter(|code| !code.is_empty());
    let head = format!("  File \"{file}\", line {line}, in {function}");
    Some(code.map_or_else(|| head.clone(), |code| format!("{head}\n    {code}")))
}

fn tuple_frame(parts: &[Value]) -> Option<String> {
    let [Value::String(file), line, Value::String(function), code @ ..] = parts else { return None };
    let head = format!("  File \"{file}\", line {}, in {function}", line.as_u64()?);
    let code = code.first().and_then(Value::as_str).map(Bytewise::trimmed).filter(|code| !code.is_empty());
    Some(code.map_or_else(|| head.clone(), |code| format!("{head}\n    {code}")))
}

fn text<'a>(value: &'a Value, keys: &[&str]) -> Option<&'a str> {
    keys.iter().find_map(|key| value.get(*key).and_then(Value::as_str))
}
