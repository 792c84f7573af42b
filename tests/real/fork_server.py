"""Starts real Placements (serve.py) quickly: it has loaded Placement's modules, and forks for each start.

Standard input has a command in each line: `start FOLDER OPTION...` starts one with that folder's placement.conf, and
prints its process id and `listening on URL`, or an empty line if it has ended before. `end PID` ends it. At the end of
standard input, all end.
"""
import os
import runpy
import signal
import sys

# What the application imports when it is created.
import alembic.command  # noqa: F401
import placement.db.sqlalchemy.migration  # noqa: F401
import placement.wsgi  # noqa: F401

SERVE = os.path.join(os.path.dirname(__file__), "serve.py")


def start(folder, options, life):
    """Forks a Placement; returns its process id and its first line."""
    output, to_output = os.pipe()
    process = os.fork()
    if process == 0:
        os.close(life[1])
        serve(folder, options, life[0], to_output)
    os.close(to_output)
    with open(output) as lines:
        return process, lines.readline().strip()


def serve(folder, options, standard_input, standard_output):
    errors = os.open(os.path.join(folder, "stderr"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    for number, file in enumerate((standard_input, standard_output, errors)):
        os.dup2(file, number)
    os.environ["OS_PLACEMENT_CONFIG_DIR"] = folder
    os.chdir(folder)
    sys.argv = [SERVE, *options]
    # Python's own objects of standard input and output still have the buffers of this process.
    sys.stdin, sys.stdout = open(0), open(1, "w")
    try:
        runpy.run_path(SERVE, run_name="__main__")
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(1)


def main():
    # Its reading end is the standard input of each Placement, which ends with this process.
    life = os.pipe()
    for line in sys.stdin:
        command, first, *options = line.split()
        if command == "end":
            os.kill(int(first), signal.SIGKILL)
            os.waitpid(int(first), 0)
        else:
            process, listening = start(first, options, life)
            print(process, listening, flush=True)


main()
