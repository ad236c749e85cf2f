//! One line per transport, and what detection makes of mixed and misleading samples.

use proptest::prelude::*;

use super::Transport;
use crate::model::Severity;

/// Sample line, detected transport, stream, time, payload.
const LINES: [(&str, Transport, &str, &str, &str); 34] = [
    ("[pod/api-7d9-x2x4q/api]   File \"x\"", Transport::Kubectl, "pod/api-7d9-x2x4q/api", "", "  File \"x\""),
    ("[pod/a-1/b]", Transport::Kubectl, "pod/a-1/b", "", ""),
    (
        "[pod/a-1/b] 2026-11-23T08:26:39.984999895Z 2026-11-23T08:26:39.984Z INFO  up",
        Transport::Kubectl,
        "pod/a-1/b",
        "2026-11-23T08:26:39.984999895Z",
        "2026-11-23T08:26:39.984Z INFO  up",
    ),
    ("[pod/a-1/b] 2026-11-23T08:26:39.984Z up", Transport::Kubectl, "pod/a-1/b", "", "2026-11-23T08:26:39.984Z up"),
    ("2026-11-23T08:26:39.984999895Z stderr F   at x", Transport::Cri, "", "2026-11-23T08:26:39.984999895Z", "  at x"),
    ("2026-11-23T08:26:39.98+01:00 stdout F", Transport::Cri, "", "2026-11-23T08:26:39.98+01:00", ""),
    (
        r#"{"log":"a \"b\"\r\n","stream":"stderr","time":"2026-11-23T08:26:39.98Z"}"#,
        Transport::DockerJson,
        "",
        "2026-11-23T08:26:39.98Z",
        "a \"b\"",
    ),
    (
        r#"{"log":"x\n","time":"2026-11-23T08:26:39Z","stream":"stdout","kubernetes":{"pod_name":"p-1","container_name":"c"}}"#,
        Transport::DockerJson,
        "pod/p-1/c",
        "2026-11-23T08:26:39Z",
        "x",
    ),
    ("api-1     | line | more", Transport::Compose, "api-1", "", "line | more"),
    ("\x1b[36mapi_2  |\x1b[0m \tat x", Transport::Compose, "api_2", "", "\tat x"),
    ("api-1  | 2026-11-23T08:26:39.984999895Z x", Transport::Compose, "api-1", "2026-11-23T08:26:39.984999895Z", "x"),
    ("0|api    | line", Transport::Pm2, "pm2/api/0", "", "line"),
    (
        "3|support | 2026-11-23 09:26:53 +00:00: Error: x",
        Transport::Pm2,
        "pm2/support/3",
        "2026-11-23T09:26:53Z",
        "Error: x",
    ),
    (
        "2026-11-23T09:34:23.619370+00:00 app[web.1]: line",
        Transport::Heroku,
        "web.1",
        "2026-11-23T09:34:23.61937Z",
        "line",
    ),
    (
        "2026-11-23T09:34:23.619370+00:00 heroku[router]: at=info",
        Transport::Heroku,
        "heroku/router",
        "2026-11-23T09:34:23.61937Z",
        "at=info",
    ),
    (
        "Nov 23 08:26:39 web01 searchd[4242]:   File",
        Transport::Syslog,
        "web01/searchd[4242]",
        "2000-11-23T08:26:39Z",
        "  File",
    ),
    ("Nov  3 08:26:39 web01 kernel: x: y", Transport::Syslog, "web01/kernel", "2000-11-03T08:26:39Z", "x: y"),
    ("<27>Nov 23 08:26:39 w s[1]: a#011b#012c", Transport::Syslog, "w/s[1]", "2000-11-23T08:26:39Z", "a\tb\nc"),
    (
        "2026-11-23T08:26:39.123456+00:00 web01 app[7]: x",
        Transport::Syslog,
        "web01/app[7]",
        "2026-11-23T08:26:39.123456Z",
        "x",
    ),
    (
        "<11>1 2026-11-23T08:26:39.984999Z web01 searchd 4242 - [m k=\"a]b\"][n x=\"1\"] \u{FEFF}x",
        Transport::Syslog,
        "web01/searchd[4242]",
        "2026-11-23T08:26:39.984999Z",
        "x",
    ),
    ("<11>1 - web01 searchd - - - x", Transport::Syslog, "web01/searchd", "", "x"),
    (
        r#"{"__REALTIME_TIMESTAMP":"1795422399985000","_HOSTNAME":"w","SYSLOG_IDENTIFIER":"s","_PID":"4","MESSAGE":[104,105]}"#,
        Transport::JournalJson,
        "w/s[4]",
        "2026-11-23T08:26:39.985Z",
        "hi",
    ),
    (
        r#"{"stream":{"pod":"p-1","container":"c","stream":"stderr"},"ts":"1795424455841302272","line":"x"}"#,
        Transport::Loki,
        "pod/p-1/c",
        "2026-11-23T09:00:55.841302272Z",
        "x",
    ),
    (
        r#"2026-11-23T09:00:55Z {app="a \"b\"", container="c", pod="p-1", stream="stderr"} x"#,
        Transport::LogCli,
        "pod/p-1/c",
        "2026-11-23T09:00:55Z",
        "x",
    ),
    (
        r#"{"labels":{"job":"api","hostname":"h1"},"line":"x","timestamp":"2026-11-23T09:00:55Z"}"#,
        Transport::Loki,
        "h1/api",
        "2026-11-23T09:00:55Z",
        "x",
    ),
    (
        r#"{"id":"1","message":"x\n","timestamp":1795426178790,"type":"stderr","projectId":"p","deploymentId":"d","host":"h.app"}"#,
        Transport::Vercel,
        "h.app",
        "2026-11-23T09:29:38.79Z",
        "x",
    ),
    (
        r#"{"logStreamName":"ecs/api/0","timestamp":1795426178790,"message":"x\ny","eventId":"3"}"#,
        Transport::CloudWatchJson,
        "ecs/api/0",
        "2026-11-23T09:29:38.79Z",
        "x\ny",
    ),
    (
        r#"{"severity":"ERROR","timestamp":"2026-11-23T08:26:39Z","resource":{"labels":{"pod_name":"p","container_name":"c"}},"textPayload":"x\n"}"#,
        Transport::Gcp,
        "pod/p/c",
        "2026-11-23T08:26:39Z",
        "x",
    ),
    (
        r#"{"jsonPayload":{"message":"m"},"logName":"projects/p/logs/stdout","resource":{"labels":{"revision_name":"api-1"}}}"#,
        Transport::Gcp,
        "api-1",
        "",
        r#"{"message":"m"}"#,
    ),
    (
        "index\tRun it\t2026-11-23T08:26:39.9849998Z ##[error]x",
        Transport::GhRun,
        "index/Run it",
        "2026-11-23T08:26:39.9849998Z",
        "x",
    ),
    ("2026-11-23T08:26:39.985123Z 01E x", Transport::GitLab, "", "2026-11-23T08:26:39.985123Z", "x"),
    ("\0\0plain text", Transport::Raw, "", "", "plain text"),
    ("\u{FEFF}plain text\r\n", Transport::Raw, "", "", "plain text"),
    ("Error: no | prefix", Transport::Raw, "", "", "Error: no | prefix"),
];

