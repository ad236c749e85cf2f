// An error crosses two asynchronous gaps and is caught by nobody.
class ProviderException implements Exception {
  final int status;
  final String body;
  ProviderException(this.status, this.body);

  @override
  String toString() => 'ProviderException: $status\n$body';
}

Future<int> call(String url) async {
  await Future<void>.delayed(const Duration(milliseconds: 1));
  throw ProviderException(401, '{"code": "invalid_api_key"}');
}

Future<int> embed(String text) async {
  final size = await call('http://10.0.0.7/v1');
  return size + text.length;
}

Future<void> main() async {
  print('indexing');
  print(await embed('x'));
}
