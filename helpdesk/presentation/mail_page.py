"""What a letter says: subject, one sentence, the words it is about, what can be done, what happens next.

Worded when it is sent, in the reader's language, from the event and the case as they then are. No letter carries a note
of the desk: whoever one names is told that it does, and where it stands (peers brief, B1 no. 9).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC
from email.headerregistry import Address as MailAddress
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

from flask import current_app
from flask_babel import force_locale, gettext

from helpdesk import clock, config
from helpdesk.adapters.letterbox import plain
from helpdesk.db import db
from helpdesk.domain import closure, invitations, mail_delivery, mail_links, mailing, notices
from helpdesk.i18n import N_, counted
from helpdesk.models import (
    Act,
    Case,
    Certificate,
    Complaint,
    ComplaintAct,
    Event,
    Mail,
    MailKind,
    Message,
    Side,
    Status,
    Visit,
)
from helpdesk.presentation import complaint_page, dossier_words, filters, nominee_words, outage_words, own_page
from helpdesk.presentation.inbox_page import hider, offer_facts
from helpdesk.presentation.language import is_english
from helpdesk.presentation.words import event_text, fact_text, named, reason_text
from helpdesk.rules import policy
from helpdesk.rules.events import BY_KIND
from helpdesk.rules.identifiers import mask_name
from helpdesk.rules.mailing import Part

# In columns: what a mailbox shows of a subject on a phone.
SUBJECT_COLUMNS = 70
SEALED_WORDS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class Button:
    """A link that looks like one; the first of a letter is the main one."""

    label: str
    url: str
    main: bool = True


@dataclass(frozen=True)
class Line:
    """One entry of a digest."""

    text: str
    about: str
    when: str
    url: str


@dataclass(frozen=True)
class Letter:
    """What the templates of `mail` show."""

    subject: str
    title: str
    lead: str
    about: str = ""
    quoted: str = ""
    quoted_by: str = ""
    facts: list[tuple[str, str]] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    buttons: list[Button] = field(default_factory=list)
    next: str = ""
    why: str = ""
    settings: Button | None = None
    # Where a mailbox's own "unsubscribe" leads (RFC 8058); "" where the letter cannot be switched off.
    unsubscribe: str = ""


def message_of(mail: Mail) -> EmailMessage:
    """The finished letter: text and HTML, threaded, marked as written by a machine (RFC 3834)."""
    with force_locale(mail.locale):
        letter = compose(mail)
        words = {
            "letter": letter, "site": site_name(), "phone": config.setting("HELP_PHONE"), "english": is_english(),
            "home": outside("home.index"), "mark": mark_of(mail),
        }  # fmt: skip
        text, html = (_template(f"mail/letter.{kind}").render(words) for kind in ("txt", "html"))
    message = EmailMessage()
    message["Subject"] = one_line(letter.subject)
    sender = str(config.setting("MAIL_FROM")) or f"no-reply@{mailing.domain()}"
    message["From"] = _mailbox(site_name_in(mail.locale), sender)
    message["To"] = _mailbox(mail.name, mail.address)
    if reply_to := mailing.reply_address(mail):
        message["Reply-To"] = MailAddress(display_name=one_line(site_name_in(mail.locale))[:80], addr_spec=reply_to)
    message["X-Wenqu-Desk"] = mailing.domain()
    message["Date"] = format_datetime(clock.now().astimezone(UTC))
    message["Message-ID"] = mail.message_id
    if mail.case_id is not None and mail.kind is MailKind.EVENT:
        message["In-Reply-To"] = message["References"] = mailing.thread_root(mail)
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    if letter.unsubscribe:
        message["List-Unsubscribe"] = f"<{letter.unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(text, cte="base64")
    message.add_alternative(html, subtype="html", cte="base64")
    # Last: the library moves headers that speak of content to the first part.
    message["Content-Language"] = "en" if mail.locale.startswith("en") else "zh-CN"
    return message


def mark_of(mail: Mail) -> str:
    """The line above which an answer is written; "" where nobody reads one."""
    if not mailing.reply_address(mail):
        return ""
    return f"—— {plain.MARK_EN if is_english() else plain.MARK} ——"


def title_of(mail: Mail) -> str:
    """What the list of letters calls it, in the desk's language: no word of the case."""
    with force_locale("zh_Hans_CN"):
        if mail.kind is MailKind.DIGEST:
            return gettext("每日汇总")
        if mail.part == Part.INVITED:
            return gettext("有人请您一起看企业的求助")
        if mail.kind is MailKind.COMPLAINT:
            return gettext("投诉")
        if mail.dossier_correction is not None:
            return dossier_words.title(mail.dossier_correction)
        if mail.kind is MailKind.OUTAGE:
            return outage_words.title(is_over=bool(mail.is_over))
        group = mailing.told_group(mail)
        if mail.kind is MailKind.PROOF or group is None:
            return gettext("这是您的邮箱吗？")
        return gettext(group.label)


