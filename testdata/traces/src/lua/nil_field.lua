-- A field of nothing, in a method called through a standard function.
local Embedder = {}
Embedder.__index = Embedder

function Embedder:embed(text)
  return #text + self.model.dimensions
end

local function index(texts)
  local embedder = setmetatable({}, Embedder)
  table.sort(texts, function(a, b)
    return embedder:embed(a) < embedder:embed(b)
  end)
end

print("indexing")
index({ "b", "a" })
