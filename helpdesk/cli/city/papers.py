"""Pictures and papers of the demo city, drawn here: a workshop, a whiteboard, a signed sheet, a notice as PDF.

Drawn from nothing but their number, so that the same city has the same files; a few kilobytes each.
"""

from __future__ import annotations

import io

from PIL import Image, ImageDraw

from helpdesk.domain.attachments import Upload

SIZE = (1200, 900)
STEEL, FLOOR, WALL, INK, PAPER, BRAND = "#7d8b95", "#b9b2a4", "#e3e6e4", "#2b3440", "#fbfaf6", "#0f766e"


def workshop(number: int) -> Upload:
    """车间现场.jpg: a hall with a row of machines and a crane."""
    picture, pen = _sheet(WALL)
    pen.rectangle((0, 620, 1200, 900), fill=FLOOR)
    for x in range(0, 1200, 150):
        pen.polygon([(x, 0), (x + 75, 90), (x + 150, 0)], fill="#cfd6d6")
        pen.rectangle((x + 40, 150, x + 110, 260), fill="#f6f9fa", outline=STEEL, width=4)
    pen.rectangle((0, 310, 1200, 335), fill="#d9a441")
    pen.rectangle((200 + 90 * (number % 6), 335, 260 + 90 * (number % 6), 400), fill=INK)
    for place in range(4 + number % 3):
        left, high = 60 + place * 190, 380 + 18 * ((place * 7 + number) % 4)
        pen.rectangle((left, high, left + 150, 700), fill=STEEL, outline=INK, width=5)
        pen.rectangle((left + 20, high + 25, left + 130, high + 120), fill="#2f5d62")
        pen.ellipse(
            (left + 55, high + 160, left + 95, high + 200), fill="#c4483b" if place == number % 4 else "#5b9a5f"
        )
    return Upload("车间现场.jpg", _jpeg(picture))


def whiteboard(number: int) -> Upload:
    """白板照片.jpg: what was drawn together on the board."""
    picture, pen = _sheet("#c9cfd3")
    pen.rectangle((70, 60, 1130, 800), fill="#fdfdfd", outline=STEEL, width=14)
    for place, width in enumerate((260, 200, 320)):
        top = 140 + place * 200
        pen.rounded_rectangle((150, top, 150 + width, top + 110), 18, outline=BRAND, width=6)
        pen.line((150 + width, top + 55, 640, top + 55), fill=INK, width=5)
        _scribble(pen, 175, top + 40, width - 60, number + place)
        _scribble(pen, 670, top + 20, 320, number * 3 + place)
        _scribble(pen, 670, top + 60, 240, number * 5 + place)
    pen.line((880, 700, 930, 745, 1040, 610), fill="#c4483b", width=9)
    return Upload("白板照片.jpg", _jpeg(picture))


def signed_sheet(number: int) -> Upload:
    """签到表.jpg: a table on paper, photographed a little askew, with names and times in ink."""
    picture, pen = _sheet(PAPER)
    pen.rectangle((330, 70, 870, 96), fill=INK)
    for row in range(8):
        pen.line((120, 180 + row * 80, 1080, 180 + row * 80), fill=INK, width=4)
    for column in (120, 360, 640, 880, 1080):
        pen.line((column, 180, column, 740), fill=INK, width=4)
    for row in range(2 + number % 3):
        for place, left in enumerate((150, 395, 670, 910)):
            _scribble(pen, left, 290 + row * 80, 130, number + row * 4 + place)
    turned = picture.rotate(-1.5 - number % 2, fillcolor="#8b7a64", expand=True)
    return Upload("签到表.jpg", _jpeg(turned))


def notice(number: int) -> Upload:
    """通知.pdf: two or three pages with a red heading, as offices write them."""
    pages = []
    for page in range(2 + number % 2):
        strokes, top = ["3 w 0.42 0.45 0.49 RG"], 680
        if page == 0:
            strokes.append(
                "0.77 0.28 0.23 rg 160 735 275 26 re f 0.77 0.28 0.23 RG 80 715 435 1 re f 0.42 0.45 0.49 RG"
            )
        for line in range(23):
            end = 515 if line % 6 != 5 else 230 + 37 * ((number + line + page) % 7)
            strokes.append(f"{108 if line % 6 == 0 else 80} {top - line * 26} m {end} {top - line * 26} l S")
        pages.append("\n".join(strokes))
    return Upload("通知.pdf", _pdf(pages))


def _pdf(pages: list[str]) -> bytes:
    """A4 pages, each a drawing in PDF's own words (ISO 32000-1, 7.5: header, objects, table, trailer)."""
    kids = " ".join(f"{3 + 2 * n} 0 R" for n in range(len(pages)))
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>"]
    for n, drawing in enumerate(pages):
        objects.append(f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {4 + 2 * n} 0 R >>")
        objects.append(f"<< /Length {len(drawing)} >>\nstream\n{drawing}\nendstream")
    text, places = "%PDF-1.4\n", []
    for n, body in enumerate(objects, 1):
        places.append(len(text))
        text += f"{n} 0 obj\n{body}\nendobj\n"
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    size = len(objects) + 1
    end = f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer\n<< /Size {size} /Root 1 0 R >>\n"
    return f"{text}{end}startxref\n{len(text)}\n%%EOF\n".encode("ascii")


def _sheet(colour: str) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    picture = Image.new("RGB", SIZE, colour)
    return picture, ImageDraw.Draw(picture)


def _scribble(pen: ImageDraw.ImageDraw, left: int, top: int, width: int, number: int) -> None:
    """A line of handwriting from afar."""
    points = [(left + x, top + ((x * 13 + number * 29) % 23) - 11) for x in range(0, width, 12)]
    pen.line(points, fill=INK, width=4, joint="curve")


def _jpeg(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.resize((800, 600)).save(out, "JPEG", quality=50)
    return out.getvalue()
