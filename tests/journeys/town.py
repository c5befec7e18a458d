"""A small town with a case in every state, and a robot that follows every link it finds there."""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import parse_qs, urljoin, urlsplit

from flask import Flask, current_app
from sqlalchemy import select
from werkzeug.exceptions import HTTPException

from helpdesk import clock
from helpdesk.adapters.pdf.null import NullRenderer
from helpdesk.adapters.signing.null import NullSigner
from helpdesk.adapters.storage.chosen import storage_from
from helpdesk.cli.city import papers
from helpdesk.db import db
from helpdesk.domain import (
    activities,
    articles,
    assignment,
    attachments,
    awards,
    bulk,
    canned_replies,
    certificates,
    channels,
    closure,
    complaints,
    consultation,
    corrections,
    cycles,
    dossier_corrections,
    erasures,
    expert_persons,
    follows,
    honours,
    invitations,
    mail_links,
    mailing,
    nominations,
    print_runs,
    record_terms,
    routing,
    series,
    statements,
    trainings,
    transfers,
    triage,
    visits,
    webhooks,
    workspace,
)
from helpdesk.domain import papers as domain_papers
from helpdesk.domain.attachments import Upload
from helpdesk.domain.expert_persons import PersonFacts
from helpdesk.domain.honours import HonourFacts
from helpdesk.domain.queues import Filters
from helpdesk.domain.trainings import TrainingFacts
from helpdesk.models import (
    Act,
    ActLink,
    BulkAct,
    Case,
    ChannelKind,
    ComplaintAbout,
    ComplaintOutcome,
    IdentityKind,
    NominationState,
    PrintRunState,
    Scan,
    SeriesUnit,
    TableKind,
)
from helpdesk.rules.policy import ANYBODY
from helpdesk.rules.routing import Acts, Conditions
from tests import commending, tables
from tests.browser import NS, Page
from tests.bundles import imported
from tests.cast import LONGGANG, OTHER
from tests.make import Make

# What the tests' settings print on certificates; to the robot it is the same site.
PUBLIC_URL = "https://desk.example"

# One of each kind of reader.
PEOPLE = (None, "lin", "chen", "wang", "qian", "li", "zhou", "sun", "feng", "chu")


@dataclass(frozen=True)
class Known:
    """How to find a case again."""

    id: int
    number: str
    token: str
    code: str
    state: str


@dataclass
class Town:
    """What stands there, by name."""

    cases: dict[str, Known] = field(default_factory=dict)
    # Links in letters: to take a case or leave it, to own an address, to want no more.
    acts: list[str] = field(default_factory=list)
    # Links by which somebody joins a company.
    invitations: list[str] = field(default_factory=list)
    # Links to what somebody said against an award.
    objections: list[str] = field(default_factory=list)
    # Links to what a stranger complained of.
    complaints: list[str] = field(default_factory=list)

    def doors(self) -> list[str]:
        """Where somebody without an account may come in: the front, and the links we sent out."""
        found = ["/"]
        for name, case in self.cases.items():
            if name.startswith("draft"):
                found += [f"/drafts/{case.token}/{page}" for page in ("problem", "company", "contact", "check")]
            else:
                found.append(f"/t/{case.token}")
        return (
            found
            + [f"/act/{token}" for token in self.acts]
            + [
                *(f"/invitations/{t}" for t in self.invitations),
                *(f"/objections/{t}" for t in self.objections),
                *(f"/complaints/link/{t}" for t in self.complaints),
            ]
        )


