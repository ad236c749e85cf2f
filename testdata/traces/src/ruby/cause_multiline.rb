# An error with lines in its message, caused by a class without message.
module Acme
  class Unauthorized < StandardError; end

  class IndexingFailed < StandardError; end

  def self.provider
    raise Unauthorized
  end

  def self.index(batch)
    provider
  rescue Unauthorized
    raise IndexingFailed, "batch #{batch} was refused:\n  url: http://10.0.0.7/v1\n  model: small"
  end
end

Acme.index(17)
