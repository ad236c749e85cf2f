//! What a user asks of a running program: a report so far (`SIGUSR1`), an end with a report (the first Ctrl-C), an end at once (the second).
//!
//! The handlers only set flags; whoever works looks at them. On systems without these signals nobody ever asks.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The flags.
#[derive(Default)]
pub(super) struct Signals {
    stop: Arc<AtomicBool>,
    ask: Arc<AtomicBool>,
}

impl Signals {
    /// Takes the signals over from their usual actions.
    #[cfg(unix)]
    pub(super) fn catch() -> io::Result<Self> {
        use signal_hook::consts::{SIGINT, SIGUSR1};
        use signal_hook::flag;
        let signals = Self::default();
        flag::register(SIGUSR1, Arc::clone(&signals.ask))?;
        // In this order: the first Ctrl-C does not see the flag that it sets.
        flag::register_conditional_default(SIGINT, Arc::clone(&signals.stop))?;
        flag::register(SIGINT, Arc::clone(&signals.stop))?;
        Ok(signals)
    }

    /// There is nothing to take over.
    #[cfg(not(unix))]
    pub(super) fn catch() -> io::Result<Self> {
        Ok(Self::default())
    }

    /// Whether the work should end.
    pub(super) fn stopped(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }

    /// Whether somebody asked since the last call.
    pub(super) fn asked(&self) -> bool {
        self.ask.swap(false, Ordering::SeqCst)
    }
}
