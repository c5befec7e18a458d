"""关系转接: an expert takes the record along; the operator takes in one from elsewhere and verifies its lines."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, flash, make_response, request, url_for

from helpdesk import clock
from helpdesk.adapters.signing import SigningUnavailable, detached
from helpdesk.domain import experts, record_transfers
from helpdesk.errors import Refused
from helpdesk.forms.imported_lines import LinesForm
from helpdesk.forms.record_transfers import RecordExportForm, RecordImportForm
from helpdesk.i18n import counted
from helpdesk.models import RecordImport
from helpdesk.presentation import hours_page, transfer_page
from helpdesk.routes.guard import may, me
from helpdesk.routes.imported_lines import try_decision
from helpdesk.routes.page import answer, page
from helpdesk.routes.steps import attempt
from helpdesk.routes.uploads import takes_files

bp = Blueprint("record_transfers", __name__)


@bp.route("/me/transfer", methods=["GET", "POST"])
@may("record.transfer")
def export() -> Response:
    """To whom, with consent; the answer is the file."""
    expert = experts.expert_of(me())
    form, status = RecordExportForm(), 200
    if request.method == "POST":
        made: list[bytes] = []
        refused = attempt(form, None, lambda: made.append(_bundle(form)))
        if refused is None:
            name = f"transfer-{expert.volunteer_number}-{clock.today().isoformat()}.json"
            response = make_response(made[0])
            response.headers["Content-Type"] = "application/json"
            response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
            return response
        status = refused
    return page(
        "record_transfers/export.html",
        status=status,
        form=form,
        sent=transfer_page.sent(record_transfers.exports_of(expert.id)),
        came=hours_page.transferred(expert.id),
        has_errors=status != 200,
    )


def _bundle(form: RecordExportForm) -> bytes:
    try:
        key = detached.key_from(current_app.config)
    except SigningUnavailable as trouble:
        current_app.logger.error("signing: %s", trouble)
        raise Refused("signing_unavailable") from None
    return record_transfers.export(me(), receiver=form.receiver.data or "", agreed=bool(form.agreed.data), key=key)


@bp.route("/record-imports", methods=["GET", "POST"])
@takes_files
@may("records.import")
def index() -> Response:
    """Bundles that came in, and the form for another one."""
    form, status = RecordImportForm(), 200
    if request.method == "POST":
        made: list[RecordImport] = []
        refused = attempt(form, None, lambda: made.append(_take_in(form)))
        if refused is None:
            flash(counted("收到 %(n)s 条转入记录，待核", len(made[0].records)), "done")
            return answer(url_for("record_transfers.show", import_id=made[0].id))
        status = refused
    rows = transfer_page.rows(record_transfers.imports(me()))
    return page("record_transfers/index.html", status=status, form=form, rows=rows, has_errors=status != 200)


def _take_in(form: RecordImportForm) -> RecordImport:
    content = form.content()
    if not content:
        raise Refused("bundle_missing", field="file")
    return record_transfers.take_in(me(), content, volunteer_number=form.volunteer_number.data or "")


@bp.route("/record-imports/<int:import_id>", methods=["GET", "POST"])
@may("records.import")
def show(import_id: int) -> Response:
    """One bundle: whose key, which lines, and the decision about them."""
    bundle = record_transfers.by_id(me(), import_id)
    form, status = LinesForm(), 200
    if request.method == "POST":
        refused = try_decision(form, bundle, record_transfers.decide)
        if refused is None:
            return answer(url_for("record_transfers.show", import_id=bundle.id))
        status = refused
    return page(
        "record_transfers/show.html",
        status=status,
        form=form,
        view=transfer_page.build(bundle),
        ticked=form.chosen(),
        has_errors=status != 200,
    )
