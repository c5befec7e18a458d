"""Who may do what, to which: one table of sentences.

A row reads "role - may - which". "Which" is a named scope that yields SQL, so listing (`which`), loading (`find`)
and asking (`can`, `allowed`) are one rule and cannot drift apart. docs/permissions.md is drawn from here, and a
test compares every role, action and object with a picture that is checked in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, or_, select, true
from sqlalchemy.orm import aliased

from helpdesk import clock
from helpdesk.db import db
from helpdesk.errors import NotAllowed, NotFound, Refused
from helpdesk.models import (
    RECORDING,
    Account,
    Activity,
    ActivityStep,
    Article,
    ArticleState,
    Attachment,
    Award,
    BulkRun,
    CannedReply,
    Case,
    Certificate,
    Company,
    CompanyPart,
    Complaint,
    ComplaintLevel,
    Correction,
    DossierCorrection,
    Erasure,
    Expert,
    Grant,
    Honour,
    HoursEntry,
    Incoming,
    Invitation,
    NewsChannel,
    Nomination,
    NominationState,
    Offer,
    OfferStatus,
    PrintRun,
    RecordTerm,
    Role,
    SavedView,
    Series,
    Side,
    Statement,
    Station,
    Status,
    TableImport,
    TableUpload,
    Transfer,
    TransferStatus,
    Visit,
    VisitStatus,
)


@dataclass(frozen=True)
class Held:
    """One current part of a person, and the unit it holds for."""

    role: Role
    company_id: int | None = None
    expert_id: int | None = None
    station_id: int | None = None
    district: str | None = None
    company_part: CompanyPart | None = None

    @property
    def handles(self) -> bool:
        """Whether this part acts for its company, and does not only read."""
        return self.company_part is CompanyPart.HANDLER


@dataclass(frozen=True)
class Who:
    """Somebody who acts: an account with its parts, the holder of a tracking link, or the clock itself."""

    account_id: int | None = None
    name: str = ""
    held: tuple[Held, ...] = field(default_factory=tuple)
    link_case_id: int | None = None

    @property
    def is_signed_in(self) -> bool:
        return self.account_id is not None

    def holds(self, role: Role) -> bool:
        """Whether this is one of the person's parts."""
        return any(h.role is role for h in self.held)

    def first(self, role: Role) -> Held | None:
        """The person's first part with this role."""
        return next((h for h in self.held if h.role is role), None)

    @property
    def expert_id(self) -> int | None:
        """The expert this person is, if any."""
        part = self.first(Role.EXPERT)
        return part.expert_id if part else None

    @property
    def expert_ids(self) -> tuple[int, ...]:
        """Every expert this person is: somebody registered twice is two, until they are merged."""
        return tuple(h.expert_id for h in self.held if h.role is Role.EXPERT and h.expert_id is not None)

    @property
    def station_ids(self) -> tuple[int, ...]:
        """The stations this person coordinates."""
        return tuple(h.station_id for h in self.held if h.role is Role.COORDINATOR and h.station_id is not None)

    def only_views(self, company_id: int | None) -> bool:
        """Whether this person is a member of the company who may only read."""
        return any(
            h.role is Role.MEMBER and h.company_id == company_id and h.company_part is CompanyPart.VIEWER
            for h in self.held
        )

    def with_link(self, case_id: int, contact_name: str) -> Who:
        """The same person, holding the tracking link of a case."""
        parts = (*(h for h in self.held if h.role is not Role.REQUESTER), Held(Role.REQUESTER))
        return Who(self.account_id, self.name or contact_name, parts, case_id)


ANYBODY = Who(held=(Held(Role.ANYONE),))
SYSTEM = Who(name="—", held=(Held(Role.SYSTEM),))

Scope = Callable[[Who, Held], ColumnElement[bool]]


# --- scopes: the "which" of the sentences. Each yields SQL over the model named in its first word. ---


def page(who: Who, held: Held) -> ColumnElement[bool]:
    """A page that belongs to the role itself, with no object."""
    return true()


def case_of_this_link(who: Who, held: Held) -> ColumnElement[bool]:
    """The one case of the tracking link in hand."""
    return Case.id == who.link_case_id if who.link_case_id is not None else false()


def case_of_own_company(who: Who, held: Held) -> ColumnElement[bool]:
    """Cases of the company that a station has confirmed this person to work for, as handler or viewer."""
    ours = Case.company_id == held.company_id
    return ours if held.handles else and_(ours, Case.status != Status.DRAFT)


def case_of_company_i_handle(who: Who, held: Held) -> ColumnElement[bool]:
    """Cases of the company this person is a handler of."""
    return Case.company_id == held.company_id if held.handles else false()


def case_sent_by_me(who: Who, held: Held) -> ColumnElement[bool]:
    """Cases this account sent or claimed by their own tracking link, unless they only view that company's."""
    mine = Case.contact_account_id == who.account_id
    viewed = [h.company_id for h in who.held if h.company_id is not None and who.only_views(h.company_id)]
    return and_(mine, or_(Case.company_id.is_(None), Case.company_id.not_in(viewed))) if viewed else mine


def case_assigned_to_me(who: Who, held: Held) -> ColumnElement[bool]:
    """Cases this expert has accepted and still has."""
    return and_(Case.expert_id == held.expert_id, Case.status != Status.DRAFT)


def case_i_served(who: Who, held: Held) -> ColumnElement[bool]:
    """Cases in which this expert logged a visit, also after handing over."""
    return exists().where(Visit.case_id == Case.id, Visit.expert_id == held.expert_id)


def case_offered_to_me(who: Who, held: Held) -> ColumnElement[bool]:
    """Cases of which an offer to this expert is pending and has left."""
    return exists().where(
        Offer.case_id == Case.id,
        Offer.expert_id == held.expert_id,
        Offer.status == OfferStatus.PENDING,
        Offer.leaves_at <= clock.now(),
    )


def case_of_my_station(who: Who, held: Held) -> ColumnElement[bool]:
    """Cases the station owns; a coordinator who is the expert of one is only its expert (rule R05)."""
    return and_(Case.station_id == held.station_id, Case.status != Status.DRAFT, *not_my_own(who))


def not_my_own(who: Who) -> list[ColumnElement[bool]]:
    """What keeps somebody who is an expert too from the cases they have or served (rule R05); nothing for others."""
    if not who.expert_ids:
        return []
    not_mine = or_(Case.expert_id.is_(None), Case.expert_id.not_in(who.expert_ids))
    return [not_mine, ~exists().where(Visit.case_id == Case.id, Visit.expert_id.in_(who.expert_ids))]


