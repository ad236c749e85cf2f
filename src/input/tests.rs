//! Inputs as they come: compressed, damaged, in other encodings, and folders of them.

use std::fs;
use std::io::{self, Cursor, Read, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;

use super::{InputError, InputSummary, InputWarning, Options, SAMPLE, Source, SourceSpec, discover};

/// `one\ntwo` and `\nthree\n`, two streams of `xz`.
const XZ: &[u8] = b"\
    \xfd\x37\x7a\x58\x5a\x00\x00\x04\xe6\xd6\xb4\x46\x02\x00\x21\x01\x1c\x00\x00\x00\x10\xcf\x58\xcc\x01\x00\x06\x6f\
    \x6e\x65\x0a\x74\x77\x6f\x00\x00\xea\x79\xd0\xdb\x55\x0b\xea\x30\x00\x01\x1f\x07\x16\x2e\xb8\x73\x1f\xb6\xf3\x7d\
    \x01\x00\x00\x00\x00\x04\x59\x5a\xfd\x37\x7a\x58\x5a\x00\x00\x04\xe6\xd6\xb4\x46\x02\x00\x21\x01\x16\x00\x00\x00\
    \x74\x2f\xe5\xa3\x01\x00\x06\x0a\x74\x68\x72\x65\x65\x0a\x00\x00\x74\xe3\x75\x8b\xc9\x43\x7c\x15\x00\x01\x1f\x07\
    \x16\x2e\xb8\x73\x1f\xb6\xf3\x7d\x01\x00\x00\x00\x00\x04\x59\x5a";

fn open(bytes: impl Into<Vec<u8>>) -> Result<Source, InputError> {
    Source::open_reader("x", Box::new(Cursor::new(bytes.into())), Options::default())
}

fn drain(mut source: Source, target: usize) -> (Vec<u8>, InputSummary) {
    let mut text = Vec::new();
    while let Some(block) = source.next_block(target) {
        text.extend(block.bytes);
    }
    (text, source.finish())
}

fn read(bytes: impl Into<Vec<u8>>) -> (String, InputSummary) {
    let (text, summary) = drain(open(bytes).unwrap(), 4096);
    (String::from_utf8(text).unwrap(), summary)
}

fn refused(bytes: impl Into<Vec<u8>>) -> InputWarning {
    open(bytes).err().unwrap().into()
}

fn kinds(warnings: &[InputWarning]) -> Vec<&'static str> {
    warnings.iter().map(|warning| warning.kind).collect()
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn bzip2(text: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn zstd(text: &[u8]) -> Vec<u8> {
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
    // As the command does; without a checksum some damage cannot be noticed.
    encoder.include_checksum(true).unwrap();
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// Lines that do not compress to nothing.
fn log(lines: u32) -> String {
    (0..lines).map(|i| format!("2026-01-01 12:00:00 line {i} {:x}\n", i.wrapping_mul(2_654_435_761))).collect()
}

#[test]
fn every_compression_reads_as_one_text_over_its_members() {
    let parts = [log(5000), "no newline at the end".to_owned(), log(3)];
    for pack in [gzip, bzip2, zstd] {
        let packed: Vec<u8> = parts.iter().flat_map(|part| pack(part.as_bytes())).collect();
        let (text, summary) = read(packed);
        assert!(text == parts.concat());
        assert_eq!(summary.warnings, []);
        assert_eq!(summary.bytes, text.len() as u64);
        assert_eq!(summary.lines, 5003);
    }
    assert_eq!(read(XZ).0, "one\ntwo\nthree\n");
    assert_eq!(read(XZ).1.warnings, []);
}

#[test]
fn a_cut_file_gives_its_head_and_a_warning() {
    let whole = log(20_000);
    for pack in [gzip, bzip2, zstd] {
        let packed = pack(whole.as_bytes());
        let (text, summary) = read(&packed[..packed.len() * 2 / 3]);
        assert!(whole.starts_with(&text));
        assert!(text.len() > whole.len() / 4, "{} of {}", text.len(), whole.len());
        assert_eq!(kinds(&summary.warnings), ["truncated-input"]);
    }
    let (text, summary) = read(&XZ[..XZ.len() / 3]);
    assert!("one\ntwo".starts_with(&text));
    assert_eq!(kinds(&summary.warnings), ["truncated-input"]);
    assert_eq!(kinds(&read(b"\x1f\x8b\x08").1.warnings), ["truncated-input"]);
}

#[test]
fn damaged_data_gives_what_stands_before_the_damage() {
    let whole = log(30_000);
    for pack in [gzip, bzip2, zstd] {
        let mut packed = pack(whole.as_bytes());
        let middle = packed.len() / 2;
        packed[middle..middle + 64].fill(0xff);
        let (text, summary) = drain(open(packed).unwrap(), 4096);
        let same = text.iter().zip(whole.as_bytes()).take_while(|(a, b)| a == b).count();
        assert!(same > whole.len() / 4, "{same} of {}", whole.len());
        assert_eq!(kinds(&summary.warnings), ["corrupt-input"]);
    }
}

#[test]
fn what_follows_the_last_gzip_member_is_padding_or_said() {
    let mut padded = gzip(b"one\n");
    padded.resize(padded.len() + 3_000_000, 0);
    padded.extend(gzip(b"two\n"));
    assert_eq!(read(padded.clone()).0, "one\ntwo\n");
    assert_eq!(read(padded.clone()).1.warnings, []);
    padded.extend(b"\x1fgarbage");
    let (text, summary) = read(padded);
    assert_eq!(text, "one\ntwo\n");
    assert_eq!(kinds(&summary.warnings), ["trailing-garbage"]);
}

#[test]
fn the_content_decides_not_the_name() {
    let dir = tempfile::tempdir().unwrap();
    let plain = dir.path().join("plain.gz");
    fs::write(&plain, "boom\n").unwrap();
    let packed = dir.path().join("app.log.1");
    fs::write(&packed, gzip(b"boom\n")).unwrap();
    for path in [plain, packed] {
        let mut source = Source::open(&SourceSpec::file(&path)).unwrap();
        assert_eq!(source.sample(), b"boom\n");
        assert_eq!(source.next_block(1).unwrap().bytes, b"boom\n");
        assert_eq!(source.raw_bytes_read(), fs::metadata(&path).unwrap().len());
    }
}

#[test]
fn utf_16_and_byte_order_marks_read_as_utf_8() {
    let text = "Schlüssel 🔑 ungültig\r\nzwei";
    let units: Vec<u16> = [0xfeff].into_iter().chain(text.encode_utf16()).collect();
    let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
    let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
    for bytes in [little.clone(), big, gzip(&little)] {
        let (found, summary) = read(bytes);
        assert_eq!(found, text);
        assert_eq!((summary.lines, summary.bytes), (2, text.len() as u64));
    }
    let mut source = open("\u{feff}one\n").unwrap();
    assert_eq!(source.sample(), b"one\n");
    let block = source.next_block(1).unwrap();
    assert_eq!((block.bytes.as_slice(), block.offset), (b"one\n".as_slice(), 3));
}

#[test]
fn long_utf_16_is_decoded_past_the_sample() {
    let text = log(40_000);
    let bytes: Vec<u8> = [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    assert!(read(bytes).0 == text);
}

#[test]
fn nul_bytes_before_and_between_lines_do_not_hide_them() {
    let mut bytes = vec![0; 1_000_000];
    bytes.extend(b"one\n");
    bytes.resize(bytes.len() + 5000, 0);
    bytes.extend(b"two\n");
    let mut source = open(bytes).unwrap();
    assert!(source.sample().starts_with(b"one\n"));
    let first = source.next_block(1).unwrap();
    assert_eq!((first.offset, first.first_line), (1_000_000, 1));
    let second = source.next_block(1).unwrap();
    assert!(second.bytes.ends_with(b"\0two\n"));
    assert_eq!((second.offset, second.first_line), (1_000_004, 2));
    assert_eq!(source.finish().bytes, 1_005_008);
}

#[test]
fn files_of_nuls_and_binaries_are_skipped() {
    let whole = refused(vec![0; 70_000]);
    assert_eq!(whole.kind, "skipped-binary");
    assert!(whole.text.contains("70000 NUL bytes"), "{}", whole.text);
    let endless = Source::open_reader("x", Box::new(io::repeat(0)), Options::default()).err().unwrap();
    assert_eq!(endless.kind(), "skipped-binary");
    assert_eq!(refused(b"\x7fELF\x02\x01\x01\0\0\0\0").kind, "skipped-binary");
    assert_eq!(refused(gzip(b"\x01\x02\x03\x04\0\0\x05")).kind, "skipped-binary");
}

#[test]
fn archives_are_refused_with_the_command_to_type() {
    let mut tar = vec![0; 1024];
    tar[..5].copy_from_slice(b"a.log");
    tar[257..262].copy_from_slice(b"ustar");
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("logs.tgz");
    fs::write(&path, gzip(&tar)).unwrap();
    let error = Source::open(&SourceSpec::file(&path)).err().unwrap();
    let command = format!("`tar xOf {} | whodunit`", path.display());
    assert!(error.to_string().contains(&command), "{error}");
    assert_eq!(error.kind(), "unsupported-archive");
    assert_eq!(refused(tar).kind, "unsupported-archive");
    assert_eq!(refused(b"PK\x03\x04abc").kind, "unsupported-archive");
}

#[test]
fn nothing_and_line_ends_alone_are_inputs_too() {
    let (text, summary) = read(b"");
    assert_eq!((text.as_str(), summary.lines, summary.bytes), ("", 0, 0));
    assert_eq!(summary.warnings, []);
    assert_eq!(read(gzip(b"")).1.warnings, []);
    assert_eq!(read(b"\n\n").1.lines, 2);
    assert_eq!(read(b"a\r\nb\rc").0, "a\r\nb\rc");
    assert_eq!(read(b"a\r\nb\rc").1.lines, 2);
}

#[test]
fn long_lines_are_cut_and_said_once() {
    let options = Options { max_line: 10, ..Options::default() };
    let text = "short\n0123456789abc\nshort\n0123456789abcdef\nend\n";
    let source = Source::open_reader("x", Box::new(text.as_bytes()), options).unwrap();
    let (kept, summary) = drain(source, 1 << 20);
    assert_eq!(kept, b"short\n0123456789\nshort\n0123456789\nend\n");
    assert_eq!((summary.bytes, summary.lines), (text.len() as u64, 5));
    assert_eq!(kinds(&summary.warnings), ["long-line"]);
    assert!(summary.warnings[0].text.contains("2 lines"), "{}", summary.warnings[0].text);
    assert!(summary.warnings[0].text.contains("line 2;"), "{}", summary.warnings[0].text);
}

#[test]
fn a_bomb_of_one_endless_line_is_cut_in_passing() {
    let size = 8 << 20;
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    io::copy(&mut io::repeat(b'x').take(size), &mut encoder).unwrap();
    encoder.write_all(b"\nend\n").unwrap();
    let mut source = open(encoder.finish().unwrap()).unwrap();
    assert_eq!(source.next_block(4096).unwrap().bytes.len(), super::MAX_LINE + 1);
    let last = source.next_block(4096).unwrap();
    assert_eq!((last.bytes.as_slice(), last.offset, last.first_line), (b"end\n".as_slice(), size + 1, 2));
    assert_eq!(kinds(&source.finish().warnings), ["long-line"]);
}

/// Fails after its text, and delivers it in pieces of 7 bytes.
struct Failing(Cursor<Vec<u8>>);

impl Read for Failing {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let most = out.len().min(7);
        match self.0.read(&mut out[..most])? {
            0 => Err(io::Error::other("bad sector")),
            count => Ok(count),
        }
    }
}

#[test]
fn a_read_error_ends_the_text_with_a_warning() {
    for bytes in [b"one\ntwo\n".to_vec(), gzip(b"one\ntwo\n")] {
        let source = Source::open_reader("x", Box::new(Failing(Cursor::new(bytes))), Options::default()).unwrap();
        let (text, summary) = drain(source, 1);
        assert_eq!(text, b"one\ntwo\n");
        assert_eq!(kinds(&summary.warnings), ["read-error"]);
        assert!(summary.warnings[0].text.contains("bad sector"));
    }
    let nothing = Source::open_reader("x", Box::new(Failing(Cursor::default())), Options::default());
    assert_eq!(nothing.err().unwrap().kind(), "unreadable");
}

#[test]
fn the_sample_does_not_depend_on_blocks() {
    let text = log(10_000);
    let mut source = open(text.clone()).unwrap();
    assert!(source.sample() == &text.as_bytes()[..SAMPLE]);
    while source.next_block(1000).is_some() {}
    assert!(source.sample() == &text.as_bytes()[..SAMPLE]);
}

proptest! {
    #[test]
    fn damage_anywhere_is_survived_and_gives_the_same_text_from_a_pipe(
        codec in 0..4_usize, flips in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut packed = match codec {
            0 => gzip(log(400).as_bytes()),
            1 => bzip2(log(400).as_bytes()),
            2 => zstd(log(400).as_bytes()),
            _ => XZ.to_vec(),
        };
        for (place, byte) in flips {
            let place = place.index(packed.len());
            packed[place] = byte;
        }
        let file = open(packed.clone()).map(|source| drain(source, 4096)).map_err(|error| error.to_string());
        let pipe = Source::open_reader("x", Box::new(Trickle(Cursor::new(packed))), Options::default());
        let pipe = pipe.map(|source| drain(source, 100)).map_err(|error| error.to_string());
        prop_assert!(file == pipe);
    }
}

/// Delivers 13 bytes at a time.
struct Trickle(Cursor<Vec<u8>>);

impl Read for Trickle {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let most = out.len().min(13);
        self.0.read(&mut out[..most])
    }
}

/// A folder with logs, and with what is not to be taken.
fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for path in ["b.log", "a.log", "sub/c.txt", "sub/deep/d", "sub/.hidden", ".git/config"] {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "x\n").unwrap();
    }
    dir
}

