"""Tables of experts, companies and past records: upload, look at every line, import whole or not at all."""

from __future__ import annotations

import hashlib

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext

from helpdesk.adapters import table_file
from helpdesk.adapters.table_file import BadTable
from helpdesk.domain import table_imports
from helpdesk.forms.imported_lines import LinesForm
from helpdesk.forms.table_imports import ActForm, UploadForm
from helpdesk.i18n import counted
from helpdesk.models import TableImport, TableKind, TableUpload
from helpdesk.presentation import import_page
from helpdesk.routes.guard import may, me, table_import_for, table_upload_for
from helpdesk.routes.imported_lines import try_decision
from helpdesk.routes.page import answer, page
from helpdesk.routes.steps import attempt
from helpdesk.routes.tables import file_of
from helpdesk.routes.uploads import takes_files

bp = Blueprint("table_imports", __name__, url_prefix="/imports")


@bp.route("", methods=["GET", "POST"])
@takes_files
@may("table_imports.list")
def index() -> Response:
    """What may be imported, with its templates; the form; what waits, and what was imported."""
    form, status = UploadForm(), 200
    kinds = table_imports.kinds_of(me())
    form.kind.choices = [(kind.value, gettext(import_page.KINDS[kind])) for kind in kinds]
    if request.method == "POST":
        made: list[TableUpload] = []
        refused = attempt(form, None, lambda: made.append(_taken(form)))
        if refused is None:
            return answer(url_for("table_imports.upload", upload_id=made[0].id))
        status = refused
    return page(
        "table_imports/index.html",
        status=status,
        form=form,
        kinds=[(kind.value, gettext(import_page.KINDS[kind]), gettext(import_page.LEADS[kind])) for kind in kinds],
        uploads=import_page.upload_rows(table_imports.uploads(me())),
        imports=import_page.import_rows(table_imports.imports(me())),
        has_errors=status != 200,
    )


def _taken(form: UploadForm) -> TableUpload:
    kind, content = TableKind(form.kind.data), form.content()
    try:
        table = table_file.read(content)
        keys = import_page.keys_of(kind, table.heading)
    except BadTable as trouble:
        raise import_page.as_refusal(trouble) from None
    return table_imports.take(
        me(),
        kind,
        file_name=form.file_name(),
        sha256=hashlib.sha256(content).hexdigest(),
        columns=keys,
        rows=table.rows,
    )


@bp.get("/templates/<any(experts, companies, trainings, honours):table_name>.<any(csv, xlsx):file_kind>")
@may("table_imports.list")
def template(table_name: str, file_kind: str) -> Response:
    """An empty table with the right headings."""
    kind = TableKind(table_name)
    name = gettext("导入模板 %(what)s", what=gettext(import_page.KINDS[kind]))
    return file_of(import_page.template(kind, file_kind), name, file_kind)


@bp.route("/uploads/<int:upload_id>", methods=["GET", "POST"])
@table_upload_for("table_upload.import")
def upload(row: TableUpload) -> Response:
    """Every line with what is wrong beside its cell; one press imports all of them or none."""
    form, status = ActForm(), 200
    if request.method == "POST":
        made: list[TableImport] = []
        refused = attempt(form, None, lambda: _act(row, made))
        if refused is None and made:
            flash(counted("导入了 %(n)s 行", made[0].made), "done")
            return answer(url_for("table_imports.show", batch_id=made[0].id))
        if refused is None:
            flash(gettext("已删除，没有导入"), "done")
            return answer(url_for("table_imports.index"))
        status = refused
    report = table_imports.check(row, me())
    number = request.args.get("page", "")
    view = import_page.build(
        row,
        report,
        shown=request.args.get("shown", ""),
        number=int(number) if number.isascii() and number.isdigit() and len(number) < 5 else 0,
    )
    return page("table_imports/upload.html", status=status, form=form, view=view, row=row, has_errors=status != 200)


def _act(row: TableUpload, made: list[TableImport]) -> None:
    if request.form.get("act") == "drop":
        table_imports.drop(row, me())
    else:
        made.append(table_imports.carry_out(row, me()))


@bp.get("/uploads/<int:upload_id>/report.xlsx")
@table_upload_for("table_upload.read")
def report(row: TableUpload) -> Response:
    """The table as it came, with two columns that say what becomes of each line, and why."""
    name = gettext("检查结果 %(what)s", what=gettext(import_page.KINDS[row.kind]))
    return file_of(import_page.report_pieces(row, table_imports.check(row, me())), name, "xlsx")


@bp.route("/<int:batch_id>", methods=["GET", "POST"])
@table_import_for("table_import.decide")
def show(batch: TableImport) -> Response:
    """What is kept of an import; of past records each line, and the decision about those that wait."""
    form, status = LinesForm(), 200
    if request.method == "POST":
        refused = try_decision(form, batch, table_imports.decide)
        if refused is None:
            return answer(url_for("table_imports.show", batch_id=batch.id))
        status = refused
    entries = import_page.entry_views(table_imports.entries_of(batch))
    return page(
        "table_imports/show.html",
        status=status,
        form=form,
        batch=batch,
        title=gettext("导入%(what)s", what=gettext(import_page.KINDS[batch.kind])),
        facts=import_page.facts_of(batch),
        entries=entries,
        is_record=batch.kind in table_imports.RECORDS,
        waiting=table_imports.pending_counts([batch.id]).get(batch.id, 0),
        has_hours=batch.kind is TableKind.TRAININGS,
        ticked=form.chosen(),
        has_errors=status != 200,
    )
