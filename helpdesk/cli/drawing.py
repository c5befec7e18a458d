"""Documents drawn from the tables, so that they cannot lie: a test fails when one is stale."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from helpdesk import config
from helpdesk.models import Role
from helpdesk.rules import events, lifecycle, mailing, policy, promises

HEAD = "<!-- Drawn by `script/draw` from {source}; edit that, not this. -->\n\n"


def lifecycle_page() -> str:
    """The states, the steps and the diagram."""
    lines = [HEAD.format(source="helpdesk/rules/lifecycle.py") + "# The life of a case\n"]
    lines += ["```mermaid", lifecycle.to_mermaid(), "```\n", "## States\n"]
    lines += ["| state | staff read | the company reads | promise |", "|---|---|---|---|"]
    for status, state in lifecycle.STATES.items():
        promise = promises.promise_for(status)
        words = f"{promise.label}: {_targets(promise)} ({promise.basis})" if promise else "-"
        lines.append(f"| {status} | {state.label} | {state.company_label} | {words} |")
    lines += ["", f"From submission to the first answer: {_targets(promises.FIRST_ANSWER)}. These are the lengths a new"
              " city begins with; its operator makes later versions.", "", "## Steps\n"]  # fmt: skip
    lines += ["| step | button | from | to | who may | needs | event |", "|---|---|---|---|---|---|---|"]
    for row in lifecycle.STEPS:
        roles = ", ".join(dict.fromkeys(r.role for r in policy.RULES if row.may in r.may))
        lines.append(
            f"| {row.name} | {row.label} | {', '.join(row.frm)} | {row.to or '(stays)'} | `{row.may}`: {roles} |"
            f" {', '.join(row.needs) or '-'} | {row.event} |"
        )
    lines += ["", "## Limits\n", "| limit | value |", "|---|---|"]
    for name in ("REOPEN_DAYS", "RESUME_DAYS", "UNMERGE_DAYS", "APPEAL_DAYS", "SILENCE_DAYS", "MAX_TRANSFERS",
                 "MAX_OPEN_CASES", "CONTACT_ATTEMPTS"):  # fmt: skip
        lines.append(f"| {name} | {getattr(lifecycle, name)} |")
    return "\n".join(lines) + "\n"


def _targets(promise: promises.Promise) -> str:
    words = []
    for target in (t for t in promises.TARGETS if t.kind == promise.kind):
        whom = ", ".join(str(part) for part in (target.category, target.urgency) if part)
        words.append(f"{target.amount} {target.unit.replace('_', ' ')}" + (f" ({whom})" if whom else ""))
    return "; ".join(words)


def permissions_page() -> str:
    """Role - may - which, and the same by action."""
    lines = [HEAD.format(source="helpdesk/rules/policy.py") + "# Who may do what, to which\n"]
    lines += ["| role | may | which |", "|---|---|---|"]
    for rule in policy.RULES:
        scope = (rule.which.__doc__ or "").splitlines()[0]
        lines.append(f"| {rule.role} | {' '.join(rule.may)} | {rule.which.__name__}: {scope} |")
    roles = [role for role in Role if any(rule.role is role for rule in policy.RULES)]
    lines += ["", "## By action\n", "| action | " + " | ".join(roles) + " |", "|---" * (len(roles) + 1) + "|"]
    for action in policy.ACTIONS:
        cells = []
        for role in roles:
            scopes = [r.which.__name__ for r in policy.RULES if r.role is role and action in r.may]
            cells.append("; ".join(scopes) or "-")
        lines.append(f"| {action} | " + " | ".join(cells) + " |")
    lines += ["", "## When a case's personal data is gone\n"]
    lines += ["Of what is done on a case only this is left: " + ", ".join(sorted(policy.AFTER_ERASURE)) + "."]
    return "\n".join(lines) + "\n"


def events_page() -> str:
    """Every kind of event, its words and who is told."""
    lines = [HEAD.format(source="helpdesk/rules/events.py") + "# What is recorded, and how it is told\n"]
    lines += ["Who gets a notice gets a letter, too, where there is a line for one (`helpdesk/rules/mailing.py`).\n"]
    lines += ["| event | on the desk | to the company | facts | notice to | letter | group |", "|---" * 7 + "|"]
    for row in events.EVENTS:
        lines.append(
            f"| {row.kind} | {row.staff} | {row.company or '(hidden)'} | {', '.join(sorted(row.facts)) or '-'} |"
            f" {', '.join(row.tells) or '-'} | {row.subject or '-'} |"
            f" {mailing.GROUP_OF[row.kind].name if row.kind in mailing.GROUP_OF else '-'} |"
        )
    return "\n".join(lines) + "\n"


def settings_page() -> str:
    """Every setting: variable, default, what it does."""
    lines = [HEAD.format(source="helpdesk/config.py") + "# Settings\n", "All are environment variables.\n"]
    lines += ["| variable | default | what it does |", "|---|---|---|"]
    lines += [f"| {row.name} | `{_typed(row.default)}` | {row.says} |" for row in config.SETTINGS]
    return "\n".join(lines) + "\n" + CHANNELS


def _typed(value: object) -> str:
    """A default as one would type it."""
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


CHANNELS = """
## Channels and texts

Stations add robots of WeCom, DingTalk and Feishu groups by themselves. Every other service that
[Apprise](https://appriseit.com/services/) knows has to be admitted here first: `CHANNEL_SCHEMES=lark,slack` lets the
operator (nobody else) enter such addresses. Admit no kind that reaches a host of one's own choice (`json`, `form`,
`apprise`, `mailto`) unless the operator may reach everything the worker's machine can reach.

`SMS_URL` is an Apprise address with `{phone}` where the number goes, for example
`twilio://SID:TOKEN@+8675500000000/{phone}`. With it, a company that left no e-mail address gets a few kinds of
texts: its request has arrived or came again by its series (with the tracking link), a question was asked, a summary
waits for its confirmation.

## Webhooks

A webhook gets `POST` with JSON and the headers of [Standard Webhooks](https://www.standardwebhooks.com/): `webhook-id`
(the same in every try: drop what you know already), `webhook-timestamp` (seconds; refuse what is older than five
minutes), `webhook-signature` (`v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`; the key is the base64 after
`whsec_`). Any status from 200 to 299 is a yes, 410 switches the webhook off, everything else is tried again for about a
day and a half.

```json
{"id":"msg_...","type":"case.accepted","timestamp":"2026-11-18T02:00:00Z","data":{"number":"SZ-26-00012",
 "state":"accepted","category":"policy","district":"440305","station":"sz-nanshan","link":"https://.../cases/SZ-26-00012"}}
```

Only `https://` on `WEBHOOK_PORTS`, only names, and only names all of whose addresses are public; the connection goes to
the very address that was checked, redirects are not followed, proxies of the environment are not used.
"""


PAGES: dict[str, Callable[[], str]] = {
    "docs/lifecycle.md": lifecycle_page,
    "docs/permissions.md": permissions_page,
    "docs/events.md": events_page,
    "docs/settings.md": settings_page,
}


def draw_all(*, write: bool) -> list[str]:
    """Names of the documents that differ from what the tables say; written anew when asked."""
    changed = []
    for name, draw in PAGES.items():
        path = Path(config.ROOT) / name
        text = draw()
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            changed.append(name)
            if write:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
    return changed
