//! One structured record per library: what its fields become.

use super::read;

/// Record, then `time|level|worker|request|stream`, then the body.
const RECORDS: [(&str, &str, &str); 31] = [
    (
        r#"{"level":50,"time":1795426470133,"pid":12,"hostname":"h","name":"api","reqId":"req-4","err":{"type":"UpstreamError","message":"401 x","stack":"UpstreamError: 401 x\n    at post (file:///a.mjs:1:2)","status":401,"code":"bad"},"msg":"401 x"}"#,
        "2026-11-23T09:34:30.133Z|error|pid 12|req-4|h/api",
        "UpstreamError: 401 x\n    at post (file:///a.mjs:1:2) {\n  status: 401,\n  code: 'bad'\n}",
    ),
    (
        r#"{"level":30,"time":1795426470133,"msg":"done","ms":2,"req":{"method":"GET","headers":{"authorization":"s"}}}"#,
        "2026-11-23T09:34:30.133Z|info|||",
        "done ms=2 req.method=GET",
    ),
    (
        r#"{"level":"error","message":"job","err":{"name":"JobError","message":"a","stack":"JobError: a\n    at f (a.js:1:2)","cause":{"message":"b","stack":"Error: b\n    at g (b.js:1:2)","code":"E"}}}"#,
        "|error|||",
        "job\nJobError: a\n    at f (a.js:1:2) {\n  [cause]: Error: b\n      at g (b.js:1:2) {\n    code: 'E'\n  }\n}",
    ),
    (
        r#"{"level":"error","timestamp":"2026-11-23T08:48:55.927Z","message":"x","stack":"Error: y\n    at f (a.js:1:2)","error":{"type":"invalid","message":"y","code":"bad"},"status":401}"#,
        "2026-11-23T08:48:55.927Z|error|||",
        "x error.type=invalid error.message=y error.code=bad status=401\nError: y\n    at f (a.js:1:2)",
    ),
    (
        r#"{"level":"error","msg":"x","err":{"type":"E","message":"m","status":401}}"#,
        "|error|||",
        "x err.type=E err.message=m err.status=401\nE: m",
    ),
    (
        r#"{"asctime":"2026-11-23 08:58:42,645","levelname":"ERROR","name":"app","message":"batch failed","exc_info":"Traceback (most recent call last):\n  File \"a\", line 1, in f\nValueError: x"}"#,
        "2026-11-23T08:58:42.645Z|error|||",
        "batch failed\nTraceback (most recent call last):\n  File \"a\", line 1, in f\nValueError: x",
    ),
    (
        r#"{"event":"failed","level":"error","timestamp":"2026-11-23T08:58:41Z","exception":[{"exc_type":"AppError","exc_value":"outer","is_cause":false,"frames":[{"filename":"/a.py","lineno":3,"name":"f","line":"g()"}]},{"exc_type":"KeyError","exc_value":"'K'","is_cause":true,"frames":[{"filename":"/b.py","lineno":7,"name":"g"}]}]}"#,
        "2026-11-23T08:58:41Z|error|||",
        "failed\nTraceback (most recent call last):\n  File \"/b.py\", line 7, in g\nKeyError: 'K'\n\nThe above exception was the direct cause of the following exception:\n\nTraceback (most recent call last):\n  File \"/a.py\", line 3, in f\n    g()\nAppError: outer",
    ),
    (
        r#"{"event":"x","level":"error","exception":[{"exc_type":"ExceptionGroup","exc_value":"two (2 sub-exceptions)","is_group":true,"frames":[],"exceptions":[[{"exc_type":"ValueError","exc_value":"1","frames":[]}],[{"exc_type":"TypeError","exc_value":"2","frames":[]}]]}]}"#,
        "|error|||",
        "x\n  + Exception Group Traceback (most recent call last):\n  | ExceptionGroup: two (2 sub-exceptions)\n  +-+---------------- 1 ----------------\n    | ValueError: 1\n    +---------------- 2 ----------------\n    | TypeError: 2\n    +------------------------------------",
    ),
    (
        r#"{"timestamp":"2026-11-23T08:26:39Z","level":"ERROR","errorMessage":"m","errorType":"AuthError","requestId":"r-1","stackTrace":["  File \"/var/task/a.py\", line 15, in h\n    f()\n"]}"#,
        "2026-11-23T08:26:39Z|error||r-1|",
        "Traceback (most recent call last):\n  File \"/var/task/a.py\", line 15, in h\n    f()\nAuthError: m",
    ),
    (
        r#"{"errorType":"Error","errorMessage":"m","trace":["Error: m","    at h (a.mjs:7:13)"]}"#,
        "||||",
        "Error: m\n    at h (a.mjs:7:13)",
    ),
    (
        "2026-11-23T09:26:20.118Z\t78516798-64c7-45fb-a659-875a5d3afda2\tERROR\tInvoke Error \t{\"errorType\":\"Error\",\"errorMessage\":\"401 x\",\"stack\":[\"Error: 401 x\",\"    at h (a.mjs:7:13)\"],\"status\":401,\"error\":{\"message\":\"x\",\"code\":\"bad\"}}",
        "2026-11-23T09:26:20.118Z|error||78516798-64c7-45fb-a659-875a5d3afda2|",
        "Invoke Error\nError: 401 x\n    at h (a.mjs:7:13) {\n  status: 401,\n  error: {\n    message: 'x',\n    code: 'bad'\n  }\n}",
    ),
    (
        r#"{"@timestamp":"2026-11-23T08:26:39.985Z","log.level":"ERROR","message":"batch failed","error.type":"a.B","error.message":"m","error.stack_trace":["a.B: m","\tat c.D.e(D.java:1)"],"service.name":"s","host.name":"h"}"#,
        "2026-11-23T08:26:39.985Z|error|||h/s",
        "batch failed service.name=s host.name=h\na.B: m\n\tat c.D.e(D.java:1)",
    ),
    (
        r#"{"@timestamp":"2026-11-23T08:26:39.985Z","message":"m","level":"ERROR","level_value":40000,"thread_name":"http-1","logger_name":"c.D","stack_trace":"a.B: n\n\tat c.D.e(D.java:1)"}"#,
        "2026-11-23T08:26:39.985Z|error|http-1||",
        "m\na.B: n\n\tat c.D.e(D.java:1)",
    ),
    (
        r#"{"severity":"ERROR","time":"2026-11-23T08:26:39Z","message":"m","stack_trace":"Error: y\n    at x (a.js:1:2)"}"#,
        "2026-11-23T08:26:39Z|error|||",
        "m\nError: y\n    at x (a.js:1:2)",
    ),
    (
        r#"{"level":"error","ts":1795423770.522529,"caller":"go/main.go:169","msg":"failed","error":"a: 401","stacktrace":"main.main\n\t/m.go:169"}"#,
        "2026-11-23T08:49:30.522529Z|error|||",
        "failed error=\"a: 401\"",
    ),
    (
        r#"{"level":"error","msg":"failed","error":"a: 401","errorVerbose":"a: 401\nmain.f\n\t/m.go:1"}"#,
        "|error|||",
        "failed\na: 401\nmain.f\n\t/m.go:1",
    ),
    (
        r#"{"levelname":"ERROR","message":"m","stack_info":"Stack (most recent call last):\n  File \"a\", line 1, in f"}"#,
        "|error|||",
        "m",
    ),
    (
        r#"{"@t":"2026-11-23T08:26:39Z","@mt":"Fetch {Id}","@l":"Error","@x":"System.Exception: x\n   at A.B()","Id":7}"#,
        "2026-11-23T08:26:39Z|error|||",
        "Fetch {Id} Id=7\nSystem.Exception: x\n   at A.B()",
    ),
    (r#"{"@t":"2026-11-23T08:26:39Z","@m":"up"}"#, "2026-11-23T08:26:39Z|info|||", "up"),
    (
        r#"{"version":"1.1","host":"h1","short_message":"m","full_message":"m\nTraceback (most recent call last):\n  File \"a\", line 1, in f\nE: x","timestamp":1795422399.5,"level":3}"#,
        "2026-11-23T08:26:39.5Z|error|||h1",
        "host=h1\nm\nTraceback (most recent call last):\n  File \"a\", line 1, in f\nE: x",
    ),
    (
        r#"{"status":"error","level":"error","message":"m","error":{"kind":"E","message":"x","stack":"E: x\n    at f (a.js:1:2)"}}"#,
        "|error|||",
        "m status=error\nE: x\n    at f (a.js:1:2)",
    ),
    (
        r#"{"level":"error","timestamp":"2026-11-23T08:26:39Z","message":"m","exception":{"values":[{"type":"KeyError","value":"'K'","stacktrace":{"frames":[{"filename":"a.py","function":"f","lineno":1}]}},{"type":"AppError","value":"x"}]}}"#,
        "2026-11-23T08:26:39Z|error|||",
        "m\nTraceback (most recent call last):\n  File \"a.py\", line 1, in f\nKeyError: 'K'\n\nThe above exception was the direct cause of the following exception:\n\nAppError: x",
    ),
    (
        r#"{"resourceLogs":[{"resource":{"attributes":[{"key":"k8s.pod.name","value":{"stringValue":"p-1"}}]},"scopeLogs":[{"logRecords":[{"timeUnixNano":"1795422399000000000","severityNumber":17,"body":{"stringValue":"m"},"attributes":[{"key":"exception.type","value":{"stringValue":"E"}},{"key":"exception.stacktrace","value":{"stringValue":"E: x\n    at f (a.js:1:2)"}}]}]}]}]}"#,
        "2026-11-23T08:26:39Z|error|||pod/p-1",
        "m k8s.pod.name=p-1\nE: x\n    at f (a.js:1:2)",
    ),
    (
        r#"{"level":"error","msg":"failed","exception":{"class":"RuntimeError","message":"m","backtrace":["a.rb:60:in `i'","a.rb:1:in `<main>'"],"cause":{"class":"E","message":"n","backtrace":["a.rb:2:in `k'"]}}}"#,
        "|error|||",
        "failed\na.rb:60:in `i': m (RuntimeError)\n\tfrom a.rb:1:in `<main>'\na.rb:2:in `k': n (E)",
    ),
    (
        r#"{"level":"error","msg":"all","err":{"type":"AggregateError","message":"two","stack":"AggregateError: two\n    at f (a.js:1:2)","aggregateErrors":[{"message":"1","stack":"Error: 1\n    at g (a.js:3:4)"}]}}"#,
        "|error|||",
        "all\nAggregateError: two\n    at f (a.js:1:2) {\n  [errors]: [\n    Error: 1\n        at g (a.js:3:4)\n  ]\n}",
    ),
    // records in records
    (
        r#"{"level":"info","time":"2026-11-23T08:26:39Z","pod":"p-1","message":"{\"level\":\"error\",\"msg\":\"{\\\"level\\\":\\\"warn\\\",\\\"msg\\\":\\\"deep\\\"}\"}"}"#,
        "2026-11-23T08:26:39Z|warning|||pod/p-1",
        "deep",
    ),
    (
        r#"{"time":"2026-11-23T08:26:39Z","message":"ERROR:    boom","service":"s"}"#,
        "2026-11-23T08:26:39Z|error|||",
        "boom service=s",
    ),
    (r#"INFO:     {"level":"error","msg":"x"}"#, "|error|||", "x"),
    (
        r#"error: doc 1 failed {"stack":"Error: a\n    at f (a.js:1:2)","n":1}"#,
        "|error|||",
        "doc 1 failed n=1\nError: a\n    at f (a.js:1:2)",
    ),
    // logfmt
    (
        r#"ts=2026-11-23T08:26:39.98Z level=error caller=i.go:88 msg="batch \"b\" failed" err="x: y" stack="Traceback (most recent call last):\n  File \"a\", line 1, in f\nE: x""#,
        "2026-11-23T08:26:39.98Z|error|||",
        "batch \"b\" failed err=\"x: y\"\nTraceback (most recent call last):\n  File \"a\", line 1, in f\nE: x",
    ),
    (
        "at=error code=H12 desc=\"Request timeout\" method=GET request_id=r-7",
        "|error||r-7|",
        "code=H12 desc=\"Request timeout\" method=GET",
    ),
];

#[test]
fn reads_every_library() {
    for (line, envelope, body) in RECORDS {
        let payload = read(line.as_bytes());
        let time = payload.time.map(|time| time.to_string()).unwrap_or_default();
        let level = payload.severity.map_or("", crate::model::Severity::as_str);
        let [worker, request, stream] =
            [&payload.worker, &payload.request, &payload.stream].map(|part| part.as_deref().unwrap_or_default());
        assert_eq!(payload.body, body, "{line}");
        assert_eq!(format!("{time}|{level}|{worker}|{request}|{stream}"), envelope, "{line}");
        assert!(payload.whole && (payload.starts || line.starts_with("error: ")), "{line}");
    }
}

#[test]
fn bounds_what_it_prints() {
    let fields: Vec<String> = (0..500).map(|n| format!("\"f{n}\":\"{}\"", "é".repeat(300))).collect();
    let line = format!("{{\"level\":\"info\",\"msg\":\"m\",{}}}", fields.join(","));
    let body = read(line.as_bytes()).body;
    assert!(body.len() < 5_000 && body.starts_with("m f0="), "{}", body.len());
    let deep = format!("{{\"level\":\"info\",\"a\":{}1{}}}", "{\"b\":".repeat(120), "}".repeat(120));
    assert!(!read(deep.as_bytes()).body.contains("b.b.b.b.b.b"));
    let bottomless = format!("{}{}", "{\"level\":".repeat(5000), "}".repeat(5000));
    let _ = read(bottomless.as_bytes());
}
