"""nova's conductor and compute service move Placement allocations by Swaparoo's runner.

`install` does it to the nova of this process; `conductor` and `compute` are nova's own entry points after it.
"""
