"""What each role finds in its bar; drawn from what the policy allows, so a link never leads to a 403."""

from __future__ import annotations

from dataclasses import dataclass

from flask import request, url_for
from flask_babel import gettext

from helpdesk.domain import complaints
from helpdesk.i18n import N_
from helpdesk.models import Role
from helpdesk.presentation.words import ROLES
from helpdesk.rules import policy
from helpdesk.rules.policy import Who


@dataclass(frozen=True)
class Item:
    """A link of the bar."""

    label: str
    url: str
    current: bool
    count: int | None = None
    # Stands under "more" in a bar that would otherwise be crowded.
    is_rare: bool = False


# label, endpoint, action asked for, blueprints that light it up
_LINKS: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    (N_("分诊台"), "queues.index", "queue.read", ("queues",)),
    (N_("收件箱"), "inbox.index", "inbox.read", ("inbox", "offers")),
    (N_("总览"), "overviews.index", "overview.read", ("overviews",)),
    (N_("案件"), "cases.index", "cases.list", ("cases",)),
    (N_("待核查"), "reviews.index", "reviews.list", ("reviews",)),
    (N_("专家库"), "experts.index", "roster.read", ("experts",)),
    (N_("企业账号"), "claims.index", "claims.list", ("claims",)),
    (N_("常用回复"), "canned_replies.index", "canned_replies.list", ("canned_replies",)),
    (N_("定期回访"), "series.index", "series.list", ("series",)),
    (N_("知识库"), "library.index", "articles.list", ("library",)),
    (
        N_("服务记录"),
        "records.index",
        "records.list",
        ("records", "corrections", "dossiers", "dossier_corrections", "national"),
    ),
    (N_("活动"), "activities.index", "activities.list", ("activities",)),
    (N_("投诉"), "complaints.index", "complaints.list", ("complaints",)),
    (N_("服务时长"), "hours.index", "hours.read", ("hours", "statements")),
    (N_("证书"), "certificates.index", "hours.read", ("certificates",)),
    (N_("报表"), "monthly.index", "monthly.read", ("monthly", "print_runs", "exports")),
    (N_("我的表彰"), "commendations.index", "commendations.read", ("commendations",)),
    (N_("表彰"), "cycles.index", "cycles.run", ("cycles", "schemes", "nominations")),
    (N_("推荐和评审"), "nominations.index", "nominations.list", ("nominations",)),
    (N_("我的求助"), "home.my_requests", "my_requests.read", ("home", "requests", "colleagues")),
    (N_("来信"), "incomings.index", "incomings.list", ("incomings",)),
    (N_("站点设置"), "stations.index", "stations.list", ("stations", "channels")),
    (
        N_("设置"),
        "targets.edit",
        "targets.edit",
        ("targets", "routing_rules", "teams", "calendars", "channels", "webhooks", "keeping", "erasures"),
    ),
    (N_("转入记录"), "record_transfers.index", "records.import", ("record_transfers",)),
    (N_("批量导入"), "table_imports.index", "table_imports.list", ("table_imports",)),
    (N_("账号"), "accounts.index", "accounts.list", ("accounts",)),
    (N_("信件"), "mails.index", "mails.list", ("mails",)),
    (N_("查看记录"), "health.accesses", "accesses.list", ("health",)),
)

# More links than these, and the rare ones are gathered in a menu.
CROWDED = 6
# What one opens now and then, not all day.
_RARE = (
    "claims.index", "canned_replies.index", "stations.index", "targets.edit", "accounts.index", "mails.index",
    "health.accesses", "certificates.index", "record_transfers.index", "records.index", "cycles.index",
    "monthly.index", "nominations.index", "commendations.index", "series.index",
    "table_imports.index", "activities.index",
)  # fmt: skip

_HOMES: tuple[tuple[Role, str], ...] = (
    (Role.COORDINATOR, "queues.index"),
    (Role.EXPERT, "inbox.index"),
    (Role.DISTRICT, "overviews.index"),
    (Role.OPERATOR, "overviews.index"),
    (Role.OVERSEER, "overviews.index"),
    (Role.ADMIN, "accounts.index"),
    (Role.MEMBER, "home.my_requests"),
)


def navigation_for(who: Who) -> list[Item]:
    """The links this person may follow, in order."""
    if not who.is_signed_in:
        return []
    here = (request.blueprint or "").split(".")[0]
    # Whoever runs the cycles comes to the nominations through them.
    inside = {"nominations.index"} if policy.can(who, "cycles.run") else set()
    mine = [row for row in _LINKS if row[1] not in inside and policy.can(who, row[2])]
    return [
        Item(
            gettext(label),
            url_for(endpoint),
            here in lit,
            _count(who, endpoint),
            is_rare=len(mine) > CROWDED and endpoint in _RARE,
        )
        for label, endpoint, _, lit in mine
    ]


def _count(who: Who, endpoint: str) -> int | None:
    """How many wait for this person, where a term runs."""
    return complaints.to_answer(who) if endpoint == "complaints.index" else None


def home_for(who: Who) -> str:
    """Where somebody lands after signing in."""
    return next((url_for(endpoint) for role, endpoint in _HOMES if who.holds(role)), url_for("home.index"))


def main_role(who: Who) -> Role | None:
    """The part that the bar names."""
    return next((role for role, _ in _HOMES if who.holds(role)), None)


def role_label_for(who: Who) -> str:
    """The word beside the logo."""
    role = main_role(who)
    return gettext(ROLES[role]) if role else ""


def roles_for(who: Who) -> list[Item]:
    """The homes of a person with several parts; empty for one with a single part."""
    items = [Item(gettext(ROLES[role]), url_for(endpoint), False) for role, endpoint in _HOMES if who.holds(role)]
    return items if len(items) > 1 else []
