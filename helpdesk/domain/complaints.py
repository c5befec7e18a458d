"""Complaints: anybody may complain about a service, its record, a paper or a commendation, and is answered in time.

志愿服务条例 art. 26 and 办法67 art. 20 (recording, issuing papers) give anybody the right to complain, and
whoever is not in charge says who is. The district's reviewers answer, or the city's operators, never
whoever is complained about (rule R05). Whoever is not content takes it further, once, from the district
to the city; after that the page names the civil-affairs department. 民函〔2012〕340号 art. 5 has complaints
kept as a restricted record: nobody at the station or beside the expert reads them, and the case's log
does not tell.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.orm import joinedload, selectinload

from helpdesk import clock
from helpdesk.db import db, only_row
from helpdesk.domain import (
    activity_log,
    certificates,
    chance,
    corrections,
    dated_terms,
    deadlines,
    mailing,
    numbers,
    papers,
)
from helpdesk.domain.trainings import account_of
from helpdesk.errors import NotFound, Refused
from helpdesk.i18n import DEFAULT_LOCALE
from helpdesk.models import (
    Account,
    Activity,
    Award,
    Case,
    Certificate,
    Complaint,
    ComplaintAbout,
    ComplaintAct,
    ComplaintLevel,
    ComplaintOutcome,
    ComplaintRule,
    ComplaintState,
    ComplaintStep,
    Correction,
    CorrectionState,
    Expert,
    Grant,
    Mail,
    MailKind,
    MailStatus,
    Notice,
    Role,
    Side,
    Statement,
    Station,
    Visit,
    VisitStatus,
)
from helpdesk.rules import complaints as rules
from helpdesk.rules import given, identifiers, policy
from helpdesk.rules.keeping import GONE
from helpdesk.rules.mailing import Part
from helpdesk.rules.policy import SYSTEM, Who

LONGEST = 2000
# So many that wait for an answer one contact or account may have: enough for every grievance, too few to drown a desk.
MOST_OPEN = 5
OPEN = (ComplaintState.RECEIVED, ComplaintState.LOOKING)


# --- in how many working days ---


def workdays(day: date | None = None) -> int:
    """In how many working days a complaint that came on a day is answered, today when none is given."""
    row = dated_terms.in_force(ComplaintRule, day)
    return row.workdays if row is not None else rules.WORKDAYS


def terms() -> list[ComplaintRule]:
    """Every term that was ever set, newest first."""
    return dated_terms.every(ComplaintRule)


def set_term(by: Who, *, days: int, from_on: date, reason: str) -> ComplaintRule:
    """The operator sets how many working days, from a day on; what came before keeps its term. Raises Refused."""
    policy.require(by, "complaints.set_term")
    if not rules.SHORTEST <= days <= rules.LONGEST:
        raise Refused("workdays_out_of_range", field="workdays", least=rules.SHORTEST, most=rules.LONGEST)
    return dated_terms.begin(ComplaintRule(workdays=days), by, from_on=from_on, reason=reason)


# --- complaining ---


@dataclass(frozen=True)
class Said:
    """What somebody complains of. `number` is of a case, an activity or a paper; strangers give name and contact."""

    about: ComplaintAbout
    says: str
    number: str = ""
    name: str = ""
    contact: str = ""


@dataclass(frozen=True)
class Subject:
    """Whom and what a complaint is about, as far as it is known."""

    number: str = ""
    case: Case | None = None
    station: Station | None = None
    expert: Expert | None = None
    act_by_id: int | None = None


def make(by: Who, said: Said, *, form_key: str, locale: str = DEFAULT_LOCALE, case: Case | None = None) -> Complaint:
    """Complain. The same form sent twice is one complaint. With a `case`, whoever speaks for its company does.

    Raises Refused: nothing said, an unknown number, no way to answer a stranger, too many that wait.
    """
    before = db.session.scalar(select(Complaint).where(Complaint.form_key == form_key))
    if before is not None:
        return before
    if case is not None:
        policy.require(by, "case.complain", case)
    if not said.says.strip():
        raise Refused("text_missing", field="says")
    if len(said.says) > LONGEST:
        raise Refused("text_too_long", field="says", over=len(said.says) - LONGEST)
    name, contact = _who_complains(by, said, case)
    subject = _of_case(said.about, case, None) if case is not None else _subject(by, said)
    term = rules.term_of(clock.now(), workdays(), deadlines.calendar())
    expert = subject.expert
    row = Complaint(
        number=numbers.complaint_number(),
        token=chance.token(),
        about=said.about,
        about_number=subject.number,
        state=ComplaintState.RECEIVED,
        level=ComplaintLevel.CITY,
        district=_district(subject),
        case_id=subject.case.id if subject.case is not None else None,
        station_id=subject.station.id if subject.station is not None else None,
        expert_id=expert.id if expert is not None else None,
        expert_account_id=account_of(expert) if expert is not None else None,
        act_by_id=subject.act_by_id,
        side=Side.COMPANY if case is not None else Side.EXPERT if by.expert_id is not None else None,
        account_id=by.account_id,
        name=name,
        contact=contact,
        locale=locale,
        says=said.says.strip(),
        received_at=clock.now(),
        warn_at=term.warn_at,
        due_at=term.due_at,
        told=rules.NOTHING,
        form_key=form_key,
    )
    db.session.add(row)
    db.session.flush()
    row.level = _first_level(row)
    db.session.flush()
    step = _step(row, ComplaintAct.RECEIVED, by, by_name=name)
    _tell_complainer(row, step, by)
    _tell_desk(row, step)
    return row


def _who_complains(by: Who, said: Said, case: Case | None) -> tuple[str, str]:
    """Name and contact: of the account, of the case's contact, or as a stranger wrote them."""
    if by.account_id is not None:
        name, contact, mine = by.name, "", Complaint.account_id == by.account_id
    elif case is not None:
        name, contact = case.contact_name, mailing.tidy(case.contact_email or "")
        mine = and_(Complaint.case_id == case.id, Complaint.account_id.is_(None))
    else:
        name, contact = said.name.strip()[:80], said.contact.strip()[:120]
        mine = Complaint.contact == contact
        if not name:
            raise Refused("complainer_name", field="name")
        if not contact:
            raise Refused("complainer_contact", field="contact")
    waiting = select(func.count()).select_from(Complaint).where(mine, Complaint.state.in_(OPEN))
    if int(db.session.scalar(waiting) or 0) >= MOST_OPEN:
        raise Refused("complaints_enough", field="says", limit=MOST_OPEN)
    return name, contact


