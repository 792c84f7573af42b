"""Reads the runner's token from a file that only nova can read."""
from __future__ import annotations

import os
import stat

from swaparoo_nova.misconfigured import Misconfigured

# If the service's user owns the file, only this user may read it. If another user owns it (usually root), the service
# reads it as a member of the file's group, as it reads nova.conf (root:nova, mode 0640).
OPEN_IF_OWN = stat.S_IRWXG | stat.S_IRWXO
OPEN_IF_NOT_OWN = stat.S_IWGRP | stat.S_IXGRP | stat.S_IRWXO


def read(path: str) -> str:
    """The token; `Misconfigured` if it is missing or if others can read it. The message never contains the token."""
    try:
        with open(path, encoding="ascii") as file:
            # Check the opened file, so that the checked file is the one that is read.
            _private(path, os.fstat(file.fileno()))
            token = file.read().strip()
    except (OSError, UnicodeDecodeError) as error:
        # The text of a UnicodeDecodeError contains bytes of the file.
        why = error if isinstance(error, OSError) else "it is not ASCII"
        raise Misconfigured(f"[swaparoo] token_file {path}: {why}") from None
    if not token:
        raise Misconfigured(f"[swaparoo] token_file {path} is empty")
    if not all("!" <= letter <= "~" for letter in token):
        raise Misconfigured(f"[swaparoo] token_file {path}: a token contains no spaces or control characters")
    return token


def _private(path: str, found: os.stat_result) -> None:
    mode, own = stat.S_IMODE(found.st_mode), found.st_uid == os.geteuid()
    if mode & (OPEN_IF_OWN if own else OPEN_IF_NOT_OWN):
        fit = "600" if own else "640"
        raise Misconfigured(f"[swaparoo] token_file {path} is open to others (mode {mode:o}): chmod {fit} it, and "
                            "create a new token, because others may know this one")
