"""Channels: what a station's groups are told, when, and what became of it; and texts to companies without e-mail.

Rows are the truth, as with letters: what is to be told is a row in the transaction of its event; the worker tells it. A
channel speaks one message at a time: its oldest waiting row takes along all others that are due, so that quiet hours
and bursts become one message and a robot's limit of twenty a minute is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime, time, timedelta

from sqlalchemy import ColumnElement, and_, func, not_, or_, select, update
from sqlalchemy.orm import joinedload

from helpdesk import clock, config
from helpdesk.adapters.speak import through_apprise
from helpdesk.db import db
from helpdesk.domain import mailing
from helpdesk.domain.later import afresh, later
from helpdesk.errors import Refused
from helpdesk.i18n import DEFAULT_LOCALE, LOCALES
from helpdesk.models import Case, ChannelKind, Event, News, NewsChannel, Outage, Role, SendStatus, Station
from helpdesk.rules import channels as rules
from helpdesk.rules import identifiers, policy
from helpdesk.rules.channels import TOPIC_NAMES, TOPIC_OF
from helpdesk.rules.events import BY_KIND
from helpdesk.rules.policy import Who

SEND = "news.send"
MOST_CHANNELS = 10
# Of a channel's history so many rows are shown.
SHOWN = 15
IS_TEST = and_(News.event_id.is_(None), News.outage_id.is_(None), News.phone.is_(None))
# In all at most so many texts an hour: an open form is no relay to other people's phones.
TEXTS_AN_HOUR = 200
_WITH_ALL = (joinedload(News.event), joinedload(News.case), joinedload(News.outage))


# --- writing, in the transaction of the event ---


def write(event: Event, case: Case, *, receiver_station_id: int | None = None) -> None:
    """What this event has to tell: the channels of the stations it concerns, those of the corps, a phone."""
    topic = TOPIC_OF.get(event.kind)
    if topic is not None:
        for channel in db.session.scalars(
            select(NewsChannel)
            .where(NewsChannel.is_on, NewsChannel.retired_at.is_(None), _hears(event, case, receiver_station_id))
            .order_by(NewsChannel.id)
        ):
            if topic.name in channel.topics:
                leaves = rules.leaves_at(event.at, channel.quiet_from, channel.quiet_to)
                _add(News(channel_id=channel.id, event_id=event.id, case_id=case.id, leaves_at=leaves))
    if event.kind in rules.TEXTS and config.setting("SMS_URL"):
        _write_text(event, case)


def write_of_outage(outage: Outage, *, is_over: bool) -> None:
    """The corps' channels hear of a mailbox that cannot be read, whatever their topics: letters may reach nobody."""
    moment = clock.now()
    for channel in db.session.scalars(
        select(NewsChannel)
        .where(NewsChannel.is_on, NewsChannel.retired_at.is_(None), NewsChannel.station_id.is_(None))
        .order_by(NewsChannel.id)
    ):
        leaves = rules.leaves_at(moment, channel.quiet_from, channel.quiet_to)
        _add(News(channel_id=channel.id, outage_id=outage.id, is_over=is_over, leaves_at=leaves))


def _hears(event: Event, case: Case, receiver_station_id: int | None) -> ColumnElement[bool]:
    tells = BY_KIND[event.kind].tells
    stations = [case.station_id] if "station" in tells else []
    if "receiver" in tells:
        stations.append(receiver_station_id)
    hears = NewsChannel.station_id.in_([station for station in stations if station is not None])
    return or_(hears, NewsChannel.station_id.is_(None)) if rules.corps_hears(event.kind) else hears


def _write_text(event: Event, case: Case) -> None:
    """A text, where there is no other way to this company, and neither its number nor we have had too many."""
    account, address = mailing.contact_of(case)
    if address or not identifiers.is_mobile(case.contact_phone) or (account is not None and not account.is_active):
        return
    if event.actor_role is Role.REQUESTER and event.kind != "case.submitted":
        return
    moment = clock.now()
    to_this_one = _texts_since(moment - timedelta(days=1), News.phone == case.contact_phone)
    if to_this_one >= config.setting("SMS_A_DAY") or _texts_since(moment - timedelta(hours=1)) >= TEXTS_AN_HOUR:
        return
    _add(News(phone=case.contact_phone, event_id=event.id, case_id=case.id, leaves_at=event.at))


