"""`swaparoo-nova-compute`: nova-compute, whose allocations the runner moves."""
from nova.cmd import compute as nova_compute  # first: it decides how Python's threads work

from swaparoo_nova.start import start


def main() -> None:
    """nova's own, after `install`."""
    start(nova_compute.main)
