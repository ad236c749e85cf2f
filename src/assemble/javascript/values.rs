//! Values as `util.inspect` prints them: the properties that follow an error's frames.
//!
//! Only what a rule can use is kept (numbers, words, short strings), under the name printed, nested names joined by dots. Axios prints
//! its whole request object here, so every list is bounded; a value that is cut or left out is never an error.

use crate::model::Bytewise;

/// Most properties kept of one exception.
const MOST: usize = 96;
/// Most properties kept below one top-level name, so that a huge first object does not hide the rest.
const MOST_BELOW: usize = 40;
/// Deepest nesting kept.
const DEEPEST: usize = 4;
/// Longest value kept, in bytes.
const LONGEST: usize = 1024;

/// The properties of one exception while they are read.
#[derive(Debug, Default)]
pub(super) struct Properties {
    list: Vec<(String, String)>,
    top: String,
    below: usize,
}

impl Properties {
    /// Keeps a printed value under its full name, if it is worth keeping. Objects on one line are taken apart.
    pub(super) fn add(&mut self, name: &str, printed: &str) {
        self.add_at(name, printed, 0);
    }

    /// Keeps a value that is plain text already.
    pub(super) fn add_plain(&mut self, name: &str, value: String) {
        self.keep(name, value);
    }

    fn add_at(&mut self, name: &str, printed: &str, depth: usize) {
        let printed = printed.trimmed();
        if depth < DEEPEST && printed.ends_with('}') {
            if let Some(open) = printed.find_words("{ ") {
                for (key, value) in pairs(&printed[open + 1..printed.len() - 1]) {
                    self.add_at(&join(name, &key), value, depth + 1);
                }
            }
            return;
        }
        if let Some(value) = scalar(printed) {
            self.keep(name, value);
        }
    }

    fn keep(&mut self, name: &str, mut value: String) {
        let mut parts = name.split('.');
        let top = parts.next().unwrap_or(name);
        let hidden = |part: &str| part.starts_with('_') || part.starts_with("[Symbol");
        if top != self.top {
            top.clone_into(&mut self.top);
            self.below = 0;
        }
        self.below += 1;
        // An axios response repeats the request it answers.
        let repeated = parts.any(|part| part == "config" || part == "request");
        let deep = name.split('.').count() > DEEPEST;
        let full = self.list.len() >= MOST || self.below > MOST_BELOW;
        if full || deep || repeated || name.is_empty() || name.split('.').any(hidden) {
            return;
        }
        let mut end = value.len().min(LONGEST);
        while !value.is_char_boundary(end) {
            end -= 1;
        }
        value.truncate(end);
        if self.list.iter().all(|(known, _)| known != name) {
            self.list.push((name.to_owned(), value));
        }
    }

    /// The names and values kept, in the order of the text.
    pub(super) fn into_list(self) -> Vec<(String, String)> {
        self.list
    }
}

/// `config` and `url` to `config.url`.
pub(super) fn join(prefix: &str, key: &str) -> String {
    if prefix.is_empty() { key.to_owned() } else { format!("{prefix}.{key}") }
}

/// A property line's name and printed value: `status: 401,`, `'x-request-id': 'req'`, `[cause]: Error: …`, `"name": "X"`.
pub(super) fn key_value(body: &str) -> Option<(&str, &str)> {
    let first = body.chars().next()?;
    let (key, rest) = match first {
        '\'' | '"' => {
            let close = body[1..].find(first)? + 1;
            (&body[1..close], &body[close + 1..])
        }
        '[' => {
            let close = body.find_words("]:")?;
            (&body[..=close], &body[close + 1..])
        }
        _ => {
            let length = body.bytes().take_while(|b| b.is_ascii_alphanumeric() || b"_$-@".contains(b)).count();
            (&body[..length], &body[length..])
        }
    };
    let value = rest.strip_prefix(':')?;
    let value = if value.is_empty() { value } else { value.strip_prefix(' ')? };
    (!key.is_empty() && key.len() <= 96).then_some((key, value))
}

/// The pairs of `a: 1, b: 'x, y', c: { d: 2 }`, split at commas outside quotes and brackets.
fn pairs(inner: &str) -> Vec<(String, &str)> {
    let mut found = Vec::new();
    let (mut depth, mut quote, mut start, mut escaped) = (0i32, None, 0, false);
    let mut cut = |part: &'_ str, range: std::ops::Range<usize>| {
        if let Some((key, _)) = key_value(part.trimmed()) {
            found.push((key.to_owned(), range));
        }
    };
    for (at, c) in inner.char_indices() {
        match (quote, c) {
            _ if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"' | '`') => quote = Some(c),
            (None, '{' | '[' | '(') => depth += 1,
            (None, '}' | ']' | ')') => depth -= 1,
            (None, ',') if depth == 0 => {
                cut(&inner[start..at], start..at);
                start = at + 1;
            }
            _ => {}
        }
    }
    cut(&inner[start..], start..inner.len());
    let value = |range: std::ops::Range<usize>| key_value(inner[range].trimmed()).map_or("", |(_, value)| value);
    found.into_iter().map(|(key, range)| (key, value(range))).collect()
}

/// A printed scalar as plain text; `None` for what says nothing (`undefined`, `[Function: f]`, `[Object]`, `Headers {}`).
pub(super) fn scalar(printed: &str) -> Option<String> {
    let printed = printed.trimmed().trim_end_matches(',');
    let quote = printed.chars().next()?;
    match quote {
        '\'' | '"' | '`' => {
            let inner = printed[1..].strip_suffix(quote).unwrap_or(&printed[1..]);
            Some(unescape(inner))
        }
        '[' if printed.starts_with("[ ") => Some(printed.to_owned()),
        '[' | '<' | '{' => None,
        _ if matches!(printed, "undefined" | "null") || printed.ends_with(['{', '}', '[', '(']) => None,
        _ => Some(printed.to_owned()),
    }
}

fn unescape(inner: &str) -> String {
    let mut text = String::with_capacity(inner.len());
    let mut escaped = false;
    for c in inner.chars() {
        match (escaped, c) {
            (false, '\\') => escaped = true,
            (false, c) => text.push(c),
            (true, c) => {
                escaped = false;
                match c {
                    'n' => text.push('\n'),
                    'r' => text.push('\r'),
                    't' => text.push('\t'),
                    c => text.push(c),
                }
            }
        }
    }
    text
}
