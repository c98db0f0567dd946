"""The program that PyInstaller freezes."""

import sys

from cyps_addin.windows.__main__ import main

sys.exit(main(sys.argv[1:]))
