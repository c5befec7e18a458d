"""The commands: reference data, demo, worker, documents, ledger, accounts, health."""

from __future__ import annotations

import json
import logging
import signal
import sys
import threading
from typing import Any

import click
from flask import current_app
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError, ProgrammingError, SQLAlchemyError

from helpdesk.adapters import schema
from helpdesk.adapters.signing import SigningUnavailable
from helpdesk.adapters.signing import keys as signing_keys
from helpdesk.adapters.storage import StorageTrouble
from helpdesk.adapters.storage.chosen import storage_from
from helpdesk.adapters.wake import bell_from
from helpdesk.cli import city, drawing
from helpdesk.db import begin, db, transaction
from helpdesk.domain import (
    accounts,
    article_search,
    attachments,
    file_checks,
    keeping,
    ledger_checks,
    life,
    papers,
    reference,
    seals,
    search,
    working_calendar,
)
from helpdesk.errors import Refused
from helpdesk.jobs import post, registry, worker
from helpdesk.models import Account, Case, Event, MailboxState, Role
from helpdesk.presentation.words import refusal_text
from helpdesk.rules.policy import SYSTEM


def fail(text: str) -> None:
    """End with one line on standard error and a status that is not zero."""
    click.echo(text, err=True)
    sys.exit(1)


class Command(click.Command):
    """A command that says in one line when the database is not there or has none of our tables."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (OperationalError, ProgrammingError) as error:
            reason = str(error.orig).strip().partition("\n")[0]
            fail(f"the database is not ready ({reason}). Check DATABASE_URL, then run: flask db upgrade")


@click.command("reference", cls=Command)
def reference_command() -> None:
    """Load or refresh districts, network, fields, schemes and the working calendar."""
    with transaction():
        rows = reference.load_all()
    click.echo(", ".join(f"{name} {n}" for name, n in rows.items()))


@click.command("demo", cls=Command)
@click.option("--if-empty", is_flag=True, help="Do nothing, without complaint, when there are cases already.")
@click.option("--force", is_flag=True, help="Add the demo data although the database is not empty.")
@click.option("--cases", "n_cases", type=click.IntRange(20, 2000), default=300, show_default=True, help="How many.")
@click.option("--logins", is_flag=True, help="Only print the demo logins.")
def demo_command(if_empty: bool, force: bool, n_cases: int, logins: bool) -> None:
    """Fill an empty database with a lived-in city: stations, experts, companies, cases, conversations."""
    if logins:
        click.echo(city.logins_text())
        return
    filled = db.session.scalar(select(func.count()).select_from(Case)) or db.session.scalar(
        select(func.count()).select_from(Account)
    )
    db.session.rollback()
    if filled and if_empty:
        click.echo("the database has data already; nothing to do")
        return
    if filled and not force:
        fail("the database is not empty. Use a new one, or say --force to add the demo data all the same.")
    city.build(n_cases, tell=click.echo)


@click.command("work", cls=Command)
@click.option("--once", is_flag=True, help="Do what is due now, then end.")
def work_command(once: bool) -> None:
    """Run the background worker until it is told to stop."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    with db.engine.connect() as connection:
        trouble = schema.state(connection).trouble
    if trouble:
        fail(f"the worker does not start: {trouble}")
    # WeasyPrint tells every step of every page at this level.
    logging.getLogger("weasyprint").setLevel(logging.WARNING)
    outside = registry.outside_from(current_app.config)
    if once:
        worker.tick()
        worker.go_round(outside)
        click.echo(f"{worker.run_due(outside)} jobs done")
        return
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    worker.work(outside, bell_from(current_app.config["REDIS_URL"]), stop)


@click.group("docs")
def docs_group() -> None:
    """Documents that are drawn from the tables."""


