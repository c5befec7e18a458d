"""A paper without drawing: one tiny valid page that says the number, for tests and machines without fonts."""

from __future__ import annotations

from helpdesk.adapters.pdf import Facts


class NullRenderer:
    """Remembers what it was asked to draw, in `rendered`."""

    def __init__(self) -> None:
        self.rendered: list[Facts] = []

    def render(self, facts: Facts) -> bytes:
        """A PDF whose only text is the paper's number. The same facts give the same bytes."""
        self.rendered.append(facts)
        return one_line_pdf(facts.number)

    def preflight(self) -> None:
        """Nothing can be missing."""


def one_line_pdf(line: str) -> bytes:
    """A valid one-page PDF with a line of ASCII letters, digits and hyphens; anything else becomes a question mark."""
    safe = "".join(c if c.isascii() and (c.isalnum() or c in "- ") else "?" for c in line)
    stream = f"BT /F1 24 Tf 60 300 Td ({safe}) Tj ET"
    bodies = (
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 842 595]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        f"<</Length {len(stream)}>>\nstream\n{stream}\nendstream",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    )
    out, offsets = "%PDF-1.4\n", []
    for number, body in enumerate(bodies, start=1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n"
    table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    count = len(bodies) + 1
    xref = f"xref\n0 {count}\n0000000000 65535 f \n{table}"
    trailer = f"trailer\n<</Size {count}/Root 1 0 R>>\nstartxref\n{len(out)}\n%%EOF\n"
    return f"{out}{xref}{trailer}".encode("ascii")
