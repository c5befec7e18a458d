"""Forms of acts over many cases: what the act needs to know once for all of them."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms.validators import Optional

from helpdesk.forms.base import Choice, HouseForm, RadioField
from helpdesk.forms.closure import one_of_them
from helpdesk.forms.desk import MergeForm, RejectForm, TransferForm
from helpdesk.models import BulkAct, Urgency
from helpdesk.presentation.words import URGENCIES


class BulkTriageForm(HouseForm):
    """Field, topic, urgency; each case keeps its own title."""

    category = RadioField(_l("类别"), [one_of_them(_l("请选一个类别"))], validate_choice=False)
    topic = Choice(_l("主题"), [Optional()])
    urgency = RadioField(
        _l("缓急"), choices=[(u.value, _l(label)) for u, label in URGENCIES.items()], default=Urgency.NORMAL.value
    )


# Offers are begun from the preview of the batch: each case has an expert of its own.
FORMS: dict[BulkAct, Any] = {
    BulkAct.TRIAGE: BulkTriageForm,
    BulkAct.TRANSFER: TransferForm,
    BulkAct.MERGE: MergeForm,
    BulkAct.REJECT: RejectForm,
}


def params_of(act: BulkAct, form: Any) -> dict[str, Any]:
    """What the run keeps of the form."""
    if act is BulkAct.TRIAGE:
        return {"category": form.category.data, "topic": form.topic.data or "", "urgency": form.urgency.data}
    if act is BulkAct.TRANSFER:
        return {"station_id": int(form.station.data), "reason": form.reason.data}
    if act is BulkAct.MERGE:
        return {"target": form.target.data}
    return {"ground": form.ground.data, "reason": form.reason.data}
