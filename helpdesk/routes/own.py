"""The company's own page of a request: one set of views, two doors (its tracking link, or a signed-in member)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, flash, g, redirect, request, url_for
from flask_babel import gettext
from flask_login import current_user

from helpdesk.domain import (
    accounts,
    attachments,
    closure,
    complaints,
    consultation,
    erasures,
    intake,
    life,
    nominations,
    series,
    takeouts,
    triage,
    visits,
)
from helpdesk.errors import NotFound, Refused
from helpdesk.forms.base import clean
from helpdesk.forms.own import (
    AccountForm,
    ConfirmForm,
    ReasonForm,
    ReplyForm,
    VisitCheckForm,
    WithdrawForm,
)
from helpdesk.forms.series import StopSeriesForm
from helpdesk.forms.takeouts import CaseTakeoutForm
from helpdesk.i18n import N_
from helpdesk.models import Case, Outcome, Status
from helpdesk.presentation import file_views, own_page, print_page, series_page, takeout
from helpdesk.presentation.words import refusal_text
from helpdesk.routes.complaints import further_form, of_case
from helpdesk.routes.corrections import asking
from helpdesk.routes.erasures import Door, confirmed, explained, taken_back
from helpdesk.routes.files import to_file
from helpdesk.routes.guard import me, own_case_for, visit_of
from helpdesk.routes.page import page, wants_fragment
from helpdesk.routes.sessions import enter
from helpdesk.routes.steps import attempt, form_for
from helpdesk.routes.takeouts import taking
from helpdesk.routes.uploads import attempt_with_files, takes_files

bp = Blueprint("own", __name__)


@bp.url_value_preprocessor
def _remember_door(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Which door the person came through, so that relative addresses lead back out of it."""
    g.door = {k: v for k, v in (values or {}).items() if k in ("token", "number")}


@bp.url_defaults
def _same_door(endpoint: str, values: dict[str, Any]) -> None:
    if endpoint.split(".")[0] == request.blueprint:
        for name, value in g.get("door", {}).items():
            values.setdefault(name, value)


@bp.get("")
@own_case_for("case.read")
def show(case: Case) -> Response:
    """Where it stands, what comes next, the conversation, and what can be done now."""
    if case.status is Status.DRAFT:
        return _go(url_for("drafts.edit", token=case.tracking_token, name="problem"))
    return _show(case, ReplyForm())


def _show(case: Case, form: ReplyForm, status: int = 200) -> Response:
    return page(
        "own/show.html",
        status=status,
        view=own_page.build(case, me()),
        form=form,
        has_errors=status != 200,
        by_link=request.blueprint == "tracking",
        commend=own_page.commend_for(case),
        kept_files=file_views.kept(case, form.key) if request.method == "POST" else [],
    )


@bp.get("/attachments/<int:attachment_id>")
@own_case_for("case.read")
def file(case: Case, attachment_id: int) -> Response:
    """To a file, by a link that is good for ten minutes."""
    return to_file(attachments.find(case, attachment_id, me()), url_for(".show"))


@bp.post("/attachments/<int:attachment_id>/removal")
@own_case_for("case.reply_as_company")
def remove_file(case: Case, attachment_id: int) -> Response:
    """Take back a file that should not have been sent."""
    attachments.remove(attachments.find(case, attachment_id, me()), me())
    flash(gettext("文件已移除"), "done")
    return _go(url_for(".show"))


@bp.get("/receipt")
@own_case_for("case.read")
def receipt(case: Case) -> Response:
    """What to keep: number, code, who will answer by when."""
    if case.status is Status.DRAFT:
        return _go(url_for("drafts.edit", token=case.tracking_token, name="problem"))
    return page("own/receipt.html", view=own_page.build(case, me()), by_link=request.blueprint == "tracking")


@bp.get("/print")
@own_case_for("case.read")
def paper(case: Case) -> Response:
    """The request on paper, as its company may have it: never with what the desk notes down."""
    if case.status is Status.DRAFT:
        return _go(url_for("drafts.edit", token=case.tracking_token, name="problem"))
    return page(
        "cases/print.html", paper=print_page.for_company(case, me()), here=url_for(".paper"), back=url_for(".show")
    )


@takes_files
@bp.post("/messages")
@own_case_for("case.reply_as_company")
def reply(case: Case) -> Response:
    """Say something; a question waiting for an answer is answered by it."""
    form = ReplyForm()
    said: list[int] = []
    refused = attempt_with_files(
        form, case, lambda: said.append(consultation.reply(case, me(), body=form.body.data or "", form_key=form.key).id)
    )
    if refused is not None:
        return _show(case, form, refused)
    flash(gettext("已发送"), "done")
    return _go(url_for(".show", _anchor=f"m-{said[0]}"))


