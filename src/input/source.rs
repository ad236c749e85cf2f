//! One opened input: what it is, a sample of its text, its blocks, and what was wrong with it.
//!
//! Opening settles everything that depends on the first bytes: compression, encoding, whether it is text at all. From then on an input can
//! only end, sooner or later; it cannot fail. Never keeps more of an input than a few blocks.

use std::fs::{self, File};
use std::io::{self, Read};
#[cfg(unix)]
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::block::{Block, Cutter, Feed, Next};
use super::charset::{Mark, Utf16};
use super::classify;
use super::control::Control;
use super::decode::{Codec, Decoder, Fault};
#[cfg(unix)]
use super::live::Live;
use super::raw::{Fed, RawReader};
use super::{InputError, InputWarning, Reason, SourceSpec};

/// Longest line that is kept whole, in bytes without its line end.
pub const MAX_LINE: usize = 1 << 20;

/// Longest sample of an input, in decoded bytes.
pub const SAMPLE: usize = 64 * 1024;

/// NUL bytes at the start of an input that are skipped in search of text.
pub const MAX_LEADING_NULS: u64 = 16 << 20;

/// Bytes of the head that archives are recognised by.
const MAGIC: usize = 512;

/// Limits of reading.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Longest line that is kept whole, in bytes without its line end, at least 1; of a longer one the head of this length is kept.
    pub max_line: usize,
    /// NUL bytes at the start that are skipped in search of text.
    pub max_leading_nuls: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { max_line: MAX_LINE, max_leading_nuls: MAX_LEADING_NULS }
    }
}

/// What reading an input came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputSummary {
    /// Name of the input.
    pub name: String,
    /// Decoded bytes that were read: delivered, cut off or skipped.
    pub bytes: u64,
    /// Lines that were delivered, cut ones included.
    pub lines: u64,
    /// What was wrong with it.
    pub warnings: Vec<InputWarning>,
}

/// An opened input.
pub struct Source {
    name: String,
    sample: Vec<u8>,
    cutter: Cutter<Text>,
    options: Options,
    raw: Arc<AtomicU64>,
    live: bool,
    control: Arc<Control>,
}

impl Source {
    /// Opens an input with the usual limits.
    ///
    /// # Errors
    ///
    /// When it cannot be opened, is an archive, or is not text. A named pipe or standard input waits for its first bytes.
    pub fn open(spec: &SourceSpec) -> Result<Self, InputError> {
        Self::open_with(spec, Options::default())
    }

    /// Opens an input with limits of one's own.
    ///
    /// # Errors
    ///
    /// As for [`Self::open`].
    pub fn open_with(spec: &SourceSpec, options: Options) -> Result<Self, InputError> {
        Self::open_controlled(spec, options, Arc::default())
    }

    /// Opens an input that somebody else may stop.
    pub(super) fn open_controlled(
        spec: &SourceSpec,
        options: Options,
        control: Arc<Control>,
    ) -> Result<Self, InputError> {
        let name = &spec.name;
        let (reader, live) = reader_of(spec, &control)
            .map_err(|error| InputError { name: name.clone(), reason: Reason::Unreadable(error) })?;
        let path = spec.path.as_ref().map(|path| path.to_string_lossy());
        Ok(Self { live, control, ..Self::build(name, path.as_deref(), reader, options)? })
    }

    /// Opens bytes that come from anywhere; `name` is what the report calls them.
    ///
    /// # Errors
    ///
    /// As for [`Self::open`].
    pub fn open_reader(name: &str, reader: Box<dyn Read + Send>, options: Options) -> Result<Self, InputError> {
        Self::build(name, None, reader, options)
    }

    fn build(
        name: &str,
        path: Option<&str>,
        reader: Box<dyn Read + Send>,
        options: Options,
    ) -> Result<Self, InputError> {
        let raw = RawReader::new(reader);
        let counter = raw.counter();
        let opened = open_text(raw, path, options).map_err(|reason| InputError { name: name.to_owned(), reason })?;
        let sample = opened.head[..opened.head.len().min(SAMPLE)].to_vec();
        let cutter = Cutter::new(opened.text, opened.head, opened.offset, options.max_line);
        Ok(Self { name: name.to_owned(), sample, cutter, options, raw: counter, live: false, control: Arc::default() })
    }

