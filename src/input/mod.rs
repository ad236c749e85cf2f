//! From arguments to line-aligned blocks of decoded bytes.
//!
//! The only module, with the commands, that touches files. It decompresses (gzip, zstd, bzip2, xz by magic bytes), decodes UTF-16, skips
//! binaries, and never looks at what a line means. Reading is by position, never by memory map: logs are truncated while they are read.
//!
//! In reading order: [`discover`] turns arguments into [`SourceSpec`]s, [`Source::open`] opens one, [`Source::next_block`] cuts its text
//! into [`Block`]s, [`Source::finish`] says how much there was and what was wrong with it. [`Reader`] does that on a thread of its own. Damage is a warning, not an end: whatever could
//! be read is delivered. Nothing here grows with the size of an input.

mod block;
mod charset;
mod classify;
mod control;
mod decode;
mod discover;
#[cfg(unix)]
mod live;
mod problem;
mod raw;
mod reader;
mod source;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

pub use block::Block;
pub use discover::{Discovered, SourceSpec, discover};
pub use problem::{InputError, InputWarning, Reason};
pub use reader::{Parcel, Reader};
pub use source::{InputSummary, MAX_LEADING_NULS, MAX_LINE, Options, SAMPLE, Source, is_file_within};
