"""log.py: what httpd's error log says during a test."""
# SPDX-License-Identifier: GPL-3.0-or-later
import re
from pathlib import Path

LEVEL = re.compile(r"^\[[^\]]*\] \[[\w.-]*:(\w+)\] ")
GRAVE = ("emerg", "alert", "crit", "error", "warn")
# Bad whatever the level: crashes and what the sanitizers print.
CRASH = re.compile(r"exit signal|AddressSanitizer|LeakSanitizer|"
                   r"runtime error:|Assertion|stack smashing|double free|"
                   r"malloc\(\)|corrupted|out of memory", re.I)


class ErrorLog:
    """New lines of the log since mark()."""

    def __init__(self, path):
        self.path = Path(path)
        self.offset = 0
        self.mark()

    def mark(self):
        self.offset = self.path.stat().st_size if self.path.exists() else 0

    def new_lines(self):
        if not self.path.exists():
            return []
        with open(self.path, "rb") as f:
            f.seek(self.offset)
            return f.read().decode("utf-8", "replace").splitlines()

    def unexpected(self, expected=()):
        """New lines of level warn and above, or telling of a crash, that hold
        none of the texts EXPECTED."""
        bad = []
        for line in self.new_lines():
            m = LEVEL.match(line)
            crash = CRASH.search(line)
            if not crash and not (m and m.group(1) in GRAVE):
                continue
            # "" stands for anything but a crash
            if any(text in line for text in expected if text or not crash):
                continue
            bad.append(line)
        return bad

    def tail(self, n=15):
        if not self.path.exists():
            return ""
        return "\n".join(self.path.read_text(errors="replace")
                         .splitlines()[-n:])
