"""Take the pictures of docs/pictures from the database that the settings name: a phone and a desk, light and dark.

Called by script/screenshots, which makes that database. Arguments are names of pictures; none means all.
"""

from __future__ import annotations

import io
import os
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright
from sqlalchemy import func, select
from werkzeug.serving import WSGIRequestHandler, make_server

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from helpdesk import create_app  # noqa: E402
from helpdesk.db import begin, db  # noqa: E402
from helpdesk.jobs import registry  # noqa: E402
from helpdesk.models import (  # noqa: E402
    Account,
    Case,
    Certificate,
    Grant,
    HoursEntry,
    Message,
    Offer,
    OfferStatus,
    Role,
    Status,
    Visit,
    VisitStatus,
)

FOLDER = ROOT / "docs" / "pictures"
LARGEST = 250_000
SIZES = {390: 844, 1440: 900}
QUESTION = "我们做智能门锁，第一次接德国订单，客户要 CE 证书，还要求账期 60 天。先办哪样？出口信用保险要不要买？"
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


@dataclass(frozen=True)
class Scene:
    """The people and things of the demo city that have most to show."""

    coordinator: Account
    expert: Account
    operator: Account
    offer_id: int
    case: Case
    answered: Case
    received: Case
    paper: Certificate


@dataclass(frozen=True)
class Shot:
    """One picture: its name says page, width and theme. `who` and the holes of `address` are parts of the scene."""

    page: str
    who: str
    address: str
    width: int
    dark: bool

    @property
    def name(self) -> str:
        return f"{self.page}-{self.width}{'-dark' if self.dark else ''}"


# page, who looks, address, widths (d: in the dark); in the order of the walk
PAGES = (
    ("home", "", "/", "390 1440 1440d"),
    ("request", "", "/requests/new", "390 390d"),
    ("receipt", "", "/t/{received.tracking_token}/receipt", "390"),
    ("tracking", "", "/t/{case.tracking_token}", "390 1440"),
    ("confirmation", "", "/t/{answered.tracking_token}/confirmation?score=5", "390 390d"),
    ("inbox", "expert", "/inbox", "390 1440"),
    ("offer", "expert", "/offers/{offer_id}", "390 390d"),
    ("case", "expert", "/cases/{case.number}", "390 1440 1440d"),
    ("queue", "coordinator", "/queue", "390 1440 1440d"),
    ("overview", "operator", "/overview", "390 1440 1440d"),
    ("hours", "expert", "/me/hours", "390 1440"),
    ("certificate", "expert", "/certificates/{paper.number}", "1440 1440d"),
    ("verify", "", "/v/{paper.code}", "390 1440"),
)


def shots() -> Iterator[Shot]:
    """Every picture."""
    for page, who, address, looks in PAGES:
        for look in looks.split():
            yield Shot(page, who, address, int(look.rstrip("d")), look.endswith("d"))


def find_scene() -> Scene:
    """Choose who and what to show: whoever has most to do, whatever has most to read."""
    one = db.session.scalars
    coordinator = _account_with(Role.COORDINATOR, select(func.count()).where(
        Case.station_id == Grant.station_id, Case.status.in_((Status.SUBMITTED, Status.TRIAGED))))  # fmt: skip
    hours = select(func.coalesce(func.sum(HoursEntry.minutes), 0)).where(HoursEntry.expert_id == Grant.expert_id)
    waiting = select(Offer.id).where(Offer.expert_id == Grant.expert_id, Offer.status == OfferStatus.PENDING)
    busy = select(Case.id).where(Case.expert_id == Grant.expert_id, Case.status == Status.CONSULTING)
    paper = select(Certificate.id).where(Certificate.expert_id == Grant.expert_id)
    expert = _account_with(Role.EXPERT, hours, waiting.exists(), busy.exists(), paper.exists())
    expert_id = next(g.expert_id for g in expert.grants if g.role is Role.EXPERT)
    told = select(func.count()).where(Message.case_id == Case.id)
    seen = select(func.count()).where(Visit.case_id == Case.id)
    undecided = select(Visit.id).where(Visit.case_id == Case.id, Visit.status == VisitStatus.LOGGED)
    length = told.scalar_subquery() + 2 * seen.scalar_subquery()
    found = Scene(
        coordinator=coordinator,
        expert=expert,
        operator=_account_with(Role.OPERATOR, select(Grant.id)),
        offer_id=one(
            select(Offer.id).where(Offer.expert_id == expert_id, Offer.status == OfferStatus.PENDING)
        ).first() or 0,
        case=_best(Case.expert_id == expert_id, Case.status == Status.CONSULTING, by=length),
        answered=_best(Case.status == Status.ANSWERED, undecided.exists(), by=length),
        received=_best(Case.status == Status.SUBMITTED, by=Case.id),
        paper=one(
            select(Certificate).where(Certificate.expert_id == expert_id).order_by(Certificate.minutes.desc())
        ).first(),
    )  # fmt: skip
    _draw(found.paper)
    return found


