"""Files as the pages show them: name, size, a small picture, where they open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import url_for
from flask_babel import gettext

from helpdesk.domain import attachments
from helpdesk.models import Attachment, Case
from helpdesk.rules.policy import Who


@dataclass(frozen=True)
class FileView:
    """One file; `url` is empty for one that was taken away."""

    name: str
    size: str
    url: str
    preview: str = ""
    remove: str = ""


@dataclass(frozen=True)
class KeptFile:
    """A file of a form that is not sent yet."""

    id: int
    name: str
    size: str


@dataclass(frozen=True)
class FilesOf:
    """The files of a case by where they stand."""

    request: list[FileView]
    messages: dict[int, list[FileView]]
    notes: dict[int, list[FileView]]


NO_FILES = FilesOf([], {}, {})


def files_of(case: Case, who: Who, *, with_notes: bool, door: Callable[[Attachment], tuple[str, str]]) -> FilesOf:
    """Everything on the case; `door` gives the addresses to open and to remove a file through the reader's own door."""
    found = FilesOf([], {}, {})
    rows = attachments.of_case(case, with_notes=with_notes)
    removable = attachments.removable(case, who) if rows else set()
    for row in rows:
        view = _view(row, row.id in removable, door)
        if row.message_id is not None:
            found.messages.setdefault(row.message_id, []).append(view)
        elif row.note_id is not None:
            found.notes.setdefault(row.note_id, []).append(view)
        else:
            found.request.append(view)
    return found


def _view(row: Attachment, may_remove: bool, door: Callable[[Attachment], tuple[str, str]]) -> FileView:
    if row.removed_at is not None:
        return FileView(gettext("文件已移除"), "", "")
    url, remove = door(row)
    preview = url_for("files.show", token=attachments.link_token(row, preview=True)) if row.preview else ""
    return FileView(row.name, size_words(row.size), url, preview, remove if may_remove else "")


def staff_door(case: Case) -> Callable[[Attachment], tuple[str, str]]:
    """Addresses for who works on the case."""

    def door(row: Attachment) -> tuple[str, str]:
        return (
            url_for("attachments.show", number=case.number, attachment_id=row.id),
            url_for("attachments.remove", attachment_id=row.id),
        )

    return door


def own_door(row: Attachment) -> tuple[str, str]:
    """Addresses for the company, through the door of this request."""
    return url_for(".file", attachment_id=row.id), url_for(".remove_file", attachment_id=row.id)


def kept(case: Case, batch: str) -> list[KeptFile]:
    """What was uploaded with a form that is not sent yet."""
    return [KeptFile(row.id, row.name, size_words(row.size)) for row in attachments.loose(case, batch)]


def size_words(size: int) -> str:
    """830 B, 12 KB, 3.4 MB."""
    if size < 1024:
        return f"{size} B"
    if size < 1024 * 1024:
        return f"{round(size / 1024)} KB"
    return f"{size / 1024 / 1024:.1f} MB"
