"""Text of others, for a log or an exception."""


def line(text: str, most: int) -> str:
    """At most so many characters of it, on one line, and none that a terminal obeys."""
    whole = text if len(text) <= most else text[:most] + " ..."
    return "".join(letter if letter.isprintable() else " " for letter in whole)
