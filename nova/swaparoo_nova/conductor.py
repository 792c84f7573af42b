"""`swaparoo-nova-conductor`: nova-conductor, with allocation moves done by the runner."""
from nova.cmd import conductor as nova_conductor  # first: it decides how Python's threads work

from swaparoo_nova.start import start


def main() -> None:
    """Runs nova's own entry point after `install`."""
    start("nova-conductor", nova_conductor.main)
