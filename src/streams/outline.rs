//! How a line is read that differs from one read before in its times and numbers: what stands in front of its text, and where that begins.
//!
//! Near a failure every line is wanted with its text, and most are those that a healthy program writes all the time. It must never give
//! anything but what reading the line would give; where that is not certain it says nothing.

use std::sync::Arc;

use super::neighbours::alike;
use super::prepare::{Read, Text};
use super::stamps::{Timing, named, stamps};
use crate::envelope::Payload;
use crate::model::{Bounds, Severity};

/// Signs of text that is not in the line as it is, or that numbers could make so: objects, escapes, markup.
const REWRITTEN: &[u8] = b"{\\&#\x1b";

/// What stands in front of the text of a line.
#[derive(Debug)]
pub(super) struct Outline {
    bounds: Bounds,
    stream: Arc<str>,
    channel: u8,
    width: usize,
    /// What the transport and the logger tell, each.
    times: [Option<Timing>; 2],
    severities: [Option<Severity>; 2],
    starts: bool,
    worker: Option<Arc<str>>,
    /// Where the text begins, which goes to the end.
    from: usize,
}

impl Outline {
    /// That of a line, given without its end, which was read so; `None` where that holds for no other.
    pub(super) fn new(read: &Read, line: &[u8]) -> Option<Self> {
        let Text::Whole(payload) = &read.text else { return None };
        let Payload { body, starts, whole: false, time, severity, worker, request: None, stream: None } = &**payload
        else {
            return None;
        };
        // Without a stamp or a level too little is certain of what numbers make of a line.
        let told = read.time.or(*time).is_some() || *starts && severity.is_some();
        let joins = read.continues || read.glued || read.range.is_some();
        let rewritten = || line.iter().any(|byte| REWRITTEN.contains(byte));
        if !told || joins || !line.ends_with(body.as_bytes()) || rewritten() {
            return None;
        }
        let from = line.len() - body.len();
        // A field may tell the level as a number.
        if line[..from].contains(&b'=') {
            return None;
        }
        let times = named(line, &stamps(line), [read.time, *time])?;
        let mut bounds = alike(line);
        bounds.fix(line, 0..read.width.min(line.len()));
        if let Some(worker) = worker {
            // It has its name from one of these places, whatever it is called besides.
            let name = worker.strip_prefix("pid ").unwrap_or(worker).as_bytes();
            let mut places = memchr::memmem::find_iter(line, name).peekable();
            places.peek()?;
            places.for_each(|at| bounds.fix(line, at..at + name.len()));
        }
        Some(Self {
            bounds,
            stream: read.stream.clone(),
            channel: read.channel,
            width: read.width,
            times,
            severities: [read.severity, *severity],
            starts: *starts,
            worker: worker.clone(),
            from,
        })
    }

    /// Whether a line, given without its end, is read so.
    pub(super) fn holds(&self, line: &[u8]) -> bool {
        self.bounds.hold(line)
    }

    /// A line that is read so.
    pub(super) fn read(&self, line: &[u8], at: (u64, u64), hit: bool) -> Option<Read> {
        let times = self.times.map(|told| told.map(|told| told.time(line)));
        let payload = Payload {
            body: std::str::from_utf8(&line[self.from..]).ok()?.to_owned(),
            starts: self.starts,
            time: times[1],
            severity: self.severities[1],
            worker: self.worker.clone(),
            ..Payload::default()
        };
        Some(Read {
            at,
            range: None,
            hit,
            continues: false,
            glued: false,
            width: self.width,
            stream: self.stream.clone(),
            channel: self.channel,
            time: times[0],
            severity: self.severities[0],
            text: Text::Whole(Box::new(payload)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envelope::Wrapping;
    use crate::streams::prepare::read;
    use crate::streams::tests::with_other_digits;

    /// Lines of all forms with other digits within the bounds are read as the outline says.
    #[test]
    fn an_outline_reads_as_reading_does() {
        let pods = "[pod/a-1/app] 2026-11-23T08:00:00Z INFO up 12\n[pod/b-2/app] 2026-11-23T08:00:01Z INFO up 13\n";
        let wrapped = Wrapping::detect(pods.repeat(20).as_bytes());
        let mut told = 0;
        for (text, tells) in [
            ("2026-11-23 08:00:05,945 INFO rag.ingest: chunked document 984057 into 5 parts", true),
            ("2026-11-23 08:00:05.084  INFO 1 --- [nio-8080-exec-5] c.a.orders.OrderController : order 718860", true),
            ("I1123 08:00:01.190000       1 garbagecollector.go:146] \"Swept\" items=72", true),
            ("Nov 23 08:00:00 node-8 CRON[324946]: (root) CMD (/usr/lib/report --since=0)", true),
            ("10.115.167.146 - - [23/Nov/2026:08:00:00 +0000] \"POST /api HTTP/1.1\" 201 593", true),
            ("[pod/checkout-6f9d7c5b84-2xkqv/app] 2026-11-23T08:00:04.527Z INFO  checkout 838825 done", true),
            (
                "[pod/docsbot-7c4b9d6f58-9wmtr/api] INFO:     10.45.157.107:424967 - \"GET /healthz HTTP/1.1\" 200 OK",
                true,
            ),
            ("INFO:     10.45.157.107:424967 - \"GET /healthz HTTP/1.1\" 200 OK", true),
            ("WARN  12.13.2026 at 8:26", true),
            ("ERROR [12] 13: took 17 of 20", true),
            ("ts=2026-11-23T08:00:05Z level=30 msg=hello", false),
            ("[2026-11-23 08:00:05 +0000] [14979] [INFO] Booting worker with pid: 14979", true),
            ("2026-11-23 08:00:05 [12] WARN app:main:19 took 12 of 345 ms", true),
            ("2026-11-23 08:00:05 INFO {\"a\": 1}", false),
            ("2026-11-23 08:00:05 INFO line\\n\\tat x.y(Z.java:3)\\n\\tat x.z(Z.java:4)", false),
            ("took 17 of 20", false),
        ] {
            for wrapping in [&Wrapping::default(), &wrapped] {
                let line = text.as_bytes();
                let outline = Outline::new(&read(wrapping, line, (3, 40), None, true), line);
                told += usize::from(outline.is_some());
                assert!(outline.is_none() || tells || text.starts_with("[pod"), "{text}");
                let Some(outline) = outline else { continue };
                for series in 0..13_usize {
                    let other = with_other_digits(line, &outline.bounds, series);
                    let (told, is) = (outline.read(&other, (3, 40), true), read(wrapping, &other, (3, 40), None, true));
                    assert_eq!(format!("{told:?}"), format!("{:?}", Some(is)), "{}", String::from_utf8_lossy(&other));
                }
            }
        }
        assert!(told >= 16, "{told}");
    }
}