def _subject(by: Who, said: Said) -> Subject:
    """What the number names, or what an expert's own complaint is about."""
    number = said.number.strip()
    if number:
        found = _paper(number) or _case(number, by, said.about) or _activity(number, by)
        if found is None:
            raise Refused("complaint_number_unknown", field="number")
        return found
    expert = db.session.get(Expert, by.expert_id) if by.expert_id is not None else None
    # An expert who names nothing speaks of their own records and papers.
    return Subject(expert=expert, station=expert.station if expert is not None else None)


def _paper(number: str) -> Subject | None:
    code = identifiers.read_verification_code(number)
    paper: Any = papers.by_code(code) if code is not None else None
    for model in papers.KINDS.values():
        paper = paper or db.session.scalar(select(model).where(model.number == number.upper()))
    if isinstance(paper, Certificate):
        return Subject(paper.number, paper.case, paper.station, paper.expert)
    if isinstance(paper, Statement):
        return Subject(paper.number, None, paper.expert.station, paper.expert)
    if isinstance(paper, Award):
        expert_id = paper.nomination.expert_id
        expert = db.session.get(Expert, expert_id) if expert_id is not None else None
        station = expert.station if expert is not None else None
        return Subject(paper.number, None, station, expert, paper.awarded_by_id)
    return None


def _case(number: str, by: Who, about: ComplaintAbout) -> Subject | None:
    """A case that the complainer may read: its number alone tells a stranger nothing."""
    case = db.session.scalar(select(Case).where(Case.number == number.upper(), policy.which(by, "case.read")))
    return _of_case(about, case, by.expert_id) if case is not None else None


