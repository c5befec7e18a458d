"""Telling webhooks: signed at each try, posted outside any transaction, then marked."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from helpdesk import clock
from helpdesk.adapters.webhook import Forbidden, Poster, PostTrouble
from helpdesk.db import db
from helpdesk.domain import webhooks
from helpdesk.models import WebhookDelivery
from helpdesk.presentation import hooks_page


@dataclass(frozen=True)
class Told:
    """What became of one try."""

    code: int | None = None
    dropped: str = ""
    refused: str = ""


class NotTaken(PostTrouble):
    """The receiver answered, and it was no yes."""

    def __init__(self, code: int) -> None:
        super().__init__(f"HTTP {code}")
        self.code = code


def deliver(poster: Poster, payload: dict[str, Any]) -> Told:
    """One try. Raises PostTrouble when it should be tried again; the id and the body are the same in every try."""
    row = db.session.get_one(WebhookDelivery, int(payload["delivery_id"]))
    needless = webhooks.needless(row)
    if needless:
        return Told(dropped=needless)
    url, is_test = row.webhook.url, row.kind == webhooks.TEST
    body = json.dumps(hooks_page.body_of(row), ensure_ascii=True, separators=(",", ":")).encode()
    headers = {"Content-Type": "application/json", "User-Agent": "Wenqu-Webhook/1"}
    headers |= webhooks.signed(row.webhook.secret, row.uid, clock.now(), body)
    # The other side may take its time; the database is not kept waiting for it.
    db.session.rollback()
    try:
        code = poster.post(url, body, headers).status
        if not 200 <= code < 300:
            raise NotTaken(code)
    except Forbidden as error:
        return Told(refused=error.code)
    except PostTrouble as error:
        if is_test:
            return Told(refused=str(error), code=getattr(error, "code", None))
        raise
    return Told(code=code)


def note(payload: dict[str, Any], told: Told) -> None:
    """Write down what became of it."""
    delivery_id = int(payload["delivery_id"])
    if told.dropped:
        webhooks.mark_dropped(delivery_id, told.dropped)
    elif told.refused:
        webhooks.stumbled(delivery_id, told.refused, told.code)
        webhooks.mark_failed(delivery_id)
    elif told.code is not None:
        webhooks.mark_sent(delivery_id, told.code)


def stumble(payload: dict[str, Any], error: Exception) -> None:
    """A try failed and there may be another."""
    words = str(error) if isinstance(error, PostTrouble) else type(error).__name__
    webhooks.stumbled(int(payload["delivery_id"]), words, getattr(error, "code", None))


def give_up(payload: dict[str, Any], _error: str) -> None:
    """All tries are used up."""
    webhooks.mark_failed(int(payload["delivery_id"]))