def _template(name: str) -> Any:
    # Without the request's context processors: the worker has no request.
    return current_app.jinja_env.get_template(name)


def _mailbox(name: str, address: str) -> MailAddress:
    user, _, host = address.rpartition("@")
    return MailAddress(display_name=one_line(name)[:80], username=user, domain=host)


def one_line(text: str) -> str:
    """Words for a header: no line ends, no control or direction marks, whatever somebody typed as their name."""
    cleaned = SEALED_WORDS.sub(" ", text.replace("\r", " ").replace("\n", " "))
    return " ".join(unicodedata.normalize("NFC", cleaned).split())


def site_name() -> str:
    """The desk's name in the language in force."""
    return str(config.setting("SITE_NAME_EN" if is_english() else "SITE_NAME"))


def site_name_in(locale: str) -> str:
    """The desk's name in a language."""
    return str(config.setting("SITE_NAME_EN" if locale.startswith("en") else "SITE_NAME"))


def outside(endpoint: str, **values: Any) -> str:
    """The whole address of a page, as somebody outside opens it (`PUBLIC_URL`)."""
    path: str = current_app.url_map.bind("outside").build(endpoint, values)
    return str(config.setting("PUBLIC_URL")).rstrip("/") + path


def compose(mail: Mail) -> Letter:
    """The letter in the language in force."""
    of_kind = {
        MailKind.EVENT: _of_event, MailKind.DIGEST: _digest, MailKind.PROOF: _proof, MailKind.OUTAGE: _of_outage,
        MailKind.COMPLAINT: _of_complaint,
        MailKind.COMMENDATION: _of_nominee,
        MailKind.DOSSIER: _of_dossier,
    }  # fmt: skip
    return of_kind[mail.kind](mail)


# --- about an event ---


def _of_event(mail: Mail) -> Letter:
    event, case = mail.event, mail.case
    if event is None or case is None:
        raise ValueError(f"mail {mail.id} names no event")
    if mail.part == Part.OFFERED:
        return _offer(mail, event, case)
    as_company = mail.part == Part.COMPANY
    masked = _hides_contact(mail, case)
    sentence = (as_company and event_text(event, for_company=True)) or event_text(event, masked=masked)
    quoted, quoted_by = _quoted(event, case, masked=masked)
    links = _links(mail)
    return Letter(
        subject=f"[{case.number}] {subject_of(event, as_company=as_company, masked=masked)}",
        title=subject_of(event, as_company=as_company, masked=masked),
        lead=sentence,
        about=case.title,
        quoted=quoted,
        quoted_by=quoted_by,
        facts=_facts(event, case, as_company=as_company, with_code=not _only_views(mail, case)),
        buttons=_buttons(mail, event, case),
        next=own_page.what_next(case) if as_company and not _below(case) else "",
        why=_why(mail, case),
        settings=_settings(mail, links),
        unsubscribe=_one_click(mail),
    )


def _hides_contact(mail: Mail, case: Case) -> bool:
    """Whether the reader works on the case or follows it without knowing the company's contact."""
    if mail.part == Part.COMPANY or mail.account is None:
        return False
    return not policy.can(policy.who_is(mail.account), "case.read_contact", case)


def subject_of(event: Event, *, as_company: bool, masked: bool = False) -> str:
    """The line of a mail. A subject worded for the company is not for the desk: there the sentence itself stands."""
    told = BY_KIND[event.kind]
    if not as_company and "company" in told.tells and told.company:
        return shortened(event_text(event, masked=masked))
    return gettext(told.subject) % {name: fact_text(event.kind, name, value) for name, value in event.facts.items()}


