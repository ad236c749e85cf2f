//! Tracebacks of fifty kinds: an error, a cause, and frames of a language around them.

use std::fmt::Write as _;

use super::pen::{Pen, Template};

/// An error and what caused it; the message of the first varies where it has a slot.
type Failure = (&'static str, &'static str, &'static str, &'static str);

const PYTHON: [Failure; 16] = [
    (
        "docsbot.errors.RetrievalError",
        "no passages for ticket %{id}",
        "openai.AuthenticationError",
        "Error code: 401 - {'error': {'message': 'Incorrect API key provided: sk-proj-****AAAA. You can find your API key at https://platform.openai.com/account/api-keys.', 'type': 'invalid_request_error', 'param': None, 'code': 'invalid_api_key'}}",
    ),
    (
        "docsbot.errors.RetrievalError",
        "no passages",
        "openai.RateLimitError",
        "Error code: 429 - {'error': {'message': 'Rate limit reached for gpt-4o in organization org-x on tokens per min (TPM): Limit 30000, Used 29871, Requested 1200.', 'type': 'tokens', 'param': None, 'code': 'rate_limit_exceeded'}}",
    ),
    (
        "ingest.errors.StoreError",
        "cannot write chunk %{hex8}",
        "psycopg2.OperationalError",
        "connection to server at \"db\" (10.0.3.7), port 5432 failed: FATAL:  password authentication failed for user \"rag\"",
    ),
    (
        "ingest.errors.StoreError",
        "cannot write chunk",
        "redis.exceptions.ConnectionError",
        "Error 111 connecting to redis:6379. Connection refused.",
    ),
    ("ValueError", "could not convert row %{id}", "KeyError", "'documents'"),
    ("RuntimeError", "worker gave up", "TimeoutError", "timed out"),
    (
        "requests.exceptions.ConnectionError",
        "HTTPSConnectionPool(host='api.cohere.com', port=443): Max retries exceeded with url: /v1/rerank",
        "urllib3.exceptions.NewConnectionError",
        "<urllib3.connection.HTTPSConnection object at 0x7f3a1c0b5d90>: Failed to establish a new connection: [Errno -2] Name or service not known",
    ),
    (
        "ssl.SSLCertVerificationError",
        "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: unable to get local issuer certificate (_ssl.c:1000)",
        "OSError",
        "cannot load bundle",
    ),
    (
        "AttributeError",
        "'NoneType' object has no attribute 'embedding'",
        "TypeError",
        "'NoneType' object is not subscriptable",
    ),
    (
        "ModuleNotFoundError",
        "No module named 'llama_index.vector_stores.qdrant'",
        "ImportError",
        "plugin %{word} is not installed",
    ),
    (
        "qdrant_client.http.exceptions.UnexpectedResponse",
        "Unexpected Response: 404 (Not Found)",
        "ValueError",
        "Collection docs-%{word} not found",
    ),
    (
        "anthropic.BadRequestError",
        "Error code: 400 - {'type': 'error', 'error': {'type': 'invalid_request_error', 'message': 'prompt is too long: 213412 tokens > 200000 maximum'}}",
        "ValueError",
        "prompt %{hex8} is too long",
    ),
    (
        "celery.exceptions.MaxRetriesExceededError",
        "Can't retry tasks.embed[%{uuid}] args:(%{id},) kwargs:{}",
        "ConnectionResetError",
        "[Errno 104] Connection reset by peer",
    ),
    (
        "sqlalchemy.exc.TimeoutError",
        "QueuePool limit of size 5 overflow 10 reached, connection timed out, timeout 30.00",
        "TimeoutError",
        "waited 30 s",
    ),
    (
        "torch.cuda.OutOfMemoryError",
        "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 23.69 GiB",
        "RuntimeError",
        "batch %{id} does not fit",
    ),
    (
        "OSError",
        "[Errno 28] No space left on device: '/data/index/%{hex8}'",
        "BlockingIOError",
        "[Errno 11] Resource temporarily unavailable",
    ),
];

