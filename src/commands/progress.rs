//! Files, bytes and rate on standard error, for long work on a terminal only.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::scan::Progress;

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

impl Progress for Bar {
    fn opened(&self, name: &str) {
        let name: String = name.chars().filter(|c| !c.is_control()).take(60).collect();
        self.bar.set_message(name);
    }

    fn read(&self, bytes: u64) {
        self.bar.inc(bytes);
    }

    fn done(&self) {}
}