fn args(root: &Path, names: &[&str]) -> Vec<String> {
    names.iter().map(|name| if *name == "-" { "-".to_owned() } else { format!("{}/{name}", root.display()) }).collect()
}

fn found(root: &Path, names: &[&str]) -> (Vec<String>, Vec<&'static str>) {
    let found = discover(&args(root, names));
    let prefix = format!("{}/", root.display());
    let specs = found.specs.iter().map(|spec| spec.name.replace(&prefix, "")).collect();
    (specs, kinds(&found.warnings))
}

#[test]
fn folders_are_walked_and_dot_names_taken_only_by_name() {
    let dir = folder();
    let all = ["a.log", "b.log", "sub/c.txt", "sub/deep/d"];
    assert_eq!(found(dir.path(), &["."]).0.len(), 4);
    assert_eq!(found(dir.path(), &[""]).0, all);
    assert_eq!(found(dir.path(), &["sub/.hidden", ".git"]).0, [".git/config", "sub/.hidden"]);
}

#[test]
fn order_and_repetition_of_arguments_do_not_matter() {
    let dir = folder();
    let one = discover(&args(dir.path(), &["-", "b.log", "a.log", "", "nope", "sub/../a.log"]));
    let other = discover(&args(dir.path(), &["sub/../a.log", "nope", "", "a.log", "b.log", "-", "-"]));
    assert_eq!(one, other);
    assert_eq!(one.specs.len(), 5);
    assert_eq!(one.specs[0], SourceSpec::stdin());
    assert_eq!(one.specs.iter().filter(|spec| spec.named).count(), 3);
    assert_eq!(kinds(&one.warnings), ["missing-file"]);
}

