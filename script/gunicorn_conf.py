"""Settings of the web server, and what it says where the application is never asked: of an address that is too long."""

from __future__ import annotations

from typing import Any

from gunicorn import util
from gunicorn.http.errors import LimitRequestLine
from gunicorn.workers.gthread import ThreadWorker

# The longest that gunicorn can be told.
limit_request_line = 8190

_PAGE = """<!doctype html>
<html lang="zh-Hans"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>网址太长了 · Address too long</title></head>
<body><h1>网址太长了</h1><p>请<a href="/">回首页</a>重新进，要搜的字写短些。</p>
<p lang="en">This address is too long. Please <a href="/">start at the front page</a> and search for fewer words.</p>
</body></html>
""".encode()
TOO_LONG = (
    "HTTP/1.1 414 URI Too Long\r\nConnection: close\r\nContent-Type: text/html; charset=utf-8\r\n"
    f"X-Content-Type-Options: nosniff\r\nContent-Length: {len(_PAGE)}\r\n\r\n"
).encode() + _PAGE


class HouseWorker(ThreadWorker):
    """Says in words what gunicorn says with its own bare page."""

    def handle_error(self, req: Any, client: Any, addr: Any, exc: Exception) -> None:
        """Answer what could not be read as a request."""
        if isinstance(exc, LimitRequestLine):
            util.write_nonblock(client, TOO_LONG)
        else:
            super().handle_error(req, client, addr, exc)


worker_class = HouseWorker
