"""What a nominee is told, in words: one title and one sentence for a notice, a letter and a digest."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import gettext

from helpdesk.domain import awards, cycles
from helpdesk.i18n import N_, counted
from helpdesk.models import CommendationEvent, Nomination, PaperStatus, Route
from helpdesk.presentation import filters
from helpdesk.presentation.commendation_page import DECISIONS, PUBLICITY, level_words
from helpdesk.presentation.scheme_page import nominee, thing_name

# kind: title, sentence. `%(name)s` is 您, or the station, team or company one speaks for.
SAID: dict[str, tuple[str, str]] = {
    "nomination.made": (N_("被推荐参加评选"), N_("%(actor)s推荐%(name)s参加“%(cycle)s”。")),
    "nomination.withdrawn": (N_("推荐撤回了"), N_("%(actor)s撤回了对%(name)s的推荐。")),
    "nomination.unqualified": (
        N_("这次没有达到条件"),
        N_("“%(cycle)s”截止推荐，材料已经封存。按公布的条件算，%(name)s这次还没有达到。"),
    ),
    "nomination.assessed": (N_("这次没有评上"), N_("“%(cycle)s”的评审没有通过%(name)s的推荐，理由在下面。")),
    "nomination.consent_asked": (
        N_("评审通过了，请选公示方式"),
        N_("“%(cycle)s”的评审通过了。表彰前要公示，公示要您本人同意；没有答复之前，不会公示，也不能表彰。"),
    ),
    "nomination.noticed": (
        N_("公示开始了"),
        N_("“%(cycle)s”公示%(name)s，从 %(start)s到 %(end)s，谁都可以看、可以提异议。"),
    ),
    "nomination.called_off": (N_("评选取消了"), N_("“%(cycle)s”取消了，理由在下面。")),
    "nomination.passed_over": (
        N_("评选结束，这次没有表彰"),
        N_("“%(cycle)s”结束了。因为没有同意公示，%(name)s这次没有表彰；服务记录不受影响。"),
    ),
    "objection.made": (
        N_("有人提了异议"),
        N_("有人对“%(cycle)s”公示的%(name)s提了异议。答复以前不会表彰，您可以说明情况。"),
    ),
    "objection.decided": (N_("异议有了答复"), N_("对“%(cycle)s”公示的%(name)s的异议：%(decision)s。答复在下面。")),
    "award.given": (N_("祝贺，获得表彰"), N_("%(name)s在“%(cycle)s”获得表彰：%(title)s。谢谢。")),
    "award.revoked": (N_("一项表彰被撤销"), N_("“%(cycle)s”给%(name)s的表彰撤销了，理由在下面。光荣榜上会注明。")),
}
SPEAKS_FOR: dict[str, str] = {
    "station_id": N_("您收到这封信，是因为您在被推荐的工作站值守。"),
    "company_id": N_("您收到这封信，是因为您是被推荐企业的处理人。"),
    "team_id": N_("您收到这封信，是因为您是被推荐专家组的一员。"),
}
LONGEST_QUOTE = 600


def title(line: CommendationEvent) -> str:
    """What happened, in a few words."""
    return gettext(SAID[line.kind][0])


def about(line: CommendationEvent) -> str:
    """The round it is about, and the level."""
    nomination = _nomination(line)
    return f"{nomination.cycle.name} · {level_words(nomination)}".strip(" ·")


def sentence(line: CommendationEvent) -> str:
    """What happened, whole."""
    nomination = _nomination(line)
    facts: dict[str, Any] = {
        "actor": _actor(line),
        "name": gettext("您").lower() if nomination.expert_id is not None else thing_name(nominee(nomination)),
        "cycle": nomination.cycle.name,
        "title": level_words(nomination) or nomination.cycle.name,
    }
    if line.kind == "nomination.noticed":
        facts |= {"start": _day(line.facts["from_"]), "end": _day(line.facts["until"])}
    if line.kind == "objection.decided":
        facts["decision"] = gettext(DECISIONS[str(line.facts["decision"])])
    return gettext(SAID[line.kind][1]) % facts


def _actor(line: CommendationEvent) -> str:
    """Who did it; of a company only that it was one, since who pressed is a person of theirs."""
    if line.facts.get("route") == Route.COMPANY.value:
        return gettext("一家您帮过的企业")
    return line.actor or gettext("有人")


def quoted(line: CommendationEvent) -> tuple[str, str]:
    """The reason or the answer that was given, and by whom. What is objected stands on the page only."""
    text = str(line.facts.get("reply") or line.facts.get("reason") or "")
    return text[:LONGEST_QUOTE], line.actor if text else ""


def facts(line: CommendationEvent) -> list[tuple[str, str]]:
    """What belongs to it: the level, the days, what may be published."""
    nomination = _nomination(line)
    found = [(gettext("级别"), level_words(nomination))] if level_words(nomination) else []
    if line.kind == "nomination.noticed":
        days = gettext("%(start)s 至 %(end)s", start=_day(line.facts["from_"]), end=_day(line.facts["until"]))
        found.append((gettext("公示"), days))
        if nomination.publicity is not None and nomination.expert_id is not None:
            found.append((gettext("公示方式"), gettext(PUBLICITY[nomination.publicity])))
    return found


def what_next(line: CommendationEvent) -> str:
    """What the reader may do, or what comes."""
    nomination = _nomination(line)
    if line.kind == "nomination.made" and _asks_consent(nomination):
        days = counted("表彰前要公示 %(n)s 个工作日。", nomination.cycle.version.notice_days)
        return f"{days}{gettext('公示时名字写全、只写姓，还是不公示，由您决定；不公示就不能表彰。随时可以改。')}"
    if line.kind == "nomination.noticed":
        if nomination.expert_id is None:
            return gettext("有人提异议，我们会告诉您，您可以说明情况。")
        return gettext("有人提异议，我们会告诉您，您可以说明情况。不想公示了，随时可以改，改了公示马上撤下。")
    if line.kind in ("nomination.unqualified", "nomination.assessed", "nomination.passed_over"):
        return gettext("服务时长和证书都不受影响，下次还可以参加。有疑问，打下面的电话问。")
    if line.kind == "award.given":
        return gettext("荣誉证书过一会儿就好，可以下载、可以核验。")
    if line.kind == "award.revoked":
        return gettext("不同意的，可以打下面的电话，请总队复核。")
    return ""


def buttons(line: CommendationEvent) -> list[tuple[str, str, dict[str, Any]]]:
    """What can be pressed: a label and where it leads."""
    nomination = _nomination(line)
    endpoint, values = place(line)
    if nomination.expert_id is not None:
        here = {"nomination_id": nomination.id}
        if line.kind in ("nomination.made", "nomination.consent_asked") and _asks_consent(nomination):
            return [
                (gettext("选公示方式"), "commendations.publicity", here),
                (gettext("看材料"), "nominations.show", here),
            ]
        if line.kind == "nomination.noticed":
            return [
                (gettext("看公示"), "honour_roll.notices", {}),
                (gettext("改公示方式"), "commendations.publicity", here),
            ]
        if line.kind == "objection.made":
            return [(gettext("看异议，说明情况"), endpoint, values)]
    given = awards.of_nomination(nomination)
    if (
        line.kind == "award.given"
        and given is not None
        and given.status is PaperStatus.VALID
        and not nomination.team_id
    ):
        return [(gettext("看荣誉证书"), "awards.show", {"number": given.number})]
    return [(gettext("打开看看"), endpoint, values)]


def place(line: CommendationEvent) -> tuple[str, dict[str, Any]]:
    """The page that tells the rest to whoever reads this."""
    nomination = _nomination(line)
    if nomination.expert_id is not None:
        if line.kind.startswith("objection."):
            return "commendations.objections", {"nomination_id": nomination.id}
        return "commendations.index", {}
    if nomination.station_id is not None:
        return "nominations.show", {"nomination_id": nomination.id}
    return "honour_roll.notices", {}


def why(line: CommendationEvent) -> str:
    """Why this reader gets the letter."""
    nomination = _nomination(line)
    for column, words in SPEAKS_FOR.items():
        if getattr(nomination, column) is not None:
            return gettext(words)
    return gettext("您收到这封信，是因为您被推荐参加表彰评选。")


def _asks_consent(nomination: Nomination) -> bool:
    """Whether the rules ask for a notice to which this nominee has not agreed."""
    return bool(nomination.cycle.version.notice_days) and not cycles.may_be_named(nomination)


def _nomination(line: CommendationEvent) -> Nomination:
    if line.nomination is None:
        raise ValueError(f"line {line.id} names no nomination")
    return line.nomination


def _day(text: str) -> str:
    return filters.full_day(date.fromisoformat(text))
