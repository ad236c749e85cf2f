//! Reads an input on a thread of its own, some blocks ahead of whoever analyses them.
//!
//! The number of blocks between the two is the number of buffers that go round: read into, analysed, given back. So a slow analysis holds
//! the reader up and nothing grows. The thread is never waited for: it may hang in a file system, and the program must be able to end.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::thread;

use super::block::{Block, Next};
use super::control::Control;
use super::{InputError, InputSummary, Options, Reason, Source, SourceSpec};

/// What a reader hands over, in this order: one `Opened` or `Refused`, blocks, one `End`.
#[derive(Debug)]
pub enum Parcel {
    /// It is known what the input is.
    Opened {
        /// The beginning, as in [`Source::sample`].
        sample: Vec<u8>,
        /// As in [`Source::raw_counter`].
        raw: Arc<AtomicU64>,
    },
    /// Nothing of it is read; the last parcel.
    Refused(InputError),
    /// The next lines.
    Block(Block),
    /// All lines that are there were handed over, as [`Reader::hurry`] asked; what was read until here.
    Served(InputSummary),
    /// There is no more; the last parcel.
    End(InputSummary),
}

/// The near end of a reading thread.
#[derive(Debug)]
pub struct Reader {
    control: Arc<Control>,
    parcels: Receiver<Parcel>,
    buffers: Sender<Vec<u8>>,
}

impl Reader {
    /// Starts reading in blocks of about `block_bytes` with this number of `buffers`. `wake` is called whenever there is a new parcel.
    ///
    /// # Errors
    /// When there is no thread to be had.
    pub fn start(
        spec: &SourceSpec,
        block_bytes: usize,
        buffers: usize,
        wake: impl Fn() + Send + 'static,
    ) -> Result<Self, InputError> {
        let (sender, parcels) = channel();
        let (give, buffer) = channel();
        (0..buffers.max(1)).for_each(|_| drop(give.send(Vec::new())));
        let control = Arc::new(Control::default());
        let thread = Thread {
            spec: spec.clone(),
            block_bytes,
            control: Arc::clone(&control),
            buffers: buffer,
            hand_over: move |parcel| {
                let taken = sender.send(parcel).is_ok();
                wake();
                taken
            },
        };
        match thread::Builder::new().name("reader".to_owned()).spawn(move || thread.run()) {
            Ok(_) => Ok(Self { control, parcels, buffers: give }),
            Err(error) => Err(InputError { name: spec.name.clone(), reason: Reason::Unreadable(error) }),
        }
    }

    /// The next parcel if there is one; never waits.
    ///
    /// # Panics
    /// If the thread did.
    #[must_use]
    pub fn next(&self) -> Option<Parcel> {
        match self.parcels.try_recv() {
            Ok(parcel) => Some(parcel),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => panic!("the reader is gone"),
        }
    }

    /// Gives a buffer back for a block to come.
    pub fn give_back(&self, buffer: Vec<u8>) {
        // A reader that has come to the end needs no more.
        let _ = self.buffers.send(buffer);
    }

    /// Asks for an end: what was read is all there is.
    pub fn stop(&self) {
        self.control.stop();
    }

    /// Asks for the lines that are there and then a [`Parcel::Served`].
    pub fn hurry(&self) {
        self.control.hurry();
    }

    /// What came out of a pipe as long as it is not known what it is; `None` from [`Parcel::Opened`] on.
    #[must_use]
    pub fn early(&self) -> Option<Vec<u8>> {
        self.control.early()
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.control.stop();
    }
}

/// The far end.
struct Thread<F> {
    spec: SourceSpec,
    block_bytes: usize,
    control: Arc<Control>,
    buffers: Receiver<Vec<u8>>,
    /// False when nobody listens any more.
    hand_over: F,
}

impl<F: Fn(Parcel) -> bool> Thread<F> {
    fn run(self) {
        let mut source = match Source::open_controlled(&self.spec, Options::default(), Arc::clone(&self.control)) {
            Ok(source) => source,
            Err(error) => {
                (self.hand_over)(Parcel::Refused(error));
                return;
            }
        };
        let (sample, raw) = (source.sample().to_vec(), source.raw_counter());
        self.control.recognised();
        if (self.hand_over)(Parcel::Opened { sample, raw }) && self.blocks(&mut source) {
            (self.hand_over)(Parcel::End(source.finish()));
        }
    }

    /// Hands over all blocks; false when nobody wants them.
    fn blocks(&self, source: &mut Source) -> bool {
        while let Ok(mut buffer) = self.buffers.recv() {
            loop {
                // A pipe says itself that it is over, with the lines that were in it.
                if self.control.stopped() && !source.is_live() {
                    return true;
                }
                let (handed_over, more) = match source.next_into(self.block_bytes, &mut buffer) {
                    // A full block of a pipe has more behind it that has come already.
                    Next::Block(block) => {
                        let full = source.is_live() && block.bytes.len() >= self.block_bytes;
                        if !(self.hand_over)(Parcel::Block(block)) {
                            return false;
                        }
                        (true, full)
                    }
                    Next::Pause => (false, false),
                    Next::End => return true,
                };
                if !more && !self.serve(source) {
                    return false;
                }
                if handed_over {
                    break;
                }
            }
        }
        false
    }

    /// Answers somebody who waits for the lines that are there, all of which were handed over.
    fn serve(&self, source: &Source) -> bool {
        if !self.control.hurried() {
            return true;
        }
        self.control.served();
        (self.hand_over)(Parcel::Served(source.so_far()))
    }
}