const JAVA: [Failure; 12] = [
    ("com.acme.search.IndexException", "batch %{id} failed", "java.net.ConnectException", "Connection refused"),
    (
        "org.springframework.dao.DataAccessResourceFailureException",
        "Unable to acquire JDBC Connection",
        "java.sql.SQLTransientConnectionException",
        "HikariPool-1 - Connection is not available, request timed out after 30000ms.",
    ),
    (
        "java.lang.IllegalStateException",
        "indexing failed",
        "java.lang.NullPointerException",
        "Cannot invoke \"String.length()\" because \"title\" is null",
    ),
    ("com.acme.orders.OrderException", "order %{uuid} rejected", "java.net.SocketTimeoutException", "Read timed out"),
    (
        "org.elasticsearch.ElasticsearchStatusException",
        "Elasticsearch exception [type=index_not_found_exception, reason=no such index [docs]]",
        "java.io.IOException",
        "status 404",
    ),
    (
        "javax.net.ssl.SSLHandshakeException",
        "PKIX path building failed",
        "sun.security.validator.ValidatorException",
        "unable to find valid certification path to requested target",
    ),
    (
        "org.springframework.web.client.HttpClientErrorException$Unauthorized",
        "401 Unauthorized: [no body]",
        "java.io.IOException",
        "Server returned HTTP response code: 401",
    ),
    ("java.util.concurrent.CompletionException", "job %{id}", "java.lang.OutOfMemoryError", "Java heap space"),
    (
        "com.acme.mail.MailException",
        "mail %{hex16} is lost",
        "java.net.UnknownHostException",
        "smtp.internal.example.com",
    ),
    (
        "org.hibernate.exception.ConstraintViolationException",
        "could not execute statement",
        "org.postgresql.util.PSQLException",
        "ERROR: duplicate key value violates unique constraint \"orders_pkey\"",
    ),
    (
        "io.grpc.StatusRuntimeException",
        "UNAVAILABLE: io exception",
        "io.netty.channel.ConnectTimeoutException",
        "connection timed out: vectors/10.0.9.3:6334",
    ),
    (
        "java.lang.IllegalArgumentException",
        "Vector dimension error: expected dim: 1536, got 768",
        "java.lang.ArithmeticException",
        "/ by zero",
    ),
];

const NODE: [Failure; 10] = [
    ("SummaryError", "ticket %{id} has no summary", "Error", "401 Incorrect API key provided: sk-proj-****AAAA."),
    ("TypeError", "fetch failed", "Error", "connect ECONNREFUSED 10.0.4.11:8000"),
    (
        "TypeError",
        "Cannot read properties of undefined (reading 'embedding')",
        "RangeError",
        "index %{id} out of range",
    ),
    ("EmbeddingError", "no embedding for %{name}", "Error", "getaddrinfo ENOTFOUND api.voyageai.com"),
    ("PineconeConnectionError", "Request failed to reach Pinecone", "Error", "read ECONNRESET"),
    ("AbortError", "The operation was aborted", "Error", "deadline of 30000 ms"),
    ("MongoServerSelectionError", "connect ETIMEDOUT 10.0.8.2:27017", "Error", "connect ETIMEDOUT 10.0.8.2:27017"),
    ("SyntaxError", "Unexpected token '<', \"<!DOCTYPE \"... is not valid JSON", "Error", "status 502"),
    ("JobError", "job %{uuid} failed", "Error", "429 Rate limit reached for requests"),
    ("ReferenceError", "tokenizer is not defined", "Error", "module is half loaded"),
];

/// Panics have no cause; the second pair is not used.
const GO: [Failure; 6] = [
    ("panic", "runtime error: invalid memory address or nil pointer dereference", "", ""),
    ("panic", "runtime error: index out of range [%{digit}] with length 3", "", ""),
    ("panic", "index batch %{id}: embed: provider returned 401: invalid_api_key", "", ""),
    ("panic", "assignment to entry in nil map", "", ""),
    ("panic", "dial tcp 10.0.2.9:5432: connect: connection refused", "", ""),
    ("fatal error", "all goroutines are asleep - deadlock!", "", ""),
];

const RUBY: [Failure; 4] = [
    (
        "EmbeddingError",
        "no embedding for %{word}",
        "Errno::ECONNREFUSED",
        "Connection refused - connect(2) for \"10.0.2.4\" port 8000",
    ),
    ("NoMethodError", "undefined method `title' for nil:NilClass", "KeyError", "key not found: \"title\""),
    (
        "ActiveRecord::ConnectionTimeoutError",
        "could not obtain a connection from the pool within 5.000 seconds",
        "ThreadError",
        "queue empty",
    ),
    ("RuntimeError", "job %{hex16} gave up", "Net::ReadTimeout", "Net::ReadTimeout with #<TCPSocket:(closed)>"),
];

