"""The last error, kept for `CYPS_LAST_ERROR` and written to the log on this machine."""

from __future__ import annotations

from cyps_addin import log

_kept: dict[str, str] = {}


def last_sentence() -> str:
    """Function, error value and sentence of the last error; "" when there was none.

    Examples
    --------
    >>> isinstance(last_sentence(), str)
    True
    """
    return _kept.get("sentence", "")


def keep(name: str, error: str, why: str, *, private: bool, fault: str = "") -> None:
    """Keep an error for the person, and log it.

    The log has the sentence and nothing else of the cells; for a function whose sentences
    may tell of a person it has the function's name and the error value only. Of a fault of ours
    it has the place, too (`cyps_addin.log.fault`).
    """
    _kept["sentence"] = f"{name}: {error} {why}"
    told = f"{name}: {error}" if private else _kept["sentence"]
    log.write(f"{told} [{fault}]" if fault else told)
