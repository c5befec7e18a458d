"""Webhooks: other people's programs that are told what happens. The operator's."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, flash, request, url_for
from flask_babel import gettext

from helpdesk.domain import webhooks
from helpdesk.errors import Refused
from helpdesk.forms.channels import WebhookForm
from helpdesk.i18n import counted
from helpdesk.models import SendStatus, Webhook
from helpdesk.presentation import hooks_page
from helpdesk.presentation.words import refusal_text
from helpdesk.routes.guard import may, me
from helpdesk.routes.page import answer, page
from helpdesk.routes.steps import attempt

bp = Blueprint("webhooks", __name__, url_prefix="/webhooks")


@bp.get("")
@may("webhooks.edit")
def index() -> Response:
    """All there are, and how they go."""
    return page("webhooks/index.html", lines=hooks_page.lines(webhooks.listed(me())))


@bp.route("/new", methods=["GET", "POST"])
@may("webhooks.edit")
def new() -> Response:
    """Add one. Its secret is shown on the page that answers, and never again."""
    return _edit(None, WebhookForm(is_on=True))


@bp.route("/<int:webhook_id>", methods=["GET", "POST"])
@may("webhooks.edit")
def edit(webhook_id: int) -> Response:
    """Change one."""
    webhook = webhooks.by_id(me(), webhook_id)
    form = WebhookForm(url=webhook.url, kinds=webhook.kinds, is_on=webhook.is_on)
    if not form.is_submitted():
        form.version.data = str(webhook.version)
    return _edit(webhook, form)


def _edit(webhook: Webhook | None, form: WebhookForm) -> Response:
    groups = hooks_page.kinds()
    form.kinds.choices = [choice for _, choices in groups for choice in choices]
    status = 200
    if request.method == "POST":
        made: list[Webhook] = []
        refused = attempt(form, None, lambda: made.append(_put(form, webhook)))
        if refused is None and webhook is None:
            return page("webhooks/secret.html", webhook=made[0], secret=made[0].secret)
        if refused is None:
            flash(gettext("已保存"), "done")
            return answer(url_for("webhooks.index"))
        status = refused or 200
        form.version.data = str(webhook.version) if webhook is not None else ""
    return page(
        "webhooks/edit.html", status=status, form=form, webhook=webhook, groups=groups, has_errors=status != 200
    )


def _put(form: WebhookForm, webhook: Webhook | None) -> Webhook:
    return webhooks.put(
        me(),
        webhook,
        url=form.url.data or "",
        kinds=form.kinds.data or (),
        is_on=bool(form.is_on.data),
        seen=form.seen,
    )


@bp.get("/<int:webhook_id>/deliveries")
@may("webhooks.edit")
def deliveries(webhook_id: int) -> Response:
    """What it was told and is to be told, newest first."""
    webhook = webhooks.by_id(me(), webhook_id)
    wanted = request.args.get("state", "")
    status = SendStatus(wanted) if wanted in set(SendStatus) else None
    before = request.args.get("before", type=int)
    return page(
        "webhooks/deliveries.html",
        webhook=webhook,
        line=hooks_page.line(webhook),
        **hooks_page.build(webhook, status, before if before and 0 < before < 2**31 else None),
    )


@bp.post("/<int:webhook_id>/secret")
@may("webhooks.edit")
def renew(webhook_id: int) -> Response:
    """A new secret, shown on the page that answers, and never again."""
    webhook = webhooks.by_id(me(), webhook_id)
    return page("webhooks/secret.html", webhook=webhook, secret=webhooks.renew_secret(webhook, me()))


@bp.post("/<int:webhook_id>/test")
@may("webhooks.edit")
def test(webhook_id: int) -> Response:
    """Tell it something without a case."""
    return _act(webhook_id, lambda hook: webhooks.test(hook, me()), gettext("测试在路上，几秒钟后刷新看结果"))


@bp.post("/<int:webhook_id>/continuation")
@may("webhooks.edit")
def go_on(webhook_id: int) -> Response:
    """Tell it again after we had stopped."""
    return _act(webhook_id, lambda hook: webhooks.go_on(hook, me()), gettext("继续推送；暂停前没送到的可以重发"))


@bp.post("/<int:webhook_id>/deliveries/resend")
@may("webhooks.edit")
def resend(webhook_id: int) -> Response:
    """Put one delivery that was given up back on its way, or all of them."""
    text = request.form.get("delivery", "")
    delivery_id = None if not text else int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    webhook = webhooks.by_id(me(), webhook_id)
    try:
        flash(counted("%(n)s 条放回待发", webhooks.send_again(webhook, me(), delivery_id)), "done")
    except Refused as refusal:
        flash(refusal_text(refusal), "error")
    return answer(url_for("webhooks.deliveries", webhook_id=webhook.id))


@bp.post("/<int:webhook_id>/retirement")
@may("webhooks.edit")
def retire(webhook_id: int) -> Response:
    """Take it away."""
    webhook = webhooks.by_id(me(), webhook_id)
    webhooks.retire(webhook, me())
    flash(gettext("已删除推送地址"), "done")
    return answer(url_for("webhooks.index"))


def _act(webhook_id: int, verb: Callable[[Webhook], object], done: str) -> Response:
    webhook = webhooks.by_id(me(), webhook_id)
    try:
        verb(webhook)
        flash(done, "done")
    except Refused as refusal:
        flash(refusal_text(refusal), "error")
    return answer(url_for("webhooks.deliveries", webhook_id=webhook.id))
