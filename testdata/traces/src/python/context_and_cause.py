"""A lookup fails, the fallback fails while that is handled, and the caller raises its own error from it."""


class ConfigError(Exception):
    pass


def from_file(path):
    with open(path) as file:
        return file.read()


def api_key(settings):
    try:
        return settings["api_key"]
    except KeyError:
        return from_file("/nonexistent/api_key")


def connect(settings):
    try:
        return api_key(settings)
    except OSError as error:
        raise ConfigError("no credentials:\n  looked in settings\n  looked in /nonexistent/api_key") from error


connect({})