@docs_group.command("draw", cls=Command)
@click.option("--check", is_flag=True, help="Write nothing; fail when a document is stale.")
def docs_draw(check: bool) -> None:
    """Draw docs/lifecycle.md, docs/permissions.md, docs/events.md and docs/settings.md."""
    stale = drawing.draw_all(write=not check)
    if check and stale:
        fail(f"stale: {', '.join(stale)}. Run script/draw and commit the result.")
    click.echo("drawn: " + (", ".join(stale) or "nothing had changed"))


@click.group("ledger")
def ledger_group() -> None:
    """The hours ledger."""


@ledger_group.command("verify", cls=Command)
def ledger_verify() -> None:
    """Walk the chain and compare it with visits and certificates; fails naming the first row that does not hold."""
    found = ledger_checks.look()
    if found.troubles:
        fail(f"the ledger does not hold: {found.first}.")
    click.echo("the ledger holds")


@click.command("doctor", cls=Command)
def doctor_command() -> None:
    """Replay every case's events and compare with its state; verify the ledger."""
    troubles = []
    for case in db.session.scalars(select(Case)):
        events = list(db.session.scalars(select(Event).where(Event.case_id == case.id)))
        try:
            status = life.replay(events)
        except ValueError as error:
            troubles.append(str(error))
            continue
        if status != case.status:
            troubles.append(f"case {case.id}: events say {status.value}, the row says {case.status.value}")
    if (ledger := ledger_checks.look()).troubles:
        troubles.append(f"the ledger does not hold: {ledger.first}")
    if troubles:
        fail("\n".join(troubles))
    click.echo("all well")


@click.command("create-admin", cls=Command)
@click.argument("login")
@click.option("--name", default="管理员")
@click.password_option()
def create_admin(login: str, name: str, password: str) -> None:
    """Make the first administrator."""
    try:
        with transaction():
            accounts.grant(accounts.create(login=login, name=name, password=password), Role.ADMIN)
    except Refused as refusal:
        fail(refusal_text(refusal))
    click.echo(f"{login} may sign in now")


@click.group("helpdesk")
def helpdesk_group() -> None:
    """Upkeep of the desk."""


helpdesk_group.add_command(ledger_group)


@helpdesk_group.command("reindex", cls=Command)
def reindex_command() -> None:
    """Write the search index anew, for example after a restore or a change of how words are cut."""
    with transaction():
        length = db.session.scalar(select(func.count()).select_from(Case).where(Case.number.is_not(None))) or 0
        with click.progressbar(length=length, label="cases", file=sys.stderr) as bar:
            done = search.reindex(lambda now, _all: bar.update(now - bar.pos))
        read = article_search.reindex()
    click.echo(f"{done} cases are in the index, {read} articles in theirs")


@helpdesk_group.command("reseal", cls=Command)
def reseal_command() -> None:
    """Seal identity numbers and the keys of robots and webhooks with the present SECRET_KEY; afterwards SECRET_KEY_OLD
    may go."""
    with transaction():
        done = seals.reseal()
    click.echo(f"{done} keys and numbers are sealed with the present SECRET_KEY")


@helpdesk_group.command("check-db", cls=Command)
def check_db_command() -> None:
    """Compare the database with this version: its revision, tables, columns, indexes, checks, triggers and append-only
    protections. Prints a line for each difference with what to do, and fails."""
    with db.engine.connect() as connection:
        state = schema.state(connection)
        found = [] if state.trouble else schema.differences(connection)
    if state.trouble:
        fail(state.trouble)
    if found:
        fail("\n".join(found))
    click.echo(f"the database is what this version wants (revision {state.database})")


# What a mail server understands (sysexits.h): nothing was given; ask again later.
EX_DATAERR, EX_TEMPFAIL = 65, 75


