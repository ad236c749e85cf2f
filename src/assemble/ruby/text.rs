//! One line of Ruby's error output: sites, `from` lines, and the ways a class and its message are written.
//!
//! Everything here looks at a single line and is blind to what stands around it.

use crate::model::{Bytewise, Frame};

/// `PATH:N:in 'METHOD'` with what follows the closing quote.
pub(super) struct Site<'a> {
    pub(super) frame: Frame,
    pub(super) rest: &'a str,
}

/// A class with the first line of its message.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Title<'a> {
    pub(super) class: &'a str,
    pub(super) message: &'a str,
}

/// Whether a line could begin or show an exception; most lines of a log cannot, and this is cheap.
pub(super) fn may_matter(text: &str) -> bool {
    let (head, tail) = (text.trimmed_start(), text.trimmed_end());
    // Where the order of the frames is reversed, a number stands before `from`.
    let from = head.starts_with("from ") || head.starts_with(|c: char| c.is_ascii_digit());
    from || tail.ends_with(')') || tail.ends_with("last):") || method_at(text).is_some()
}

/// Where the method of a site stands, ``:in `METHOD'``.
fn method_at(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b':', bytes).find(|at| bytes[*at..].starts_with(b":in `") || bytes[*at..].starts_with(b":in '"))
}

/// Reads a site at the beginning of a line. Ruby 3.4 quotes the method with `'…'`, older ones with `` `…' ``.
pub(super) fn site(text: &str) -> Option<Site<'_>> {
    let text = text.trimmed_start();
    let at = method_at(text)?;
    let (path, line) = place(&text[..at])?;
    let quoted = &text[at + 5..];
    let close = memchr::memchr_iter(b'\'', quoted.as_bytes()).find(|close| {
        let after = &quoted[close + 1..];
        after.starts_with(':') || after.trimmed().is_empty()
    })?;
    let frame = Frame { function: quoted[..close].to_owned(), path: path.to_owned(), line: Some(line) };
    Some(Site { frame, rest: quoted[close + 1..].trimmed_end() })
}

/// A site that stands alone on its line, as loggers and Rails print backtraces.
pub(super) fn bare_site(text: &str) -> Option<Frame> {
    site(text).filter(|site| site.rest.is_empty()).map(|site| site.frame)
}

/// `PATH:N`; blanks are allowed in absolute paths and behind a gem's name and version (`rack (3.0.8) lib/rack.rb`).
fn place(text: &str) -> Option<(&str, u32)> {
    let (path, digits) = text.last_halves(b':')?;
    let line = number(digits)?;
    let rooted =
        path.starts_with(['/', '<', '.']) || path.get(1..3).is_some_and(|drive| drive == ":/" || drive == ":\\");
    let gem = path
        .halves_at(") ")
        .is_some_and(|(name, file)| name.halves_at(" (").is_some_and(|(name, _)| !name.has(b' ')) && !file.has(b' '));
    let plain = !path.is_empty() && !path.contains(char::is_whitespace);
    ((rooted || gem || plain) && !path.has_words(": ")).then_some((path, line))
}

fn number(digits: &str) -> Option<u32> {
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    digits.parse().ok().filter(|_| plain)
}

/// `from SITE`, numbered where the order is reversed.
pub(super) fn from(text: &str) -> Option<Frame> {
    let text = text.trimmed_start();
    let numbered = text.starts_with(|c: char| c.is_ascii_digit()).then(|| text.halves_at(": ")).flatten();
    let text = numbered.filter(|(n, _)| number(n.trimmed()).is_some()).map_or(text, |(_, rest)| rest);
    let text = text.strip_prefix("from ")?;
    if let Some(frame) = bare_site(text) {
        return Some(frame);
    }
    let (path, line) = place(text.trimmed_end())?;
    Some(Frame { function: String::new(), path: path.to_owned(), line: Some(line) })
}

/// `... 10068 levels...`: stands for frames but is none.
pub(super) fn is_elision(text: &str) -> bool {
    text.trimmed().strip_prefix("... ").is_some_and(|rest| rest.ends_with(" levels..."))
}

/// Whether a name is a constant: `Errno::ECONNREFUSED`, `#<Class:0x0001>`.
pub(super) fn is_class(name: &str) -> bool {
    if let Some(anonymous) = name.strip_prefix("#<Class:") {
        return anonymous.ends_with('>') && !anonymous.has(b' ');
    }
    name.split("::").all(|part| {
        part.starts_with(|c: char| c.is_ascii_uppercase()) && part.chars().all(|c| c.is_alphanumeric() || c == '_')
    })
}