def case_coming_to_my_station(who: Who, held: Held) -> ColumnElement[bool]:
    """Cases another station asks this one to take over."""
    # IN rather than EXISTS: beside an OR, SQLite reads both sides by index only so.
    asked = select(Transfer.case_id).where(
        Transfer.to_station_id == held.station_id, Transfer.status == TransferStatus.PENDING
    )
    return Case.id.in_(asked)


def case_i_handle(who: Who, held: Held) -> ColumnElement[bool]:
    """Cases this coordinator took for the station itself."""
    return and_(Case.handler_id == who.account_id, Case.station_id == held.station_id)


def case_of_my_district(who: Who, held: Held) -> ColumnElement[bool]:
    """Cases of companies in the district, or owned by a station there."""
    here = exists().where(Station.id == Case.station_id, Station.district == held.district)
    return and_(Case.status != Status.DRAFT, or_(Case.district == held.district, here))


def case_any(who: Who, held: Held) -> ColumnElement[bool]:
    """Every case that was sent."""
    return Case.status != Status.DRAFT


def case_of_my_district_not_my_own(who: Who, held: Held) -> ColumnElement[bool]:
    """Cases of the district in which this person is not the expert (rule R05)."""
    return and_(case_of_my_district(who, held), *not_my_own(who))


def case_any_but_my_own(who: Who, held: Held) -> ColumnElement[bool]:
    """Every case that was sent in which this person is not the expert (rule R05)."""
    return and_(case_any(who, held), *not_my_own(who))


def correction_i_asked(who: Who, held: Held) -> ColumnElement[bool]:
    """Corrections this account asked for."""
    return Correction.asked_by_id == who.account_id


def correction_about_me(who: Who, held: Held) -> ColumnElement[bool]:
    """Corrections of this expert's own records, whoever asked."""
    return Correction.expert_id == held.expert_id


def correction_of_my_station(who: Who, held: Held) -> ColumnElement[bool]:
    """Corrections of the station's records, but for those about oneself (rule R05)."""
    return and_(Correction.station_id == held.station_id, _correction_of_others(who))


def correction_i_decide_at_my_station(who: Who, held: Held) -> ColumnElement[bool]:
    """Those of them that are not of an activity this person wrote down: that would be one word alone (rule R05)."""
    wrote = exists().where(
        Visit.id == Correction.visit_id,
        ActivityStep.activity_id == Visit.activity_id,
        ActivityStep.act.in_(RECORDING),
        ActivityStep.by_id == who.account_id,
    )
    return and_(correction_of_my_station(who, held), ~wrote)


def correction_any_of_others(who: Who, held: Held) -> ColumnElement[bool]:
    """Every correction but those about oneself (rule R05)."""
    return _correction_of_others(who)


def correction_any(who: Who, held: Held) -> ColumnElement[bool]:
    """Every correction."""
    return true()


def dossier_correction_about_me(who: Who, held: Held) -> ColumnElement[bool]:
    """Corrections of this expert's own trainings and awards."""
    return DossierCorrection.expert_id == held.expert_id


def dossier_correction_of_my_station(who: Who, held: Held) -> ColumnElement[bool]:
    """Corrections of trainings and awards of the station's experts, but oneself (rule R05)."""
    others = DossierCorrection.expert_id.not_in(who.expert_ids or (0,))
    return and_(DossierCorrection.station_id == held.station_id, others)


def dossier_correction_i_decide_at_my_station(who: Who, held: Held) -> ColumnElement[bool]:
    """Those of them that somebody else asked for (rule R05)."""
    return and_(dossier_correction_of_my_station(who, held), _dossier_correction_of_others(who))


def dossier_correction_of_others(who: Who, held: Held) -> ColumnElement[bool]:
    """Every correction of a training or award that is neither about this person nor asked by them (rule R05)."""
    return _dossier_correction_of_others(who)


def dossier_correction_any(who: Who, held: Held) -> ColumnElement[bool]:
    """Every correction of a training or award."""
    return true()


def _dossier_correction_of_others(who: Who) -> ColumnElement[bool]:
    row = DossierCorrection
    about_other = or_(row.expert_account_id.is_(None), row.expert_account_id != who.account_id)
    return and_(row.asked_by_id != who.account_id, about_other, row.expert_id.not_in(who.expert_ids or (0,)))


def term_about_me(who: Who, held: Held) -> ColumnElement[bool]:
    """Terms of this expert's own visits."""
    return RecordTerm.expert_id == held.expert_id


def term_of_my_station(who: Who, held: Held) -> ColumnElement[bool]:
    """Terms of visits the station records."""
    return RecordTerm.station_id == held.station_id


def term_of_my_district(who: Who, held: Held) -> ColumnElement[bool]:
    """Terms of visits that stations of the district record."""
    return exists().where(Station.id == RecordTerm.station_id, Station.district == held.district)


def term_any(who: Who, held: Held) -> ColumnElement[bool]:
    """Every term."""
    return true()


def _correction_of_others(who: Who) -> ColumnElement[bool]:
    asked_by_other = or_(Correction.asked_by_id.is_(None), Correction.asked_by_id != who.account_id)
    about_other = or_(Correction.expert_account_id.is_(None), Correction.expert_account_id != who.account_id)
    return and_(asked_by_other, about_other, Correction.expert_id.not_in(who.expert_ids or (0,)))


def complaint_i_made(who: Who, held: Held) -> ColumnElement[bool]:
    """Complaints this account made, until their words are gone."""
    return and_(Complaint.account_id == who.account_id, Complaint.anonymised_at.is_(None))


def complaint_of_this_link(who: Who, held: Held) -> ColumnElement[bool]:
    """What the company complained of in the one case of the tracking link in hand."""
    ours = and_(Complaint.case_id == who.link_case_id, Complaint.side == Side.COMPANY)
    return ours if who.link_case_id is not None else false()


def complaint_of_company_i_handle(who: Who, held: Held) -> ColumnElement[bool]:
    """What was complained of in cases this person handles, or sent themselves."""
    ours = select(Case.id).where(case_of_company_i_handle(who, held) | case_sent_by_me(who, held))
    return and_(Complaint.case_id.in_(ours), Complaint.side == Side.COMPANY)


def complaint_of_my_district(who: Who, held: Held) -> ColumnElement[bool]:
    """Complaints about what happened in the district, but those by or about oneself (rule R05)."""
    return and_(Complaint.district == held.district, _complaint_of_others(who))


def complaint_for_my_district(who: Who, held: Held) -> ColumnElement[bool]:
    """Those of them that the district answers."""
    return and_(Complaint.level == ComplaintLevel.DISTRICT, complaint_of_my_district(who, held))


