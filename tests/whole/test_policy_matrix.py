"""Every person of the cast, every action, every kind of object: compared with a picture that is checked in.

A change of rights is a readable diff of tests/whole/policy_matrix.txt. Draw it anew with
`WRITE_MATRIX=1 script/test tests/whole/test_policy_matrix.py` and read the diff before committing it.
"""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

from helpdesk import clock
from helpdesk.adapters.storage.memory import MemoryStorage
from helpdesk.db import db
from helpdesk.domain import (
    accounts,
    attachments,
    bulk,
    canned_replies,
    certificates,
    channels,
    complaints,
    corrections,
    dossier_corrections,
    erasures,
    honours,
    invitations,
    mailing,
    nominations,
    print_runs,
    record_terms,
    series,
    statements,
    trainings,
    transfers,
    visits,
    workspace,
)
from helpdesk.domain.honours import HonourFacts
from helpdesk.domain.queues import Filters
from helpdesk.domain.trainings import TrainingFacts
from helpdesk.models import (
    Award,
    BulkAct,
    ChannelKind,
    ComplaintAbout,
    Grant,
    Mail,
    NominationState,
    Objection,
    RecordTerm,
    Role,
    SeriesUnit,
)
from helpdesk.rules import policy
from helpdesk.rules.policy import ANYBODY, SYSTEM
from tests import commending, tables
from tests.cast import LOGINS, LONGGANG, OTHER

PICTURE = Path(__file__).with_name("policy_matrix.txt")


def objects(make, cast):
    """One of each kind, of Nanshan (Southlight) and of Longgang, by name."""
    ours = make.case("consulting", sent_by=None)
    answered = make.case("answered", phone="13800000001")
    closed = make.case("closed", phone="13800000002")
    theirs = make.case("submitted", company=OTHER, phone="13900000001")
    offered = make.case("offered", phone="13800000003")
    draft = make.case("draft")
    leaving = make.case("triaged", phone="13800000004")
    transfers.request(leaving, cast.wang, to=cast.station(LONGGANG), reason="就近")
    claim = db.session.query(Grant).filter_by(role=Role.MEMBER, confirmed_at=None).one()
    return {
        "case consulting (Nanshan, Chen)": ours,
        "case answered (Nanshan, Chen)": answered,
        "case closed (Nanshan, Chen)": closed,
        "case offered to Chen (Nanshan)": offered,
        "case on its way to Longgang": leaving,
        "case submitted (Longgang)": theirs,
        "case draft": draft,
        "offer to Chen": make.offer(offered),
        "certificate of Chen (Nanshan)": certificates.of_case(closed.id)[0],
        "statement of Chen": statements.draw_up(
            cast.chen, starts_on=date(2026, 1, 1), ends_on=date(2026, 11, 18), form_key="s"
        ),
        "expert Chen": cast.expert("chen"),
        "claim of Jia to Southlight": claim,
        **{f"table {name} of Wang": thing for name, thing in tables.both(cast).items()},
        "account of Lin": cast.account("lin"),
        "canned reply of Nanshan": canned_replies.write(cast.wang, None, title="约电话", body="{称呼}您好。"),
        "bulk run of Wang": bulk.start(cast.wang, BulkAct.MERGE, [bulk.item_of(ours)], {"target": "SZ-26-00099"}),
        "station Nanshan": cast.station(),
        "saved view of Wang": workspace.save_view(cast.wang, name="急件", filters=Filters(view="new")),
        "file of Southlight": file_of(ours, make.link(ours)),
        "file of Chen": file_of(ours, cast.chen),
        "scan that proves a training of Chen's, sent by Wang": scan_of(cast, cast.wang),
        "article of Nanshan, published": make.article(),
        "article of Nanshan, draft": make.article("出口退税", published=False),
        "article of the corps, published": make.article("找谁", by="zhou"),
        "letter to Chen": letter_to_chen(cast, offered),
        "letter of a stranger that names a case of Nanshan": make.letter(ours, MemoryStorage()),
        "channel of Nanshan": channel(cast.wang, cast.station().id),
        "channel of the corps": channel(cast.zhou, None),
        "company Southlight": cast.company(),
        "invitation to Southlight": invitations.invite(cast.company(), cast.lin),
        "membership of He at Southlight": db.session.query(Grant).filter_by(account_id=cast.account("he").id).one(),
        "correction that Chen asked for (Nanshan)": corrections.ask(
            visits.of(closed)[0], cast.chen, says="少记了。", form_key="wrong"
        ),
        "complaint by Southlight's link about a case of Chen's (Nanshan)": complaints.make(
            make.link(answered), complaints.Said(ComplaintAbout.SERVICE, "不来。"), form_key="c1", case=answered
        ),
        "complaint by Chen about his record (Nanshan)": complaints.make(
            cast.chen, complaints.Said(ComplaintAbout.RECORD, "不改。"), form_key="c2"
        ),
        "complaint by Chu about commendations": complaints.make(
            cast.chu, complaints.Said(ComplaintAbout.COMMENDATION, "不公。"), form_key="c3"
        ),
        "wish to erase Southlight's closed case": erasures.ask_for_case(closed, make.link(closed)),
        "term of a visit of Chen's (Nanshan)": term_of(closed),
        "award that Chen asked for (Nanshan)": honours.ask(
            cast.expert("chen"), cast.chen, HonourFacts("优秀", clock.today(), "市里")
        ),
        "correction of a training, asked by Chen (Nanshan)": dossier_correction(cast, "chen"),
        "correction of a training of Chen's, asked by Wang": dossier_correction(cast, "wang"),
        "print run of Nanshan": print_run(cast.wang, cast.station().id),
        "print run of all stations": print_run(cast.zhou, None),
        **commendation_of_chen(make, cast),
        "series of Nanshan, for Southlight": series.begin(
            ours, cast.wang, series.Plan(3, SeriesUnit.MONTH, clock.today(), "季度回访", "看看报税。")
        ),
        "activity recorded by Wang, Chen served (Nanshan)": make.activity("chen"),
        "activity recorded by Wang, Qian served (Nanshan)": make.activity("qian"),
        "canned reply of all stations": canned_replies.write(cast.zhou, None, title="谢谢", body="谢谢{称呼}。"),
    }


