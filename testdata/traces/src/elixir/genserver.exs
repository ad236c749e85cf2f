# A server dies of an exception and reports its last message and its state.
defmodule Acme.QuotaError do
  defexception message: "quota exhausted"
end

defmodule Acme.Indexer do
  use GenServer

  def init(state), do: {:ok, state}

  def handle_cast({:index, id}, _state) do
    raise Acme.QuotaError, message: "quota exhausted at #{id}"
  end
end

Process.flag(:trap_exit, true)
{:ok, pid} = GenServer.start_link(Acme.Indexer, %{batch: 17})
GenServer.cast(pid, {:index, "doc-1"})

receive do
  {:EXIT, ^pid, _} -> Process.sleep(100)
end
