"""关系转接: a bundle leaves signed and complete, comes in whole or not at all, and is never counted twice."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from helpdesk import clock as house_clock
from helpdesk.adapters.signing import detached
from helpdesk.db import db
from helpdesk.domain import hours, record_transfers
from helpdesk.errors import NotAllowed, Refused
from helpdesk.models import HoursEntry, ImportedRecord, ImportedStatus, RecordExport, Scheme
from helpdesk.rules import bundles
from tests.bundles import RECORD, imported, key, record, sealed

NUMBER = "440300000001"


def refusal(cast, raw, *, number=NUMBER):
    """Why a bundle is not taken in; and that nothing of it was kept."""
    with pytest.raises(Refused) as refused:
        record_transfers.take_in(cast.zhou, raw, volunteer_number=number)
    assert db.session.scalar(select(func.count()).select_from(ImportedRecord)) == 0
    return refused.value


# --- taking along ---


def test_a_bundle_holds_every_standing_line_and_its_signature(town):
    case = town.case("closed")
    entry = db.session.scalars(select(HoursEntry)).one()
    raw = record_transfers.export(town.cast.chen, receiver="佛山志愿者协会", agreed=True, key=key("深圳"))
    made, signature = bundles.opened(raw)
    bundle = bundles.read(made, house_clock.today())
    assert detached.check(bundles.canonical(made), signature, bundle.exported_at).name == "深圳 证书签名"
    assert [(line.record_id, line.minutes) for line in bundle.lines] == [(entry.hash, 60)]
    assert bundle.receiver == "佛山志愿者协会" and bundle.origin_id == entry.hash
    assert case.company.name not in raw.decode() and case.title not in raw.decode(), "no company leaves with it"
    kept = db.session.scalars(select(RecordExport)).one()
    assert (kept.receiver, kept.records, kept.minutes, kept.wording) == ("佛山志愿者协会", 1, 60, "transfer-2026-11")


def test_it_leaves_by_consent_only_and_for_its_owner_only(make, cast):
    make.case("closed")
    for facts, code in (
        ({"receiver": "佛山", "agreed": False}, "transfer_not_agreed"),
        ({"receiver": " ", "agreed": True}, "receiver_missing"),
    ):
        with pytest.raises(Refused) as refused:
            record_transfers.export(cast.chen, key=key(), **facts)
        assert refused.value.code == code
    with pytest.raises(NotAllowed):
        record_transfers.export(cast.wang, receiver="佛山", agreed=True, key=key())
    with pytest.raises(Refused) as refused:
        record_transfers.export(cast.wu, receiver="佛山", agreed=True, key=key())
    assert refused.value.code == "no_hours_yet"
    assert db.session.scalar(select(func.count()).select_from(RecordExport)) == 0


def test_what_was_reversed_stays_here(make, cast, reverse):
    make.case("closed")
    make.case("closed", phone="13800138001")
    gone = db.session.scalars(select(HoursEntry).order_by(HoursEntry.id)).first()
    reverse(gone)
    raw = record_transfers.export(cast.chen, receiver="佛山", agreed=True, key=key())
    bundle = bundles.read(bundles.opened(raw)[0], house_clock.today())
    assert len(bundle.lines) == 1 and gone.hash not in {line.record_id for line in bundle.lines}


@pytest.fixture
def reverse(make, cast):
    """Take a line of the ledger back."""
    from helpdesk.models import EntryKind

    def act(entry):
        return hours._append(
            HoursEntry(
                kind=EntryKind.REVERSAL, minutes=-entry.minutes, expert_id=entry.expert_id, case_id=entry.case_id,
                visit_id=entry.visit_id, station_id=entry.station_id, category_code=entry.category_code,
                mode=entry.mode, served_on=entry.served_on, confirmed_by=entry.confirmed_by, reverses_id=entry.id,
                reason="时间记错了", recorded_at=house_clock.now(), recorded_by="王岚", revision=entry.revision,
            )
        )  # fmt: skip

    return act


# --- taking in ---


def test_lines_wait_to_be_verified_and_stand_apart_from_our_ledger(town):
    chen = town.cast.expert("chen")
    row = imported(town.cast, "chen")
    assert [(r.minutes, r.status) for r in row.records] == [(60 * n, ImportedStatus.PENDING) for n in (1, 2, 3)]
    assert record_transfers.verified_of(chen.id) == [] and record_transfers.waiting_of(chen.id) == 360
    first, second, third = row.records
    zhou = town.cast.zhou
    assert record_transfers.decide(row, zhou, record_ids=[first.id], verified=True, reason="电话核对过") == 1
    assert record_transfers.decide(row, zhou, record_ids=[second.id], verified=False, reason="对方查无此事") == 1
    assert record_transfers.decide(row, zhou, record_ids=None, verified=True, reason="系统一致") == 1
    assert (first.decided_by, first.reason, second.status) == ("周总", "电话核对过", ImportedStatus.REFUSED)
    (origin,) = record_transfers.verified_of(chen.id)
    assert (origin.name, origin.minutes, origin.count) == ("佛山市中小企业服务中心", 240, 2)
    assert hours.totals(chen.id).minutes == 0, "what others recorded is never ours"
    with pytest.raises(Refused) as refused:
        record_transfers.decide(row, zhou, record_ids=None, verified=True, reason="再来一次")
    assert refused.value.code == "no_records_chosen"
    assert third.status is ImportedStatus.VERIFIED


def test_they_count_for_stars_only_where_the_ladder_says_so(make, cast):
    chen = cast.expert("chen")
    row = imported(cast, "chen")
    record_transfers.decide(row, cast.zhou, record_ids=None, verified=True, reason="核对过")
    assert hours.progress(chen).minutes == 0
    for ladder in db.session.scalars(select(Scheme)):
        ladder.counts_transferred = True
    db.session.flush()
    assert hours.progress(chen).minutes == 360


def test_the_same_lines_come_in_once(town):
    imported(town.cast, "chen")
    with pytest.raises(Refused) as refused:
        imported(town.cast, "chen")
    assert refused.value.code == "bundle_known"
    more = [*RECORD["entries"], {**RECORD["entries"][0], "id": "new" * 10}]
    later = imported(town.cast, "chen", entries=more)
    assert (len(later.records), later.known) == (1, 3)
    assert record_transfers.is_known_key(later)
    assert record_transfers.waiting_of(town.cast.expert("chen").id) == 420


def test_our_own_records_are_refused_by_their_origin_and_by_a_single_line(make, cast):
    make.case("closed")
    own = record_transfers.export(cast.chen, receiver="自己", agreed=True, key=key())
    assert refusal(cast, own).code == "bundle_own_origin"
    entry = db.session.scalars(select(HoursEntry)).one()
    mixed = record(entries=[*RECORD["entries"], {**RECORD["entries"][0], "id": entry.hash}])
    assert refusal(cast, sealed(mixed)).code == "bundle_own_origin"


def test_whatever_was_altered_is_refused(cast):
    raw = sealed(record())
    whole = json.loads(raw)

    def with_record(**changes):
        return bundles.canonical({**whole, "record": {**whole["record"], **changes}})

    more = [{**whole["record"]["entries"][0], "minutes": 61}, *whole["record"]["entries"][1:]]
    altered = [
        with_record(entries=more),
        with_record(entries=whole["record"]["entries"][:2]),
        with_record(volunteer={**whole["record"]["volunteer"], "number": "1"}),
        with_record(consent={**whole["record"]["consent"], "receiver": "别人"}),
        bundles.canonical({**whole, "signature": {**whole["signature"], "value": "AAAA"}}),
        bundles.canonical({**whole, "signature": detached.sign(key(), b"something else")}),
    ]
    assert {refusal(cast, one).code for one in altered} == {"bundle_signature_altered"}
    without = {name: part for name, part in whole.items() if name != "signature"}
    assert refusal(cast, bundles.canonical(without)).code == "bundle_signature_missing"
    broken = {**whole["signature"], "certificate": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"}
    assert refusal(cast, bundles.canonical({**whole, "signature": broken})).code == "bundle_signature_certificate"
    other = {**whole["signature"], "algorithm": "none"}
    assert refusal(cast, bundles.canonical({**whole, "signature": other})).code == "bundle_signature_certificate"
    # Another order of the same facts is the same record.
    pretty = json.dumps(whole, indent=2, ensure_ascii=True).encode()
    assert record_transfers.take_in(cast.zhou, pretty, volunteer_number=NUMBER).records


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("minutes", 0), ("minutes", 1441), ("minutes", 60.5), ("minutes", True), ("minutes", "60"), ("minutes", None),
        ("served_on", "2026-02-30"), ("served_on", "2027-01-01"), ("served_on", "1999-12-31"), ("served_on", 5),
        ("id", ""), ("id", "x" * 65), ("id", 7), ("recorder", " "), ("recorder", "坏\x00字"), ("mode", []),
        ("category", {}), ("confirmed_by", "y" * 30),
    ],
)  # fmt: skip
def test_one_bad_line_and_nothing_comes_in(cast, name, value):
    rows = [RECORD["entries"][0], {**RECORD["entries"][1], name: value}, RECORD["entries"][2]]
    refused = refusal(cast, sealed(record(entries=rows)))
    assert (refused.code, refused.facts) == ("bundle_field", {"record": 2, "name": name})


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "bundle_no_json"), (b"\xff\xfe", "bundle_no_json"), (b"[" * 100_000, "bundle_no_json"),
        (b'{"format": "wenqu-transfer/1", "record": {}, "record": {}}', "bundle_no_json"),
        (b'{"format": "wenqu-transfer/1", "record": {"a": NaN}}', "bundle_no_json"),
        (b"[]", "bundle_other_format"), (b'{"format": "wenqu-transfer/9", "record": {}}', "bundle_other_format"),
        (b" " * (4 * 1024 * 1024 + 1), "bundle_too_large"),
    ],
)  # fmt: skip
def test_what_is_no_bundle_is_refused_in_words(cast, raw, code):
    assert refusal(cast, raw).code == code


def test_shape_of_the_whole(cast):
    assert refusal(cast, sealed(record(entries=[]))).code == "bundle_empty"
    twice = [RECORD["entries"][0], RECORD["entries"][0]]
    assert refusal(cast, sealed(record(entries=twice))).code == "bundle_record_twice"
    assert refusal(cast, sealed(record(consent=None))).facts == {"name": "consent"}
    assert refusal(cast, sealed(record(exported_at="2026-11-10T08:00:00"))).facts["name"] == "exported_at"
    future = (house_clock.now() + timedelta(days=2)).isoformat()
    assert refusal(cast, sealed(record(exported_at=future))).facts["name"] == "exported_at"
    with pytest.raises(detached.BadSignature, match="expired"):
        detached.check(b"x", detached.sign(key(), b"x"), house_clock.now() + timedelta(days=40 * 365))


def test_it_must_be_the_same_person_and_somebody_else_who_takes_it_in(cast):
    assert refusal(cast, sealed(record()), number="440300000002").code == "bundle_other_name"
    assert refusal(cast, sealed(record()), number="nobody").code == "volunteer_unknown"
    for login in ("chen", "wang", "feng", "sun"):
        with pytest.raises(NotAllowed):
            record_transfers.take_in(getattr(cast, login), sealed(record()), volunteer_number=NUMBER)
    row = imported(cast, "chen")
    for reason, code in (("", "reason_missing"), ("长" * 201, "text_too_long")):
        with pytest.raises(Refused) as refused:
            record_transfers.decide(row, cast.zhou, record_ids=None, verified=True, reason=reason)
        assert refused.value.code == code
