"""Flask-Login's view of an account, and the mark that a refusal must be remembered all the same."""

from __future__ import annotations

from flask import g
from flask_login import UserMixin

from helpdesk.models import Account


class SignedIn(UserMixin):
    """An account that signed in. The epoch ends old sessions when rights or passwords change."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.id = f"{account.id}.{account.session_epoch}"


def keep_writes() -> None:
    """This answer is a refusal, and yet what was written stays: a counted try, for instance."""
    g.keep_writes = True
