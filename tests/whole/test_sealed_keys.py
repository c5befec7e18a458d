"""Keys of robots and webhooks and identity numbers lie sealed: a copy of the database says nothing, a changed
SECRET_KEY loses nothing."""

from __future__ import annotations

import pytest
from flask_migrate import downgrade, upgrade
from sqlalchemy import text

from helpdesk import config
from helpdesk.db import SEALED, begin, db
from helpdesk.domain import channels, expert_persons, seals, webhooks
from helpdesk.domain.expert_persons import PersonFacts
from helpdesk.errors import Refused
from helpdesk.models import ChannelKind, IdentityKind, NewsChannel, Webhook

KEY, SECRET = "0123456789abcdef0123", "SECabcdefghijklmnop"


@pytest.fixture
def keys(town):
    """A robot and a webhook, and what their keys say."""
    common = {"topics": ["limits"], "locale": "zh_Hans_CN", "quiet_from": None, "quiet_to": None, "is_on": True}
    channels.write_channel(
        town.cast.zhou,
        None,
        kind=ChannelKind.DINGTALK,
        name="总队群",
        key=KEY,
        secret=SECRET,
        station_id=None,
        **common,
    )
    hook = webhooks.put(town.cast.zhou, None, url="https://hooks.example/in", kinds=["case.closed"], is_on=True)
    said = hook.secret
    db.session.commit()
    db.session.remove()
    return KEY, SECRET, said


def stored() -> tuple[str, ...]:
    begin(read_only=True)
    found = (
        *db.session.execute(text("SELECT key, secret FROM news_channels")).one(),
        db.session.scalar(text("SELECT secret FROM webhooks")),
    )
    db.session.remove()
    return found


def read() -> tuple[str, ...]:
    begin(read_only=True)
    channel, hook = db.session.query(NewsChannel).one(), db.session.query(Webhook).one()
    found = channel.key, channel.secret, hook.secret
    db.session.remove()
    return found


def test_a_copy_of_the_database_says_nothing(keys):
    for said, word in zip(stored(), keys, strict=True):
        assert said.startswith(SEALED) and word not in said
    assert read() == keys


def test_a_new_key_reads_what_an_old_one_sealed_and_seals_it_anew(keys, monkeypatch):
    old = config.setting("SECRET_KEY")
    monkeypatch.setitem(config._in_use, "SECRET_KEY", "another one")
    assert read() == ("", "", ""), "no key, no words, no error page"
    monkeypatch.setitem(config._in_use, "SECRET_KEY_OLD", old)
    assert read() == keys
    begin(read_only=False)
    assert seals.reseal() == 3
    db.session.commit()
    db.session.remove()
    monkeypatch.setitem(config._in_use, "SECRET_KEY_OLD", "")
    assert read() == keys


def test_an_identity_number_outlives_a_change_of_the_key(town, monkeypatch):
    chen, number = town.cast.expert("chen"), "H12345678"
    facts = PersonFacts(identity_kind=IdentityKind.PASSPORT, identity=number)
    expert_persons.write(chen, town.cast.chen, facts, consent=True, identity_consent=True)
    old = config.setting("SECRET_KEY")
    monkeypatch.setitem(config._in_use, "SECRET_KEY", "another one")
    with pytest.raises(Refused, match="identity_unreadable"):
        expert_persons.unseal(chen, town.cast.zhou)
    assert seals.reseal() == 0, "what no key opens stays as it is"
    monkeypatch.setitem(config._in_use, "SECRET_KEY_OLD", old)
    assert expert_persons.unseal(chen, town.cast.zhou) == number
    assert seals.reseal() == 1
    monkeypatch.setitem(config._in_use, "SECRET_KEY_OLD", "")
    assert expert_persons.unseal(chen, town.cast.zhou) == number


def test_what_was_there_before_is_sealed_by_the_migration_and_opened_on_the_way_back(keys):
    downgrade(revision="0019")
    assert stored() == keys
    upgrade()
    assert all(said.startswith(SEALED) for said in stored())
    assert read() == keys
