"""Webhooks: other people's programs are told what happened, signed, until they say yes or we give up.

A delivery is a row in the transaction of its event and holds what it tells, so that every try says the same under the
same id. Facts only: no name, no contact, no word that anybody typed.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select, update

from helpdesk import clock, config
from helpdesk.adapters.webhook import Forbidden, addresses
from helpdesk.db import db
from helpdesk.domain.later import afresh, later
from helpdesk.errors import NotFound, Refused
from helpdesk.models import Case, Event, Outage, SendStatus, Station, Webhook, WebhookDelivery
from helpdesk.rules import policy
from helpdesk.rules.mailing import GROUP_OF
from helpdesk.rules.policy import Who

SEND = "webhook.send"
TEST = "test"
MOST = 20
SHOWN = 50
# So many tries in a row without a yes, over at least so long, and we stop by ourselves; or one delivery given up.
FAILURES, FAILING_HOURS = 100, 1
GONE = 410
SECRET_PREFIX = "whsec_"  # noqa: S105

# What a receiver may wish for: everything that somebody is told by letter.
# What is said inside the house (a colleague named in a note) is no other platform's business.
# Of the desk itself: a mailbox that cannot be read, and that it can be again.
SILENT, BACK = "mailbox.silent", "mailbox.back"
OF_CASES: tuple[str, ...] = tuple(kind for kind, group in GROUP_OF.items() if group.name != "mentions")
KINDS: tuple[str, ...] = (*OF_CASES, SILENT, BACK)


# --- writing, in the transaction of the event ---


def write(event: Event, case: Case, *, leaves_at: datetime | None = None) -> None:
    """A delivery for each webhook that wishes for this kind of event."""
    if event.kind not in OF_CASES:
        return
    for webhook in _wishing_for(event.kind):
        _add(webhook, event.kind, facts_of(event, case), leaves_at or event.at, event_id=event.id)


def write_of_outage(outage: Outage, *, is_over: bool) -> None:
    """A delivery for each webhook that wishes to hear of mailboxes."""
    kind = BACK if is_over else SILENT
    facts = {"timestamp": _iso(clock.now()), "mailbox": outage.mailbox, "since": _iso(outage.since)}
    for webhook in _wishing_for(kind):
        _add(webhook, kind, facts, clock.now(), event_id=None)


def _wishing_for(kind: str) -> list[Webhook]:
    rows = db.session.scalars(
        select(Webhook)
        .where(Webhook.is_on, Webhook.retired_at.is_(None), Webhook.paused_at.is_(None))
        .order_by(Webhook.id)
    )
    return [webhook for webhook in rows if kind in webhook.kinds]


def facts_of(event: Event, case: Case) -> dict[str, Any]:
    """What is told of an event: when, and codes of the case as it then was."""
    station = db.session.get(Station, case.station_id) if case.station_id else None
    return {
        "timestamp": _iso(event.at),
        "number": case.number,
        "state": event.to_status or case.status.value,
        "category": case.category_code,
        "district": case.district,
        "station": station.code if station else None,
    }


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _add(
    webhook: Webhook, kind: str, payload: dict[str, Any], leaves_at: datetime, *, event_id: int | None
) -> WebhookDelivery:
    row = WebhookDelivery(
        webhook_id=webhook.id,
        event_id=event_id,
        uid=f"msg_{secrets.token_hex(12)}",
        kind=kind,
        payload=payload,
        status=SendStatus.WAITING,
        created_at=clock.now(),
        leaves_at=leaves_at,
    )
    db.session.add(row)
    db.session.flush()
    later(SEND, key=str(row.id), run_at=leaves_at, delivery_id=row.id)
    return row


def untell(case: Case) -> None:
    """Take back what has not left yet: an offer undone in its first seconds was never made."""
    of_case = select(Event.id).where(Event.case_id == case.id)
    db.session.execute(
        update(WebhookDelivery)
        .where(
            WebhookDelivery.event_id.in_(of_case),
            WebhookDelivery.leaves_at > clock.now(),
            WebhookDelivery.status == SendStatus.WAITING,
        )
        .values(status=SendStatus.DROPPED, error="undone")
        .execution_options(synchronize_session=False)
    )


# --- webhooks: the operator's ---


def listed(by: Who) -> list[Webhook]:
    """All there are, in the order they were made."""
    policy.require(by, "webhooks.edit")
    return list(db.session.scalars(select(Webhook).where(Webhook.retired_at.is_(None)).order_by(Webhook.id)))


def by_id(by: Who, webhook_id: int) -> Webhook:
    """The webhook. Raises NotFound for one that was taken away."""
    policy.require(by, "webhooks.edit")
    row = db.session.get(Webhook, webhook_id)
    if row is None or row.retired_at is not None:
        raise NotFound("webhook")
    return row


def put(
    by: Who, webhook: Webhook | None, *, url: str, kinds: Collection[str], is_on: bool, seen: int | None = None
) -> Webhook:
    """Make a webhook (None) or change one.

    Raises Refused for an address that is none of the public web, no kind, one too many, or a change in between.
    """
    policy.require(by, "webhooks.edit")
    url = url.strip()
    try:
        addresses.read(url, ports=config.setting("WEBHOOK_PORTS"), local=config.setting("WEBHOOK_LOCAL"))
    except Forbidden as error:
        raise Refused(error.code, field="url") from None
    wished = [kind for kind in KINDS if kind in kinds]
    if not wished:
        raise Refused("webhook_kinds", field="kinds")
    others = [row for row in listed(by) if webhook is None or row.id != webhook.id]
    if any(row.url == url for row in others):
        raise Refused("webhook_twice", field="url")
    if webhook is None:
        if len(others) >= MOST:
            raise Refused("too_many_webhooks", limit=MOST)
        webhook = Webhook(secret=_new_secret(), created_at=clock.now(), version=0, failures=0)
    else:
        db.session.refresh(webhook, with_for_update=True)
        if seen is not None and seen != webhook.version:
            raise Refused("webhook_changed_meanwhile")
    webhook.url, webhook.kinds, webhook.is_on = url, wished, is_on
    webhook.version += 1
    db.session.add(webhook)
    db.session.flush()
    return webhook


def _new_secret() -> str:
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def renew_secret(webhook: Webhook, by: Who) -> str:
    """A new secret from the next try on; the old one is worth nothing. Returns it: it is shown this once."""
    policy.require(by, "webhooks.edit")
    webhook.secret = _new_secret()
    webhook.version += 1
    db.session.flush()
    return webhook.secret


def go_on(webhook: Webhook, by: Who) -> None:
    """Tell a webhook again that we had stopped telling."""
    policy.require(by, "webhooks.edit")
    webhook.paused_at, webhook.failures, webhook.failing_since = None, 0, None
    db.session.flush()


def retire(webhook: Webhook, by: Who) -> None:
    """Take a webhook away; what waited is not told. Said twice it is once."""
    policy.require(by, "webhooks.edit")
    webhook.retired_at, webhook.is_on = webhook.retired_at or clock.now(), False
    db.session.execute(
        update(WebhookDelivery)
        .where(WebhookDelivery.webhook_id == webhook.id, WebhookDelivery.status == SendStatus.WAITING)
        .values(status=SendStatus.DROPPED, error="off")
        .execution_options(synchronize_session=False)
    )
    db.session.flush()


def test(webhook: Webhook, by: Who) -> WebhookDelivery:
    """Tell it something without a case, also while it is off or paused."""
    policy.require(by, "webhooks.edit")
    waits = select(WebhookDelivery.id).where(
        WebhookDelivery.webhook_id == webhook.id,
        WebhookDelivery.kind == TEST,
        WebhookDelivery.status == SendStatus.WAITING,
    )
    if db.session.scalar(waits.limit(1)):
        raise Refused("test_under_way")
    return _add(webhook, TEST, {"timestamp": _iso(clock.now())}, clock.now(), event_id=None)


# --- deliveries ---


def deliveries(
    webhook: Webhook, status: SendStatus | None = None, *, before: int | None = None, size: int = SHOWN
) -> list[WebhookDelivery]:
    """What was told or is to be told, newest first; of one state, or all."""
    query = select(WebhookDelivery).where(WebhookDelivery.webhook_id == webhook.id)
    if status is not None:
        query = query.where(WebhookDelivery.status == status)
    if before is not None:
        query = query.where(WebhookDelivery.id < before)
    return list(db.session.scalars(query.order_by(WebhookDelivery.id.desc()).limit(size)))


def failed(rows: Sequence[Webhook]) -> dict[int, int]:
    """How many deliveries to each of these were given up, by the webhook's id; none where there are none."""
    found = db.session.execute(
        select(WebhookDelivery.webhook_id, func.count())
        .where(WebhookDelivery.webhook_id.in_([row.id for row in rows]), WebhookDelivery.status == SendStatus.FAILED)
        .group_by(WebhookDelivery.webhook_id)
    )
    return {row[0]: row[1] for row in found}


