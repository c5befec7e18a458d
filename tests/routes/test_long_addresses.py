"""An address longer than any of ours is answered with 414 in words, by the application and by the server before it."""

from __future__ import annotations

import runpy
import socket
from pathlib import Path

import pytest
from gunicorn.http.errors import LimitRequestLine

CONFIG = Path(__file__).resolve().parents[2] / "script" / "gunicorn_conf.py"


@pytest.mark.parametrize("path", ["/cases?q=", "/articles?q=", "/t/", "/requests/new?category="])
def test_the_application_says_so_in_words(browser, path):
    page = browser.get(path + "长" * 900, as_="wang", expect=414)
    assert page.says("网址太长了") and page.says("回首页")
    assert browser.get(path.replace("/t/", "/?t=") + "a" * 500, as_="wang")
    english = browser.get(path + "a" * 8100, as_="wang", expect=414, htmx=True)
    assert english.says("网址太长了")


def test_the_server_says_so_where_the_application_is_never_asked():
    worker = runpy.run_path(str(CONFIG))["worker_class"]
    ours, theirs = socket.socketpair()
    with ours, theirs:
        worker.handle_error(object.__new__(worker), None, ours, None, LimitRequestLine(9000, 8190))
        said = theirs.recv(4000).decode()
    assert said.startswith("HTTP/1.1 414 ") and "网址太长了" in said and "too long" in said
    head, body = said.split("\r\n\r\n", 1)
    assert f"Content-Length: {len(body.encode())}" in head