def build(make: Make) -> Town:
    """A case in every state, each with another phone, and what waits for somebody's decision."""
    cast, made = make.cast, {}
    with clock.at(clock.now() - timedelta(days=9)):
        silent = make.case("answered", phone="13800000000", expert="qian")
        lost = make.case("accepted", phone="13800000001", expert="qian")
    for days in (5, 4, 3):
        with clock.at(clock.now() - timedelta(days=days)):
            consultation.log_attempt(lost, cast.qian, note="电话没有人接。", form_key=f"try-{days}")
    made |= {"silent": silent, "lost": lost}
    for who in (cast.wang, cast.zhou):
        canned_replies.write(who, None, title="约第一次电话", body="{称呼}，您好，我是{我}。")
    told = make.article(title_en="R&D expenses", body_en="Keep a sub-ledger for each project.")
    leaflet = attachments.Upload("清单.txt", "材料清单".encode())
    articles.attach(told, cast.wang, [leaflet], storage_from(current_app.config))
    make.article("专精特新怎么申报", "先看条件。", by="zhou")
    make.article("写了一半", "待补。", published=False)
    bulk.start(cast.wang, BulkAct.TRANSFER, [bulk.item_of(silent)], {"station_id": 0, "reason": "搬走了"})
    team = routing.write_team(cast.zhou, None, name="专精特新组", expert_ids=[cast.expert("chen").id])
    for name, word in (("申报", "申报"), ("合同", "合同")):
        conditions, acts = Conditions(keywords=(word,)), Acts(tags=(word,), team=team.id)
        routing.write(cast.zhou, None, name=name, conditions=conditions, acts=acts)
    for who, station_id in ((cast.wang, cast.station().id), (cast.zhou, None)):
        channels.write_channel(
            who, None, kind=ChannelKind.WECOM, name="工作群", key="k" * 32, secret="", station_id=station_id,
            topics=["arrivals"], locale="zh_Hans_CN", quiet_from=None, quiet_to=None, is_on=False,
        )  # fmt: skip
    tables.imported(cast.wang, "优秀志愿者")
    for who in (cast.wang, cast.zhou):
        tables.uploaded(who, TableKind.HONOURS, tables.honour_lines("五星志愿者") + "1,,,,,\n")
    webhooks.put(cast.zhou, None, url="https://hook.example/in", kinds=["case.closed"], is_on=False)
    workspace.save_view(cast.wang, name="南山的急件", filters=Filters(view="new", urgency="urgent"))
    phones = (f"1390000{n:04}" for n in range(100))

    def case(name: str, to: str, **more: object) -> Case:
        made[name] = make.case(to, phone=next(phones), **more)  # type: ignore[arg-type]
        return made[name]

    case("draft", "draft")
    for state in ("submitted", "triaged", "offered", "accepted", "consulting", "answered", "closed"):
        case(state, state)
    attach(made["consulting"], make)
    with_file = case("sent by an account", "consulting", sent_by=cast.lin)
    storage = storage_from(current_app.config)
    attachments.keep(with_file, make.link(with_file), "town", [attachments.Upload("合同.txt", b"1")], storage)
    attachments.bind(with_file, "town")
    waiting = case("waiting", "consulting")
    consultation.ask(waiting, cast.chen, question="去年研发费用占收入多少？", form_key="town-ask")
    rejected = case("rejected", "submitted")
    triage.reject(rejected, cast.wang, ground="already_petition_xinfang", reason="已经在信访程序里。")
    referred = case("referred", "submitted")
    triage.refer(referred, cast.wang, office="tax", reason="请税务局解释口径。")
    withdrawn = case("withdrawn", "triaged")
    closure.withdraw(withdrawn, make.link(withdrawn), reason="solved_elsewhere")
    merged = case("merged", "submitted")
    triage.merge(merged, cast.wang, into=made["triaged"])
    leaving = case("leaving", "triaged")
    transfers.request(leaving, cast.wang, to=cast.station(LONGGANG), reason="企业搬到了龙岗。")
    coming = case("coming", "triaged", company=OTHER)
    transfers.request(coming, cast.zhao, to=cast.station(), reason="厂房在南山。")
    declined = case("declined", "offered")
    assignment.decline(make.offer(declined), cast.chen, reason="no_time")
    reviewed = case("reviewed", "answered")
    closure.report_payment(reviewed, make.link(reviewed), note="收了车马费。")
    appealed = case("appealed", "submitted")
    triage.reject(appealed, cast.wang, ground="other_legal", reason="不在范围。")
    triage.appeal(appealed, make.link(appealed), reason="我们在范围里。")
    with clock.at(clock.now() - timedelta(days=8)):
        unheard = make.case("consulting", phone=next(phones), expert="qian")
        make.visit(unheard, by="qian", start=clock.now() - timedelta(hours=1))
    made["unheard"] = unheard
    qian = cast.account("qian")
    qian.email = "qian@desk.example"
    mailing.vouch(qian.email)
    for n in range(2):
        heard = case(f"told by letter {n}", "consulting", expert="qian", email="lin@southlight.example")
        consultation.reply(heard, make.link(heard), body="在吗？", form_key=f"town-mail-{n}")
    make.letter(made["consulting"], storage_from(current_app.config))
    case("asked by letter", "offered", expert="qian", email="lin@southlight.example")
    case("qian's own", "consulting", expert="qian")
    consultation.note(made["consulting"], cast.wang, body="@陈明远 下午三点前回他一句。", form_key="town-note")
    follows.follow(made["consulting"], cast.wang)
    invited = invitations.invite(cast.company(), cast.lin)
    case("of lin, closed", "closed", sent_by=cast.lin)
    series.begin(
        made["closed"], cast.wang, series.Plan(3, SeriesUnit.MONTH, clock.today(), "季度报税", "请帮着看报表。")
    )
    series.begin(
        made["consulting"], cast.wang, series.Plan(1, SeriesUnit.WEEK, clock.today(), "每周核对", "核对材料。")
    )
    series.make({"series_id": series.live_of(made["closed"]).id, "day": clock.today().isoformat()})
    series.end(series.live_of(made["consulting"]), cast.wang, reason="不用每周看了")
    series.begin(
        made["consulting"], cast.wang, series.Plan(2, SeriesUnit.WEEK, clock.today(), "双周核对", "核对材料。")
    )
    activities_of(make)
    record_terms.go_round()
    chen = cast.expert("chen")
    # Each of them: the robot looks at the first few experts only.
    for name in ("chen", "wu", "zheng", "qian"):
        lesson = TrainingFacts("上岗培训", "保密与回避", 120, "总队", clock.today())
        trainings.record(cast.expert(name), cast.zhou, lesson)
    honours.ask(chen, cast.chen, HonourFacts("优秀志愿者", clock.today(), "市义工联"))
    person = PersonFacts(residence="南山区", identity_kind=IdentityKind.PASSPORT, identity="E12345678")
    expert_persons.write(chen, cast.chen, person, consent=True, identity_consent=True, national_consent=True)
    wrong = trainings.of_expert(chen.id)[0]
    dossier_corrections.ask(wrong, cast.chen, says="其实是三小时。", form_key="town-dossier")
    proof = [attachments.Upload("证书.txt", "证书".encode())]
    attachments.keep(chen, cast.chen, "town-proof", proof, storage_from(current_app.config))
    dossier_corrections.add_proof(wrong, cast.chen, form_key="town-proof")
    other = cast.expert("wu")
    undone = dossier_corrections.ask(
        trainings.of_expert(other.id)[0], cast.wu, says="没有参加。", form_key="town-never"
    )
    dossier_corrections.grant(undone, cast.wang, facts=None, reason="签到表上没有")
    corrections.ask(visits.of(made["closed"])[0], cast.chen, says="少记了半小时。", form_key="town-wrong")
    erasures.ask_for_case(made["closed"], make.link(made["closed"]))
    complained = complain(make, made)
    certificates.reissue(certificates.of_case(made["closed"].id)[0], cast.zhou, reason="姓名写错了")
    # Papers that the robot may come to are drawn by the worker afterwards, but for one that already is.
    row = statements.draw_up(cast.chen, starts_on=clock.today(), ends_on=clock.today(), form_key="town")
    drawn = domain_papers.draw("statement", row.id, NullRenderer(), NullSigner(), storage_from(current_app.config))
    domain_papers.mark_drawn("statement", row.id, drawn)
    imported(cast, "chen")
    print_runs_of(make)
    objection = commend(make)
    return Town(
        {
            name: Known(c.id, c.number or "", c.tracking_token, c.tracking_code, c.status.value)
            for name, c in made.items()
        },
        [*_links_in_letters()],
        [invitations.token_of(invited)],
        [objection],
        [complained],
    )