    /// Name of the input.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The first bytes of the text, at most [`SAMPLE`] of them, the same before and after blocks were taken. It may end within a line.
    /// Empty only where the text is.
    #[must_use]
    pub fn sample(&self) -> &[u8] {
        &self.sample
    }

    /// The next lines: up to the first line end at or behind `target` bytes, at least one line. `None` at the end, for good.
    pub fn next_block(&mut self, target: usize) -> Option<Block> {
        loop {
            match self.next_into(target, &mut Vec::new()) {
                Next::Block(block) => return Some(block),
                Next::Pause => {}
                Next::End => return None,
            }
        }
    }

    /// The next lines, in `buffer` where there are any, without waiting for a pipe that is silent.
    pub(super) fn next_into(&mut self, target: usize, buffer: &mut Vec<u8>) -> Next {
        self.cutter.next_into(target, buffer)
    }

    /// Whether it may stay silent for long: a pipe or a terminal.
    pub(super) fn is_live(&self) -> bool {
        self.live
    }

    /// Bytes read so far as they come from the disk or the pipe, still compressed. Shared, so that a display can follow it.
    #[must_use]
    pub fn raw_counter(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.raw)
    }

    /// Bytes read so far as they come from the disk or the pipe, still compressed.
    #[must_use]
    pub fn raw_bytes_read(&self) -> u64 {
        self.raw.load(Ordering::Relaxed)
    }

    /// Ends reading and says what it came to. Before the last block it speaks of the part that was delivered.
    #[must_use]
    pub fn finish(mut self) -> InputSummary {
        let mut summary = self.so_far();
        // An archive that was left in the middle is not damaged.
        let fault = self.cutter.feed_mut().take_fault().filter(|_| !self.control.stopped());
        summary.warnings.extend(fault.map(|fault| InputWarning::new(fault.kind, &self.name, fault.text)));
        summary
    }

    /// What was delivered so far.
    pub(super) fn so_far(&self) -> InputSummary {
        let mut warnings = Vec::new();
        if let Some(long) = self.cutter.long_lines() {
            let (count, limit) = (long.count, self.options.max_line);
            let lines = if count == 1 { "1 line is".to_owned() } else { format!("{count} lines are") };
            let text = format!(
                "{lines} longer than {limit} bytes, the first is line {}; the tails were not read, split such lines if they matter",
                long.first
            );
            warnings.push(InputWarning::new("long-line", &self.name, text));
        }
        InputSummary { bytes: self.cutter.offset(), lines: self.cutter.lines(), name: self.name.clone(), warnings }
    }
}

/// Where the bytes of an input come from, and whether that may stay silent for long.
#[cfg(unix)]
fn reader_of(spec: &SourceSpec, control: &Arc<Control>) -> io::Result<(Box<dyn Read + Send>, bool)> {
    let file = match &spec.path {
        // Not through the buffer of the standard library: bytes in there could not be waited for.
        None => File::from(io::stdin().as_fd().try_clone_to_owned()?),
        Some(path) => File::open(path)?,
    };
    if file.metadata().is_ok_and(|found| found.is_file()) {
        control.recognised();
        return Ok((Box::new(file), false));
    }
    Ok((Box::new(Live::new(file, Arc::clone(control))), true))
}

/// Where the bytes of an input come from. Nothing can be waited for with an end here, so nothing counts as silent.
#[cfg(not(unix))]
fn reader_of(spec: &SourceSpec, _: &Arc<Control>) -> io::Result<(Box<dyn Read + Send>, bool)> {
    Ok(match &spec.path {
        None => (Box::new(io::stdin()), false),
        Some(path) => (Box::new(File::open(path)?), false),
    })
}

/// Whether an input is a file of at most so many bytes on the disk.
#[must_use]
pub fn is_file_within(spec: &SourceSpec, bytes: u64) -> bool {
    let found = spec.path.as_ref().and_then(|path| fs::metadata(path).ok());
    found.is_some_and(|found| found.is_file() && found.len() <= bytes)
}

