"""Letters that came in: the list, one of them, and what a desk decides about it."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, current_app, flash, make_response, render_template, request, url_for
from flask_babel import gettext
from markupsafe import Markup

from helpdesk.adapters.letterbox import letter as reader
from helpdesk.adapters.letterbox import plain
from helpdesk.adapters.scan.chosen import scanner_from
from helpdesk.adapters.storage import MissingFile, Storage
from helpdesk.adapters.storage.chosen import storage_from
from helpdesk.domain import incoming, letter_files, links
from helpdesk.errors import NotFound, Refused
from helpdesk.forms.base import HouseForm
from helpdesk.forms.incoming import CompletionForm, DismissalForm, PutOnForm
from helpdesk.models import Incoming
from helpdesk.presentation import choices, incoming_page
from helpdesk.presentation.words import refusal_text
from helpdesk.routes.guard import incoming_for, may, me
from helpdesk.routes.page import answer, page
from helpdesk.routes.steps import attempt

bp = Blueprint("incomings", __name__, url_prefix="/incoming")


@bp.get("")
@may("incomings.list")
def index() -> Response:
    """What asks for a decision first; the rest by tab."""
    before = request.args.get("before", type=int)
    return page(
        "incoming/index.html",
        silent=incoming.silent(),
        **incoming_page.build_list(
            me(), request.args.get("tab", ""), before if before and 0 < before < 2**31 else None
        ),
    )


@bp.get("/<int:incoming_id>")
@incoming_for("incoming.read")
def show(letter: Incoming) -> Response:
    """What it says, what it quotes, its files, and what can be done."""
    return _page(letter)


@bp.get("/<int:incoming_id>/look")
@incoming_for("incoming.read")
def look(letter: Incoming) -> Response:
    """As its writer formatted it: cleaned, alone in a sandbox, without pictures, styles or anything that loads."""
    html = Markup(plain.safe_html(_read(letter).html))  # noqa: S704 - the cleaner is the only way in here
    response = make_response(render_template("incoming/look.html", html=html, subject=letter.subject))
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox; frame-ancestors 'none'; base-uri 'none'"
    return response


@bp.get("/<int:incoming_id>/raw")
@incoming_for("incoming.read")
def raw(letter: Incoming) -> Response:
    """The message as it came, to keep or to show a mail server's people; never as a page."""
    response = make_response(_raw(letter))
    response.headers["Content-Type"] = "application/octet-stream"
    response.headers["Content-Disposition"] = f'attachment; filename="letter-{letter.id}.eml"'
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox; frame-ancestors 'none'"
    return response


@bp.get("/<int:incoming_id>/files/<int:place>")
@incoming_for("incoming.read")
def file(letter: Incoming, place: int) -> Response:
    """To one file of a letter that is on no case yet, by a link that is good for ten minutes."""
    back = url_for("incomings.show", incoming_id=letter.id)
    try:
        looked = letter_files.look(letter, place, _storage(), scanner_from(current_app.config))
    except Refused as refusal:
        flash(refusal_text(refusal), "warning")
        return answer(back)
    if not looked.is_scanned and request.args.get("anyway") != "1":
        here = url_for("incomings.file", incoming_id=letter.id, place=place, anyway=1)
        return page("files/unscanned.html", name=looked.name, url=here, back=back)
    return answer(url_for("files.of_letter", token=looked.token))


@bp.post("/<int:incoming_id>/case")
@incoming_for("incoming.decide")
def put_on(letter: Incoming) -> Response:
    """It belongs to this case."""
    form = PutOnForm()

    def verb() -> object:
        case = links.by_number(me(), form.number.data or "")
        return incoming.put_on(letter, me(), case=case, letter=_read(letter), storage=_storage())

    return _decide(letter, form, verb, gettext("已放进案件"), put=form)


@bp.post("/<int:incoming_id>/dismissal")
@incoming_for("incoming.decide")
def dismiss(letter: Incoming) -> Response:
    """Nothing is to be done."""
    form = DismissalForm()
    return _decide(
        letter,
        form,
        lambda: incoming.dismiss(letter, me(), reason=form.reason.data or ""),
        gettext("记下了"),
        drop=form,
    )


@bp.post("/<int:incoming_id>/request")
@incoming_for("incoming.decide")
def begin(letter: Incoming) -> Response:
    """It is a request, although it was filed or held."""
    form = HouseForm()

    def verb() -> object:
        return incoming.begin(letter, me(), letter=_read(letter), storage=_storage())

    return _decide(letter, form, verb, gettext("已作为求助留下，请补企业信息"))


@bp.post("/<int:incoming_id>/reading")
@incoming_for("incoming.decide")
def read_again(letter: Incoming) -> Response:
    """Try to read it once more."""
    return _decide(letter, HouseForm(), lambda: incoming.read_again(letter, me()), gettext("马上再读一次"))


@bp.route("/<int:incoming_id>/completion", methods=["GET", "POST"])
@incoming_for("incoming.decide")
def complete(letter: Incoming) -> Response:
    """The sender said on the phone what was missing: the request is sent."""
    form = CompletionForm(contact=letter.name)
    if not incoming.is_wordless(letter):
        del form.problem
    form.district.choices, form.industry.choices = choices.districts(), choices.industries()
    status = 200
    if request.method == "POST":
        sent = []
        problem = (form.problem.data or "") if "problem" in form else ""
        refused = attempt(
            form,
            None,
            lambda: sent.append(
                incoming.complete(
                    letter, me(), company=form.facts(), contact=form.person(letter.address), problem=problem
                )
            ),
        )
        if refused is None:
            flash(gettext("已立案 %(number)s", number=sent[0].number), "done")
            return answer(url_for("incomings.show", incoming_id=letter.id))
        status = refused
    return page("incoming/complete.html", status=status, form=form, letter=letter, has_errors=status != 200)


def _decide(
    letter: Incoming,
    form: HouseForm,
    verb: Callable[[], object],
    done: str,
    *,
    put: PutOnForm | None = None,
    drop: DismissalForm | None = None,
) -> Response:
    refused = attempt(form, None, verb)
    if refused is None:
        flash(done, "done")
        return answer(url_for("incomings.show", incoming_id=letter.id))
    return _page(letter, status=refused, put=put, drop=drop, trouble=next(iter(form.form_errors), ""))


def _page(
    letter: Incoming,
    *,
    status: int = 200,
    put: PutOnForm | None = None,
    drop: DismissalForm | None = None,
    trouble: str = "",
) -> Response:
    maybe = letter.maybe_case.number if letter.maybe_case is not None else ""
    return page(
        "incoming/show.html",
        status=status,
        put=put or PutOnForm(formdata=None, number=maybe),
        drop=drop or DismissalForm(formdata=None),
        trouble=trouble,
        has_errors=status != 200,
        **incoming_page.build(letter, me()),
    )


def _storage() -> Storage:
    return storage_from(current_app.config)


def _raw(letter: Incoming) -> bytes:
    try:
        return incoming.raw_of(letter, _storage())
    except MissingFile:
        raise NotFound("letter") from None


def _read(letter: Incoming) -> reader.Letter:
    return reader.read(_raw(letter))