def activities_of(make: Make) -> None:
    """One that waits, one given back, one verified with a correction that waits, one withdrawn."""
    cast, day = make.cast, clock.now() - timedelta(days=9)
    waiting = make.activity("wu", by="qian", end=day)
    attachments.keep(
        waiting, cast.qian, "town-held", [attachments.Upload("签到表.txt", "十八家".encode())],
        storage_from(current_app.config),
    )  # fmt: skip
    activities.add_files(waiting, cast.qian, form_key="town-held")
    activities.give_back(make.activity("wu", end=day - timedelta(days=1)), cast.qian, reason="少写了一位专家")
    activities.withdraw(make.activity("wu", end=day - timedelta(days=3)), cast.wang, reason="记重了")
    # The newest stands first in the list, where the robot looks.
    verified = make.activity("chen", "zheng", verified_by="li", end=day - timedelta(days=2))
    wrong = activities.settled(verified)[0]
    corrections.ask(wrong, cast.chen, says="讲了三小时，只记了两小时。", form_key="town-activity")


def complain(make: Make, made: dict[str, Case]) -> str:
    """By a company, an expert and a stranger; one answered, one taken further. The token of the stranger's."""
    cast, about = make.cast, ComplaintAbout
    complaints.make(
        make.link(made["closed"]), complaints.Said(about.SERVICE, "约好不来。"), form_key="town-c1", case=made["closed"]
    )
    said = complaints.make(cast.chen, complaints.Said(about.RECORD, "说了两回不改。"), form_key="town-c2")
    complaints.answer(said, cast.li, outcome=ComplaintOutcome.REFUSED, reason="记录与打卡一致。")
    more = complaints.make(cast.lin, complaints.Said(about.PAPER, "一直没有出。"), form_key="town-c3")
    complaints.look(more, cast.zhou)
    open_one = complaints.Said(about.COMMENDATION, "公示太短。", name="某", contact="13700000001")
    return complaints.make(ANYBODY, open_one, form_key="town-c4").token