@bp.route("/visits/<int:visit_id>/confirmation", methods=["GET", "POST"])
@own_case_for("visit.confirm")
def check_visit(case: Case, visit_id: int) -> Response:
    """Is the time of this visit right?"""
    visit = visit_of(case, visit_id)
    form = VisitCheckForm()
    status = 200
    if request.method == "POST":
        refused = attempt(form, None, lambda: _decide(visit, form.verdict.data, form.reason.data or "", form.seen))
        if refused is None:
            said = gettext("谢谢，已确认") if form.verdict.data == "right" else gettext("谢谢，已请专家改正")
            flash(said, "done")
            return _go(url_for(".show"))
        status = refused
    form.version.data = str(visit.version)
    return page(
        "own/visit.html",
        status=status,
        case=case,
        visit=visit,
        form=form,
        facts=own_page.visit_facts(visit),
        files=file_views.of_visit(case, me(), visit.id, file_views.own_door),
        is_open=visit.status in visits.DECIDABLE,
        has_errors=status != 200,
    )


def _decide(visit: Any, verdict: str, reason: str, seen: int | None) -> None:
    if verdict == "right":
        visits.confirm(visit, me(), seen=seen)
    else:
        visits.dispute(visit, me(), reason=reason, seen=seen)


@dataclass(frozen=True)
class Said:
    """What the form says of one visit: right, wrong or nothing yet, and what it really was."""

    verdict: str
    why: str

    @classmethod
    def of(cls, visit: Any) -> Said:
        """From the request's form; empty on a GET."""
        why = clean(request.form.get(f"visit-{visit.id}-why", ""))[: visits.LONGEST_TEXT].strip()
        return cls(request.form.get(f"visit-{visit.id}", ""), why)


@bp.route("/confirmation", methods=["GET", "POST"])
@own_case_for("case.confirm")
def confirm(case: Case) -> Response:
    """Solved or not, nothing paid, stars. A link in a mail only fills in; the button makes it count."""
    form = form_for(case, ConfirmForm, score=request.args.get("score"), outcome=request.args.get("outcome"))
    open_visits = visits.undecided(case)
    status = 200
    said = {v.id: Said.of(v) for v in open_visits}
    if request.method == "POST":
        refused = _try_confirm(case, form, open_visits, said)
        if refused is None:
            return _go(url_for(".show"))
        status = refused
    return page(
        "own/confirm.html",
        status=status,
        case=case,
        form=form,
        answer=closure.latest_answer(case),
        visits=[(v, own_page.visit_line(v), said[v.id]) for v in open_visits],
        from_link=request.method == "GET" and form.score.data in set("12345"),
        has_errors=status != 200,
        is_open=case.status is Status.ANSWERED,
    )


def _try_confirm(case: Case, form: ConfirmForm, open_visits: list[Any], said: dict[int, Said]) -> int | None:
    """Take the step that the form asks for. None when done; otherwise the status, with everything typed kept."""
    good = form.validate_on_submit()
    solved = form.outcome.data in ("solved", "partly")
    troubles = []
    if solved and any(said[v.id].verdict not in ("right", "wrong") for v in open_visits):
        troubles.append(gettext("还有服务时间没有核对"))
    wrong = {v.id: said[v.id].why for v in open_visits if said[v.id].verdict == "wrong"}
    if not all(wrong.values()):
        troubles.append(gettext("时间不对的，请写一句实际是怎样"))
    if troubles or not good:
        form.form_errors = [*form.form_errors, *troubles]
        return 422
    return attempt(form, case, lambda: _settle(case, form, wrong))


def _settle(case: Case, form: ConfirmForm, wrong: dict[int, str]) -> None:
    paid, solved = form.paid.data == "yes", form.outcome.data != "none"
    closure.answer_back(
        case,
        me(),
        outcome=Outcome(form.outcome.data) if solved else None,
        score=int(form.score.data) if form.score.data in set("12345") else None,
        comment=form.comment.data or "",
        paid=paid,
        wrong_visits=wrong,
        name_on_paper=bool(form.name_on_paper.data),
        seen=form.seen,
    )
    if paid:
        flash(gettext("谢谢您告诉我们，正在核查"), "done")
    if not solved:
        flash(gettext("已退回给专家，不用重新说"), "done")
    elif wrong:
        flash(gettext("时间不对的已退给专家改，改好后再请您确认"), "info")
    elif not paid:
        flash(gettext("谢谢，已办结"), "done")


