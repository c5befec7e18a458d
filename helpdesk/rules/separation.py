"""Separation of duties: nobody records, confirms, decides or certifies their own hours (rule R05; 办法67 art. 3).

A person is the expert of a record by any of their parts, current or not: the account that logged it stays theirs.
The database says the same where an account decides (`not_decided_by_self`, `not_recorded_by_self`,
`not_issued_by_self`, `not_decided_by_expert`).
"""

from __future__ import annotations

from helpdesk.errors import Refused
from helpdesk.rules.policy import Who


def is_self(by: Who, expert_id: int, account_id: int | None = None) -> bool:
    """Whether `by` is this expert, or holds the account with which the expert logged the service."""
    return expert_id in by.expert_ids or (by.account_id is not None and by.account_id == account_id)


def refuse_self(by: Who, expert_id: int, account_id: int | None = None) -> None:
    """Raise Refused("own_hours") when somebody would act on their own hours."""
    if is_self(by, expert_id, account_id):
        raise Refused("own_hours")
