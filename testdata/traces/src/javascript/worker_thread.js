// An error ends a worker thread; the parent does not listen for it.
const { Worker, isMainThread, workerData } = require('node:worker_threads');

function tokenize(document) {
  return document.text.split(' ');
}

if (isMainThread) {
  new Worker(__filename, { workerData: { id: 3 } });
} else {
  tokenize(workerData);
}
