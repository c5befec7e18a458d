"""Names of work, and the verbs they mean. The domain asks by name; only here is a name tied to a verb."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from helpdesk import config
from helpdesk.adapters.letterbox import Mailbox
from helpdesk.adapters.letterbox.imap import ImapMailbox
from helpdesk.adapters.mail import Mailer
from helpdesk.adapters.mail.folder import FolderMailer
from helpdesk.adapters.mail.smtp import SmtpMailer
from helpdesk.adapters.pdf import PaperRenderer
from helpdesk.adapters.scan import Scanner
from helpdesk.adapters.scan.chosen import scanner_from
from helpdesk.adapters.signing import Signer
from helpdesk.adapters.signing.chosen import signer_from
from helpdesk.adapters.signing.null import NullSigner
from helpdesk.adapters.speak import Speaker
from helpdesk.adapters.speak.through_apprise import AppriseSpeaker
from helpdesk.adapters.storage import Storage
from helpdesk.adapters.storage.chosen import storage_from
from helpdesk.adapters.webhook import Poster
from helpdesk.adapters.webhook.pinned import PinnedPoster
from helpdesk.domain import (
    assignment,
    attachments,
    channels,
    complaints,
    deadlines,
    erasures,
    escalation,
    file_checks,
    file_work,
    incoming,
    keeping,
    ledger_checks,
    mailing,
    outages,
    papers,
    print_runs,
    record_terms,
    series,
    table_imports,
    unsent,
    webhooks,
)
from helpdesk.jobs import channels as news
from helpdesk.jobs import hooks, letters, post
from helpdesk.jobs import print_runs as prints


@dataclass(frozen=True)
class Outside:
    """The parts of the outside world a job may need."""

    renderer: PaperRenderer
    storage: Storage
    mailer: Mailer
    mailboxes: tuple[Mailbox, ...] = ()
    speaker: Speaker = field(default_factory=AppriseSpeaker)
    poster: Poster = field(default_factory=PinnedPoster)
    scanner: Scanner | None = None
    signer: Signer = field(default_factory=NullSigner)


def outside_from(settings: dict[str, Any]) -> Outside:
    """The real parts, chosen by settings."""
    renderer = renderer_from(settings)
    poster = PinnedPoster(ports=settings["WEBHOOK_PORTS"], local=settings["WEBHOOK_LOCAL"])
    return Outside(
        renderer,
        storage_from(settings),
        mailer_from(settings),
        mailboxes_from(settings),
        poster=poster,
        scanner=scanner_from(settings),
        signer=signer_from(settings),
    )


def mailer_from(settings: dict[str, Any]) -> Mailer:
    """SMTP where MAIL_URL names a server; else letters lie as files in the instance folder and leave nothing."""
    url = settings["MAIL_URL"]
    return SmtpMailer(url) if url else FolderMailer(Path(settings["MAIL_DIR"]))


def mailboxes_from(settings: dict[str, Any]) -> tuple[Mailbox, ...]:
    """The mailbox that IMAP_URL names, if any. Raises ValueError for nonsense."""
    url = settings["IMAP_URL"]
    return (ImapMailbox(url, largest=settings["MAX_MAIL_MB"] * 1024 * 1024),) if url else ()


def renderer_from(settings: Mapping[str, Any]) -> PaperRenderer:
    """One renderer a process: its fonts are read once."""
    return _renderer(settings["PDF_ENGINE"], settings["SITE_NAME"], settings["SITE_NAME_EN"])


@lru_cache(maxsize=4)
def _renderer(engine: str, site_name: str, site_name_en: str) -> PaperRenderer:
    if engine == "null":
        from helpdesk.adapters.pdf.null import NullRenderer

        return NullRenderer()
    from helpdesk.adapters.pdf.weasyprint import WeasyPrintRenderer

    return WeasyPrintRenderer(site_name=site_name, site_name_en=site_name_en)


@dataclass(frozen=True)
class Work:
    """A job in two parts: the slow one reads and prepares without holding the database's write lock, the quick one
    writes down the effect in one transaction with the mark that the job is done.

    A lane is worked by a thread of its own, so that a mail server that hangs holds up no paper. What fails is tried
    again after `first`, then after twice as long each time up to `longest`; after `tries` it is given up. `stumble`
    writes down each try that failed.
    """

    prepare: Callable[[Outside, dict[str, Any]], Any]
    finish: Callable[[dict[str, Any], Any], object]
    lane: str = "papers"
    lease: timedelta = timedelta(seconds=60)
    tries: int = 8
    first: Callable[[], timedelta] = lambda: timedelta(seconds=2)
    longest: timedelta = timedelta(hours=1)
    give_up: Callable[[dict[str, Any], str], object] | None = None
    stumble: Callable[[dict[str, Any], Exception], object] | None = None

    def pause(self, attempts: int) -> timedelta:
        """How long to rest after so many tries."""
        return min(self.longest, self.first() * 2 ** min(attempts - 1, 20))


# Eighteen tries, four hours apart in the end: whoever we write to may be away for a day and a half.
PATIENT: dict[str, Any] = {
    "lease": timedelta(minutes=5),
    "tries": 18,
    "first": lambda: timedelta(seconds=config.setting("MAIL_RETRY_SECONDS")),
    "longest": timedelta(hours=4),
}

JOBS: dict[str, Work] = {
    papers.DRAW: Work(
        prepare=lambda outside, payload: papers.draw(
            payload["kind"], int(payload["id"]), outside.renderer, outside.signer, outside.storage
        ),
        finish=lambda payload, drawn: papers.mark_drawn(payload["kind"], int(payload["id"]), drawn),
    ),
    keeping.ROUND: Work(
        prepare=lambda _outside, _payload: None,
        finish=lambda payload, _nothing: keeping.go_round(payload),
        lease=timedelta(minutes=10),
    ),
    erasures.CARRY_OUT: Work(
        prepare=lambda _outside, _payload: None,
        finish=lambda payload, _nothing: erasures.carry_out(payload),
        lease=timedelta(minutes=10),
    ),
    keeping.DELETE_BYTES: Work(
        prepare=lambda outside, payload: keeping.delete_bytes(payload, outside.storage),
        finish=lambda _payload, _nothing: None,
        lane="files",
        tries=54,
        first=lambda: timedelta(seconds=10),
        longest=timedelta(minutes=30),
    ),
    # A lane of its own: a season of thousands holds up no new certificate.
    print_runs.DRAW: Work(
        prepare=lambda outside, payload: print_runs.draw_portion(
            int(payload["run_id"]), int(payload["position"]), outside.renderer, outside.signer, outside.storage
        ),
        finish=lambda payload, portion: print_runs.finish_portion(
            int(payload["run_id"]), int(payload["position"]), portion
        ),
        lane="prints",
        lease=timedelta(minutes=5),
        tries=5,
        give_up=lambda payload, error: print_runs.give_up(int(payload["run_id"]), error),
    ),
    print_runs.BIND: Work(
        prepare=lambda outside, payload: prints.bind(outside.storage, payload),
        finish=lambda payload, done: print_runs.finish_binding(int(payload["run_id"]), *done),
        lane="prints",
        lease=timedelta(minutes=30),
        tries=5,
        give_up=lambda payload, error: print_runs.give_up(int(payload["run_id"]), error),
    ),
    print_runs.SWEEP: Work(
        prepare=lambda outside, _payload: outside.storage,
        finish=lambda _payload, storage: print_runs.sweep(storage),
        lane="files",
    ),
    series.MAKE: Work(
        prepare=lambda _outside, _payload: None,
        finish=lambda payload, _nothing: series.make(payload),
    ),
    deadlines.RECKON: Work(
        prepare=lambda _outside, _payload: None,
        finish=lambda payload, _nothing: deadlines.reckon(payload),
    ),
    attachments.SWEEP: Work(
        prepare=lambda outside, _payload: outside.storage,
        finish=lambda _payload, storage: attachments.sweep(storage),
        lane="files",
    ),
    # A scanner may be away for a day; then whoever opens the file is asked first.
    attachments.SCAN: Work(
        prepare=lambda outside, payload: (
            file_work.scan(int(payload["attachment_id"]), outside.scanner, outside.storage),
            outside.storage,
        ),
        finish=lambda payload, said: file_work.mark_scanned(int(payload["attachment_id"]), *said),
        lane="files",
        lease=timedelta(minutes=5),
        tries=54,
        first=lambda: timedelta(seconds=10),
        longest=timedelta(minutes=30),
        give_up=lambda payload, error: file_work.give_up_scanning(int(payload["attachment_id"]), error),
    ),
    attachments.DRAW: Work(
        prepare=lambda outside, payload: (
            file_work.draw(int(payload["attachment_id"]), outside.storage),
            outside.storage,
        ),
        finish=lambda payload, drawn: file_work.mark_drawn(int(payload["attachment_id"]), *drawn),
        lane="files",
        lease=timedelta(minutes=2),
        tries=4,
    ),
    file_checks.CHECK: Work(
        prepare=lambda outside, _payload: (file_checks.look(outside.storage), outside.storage),
        finish=lambda _payload, looked: file_checks.settle(*looked),
        lane="files",
        lease=timedelta(hours=2),
        tries=3,
        first=lambda: timedelta(minutes=10),
    ),
    ledger_checks.CHECK: Work(
        prepare=lambda _outside, _payload: ledger_checks.look(),
        finish=lambda _payload, found: ledger_checks.settle(found),
        lane="files",
        lease=timedelta(hours=2),
        tries=3,
        first=lambda: timedelta(minutes=10),
    ),
    # A letter that three tries could not read is for a person to look at.
    incoming.READ: Work(
        prepare=lambda outside, payload: post.open_one(outside.storage, payload),
        finish=post.place,
        lane="post",
        lease=timedelta(minutes=5),
        tries=3,
        give_up=post.give_up,
    ),
    mailing.SEND: Work(
        prepare=lambda outside, payload: letters.deliver(outside.mailer, payload),
        finish=letters.note,
        lane="mail",
        give_up=letters.give_up,
        **PATIENT,
    ),
    channels.SEND: Work(
        prepare=lambda outside, payload: news.tell(outside.speaker, payload),
        finish=news.note,
        lane="news",
        give_up=news.give_up,
        stumble=news.stumble,
        **PATIENT,
    ),
    webhooks.SEND: Work(
        prepare=lambda outside, payload: hooks.deliver(outside.poster, payload),
        finish=hooks.note,
        lane="hooks",
        give_up=hooks.give_up,
        stumble=hooks.stumble,
        **PATIENT,
    ),
}
LANES: tuple[str, ...] = ("papers", "mail", "post", "news", "hooks", "files", "prints")


@dataclass(frozen=True)
class Every:
    """A clock job: every so many seconds, and the verb."""

    name: str
    seconds: int
    verb: Callable[[], object] = field(repr=False)


@dataclass(frozen=True)
class Round:
    """What a lane looks after by itself every so many seconds, outside any transaction: it may take its time."""

    name: str
    seconds: int
    lane: str
    verb: Callable[[Outside], object] = field(repr=False)


ROUNDS: tuple[Round, ...] = (
    Round("post.fetch", 60, "post", lambda outside: post.fetch(outside.mailboxes, outside.storage)),
)
SCHEDULE: tuple[Every, ...] = (
    Every("offers.expire", 60, assignment.expire_due),
    Every("cases.escalate", 60, escalation.escalate),
    Every("cases.return_uncontacted", 300, assignment.return_uncontacted),
    Every("mailboxes.watch", 60, outages.watch),
    Every("records.terms", 600, record_terms.go_round),
    Every("complaints.watch", 600, complaints.watch),
    Every("mails.gather", 300, mailing.gather_digests),
    Every("attachments.sweep", 3600, attachments.ask_to_sweep),
    Every("attachments.scan", 3600, file_work.ask_to_scan),
    Every("files.check", 3600, file_checks.ask_to_check),
    Every("ledger.check", 3600, ledger_checks.ask_to_check),
    Every("unsent.sweep", 3600, unsent.sweep),
    Every("series.ask", 3600, series.ask_for_due),
    Every("keeping.ask", 3600, keeping.ask_for_round),
    Every("print_runs.sweep", 3600, print_runs.ask_to_sweep),
    Every("table_imports.sweep", 3600, table_imports.sweep),
)