def print_runs_of(make: Make) -> None:
    """One under way and one whose files are ready, of each who may print."""
    today = clock.today()
    for who, station_id in ((make.cast.wang, make.cast.station().id), (make.cast.zhou, None)):
        make.case("closed", phone=f"1391111000{station_id or 0}")
        for unprinted in (True, False):
            wish = print_runs.Wish(today, today, station_id, unprinted=unprinted)
            run = print_runs.start(wish, who, locale="zh_Hans_CN")
            if not unprinted:
                kept = print_runs.keep(storage_from(current_app.config), f"prints/{run.id}-a.zip", [b"PK"])
                run.zip_key = run.pdf_key = kept.key
                run.zip_bytes = run.pdf_bytes = kept.size
                run.position, run.state, run.finished_at = run.total, PrintRunState.READY, clock.now()
    db.session.flush()


def commend(make: Make) -> str:
    """One cycle finished last spring with an award, one in public notice with an objection, one that takes
    nominations, a new version of a rule. The token of the objection."""
    cast = make.cast
    with clock.at(clock.now() - timedelta(days=60)):
        old = commending.in_notice(make, make.cast.expert("chen").id, name="上一次")
    with clock.at(clock.now() - timedelta(days=58)):
        against = awards.object_(old, cast.chu, name="某", contact="13700000001", text="听说不是本人。", form_key="old")
        awards.decide(against, cast.zhou, upheld=False, reply="核对过，是本人。")
    with clock.at(clock.now() - timedelta(days=2)):
        awards.award(old, cast.zhou)
        cycles.finish(cast.zhou, old.cycle)
        running = commending.in_notice(make, make.cast.expert("wu").id, name="公示中的")
    said = awards.object_(running, cast.chu, name="某", contact="13700000000", text="没有来过。", form_key="town")
    taking = commending.open_cycle(make)
    nominations.nominate(cast.wang, taking, cast.expert("chen").id, reason="帮得好")
    with clock.at(clock.now() - timedelta(days=20)):
        stuck = commending.in_review(make, make.cast.expert("chen").id, name="评审中的")
    assert stuck.state is NominationState.DISTRICT, stuck.state
    return said.token


