# The standard logger prints an exception it is handed, and the program goes on.
require "logger"

log = Logger.new($stderr, progname: "ingest")

def load(document)
  document.fetch(:text).upcase
end

log.info("loading")
begin
  load({ id: 3 })
rescue KeyError => error
  log.error(error)
end
log.info("loaded 0 documents")
