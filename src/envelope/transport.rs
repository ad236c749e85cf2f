//! Which transport wrapped the lines of a source, and taking its wrapping off.
//!
//! [`Transport::detect`] looks at the beginning of a source; [`Transport::strip`] then reads one line. Forms that no program prints by
//! itself (docker's JSON, CRI, `[pod/…]`) are recognised on every line, whatever was detected, so a file may mix them. Forms that plain
//! text could imitate (stern, compose, a bare time stamp) need the majority of the sample. A line that does not fit comes back whole:
//! nothing here may drop text.

mod ci;
mod cloud;
mod containers;
mod kubernetes;
mod labels;
mod paste;
mod processes;
mod records;
mod syslog;

use super::{Stripped, timestamp};

/// The transport of a source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Transport {
    /// None: the program's own lines.
    #[default]
    Raw,
    /// `kubectl logs --prefix`: `[pod/api-7d9/api] line`.
    Kubectl,
    /// stern: `api-7d9 api line`.
    Stern,
    /// Container runtime files of Kubernetes: `T stderr F line`.
    Cri,
    /// docker's json-file driver.
    DockerJson,
    /// `docker compose logs`: `api-1  | line`.
    Compose,
    /// pm2: `0|api  | line`.
    Pm2,
    /// Heroku: `T app[web.1]: line`.
    Heroku,
    /// Foreman: `08:26:39 web.1  | line`.
    Foreman,
    /// Every line carries the same short tag: `[11] line`.
    Tagged,
    /// Syslog files, RFC 3164, RFC 5424 and `journalctl`.
    Syslog,
    /// `journalctl -o json`.
    JournalJson,
    /// `aws logs tail`: `T STREAM line`.
    CloudWatch,
    /// `aws logs filter-log-events` and Insights, one event a line.
    CloudWatchJson,
    /// Loki JSON lines.
    Loki,
    /// `logcli query`: `T {app="api", …} line`.
    LogCli,
    /// Vercel log drain.
    Vercel,
    /// Google Cloud Logging JSON lines.
    Gcp,
    /// `gh run view --log`: `JOB⇥STEP⇥T line`.
    GhRun,
    /// GitLab job log: `T 01O line`.
    GitLab,
    /// A time stamp in front of every line: `kubectl logs --timestamps`, GitHub Actions, CloudWatch exports.
    Timestamped,
    /// A quotation: `> line`.
    Quoted,
    /// Line numbers of an editor, `less -N`, `cat -n` or `grep -n`, and how many blanks follow them.
    Numbered(u8),
    /// `grep -H`: `app.log:line`.
    Grepped,
    /// Lines copied out of a chat: `[10:31 AM] line`.
    Chat,
    /// Every line is moved to the right by this many blanks or tabs.
    Indented(u8),
}

/// Lines of a sample that are looked at.
const SAMPLE_LINES: usize = 400;
/// Bytes of a sample that are looked at.
const SAMPLE_BYTES: usize = 64 * 1024;

impl Transport {
    /// The transport of a source that begins with `sample`.
    #[must_use]
    pub fn detect(sample: &[u8]) -> Self {
        let sample = &sample[..sample.len().min(SAMPLE_BYTES)];
        let lines: Vec<&[u8]> = sample
            .split(|byte| *byte == b'\n')
            .map(trim_line)
            .filter(|line| !line.trim_ascii().is_empty())
            .take(SAMPLE_LINES)
            .collect();
        certain_majority(&lines).or_else(|| likely(&lines)).unwrap_or_default()
    }

    /// Whether this transport cuts long lines into pieces that must be joined before they are read.
    #[must_use]
    pub fn cuts(self) -> bool {
        matches!(self, Self::DockerJson | Self::Cri | Self::JournalJson | Self::GitLab)
    }

