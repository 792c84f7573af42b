"""`swaparoo-nova-conductor`: nova-conductor, whose allocations the runner moves."""
from nova.cmd import conductor as nova_conductor  # first: it decides how Python's threads work

from swaparoo_nova.start import start


def main() -> None:
    """nova's own, after `install`."""
    start(nova_conductor.main)
