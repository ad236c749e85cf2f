//! Whole files, one per envelope: transport, streams, first time, levels and text.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::{Payload, Stripped, Transport, payload};
use crate::model::Severity;

fn fixture(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testdata/envelopes").join(format!("{name}.log"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

type Lines<'a> = Vec<(Stripped<'a>, Payload)>;

/// Every line of a file with its transport off, and what the program wrote.
fn lines(bytes: &[u8]) -> (Transport, Lines<'_>) {
    let transport = Transport::detect(bytes);
    let lines = bytes.strip_suffix(b"\n").unwrap_or(bytes).split(|byte| *byte == b'\n').map(|line| {
        let stripped = transport.strip(line);
        let payload = payload::read(&stripped.payload);
        (stripped, payload)
    });
    (transport, lines.collect())
}

/// File, transport, streams, time of the first line (the transport's, else the logger's), highest level.
type File = (&'static str, Transport, &'static [&'static str], &'static str, Option<Severity>);

const FILES: [File; 34] = [
    (
        "cloudwatch_tail",
        Transport::CloudWatch,
        &["ecs/api/0123456789abcdef0123456789abcdef"],
        "2026-11-23T08:26:39.984999Z",
        None,
    ),
    ("compose_v1_timestamps", Transport::Compose, &["api_1", "worker_1"], "2026-11-23T08:26:39.984999895Z", None),
    ("compose_v2", Transport::Compose, &["api-1", "worker-1"], "", None),
    ("cri_java_go", Transport::Cri, &[""], "2026-11-23T08:26:39.984999895Z", Some(Severity::Error)),
    ("crlf_python", Transport::Raw, &[""], "", Some(Severity::Info)),
    ("docker_json_in_json", Transport::DockerJson, &[""], "2026-11-23T08:26:39.984999895Z", Some(Severity::Error)),
    ("docker_json_python", Transport::DockerJson, &[""], "2026-11-23T08:26:39.984999895Z", None),
    ("ecs_dotted_array", Transport::Raw, &[""], "2026-11-23T08:26:39.985Z", Some(Severity::Error)),
    ("gcp_json_payload_array", Transport::Raw, &[""], "", None),
    (
        "gh_run_view",
        Transport::GhRun,
        &["index/Run python index.py"],
        "2026-11-23T08:26:39.9849998Z",
        Some(Severity::Error),
    ),
    ("github_actions", Transport::Timestamped, &[""], "2026-11-23T08:26:39.9849998Z", Some(Severity::Error)),
    ("go119-zap_json", Transport::Raw, &[""], "2026-11-23T08:49:30.5224652Z", Some(Severity::Error)),
    ("html_entities_python", Transport::Raw, &[""], "", None),
    ("interleaved_pid_prefix", Transport::Tagged, &["11", "12"], "", None),
    (
        "journald_json",
        Transport::JournalJson,
        &["web01/searchd[4242]"],
        "2026-11-23T08:26:39.985Z",
        Some(Severity::Error),
    ),
    (
        "journald_json_byte_arrays",
        Transport::JournalJson,
        &["web01/searchd[4242]"],
        "2026-11-23T08:26:39.985Z",
        Some(Severity::Error),
    ),
    ("journald_short", Transport::Syslog, &["web01/searchd[4242]"], "2000-11-23T08:26:39Z", None),
    (
        "kubectl_prefix_timestamps",
        Transport::Kubectl,
        &["pod/api-7d9f8b6c5-k9w8z/api", "pod/api-7d9f8b6c5-x2x4q/api"],
        "2026-11-23T08:26:39.984999895Z",
        None,
    ),
    (
        "kubectl_prefix_two_pods",
        Transport::Kubectl,
        &["pod/api-7d9f8b6c5-k9w8z/api", "pod/api-7d9f8b6c5-x2x4q/api"],
        "",
        None,
    ),
    ("lambda_python_cr", Transport::Raw, &[""], "", Some(Severity::Error)),
    ("logfmt_stack", Transport::Raw, &[""], "2026-11-23T08:26:39.984999895Z", Some(Severity::Error)),
    ("logstash_encoder", Transport::Raw, &[""], "2026-11-23T08:26:39.985Z", Some(Severity::Error)),
    ("node20-pino_json", Transport::Raw, &[""], "2026-11-23T08:48:56.491Z", Some(Severity::Error)),
    ("node20-winston_json", Transport::Raw, &[""], "2026-11-23T08:48:55.923Z", Some(Severity::Error)),
    ("nul_and_bad_utf8_node", Transport::Raw, &[""], "", Some(Severity::Info)),
    ("pasted_quoted_python", Transport::Quoted, &[""], "", None),
    ("pm2", Transport::Pm2, &["pm2/api/0", "pm2/api/1"], "", None),
    ("py311-json_logger", Transport::Raw, &[""], "2026-11-23T08:58:42.645Z", Some(Severity::Error)),
    ("py311-loguru_serialize", Transport::Raw, &[""], "2026-11-23T08:58:43.240406Z", Some(Severity::Error)),
    ("rsyslog_one_record", Transport::Syslog, &["web01/searchd[4242]"], "2000-11-23T08:26:39Z", None),
    ("rsyslog_escaped_tabs", Transport::Syslog, &["web01/searchd[4242]"], "2000-11-23T08:26:39Z", None),
    ("stern_two_pods", Transport::Stern, &["pod/api-7d9f8b6c5-k9w8z/api", "pod/api-7d9f8b6c5-x2x4q/api"], "", None),
    ("syslog_rfc3164", Transport::Syslog, &["web01/searchd[4242]"], "2000-11-23T08:26:39Z", Some(Severity::Error)),
    (
        "syslog_rfc5424",
        Transport::Syslog,
        &["web01/searchd[4242]"],
        "2026-11-23T08:26:39.984999Z",
        Some(Severity::Error),
    ),
];

#[test]
fn reads_streams_times_and_levels_of_every_envelope() {
    for (name, transport, streams, time, severity) in FILES {
        let bytes = fixture(name);
        let (detected, lines) = lines(&bytes);
        assert_eq!(detected, transport, "{name}");
        let named: BTreeSet<&str> = lines.iter().map(|(stripped, _)| &*stripped.stream).collect();
        assert_eq!(named, streams.iter().copied().collect(), "{name}");
        let (first, payload) = &lines[0];
        let read = first.time.or(payload.time).map(|time| time.to_string()).unwrap_or_default();
        assert_eq!(read, time, "{name}");
        let worst = lines.iter().filter_map(|(stripped, payload)| payload.severity.max(stripped.severity)).max();
        assert_eq!(worst, severity, "{name}");
    }
}

#[test]
fn gives_back_the_traceback_that_every_envelope_holds() {
    let head = "Traceback (most recent call last):\n  File \"/home/deploy/docsbot/app/python/pkg/embed.py\", line 17, in embed\n    return call_provider(text)\n";
    for name in [
        "cloudwatch_tail",
        "crlf_python",
        "docker_json_in_json",
        "docker_json_python",
        "gcp_json_payload_array",
        "gh_run_view",
        "github_actions",
        "html_entities_python",
        "journald_json",
        "journald_json_byte_arrays",
        "journald_short",
        "logfmt_stack",
        "pasted_quoted_python",
        "py311-json_logger",
        "rsyslog_one_record",
        "syslog_rfc3164",
        "syslog_rfc5424",
        "text_with_escaped_newlines",
    ] {
        let bytes = fixture(name);
        let text: String = lines(&bytes).1.into_iter().map(|(_, payload)| payload.body + "\n").collect();
        assert!(text.contains(head), "{name}: {text}");
        let last =
            text.rfind("pkg.embed.EmbeddingError: embedding request failed for model 'text-embedding-3-small'\n");
        assert!(last > text.find(head), "{name}: {text}");
    }
}

#[test]
fn starts_no_record_inside_a_traceback() {
    for (name, records) in
        [("cloudwatch_tail", 0), ("docker_json_python", 0), ("journald_short", 0), ("crlf_python", 2)]
    {
        let bytes = fixture(name);
        let starts = lines(&bytes).1.iter().filter(|(_, payload)| payload.starts).count();
        assert!(starts <= records, "{name}: {starts}");
    }
}
