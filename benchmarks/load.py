"""Requests a second over HTTP: the queue's first page, and sending a request from the last page to its receipt.

A gunicorn of the product's own kind (2 workers of 4 threads) on a SQLite database of 10,000 cases; eight clients on
this machine for a bounded number of seconds.
"""

from __future__ import annotations

import http.client
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.pages import filled
from helpdesk.config import ROOT

SECONDS, CLIENTS = 8, 8
PASSWORD = "wenqu-demo-2026"


class Client:
    """One keep-alive connection with its cookies."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.cookies = SimpleCookie()

    def ask(self, method: str, path: str, form: dict[str, str] | None = None) -> tuple[int, str, str]:
        """Status, Location and body."""
        headers = {"Cookie": "; ".join(f"{k}={m.value}" for k, m in self.cookies.items())}
        body = None
        if form is not None:
            body = urlencode(form)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.connection.request(method, path, body, headers)
        response = self.connection.getresponse()
        text = response.read().decode()
        for value in response.headers.get_all("Set-Cookie") or ():
            self.cookies.load(value)
        return response.status, response.headers.get("Location", ""), text

    def form(self, path: str) -> dict[str, str]:
        """The hidden fields of the page's last POST form: CSRF token, form key, version."""
        _, _, text = self.ask("GET", path)
        return dict(re.findall(r'<input[^>]*type="hidden"[^>]*name="([^"]+)"[^>]*value="([^"]*)"', text)) | {
            "csrf_token": re.findall(r'name="csrf_token"[^>]*value="([^"]+)"', text)[-1]
        }


def rate(port: int, make_act: Callable[[Client], Callable[[], bool]]) -> float:
    """How often a second the act succeeds, over all clients. Raises RuntimeError when it never does."""
    done, end = [0] * CLIENTS, 0.0
    acts = [make_act(Client(port)) for _ in range(CLIENTS)]
    end = time.monotonic() + SECONDS

    def run(n: int) -> None:
        while time.monotonic() < end:
            done[n] += acts[n]()

    threads = [threading.Thread(target=run, args=(n,)) for n in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if not sum(done):
        raise RuntimeError("not one request succeeded")
    return sum(done) / SECONDS


def reading_the_queue(client: Client) -> Callable[[], bool]:
    """A coordinator's first page."""
    client.ask("POST", "/login", client.form("/login") | {"login": "coordinator-baoan-fuyong", "password": PASSWORD})
    return lambda: client.ask("GET", "/queue?view=all")[0] == 200


def sending_a_request(client: Client) -> Callable[[], bool]:
    """Four pages and the submission, each time from another phone number."""

    def act() -> bool:
        first = client.form("/requests/new") | {
            "problem": "设备贷下个月到期，银行说要降额，我们该怎么谈",
            "category": "",
        }
        _, place, _ = client.ask("POST", "/requests/new", first)
        token = place.split("/drafts/")[1].split("/")[0]
        company = {"name": "某某电子有限公司", "no_code": "y", "district": "440306", "industry": "C", "employees": "28",
                   "revenue_wan": "900"}  # fmt: skip
        client.ask("POST", f"/drafts/{token}/company", client.form(f"/drafts/{token}/company") | company)
        phone = f"13{int.from_bytes(os.urandom(5), 'big') % 10**9:09d}"
        contact = {"name": "李先生", "phone": phone, "meeting": "online", "handling": "y"}
        client.ask("POST", f"/drafts/{token}/contact", client.form(f"/drafts/{token}/contact") | contact)
        status, place, _ = client.ask("POST", f"/drafts/{token}/submission", client.form(f"/drafts/{token}/check"))
        return status == 303 and place.endswith("/receipt")

    return act


def main() -> None:
    """Print both rates."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with filled(10_000, folder):
            pass
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        env = {**os.environ, "DATABASE_URL": f"sqlite:///{folder / '10000.db'}", "INSTANCE_DIR": name}
        server = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "wsgi:app", "--worker-class", "gthread", "--workers", "2", "--threads", "4",
             "--bind", f"127.0.0.1:{port}", "--log-level", "error", "--no-control-socket"],
            cwd=ROOT, env=env,
        )  # fmt: skip
        try:
            _wait(port)
            print(f"{'queue, first page of 10,000 cases':<44}{rate(port, reading_the_queue):>8.0f} requests/s")
            print(
                f"{'a request sent (nine pages and posts each)':<44}{rate(port, sending_a_request):>8.1f} requests sent/s"
            )
        finally:
            server.terminate()
            server.wait(20)


def _wait(port: int) -> None:
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError("the server did not start")


if __name__ == "__main__":
    main()
