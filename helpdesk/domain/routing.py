"""Routing rules at work: they are read once when a request arrives, every step is logged, a dry run changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from helpdesk import clock
from helpdesk.db import db
from helpdesk.domain import deadlines, record, search, suggestion
from helpdesk.errors import NotFound, Refused
from helpdesk.models import (
    Case,
    CaseTag,
    Category,
    Company,
    District,
    Expert,
    ExpertTeam,
    RoutingEntry,
    RoutingRule,
    SizeClass,
    Station,
    StationKind,
    Status,
    Urgency,
)
from helpdesk.rules import policy, routing
from helpdesk.rules.policy import SYSTEM, Who
from helpdesk.rules.routing import Acts, Conditions, Outcome, Request, Rule, When

# A request that named no field counts as of the suggested one when the suggestion is at least this sure.
SURE = 0.5
MOST_RULES, MOST_TEAMS, MOST_MEMBERS = 100, 100, 200
DRY_RUN_DAYS, DRY_RUN_MOST = 30, 5000


# --- arriving ---


def stations_by_district() -> dict[str, Station]:
    """The accountable station of each district: its district station first (rule R10)."""
    found: dict[str, Station] = {}
    rows = select(Station).where(Station.takes_cases, Station.closed_at.is_(None))
    for station in db.session.scalars(rows.order_by((Station.kind == StationKind.DISTRICT).desc(), Station.id)):
        found.setdefault(station.district, station)
    return found


def outcome_for(case: Case, default: Station, *, is_chosen: bool = False) -> Outcome:
    """What the rules in force say of a request that arrives now.

    `default` is its district's station, or the one somebody chose (`is_chosen`), which no rule overrules. A station
    that takes no cases any more is named by no rule either.
    """
    rows = in_force()
    if not rows:
        return Outcome()
    rules = _pure(rows)
    taking = set() if is_chosen else _taking({rule.acts.station for rule in rules} - {""})
    rules = [
        rule if rule.acts.station in taking else replace(rule, acts=replace(rule.acts, station="")) for rule in rules
    ]
    company = db.session.get_one(Company, case.company_id)
    return routing.apply(rules, _request(case, company, default.id, case.submitted_at or clock.now()))


def _taking(codes: set[str]) -> set[str]:
    rows = select(Station.code).where(Station.code.in_(codes), Station.takes_cases, Station.closed_at.is_(None))
    return set(db.session.scalars(rows))


def station_of(outcome: Outcome, default: Station) -> Station:
    """The station a rule named; else the district's own."""
    named = db.session.scalar(select(Station).where(Station.code == outcome.acts.station))
    return named if named is not None else default


def settle(case: Case, outcome: Outcome) -> None:
    """Write down what the rules did to a case that has just been sent: urgency, team, tags, log and timeline."""
    if not outcome.steps:
        return
    if outcome.acts.urgency:
        case.urgency = Urgency(outcome.acts.urgency)
    if outcome.acts.team is not None and db.session.get(ExpertTeam, outcome.acts.team) is not None:
        case.team_id = outcome.acts.team
    db.session.add_all(CaseTag(case_id=case.id, word=word) for word in outcome.acts.tags)
    rows = {r.id: r for r in in_force()}
    names = []
    for step in outcome.steps:
        rule = rows[step.rule_id]
        names.append(rule.name)
        db.session.add(
            RoutingEntry(
                rule_id=rule.id,
                rule_version=rule.version,
                rule_name=rule.name,
                case_id=case.id,
                at=clock.now(),
                did=step.did.stored(),
                late=list(step.late),
            )
        )
    db.session.flush()
    record.event(case, "case.routed", SYSTEM, rules="、".join(names), did=outcome.acts.stored())
    deadlines.retarget(case)


def _request(case: Case, company: Company, station_id: int, at: datetime) -> Request:
    calendar = deadlines.calendar(station_id)
    here = clock.local(at)
    times = {When.OPEN if any(a <= here < b for a, b in calendar.spans(here.date())) else When.SHUT}
    if not calendar.is_working(here.date()):
        times.add(When.DAY_OFF)
    return Request(
        category=case.wished_category or _sounds_like(case.problem),
        district=case.district or company.district,
        industry=company.industry,
        size=company.size.value,
        text=routing.plain(case.problem),
        times=frozenset(times),
    )