#[test]
fn patterns_match_where_no_file_is_called_so() {
    let dir = folder();
    assert_eq!(found(dir.path(), &["*.log"]).0, ["a.log", "b.log"]);
    assert_eq!(found(dir.path(), &["[b-z].log"]).0, ["b.log"]);
    assert_eq!(found(dir.path(), &["**/*.{txt,log}"]).0, ["a.log", "b.log", "sub/c.txt"]);
    assert_eq!(found(dir.path(), &["s*"]).0, ["sub/c.txt", "sub/deep/d"]);
    assert_eq!(found(dir.path(), &["*/.h*"]).0, ["sub/.hidden"]);
    assert_eq!(found(dir.path(), &["*.nope", "[a-"]), (vec![], vec!["no-match", "no-match"]));
    fs::write(dir.path().join("[b-z].log"), "x\n").unwrap();
    assert_eq!(found(dir.path(), &["[b-z].log"]).0, ["[b-z].log"]);
}

#[test]
fn empty_folders_are_said() {
    let dir = folder();
    fs::create_dir(dir.path().join("empty")).unwrap();
    assert_eq!(found(dir.path(), &["empty"]), (vec![], vec!["empty-folder"]));
    assert_eq!(found(dir.path(), &["empty", ""]).0.len(), 4);
}

