//! The text of a program as transports, loggers and people hand it on.
//!
//! Each way writes what the named software writes, after its documentation or a capture in `testdata/envelopes`. Time stamps advance, because
//! real ones do.

use std::fmt::Write;

use serde_json::{Value, json};

/// A way in which a program's text reaches the reader.
pub(crate) struct Way {
    /// Its name in the table of what is supported.
    pub(crate) name: &'static str,
    /// What must be the same as in the bare text.
    pub(crate) keeps: Keeps,
    /// The text as it arrives, or `None` where this way cannot carry such a text.
    pub(crate) wrap: fn(&str) -> Option<String>,
}

/// How much of an exception survives a way.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keeps {
    /// Every byte: types, messages, relations and frames.
    All,
    /// Types, frames and the beginnings of messages; what is white space may differ.
    Words,
    /// Part of the text: something of the exception is found, and nothing that it does not hold.
    Part,
}

/// Transports: every line arrives whole, with something around it.
pub(crate) const TRANSPORTS: &[Way] = &[
    all("kubectl --prefix", |t| lines(t, |_, l| format!("[pod/api-7d9f8b6c5-x2x4q/api] {l}"))),
    all("kubectl --timestamps", |t| lines(t, |n, l| format!("{} {l}", nanos(n)))),
    all("kubectl --prefix --timestamps", |t| {
        lines(t, |n, l| format!("[pod/api-7d9f8b6c5-x2x4q/api] {} {l}", nanos(n)))
    }),
    all("stern", |t| lines(t, |_, l| format!("api-7d9f8b6c5-x2x4q api {l}"))),
    all("CRI", |t| lines(t, |n, l| format!("{} stderr F {l}", nanos(n)))),
    all("CRI, partial lines", cri_partial),
    all("docker json-file", |t| lines(t, docker)),
    all("docker json-file, partial lines", docker_partial),
    all("docker compose", |t| lines(t, |_, l| format!("api-1     | {l}"))),
    all("docker compose -t", |t| lines(t, |n, l| format!("api-1     | {} {l}", nanos(n)))),
    all("docker-compose v1", |t| lines(t, |_, l| format!("api_1    | {l}"))),
    all("pm2", |t| lines(t, |_, l| format!("0|api    | {l}"))),
    all("Heroku", |t| lines(t, |n, l| format!("{}+00:00 app[web.1]: {l}", micros(n)))),
    all("Foreman", |t| lines(t, |n, l| format!("{} web.1  | {l}", clock(n)))),
    all("syslog RFC 3164", |t| lines(t, |n, l| format!("<27>Nov 23 {} web01 searchd[4242]: {l}", clock(n)))),
    all("syslog file", |t| lines(t, |n, l| format!("Nov 23 {} web01 searchd[4242]: {l}", clock(n)))),
    all("rsyslog, one record", |t| Some(format!("Nov 23 08:26:39 web01 searchd[4242]: {}\n", octal(t.trim_end())))),
    all("syslog RFC 5424", |t| lines(t, |n, l| format!("<11>1 {}Z web01 searchd 4242 - - \u{feff}{l}", micros(n)))),
    all("journalctl", journal_short),
    all("journalctl -o json", |t| lines(t, |n, l| journal_json(n, &json!(l)))),
    all("journalctl -o json, byte arrays", |t| lines(t, |n, l| journal_json(n, &json!(l.as_bytes())))),
    all("aws logs tail", |t| lines(t, |n, l| format!("{}+00:00 ecs/api/0123456789abcdef {l}", micros(n)))),
    all("CloudWatch export", |t| lines(t, |n, l| format!("{}Z {l}", &micros(n)[..23]))),
    all("filter-log-events", |t| Some(format!("{}\n", cloudwatch_document(t)))),
    all("filter-log-events, printed", |t| Some(format!("{:#}\n", cloudwatch_document(t)))),
    all("GitHub Actions", |t| Some(format!("\u{feff}{}", lines(t, |n, l| format!("{}Z {l}", hundreds(n)))?))),
    all("gh run view", |t| lines(t, |n, l| format!("index\tRun app\t{}Z {l}", hundreds(n)))),
    all("GitLab", |t| lines(t, |n, l| format!("{}Z 01E {l}", micros(n)))),
    all("GitLab, partial lines", gitlab_partial),
    all("Google Cloud, lines", |t| lines(t, |n, l| gcp(n, l).to_string())),
    all("Google Cloud, array", |t| {
        Some(format!("{:#}\n", Value::from(t.lines().enumerate().map(|(n, l)| gcp(n, l)).collect::<Vec<_>>())))
    }),
    all("Loki", |t| {
        lines(t, |n, l| json!({"stream": {"app": "api"}, "ts": format!("{}Z", micros(n)), "line": l}).to_string())
    }),
    all("logcli --forward", |t| {
        lines(t, |n, l| format!("{}Z {{app=\"api\", stream=\"stderr\"}} {l}", &micros(n)[..19]))
    }),
];

