# A thread reports its exception as it ends, and whoever joins it gets the same once more.
class QuotaExhausted < StandardError; end

def embed(texts)
  raise QuotaExhausted, "429 for #{texts.size} texts"
end

worker = Thread.new { embed(%w[a b]) }
worker.join