def _texts_since(moment: datetime, *which: ColumnElement[bool]) -> int:
    query = select(func.count()).select_from(News).where(News.phone.is_not(None), News.created_at > moment, *which)
    return db.session.scalar(query) or 0


def _add(news: News) -> News:
    news.status, news.created_at = SendStatus.WAITING, clock.now()
    db.session.add(news)
    db.session.flush()
    later(SEND, key=str(news.id), run_at=news.leaves_at, news_id=news.id)
    return news


# --- channels ---


def listed(by: Who, station: Station | None = None) -> list[NewsChannel]:
    """The channels this person may change, those of the corps first; of one station, if given."""
    query = select(NewsChannel).where(NewsChannel.retired_at.is_(None), policy.which(by, "channel.edit"))
    query = query.options(joinedload(NewsChannel.station))
    if station is not None:
        query = query.where(NewsChannel.station_id == station.id)
    return list(
        db.session.scalars(query.order_by(NewsChannel.station_id.is_not(None), NewsChannel.station_id, NewsChannel.id))
    )


def stations_for(by: Who) -> list[Station]:
    """The stations this person may give a channel."""
    if _is_operator(by):
        return list(db.session.scalars(select(Station).where(Station.closed_at.is_(None)).order_by(Station.id)))
    return list(db.session.scalars(select(Station).where(policy.which(by, "station.edit")).order_by(Station.id)))


def kinds_for(by: Who) -> list[ChannelKind]:
    """The kinds this person may enter: other addresses only the operator, and only where the setting admits some."""
    other = _is_operator(by) and bool(config.setting("CHANNEL_SCHEMES"))
    return [kind for kind in ChannelKind if kind is not ChannelKind.OTHER or other]


def _is_operator(by: Who) -> bool:
    return by.holds(Role.OPERATOR)


def write_channel(
    by: Who,
    channel: NewsChannel | None,
    *,
    kind: ChannelKind,
    name: str,
    key: str,
    secret: str,
    station_id: int | None,
    topics: Collection[str],
    locale: str,
    quiet_from: time | None,
    quiet_to: time | None,
    is_on: bool,
    seen: int | None = None,
) -> NewsChannel:
    """Make a channel (None) or change one. Kind and station of one that exists stay; an empty key keeps the old one.

    Raises Refused beside the field that is wrong, or when somebody else was quicker.
    """
    policy.require(by, "channels.list") if channel is None else policy.require(by, "channel.edit", channel)
    wrong = troubles(by, channel, kind=kind, name=name, key=key, secret=secret, station_id=station_id, topics=topics,
                     quiet=(quiet_from, quiet_to))  # fmt: skip
    if wrong:
        raise wrong[0]
    name, wished = name.strip(), [topic for topic in TOPIC_NAMES if topic in topics]
    if channel is None:
        channel = NewsChannel(station_id=station_id, kind=kind, created_at=clock.now(), version=0, key="")
    else:
        db.session.refresh(channel, with_for_update=True)
        if seen is not None and seen != channel.version:
            raise Refused("channel_changed_meanwhile")
    if key.strip() or not channel.key:
        channel.key = _read_key(channel.kind, key.strip())
    if channel.kind is ChannelKind.DINGTALK and (secret.strip() or not channel.id):
        channel.secret = _read_secret(secret)
    channel.name, channel.topics, channel.is_on = name[:60], wished, is_on
    channel.locale = locale if locale in LOCALES else DEFAULT_LOCALE
    channel.quiet_from, channel.quiet_to = quiet_from, quiet_to
    channel.version += 1
    db.session.add(channel)
    db.session.flush()
    return channel


