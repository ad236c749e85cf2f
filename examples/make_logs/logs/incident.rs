//! Three pods of a question-answering service behind one Deployment. One of them has an empty key, so that OpenAI's client
//! sends none and is refused.

use super::pen::{Pen, Template};

const PODS: [&str; 3] = [
    "[pod/docsbot-7c4b9d6f58-4kxzq/api] ",
    "[pod/docsbot-7c4b9d6f58-9wmtr/api] ",
    "[pod/docsbot-7c4b9d6f58-hv2lp/api] ",
];

/// The pod that is refused.
const BROKEN: usize = 2;

/// Lines beside each line of a traceback.
const QUIET: usize = 99;

const BOOT: [&str; 3] = [
    "%{py} INFO docsbot.worker: boot pid=1 OPENAI_API_KEY set: True\n",
    "%{py} INFO docsbot.worker: boot pid=1 OPENAI_API_KEY set: True\n",
    "%{py} INFO docsbot.worker: boot pid=1 OPENAI_API_KEY set: False\n",
];

const LINES: &[&str] = &[
    "%{py} INFO docsbot.api: ticket %{id} answered from %{digit} passages in %{ms} ms",
    "%{py} INFO docsbot.api: session %{uuid} opened for %{name}",
    r#"INFO:     %{ip}:%{id} - "GET %{route} HTTP/1.1" 200 OK"#,
    "%{py} DEBUG docsbot.cache: %{two} entries, 0 errors, failed=0",
    "%{py} INFO docsbot.store: read %{digit} chunks of %{word} in %{ms} ms",
];

const CALL: &str = r#"%{py} INFO httpx: HTTP Request: POST https://api.openai.com/v1/embeddings "HTTP/1.1 200 OK""#;

const REFUSED: &str =
    r#"%{py} INFO httpx: HTTP Request: POST https://api.openai.com/v1/embeddings "HTTP/1.1 401 Unauthorized""#;

/// What httpx makes of the answer; OpenAI's client raises its own error while handling it.
const HTTPX: &str = r#"Traceback (most recent call last):
  File "/usr/local/lib/python3.12/site-packages/openai/_base_client.py", line 1063, in request
    response.raise_for_status()
  File "/usr/local/lib/python3.12/site-packages/httpx/_models.py", line 829, in raise_for_status
    raise HTTPStatusError(message, request=request, response=self)
httpx.HTTPStatusError: Client error '401 Unauthorized' for url 'https://api.openai.com/v1/embeddings'
For more information check: https://developer.mozilla.org/en-US/docs/Web/HTTP/Status/401

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
"#;

