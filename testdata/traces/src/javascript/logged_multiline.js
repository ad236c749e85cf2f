// A service logs an error whose message has lines of its own, and goes on.
const log = (level, ...rest) => console.error('[2026-11-24T10:20:30.120Z]', level.toUpperCase(), ...rest);

function call(url) {
  const body = '{\n  "error": "model not found"\n}';
  throw new TypeError(`POST ${url} answered 404:\n${body}`);
}

log('info', 'starting batch 17');
try {
  call('http://10.0.0.7:8000/v1/embeddings');
} catch (error) {
  log('error', 'batch 17 failed:', error);
}
log('info', 'next batch in 30 s');
