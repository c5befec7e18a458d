"""Letters over SMTP, one connection a letter, with the standard library."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from urllib.parse import SplitResult, unquote, urlsplit

from helpdesk.adapters.mail import MailRefused, MailTrouble

# Seconds for each step of the conversation; a server that hangs holds up the mail lane and nothing else.
TIMEOUT = 20
PERMANENT = 500


class SmtpMailer:
    """`smtp://user:password@host:587` (STARTTLS where offered) or `smtps://...:465`; `?starttls=never` for a test."""

    def __init__(self, url: str, *, timeout: float = TIMEOUT) -> None:
        parts = urlsplit(url)
        self._check(parts, url)
        self.host, self.timeout = parts.hostname or "", timeout
        self.tls = parts.scheme == "smtps"
        self.port = parts.port or (465 if self.tls else 587)
        self.user, self.password = unquote(parts.username or ""), unquote(parts.password or "")
        self.plain = "starttls=never" in parts.query

    @staticmethod
    def _check(parts: SplitResult, url: str) -> None:
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise ValueError(f"{url!r} is no mail server")

    def send(self, letter: EmailMessage) -> None:
        """Hand the letter over. A 5xx for the recipient or the content is for good, everything else for later."""
        try:
            with self._connect() as server:
                server.send_message(letter)
        except smtplib.SMTPRecipientsRefused as error:
            code, answer = next(iter(error.recipients.values()))
            self._refuse(code, answer, error)
        except (smtplib.SMTPDataError, smtplib.SMTPSenderRefused) as error:
            self._refuse(error.smtp_code, error.smtp_error, error)
        except (smtplib.SMTPException, OSError) as error:
            raise MailTrouble(f"{type(error).__name__}: {error}") from error

    def _connect(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self.tls:
            server: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=self.timeout, context=context)
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=self.timeout)
        try:
            server.ehlo()
            if not self.tls and not self.plain and server.has_extn("starttls"):
                server.starttls(context=context)
                server.ehlo()
            if self.user:
                server.login(self.user, self.password)
        except BaseException:
            server.close()
            raise
        return server

    @staticmethod
    def _refuse(code: int, answer: bytes | str, error: Exception) -> None:
        text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
        if code >= PERMANENT:
            raise MailRefused(f"{code} {text}") from error
        raise MailTrouble(f"{code} {text}") from error