const OPENAI: &str = r#"  File "/usr/local/lib/python3.12/site-packages/openai/resources/embeddings.py", line 128, in create
    return self._post(
           ^^^^^^^^^^^
  File "/usr/local/lib/python3.12/site-packages/openai/_base_client.py", line 1290, in post
    return cast(ResponseT, self.request(cast_to, opts, stream=stream, stream_cls=stream_cls))
                           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "/usr/local/lib/python3.12/site-packages/openai/_base_client.py", line 1070, in request
    raise self._make_status_error_from_response(err.response) from None
openai.AuthenticationError: Error code: 401 - {'error': {'message': "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY), or as the password field (with blank username) if you're accessing the API from your browser and are prompted for a username and password. You can obtain an API key from https://platform.openai.com/account/api-keys.", 'type': 'invalid_request_error', 'param': None, 'code': None}}
"#;

/// The ways in which the service reaches the client.
const WAYS: [&str; 2] = [
    r#"  File "/app/docsbot/rag.py", line 41, in retrieve
    return self.engine.query(question)
           ^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "/usr/local/lib/python3.12/site-packages/llama_index_instrumentation/dispatcher.py", line 413, in wrapper
    result = func(*args, **kwargs)
             ^^^^^^^^^^^^^^^^^^^^^
  File "/usr/local/lib/python3.12/site-packages/llama_index/core/base/base_query_engine.py", line 44, in query
    query_result = self._query(str_or_query_bundle)
                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "/usr/local/lib/python3.12/site-packages/llama_index/core/query_engine/retriever_query_engine.py", line 208, in _query
    nodes = self.retrieve(query_bundle)
            ^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "/usr/local/lib/python3.12/site-packages/llama_index/core/base/embeddings/base.py", line 173, in get_query_embedding
    query_embedding = self._get_query_embedding(query)
                      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "/usr/local/lib/python3.12/site-packages/llama_index/embeddings/openai/base.py", line 397, in _get_query_embedding
    return _retryable_get_embedding()
           ^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "/usr/local/lib/python3.12/site-packages/tenacity/__init__.py", line 478, in __call__
    do = self.iter(retry_state=retry_state)
         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
"#,
    r#"  File "/app/docsbot/chain.py", line 27, in retrieve
    return self.retriever.invoke(question)
           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "/usr/local/lib/python3.12/site-packages/langchain_core/retrievers.py", line 261, in invoke
    result = self._get_relevant_documents(
             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "/usr/local/lib/python3.12/site-packages/langchain_core/vectorstores/base.py", line 1079, in _get_relevant_documents
    docs = self.vectorstore.similarity_search(query, **kwargs_)
           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "/usr/local/lib/python3.12/site-packages/langchain_openai/embeddings/base.py", line 629, in embed_query
    return self.embed_documents([text], **kwargs)[0]
           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  File "/usr/local/lib/python3.12/site-packages/langchain_openai/embeddings/base.py", line 591, in embed_documents
    return self._get_len_safe_embeddings(
           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
"#,
];

const OUTER: &str = r#"
The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/app/docsbot/api.py", line 88, in answer
    passages = retrieve(question)
               ^^^^^^^^^^^^^^^^^^
  File "/app/docsbot/rag.py", line 43, in retrieve
    raise RetrievalError(ticket) from error
docsbot.errors.RetrievalError: no passages for ticket %{id}
"#;

/// A stretch of everyday lines, or a traceback with lines of other pods between its own.
pub(super) fn incident() -> impl FnMut(&mut Pen) {
    let lines = Template::lines(LINES);
    let boot = BOOT.map(Template::new);
    let [call, refused] = [CALL, REFUSED].map(|line| Template::new(&format!("{line}\n")));
    let error = Template::new("%{py} ERROR docsbot.api: ticket %{id} failed\n");
    let traces = WAYS.map(|way| {
        let text = format!("{HTTPX}{way}{OPENAI}{OUTER}");
        text.split_inclusive('\n').map(Template::new).collect::<Vec<_>>()
    });
    let mut quiet = None;
    move |pen| {
        let Some(left) = quiet else {
            PODS.iter().zip(&boot).for_each(|(pod, boot)| line(pen, pod, boot));
            quiet = Some(2000);
            return;
        };
        if left > 0 {
            everyday(pen, &lines, &call, PODS.len());
            quiet = Some(left - 1);
            return;
        }
        line(pen, PODS[BROKEN], &refused);
        line(pen, PODS[BROKEN], &error);
        let trace = pen.any(&traces);
        for part in trace {
            if pen.rng.u8(..10) == 0 {
                everyday(pen, &lines, &call, BROKEN);
            }
            pen.text(PODS[BROKEN]);
            pen.fill(part);
        }
        quiet = Some(trace.len() * QUIET);
    }
}

/// A line of one of the first pods, or a successful call of a pod that works.
fn everyday(pen: &mut Pen, lines: &[Template], call: &Template, pods: usize) {
    let pod = pen.rng.usize(..pods);
    let template = if pod != BROKEN && pen.rng.u8(..8) == 0 { call } else { pen.any(lines) };
    line(pen, PODS[pod], template);
}

fn line(pen: &mut Pen, pod: &str, template: &Template) {
    pen.wait(4);
    pen.text(pod);
    pen.fill(template);
}
