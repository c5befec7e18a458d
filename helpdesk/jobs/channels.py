"""Telling channels and phones: worded when it leaves, said outside any transaction, then marked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from helpdesk.adapters.speak import Speaker, SpeakRefused, SpeakTrouble
from helpdesk.db import db
from helpdesk.domain import channels
from helpdesk.models import News
from helpdesk.presentation import news_words


@dataclass(frozen=True)
class Said:
    """What became of one message, and which rows it told."""

    ids: tuple[int, ...] = ()
    dropped: str = ""
    refused: str = ""


class NotYet(SpeakTrouble):
    """An older message of the same channel goes first."""


def tell(speaker: Speaker, payload: dict[str, Any]) -> Said:
    """Say what a row tells, together with what else is due at its channel. Raises SpeakTrouble for "later".

    While an older row of the channel is still waiting, that one's turn is first. A test is tried once: whoever pressed
    the button wants to know.
    """
    news = db.session.get_one(News, int(payload["news_id"]))
    needless = channels.needless(news)
    if needless:
        return Said(dropped=needless)
    rows = channels.together(news)
    if rows[0].id != news.id:
        raise NotYet("an older message of this channel goes first")
    text, address, is_test = (
        news_words.text_of(rows),
        channels.address_of(news),
        news.is_test,
    )
    ids = tuple(row.id for row in rows)
    # The other side may take its time; the database is not kept waiting for it.
    db.session.rollback()
    try:
        speaker.say(address, text)
    except SpeakRefused as error:
        return Said(ids=ids, refused=str(error))
    except SpeakTrouble as error:
        if is_test:
            return Said(ids=ids, refused=str(error))
        raise
    return Said(ids=ids)


def note(payload: dict[str, Any], said: Said) -> None:
    """Write down what became of it."""
    if said.dropped:
        channels.mark_dropped(int(payload["news_id"]), said.dropped)
    elif said.refused:
        channels.mark_failed(said.ids, said.refused)
    else:
        channels.mark_sent(said.ids)


def stumble(payload: dict[str, Any], error: Exception) -> None:
    """A try failed and there will be another."""
    if not isinstance(error, NotYet):
        words = str(error) if isinstance(error, SpeakTrouble) else type(error).__name__
        channels.stumbled(int(payload["news_id"]), words)


def give_up(payload: dict[str, Any], error: str) -> None:
    """All tries are used up: this and what waited behind it goes to the list of those."""
    rows = channels.together(db.session.get_one(News, int(payload["news_id"])))
    channels.mark_failed([row.id for row in rows] or [int(payload["news_id"])], error.splitlines()[-1])