def _account_with(role: Role, most: Any, *where: Any) -> Account:
    """The account in this role of whom there is most; the last conditions are wishes, dropped when nobody has all."""
    for wishes in (where, ()):
        query = select(Account).join(Grant, Grant.account_id == Account.id).where(Grant.role == role, *wishes)
        account = db.session.scalars(query.order_by(most.scalar_subquery().desc(), Account.id).limit(1)).first()
        if account is not None:
            return account
    raise SystemExit(f"the database has no {role.value}: fill it with `flask demo`")


def _best(*where: Any, by: Any) -> Case:
    case = db.session.scalars(select(Case).where(*where).order_by(by.desc()).limit(1)).first()
    if case is None:
        raise SystemExit("the database has too few cases: fill it with `flask demo`")
    return case


def _draw(paper: Certificate) -> None:
    """Let the one certificate that is shown have its PDF; the worker would draw all of them."""
    from flask import current_app

    job = registry.JOBS["certificates.render"]
    payload = {"certificate_id": paper.id}
    drawn = job.prepare(registry.outside_from(current_app.config), payload)
    db.session.rollback()
    begin(read_only=False)
    job.finish(payload, drawn)
    db.session.commit()


class Quiet(WSGIRequestHandler):
    """Prints nothing."""

    def log(self, type: str, message: str, *args: Any) -> None:
        pass


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """The application at an address of its own."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def cookie_of(app: Flask, account: Account, address: str) -> dict[str, Any]:
    """The cookie of somebody who has just signed in."""
    client = app.test_client()
    with client.session_transaction() as session:
        session["_user_id"], session["_fresh"] = f"{account.id}.{account.session_epoch}", True
    name = app.config["SESSION_COOKIE_NAME"]
    cookie = client.get_cookie(name)
    assert cookie is not None
    return {"name": name, "value": cookie.value, "url": address}


def take(chromium: Browser, app: Flask, address: str, shot: Shot, scene: Scene) -> int:
    """One picture; returns its size in bytes."""
    context = chromium.new_context(
        viewport={"width": shot.width, "height": SIZES[shot.width]},
        device_scale_factor=2 if shot.width < 700 else 1,
        color_scheme="dark" if shot.dark else "light",
        reduced_motion="reduce",
        locale="zh-CN",
        has_touch=shot.width < 700,
        is_mobile=shot.width < 700,
    )
    if shot.who:
        account = getattr(scene, shot.who)
        context.add_cookies([cookie_of(app, account, address)])  # type: ignore[list-item]
    page = context.new_page()
    _go(page, address, shot.address.format(**vars(scene)))
    size = _save(page.screenshot(), FOLDER / f"{shot.name}.png")
    context.close()
    return size


def _go(page: Page, address: str, path: str) -> None:
    answer = page.goto(address + path)
    if answer is None or answer.status != 200:
        raise SystemExit(f"{path}: {answer.status if answer else 'no answer'}")
    if path == "/requests/new":
        page.locator("main textarea").first.fill(QUESTION)
        page.wait_for_timeout(1500)  # suggestions come after 800 ms of silence
        page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    page.wait_for_load_state("networkidle")


def _save(data: bytes, path: Path) -> int:
    """At most 256 colours when the picture is heavy: flat pages lose nothing one can see."""
    if len(data) > LARGEST // 3:
        image = Image.open(io.BytesIO(data)).convert("RGB").quantize(256, dither=Image.Dither.NONE)
        out = io.BytesIO()
        image.save(out, "PNG", optimize=True)
        data = min(data, out.getvalue(), key=len)
    if len(data) > LARGEST:
        raise SystemExit(f"{path.name} has {len(data)} bytes, more than {LARGEST}")
    path.write_bytes(data)
    return len(data)


def main(wanted: list[str]) -> None:
    """All pictures, or the ones named."""
    chosen = [shot for shot in shots() if not wanted or shot.name in wanted]
    if not chosen:
        raise SystemExit(f"no such picture; there are: {' '.join(shot.name for shot in shots())}")
    FOLDER.mkdir(parents=True, exist_ok=True)
    app = create_app()
    with app.app_context():
        scene = find_scene()
        db.session.rollback()
        with served(app) as address, sync_playwright() as playwright:
            binary = os.environ.get("CHROMIUM") or shutil.which("chromium")
            chromium = playwright.chromium.launch(executable_path=binary, args=FLAGS)
            total = 0
            for shot in chosen:
                size = take(chromium, app, address, shot, scene)
                total += size
                print(f"{shot.name:28}{size // 1000:5} kB")
            chromium.close()
    print(f"{len(chosen)} pictures, {total // 1000} kB, in {FOLDER.relative_to(ROOT)}")


if __name__ == "__main__":
    main(sys.argv[1:])
