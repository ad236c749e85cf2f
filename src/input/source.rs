//! One opened input: what it is, a sample of its text, its blocks, and what was wrong with it.
//!
//! Opening settles everything that depends on the first bytes: compression, encoding, whether it is text at all. From then on an input can
//! only end, sooner or later; it cannot fail. Never keeps more of an input than a few blocks.

use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::block::{Block, Cutter, Feed};
use super::charset::{Mark, Utf16};
use super::classify;
use super::decode::{Codec, Decoder, Fault};
use super::raw::RawReader;
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
        let reader: Box<dyn Read + Send> = match &spec.path {
            None => Box::new(io::stdin()),
            Some(path) => match File::open(path) {
                Ok(file) => Box::new(file),
                Err(error) => return Err(InputError { name: spec.name.clone(), reason: Reason::Unreadable(error) }),
            },
        };
        let path = spec.path.as_ref().map(|path| path.to_string_lossy());
        Self::build(&spec.name, path.as_deref(), reader, options)
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
        Ok(Self { name: name.to_owned(), sample, cutter, options, raw: counter })
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
        self.cutter.next_block(target)
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
        if let Some(fault) = self.cutter.feed_mut().take_fault() {
            warnings.push(InputWarning::new(fault.kind, &self.name, fault.text));
        }
        InputSummary { bytes: self.cutter.offset(), lines: self.cutter.lines(), name: self.name, warnings }
    }
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
    fn feed(&mut self, out: &mut Vec<u8>, want: usize) -> usize {
        let Some(utf16) = &mut self.utf16 else {
            return self.decoder.read_into(out, want);
        };
        let before = out.len();
        while out.len() == before {
            self.scratch.clear();
            if self.decoder.read_into(&mut self.scratch, want) == 0 {
                utf16.finish(out);
                break;
            }
            utf16.push(&self.scratch, out);
        }
        out.len() - before
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
    while head.len() < SAMPLE && text.feed(head, SAMPLE) > 0 {}
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