    /// Takes the transport off one line, with or without its line ending.
    #[must_use]
    pub fn strip<'a>(&self, line: &'a [u8]) -> Stripped<'a> {
        let line = trim_line(line);
        self.strip_detected(line)
            .or_else(|| certain(line).map(|(_, stripped)| stripped))
            .unwrap_or_else(|| Stripped::raw(line))
    }

    /// Forms that need the sample's word. The others are found by [`certain`].
    fn strip_detected<'a>(self, line: &'a [u8]) -> Option<Stripped<'a>> {
        match self {
            Self::Stern => kubernetes::stern(line),
            Self::Compose => containers::compose(line),
            Self::Foreman => processes::foreman(line),
            Self::Tagged => processes::tagged(line),
            Self::Syslog => syslog::strip(line).or_else(|| syslog::continuation(line)),
            Self::CloudWatch => cloud::tail(line),
            Self::Timestamped => ci::timestamped(line),
            Self::Quoted => paste::quoted(line),
            Self::Numbered(gap) => paste::numbered(line, gap),
            Self::Grepped => paste::grepped(line),
            Self::Chat => paste::chatted(line),
            Self::Indented(width) => paste::indented(line, width),
            _ => None,
        }
    }
}

/// Reads forms that no program's own text has.
fn certain(line: &[u8]) -> Option<(Transport, Stripped<'_>)> {
    let with = |transport: Transport, stripped: Option<_>| stripped.map(|stripped| (transport, stripped));
    match line.first()? {
        b'[' => with(Transport::Kubectl, kubernetes::kubectl(line)),
        b'{' => records::read(line),
        b'<' => with(Transport::Syslog, syslog::strip(line)),
        b'A'..=b'S' if line.get(3) == Some(&b' ') && line.get(9) == Some(&b':') => {
            with(Transport::Syslog, syslog::strip(line)).or_else(|| with(Transport::GhRun, ci::gh_run(line)))
        }
        b'0'..=b'9' => certain_stamped(line)
            .or_else(|| with(Transport::Pm2, processes::pm2(line)))
            .or_else(|| with(Transport::GhRun, ci::gh_run(line))),
        b'a'..=b'z' => with(Transport::Compose, containers::compose_instance(line))
            .or_else(|| with(Transport::GhRun, ci::gh_run(line))),
        b'P' | b'T'..=b'Z' => with(Transport::GhRun, ci::gh_run(line)),
        0x1B => with(Transport::Pm2, processes::pm2(line))
            .or_else(|| with(Transport::Compose, containers::compose_instance(line))),
        _ => None,
    }
}

/// The certain forms that begin with an RFC 3339 time, told apart by what follows it.
fn certain_stamped(line: &[u8]) -> Option<(Transport, Stripped<'_>)> {
    // Which most lines with a time show before it is read.
    line.get(10).filter(|joint| matches!(joint, b'T' | b't'))?;
    let stamp = timestamp::parse_prefix(line).filter(|stamp| stamp.rfc3339)?;
    let rest = line.get(stamp.len + 1..)?;
    if rest.starts_with(b"std") {
        return kubernetes::cri(line).map(|stripped| (Transport::Cri, stripped));
    }
    if rest.first() == Some(&b'{') {
        return labels::logcli(line).map(|stripped| (Transport::LogCli, stripped));
    }
    if let Some(b'O' | b'E') = rest.get(2)
        && let Some(stripped) = ci::gitlab(line)
    {
        return Some((Transport::GitLab, stripped));
    }
    memchr::memmem::find(&rest[..rest.len().min(200)], b"]:")?;
    let heroku = processes::heroku(line).map(|stripped| (Transport::Heroku, stripped));
    heroku.or_else(|| syslog::strip(line).map(|stripped| (Transport::Syslog, stripped)))
}

/// A certain form that at least half of the lines have.
fn certain_majority(lines: &[&[u8]]) -> Option<Transport> {
    let mut counts: Vec<(Transport, usize)> = Vec::new();
    for (transport, _) in lines.iter().filter_map(|line| certain(line)) {
        match counts.iter_mut().find(|(seen, _)| *seen == transport) {
            Some((_, count)) => *count += 1,
            None => counts.push((transport, 1)),
        }
    }
    let (transport, count) = counts.into_iter().max_by_key(|(_, count)| *count)?;
    // journalctl indents the further lines of an entry by the width of its prefix.
    let continued = || lines.iter().filter(|line| syslog::continuation(line).is_some()).count();
    let all = if transport == Transport::Syslog { lines.len() - continued() } else { lines.len() };
    (count * 2 >= all || transport == Transport::Syslog && count * 8 >= all).then_some(transport)
}

