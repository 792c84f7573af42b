"""Makes text from other programs safe for a log or an exception."""


def line(text: str, most: int) -> str:
    """At most `most` characters of the text, on one line and without control characters for a terminal."""
    whole = text if len(text) <= most else text[:most] + " ..."
    return "".join(letter if letter.isprintable() else " " for letter in whole)
