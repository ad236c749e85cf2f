package acme.search

/** A match without a case for what arrives, wrapped by the caller. */
object Main {
  final class IndexingFailed(message: String, cause: Throwable) extends RuntimeException(message, cause)

  def status(code: Int): String = code match {
    case 200 => "fine"
    case 429 => "later"
  }

  def index(codes: List[Int]): List[String] =
    try codes.map(status)
    catch { case error: MatchError => throw new IndexingFailed("unknown answer", error) }

  def main(args: Array[String]): Unit = println(index(List(200, 401)))
}
