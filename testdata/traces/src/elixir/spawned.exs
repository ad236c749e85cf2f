# A process of its own raises; the program goes on.
defmodule Acme.Search do
  def embed(%{text: text}), do: String.length(text)

  def run(document), do: embed(document) + 1
end

{_, monitor} = spawn_monitor(fn -> Acme.Search.run(%{id: 3}) end)

receive do
  {:DOWN, ^monitor, _, _, _} -> Process.sleep(100)
end

IO.puts("done")
