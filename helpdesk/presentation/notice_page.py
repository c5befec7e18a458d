"""Notices in words: what happened, on which case, when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flask import url_for
from flask_babel import gettext

from helpdesk.domain import notices
from helpdesk.models import (
    Activity,
    ActivityStep,
    Address,
    Case,
    CommendationEvent,
    Complaint,
    ComplaintStep,
    CorrectionState,
    DossierCorrection,
    Event,
    Notice,
    Outage,
    Role,
    Status,
)
from helpdesk.presentation import activity_page, complaint_page, dossier_words, nominee_words, outage_words
from helpdesk.presentation.filters import moment
from helpdesk.presentation.inbox_page import hider
from helpdesk.presentation.words import event_text
from helpdesk.rules.events import BY_KIND
from helpdesk.rules.policy import Who


@dataclass(frozen=True)
class Row:
    """One line of the list."""

    text: str
    about: str
    url: str
    when: str
    icon: str
    unread: bool


def address_words(email: str | None, known: Address | None) -> tuple[str, str]:
    """What is known of somebody's address, as the kind and the words of a banner; "" where nothing is to be said."""
    if not email:
        return "info", gettext("留下邮箱，有人等您答复时我们写信告诉您。")
    if known is None or (known.proved_at is None and known.asked_at is None):
        return "info", gettext("下一次要告诉您什么时，我们先写信问这是不是您的邮箱。")
    if known.stopped_at is not None:
        return "warning", gettext("这个邮箱说过不再收信。请换一个邮箱。")
    if known.proved_at is None:
        return "warning", gettext("我们写信问过这是不是您的邮箱。请打开那封信按一下按钮，之后才会收到别的信。")
    return "", ""


def rows(
    found: list[tuple[Notice, Event, Case]],
    outages: list[tuple[Notice, Outage]],
    who: Who,
    of_complaints: Iterable[tuple[Notice, ComplaintStep, Complaint]] = (),
    honours: Iterable[tuple[Notice, CommendationEvent]] = (),
    held: Iterable[tuple[Notice, ActivityStep, Activity]] = (),
    dossiers: Iterable[tuple[Notice, DossierCorrection]] = (),
) -> list[Row]:
    """Each notice as a line, newest first; what an expert was only offered does not name the company."""
    known = notices.open_contacts(who, (case for _, _, case in found))
    lines = {n.id: _row(n, event, case, who, masked=case.id not in known) for n, event, case in found}
    lines |= {notice.id: _of_outage(notice, outage, who) for notice, outage in outages}
    lines |= {notice.id: _of_complaint(notice, step, row, who) for notice, step, row in of_complaints}
    lines |= {notice.id: _of_nominee(notice, line) for notice, line in honours}
    lines |= {notice.id: _of_activity(notice, step, activity) for notice, step, activity in held}
    lines |= {notice.id: _of_dossier(notice, correction) for notice, correction in dossiers}
    return [lines[key] for key in sorted(lines, reverse=True)]


def _of_activity(notice: Notice, step: ActivityStep, activity: Activity) -> Row:
    return Row(
        text=activity_page.step_text(step),
        about=f"{activity.number} {activity.title}",
        url=activity_page.service_url(activity),
        when=moment(step.at),
        icon=activity_page.ICONS[step.act],
        unread=notice.read_at is None,
    )


def _of_nominee(notice: Notice, line: CommendationEvent) -> Row:
    endpoint, values = nominee_words.place(line)
    return Row(
        text=nominee_words.sentence(line),
        about=nominee_words.about(line),
        url=url_for(endpoint, **values),
        when=moment(line.at),
        icon="award",
        unread=notice.read_at is None,
    )


def _of_dossier(notice: Notice, correction: DossierCorrection) -> Row:
    return Row(
        text=f"{dossier_words.sentence(correction)} {correction.reason}",
        about=dossier_words.title(correction),
        url=url_for("dossier_corrections.show", dossier_correction_id=correction.id),
        when=moment(notice.shown_from),
        icon="edit" if correction.state is CorrectionState.GRANTED else "info",
        unread=notice.read_at is None,
    )


def _of_outage(notice: Notice, outage: Outage, who: Who) -> Row:
    is_over = bool(notice.is_over)
    return Row(
        text=outage_words.sentence(outage, is_over=is_over),
        about=outage_words.title(is_over=is_over),
        url=url_for(outage_words.place(who)),
        when=moment(notice.shown_from),
        icon="check" if is_over else "alert",
        unread=notice.read_at is None,
    )


def _of_complaint(notice: Notice, step: ComplaintStep, row: Complaint, who: Who) -> Row:
    return Row(
        text=complaint_page.step_text(step, desk=complaint_page.is_of_desk(row, who)),
        about=f"{row.number} {gettext(complaint_page.ABOUT[row.about])}",
        url=url_for("complaints.show", complaint_id=row.id),
        when=moment(notice.shown_from),
        icon=complaint_page.ICONS[step.act],
        unread=notice.read_at is None,
    )


def _row(notice: Notice, event: Event, case: Case, who: Who, *, masked: bool) -> Row:
    only_offered = who.expert_id is not None and case.status is Status.OFFERED and case.expert_id != who.expert_id
    as_company = not (who.expert_id or who.station_ids) and not _is_staff(who)
    title = hider(case)(case.title) if only_offered else case.title
    if only_offered:
        url = url_for("inbox.index")
    elif as_company:
        url = url_for("requests.show", number=case.number)
    else:
        url = url_for("cases.show", number=case.number)
    return Row(
        text=(as_company and event_text(event, for_company=True)) or event_text(event, masked=masked),
        about=title,
        url=url,
        when=moment(event.at),
        icon=BY_KIND[event.kind].icon,
        unread=notice.read_at is None,
    )


def _is_staff(who: Who) -> bool:
    return any(who.holds(role) for role in (Role.DISTRICT, Role.OPERATOR, Role.OVERSEER))
