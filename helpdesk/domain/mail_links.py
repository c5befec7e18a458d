"""Links in letters that act: signed, for a time, used once, in the name of whoever the letter was written to."""

from __future__ import annotations

import hashlib

from itsdangerous import BadData, URLSafeSerializer
from sqlalchemy import select, update

from helpdesk import clock, config
from helpdesk.db import db
from helpdesk.domain import mailing
from helpdesk.errors import NotFound, Refused
from helpdesk.models import Act, ActLink, Mail
from helpdesk.rules import policy
from helpdesk.rules.mailing import How
from helpdesk.rules.policy import Who


def link_token(link: ActLink) -> str:
    """The address part of a link: signed, so that nobody can guess or count up to another's."""
    return _serializer().dumps(link.id)


def link_of(token: str) -> ActLink:
    """The link of an address. Raises NotFound for anything we did not sign."""
    try:
        number = _serializer().loads(token)
    except BadData:
        raise NotFound("link") from None
    link = db.session.get(ActLink, number) if isinstance(number, int) else None
    if link is None:
        raise NotFound("link")
    return link


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(
        str(config.setting("SECRET_KEY")), salt="act-link", signer_kwargs={"digest_method": hashlib.sha256}
    )


def links_of(mail: Mail) -> dict[Act, ActLink]:
    """The links of a letter by what they do."""
    return {link.act: link for link in db.session.scalars(select(ActLink).where(ActLink.mail_id == mail.id))}


def is_open(link: ActLink) -> bool:
    """Whether a link still does something."""
    if link.used_at is not None or is_late(link):
        return False
    return link.act not in (Act.ACCEPT, Act.DECLINE) or mailing.offer_of(link.mail) is not None


def is_late(link: ActLink) -> bool:
    """Whether a link's time is over."""
    return link.expires_at < clock.now()


def actor_of(link: ActLink) -> Who:
    """In whose name a link acts. Raises NotFound when the reader's account was switched off."""
    account = link.mail.account
    if account is None or not account.is_active:
        raise NotFound("link")
    return policy.who_is(account)


def use(link: ActLink) -> ActLink:
    """Take a link out of use; of two presses at once only one goes on. Raises Refused when it was used or is over."""
    db.session.refresh(link, with_for_update=True)
    if link.used_at is not None:
        raise Refused("link_used")
    if is_late(link):
        raise Refused("link_over")
    link.used_at = clock.now()
    if link.act in (Act.ACCEPT, Act.DECLINE):
        # The other answer of the same letter is over, too.
        db.session.execute(
            update(ActLink)
            .where(ActLink.mail_id == link.mail_id, ActLink.act.in_((Act.ACCEPT, Act.DECLINE)))
            .values(used_at=link.used_at)
            .execution_options(synchronize_session=False)
        )
    db.session.flush()
    return link


def mute(mail: Mail) -> str:
    """The reader wants no more of this kind: their wish for its group is none. Returns the group's name."""
    group = mailing.told_group(mail)
    if mail.account is None or group is None:
        mailing.stop(mail.address)
        return ""
    if not group.optional:
        raise Refused("wish_not_possible")
    mailing.set_wish(mail.account, group.name, How.NEVER)
    return group.name
