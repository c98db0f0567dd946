"""Verify Ed25519 signatures (RFC 8032, section 5.1.7) with Python's integers only.

No secret is ever handled here, so nothing needs to take constant time; making
signatures is `cyps.pack.signing`, by the `cryptography` package. Why this is
not a dependency: docs/adr/0006-verification-without-a-dependency.md.
"""

from __future__ import annotations

import hashlib
from typing import Final, NamedTuple

_P: Final = 2**255 - 19
"""The field's prime."""
_L: Final = 2**252 + 27742317777372353535851937790883648493
"""Order of the base point."""
_D: Final = -121665 * pow(121666, -1, _P) % _P
"""The curve: -x^2 + y^2 = 1 + d x^2 y^2."""
_ROOT_OF_MINUS_1: Final = pow(2, (_P - 1) // 4, _P)


class _Point(NamedTuple):
    """Extended coordinates: x = X/Z, y = Y/Z, T = XY/Z."""

    X: int
    Y: int
    Z: int
    T: int


_NEUTRAL: Final = _Point(0, 1, 1, 0)


def _sum(p: _Point, q: _Point) -> _Point:
    """Add two points; complete, so that it doubles too (RFC 8032, section 5.1.4)."""
    a = (p.Y - p.X) * (q.Y - q.X) % _P
    b = (p.Y + p.X) * (q.Y + q.X) % _P
    c = 2 * p.T * q.T * _D % _P
    d = 2 * p.Z * q.Z % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return _Point(e * f % _P, g * h % _P, f * g % _P, e * h % _P)


def _times(n: int, p: _Point) -> _Point:
    total = _NEUTRAL
    while n:
        if n & 1:
            total = _sum(total, p)
        p = _sum(p, p)
        n >>= 1
    return total


def _encoded(p: _Point) -> bytes:
    inverse = pow(p.Z, -1, _P)
    x, y = p.X * inverse % _P, p.Y * inverse % _P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _decoded(text: bytes) -> _Point | None:
    """The point of 32 bytes; None when they are no point's one encoding (section 5.1.3)."""
    number = int.from_bytes(text, "little")
    odd, y = number >> 255, number & (2**255 - 1)
    if y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT_OF_MINUS_1 % _P
    if (x * x - square) % _P or (x == 0 and odd):
        return None
    x = _P - x if x & 1 != odd else x
    return _Point(x, y, 1, x * y % _P)


_BASE: Final = _Point(
    15112221349535400772501151409588531511454012693041857206046113283949847762202,
    46316835694926478169428394003475163141307993866256225615783033603165251855960,
    1,
    46827403850823179245072216630277197565144205554125654976674165829533817101731,
)


def is_signature(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether a signature over a message was made with the private half of a public key.

    The strict rule, which OpenSSL follows too: S below the group's order, R
    compared byte by byte, no cofactor. Keys of small order, which would let a
    signature stand for any message, are refused.

    Parameters
    ----------
    public_key : 32 bytes
    message : what was signed
    signature : 64 bytes

    Examples
    --------
    The first vector of RFC 8032, section 7.1:

    >>> key = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    >>> signature = bytes.fromhex(
    ...     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bac"
    ...     "c61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
    ... )
    >>> is_signature(key, b"", signature), is_signature(key, b"x", signature)
    (True, False)
    """
    if len(public_key) != 32 or len(signature) != 64:
        return False
    key = _decoded(public_key)
    s = int.from_bytes(signature[32:], "little")
    if key is None or s >= _L or _encoded(_times(8, key)) == _encoded(_NEUTRAL):
        return False
    digest = hashlib.sha512(signature[:32] + public_key + message).digest()
    k = int.from_bytes(digest, "little") % _L
    minus_key = _Point(_P - key.X, key.Y, key.Z, _P - key.T)
    return _encoded(_sum(_times(s, _BASE), _times(k, minus_key))) == signature[:32]