def send_again(webhook: Webhook, by: Who, delivery_id: int | None = None) -> int:
    """Put one delivery that was given up back on its way, or all of them; returns how many. Their ids stay."""
    policy.require(by, "webhooks.edit")
    query = select(WebhookDelivery).where(
        WebhookDelivery.webhook_id == webhook.id, WebhookDelivery.status == SendStatus.FAILED
    )
    if delivery_id is not None:
        query = query.where(WebhookDelivery.id == delivery_id)
    rows = db.session.scalars(query.order_by(WebhookDelivery.id)).all()
    if not rows:
        raise Refused("nothing_to_resend")
    if webhook.paused_at is not None:
        raise Refused("webhook_paused")
    for row in rows:
        row.status, row.error, row.leaves_at = SendStatus.WAITING, None, clock.now()
        afresh(SEND, key=str(row.id), delivery_id=row.id)
    return len(rows)


# --- delivery: what the worker asks ---


def needless(row: WebhookDelivery) -> str:
    """Why a delivery need not be made now; "" when it should be."""
    if row.status is not SendStatus.WAITING:
        return row.error or row.status.value
    if row.webhook.retired_at is not None or (row.kind != TEST and not row.webhook.is_on):
        return "off"
    return "paused" if row.kind != TEST and row.webhook.paused_at is not None else ""


