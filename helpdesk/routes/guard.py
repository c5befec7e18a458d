"""Who may come in: a decorator on every view that loads and authorises in one act, and says which right it asks."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from flask import abort, g
from flask_login import current_user
from sqlalchemy import select

from helpdesk.db import db
from helpdesk.domain import consultation
from helpdesk.errors import NotFound
from helpdesk.models import (
    Account,
    Activity,
    Article,
    Attachment,
    Award,
    BulkRun,
    CannedReply,
    Case,
    Certificate,
    Company,
    Complaint,
    Correction,
    DossierCorrection,
    Erasure,
    Expert,
    Grant,
    Honour,
    Incoming,
    Invitation,
    Mail,
    NewsChannel,
    Nomination,
    Offer,
    PrintRun,
    Role,
    SavedView,
    Series,
    Statement,
    Station,
    Status,
    TableImport,
    TableUpload,
    Visit,
)
from helpdesk.rules import policy
from helpdesk.rules.policy import ANYBODY, Who

View = Callable[..., Any]


def me() -> Who:
    """The person of this request."""
    if "who" not in g:
        g.who = policy.who_is(current_user.account) if current_user.is_authenticated else ANYBODY
    who: Who = g.who
    return who


def open_to_all(view: View) -> View:
    """A page for everybody."""
    view.asks = "site.read"  # type: ignore[attr-defined]
    return view


def signed_in(view: View) -> View:
    """A page for everybody who signed in, about themselves."""

    @functools.wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        signed_in_or_login()
        return view(*args, **kwargs)

    guarded.asks = "own.read"  # type: ignore[attr-defined]
    return guarded


def may(action: str) -> Callable[[View], View]:
    """A page that belongs to a role: sign in first, then 403 when it is not yours."""

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            signed_in_or_login()
            policy.require(me(), action)
            return view(*args, **kwargs)

        guarded.asks = action  # type: ignore[attr-defined]
        return guarded

    return decorate


def case_for(action: str) -> Callable[[View], View]:
    """The case of the address's `number`, or 404 unseen, 403 seen but not allowed. For people who signed in."""

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def guarded(*args: Any, number: str, **kwargs: Any) -> Any:
            signed_in_or_login()
            case = policy.find(me(), action, Case, Case.number == number, seen_by="case.read")
            _log_overseer(case)
            return view(case, *args, **kwargs)

        guarded.asks = action  # type: ignore[attr-defined]
        return guarded

    return decorate


def own_case_for(action: str) -> Callable[[View], View]:
    """The company's case: by the tracking link's `token`, or by `number` for a member who signed in.

    The person of the request then holds the link as well, so domain verbs see one actor either way.
    """

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def guarded(*args: Any, token: str = "", number: str = "", **kwargs: Any) -> Any:
            if token:
                case = db.session.scalar(select(Case).where(Case.tracking_token == token))
                if case is None:
                    raise NotFound("case")
                g.who = me().with_link(case.id, case.contact_name)
                policy.require(me(), action, case)
            else:
                signed_in_or_login()
                case = policy.find(me(), action, Case, Case.number == number, seen_by="case.read_as_company")
            return view(case, *args, **kwargs)

        guarded.asks = action  # type: ignore[attr-defined]
        return guarded

    return decorate


def draft_for(view: View) -> View:
    """The draft of the address's token; everybody who holds the token may write it."""

    @functools.wraps(view)
    def guarded(*args: Any, token: str, **kwargs: Any) -> Any:
        case = db.session.scalar(select(Case).where(Case.tracking_token == token))
        if case is None or (case.status is Status.WITHDRAWN and case.number is None):
            raise NotFound("draft")
        g.who = me().with_link(case.id, case.contact_name)
        return view(case, *args, **kwargs)

    guarded.asks = "case.submit"  # type: ignore[attr-defined]
    return guarded


def correction_for(action: str) -> Callable[[View], View]:
    """The correction of the address's `correction_id`."""
    return _thing_for(action, Correction, "correction_id", lambda value: Correction.id == value, "correction.read")


