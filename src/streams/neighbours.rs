//! What a line tells its neighbours, whatever its numbers are: whether it begins a record, and the time it has.
//!
//! That is asked again and again of lines that differ in numbers alone. A number can change the answer in two ways: it makes a stamp that is
//! none, or it breaks the JSON. What holds for a line holds for those that differ in no such digit.

use std::sync::Arc;

use super::stamps::{Timing, stamps};
use crate::envelope::{Clock, Wrapping, payload};
use crate::model::{Bounds, Time};

/// A date stands at most so many bytes before the colon behind the hours: `23 November 2026, 08:`.
const BEFORE_CLOCK: usize = 20;

/// A zone or a year takes at most so many bytes behind the clock: ` +01:00`, ` 2026`.
const BEHIND_CLOCK: usize = 7;

/// Which records a line does not go on with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Begins {
    /// That is not known of any.
    Unknown,
    /// Those that name no stream, because it names one.
    Elsewhere,
    /// None: it begins one.
    Here,
}

/// Whether a line, given with its end, begins a record, and the lines that do so as it does.
pub(super) fn begins(wrapping: &Wrapping, line: &[u8]) -> (Begins, Bounds) {
    let own = wrapping.strip(line.strip_suffix(b"\n").unwrap_or(line));
    let begins = match own.continues || own.glued {
        true => Begins::Unknown,
        false if payload::starts(&own.payload) => Begins::Here,
        false if !own.stream.is_empty() => Begins::Elsewhere,
        false => Begins::Unknown,
    };
    // Digits of an escape make another letter.
    if begins == Begins::Unknown || memchr::memmem::find(line, b"\\u").is_some() {
        return (Begins::Unknown, Bounds::any_digits(line));
    }
    (begins, alike(line))
}

/// What a line tells those below it in its stream.
#[derive(Debug)]
pub(super) struct Above {
    bounds: Bounds,
    stream: Arc<str>,
    channel: u8,
    /// Its time; `None` where that, or its stream, cannot be told of others.
    time: Option<Option<Timing>>,
}

impl Above {
    pub(super) fn new(wrapping: &Wrapping, line: &[u8]) -> Self {
        let own = wrapping.strip(line.strip_suffix(b"\n").unwrap_or(line));
        let mut bounds = alike(line);
        // The stream is what stands in front, or in some field.
        bounds.fix(line, 0..own.width.min(line.len()));
        let time = match payload::time(&own.payload).or(own.time) {
            _ if own.width == 0 && !own.stream.is_empty() => None,
            None => Some(None),
            Some(time) => Timing::of(line, &stamps(line), time).map(Some),
        };
        Self { bounds, stream: Arc::from(&*own.stream), channel: own.channel, time }
    }

    pub(super) fn holds(&self, line: &[u8]) -> bool {
        self.bounds.hold(line)
    }

    /// Whether it stands in this stream and channel, and its time if it does; `None` where that is not known.
    pub(super) fn tells(&self, line: &[u8], stream: &str, channel: u8) -> Option<(bool, Option<Time>)> {
        let ours = *self.stream == *stream && self.channel == channel;
        let time = self.time?;
        Some((ours, time.filter(|_| ours).map(|told| told.time(line))))
    }
}