def _sounds_like(text: str) -> str | None:
    guesses = suggestion.suggest(text)
    return guesses[0].code if guesses and guesses[0].share >= SURE else None


# --- the rules ---


def in_force() -> list[RoutingRule]:
    """The active rules, in their order."""
    return [row for row in listed() if row.is_active]


def listed() -> list[RoutingRule]:
    """All rules that were not taken away, in their order."""
    rows = select(RoutingRule).where(RoutingRule.retired_at.is_(None))
    return list(db.session.scalars(rows.order_by(RoutingRule.position, RoutingRule.id)))


def _pure(rows: Iterable[RoutingRule]) -> list[Rule]:
    return [Rule(row.id, Conditions.read(row.conditions), Acts.read(row.acts)) for row in rows]


def rule_by_id(by: Who, rule_id: int) -> RoutingRule:
    """The rule. Raises NotFound for one that was taken away."""
    policy.require(by, "routing.edit")
    row = db.session.get(RoutingRule, rule_id)
    if row is None or row.retired_at is not None:
        raise NotFound("rule")
    return row


def write(
    by: Who,
    rule: RoutingRule | None,
    *,
    name: str,
    conditions: Conditions,
    acts: Acts,
    is_active: bool = True,
    seen: int | None = None,
) -> RoutingRule:
    """A new rule at the end of the order, or a new version of one. Raises Refused beside the field that is wrong."""
    policy.require(by, "routing.edit")
    name = name.strip()[:60]
    if not name:
        raise Refused("rule_name", field="name")
    check(conditions, acts)
    if rule is None:
        count, last = db.session.execute(
            select(func.count(), func.max(RoutingRule.position)).where(RoutingRule.retired_at.is_(None))
        ).one()
        if count >= MOST_RULES:
            raise Refused("too_many_rules", limit=MOST_RULES)
        rule = RoutingRule(position=(last or 0) + 1, version=0)
        db.session.add(rule)
    elif seen is not None and seen != rule.version:
        raise Refused("rule_changed_meanwhile", field="name")
    rule.name, rule.is_active = name, is_active
    rule.conditions, rule.acts = conditions.stored(), acts.stored()
    rule.version += 1
    rule.changed_at, rule.changed_by = clock.now(), by.name
    db.session.flush()
    return rule


def check(conditions: Conditions, acts: Acts) -> None:
    """Raise Refused unless the rule does something, and speaks of things that exist."""
    known_categories = set(db.session.scalars(select(Category.code)))
    known_districts = set(db.session.scalars(select(District.code)))
    if not set(conditions.categories) <= known_categories:
        raise Refused("target_unknown", field="categories")
    if not set(conditions.districts) <= known_districts:
        raise Refused("target_unknown", field="districts")
    if not set(conditions.sizes) <= {size.value for size in SizeClass}:
        raise Refused("target_unknown", field="sizes")
    if len(conditions.keywords) > routing.MOST_KEYWORDS:
        raise Refused("too_many_words", field="keywords", limit=routing.MOST_KEYWORDS)
    if any(len(word) > routing.LONGEST_KEYWORD for word in conditions.keywords):
        raise Refused("word_too_long", field="keywords", limit=routing.LONGEST_KEYWORD)
    if len(acts.tags) > routing.MOST_TAGS:
        raise Refused("too_many_words", field="tags", limit=routing.MOST_TAGS)
    if any(len(word) > routing.LONGEST_TAG for word in acts.tags):
        raise Refused("word_too_long", field="tags", limit=routing.LONGEST_TAG)
    if acts.station and db.session.scalar(select(Station.id).where(Station.code == acts.station)) is None:
        raise Refused("target_unknown", field="station")
    if acts.team is not None and acts.team not in {team.id for team in teams()}:
        raise Refused("target_unknown", field="team")
    if acts == Acts():
        raise Refused("rule_does_nothing", field="station")


