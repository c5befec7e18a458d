"""Accounts: signing in, claiming a company, granting parts."""

from __future__ import annotations

import math
from datetime import timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import case as when
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from helpdesk import clock
from helpdesk.db import db
from helpdesk.errors import NotAllowed, NotFound, Refused, TooMany
from helpdesk.models import Account, Case, Company, CompanyPart, Grant, Role, Throttle
from helpdesk.rules import identifiers, policy
from helpdesk.rules.policy import Who

# OWASP's second choice for argon2id: 19 MiB, two passes, one lane: strong, and 40 ms on a small machine.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Verified against when no such account exists, so that the answer takes as long (no user enumeration).
_NOBODY = _hasher.hash("nobody has this password")

SHORTEST_PASSWORD, LONGEST_PASSWORD = 10, 200
TRIES, WINDOW = 5, timedelta(minutes=10)


def hash_password(password: str) -> str:
    """The argon2id hash of a password. Raises Refused for one too short or absurdly long."""
    if len(password) < SHORTEST_PASSWORD:
        raise Refused("password_too_short", field="password", least=SHORTEST_PASSWORD)
    if len(password) > LONGEST_PASSWORD:
        raise Refused("password_too_long", field="password", most=LONGEST_PASSWORD)
    return _hasher.hash(password)


def check_tries(*keys: str, limit: int = TRIES) -> None:
    """Raise TooMany with the minutes left when one of the keys was tried too often in its window."""
    for key in keys:
        row = db.session.get(Throttle, key)
        if row is not None and row.tries >= limit and row.window_ends_at > clock.now():
            raise TooMany(max(1, math.ceil((row.window_ends_at - clock.now()).total_seconds() / 60)))


def count_try(*keys: str, window: timedelta = WINDOW) -> None:
    """Count one more try for each key. Call inside a transaction that is committed, also when the try failed."""
    moment = clock.now()
    insert = pg_insert if db.engine.dialect.name == "postgresql" else sqlite_insert
    for key in keys:
        fresh = insert(Throttle).values(key=key[:160], tries=1, window_ends_at=moment + window)
        over = Throttle.window_ends_at <= moment
        db.session.execute(
            fresh.on_conflict_do_update(
                index_elements=[Throttle.key],
                set_={
                    "tries": when((over, 1), else_=Throttle.tries + 1),
                    "window_ends_at": when((over, moment + window), else_=Throttle.window_ends_at),
                },
            ).execution_options(populate_existing=True)
        )
        known = db.session.get(Throttle, key[:160], populate_existing=True)
        assert known is not None


def sign_in(login: str, password: str, *, address: str) -> Account | None:
    """The account, or None: one answer and one duration for a wrong name and a wrong password.

    Tries are counted per login and per address in the database, so every process sees them. Raises TooMany.
    """
    name = login.strip().lower()[:120]
    login_key, address_key = f"login:{name}", f"login-from:{address}"
    check_tries(login_key)
    check_tries(address_key, limit=TRIES * 6)
    account = db.session.scalar(select(Account).where(Account.login == name))
    good = _matches(account.password_hash if account else _NOBODY, password)
    if account is None or not good or not account.is_active:
        count_try(login_key, address_key)
        return None
    forget_tries(login_key)
    account.last_seen_at = clock.now()
    return account


def _matches(hashed: str, password: str) -> bool:
    try:
        return _hasher.verify(hashed, password[:LONGEST_PASSWORD])
    except (VerificationError, InvalidHashError):
        return False


def forget_tries(key: str) -> None:
    """A success wipes the slate of this key."""
    row = db.session.get(Throttle, key)
    if row is not None:
        db.session.delete(row)


def create(*, login: str, name: str, password: str, phone: str | None = None, email: str | None = None) -> Account:
    """A new account without any part. Raises Refused for a login that is taken or empty."""
    cleaned = login.strip().lower()
    if not cleaned or len(cleaned) > 120:
        raise Refused("login_missing", field="login")
    if not name.strip():
        raise Refused("name_missing", field="name")
    if db.session.scalar(select(Account.id).where(Account.login == cleaned)):
        raise Refused("login_taken", field="login")
    account = Account(
        login=cleaned,
        name=name.strip()[:80],
        phone=phone,
        email=email,
        password_hash=hash_password(password),
        created_at=clock.now(),
    )
    db.session.add(account)
    db.session.flush()
    return account


