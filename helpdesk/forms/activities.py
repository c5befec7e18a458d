"""The forms of an activity: what it was and who served at it; how it was; why it goes back or counts no more."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import FieldList, Form, FormField, StringField, TextAreaField
from wtforms.validators import Optional, StopValidation
from wtforms.widgets import DateInput, TimeInput

from helpdesk import clock
from helpdesk.domain import activities
from helpdesk.domain.activities import LONGEST, MOST_EXPERTS, ActivityFacts, Attendance
from helpdesk.errors import Refused
from helpdesk.forms.base import Choice, HouseForm, Longest, Present, RadioField, clean_line
from helpdesk.forms.closure import one_of_them
from helpdesk.forms.records import EvaluationForm
from helpdesk.forms.visits import a_day, a_time, moment_on, read_day, read_whole, whole_minutes
from helpdesk.models import Activity, ActivityKind, Expert, Meeting
from helpdesk.presentation.activity_page import KINDS, MODES
from helpdesk.presentation.words import refusal_text


def whole_number(form: Any, field: Any) -> None:
    """The field holds a whole number; whether it is a possible one the domain says."""
    if read_whole(field.data or "") is None:
        raise StopValidation(gettext("请填整数，例如 30"))


class AttendanceRow(Form):
    """One expert. A row without a name and without words says nothing; times left empty are the activity's."""

    expert = StringField(_l("专家"), [Optional(), Longest(80)], filters=[clean_line])
    starts = StringField(_l("几点开始"), [Optional(), a_time], widget=TimeInput(), filters=[clean_line])
    ends = StringField(_l("几点结束"), [Optional(), a_time], widget=TimeInput(), filters=[clean_line])
    part = StringField(_l("做了什么"), [Optional(), Longest(200)], filters=[clean_line])
    preparation_minutes = StringField(_l("准备用了几分钟"), [Optional(), whole_minutes], filters=[clean_line])
    travel_minutes = StringField(_l("路上用了几分钟"), [Optional(), whole_minutes], filters=[clean_line])
    long_day_reason = StringField(_l("一天超过 10 小时的说明"), [Optional(), Longest(500)], filters=[clean_line])

    @property
    def is_empty(self) -> bool:
        """Whether nothing was typed that would say something."""
        return not any((field.data or "").strip() for field in (self.expert, self.part))

    @property
    def has_more(self) -> bool:
        """Whether one of the rarely used fields holds something or was refused, so that it must be seen."""
        rare = (self.preparation_minutes, self.travel_minutes, self.long_day_reason)
        return any(field.errors or (field.data or "").strip() not in ("", "0") for field in rare)