def troubles(
    by: Who,
    channel: NewsChannel | None,
    *,
    kind: ChannelKind,
    name: str,
    key: str,
    secret: str,
    station_id: int | None,
    topics: Collection[str],
    quiet: tuple[time | None, time | None],
) -> list[Refused]:
    """Everything that is wrong with what was entered, each beside its field: a form says all of it at once."""
    kind = channel.kind if channel is not None else kind

    def check() -> Iterator[Callable[[], object]]:
        if not name.strip():
            yield _refusing("channel_name", field="name")
        if not set(topics) & set(TOPIC_NAMES):
            yield _refusing("channel_topics", field="topics")
        if (quiet[0] is None) != (quiet[1] is None) or (quiet[0] is not None and quiet[0] == quiet[1]):
            yield _refusing("quiet_hours", field="quiet_to" if quiet[0] is not None else "quiet_from")
        if channel is None:
            if kind not in kinds_for(by):
                yield _refusing("channel_kind", field="kind")
                return
            yield lambda: _require_station(by, station_id)
        if key.strip() or channel is None or not channel.key:
            yield lambda: _read_key(kind, key.strip())
        if kind is ChannelKind.DINGTALK:
            yield lambda: _read_secret(secret)

    found = []
    for step in check():
        try:
            step()
        except Refused as refusal:
            found.append(refusal)
    return found


def _refusing(code: str, *, field: str) -> Callable[[], None]:
    def refuse() -> None:
        raise Refused(code, field=field)

    return refuse


def _require_station(by: Who, station_id: int | None) -> None:
    if station_id is None and not _is_operator(by):
        raise Refused("station_missing", field="station")
    if station_id is not None and station_id not in {station.id for station in stations_for(by)}:
        raise Refused("station_missing", field="station")
    here = NewsChannel.station_id == station_id if station_id is not None else NewsChannel.station_id.is_(None)
    there = db.session.scalar(select(func.count()).where(here, NewsChannel.retired_at.is_(None)))
    if (there or 0) >= MOST_CHANNELS:
        raise Refused("too_many_channels", limit=MOST_CHANNELS)


def _read_key(kind: ChannelKind, text: str) -> str:
    try:
        if kind is not ChannelKind.OTHER:
            return rules.read_key(kind, text)
        if rules.scheme_of(text) not in config.setting("CHANNEL_SCHEMES") or not through_apprise.is_address(text):
            raise ValueError("scheme")
        return text
    except ValueError:
        code = "channel_address" if kind is ChannelKind.OTHER else "channel_key"
        raise Refused(code, field="key") from None


def _read_secret(text: str) -> str | None:
    try:
        return rules.read_secret(text)
    except ValueError:
        raise Refused("channel_secret", field="secret") from None


def retire(channel: NewsChannel, by: Who) -> None:
    """Take a channel away and forget its key; what waited is not told. Said twice it is once."""
    policy.require(by, "channel.edit", channel)
    channel.retired_at, channel.is_on = channel.retired_at or clock.now(), False
    channel.key, channel.secret = "", None
    db.session.execute(
        update(News)
        .where(News.channel_id == channel.id, News.status == SendStatus.WAITING)
        .values(status=SendStatus.DROPPED, error="off")
        .execution_options(synchronize_session=False)
    )
    db.session.flush()


def test(channel: NewsChannel, by: Who) -> News:
    """Have one message without a case sent, also by a channel that is off. What comes of it stands in its history."""
    policy.require(by, "channel.edit", channel)
    if any(news.is_test and news.status is SendStatus.WAITING for news in history(channel)):
        raise Refused("test_under_way")
    return _add(News(channel_id=channel.id, leaves_at=clock.now()))


def history(channel: NewsChannel) -> list[News]:
    """What was told lately, newest first."""
    query = select(News).where(News.channel_id == channel.id).order_by(News.id.desc()).limit(SHOWN)
    return list(db.session.scalars(query.options(*_WITH_ALL)))


def failed(rows: Sequence[NewsChannel]) -> dict[int, int]:
    """How much lies at each of these channels that could not be told, by its id; none where there is nothing."""
    found = db.session.execute(
        select(News.channel_id, func.count())
        .where(News.channel_id.in_([row.id for row in rows]), News.status == SendStatus.FAILED)
        .group_by(News.channel_id)
    )
    return {row[0]: row[1] for row in found if row[0] is not None}


