"""Splitting a request, linking cases, and the likest duplicate first."""

from __future__ import annotations

import pytest

from helpdesk.domain import intake, links, similarity, triage
from helpdesk.errors import NotAllowed, NotFound
from helpdesk.models import LinkKind, Status
from tests.cast import LONGGANG
from tests.domain.test_other_ends import later, refused

WHOLE = "银行说要抽贷，想找人谈谈。另外厂房月底到期，想找个八百平的地方。"


def test_two_problems_become_two_cases(town):
    cast = town.cast
    case = town.case("submitted", problem=WHOLE)
    with later(hours=2):
        new = links.split(
            case, cast.wang, problem="厂房月底到期，想找个八百平的地方。", rest="银行说要抽贷，想找人谈谈。"
        )
    assert (new.status, new.company_id, new.station_id) == (Status.SUBMITTED, case.company_id, case.station_id)
    assert new.number != case.number and new.tracking_token != case.tracking_token
    assert (case.problem, new.problem) == ("银行说要抽贷，想找人谈谈。", "厂房月底到期，想找个八百平的地方。")
    assert new.due_at is not None and new.contact_phone == case.contact_phone
    assert intake.consented(new, "handling")
    assert [(r.case.id, r.link.kind, r.forwards) for r in links.of(case, cast.wang)] == [(new.id, "split", False)]
    with refused("split_stays"):
        links.unlink(case, cast.wang, links.of(case, cast.wang)[0].link.id)


def test_a_split_leaves_something_on_both_sides_and_is_the_stations(make, cast):
    case = make.case("submitted", problem=WHOLE)
    with refused("split_empty"):
        links.split(case, cast.wang, problem=" ", rest="x")
    with refused("split_all"):
        links.split(case, cast.wang, problem="x", rest=" ")
    with pytest.raises(NotAllowed):
        links.split(case, cast.zhao, problem="一半", rest="另一半")
    helped = make.case("consulting", phone="13800138111")
    with refused("step_not_possible"):
        links.split(helped, cast.wang, problem="一半", rest="另一半")


def test_a_company_with_many_open_cases_can_still_be_split(make, cast):
    from helpdesk.rules.lifecycle import MAX_OPEN_CASES

    cases = [make.case("submitted", problem=WHOLE) for _ in range(MAX_OPEN_CASES)]
    assert links.split(cases[0], cast.wang, problem="一半", rest="另一半").status is Status.SUBMITTED


def test_links_are_read_both_ways_and_only_by_those_who_may(make, cast):
    first, second = make.case("submitted"), make.case("submitted", phone="13800138112")
    links.link(second, cast.wang, other=first, kind=LinkKind.FOLLOWS)
    assert [r.forwards for r in links.of(second, cast.wang)] == [True]
    assert [r.forwards for r in links.of(first, cast.wang)] == [False]
    with refused("linked_already"):
        links.link(first, cast.wang, other=second, kind=LinkKind.PART)
    with refused("link_to_itself"):
        links.link(first, cast.wang, other=first, kind=LinkKind.PART)
    with refused("link_target_missing"):
        links.link(first, cast.wang, other=links.by_number(cast.wang, "SZ-26-99999"), kind=LinkKind.PART)
    second.station_id = cast.station(LONGGANG).id
    assert links.of(first, cast.wang) == []


def test_a_link_of_another_case_is_not_taken_back_here(make, cast):
    one, two, three = (make.case("submitted", phone=f"1380013811{n}") for n in (3, 4, 5))
    row = links.link(one, cast.wang, other=two, kind=LinkKind.PART)
    with pytest.raises(NotFound):
        links.unlink(three, cast.wang, row.id)
    links.unlink(two, cast.wang, row.id)
    assert links.of(one, cast.wang) == []


def test_the_likest_duplicate_comes_first(make, cast):
    make.case("submitted", problem="想参加广交会，找海外买家", phone="13800138116")
    twin = make.case("submitted", problem="厂房月底到期，想找八百平的厂房", phone="13800138117")
    make.case("submitted", problem="员工绩效怎么定", phone="13800138118")
    case = make.case("submitted", problem="厂房月底到期，要找八百平的新厂房", phone="13800138119")
    assert triage.possible_duplicates(case, cast.wang)[0].id == twin.id
    assert [c.id for c in triage.possible_duplicates(case, cast.wang, least=similarity.SAME_MATTER)] == [twin.id]