def complaint_of_others(who: Who, held: Held) -> ColumnElement[bool]:
    """Every complaint but those by or about oneself (rule R05)."""
    return _complaint_of_others(who)


def complaint_for_the_city(who: Who, held: Held) -> ColumnElement[bool]:
    """Those of them that the city answers, unless this person answered before it was taken further."""
    first = or_(Complaint.first_by_id.is_(None), Complaint.first_by_id != who.account_id)
    return and_(Complaint.level == ComplaintLevel.CITY, first, _complaint_of_others(who))


def _complaint_of_others(who: Who) -> ColumnElement[bool]:
    """Not by this person, and about neither them, nor what they did, nor their station."""
    accounts = (Complaint.account_id, Complaint.expert_account_id, Complaint.act_by_id)
    return and_(
        *(or_(column.is_(None), column != who.account_id) for column in accounts),
        or_(Complaint.expert_id.is_(None), Complaint.expert_id.not_in(who.expert_ids or (0,))),
        or_(Complaint.station_id.is_(None), Complaint.station_id.not_in(who.station_ids or (0,))),
    )


def offer_to_me(who: Who, held: Held) -> ColumnElement[bool]:
    """Offers made to this expert, once they have left."""
    return and_(Offer.expert_id == held.expert_id, Offer.leaves_at <= clock.now())


def offer_of_my_station(who: Who, held: Held) -> ColumnElement[bool]:
    """Offers of cases the station owns."""
    return exists().where(Case.id == Offer.case_id, Case.station_id == held.station_id)


def certificate_mine(who: Who, held: Held) -> ColumnElement[bool]:
    """Certificates in this expert's name."""
    return Certificate.expert_id == held.expert_id


def certificate_of_my_station(who: Who, held: Held) -> ColumnElement[bool]:
    """Certificates the station issued."""
    return Certificate.station_id == held.station_id


def certificate_of_my_district(who: Who, held: Held) -> ColumnElement[bool]:
    """Certificates issued by stations of the district."""
    return exists().where(Station.id == Certificate.station_id, Station.district == held.district)


def certificate_any(who: Who, held: Held) -> ColumnElement[bool]:
    """Every certificate."""
    return true()


def statement_mine(who: Who, held: Held) -> ColumnElement[bool]:
    """Statements in this expert's name."""
    return Statement.expert_id == held.expert_id


def statement_any(who: Who, held: Held) -> ColumnElement[bool]:
    """Every statement."""
    return true()


def expert_me(who: Who, held: Held) -> ColumnElement[bool]:
    """This expert."""
    return Expert.id == held.expert_id


def expert_of_my_station_not_me(who: Who, held: Held) -> ColumnElement[bool]:
    """Experts of the station but oneself: nobody records their own training or awards (rule R05)."""
    return and_(Expert.station_id == held.station_id, Expert.id.not_in(who.expert_ids or (0,)))


def expert_any_but_me(who: Who, held: Held) -> ColumnElement[bool]:
    """Every expert but oneself (rule R05)."""
    return Expert.id.not_in(who.expert_ids or (0,))


def honour_of_my_station(who: Who, held: Held) -> ColumnElement[bool]:
    """Awards that experts of the station ask to have recorded, but one's own (rule R05)."""
    return and_(Honour.station_id == held.station_id, _honour_of_others(who))


def honour_of_others(who: Who, held: Held) -> ColumnElement[bool]:
    """Every award but one's own (rule R05)."""
    return _honour_of_others(who)


def _honour_of_others(who: Who) -> ColumnElement[bool]:
    mine = and_(Honour.expert_account_id.is_not(None), Honour.expert_account_id == who.account_id)
    return and_(~mine, Honour.expert_id.not_in(who.expert_ids or (0,)))


def expert_of_my_city(who: Who, held: Held) -> ColumnElement[bool]:
    """Every expert of the city: stations share them (plan 二（四）)."""
    return true()


def claim_at_my_station(who: Who, held: Held) -> ColumnElement[bool]:
    """Claims to work for a company that has a case at the station."""
    other = aliased(Case)
    return and_(
        Grant.role == Role.MEMBER,
        Grant.account_id != who.account_id,
        exists().where(other.company_id == Grant.company_id, other.station_id == held.station_id),
    )


def claim_any(who: Who, held: Held) -> ColumnElement[bool]:
    """Every claim but one's own."""
    return and_(Grant.role == Role.MEMBER, Grant.account_id != who.account_id)


def canned_reply_of_my_station(who: Who, held: Held) -> ColumnElement[bool]:
    """Canned replies that the station wrote."""
    return CannedReply.station_id == held.station_id


def canned_reply_shared(who: Who, held: Held) -> ColumnElement[bool]:
    """Canned replies of all stations."""
    return CannedReply.station_id.is_(None)


def table_upload_mine(who: Who, held: Held) -> ColumnElement[bool]:
    """Tables that this person uploaded: they are full of names, so nobody else sees them."""
    return TableUpload.account_id == who.account_id


def table_import_mine(who: Who, held: Held) -> ColumnElement[bool]:
    """Imports that this person carried out."""
    return TableImport.account_id == who.account_id


def table_import_any(who: Who, held: Held) -> ColumnElement[bool]:
    """Every import."""
    return TableImport.id > 0


def bulk_run_mine(who: Who, held: Held) -> ColumnElement[bool]:
    """Acts over many cases that this person began."""
    return BulkRun.account_id == who.account_id


def station_mine(who: Who, held: Held) -> ColumnElement[bool]:
    """The station this person works at."""
    return Station.id == held.station_id


def station_of_my_district(who: Who, held: Held) -> ColumnElement[bool]:
    """Stations of the district."""
    return Station.district == held.district


def station_any(who: Who, held: Held) -> ColumnElement[bool]:
    """Every station."""
    return true()


def activity_of_my_station(who: Who, held: Held) -> ColumnElement[bool]:
    """Activities of the station."""
    return Activity.station_id == held.station_id


def activity_of_my_station_not_mine(who: Who, held: Held) -> ColumnElement[bool]:
    """Activities of the station at which this person did not serve (rule R05)."""
    return and_(Activity.station_id == held.station_id, *_did_not_serve(who))


def activity_i_verify_at_my_station(who: Who, held: Held) -> ColumnElement[bool]:
    """Activities of the station that others recorded and changed, and at which this person did not serve (rule R05)."""
    return and_(Activity.station_id == held.station_id, _activity_of_others(who))


def activity_i_served(who: Who, held: Held) -> ColumnElement[bool]:
    """Activities at which this expert served."""
    served = exists().where(
        Visit.activity_id == Activity.id, Visit.expert_id == held.expert_id, Visit.status != VisitStatus.VOID
    )
    reversed_once = exists().where(HoursEntry.activity_id == Activity.id, HoursEntry.expert_id == held.expert_id)
    return or_(served, reversed_once)


