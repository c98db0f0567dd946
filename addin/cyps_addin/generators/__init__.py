"""What hosts need, written from the registry: the same registry gives the same bytes.

`uv run python -m cyps_addin.generators` writes every file anew; tests compare them with what
is committed.
"""

from cyps_addin.generators.files import FOLDER, REFERENCE_PAGE, generated, write_generated

__all__ = ["FOLDER", "REFERENCE_PAGE", "generated", "write_generated"]
