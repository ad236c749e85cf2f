package acme.search

/** A lazy value fails to load and the caller wraps it; Kotlin's helpers raise the exceptions. */
class ModelMissing(model: String, cause: Throwable) : Exception("model $model is not there", cause)

val dimensions: Map<String, Int> by lazy { mapOf("small" to 1536) }

fun size(model: String): Int = dimensions.getValue(model)

fun embed(model: String): List<Int> = listOf("a", "b").map {
    try {
        size(model)
    } catch (error: NoSuchElementException) {
        throw ModelMissing(model, error)
    }
}

fun main() {
    embed("large")
}