def activity_of_my_district(who: Who, held: Held) -> ColumnElement[bool]:
    """Activities of stations of the district."""
    return exists().where(Station.id == Activity.station_id, Station.district == held.district)


def activity_i_verify_in_my_district(who: Who, held: Held) -> ColumnElement[bool]:
    """Those of them that somebody else recorded, and at which this person did not serve (rule R05)."""
    return and_(activity_of_my_district(who, held), _activity_of_others(who))


def activity_any(who: Who, held: Held) -> ColumnElement[bool]:
    """Every activity."""
    return Activity.id > 0


def activity_any_of_others(who: Who, held: Held) -> ColumnElement[bool]:
    """Every activity that somebody else recorded, and at which this person did not serve (rule R05)."""
    return _activity_of_others(who)


def activity_any_not_mine(who: Who, held: Held) -> ColumnElement[bool]:
    """Every activity at which this person did not serve (rule R05)."""
    return and_(Activity.id > 0, *_did_not_serve(who))


def _activity_of_others(who: Who) -> ColumnElement[bool]:
    wrote = exists().where(
        ActivityStep.activity_id == Activity.id, ActivityStep.act.in_(RECORDING), ActivityStep.by_id == who.account_id
    )
    return and_(Activity.recorded_by_id != who.account_id, ~wrote, *_did_not_serve(who))


def _did_not_serve(who: Who) -> list[ColumnElement[bool]]:
    if not who.expert_ids:
        return []
    return [~exists().where(Visit.activity_id == Activity.id, Visit.expert_id.in_(who.expert_ids))]


def saved_view_mine(who: Who, held: Held) -> ColumnElement[bool]:
    """Views this person named."""
    return SavedView.account_id == who.account_id


def account_any(who: Who, held: Held) -> ColumnElement[bool]:
    """Every account."""
    return true()


def attachment_of_this_link(who: Who, held: Held) -> ColumnElement[bool]:
    """What the company sent with the one case of the tracking link in hand."""
    if who.link_case_id is None:
        return false()
    return and_(Attachment.case_id == who.link_case_id, Attachment.side == Side.COMPANY)


def attachment_of_own_company(who: Who, held: Held) -> ColumnElement[bool]:
    """What the company sent with cases this person handles, or this account with its own."""
    ours = select(Case.id).where(case_of_company_i_handle(who, held) | case_sent_by_me(who, held))
    return and_(Attachment.side == Side.COMPANY, Attachment.case_id.in_(ours))


def attachment_mine(who: Who, held: Held) -> ColumnElement[bool]:
    """What this expert sent with a case they still have; what proves a visit stays once somebody has decided on it."""
    mine = select(Case.id).where(case_assigned_to_me(who, held))
    decided = select(Visit.id).where(Visit.status.not_in((VisitStatus.LOGGED, VisitStatus.DISPUTED)))
    is_proof = and_(Attachment.visit_id.is_not(None), Attachment.visit_id.in_(decided))
    return and_(Attachment.author_id == who.account_id, Attachment.case_id.in_(mine), ~is_proof)


def attachment_of_my_station(who: Who, held: Held) -> ColumnElement[bool]:
    """Every file on cases of one's own station: people send what they should not have."""
    return Attachment.case_id.in_(select(Case.id).where(case_of_my_station(who, held)))


def proof_of_mine(who: Who, held: Held) -> ColumnElement[bool]:
    """What proves this expert's trainings and awards, whoever sent it."""
    return and_(Attachment.expert_id == held.expert_id, Attachment.linked_at.is_not(None))


def proof_i_sent_at_my_station(who: Who, held: Held) -> ColumnElement[bool]:
    """What this person sent to prove a training or award of an expert of the station."""
    return _proof_i_sent(who, expert_of_my_station_not_me(who, held))


def proof_i_sent(who: Who, held: Held) -> ColumnElement[bool]:
    """What this person sent to prove somebody else's training or award."""
    return _proof_i_sent(who, expert_any_but_me(who, held))


def _proof_i_sent(who: Who, experts: ColumnElement[bool]) -> ColumnElement[bool]:
    theirs = Attachment.expert_id.in_(select(Expert.id).where(experts))
    return and_(Attachment.author_id == who.account_id, Attachment.linked_at.is_not(None), theirs)


def article_published(who: Who, held: Held) -> ColumnElement[bool]:
    """Articles that everybody may read."""
    return Article.state == ArticleState.PUBLISHED


def article_of_my_station(who: Who, held: Held) -> ColumnElement[bool]:
    """Articles the station answers for."""
    return Article.station_id == held.station_id


def article_any(who: Who, held: Held) -> ColumnElement[bool]:
    """Every article, drafts and retired ones too."""
    return true()


def company_of_mine(who: Who, held: Held) -> ColumnElement[bool]:
    """The company this person is a member of."""
    return Company.id == held.company_id


def company_i_handle(who: Who, held: Held) -> ColumnElement[bool]:
    """The company this person is a handler of."""
    return Company.id == held.company_id if held.handles else false()


def invitation_of_my_company(who: Who, held: Held) -> ColumnElement[bool]:
    """Invitations to the company this person is a member of."""
    return Invitation.company_id == held.company_id


def invitation_of_company_i_handle(who: Who, held: Held) -> ColumnElement[bool]:
    """Invitations to the company this person is a handler of."""
    return Invitation.company_id == held.company_id if held.handles else false()


def membership_of_mine(who: Who, held: Held) -> ColumnElement[bool]:
    """This person's own place in a company: whoever is in may leave."""
    return and_(member_of_my_company(who, held), Grant.account_id == who.account_id)


def member_of_company_i_handle(who: Who, held: Held) -> ColumnElement[bool]:
    """Members of the company this person is a handler of, themselves included."""
    return member_of_my_company(who, held) if held.handles else false()


def member_of_my_company(who: Who, held: Held) -> ColumnElement[bool]:
    """Members of the company this person is a member of, themselves included."""
    return and_(
        Grant.role == Role.MEMBER,
        Grant.company_id == held.company_id,
        Grant.confirmed_at.is_not(None),
        Grant.ended_at.is_(None),
    )


def mail_any(who: Who, held: Held) -> ColumnElement[bool]:
    """Every letter; its words are not shown, only that it was written."""
    return true()


def incoming_of_my_station(who: Who, held: Held) -> ColumnElement[bool]:
    """Letters of the station's cases, and of none when the station looks after those."""
    return Incoming.station_id == held.station_id


def incoming_any(who: Who, held: Held) -> ColumnElement[bool]:
    """Every letter that came in."""
    return true()


