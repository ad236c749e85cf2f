//! Decides from the first bytes whether an input is text, or something that has to be unpacked by another tool.
//!
//! A log that `copytruncate` filled with NUL bytes, a log in a legacy encoding and a log full of colour codes are text. It looks at bytes,
//! not at names, and when in doubt says text: reading a picture costs a second, overlooking a log costs the diagnosis.

use super::problem::Reason;

/// Something that other tools unpack.
struct Foreign {
    offset: usize,
    magic: &'static [u8],
    what: &'static str,
    /// Command that prints its text; `{}` stands for the path.
    command: &'static str,
    /// The same in the middle of a pipe, where there is such a command.
    filter: Option<&'static str>,
}

const FOREIGN: &[Foreign] = &[
    Foreign { offset: 257, magic: b"ustar", what: "a tar archive", command: "tar xOf {}", filter: Some("tar xO") },
    Foreign { offset: 0, magic: b"PK\x03\x04", what: "a zip archive", command: "unzip -p {}", filter: None },
    Foreign { offset: 0, magic: b"PK\x05\x06", what: "an empty zip archive", command: "unzip -p {}", filter: None },
    Foreign { offset: 0, magic: b"7z\xbc\xaf\x27\x1c", what: "a 7-Zip archive", command: "7z x -so {}", filter: None },
    Foreign { offset: 0, magic: b"Rar!\x1a\x07", what: "a RAR archive", command: "unrar p -inul {}", filter: None },
    Foreign {
        offset: 0,
        magic: b"\x04\x22\x4d\x18",
        what: "an lz4 file",
        command: "lz4 -dc {}",
        filter: Some("lz4 -dc"),
    },
    Foreign {
        offset: 0,
        magic: b"\x1f\x9d",
        what: "a file of the old compress",
        command: "gzip -dc < {}",
        filter: Some("gzip -dc"),
    },
    Foreign {
        offset: 0,
        magic: b"LPKSHHRH",
        what: "a systemd journal",
        command: "journalctl -o short-iso --file {}",
        filter: None,
    },
];

/// Files that begin like this are never logs, however much text stands in them.
const BINARY: &[&[u8]] =
    &[b"\x7fELF", b"SQLite format 3\0", b"%PDF-", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"ElfFile\0"];

/// Recognises archives and formats that are not read here; `path` is `None` for standard input.
pub(super) fn foreign(head: &[u8], path: Option<&str>) -> Option<Reason> {
    let found = FOREIGN.iter().find(|it| head.get(it.offset..).is_some_and(|tail| tail.starts_with(it.magic)))?;
    let advice = match (path, found.filter) {
        (Some(path), _) => format!("type `{} | whodunit`", found.command.replace("{}", &quoted(path))),
        (None, Some(filter)) => format!("type `… | {filter} | whodunit`"),
        (None, None) => format!("save it to a file and type `{} | whodunit`", found.command.replace("{}", "FILE")),
    };
    Some(Reason::Archive { what: found.what, advice })
}

/// A path as a POSIX shell reads it back.
fn quoted(path: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-+:@%,=".contains(c);
    if path.chars().all(plain) && !path.starts_with('-') {
        return path.to_owned();
    }
    // A leading dash would be read as an option.
    let guard = if path.starts_with('-') { "./" } else { "" };
    format!("'{guard}{}'", path.replace('\'', r"'\''"))
}

/// Whether a sample is text. `nuls` says that NUL bytes stood before it. An empty sample is text.
pub(super) fn is_text(sample: &[u8], nuls: bool) -> bool {
    if BINARY.iter().any(|magic| sample.starts_with(magic)) {
        return false;
    }
    let kept = sample.iter().filter(|&&byte| byte != 0).count();
    let strange = sample.iter().filter(|&&byte| byte != 0 && is_strange(byte)).count();
    if strange * 10 > kept {
        return false;
    }
    if !nuls && kept == sample.len() {
        return true;
    }
    // With NULs it may still be machine code or compressed data, which seldom is valid UTF-8; legacy encodings stay below the limit.
    let broken: usize = sample.utf8_chunks().map(|chunk| chunk.invalid().len()).sum();
    (strange + broken) * 10 <= kept * 3 && sample.iter().any(|byte| byte.is_ascii_graphic() || *byte >= 0x80)
}

/// Control characters that logs do not contain.
fn is_strange(byte: u8) -> bool {
    matches!(byte, 0..0x20 | 0x7f) && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x1b | 0x0c | 0x08)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{foreign, is_text, quoted};

    #[test]
    fn logs_in_any_encoding_are_text() {
        assert!(is_text(b"", false));
        assert!(is_text(b"\n\n", false));
        assert!(is_text(b"\x1b[31mERROR\x1b[0m boom\r\n", false));
        assert!(is_text("Schlüssel ungültig\n".as_bytes(), false));
        assert!(is_text(b"2026-01-01 \xc4\xe3\xba\xc3\n", false), "GBK");
        assert!(is_text(b"one\n\0\0\0\0\0\0\0\0\0\0\0\0two\n", false), "copytruncate");
        assert!(is_text(b"o\0n\0e\0\n\0", false), "UTF-16 without a mark");
    }

    #[test]
    fn programs_pictures_and_noise_are_not() {
        assert!(!is_text(b"\x7fELF\x02\x01\x01\0\0\0", false));
        assert!(!is_text(b"\x01\x02\x03\x04\x05\x06", false));
        assert!(!is_text(b"\0\0\0\0 \0\0", false), "no text at all");
        let noise: Vec<u8> = (0..4096_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13).to_le_bytes()[0]).collect();
        assert!(!is_text(&noise, true));
    }

    #[test]
    fn archives_come_with_the_command_to_type() {
        let mut tar = vec![0; 512];
        tar[257..262].copy_from_slice(b"ustar");
        let text = |head: &[u8], path| foreign(head, path).unwrap().to_string();
        assert!(text(&tar, Some("x.tar")).contains("`tar xOf x.tar | whodunit`"));
        assert!(text(&tar, None).contains("`… | tar xO | whodunit`"));
        assert!(text(b"PK\x03\x04", Some("my logs.zip")).contains("`unzip -p 'my logs.zip' | whodunit`"));
        assert!(text(b"PK\x03\x04", None).contains("`unzip -p FILE | whodunit`"));
        assert!(foreign(b"PKI error: certificate expired", Some("a")).is_none());
    }

    #[test]
    fn paths_are_quoted_for_the_shell() {
        assert_eq!(quoted("/var/log/a.tar"), "/var/log/a.tar");
        assert_eq!(quoted("a'b"), r"'a'\''b'");
        assert_eq!(quoted("$(reboot)"), "'$(reboot)'");
        assert_eq!(quoted("-rf"), "'./-rf'");
    }
}
