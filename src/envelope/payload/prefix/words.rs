//! What stands between a time and the message: level, process, thread, logger, in whatever order a format puts them.
//!
//! Before the level a short run of words, brackets and numbers is taken if a level follows; behind it only what is plainly delimited.

use super::{Prefix, blanks, lossy, process};
use crate::envelope::level;
use crate::envelope::timestamp::Stamp;
use crate::model::{NameBytes, Severity, Time};

/// What the stamp tells about the logger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// A comma before the milliseconds: Python's `logging` or log4j, which print the logger as `name: `.
    Comma,
    /// Any other stamp.
    Stamped,
    /// No stamp.
    Other,
}

impl Style {
    pub(super) fn of(stamp: &Stamp) -> Self {
        if stamp.comma { Self::Comma } else { Self::Stamped }
    }
}

/// Words that a message, and not a logger, has before a colon.
const MESSAGE_WORDS: [&str; 40] = [
    "answer",
    "cause",
    "caused",
    "code",
    "config",
    "detail",
    "details",
    "env",
    "error",
    "errors",
    "exception",
    "exit",
    "failed",
    "failure",
    "fatal",
    "got",
    "hint",
    "info",
    "input",
    "key",
    "loaded",
    "message",
    "note",
    "output",
    "problem",
    "query",
    "reason",
    "request",
    "response",
    "result",
    "retry",
    "retrying",
    "status",
    "summary",
    "timeout",
    "unable",
    "url",
    "usage",
    "warning",
    "with",
];
/// Modules of Airflow that log what another process printed, line by line.
const RELAYS: [&[u8]; 5] = [b"subprocess.py:", b"logging_mixin.py:", b"docker.py:", b"pod_manager.py:", b"bash.py:"];
/// Bytes behind a date that may tell a continuation, with room to spare.
const LONGEST_CONTINUATION: usize = 40;
/// Tokens before the level that are looked at.
const TOKENS_BEFORE: usize = 4;
/// Tokens behind the level that are looked at.
const TOKENS_BEHIND: usize = 5;

/// The prefix of a line whose time ends at `at`. A time of day needs a level behind it; a date does not.
pub(super) fn after_time(bytes: &[u8], at: usize, style: Style, time: Option<Time>) -> Option<Prefix> {
    if !matches!(bytes.get(at), None | Some(b' ' | b'\t' | b':' | b',' | b'|')) {
        return None;
    }
    let start = Prefix { time, starts: true, ..Prefix::default() };
    if let Some((end, prefix)) = level_near(bytes, at, start.clone()) {
        return Some(after_level(bytes, end, style, prefix));
    }
    time?;
    let len = behind_time(bytes, at);
    let rest = &bytes[len..];
    let severity = bare_small_level(rest);
    Some(Prefix { len, starts: !is_continuation(rest), severity, ..start })
}

/// Whether [`after_time`] says that a record starts, where that is plain to see: a date stands in front of what continues nothing and is no
/// relay's. The line is as it stands in a file.
pub(super) fn plainly_starts(bytes: &[u8], at: usize) -> bool {
    if !matches!(bytes.get(at), Some(b' ' | b'\t' | b':' | b',' | b'|')) {
        return false;
    }
    let rest = &bytes[behind_time(bytes, at)..];
    // Neither control characters nor blanks beyond ASCII may hide what continues another line, or a relay's name.
    let hidden = |byte: &u8| (*byte < b' ') | (*byte == 0x7F) | (*byte == 0xC2);
    // Without an early end, so that many bytes are looked at at once.
    let front = &rest[..rest.len().min(LONGEST_CONTINUATION)];
    let told = front.iter().fold(false, |told, byte| told | hidden(byte));
    let told = told || is_continuation(rest) && !is_aligned_level(rest);
    !told
        && memchr::memchr(0x1B, rest).is_none()
        && !memchr::memchr_iter(b'{', rest).any(|at| is_relay(&rest[at + 1..]))
}

