//! What the one who follows an input may ask of whoever reads it: to stop, or to hand over what it has.
//!
//! Reading may wait for a pipe for hours, so nothing here waits: these are flags that the reader looks at many times a second. Must never
//! decide anything; what a line is or where a block ends does not depend on it, only when a block is handed over.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// Most bytes kept of the time before an input was recognised.
const MOST_EARLY: usize = 1 << 20;

/// Shared between the reader of an input and its follower.
#[derive(Debug)]
pub(super) struct Control {
    stop: AtomicBool,
    hurry: AtomicBool,
    early: Mutex<Option<Vec<u8>>>,
}

impl Default for Control {
    fn default() -> Self {
        Self { stop: AtomicBool::default(), hurry: AtomicBool::default(), early: Mutex::new(Some(Vec::new())) }
    }
}

impl Control {
    /// Asks for the end: what was read is all there is.
    pub(super) fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// Whether the end was asked for.
    pub(super) fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Asks for the lines that are there, without waiting for a full block.
    pub(super) fn hurry(&self) {
        self.hurry.store(true, Ordering::Relaxed);
    }

    /// Whether somebody waits for the lines that are there.
    pub(super) fn hurried(&self) -> bool {
        self.hurry.load(Ordering::Relaxed)
    }

    /// The lines were handed over.
    pub(super) fn served(&self) {
        self.hurry.store(false, Ordering::Relaxed);
    }

    /// Keeps bytes that came from a pipe, until it is known what they are.
    pub(super) fn keep(&self, bytes: &[u8]) {
        let mut early = self.early.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(early) = early.as_mut().filter(|early| early.len() < MOST_EARLY) {
            early.extend_from_slice(bytes);
        }
    }

    /// The input was recognised: from here on its blocks are handed over.
    pub(super) fn recognised(&self) {
        *self.early.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// The bytes of an input that is not recognised yet.
    pub(super) fn early(&self) -> Option<Vec<u8>> {
        self.early.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