def send_again(channel: NewsChannel, by: Who) -> int:
    """Put everything that was given up back on its way; returns how much. It goes out as one message."""
    policy.require(by, "channel.edit", channel)
    rows = db.session.scalars(
        select(News).where(News.channel_id == channel.id, News.status == SendStatus.FAILED, not_(IS_TEST))
    ).all()
    return _again(rows)


def failed_texts() -> list[News]:
    """Texts that could not be sent, newest first."""
    query = select(News).where(News.phone.is_not(None), News.status == SendStatus.FAILED).order_by(News.id.desc())
    return list(db.session.scalars(query.limit(SHOWN).options(*_WITH_ALL)))


def send_texts_again(by: Who) -> int:
    """Put every text that was given up back on its way; returns how many."""
    policy.require(by, "texts.resend")
    query = select(News).where(News.phone.is_not(None), News.status == SendStatus.FAILED)
    return _again(db.session.scalars(query).all())


def _again(rows: Sequence[News]) -> int:
    for news in rows:
        news.status, news.error, news.leaves_at = SendStatus.WAITING, None, clock.now()
        afresh(SEND, key=str(news.id), news_id=news.id)
    return len(rows)


# --- delivery: what the worker asks ---


def needless(news: News) -> str:
    """Why a row need not be told any more; "" when it should be."""
    if news.status is not SendStatus.WAITING:
        return news.error or news.status.value
    if news.phone is not None:
        return "" if config.setting("SMS_URL") else "off"
    channel = news.channel
    if channel is None or channel.retired_at is not None or (not news.is_test and not channel.is_on):
        return "off"
    return ""


def together(news: News) -> list[News]:
    """The rows that go out in one message with this one, oldest first; a test and a text go alone."""
    if news.is_test or news.channel_id is None:
        return [news]
    return list(
        db.session.scalars(
            select(News)
            .where(
                News.channel_id == news.channel_id,
                News.status == SendStatus.WAITING,
                not_(IS_TEST),
                News.leaves_at <= clock.now(),
            )
            .order_by(News.id)
            .options(*_WITH_ALL)
        )
    )


def address_of(news: News) -> str:
    """Where it goes, as the notification library writes it. Holds secrets."""
    if news.phone is not None:
        return str(config.setting("SMS_URL")).replace("{phone}", news.phone)
    channel = news.channel
    if channel is None:
        raise ValueError(f"news {news.id} goes nowhere")
    if channel.kind is ChannelKind.OTHER:
        return channel.key
    return through_apprise.robot_address(channel.kind.value, channel.key, channel.secret)


def mark_sent(news_ids: Collection[int]) -> None:
    """The other side has taken the message that told these."""
    moment = clock.now()
    for news in _locked(news_ids):
        news.status, news.sent_at, news.error = SendStatus.SENT, moment, None
        if news.channel is not None:
            news.channel.last_sent_at, news.channel.last_error = moment, None


def mark_dropped(news_id: int, why: str) -> None:
    """It need not be told any more."""
    for news in _locked([news_id]):
        if news.status is SendStatus.WAITING:
            news.status, news.error = SendStatus.DROPPED, why[:200]


def mark_failed(news_ids: Collection[int], error: str) -> None:
    """Given up: it lies in the list of those until somebody sends it again."""
    for news in _locked(news_ids):
        if news.status is SendStatus.WAITING:
            news.status, news.error = SendStatus.FAILED, error[:200]
    stumbled(min(news_ids), error)


def stumbled(news_id: int, error: str) -> None:
    """A try failed: the channel's page says so, also while it is tried again."""
    channel = db.session.get_one(News, news_id).channel
    if channel is not None:
        channel.last_error, channel.last_failed_at = error[:200], clock.now()


def _locked(news_ids: Collection[int]) -> list[News]:
    query = select(News).where(News.id.in_(news_ids)).order_by(News.id).with_for_update()
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def late(minutes: int = 15) -> int:
    """What should have been told so many minutes ago and was not."""
    return _count(News.status == SendStatus.WAITING, News.leaves_at < clock.now() - timedelta(minutes=minutes))


def _count(*which: ColumnElement[bool]) -> int:
    return db.session.scalar(select(func.count()).select_from(News).where(*which)) or 0
