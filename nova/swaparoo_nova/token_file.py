"""The token that the runner wants, from a file that only nova can read."""
from __future__ import annotations

import os
import stat

from swaparoo_nova.misconfigured import Misconfigured

# A file of the service's own user is for that user alone. One of another user, root as a rule, is read as a member of
# its group, as nova.conf is (root:nova, mode 0640).
OPEN_IF_OWN = stat.S_IRWXG | stat.S_IRWXO
OPEN_IF_NOT_OWN = stat.S_IWGRP | stat.S_IXGRP | stat.S_IRWXO


def read(path: str) -> str:
    """The token; `Misconfigured` if there is none, or if others can read it. It is never a part of the message."""
    try:
        with open(path, encoding="ascii") as file:
            # The file that is looked at is the one that is read.
            _private(path, os.fstat(file.fileno()))
            token = file.read().strip()
    except (OSError, UnicodeDecodeError) as error:
        # The words of a UnicodeDecodeError have the file's bytes in them.
        why = error if isinstance(error, OSError) else "it is not ASCII"
        raise Misconfigured(f"[swaparoo] token_file {path}: {why}") from None
    if not token:
        raise Misconfigured(f"[swaparoo] token_file {path} is empty")
    if not all("!" <= letter <= "~" for letter in token):
        raise Misconfigured(f"[swaparoo] token_file {path}: a token has no spaces or control characters in it")
    return token


def _private(path: str, found: os.stat_result) -> None:
    mode, own = stat.S_IMODE(found.st_mode), found.st_uid == os.geteuid()
    if mode & (OPEN_IF_OWN if own else OPEN_IF_NOT_OWN):
        fit = "600" if own else "640"
        raise Misconfigured(f"[swaparoo] token_file {path} is open to others (mode {mode:o}): chmod {fit} it, and make "
                            "another token, since this one may be known")
