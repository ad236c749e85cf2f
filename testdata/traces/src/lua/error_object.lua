-- What is raised is an object with a text of its own, and it crosses a coroutine.
local Quota = {}
Quota.__index = Quota
Quota.__tostring = function(quota)
  return "QuotaExhausted: retry after " .. quota.seconds .. " s"
end

local embed = coroutine.wrap(function()
  error(setmetatable({ seconds = 20 }, Quota))
end)

embed()