def _activity(number: str, by: Who) -> Subject | None:
    """An activity that the complainer may read: whoever decided last about it answers for what it says."""
    row = db.session.scalar(
        select(Activity).where(Activity.number == number.upper(), policy.which(by, "activity.read"))
    )
    if row is None:
        return None
    expert = db.session.get(Expert, by.expert_id) if by.expert_id is not None else None
    return Subject(row.number, None, row.station, expert, activity_log.last_decider(row))


def _of_case(about: ComplaintAbout, case: Case, own_expert_id: int | None) -> Subject:
    expert_id = own_expert_id or case.expert_id
    expert = db.session.get(Expert, expert_id) if expert_id is not None else None
    actor = _decider(case) if about is ComplaintAbout.RECORD else case.handler_id
    return Subject(case.number or "", case, case.station, expert, actor)


def _decider(case: Case) -> int | None:
    """Who last decided about a record of the case for the desk: a correction, a visit the company was silent on, or a
    reversal."""
    corrected = select(Correction.decided_at, Correction.decided_by_id).where(
        Correction.case_id == case.id, Correction.decided_by_id.is_not(None), Correction.decided_at.is_not(None)
    )
    verified = select(Visit.decided_at, Visit.decided_by_id).where(
        Visit.case_id == case.id,
        Visit.status.in_((VisitStatus.VERIFIED, VisitStatus.VOID)),
        Visit.decided_at.is_not(None),
    )
    found = [*db.session.execute(corrected).all(), *db.session.execute(verified).all()]
    latest = max(found, key=lambda row: row[0] or clock.now(), default=None)
    return latest[1] if latest is not None else None


def _district(subject: Subject) -> str | None:
    if subject.station is not None and subject.station.district:
        return subject.station.district
    return subject.case.district if subject.case is not None else None


def _first_level(row: Complaint) -> ComplaintLevel:
    """The district, where somebody there may answer; commendations are the city's. Where nobody may, the city's."""
    order = [ComplaintLevel.DISTRICT, ComplaintLevel.CITY]
    if row.about is ComplaintAbout.COMMENDATION:
        order.reverse()
    for level in order:
        row.level = level
        db.session.flush()
        if _answerers(row):
            return level
    return ComplaintLevel.CITY


# --- what the desk does ---


def look(row: Complaint, by: Who) -> Complaint:
    """Somebody looks into it; the complainer hears of it. Raises Refused when somebody does already."""
    _hold(row, by)
    if row.state is not ComplaintState.RECEIVED:
        raise Refused("complaint_looked_at")
    row.state = ComplaintState.LOOKING
    step = _step(row, ComplaintAct.LOOKING, by)
    _tell_complainer(row, step, by)
    return row


def answer(
    row: Complaint, by: Who, *, outcome: ComplaintOutcome | None, reason: str, done: str = "", link: str = ""
) -> Complaint:
    """Upheld, in part, or not, and why; what was done; with the correction or new paper that came of it (`link`, one
    of `links`). Raises Refused: no outcome, no reason, answered already."""
    _hold(row, by)
    if outcome is None:
        raise Refused("complaint_outcome", field="outcome")
    reason = given.reason(reason)
    if outcome is not ComplaintOutcome.REFUSED and not done.strip():
        raise Refused("complaint_done_missing", field="done")
    kind, _, number = link.partition("-")
    if link and link not in {value for value, _ in links(row)}:
        raise Refused("complaint_link", field="link")
    row.state, row.outcome, row.answered_at, row.answered_by_id = (
        ComplaintState.ANSWERED,
        outcome,
        clock.now(),
        by.account_id,
    )
    db.session.flush()
    step = _step(
        row,
        ComplaintAct.ANSWERED,
        by,
        outcome=outcome,
        reason=reason[:LONGEST],
        done=done.strip()[:LONGEST],
        correction_id=int(number) if kind == "correction" else None,
        certificate_id=int(number) if kind == "certificate" else None,
    )
    _tell_complainer(row, step, by)
    return row