/// Records: the whole text is a field of one structured record.
pub(crate) const RECORDS: &[Way] = &[
    all("JSON message", |t| record(&json!({"time": STAMP, "level": "error", "message": t.trim_end()}))),
    all("JSON stack", |t| {
        record(&json!({"timestamp": STAMP, "level": "ERROR", "msg": "batch failed", "stack_trace": t.trim_end()}))
    }),
    all("JSON stack as lines", |t| {
        let stack: Vec<&str> = t.lines().collect();
        record(&json!({"@timestamp": STAMP, "log.level": "error", "message": "failed", "error.stack_trace": stack}))
    }),
    all("OTLP", |t| {
        let attributes = json!([{"key": "exception.stacktrace", "value": {"stringValue": t.trim_end()}}]);
        let one = json!({"timeUnixNano": "1795422399985000000", "severityNumber": 17, "body": {"stringValue": "batch failed"},
            "attributes": attributes});
        record(&json!({"resourceLogs": [{"resource": {"attributes": []}, "scopeLogs": [{"logRecords": [one]}]}]}))
    }),
    all("GELF", |t| {
        record(&json!({"version": "1.1", "host": "web01", "timestamp": 1_795_422_399.985_f64, "level": 3,
            "short_message": "batch failed", "full_message": t.trim_end()}))
    }),
    all("CLEF", |t| record(&json!({"@t": STAMP, "@l": "Error", "@m": "batch failed", "@x": t.trim_end()}))),
    all("Datadog", |t| {
        record(&json!({"timestamp": STAMP, "status": "error", "message": "failed", "error": {"stack": t.trim_end()}}))
    }),
    all("logfmt", |t| Some(format!("ts={STAMP} level=error msg=\"batch failed\" stack={}\n", json!(t.trim_end())))),
    all("klog", |t| {
        Some(format!("E1123 08:26:39.985123       1 index.go:88] \"Batch failed\" err={}\n", json!(t.trim_end())))
    }),
    all("docker json-file, JSON inside", |t| lines(&json_line(t), docker)),
    all("kubectl --prefix --timestamps, JSON inside", |t| {
        lines(&json_line(t), |n, l| format!("[pod/api-7d9f8b6c5-x2x4q/api] {} {l}", nanos(n)))
    }),
    all("syslog RFC 5424, JSON inside", |t| {
        lines(&json_line(t), |n, l| format!("<11>1 {}Z web01 searchd 4242 - - {l}", micros(n)))
    }),
    all("journald JSON, docker JSON, JSON inside", |t| {
        lines(&lines(&json_line(t), docker)?, |n, l| journal_json(n, &json!(l)))
    }),
    all("Google Cloud, jsonPayload", |t| {
        record(&json!({"severity": "ERROR", "timestamp": STAMP, "logName": "projects/p/logs/stderr",
            "resource": {"type": "k8s_container", "labels": {}},
            "jsonPayload": {"message": "batch failed", "stack_trace": t.trim_end()}}))
    }),
];