/// Whether a level stands behind blanks, as loggers put it that align levels to the right.
fn is_aligned_level(rest: &[u8]) -> bool {
    let word = &rest[blanks(rest, 0)..];
    let len = word.iter().take(9).take_while(|byte| byte.is_ascii_uppercase()).count();
    word.get(len) == Some(&b' ') && level::capitals(&word[..len]).is_some()
}

/// Whether what stands in braces is a module that relays the lines of another process.
fn is_relay(inner: &[u8]) -> bool {
    RELAYS.iter().any(|relay| inner.trim_ascii_start().starts_with(relay))
}

/// Where the text behind a time and what delimits it begins.
fn behind_time(bytes: &[u8], at: usize) -> usize {
    let mut len = at;
    len += usize::from(matches!(bytes.get(len), Some(b':' | b',')));
    len += usize::from(matches!(bytes.get(len), Some(b' ' | b'\t' | b'|')));
    if bytes.get(len..).is_some_and(|rest| rest.starts_with(b"- ") || rest.starts_with(b"| ")) {
        len += 2;
    }
    len.min(bytes.len())
}

/// A level in small letters without a delimiter: it is read, and stays in the message, of which it may be a word.
fn bare_small_level(rest: &[u8]) -> Option<Severity> {
    let word = rest.iter().take(9).take_while(|byte| byte.is_ascii_lowercase()).count();
    if rest.get(word) == Some(&b' ') { level::small(&rest[..word]).filter(|_| word > 3) } else { None }
}

/// Text that belongs to the record above although a transport put a time in front of it.
fn is_continuation(rest: &[u8]) -> bool {
    match rest.first() {
        Some(b' ' | b'\t' | b'}') => true,
        Some(b'a') => rest.starts_with(b"at "),
        Some(b'F') => rest.starts_with(b"File \""),
        Some(b'T') => rest.starts_with(b"Traceback (most recent") || rest.starts_with(b"The above exception was"),
        Some(b'D') => rest.starts_with(b"During handling of the above"),
        _ => false,
    }
}

/// Looks for the level within a few tokens; gives the position behind it.
fn level_near(bytes: &[u8], at: usize, mut prefix: Prefix) -> Option<(usize, Prefix)> {
    let mut at = separators(bytes, at);
    let mut bare = 0;
    for index in 0..TOKENS_BEFORE {
        match *bytes.get(at)? {
            open @ (b'[' | b'<' | b'{') => {
                let close = match open {
                    b'[' => b']',
                    b'<' => b'>',
                    _ => b'}',
                };
                let len = bytes[at..].iter().take(100).position(|byte| *byte == close)?;
                let inner = bytes[at + 1..at + len].trim_ascii();
                // Apache puts the module before the level.
                let word = inner.rsplit(|byte| *byte == b':').next().unwrap_or(inner);
                at += len + 1;
                if let Some(severity) = level::word(word) {
                    return Some((at, Prefix { severity: Some(severity), ..prefix }));
                }
                if open == b'{' {
                    // Airflow puts the logging call in braces; where that is a relay of another process's output, each of its lines
                    // comes as a record.
                    prefix.starts &= !is_relay(inner);
                } else {
                    name_worker(&mut prefix, inner);
                }
            }
            _ => {
                let len = word_len(&bytes[at..]);
                let word = &bytes[at..at + len];
                if let Some((severity, end)) = level_word(bytes, at, len, index > 0) {
                    return Some((end, Prefix { severity: Some(severity), ..prefix }));
                }
                let dashed = bytes.get(at + len) == Some(&b'|')
                    || bytes[at + len..].starts_with(b" - ")
                    || is_bar(&bytes[at + len..]);
                let number = word.iter().all(u8::is_ascii_digit);
                bare += usize::from(!number && !dashed);
                if len == 0 || bare > 1 || word.ends_with(b":") {
                    return None;
                }
                if !dashed {
                    name_worker(&mut prefix, word);
                }
                at += len;
            }
        }
        at = separators(bytes, at);
    }
    None
}

