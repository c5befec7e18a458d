"""One act over many cases, ten at a time, each in its own savepoint: one refusal stops nothing and loses nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from helpdesk import clock
from helpdesk.db import db
from helpdesk.domain import assignment, transfers, triage
from helpdesk.errors import NotAllowed, NotFound, Refused
from helpdesk.i18n import N_
from helpdesk.models import BulkAct, BulkRun, Case, Expert, Station, Urgency
from helpdesk.rules import policy
from helpdesk.rules.policy import Who

# How many cases one request works through, and how many one run may hold.
STRIDE, MOST = 10, 200

Verb = Callable[[Case, Who, dict[str, Any], dict[str, Any]], object]


@dataclass(frozen=True)
class Act:
    """A row of the table: its words, the right each case is asked for, the verb, and the way back if there is one."""

    act: BulkAct
    label: str
    may: str
    verb: Verb
    undo: Callable[[Case, Who], object] | None = None


def _triage(case: Case, by: Who, params: dict[str, Any], item: dict[str, Any]) -> None:
    triage.triage(
        case,
        by,
        category_code=params["category"],
        topic_code=params.get("topic") or None,
        urgency=Urgency(params.get("urgency") or Urgency.NORMAL),
        seen=item["version"],
    )


def _offer(case: Case, by: Who, params: dict[str, Any], item: dict[str, Any]) -> None:
    expert = db.session.get(Expert, item["expert_id"])
    assignment.offer(case, by, to=expert, note=params.get("note", ""), seen=item["version"])


def _transfer(case: Case, by: Who, params: dict[str, Any], item: dict[str, Any]) -> None:
    station = db.session.get(Station, params["station_id"])
    transfers.request(case, by, to=station, reason=params["reason"], seen=item["version"])


def _merge(case: Case, by: Who, params: dict[str, Any], item: dict[str, Any]) -> None:
    triage.merge(case, by, into=triage.by_number(by, params["target"]), seen=item["version"])


def _reject(case: Case, by: Who, params: dict[str, Any], item: dict[str, Any]) -> None:
    triage.reject(case, by, ground=params["ground"], reason=params["reason"], seen=item["version"])


ACTS: dict[BulkAct, Act] = {
    row.act: row
    for row in (
        Act(BulkAct.TRIAGE, N_("分诊"), "case.triage", _triage),
        Act(BulkAct.OFFER, N_("派单"), "case.offer", _offer, assignment.undo),
        Act(BulkAct.TRANSFER, N_("转站点"), "case.transfer", _transfer, transfers.cancel),
        Act(BulkAct.MERGE, N_("并案"), "case.merge", _merge, triage.unmerge),
        Act(BulkAct.REJECT, N_("不予受理"), "case.reject", _reject),
    )
}


def chosen(by: Who, numbers: Sequence[str]) -> list[Case]:
    """The cases of these numbers that this person may read, in the order given, at most MOST."""
    wanted = list(dict.fromkeys(n.strip().upper() for n in numbers if n.strip()))[:MOST]
    rows = db.session.scalars(
        select(Case)
        .where(Case.number.in_(wanted), policy.which(by, "case.read"))
        .options(joinedload(Case.company), joinedload(Case.category), joinedload(Case.station), joinedload(Case.expert))
    )
    found = {case.number: case for case in rows}
    return [found[n] for n in wanted if n in found]


def start(by: Who, act: BulkAct, items: Sequence[dict[str, Any]], params: dict[str, Any]) -> BulkRun:
    """Write down what is to be done; nothing is done yet. Raises Refused("nothing_chosen") for an empty list."""
    if not items or by.account_id is None:
        raise Refused("nothing_chosen")
    run = BulkRun(
        account_id=by.account_id, act=act, params=params, items=list(items)[:MOST], results=[], started_at=clock.now()
    )
    db.session.add(run)
    db.session.flush()
    return run


def unfinished(by: Who) -> BulkRun | None:
    """The newest run of this person that was left half way, if any."""
    return db.session.scalar(
        select(BulkRun)
        .where(BulkRun.account_id == by.account_id, BulkRun.finished_at.is_(None))
        .order_by(BulkRun.id.desc())
        .limit(1)
    )


def go_on(run: BulkRun, by: Who, *, stride: int = STRIDE) -> None:
    """Work through the next cases. Two requests at once work one after the other; a case is never done twice."""
    db.session.refresh(run, with_for_update=True)
    row = ACTS[run.act]
    for item in run.items[run.position : run.position + stride]:
        run.results = [*run.results, _one(item, by, partial(_act, row.verb, by, run.params, item), row.may)]
        run.position += 1
    if run.position >= len(run.items) and run.finished_at is None:
        run.finished_at = clock.now()
    db.session.flush()


def _act(verb: Verb, by: Who, params: dict[str, Any], item: dict[str, Any], case: Case) -> object:
    return verb(case, by, params, item)


def undo(run: BulkRun, by: Who) -> None:
    """Take back what can be taken back, last first. Raises Refused("no_way_back") for an act that has none."""
    db.session.refresh(run, with_for_update=True)
    row = ACTS[run.act]
    back = row.undo
    if back is None or run.undone_at is not None:
        raise Refused("no_way_back")
    results = list(run.results)
    for n in reversed(range(len(results))):
        if results[n]["ok"]:
            taken = _one(run.items[n], by, lambda case: back(case, by), row.may)
            results[n] = {**results[n], "undone": taken["ok"], "code": taken.get("code"), "facts": taken.get("facts")}
    run.results, run.undone_at = results, clock.now()
    db.session.flush()


def _one(item: dict[str, Any], by: Who, act: Callable[[Case], object], may: str) -> dict[str, Any]:
    """Do it to one case inside a savepoint; what refuses is told, not raised."""
    try:
        with db.session.begin_nested():
            case = policy.find(by, may, Case, Case.id == item["case"], seen_by="case.read")
            act(case)
    except Refused as refusal:
        return {"ok": False, "code": refusal.code, "facts": {k: str(v) for k, v in refusal.facts.items()}}
    except (NotFound, NotAllowed):
        # Transferred or taken away meanwhile: whoever chose it need not learn more.
        return {"ok": False, "code": "case_not_yours", "facts": {}}
    return {"ok": True}


def item_of(case: Case, **more: Any) -> dict[str, Any]:
    """A case as it was seen when it was chosen."""
    return {"case": case.id, "number": case.number, "title": case.title, "version": case.version, **more}
