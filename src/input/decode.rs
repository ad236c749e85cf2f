//! Takes the compression off: gzip, zstd, bzip2 and xz, told apart by their magic bytes, never by the file name.
//!
//! Each format may hold several members one after another, as `logrotate` and `cat a.gz b.gz` make them. Damage never loses what was
//! decoded before it: it ends the text and leaves a [`Fault`] to be reported. Memory is limited whatever the header of a file asks for.

use std::io::{self, BufRead, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bzip2::bufread::MultiBzDecoder;
use flate2::bufread::GzDecoder;
use lzma_rust2::XzReader;

use super::raw::RawReader;

/// Bytes asked of a decoder at a time. Small, because most decoders throw away what they produced in the very call that met the damage.
const STEP: usize = 4096;

/// Window that a zstd frame may ask for, as a power of two: 128 MiB, what `zstd -d` grants without being told.
const ZSTD_WINDOW_LOG: u32 = 27;

/// Memory that an xz stream may ask for, in KiB: four times what `xz -9` needs.
const XZ_MEMORY_KIB: u32 = 256 * 1024;

/// How the bytes on the disk are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Codec {
    Plain,
    Gzip,
    Zstd,
    Bzip2,
    Xz,
}

impl Codec {
    /// Tells the format from the first bytes of an input.
    pub(super) fn sniff(head: &[u8]) -> Self {
        match head {
            // The third byte is the method; deflate is the only one in use.
            [0x1f, 0x8b, 0x08, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Self::Zstd,
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Self::Xz,
            // "BZh" alone could begin a text; a block or the end of the stream follows it at once.
            [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, ..]
            | [b'B', b'Z', b'h', b'1'..=b'9', 0x17, 0x72, 0x45, 0x38, 0x50, 0x90, ..] => Self::Bzip2,
            _ => Self::Plain,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Plain => "file",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Bzip2 => "bzip2",
            Self::Xz => "xz",
        }
    }
}

/// Why the text of an input ended early.
#[derive(Debug)]
pub(super) struct Fault {
    /// The kind of the warning.
    pub(super) kind: &'static str,
    /// The text of the warning.
    pub(super) text: String,
    /// The operating system's error, where it was one and not damaged data.
    pub(super) io: Option<io::Error>,
}

/// Delivers decoded bytes.
pub(super) struct Decoder {
    codec: Codec,
    reader: Reader,
    failed: Arc<AtomicBool>,
    fault: Option<Fault>,
    ended: bool,
}

enum Reader {
    Plain(RawReader),
    Packed(Box<dyn Read + Send>),
}

impl Decoder {
    /// A decoder for raw bytes in this format. The error says that the decoder could not get its memory.
    pub(super) fn new(raw: RawReader, codec: Codec) -> io::Result<Self> {
        let failed = raw.failure_flag();
        let reader = match codec {
            Codec::Plain => Reader::Plain(raw),
            Codec::Gzip => Reader::Packed(Box::new(GzipMembers::new(raw))),
            Codec::Bzip2 => Reader::Packed(Box::new(MultiBzDecoder::new(raw))),
            Codec::Xz => Reader::Packed(Box::new(XzReader::new_mem_limit(raw, true, XZ_MEMORY_KIB))),
            Codec::Zstd => {
                let mut decoder = zstd::stream::read::Decoder::with_buffer(raw)?;
                decoder.window_log_max(ZSTD_WINDOW_LOG)?;
                Reader::Packed(Box::new(decoder))
            }
        };
        Ok(Self { codec, reader, failed, fault: None, ended: false })
    }

    /// Appends up to `want` bytes to `out` and says how many; 0 is the end, after which [`Self::take_fault`] may know more.
    pub(super) fn read_into(&mut self, out: &mut Vec<u8>, want: usize) -> usize {
        let before = out.len();
        if !self.ended {
            let result = match &mut self.reader {
                Reader::Plain(raw) => copy(raw, out, want),
                Reader::Packed(reader) => unpack(reader, out, want),
            };
            match result {
                Ok(end) => self.ended = end,
                Err(error) => {
                    // A decoder is not asked again after an error: what it would do then is anyone's guess.
                    self.ended = true;
                    self.fault = Some(self.explain(error));
                }
            }
        }
        out.len() - before
    }

    /// Why the text ended, if not because the input did.
    pub(super) fn take_fault(&mut self) -> Option<Fault> {
        self.fault.take()
    }

