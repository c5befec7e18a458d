"""Forms of the expert's two ways out of a case: the summary with the gate, and the hand-over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, TextAreaField
from wtforms.validators import Optional, ValidationError

from helpdesk.forms.base import HouseForm, Longest, Present, RadioField
from helpdesk.rules.credit import GATE
from helpdesk.rules.lifecycle import HAND_BACK_REASONS


def one_of_them(message: Any) -> Callable[[Any, Any], None]:
    """A radio list must have one of its own choices ticked; the library's words for that are not ours."""

    def check(form: Any, field: Any) -> None:
        if field.data not in dict(field.choices):
            raise ValidationError(str(message))

    return check


class AnswerForm(HouseForm):
    """Three short boxes, and every sentence of the gate as a tick of its own (办法67 art. 19). None is pre-ticked."""

    problem = TextAreaField(_l("问题是什么"), [Present(_l("请写一句问题是什么")), Longest(2000)])
    advice = TextAreaField(_l("给了什么建议"), [Present(_l("请写一句给了什么建议")), Longest(2000)])
    result = TextAreaField(_l("结果怎样"), [Present(_l("请写一句结果怎样")), Longest(2000)])

    def without_gate(self) -> None:
        """A station's own case earns nobody hours, so nothing is declared."""
        for name in GATE:
            del self[name]

    def declared(self) -> dict[str, bool]:
        """What was ticked."""
        return {name: bool(self[name].data) for name in GATE if name in self}


for _name, _label in GATE.items():
    setattr(AnswerForm, _name, BooleanField(_l(_label), [Present(_l("请确认：%(what)s", what=_l(_label)))]))


class HandoverForm(HouseForm):
    """Why the case goes back to the station, and what the next expert should know."""

    reason = RadioField(
        _l("为什么换人"),
        [one_of_them(_l("请选一个原因"))],
        choices=[(code, _l(label)) for code, label in HAND_BACK_REASONS.items()],
        validate_choice=False,
    )
    note = TextAreaField(_l("交代给下一位"), [Optional(), Longest(2000)])