const DOTNET: [Failure; 2] = [
    (
        "System.InvalidOperationException",
        "indexing failed",
        "System.Net.Sockets.SocketException (111)",
        "Connection refused",
    ),
    (
        "Acme.Search.EmbeddingException",
        "no embedding for %{name}",
        "System.NullReferenceException",
        "Object reference not set to an instance of an object.",
    ),
];

const PYTHON_FRAMES: [(&str, &str, &str); 10] = [
    ("/app/docsbot/api.py", "answer", "passages = retrieve(question)"),
    ("/app/docsbot/rag.py", "retrieve", "return self.engine.query(question)"),
    (
        "/usr/local/lib/python3.12/site-packages/llama_index_instrumentation/dispatcher.py",
        "wrapper",
        "result = func(*args, **kwargs)",
    ),
    (
        "/usr/local/lib/python3.12/site-packages/llama_index/core/base/base_query_engine.py",
        "query",
        "query_result = self._query(str_or_query_bundle)",
    ),
    (
        "/usr/local/lib/python3.12/site-packages/langchain_core/runnables/base.py",
        "invoke",
        "input = context.run(step.invoke, input, config, **kwargs)",
    ),
    (
        "/usr/local/lib/python3.12/site-packages/langchain_core/vectorstores/base.py",
        "similarity_search",
        "docs = self._search(query, **kwargs_)",
    ),
    (
        "/usr/local/lib/python3.12/site-packages/tenacity/__init__.py",
        "__call__",
        "do = self.iter(retry_state=retry_state)",
    ),
    (
        "/usr/local/lib/python3.12/site-packages/httpx/_client.py",
        "send",
        "response = self._send_handling_auth(request)",
    ),
    ("/usr/local/lib/python3.12/concurrent/futures/thread.py", "run", "result = self.fn(*self.args, **self.kwargs)"),
    ("/app/docsbot/worker.py", "process", "return handle(job)"),
];

const CALLS: [&str; 8] = [
    "com.acme.search.Indexer.index(Indexer.java:29)",
    "com.acme.search.Embedder.embed(Embedder.java:118)",
    "java.base/java.util.stream.ReferencePipeline$3$1.accept(ReferencePipeline.java:197)",
    "java.base/java.util.stream.AbstractPipeline.copyInto(AbstractPipeline.java:509)",
    "org.springframework.aop.framework.CglibAopProxy$DynamicAdvisedInterceptor.intercept(CglibAopProxy.java:713)",
    "org.springframework.web.servlet.FrameworkServlet.service(FrameworkServlet.java:885)",
    "org.apache.tomcat.util.net.NioEndpoint$SocketProcessor.doRun(NioEndpoint.java:1744)",
    "java.base/java.lang.Thread.run(Thread.java:1583)",
];

const PLACES: [&str; 6] = [
    "embed (/app/dist/rag/embed.js:61:19)",
    "async Retriever.find (/app/dist/rag/retriever.js:28:23)",
    "async /app/node_modules/@langchain/core/dist/runnables/base.js:1287:27",
    "async RunnableSequence.invoke (/app/node_modules/@langchain/core/dist/runnables/base.js:1134:33)",
    "process.processTicksAndRejections (node:internal/process/task_queues:95:5)",
    "async Worker.processJob (/app/node_modules/bullmq/dist/cjs/classes/worker.js:455:28)",
];

/// Any of the fifty kinds.
pub(super) fn dense() -> impl FnMut(&mut Pen) {
    let kinds: Vec<Template> = kinds().iter().map(|text| Template::new(text)).collect();
    move |pen| {
        pen.wait(40);
        let kind = pen.any(&kinds);
        pen.fill(kind);
    }
}

/// The Python tracebacks alone.
pub(super) fn python_traces() -> Vec<Template> {
    PYTHON.iter().enumerate().map(|(at, failure)| Template::new(&python_trace(at, failure))).collect()
}

fn kinds() -> Vec<String> {
    let python = PYTHON.iter().enumerate().map(|(at, f)| {
        format!("%{{py}} ERROR app.worker: {}\n{}", ["request failed", "job %{id} failed"][at % 2], python_trace(at, f))
    });
    let java = JAVA.iter().enumerate().map(|(at, f)| java(at, f));
    let node = NODE.iter().enumerate().map(|(at, f)| node(at, f));
    let go = GO.iter().enumerate().map(|(at, f)| go(at, f));
    let ruby = RUBY.iter().enumerate().map(|(at, f)| ruby(at, f));
    let dotnet = DOTNET.iter().map(dotnet);
    python.chain(java).chain(node).chain(go).chain(ruby).chain(dotnet).collect()
}

