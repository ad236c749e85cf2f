//! One line per logger form, and the text that must not be taken for one.

use proptest::prelude::*;

use super::read;
use crate::envelope::Payload;

/// `time|level|worker|request|body` of a payload, empty where there is none.
fn shown(payload: &Payload) -> String {
    let time = payload.time.map(|time| time.to_string()).unwrap_or_default();
    let level = payload.severity.map_or("", crate::model::Severity::as_str);
    let worker = payload.worker.as_deref().unwrap_or_default();
    format!("{time}|{level}|{worker}|{}|{}", payload.request.as_deref().unwrap_or_default(), payload.body)
}

const PREFIXED: [(&str, &str); 71] = [
    // Python
    ("2026-11-23 08:41:24,158 INFO httpx: HTTP Request: POST", "2026-11-23T08:41:24.158Z|info|||HTTP Request: POST"),
    ("2026-11-23 08:41:24,158 ERROR app.db: pq: no such table", "2026-11-23T08:41:24.158Z|error|||pq: no such table"),
    ("2026-11-23 08:41:24,158 ERROR app: Auth::Denied: x", "2026-11-23T08:41:24.158Z|error|||Auth::Denied: x"),
    ("2026-11-23 08:41:24,158 ERROR failed: no key", "2026-11-23T08:41:24.158Z|error|||failed: no key"),
    ("2026-11-23 08:41:24,158 ERROR ValueError: x", "2026-11-23T08:41:24.158Z|error|||ValueError: x"),
    ("2026-11-23 08:39:56,620 - docs-ai - ERROR - failed x", "2026-11-23T08:39:56.62Z|error|||failed x"),
    ("2026-11-23 08:39:56,620 ERROR [205:MainThread] a.b - x", "2026-11-23T08:39:56.62Z|error|pid 205||x"),
    (
        "2026-11-23 08:56:37,783 ThreadPoolExecutor-1_0 INFO httpx: x",
        "2026-11-23T08:56:37.783Z|info|ThreadPoolExecutor-1_0||x",
    ),
    ("ERROR:root:boom: x", "|error|||boom: x"),
    ("[next-auth][error][JWT_SESSION_ERROR] x", "|error|||[JWT_SESSION_ERROR] x"),
    ("[api][WARN] slow", "|warning|||slow"),
    ("INFO     MainThread app:main:19 starting n=3", "|info|||starting n=3"),
    ("CRITICAL MainThread app:main:19 gone", "|fatal|||gone"),
    ("[2026-11-23 08:41:14 +0000] [14979] [INFO] Booting", "2026-11-23T08:41:14Z|info|pid 14979||Booting"),
    ("[2026-11-23 08:56:18 +0000] [16] [INFO] [httpx:1025] x", "2026-11-23T08:56:18Z|info|pid 16||x"),
    ("INFO:     127.0.0.1:4 - \"POST /q HTTP/1.1\" 502", "|info|||127.0.0.1:4 - \"POST /q HTTP/1.1\" 502"),
    ("\x1b[31mERROR\x1b[0m:    Exception in ASGI application", "|error|||Exception in ASGI application"),
    ("[2026-11-23 08:59:30,514: WARNING/ForkPoolWorker-1] x", "2026-11-23T08:59:30.514Z|warning|ForkPoolWorker-1||x"),
    (
        "[2026-11-23 08:59:30,514: ERROR/MainProcess] Task a.b[c06d844e-50fa-4be2-b810-a09f6e3a699e] raised",
        "2026-11-23T08:59:30.514Z|error||c06d844e-50fa-4be2-b810-a09f6e3a699e|Task a.b[c06d844e-50fa-4be2-b810-a09f6e3a699e] raised",
    ),
    (
        "[2026-11-23 08:41:24,158] ERROR in app: Exception on /ask [POST]",
        "2026-11-23T08:41:24.158Z|error|||Exception on /ask [POST]",
    ),
    ("2026-11-23 08:52:10.001 | ERROR    | __main__:main:19 - x", "2026-11-23T08:52:10.001Z|error|||x"),
    ("[09:01:45] INFO     starting n=1                 main.py:19", "|info|||starting n=1"),
    ("           ERROR    query failed                 main.py:35", "|error|||query failed"),
    (
        "127.0.0.1 - - [23/Nov/2026:08:55:11 +0000] \"GET /\" 200",
        "2026-11-23T08:55:11Z||||127.0.0.1 - - [23/Nov/2026:08:55:11 +0000] \"GET /\" 200",
    ),
    ("[2024-09-03, 05:10:12 UTC] {subprocess.py:93} INFO -   File \"x\"", "2024-09-03T05:10:12Z|info|||  File \"x\""),
    ("[2024-09-03, 05:10:12 UTC] {taskinstance.py:9} ERROR - Task failed", "2024-09-03T05:10:12Z|error|||Task failed"),
    // Node
    ("2026-11-23T09:27:21.464Z INFO  HTTP reqId=1", "2026-11-23T09:27:21.464Z|info|||HTTP reqId=1"),
    ("2026-11-23T09:27:21.464Z ERROR ticket 1 Error: 401", "2026-11-23T09:27:21.464Z|error|||ticket 1 Error: 401"),
    ("2026-11-23 09:27:13.905 [support-api] error: doc 1 failed", "2026-11-23T09:27:13.905Z|error|||doc 1 failed"),
    ("2026-11-23T08:48:56.281Z [error]: EmbeddingError: x", "2026-11-23T08:48:56.281Z|error|||EmbeddingError: x"),
    ("info: listening", "|info|||listening"),
    ("[Nest] 123  - 11/23/2026, 8:26:39 AM   ERROR [Exceptions] x", "2026-11-23T08:26:39Z|error|pid 123||x"),
    ("[08:48:56.821] ERROR (4045): embedding failed", "|error|pid 4045||embedding failed"),
    ("[2026-11-23 08:48:56.821 +0000] ERROR (api/45 on h1): x", "2026-11-23T08:48:56.821Z|error|pid 45||x"),
    (" ⨯ Error: x", "|error|||Error: x"),
    (
        "2026-11-23T09:26:37.324Z\te9c59639-c35d-4574-81dd-0eca7e82d4de\tERROR\tboom",
        "2026-11-23T09:26:37.324Z|error||e9c59639-c35d-4574-81dd-0eca7e82d4de|boom",
    ),
    (
        "[INFO]\t2026-11-23T09:26:37.324Z\te9c59639-c35d-4574-81dd-0eca7e82d4de\tboom",
        "2026-11-23T09:26:37.324Z|info||e9c59639-c35d-4574-81dd-0eca7e82d4de|boom",
    ),
    ("START RequestId: 8f5 Version: $LATEST", "|||8f5|START RequestId: 8f5 Version: $LATEST"),
    (
        "[ERROR] E: m\rTraceback (most recent call last):\r\u{a0}\u{a0}File \"a\"",
        "|error|||E: m\nTraceback (most recent call last):\n  File \"a\"",
    ),
    ("2026-11-23T08:26:39.985Z Error: boom", "2026-11-23T08:26:39.985Z||||Error: boom"),
    ("error - ./pages/x.js", "|error|||./pages/x.js"),
    // others
    (
        "2026-11-23T08:26:39.985+01:00  WARN 1 --- [api] [nio-8080-exec-1] o.s.w.X : Resolved [Foo]",
        "2026-11-23T08:26:39.985+01:00|warning|nio-8080-exec-1||Resolved [Foo]",
    ),
    ("ERROR 2026-11-23 08:26:39,158 views Error: /x", "2026-11-23T08:26:39.158Z|error|||views Error: /x"),
    ("ERROR - 2026-11-23 08:26:39 - boom", "2026-11-23T08:26:39Z|error|||boom"),
    (
        "2026-11-23 08:49:13.582  INFO 1 --- [           main] com.acme.Indexer          : x",
        "2026-11-23T08:49:13.582Z|info|pid 1||x",
    ),
    ("2026-11-23T08:49:18,163 [main] ERROR com.acme.Cases - x", "2026-11-23T08:49:18.163Z|error|||x"),
    ("08:26:39.985 [pool-1-thread-3] ERROR com.acme.X - x", "|error|pool-1-thread-3||x"),
    ("08:26:39,985 ERROR [com.acme.X] (default task-1) x", "|error|default task-1||x"),
    ("SEVERE: Indexing failed", "|error|||Indexing failed"),
    (
        "E1123 08:26:39.985123       1 f.go:88] \"msg\" err=\"x\"",
        "2000-11-23T08:26:39.985123Z|error|||\"msg\" err=\"x\"",
    ),
    (
        "2026-11-23T08:26:39.985Z\terror\tindexer/main.go:88\tbatch failed",
        "2026-11-23T08:26:39.985Z|error|||batch failed",
    ),
    (
        "2026-11-23T08:26:39.985Z\terror\ta/m.go:8\tfailed\t{\"error\": \"401\", \"n\": 1}",
        "2026-11-23T08:26:39.985Z|error|||failed error=401 n=1",
    ),
    ("ERRO[0012] batch failed   error=x", "|error|||batch failed   error=x"),
    ("2026/11/23 08:26:39 plain go", "2026-11-23T08:26:39Z||||plain go"),
    ("2026/11/23 08:26:39 [error] 123#123: *1 open() failed", "2026-11-23T08:26:39Z|error|pid 123||*1 open() failed"),
    ("[Mon Nov 23 08:26:39.123456 2026] [proxy:error] [pid 12:tid 3] x", "2026-11-23T08:26:39.123456Z|error|pid 12||x"),
    ("[2026-11-23T08:26:39Z ERROR app::db] x", "2026-11-23T08:26:39Z|error|||x"),
    ("2026-11-23T08:26:39.985123Z ERROR app::db: x", "2026-11-23T08:26:39.985123Z|error|||x"),
    ("fail: Microsoft.Hosting[6]", "|error|||Microsoft.Hosting[6]"),
    ("[08:26:39 ERR] x", "|error|||x"),
    ("2026-11-23 08:26:39.1234|ERROR|App.Logger|x", "2026-11-23T08:26:39.1234Z|error|||x"),
    (
        "E, [2026-11-23T08:49:32.762218 #5429] ERROR -- prog: x (RuntimeError)",
        "2026-11-23T08:49:32.762218Z|error|pid 5429||x (RuntimeError)",
    ),
    (
        "[c06d844e-50fa-4be2-b810-a09f6e3a699e]   a.rb:1:in `b'",
        "|||c06d844e-50fa-4be2-b810-a09f6e3a699e|  a.rb:1:in `b'",
    ),
    ("[2026-11-23T08:49:35.139303+00:00] app.ERROR: failed", "2026-11-23T08:49:35.139303Z|error|||failed"),
    ("[23-Nov-2026 08:26:39 UTC] PHP Fatal error:  x", "2026-11-23T08:26:39Z||||PHP Fatal error:  x"),
    ("2026-11-23 08:26:39.123 UTC [123] ERROR:  no table", "2026-11-23T08:26:39.123Z|error|pid 123||no table"),
    ("08:49:43.177 [error] Task terminating", "|error|||Task terminating"),
    // several
    ("2026-11-23T08:26:39.985Z   warnings.warn(", "2026-11-23T08:26:39.985Z||||  warnings.warn("),
    ("2026-11-23T08:26:40Z 2026-11-23 08:26:39,158 ERROR app: x", "2026-11-23T08:26:39.158Z|error|||x"),
    ("2026-11-23T08:26:40Z ERROR:    Exception in ASGI", "2026-11-23T08:26:40Z|error|||Exception in ASGI"),
    ("[WARN] 2017-06-06 10:24:20 AWSClient [23] x", "2017-06-06T10:24:20Z|warning|||AWSClient [23] x"),
];