def move(by: Who, rule: RoutingRule, *, up: bool) -> None:
    """One place up or down; at the end it stays."""
    policy.require(by, "routing.edit")
    rows = listed()
    place = rows.index(rule)
    other = place - 1 if up else place + 1
    if 0 <= other < len(rows):
        rows[place], rows[other] = rows[other], rows[place]
    for position, row in enumerate(rows, 1):
        row.position = position
    db.session.flush()


def switch(by: Who, rule: RoutingRule, *, on: bool) -> None:
    """Have it hold, or rest."""
    policy.require(by, "routing.edit")
    rule.is_active, rule.changed_at, rule.changed_by = on, clock.now(), by.name
    db.session.flush()


def retire(by: Who, rule: RoutingRule) -> None:
    """Take it away. Its log stays."""
    policy.require(by, "routing.edit")
    rule.retired_at, rule.is_active = clock.now(), False
    db.session.flush()


def log(rule: RoutingRule, *, before: int | None = None, most: int = 50) -> list[RoutingEntry]:
    """What a rule did, newest first, before an entry."""
    rows = select(RoutingEntry).where(RoutingEntry.rule_id == rule.id)
    if before is not None:
        rows = rows.where(RoutingEntry.id < before)
    rows = rows.options(joinedload(RoutingEntry.case)).order_by(RoutingEntry.id.desc())
    return list(db.session.scalars(rows.limit(most)))


def counts(days: int = DRY_RUN_DAYS) -> dict[int, int]:
    """How often each rule held in the last days."""
    since = clock.now() - timedelta(days=days)
    rows = select(RoutingEntry.rule_id, func.count()).where(RoutingEntry.at >= since).group_by(RoutingEntry.rule_id)
    return {rule_id: int(n) for rule_id, n in db.session.execute(rows)}


# --- the dry run ---


@dataclass(frozen=True)
class Changed:
    """A case that would have begun otherwise: what the rules in force give it, what the draft would."""

    case: Case
    before: Acts
    after: Acts
    # People sent it later to the very station the draft names.
    agrees: bool


@dataclass(frozen=True)
class Trial:
    """What a draft would have done in the last days."""

    days: int
    cases: int
    held: int
    changed: list[Changed]
    agreed: int
    is_cut: bool


def dry_run(by: Who, rule: RoutingRule | None, conditions: Conditions, acts: Acts, *, is_active: bool = True) -> Trial:
    """Last month's cases under the rules in force and under the draft in its place. Nothing is written."""
    policy.require(by, "routing.edit")
    check(conditions, acts)
    now, since = _pure(in_force()), clock.now() - timedelta(days=DRY_RUN_DAYS)
    draft_id = rule.id if rule is not None else 0
    draft = Rule(draft_id, conditions, acts)
    then: list[Rule] = []
    for row in listed():
        if rule is not None and row.id == rule.id:
            then += [draft] if is_active else []
        elif row.is_active:
            then += _pure([row])
    if rule is None and is_active:
        then.append(draft)
    rows = db.session.execute(
        select(Case, Company)
        .join(Company, Company.id == Case.company_id)
        .where(Case.submitted_at >= since, Case.status != Status.DRAFT)
        .options(joinedload(Case.station))
        .order_by(Case.submitted_at.desc(), Case.id.desc())
        .limit(DRY_RUN_MOST + 1)
    ).all()
    homes = stations_by_district()
    fallback = next(iter(homes.values()), None)
    changed, held = [], 0
    for case, company in rows[:DRY_RUN_MOST]:
        home = homes.get(case.district or "", fallback)
        if home is None:
            continue
        request = _request(case, company, home.id, case.submitted_at or clock.now())
        held += conditions.hold_for(request)
        before, after = routing.apply(now, request).acts, routing.apply(then, request).acts
        if before != after:
            moved = after.station != before.station
            now_at = case.station.code if case.station is not None else ""
            changed.append(Changed(case, before, after, moved and bool(after.station) and now_at == after.station))
    return Trial(
        days=DRY_RUN_DAYS,
        cases=min(len(rows), DRY_RUN_MOST),
        held=held,
        changed=changed,
        agreed=sum(row.agrees for row in changed),
        is_cut=len(rows) > DRY_RUN_MOST,
    )


# --- tags ---


