"""Letters as real programs write them: sender, subject, words, files and kind are right for each."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select

from helpdesk import config
from helpdesk.adapters.letterbox import letter as reader
from helpdesk.adapters.letterbox import plain
from helpdesk.adapters.letterbox.letter import Letter
from helpdesk.adapters.storage.memory import MemoryStorage
from helpdesk.db import db
from helpdesk.domain import incoming
from helpdesk.models import Incoming, IncomingStatus, Mail
from helpdesk.rules.incoming import classify
from tests.mail.run import OURS

CORPUS = Path(__file__).parent / "corpus"
LETTERS = sorted(CORPUS.glob("*.eml"))


def _right(path: Path) -> dict:
    return json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))


def _read(letter: Letter) -> dict:
    fresh, rest = plain.fold(letter.text, letter.subject)
    verdict = classify(letter, OURS)
    return {
        "name": letter.sender.name,
        "address": letter.sender.address,
        "subject": letter.subject,
        "text": fresh,
        "quoted": bool(rest),
        "files": [
            {
                "name": file.name,
                "media_type": file.media_type,
                "size": len(file.data),
                "sha256": hashlib.sha256(file.data).hexdigest(),
            }
            for file in letter.files
        ],
        "kind": verdict.kind.value,
        "may_answer": verdict.may_answer,
    }


def test_there_are_letters_of_all_kinds():
    assert len(LETTERS) >= 110
    assert {_right(path)["kind"] for path in LETTERS} == {"person", "auto", "bounce", "list", "own"}


@pytest.mark.parametrize("path", LETTERS, ids=lambda path: path.stem)
def test_a_letter_is_read_right(path):
    letter = reader.read(path.read_bytes())
    assert _read(letter) == _right(path)
    for file in letter.files:
        assert re.fullmatch(r"[^/\\\x00-\x1f\x7f<>:\"|?*]{1,150}", file.name), file.name
        assert not file.name.startswith("."), file.name
    for value in (letter.sender.name, letter.subject, *letter.headers.get("from", [])):
        assert not re.search(r"[\r\n\x00]", value)
    json.dumps([letter.text, letter.headers]).encode()
    (letter.text + letter.html + letter.subject).encode()


def test_the_whole_corpus_is_taken_in_and_nothing_is_lost(town, monkeypatch):
    """As the worker does it: each letter has its row, and what machines wrote is answered by nothing."""
    monkeypatch.setitem(config._in_use, "MAIL_IN", "help@desk.example")
    monkeypatch.setitem(config._in_use, "MAIL_FROM", "no-reply@desk.example")
    storage = MemoryStorage()
    for path in LETTERS:
        raw = path.read_bytes()
        before = len(db.session.scalars(select(Mail.id)).all())
        row, is_new = incoming.keep(raw, storage, source="corpus")
        assert is_new, path.name
        incoming.place(row.id, reader.read(raw), storage)
        right = _right(path)
        assert row.kind.value == right["kind"], path.name
        assert incoming.raw_of(row, storage) == raw
        if right["kind"] == "person":
            assert row.status in (IncomingStatus.BEGUN, IncomingStatus.HELD), path.name
        else:
            assert row.status is IncomingStatus.FILED, path.name
        if not right["may_answer"]:
            assert len(db.session.scalars(select(Mail.id)).all()) == before, path.name
    rows = db.session.scalars(select(Incoming)).all()
    assert len(rows) == len(LETTERS)
    assert all(row.status is not IncomingStatus.BROKEN for row in rows)


def test_a_returned_letter_is_known_by_report_by_headers_and_by_words():
    """Which of our letters came back, and that it will never arrive."""
    found = {path.stem[4:]: reader.read(path.read_bytes()) for path in LETTERS if path.stem[4:].startswith("bounce-")}
    for stem in ("bounce-postfix", "bounce-postfix-headers-only", "bounce-sendmail"):
        assert found[stem].headers["enclosed-message-id"] == ["<1.abc@desk.example>"]
        assert found[stem].reports == [("lin@southlight.example", "5.1.1", "smtp; 550 5.1.1 no such user")]
    assert found["bounce-qmail"].headers["enclosed-message-id"] == ["<1.abc@desk.example>"]
    assert found["bounce-qmail"].reports[0][:2] == ("", "5.1.1")


def test_a_picture_within_the_text_is_known_by_its_mark():
    (path,) = (path for path in LETTERS if path.stem.endswith("-inline-picture"))
    assert [file.content_id for file in reader.read(path.read_bytes()).files] == ["p1@x"]


def test_the_runner_reads_a_folder(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "1.eml").write_bytes(LETTERS[0].read_bytes())
    (tmp_path / "2.eml").write_bytes(b"")
    done = subprocess.run([sys.executable, "-m", "tests.mail.run", str(tmp_path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "2 letters in" in done.stdout
    assert "林女士 <lin@southlight.example> | 求助" in done.stdout
