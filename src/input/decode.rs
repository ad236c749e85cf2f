//! Takes the compression off: gzip, zstd, bzip2 and xz, told apart by their magic bytes, never by the file name.
//!
//! Each format may hold several members one after another, as `logrotate` and `cat a.gz b.gz` make them. Damage never loses what was
//! decoded before it: it ends the text and leaves a [`Fault`] to be reported. Memory is limited whatever the header of a file asks for.

use std::io::{self, BufRead, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bzip2::bufread::MultiBzDecoder;
use flate2::{Decompress, FlushDecompress, Status};
use lzma_rust2::XzReader;

use super::raw::{Fed, RawReader};

/// Bytes asked of a decoder at a time where it throws away what it produced in the very call that met the damage: few.
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
    Gzip(GzipMembers),
    Packed(Box<dyn Read + Send>),
}

impl Decoder {
    /// A decoder for raw bytes in this format. The error says that the decoder could not get its memory.
    pub(super) fn new(mut raw: RawReader, codec: Codec) -> io::Result<Self> {
        let failed = raw.failure_flag();
        if codec != Codec::Plain {
            raw.fill_to_the_brim();
        }
        let reader = match codec {
            Codec::Plain => Reader::Plain(raw),
            Codec::Gzip => Reader::Gzip(GzipMembers::new(raw)),
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

    /// Appends up to `want` bytes to `out`. After the end [`Self::take_fault`] may know more.
    pub(super) fn read_into(&mut self, out: &mut Vec<u8>, want: usize) -> Fed {
        if self.ended {
            return Fed::End;
        }
        let before = out.len();
        let result = match &mut self.reader {
            Reader::Plain(raw) => raw.read_plain(out, want),
            Reader::Gzip(members) => members.unpack(out, want),
            Reader::Packed(reader) => unpack(reader, out, want),
        };
        let fed = result.unwrap_or_else(|error| {
            // A decoder is not asked again after an error: what it would do then is anyone's guess.
            self.fault = Some(self.explain(error));
            Fed::End
        });
        self.ended = fed == Fed::End;
        if out.len() > before { Fed::More } else { fed }
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

/// `want` bytes of a decoder, in small steps.
fn unpack(reader: &mut dyn Read, out: &mut Vec<u8>, want: usize) -> io::Result<Fed> {
    let goal = out.len() + want;
    while out.len() < goal {
        let start = out.len();
        out.resize(goal.min(start + STEP), 0);
        match reader.read(&mut out[start..]) {
            Ok(count) => {
                out.truncate(start + count);
                if count == 0 {
                    return Ok(Fed::End);
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
    Ok(Fed::More)
}

/// Marks the error for bytes behind the last gzip member that are neither a member nor padding.
#[derive(Debug, thiserror::Error)]
#[error("bytes after the end of the gzip data")]
struct TrailingGarbage;

/// The members of a gzip file, one after another. Unlike flate2's own reader it keeps what a damaged member gave up to the damage however
/// large the steps are, tells such a member from something that only stands behind the last one, and takes the zero padding that tapes and
/// block devices leave.
struct GzipMembers {
    raw: RawReader,
    inflate: Decompress,
}

impl GzipMembers {
    fn new(raw: RawReader) -> Self {
        Self { raw, inflate: Decompress::new_gzip(15) }
    }

    /// `want` bytes, straight into `out`.
    fn unpack(&mut self, out: &mut Vec<u8>, want: usize) -> io::Result<Fed> {
        let goal = out.len() + want;
        out.reserve_exact(want);
        let mut result = Ok(Fed::More);
        while out.len() < goal && matches!(result, Ok(Fed::More)) {
            result = self.step(out);
        }
        result
    }

    /// One call of the decoder, which fills what room there is.
    fn step(&mut self, out: &mut Vec<u8>) -> io::Result<Fed> {
        let packed = self.raw.fill_buf()?;
        let over = packed.is_empty();
        let before = (self.inflate.total_in(), self.inflate.total_out());
        let status = self.inflate.decompress_vec(packed, out, FlushDecompress::None);
        let moved = |now: u64, before: u64| usize::try_from(now - before).unwrap_or(usize::MAX);
        let (taken, given) = (moved(self.inflate.total_in(), before.0), moved(self.inflate.total_out(), before.1));
        self.raw.consume(taken);
        match status {
            Ok(Status::StreamEnd) => self.next_member(),
            Ok(_) if over && given == 0 => Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(_) if taken > 0 || given > 0 => Ok(Fed::More),
            Ok(_) | Err(_) => Err(io::Error::new(io::ErrorKind::InvalidData, "corrupt deflate stream")),
        }
    }

    /// Goes on to the member that follows, if one does.
    fn next_member(&mut self) -> io::Result<Fed> {
        loop {
            let available = self.raw.fill_buf()?;
            if available.is_empty() {
                return Ok(Fed::End);
            }
            let zeros = available.iter().take_while(|&&byte| byte == 0).count();
            if zeros == 0 {
                break;
            }
            self.raw.consume(zeros);
        }
        if !self.raw.peek(2)?.starts_with(&[0x1f, 0x8b]) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, TrailingGarbage));
        }
        self.inflate.reset(true);
        Ok(Fed::More)
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
