"""Personal data of experts, written by themselves; the identity number sealed (办法67 art. 5, 6; PIPL art. 29, 51)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from helpdesk import clock
from helpdesk.db import db
from helpdesk.errors import Refused
from helpdesk.models import Access, Expert, ExpertPerson, IdentityKind, Sex
from helpdesk.rules import identifiers, policy
from helpdesk.rules.policy import Who
from helpdesk.seal import SealBroken, cipher

LONGEST = 500
# The wording of the consents that the form shows; a new wording is a new number (PIPL art. 17).
WORDING = "2026-12"
IDENTITY = "identity numbers"  # what their seal is for


@dataclass(frozen=True)
class PersonFacts:
    """What an expert says of themselves. `identity` is the whole number; "" keeps what there is."""

    sex: Sex | None = None
    born_on: date | None = None
    residence: str = ""
    contact: str = ""
    skills: str = ""
    service_kinds: tuple[str, ...] = ()
    identity_kind: IdentityKind | None = None
    identity: str = ""


def of(expert: Expert) -> ExpertPerson | None:
    """What is there; None before the expert wrote anything."""
    return db.session.get(ExpertPerson, expert.id)


def write(
    expert: Expert,
    by: Who,
    facts: PersonFacts,
    *,
    consent: bool,
    identity_consent: bool,
    national_consent: bool = False,
) -> ExpertPerson:
    """The expert's own data, with their consent; the identity number only with one of its own (art. 6; PIPL art. 29),
    and so is giving it all to the national system, which is taken back by writing without (PIPL art. 15, 23).

    Raises Refused for a missing consent, a day to come, or a number that cannot be.
    """
    policy.require(by, "expert.write_person", expert)
    if not consent:
        raise Refused("person_consent", field="consent")
    if facts.born_on is not None and facts.born_on >= clock.today():
        raise Refused("day_in_future", field="born_on")
    row = of(expert)
    if row is None:
        row = ExpertPerson(expert_id=expert.id, consent_at=clock.now(), changed_at=clock.now(), wording=WORDING)
        db.session.add(row)
    row.sex, row.born_on, row.residence = facts.sex, facts.born_on, facts.residence.strip()[:120]
    row.contact, row.skills = facts.contact.strip()[:120], facts.skills.strip()[:LONGEST]
    row.service_kinds, row.changed_at, row.wording = list(facts.service_kinds), clock.now(), WORDING
    row.national_consent_at = (row.national_consent_at or clock.now()) if national_consent else None
    if facts.identity.strip():
        if not identity_consent:
            raise Refused("identity_consent", field="identity_consent")
        kind = facts.identity_kind or IdentityKind.RESIDENT
        number = identifiers.identity_number(facts.identity, is_resident=kind is IdentityKind.RESIDENT)
        if number is None:
            raise Refused("identity_wrong", field="identity")
        row.identity_kind, row.identity_sealed = kind, cipher(IDENTITY).seal(number)
        row.identity_tail, row.identity_consent_at = number[-4:], clock.now()
    db.session.flush()
    return row


def agreed_to_older(row: ExpertPerson | None) -> bool:
    """Whether they agreed to words that have changed since, so that they should read them again."""
    return row is not None and row.wording != WORDING


def forget_identity(expert: Expert, by: Who) -> None:
    """Take the number back, as easily as it was given (PIPL art. 15)."""
    policy.require(by, "expert.write_person", expert)
    row = of(expert)
    if row is not None:
        row.identity_kind = row.identity_sealed = row.identity_tail = row.identity_consent_at = None
        row.changed_at = clock.now()
        db.session.flush()


def unseal(expert: Expert, by: Who) -> str:
    """The whole identity number; every look is noted (rule R16). Raises Refused when there is none,
    or when no key of ours opens it."""
    policy.require(by, "expert.unseal", expert)
    row = of(expert)
    if row is None or row.identity_sealed is None:
        raise Refused("identity_wrong")
    assert by.account_id is not None
    db.session.add(Access(account_id=by.account_id, case_id=None, what=f"identity:{expert.id}", at=clock.now()))
    db.session.flush()
    return opened(row)


def opened(row: ExpertPerson) -> str:
    """The whole identity number, for a verb that has asked for the right and notes the look itself; "" for none.

    Raises Refused when no key of ours opens it."""
    if row.identity_sealed is None:
        return ""
    try:
        return cipher(IDENTITY).open(row.identity_sealed)
    except SealBroken:
        raise Refused("identity_unreadable") from None