/// A chain in Python: the cause first. How the two hang together, and how many frames there are, depends on the number.
fn python_trace(at: usize, (kind, message, cause, because): &Failure) -> String {
    let frames = |from: usize, count: usize| {
        let mut text = "Traceback (most recent call last):\n".to_owned();
        for step in 0..count {
            let (file, function, code) = PYTHON_FRAMES[(from + step) % PYTHON_FRAMES.len()];
            let line = 17 + 31 * ((from + step) % 11);
            let carets = "^".repeat(code.len());
            writeln!(text, "  File \"{file}\", line {line}, in {function}\n    {code}\n    {carets}")
                .expect("a string");
        }
        text
    };
    let between = if at.is_multiple_of(2) {
        "The above exception was the direct cause of the following exception:"
    } else {
        "During handling of the above exception, another exception occurred:"
    };
    let (first, second) = (frames(at, 4 + at % 9), frames(at + 5, 2 + at % 4));
    format!("{first}{cause}: {because}\n\n{between}\n\n{second}{kind}: {message}\n")
}

fn java(at: usize, (kind, message, cause, because): &Failure) -> String {
    let frames = |from: usize, count: usize| -> String {
        (from..from + count).map(|step| format!("\tat {}\n", CALLS[step % CALLS.len()])).collect()
    };
    let (outer, inner) = (frames(at, 6 + at % 13), frames(at + 1, 2 + at % 5));
    let head =
        "%{spring} ERROR 1 --- [nio-8080-exec-%{digit}] com.acme.search.IndexController          : request failed\n";
    format!("{head}{kind}: {message}\n{outer}Caused by: {cause}: {because}\n{inner}\t... {} more\n", 6 + at)
}

fn node(at: usize, (kind, message, cause, because): &Failure) -> String {
    let frames = |from: usize, count: usize, indent: &str| -> Vec<String> {
        (from..from + count).map(|step| format!("{indent}at {}", PLACES[step % PLACES.len()])).collect()
    };
    let (outer, inner) = (frames(at, 3 + at % 6, "    "), frames(at + 2, 2 + at % 4, "      "));
    let (outer, inner) = (outer.join("\n"), inner.join("\n"));
    format!("%{{iso}} ERROR {kind}: {message}\n{outer} {{\n  [cause]: {cause}: {because}\n{inner}\n}}\n")
}

fn go(at: usize, (kind, message, ..): &Failure) -> String {
    let mut text = format!("{kind}: {message}\n\ngoroutine {} [running]:\n", 1 + 17 * at);
    for step in 0..3 + at {
        let line = 40 + 13 * step;
        writeln!(text, "github.com/acme/indexer/internal/batch.step{step}(0xc00006e000)\n\t/src/internal/batch/step{step}.go:{line} +0x{:x}", 0x1a + 97 * step)
            .expect("a string");
    }
    text + "main.main()\n\t/src/cmd/indexer/main.go:93 +0x1a5\nexit status 2\n"
}

fn ruby(at: usize, (kind, message, cause, because): &Failure) -> String {
    let frames = |count: usize| -> String {
        (0..count).map(|step| format!("\tfrom /srv/app/lib/indexer.rb:{}:in `step_{step}'\n", 21 + 9 * step)).collect()
    };
    let (outer, inner) = (frames(3 + at), frames(2 + at));
    format!(
        "/srv/app/lib/indexer.rb:60:in `rescue in index': {message} ({kind})\n{outer}/srv/app/lib/provider.rb:48:in `call': {because} ({cause})\n{inner}"
    )
}

fn dotnet((kind, message, cause, because): &Failure) -> String {
    format!(
        "Unhandled exception. {kind}: {message}\n ---> {cause}: {because}\n   at Acme.Search.Provider.Call(String text) in /src/Provider.cs:line 31\n   at Acme.Search.Program.Embed(String text) in /src/Program.cs:line 44\n   --- End of inner exception stack trace ---\n   at Acme.Search.Program.Index(IEnumerable`1 documents) in /src/Program.cs:line 52\n   at Acme.Search.Program.Main(String[] arguments) in /src/Program.cs:line 12\n"
    )
}
