"""Asking: four pages and a submission, without an account. The draft lives on the server under its token."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask_babel import gettext
from werkzeug.datastructures import MultiDict

from helpdesk.domain import article_search, attachments, companies, intake, suggestion
from helpdesk.errors import Refused
from helpdesk.forms.base import clean_line
from helpdesk.forms.files import FilesForm
from helpdesk.forms.requests import CompanyForm, ContactForm, ProblemForm
from helpdesk.models import Case, Status
from helpdesk.presentation import article_page, choices, file_views, request_page
from helpdesk.presentation.language import current_locale
from helpdesk.presentation.words import refusal_text
from helpdesk.routes import uploads
from helpdesk.routes.guard import draft_for, me, open_to_all
from helpdesk.routes.page import page, wants_fragment
from helpdesk.routes.uploads import takes_files

bp = Blueprint("drafts", __name__)

KEPT = {"problem": ("problem", "category"),
        "company": ("name", "credit_code", "no_code", "district", "industry", "employees", "revenue_wan", "assets_wan"),
        "contact": ("name", "phone", "email", "times", "meeting", "handling", "referral", "example")}  # fmt: skip
KEY_LENGTH = 30
NEXT = {"problem": "company", "company": "contact", "contact": "check"}


@bp.route("/requests/new", methods=["GET", "POST"])
@open_to_all
def new() -> Response:
    """The first page. Looking at it makes nothing; sending it makes the draft."""
    form = _problem_form(None)
    if request.method == "GET":
        return _page("problem", form, None)
    if not form.validate_on_submit():
        return _page("problem", form, None, status=422)
    sender = me() if me().is_signed_in else None
    case = intake.start(form.problem.data or "", category=form.category.data, locale=current_locale(), sent_by=sender)
    return _go(_place(case, "company"))


@bp.post("/requests/suggestion")
@open_to_all
def suggest() -> Response:
    """While somebody types: articles that may answer it already, and the fields it sounds like. Nothing is kept, and
    what was chosen by hand stays chosen."""
    return page("drafts/_suggestion.html", **_suggested(request.form.get("problem", "")))


def _suggested(problem: str) -> dict[str, Any]:
    problem = problem[:2000]
    found = suggestion.suggest(problem)
    guesses = [g for g in found if g is found[0] or g.share >= 0.1]
    return {
        "guesses": guesses,
        "sure": bool(guesses) and guesses[0].share >= suggestion.SURE,
        "answers": _answers(problem, guesses[0].code if guesses else ""),
    }


def _answers(problem: str, category_code: str) -> list[dict[str, str]]:
    """The three best articles for a text that says something yet."""
    if len(problem.strip()) < suggestion.LEAST:
        return []
    return article_page.offered(article_search.near(problem, category_code=category_code))


@bp.route("/drafts/<token>/<any(problem,company,contact):name>", methods=["GET", "POST"])
@draft_for
def edit(case: Case, name: str) -> Response:
    """One of the pages, filled with what it held; from the check page one returns straight there."""
    if case.status is not Status.DRAFT:
        return _go(url_for("tracking.receipt", token=case.tracking_token))
    form = _form(name, case)
    if request.method == "GET":
        return _page(name, form, case)
    if not form.validate_on_submit():
        return _page(name, form, case, status=422)
    intake.save_page(case, name, {field: form[field].data for field in KEPT[name]})
    back = request.form.get("then") == "check" and intake.missing_page(case) is None
    return _go(_place(case, "check" if back else NEXT[name]))


@bp.get("/drafts/<token>/check")
@draft_for
def check(case: Case) -> Response:
    """Everything once more before it is sent, each part with its way back."""
    if case.status is not Status.DRAFT:
        return _go(url_for("tracking.receipt", token=case.tracking_token))
    missing = intake.missing_page(case)
    if missing:
        return _go(url_for("drafts.edit", token=case.tracking_token, name=missing))
    return _check(case)


def _check(case: Case, *, status: int = 200, refusal: str = "", upload: FilesForm | None = None) -> Response:
    if upload is None:
        key = _opening()
        upload = FilesForm(formdata=None, form_key=key) if key else FilesForm(formdata=None)
    batch = attachments.of_opening(upload.key)
    return page(
        "drafts/check.html",
        status=status,
        case=case,
        upload=upload,
        kept_files=file_views.kept(case, attachments.REQUEST, batch),
        elsewhere=len(attachments.elsewhere(case, batch)),
        view=request_page.summary(case.draft),
        step=4,
        has_errors=status != 200,
        refusal=refusal,
    )


@takes_files
@bp.post("/drafts/<token>/files")
@draft_for
def add_files(case: Case) -> Response:
    """Pictures and papers that say more than words; back to the check page either way, or there with the reason."""
    if case.status is not Status.DRAFT:
        return _go(url_for("tracking.receipt", token=case.tracking_token))
    form = FilesForm()
    batch = attachments.of_opening(form.key)
    if uploads.keep(form, case, batch) is not None:
        return _check(case, status=422, upload=form)
    # What came with a letter stands in every opening, and can be taken out in each.
    attachments.drop(case, attachments.REQUEST, request.form.get("drop", 0, type=int))
    if request.form.get("gather"):
        try:
            attachments.gather(case, batch)
        except Refused as refusal:
            form.refuse(refusal)
            return _check(case, status=422, upload=form)
    return _go(url_for("drafts.check", token=case.tracking_token, opening=form.key, _anchor="papers"))


@takes_files
@bp.post("/drafts/<token>/submission")
@draft_for
def submit(case: Case) -> Response:
    """Send it, with the files that were chosen and not sent up before. Sent twice it is one case and one receipt."""
    receipt = url_for("tracking.receipt", token=case.tracking_token)
    if case.status is not Status.DRAFT:
        return _go(receipt)
    for name in intake.PAGES:
        form = _form(name, case, from_draft=True)
        if name not in case.draft or not form.validate():
            flash(gettext("这一页还有要改的地方"), "warning")
            opening = FilesForm().key[:KEY_LENGTH]
            return _go(url_for("drafts.edit", token=case.tracking_token, name=name, opening=opening))
    upload = FilesForm()
    if uploads.keep(upload, case, attachments.of_opening(upload.key)) is not None:
        return _check(case, status=422, upload=upload)
    company, contact = _form("company", case, from_draft=True), _form("contact", case, from_draft=True)
    try:
        intake.submit(
            case,
            me().with_link(case.id, contact.name.data),
            company=company.facts(),
            contact=contact.contact(),
            consents=contact.consents(),
            opening=upload.key,
        )
    except Refused as refusal:
        return _check(case, status=422, refusal=refusal_text(refusal), upload=upload)
    return _go(receipt)


@bp.get("/drafts/<token>/size")
@draft_for
def size(case: Case) -> Response:
    """The size class of the figures typed so far, as a fragment beside them; opened alone, the page they stand on."""
    if not wants_fragment():
        return _go(_place(case, "company"))
    form = _form("company", case, values=request.args)
    return page("drafts/_size.html", size=request_page.size_words(companies.size_of(form.facts()), form.industry.data))


def _problem_form(case: Case | None, **more: Any) -> ProblemForm:
    wanted = request.args.get("category", "")
    form = ProblemForm(**{"category": wanted, **(case.draft.get("problem", {}) if case else {}), **more})
    form.category.choices = choices.categories(unsure=True)
    return form


def _form(name: str, case: Case, *, from_draft: bool = False, values: Any = None) -> Any:
    """A page's form: from what was posted, from what the draft holds, or from other values (no CSRF then)."""
    kept = {k: v for k, v in case.draft.get(name, {}).items() if v is not None}
    kind = {"problem": ProblemForm, "company": CompanyForm, "contact": ContactForm}[name]
    if from_draft:
        sent = MultiDict({k: "y" if v is True else v for k, v in kept.items() if v is not False})
        form = kind(formdata=sent, meta={"csrf": False})
    elif values is not None:
        form = kind(formdata=values, meta={"csrf": False})
    else:
        form = kind(**(kept or _written(name, case) or _known(name)))
    if name == "problem":
        form.category.choices = choices.categories(unsure=True)
    if name == "company":
        form.district.choices, form.industry.choices = choices.districts(), choices.industries()
    return form


