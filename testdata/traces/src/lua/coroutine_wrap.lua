-- An error crosses a coroutine on its way out.
local function documents()
  coroutine.yield("a")
  error("the list of documents ends early")
end

for document in coroutine.wrap(documents) do
  print("indexing " .. document)
end