def shortened(text: str) -> str:
    """At most as much as a phone's list of mails shows."""
    columns, kept = 0, ""
    for letter in text:
        columns += 1 + (unicodedata.east_asian_width(letter) in "WFA")
        if columns > SUBJECT_COLUMNS:
            return kept.rstrip("，,、 ：:") + "…"
        kept += letter
    return kept


def _quoted(event: Event, case: Case, *, masked: bool) -> tuple[str, str]:
    """The words the letter is about: never a note's."""
    if event.kind in ("message.posted", "message.brought"):
        row = db.session.get(Message, int(event.facts["message_id"]))
        if row is not None and row.case_id == case.id:
            hidden = masked and row.side is Side.COMPANY
            return row.body, mask_name(row.author_name) if hidden else row.author_name
    if event.kind == "case.answered":
        summary = closure.latest_answer(case)
        if summary is not None:
            return "\n".join(part for part in (summary.problem, summary.advice, summary.result) if part), (
                event.actor_name
            )
    if event.kind == "case.repeated":
        return case.problem, named(case.station)
    if event.kind == "case.submitted":
        return case.problem, mask_name(case.contact_name) if masked else case.contact_name
    return "", ""


def _facts(event: Event, case: Case, *, as_company: bool, with_code: bool) -> list[tuple[str, str]]:
    facts = [(gettext("编号"), case.number or "")]
    if event.kind.startswith("visit.") and "visit_id" in event.facts:
        visit = db.session.get(Visit, int(event.facts["visit_id"]))
        if visit is not None and visit.case_id == case.id:
            facts += own_page.visit_facts(visit)
    if as_company:
        if case.station is not None:
            facts.append((gettext("负责"), named(case.station)))
        if case.expert is not None:
            facts.append((gettext("专家"), case.expert.name))
        if event.kind in ("case.submitted", "case.repeated") and with_code:
            facts.append((gettext("追踪码"), case.tracking_code))
    else:
        if case.company is not None:
            facts.append((gettext("企业"), case.company.name))
        if case.due_at is not None:
            facts.append((gettext("最晚"), f"{filters.day(case.due_at)} {filters.hour(case.due_at)}"))
    return facts


# Here the page says "answer below"; in a letter the button says it.
def _below(case: Case) -> bool:
    return case.is_paused or case.status in (Status.CONSULTING, Status.ANSWERED)


# What a letter's main button says, for the company.
COMPANY_LABELS = {
    "case.asked": N_("去补充"), "message.posted": N_("去回复"), "case.rejected": N_("看看能找谁"),
    "case.submitted": N_("看进展"), "case.repeated": N_("看进展"),
}  # fmt: skip


def _buttons(mail: Mail, event: Event, case: Case) -> list[Button]:
    if mail.part != Part.COMPANY:
        if event.kind == "certificate.issued":
            paper = db.session.get(Certificate, int(event.facts["certificate_id"]))
            if paper is not None:
                return [Button(gettext("看证书"), outside("certificates.show", number=paper.number))]
        return [Button(gettext("打开案件"), outside("cases.show", number=case.number))]
    here = _door(mail, case)
    if _only_views(mail, case):
        return [Button(gettext("看进展"), here("show"))]
    if event.kind == "case.answered":
        return [
            Button(gettext("解决了，去确认"), here("confirm", outcome="solved")),
            Button(gettext("还没解决"), here("confirm", outcome="none"), main=False),
        ]
    if event.kind in ("visit.logged", "visit.changed"):
        visit_id = int(event.facts["visit_id"])
        return [Button(gettext("去核对时间"), here("check_visit", visit_id=visit_id))]
    return [Button(gettext(COMPANY_LABELS.get(event.kind, N_("看进展"))), here("show"))]


def _only_views(mail: Mail, case: Case) -> bool:
    """Whether the letter goes to a viewer of the company: it then carries no way to act, nor one to find it."""
    return mail.account is not None and policy.who_is(mail.account).only_views(case.company_id)