def links(row: Complaint) -> list[tuple[str, Any]]:
    """What an answer may name: granted corrections and papers of the case, newest first."""
    if row.case is None:
        return []
    fixed = [one for one in corrections.of_case(row.case) if one.state is CorrectionState.GRANTED]
    issued = certificates.of_case(row.case.id)
    return [(f"correction-{one.id}", one) for one in fixed] + [(f"certificate-{one.id}", one) for one in issued]


def can_go_further(row: Complaint) -> bool:
    """Whether the complainer may still take it from the district to the city."""
    return (
        row.state is ComplaintState.ANSWERED
        and row.level is ComplaintLevel.DISTRICT
        and row.answered_at is not None
        and row.answered_at > clock.now() - timedelta(days=rules.FURTHER_DAYS)
    )


def take_further(row: Complaint, by: Who, *, reason: str, token: str = "") -> Complaint:
    """Not content with the district's answer: the city answers, with a term of its own; once.

    By whoever complained, or whoever holds its link (`token`). Raises Refused: not answered yet, the last level, late.
    """
    if not token or token != row.token:
        policy.require(by, "complaint.take_further", row)
    db.session.refresh(row, with_for_update=True)
    if row.level is ComplaintLevel.CITY:
        raise Refused("complaint_last_level", field="reason")
    if row.state is not ComplaintState.ANSWERED:
        raise Refused("complaint_not_answered", field="reason")
    if not can_go_further(row):
        raise Refused("too_late", field="reason", days=rules.FURTHER_DAYS)
    reason = given.reason(reason)
    term = rules.term_of(clock.now(), workdays(), deadlines.calendar())
    row.first_by_id, row.answered_by_id, row.answered_at, row.outcome = row.answered_by_id, None, None, None
    row.state, row.level, row.told = ComplaintState.RECEIVED, ComplaintLevel.CITY, rules.NOTHING
    row.warn_at, row.due_at = term.warn_at, term.due_at
    db.session.flush()
    step = _step(row, ComplaintAct.FURTHER, by, by_name=row.name, reason=reason[:LONGEST])
    _tell_desk(row, step)
    return row


def _hold(row: Complaint, by: Who) -> None:
    db.session.refresh(row, with_for_update=True)
    policy.require(by, "complaint.answer", row)
    if row.state is ComplaintState.ANSWERED:
        raise Refused("complaint_answered")


def _step(row: Complaint, act: ComplaintAct, by: Who, *, by_name: str = "", **more: Any) -> ComplaintStep:
    step = ComplaintStep(
        complaint_id=row.id, act=act, level=row.level, at=clock.now(), by_id=by.account_id,
        by_name=(by_name or by.name)[:80], **{"reason": "", "done": "", **more},
    )  # fmt: skip
    db.session.add(step)
    db.session.flush()
    db.session.expire(row, ["steps"])
    return step


# --- the term ---


def watch() -> int:
    """Tell of complaints whose term ends soon or is over, each once; returns how many were told of.

    Run by the clock. Run twice, or by two workers, a conditional UPDATE lets one of them tell.
    """
    told = 0
    rows = db.session.scalars(
        select(Complaint)
        .where(Complaint.state.in_(OPEN), Complaint.warn_at <= clock.now(), Complaint.told < rules.MISSED)
        .order_by(Complaint.due_at)
        .limit(500)
    ).all()
    for row in rows:
        level = rules.level_at(rules.Term(row.warn_at, row.due_at), clock.now())
        won = db.session.execute(
            update(Complaint)
            .where(Complaint.id == row.id, Complaint.told < level, Complaint.state.in_(OPEN))
            .values(told=level)
            .execution_options(synchronize_session=False)
        )
        if not only_row(won):
            continue
        db.session.refresh(row, ["told"])
        step = _step(row, ComplaintAct.MISSED if level == rules.MISSED else ComplaintAct.WARNED, SYSTEM)
        _tell_desk(row, step)
        told += 1
    return told


# --- telling ---


def _tell_complainer(row: Complaint, step: ComplaintStep, by: Who) -> None:
    account = db.session.get(Account, row.account_id) if row.account_id is not None else None
    if account is not None and account.is_active:
        _tell(account, step, Part.COMPLAINER, is_own=account.id == by.account_id)
    elif account is None and _is_address(row.contact):
        reader = mailing.Reader(mailing.tidy(row.contact), row.name, row.locale, Part.COMPLAINER)
        mailing.write_of_complaint(step, reader)