def activity_for(action: str) -> Callable[[View], View]:
    """The activity of the address's `activity_id`."""
    return _thing_for(action, Activity, "activity_id", lambda value: Activity.id == value, "activity.read")


def dossier_correction_for(action: str) -> Callable[[View], View]:
    """The correction of a training or award of the address's `dossier_correction_id`."""
    return _thing_for(
        action,
        DossierCorrection,
        "dossier_correction_id",
        lambda value: DossierCorrection.id == value,
        "dossier_correction.read",
    )


def complaint_for(action: str) -> Callable[[View], View]:
    """The complaint of the address's `complaint_id`."""
    return _thing_for(action, Complaint, "complaint_id", lambda value: Complaint.id == value, "complaint.read")


def offer_for(action: str) -> Callable[[View], View]:
    """The offer of the address's `offer_id`, for the expert it was made to."""
    return _thing_for(action, Offer, "offer_id", lambda value: Offer.id == value, "offer.read")


def certificate_for(action: str) -> Callable[[View], View]:
    """The certificate of the address's `number`."""
    return _thing_for(action, Certificate, "number", lambda value: Certificate.number == value, "certificate.read")


def statement_for(action: str) -> Callable[[View], View]:
    """The statement of service of the address's `number`."""
    return _thing_for(action, Statement, "number", lambda value: Statement.number == value, "statement.read")


def award_for(action: str) -> Callable[[View], View]:
    """The award of the address's `number`."""
    return _thing_for(action, Award, "number", lambda value: Award.number == value, "award.read")


def expert_for(action: str) -> Callable[[View], View]:
    """The expert of the address's `expert_id`."""
    return _thing_for(action, Expert, "expert_id", lambda value: Expert.id == value, "expert.read")


def honour_for(action: str) -> Callable[[View], View]:
    """The award of the address's `honour_id`."""
    return _thing_for(action, Honour, "honour_id", lambda value: Honour.id == value, action)


def account_for(action: str) -> Callable[[View], View]:
    """The account of the address's `account_id`."""
    return _thing_for(action, Account, "account_id", lambda value: Account.id == value, action)


def canned_reply_for(action: str) -> Callable[[View], View]:
    """The canned reply of the address's `reply_id`."""
    return _thing_for(action, CannedReply, "reply_id", lambda value: CannedReply.id == value, action)


def attachment_for(action: str) -> Callable[[View], View]:
    """The file of the address's `attachment_id`."""
    return _thing_for(action, Attachment, "attachment_id", lambda value: Attachment.id == value, action)


def article_for(action: str) -> Callable[[View], View]:
    """The article of the address's `article_id`, for who writes it."""
    return _thing_for(action, Article, "article_id", lambda value: Article.id == value, action)


def article_to_read(view: View) -> View:
    """The article of the address's `article_id`, for everybody, without an account."""

    @functools.wraps(view)
    def guarded(*args: Any, article_id: int, **kwargs: Any) -> Any:
        if article_id >= 2**31:
            raise NotFound("article")
        article = policy.find(me(), "article.read", Article, Article.id == article_id)
        return view(article, *args, **kwargs)

    guarded.asks = "article.read"  # type: ignore[attr-defined]
    return guarded


def mail_for(action: str) -> Callable[[View], View]:
    """The letter of the address's `mail_id`."""
    return _thing_for(action, Mail, "mail_id", lambda value: Mail.id == value, action)


def incoming_for(action: str) -> Callable[[View], View]:
    """The letter that came in of the address's `incoming_id`."""
    return _thing_for(action, Incoming, "incoming_id", lambda value: Incoming.id == value, "incoming.read")


def channel_for(action: str) -> Callable[[View], View]:
    """The channel of the address's `channel_id`."""
    return _thing_for(action, NewsChannel, "channel_id", lambda value: NewsChannel.id == value, action)


