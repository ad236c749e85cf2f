# Rescued, logged in the usual form, and raised again with a message of several lines.
require Logger

defmodule Acme.Config do
  def fetch!(name) do
    Map.fetch!(%{"url" => "http://10.0.0.7"}, name)
  end

  def load do
    fetch!("key")
  rescue
    error in KeyError ->
      Logger.error(Exception.format(:error, error, __STACKTRACE__))
      reraise ArgumentError, [message: "settings are not usable:\n  key"], __STACKTRACE__
  end
end

Acme.Config.load()