/// Decoded bytes as UTF-8, without byte order mark.
struct Text {
    decoder: Decoder,
    utf16: Option<Utf16>,
    scratch: Vec<u8>,
}

impl Text {
    fn take_fault(&mut self) -> Option<Fault> {
        self.decoder.take_fault()
    }
}

impl Feed for Text {
    fn feed(&mut self, out: &mut Vec<u8>, want: usize) -> Fed {
        let Some(utf16) = &mut self.utf16 else {
            return self.decoder.read_into(out, want);
        };
        let before = out.len();
        while out.len() == before {
            self.scratch.clear();
            match self.decoder.read_into(&mut self.scratch, want) {
                Fed::More => utf16.push(&self.scratch, out),
                Fed::Pause => return Fed::Pause,
                Fed::End => {
                    utf16.finish(out);
                    break;
                }
            }
        }
        if out.len() > before { Fed::More } else { Fed::End }
    }
}

/// A text with its beginning read.
struct Opened {
    text: Text,
    /// The beginning, at least [`SAMPLE`] bytes where there are as many.
    head: Vec<u8>,
    /// Offset of the first byte of `head`.
    offset: u64,
}

/// Finds out what raw bytes are and reads the beginning of their text.
fn open_text(mut raw: RawReader, path: Option<&str>, options: Options) -> Result<Opened, Reason> {
    let magic = raw.peek(MAGIC).map_err(Reason::Unreadable)?;
    if let Some(reason) = classify::foreign(magic, path) {
        return Err(reason);
    }
    let codec = Codec::sniff(magic);
    let mut text =
        Text { decoder: Decoder::new(raw, codec).map_err(Reason::Unreadable)?, utf16: None, scratch: Vec::new() };
    let mut head = Vec::new();
    top_up(&mut text, &mut head);
    if let Some(reason) = classify::foreign(&head, path) {
        return Err(reason);
    }
    let mark = Mark::of(&head);
    head.drain(..mark.len());
    // The mark of UTF-8 is part of the input as its editor counts it; offsets in UTF-16 are those of the UTF-8 text.
    let mut offset = if mark == Mark::Utf8 { mark.len() as u64 } else { 0 };
    if let Some(mut utf16) = mark.decoder() {
        let bytes = std::mem::take(&mut head);
        utf16.push(&bytes, &mut head);
        text.utf16 = Some(utf16);
        top_up(&mut text, &mut head);
    }
    let nuls = skip_nuls(&mut text, &mut head, options.max_leading_nuls)?;
    offset += nuls;
    if head.is_empty() {
        return empty(text, offset);
    }
    if classify::is_text(&head[..head.len().min(SAMPLE)], nuls > 0) {
        Ok(Opened { text, head, offset })
    } else {
        Err(Reason::Binary)
    }
}

/// An input without text is fine, unless that is because it could not be read.
fn empty(mut text: Text, offset: u64) -> Result<Opened, Reason> {
    match text.take_fault() {
        Some(Fault { io: Some(error), .. }) => Err(Reason::Unreadable(error)),
        fault => {
            text.decoder.put_fault(fault);
            Ok(Opened { text, head: Vec::new(), offset })
        }
    }
}

/// Reads until there is a full sample or the text ends.
fn top_up(text: &mut Text, head: &mut Vec<u8>) {
    while head.len() < SAMPLE && text.feed(head, SAMPLE) != Fed::End {}
}

/// Takes the NUL bytes off the start of `head` and fills it up again: how many there were.
fn skip_nuls(text: &mut Text, head: &mut Vec<u8>, limit: u64) -> Result<u64, Reason> {
    let mut skipped = 0;
    loop {
        let nuls = head.iter().take_while(|&&byte| byte == 0).count();
        head.drain(..nuls);
        skipped += nuls as u64;
        if skipped > limit {
            return Err(Reason::NulFilled { bytes: limit, whole: false });
        }
        top_up(text, head);
        match head.first() {
            None if skipped > 0 => return Err(Reason::NulFilled { bytes: skipped, whole: true }),
            Some(0) => {}
            _ => return Ok(skipped),
        }
    }
}