#[test]
fn reads_prefixes() {
    for (line, expected) in PREFIXED {
        assert_eq!(shown(&read(line.as_bytes())), expected, "{line}");
    }
}

#[test]
fn leaves_exceptions_frames_and_properties_alone() {
    for line in [
        "Error: 401 Incorrect API key provided",
        "openai.AuthenticationError: Error code: 401",
        "Traceback (most recent call last):",
        "  File \"/app/main.py\", line 12, in <module>",
        "    return call_provider(text)",
        "           ^^^^^^^^^^^^",
        "    at async file:///app/src/server.mjs:53:14 {",
        "  error: {",
        "error: 'x',",
        "debug: true",
        "[Error]",
        "[cause]: Error: connect ECONNREFUSED 127.0.0.1:6333",
        "[AuthenticationError: 401] {",
        "Caused by: java.net.ConnectException: Connection refused",
        "ConnectionRefusedError: [Errno 111] Connection refused",
        "ERRORS found",
        "INFORMATION_SCHEMA",
        "12:34 lunch",
        "401 Unauthorized",
        "panic: runtime error",
        "{\"error\":{\"code\":\"401\",\"message\":\"Access denied\"}}",
        "key=value other=1",
        "",
    ] {
        let payload = read(line.as_bytes());
        assert_eq!(payload, Payload { body: line.to_owned(), ..Payload::default() });
    }
}

