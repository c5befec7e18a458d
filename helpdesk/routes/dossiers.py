"""An expert's own record beside the visits: personal data, training, awards (办法67 art. 5, 8, 9)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext

from helpdesk.domain import attachments, expert_persons, honours, table_imports, trainings
from helpdesk.errors import NotFound
from helpdesk.forms.base import HouseForm
from helpdesk.forms.files import FilesForm
from helpdesk.forms.records import DecideHonourForm, HonourForm, PersonForm, StrikeForm, TrainingForm
from helpdesk.i18n import N_
from helpdesk.models import Expert, Honour
from helpdesk.presentation import dossier_page, file_views, record_page
from helpdesk.routes import uploads
from helpdesk.routes.files import to_file
from helpdesk.routes.guard import expert_for, honour_for, me
from helpdesk.routes.page import answer, page
from helpdesk.routes.steps import attempt
from helpdesk.routes.uploads import takes_files
from helpdesk.rules import policy

bp = Blueprint("dossiers", __name__)

RIGHTS = ("expert.write_person", "expert.ask_honour", "expert.record_training", "expert.record_honour", "expert.unseal",
          "expert.take_out", "expert.ask_correction", "expert.add_proof", "expert.read_proof")  # fmt: skip


@bp.get("/experts/<int:expert_id>/record")
@expert_for("expert.read_record")
def show(expert: Expert) -> Response:
    """Personal data (masked), trainings, awards, and what may be done here."""
    return _show(expert)


@bp.get("/experts/<int:expert_id>/files/<int:attachment_id>")
@expert_for("expert.read_proof")
def file(expert: Expert, attachment_id: int) -> Response:
    """To a file that proves a training or an award, by a link that is good for ten minutes; never public."""
    return to_file(attachments.find_proof(expert, attachment_id), url_for("dossiers.show", expert_id=expert.id))


@bp.post("/experts/<int:expert_id>/identity")
@expert_for("expert.unseal")
def unseal(expert: Expert) -> Response:
    """The whole identity number, this once; the look is noted."""
    person = expert_persons.of(expert)
    if person is None or person.identity_sealed is None:
        raise NotFound("identity")
    return _show(expert, identity=expert_persons.unseal(expert, me()))


@bp.post("/experts/<int:expert_id>/identity/removal")
@expert_for("expert.write_person")
def forget_identity(expert: Expert) -> Response:
    """Take the number back."""
    expert_persons.forget_identity(expert, me())
    flash(gettext("证件号码已删除"), "done")
    return answer(url_for("dossiers.show", expert_id=expert.id))


@bp.route("/experts/<int:expert_id>/person", methods=["GET", "POST"])
@expert_for("expert.write_person")
def person(expert: Expert) -> Response:
    """The expert's own data."""
    known = expert_persons.of(expert)
    form = PersonForm(**record_page.person_values(known))

    def write() -> None:
        expert_persons.write(
            expert,
            me(),
            form.facts(),
            consent=bool(form.consent.data),
            identity_consent=bool(form.identity_consent.data),
            national_consent=bool(form.national_consent.data),
        )

    return _form(
        expert,
        form,
        write,
        "dossiers/person.html",
        N_("已保存"),
        has_identity=bool(known and known.identity_tail),
        is_new_wording=expert_persons.agreed_to_older(known),
    )


@takes_files
@bp.route("/experts/<int:expert_id>/trainings/new", methods=["GET", "POST"])
@expert_for("expert.record_training")
def new_training(expert: Expert) -> Response:
    """Write down a training of this expert."""
    form = TrainingForm()
    return _form(
        expert,
        form,
        lambda: trainings.record(expert, me(), form.facts(), form_key=form.key),
        "dossiers/training.html",
        N_("已记录培训"),
    )


