"""The tables are whole: every step can be reached, every need has its guard, every word and document is drawn."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from helpdesk.cli import drawing
from helpdesk.config import ROOT
from helpdesk.models import Role, Status
from helpdesk.presentation import words
from helpdesk.rules import events, guards, lifecycle, policy, promises

CODE = Path(ROOT) / "helpdesk"


def test_every_need_is_a_guard_and_every_guard_is_needed():
    needed = {need for row in lifecycle.STEPS for need in row.needs}
    assert needed == set(guards.GUARDS)
    assert set(guards.ABOUT_THE_CASE) <= set(guards.GUARDS)


def test_every_step_names_a_right_that_somebody_has_and_an_event():
    for row in lifecycle.STEPS:
        assert row.may in policy.ACTIONS, row.name
        assert row.event in events.BY_KIND, row.name


def test_every_state_is_reached_and_every_live_state_can_be_closed():
    reached, edges = {Status.DRAFT}, {}
    for row in lifecycle.STEPS:
        for source in row.frm:
            edges.setdefault(source, set()).add(row.to or source)
    todo = [Status.DRAFT]
    while todo:
        for target in edges.get(todo.pop(), ()):
            if target not in reached:
                reached.add(target)
                todo.append(target)
    assert reached == set(Status)
    for status, state in lifecycle.STATES.items():
        seen, walk = {status}, [status]
        while walk:
            for target in edges.get(walk.pop(), ()):
                if target not in seen:
                    seen.add(target)
                    walk.append(target)
        assert state.is_end or Status.CLOSED in seen, status


def test_a_step_from_a_state_is_named_once():
    names = [row.name for row in lifecycle.STEPS]
    assert len(names) == len(set(names))


def test_every_live_state_but_the_draft_has_a_promise():
    for status, state in lifecycle.STATES.items():
        if not state.is_end and status is not Status.DRAFT:
            assert promises.promise_for(status), status


def test_only_one_function_writes_a_status():
    """`domain.life._write` is the only code that sets a case's status; a model may declare its default."""
    found = []
    for path in CODE.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign):
                targets = [t for t in node.targets if isinstance(t, ast.Attribute) and t.attr == "status"]
                targets += [
                    e
                    for t in node.targets
                    if isinstance(t, ast.Tuple)
                    for e in t.elts
                    if isinstance(e, ast.Attribute) and e.attr == "status"
                ]
                found += [
                    f"{path.name}: {ast.unparse(t)}"
                    for t in targets
                    if isinstance(t.value, ast.Name) and t.value.id in ("case", "target", "source", "draft")
                ]
    assert found == []
    writers = [p.name for p in CODE.rglob("*.py") if "update(Case)" in p.read_text(encoding="utf-8").replace("\n", "")]
    assert sorted(writers) == ["life.py", "record.py"]
    assert (
        "status" not in (CODE / "domain/record.py").read_text(encoding="utf-8").split("update(Case)")[1].split(")")[0]
    )


def test_every_refusal_has_words():
    codes = set()
    for path in CODE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Refused":
                if node.args and isinstance(node.args[0], ast.Constant):
                    codes.add(node.args[0].value)
    assert codes <= set(words.REFUSALS), codes - set(words.REFUSALS)


def test_every_role_has_a_word():
    assert set(words.ROLES) == set(Role)


@pytest.mark.parametrize("name", drawing.PAGES)
def test_documents_are_drawn(name):
    text = (Path(ROOT) / name).read_text(encoding="utf-8")
    assert text == drawing.PAGES[name](), f"{name} is stale: run script/draw"


def test_no_document_names_a_step_that_is_gone():
    text = (Path(ROOT) / "docs/lifecycle.md").read_text(encoding="utf-8")
    for row in lifecycle.STEPS:
        assert f"| {row.name} |" in text
