"""An expert's own commendations in words."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext

from helpdesk.domain import awards, cycles, evidence, experts, hours, nominations
from helpdesk.models import Cycle, Nomination, PaperStatus, Route, Subject
from helpdesk.presentation import commendation_page, filters, hours_page, scheme_page
from helpdesk.presentation.commendation_page import Row
from helpdesk.presentation.hours_page import Star
from helpdesk.presentation.scheme_page import Told
from helpdesk.rules import commendation
from helpdesk.rules.policy import Who


@dataclass(frozen=True)
class Mine:
    """One nomination of mine."""

    nomination: Nomination
    row: Row
    publicity: str
    needs_answer: bool
    award: str
    award_number: str
    revoked: str
    objections: int


@dataclass(frozen=True)
class OwnPage:
    """Everything on the page."""

    star: Star
    mine: list[Mine]
    may_ask: list[tuple[Cycle, str]]


@dataclass(frozen=True)
class Standing:
    """Where I stand by a cycle's rules today."""

    scheme: str
    level: str
    checks: list[Told]


def build(by: Who) -> OwnPage:
    """The stars, the nominations, the cycles one may ask for."""
    expert = experts.expert_of(by)
    rows = [n for n in nominations.listed(by) if n.expert_id == expert.id]
    asked = {n.cycle_id for n in rows}
    said = awards.objection_counts([n.id for n in rows])
    open_ones = [c for c in cycles.open_now() if c.scheme.subject is Subject.EXPERT and c.id not in asked]
    return OwnPage(
        star=hours_page.star_of(hours.progress(expert)),
        mine=[_mine(n, said) for n in rows],
        may_ask=[(c, scheme_page.scheme_name(c.scheme)) for c in open_ones if Route.SELF in c.version.routes],
    )


def _mine(n: Nomination, said: dict[int, int]) -> Mine:
    award = awards.of_nomination(n)
    gone = award is not None and award.status is PaperStatus.REVOKED
    words = gettext(commendation_page.PUBLICITY[n.publicity]) if n.publicity else ""
    return Mine(
        nomination=n,
        row=commendation_page.row(n),
        publicity=words,
        needs_answer=n.publicity is None and n.state not in commendation_page.OVER,
        award=filters.full_day(award.awarded_on) if award else "",
        award_number=award.number if award else "",
        revoked=(award.revoked_reason or "") if award is not None and gone else "",
        objections=said.get(n.id, 0),
    )


def standing(by: Who, cycle: Cycle) -> Standing:
    """My figures beside the rules of this cycle, for the next level or the one reached."""
    expert = experts.expert_of(by)
    facts = evidence.facts(Subject.EXPERT, cycle.period_from, cycle.period_to, [expert.id])[expert.id]
    criteria = cycles.criteria_of(cycle)
    finding = commendation.judge(criteria, facts)
    level = criteria.level(finding.looked_at)
    return Standing(
        scheme=scheme_page.scheme_name(cycle.scheme),
        level=scheme_page.level_name(level) if level else "",
        checks=scheme_page.checks_in_words(finding.checks),
    )