#[test]
fn takes_every_transport_off() {
    for (line, transport, stream, time, payload) in LINES {
        assert_eq!(Transport::detect(line.as_bytes()), transport, "{line}");
        // The certain forms need no detection.
        for transport in [transport, Transport::Raw] {
            let stripped = transport.strip(line.as_bytes());
            assert_eq!(stripped.stream, stream, "{line}");
            assert_eq!(stripped.time.map(|time| time.to_string()).unwrap_or_default(), time, "{line}");
            assert_eq!(String::from_utf8_lossy(&stripped.payload), payload, "{line}");
        }
    }
}

/// Sample of several lines, detected transport, streams of the lines in order.
const SAMPLES: [(&str, Transport, &[&str]); 12] = [
    ("api-7d9f8b6c5-x2x4q api hello", Transport::Stern, &["pod/api-7d9f8b6c5-x2x4q/api"]),
    ("+ db-0 › pg\ndb-0 pg a\ndb-0 pg b", Transport::Stern, &["pod/db-0/pg", "pod/db-0/pg", "pod/db-0/pg"]),
    (
        "\x1b[36mapi-abcde\x1b[0m \x1b[32mapi\x1b[0m a\n\x1b[36mapi-abcde\x1b[0m \x1b[32mapi\x1b[0m b",
        Transport::Stern,
        &["pod/api-abcde/api", "pod/api-abcde/api"],
    ),
    ("api    | a\nworker | b\napi    | c", Transport::Compose, &["api", "worker", "api"]),
    ("08:26:39 web.1  | a\n08:26:40 web.1  | b", Transport::Foreman, &["web.1", "web.1"]),
    ("[11] Traceback\n[12] x\n[11]   File", Transport::Tagged, &["11", "12", "11"]),
    (
        "2026-11-23T08:26:39.98+00:00 ecs/api/01 a\n2026-11-23T08:26:39.98+00:00 ecs/api/01   b",
        Transport::CloudWatch,
        &["ecs/api/01", "ecs/api/01"],
    ),
    ("2026-11-23T08:26:39.083Z /a.py:1: W\n2026-11-23T08:26:39.083Z   warn(", Transport::Timestamped, &["", ""]),
    ("2026-11-23T08:26:39.083Z  INFO a\n2026-11-23T08:26:39.083Z ERROR b", Transport::Raw, &["", ""]),
    (
        "2025-01-08 09:12:40 Traceback (most recent call last):\n2025-01-08 09:12:40   File",
        Transport::Timestamped,
        &["", ""],
    ),
    ("> a\n>   b\nc", Transport::Quoted, &["", "", ""]),
    ("name | age\n-----+----\nann  | 3", Transport::Raw, &["", "", ""]),
];