#[cfg(unix)]
#[test]
fn links_lead_to_files_once_and_not_in_circles() {
    use std::os::unix::fs::symlink;
    let dir = folder();
    let at = |name: &str| dir.path().join(name);
    symlink(at("b.log"), at("aa.log")).unwrap();
    symlink(dir.path(), at("sub/circle")).unwrap();
    symlink(at("nowhere"), at("lost")).unwrap();
    assert_eq!(
        found(dir.path(), &[""]),
        (vec!["a.log".into(), "aa.log".into(), "sub/c.txt".into(), "sub/deep/d".into()], vec!["broken-link"])
    );
    assert_eq!(found(dir.path(), &["lost"]), (vec![], vec!["missing-file"]));
    symlink(at("sub/deep"), at("linked")).unwrap();
    assert_eq!(found(dir.path(), &["lin*/d"]).0, ["linked/d"]);
    assert_eq!(found(dir.path(), &["*/*"]).0, ["linked/d", "sub/c.txt"]);
}

#[test]
fn a_file_that_vanished_is_an_error_with_advice() {
    let error = Source::open(&SourceSpec::file("/nonexistent/app.log")).err().unwrap();
    assert_eq!(error.to_string(), "/nonexistent/app.log: no such file or folder; check the path");
    assert_eq!(InputWarning::from(error).kind, "unreadable");
}
