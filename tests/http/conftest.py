"""conftest.py: makes pyvohttpd's fixtures known to pytest."""
# SPDX-License-Identifier: GPL-3.0-or-later
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))

from pyvohttpd.plugin import *  # noqa: E402,F401,F403
