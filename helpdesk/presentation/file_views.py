"""Files as the pages show them: name, size, a small picture, where they open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from flask import url_for
from flask_babel import gettext

from helpdesk import config
from helpdesk.domain import attachments
from helpdesk.domain import proofs as dossier_proofs
from helpdesk.i18n import counted
from helpdesk.models import Attachment, Case, Expert, Scan
from helpdesk.rules.policy import Who


@dataclass(frozen=True)
class FileView:
    """One file; without `url` it is not to be opened, and `says` tells why."""

    name: str
    size: str
    url: str
    preview: str = ""
    remove: str = ""
    pages: str = ""
    says: str = ""


@dataclass(frozen=True)
class KeptFile:
    """A file of a form that is not sent yet; `says` is empty when there is nothing to tell but that it is here."""

    id: int
    name: str
    size: str
    says: str = ""


@dataclass(frozen=True)
class FilesOf:
    """The files of a case by where they stand."""

    request: list[FileView] = field(default_factory=list)
    messages: dict[int, list[FileView]] = field(default_factory=dict)
    notes: dict[int, list[FileView]] = field(default_factory=dict)
    visits: dict[int, list[FileView]] = field(default_factory=dict)


NO_FILES = FilesOf()
Door = Callable[[Attachment], tuple[str, str]]


def files_of(case: Case, who: Who, *, with_notes: bool, door: Door) -> FilesOf:
    """Everything on the case; `door` gives the addresses to open and to remove a file through the reader's own door."""
    if case.anonymised_at is not None:
        return NO_FILES  # gone with the rest, and said in one line
    found = FilesOf()
    rows = attachments.of_case(case, with_notes=with_notes)
    removable = attachments.removable(case, who) if rows else set()
    for row in rows:
        view = _view(row, row.id in removable, door)
        if row.message_id is not None:
            found.messages.setdefault(row.message_id, []).append(view)
        elif row.note_id is not None:
            found.notes.setdefault(row.note_id, []).append(view)
        elif row.visit_id is not None:
            found.visits.setdefault(row.visit_id, []).append(view)
        else:
            found.request.append(view)
    return found


def of_visit(case: Case, who: Who, visit_id: int, door: Door | None = None) -> list[FileView]:
    """The files of one visit, for who works on the case unless another door is given."""
    return files_of(case, who, with_notes=False, door=door or staff_door(case)).visits.get(visit_id, [])


def _view(row: Attachment, may_remove: bool, door: Door) -> FileView:
    if row.removed_at is not None:
        return FileView(gettext("文件已移除"), "", "")
    url, remove = door(row)
    remove = remove if may_remove else ""
    size, pages = size_words(row.size), counted("%(n)s 页", row.pages) if row.pages else ""
    if attachments.obstacle(row) is not None:
        return FileView(row.name, size, "", remove=remove, says=says(row))
    preview = url_for("files.show", token=attachments.link_token(row, preview=True)) if row.preview else ""
    return FileView(row.name, size, url, preview, remove, pages, says(row))


def says(row: Attachment) -> str:
    """What must be told of a file: that it is being scanned, was infected, cannot be opened, or was never scanned."""
    if row.scan is Scan.WAITING:
        return gettext("正在查毒")
    if row.scan is Scan.INFECTED:
        return gettext("查出病毒，已经删除")
    if row.lost_at is not None:
        return gettext("文件暂时打不开")
    if row.scan is Scan.IMPOSSIBLE:
        return gettext("没能查毒")
    if row.scan is Scan.OFF:
        # Where no scanner is set, that a file is as it was sent is all there is to say.
        return gettext("还没查毒") if config.setting("CLAMD_URL") else gettext("原样保存")
    return ""


def staff_door(case: Case) -> Door:
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


def of_activity(rows: list[Attachment], *, removable: bool) -> list[FileView]:
    """Files that show an activity was held, for who may read them."""

    def door(row: Attachment) -> tuple[str, str]:
        file, remove = (
            url_for(f"activities.{view}", activity_id=row.activity_id, attachment_id=row.id)
            for view in ("file", "remove_file")
        )
        return file, remove

    return [_view(row, removable, door) for row in rows]


def proof(row: Attachment) -> FileView:
    """A file of an expert's dossier, for who may read it."""
    return _view(row, False, lambda row: (url_for("dossiers.file", expert_id=row.expert_id, attachment_id=row.id), ""))


def proofs(expert: Expert, who: Who) -> list[tuple[Attachment, FileView]]:
    """The files of a dossier for who may read them and may take some away; of those that stay it is said. Three
    queries."""
    rows = attachments.of_dossier(expert)
    mine, stays = (dossier_proofs.own(expert, who), dossier_proofs.evidence(expert)) if rows else (set(), set())

    def door(row: Attachment) -> tuple[str, str]:
        return (
            url_for("dossiers.file", expert_id=expert.id, attachment_id=row.id),
            url_for("dossier_corrections.remove_file", attachment_id=row.id),
        )

    shown = []
    for row in rows:
        view = _view(row, row.id in mine - stays, door)
        if row.id in mine & stays:
            view = replace(view, says=" · ".join(part for part in (view.says, gettext("核实的依据，留着")) if part))
        shown.append((row, view))
    return shown


def kept(case: attachments.Owner, *batches: str) -> list[KeptFile]:
    """What was uploaded with a form that is not sent yet."""
    return [
        KeptFile(row.id, row.name, size_words(row.size), says(row) if attachments.obstacle(row) else "")
        for batch in batches
        for row in attachments.loose(case, batch)
    ]


def size_words(size: int) -> str:
    """830 B, 12 KB, 3.4 MB."""
    if size < 1024:
        return f"{size} B"
    if size < 1024 * 1024:
        return f"{round(size / 1024)} KB"
    return f"{size / 1024 / 1024:.1f} MB"
