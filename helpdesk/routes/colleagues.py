"""The members of a company: who belongs to it as what, asking one in, changing a part, letting one go."""

from __future__ import annotations

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext

from helpdesk.domain import invitations
from helpdesk.errors import Refused
from helpdesk.forms.invitations import InvitationForm, PartForm
from helpdesk.models import Company, CompanyPart, Grant, Invitation
from helpdesk.presentation import colleague_page
from helpdesk.presentation.words import refusal_text
from helpdesk.routes.guard import company_for, invitation_for, me, member_for
from helpdesk.routes.page import answer, page
from helpdesk.routes.steps import attempt

bp = Blueprint("colleagues", __name__, url_prefix="/me")


@bp.get("/companies/<int:company_id>")
@company_for("company.read")
def index(company: Company) -> Response:
    """Members and open invitations."""
    return _show(company, InvitationForm())


@bp.post("/companies/<int:company_id>/invitations")
@company_for("company.invite")
def invite(company: Company) -> Response:
    """By mail."""
    form = InvitationForm()
    refused = attempt(
        form, None, lambda: invitations.invite(company, me(), address=form.email.data or "", part=form.chosen)
    )
    if refused is not None:
        return _show(company, form, refused)
    flash(gettext("邀请信发出了，%(days)s 天内有效", days=invitations.DAYS), "done")
    return answer(url_for("colleagues.index", company_id=company.id))


@bp.post("/companies/<int:company_id>/links")
@company_for("company.invite")
def link(company: Company) -> Response:
    """By a link to pass on."""
    form = PartForm()
    refused = attempt(form, None, lambda: invitations.invite(company, me(), part=form.chosen))
    if refused is not None:
        return _show(company, InvitationForm(formdata=None), refused, [*form.form_errors, *form.part.errors])
    flash(gettext("链接好了，复制给同事。%(days)s 天内有效，只能用一次", days=invitations.DAYS), "done")
    return answer(url_for("colleagues.index", company_id=company.id))


@bp.post("/invitations/<int:invitation_id>/revocation")
@invitation_for("invitation.revoke")
def revoke(invitation: Invitation) -> Response:
    """The link opens nothing any more."""
    invitations.revoke(invitation, me())
    flash(gettext("邀请已撤回"), "done")
    return answer(url_for("colleagues.index", company_id=invitation.company_id))


@bp.route("/members/<int:member_id>/part", methods=["GET", "POST"])
@member_for("member.set_part")
def set_part(member: Grant) -> Response:
    """Handler or viewer; for oneself, too. First what that means, then the button."""
    form, company = PartForm(part=None), member.company
    assert company is not None
    if request.method == "GET":
        other = CompanyPart.VIEWER if member.company_part is CompanyPart.HANDLER else CompanyPart.HANDLER
        return page("colleagues/part.html", member=member, to=other, is_me=member.account_id == me().account_id)
    refused = attempt(form, None, lambda: invitations.set_part(member, me(), form.chosen))
    if refused is not None:
        blank = InvitationForm(formdata=None)
        return _show(company, blank, refused, [*form.form_errors, *form.part.errors])
    flash(gettext("已改，马上生效"), "done")
    return answer(url_for("colleagues.index", company_id=company.id))


@bp.post("/members/<int:member_id>/removal")
@member_for("member.remove")
def remove(member: Grant) -> Response:
    """Let a colleague go, or leave."""
    is_me = member.account_id == me().account_id
    try:
        invitations.remove(member, me())
    except Refused as refusal:
        flash(refusal_text(refusal), "error")
        return answer(url_for("colleagues.index", company_id=member.company_id))
    flash(gettext("您已退出这家企业，请重新登录") if is_me else gettext("已移除"), "done")
    return answer(url_for("home.index") if is_me else url_for("colleagues.index", company_id=member.company_id))


def _show(company: Company, form: InvitationForm, status: int = 200, troubles: list[str] | None = None) -> Response:
    form.form_errors = [*form.form_errors, *(troubles or [])]
    return page(
        "colleagues/index.html",
        status=status,
        view=colleague_page.build(company, me()),
        form=form,
        has_errors=status != 200,
        current="me",
    )
