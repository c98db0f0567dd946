"""What a run took of the machine."""

from __future__ import annotations

import sys


def peak_memory_mb() -> int | None:
    """Peak memory of this process; None on Windows, where the standard library cannot tell."""
    if sys.platform == "win32":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1024**2 if sys.platform == "darwin" else 1024))
