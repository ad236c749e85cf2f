//! Healthy services, each with the log format of its platform.

use super::pen::{Pen, Template};

/// Milliseconds between two lines at most.
const PACE: i64 = 6;

/// The lines of each service. Words of failure stand where they mean nothing.
const SERVICES: &[&[&str]] = &[
    // Python logging.
    &[
        "%{py} INFO rag.ingest: chunked document %{id} into %{digit} parts in %{ms} ms",
        "%{py} INFO rag.ingest: batch %{hex8} finished, 0 errors, %{two} documents",
        "%{py} DEBUG rag.index: upserted %{two} vectors into %{name} (error_rate=0.0)",
        "%{py} INFO rag.query: answered question %{uuid} from %{digit} passages in %{ms} ms, retries=0 failed=0",
        "%{py} WARNING rag.cache: entry %{hex16} is older than %{two} minutes, refreshing",
    ],
    // JSON lines.
    &[
        r#"{"level":"info","time":"%{iso}","logger":"billing","msg":"invoice %{id} settled","customer":"%{name}","amount_cents":%{id},"failed":0,"duration_ms":%{ms}}"#,
        r#"{"level":"info","time":"%{iso}","logger":"billing","msg":"reconciled ledger %{word}","entries":%{ms},"errors":0,"trace_id":"%{hex16}%{hex16}"}"#,
        r#"{"level":"debug","time":"%{iso}","logger":"billing.queue","msg":"polled","depth":%{digit},"denied":0,"oldest_ms":%{ms}}"#,
    ],
    // Access log of a web server.
    &[
        r#"%{ip} - - [%{clf}] "GET %{route} HTTP/1.1" 200 %{id} "-" "%{agent}""#,
        r#"%{ip} - - [%{clf}] "GET %{route} HTTP/1.1" 304 0 "https://shop.example.com/" "%{agent}""#,
        r#"%{ip} - - [%{clf}] "POST /api/orders HTTP/1.1" 201 %{ms} "-" "%{agent}""#,
    ],
    // logfmt.
    &[
        r#"ts=%{iso} level=info component=cache msg="refreshed segment" segment=%{word} errors=0 failed=0 hit_ratio=0.%{two} took=%{ms}ms"#,
        r#"ts=%{iso} level=info component=compactor msg="compacted blocks" blocks=%{two} bytes=%{big} took=%{ms}ms"#,
        r#"ts=%{iso} level=debug component=limits msg="window closed" tenant=%{name} allowed=%{ms} denied=0"#,
    ],
    // Pods, as kubectl prefixes them.
    &[
        "%{pod}%{iso} INFO  cart %{uuid} priced, %{digit} items, %{ms} ms",
        "%{pod}%{iso} INFO  checkout %{id} done; payment errors: 0, denied: 0",
        "%{pod}%{iso} DEBUG flags read: show-error-banner=false retry-failed-payments=true",
    ],
    // Java, Spring's logback layout.
    &[
        "%{spring}  INFO 1 --- [nio-8080-exec-%{digit}] c.a.orders.OrderController               : order %{id} accepted in %{ms} ms",
        "%{spring}  INFO 1 --- [   scheduling-1] c.a.orders.ErrorReportJob                : report written, failed orders: 0",
        "%{spring} DEBUG 1 --- [nio-8080-exec-%{digit}] o.h.SQL                                  : select o.id, o.error_count from orders o where o.customer=?",
    ],
    // Controllers in Go.
    &[
        r#"I%{klog}       1 controller.go:231] "Synced" object="default/%{name}" failed=0 took="%{ms}ms""#,
        r#"I%{klog}       1 garbagecollector.go:146] "Swept" items=%{two} errors=0"#,
    ],
    // Syslog.
    &[
        "%{syslog} node-%{digit} chronyd[812]: System clock wrong by 0.000%{ms} seconds, 0 sources denied",
        "%{syslog} node-%{digit} CRON[%{id}]: (root) CMD (/usr/lib/report --since-failed=0)",
    ],
];

/// A client's successful request, as httpx logs it.
const REQUESTS: &[&str] =
    &[r#"%{py} INFO httpx: HTTP Request: POST https://api.openai.com/v1/embeddings "HTTP/1.1 200 OK""#];

/// One line of any service.
pub(super) fn plain() -> impl FnMut(&mut Pen) {
    let services: Vec<Vec<Template>> = SERVICES.iter().map(|lines| Template::lines(lines)).collect();
    move |pen| {
        pen.wait(PACE);
        let service = pen.any(&services);
        let line = pen.any(service);
        pen.fill(line);
    }
}

/// A line of any service and a request.
pub(super) fn requests() -> impl FnMut(&mut Pen) {
    let requests = Template::lines(REQUESTS);
    let mut plain = plain();
    move |pen| {
        plain(pen);
        pen.wait(PACE);
        let line = pen.any(&requests);
        pen.fill(line);
    }
}
