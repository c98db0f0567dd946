"""The last error, kept for `CYPS_LAST_ERROR` and written to a log on this machine."""

from __future__ import annotations

import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Final

from cyps_addin.library import data_folder

LOG: Final = "cyps_addin.log"
_BYTES: Final = 256 * 1024
_kept: dict[str, str] = {}
_loggers: dict[Path, logging.Logger] = {}


def last_sentence() -> str:
    """Function, error value and sentence of the last error; "" when there was none.

    Examples
    --------
    >>> isinstance(last_sentence(), str)
    True
    """
    return _kept.get("sentence", "")


def keep(name: str, error: str, why: str, *, private: bool) -> None:
    """Keep an error for the person, and log it.

    The log has the sentence and nothing else of the cells; for a function whose sentences
    may tell of a person it has the function's name and the error value only.
    """
    _kept["sentence"] = f"{name}: {error} {why}"
    _log(f"{name}: {error}" if private else _kept["sentence"])


def _log(words: str) -> None:
    path = data_folder() / LOG
    if path not in _loggers:
        logger = logging.Logger("cyps_addin")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handler = RotatingFileHandler(
                path, maxBytes=_BYTES, backupCount=1, encoding="utf-8", delay=True
            )
        except OSError:  # a log that cannot be written must not cost the person the value
            handler = logging.NullHandler()  # type: ignore[assignment]
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
        logger.addHandler(handler)
        _loggers[path] = logger
    _loggers[path].warning("%s", " ".join(words.split()))