def signed(secret: str, uid: str, moment: datetime, body: bytes) -> dict[str, str]:
    """The headers by which a receiver knows us and a second try: those of Standard Webhooks, version 1."""
    if not secret:
        raise ValueError("the webhook's secret cannot be read")
    seconds = str(int(moment.timestamp()))
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    mac = hmac.new(key, f"{uid}.{seconds}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": uid,
        "webhook-timestamp": seconds,
        "webhook-signature": f"v1,{base64.b64encode(mac).decode()}",
    }


def mark_sent(delivery_id: int, code: int) -> None:
    """The receiver said yes."""
    row, webhook = _locked(delivery_id)
    row.status, row.sent_at, row.error = SendStatus.SENT, clock.now(), None
    row.tries, row.code, row.tried_at = row.tries + 1, code, clock.now()
    webhook.failures, webhook.failing_since, webhook.last_sent_at = 0, None, clock.now()


def mark_dropped(delivery_id: int, why: str) -> None:
    """It is not told: the webhook is off. What a pause stops can be sent again afterwards."""
    row, _ = _locked(delivery_id)
    if row.status is SendStatus.WAITING:
        row.status = SendStatus.FAILED if why == "paused" else SendStatus.DROPPED
        row.error = why[:200]


def stumbled(delivery_id: int, error: str, code: int | None) -> None:
    """A try failed. Too many in a row, or a receiver that says it is gone for good, and we stop by ourselves."""
    row, webhook = _locked(delivery_id)
    moment = clock.now()
    row.tries, row.code, row.error, row.tried_at = row.tries + 1, code, error[:200], moment
    webhook.failures += 1
    webhook.failing_since = webhook.failing_since or moment
    long_enough = webhook.failing_since <= moment - timedelta(hours=FAILING_HOURS)
    if code == GONE or (webhook.failures >= FAILURES and long_enough):
        _pause(webhook)


def mark_failed(delivery_id: int) -> None:
    """All tries are used up, or the address is none we speak to. Nothing arrived in all that time: we stop."""
    row, webhook = _locked(delivery_id)
    if row.status is SendStatus.WAITING:
        row.status = SendStatus.FAILED
    if row.kind != TEST and (webhook.last_sent_at is None or webhook.last_sent_at < row.created_at):
        _pause(webhook)


def _pause(webhook: Webhook) -> None:
    webhook.paused_at = webhook.paused_at or clock.now()


def _locked(delivery_id: int) -> tuple[WebhookDelivery, Webhook]:
    row = db.session.get_one(WebhookDelivery, delivery_id)
    webhook = row.webhook
    db.session.refresh(webhook, with_for_update=True)
    db.session.refresh(row)
    return row, webhook


def late(minutes: int = 15) -> int:
    """Deliveries that should have been made so many minutes ago and were not."""
    return _count(
        WebhookDelivery.status == SendStatus.WAITING,
        WebhookDelivery.leaves_at < clock.now() - timedelta(minutes=minutes),
    )


def paused() -> int:
    """Webhooks we stopped telling by ourselves."""
    query = select(func.count()).select_from(Webhook).where(Webhook.paused_at.is_not(None), Webhook.is_on)
    return db.session.scalar(query) or 0


def _count(*which: ColumnElement[bool]) -> int:
    return db.session.scalar(select(func.count()).select_from(WebhookDelivery).where(*which)) or 0
