"""Groups of cells shared out among threads.

A loop over groups is compiled once, for a range of them, and threads take ranges in turn. numba's
own parallel loops are not used: the process that compiles one runs other machine code than those
that load it from numba's cache later, and sums come out in another order (the last bit of a fit).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from typing import Any

import numba as nb

_PARTS_A_THREAD = 8
"""Groups differ in size: with more parts than threads, whoever is done takes the next."""


def over_groups(loop: Callable[..., None], n_groups: int, *arguments: Any) -> None:  # noqa: ANN401
    """Run `loop(first, last, *arguments)` over all groups, each by one thread.

    `loop` is compiled with `nogil`, and writes what it finds for its groups into arrays among the
    arguments, where no other group writes. As many threads as `numba.get_num_threads()`.
    """
    threads = min(nb.get_num_threads(), n_groups)
    if threads <= 1:
        loop(0, n_groups, *arguments)
        return
    loop(0, 0, *arguments)  # compiled or loaded by one thread, before others call it
    parts = min(n_groups, threads * _PARTS_A_THREAD)
    edges = [n_groups * part // parts for part in range(parts + 1)]
    done = _pool(threads).map(lambda part: loop(*part, *arguments), pairwise(edges))
    list(done)  # raises what a thread raised


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="cyps")


if hasattr(os, "register_at_fork"):  # a forked process has none of its parent's threads
    os.register_at_fork(after_in_child=_pool.cache_clear)
