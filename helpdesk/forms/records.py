"""Forms about service records: what is wrong with one, and what the desk decides."""

from __future__ import annotations

import re
import unicodedata
from datetime import date

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, StringField, TextAreaField
from wtforms.validators import Optional, StopValidation
from wtforms.widgets import DateInput

from helpdesk import clock
from helpdesk.domain.expert_persons import PersonFacts
from helpdesk.domain.honours import HonourFacts
from helpdesk.domain.trainings import TrainingFacts
from helpdesk.forms.base import Choice, HouseForm, Longest, Present, RadioField, clean_line
from helpdesk.forms.closure import one_of_them
from helpdesk.forms.files import FilesForm
from helpdesk.forms.visits import VisitForm, a_day, read_day, read_whole, whole_minutes
from helpdesk.models import IdentityKind, Sex
from helpdesk.presentation.record_page import IDENTITIES, SEXES
from helpdesk.presentation.words import SCORES


class AskCorrectionForm(HouseForm):
    """Which visit, what is wrong, and how many minutes it really was."""

    visit = RadioField(_l("哪一次服务"), [one_of_them(_l("请选是哪一次服务"))], validate_choice=False)
    says = TextAreaField(_l("哪里不对，实际是怎样"), [Present(_l("请写明哪里不对")), Longest(2000)])
    wished_minutes = StringField(_l("实际服务了多少分钟"), [Optional(), whole_minutes], filters=[clean_line])

    @property
    def minutes(self) -> int | None:
        """The minutes as a number; None when nothing was typed."""
        return read_whole(self.wished_minutes.data or "")


class DecideCorrectionForm(VisitForm):
    """The record as it ought to be, and why; or why it stands."""

    content = TextAreaField(_l("证书上的服务内容"), [Optional(), Longest(2000)])
    reason = TextAreaField(_l("核实情况和理由"), [Present(_l("请写明核实到什么、为什么这样处理")), Longest(2000)])


class RefuseCorrectionForm(HouseForm):
    """Why the record stands."""

    reason = TextAreaField(_l("为什么不更正"), [Present(_l("请写明核实到什么、为什么这样处理")), Longest(2000)])


class EvaluationForm(HouseForm):
    """How the service was, in the station's eyes."""

    score = RadioField(
        _l("服务怎么样"),
        [one_of_them(_l("请打个分"))],
        choices=[(str(n), _l(label)) for n, label in SCORES.items()],
        validate_choice=False,
    )
    note = TextAreaField(_l("补充一句"), [Optional(), Longest(2000)])

    @property
    def points(self) -> int | None:
        """The score as a number."""
        return int(self.score.data) if self.score.data in set("12345") else None


class ReverseForm(HouseForm):
    """Why a settled visit counts no more."""

    reason = TextAreaField(_l("为什么不计入"), [Present(_l("请写明核实到什么、为什么这样处理")), Longest(2000)])