/// ` | ` or blanks and a bar.
fn is_bar(rest: &[u8]) -> bool {
    let gap = blanks(rest, 0);
    gap > 0 && rest.get(gap) == Some(&b'|')
}

/// Whether the word at `at` is a level, and its end. Small letters count before a colon, a tab or a column gap only; a channel may be
/// glued in front (`app.ERROR:`).
fn level_word(bytes: &[u8], at: usize, len: usize, later: bool) -> Option<(Severity, usize)> {
    let word = &bytes[at..at + len];
    let word = word.strip_suffix(b":").unwrap_or(word);
    let end = at + word.len();
    let next = bytes.get(end);
    let delimited = matches!(next, None | Some(b' ' | b':' | b'\t' | b'|' | b'[' | b']'));
    if let Some(severity) = level::capitals(word).filter(|_| delimited) {
        return Some((severity, end));
    }
    if let Some(dot) = word.iter().rposition(|byte| *byte == b'.') {
        return level::capitals(&word[dot + 1..]).filter(|_| next == Some(&b':')).map(|severity| (severity, end));
    }
    let column = next == Some(&b' ')
        && (bytes.get(end + 1) == Some(&b' ') || is_bar(&bytes[end..]) || bytes[end..].starts_with(b" - "));
    let glued = matches!(next, Some(b':' | b'\t' | b'|'));
    // `Error:` is a class; as a level it is spelt in capitals or small letters.
    level::small(word).filter(|_| glued || (column && !later)).map(|severity| (severity, end))
}

/// The prefix of a line whose level ends at `at`.
pub(super) fn after_level(bytes: &[u8], at: usize, style: Style, mut prefix: Prefix) -> Prefix {
    if !prefix.starts {
        // The relay's ` - `, then the line with its indentation.
        let rest = &bytes[at.min(bytes.len())..];
        let len = at + if rest.starts_with(b" - ") { 3 } else { 0 };
        return Prefix { len, ..prefix };
    }
    let mut at = behind_level(bytes, at);
    let mut named = false;
    for _ in 0..TOKENS_BEHIND {
        // A line has one logger: a name behind it is the message's (`app.worker: pq: no such table`).
        let names = !matches!(bytes.get(at), Some(b'[' | b'(' | b'-' | b'0'..=b'9'));
        if names && named {
            break;
        }
        let Some(end) = item_behind(bytes, at, style, &mut prefix) else { break };
        named |= names;
        at = end;
    }
    Prefix { len: at.min(bytes.len()), ..prefix }
}

/// Position of what follows a level: behind its colon, dash or bar and the blanks. A line break ends it.
fn behind_level(bytes: &[u8], at: usize) -> usize {
    let mut at = at;
    at += usize::from(bytes.get(at) == Some(&b']'));
    at += usize::from(bytes.get(at) == Some(&b':'));
    at += blanks(bytes, at);
    for mark in [&b"- "[..], b"| ", b"-- "] {
        if bytes.get(at..).is_some_and(|rest| rest.starts_with(mark)) {
            at += mark.len();
            break;
        }
    }
    at += usize::from(matches!(bytes.get(at), Some(b'|' | b'\t')));
    at + blanks(bytes, at)
}

/// One process, thread or logger behind the level; the position behind it, or `None` where the message begins.
fn item_behind(bytes: &[u8], at: usize, style: Style, prefix: &mut Prefix) -> Option<usize> {
    let rest = bytes.get(at..)?;
    match *rest.first()? {
        b'[' => {
            // Behind Spring's `---` every bracket is the framework's: application, thread, trace.
            let spring = || memchr::memmem::find(&bytes[..=at], b" --- [").is_some();
            bracket_behind(rest, style, spring, prefix).map(|len| at + len + blanks(bytes, at + len))
        }
        b'(' => paren_behind(rest, prefix).map(|len| at + len + blanks(bytes, at + len)),
        b'-' if rest.starts_with(b"--- ") => Some(at + 4 + blanks(bytes, at + 4)),
        b'0'..=b'9' => {
            let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let tail = &rest[digits..];
            // Spring's `1 --- [main]`, nginx's `123#123: `.
            let end = if tail.starts_with(b" --- ") {
                digits + 1
            } else if tail.starts_with(b"#") {
                digits + tail.iter().take(12).position(|byte| *byte == b':')? + 2
            } else {
                return None;
            };
            prefix.worker = Some(process(&rest[..digits]));
            Some((at + end).min(bytes.len()))
        }
        _ => logger_behind(rest, style, prefix).map(|len| at + len),
    }
}

