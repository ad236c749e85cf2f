//! Reads from what may stay silent: pipes, terminals, sockets.
//!
//! Never waits longer than a moment: silence is told as [`io::ErrorKind::WouldBlock`], so that the lines that have come can be handed over
//! and a wish to stop is noticed. After such a wish it takes what is in the pipe already and then says that the input is over.

use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::control::Control;

/// How long to wait for the first bytes after a silence before telling of it.
const QUIET: i64 = 100_000_000;

/// How long bytes that follow others may take: a fast writer fills whole blocks.
const BREATH: i64 = 5_000_000;

/// Bytes that are taken after the wish to stop, at most: what a pipe may hold.
const LAST: usize = 1 << 20;

/// A reader of a pipe.
pub(super) struct Live {
    file: File,
    control: Arc<Control>,
    /// The last call gave bytes.
    flowing: bool,
    /// Bytes taken since the wish to stop.
    last: usize,
}

impl Live {
    pub(super) fn new(file: File, control: Arc<Control>) -> Self {
        Self { file, control, flowing: false, last: 0 }
    }

    /// Whether there is something to read, or the end, within so many nanoseconds.
    fn ready(&self, nanoseconds: i64) -> io::Result<bool> {
        let patience = Timespec { tv_sec: 0, tv_nsec: nanoseconds };
        match poll(&mut [PollFd::new(&self.file, PollFlags::IN)], Some(&patience)) {
            Ok(count) => Ok(count > 0),
            // A signal came: whoever waits looks at the flags and comes back.
            Err(rustix::io::Errno::INTR) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

impl Read for Live {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let stopped = self.control.stopped();
        let patience = match self.flowing {
            _ if stopped => 0,
            true if self.control.hurried() => 0,
            true => BREATH,
            false => QUIET,
        };
        self.flowing = self.last < LAST && self.ready(patience)?;
        if !self.flowing {
            return if stopped { Ok(0) } else { Err(io::ErrorKind::WouldBlock.into()) };
        }
        let count = self.file.read(into)?;
        self.control.keep(&into[..count]);
        if stopped {
            self.last += count;
        }
        Ok(count)
    }
}