def grant(
    account: Account,
    role: Role,
    *,
    company_id: int | None = None,
    expert_id: int | None = None,
    station_id: int | None = None,
    district: str | None = None,
    company_part: CompanyPart = CompanyPart.HANDLER,
    confirmed: bool = True,
) -> Grant:
    """Give an account a part; the same part twice is one. `company_part` counts for a member."""
    found = next(
        (
            g
            for g in account.grants
            if (g.role, g.company_id, g.expert_id, g.station_id, g.district)
            == (role, company_id, expert_id, station_id, district)
            and g.ended_at is None
        ),
        None,
    )
    if found is None:
        found = Grant(
            role=role,
            company_id=company_id,
            company_part=company_part if role is Role.MEMBER else None,
            expert_id=expert_id,
            station_id=station_id,
            district=district,
            granted_at=clock.now(),
            confirmed_at=clock.now() if confirmed else None,
        )
        account.grants.append(found)
        db.session.flush()
    return found


def end_grant(row: Grant) -> None:
    """Take a part away; what was done with it stays done."""
    if row.ended_at is None:
        row.ended_at = clock.now()
        row.account.session_epoch += 1
        db.session.flush()


def set_active(account: Account, by: Who, *, active: bool) -> None:
    """Switch an account off or on. Off, its sessions end at once and its parts give nothing."""
    policy.require(by, "account.manage", account)
    if account.id == by.account_id:
        raise Refused("own_account")
    account.is_active = active
    account.session_epoch += 1
    db.session.flush()


def set_password(account: Account, by: Who, *, password: str) -> None:
    """A new password by the administrator; every session of the account ends."""
    policy.require(by, "account.manage", account)
    account.password_hash = hash_password(password)
    account.session_epoch += 1
    db.session.flush()


def claim(case: Case, by: Who, *, login: str, name: str, password: str) -> Account:
    """Whoever holds a case's tracking link opens an account with it.

    The account sees this case at once. The company's other cases only after a station has confirmed that the
    person works there: a credit code is public, so knowing one proves nothing.
    """
    policy.require(by, "case.claim", case)
    if case.contact_account_id is not None:
        raise Refused("already_claimed")
    phone = case.contact_phone
    account = create(login=login or phone, name=name, password=password, phone=phone, email=case.contact_email)
    attach(case, account)
    return account


def adopt(case: Case, by: Who, account: Account) -> None:
    """Whoever holds a case's tracking link and has an account already takes the case into it. As with a new account,
    the company's other cases wait for the station's yes, unless this person is a member anyway."""
    policy.require(by, "case.claim", case)
    if case.contact_account_id not in (None, account.id):
        raise Refused("already_claimed")
    attach(case, account)


def attach(case: Case, account: Account) -> None:
    """Connect a case to an account as its contact, and note the unconfirmed claim to the company."""
    case.contact_account_id = account.id
    if case.company_id is not None:
        grant(account, Role.MEMBER, company_id=case.company_id, confirmed=False)
    db.session.flush()


def decide_claim(row: Grant, by: Who, *, granted: bool) -> None:
    """A coordinator has looked at the licence: the person works there, or not."""
    policy.require(by, "claim.decide", row)
    if row.confirmed_at is not None or row.ended_at is not None:
        raise Refused("claim_decided")
    if granted:
        row.confirmed_at = clock.now()
        db.session.flush()
    else:
        end_grant(row)


def pending_claims(by: Who) -> list[Grant]:
    """Claims that wait for a decision of this person, oldest first."""
    return list(
        db.session.scalars(
            select(Grant)
            .where(Grant.confirmed_at.is_(None), Grant.ended_at.is_(None), policy.which(by, "claim.decide"))
            .order_by(Grant.granted_at)
            .limit(200)
        )
    )


def by_id(account_id: int) -> Account:
    """The account. Raises NotFound."""
    account = db.session.get(Account, account_id)
    if account is None:
        raise NotFound("account")
    return account


def default_login(case: Case) -> str:
    """What the claim form offers as login: the phone number the request came from."""
    return identifiers.tidy_phone(case.contact_phone)


def companies_of(rows: list[Grant]) -> list[Company]:
    """The companies that these parts name, in one query."""
    return list(db.session.scalars(select(Company).where(Company.id.in_({row.company_id for row in rows}))))


# What an administrator may give: the part, and which unit it names.
GIVABLE = (Role.COORDINATOR, Role.DISTRICT, Role.OPERATOR, Role.OVERSEER, Role.ADMIN)


def create_with_part(by: Who, *, login: str, name: str, password: str, part: str) -> Account:
    """A new account with one part, written as `role` or `role:unit`. Raises Refused for a part that is none."""
    if not policy.can(by, "accounts.list"):
        raise NotAllowed("account.manage")
    word, _, unit = part.partition(":")
    role = next((r for r in GIVABLE if r.value == word), None)
    if role is None:
        raise Refused("part_missing", field="part")
    account = create(login=login, name=name, password=password)
    if role is Role.COORDINATOR:
        grant(account, role, station_id=_whole(unit))
    elif role is Role.DISTRICT:
        grant(account, role, district=unit)
    else:
        grant(account, role)
    return account


def _whole(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise Refused("part_missing", field="part")
    return int(text)
