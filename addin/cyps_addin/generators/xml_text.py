"""XML with line breaks where a person reading a difference wants them."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'


def tag(name: str, /, **attributes: str) -> str:
    """An opening tag; an underscore at an attribute's end is dropped.

    Examples
    --------
    >>> tag("button", id="a", label="R & D")
    '<button id="a" label="R &amp; D">'
    """
    told = "".join(f" {k.rstrip('_')}={quoteattr(v)}" for k, v in attributes.items())
    return f"<{name}{told}>"


def closed(name: str, /, **attributes: str) -> str:
    """A tag without content."""
    return f"{tag(name, **attributes)[:-1]}/>"


__all__ = ["HEAD", "closed", "escape", "tag"]
