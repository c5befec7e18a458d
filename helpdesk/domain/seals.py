"""What lies sealed in the database, sealed anew when the site's key was changed."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm.attributes import flag_modified

from helpdesk.db import db
from helpdesk.domain.expert_persons import IDENTITY
from helpdesk.models import ExpertPerson, NewsChannel, Webhook
from helpdesk.seal import SealBroken, cipher


def reseal() -> int:
    """Seal every robot's and webhook's key and every identity number with the present SECRET_KEY.

    Returns how many seals were made. Those that no key opens stay as they are.
    """
    return _keys() + _identities()


def _keys() -> int:
    done = 0
    for row in [*db.session.scalars(select(Webhook)), *db.session.scalars(select(NewsChannel))]:
        for name in ("key", "secret"):
            if getattr(row, name, None):
                flag_modified(row, name)
                done += 1
    db.session.flush()
    return done


def _identities() -> int:
    done = 0
    for row in db.session.scalars(select(ExpertPerson).where(ExpertPerson.identity_sealed.is_not(None))):
        assert row.identity_sealed is not None
        try:
            row.identity_sealed = cipher(IDENTITY).again(row.identity_sealed)
        except SealBroken:
            continue
        done += 1
    db.session.flush()
    return done
