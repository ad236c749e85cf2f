//! Transports inside transports: a quoted mail with a compose log, journald around docker's JSON.

use std::borrow::Cow;

use super::{Stripped, Transport};

/// Transports around each other that are taken off.
const DEEPEST: usize = 3;

/// The transports around the lines of a source, outermost first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wrapping {
    outer: Transport,
    inner: Vec<Transport>,
}

impl Wrapping {
    /// The transports of a source that begins with `sample`.
    #[must_use]
    pub fn detect(sample: &[u8]) -> Self {
        let outer = Transport::detect(sample);
        let mut wrapping = Self { outer, inner: Vec::new() };
        let mut last = outer;
        let mut sample = Cow::Borrowed(sample);
        while last != Transport::Raw && wrapping.inner.len() + 1 < DEEPEST {
            sample = Cow::Owned(inside(last, &sample));
            last = Transport::detect(&sample);
            if last != Transport::Raw {
                wrapping.inner.push(last);
            }
        }
        wrapping
    }

    /// Whether the outermost transport cuts long lines into pieces that must be joined before they are read.
    #[must_use]
    pub fn cuts(&self) -> bool {
        self.outer.cuts()
    }

    /// Whether a line may be continued by the one after it without saying so itself.
    #[must_use]
    pub fn glues(&self) -> bool {
        self.outer == Transport::GitLab
    }

    /// Takes the outermost transport off one line.
    #[must_use]
    pub fn strip<'a>(&self, line: &'a [u8]) -> Stripped<'a> {
        self.outer.strip(line)
    }

    /// Takes the further transports off a line that is whole.
    #[must_use]
    pub fn unwrap<'a>(&self, line: Stripped<'a>) -> Stripped<'a> {
        self.inner.iter().fold(line, |line, transport| within(line, *transport))
    }
}

/// What the lines of a sample carry.
fn inside(transport: Transport, sample: &[u8]) -> Vec<u8> {
    let mut payloads = Vec::with_capacity(sample.len());
    for line in sample.split(|byte| *byte == b'\n') {
        let stripped = transport.strip(line);
        if !stripped.partial && !stripped.continues && !stripped.glued {
            payloads.extend_from_slice(&stripped.payload);
            payloads.push(b'\n');
        }
    }
    payloads
}

/// The line with a further transport off: what that one says counts, and what it does not say is the outer one's.
fn within(outer: Stripped<'_>, transport: Transport) -> Stripped<'_> {
    let Stripped { stream, channel, time, severity, width, payload, .. } = outer;
    let inner = match payload {
        Cow::Borrowed(bytes) => transport.strip(bytes),
        Cow::Owned(bytes) => transport.strip(&bytes).into_owned(),
    };
    let stream = match (stream.is_empty(), inner.stream.is_empty()) {
        (_, true) => stream,
        (true, false) => inner.stream,
        (false, false) => Cow::Owned(format!("{stream}/{}", inner.stream)),
    };
    Stripped {
        stream,
        channel: if inner.channel == 0 { channel } else { inner.channel },
        time: inner.time.or(time),
        severity: inner.severity.or(severity),
        partial: false,
        continues: false,
        glued: false,
        width,
        payload: inner.payload,
    }
}
