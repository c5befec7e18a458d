"""Files of a case for who works on it: the policy is asked here, the bytes come from the cookieless address."""

from __future__ import annotations

from flask import Blueprint, Response, flash, url_for
from flask_babel import gettext

from helpdesk.domain import attachments
from helpdesk.models import Attachment, Case
from helpdesk.routes.files import to_file
from helpdesk.routes.guard import attachment_for, case_for, me
from helpdesk.routes.page import answer

bp = Blueprint("attachments", __name__)


@bp.get("/cases/<number>/attachments/<int:attachment_id>")
@case_for("case.read")
def show(case: Case, attachment_id: int) -> Response:
    """To the file, by a link that is good for ten minutes."""
    row = attachments.find(case, attachment_id, me())
    return to_file(row, url_for("cases.show", number=case.number))


@bp.post("/attachments/<int:attachment_id>/removal")
@attachment_for("attachment.remove")
def remove(attachment: Attachment) -> Response:
    """Take a file away that should not have been sent; that there was one stays."""
    attachments.remove(attachment, me())
    assert attachment.case is not None  # the right is one over files of cases
    flash(gettext("文件已移除"), "done")
    return answer(url_for("cases.show", number=attachment.case.number))