/// Pastes: what people do to a text on its way into a ticket.
pub(crate) const PASTES: &[Way] = &[
    all("CRLF", |t| Some(t.replace('\n', "\r\n"))),
    all("quoted", |t| lines(t, |_, l| format!("> {l}"))),
    all("quoted twice", |t| lines(t, |_, l| format!("> > {l}"))),
    all("code fence", |t| Some(format!("It fails since noon:\n\n```\n{t}```\n\nAny idea?\n"))),
    all("code fence, quoted", |t| {
        lines(&format!("It fails since noon:\n\n```\n{t}```\n\nAny idea?\n"), |_, l| format!("> {l}"))
    }),
    all("indented", |t| lines(t, |_, l| format!("    {l}"))),
    all("line numbers", |t| lines(t, |n, l| format!("{:>4}  {l}", n + 118))),
    all("line numbers with a bar", |t| lines(t, |n, l| format!("{:>4} | {l}", n + 1))),
    all("less -N", |t| lines(t, |n, l| format!("{:>7} {l}", n + 1))),
    all("grep -n", |t| lines(t, |n, l| format!("{}:{l}", n + 118))),
    all("grep -H", |t| lines(t, |_, l| format!("app.log:{l}"))),
    all("chat stamps", |t| lines(t, |_, l| format!("[10:31 AM] {l}"))),
    all("chat stamps and names", |t| lines(t, |_, l| format!("[10:31] <anna> {l}"))),
    words("HTML entities", |t| {
        Some(t.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;"))
    }),
    words("escaped newlines", |t| {
        let quoted = json!(t.trim_end()).to_string();
        Some(format!("{}\n", &quoted[1..quoted.len() - 1]))
    }),
    words("joined by blanks", |t| {
        Some(t.lines().map(str::trim).filter(|l| !l.is_empty()).collect::<Vec<_>>().join(" ") + "\n")
    }),
    words("lost indentation", |t| lines(t, |_, l| l.trim_start().to_owned())),
    words("tabs to blanks", |t| Some(t.replace('\t', "        "))),
    words("blanks to tabs", |t| Some(t.replace("        ", "\t").replace("    ", "\t"))),
    words("no-break blanks", |t| lines(t, no_break)),
    words("blank lines between", |t| lines(t, |_, l| format!("{l}\n"))),
    words("hard wrap at 80", |t| lines(t, |_, l| wrapped(l, 80))),
    words("hard wrap at 100", |t| lines(t, |_, l| wrapped(l, 100))),
    part("head cut off", |t| cut(t, |n, all| n * 3 >= all)),
    part("tail cut off", |t| cut(t, |n, all| n * 3 < all * 2)),
];

const fn all(name: &'static str, wrap: fn(&str) -> Option<String>) -> Way {
    Way { name, keeps: Keeps::All, wrap }
}

const fn words(name: &'static str, wrap: fn(&str) -> Option<String>) -> Way {
    Way { name, keeps: Keeps::Words, wrap }
}

const fn part(name: &'static str, wrap: fn(&str) -> Option<String>) -> Way {
    Way { name, keeps: Keeps::Part, wrap }
}

const STAMP: &str = "2026-11-23T08:26:39.985Z";

#[allow(clippy::unnecessary_wraps, reason = "the form that a way has")]
fn lines(text: &str, wrap: impl Fn(usize, &str) -> String) -> Option<String> {
    let mut wrapped = String::with_capacity(text.len() * 2);
    for (n, line) in text.split_terminator('\n').enumerate() {
        wrapped.push_str(&wrap(n, line.strip_suffix('\r').unwrap_or(line)));
        wrapped.push('\n');
    }
    Some(wrapped)
}

#[allow(clippy::unnecessary_wraps, reason = "the form that a way has")]
fn record(value: &Value) -> Option<String> {
    Some(format!("{value}\n"))
}

fn json_line(text: &str) -> String {
    json!({"time": STAMP, "level": "error", "msg": "batch failed", "stack": text.trim_end()}).to_string() + "\n"
}

fn clock(n: usize) -> String {
    format!("08:26:{:02}", n / 1000 % 60)
}

fn micros(n: usize) -> String {
    format!("2026-11-23T{}.{:03}371", clock(n), n % 1000)
}

fn nanos(n: usize) -> String {
    format!("{}590Z", micros(n))
}

fn hundreds(n: usize) -> String {
    format!("{}5", micros(n))
}

fn docker(n: usize, line: &str) -> String {
    json!({"log": format!("{line}\n"), "stream": "stderr", "time": nanos(n)}).to_string()
}

/// Pieces of at most `width` characters, as a transport with a small buffer cuts a line.
fn pieces(line: &str, width: usize) -> Vec<String> {
    let letters: Vec<char> = line.chars().collect();
    let mut cut: Vec<String> = letters.chunks(width).map(|piece| piece.iter().collect()).collect();
    if cut.is_empty() {
        cut.push(String::new());
    }
    cut
}

fn docker_partial(text: &str) -> Option<String> {
    lines(text, |n, line| {
        let cut = pieces(line, 31);
        let last = cut.len() - 1;
        let piece = |(at, piece): (usize, &String)| {
            let end = if at == last { "\n" } else { "" };
            json!({"log": format!("{piece}{end}"), "stream": "stderr", "time": nanos(n)}).to_string()
        };
        cut.iter().enumerate().map(piece).collect::<Vec<_>>().join("\n")
    })
}

fn cri_partial(text: &str) -> Option<String> {
    lines(text, |n, line| {
        let cut = pieces(line, 31);
        let last = cut.len() - 1;
        let piece = |(at, piece): (usize, &String)| {
            format!("{} stderr {} {piece}", nanos(n), if at == last { "F" } else { "P" })
        };
        cut.iter().enumerate().map(piece).collect::<Vec<_>>().join("\n")
    })
}

/// A `+` glues a line to the one before it.
fn gitlab_partial(text: &str) -> Option<String> {
    lines(text, |n, line| {
        let piece =
            |(at, piece): (usize, &String)| format!("{}Z 01E{}{piece}", micros(n), if at == 0 { " " } else { "+" });
        pieces(line, 31).iter().enumerate().map(piece).collect::<Vec<_>>().join("\n")
    })
}

/// A record of several lines: those after the first are indented by the width of the prefix.
fn journal_short(text: &str) -> Option<String> {
    let prefix = "Nov 23 08:26:39 web01 searchd[4242]: ";
    lines(text, |n, line| {
        let prefix = if n == 0 { prefix.to_owned() } else { " ".repeat(prefix.len()) };
        format!("{prefix}{line}")
    })
}

fn journal_json(n: usize, message: &Value) -> String {
    json!({"__REALTIME_TIMESTAMP": (1_795_422_399_985_000_usize + n).to_string(), "_HOSTNAME": "web01", "_PID": "4242",
        "_SYSTEMD_UNIT": "searchd.service", "SYSLOG_IDENTIFIER": "searchd", "PRIORITY": "3", "MESSAGE": message})
    .to_string()
}

fn cloudwatch_document(text: &str) -> Value {
    let event = |(n, line): (usize, &str)| {
        json!({"logStreamName": "api/0123456789abcdef", "timestamp": 1_795_422_399_985_usize + n, "message": line,
            "ingestionTime": 1_795_422_400_000_usize + n, "eventId": n.to_string()})
    };
    json!({"events": text.lines().enumerate().map(event).collect::<Vec<_>>(), "searchedLogStreams": []})
}

fn gcp(n: usize, line: &str) -> Value {
    json!({"severity": "ERROR", "timestamp": nanos(n), "logName": "projects/p/logs/stderr", "textPayload": line,
        "resource": {"type": "k8s_container", "labels": {"pod_name": "api-7d9f8b6c5-x2x4q", "container_name": "api"}}})
}

/// Control characters as rsyslog escapes them.
fn octal(text: &str) -> String {
    let mut escaped = String::new();
    for letter in text.chars() {
        if letter.is_ascii_control() {
            write!(escaped, "#{:03o}", u32::from(letter)).expect("a string");
        } else {
            escaped.push(letter);
        }
    }
    escaped
}

fn no_break(_: usize, line: &str) -> String {
    let inner = line.trim_start_matches(' ');
    "\u{a0}".repeat(line.len() - inner.len()) + inner
}

/// The line over several lines of at most `width` characters, broken as a terminal does: anywhere.
fn wrapped(line: &str, width: usize) -> String {
    pieces(line, width).join("\n")
}

/// The lines whose number of all the wish is for; a text of three lines and less has no middle to cut at.
fn cut(text: &str, wish: impl Fn(usize, usize) -> bool) -> Option<String> {
    let all = text.lines().count();
    let kept: Vec<&str> = text.lines().enumerate().filter(|(n, _)| wish(*n, all)).map(|(_, line)| line).collect();
    (all > 3).then(|| kept.join("\n") + "\n")
}