def _links_in_letters() -> Iterator[str]:
    """One of each kind that still does something, and one that has done it."""
    links = db.session.scalars(select(ActLink).order_by(ActLink.id)).all()
    done = next(link for link in links if link.act is Act.MUTE)
    mail_links.mute(mail_links.use(done).mail)
    yield f"{mail_links.link_token(done)}/done"
    for act in Act:
        yield mail_links.link_token(next(link for link in links if link.act is act and mail_links.is_open(link)))


@dataclass
class Found:
    """A page the robot came to."""

    url: str
    page: Page
    came_from: str


def endpoint_of(app: Flask, url: str) -> str:
    """The view an address leads to; empty when there is none."""
    try:
        rule, _ = app.url_map.bind("localhost").match(urlsplit(url).path, return_rule=True)
    except HTTPException:
        return ""
    return str(rule.endpoint)


def attach(case: Case, make: Make) -> None:
    """A picture, a text that no scanner could look at, one that is being looked at, and papers on a visit."""
    storage, cast = storage_from(current_app.config), make.cast
    link = make.link(case)
    sent = [papers.workshop(1), Upload("说明.txt", "现场说明".encode()), Upload("报价.csv", "单价,1".encode())]
    rows = attachments.keep(case, link, "town-files", sent, storage)
    rows[1].scan, rows[1].scanned_at = Scan.IMPOSSIBLE, clock.now()
    rows[2].scan = Scan.WAITING
    consultation.reply(case, link, body="照片和说明发您了。", form_key="town-files")
    attachments.keep(case, cast.chen, "town-visit", [papers.signed_sheet(1), papers.notice(1)], storage)
    attachments.bind(case, "town-visit", visit=make.visit(case))


def crawl(app: Flask, get: Callable[[str], Page], doors: list[str], *, most: int = 2) -> Iterator[Found]:
    """Every page that links and GET forms lead to, breadth first; at most so many of one view with the same kind of
    query, all of the cases and activities."""
    queue = [(door, "outside") for door in doors]
    seen, met = set(queue), Counter()
    while queue:
        url, came_from = queue.pop(0)
        kind = (endpoint_of(app, url), tuple(sorted(parse_qs(urlsplit(url).query))))
        met[kind] += 1
        if (
            met[kind] > most
            and came_from != "outside"
            and kind[0] not in ("cases.show", "tracking.show", "requests.show", "activities.show")
        ):
            continue
        page = get(url)
        yield Found(url, page, came_from)
        for link in links_of(page, url):
            if link not in seen:
                seen.add(link)
                queue.append((link, url))


def links_of(page: Page, url: str) -> list[str]:
    """Addresses on the same site that a page leads to: links, forms that ask, pieces that htmx fetches, redirects."""
    found = [page.location] if page.location else []
    if page.tree is not None:
        for element in page.tree.iter():
            if element.tag == NS + "a":
                found.append(element.get("href") or "")
            elif element.tag == NS + "form" and (element.get("method") or "get").lower() == "get":
                found.append(element.get("action") or "")
            found.append(element.get("hx-get") or "")
    whole = [urljoin(url, link.removeprefix(PUBLIC_URL)).partition("#")[0] for link in found if link]
    return [link for link in dict.fromkeys(whole) if link.startswith("/") and not link.startswith("/static/")]


def squeezed(data: bytes) -> int:
    """Bytes on the wire."""
    return len(gzip.compress(data, 6))
