"""Throw-away servers for the tests: PostgreSQL, Redis, IMAP, an S3 store, clamd. Started here, gone afterwards; or the
ones that a variable names."""

from __future__ import annotations

import contextlib
import grp
import hashlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool


def missing(what: str, how: str) -> None:
    """In CI a missing server is a failure, elsewhere a skip with one line saying how to get it."""
    line = f"{what} is missing: {how}"
    if os.environ.get("CI") == "true":
        pytest.fail(line)
    pytest.skip(line)


def postgres_is_here() -> bool:
    """Whether `postgres()` would find or start one."""
    return bool(os.environ.get("TEST_DATABASE_URL")) or _postgres_bin() is not None


def _postgres_bin() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[4]))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).parent if on_path else None


@contextmanager
def _running(command: list[str], log: Path, answers: Callable[[], bool], stop: signal.Signals) -> Iterator[None]:
    """A server that answers, until the block ends. The kernel stops it too when the tests are killed outright."""
    with log.open("wb") as file:
        server = subprocess.Popen(
            ["setpriv", "--pdeathsig", stop.name.removeprefix("SIG"), *command],
            stdout=file,
            stderr=subprocess.STDOUT,
            cwd="/",
            start_new_session=True,  # Ctrl-C is for the tests, which end the server when they are done with it
        )
    try:
        patience = time.monotonic() + 30
        while not answers():
            if server.poll() is not None or time.monotonic() > patience:
                pytest.fail(f"{command[-1]} did not start:\n{log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.02)
        yield
    finally:
        server.send_signal(stop)
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


@contextmanager
def postgres() -> Iterator[str]:
    """The address of an empty PostgreSQL database; a server of our own on a socket unless TEST_DATABASE_URL is set."""
    if os.environ.get("TEST_DATABASE_URL"):
        yield os.environ["TEST_DATABASE_URL"]
        return
    binaries = _postgres_bin()
    if binaries is None:
        missing("PostgreSQL", "apt-get install postgresql, or set TEST_DATABASE_URL")
        return
    # A short path of its own: a socket's whole address may have 107 bytes.
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    become = _not_root(folder)
    data = folder / "data"
    try:
        options = ["-N", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C"]
        made = subprocess.run(
            [*become, binaries / "initdb", "-D", data, *options],
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            pytest.fail(f"initdb: {made.stderr}")
        settings = ["listen_addresses=", "fsync=off", "synchronous_commit=off", "full_page_writes=off"]
        command = [*become, str(binaries / "postgres"), "-D", str(data), "-k", str(folder)]
        for each in [*settings, "max_connections=60"]:
            command += ["-c", each]
        asking = [binaries / "pg_isready", "-q", "-h", folder, "-U", "postgres"]
        with _running(
            command,
            folder / "log",
            lambda: subprocess.run(asking, cwd="/", check=False).returncode == 0,
            signal.SIGINT,  # PostgreSQL's fast shutdown: whoever is still connected is sent away
        ):
            yield f"postgresql+psycopg://postgres@/postgres?host={folder}"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def postgres_database(url: str, name: str, template: str = "template0") -> Iterator[str]:
    """The address of a new database on the server of `url`, as `template` is; dropped afterwards."""
    name = f"{name}_{os.getpid()}"
    server = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with server.connect() as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
        connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY'))
    try:
        yield make_url(url).set(database=name).render_as_string(hide_password=False)
    finally:
        with server.connect() as connection:
            connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))


def _not_root(folder: Path) -> list[str]:
    """PostgreSQL refuses to run as root: the words that let it run as its own user, who then owns the folder."""
    if os.geteuid():
        return []
    try:
        user = pwd.getpwnam("postgres")
    except KeyError:
        missing("the user postgres", "apt-get install postgresql, or set TEST_DATABASE_URL")
        raise
    os.chown(folder, user.pw_uid, user.pw_gid)
    # --pdeathsig keep: changing the user would clear the wish that _running sets.
    return [
        "setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--init-groups", "--pdeathsig", "keep",
    ]  # fmt: skip


@contextmanager
def redis() -> Iterator[str]:
    """The address of a Redis; a server of our own on a socket in a temporary folder unless TEST_REDIS_URL is set."""
    if os.environ.get("TEST_REDIS_URL"):
        yield os.environ["TEST_REDIS_URL"]
        return
    binary = shutil.which("redis-server")
    if binary is None:
        missing("Redis", "apt-get install redis-server, or set TEST_REDIS_URL")
        return
    with tempfile.TemporaryDirectory(prefix="redis-", dir="/tmp") as name:
        # A socket instead of a port: two test processes never race for the same one.
        door = Path(name) / "redis.sock"
        command = [binary, "--port", "0", "--unixsocket", str(door), "--save", "", "--dir", name]
        with _running(command, Path(name) / "log", door.is_socket, signal.SIGTERM):
            yield f"unix://{door}?db=0"


DOVECOT = """
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login
mail_location = maildir:{folder}/mail/%u
mail_uid = {uid}
mail_gid = {gid}
first_valid_uid = 1
default_internal_user = {internal}
default_login_user = {login}
default_internal_group = {group}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
"""


@contextmanager
def imap() -> Iterator[str]:
    """The address of a real IMAP server's empty inbox: `imap://desk:...@127.0.0.1:port/INBOX`. Any name signs in."""
    binary = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if binary is None:
        missing("An IMAP server", "apt-get install dovecot-imapd")
        return
    port = _free_port()
    folder = Path(tempfile.mkdtemp(prefix="imap-", dir="/tmp"))
    me = pwd.getpwuid(os.geteuid())
    names = {"internal": me.pw_name, "login": me.pw_name, "group": grp.getgrgid(me.pw_gid).gr_name}
    owner = me
    if os.geteuid() == 0:
        # Debian's package makes these users; mail itself never belongs to root.
        names, owner = {"internal": "dovecot", "login": "dovenull", "group": "dovecot"}, pwd.getpwnam("nobody")
    try:
        (folder / "mail").mkdir()
        folder.chmod(0o755)
        os.chown(folder / "mail", owner.pw_uid, owner.pw_gid)
        config = folder / "dovecot.conf"
        values = {
            "folder": folder,
            "uid": owner.pw_uid,
            "gid": owner.pw_gid,
            "port": port,
            "password": "secret",
            **names,
        }
        config.write_text(DOVECOT.format(**values))

        def answers() -> bool:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1) as line:
                return line.recv(64).startswith(b"* OK")
            return False

        with _running([binary, "-F", "-c", str(config)], folder / "out", answers, signal.SIGTERM):
            yield f"imap://desk:secret@127.0.0.1:{port}/INBOX"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def s3() -> Iterator[str]:
    """The FILES_URL of an empty bucket in an S3 store: moto's server, in a process of its own on loopback."""
    port = _free_port()
    place = f"127.0.0.1:{port}"
    with tempfile.TemporaryDirectory(prefix="s3-", dir="/tmp") as name:
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
        with _running(command, Path(name) / "log", lambda: _listens(port), signal.SIGTERM):
            with urlopen(Request(f"http://{place}/wenqu-files", method="PUT"), timeout=20) as made:
                assert made.status == 200
            yield f"s3+http://key:se%2Fcret@{place}/wenqu-files/desk"


