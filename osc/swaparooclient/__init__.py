"""OpenStackClient commands for Swaparoo."""

__version__ = "0.1.0"