class ActivityForm(HouseForm):
    """An activity on one day, and the experts at it."""

    station = Choice(_l("哪个站点"), [Present(_l("请选一个站点"))])
    title = StringField(_l("活动名称"), [Present(_l("请写活动名称")), Longest(80)], filters=[clean_line])
    kind = RadioField(
        _l("哪种活动"),
        [one_of_them(_l("请选哪种活动"))],
        choices=[(kind.value, _l(label)) for kind, label in KINDS.items()],
        validate_choice=False,
    )
    category = Choice(_l("类别"), [Present(_l("请选类别"))])
    day = StringField(_l("日期"), [Present(_l("请选一个日期")), a_day], widget=DateInput(), filters=[clean_line])
    starts = StringField(
        _l("几点开始"), [Present(_l("请填开始时间")), a_time], widget=TimeInput(), filters=[clean_line]
    )
    ends = StringField(_l("几点结束"), [Present(_l("请填结束时间")), a_time], widget=TimeInput(), filters=[clean_line])
    mode = RadioField(
        _l("方式"),
        [one_of_them(_l("请选一种方式"))],
        choices=[(m.value, _l(label)) for m, label in MODES.items()],
        validate_choice=False,
    )
    place = StringField(_l("地点"), [Optional(), Longest(120)], filters=[clean_line])
    content = TextAreaField(_l("做了什么"), [Present(_l("请写几句做了什么")), Longest(LONGEST)])
    organiser = StringField(_l("组织单位"), [Present(_l("请写组织单位")), Longest(120)], filters=[clean_line])
    leader = StringField(_l("活动负责人"), [Present(_l("请写活动负责人")), Longest(80)], filters=[clean_line])
    companies = StringField(
        _l("到场企业"), [Present(_l("请填到场企业数，没有就填 0")), whole_number], filters=[clean_line]
    )
    people = StringField(_l("到场人数"), [Present(_l("请填到场人数，没有就填 0")), whole_number], filters=[clean_line])
    experts = FieldList(FormField(AttendanceRow, _l("专家")), min_entries=1, max_entries=MOST_EXPERTS)

    def add_row(self) -> int:
        """Another empty row; returns its place. None more than there may be."""
        if len(self.experts.entries) < MOST_EXPERTS:
            self.experts.append_entry()
        return len(self.experts.entries) - 1

    def refuse(self, refusal: Refused) -> None:
        """As everywhere; `experts-2-starts` is a field of the third expert's row."""
        parts = (refusal.field or "").split("-")
        if len(parts) == 3 and parts[0] == "experts" and int(parts[1]) < len(self.experts.entries):
            row = self.experts.entries[int(parts[1])].form
            field = row._fields.get(parts[2], row.expert)
            field.errors = [*field.errors, refusal_text(refusal)]
            self.experts.errors = [*self.experts.errors, refusal_text(refusal)]  # so that the summary looks inside
            return
        super().refuse(refusal)

    def facts(self) -> ActivityFacts:
        """What was typed, as the domain takes it. Call only after the form has been validated."""
        day = read_day(self.day.data or "") or clock.today()
        return ActivityFacts(
            kind=ActivityKind(self.kind.data),
            category_code=str(self.category.data),
            title=self.title.data or "",
            content=self.content.data or "",
            starts_at=moment_on(day, self.starts.data),
            ends_at=moment_on(day, self.ends.data),
            mode=Meeting(self.mode.data),
            place=self.place.data or "",
            organiser=self.organiser.data or "",
            leader=self.leader.data or "",
            companies=read_whole(self.companies.data or "") or 0,
            people=read_whole(self.people.data or "") or 0,
        )

    def attendances(self) -> list[Attendance]:
        """Who served, in the order of the rows. Raises Refused beside a row whose expert is not known."""
        day = read_day(self.day.data or "") or clock.today()
        # Rows that say nothing go, so that a place in the list is a place on the page.
        self.experts.entries = [entry for entry in self.experts.entries if not entry.form.is_empty] or (
            self.experts.entries[:1]
        )
        found = []
        for place, entry in enumerate(self.experts.entries):
            row = entry.form
            if row.is_empty:
                continue
            try:
                expert = activities.expert_by(row.expert.data or "")
            except Refused as refusal:
                raise Refused(refusal.code, field=f"experts-{place}-expert", **refusal.facts) from None
            found.append(
                Attendance(
                    expert_id=expert.id,
                    starts_at=moment_on(day, row.starts.data or self.starts.data),
                    ends_at=moment_on(day, row.ends.data or self.ends.data),
                    part=row.part.data or "",
                    preparation_minutes=read_whole(row.preparation_minutes.data or "") or 0,
                    travel_minutes=read_whole(row.travel_minutes.data or "") or 0,
                    long_day_reason=row.long_day_reason.data or "",
                )
            )
        return found


class VerifyForm(EvaluationForm):
    """How the activity was, in the eyes of whoever vouches for it."""

    score = RadioField(
        _l("活动效果怎么样"),
        [one_of_them(_l("请打个分"))],
        choices=EvaluationForm.score.kwargs["choices"],
        validate_choice=False,
    )


class WhyForm(HouseForm):
    """Why it goes back, or is taken back."""

    reason = TextAreaField(_l("原因"), [Present(_l("请写明原因")), Longest(LONGEST)])


def shown(expert: Expert) -> str:
    """An expert as the row shows and takes them: name and number."""
    return f"{expert.name}（{expert.volunteer_number}）"


def values_of(activity: Activity) -> dict[str, Any]:
    """A recorded activity as the form shows it: wall-clock times of Shenzhen."""
    starts, ends = clock.local(activity.starts_at), clock.local(activity.ends_at)
    return {
        "station": str(activity.station_id),
        "title": activity.title,
        "kind": activity.kind.value,
        "category": activity.category_code,
        "day": starts.date().isoformat(),
        "starts": f"{starts:%H:%M}",
        "ends": f"{ends:%H:%M}",
        "mode": activity.mode.value,
        "place": activity.place,
        "content": activity.content,
        "organiser": activity.organiser,
        "leader": activity.leader,
        "companies": str(activity.companies),
        "people": str(activity.people),
        "version": str(activity.version),
        "experts": [
            {
                "expert": shown(visit.expert),
                "starts": f"{clock.local(visit.starts_at):%H:%M}",
                "ends": f"{clock.local(visit.ends_at):%H:%M}",
                "part": visit.summary,
                "preparation_minutes": str(visit.preparation_minutes or ""),
                "travel_minutes": str(visit.travel_minutes or ""),
                "long_day_reason": visit.long_day_reason,
            }
            for visit in activities.of(activity)
        ],
    }
