"""Write every generated file into this copy of the repository."""

from pathlib import Path

from cyps_addin.generators.files import write_generated

for path in write_generated(Path(__file__).resolve().parents[3]):
    print(path)