def channel_of_my_station(who: Who, held: Held) -> ColumnElement[bool]:
    """Channels of the station this person works at."""
    return and_(NewsChannel.station_id == held.station_id, NewsChannel.retired_at.is_(None))


def channel_any(who: Who, held: Held) -> ColumnElement[bool]:
    """Every channel, of any station and of the corps."""
    return NewsChannel.retired_at.is_(None)


def erasure_any(who: Who, held: Held) -> ColumnElement[bool]:
    """Every wish to have one's data erased."""
    return Erasure.id.is_not(None)


def print_run_of_my_station(who: Who, held: Held) -> ColumnElement[bool]:
    """Print runs of the station's own certificates."""
    return PrintRun.station_id == held.station_id


def print_run_any(who: Who, held: Held) -> ColumnElement[bool]:
    """Every print run."""
    return true()


def nomination_mine(who: Who, held: Held) -> ColumnElement[bool]:
    """Nominations of this expert."""
    return Nomination.expert_id == held.expert_id


def nomination_of_my_station(who: Who, held: Held) -> ColumnElement[bool]:
    """Nominations of the station, of its experts and of none else; one's own are read as the expert."""
    ours = select(Expert.id).where(Expert.station_id == held.station_id)
    theirs = or_(Nomination.station_id == held.station_id, Nomination.expert_id.in_(ours))
    if who.expert_id is None:
        return theirs
    return and_(theirs, or_(Nomination.expert_id.is_(None), Nomination.expert_id != who.expert_id))


def nomination_of_my_district(who: Who, held: Held) -> ColumnElement[bool]:
    """Nominations that this district reviews, once nominations are closed."""
    return and_(Nomination.district == held.district, Nomination.state != NominationState.NOMINATED)


def nomination_any(who: Who, held: Held) -> ColumnElement[bool]:
    """Every nomination."""
    return true()


def objection_any(who: Who, held: Held) -> ColumnElement[bool]:
    """Every objection."""
    return true()


def award_mine(who: Who, held: Held) -> ColumnElement[bool]:
    """Awards given to this expert."""
    return Award.nomination_id.in_(select(Nomination.id).where(Nomination.expert_id == held.expert_id))


def award_of_my_company(who: Who, held: Held) -> ColumnElement[bool]:
    """Awards given to the company this person belongs to."""
    return Award.nomination_id.in_(select(Nomination.id).where(Nomination.company_id == held.company_id))


def award_of_my_station(who: Who, held: Held) -> ColumnElement[bool]:
    """Awards given to the station."""
    return Award.nomination_id.in_(select(Nomination.id).where(Nomination.station_id == held.station_id))


def award_any(who: Who, held: Held) -> ColumnElement[bool]:
    """Every award."""
    return true()


def case_not_sent(who: Who, held: Held) -> ColumnElement[bool]:
    """Cases that are about to be sent."""
    return Case.status == Status.DRAFT


def series_of_my_station(who: Who, held: Held) -> ColumnElement[bool]:
    """Series of the station this person works at."""
    return Series.station_id == held.station_id


def series_any(who: Who, held: Held) -> ColumnElement[bool]:
    """Every series."""
    return Series.id.is_not(None)


@dataclass(frozen=True)
class Rule:
    """One sentence: this role may do these things to which objects."""

    role: Role
    may: tuple[str, ...]
    which: Scope


def _rule(role: Role, may: str, which: Scope) -> Rule:
    return Rule(role, tuple(may.split()), which)


AS_COMPANY = (
    "case.read case.read_as_company case.reply_as_company case.withdraw case.confirm case.reopen case.appeal"
    " case.ask_erasure visit.confirm"
)
# Beside what a company may do with a case, what it may say of a record of it.
OF_RECORDS = "case.ask_correction"
AS_STATION = (
    "case.read case.read_notes case.read_contact case.note case.reply case.triage case.reject case.refer case.merge"
    " case.offer case.take case.ask case.hand_back case.verify case.close_unreachable case.transfer case.reopen"
    " case.tag visit.verify attempt.log"
)

