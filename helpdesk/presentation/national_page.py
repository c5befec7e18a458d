"""The file for the national volunteer system: the unified fields of 办法67 art. 5 and 7, one ledger line a row."""

from __future__ import annotations

from flask_babel import gettext

from helpdesk import clock
from helpdesk.domain.national_sync import Exported, Missing, number_of
from helpdesk.i18n import N_
from helpdesk.models import EntryKind
from helpdesk.presentation.export import safe
from helpdesk.presentation.record_page import IDENTITIES, SEXES
from helpdesk.presentation.words import category_name, how_word, named

HEADINGS = (
    N_("本地编号"), N_("记录类型"), N_("被冲正编号"), N_("志愿者姓名"), N_("志愿者编号"), N_("性别"),
    N_("出生日期"), N_("证件类型"), N_("证件号码"), N_("居住区域"), N_("联系方式"), N_("专业技能"), N_("服务类别"),
    N_("活动名称"),
    N_("服务日期"),
    N_("开始时间"), N_("结束时间"), N_("服务地点"), N_("服务方式"), N_("服务内容"),
    N_("服务时长（分钟）"),
    N_("活动组织单位"), N_("活动负责人"), N_("服务对象"), N_("记录人"), N_("记录时间"),
    N_("国家平台编号"),
)  # fmt: skip

FIELDS: dict[str, str] = {
    "sex": N_("性别"),
    "born_on": N_("出生日期"),
    "identity": N_("证件号码"),
    "residence": N_("居住区域"),
    "contact": N_("联系方式"),
    "agreed": N_("提供给国家平台的同意"),
}
PROBLEMS: dict[str, str] = {
    "not_ours": N_("本地编号不对，应该像 L-12"),
    "not_a_number": N_("国家平台编号不对，应该是 4 到 60 位字母、数字或连字符"),
    "not_exported": N_("这个本地编号没有导出过"),
    "has_another": N_("已经有另一个国家平台编号"),
    "taken": N_("这个国家平台编号已经给了别的记录"),
    "twice": N_("表里前面已经有一行，和这一行对不上"),
}


def missing(row: Missing) -> str:
    """What a volunteer has not given yet."""
    return gettext("、").join(gettext(FIELDS[name]) for name in row.fields)


def _personal(line: Exported) -> list[str]:
    """办法67 art. 5, in the order of the headings."""
    person, personal = line.personal.person, line.personal
    kinds = personal.service_kinds or [category_name(code) for code in line.entry.expert.category_codes]
    return [
        gettext(SEXES[person.sex]) if person.sex else "",
        person.born_on.isoformat() if person.born_on else "",
        gettext(IDENTITIES[person.identity_kind]) if person.identity_kind else "",
        personal.identity,
        person.residence,
        personal.contact,
        personal.skills,
        gettext("、").join(kinds),
    ]


def row(line: Exported) -> list[str]:
    """One ledger line; whom it served is told as a company's size would be: never by a person's name."""
    entry, visit = line.entry, line.visit
    service, activity = entry.service, entry.activity
    station = service.station
    starts, ends = clock.local(visit.starts_at), clock.local(visit.ends_at)
    is_credit = entry.kind is EntryKind.CREDIT
    return [
        safe(cell)
        for cell in (
            number_of(entry.id),
            gettext("入账") if is_credit else gettext("冲正"),
            number_of(entry.reverses_id) if entry.reverses_id else "",
            entry.expert.name,
            entry.expert.volunteer_number,
            *_personal(line),
            service.title,
            entry.served_on.isoformat(),
            f"{starts:%H:%M}",
            f"{ends:%H:%M}",
            visit.place or how_word(entry),
            how_word(entry),
            visit.summary,
        )
    ] + [
        str(entry.minutes),
        *(
            safe(cell)
            for cell in (
                station.legal_entity if station else "",
                activity.leader if activity is not None else visit.decided_by or "",
                named(service.category, short=True) + gettext("类中小企业") if service.category else "",
                entry.recorded_by,
                f"{clock.local(entry.recorded_at):%Y-%m-%d %H:%M}",
                "",
            )
        ),
    ]
