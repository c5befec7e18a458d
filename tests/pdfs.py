"""What poppler's tools read in a PDF."""

from __future__ import annotations

import subprocess


def tool(command: str, pdf: bytes, *options: str) -> str:
    """What a tool says of a file."""
    to = ["-"] if command == "pdftotext" else []
    done = subprocess.run([command, *options, "-", *to], input=pdf, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def flat(pdf: bytes) -> str:
    """The text layer without line ends, as somebody would search it."""
    return tool("pdftotext", pdf).replace("\n", "")
