"""A mailbox over IMAP. What is safe with us is put into a folder beside, so that the inbox holds what nobody took.

Not the mark "seen" says what was taken: people look into such mailboxes with other programs, too.
"""

from __future__ import annotations

import contextlib
import re
import ssl
from collections.abc import Iterator
from imaplib import IMAP4
from urllib.parse import parse_qs, unquote, urlsplit

from imap_tools import BaseMailBox, MailBox, MailBoxUnencrypted
from imap_tools.errors import ImapToolsError

from helpdesk.adapters.letterbox import MailboxTrouble

TIMEOUT = 30
# A round takes at most so many; the next one goes on.
MOST_A_ROUND = 200
TROUBLE = (ImapToolsError, IMAP4.error, OSError, ssl.SSLError)


class ImapMailbox:
    """`imaps://user:password@host[:993]/INBOX?done=Done`; `imap://` for a server on the same machine."""

    def __init__(self, url: str, *, largest: int, timeout: float = TIMEOUT) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("imap", "imaps") or not parts.hostname or not parts.username:
            raise ValueError("IMAP_URL is no mailbox: imaps://user:password@host/INBOX")
        self.host, self.tls = parts.hostname, parts.scheme == "imaps"
        self.port = parts.port or (993 if self.tls else 143)
        self.user, self.password = unquote(parts.username), unquote(parts.password or "")
        self.folder = unquote(parts.path.strip("/")) or "INBOX"
        self.done_folder = parse_qs(parts.query).get("done", ["Done"])[0]
        self.largest, self.timeout = largest, timeout
        self.name = f"{self.user}@{self.host}/{self.folder}"

    def waiting(self) -> Iterator[ImapWaiting]:
        """One connection a round. Raises MailboxTrouble with the server's words, never with the password."""
        with contextlib.ExitStack() as stack:
            try:
                box = self._open()
                stack.callback(_close, box)
                uids = sorted(box.uids("ALL"), key=int)[:MOST_A_ROUND]
            except TROUBLE as error:
                raise MailboxTrouble(self._said(error)) from None
            for uid in uids:
                try:
                    raw = self._raw(box, uid)
                except TROUBLE as error:
                    raise MailboxTrouble(self._said(error)) from None
                if raw is not None:
                    yield ImapWaiting(self, box, uid, *raw)

    def _open(self) -> BaseMailBox:
        if self.tls:
            box: BaseMailBox = MailBox(
                self.host, self.port, timeout=self.timeout, ssl_context=ssl.create_default_context()
            )
        else:
            box = MailBoxUnencrypted(self.host, self.port, timeout=self.timeout)
        box.login(self.user, self.password, initial_folder=self.folder)
        if not box.folder.exists(self.done_folder):
            box.folder.create(self.done_folder)
        return box

    def _raw(self, box: BaseMailBox, uid: str) -> tuple[bytes, bool] | None:
        """The bytes of a letter, and whether only its beginning. None when another fetcher took it meanwhile."""
        _, answer = box.client.uid("fetch", uid, "(RFC822.SIZE)")
        size = re.search(rb"RFC822\.SIZE (\d+)", b" ".join(_flat(answer)))
        if size is None:
            return None
        is_cut = int(size.group(1)) > self.largest
        wanted = f"(BODY.PEEK[]<0.{self.largest}>)" if is_cut else "(BODY.PEEK[])"
        _, answer = box.client.uid("fetch", uid, wanted)
        parts = [each[1] for each in answer if isinstance(each, tuple) and len(each) > 1]
        return (bytes(parts[0]), is_cut) if parts else None

    def _said(self, error: BaseException) -> str:
        text = f"{type(error).__name__}: {error}"
        return text.replace(self.password, "***")[:300] if self.password else text[:300]


def _flat(answer: list[object]) -> list[bytes]:
    found = []
    for each in answer or []:
        found += [part for part in (each if isinstance(each, tuple) else (each,)) if isinstance(part, bytes)]
    return found


def _close(box: BaseMailBox) -> None:
    with contextlib.suppress(*TROUBLE):
        box.logout()


class ImapWaiting:
    """A letter in the mailbox."""

    def __init__(self, mailbox: ImapMailbox, box: BaseMailBox, uid: str, raw: bytes, is_cut: bool) -> None:
        self._mailbox, self._box, self._uid = mailbox, box, uid
        self.raw, self.is_cut = raw, is_cut

    def done(self) -> None:
        """Put it into the folder beside. Raises MailboxTrouble; it is then found again, and known."""
        try:
            self._box.move(self._uid, self._mailbox.done_folder)
        except TROUBLE as error:
            raise MailboxTrouble(self._mailbox._said(error)) from None