def read_birthday(text: str) -> date | None:
    """1990-03-07 and the like as a date of the last hundred and twenty years; None for anything else."""
    found = re.fullmatch(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", unicodedata.normalize("NFKC", text).strip())
    if found is None:
        return None
    try:
        day = date(*(int(part) for part in found.groups()))
    except ValueError:
        return None
    return day if clock.today().year - 120 <= day.year <= clock.today().year else None


def a_birthday(form: object, field: StringField) -> None:
    """The field holds a date somebody may be born on."""
    if not field.errors and read_birthday(field.data or "") is None:
        raise StopValidation(gettext("请填出生日期，例如 1985-06-01"))


def _day_field(label: object) -> StringField:
    return StringField(label, [Present(_l("请选一个日期")), a_day], widget=DateInput(), filters=[clean_line])


class PersonForm(HouseForm):
    """What an expert says of themselves; the identity number only with a tick of its own."""

    sex = Choice(_l("性别"), choices=[("", _l("不填")), *((s.value, _l(w)) for s, w in SEXES.items())])
    born_on = StringField(_l("出生日期"), [Optional(), a_birthday], widget=DateInput(), filters=[clean_line])
    residence = StringField(_l("居住区域"), [Optional(), Longest(120)], filters=[clean_line])
    contact = StringField(_l("联系方式"), [Optional(), Longest(120)], filters=[clean_line])
    skills = TextAreaField(_l("专业技能"), [Optional(), Longest(500)])
    service_kinds = StringField(_l("服务类别"), [Optional(), Longest(200)], filters=[clean_line])
    consent = BooleanField(_l("我同意把这些信息存进志愿服务记录，用于记录、证明和依法检查"))
    identity_kind = Choice(_l("证件类型"), choices=[(k.value, _l(w)) for k, w in IDENTITIES.items()])
    identity = StringField(_l("证件号码"), [Optional(), Longest(40)], filters=[clean_line])
    identity_consent = BooleanField(_l("我单独同意保存证件号码，用于核对身份"))
    national_consent = BooleanField(_l("我单独同意把这些信息（填了证件号码的，连同号码）提供给全国志愿服务信息系统"))

    def facts(self) -> PersonFacts:
        """What was typed, as the domain takes it."""
        kinds = tuple(k.strip() for k in re.split("[、,，;；]", self.service_kinds.data or "") if k.strip())
        return PersonFacts(
            sex=Sex(self.sex.data) if self.sex.data else None,
            born_on=read_birthday(self.born_on.data or ""),
            residence=self.residence.data or "",
            contact=self.contact.data or "",
            skills=self.skills.data or "",
            service_kinds=kinds,
            identity_kind=IdentityKind(self.identity_kind.data) if self.identity_kind.data else None,
            identity=self.identity.data or "",
        )


class TrainingFields(HouseForm):
    """A training that an expert took part in."""

    name = StringField(_l("培训名称"), [Present(_l("请写培训名称")), Longest(120)], filters=[clean_line])
    content = TextAreaField(_l("主要内容"), [Present(_l("请写主要内容")), Longest(2000)])
    minutes = StringField(_l("学习时长"), [Present(_l("请填多少分钟")), whole_minutes], filters=[clean_line])
    organiser = StringField(_l("举办单位"), [Present(_l("请写举办单位")), Longest(120)], filters=[clean_line])
    held_on = _day_field(_l("培训日期"))

    def facts(self) -> TrainingFacts:
        """What was typed, as the domain takes it. Call only after the form has been validated."""
        return TrainingFacts(
            name=self.name.data or "",
            content=self.content.data or "",
            minutes=read_whole(self.minutes.data or "") or 0,
            organiser=self.organiser.data or "",
            held_on=read_day(self.held_on.data or "") or clock.today(),
        )


class TrainingForm(TrainingFields, FilesForm):
    """A training, with what proves it."""


class HonourFields(HouseForm):
    """An award, and how it can be verified."""

    name = StringField(_l("表彰名称"), [Present(_l("请写表彰名称")), Longest(120)], filters=[clean_line])
    granted_by = StringField(_l("授予单位"), [Present(_l("请写授予单位")), Longest(120)], filters=[clean_line])
    granted_on = _day_field(_l("授予日期"))
    note = TextAreaField(_l("怎么核实"), [Optional(), Longest(500)])

    def facts(self) -> HonourFacts:
        """What was typed, as the domain takes it. Call only after the form has been validated."""
        return HonourFacts(
            name=self.name.data or "",
            granted_on=read_day(self.granted_on.data or "") or clock.today(),
            granted_by=self.granted_by.data or "",
            note=self.note.data or "",
        )


class HonourForm(HonourFields, FilesForm):
    """An award, with what proves it."""


class ProofForm(FilesForm):
    """Files that prove a training or an award."""


class AskDossierCorrectionForm(HouseForm):
    """What is wrong with a training or an award, and how it really was."""

    says = TextAreaField(_l("哪里不对，实际是怎样"), [Present(_l("请写明哪里不对")), Longest(2000)])


class CorrectTrainingForm(TrainingFields):
    """The training as it ought to be, and why."""

    reason = TextAreaField(_l("核实情况和理由"), [Present(_l("请写明核实到什么、为什么这样处理")), Longest(500)])


class CorrectHonourForm(HonourFields):
    """The award as it ought to be, and why."""

    reason = TextAreaField(_l("核实情况和理由"), [Present(_l("请写明核实到什么、为什么这样处理")), Longest(500)])


class DecideHonourForm(HouseForm):
    """True, or why not."""

    reason = TextAreaField(_l("没有核实到的，写明原因"), [Optional(), Longest(500)])


class StrikeForm(HouseForm):
    """Why a training counts no more."""

    reason = TextAreaField(_l("为什么作废"), [Present(_l("请写明原因")), Longest(500)])


class ReturnedForm(HouseForm):
    """The table that came back: our number and theirs, a line each."""

    text = TextAreaField(_l("回传的编号"), [Present(_l("请把表格内容粘贴进来"))])