def _door(mail: Mail, case: Case) -> Callable[..., str]:
    """The company's page: by the tracking link for its contact, after signing in for a colleague."""
    by_link = mail.account_id is None or (mail.account_id == case.contact_account_id and not _only_views(mail, case))

    def address(view: str, **more: Any) -> str:
        if by_link:
            return outside(f"tracking.{view}", token=case.tracking_token, **more)
        return outside(f"requests.{view}", number=case.number, **more)

    return address


def _why(mail: Mail, case: Case) -> str:
    if mail.part == Part.COMPANY:
        return gettext("您收到这封信，是因为求助 %(number)s 留了这个邮箱。", number=case.number)
    if mail.part == Part.MENTIONED:
        return gettext("您收到这封信，是因为同事在这一件的内部备注里提到您。备注只在网站上看。")
    if mail.part == Part.FOLLOWER:
        return gettext("您收到这封信，是因为您关注了这一件。")
    if mail.part == Part.DESK:
        return gettext("您收到这封信，是因为您在%(station)s值守。", station=named(case.station))
    return gettext("您收到这封信，是因为您是这一件的专家。")


def _settings(mail: Mail, links: dict[Act, str]) -> Button | None:
    if mail.account_id is not None:
        return Button(gettext("改收信设置"), outside("notifications.wishes"))
    return Button(gettext("不再收信"), links[Act.STOP]) if Act.STOP in links else None


def _one_click(mail: Mail) -> str:
    links = mail_links.links_of(mail)
    link = links.get(Act.MUTE) or links.get(Act.STOP)
    group = mailing.told_group(mail)
    if link is None or (group is not None and not group.optional):
        return ""
    return outside("acts.one_click", token=mail_links.link_token(link))


def _offer(mail: Mail, event: Event, case: Case) -> Letter:
    """An offer: the company has a trade, a size and a district, no name. Both answers are one press away."""
    offer = mailing.offer_of(mail)
    if offer is None:
        raise ValueError(f"the offer of mail {mail.id} is over")
    hide = hider(case)
    links = _links(mail)
    return Letter(
        subject=f"[{case.number}] {gettext('想请您帮一家企业：%(title)s', title=shortened(hide(case.title)))}",
        title=gettext("想请您帮一家企业"),
        lead=gettext("%(station)s想请您帮忙。接不接都可以，不方便不影响以后派单。", station=named(case.station)),
        about=hide(case.title),
        quoted=hide(case.problem),
        facts=offer_facts(offer) + ([(gettext("附言"), hide(offer.note))] if offer.note else []),
        reasons=[reason_text(reason) for reason in offer.reasons],
        buttons=[
            Button(gettext("接单"), links[Act.ACCEPT]),
            Button(gettext("这次不方便"), links[Act.DECLINE], main=False),
            Button(gettext("打开看看"), outside("inbox.offer", offer_id=offer.id), main=False),
        ],
        next=gettext("按钮会先打开一页请您核对，再按一次才算数。"),
        why=gettext("您收到这封信，是因为您是志愿专家。"),
        settings=_settings(mail, links),
    )


# --- the day's news ---


def _digest(mail: Mail) -> Letter:
    told = mail_delivery.told_in(mail)
    reader = policy.who_is(mail.account) if mail.account is not None else policy.ANYBODY
    known = notices.open_contacts(reader, (case for _, _, case in told))
    lines = [
        Line(
            text=(row.part == Part.COMPANY and event_text(event, for_company=True))
            or event_text(event, masked=case.id not in known),
            about=f"{case.number} {case.title}",
            when=filters.moment(event.at),
            url=outside("requests.show" if row.part == Part.COMPANY else "cases.show", number=case.number),
        )
        for row, event, case in told
    ]
    lines += [
        Line(
            text=nominee_words.title(line),
            about=nominee_words.about(line),
            when=filters.moment(line.at),
            url=outside(nominee_words.place(line)[0], **nominee_words.place(line)[1]),
        )
        for _, line in mail_delivery.told_of_nominee(mail)
    ]
    return Letter(
        subject=counted("昨天以来的 %(n)s 条进展", len(lines)),
        title=counted("昨天以来的 %(n)s 条进展", len(lines)),
        lead=gettext("您在网站上看过的，这里不再重复。"),
        lines=lines,
        buttons=[Button(gettext("打开网站"), outside("notifications.index"))],
        why=gettext("您收到这封信，是因为您选了每天一封。"),
        settings=Button(gettext("改收信设置"), outside("notifications.wishes")),
    )


