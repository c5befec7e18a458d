"""The form of a scheme's next version: dates, routes, and its conditions as rows of a table."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, FieldList, Form, FormField, StringField
from wtforms.validators import ValidationError

from helpdesk.errors import Refused
from helpdesk.forms.base import Choice, HouseForm, Longest, Present, clean_line
from helpdesk.forms.routing import Ticks
from helpdesk.models import Route
from helpdesk.presentation import scheme_page
from helpdesk.rules import commendation
from helpdesk.rules.commendation import Condition, Criteria, Level, Weight

NEEDS, COLUMNS, WEIGHTS, LEVELS = 7, 2, 6, 5


def day_of(text: str | None, field: str) -> date:
    """A day as `2026-11-18`. Raises Refused beside the field for anything else."""
    try:
        return date.fromisoformat((text or "").strip())
    except ValueError:
        raise Refused("day_unreadable", field=field) from None


def _figure(measure: Any, field: Any) -> None:
    if measure.data and (not field.data or commendation.typed(measure.data, field.data) is None):
        raise ValidationError(gettext("请写一个数，例如 30 或 4.5"))
    if field.data and not measure.data:
        raise ValidationError(gettext("请先选看什么"))


def _value(measure: Any, field: Any) -> int:
    return commendation.typed(measure.data, field.data or "") or 0


class _Row(Form):
    """A row whose measure may be left empty: then it says nothing."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "measure" in self._fields:
            self._fields["measure"].choices = scheme_page.measure_choices()
        if "operator" in self._fields:
            self._fields["operator"].choices = scheme_page.operator_choices()


class NeedRow(_Row):
    """One condition of all levels."""

    measure = Choice(_l("看什么"))
    operator = Choice(_l("怎样算够"), default=commendation.AT_LEAST)
    value = StringField(_l("数值"), filters=[clean_line])

    def validate_value(self, field: Any) -> None:
        """A figure beside every measure, in the measure's unit."""
        _figure(self.measure, field)


class ColumnRow(_Row):
    """What the levels differ in: the heading of a column of the table of levels."""

    measure = Choice(_l("看什么"))
    operator = Choice(_l("怎样算够"), default=commendation.AT_LEAST)


class LevelRow(_Row):
    """One level: its names, and a figure for each column."""

    zh = StringField(_l("中文名称"), [Longest(40)], filters=[clean_line])
    en = StringField(_l("英文名称"), [Longest(60)], filters=[clean_line])
    number = StringField(_l("级"), filters=[clean_line])
    first = StringField(_l("第一列的数值"), filters=[clean_line])
    second = StringField(_l("第二列的数值"), filters=[clean_line])


class WeightRow(_Row):
    """One part of the score."""

    measure = Choice(_l("看什么"))
    points = StringField(_l("满分几分"), filters=[clean_line])
    full = StringField(_l("到多少得满分"), filters=[clean_line])

    def validate_full(self, field: Any) -> None:
        """A figure in the measure's unit."""
        _figure(self.measure, field)

    def validate_points(self, field: Any) -> None:
        """Whole points."""
        text = field.data or ""
        if self.measure.data and not (text.isascii() and text.isdigit() and len(text) < 4):
            raise ValidationError(gettext("请写 1 到 100 的整数"))


class SchemeForm(HouseForm):
    """A version, whole. `version` is the number of the newest one the person saw."""

    zh = StringField(_l("中文名称"), [Longest(80)], filters=[clean_line])
    en = StringField(_l("英文名称"), [Longest(120)], filters=[clean_line])
    kind = Choice(_l("是星级还是荣誉"))
    subject = Choice(_l("表彰谁"))
    effective_from = StringField(_l("从哪天起"), [Present(_l("请写日期"))], filters=[clean_line])
    effective_to = StringField(_l("到哪天止"), filters=[clean_line])
    basis = StringField(_l("依据"), [Present(_l("请写明出自哪个文件")), Longest(200)], filters=[clean_line])
    approver = StringField(_l("由谁认定"), [Present(_l("请写认定单位")), Longest(120)], filters=[clean_line])
    routes = Ticks(_l("谁可以推荐"))
    stages = Ticks(_l("谁来评审"))
    notice_days = StringField(_l("公示几个工作日"), [Present(_l("请写一个整数"))], filters=[clean_line])
    once_only = BooleanField(_l("得过的不再评"))
    needs = FieldList(FormField(NeedRow, _l("条件")), min_entries=NEEDS, max_entries=NEEDS)
    columns = FieldList(FormField(ColumnRow, _l("级别的条件")), min_entries=COLUMNS, max_entries=COLUMNS)
    levels = FieldList(FormField(LevelRow, _l("级别")), min_entries=LEVELS, max_entries=LEVELS)
    weights = FieldList(FormField(WeightRow, _l("评分")), min_entries=WEIGHTS, max_entries=WEIGHTS)
    note = StringField(_l("改了什么"), [Longest(200)], filters=[clean_line])
    trial_from = StringField(_l("试算：服务从哪天起"), filters=[clean_line])
    trial_to = StringField(_l("到哪天止"), filters=[clean_line])

    def criteria(self) -> Criteria:
        """The conditions as the rules read them. Raises Refused for a figure that is none."""
        columns = [(row.measure.data, row.operator.data) for row in self.columns]
        return Criteria(
            levels=tuple(self._levels(columns)),
            needs=tuple(
                Condition(row.measure.data, row.operator.data, _value(row.measure, row.value))
                for row in self.needs
                if row.measure.data
            ),
            weights=tuple(
                Weight(row.measure.data, int(row.points.data), _value(row.measure, row.full))
                for row in self.weights
                if row.measure.data
            ),
        )

    def _levels(self, columns: list[tuple[str, str]]) -> list[Level]:
        found = []
        for place, row in enumerate(self.levels, 1):
            if not row.zh.data:
                continue
            needs = []
            for (measure, operator), cell in zip(columns, (row.first, row.second), strict=True):
                if not measure or not cell.data:
                    continue
                value = commendation.typed(measure, cell.data)
                if value is None:
                    raise Refused("scheme_figure", what=measure)
                needs.append(Condition(measure, operator, value))
            number = row.number.data or str(place)
            if not (number.isascii() and number.isdigit() and 1 <= int(number[:3]) <= 9):
                raise Refused("scheme_level_number")
            found.append(Level(int(number), row.zh.data, row.en.data or row.zh.data, tuple(needs)))
        return found

    def wanted_routes(self) -> tuple[Route, ...]:
        """The routes that were ticked."""
        return tuple(route for route in Route if route.value in (self.routes.data or ()))
