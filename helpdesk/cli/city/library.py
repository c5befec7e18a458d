"""The demo city's knowledge base: written and published by its stations, judged by readers, one made from a case."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from helpdesk import clock
from helpdesk.cli.city.people import City
from helpdesk.db import db
from helpdesk.domain import articles, intake
from helpdesk.domain.articles import Words
from helpdesk.models import Article, Case, Station, Status
from helpdesk.presentation.article_page import neutral_words
from helpdesk.reference import load
from helpdesk.rules.policy import Who


def fill(city: City, operator: Who, *, shown: str) -> int:
    """Every article of the list, and a draft from a closed case of the station that is shown. Returns how many."""
    stations = {row.code: row for row in db.session.scalars(select(Station))}
    rows = sorted(load("articles"), key=lambda row: -row["days_ago"])
    for row in rows:
        station = stations.get(row["station"])
        by = city.desks.get(station.id, operator) if station is not None else operator
        _tell(row, by)
    return len(rows) + _from_a_case(city, stations[shown])


def _tell(row: dict[str, Any], by: Who) -> None:
    now = clock.now()
    written = now - timedelta(days=row["days_ago"], hours=3)
    words = Words(row["title"], row["body"], row.get("title_en", ""), row.get("body_en", ""))
    with clock.at(written - timedelta(days=2)):
        # The first version is the beginning; what was missing is the second.
        begun = Words(words.title_zh, words.body_zh.split("\n\n## ")[0])
        article = articles.write(by, None, begun, category_code=row["category"])
    if row["state"] == "draft":
        return
    with clock.at(written):
        if begun != words.checked():
            articles.write(by, article, words, category_code=row["category"], note="补齐后面几段和英文")
        day = clock.today() + timedelta(days=row["review_days"])
        articles.publish(article, by, no_names=True, holds=True, review_on=day)
    _judged(article, row, written)
    if row["state"] == "retired":
        with clock.at(now - timedelta(days=120)):
            articles.retire(article, by)


def _judged(article: Article, row: dict[str, Any], since: Any) -> None:
    """Yes, no and "no need to ask", spread evenly over the time since."""
    said = (
        ["deflected"] * row["deflections"] + ["yes"] * (row["helpful"] - row["deflections"]) + ["no"] * row["unhelpful"]
    )
    comments = row.get("comments", [])
    for n, what in enumerate(said):
        with clock.at(since + (clock.now() - since) * ((n * 7) % len(said) + 1) / (len(said) + 2)):
            if what == "deflected":
                articles.deflect(article, f"demo-{n}")
            if what != "deflected" or n < len(comments):
                comment = comments[n] if n < len(comments) else ""
                articles.judge(article, f"demo-{n}", helpful=what != "no", comment=comment)


def _from_a_case(city: City, station: Station) -> int:
    """The newest closed case of the station whose company agreed to be an example, as a draft of yesterday."""
    query = select(Case).where(Case.station_id == station.id, Case.status == Status.CLOSED).order_by(Case.id.desc())
    for case in db.session.scalars(query.limit(40)):
        if intake.consented(case, "example") and articles.obstacle_for(case) is None:
            headings, words = neutral_words()
            with clock.at(max(clock.now() - timedelta(days=1), case.last_event_at or clock.now())):
                articles.from_case(case, city.desks[station.id], headings=headings, words=words)
            return 1
    return 0
