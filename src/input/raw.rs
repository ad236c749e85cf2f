//! Bytes as they come from the disk or the pipe, buffered and counted.
//!
//! The buffer of a decoder is always filled to the brim before it is used, so that what a decoder sees does not depend on how a pipe happened
//! to deliver its bytes: even a damaged input gives the same text every time. Plain bytes are handed on as they come, straight into the
//! buffer of whoever asks. Knows nothing of compression or text.

use std::io::{self, BufRead, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Size of one read from the operating system, in bytes.
const READ: usize = 1 << 20;

/// What asking for bytes came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fed {
    /// There are more than before.
    More,
    /// Nothing comes just now.
    Pause,
    /// The end, for good.
    End,
}

/// A buffered reader of raw bytes.
pub(super) struct RawReader {
    tap: Tap,
    buf: Box<[u8]>,
    pos: usize,
    end: usize,
    /// Bytes that a buffer holds at least before it is used, unless the end comes first.
    least: usize,
    failed: Arc<AtomicBool>,
}

/// Where the bytes come from, and how that ended.
struct Tap {
    inner: Box<dyn Read + Send>,
    ended: bool,
    error: Option<io::Error>,
    bytes: Arc<AtomicU64>,
}

impl Tap {
    /// Appends up to `most` bytes to `out`, fewer only where the input ends or fails, or there is a pause. Unlike [`read`](Self::read) it needs
    /// no room that was filled before.
    fn append(&mut self, out: &mut Vec<u8>, most: usize) {
        if self.ended {
            return;
        }
        let before = out.len();
        let result = (&mut self.inner).take(most as u64).read_to_end(out);
        self.bytes.fetch_add((out.len() - before) as u64, Ordering::Relaxed);
        match result {
            Ok(count) => self.ended = count < most,
            Err(error) => self.failed(error),
        }
    }

    /// Takes an error that is no interruption: a pause, or the end.
    fn failed(&mut self, error: io::Error) {
        if error.kind() != io::ErrorKind::WouldBlock {
            self.ended = true;
            self.error = Some(error);
        }
    }

    /// Reads until `into` is full, the input ends or fails, or there is a pause and at least `least` bytes were read: how many.
    fn read(&mut self, into: &mut [u8], least: usize) -> usize {
        let mut at = 0;
        while at < into.len() && !self.ended {
            match self.inner.read(&mut into[at..]) {
                Ok(0) => self.ended = true,
                Ok(count) => {
                    at += count;
                    self.bytes.fetch_add(count as u64, Ordering::Relaxed);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.failed(error);
                    // After a pause it goes on until there is enough.
                    if at >= least {
                        break;
                    }
                }
            }
        }
        at
    }
}

impl RawReader {
    /// A reader that has not read anything yet.
    pub(super) fn new(inner: Box<dyn Read + Send>) -> Self {
        Self {
            tap: Tap { inner, ended: false, error: None, bytes: Arc::default() },
            buf: vec![0; READ].into_boxed_slice(),
            pos: 0,
            end: 0,
            least: 0,
            failed: Arc::default(),
        }
    }

    /// How many raw bytes were read so far; shared, for a progress display.
    pub(super) fn counter(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.tap.bytes)
    }

    /// Becomes true once the operating system reported an error: tells a bad disk from bad data.
    pub(super) fn failure_flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.failed)
    }

    /// From here on buffers are filled to the brim, those at hand included.
    pub(super) fn fill_to_the_brim(&mut self) {
        self.least = self.buf.len();
        self.top_up(self.least);
    }

    /// The next bytes without consuming them: `count` of them, fewer only before the end or an error. `count` is at most [`READ`].
    pub(super) fn peek(&mut self, count: usize) -> io::Result<&[u8]> {
        if self.end - self.pos < count {
            self.top_up(self.least.max(count));
            if self.end == 0 {
                self.raise()?;
            }
        }
        Ok(&self.buf[self.pos..self.end])
    }

    /// Moves what is left to the front and reads until the buffer is full, or holds `least` bytes and there is a pause.
    fn top_up(&mut self, least: usize) {
        self.buf.copy_within(self.pos..self.end, 0);
        self.end -= self.pos;
        self.pos = 0;
        self.end += self.tap.read(&mut self.buf[self.end..], least.saturating_sub(self.end));
    }

    /// Appends up to `want` bytes to `out`, past the buffer where that is empty.
    pub(super) fn read_plain(&mut self, out: &mut Vec<u8>, want: usize) -> io::Result<Fed> {
        if self.pos < self.end {
            let count = want.min(self.end - self.pos);
            out.extend_from_slice(&self.buf[self.pos..self.pos + count]);
            self.pos += count;
            return Ok(Fed::More);
        }
        let before = out.len();
        self.tap.append(out, want);
        if out.len() > before {
            return Ok(Fed::More);
        }
        if self.tap.ended {
            self.raise()?;
            return Ok(Fed::End);
        }
        Ok(Fed::Pause)
    }

    /// Hands out a stored error, once everything read before it is consumed.
    fn raise(&mut self) -> io::Result<()> {
        match self.tap.error.take() {
            None => Ok(()),
            Some(error) => {
                self.failed.store(true, Ordering::Relaxed);
                Err(error)
            }
        }
    }
}

impl BufRead for RawReader {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.pos == self.end {
            self.top_up(self.least.max(1));
            if self.end == 0 {
                self.raise()?;
            }
        }
        Ok(&self.buf[self.pos..self.end])
    }

    fn consume(&mut self, count: usize) {
        self.pos = (self.pos + count).min(self.end);
    }
}

impl Read for RawReader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(out)?;
        self.consume(count);
        Ok(count)
    }
}