    /// Puts back what [`Self::take_fault`] took.
    pub(super) fn put_fault(&mut self, fault: Option<Fault>) {
        self.fault = fault;
    }

    fn explain(&self, error: io::Error) -> Fault {
        let codec = self.codec.name();
        if self.failed.load(Ordering::Relaxed) {
            let text =
                format!("reading failed ({error}); everything before that was read, copy the file and read the copy");
            return Fault { kind: "read-error", text, io: Some(error) };
        }
        if error.get_ref().is_some_and(|inner| inner.is::<TrailingGarbage>()) {
            let text =
                "bytes after the end of the gzip data were ignored; if a log is among them, split the file".to_owned();
            return Fault { kind: "trailing-garbage", text, io: None };
        }
        if error.kind() == io::ErrorKind::UnexpectedEof {
            let text =
                format!("the {codec} data ends too early; everything before that was read, fetch the file again");
            return Fault { kind: "truncated-input", text, io: None };
        }
        let text =
            format!("the {codec} data is damaged ({error}); everything before that was read, fetch the file again");
        Fault { kind: "corrupt-input", text, io: None }
    }
}

/// One buffer of plain bytes; true at the end.
fn copy(raw: &mut RawReader, out: &mut Vec<u8>, want: usize) -> io::Result<bool> {
    let available = raw.fill_buf()?;
    let count = available.len().min(want);
    out.extend_from_slice(&available[..count]);
    raw.consume(count);
    Ok(count == 0)
}

/// `want` bytes of a decoder, in small steps; true at the end.
fn unpack(reader: &mut dyn Read, out: &mut Vec<u8>, want: usize) -> io::Result<bool> {
    let goal = out.len() + want;
    while out.len() < goal {
        let start = out.len();
        out.resize(goal.min(start + STEP), 0);
        match reader.read(&mut out[start..]) {
            Ok(count) => {
                out.truncate(start + count);
                if count == 0 {
                    return Ok(true);
                }
            }
            Err(error) => {
                out.truncate(start);
                if error.kind() != io::ErrorKind::Interrupted {
                    return Err(error);
                }
            }
        }
    }
    Ok(false)
}

/// Marks the error for bytes behind the last gzip member that are neither a member nor padding.
#[derive(Debug, thiserror::Error)]
#[error("bytes after the end of the gzip data")]
struct TrailingGarbage;

/// The members of a gzip file, one after another. Unlike flate2's own reader it tells a damaged member from something that only
/// stands behind the last one, and takes the zero padding that tapes and block devices leave.
struct GzipMembers {
    member: Option<GzDecoder<RawReader>>,
}

impl GzipMembers {
    fn new(raw: RawReader) -> Self {
        Self { member: Some(GzDecoder::new(raw)) }
    }

    /// Opens the member that follows in `raw`, if one does.
    fn next_member(&mut self, mut raw: RawReader) -> io::Result<()> {
        loop {
            let available = raw.fill_buf()?;
            if available.is_empty() {
                return Ok(());
            }
            let zeros = available.iter().take_while(|&&byte| byte == 0).count();
            if zeros == 0 {
                break;
            }
            raw.consume(zeros);
        }
        if !raw.peek(2)?.starts_with(&[0x1f, 0x8b]) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, TrailingGarbage));
        }
        self.member = Some(GzDecoder::new(raw));
        Ok(())
    }
}

impl Read for GzipMembers {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.member {
            let count = member.read(out)?;
            if count > 0 {
                return Ok(count);
            }
            if let Some(member) = self.member.take() {
                self.next_member(member.into_inner())?;
            }
        }
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use super::Codec;

    #[test]
    fn magic_bytes_decide_and_text_that_looks_similar_is_plain() {
        assert_eq!(Codec::sniff(b"\x1f\x8b\x08\0"), Codec::Gzip);
        assert_eq!(Codec::sniff(b"\x28\xb5\x2f\xfd"), Codec::Zstd);
        assert_eq!(Codec::sniff(b"\x53\x2a\x4d\x18"), Codec::Zstd);
        assert_eq!(Codec::sniff(b"\xfd7zXZ\0"), Codec::Xz);
        assert_eq!(Codec::sniff(b"BZh91AY&SY"), Codec::Bzip2);
        assert_eq!(Codec::sniff(b"BZh9 is a header"), Codec::Plain);
        assert_eq!(Codec::sniff(b"2026-01-01 ERROR"), Codec::Plain);
        assert_eq!(Codec::sniff(b""), Codec::Plain);
    }
}
