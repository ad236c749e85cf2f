// A value that must be there is null, inside a callback of the core library.
class Document {
  final String? text;
  Document(this.text);
}

int length(Document document) => document.text!.length;

void main() {
  final sizes = [Document('a'), Document(null)].map(length).toList();
  print(sizes);
}