def tags_of(case_ids: Sequence[int]) -> dict[int, list[str]]:
    """The tags of these cases, each list in order."""
    found: dict[int, list[str]] = {}
    rows = select(CaseTag.case_id, CaseTag.word).where(CaseTag.case_id.in_(case_ids)).order_by(CaseTag.word)
    for case_id, word in db.session.execute(rows):
        found.setdefault(case_id, []).append(word)
    return found


def tag(case: Case, by: Who, words: Iterable[str]) -> list[str]:
    """Put these words on a case; those it has stay. Returns the new ones."""
    policy.require(by, "case.tag", case)
    known = set(tags_of([case.id]).get(case.id, []))
    new = [word for word in dict.fromkeys(w.strip() for w in words) if word and word not in known]
    if any(len(word) > routing.LONGEST_TAG for word in new):
        raise Refused("word_too_long", field="words", limit=routing.LONGEST_TAG)
    if len(known) + len(new) > 2 * routing.MOST_TAGS:
        raise Refused("too_many_words", field="words", limit=2 * routing.MOST_TAGS)
    if not new:
        raise Refused("word_missing", field="words")
    record.hold(case)
    db.session.add_all(CaseTag(case_id=case.id, word=word) for word in new)
    record.event(case, "case.tagged", by, words="、".join(new))
    search.touch(case.id)
    return new


def untag(case: Case, by: Who, word: str) -> None:
    """Take a word off; one it does not have is no matter."""
    policy.require(by, "case.tag", case)
    row = db.session.get(CaseTag, (case.id, word))
    if row is None:
        return
    record.hold(case)
    db.session.delete(row)
    record.event(case, "case.untagged", by, words=word)


def popular_tags(by: Who, most: int = 12) -> list[str]:
    """The words most used on the cases this person may read."""
    rows = (
        select(CaseTag.word)
        .join(Case, Case.id == CaseTag.case_id)
        .where(policy.which(by, "case.read"))
        .group_by(CaseTag.word)
        .order_by(func.count().desc(), CaseTag.word)
    )
    return list(db.session.scalars(rows.limit(most)))


# --- teams ---


def teams() -> list[ExpertTeam]:
    """The teams in use, by name."""
    rows = select(ExpertTeam).where(ExpertTeam.retired_at.is_(None)).order_by(ExpertTeam.name)
    return list(db.session.scalars(rows))


def team_by_id(by: Who, team_id: int) -> ExpertTeam:
    """The team. Raises NotFound for one that was taken away."""
    policy.require(by, "routing.edit")
    row = db.session.get(ExpertTeam, team_id)
    if row is None or row.retired_at is not None:
        raise NotFound("team")
    return row


def write_team(
    by: Who, team: ExpertTeam | None, *, name: str, expert_ids: Iterable[int], seen: int | None = None
) -> ExpertTeam:
    """A new team, or its name and members anew."""
    policy.require(by, "routing.edit")
    name, wanted = name.strip()[:60], sorted(set(expert_ids))
    if not name:
        raise Refused("team_name", field="name")
    same = select(ExpertTeam.id).where(ExpertTeam.name == name, ExpertTeam.id != (team.id if team else 0))
    if db.session.scalar(same) is not None:
        raise Refused("team_name_taken", field="name")
    members = list(db.session.scalars(select(Expert).where(Expert.id.in_(wanted)).order_by(Expert.id)))
    if not members or len(members) != len(wanted) or len(members) > MOST_MEMBERS:
        raise Refused("team_members", field="members")
    if team is None:
        if len(teams()) >= MOST_TEAMS:
            raise Refused("too_many_rules", field="name", limit=MOST_TEAMS)
        team = ExpertTeam(name=name, version=0)
        db.session.add(team)
    elif seen is not None and seen != team.version:
        raise Refused("rule_changed_meanwhile", field="name")
    team.name, team.members = name, members
    team.version += 1
    db.session.flush()
    return team


def retire_team(by: Who, team: ExpertTeam) -> None:
    """Ask its members first no more. Raises Refused while a rule names it."""
    policy.require(by, "routing.edit")
    users = [row.name for row in listed() if Acts.read(row.acts).team == team.id]
    if users:
        raise Refused("team_in_use", rule=users[0])
    team.retired_at = clock.now()
    db.session.flush()
