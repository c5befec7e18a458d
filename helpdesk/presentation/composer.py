"""The box under a case's conversation: what stands in it unsent, its files, how the reply will look."""

from __future__ import annotations

from dataclasses import dataclass, field

from flask import url_for
from flask_babel import gettext

from helpdesk import clock
from helpdesk.domain import attachments, unsent
from helpdesk.models import Box, Case, Side, Unsent
from helpdesk.presentation import file_views, filters
from helpdesk.presentation.case_thread import MessageView, iso
from helpdesk.presentation.file_views import FileView, KeptFile
from helpdesk.presentation.words import named
from helpdesk.rules.policy import Who


@dataclass(frozen=True)
class Composer:
    """What the template of the box takes besides its form. `to` is reply, note, or "" for who may write neither."""

    to: str
    draft_url: str = ""
    draft_line: str = ""
    draft_mark: str = ""
    # Which boxes hold something unsent.
    drafts: frozenset[str] = frozenset()
    kept: list[KeptFile] = field(default_factory=list)
    preview: MessageView | None = None


def build(
    case: Case,
    who: Who,
    to: str,
    *,
    form_key: str = "",
    preview: MessageView | None = None,
    known: dict[Box, Unsent] | None = None,
) -> Composer:
    """The box for this person. `form_key` is that of a form that came back, whose files are still there; `known` is
    what was loaded already of what is not sent."""
    known = unsent.of(case, who) if known is None else known
    draft = known.get(Box(to)) if to else None
    key = form_key or (draft.form_key if draft is not None else "")
    view = "messages.keep" if to == Box.REPLY else "messages.keep_note"
    return Composer(
        to=to,
        draft_url=url_for(view, number=case.number) if to else "",
        draft_line=line(draft),
        draft_mark=unsent.mark(draft) if draft is not None else "",
        drafts=frozenset(box.value for box in known),
        kept=file_views.kept(case, key) if key else [],
        preview=preview,
    )


def line(draft: Unsent | None) -> str:
    """When it was kept: the hour, on another day the day as well."""
    if draft is None:
        return ""
    today = clock.local(draft.saved_at).date() == clock.today()
    when = filters.hour(draft.saved_at) if today else filters.moment(draft.saved_at)
    return gettext("草稿已保存 %(when)s", when=when)


def preview(case: Case, who: Who, text: str, form_key: str) -> MessageView:
    """The reply as the company's page will show it: the writer with their part, line ends kept, links as plain text."""
    expert = attachments.side_of(case, who) is Side.EXPERT
    rows = attachments.loose(case, form_key)
    return MessageView(
        id="preview",
        author=who.name,
        org=gettext("专家") if expert else named(case.station),
        when=filters.hour(clock.now()),
        iso=iso(clock.now()),
        text=text,
        mine=False,
        files=[FileView(row.name, file_views.size_words(row.size), "#composer") for row in rows],
    )
