"""`swaparoo-nova-compute`: nova-compute, with allocation moves done by the runner."""
from nova.cmd import compute as nova_compute  # first: it decides how Python's threads work

from swaparoo_nova.start import start


def main() -> None:
    """Runs nova's own entry point after `install`."""
    start("nova-compute", nova_compute.main)
