"""Activities: recorded by a coordinator, verified by somebody else; an expert says what is wrong with their part."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext

from helpdesk import clock
from helpdesk.domain import activities, attachments, corrections, hours
from helpdesk.errors import NotFound, Refused
from helpdesk.forms.activities import ActivityForm, VerifyForm, WhyForm, shown, values_of
from helpdesk.forms.base import HouseForm
from helpdesk.forms.records import AskCorrectionForm, ProofForm, ReverseForm
from helpdesk.models import Activity, ActivityState, Station, Visit
from helpdesk.presentation import activity_page, file_views, record_page
from helpdesk.presentation.words import named, refusal_text
from helpdesk.routes import uploads
from helpdesk.routes.files import to_file
from helpdesk.routes.guard import activity_for, may, me
from helpdesk.routes.page import answer, page
from helpdesk.routes.steps import attempt
from helpdesk.routes.uploads import takes_files
from helpdesk.rules import policy

bp = Blueprint("activities", __name__)

RIGHTS = (
    "activity.change",
    "activity.read_files",
    "activity.verify",
    "activity.reverse_hours",
    "activity.ask_correction",
)


@bp.get("/activities")
@may("activities.list")
def index() -> Response:
    """Activities of this person's part of the network, newest first; what waits for their word is named on top."""
    state = _state(request.args.get("state", ""))
    before = request.args.get("before", "")
    last = int(before) if before.isascii() and before.isdigit() and len(before) < 10 else None
    found = activities.listed(me(), state=state, before=last, limit=activities.A_PAGE + 1)
    rows = found[: activities.A_PAGE]
    is_cut, kept = len(found) > len(rows), state.value if state else None
    older = url_for("activities.index", before=rows[-1].id, state=kept) if is_cut else ""
    return page(
        "activities/index.html",
        rows=[activity_page.row_of(row) for row in rows],
        pills=activity_page.pills_of(state),
        older=older,
        to_verify=activities.to_verify(me()),
        may_record=bool(me().station_ids),
    )


def _state(text: str) -> ActivityState | None:
    return ActivityState(text) if text in set(ActivityState) else None


@bp.route("/activities/new", methods=["GET", "POST"])
@may("activities.record")
def new() -> Response:
    """Write down an activity of one's station."""
    stations = activities.stations_of(me())
    first = stations[0]
    form = ActivityForm(day=clock.today().isoformat(), station=str(first.id), organiser=first.legal_entity)
    _choices(form, stations)
    if request.method == "POST" and "more" not in request.form:
        made: list[Activity] = []
        refused = attempt(form, None, lambda: made.append(_record(form, stations)))
        if refused is None:
            flash(gettext("已记下，等另一位核定"), "done")
            return answer(url_for("activities.show", activity_id=made[0].id))
        return _form(form, first, refused)
    return _form(form, first, 200)


def _record(form: ActivityForm, stations: list[Station]) -> Activity:
    station = next((row for row in stations if str(row.id) == str(form.station.data)), stations[0])
    experts = form.attendances()
    return activities.record(station, me(), facts=form.facts(), experts=experts, form_key=form.key)


@bp.get("/activities/<int:activity_id>")
@activity_for("activity.read")
def show(activity: Activity) -> Response:
    """One activity: what it was, who served, what was done about it, and what this person may do."""
    return _show(activity, VerifyForm(formdata=None), WhyForm(formdata=None, prefix="back"), 200)


def _show(activity: Activity, form: VerifyForm, back: WhyForm, status: int, *, returning: bool = False) -> Response:
    rights = policy.allowed(me(), activity, RIGHTS)
    form.version.data = back.version.data = str(activity.version)
    is_open = activity.state in activities.OPEN
    may_change = "activity.change" in rights
    files = attachments.of_activity(activity) if "activity.read_files" in rights else []
    return page(
        "activities/show.html",
        status=status,
        activity=activity,
        view=activity_page.view(activity, me()),
        form=form,
        back=back,
        wrong=back if returning else form,
        may_change=is_open and may_change,
        files=file_views.of_activity(files, removable=is_open and may_change),
        may_read_files="activity.read_files" in rights,
        may_add_files=may_change and activity.state is not ActivityState.WITHDRAWN,
        may_verify=activity.state is ActivityState.RECORDED and "activity.verify" in rights,
        is_settled=activity.state in (ActivityState.VERIFIED, ActivityState.REVERSED),
        may_reverse=activity.state is ActivityState.VERIFIED and "activity.reverse_hours" in rights,
        may_ask="activity.ask_correction" in rights and bool(corrections.served_at(activity, me())),
        has_errors=status != 200,
    )


