"""A training or an award is recorded wrongly: said, decided by somebody else; and files that prove one."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext

from helpdesk.domain import attachments, dossier_corrections, proofs
from helpdesk.errors import Refused
from helpdesk.forms.records import (
    AskDossierCorrectionForm,
    CorrectHonourForm,
    CorrectTrainingForm,
    ProofForm,
    RefuseCorrectionForm,
)
from helpdesk.models import Attachment, CorrectionState, DossierCorrection, Expert, Honour, Training
from helpdesk.presentation import dossier_page, file_views
from helpdesk.presentation.file_views import FileView
from helpdesk.presentation.words import refusal_text
from helpdesk.routes import uploads
from helpdesk.routes.guard import attachment_for, dossier_correction_for, expert_for, me
from helpdesk.routes.page import answer, page
from helpdesk.routes.steps import attempt
from helpdesk.routes.uploads import takes_files
from helpdesk.rules import policy

bp = Blueprint("dossier_corrections", __name__)

OF_DOSSIER = "/experts/<int:expert_id>/<any(trainings,honours):dossier_kind>/<int:row_id>"


@bp.route(f"{OF_DOSSIER}/correction", methods=["GET", "POST"])
@expert_for("expert.ask_correction")
def ask(expert: Expert, dossier_kind: str, row_id: int) -> Response:
    """What is wrong with one training or award."""
    thing, form, status = dossier_corrections.find(expert, dossier_kind, row_id), AskDossierCorrectionForm(), 200
    if request.method == "POST":
        refused = attempt(
            form, None, lambda: dossier_corrections.ask(thing, me(), says=form.says.data or "", form_key=form.key)
        )
        if refused is None:
            flash(gettext("收到了，由别人核实后处理"), "done")
            return answer(url_for("dossiers.show", expert_id=expert.id))
        status = refused
    return page(
        "dossiers/ask_correction.html",
        status=status,
        expert=expert,
        name=thing.name,
        facts=dossier_page.facts(thing),
        form=form,
        url=url_for("dossier_corrections.ask", expert_id=expert.id, dossier_kind=dossier_kind, row_id=row_id),
        has_errors=status != 200,
    )


@takes_files
@bp.route(f"{OF_DOSSIER}/files", methods=["GET", "POST"])
@expert_for("expert.add_proof")
def add_files(expert: Expert, dossier_kind: str, row_id: int) -> Response:
    """Scans of what proves one."""
    thing, form, status = dossier_corrections.find(expert, dossier_kind, row_id), ProofForm(), 200
    if request.method == "POST":
        refused = uploads.keep(form, expert, form.key)
        if refused is None and not form.wants_only_to_drop:
            refused = attempt(form, None, lambda: dossier_corrections.add_proof(thing, me(), form_key=form.key))
            if refused is None:
                flash(gettext("文件已上传"), "done")
                return answer(url_for("dossiers.show", expert_id=expert.id))
        status = refused or 200
    return page(
        "dossiers/files.html",
        status=status,
        expert=expert,
        name=thing.name,
        form=form,
        sent=_sent(expert, thing),
        kept_files=file_views.kept(expert, form.key) if request.method == "POST" else [],
        url=url_for("dossier_corrections.add_files", expert_id=expert.id, dossier_kind=dossier_kind, row_id=row_id),
        has_errors=status != 200,
    )


def _sent(expert: Expert, thing: Training | Honour) -> list[FileView]:
    """What proves it already, for who may read that."""
    if not policy.can(me(), "expert.read_proof", expert):
        return []
    is_training = isinstance(thing, Training)
    return [
        view
        for row, view in file_views.proofs(expert, me())
        if (row.training_id if is_training else row.honour_id) == thing.id
    ]


@bp.post("/proofs/<int:attachment_id>/removal")
@attachment_for("attachment.remove_proof")
def remove_file(attachment: Attachment) -> Response:
    """Take a scan away that nobody has decided by yet."""
    try:
        proofs.remove(attachment, me())
    except Refused as refusal:
        flash(refusal_text(refusal), "error")
    else:
        flash(gettext("文件已移除"), "done")
    return answer(url_for("dossiers.show", expert_id=attachment.expert_id))


@bp.get("/dossier-corrections/<int:dossier_correction_id>")
@dossier_correction_for("dossier_correction.read")
def show(correction: DossierCorrection) -> Response:
    """What was said, what the record says, what was decided."""
    return _page(correction, _form(correction, now=True), RefuseCorrectionForm(formdata=None, prefix="no"), 200)


@bp.post("/dossier-corrections/<int:dossier_correction_id>/grant")
@dossier_correction_for("dossier_correction.decide")
def grant(correction: DossierCorrection) -> Response:
    """It was wrong: another row in its place."""
    form = _form(correction)
    refused = attempt(
        form,
        None,
        lambda: dossier_corrections.grant(correction, me(), facts=form.facts(), reason=form.reason.data or ""),
    )
    if refused is None:
        flash(gettext("已更正，原来的一条留在历史里"), "done")
        return answer(url_for("dossier_corrections.show", dossier_correction_id=correction.id))
    return _page(correction, form, RefuseCorrectionForm(formdata=None, prefix="no"), refused)


@bp.post("/dossier-corrections/<int:dossier_correction_id>/decision")
@dossier_correction_for("dossier_correction.decide")
def decide(correction: DossierCorrection) -> Response:
    """It never was, or it stands."""
    form = RefuseCorrectionForm(prefix="no")
    never = request.form.get("decision") == "never"

    def verb() -> None:
        if never:
            dossier_corrections.grant(correction, me(), facts=None, reason=form.reason.data or "")
        else:
            dossier_corrections.refuse(correction, me(), reason=form.reason.data or "")

    refused = attempt(form, None, verb)
    if refused is None:
        flash(gettext("已作废，原来的一条留在历史里") if never else gettext("已答复：不更正"), "done")
        return answer(url_for("dossier_corrections.show", dossier_correction_id=correction.id))
    return _page(correction, _form(correction, now=True), form, refused, deciding=True)


def _form(correction: DossierCorrection, *, now: bool = False) -> Any:
    """The form of what it is about; with what the record says `now`, or with what was sent."""
    thing = dossier_corrections.thing_of(correction)
    kind = CorrectTrainingForm if isinstance(thing, Training) else CorrectHonourForm
    return kind(formdata=None, **dossier_page.values(thing)) if now else kind()


def _page(
    correction: DossierCorrection, form: Any, no: RefuseCorrectionForm, status: int, *, deciding: bool = False
) -> Response:
    is_open = correction.state is CorrectionState.OPEN
    thing = dossier_corrections.thing_of(correction)
    files = (
        attachments.of_dossier(correction.expert) if policy.can(me(), "expert.read_proof", correction.expert) else []
    )
    mine = [f for f in files if f.training_id == correction.training_id and f.honour_id == correction.honour_id]
    return page(
        "dossiers/correction.html",
        status=status,
        row=dossier_page.view(correction),
        expert_id=correction.expert_id,
        is_training=isinstance(thing, Training),
        files=[file_views.proof(row) for row in mine],
        form=form,
        no=no,
        wrong=no if deciding else form,
        may_decide=is_open and policy.can(me(), "dossier_correction.decide", correction),
        has_errors=status != 200,
    )