def dossier_correction(cast, login):
    """Somebody says that a training of Chen's is wrong."""
    lesson = TrainingFacts("上岗培训", "保密", 60, "总队", clock.today())
    row = trainings.record(cast.expert("chen"), cast.zhou, lesson)
    return dossier_corrections.ask(row, getattr(cast, login), says="时长不对。", form_key=f"dossier-{login}")


def term_of(case):
    """By when its visit must be recorded and evaluated."""
    record_terms.go_round()
    return db.session.query(RecordTerm).filter_by(case_id=case.id).one()


def commendation_of_chen(make, cast):
    """Chen, nominated and in review at Nanshan's district; an objection and an award of another cycle."""
    reviewed = nominations.nominate(cast.wang, commending.open_cycle(make), cast.expert("chen").id, reason="好")
    reviewed.state = NominationState.DISTRICT
    begun = nominations.nominate(cast.wang, commending.open_cycle(make), cast.expert("wu").id, reason="好")
    against = Objection(
        nomination_id=begun.id, token="t", name="某", contact="1", text="不服", form_key="o", at=clock.now(), reply=""
    )
    given = Award(
        nomination_id=begun.id, scheme_id=begun.cycle.scheme_id, level=1, awarded_on=clock.today(),
        issued_at=clock.now(), awarded_by="周总", reason="", number="WQR-2026-0000001", code="A", facts={},
    )  # fmt: skip
    db.session.add_all([against, given])
    db.session.flush()
    return {
        "nomination of Chen, in review": reviewed,
        "nomination of Wu, before the cut-off": begun,
        "objection to Wu": against,
        "award of Wu": given,
    }


def channel(by, station_id):
    """A group robot."""
    return channels.write_channel(
        by, None, kind=ChannelKind.WECOM, name="群", key="a" * 32, secret="", station_id=station_id,
        topics=["limits"], locale="en", quiet_from=None, quiet_to=None, is_on=True,
    )  # fmt: skip


def print_run(by, station_id):
    """Today's certificates."""
    wish = print_runs.Wish(first=clock.today(), last=clock.today(), station_id=station_id)
    return print_runs.start(wish, by, locale="en")


def file_of(case, who):
    """A file that somebody has sent with a case."""
    upload = attachments.Upload("a.txt", who.name.encode())
    row = attachments.keep(case, who, f"k-{who.name}", [upload], MemoryStorage())[0]
    attachments.bind(case, f"k-{who.name}")
    return row


def scan_of(cast, who):
    """A file that proves a training of Chen's."""
    lesson = TrainingFacts("回避", "保密", 60, "总队", clock.today())
    row = trainings.record(cast.expert("chen"), cast.zhou, lesson)
    upload = attachments.Upload("证书.txt", "证书".encode())
    (file,) = attachments.keep(row.expert, who, "scan", [upload], MemoryStorage())
    dossier_corrections.add_proof(row, who, form_key="scan")
    return file


def letter_to_chen(cast, case):
    """The question whether a new address is his."""
    mailing.set_own_address(cast.account("chen"), "chen@desk.example")
    return db.session.query(Mail).filter_by(address="chen@desk.example").one()