#[test]
fn keeps_words_that_may_be_the_message() {
    for (line, level) in [
        ("ERROR: Could not install packages", "error"),
        ("WARNING: There was an error checking", "warning"),
        ("FATAL ERROR: Reached heap limit", "fatal"),
    ] {
        let payload = read(line.as_bytes());
        assert_eq!((payload.severity.map(|s| s.as_str()), payload.body.as_str()), (Some(level), line));
    }
    assert_eq!(read(b"2026-11-23T09:27:21Z error reading file").body, "error reading file");
    assert_eq!(read(b"2026-11-23T09:27:21Z ERROR [AzureOpenAI] request failed").body, "[AzureOpenAI] request failed");
}

#[test]
fn knows_where_records_start() {
    for (line, starts) in [
        ("2026-11-23T09:27:21Z INFO  x", true),
        ("2026-11-23T09:27:21Z x", true),
        ("2026-11-23T09:27:21Z   File \"x\"", false),
        ("2026-11-23T09:27:21Z Traceback (most recent call last):", false),
        ("[c06d844e-50fa-4be2-b810-a09f6e3a699e] x", false),
        ("  File \"x\"", false),
        ("ERROR:root:x", true),
    ] {
        assert_eq!(read(line.as_bytes()).starts, starts, "{line}");
    }
}