def _tell_desk(row: Complaint, step: ComplaintStep) -> None:
    """Who has to answer; of a missed term also whoever stands above them and may read it."""
    readers = {account.id: account for account in _answerers(row)}
    if step.act is ComplaintAct.MISSED:
        above = _with_grant(or_(Grant.role == Role.OPERATOR, Grant.role == Role.OVERSEER))
        readers |= {a.id: a for a in above if policy.can(policy.who_is(a), "complaint.read", row)}
    for account in readers.values():
        _tell(account, step, Part.HOUSE)


def _tell(account: Account, step: ComplaintStep, part: Part, *, is_own: bool = False) -> None:
    if not is_own:
        db.session.add(Notice(account_id=account.id, complaint_step_id=step.id, shown_from=step.at))
        db.session.flush()
    if account.email:
        reader = mailing.Reader(
            mailing.tidy(account.email), account.name, account.locale or DEFAULT_LOCALE, part, account.id
        )
        mailing.write_of_complaint(step, reader)


def _answerers(row: Complaint) -> list[Account]:
    """Who may answer it as it stands: the table of rights says so."""
    role = Grant.role == Role.OPERATOR
    if row.level is ComplaintLevel.DISTRICT:
        role = and_(Grant.role == Role.DISTRICT, Grant.district == row.district)
    return [a for a in _with_grant(role) if policy.can(policy.who_is(a), "complaint.answer", row)]


def _with_grant(criterion: Any) -> Iterable[Account]:
    theirs = select(Grant.account_id).where(criterion, Grant.ended_at.is_(None), Grant.confirmed_at.is_not(None))
    return db.session.scalars(select(Account).where(Account.id.in_(theirs), Account.is_active).order_by(Account.id))


def _is_address(contact: str) -> bool:
    try:
        validate_email(contact, check_deliverability=False)
    except EmailNotValidError:
        return False
    return True


# --- reading ---


def by_token(token: str) -> Complaint:
    """The complaint of a link; NotFound for an unknown one, or when its words are gone."""
    row = db.session.scalar(select(Complaint).where(Complaint.token == token[:60], Complaint.anonymised_at.is_(None)))
    if row is None:
        raise NotFound("complaint")
    return row


def of_company(case: Case) -> list[Complaint]:
    """What the company complained of in this case, newest first."""
    rows = select(Complaint).where(Complaint.case_id == case.id, Complaint.side == Side.COMPANY)
    return list(db.session.scalars(rows.options(WITH_STEPS).order_by(Complaint.id.desc())))


def mine(who: Who) -> list[Complaint]:
    """What this account complained of, newest first."""
    rows = select(Complaint).where(Complaint.account_id == who.account_id, Complaint.anonymised_at.is_(None))
    return list(db.session.scalars(rows.options(WITH_STEPS).order_by(Complaint.id.desc()).limit(100)))


@dataclass(frozen=True)
class Listed:
    """What waits, the one that ends first on top, and what was answered lately."""

    open: list[Complaint]
    answered: list[Complaint]


def listed(who: Who) -> Listed:
    """The complaints this person reads for the desk; four queries."""
    policy.require(who, "complaints.list")
    rows = select(Complaint).where(policy.which(_without_own(who), "complaint.read"))
    rows = rows.options(joinedload(Complaint.station), joinedload(Complaint.case), WITH_STEPS)
    waiting = db.session.scalars(rows.where(Complaint.state.in_(OPEN)).order_by(Complaint.due_at).limit(200))
    done = db.session.scalars(
        rows.where(Complaint.state == ComplaintState.ANSWERED).order_by(Complaint.answered_at.desc()).limit(50)
    )
    return Listed(list(waiting), list(done))


def to_answer(who: Who) -> int:
    """How many wait for this person's answer: the number in the bar."""
    rows = select(func.count()).select_from(Complaint)
    return int(db.session.scalar(rows.where(Complaint.state.in_(OPEN), policy.which(who, "complaint.answer"))) or 0)