/// A form that plain text could imitate, if enough lines have it and agree on its tags.
fn likely(lines: &[&[u8]]) -> Option<Transport> {
    let streams = |strip: fn(&[u8]) -> Option<Stripped<'_>>| -> Votes {
        let mut votes = Votes::default();
        for line in lines {
            votes.add(strip(line).map(|stripped| stripped.stream.into_owned()));
        }
        votes
    };
    let stern = streams(kubernetes::stern);
    if stern.carried(60) && (stern.repeats() || lines.iter().any(|line| kubernetes::is_deployment_pod(line))) {
        return Some(Transport::Stern);
    }
    if streams(containers::compose).agreed(60) && containers::columns_agree(lines) {
        return Some(Transport::Compose);
    }
    if streams(processes::foreman).agreed(60) {
        return Some(Transport::Foreman);
    }
    if streams(cloud::tail).agreed(80) {
        return Some(Transport::CloudWatch);
    }
    if ci::is_timestamped(lines) {
        return Some(Transport::Timestamped);
    }
    if streams(processes::tagged).agreed(80) && processes::has_tagged_continuation(lines) {
        return Some(Transport::Tagged);
    }
    if paste::is_chat(lines) {
        return Some(Transport::Chat);
    }
    if streams(paste::grepped).agreed(80) {
        return Some(Transport::Grepped);
    }
    if streams(paste::quoted).carried(50) {
        return Some(Transport::Quoted);
    }
    paste::numbering(lines).or_else(|| paste::indentation(lines))
}

/// How many lines of a sample fit a form, and which streams they named.
#[derive(Default)]
struct Votes {
    lines: usize,
    fits: usize,
    streams: Vec<String>,
}

impl Votes {
    /// Distinct streams that are kept; a form with more names than this in one sample is not a prefix but text.
    const STREAMS: usize = 64;

    fn add(&mut self, stream: Option<String>) {
        self.lines += 1;
        let Some(stream) = stream else { return };
        self.fits += 1;
        if self.streams.len() <= Self::STREAMS && !self.streams.contains(&stream) {
            self.streams.push(stream);
        }
    }

    /// At least `percent` of the lines fit.
    fn carried(&self, percent: usize) -> bool {
        self.fits > 0 && self.fits * 100 >= self.lines * percent && self.streams.len() <= Self::STREAMS
    }

    /// Some stream wrote more than one line.
    fn repeats(&self) -> bool {
        self.fits > self.streams.len()
    }

    fn agreed(&self, percent: usize) -> bool {
        self.carried(percent) && self.repeats()
    }
}

/// A line without its ending, and without the byte order mark or NULs (left by a truncated file) in front of it.
fn trim_line(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let nuls = line.iter().take_while(|byte| **byte == 0).count();
    let line = &line[nuls..];
    line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line)
}

/// Position after the colour sequences (`ESC [ … m`) that stand at `at`.
fn skip_colour(text: &[u8], mut at: usize) -> usize {
    while text.get(at) == Some(&0x1B) && text.get(at + 1) == Some(&b'[') {
        let body = &text[at + 2..];
        let len = body.iter().take(24).take_while(|byte| byte.is_ascii_digit() || **byte == b';').count();
        if body.get(len) != Some(&b'm') {
            break;
        }
        at += len + 3;
    }
    at
}

/// Where the ninth digit behind the second of an RFC 3339 time stands.
const RUNTIME_DIGITS: usize = "2026-11-23T08:26:39.123456789".len() - 1;

/// A transport's own time stamp and one blank at `at`: RFC 3339 with at least nine digits, as container runtimes write and programs
/// hardly do.
fn runtime_stamp(text: &[u8], at: usize) -> Option<(super::Time, usize)> {
    // Which hardly a program's stamp passes, so few are read here.
    text.get(at + RUNTIME_DIGITS).filter(|byte| byte.is_ascii_digit()).filter(|_| text[at + 10] | 0x20 == b't')?;
    let stamp = timestamp::parse_prefix(text.get(at..)?)?;
    let end = at + stamp.len;
    let ends = matches!(text.get(end), Some(b' ') | None);
    if !(stamp.rfc3339 && stamp.fraction_digits >= 9 && ends) {
        return None;
    }
    Some((stamp.time?, (end + 1).min(text.len())))
}

/// Text of a name that was checked to be ASCII, or close enough to print.
fn name(bytes: &[u8]) -> std::borrow::Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), std::borrow::Cow::Borrowed)
}

#[cfg(test)]
mod tests;
