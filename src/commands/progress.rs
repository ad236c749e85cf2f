//! Follows the work: files, bytes and rate on standard error, for long work on a terminal only; and what the user asks meanwhile.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::signals::Signals;
use crate::scan::{Progress, Scanned};

/// Who watches a diagnosis.
pub(super) struct Follower<'f> {
    /// The line on the terminal, where there is one.
    pub(super) bar: Option<Bar>,
    pub(super) signals: Signals,
    /// Prints a report so far.
    pub(super) so_far: &'f (dyn Fn(&Scanned) + Sync),
}

/// A line that comes after a moment and goes when the work is done.
pub(super) struct Bar {
    bar: ProgressBar,
}

impl Bar {
    /// A bar; hidden where standard error is no terminal.
    pub(super) fn new() -> Self {
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {bytes} read, {bytes_per_sec}, {elapsed}  {msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        Self { bar }
    }

    /// Takes the line away.
    pub(super) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

impl Progress for Follower<'_> {
    fn opened(&self, name: &str) {
        if let Some(Bar { bar }) = &self.bar {
            let name: String = name.chars().filter(|c| !c.is_control()).take(60).collect();
            bar.set_message(name);
        }
    }

    fn read(&self, bytes: u64) {
        if let Some(Bar { bar }) = &self.bar {
            bar.inc(bytes);
        }
    }

    fn done(&self) {}

    fn stopped(&self) -> bool {
        self.signals.stopped()
    }

    fn asked(&self) -> bool {
        self.signals.asked()
    }

    fn so_far(&self, scanned: &Scanned) {
        match &self.bar {
            Some(Bar { bar }) => bar.suspend(|| (self.so_far)(scanned)),
            None => (self.so_far)(scanned),
        }
    }
}
