"""Channels: where a station's people, or the corps, are told besides letters."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext

from helpdesk import config
from helpdesk.domain import channels
from helpdesk.errors import Refused
from helpdesk.forms.channels import ChannelForm, read_time
from helpdesk.i18n import DEFAULT_LOCALE, LOCALES, counted
from helpdesk.models import ChannelKind, NewsChannel, Role
from helpdesk.presentation import channels_page
from helpdesk.presentation.words import named, refusal_text
from helpdesk.routes.guard import channel_for, may, me
from helpdesk.routes.page import answer, page, page_or_fragment
from helpdesk.routes.steps import attempt
from helpdesk.rules.channels import TOPICS

bp = Blueprint("channels", __name__, url_prefix="/channels")


@bp.get("")
@may("channels.list")
def index() -> Response:
    """Those one may change: the own station's, or the city's; for the operator also texts that did not leave."""
    is_operator = me().holds(Role.OPERATOR)
    return page(
        "channels/index.html",
        lines=channels_page.lines(channels.listed(me())),
        is_operator=is_operator,
        texts=channels_page.texts() if is_operator else [],
        has_texts=is_operator and bool(config.setting("SMS_URL")),
    )


@bp.route("/new", methods=["GET", "POST"])
@may("channels.list")
def new() -> Response:
    """Add one."""
    form = ChannelForm(
        topics=[topic.name for topic in TOPICS if topic.wished],
        station=request.args.get("station", ""),
        locale=DEFAULT_LOCALE,
        is_on=True,
    )
    return _edit(None, form)


@bp.route("/<int:channel_id>", methods=["GET", "POST"])
@channel_for("channel.edit")
def edit(channel: NewsChannel) -> Response:
    """Change one, see how it went. The key is not shown again."""
    form = ChannelForm(
        kind=channel.kind.value,
        name=channel.name,
        topics=channel.topics,
        quiet_from=f"{channel.quiet_from:%H:%M}" if channel.quiet_from else "",
        quiet_to=f"{channel.quiet_to:%H:%M}" if channel.quiet_to else "",
        locale=channel.locale,
        is_on=channel.is_on,
    )
    if not form.is_submitted():
        form.version.data = str(channel.version)
    return _edit(channel, form)


def _edit(channel: NewsChannel | None, form: ChannelForm) -> Response:
    form.kind.choices = channels_page.kinds(channels.kinds_for(me()))
    form.topics.choices = channels_page.topics()
    form.locale.choices = list(LOCALES.items())
    stations = [(str(station.id), named(station)) for station in channels.stations_for(me())]
    form.station.choices = [("", gettext("总队（全市的案件）")), *stations] if me().holds(Role.OPERATOR) else stations
    if channel is not None:
        form.kind.data, form.station.data = channel.kind.value, ""
    status = 200
    if request.method == "POST":
        made: list[NewsChannel] = []
        refused = attempt(form, None, lambda: made.append(_write(form, channel)))
        if refused is None:
            flash(gettext("已保存，发一条测试消息看看通不通") if channel is None else gettext("已保存"), "done")
            return answer(url_for("channels.edit", channel_id=made[0].id))
        status = refused
        _say_the_rest(form, channel)
        form.version.data = str(channel.version) if channel is not None else ""
    told = channels.history(channel) if channel is not None else []
    return page_or_fragment(
        "channels/edit.html",
        "channels/_history.html",
        status=status,
        form=form,
        channel=channel,
        line=channels_page.line(channel) if channel is not None else None,
        history=channels_page.history(told),
        is_waiting=channels_page.is_waiting(told),
        has_errors=status != 200,
    )


def _say_the_rest(form: ChannelForm, channel: NewsChannel | None) -> None:
    """What else is wrong, beside the fields that have no words yet: nobody mends a form one field at a time."""
    times = form.quiet_from, form.quiet_to
    entered = _entered(form)
    if any(field.errors for field in times):
        entered["quiet"] = None, None
    for refusal in channels.troubles(me(), channel, **entered):
        if not form[refusal.field or "name"].errors:
            form.refuse(refusal)


def _entered(form: ChannelForm) -> dict[str, Any]:
    station, kind = form.station.data or "", form.kind.data or ""

    def hour(field: Any) -> Any:
        return None if field.errors else read_time(field.data)

    return {
        "kind": ChannelKind(kind) if kind in set(ChannelKind) else ChannelKind.OTHER,
        "name": form.name.data or "",
        "key": form.key.data or "",
        "secret": form.secret.data or "",
        "station_id": int(station) if station.isascii() and station.isdigit() else None,
        "topics": form.topics.data or (),
        "quiet": (hour(form.quiet_from), hour(form.quiet_to)),
    }


def _write(form: ChannelForm, channel: NewsChannel | None) -> NewsChannel:
    entered = _entered(form)
    quiet_from, quiet_to = entered.pop("quiet")
    return channels.write_channel(
        me(),
        channel,
        **entered,
        locale=form.locale.data or "",
        quiet_from=quiet_from,
        quiet_to=quiet_to,
        is_on=bool(form.is_on.data),
        seen=form.seen,
    )


@bp.post("/<int:channel_id>/test")
@channel_for("channel.edit")
def test(channel: NewsChannel) -> Response:
    """Have a message without a case sent; the history tells what came of it."""
    try:
        channels.test(channel, me())
        flash(gettext("测试消息在路上，几秒钟后看下面的结果"), "info")
    except Refused as refusal:
        flash(refusal_text(refusal), "error")
    return answer(url_for("channels.edit", channel_id=channel.id) + "#history")


@bp.post("/<int:channel_id>/resend")
@channel_for("channel.edit")
def resend(channel: NewsChannel) -> Response:
    """Put everything that was given up back on its way."""
    flash(counted("%(n)s 条放回待发", channels.send_again(channel, me())), "done")
    return answer(url_for("channels.edit", channel_id=channel.id) + "#history")


@bp.post("/<int:channel_id>/retirement")
@channel_for("channel.edit")
def retire(channel: NewsChannel) -> Response:
    """Take it away, and forget its key."""
    channels.retire(channel, me())
    flash(gettext("已删除：%(name)s", name=channel.name), "done")
    if channel.station is not None and not me().holds(Role.OPERATOR):
        return answer(url_for("stations.edit", station_id=channel.station_id) + "#channels")
    return answer(url_for("channels.index"))


@bp.post("/texts/resend")
@may("texts.resend")
def resend_texts() -> Response:
    """Put every text that was given up back on its way."""
    flash(counted("%(n)s 条放回待发", channels.send_texts_again(me())), "done")
    return answer(url_for("channels.index"))
