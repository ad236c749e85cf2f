// A promise nobody awaits is rejected with a class without name and message.
class QuotaExhausted extends Error {}

async function embed(text) {
  if (text.length > 3) throw new QuotaExhausted();
  return [0.1];
}

async function run() {
  await Promise.all(['one', 'three'].map((text) => embed(text)));
}

run();
