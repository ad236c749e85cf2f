//! Bytes as they come from the disk or the pipe, buffered and counted.
//!
//! A buffer is always filled to the brim before it is used, so that what a decoder sees does not depend on how a pipe happened to deliver
//! its bytes: even a damaged input gives the same text every time. Knows nothing of compression or text.

use std::io::{self, BufRead, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Size of one read from the operating system, in bytes.
const READ: usize = 1 << 20;

/// A buffered reader of raw bytes.
pub(super) struct RawReader {
    inner: Box<dyn Read + Send>,
    buf: Box<[u8]>,
    pos: usize,
    end: usize,
    ended: bool,
    error: Option<io::Error>,
    bytes: Arc<AtomicU64>,
    failed: Arc<AtomicBool>,
}

impl RawReader {
    /// A reader that has not read anything yet.
    pub(super) fn new(inner: Box<dyn Read + Send>) -> Self {
        Self {
            inner,
            buf: vec![0; READ].into_boxed_slice(),
            pos: 0,
            end: 0,
            ended: false,
            error: None,
            bytes: Arc::default(),
            failed: Arc::default(),
        }
    }

    /// How many raw bytes were read so far; shared, for a progress display.
    pub(super) fn counter(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.bytes)
    }

    /// Becomes true once the operating system reported an error: tells a bad disk from bad data.
    pub(super) fn failure_flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.failed)
    }

    /// The next bytes without consuming them: `count` of them, fewer only before the end or an error. `count` is at most [`READ`].
    pub(super) fn peek(&mut self, count: usize) -> io::Result<&[u8]> {
        if self.end - self.pos < count {
            self.buf.copy_within(self.pos..self.end, 0);
            self.end -= self.pos;
            self.pos = 0;
            self.fill();
            if self.end == 0 {
                self.raise()?;
            }
        }
        Ok(&self.buf[self.pos..self.end])
    }

    /// Reads until the buffer is full, the input ends or fails.
    fn fill(&mut self) {
        while self.end < self.buf.len() && !self.ended {
            match self.inner.read(&mut self.buf[self.end..]) {
                Ok(0) => self.ended = true,
                Ok(count) => {
                    self.end += count;
                    self.bytes.fetch_add(count as u64, Ordering::Relaxed);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.ended = true;
                    self.error = Some(error);
                }
            }
        }
    }

    /// Hands out a stored error, once everything read before it is consumed.
    fn raise(&mut self) -> io::Result<()> {
        match self.error.take() {
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
            self.pos = 0;
            self.end = 0;
            self.fill();
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
