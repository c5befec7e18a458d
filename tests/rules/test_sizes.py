"""The official size table, at its boundaries (工信部联企业〔2011〕300号)."""

from __future__ import annotations

import pytest

from helpdesk.models import SizeClass
from helpdesk.rules import sizes


@pytest.mark.parametrize(
    ("industry", "employees", "revenue", "assets", "size"),
    [
        ("C", 1000, 40000, None, "large"),
        ("C", 999, 40000, None, "medium"),
        ("C", 1000, 39999, None, "medium"),
        ("C", 300, 2000, None, "medium"),
        ("C", 299, 2000, None, "small"),
        ("C39", 28, 900, None, "small"),
        ("C", 20, 300, None, "small"),
        ("C", 19, 300, None, "micro"),
        ("C", 20, 299, None, "micro"),
        ("I65", 300, 10000, None, "large"),
        ("I65", 99, 1000, None, "small"),
        ("I65", 10, 50, None, "small"),
        ("I65", 9, 50, None, "micro"),
        ("I64", 2000, 100000, None, "large"),
        ("I64", 2000, 99999, None, "medium"),
        ("F51", 5, 1000, None, "small"),
        ("F52", 300, 20000, None, "large"),
        ("G59", 200, 30000, None, "large"),
        ("G59", 199, 30000, None, "medium"),
        ("A", None, 500, None, "medium"),
        ("E", None, 6000, 5000, "medium"),
        ("E", None, 6000, 4999, "small"),
        ("L", 300, None, 120000, "large"),
        ("L", 10, None, 100, "small"),
        ("K701", None, 1000, 5000, "medium"),
        ("M", 9, None, None, "micro"),
        ("R", 10, None, None, "small"),
    ],
)
def test_boundaries(industry, employees, revenue, assets, size):
    assert sizes.classify(industry, employees=employees, revenue_wan=revenue, assets_wan=assets) == SizeClass(size)


@pytest.mark.parametrize("industry", ["J", "P", "Q84", "S"])
def test_sectors_outside_the_table_are_not_guessed(industry):
    assert sizes.classify(industry, employees=5000, revenue_wan=1) is SizeClass.UNCLASSIFIED


def test_a_missing_figure_is_not_guessed():
    assert sizes.classify("C", employees=28, revenue_wan=None) is SizeClass.UNCLASSIFIED


def test_every_sector_can_be_chosen():
    assert len(sizes.industry_choices()) == len(sizes.SECTORS) + len(sizes.OUTSIDE)
    assert all(sizes.sector_of(code) for code, _ in sizes.industry_choices()[: len(sizes.SECTORS)])