def bulk_run_for(action: str) -> Callable[[View], View]:
    """The bulk run of the address's `run_id`."""
    return _thing_for(action, BulkRun, "run_id", lambda value: BulkRun.id == value, action)


def print_run_for(action: str) -> Callable[[View], View]:
    """The print run of the address's `print_run_id`."""
    return _thing_for(action, PrintRun, "print_run_id", lambda value: PrintRun.id == value, "print_run.read")


def table_upload_for(action: str) -> Callable[[View], View]:
    """The uploaded table of the address's `upload_id`."""
    return _thing_for(action, TableUpload, "upload_id", lambda value: TableUpload.id == value, "table_upload.read")


def table_import_for(action: str) -> Callable[[View], View]:
    """The import of the address's `batch_id`."""
    return _thing_for(action, TableImport, "batch_id", lambda value: TableImport.id == value, "table_import.read")


def station_for(action: str) -> Callable[[View], View]:
    """The station of the address's `station_id`."""
    return _thing_for(action, Station, "station_id", lambda value: Station.id == value, action)


def saved_view_for(action: str) -> Callable[[View], View]:
    """The saved view of the address's `view_id`."""
    return _thing_for(action, SavedView, "view_id", lambda value: SavedView.id == value, action)


def series_for(action: str) -> Callable[[View], View]:
    """The series of the address's `series_id`."""
    return _thing_for(action, Series, "series_id", lambda value: Series.id == value, "series.read")


def claim_for(action: str) -> Callable[[View], View]:
    """The claim to a company of the address's `claim_id`."""
    return _thing_for(action, Grant, "claim_id", lambda value: Grant.id == value, action)


def company_for(action: str) -> Callable[[View], View]:
    """The company of the address's `company_id`, for its members."""
    return _thing_for(action, Company, "company_id", lambda value: Company.id == value, "company.read")


def invitation_for(action: str) -> Callable[[View], View]:
    """The invitation of the address's `invitation_id`."""
    return _thing_for(action, Invitation, "invitation_id", lambda value: Invitation.id == value, "invitation.read")


def erasure_for(action: str) -> Callable[[View], View]:
    """The wish to have data erased of the address's `erasure_id`."""
    return _thing_for(action, Erasure, "erasure_id", lambda value: Erasure.id == value, action)


def member_for(action: str) -> Callable[[View], View]:
    """The membership of the address's `member_id`."""
    return _thing_for(action, Grant, "member_id", lambda value: Grant.id == value, "member.read")


def nomination_for(action: str) -> Callable[[View], View]:
    """The nomination of the address's `nomination_id`."""
    return _thing_for(action, Nomination, "nomination_id", lambda value: Nomination.id == value, "nomination.read")


def _thing_for(action: str, model: Any, name: str, where: Callable[[Any], Any], seen_by: str) -> Callable[[View], View]:
    def decorate(view: View) -> View:
        @functools.wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            signed_in_or_login()
            thing = policy.find(me(), action, model, where(kwargs.pop(name)), seen_by=seen_by)
            return view(thing, *args, **kwargs)

        guarded.asks = action  # type: ignore[attr-defined]
        return guarded

    return decorate


def visit_of(case: Case, visit_id: int) -> Visit:
    """The visit, if it belongs to this case; NotFound for another case's."""
    visit = db.session.get(Visit, visit_id)
    if visit is None or visit.case_id != case.id:
        raise NotFound("visit")
    return visit


def signed_in_or_login() -> None:
    """Send a stranger to the sign-in page, and back afterwards; what they typed waits in their browser."""
    if not current_user.is_authenticated:
        abort(401)


def _log_overseer(case: Case) -> None:
    """An overseer's every reading is logged. The line is written by a job of its own, because GET writes nothing."""
    if me().holds(Role.OVERSEER):
        g.log_reading = case.id


def write_reading(case_id: int) -> None:
    """Write the overseer's reading after the page is done, in a transaction of its own."""
    case = db.session.get(Case, case_id)
    if case is not None:
        consultation.note_access(case, me(), "case")