/// Whether a constant is named like an exception; needed where any text could stand.
pub(super) fn is_exception(name: &str) -> bool {
    const ENDINGS: &[&str] = &["Error", "Exception", "Timeout", "NotFound", "Invalid", "Failure", "Interrupt"];
    is_class(name) && (name.has_words("::") || ENDINGS.iter().any(|ending| name.ends_with(ending)))
}

/// `MESSAGE (CLASS)`.
pub(super) fn closed(text: &str) -> Option<Title<'_>> {
    let inner = text.trimmed_end().strip_suffix(')')?;
    let open = memchr::memrchr(b'(', inner.as_bytes())?;
    let (message, class) = (inner[..open].trimmed_end(), &inner[open + 1..]);
    is_class(class).then_some(Title { class, message })
}

/// Reads the line an uncaught exception begins with: `SITE: MESSAGE (CLASS)`, `SITE: CLASS`, or a file without a method.
pub(super) fn header(text: &str) -> Option<(Option<Frame>, Title<'_>)> {
    if let Some(site) = site(text) {
        let rest = site.rest.strip_prefix(':')?.trimmed_start();
        let title = match rest {
            // What Ruby prints of a RuntimeError without a message.
            "unhandled exception" => Title { class: "RuntimeError", message: "" },
            rest if is_class(rest) => Title { class: rest, message: "" },
            rest => closed(rest)?,
        };
        return Some((Some(site.frame), title));
    }
    let (place_text, rest) = text.trimmed_start().halves_at(": ")?;
    let title = closed(rest).filter(|title| is_exception(title.class))?;
    if place_text == "ruby" {
        return Some((None, title));
    }
    let (path, line) = place(place_text).filter(|(path, _)| path.ends_with(".rb"))?;
    Some((Some(Frame { function: String::new(), path: path.to_owned(), line: Some(line) }), title))
}

/// `CLASS (MESSAGE):` as Rails writes it, or `CLASS (MESSAGE)` in its list of causes.
pub(super) fn rails(text: &str) -> Option<Title<'_>> {
    let text = text.trimmed();
    let text = text.strip_suffix(':').unwrap_or(text);
    let (class, message) = text.strip_suffix(')')?.halves_at(" (")?;
    is_class(class).then_some(Title { class, message })
}

/// Whether the line closes a Rails header.
pub(super) fn ends_rails(text: &str) -> bool {
    text.trimmed_end().ends_with("):")
}

/// `CLASS (MESSAGE` whose message goes on below.
pub(super) fn opens_rails(text: &str) -> Option<Title<'_>> {
    let (class, message) = text.trimmed_start().halves_at(" (")?;
    is_exception(class).then_some(Title { class, message })
}

/// `CLASS: MESSAGE` (Sidekiq) or `CLASS - MESSAGE:` (Sinatra) at the beginning of a line.
pub(super) fn leading(text: &str) -> Option<Title<'_>> {
    let text = text.trimmed();
    if let Some((class, message)) = text.halves_at(": ").filter(|(class, _)| is_class(class)) {
        return Some(Title { class, message });
    }
    let (class, message) = text.halves_at(" - ").filter(|(class, _)| is_class(class))?;
    Some(Title { class, message: message.strip_suffix(':').unwrap_or(message) })
}

/// `#<Thread:0x… run> terminated with exception (report_on_exception is true):`.
pub(super) fn is_thread_lead(text: &str) -> bool {
    text.has_words("#<Thread:") && text.has_words("terminated with exception")
}

/// The text behind what Ruby's loggers leave in front of it: Sidekiq's `pid=1 tid=abc class=Job jid=… WARN: `, Rails' `[REQUEST] `.
pub(super) fn untagged(text: &str) -> &str {
    let mut rest = text;
    while let Some((word, after)) = rest.halves(b' ') {
        let pair = word.halves(b'=').is_some_and(|(key, _)| key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'));
        let level = rest.len() < text.len() && matches!(word, "DEBUG:" | "INFO:" | "WARN:" | "ERROR:" | "FATAL:");
        if level {
            return after;
        }
        if !pair {
            break;
        }
        rest = after;
    }
    let tag = text.strip_prefix('[').and_then(|inner| inner.halves_at("] "));
    let request = |tag: &str| tag.len() >= 16 && tag.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    tag.filter(|(tag, _)| request(tag)).map_or(text, |(_, rest)| rest)
}