/// The lines that differ in no digit on which that depends.
pub(super) fn alike(line: &[u8]) -> Bounds {
    let mut bounds = Bounds::any_digits(line);
    let digit = |at: usize| line.get(at).is_some_and(u8::is_ascii_digit);
    let inner = |at: usize| at > 0 && digit(at - 1);
    // JSON knows no number with a zero in front.
    let json = if line.contains(&b'{') { line.len() } else { 0 };
    for at in (0..json).filter(|at| digit(*at) && digit(at + 1) && !inner(*at)) {
        if line[at] == b'0' { bounds.fix(line, at..at + 1) } else { bounds.narrow(at, b'1'..=b'9') }
    }
    let is_hour = |at: &usize| {
        inner(*at) && digit(at + 1) && digit(at + 2) && matches!(line.get(at + 3), Some(b':' | b'A' | b'P'))
    };
    let hours = || memchr::memchr_iter(b':', line).filter(is_hour);
    for at in hours() {
        let digits = |from: usize| line[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let second = at + 3 + if line[at + 3] == b':' { 1 + digits(at + 4) } else { 0 };
        let fraction = matches!(line.get(second), Some(b'.' | b','));
        let end = if fraction { second + 1 + digits(second + 1) } else { second };
        let behind = line[end..].trim_ascii_start().first();
        let zone = behind.is_some_and(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-'));
        bounds.fix(line, at.saturating_sub(BEFORE_CLOCK)..line.len().min(end + if zone { BEHIND_CLOCK } else { 0 }));
    }
    let clocks = hours().filter_map(|at| Clock::at(line, at.checked_sub(2)?));
    clocks.for_each(|clock| clock.widen(line, &mut bounds));
    bounds
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::streams::tests::with_other_digits;

    /// Lines of all forms that begin a record or do not: with other numbers they are what they were, and have the time they show.
    #[test]
    fn numbers_make_no_difference() {
        let pods = "[pod/a-1/app] 2026-11-23T08:00:00Z INFO up 12\n[pod/b-2/app] 2026-11-23T08:00:01Z INFO up 13\n";
        for wrapping in [Wrapping::default(), Wrapping::detect(pods.repeat(20).as_bytes())] {
            for text in [
                "2026-11-23 08:00:05,945 INFO rag.ingest: chunked document 984057 into 5 parts",
                "2026-11-23 08:00:05.084  INFO 1 --- [nio-8080-exec-5] c.a.orders.OrderController : order 718860 accepted",
                "I1123 08:00:01.190000       1 garbagecollector.go:146] \"Swept\" items=72",
                "Nov 23 08:00:00 node-8 CRON[324946]: (root) CMD (/usr/lib/report --since=0)",
                r#"{"level":"info","time":"2026-11-23T08:00:02.273Z","msg":"invoice 945787 settled","ms":10}"#,
                r#"{"level":30,"time":1795422399000,"msg":"x","pid":7,"size":0.5}"#,
                r#"{"ts": 1795422399.123, "msg": "cut off at 12"#,
                "ts=2026-11-23T08:00:05.069Z level=debug component=limits allowed=1841 denied=0",
                "10.115.167.146 - - [23/Nov/2026:08:00:00 +0000] \"POST /api HTTP/1.1\" 201 593",
                "[pod/checkout-6f9d7c5b84-2xkqv/app] 2026-11-23T08:00:04.527Z INFO  checkout 838825 done",
                "[pod/docsbot-7c4b9d6f58-9wmtr/api] INFO:     10.45.157.107:424967 - \"GET /healthz HTTP/1.1\" 200 OK",
                "11/23/2026, 8:26:39 PM   ERROR 15 failed",
                "Mon Nov 23 08:26:39.123456 2026 x 12",
                "    at handler (/app/index.js:12:34)",
                "  File \"/app/main.py\", line 17, in run",
                "E, [2026-11-23T08:26:39.985 #123] ERROR -- prog: 5",
                "<11>Nov 23 08:00:00 host app[12]: failed 3",
                "took 17 of 20",
            ] {
                let line = format!("{text}\n").into_bytes();
                let (told, bounds) = begins(&wrapping, &line);
                let above = Above::new(&wrapping, &line);
                for series in 0..13 {
                    let other = with_other_digits(&line, &bounds, series);
                    let said = String::from_utf8_lossy(&other);
                    if told != Begins::Unknown {
                        assert_eq!(begins(&wrapping, &other).0, told, "{said}");
                    }
                    let own = wrapping.strip(&other[..other.len() - 1]);
                    if above.holds(&other)
                        && let Some((ours, time)) = above.tells(&other, &own.stream, own.channel)
                    {
                        assert!(ours && time == payload::time(&own.payload).or(own.time), "{said}");
                    }
                }
            }
        }
    }
}