@bp.route("/activities/<int:activity_id>/edit", methods=["GET", "POST"])
@activity_for("activity.change")
def edit(activity: Activity) -> Response:
    """Change what nobody has verified yet."""
    form = ActivityForm(**values_of(activity)) if request.method == "GET" else ActivityForm()
    _choices(form, [activity.station])
    if request.method == "POST" and "more" not in request.form:
        refused = attempt(form, None, lambda: _change(activity, form))
        if refused is None:
            flash(gettext("已改好，等另一位核定"), "done")
            return answer(url_for("activities.show", activity_id=activity.id))
        # Whoever was told that somebody else changed it meanwhile may decide again, with their words.
        form.version.data = str(activity.version)
        return _form(form, activity.station, refused, activity)
    return _form(form, activity.station, 200, activity)


def _change(activity: Activity, form: ActivityForm) -> None:
    experts = form.attendances()
    activities.change(activity, me(), facts=form.facts(), experts=experts, seen=form.seen)


@bp.post("/activities/<int:activity_id>/verification")
@activity_for("activity.verify")
def verify(activity: Activity) -> Response:
    """Vouch for it."""
    form = VerifyForm()
    refused = attempt(
        form,
        None,
        lambda: activities.verify(activity, me(), score=form.points, note=form.note.data or "", seen=form.seen),
    )
    if refused is None:
        flash(gettext("已核定，专家的时长已入账"), "done")
        return answer(url_for("activities.show", activity_id=activity.id))
    return _show(activity, form, WhyForm(formdata=None, prefix="back"), refused)


@bp.post("/activities/<int:activity_id>/return")
@activity_for("activity.verify")
def give_back(activity: Activity) -> Response:
    """Something in it is not right."""
    form = WhyForm(prefix="back")
    refused = attempt(
        form, None, lambda: activities.give_back(activity, me(), reason=form.reason.data or "", seen=form.seen)
    )
    if refused is None:
        flash(gettext("已退回，记录的人会收到通知"), "done")
        return answer(url_for("activities.show", activity_id=activity.id))
    return _show(activity, VerifyForm(formdata=None), form, refused, returning=True)


@bp.route("/activities/<int:activity_id>/withdrawal", methods=["GET", "POST"])
@activity_for("activity.change")
def withdraw(activity: Activity) -> Response:
    """It never was, or does not belong here."""
    form = WhyForm()
    return _step(
        activity,
        form,
        lambda: activities.withdraw(activity, me(), reason=form.reason.data or ""),
        "activities/withdraw.html",
        done=gettext("已撤回，不计时长"),
        row=activity_page.row_of(activity),
        is_open=activity.state in activities.OPEN,
    )


def _step(
    activity: Activity, form: HouseForm, verb: Callable[[], object], template: str, *, done: str, **context: object
) -> Response:
    """A page of its own for one act with a reason; done, back to the activity."""
    status, here = 200, url_for("activities.show", activity_id=activity.id)
    if request.method == "POST":
        refused = attempt(form, None, verb)
        if refused is None:
            flash(done, "done")
            return answer(here)
        status = refused
    url = url_for(request.endpoint or "", **(request.view_args or {}))
    return page(template, status=status, form=form, url=url, back=here, has_errors=status != 200, **context)


@bp.route("/activities/<int:activity_id>/experts/<int:attendance_id>/reversal", methods=["GET", "POST"])
@activity_for("activity.reverse_hours")
def reverse(activity: Activity, attendance_id: int) -> Response:
    """One expert's time was untrue: it counts no more."""
    visit = activities.find_visit(activity, attendance_id)
    form = ReverseForm()
    return _step(
        activity,
        form,
        lambda: activities.reverse(visit, me(), reason=form.reason.data or ""),
        "corrections/reverse.html",
        done=gettext("已冲正"),
        number=activity.number,
        lead=f"{visit.expert.name} · {activity.title}",
        warning=gettext("这笔时长会扣除，用到它的证明会失效。撤不回来。"),
        visit=visit,
        facts=record_page.visit_facts(visit),
        is_settled=hours.standing_entry(visit.id) is not None,
    )


