"""Schemes of commendation: what is in force, the next version, and who would qualify before anything is published."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext

from helpdesk import clock
from helpdesk.domain import schemes
from helpdesk.domain.schemes import Candidate, Draft
from helpdesk.errors import Refused
from helpdesk.forms.schemes import SchemeForm, day_of
from helpdesk.models import Scheme, SchemeKind, Subject
from helpdesk.presentation import scheme_page
from helpdesk.routes.guard import may, me
from helpdesk.routes.page import answer, page
from helpdesk.routes.steps import attempt

bp = Blueprint("schemes", __name__, url_prefix="/schemes")


@bp.get("")
@may("schemes.edit")
def index() -> Response:
    """All schemes."""
    return page("schemes/index.html", lines=scheme_page.lines())


@bp.get("/<int:scheme_id>")
@may("schemes.edit")
def show(scheme_id: int) -> Response:
    """One scheme: what holds today, and every version there was."""
    scheme = schemes.by_id(me(), scheme_id)
    current = schemes.in_force(scheme)
    return page(
        "schemes/show.html",
        scheme=scheme,
        name=scheme_page.scheme_name(scheme),
        kind=gettext(scheme_page.KINDS[scheme.kind]),
        whom=gettext(scheme_page.SUBJECTS[scheme.subject]),
        current=scheme_page.view(current) if current else None,
        versions=[scheme_page.view(v) for v in reversed(scheme.versions)],
    )


@bp.route("/new", methods=["GET", "POST"])
@may("schemes.edit")
def new() -> Response:
    """A scheme of one's own."""
    return _edit(None)


@bp.route("/<int:scheme_id>/versions/new", methods=["GET", "POST"])
@may("schemes.edit")
def edit(scheme_id: int) -> Response:
    """The next version, or a dry run of it."""
    return _edit(schemes.by_id(me(), scheme_id))


def _edit(scheme: Scheme | None) -> Response:
    newest = scheme.versions[-1] if scheme and scheme.versions else None
    form = SchemeForm(**scheme_page.draft(newest, clock.today().year))
    form.kind.choices, form.subject.choices = scheme_page.kind_choices(), scheme_page.subject_choices()
    form.routes.choices, form.stages.choices = scheme_page.route_choices(), scheme_page.stage_choices()
    if not form.is_submitted():
        form.version.data = str(newest.number if newest else 0)
    status, trial = 200, None
    if request.method == "POST":
        if request.form.get("how") == "trial":
            found: list[Any] = []
            refused = attempt(form, None, lambda: found.append(_try(form, scheme)))
            trial = found[0] if found else None
        else:
            saved: list[Scheme] = []
            refused = attempt(form, None, lambda: saved.append(_write(form, scheme)))
            if refused is None:
                flash(gettext("已保存，从下一次评选开始用；正在进行的评选不变"), "done")
                return answer(url_for("schemes.show", scheme_id=saved[0].id))
        status = refused or 200
    return page(
        "schemes/edit.html",
        status=status,
        form=form,
        scheme=scheme,
        name=scheme_page.scheme_name(scheme) if scheme else "",
        trial=trial,
        has_errors=status != 200,
    )


def _draft(form: SchemeForm) -> Draft:
    days = form.notice_days.data or ""
    if not (days.isascii() and days.isdigit() and len(days) < 3):
        raise Refused("scheme_notice_days", field="notice_days")
    return Draft(
        criteria=form.criteria(),
        effective_from=day_of(form.effective_from.data, "effective_from"),
        effective_to=day_of(form.effective_to.data, "effective_to") if form.effective_to.data else None,
        basis=form.basis.data or "",
        approver=form.approver.data or "",
        routes=form.wanted_routes(),
        stages=tuple(form.stages.data or ()),
        notice_days=int(days),
        once_only=bool(form.once_only.data),
        note=form.note.data or "",
    )


def _kind_and_subject(form: SchemeForm) -> tuple[SchemeKind, Subject]:
    if not form.kind.data or not form.subject.data:
        raise Refused("scheme_kind", field="kind" if not form.kind.data else "subject")
    return SchemeKind(form.kind.data), Subject(form.subject.data)


def _try(form: SchemeForm, scheme: Scheme | None) -> dict[str, Any]:
    draft = _draft(form)
    if scheme is None:
        kind, subject = _kind_and_subject(form)
        scheme = Scheme(id=0, code="", kind=kind, subject=subject, zh="", en="")
    start, end = day_of(form.trial_from.data, "trial_from"), day_of(form.trial_to.data, "trial_to")
    if end < start:
        raise Refused("cycle_period", field="trial_to")
    rows: list[Candidate] = schemes.dry_run(me(), scheme, draft.criteria, start, end, once_only=draft.once_only)
    return {
        "all": len(rows),
        "qualify": sum(row.finding.level > 0 for row in rows),
        "rows": scheme_page.found(rows, draft.criteria),
        "start": start,
        "end": end,
    }


def _write(form: SchemeForm, scheme: Scheme | None) -> Scheme:
    draft = _draft(form)
    if scheme is not None:
        schemes.write(me(), scheme, draft, seen=form.seen)
        return scheme
    kind, subject = _kind_and_subject(form)
    return schemes.add(me(), kind=kind, subject=subject, zh=form.zh.data or "", en=form.en.data or "", draft=draft)