def drawn(make, cast) -> str:
    things = objects(make, cast)
    people = {"anybody": ANYBODY, "system": SYSTEM}
    people |= {login: policy.who_is(cast.account(login)) for login in LOGINS}
    lines = ["Who may do what to which. Drawn by tests/whole/test_policy_matrix.py.", ""]
    lines += ["pages"]
    for name, who in people.items():
        lines.append(f"  {name}: {' '.join(a for a in policy.ACTIONS if policy.can(who, a)) or '-'}")
    for label, thing in things.items():
        nouns = NOUNS[type(thing).__name__]
        asked = [a for a in policy.ACTIONS if a.split(".")[0] in nouns or (a in OF_CASES and "case" in nouns)]
        lines += ["", label]
        here = dict(people)
        if type(thing).__name__ == "Case":
            here["its link"] = make.link(thing)
        for name, who in here.items():
            may = policy.allowed(who, thing, [a for a in asked if fits(who, a, thing)])
            lines.append(f"  {name}: {' '.join(sorted(may)) or '-'}")
    return "\n".join(lines) + "\n"


# The nouns whose actions are asked of an object of this kind.
NOUNS = {
    "Activity": ("activity",),
    "Case": ("case", "visit", "attempt"),
    "Offer": ("offer",),
    "Certificate": ("certificate",),
    "Statement": ("statement",),
    "Expert": ("expert",),
    "Grant": ("claim", "member"),
    "Company": ("company",),
    "Correction": ("correction",),
    "Complaint": ("complaint",),
    "DossierCorrection": ("dossier_correction",),
    "Honour": ("honour",),
    "RecordTerm": ("record_term",),
    "Invitation": ("invitation",),
    "Account": ("account",),
    "Series": ("series",),
    "CannedReply": ("canned_reply",),
    "BulkRun": ("bulk_run",),
    "TableUpload": ("table_upload",),
    "TableImport": ("table_import",),
    "SavedView": ("saved_view",),
    "Station": ("station",),
    "Mail": ("mail",),
    "NewsChannel": ("channel",),
    "Attachment": ("attachment",),
    "Incoming": ("incoming",),
    "Article": ("article",),
    "Erasure": ("erasure",),
    "PrintRun": ("print_run",),
    "Nomination": ("nomination",),
    "Objection": ("objection",),
    "Award": ("award",),
}
# These speak of another object than their noun says.
OF_CASES = {"offer.answer"}
PAGES = {"certificate.verify"}


def fits(who, action: str, thing) -> bool:
    return action not in PAGES and (action not in OF_CASES or type(thing).__name__ == "Case")


def test_the_matrix_is_as_it_was_agreed(make, cast):
    text = drawn(make, cast)
    if os.environ.get("WRITE_MATRIX"):
        PICTURE.write_text(text, encoding="utf-8")
    assert text == PICTURE.read_text(encoding="utf-8"), "rights changed: read the diff, then WRITE_MATRIX=1"


def test_nobody_sees_another_companys_case(make, cast):
    theirs = make.case("consulting", company=OTHER, phone="13900000009", expert="chen")
    for login in ("lin", "he", "jiang", "jia", "wang", "li", "wu", "chu", "feng"):
        assert not policy.can(policy.who_is(cast.account(login)), "case.read", theirs), login
    assert policy.can(cast.bai, "case.read", theirs)


def test_an_unconfirmed_claim_shows_only_what_one_sent_oneself(make, cast):
    others = make.case("submitted")
    own = make.case("submitted", phone="13700000000", sent_by=cast.jia)
    assert not policy.can(cast.jia, "case.read", others)
    assert policy.can(cast.jia, "case.read", own)
    claim = db.session.query(Grant).filter_by(role=Role.MEMBER, confirmed_at=None).one()
    accounts.decide_claim(claim, cast.wang, granted=True)
    assert policy.can(cast.jia, "case.read", others)


def test_a_deactivated_account_holds_nothing(make, cast):
    case = make.case("submitted")
    account = cast.account("wang")
    assert policy.can(policy.who_is(account), "case.triage", case)
    account.is_active = False
    assert not policy.can(policy.who_is(account), "case.triage", case)
    assert policy.who_is(account).account_id is None


def test_a_coordinator_who_is_the_expert_is_only_the_expert(make, cast):
    case = make.case("answered", expert="qian")
    assert policy.can(cast.qian, "case.read", case)
    for action in ("case.verify", "visit.verify", "case.triage", "case.offer", "case.reject"):
        assert not policy.can(cast.qian, action, case), action
        assert action == "case.triage" or policy.can(cast.wang, action, case)


def test_listing_loading_and_asking_are_one_rule(make, cast):
    """For everybody and every case: in the list exactly when `can` says yes."""
    from sqlalchemy import select

    from helpdesk.models import Case

    things = [t for t in objects(make, cast).values() if type(t).__name__ == "Case"]
    for login in LOGINS:
        who = policy.who_is(cast.account(login))
        listed = set(db.session.scalars(select(Case.id).where(policy.which(who, "case.read"))))
        assert listed == {t.id for t in things if policy.can(who, "case.read", t)}, login
