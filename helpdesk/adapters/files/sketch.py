"""The first page of a PDF as a small picture, drawn by PDFium in a process that may use little and live shortly."""

from __future__ import annotations

import struct
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

PROGRAM = Path(__file__).with_name("draw_page.py")
# The program limits its own processor and memory; the clock is ours. Bytes of the picture.
CLOCK_SECONDS = 30
LARGEST_PICTURE = 2 * 1024 * 1024
MOST_PAGES = 100_000


@dataclass(frozen=True)
class Sketch:
    """How many pages, and the first one as a JPEG."""

    pages: int
    picture: bytes


def sketch(data: bytes, *, program: Path = PROGRAM) -> Sketch | None:
    """None for a PDF that is broken, locked, or hostile enough to run out of its time or memory."""
    try:
        drawn = subprocess.run(
            [sys.executable, "-I", str(program)],
            input=data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=CLOCK_SECONDS,
            env={},
            cwd="/",
            start_new_session=True,
            check=False,
        )
    except (subprocess.TimeoutExpired, OSError):
        return None
    if drawn.returncode or not 4 < len(drawn.stdout) <= LARGEST_PICTURE:
        return None
    pages = struct.unpack("!I", drawn.stdout[:4])[0]
    return Sketch(pages, drawn.stdout[4:]) if 0 < pages <= MOST_PAGES else None