@helpdesk_group.command("mail-in")
@click.option("--to", default="", metavar="ADDRESS", help="The address the mail server took it for (envelope).")
@click.option("--json", "as_json", is_flag=True, help="Print what was read of it as one line of JSON.")
def mail_in_command(to: str, as_json: bool) -> None:
    """Take in one letter from standard input, as a mail server's pipe: `mail-in < message.eml`.

    It is kept before it is read. Ends with 75 when it could not be kept, so that the mail server tries again.
    """
    most = current_app.config["MAX_MAIL_MB"] * 1024 * 1024
    raw = sys.stdin.buffer.read(most + 1)
    if not raw.strip():
        click.echo("there is no letter on standard input. Use: flask helpdesk mail-in < message.eml", err=True)
        sys.exit(EX_DATAERR)
    try:
        row, is_new = post.take_in(
            raw[:most], storage_from(current_app.config), source="pipe", to=to, is_cut=len(raw) > most
        )
    except (SQLAlchemyError, OSError) as error:
        click.echo(f"not kept, try again later ({type(error).__name__})", err=True)
        sys.exit(EX_TEMPFAIL)
    case = row.case
    db.session.rollback()
    told: dict[str, Any] = {
        "letter": row.id, "new": is_new, "status": row.status.value, "kind": row.kind.value, "why": row.why,
        "from": row.address, "name": row.name, "subject": row.subject,
        "case": (case.number or "draft") if case is not None else None,
    }  # fmt: skip
    if as_json:
        told |= {"text": row.text, "quoted": row.quoted, "files": row.files}
        click.echo(json.dumps(told, ensure_ascii=False))
    else:
        click.echo(" ".join(f"{name}={value}" for name, value in told.items() if value not in ("", None)))


@helpdesk_group.command("mail-fetch", cls=Command)
def mail_fetch_command() -> None:
    """Empty the mailbox of IMAP_URL once, now."""
    outside = registry.outside_from(current_app.config)
    if not outside.mailboxes:
        fail("no mailbox is set. Set IMAP_URL=imaps://user:password@host/INBOX")
    new = sum(post.empty(box, outside.storage) for box in outside.mailboxes)
    done = worker.run_due(outside, ("post",))
    begin(read_only=True)
    states = [row for row in (db.session.get(MailboxState, box.name[:120]) for box in outside.mailboxes) if row]
    if trouble := next((row.error for row in states if row.error), ""):
        fail(f"the mailbox could not be read to its end: {trouble}")
    click.echo(f"{new} new letters, {done} read")


@helpdesk_group.command("forget-files", cls=Command)
@click.argument("number")
def forget_files_command(number: str) -> None:
    """Delete every file of a case, with its name; for a request under PIPL art. 47, for example."""
    storage = storage_from(current_app.config)
    with transaction():
        case = db.session.scalar(select(Case).where(Case.number == number))
        count = attachments.forget(case, SYSTEM) if case is not None else None
    if count is None:
        fail(f"there is no case {number}.")
    try:
        with transaction():
            attachments.sweep(storage)
    except StorageTrouble as trouble:
        fail(f"the files are taken away; their bytes could not be deleted yet ({trouble}). The worker tries again.")
    click.echo(f"{count} files of {number} are deleted")


@helpdesk_group.command("anonymise", cls=Command)
@click.option("--dry-run", is_flag=True, help="Only say which cases are due.")
def anonymise_command(dry_run: bool) -> None:
    """Take names, words, files and letters of cases away whose term is over, as the worker does every night."""
    begin(read_only=dry_run)
    count, numbers = keeping.count_due(), keeping.numbers_due(100)
    db.session.rollback()
    if dry_run:
        click.echo(f"{count} cases are due" + (f": {', '.join(numbers)}" if numbers else ""))
        return
    done = 0
    while True:
        with transaction():
            portion = keeping.next_portion()
        db.session.remove()
        done += portion
        if portion < keeping.PORTION:
            break
    click.echo(f"{done} cases are anonymous; the worker deletes their files")