# --- commendations ---


def _of_nominee(mail: Mail) -> Letter:
    """To whoever was put forward: what was done and why, and what they may do."""
    line = mail.line
    if line is None or line.nomination is None:
        raise ValueError(f"mail {mail.id} names no nomination")
    links = _links(mail)
    quoted, quoted_by = nominee_words.quoted(line)
    return Letter(
        subject=shortened(f"{nominee_words.title(line)}{gettext('：')}{line.nomination.cycle.name}"),
        title=nominee_words.title(line),
        lead=nominee_words.sentence(line),
        about=line.nomination.cycle.name,
        quoted=quoted,
        quoted_by=quoted_by,
        facts=nominee_words.facts(line),
        buttons=[
            Button(label, outside(endpoint, **values), main=n == 0)
            for n, (label, endpoint, values) in enumerate(nominee_words.buttons(line))
        ],
        next=nominee_words.what_next(line),
        why=nominee_words.why(line),
        settings=_settings(mail, links),
        unsubscribe=_one_click(mail),
    )


# --- a training or an award ---


def _of_dossier(mail: Mail) -> Letter:
    """To the expert, and whoever asked: what was decided about a training or award, by whom and why."""
    correction = mail.dossier_correction
    if correction is None:
        raise ValueError(f"mail {mail.id} names no correction")
    title = dossier_words.title(correction)
    return Letter(
        subject=title,
        title=title,
        lead=dossier_words.sentence(correction),
        quoted=correction.reason,
        quoted_by=correction.decided_by or "",
        facts=dossier_words.facts(correction),
        buttons=[
            Button(gettext("看更正申请"), outside("dossier_corrections.show", dossier_correction_id=correction.id))
        ],
        next=dossier_words.what_next(correction),
        why=gettext("您收到这封信，是因为它关系到您的志愿服务档案。")
        if mail.part == Part.EXPERT
        else gettext("您收到这封信，是因为您提了这份更正申请。"),
    )


# --- the desk's own mailbox ---


def _of_outage(mail: Mail) -> Letter:
    """To whoever runs the desk: since when, why, where to look. The mailbox may be deaf, so it asks no answer."""
    outage = mail.outage
    if outage is None:
        raise ValueError(f"mail {mail.id} names no outage")
    who = policy.who_is(mail.account) if mail.account is not None else policy.ANYBODY
    is_over = bool(mail.is_over)
    title = outage_words.title(is_over=is_over)
    return Letter(
        subject=title,
        title=title,
        lead=outage_words.sentence(outage, is_over=is_over),
        facts=outage_words.facts(outage, is_over=is_over),
        buttons=[Button(gettext("去看看"), outside(outage_words.place(who)))],
        next="" if is_over else gettext("修好之前，回信和新来信都进不来；已经收下的一封也没有丢。"),
        why=gettext("您收到这封信，是因为您管着这个网站。"),
    )


# --- a complaint ---


def _of_complaint(mail: Mail) -> Letter:
    """To whoever complained, with the answer; to whoever has to answer, without a word that was typed."""
    step = mail.complaint_step
    if step is None:
        raise ValueError(f"mail {mail.id} names no step of a complaint")
    row = step.complaint
    is_own = mail.part == Part.COMPLAINER
    title = complaint_page.step_text(step, desk=not is_own)
    shown = complaint_page.view(row)
    links = _links(mail)
    answer = "\n".join(part for part in (step.reason, step.done) if part)
    return Letter(
        subject=f"[{row.number}] {title}",
        title=title,
        lead=shown.lead if is_own else gettext("最晚 %(day)s 答复。内容请登录后看。", day=shown.due),
        quoted=answer if is_own and step.act is ComplaintAct.ANSWERED else "",
        quoted_by=shown.level if is_own and answer else "",
        facts=[(gettext("编号"), row.number), (gettext("关于"), f"{shown.about} {shown.about_number}".strip())],
        buttons=[Button(gettext("看投诉和答复") if is_own else gettext("去处理"), _place_of_complaint(mail, row))],
        next=_after_complaint(row) if is_own else "",
        why=gettext("您收到这封信，是因为您提了这件投诉。")
        if is_own
        else gettext("您收到这封信，是因为这件投诉由您答复或监督。"),
        settings=Button(gettext("不再收信"), links[Act.STOP]) if Act.STOP in links else None,
    )