RULES: tuple[Rule, ...] = (
    # role                may                                                       which
    _rule(Role.ANYONE, "site.read request.start certificate.verify session.start", page),
    _rule(Role.SIGNED_IN, "own.read", page),
    _rule(Role.REQUESTER, f"case.submit {AS_COMPANY} case.claim", case_of_this_link),
    _rule(Role.MEMBER, "case.read case.read_as_company", case_of_own_company),
    _rule(Role.MEMBER, AS_COMPANY, case_of_company_i_handle),
    _rule(Role.MEMBER, AS_COMPANY, case_sent_by_me),
    _rule(Role.MEMBER, "my_requests.read", page),
    _rule(Role.MEMBER, "company.read", company_of_mine),
    _rule(Role.MEMBER, "company.invite company.ask_erasure", company_i_handle),
    _rule(Role.MEMBER, "invitation.read", invitation_of_my_company),
    _rule(Role.MEMBER, "invitation.revoke", invitation_of_company_i_handle),
    _rule(Role.MEMBER, "member.read", member_of_my_company),
    _rule(Role.MEMBER, "member.set_part member.remove", member_of_company_i_handle),
    _rule(Role.MEMBER, "member.remove", membership_of_mine),
    _rule(
        Role.EXPERT,
        "case.read case.read_notes case.read_contact case.note case.reply case.consult case.ask case.hand_back"
        " case.answer visit.log attempt.log",
        case_assigned_to_me,
    ),
    _rule(Role.EXPERT, "case.read", case_i_served),
    _rule(Role.EXPERT, "case.follow", case_assigned_to_me),
    _rule(Role.EXPERT, "case.follow", case_i_served),
    _rule(Role.EXPERT, "offer.answer", case_offered_to_me),
    _rule(Role.EXPERT, "offer.read offer.reply", offer_to_me),
    _rule(Role.EXPERT, "certificate.read certificate.download", certificate_mine),
    _rule(Role.EXPERT, "expert.read expert.pause", expert_me),
    _rule(Role.EXPERT, "inbox.read cases.list hours.read", page),
    _rule(Role.EXPERT, "statement.read statement.download", statement_mine),
    _rule(Role.EXPERT, "statements.make record.transfer", page),
    _rule(Role.COORDINATOR, AS_STATION, case_of_my_station),
    _rule(Role.COORDINATOR, "case.consult case.answer", case_i_handle),
    _rule(Role.COORDINATOR, "case.read case.receive", case_coming_to_my_station),
    _rule(Role.COORDINATOR, "case.follow", case_of_my_station),
    _rule(Role.COORDINATOR, "case.follow", case_coming_to_my_station),
    _rule(Role.COORDINATOR, "offer.read", offer_of_my_station),
    _rule(Role.COORDINATOR, "certificate.read certificate.download", certificate_of_my_station),
    _rule(Role.COORDINATOR, "expert.read", expert_of_my_city),
    _rule(Role.COORDINATOR, "claim.decide", claim_at_my_station),
    _rule(Role.COORDINATOR, "canned_reply.edit", canned_reply_of_my_station),
    _rule(Role.COORDINATOR, "bulk_run.continue", bulk_run_mine),
    _rule(Role.COORDINATOR, "saved_view.edit", saved_view_mine),
    _rule(Role.COORDINATOR, "station.edit", station_mine),
    _rule(Role.COORDINATOR, "queue.read cases.list roster.read claims.list canned_replies.list stations.list", page),
    _rule(
        Role.DISTRICT,
        "case.read case.read_notes case.reopen case.judge_appeal",
        case_of_my_district,
    ),
    _rule(Role.DISTRICT, "case.judge_review", case_of_my_district_not_my_own),
    _rule(Role.DISTRICT, "case.follow", case_of_my_district),
    _rule(Role.DISTRICT, "certificate.read", certificate_of_my_district),
    _rule(Role.DISTRICT, "expert.read", expert_of_my_city),
    _rule(Role.DISTRICT, "cases.list roster.read reviews.list overview.read", page),
    _rule(Role.OPERATOR, "case.read case.read_notes case.reopen case.receive", case_any),
    _rule(Role.OPERATOR, "case.judge_review case.reverse_hours", case_any_but_my_own),
    _rule(Role.OPERATOR, "case.follow", case_any),
    _rule(Role.OPERATOR, "certificate.read certificate.download certificate.reissue", certificate_any),
    _rule(Role.OPERATOR, "expert.read expert.pause expert.merge", expert_of_my_city),
    _rule(Role.OPERATOR, "claim.decide", claim_any),
    _rule(Role.OPERATOR, "canned_reply.edit", canned_reply_shared),
    _rule(
        Role.OPERATOR,
        "cases.list roster.read claims.list reviews.list overview.read canned_replies.list calendar.edit"
        " targets.edit routing.edit mails.list",
        page,
    ),
    _rule(Role.REQUESTER, "attachment.remove", attachment_of_this_link),
    _rule(Role.MEMBER, "attachment.remove", attachment_of_own_company),
    _rule(Role.EXPERT, "attachment.remove", attachment_mine),
    _rule(Role.COORDINATOR, "attachment.remove", attachment_of_my_station),
    _rule(Role.COORDINATOR, "incoming.read incoming.decide", incoming_of_my_station),
    _rule(Role.COORDINATOR, "incomings.list", page),
    _rule(Role.OPERATOR, "incoming.read incoming.decide", incoming_any),
    _rule(Role.OPERATOR, "incomings.list", page),
    _rule(Role.OPERATOR, "mail.resend", mail_any),
    *(_rule(role, "cases.export", page) for role in (Role.COORDINATOR, Role.DISTRICT, Role.OPERATOR)),
    _rule(Role.COORDINATOR, "channel.edit", channel_of_my_station),
    _rule(Role.COORDINATOR, "channels.list", page),
    _rule(Role.OPERATOR, "channel.edit", channel_any),
    _rule(Role.OPERATOR, "channels.list texts.resend webhooks.edit", page),
    _rule(Role.ANYONE, "article.read", article_published),
    _rule(Role.COORDINATOR, "article.write article.publish", article_of_my_station),
    _rule(Role.COORDINATOR, "case.make_article", case_of_my_station),
    _rule(Role.COORDINATOR, "articles.list", page),
    _rule(Role.OPERATOR, "article.write article.publish", article_any),
    _rule(Role.OPERATOR, "case.make_article", case_any),
    _rule(Role.OPERATOR, "articles.list", page),
    _rule(Role.REQUESTER, OF_RECORDS, case_of_this_link),
    _rule(Role.MEMBER, OF_RECORDS, case_of_company_i_handle),
    _rule(Role.MEMBER, OF_RECORDS, case_sent_by_me),
    _rule(Role.EXPERT, OF_RECORDS, case_i_served),
    _rule(Role.MEMBER, "correction.read", correction_i_asked),
    _rule(Role.EXPERT, "correction.read", correction_about_me),
    _rule(Role.EXPERT, "records.list", page),
    _rule(Role.COORDINATOR, "correction.read", correction_of_my_station),
    _rule(Role.COORDINATOR, "correction.decide", correction_i_decide_at_my_station),
    _rule(Role.COORDINATOR, "records.list", page),
    _rule(Role.OPERATOR, "correction.read correction.decide", correction_any_of_others),
    _rule(Role.OPERATOR, "records.list", page),
    _rule(Role.EXPERT, "record_term.read", term_about_me),
    _rule(Role.COORDINATOR, "record_term.read", term_of_my_station),
    _rule(Role.COORDINATOR, "visit.evaluate", case_of_my_station),
    _rule(Role.COORDINATOR, "records.report", page),
    _rule(Role.DISTRICT, "record_term.read", term_of_my_district),
    _rule(Role.DISTRICT, "records.list records.report", page),
    _rule(Role.OPERATOR, "record_term.read", term_any),
    _rule(Role.OPERATOR, "records.report national.sync", page),
    _rule(Role.OVERSEER, "record_term.read", term_any),
    _rule(Role.OVERSEER, "records.report", page),
    _rule(Role.EXPERT, "expert.write_person expert.ask_honour expert.unseal expert.read_record", expert_me),
    _rule(Role.COORDINATOR, "expert.read_record", expert_of_my_station_not_me),
    _rule(Role.COORDINATOR, "expert.record_training expert.record_honour", expert_of_my_station_not_me),
    _rule(Role.COORDINATOR, "honour.decide", honour_of_my_station),
    _rule(Role.OPERATOR, "expert.read_record expert.unseal", expert_of_my_city),
    _rule(Role.OPERATOR, "expert.record_training expert.record_honour", expert_any_but_me),
    _rule(Role.OPERATOR, "honour.decide", honour_of_others),
    _rule(Role.OVERSEER, "expert.read_record", expert_of_my_city),
    _rule(Role.EXPERT, "expert.ask_correction expert.read_proof expert.add_proof", expert_me),
    _rule(Role.COORDINATOR, "expert.ask_correction expert.read_proof expert.add_proof", expert_of_my_station_not_me),
    _rule(Role.OPERATOR, "expert.ask_correction expert.add_proof", expert_any_but_me),
    _rule(Role.OPERATOR, "expert.read_proof", expert_of_my_city),
    _rule(Role.EXPERT, "attachment.remove_proof", proof_of_mine),
    _rule(Role.COORDINATOR, "attachment.remove_proof", proof_i_sent_at_my_station),
    _rule(Role.OPERATOR, "attachment.remove_proof", proof_i_sent),
    _rule(Role.EXPERT, "dossier_correction.read", dossier_correction_about_me),
    _rule(Role.COORDINATOR, "dossier_correction.read", dossier_correction_of_my_station),
    _rule(Role.COORDINATOR, "dossier_correction.decide", dossier_correction_i_decide_at_my_station),
    _rule(Role.OPERATOR, "dossier_correction.read", dossier_correction_any),
    _rule(Role.OPERATOR, "dossier_correction.decide", dossier_correction_of_others),
    _rule(Role.OVERSEER, "dossier_correction.read", dossier_correction_any),
    _rule(Role.OVERSEER, "correction.read", correction_any),
    _rule(Role.REQUESTER, "case.complain", case_of_this_link),
    _rule(Role.REQUESTER, "complaint.take_further", complaint_of_this_link),
    _rule(Role.MEMBER, "case.complain", case_of_company_i_handle),
    _rule(Role.MEMBER, "case.complain", case_sent_by_me),
    _rule(Role.MEMBER, "complaint.take_further", complaint_of_company_i_handle),
    _rule(Role.SIGNED_IN, "complaint.read complaint.take_further", complaint_i_made),
    _rule(Role.DISTRICT, "complaint.read", complaint_of_my_district),
    _rule(Role.DISTRICT, "complaint.answer", complaint_for_my_district),
    _rule(Role.DISTRICT, "complaints.list", page),
    _rule(Role.OPERATOR, "complaint.read", complaint_of_others),
    _rule(Role.OPERATOR, "complaint.answer", complaint_for_the_city),
    _rule(Role.OPERATOR, "complaints.list complaints.set_term", page),
    _rule(Role.OVERSEER, "complaint.read", complaint_of_others),
    _rule(Role.OVERSEER, "complaints.list", page),
    _rule(Role.OVERSEER, "records.list", page),
    _rule(Role.DISTRICT, "case.hold_data", case_of_my_district),
    _rule(Role.OPERATOR, "case.hold_data", case_any),
    _rule(Role.OPERATOR, "keeping.edit erasures.list", page),
    _rule(Role.OPERATOR, "erasure.decide", erasure_any),
    _rule(Role.OPERATOR, "statement.read", statement_any),
    _rule(Role.OPERATOR, "records.import", page),
    _rule(Role.COORDINATOR, "table_upload.read table_upload.import", table_upload_mine),
    _rule(Role.COORDINATOR, "table_import.read table_import.decide", table_import_mine),
    _rule(Role.COORDINATOR, "table_imports.list", page),
    _rule(Role.OPERATOR, "table_upload.read table_upload.import", table_upload_mine),
    _rule(Role.OPERATOR, "table_import.read table_import.decide", table_import_any),
    _rule(Role.OPERATOR, "table_imports.list table_imports.people", page),
    _rule(Role.EXPERT, "activity.read activity.ask_correction", activity_i_served),
    _rule(Role.EXPERT, "activities.list", page),
    _rule(Role.COORDINATOR, "station.record_activity", station_mine),
    _rule(Role.COORDINATOR, "activity.read activity.read_files", activity_of_my_station),
    _rule(Role.COORDINATOR, "activity.change", activity_of_my_station_not_mine),
    _rule(Role.COORDINATOR, "activity.verify", activity_i_verify_at_my_station),
    _rule(Role.COORDINATOR, "activities.list activities.record", page),
    _rule(Role.DISTRICT, "activity.read activity.read_files", activity_of_my_district),
    _rule(Role.DISTRICT, "activity.verify", activity_i_verify_in_my_district),
    _rule(Role.DISTRICT, "activities.list", page),
    _rule(Role.OPERATOR, "activity.read activity.read_files", activity_any),
    _rule(Role.OPERATOR, "activity.verify", activity_any_of_others),
    _rule(Role.OPERATOR, "activity.reverse_hours", activity_any_not_mine),
    _rule(Role.OPERATOR, "activities.list", page),
    _rule(Role.OVERSEER, "activity.read", activity_any),
    _rule(Role.OVERSEER, "activities.list", page),
    _rule(Role.COORDINATOR, "station.count", station_mine),
    _rule(Role.COORDINATOR, "monthly.read exports.read", page),
    _rule(Role.DISTRICT, "station.count", station_of_my_district),
    _rule(Role.DISTRICT, "monthly.read exports.read", page),
    _rule(Role.OPERATOR, "station.count", station_any),
    _rule(Role.OPERATOR, "monthly.read exports.read", page),
    _rule(Role.OVERSEER, "station.count", station_any),
    _rule(Role.OVERSEER, "monthly.read", page),
    _rule(Role.COORDINATOR, "certificate.print", certificate_of_my_station),
    _rule(Role.COORDINATOR, "print_run.read print_run.steer", print_run_of_my_station),
    _rule(Role.COORDINATOR, "print_runs.list", page),
    _rule(Role.OPERATOR, "certificate.print", certificate_any),
    _rule(Role.OPERATOR, "print_run.read print_run.steer", print_run_any),
    _rule(Role.OPERATOR, "print_runs.list", page),
    _rule(Role.REQUESTER, "case.commend", case_of_this_link),
    _rule(Role.MEMBER, "case.commend", case_of_company_i_handle),
    _rule(Role.MEMBER, "case.commend", case_sent_by_me),
    _rule(Role.EXPERT, "nomination.read nomination.consent nomination.answer", nomination_mine),
    _rule(Role.EXPERT, "commendations.read", page),
    _rule(Role.COORDINATOR, "nomination.read nomination.withdraw", nomination_of_my_station),
    _rule(Role.COORDINATOR, "nominations.list nominations.make", page),
    _rule(Role.DISTRICT, "nomination.read nomination.read_evidence nomination.assess", nomination_of_my_district),
    _rule(Role.DISTRICT, "nominations.list", page),
    _rule(
        Role.OPERATOR,
        "nomination.read nomination.read_evidence nomination.assess nomination.confirm nomination.award"
        " nomination.withdraw",
        nomination_any,
    ),
    _rule(Role.OPERATOR, "objection.decide", objection_any),
    _rule(Role.EXPERT, "award.read", award_mine),
    _rule(Role.MEMBER, "award.read", award_of_my_company),
    _rule(Role.COORDINATOR, "award.read", award_of_my_station),
    _rule(Role.OPERATOR, "award.read award.revoke", award_any),
    _rule(Role.OPERATOR, "nominations.list nominations.make schemes.edit cycles.run", page),
    _rule(Role.REQUESTER, "case.end_series", case_of_this_link),
    _rule(Role.MEMBER, "case.end_series", case_of_company_i_handle),
    _rule(Role.MEMBER, "case.end_series", case_sent_by_me),
    _rule(Role.COORDINATOR, "case.begin_series", case_of_my_station),
    _rule(Role.COORDINATOR, "series.read series.edit", series_of_my_station),
    _rule(Role.COORDINATOR, "series.list", page),
    _rule(Role.OPERATOR, "case.begin_series", case_any),
    _rule(Role.OPERATOR, "series.read series.edit", series_any),
    _rule(Role.OPERATOR, "series.list", page),
    _rule(Role.SYSTEM, "case.repeat", case_not_sent),
    _rule(Role.SYSTEM, "series.make", series_any),
    _rule(Role.REQUESTER, "case.take_out", case_of_this_link),
    _rule(Role.MEMBER, "case.take_out", case_of_own_company),
    _rule(Role.MEMBER, "case.take_out", case_sent_by_me),
    _rule(Role.MEMBER, "company.take_out", company_of_mine),
    _rule(Role.MEMBER, "takeout.read", page),
    _rule(Role.EXPERT, "expert.take_out", expert_me),
    _rule(Role.EXPERT, "takeout.read", page),
    _rule(Role.OVERSEER, "case.read", case_any),
    _rule(Role.OVERSEER, "certificate.read", certificate_any),
    _rule(Role.OVERSEER, "cases.list overview.read", page),
    _rule(Role.ADMIN, "account.manage", account_any),
    _rule(Role.ADMIN, "mail.resend", mail_any),
    _rule(Role.ADMIN, "accounts.list accesses.list health.read mails.list", page),
    _rule(Role.SYSTEM, "case.keep_time case.hand_back case.offer case.forget_files case.anonymise", case_any),
)

