"""Routing rules: what holds, in which order, and what each step did."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.rules.routing import Acts, Conditions, Request, Rule, When, apply, plain

REQUEST = Request(
    category="legal",
    district="440305",
    industry="I65",
    size="small",
    text=plain("客户拖欠货款，Contract 违约 怎么办"),
    times=frozenset({When.SHUT, When.DAY_OFF}),
)


@pytest.mark.parametrize(
    ("conditions", "holds"),
    [
        (Conditions(), True),
        (Conditions(categories=("legal", "finance")), True),
        (Conditions(categories=("finance",)), False),
        (Conditions(districts=("440305",)), True),
        (Conditions(districts=("440306",)), False),
        (Conditions(industries=("I",)), True),
        (Conditions(industries=("I64", "I65")), True),
        (Conditions(industries=("C",)), False),
        (Conditions(sizes=("micro",)), False),
        (Conditions(keywords=("起诉", "拖欠")), True),
        (Conditions(keywords=("contract",)), True),
        (Conditions(keywords=("ＣＯＮＴＲＡＣＴ",)), True),
        (Conditions(keywords=("违约怎么",)), True),
        (Conditions(keywords=("合同",)), False),
        (Conditions(when=When.SHUT), True),
        (Conditions(when=When.DAY_OFF), True),
        (Conditions(when=When.OPEN), False),
        (Conditions(categories=("legal",), districts=("440306",)), False),
    ],
)  # fmt: skip
def test_conditions(conditions, holds):
    assert conditions.hold_for(REQUEST) is holds


def test_a_request_without_a_field_meets_no_condition_on_fields():
    assert not Conditions(categories=("legal",)).hold_for(replace(REQUEST, category=None))


def test_the_first_to_set_something_has_it_and_tags_add_up():
    rules = [
        Rule(1, Conditions(categories=("legal",)), Acts(station="nanshan", tags=("合同",))),
        Rule(2, Conditions(categories=("finance",)), Acts(urgency="urgent")),
        Rule(3, Conditions(), Acts(station="futian", urgency="urgent", tags=("合同", "夜间"), team=7)),
        Rule(4, Conditions(), Acts(urgency="normal", team=8)),
    ]
    found = apply(rules, REQUEST)
    assert found.acts == Acts("nanshan", "urgent", ("合同", "夜间"), 7)
    assert [(s.rule_id, s.did, s.late) for s in found.steps] == [
        (1, Acts("nanshan", "", ("合同",)), ()),
        (3, Acts("", "urgent", ("夜间",), 7), ("station",)),
        (4, Acts(), ("urgency", "team")),
    ]
    assert apply(reversed(rules), REQUEST).acts == Acts("futian", "normal", ("合同", "夜间"), 8)
    assert apply([], REQUEST).acts == Acts()


words = st.text(alphabet="甲乙丙ab ,", max_size=4)
some = st.lists(words, max_size=3).map(tuple)
conditions = st.builds(
    Conditions, categories=some, districts=some, industries=some, sizes=some, keywords=some, when=st.sampled_from(When)
)
acts = st.builds(
    Acts, station=words, urgency=st.sampled_from(["", "urgent"]), tags=some, team=st.none() | st.integers(1, 9)
)


@given(conditions, acts)
def test_what_is_stored_is_read_again(said, does):
    assert Conditions.read(said.stored()) == said
    assert Acts.read(does.stored()) == does


@given(st.lists(st.tuples(conditions, acts), max_size=5))
def test_every_outcome_is_the_sum_of_its_steps(drawn):
    rules = [Rule(n, *pair) for n, pair in enumerate(drawn)]
    found = apply(rules, REQUEST)
    assert [s.rule_id for s in found.steps] == [r.id for r in rules if r.conditions.hold_for(REQUEST)]
    for name in ("station", "urgency", "team"):
        assert [getattr(s.did, name) for s in found.steps if getattr(s.did, name)] == (
            [getattr(found.acts, name)] if getattr(found.acts, name) else []
        )
    assert tuple(tag for s in found.steps for tag in s.did.tags) == found.acts.tags
    assert len(set(found.acts.tags)) == len(found.acts.tags)