@dataclass(frozen=True)
class Figures:
    """Complaints of the last twelve months that this person reads for the desk."""

    open: int
    overdue: int
    in_time: int
    late: int
    upheld: int


def figures(who: Who) -> Figures:
    """One query."""
    waiting, answered = Complaint.state.in_(OPEN), Complaint.answered_at.is_not(None)
    upheld = Complaint.outcome.in_((ComplaintOutcome.UPHELD, ComplaintOutcome.PARTLY))
    row = db.session.execute(
        select(
            func.count().filter(waiting),
            func.count().filter(waiting, Complaint.due_at <= clock.now()),
            func.count().filter(answered, Complaint.answered_at < Complaint.due_at),
            func.count().filter(answered, Complaint.answered_at >= Complaint.due_at),
            func.count().filter(upheld),
        ).where(
            policy.which(_without_own(who), "complaint.read"),
            Complaint.received_at > clock.now() - timedelta(days=365),
        )
    ).one()
    return Figures(*(int(n) for n in row))


def _without_own(who: Who) -> Who:
    """The same person at the desk: what they complain of themselves is not on its list."""
    return Who(who.account_id, who.name, tuple(h for h in who.held if h.role is not Role.SIGNED_IN))


# With what an answer names, so that a list costs as many queries as a single complaint.
WITH_STEPS = selectinload(Complaint.steps).options(
    joinedload(ComplaintStep.correction), joinedload(ComplaintStep.certificate)
)


# --- forgetting ---


def is_open_of(case_id: Any) -> Any:
    """The criterion: a complaint about this case still waits for an answer."""
    return select(Complaint.id).where(Complaint.case_id == case_id, Complaint.state.in_(OPEN)).exists()


def forget_of_case(case: Case) -> None:
    """Words, names and contacts of every complaint about a case go; that there was one, and what came of it, stays."""
    for row in db.session.scalars(select(Complaint).where(Complaint.case_id == case.id)).all():
        forget(row)


def forget_old(edge: datetime, *, most: int = 100) -> list[str]:
    """The same for complaints without a case that were answered before a moment; returns their contacts."""
    rows = db.session.scalars(
        select(Complaint)
        .where(
            Complaint.case_id.is_(None),
            Complaint.anonymised_at.is_(None),
            Complaint.state == ComplaintState.ANSWERED,
            Complaint.answered_at < edge,
        )
        .order_by(Complaint.id)
        .limit(most)
    ).all()
    contacts = [row.contact for row in rows]
    for row in rows:
        forget(row)
    return contacts


def forget_of_account(account: Account) -> None:
    """An account that is erased: what it complained of keeps no name."""
    for row in db.session.scalars(select(Complaint).where(Complaint.account_id == account.id)).all():
        forget(row)


def forget(row: Complaint) -> None:
    """Take what somebody typed, and who they are. Done twice it is done once."""
    if row.anonymised_at is not None:
        return
    contact = mailing.tidy(row.contact)
    row.anonymised_at, row.token = clock.now(), chance.token()
    row.says, row.name, row.contact = GONE, GONE, ""
    if row.about_number and row.case_id is None:
        row.about_number = ""
    db.session.flush()
    ids = [step.id for step in row.steps]
    for step in row.steps:
        step.reason, step.done = GONE if step.reason else "", GONE if step.done else ""
        if step.act in (ComplaintAct.RECEIVED, ComplaintAct.FURTHER):
            step.by_name = GONE
    db.session.flush()
    # The question whether an address is theirs carries their name as well.
    asked = and_(Mail.kind == MailKind.PROOF, Mail.part == Part.COMPLAINER, Mail.address == contact)
    for mail in db.session.scalars(select(Mail).where(or_(Mail.complaint_step_id.in_(ids), asked))).all():
        mail.subject = ""
        if mail.status in (MailStatus.WAITING, MailStatus.UNPROVED, MailStatus.DAILY, MailStatus.FAILED):
            mail.status, mail.error = MailStatus.DROPPED, "anonymised"
        if mail.part == Part.COMPLAINER:
            mail.address, mail.name, mail.account_id, mail.error = f"gone-{mail.id}@invalid", "", None, None
    db.session.flush()