ACTIONS: tuple[str, ...] = tuple(sorted({action for rule in RULES for action in rule.may}))

# What is still possible on a case whose personal data is gone: looking, a copy to take along, what the house does by
# itself, and the station's duties to the service record that stays (办法67: evaluated, and right).
AFTER_ERASURE = frozenset({
    "case.read", "case.read_notes", "case.read_as_company", "case.take_out", "case.reverse_hours", "visit.evaluate",
    "case.keep_time", "case.forget_files", "case.anonymise",
})  # fmt: skip
# Everything else that is done on a case ends with its personal data: decided here, so that no page or verb has to.
ENDS_WITH_ERASURE = (
    frozenset(action for rule in RULES if rule.which.__name__.startswith("case_") for action in rule.may)
    - AFTER_ERASURE
)


def scopes_for(who: Who, action: str) -> list[tuple[Rule, Held]]:
    """The rows of the table that speak of this person and action. Everybody is also anyone."""
    parts: Iterable[Held] = (Held(Role.ANYONE), *who.held)
    return [(rule, held) for held in parts for rule in RULES if rule.role is held.role and action in rule.may]


def which(who: Who, action: str) -> ColumnElement[bool]:
    """The SQL criterion of all objects to which this person may do this: the start of every list."""
    criteria = [rule.which(who, held) for rule, held in scopes_for(who, action)]
    found = or_(false(), *criteria)
    return and_(found, Case.anonymised_at.is_(None)) if criteria and action in ENDS_WITH_ERASURE else found


