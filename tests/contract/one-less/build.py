#!/usr/bin/env python3
"""Builds policy.wasm: the template of `swaparoo policy new --lang rust` for a contract with one value of each sort less.

    tests/contract/one-less/build.py target/debug/swaparoo
"""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

FOLDER = pathlib.Path(__file__).parent
# What a 1.1 would have added: a case with its comment, or a field.
LESS = {
    "wit/moves.wit": [
        (r"variant task \{.*?\}", r"revert\(revert-task\),"),
        (r"enum task-kind \{.*?\}", r"revert,"),
        (r"variant effect \{.*?\n    \}", r"put-allocations\(put-allocations\),"),
        (r"variant reply \{.*?\n    \}", r"abandoned\(silence\),"),
        (r"record server-answer \{.*?\}", r"details: option<server-details>,"),
    ],
}
# The rules then do not speak of them.
WITHOUT = {
    "src/lib.rs": [", TaskKind::Revert", "            Task::Revert(task) => rules::revert(&mut history, &task, attempts),\n"],
    "src/ask.rs": [" | Reply::Abandoned(_)", " | Reply::Abandoned(silence)"],
}


def main(program):
    with tempfile.TemporaryDirectory() as folder:
        made = pathlib.Path(folder) / "one-less"
        run([program, "policy", "new", "one-less", "--lang", "rust"], folder)
        for name, changes in LESS.items():
            change(made / name, lambda text, changes=changes: less(text, changes))
        for name, parts in WITHOUT.items():
            change(made / name, lambda text, parts=parts: without(text, parts))
        for command in commands(made / "README.md"):
            run(["sh", "-c", command], made)
        shutil.copy(made / "policy.wasm", FOLDER / "policy.wasm")


def less(text, changes):
    for block, line in changes:
        found = re.search(block, text, re.DOTALL).group()
        shorter, count = re.subn(rf"\n(        ///[^\n]*\n)*        {line}", "\n", found)
        assert count == 1, (block, line)
        text = text.replace(found, shorter)
    return text


def without(text, parts):
    for part in parts:
        assert text.count(part) == 1, part
        text = text.replace(part, "")
    return text


def change(file, how):
    file.write_text(how(file.read_text()))


def commands(readme):
    """The commands of the template's own README that build it."""
    _, rest = readme.read_text().split("\nEach time:\n\n")
    lines = iter(rest.splitlines())
    while (line := next(lines)).startswith("    "):
        yield line.strip()


def run(command, folder):
    subprocess.run(command, cwd=folder, check=True)


if __name__ == "__main__":
    main(str(pathlib.Path(sys.argv[1]).resolve()))
