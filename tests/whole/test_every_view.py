"""Every view says who may come in, and keeps to it: every route, every person, compared with the policy."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from flask import Flask, has_request_context
from sqlalchemy import select

from helpdesk import clock
from helpdesk.adapters.storage.chosen import storage_from
from helpdesk.db import db
from helpdesk.domain import (
    activities,
    articles,
    attachments,
    awards,
    bulk,
    canned_replies,
    certificates,
    channels,
    complaints,
    consultation,
    corrections,
    dossier_corrections,
    erasures,
    expert_persons,
    honours,
    invitations,
    keeping,
    letter_files,
    links,
    mail_links,
    nominations,
    print_runs,
    routing,
    series,
    statements,
    trainings,
    transfers,
    visits,
    webhooks,
    workspace,
)
from helpdesk.domain.expert_persons import PersonFacts
from helpdesk.domain.honours import HonourFacts
from helpdesk.domain.queues import Filters
from helpdesk.domain.trainings import TrainingFacts
from helpdesk.models import (
    Act,
    Award,
    BulkAct,
    ChannelKind,
    ComplaintAbout,
    CycleState,
    Grant,
    IdentityKind,
    LinkKind,
    Mail,
    MailKind,
    NominationState,
    PrintRunState,
    Publicity,
    Role,
    SeriesUnit,
)
from helpdesk.rules import policy
from helpdesk.rules.routing import Acts, Conditions
from tests import bundles as bundles_made
from tests import commending
from tests import tables as tables_made
from tests.cast import LOGINS, LONGGANG

OUTSIDE = {"static"}


def views(app: Flask) -> dict[str, Any]:
    return {name: view for name, view in app.view_functions.items() if name not in OUTSIDE}


def test_every_view_says_what_it_asks(app):
    silent = [name for name, view in views(app).items() if not getattr(view, "asks", None)]
    assert silent == []


def test_what_a_view_asks_is_a_right_of_the_table(app):
    unknown = {name: view.asks for name, view in views(app).items() if view.asks not in policy.ACTIONS}
    assert unknown == {}


def test_every_step_with_a_page_has_its_view(app):
    from helpdesk.rules import lifecycle

    pages = {row.page for row in lifecycle.STEPS if row.page}
    assert pages <= set(app.view_functions)


def test_addresses_are_typed_and_kebab_case(app):
    for rule in app.url_map.iter_rules():
        plain = re.sub(r"<[^>]+>", "", rule.rule)
        assert plain == plain.lower() or rule.rule.startswith("/V/"), rule.rule
        assert "_" not in plain, rule.rule


@pytest.fixture
def world(app, make, cast):
    """One object of each kind, all of Nanshan and Southlight, and the values that fill an address."""
    consulting = make.case("consulting", phone="13800000005")
    visit = make.visit(consulting)
    closed = make.case("closed", phone="13800000006")
    offered = make.case("offered", phone="13800000007", email="lin@southlight.example")
    leaving = make.case("triaged", phone="13800000008")
    transfers.request(leaving, cast.wang, to=cast.station(LONGGANG), reason="就近")
    draft = make.case("draft")
    claim = db.session.scalars(select(Grant).where(Grant.role == Role.MEMBER, Grant.confirmed_at.is_(None))).one()
    paper = certificates.of_case(closed.id)[0]
    canned = canned_replies.write(cast.wang, None, title="约电话", body="{称呼}您好。")
    run = bulk.start(cast.wang, BulkAct.MERGE, [bulk.item_of(consulting)], {"target": "SZ-26-00099"})
    link = links.link(consulting, cast.wang, other=offered, kind=LinkKind.PART)
    team = routing.write_team(cast.zhou, None, name="法律组", expert_ids=[cast.expert("chen").id])
    routed = routing.write(
        cast.zhou, None, name="起诉", conditions=Conditions(keywords=("起诉",)), acts=Acts(urgency="urgent")
    )
    view = workspace.save_view(cast.wang, name="南山的急件", filters=Filters(view="new"))
    attachments.keep(
        consulting, make.link(consulting), "k", [attachments.Upload("a.txt", "合同".encode())], storage_from(app.config)
    )
    attachments.bind(consulting, "k")
    paper_file = attachments.of_case(consulting, with_notes=True)[0]
    article = make.article()
    leaflet = [attachments.Upload("b.txt", "清单".encode())]
    articles.attach(article, cast.wang, leaflet, storage_from(app.config))
    letter = db.session.scalars(select(Mail).where(Mail.kind == MailKind.PROOF)).one()
    channel = channels.write_channel(
        cast.wang, None, kind=ChannelKind.WECOM, name="群", key="a" * 32, secret="", station_id=cast.station().id,
        topics=["limits"], locale="en", quiet_from=None, quiet_to=None, is_on=True,
    )  # fmt: skip
    webhook = webhooks.put(cast.zhou, None, url="https://hook.example/", kinds=["case.closed"], is_on=True)
    wish = print_runs.Wish(first=clock.today(), last=clock.today(), station_id=cast.station().id)
    printed = print_runs.start(wish, cast.wang, locale="en")
    act = mail_links.link_token(mail_links.links_of(letter)[Act.STOP])
    incoming_letter = make.letter(consulting, storage_from(app.config))
    invited = invitations.invite(cast.company(), cast.lin)
    consultation.note(consulting, cast.wang, body="@陈明远 请看一下。", form_key="note")
    member = db.session.scalars(select(Grant).where(Grant.account_id == cast.account("he").id)).one()
    correction = corrections.ask(visits.of(closed)[0], cast.chen, says="少记了。", form_key="wrong")
    complained = complaints.make(
        make.link(consulting), complaints.Said(ComplaintAbout.SERVICE, "约好不来。"), form_key="c", case=consulting
    )
    complained.account_id = cast.account("lin").id
    wish = erasures.ask_for_case(closed, make.link(closed))
    chen = cast.expert("chen")
    training = trainings.record(chen, cast.wang, TrainingFacts("上岗培训", "保密", 60, "总队", clock.today()))
    honour = honours.ask(chen, cast.chen, HonourFacts("优秀", clock.today(), "市里"))
    dossier_correction = dossier_corrections.ask(training, cast.chen, says="时长不对。", form_key="dossier")
    proof = [attachments.Upload("证书.txt", "证书".encode())]
    attachments.keep(chen, cast.chen, "proof", proof, storage_from(app.config))
    dossier_corrections.add_proof(honour, cast.chen, form_key="proof")
    person = PersonFacts(identity_kind=IdentityKind.PASSPORT, identity="E12345678")
    expert_persons.write(chen, cast.chen, person, consent=True, identity_consent=True)
    nominated = commending.open_cycle(make)
    nomination = nominations.nominate(cast.wang, nominated, cast.expert("chen").id, reason="帮得好")
    nomination.state, nominated.state, nominated.frozen_at = NominationState.NOTICE, CycleState.REVIEW, clock.now()
    nomination.publicity, nomination.noticed_from, nomination.noticed_until = (
        Publicity.FULL,
        clock.today(),
        clock.today(),
    )
    objection = awards.object_(nomination, cast.chu, name="某", contact="1", text="不服", form_key="o")
    given = Award(
        nomination_id=nomination.id, scheme_id=nominated.scheme_id, level=1, awarded_on=clock.today(),
        issued_at=clock.now(), awarded_by="周总", reason="", number="WQR-2026-0000001", code="A",
        facts=awards._facts(nomination), pdf_key=paper.pdf_key, rendered_at=paper.rendered_at,
    )  # fmt: skip
    db.session.add(given)
    activity = make.activity("chen")
    signed_in = [attachments.Upload("签到表.txt", "三十一家".encode())]
    attachments.keep(activity, cast.wang, "held", signed_in, storage_from(app.config))
    activities.add_files(activity, cast.wang, form_key="held")
    again = series.begin(
        consulting, cast.wang, series.Plan(3, SeriesUnit.MONTH, clock.today(), "季度回访", "看看报税。")
    )
    db.session.commit()
    return {
        "series": again,
        "activity": activity,
        "activity_file": attachments.of_activity(activity)[0],
        "term": keeping.set_term(cast.zhou, months=36, from_on=clock.today(), reason="市里规定"),
        "training": training,
        "award": given,
        "honour": honour,
        "correction": correction,
        "complaint": complained,
        "dossier_correction": dossier_correction,
        "proof": attachments.of_dossier(chen)[0],
        "nomination": nomination,
        "cycle": nominated,
        "objection": objection,
        "company": cast.company(),
        "invitation": invited,
        "erasure": wish,
        "invitation_token": invitations.token_of(invited),
        "member": member,
        "case": consulting,
        "visit": visit,
        "offer": make.offer(offered),
        "certificate": paper,
        "statement": statements.draw_up(
            cast.chen, starts_on=date(2026, 1, 1), ends_on=date(2026, 11, 18), form_key="s"
        ),
        "import": bundles_made.imported(cast, "chen"),
        "expert": cast.expert("chen"),
        **tables_made.both(cast),
        "claim": claim,
        "account": cast.account("lin"),
        "reply": canned,
        "run": run,
        "view": view,
        "link": link,
        "station": cast.station(),
        "rule": routed,
        "team": team,
        "mail": letter,
        "channel": channel,
        "webhook": webhook,
        "act": act,
        "article": article,
        "article_file": articles.files_of(article)[0],
        "file": paper_file,
        "incoming": incoming_letter,
        "letter_token": letter_files.look(incoming_letter, 0, storage_from(app.config), None).token,
        "print_run": printed,
        "print_token": print_token(app, cast, printed),
        "file_token": attachments.link_token(paper_file),
        "draft": draft,
        "leaving": leaving,
    }


def print_token(app, cast, run):
    """A link to a file of a run that is ready; the run itself is left as it was."""
    again = print_runs.start(print_runs.Wish(first=clock.today(), last=clock.today()), cast.zhou, locale="en")
    kept = print_runs.keep(storage_from(app.config), "prints/1-a.zip", [b"PK"])
    again.state, again.finished_at = PrintRunState.READY, clock.now()
    again.zip_key = again.pdf_key = kept.key
    again.zip_bytes = again.pdf_bytes = kept.size
    db.session.commit()
    return print_runs.link_token(again, "zip")


def filled(rule: Any, world: dict[str, Any]) -> tuple[str, Any] | None:
    """The address with the world's values, and the object it speaks of (None for a page)."""
    case = world["case"]
    if "draft" in rule.endpoint:
        case = world["draft"]
    # Addresses whose token is their own authority: they speak of no object.
    signed = {"acts": "act", "files": "file_token", "invitations": "invitation_token", "print_files": "print_token"}
    own_token = "letter_token" if rule.endpoint == "files.of_letter" else signed.get(rule.endpoint.split(".")[0])
    values = {
        "token": world[own_token] if own_token else case.tracking_token,
        "training_id": world["training"].id,
        "honour_id": world["honour"].id,
        "correction_id": world["correction"].id,
        "activity_id": world["activity"].id,
        "attendance_id": activities.of(world["activity"])[0].id,
        "complaint_id": world["complaint"].id,
        "dossier_correction_id": world["dossier_correction"].id,
        "dossier_kind": "trainings",
        "row_id": world["training"].id,
        "complaint_token": world["complaint"].token,
        "company_id": world["company"].id,
        "invitation_id": world["invitation"].id,
        "member_id": world["member"].id,
        "term_id": world["term"].id,
        "erasure_id": world["erasure"].id,
        "attachment_id": world["file"].id,
        "article_id": world["article"].id,
        "version_number": 1,
        "mail_id": world["mail"].id,
        "incoming_id": world["incoming"].id,
        "place": 0,
        "channel_id": world["channel"].id,
        "webhook_id": world["webhook"].id,
        "print_run_id": world["print_run"].id,
        "kind": "csv" if rule.endpoint.startswith(("monthly", "exports")) else "zip",
        "what": "hours",
        "month": "2026-11",
        "visit_id": world["visit"].id,
        "offer_id": world["offer"].id,
        "expert_id": world["expert"].id,
        "claim_id": world["claim"].id,
        "account_id": world["account"].id,
        "reply_id": world["reply"].id,
        "run_id": world["run"].id,
        "view_id": world["view"].id,
        "series_id": world["series"].id,
        "link_id": world["link"].id,
        "station_id": world["station"].id,
        "rule_id": world["rule"].id,
        "team_id": world["team"].id,
        "nomination_id": world["nomination"].id,
        "cycle_id": world["cycle"].id,
        "scheme_id": world["cycle"].scheme_id,
        "objection_id": world["objection"].id,
        "objection_token": world["objection"].token,
        "code": world["certificate"].code,
        "name": "problem" if "draft" in rule.endpoint else "about",
        "sheet_name": "public",
        "purpose": "referral",
        "file_kind": "csv",
        "import_id": world["import"].id,
        "table_name": "experts",
        "upload_id": world["upload"].id,
        "batch_id": world["batch"].id,
    }
    if "article_id" in rule.arguments:
        values["attachment_id"] = world["article_file"].id
    if "expert_id" in rule.arguments:
        values["attachment_id"] = world["proof"].id
    if "activity_id" in rule.arguments:
        values["attachment_id"] = world["activity_file"].id
    is_paper = rule.rule.startswith("/certificates")
    values["number"] = world["certificate"].number if is_paper else case.number
    papers_of = {"/statements": "statement", "/awards": "award"}
    other_paper = next((world[kind] for start, kind in papers_of.items() if rule.rule.startswith(start)), None)
    if other_paper is not None:
        values["number"] = other_paper.number
    thing: Any = None
    for name, kind in (
        ("offer_id", "offer"),
        ("expert_id", "expert"),
        ("claim_id", "claim"),
        ("account_id", "account"),
        ("reply_id", "reply"),
        ("run_id", "run"),
        ("view_id", "view"),
        ("station_id", "station"),
        ("mail_id", "mail"),
        ("incoming_id", "incoming"),
        ("channel_id", "channel"),
        ("article_id", "article"),
        ("company_id", "company"),
        ("invitation_id", "invitation"),
        ("member_id", "member"),
        ("correction_id", "correction"),
        ("activity_id", "activity"),
        ("complaint_id", "complaint"),
        ("dossier_correction_id", "dossier_correction"),
        ("erasure_id", "erasure"),
        ("honour_id", "honour"),
        ("print_run_id", "print_run"),
        ("nomination_id", "nomination"),
        ("series_id", "series"),
        ("upload_id", "upload"),
        ("batch_id", "batch"),
    ):
        if name in rule.arguments:
            thing = world[kind]
    if rule.arguments == {"attachment_id"}:
        thing = world["proof" if rule.rule.startswith("/proofs") else "file"]
        values["attachment_id"] = thing.id
    if "complaint_id" in rule.arguments and ("number" in rule.arguments or "token" in rule.arguments):
        thing = case  # the company's door asks about its case
    if rule.endpoint.startswith("honour_roll."):
        thing = None  # a notice is everybody's page
    if thing is None and not own_token and ("number" in rule.arguments or "token" in rule.arguments):
        thing = world["certificate"] if is_paper else case
    if other_paper is not None:
        thing = other_paper
    path = rule.rule
    for name in rule.arguments:
        if name not in values:
            return None
        path = re.sub(rf"<(?:[^<>]*:)?{name}>", str(values[name]), path)
    return path, thing