def _place_of_complaint(mail: Mail, row: Complaint) -> str:
    if mail.account_id is not None:
        return outside("complaints.show", complaint_id=row.id)
    if row.case is not None:
        return outside("tracking.complain", token=row.case.tracking_token)
    return outside("complaints.by_link", complaint_token=row.token)


def _after_complaint(row: Complaint) -> str:
    shown = complaint_page.view(row)
    if shown.can_go_further:
        return gettext("不满意的话，%(day)s前可以请总队再看一次。", day=shown.further_until)
    return gettext("还不满意，可以向民政部门投诉。") if shown.is_last else ""


# --- the one question ---


def _proof(mail: Mail) -> Letter:
    """What may go to an address nobody vouched for: the question, or an invitation."""
    return _invitation(mail) if mail.part == Part.INVITED else _question(mail)


def _invitation(mail: Mail) -> Letter:
    """Fixed words again: who asks and for which company stands on the page behind the link, because both were typed."""
    row = invitations.of_mail(mail.id)
    if row is None:
        raise ValueError(f"mail {mail.id} carries no invitation")
    links = _links(mail)
    return Letter(
        subject=gettext("有人请您一起看企业的求助"),
        title=gettext("有人请您一起看企业的求助"),
        lead=gettext("您的一位同事请您加入，一起看本企业提的求助。打开链接就能看到是谁、哪家企业。"),
        buttons=[
            Button(gettext("打开看看"), outside("invitations.show", token=invitations.token_of(row))),
            Button(gettext("不认识，别再发"), links[Act.STOP], main=False),
        ],
        next=gettext("链接 %(days)s 天内有效，只能用一次。不想加入，不用理会。", days=invitations.DAYS),
        why=gettext("您收到这封信，是因为有人填了这个邮箱。加入之前我们不会再写别的。"),
    )


def _question(mail: Mail) -> Letter:
    """To an address nobody vouched for: fixed words and a number. Nothing that anybody typed."""
    if mail_delivery.asks_to_complete(mail):
        return _to_complete(mail)
    links = _links(mail)
    number = mail.case.number if mail.case is not None else ""
    return Letter(
        subject=gettext("这是您的邮箱吗？"),
        title=gettext("这是您的邮箱吗？"),
        lead=gettext("有人在我们网站上留了这个邮箱。是您的话，按一下按钮，以后的进展就发到这里。"),
        facts=[(gettext("编号"), number)] if number else [],
        buttons=[
            Button(gettext("是我的，发给我"), links[Act.PROVE]),
            Button(gettext("不是我，别再发"), links[Act.STOP], main=False),
        ],
        next=gettext("您不按，我们就不再给这个邮箱写信。"),
        why=gettext("没有核对过的邮箱，我们只写这一封信。"),
    )


def _to_complete(mail: Mail) -> Letter:
    """To whoever wrote to the desk without being known: what is still missing, and where to say it. Fixed words."""
    links = _links(mail)
    return Letter(
        subject=gettext("收到您的来信，请补两项"),
        title=gettext("收到您的来信，请补两项"),
        lead=gettext(
            "我们收到了一封从这个邮箱写来的信。是您写的话，请按按钮补上企业和联系电话，并同意我们把它交给专家。"
        ),
        buttons=[
            Button(gettext("是我写的，去补"), links[Act.PROVE]),
            Button(gettext("不是我写的，别再发"), links[Act.STOP], main=False),
        ],
        next=gettext("您不按，工作站会人工看这封信；我们不再自动给这个邮箱写信。"),
        why=gettext("没有核对过的邮箱，我们一天最多写这一封信。"),
    )


def _links(mail: Mail) -> dict[Act, str]:
    """The addresses of a letter's links by what they do."""
    return {
        act: outside("acts.show", token=mail_links.link_token(link)) for act, link in mail_links.links_of(mail).items()
    }