@bp.route("/withdrawal", methods=["GET", "POST"])
@own_case_for("case.withdraw")
def withdraw(case: Case) -> Response:
    """Take the request back; within thirty days it can be resumed."""
    form = form_for(case, WithdrawForm)
    return _step(
        case,
        form,
        lambda: closure.withdraw(case, me(), reason=form.reason.data or "", seen=form.seen),
        "withdraw",
        N_("已撤回"),
    )


@bp.route("/resumption", methods=["POST"])
@own_case_for("case.withdraw")
def resume(case: Case) -> Response:
    """Put a withdrawn request back on its way."""
    try:
        closure.resume(case, me())
    except Refused as refusal:
        flash(refusal_text(refusal), "error")
        return _go(url_for(".show"))
    flash(gettext("已恢复"), "done")
    return _go(url_for(".show"))


@bp.route("/reopening", methods=["GET", "POST"])
@own_case_for("case.reopen")
def reopen(case: Case) -> Response:
    """Not done after all: back to the same expert within thirty days."""
    form = form_for(case, ReasonForm)
    return _step(
        case,
        form,
        lambda: closure.reopen(case, me(), reason=form.reason.data or "", seen=form.seen),
        "reopen",
        N_("已重开"),
    )


@bp.route("/appeal", methods=["GET", "POST"])
@own_case_for("case.appeal")
def appeal(case: Case) -> Response:
    """Object to a refusal; the district decides."""
    form = form_for(case, ReasonForm)
    return _step(
        case,
        form,
        lambda: triage.appeal(case, me(), reason=form.reason.data or "", seen=form.seen),
        "appeal",
        N_("已提交申诉，区里会答复您"),
    )


@bp.route("/corrections", methods=["GET", "POST"])
@own_case_for("case.ask_correction")
def correct(case: Case) -> Response:
    """The record of a visit is wrong: what, and what became of it."""
    return asking(case, url_for(".correct"), url_for(".show"), "own/corrections.html")


@bp.route("/complaints", methods=["GET", "POST"])
@own_case_for("case.complain")
def complain(case: Case) -> Response:
    """How the company was served, or what a record says, is not right; somebody else than the station answers."""
    if case.status is Status.DRAFT:
        return _go(url_for("drafts.edit", token=case.tracking_token, name="problem"))
    return of_case(case, url_for(".complain"), url_for(".show"))


@bp.post("/complaints/<int:complaint_id>/further")
@own_case_for("case.complain")
def take_complaint_further(case: Case, complaint_id: int) -> Response:
    """Not content with the district's answer: the city answers."""
    row = next((one for one in complaints.of_company(case) if one.id == complaint_id), None)
    if row is None:
        raise NotFound("complaint")
    form = further_form(row)
    refused = attempt(form, None, lambda: complaints.take_further(row, me(), reason=form.reason.data or ""))
    if refused is None:
        flash(gettext("已转总队，由没有办过的人答复"), "done")
    else:
        wrong = [*form.reason.errors, *form.form_errors]
        flash(str(wrong[0]) if wrong else gettext("没有提交，请再试一次"), "error")
    return _go(url_for(".complain"))


@bp.post("/consents/<any(referral,example):purpose>")
@own_case_for("case.confirm")
def consent(case: Case, purpose: str) -> Response:
    """Give or take back a consent, as easily the one as the other."""
    if request.form.get("give") == "yes":
        intake.give_consent(case, purpose)
        flash(gettext("已同意"), "done")
    else:
        intake.withdraw_consent(case, purpose)
        flash(gettext("已撤回同意"), "done")
    return _go(url_for(".show"))


def _erasing(case: Case) -> Door:
    if case.company is None:
        raise NotFound("company")
    here = url_for(".erase")
    return Door(case.company, case, here, url_for(".confirm_erasure"), url_for(".take_back_erasure"), url_for(".show"))


@bp.get("/erasure")
@own_case_for("case.ask_erasure")
def erase(case: Case) -> Response:
    """What goes, what stays and why, before asking to have this case's personal data erased."""
    return explained(_erasing(case))


@bp.route("/erasure/confirmation", methods=["GET", "POST"])
@own_case_for("case.ask_erasure")
def confirm_erasure(case: Case) -> Response:
    """Wish to have this case's personal data erased; the operator answers."""
    return confirmed(_erasing(case), lambda: erasures.ask_for_case(case, me()))


@bp.post("/erasure/withdrawal")
@own_case_for("case.ask_erasure")
def take_back_erasure(case: Case) -> Response:
    """Keep it after all."""
    return taken_back(_erasing(case), lambda: erasures.take_back_for_case(case, me()))


