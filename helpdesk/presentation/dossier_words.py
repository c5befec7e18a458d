"""What was decided about a training or award that was recorded wrongly: the words of its notice and its letter."""

from __future__ import annotations

from flask_babel import gettext

from helpdesk.domain import dossier_corrections
from helpdesk.models import CorrectionState, DossierCorrection, Training
from helpdesk.presentation import dossier_page


def title(row: DossierCorrection) -> str:
    """What it was about, in words that nobody typed."""
    if isinstance(dossier_corrections.thing_of(row), Training):
        return gettext("培训记录的更正申请有了结果")
    return gettext("表彰记录的更正申请有了结果")


def sentence(row: DossierCorrection) -> str:
    """What was decided."""
    name = dossier_corrections.thing_of(row).name
    if row.state is CorrectionState.REFUSED:
        return gettext("“%(name)s”核实过了，记录没有错，不更正。", name=name)
    if row.new_training is None and row.new_honour is None:
        return gettext("“%(name)s”核实过了，没有这回事，已作废。", name=name)
    return gettext("“%(name)s”核实过了，确实有误，已更正。", name=name)


def facts(row: DossierCorrection) -> list[tuple[str, str]]:
    """What was said to be wrong, and what the record says now where it said something else."""
    changes = [(label, f"{old} → {new}") for label, old, new in dossier_page.view(row).changes]
    return [(gettext("哪里不对"), row.says), *changes]


def what_next(row: DossierCorrection) -> str:
    """What whoever is not content may do."""
    if row.state is CorrectionState.REFUSED:
        return gettext("还有新的情况或材料，可以再申请一次；不满意也可以投诉。")
    return gettext("原来的一条留在历史里。不满意可以投诉。")