def can(who: Who, action: str, thing: Any = None) -> bool:
    """Whether this person may do this; `thing` is the object, or None for an action on a page."""
    found = scopes_for(who, action)
    if not found:
        return False
    if thing is None:
        return any(rule.which is page for rule, _ in found)
    model = type(thing)
    return bool(
        db.session.scalar(select(true()).select_from(model).where(_key(model) == _value(thing), which(who, action)))
    )


def allowed(who: Who, thing: Any, actions: Iterable[str]) -> frozenset[str]:
    """Those of `actions` this person may do to this object: one query, for a page with many buttons."""
    asked = [action for action in dict.fromkeys(actions) if scopes_for(who, action)]
    if not asked:
        return frozenset()
    model = type(thing)
    columns = [which(who, action).label(f"may_{n}") for n, action in enumerate(asked)]
    row = db.session.execute(select(*columns).select_from(model).where(_key(model) == _value(thing))).one_or_none()
    return frozenset(action for action, yes in zip(asked, row, strict=True) if yes) if row else frozenset()


def require(who: Who, action: str, thing: Any = None) -> None:
    """Raise NotAllowed when this person may not do this; Refused when nobody may any more (`ENDS_WITH_ERASURE`)."""
    if not can(who, action, thing):
        raise _no(action, thing)


def find(who: Who, action: str, model: Any, *where: ColumnElement[bool], seen_by: str | None = None) -> Any:
    """Load the one object and authorise in one act.

    Raises NotFound when the person may not even see it (`seen_by`, default "<noun>.read"), NotAllowed when they
    see it but this act is not theirs, Refused when its personal data is gone: nobody learns of a thing by guessing
    its address.
    """
    thing = db.session.scalar(select(model).where(*where, which(who, action)))
    if thing is not None:
        return thing
    seen = db.session.scalar(select(model).where(*where, which(who, seen_by or action.split(".")[0] + ".read")))
    raise _no(action, seen) if seen is not None else NotFound(model.__tablename__)


def _no(action: str, thing: Any) -> NotAllowed | Refused:
    """Why not: it is not theirs, or nobody's any more."""
    if isinstance(thing, Case) and thing.anonymised_at is not None and action in ENDS_WITH_ERASURE:
        return Refused("anonymised")
    return NotAllowed(action)


def _key(model: Any) -> Any:
    return model.__mapper__.primary_key[0]


def _value(thing: Any) -> Any:
    return thing.__mapper__.primary_key_from_instance(thing)[0]


def who_is(account: Account) -> Who:
    """The person behind an account, with the parts that are current. A deactivated account holds nothing."""
    if not account.is_active:
        return ANYBODY
    held: tuple[Held, ...] = tuple(
        Held(g.role, g.company_id, g.expert_id, g.station_id, g.district, g.company_part)
        for g in account.grants
        if g.is_current
    )
    # A claim to a company that nobody confirmed yet still lets the person see what they sent themselves.
    if not any(h.role is Role.MEMBER for h in held) and any(
        g.role is Role.MEMBER and g.ended_at is None for g in account.grants
    ):
        held = (*held, Held(Role.MEMBER, company_id=0, company_part=CompanyPart.HANDLER))
    return Who(account.id, account.name, (Held(Role.ANYONE), Held(Role.SIGNED_IN), *held))