#[test]
fn detects_by_majority() {
    for (sample, transport, streams) in SAMPLES {
        assert_eq!(Transport::detect(sample.as_bytes()), transport, "{sample}");
        let found: Vec<String> =
            sample.lines().map(|line| transport.strip(line.as_bytes()).stream.into_owned()).collect();
        assert_eq!(found, streams, "{sample}");
    }
}

#[test]
fn keeps_what_does_not_fit() {
    for transport in
        [Transport::Stern, Transport::Compose, Transport::Timestamped, Transport::Tagged, Transport::Syslog]
    {
        let line = b"Caused by: java.net.ConnectException";
        assert_eq!(&*transport.strip(line).payload, line, "{transport:?}");
    }
    // A logger's line is no syslog line.
    let line = b"2026-11-23T08:26:39Z INFO worker[3]: x";
    assert_eq!(&*Transport::Syslog.strip(line).payload, line);
}

#[test]
fn marks_pieces_channels_and_levels() {
    let piece = Transport::Raw.strip(b"2026-11-23T08:26:39.98Z stdout P {\"a\":");
    assert!(piece.partial && piece.channel == 1);
    let piece = Transport::Raw.strip(br#"{"log":"half","stream":"stderr","time":"2026-11-23T08:26:39Z"}"#);
    assert!(piece.partial && piece.channel == 2);
    assert_eq!(Transport::Raw.strip(b"<27>Nov 23 08:26:39 w s[1]: x").severity, Some(Severity::Error));
    let marked = Transport::Timestamped.strip(b"2026-11-23T08:26:39.9851234Z ##[error]Process completed");
    assert_eq!((marked.severity, &*marked.payload), (Some(Severity::Error), &b"Process completed"[..]));
}

#[test]
fn ties_journal_lines_to_the_entry_before() {
    let first = Transport::Syslog.strip(b"Nov 23 08:26:39 web01 searchd[4242]: Traceback");
    let next = Transport::Syslog.strip(b"                                       File \"x\"");
    assert!(next.continues && next.stream.is_empty() && !first.continues);
    assert_eq!(&next.payload[first.width..], b"  File \"x\"");
}

proptest! {
    #[test]
    fn never_panics_and_never_invents_text(line in proptest::collection::vec(any::<u8>(), 0..200)) {
        for transport in ALL {
            let stripped = transport.strip(&line);
            prop_assert!(stripped.width <= line.len());
            prop_assert!(stripped.payload.len() <= line.len());
        }
        let _ = Transport::detect(&line);
    }

    #[test]
    fn survives_damaged_lines(index in 0..LINES.len(), cut in 0..300_usize, byte in any::<u8>(), at in 0..300_usize) {
        let mut line = LINES[index].0.as_bytes().to_vec();
        let at = at.min(line.len() - 1);
        line[at] = byte;
        line.truncate(cut);
        for transport in ALL {
            let _ = transport.strip(&line);
        }
        let _ = Transport::detect(&line);
    }
}

const ALL: [Transport; 9] = [
    Transport::Raw,
    Transport::Stern,
    Transport::Compose,
    Transport::Foreman,
    Transport::Tagged,
    Transport::Syslog,
    Transport::CloudWatch,
    Transport::Timestamped,
    Transport::Quoted,
];