@helpdesk_group.command("check-files", cls=Command)
def check_files_command() -> None:
    """Compare files and rows now, as the worker does every night; fails when something is missing or damaged."""
    storage = storage_from(current_app.config)
    try:
        found = file_checks.look(storage)
        db.session.rollback()
        with transaction():
            row = file_checks.settle(found, storage)
    except StorageTrouble as trouble:
        fail(f"the files cannot be reached: {trouble}")
    said = f"{row.files} files, {row.missing} missing, {row.damaged} damaged, {row.orphans} orphans deleted"
    if row.kept_back:
        said += (
            f"; {row.kept_back} orphans kept back, because they are most of all: do database and files belong together?"
        )
    if row.missing or row.damaged or row.kept_back:
        fail(said)
    click.echo(said)


@helpdesk_group.command("verify-paper", cls=Command)
@click.argument("file", type=click.File("rb"))
def verify_paper_command(file: Any) -> None:
    """Compare a PDF with what was issued; fails unless it is genuine, unaltered and in force."""
    begin(read_only=True)
    said = papers.check_file(file.read())
    line = " ".join(part for part in (said.state, said.number, said.name) if part)
    if said.state != "valid":
        fail(line)
    click.echo(line)


@helpdesk_group.command("signing-key", cls=Command)
def signing_key_command() -> None:
    """Show the key that signs papers, and those that did."""
    try:
        mine = registry.outside_from(current_app.config).signer.identity
    except SigningUnavailable as problem:
        fail(str(problem))
    begin(read_only=True)
    for row in papers.signing_certificates():
        here = "now" if mine is not None and row.fingerprint == mine.fingerprint else "before"
        click.echo(f"{here} {row.fingerprint[:16]} {row.algorithm} until {row.valid_until:%Y-%m-%d} {row.name}")
    if mine is not None:
        click.echo(f"signing with {mine.fingerprint[:16]} {mine.algorithm} until {mine.valid_until:%Y-%m-%d}")


@helpdesk_group.command("signing-rotate", cls=Command)
@click.option("--algorithm", type=click.Choice(signing_keys.ALGORITHMS), default="ecdsa-p256", show_default=True)
def signing_rotate_command(algorithm: str) -> None:
    """Make a new key under the development authority. Papers signed before stay valid; restart the workers."""
    if current_app.config["SIGNING_KEY"]:
        fail("SIGNING_KEY names a key of your own: put the new one in its place and restart the workers.")
    made = signing_keys.rotate(signing_keys.folder(), current_app.config["SITE_NAME"], algorithm=algorithm).identity
    click.echo(
        f"new key {made.fingerprint[:16]} {made.algorithm} until {made.valid_until:%Y-%m-%d}; restart the workers"
    )


@helpdesk_group.group("calendar")
def calendar_group() -> None:
    """Public holidays and make-up working days."""


@calendar_group.command("import", cls=Command)
@click.argument("file", type=click.File(encoding="utf-8-sig"))
@click.option("--source", required=True, help="The notice the days come from.")
def calendar_import_command(file: Any, source: str) -> None:
    """Load whole years from a CSV: day,kind[holiday|workday],name. A bad row loads nothing."""
    try:
        with transaction():
            years = working_calendar.load(None, file.read(), source=source)
    except (Refused, UnicodeDecodeError) as refusal:
        fail(f"nothing was loaded: {refusal}. Lines look like 2027-01-01,holiday,元旦")
    click.echo(f"loaded {', '.join(map(str, years))}; running promises were reckoned anew")


@calendar_group.command("show", cls=Command)
def calendar_show_command() -> None:
    """Which years are known, and from where."""
    for year in working_calendar.years():
        click.echo(f"{year.year}: {len(year.days)} days differ ({year.source})")
    click.echo(f"known until the end of {working_calendar.known_until() or 'no year: due dates are Monday to Friday'}")


COMMANDS: tuple[Any, ...] = (
    reference_command, demo_command, work_command, docs_group, ledger_group, helpdesk_group, doctor_command,
    create_admin,
)  # fmt: skip
