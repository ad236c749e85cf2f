// Thrown in a timer: a class of its own with a code, around the parser's error.
class IndexError extends Error {
  constructor(message, options) {
    super(message, options);
    this.name = 'IndexError';
    this.code = 'E_INDEX';
    this.batch = { number: 17, ids: ['a', 'b'] };
  }
}

function parse(body) {
  return JSON.parse(body);
}

function index(body) {
  try {
    return parse(body);
  } catch (error) {
    throw new IndexError('cannot read the answer', { cause: error });
  }
}

setTimeout(() => index('<html>502 Bad Gateway</html>'), 1);
