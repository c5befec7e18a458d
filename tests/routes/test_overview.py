"""The figures: the city for the corps, one's own part for a district."""

from __future__ import annotations

NAMES = [
    "罗湖区",
    "福田区",
    "南山区",
    "宝安区",
    "龙岗区",
    "盐田区",
    "龙华区",
    "坪山区",
    "光明区",
    "大鹏新区",
    "深汕特别合作区",
]


def listed(page) -> list[str]:
    return [name for name in NAMES if page.says(name)]


def test_the_corps_sees_every_district_and_a_district_itself(browser, make):
    make.case("submitted")
    assert listed(browser.get("/overview", as_="zhou")) == NAMES
    assert listed(browser.get("/overview", as_="li")) == ["南山区"]