@takes_files
@bp.route("/activities/<int:activity_id>/files", methods=["GET", "POST"])
@activity_for("activity.change")
def add_files(activity: Activity) -> Response:
    """The sign-in list, photos: what shows that it was held."""
    form, status = ProofForm(), 200
    here = url_for("activities.show", activity_id=activity.id)
    if request.method == "POST":
        refused = uploads.keep(form, activity, form.key)
        if refused is None and not form.wants_only_to_drop:
            refused = attempt(form, None, lambda: activities.add_files(activity, me(), form_key=form.key))
            if refused is None:
                flash(gettext("文件已上传"), "done")
                return answer(here)
        status = refused or 200
    return page(
        "activities/files.html",
        status=status,
        row=activity_page.row_of(activity),
        form=form,
        kept_files=file_views.kept(activity, form.key) if request.method == "POST" else [],
        url=url_for("activities.add_files", activity_id=activity.id),
        back=here,
        has_errors=status != 200,
    )


@bp.get("/activities/<int:activity_id>/files/<int:attachment_id>")
@activity_for("activity.read_files")
def file(activity: Activity, attachment_id: int) -> Response:
    """To one of them, by a link that is good for ten minutes; never public."""
    return to_file(activities.find_file(activity, attachment_id), url_for("activities.show", activity_id=activity.id))


@bp.post("/activities/<int:activity_id>/files/<int:attachment_id>/removal")
@activity_for("activity.change")
def remove_file(activity: Activity, attachment_id: int) -> Response:
    """Take one away that nobody has verified by yet."""
    row = activities.find_file(activity, attachment_id)
    try:
        activities.remove_file(activity, me(), row)
    except Refused as refusal:
        flash(refusal_text(refusal), "error")
    else:
        flash(gettext("文件已移除"), "done")
    return answer(url_for("activities.show", activity_id=activity.id))


@bp.route("/activities/<int:activity_id>/corrections", methods=["GET", "POST"])
@activity_for("activity.ask_correction")
def ask(activity: Activity) -> Response:
    """What is wrong with my part; and what became of what I said before."""
    served = corrections.served_at(activity, me())
    here = url_for("activities.ask", activity_id=activity.id)
    form = AskCorrectionForm(visit=str(served[0].id) if len(served) == 1 else "")
    form.visit.choices = [(str(visit.id), record_page.visit_choice(visit)) for visit in served]
    status = 200
    if request.method == "POST":
        refused = attempt(form, None, lambda: _ask(activity, served, form))
        if refused is None:
            flash(gettext("收到了。站点核实后会告诉您结果"), "done")
            return answer(here)
        status = refused
    return page(
        "activities/ask.html",
        status=status,
        row=activity_page.row_of(activity),
        form=form,
        url=here,
        back=url_for("activities.show", activity_id=activity.id),
        rows=[record_page.correction_view(row) for row in corrections.of_visits(served)],
        can_ask=bool(served),
        has_errors=status != 200,
    )


def _ask(activity: Activity, served: list[Visit], form: AskCorrectionForm) -> None:
    visit = next((row for row in served if str(row.id) == str(form.visit.data)), None)
    if visit is None:
        raise NotFound("visit")
    corrections.ask(visit, me(), says=form.says.data or "", wished_minutes=form.minutes, form_key=form.key)


def _choices(form: ActivityForm, stations: list[Station]) -> None:
    form.station.choices = [(str(row.id), named(row)) for row in stations]
    if len(stations) == 1:
        form.station.data = str(stations[0].id)
    form.category.choices = activity_page.category_choices()


def _form(form: ActivityForm, station: Station, status: int, activity: Activity | None = None) -> Response:
    """The form; asked for another row, it comes back as it was typed, with the row and the reader in it."""
    new_row = form.add_row() if request.method == "POST" and "more" in request.form else None
    if activity is None:
        here, back = url_for("activities.new"), url_for("activities.index")
    else:
        here, back = (url_for(f"activities.{view}", activity_id=activity.id) for view in ("edit", "show"))
    return page(
        "activities/edit.html",
        status=status,
        form=form,
        is_new=activity is None,
        is_open=activity is None or activity.state in activities.OPEN,
        number=activity.number if activity is not None else "",
        url=here,
        back=back,
        several=len(form.station.choices) > 1,
        new_row=new_row,
        known=[shown(expert) for expert in activities.roster_of(station)],
        most=activities.MOST_EXPERTS,
        has_errors=status != 200,
    )