@bp.route("/experts/<int:expert_id>/trainings/<int:training_id>/strike", methods=["GET", "POST"])
@expert_for("expert.record_training")
def strike_training(expert: Expert, training_id: int) -> Response:
    """Recorded in error: struck, with the reason."""
    training = next((row for row in trainings.of_expert(expert.id) if row.id == training_id), None)
    if training is None:
        raise NotFound("training")
    form = StrikeForm()
    return _form(
        expert,
        form,
        lambda: trainings.strike(training, me(), reason=form.reason.data or ""),
        "dossiers/strike.html",
        N_("已作废"),
        training=training,
    )


@takes_files
@bp.route("/experts/<int:expert_id>/honours/new", methods=["GET", "POST"])
@expert_for("expert.record_honour")
def new_honour(expert: Expert) -> Response:
    """Write down an award of our own network."""
    form = HonourForm()
    return _form(
        expert,
        form,
        lambda: honours.record(expert, me(), form.facts(), form_key=form.key),
        "dossiers/honour.html",
        N_("已记录表彰"),
        asks=False,
    )


@takes_files
@bp.route("/experts/<int:expert_id>/honours/application", methods=["GET", "POST"])
@expert_for("expert.ask_honour")
def ask_honour(expert: Expert) -> Response:
    """Ask to have somebody else's award recorded."""
    form = HonourForm()
    return _form(
        expert,
        form,
        lambda: honours.ask(expert, me(), form.facts(), form_key=form.key),
        "dossiers/honour.html",
        N_("收到了，核实后记录"),
        asks=True,
    )


@bp.route("/honours/<int:honour_id>", methods=["GET", "POST"])
@honour_for("honour.decide")
def decide_honour(honour: Honour) -> Response:
    """Verified, or not, and why."""
    form = DecideHonourForm()

    def decide() -> None:
        if request.form.get("decision") == "true":
            honours.verify(honour, me())
        else:
            honours.refuse(honour, me(), reason=form.reason.data or "")

    status = 200
    if request.method == "POST":
        refused = attempt(form, None, decide)
        if refused is None:
            flash(gettext("已处理"), "done")
            return answer(url_for("records.index"))
        status = refused
    return page(
        "dossiers/decide_honour.html",
        status=status,
        honour=honour,
        state=record_page.honour_state(honour),
        is_open=honour.decided_at is None,
        form=form,
        files=[
            file_views.proof(row)
            for row in attachments.of_dossier(honour.expert)
            if row.honour_id == honour.id and policy.can(me(), "expert.read_proof", honour.expert)
        ],
        has_errors=status != 200,
    )


def _show(expert: Expert, identity: str = "") -> Response:
    person_row = expert_persons.of(expert)
    may = policy.allowed(me(), expert, RIGHTS)
    return page(
        "dossiers/show.html",
        expert=expert,
        person=record_page.person_rows(person_row),
        has_identity=person_row is not None and person_row.identity_tail is not None,
        is_new_wording=expert_persons.agreed_to_older(person_row),
        identity=identity,
        dossier=dossier_page.build(expert, me(), with_files="expert.read_proof" in may),
        unverified=table_imports.waiting_of(expert.id),
        may=may,
    )


def _form(
    expert: Expert, form: HouseForm, verb: Callable[[], object], template: str, done: str, **context: Any
) -> Response:
    status, back = 200, url_for("dossiers.show", expert_id=expert.id)
    if request.method == "POST":
        only_drops = isinstance(form, FilesForm) and form.wants_only_to_drop
        refused = uploads.keep(form, expert, form.key) if isinstance(form, FilesForm) else None
        if refused is None and not only_drops:
            refused = attempt(form, None, verb)
        if refused is None and only_drops:
            refused = 200
        if refused is None:
            flash(gettext(done), "done")
            return answer(back)
        status = refused
    here = url_for(request.endpoint or "", **(request.view_args or {}))
    if isinstance(form, FilesForm):
        context["kept_files"] = file_views.kept(expert, form.key) if request.method == "POST" else []
    return page(
        template, status=status, expert=expert, form=form, url=here, back=back, has_errors=status != 200, **context
    )
