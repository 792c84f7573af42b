"""The exception for a nova that this package does not know."""


class Unsupported(Exception):
    """This nova is of another release, or it was changed; the text says which one."""
