"""Style sheets: one for each kind of page, kept for a year under an address that changes with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpdesk.presentation import assets

CSS = Path(assets.__file__).parents[1] / "static" / "css"


def test_every_file_is_in_a_sheet():
    """A file that no sheet names reaches nobody."""
    assert {f.stem for f in CSS.glob("*.css")} == {part for parts in assets.SHEETS.values() for part in parts}


@pytest.mark.parametrize("name", sorted(assets.SHEETS))
def test_a_sheet_is_its_files_in_order_without_comments(app, browser, name):
    page = browser.open(f"/assets/{name}.css", "wang")
    text = page.get_data(as_text=True)
    assert page.mimetype == "text/css"
    assert "max-age=31536000" in page.headers["Cache-Control"]
    assert "Set-Cookie" not in page.headers, "a cache between us and the reader must never keep somebody's cookie"
    assert "/*" not in text and "*/" not in text
    firsts = []
    for part in assets.SHEETS[name]:
        rules = assets.BLANKS.sub("\n", assets.COMMENT.sub("", (CSS / f"{part}.css").read_text("utf-8"))).strip()
        assert rules in text
        firsts.append(text.index(rules))
    assert firsts == sorted(firsts)


def test_the_address_changes_with_the_sheet(app, tmp_path):
    (tmp_path / "css").mkdir()
    for file in CSS.glob("*.css"):
        (tmp_path / "css" / file.name).write_text(file.read_text("utf-8"), "utf-8")
    with app.test_request_context():
        app.static_folder = str(tmp_path)
        address = app.jinja_env.globals["sheet_url"]
        before, other = address("public"), address("case")
        changed = tmp_path / "css" / "public.css"
        changed.write_text(changed.read_text("utf-8") + "\nmain { color: red }\n", "utf-8")
        assert address("public") != before
        assert address("case") == other


def test_no_such_sheet(browser):
    assert browser.open("/assets/nothing.css", None).status_code == 404