proptest! {
    #[test]
    fn never_panics_and_never_lets_control_characters_through(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let body = read(&bytes).body;
        prop_assert!(body.chars().all(|c| !c.is_control() || c == '\n' || c == '\t'));
    }

    #[test]
    fn survives_damaged_lines(index in 0..PREFIXED.len(), cut in 0..120_usize, extra in "\\PC{0,12}") {
        let line = PREFIXED[index].0;
        let mut at = cut.min(line.len());
        while !line.is_char_boundary(at) {
            at -= 1;
        }
        let _ = read(format!("{}{extra}{}", &line[..at], &line[at..]).as_bytes());
        let _ = read(&line.as_bytes()[..at]);
    }

    #[test]
    fn reads_any_json(line in "\\{(\"(level|time|msg|err|stack|error|exception|type|message|cause)\":(1795422399|\"[ a-zA-Z\\\\n:.]{0,9}\"|\\{\"(stack|type|message)\":\"a\"\\}|\\[\"  at x\"\\]|null),){1,6}\"z\":0\\}") {
        let _ = read(line.as_bytes());
    }
}

#[test]
fn whether_a_record_starts_is_told_without_reading_it() {
    let deep = format!("{{\"time\":{}1{}}}", "[".repeat(200), "]".repeat(200));
    for line in [
        "{\"time\":\"2026-11-23T08:26:39Z\",\"msg\":\"up\"}",
        "{\"time\":1,\"time\":null}",
        "{\"t\\u0069me\":1}",
        "{\"time\":1",
        "{\"time\":null,\"a\":1}",
        "{\"level\":\"info\"}",
        "{\"a\":{\"time\":1}}",
        "{}",
        &deep,
        "ts=2026-11-23T08:26:39Z level=info msg=up",
        "2026-11-23 08:26:39,005 INFO app: up",
        "2026-11-23 08:26:39,005   at com.acme.A.f(A.java:3)",
        "2026-11-23 08:26:39,005 INFO app: 2026-11-23T08:26:40Z up",
        "2026-11-23 08:26:39,005 2026-11-23T08:26:40Z up",
        "2026-11-23 08:26:39,005 2026-11-23T08\x01:26:40Z up",
        "2026-11-23T08:26:39Z 10.0.0.1:80 up",
        "2026-11-23T08:26:39Z {\"time\":1}",
        "2026-11-23T08:26:39Z\r",
        "2026-11-23 08:26:39+05:00 up \x1b[0m",
        "    at com.acme.A.f(A.java:3)",
        "Traceback (most recent call last):",
        "\tat x",
        "",
    ] {
        let read = super::read(line.as_bytes());
        assert_eq!(super::starts(line.as_bytes()), read.starts, "{line}");
        assert_eq!(super::time(line.as_bytes()), read.time, "{line}");
    }
}

#[test]
fn what_plainly_starts_starts() {
    let dates =
        ["2026-11-23 08:26:39,985", "2026-11-23T08:26:39Z", "23/Nov/2026:08:26:39 +0000", "08:26:39.985", "12 34"];
    let rests = [
        " INFO app: done",
        " Traceback (most recent call last):",
        "  File \"a.py\", line 1",
        "   at f (a.js:1:2)",
        ": x",
        " | }",
        " [x] {subprocess.py:9} INFO - at",
        " - INFO - {\"a\": 1}",
        "",
        "x",
        " \x01at f",
        " \u{a0}at f",
        " [x] {\x1b[34msubprocess.py:9\x1b[0m} INFO - at",
        " [x] { subprocess.py:9} INFO - at",
        " sums {a} and {b}",
        "  INFO 1 --- [main] c.a.App : at",
        "  WARN",
    ];
    let mut plain = 0;
    for line in dates.iter().flat_map(|date| rests.map(|rest| format!("{date}{rest}"))) {
        let plainly = super::prefix::plainly_starts(line.as_bytes());
        assert!(!plainly || read(line.as_bytes()).starts, "{line}");
        plain += usize::from(plainly);
    }
    assert!((12..34).contains(&plain), "{plain}");
}
