"""Anybody checks a paper: by its code, by scanning it, or by handing in the file."""

from __future__ import annotations

import csv
import io

from flask import Blueprint, Response, make_response, request
from flask_babel import gettext

from helpdesk.adapters.signing import keys as signing_keys
from helpdesk.domain import accounts, papers
from helpdesk.forms.papers import CheckFileForm
from helpdesk.presentation import verdict_page
from helpdesk.routes.entry import keep_writes
from helpdesk.routes.guard import open_to_all
from helpdesk.routes.page import page, page_or_fragment
from helpdesk.routes.uploads import takes_files

bp = Blueprint("verify", __name__)

# Files from one address in ten minutes: reading one costs some ten milliseconds.
FILES = 60


@bp.get("/verify")
@open_to_all
def index() -> Response:
    """The field, and the result when a code was given."""
    return _page(request.args.get("code", ""))


@bp.get("/verify/<code>")
@bp.get("/v/<code>")
@bp.get("/V/<code>")
@open_to_all
def show(code: str) -> Response:
    """The result for a scanned code. The QR holds capital letters, hence the third address."""
    return _page(code)


@bp.post("/verify")
@takes_files
@open_to_all
def check_file() -> Response:
    """The result for a file. It is looked at and thrown away."""
    form = CheckFileForm()
    key = f"verify:{request.remote_addr}"
    accounts.check_tries(key, limit=FILES)
    if not form.validate_on_submit():
        return _page("", form=form, status=422)
    keep_writes()
    accounts.count_try(key)
    content = form.content()
    if not content:
        form.file.errors = [gettext("请选一个 PDF 文件")]
        return _page("", form=form, status=422)
    return _page("", form=form, verdict=papers.check_file(content))


@bp.get("/verify/withdrawn")
@open_to_all
def withdrawn() -> Response:
    """The list of papers that are valid no more."""
    return _unlisted(page("verify/withdrawn.html", current="verify", rows=verdict_page.ended_rows(papers.ended())))


@bp.get("/verify/withdrawn.csv")
@open_to_all
def withdrawn_file() -> Response:
    """The same list, whole, for other programs."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("number", "kind", "state", "on"))
    writer.writerows((row.number, row.kind, row.state, row.on.isoformat()) for row in papers.ended(most=None))
    return _file(out.getvalue().encode("ascii"), "text/csv; charset=utf-8", "withdrawn.csv")


@bp.get("/verify/keys.pem")
@open_to_all
def keys() -> Response:
    """The certificates behind our signatures, for whoever checks with another program."""
    found = [row.pem.encode("ascii") for row in papers.signing_certificates()]
    authority = signing_keys.authority_pem(signing_keys.folder())
    if authority is not None:
        found.append(authority)
    return _file(b"".join(found) or b"# No paper has been signed yet.\n", "application/x-pem-file", "keys.pem")


def _file(data: bytes, kind: str, name: str) -> Response:
    response = make_response(data)
    response.headers["Content-Type"] = kind
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _page(
    code: str, *, form: CheckFileForm | None = None, verdict: papers.Verdict | None = None, status: int = 200
) -> Response:
    code = code.strip()[:60]
    if code:
        verdict = papers.check(code)
    response = page_or_fragment(
        "verify/index.html",
        "verify/_result.html",
        status=status,
        current="verify",
        code=code,
        form=form or CheckFileForm(formdata=None),
        verdict=verdict_page.view(verdict) if verdict else None,
        has_errors=status != 200,
        asked_nothing=request.method == "GET" and not code and "code" in request.args,
    )
    return _unlisted(response)


def _unlisted(response: Response) -> Response:
    """A paper's data is for its holder's reader, not for search engines."""
    response.headers["X-Robots-Tag"] = "noindex"
    return response