@contextmanager
def clamd() -> Iterator[str]:
    """The CLAMD_URL of a real clamd that knows one signature of our own; skipped where there is none.

    Debian's package brings no signatures, and the real ones come over the net; set-up does not install it.
    """
    binary = shutil.which("clamd") or shutil.which("clamd", path="/usr/sbin")
    if binary is None:
        pytest.skip("clamd is missing: apt-get install clamav-daemon")
    with tempfile.TemporaryDirectory(prefix="clamd-", dir="/tmp") as name:
        folder = Path(name)
        (folder / "db").mkdir()
        digest = hashlib.md5(VIRUS, usedforsecurity=False).hexdigest()
        (folder / "db" / "own.hdb").write_text(f"{digest}:{len(VIRUS)}:Wenqu.Test\n")
        door = folder / "clamd.ctl"
        lines = [f"DatabaseDirectory {folder}/db", f"LocalSocket {door}", "Foreground yes", "StreamMaxLength 1M"]
        (folder / "clamd.conf").write_text("\n".join([*lines, f"TemporaryDirectory {folder}"]) + "\n")
        command = [binary, "--config-file", str(folder / "clamd.conf")]
        with _running(command, folder / "log", door.is_socket, signal.SIGTERM):
            yield f"unix://{door}"


# Harmless; only our own signature calls it a virus.
VIRUS = b"wenqu-test-virus: harmless, but our own signature finds it."


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
