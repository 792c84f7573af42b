"""The exception for an invalid [swaparoo] section."""


class Misconfigured(Exception):
    """[swaparoo] is invalid; the text says why."""
