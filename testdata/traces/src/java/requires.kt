package acme.search

/** A precondition that does not hold. */
data class Settings(val key: String?)

fun connect(settings: Settings): String = requireNotNull(settings.key) { "OPENAI_API_KEY is not set" }

fun main() {
    println("connecting")
    println(connect(Settings(null)))
}