def _written(name: str, case: Case) -> dict[str, Any]:
    """What a letter that began the request says of its writer."""
    return dict(case.draft.get("mail", {})) if name == "contact" else {}


def _known(name: str) -> dict[str, Any]:
    """What we know of a member's company and person already."""
    return request_page.known(me(), name) if me().is_signed_in else {}


def _page(name: str, form: Any, case: Case | None, status: int = 200) -> Response:
    step = intake.PAGES.index(name) + 1
    more: dict[str, Any] = {"answers": []}
    if name == "problem" and form.problem.data:
        more = _suggested(form.problem.data)
    elif name == "company" and case is not None and request.args.get("answers"):
        said = case.draft.get("problem", {})
        more = {"answers": _answers(said.get("problem", ""), said.get("category") or "")}
    return page(
        f"drafts/{name}.html",
        status=status,
        form=form,
        case=case,
        step=step,
        has_errors=status != 200,
        then=request.values.get("then", ""),
        opening=_opening(),
        action=url_for("drafts.edit", token=case.tracking_token, name=name) if case else url_for("drafts.new"),
        size=request_page.size_words(companies.size_of(form.facts()), form.industry.data) if name == "company" else "",
        **more,
    )


def _opening() -> str:
    """The key of the form's opening that this request is about; empty before it has files. It goes with the pages."""
    return clean_line(request.values.get("opening", ""))[:KEY_LENGTH]


def _place(case: Case, name: str) -> str:
    opening = _opening() or None
    if name == "check":
        return url_for("drafts.check", token=case.tracking_token, opening=opening)
    # Answers that were offered while typing are not offered again; without script they are, on the second page.
    answers = 1 if name == "company" and request.form.get("problem") and not request.form.get("offered") else None
    return url_for("drafts.edit", token=case.tracking_token, name=name, answers=answers, opening=opening)


def _go(url: str) -> Response:
    return redirect(url, 303)  # type: ignore[return-value]
