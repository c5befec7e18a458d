"""A program, never imported: reads a PDF on standard input, writes the number of its pages and a picture of its first.

It runs in a process of its own (see sketch.py) and ties its own hands before it reads: seconds of processor, bytes of
memory (addresses, so with what the libraries map), no file to write. What it reads is somebody else's.
"""

import io
import resource
import struct
import sys

import pypdfium2

PROCESSOR_SECONDS = 10
MEMORY = 1024 * 1024 * 1024
EDGE = 640
# A page that claims to be a kilometre long is drawn as small as any other; its picture still has this many pixels.
SMALLEST = 8


def main() -> int:
    """Exit with 0 when drawn, 3 when this PDF cannot be opened: broken, empty or locked by a password."""
    for what, most in (
        (resource.RLIMIT_CPU, PROCESSOR_SECONDS),
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
    try:
        document = pypdfium2.PdfDocument(sys.stdin.buffer.read())
        pages = len(document)
        page = document[0]
        longest = max(page.get_size())
        picture = page.render(scale=EDGE / longest, may_draw_forms=False).to_pil().convert("RGB")
    except (pypdfium2.PdfiumError, ValueError, ZeroDivisionError, IndexError):
        return 3
    if min(picture.size) < SMALLEST:
        return 3
    picture.thumbnail((EDGE, EDGE))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=80, optimize=True)
    sys.stdout.buffer.write(struct.pack("!I", pages) + out.getvalue())
    return 0


if __name__ == "__main__":
    sys.exit(main())
