-- A handler writes the traceback into the log; the message has lines of its own, and the program goes on.
local function log(level, text)
  io.stderr:write("2026-11-24 10:20:30 ", level, " ", text, "\n")
end

local function provider(url)
  error("POST " .. url .. " answered 401:\n{\"code\": \"invalid_api_key\"}")
end

log("INFO", "starting")
local fine, trace = xpcall(provider, debug.traceback, "http://10.0.0.7/v1")
if not fine then
  log("ERROR", "batch 17 failed: " .. trace)
end
log("INFO", "stopping")