@bp.post("/nomination")
@own_case_for("case.commend")
def commend(case: Case) -> Response:
    """Put the expert forward for a commendation: one press, once a case."""
    try:
        nominations.commend(case, me())
    except Refused as refusal:
        flash(refusal_text(refusal), "error")
        return _go(url_for(".show"))
    flash(gettext("谢谢，已推荐。评不评上由评审决定"), "done")
    return _go(url_for(".show"))


@bp.route("/series-end", methods=["GET", "POST"])
@own_case_for("case.end_series")
def end_series(case: Case) -> Response:
    """The company wants no more of what comes again; the button makes it count."""
    form, status, row = StopSeriesForm(), 200, series.live_of(case)
    if request.method == "POST":
        refused = attempt(form, None, lambda: series.end_as_company(case, me(), reason=form.reason.data or ""))
        if refused is None:
            flash(gettext("好的，以后不再建了"), "done")
            return _go(url_for(".show"))
        status = refused
    return page(
        "own/end_series.html",
        status=status,
        form=form,
        series=series_page.view(row) if row is not None else None,
        has_errors=status != 200,
    )


@bp.route("/data", methods=["GET", "POST"])
@own_case_for("case.take_out")
def take_out(case: Case) -> Response:
    """A copy of this one case to take along."""
    if case.status is Status.DRAFT:
        return _go(url_for("drafts.edit", token=case.tracking_token, name="problem"))
    if case.number is None:
        raise NotFound("case")
    form, status = CaseTakeoutForm(), 200
    if request.method == "POST":
        made = taking(
            form,
            lambda: takeouts.ask_for_case(case, me(), with_files=form.files.data),
            lambda storage: takeout.for_case(case, me(), storage, with_files=form.files.data),
        )
        if not isinstance(made, int):
            return made
        status = made
    return page(
        "takeouts/case.html",
        status=status,
        case=case,
        form=form,
        by_link=request.blueprint == "tracking",
        has_errors=status != 200,
    )


@bp.route("/account", methods=["GET", "POST"])
@own_case_for("case.claim")
def account(case: Case) -> Response:
    """A login of one's own, for whoever holds the link; the company's other cases wait for the station's yes."""
    if case.contact_account_id is not None:
        raise NotFound("account")
    form = AccountForm(login=accounts.default_login(case), name=case.contact_name)
    status = 200
    if request.method == "POST":
        made: list[Any] = []
        refused = attempt(
            form,
            None,
            lambda: made.append(
                accounts.claim(
                    case,
                    me(),
                    login=form.login.data or "",
                    name=form.name.data or "",
                    password=form.password.data or "",
                )
            ),
        )
        if refused is None:
            enter(made[0])
            flash(gettext("账号建好了。工作站核对后，就能看到本企业的全部求助"), "done")
            return _go(url_for("home.my_requests"))
        status = refused
    return page("own/account.html", status=status, case=case, form=form, has_errors=status != 200)


@bp.post("/account/mine")
@own_case_for("case.claim")
def adopt(case: Case) -> Response:
    """Into the account of whoever signed in, instead of a new one."""
    if not current_user.is_authenticated:
        flash(gettext("请先登录"), "warning")
        return _go(url_for(".account"))
    try:
        accounts.adopt(case, me(), current_user.account)
    except Refused as refusal:
        flash(refusal_text(refusal), "error")
        return _go(url_for(".show"))
    flash(gettext("已放进您的账号"), "done")
    return _go(url_for("home.my_requests"))


def _step(case: Case, form: Any, verb: Any, name: str, done: str) -> Response:
    status = 200
    if request.method == "POST":
        refused = attempt(form, case, verb)
        if refused is None:
            flash(gettext(done), "done")
            return _go(url_for(".show"))
        status = refused
    # What is over, or was done in another window, has no form any more; the page says where the case stands.
    obstacle = None if status != 200 else _obstacle(case, name)
    return page(
        f"own/{name}.html",
        status=status,
        case=case,
        form=form,
        has_errors=status != 200,
        obstacle=obstacle and refusal_text(obstacle),
    )


def _obstacle(case: Case, step: str) -> Refused | None:
    """Why this step cannot be taken now, whatever the form will say; None when it can."""
    for possible in life.steps_for(case, me()):
        if possible.step.name == step:
            return possible.obstacle
    return Refused("step_not_possible", step=step, status=case.status.value)


def _go(url: str) -> Response:
    if wants_fragment():
        return Response("", 204, {"HX-Redirect": url})
    return redirect(url, 303)  # type: ignore[return-value]