def expected(view: Any, who: policy.Who, thing: Any) -> bool:
    """Whether the policy lets this person in."""
    if thing is None:
        return policy.can(who, view.asks)
    return policy.can(who, view.asks, thing)


IN = {200, 204, 303, 409, 422, 429}


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_every_route_with_every_person(app, browser, world, method, monkeypatch):
    """In where the policy says so, out (sign-in, 403 or 404) where it does not. Nothing is kept: commits roll back."""
    app.config["WTF_CSRF_ENABLED"] = False
    real = db.session.commit
    monkeypatch.setattr(db.session, "commit", lambda: db.session.rollback() if has_request_context() else real())
    wrong = []
    for rule in sorted(app.url_map.iter_rules(), key=lambda r: r.rule):
        if rule.endpoint in OUTSIDE or method not in (rule.methods or ()):
            continue
        browser.clients.clear()  # one of the addresses is the way out
        place = filled(rule, world)
        assert place is not None, f"the test cannot fill {rule.rule}: teach it"
        path, thing = place
        view = app.view_functions[rule.endpoint]
        for login in (None, *LOGINS):
            who = policy.who_is(browser.cast.account(login)) if login else policy.ANYBODY
            if "token" in rule.arguments and thing is not None:
                who = who.with_link(thing.id, "")
            lets_in = expected(view, who, thing)
            response = browser.open(path, login, method=method, data={} if method == "POST" else None)
            went_to_login = response.status_code == 303 and "/login" in response.headers.get("Location", "")
            came_in = response.status_code in IN and not went_to_login
            if came_in != lets_in and not (lets_in and response.status_code == 404 and "pdf" in path):
                wrong.append(f"{method} {path} ({view.asks}) as {login}: {response.status_code}, policy {lets_in}")
            assert response.status_code < 500, f"{method} {path} as {login}: {response.status_code}"
    assert wrong == [], "\n".join(wrong[:30])


def test_a_guessed_address_of_another_companys_case_is_not_found(app, browser, world):
    number = world["case"].number
    for login in ("bai", "zhao", "wu", "feng", "chu"):
        browser.get(f"/cases/{number}", as_=login, expect=404)
    browser.get(f"/me/requests/{number}", as_="bai", expect=404)
    browser.get("/t/not-a-token", expect=404)
    browser.get("/cases/SZ-26-99999", as_="wang", expect=404)


def test_a_visit_of_another_case_is_not_found(app, browser, world, make):
    db.session.rollback()
    visit = db.session.merge(world["visit"], load=True)
    assert visits.of(db.session.merge(world["leaving"])) == []
    browser.get(f"/cases/{world['leaving'].number}/visits/{visit.id}/verification", as_="wang", expect=404)
