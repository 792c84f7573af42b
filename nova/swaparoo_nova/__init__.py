"""Lets nova's conductor and compute service move Placement allocations with Swaparoo's runner.

`install` patches the nova of this process; `conductor` and `compute` call it and then nova's own entry points.
"""

__version__ = "0.1.0"