/// `[14979]`, `[httpx:1025]`, `[main]`, `[pid 12:tid 34]`; any other bracket is the message's.
fn bracket_behind(rest: &[u8], style: Style, spring: impl FnOnce() -> bool, prefix: &mut Prefix) -> Option<usize> {
    let close = rest.iter().take(120).position(|byte| *byte == b']')?;
    let inner = rest[1..close].trim_ascii();
    let plain = !inner.is_empty() && inner.iter().all(|b| b.is_ascii_alphanumeric() || b"._-:/#".contains(b));
    let call = inner.iter().rposition(|byte| *byte == b':').is_some_and(|colon| all_digits(&inner[colon + 1..]));
    let dotted = style != Style::Other && plain && inner.contains(&b'.') && !class_like(inner);
    let java = style != Style::Other && plain && inner.iter().filter(|byte| **byte == b'.').count() >= 2;
    let first = inner.split(|byte| *byte == b':').next()?;
    if inner.starts_with(b"pid ") {
        name_worker(prefix, &first[4..]);
    } else if all_digits(first) && is_thread(inner.get(first.len() + 1..).unwrap_or_default()) {
        name_worker(prefix, first);
    } else if all_digits(inner) || is_thread(inner) {
        name_worker(prefix, inner);
    } else if !(plain && (call || dotted || java) || spring()) {
        return None;
    }
    Some(close + 1)
}

/// `(123): ` and `(name/123 on host): ` of pino-pretty, `(default task-1) ` of JBoss.
fn paren_behind(rest: &[u8], prefix: &mut Prefix) -> Option<usize> {
    let close = rest.iter().take(120).position(|byte| *byte == b')')?;
    let inner = &rest[1..close];
    if rest.get(close + 1) == Some(&b':') {
        let name = inner.split(|byte| *byte == b' ').next()?;
        let pid = name.rsplit(|byte| *byte == b'/').next()?;
        if all_digits(pid) {
            name_worker(prefix, pid);
        }
        return Some(close + 2);
    }
    (is_thread(inner) && rest.get(close + 1) == Some(&b' ')).then(|| {
        name_worker(prefix, inner);
        close + 2
    })
}

/// A logger's name with its delimiter.
pub(super) fn logger_behind(rest: &[u8], style: Style, prefix: &mut Prefix) -> Option<usize> {
    if style != Style::Other && rest.starts_with(b"in ") {
        // Flask: `ERROR in app: message`.
        let name = word_len(&rest[3..]);
        let end = 3 + name;
        return (rest[..end].ends_with(b":") && rest.get(end) == Some(&b' ')).then_some(end + 1);
    }
    let len = word_len(rest);
    let (word, tail) = (&rest[..len], &rest[len..]);
    if len == 0 {
        return None;
    }
    if let Some(end) = call_site(word, tail) {
        return Some(len + end);
    }
    // A thread before a call site: `MainThread app:main:19 message`.
    if tail.starts_with(b" ") {
        let second = word_len(&tail[1..]);
        if let Some(end) = call_site(&tail[1..=second], &tail[1 + second..]) {
            name_worker(prefix, word);
            return Some(len + 1 + second + end);
        }
    }
    if let Some(name) = word.strip_suffix(b":").filter(|_| tail.first() == Some(&b' ')) {
        return is_logger(name, style).then_some(len + 1);
    }
    if tail.first() == Some(&b'|') && style != Style::Other {
        return Some(len + 1);
    }
    let gap = blanks(tail, 0);
    let dotted = style != Style::Other && word.contains(&b'.') && !word.contains(&b'/');
    let mark = [&b": "[..], b"- ", b"| ", b"-- "].into_iter().find(|mark| tail[gap..].starts_with(mark))?;
    (dotted && gap > 0).then_some(len + gap + mark.len())
}

