"""Names of work, and the verbs they mean. The domain asks by name; only here is a name tied to a verb."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from helpdesk.adapters.pdf import CertificateRenderer
from helpdesk.adapters.storage import Storage
from helpdesk.adapters.storage.folder import FolderStorage
from helpdesk.domain import assignment, certificates, deadlines, escalation


@dataclass(frozen=True)
class Outside:
    """The parts of the outside world a job may need."""

    renderer: CertificateRenderer
    storage: Storage


def outside_from(settings: dict[str, Any]) -> Outside:
    """The real parts, chosen by settings."""
    renderer = _renderer(settings["PDF_ENGINE"], settings["SITE_NAME"], settings["SITE_NAME_EN"])
    return Outside(renderer, FolderStorage(Path(settings["FILES_DIR"])))


@lru_cache(maxsize=4)
def _renderer(engine: str, site_name: str, site_name_en: str) -> CertificateRenderer:
    """One renderer a process: its fonts are read once."""
    if engine == "null":
        from helpdesk.adapters.pdf.null import NullRenderer

        return NullRenderer()
    from helpdesk.adapters.pdf.weasyprint import WeasyPrintRenderer

    return WeasyPrintRenderer(site_name=site_name, site_name_en=site_name_en)


@dataclass(frozen=True)
class Work:
    """A job in two parts: the slow one reads and prepares without holding the database's write lock, the quick one
    writes down the effect in one transaction with the mark that the job is done."""

    prepare: Callable[[Outside, dict[str, Any]], Any]
    finish: Callable[[dict[str, Any], Any], object]


JOBS: dict[str, Work] = {
    certificates.RENDER: Work(
        prepare=lambda outside, payload: certificates.draw(
            int(payload["certificate_id"]), outside.renderer, outside.storage
        ),
        finish=lambda payload, drawn: certificates.mark_drawn(int(payload["certificate_id"]), drawn),
    ),
    deadlines.RECKON: Work(
        prepare=lambda _outside, _payload: None,
        finish=lambda payload, _nothing: deadlines.reckon(payload),
    ),
}


@dataclass(frozen=True)
class Every:
    """A clock job: every so many seconds, and the verb."""

    name: str
    seconds: int
    verb: Callable[[], object] = field(repr=False)


SCHEDULE: tuple[Every, ...] = (
    Every("offers.expire", 60, assignment.expire_due),
    Every("cases.escalate", 60, escalation.escalate),
    Every("cases.return_uncontacted", 300, assignment.return_uncontacted),
)
