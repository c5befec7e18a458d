"""Certificates: one's own list, one paper with its state, and the PDF itself."""

from __future__ import annotations

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext

from helpdesk.domain import certificates, experts
from helpdesk.forms.papers import ReissueForm
from helpdesk.models import Certificate, PaperStatus
from helpdesk.presentation import paper_page
from helpdesk.routes.guard import certificate_for, may, me
from helpdesk.routes.page import answer, page, wants_fragment
from helpdesk.routes.paper_files import pdf_of, pulse_of
from helpdesk.routes.steps import attempt
from helpdesk.rules import policy

bp = Blueprint("certificates", __name__)


@bp.get("/me/certificates")
@may("hours.read")
def index() -> Response:
    """One's own papers, newest first."""
    expert = experts.expert_of(me())
    rows = [paper_page.row_of(row) for row in certificates.of_expert(expert.id)]
    return page("certificates/index.html", rows=rows, expert=expert)


@bp.get("/certificates/<number>")
@certificate_for("certificate.read")
def show(certificate: Certificate) -> Response:
    """The paper as it stands. While the PDF is being drawn, the page's pulse asks here again."""
    if wants_fragment():
        return pulse_of(certificate)
    view = paper_page.page_of(certificate, may_download=policy.can(me(), "certificate.download", certificate))
    may_reissue = certificate.status is PaperStatus.VALID and policy.can(me(), "certificate.reissue", certificate)
    may = policy.allowed(me(), certificate.case, ["case.ask_correction", "case.reverse_hours"])
    return page(
        "certificates/show.html",
        paper=view,
        may_reissue=may_reissue,
        may_correct="case.ask_correction" in may,
        may_reverse="case.reverse_hours" in may,
    )


@bp.route("/certificates/<number>/reissue", methods=["GET", "POST"])
@certificate_for("certificate.reissue")
def reissue(certificate: Certificate) -> Response:
    """Issue the paper anew with today's names and words, and say why."""
    form, status = ReissueForm(), 200
    if request.method == "POST":
        made: list[Certificate] = []
        reason = form.reason.data or ""
        refused = attempt(form, None, lambda: made.append(certificates.reissue(certificate, me(), reason=reason)))
        if refused is None:
            flash(gettext("已重新出具 %(number)s", number=made[0].number), "done")
            return answer(url_for("certificates.show", number=made[0].number))
        status = refused
    view = paper_page.page_of(certificate, may_download=False)
    return page("certificates/reissue.html", status=status, paper=view, form=form, has_errors=status != 200)


@bp.get("/certificates/<number>.pdf")
@certificate_for("certificate.download")
def download(certificate: Certificate) -> Response:
    """The PDF as a file. Raises NotFound while it is not drawn."""
    return pdf_of(certificate)