/// `module:function:12`, `indexer/main.go:88` and what parts it from the message; the length behind the word.
fn call_site(word: &[u8], tail: &[u8]) -> Option<usize> {
    word.last().filter(|last| last.is_ascii_digit())?;
    let mut parts = word.rsplitn(3, |byte| *byte == b':');
    let (line, middle, first) = (parts.next()?, parts.next()?, parts.next());
    let go = first.is_none() && middle.ends_with(b".go") && tail.first() == Some(&b'\t');
    if !all_digits(line) || middle.is_empty() || (first.is_none_or(<[u8]>::is_empty) && !go) {
        return None;
    }
    match tail {
        [b' ', b'-', b' ', ..] => Some(3),
        [b' ' | b'\t', ..] => Some(1),
        _ => None,
    }
}

/// Whether `name: ` behind a level is a logger and not the message's first word.
fn is_logger(name: &[u8], style: Style) -> bool {
    let path = memchr::memmem::find(name, b"::").is_some();
    if path {
        return true;
    }
    if style == Style::Other || name.is_empty() || class_like(name) || !name[0].is_ascii_alphabetic() && name[0] != b'_'
    {
        return false;
    }
    let plain = name.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'));
    let dotted = name.contains(&b'.');
    let word = std::str::from_utf8(name).unwrap_or_default();
    plain && (dotted || (style == Style::Comma && !MESSAGE_WORDS.contains(&word)))
}

/// `ValueError`, `openai.AuthenticationError`: the last part begins with a capital.
fn class_like(name: &[u8]) -> bool {
    name.rsplit(|byte| *byte == b'.').next().and_then(<[u8]>::first).is_some_and(u8::is_ascii_uppercase)
}

/// Thread names as runtimes give them.
fn is_thread(name: &[u8]) -> bool {
    const STARTS: [&[u8]; 16] = [
        b"main",
        b"Thread-",
        b"Thread ",
        b"MainThread",
        b"MainProcess",
        b"ForkPoolWorker-",
        b"ThreadPoolExecutor-",
        b"pool-",
        b"http-nio-",
        b"https-",
        b"default task-",
        b"worker-",
        b"Worker-",
        b"scheduling-",
        b"task-",
        b"nio-",
    ];
    STARTS.iter().any(|start| name.starts_with(start)) && (name.len() > 4 || name == b"main")
}

/// Keeps a process or thread, unless it is the main one or a logger's dotted name.
fn name_worker(prefix: &mut Prefix, name: &[u8]) {
    let number = all_digits(name);
    let thread = is_thread(name) && !matches!(name, b"main" | b"MainThread" | b"MainProcess");
    if number {
        prefix.worker = Some(process(name));
    } else if thread || name.iter().any(u8::is_ascii_digit) && !name.contains(&b'.') && !name.contains(&b':') {
        prefix.worker = Some(lossy(name));
    }
}

/// Position behind blanks, tabs and single separators.
fn separators(bytes: &[u8], at: usize) -> usize {
    let mut at = at + usize::from(matches!(bytes.get(at), Some(b':' | b',')));
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        if rest.first().is_some_and(|byte| matches!(byte, b' ' | b'\t' | b'|')) {
            at += 1;
        } else if rest.starts_with(b"- ") {
            at += 2;
        } else {
            return at;
        }
    }
}

/// Length of the run of letters that names, levels and call sites are made of, a colon at its end included.
fn word_len(rest: &[u8]) -> usize {
    static NAMED: NameBytes = NameBytes::with(b"_.$:/#@<>-");
    NAMED.leading(&rest[..rest.len().min(160)])
}

fn all_digits(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.len() <= 20 && bytes.iter().all(u8::is_ascii_digit)
}
