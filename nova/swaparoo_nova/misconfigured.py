"""The one exception of a [swaparoo] that cannot be used."""


class Misconfigured(Exception):
    """What is wrong in [swaparoo]."""
