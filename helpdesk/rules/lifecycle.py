"""What can happen to a case: one table, the only place that knows it.

A row says: step, from, to, who may (an action of `rules.policy`), what it needs, which event it writes, how its
button looks. Guards, buttons, lists, the diagram and docs/lifecycle.md are drawn from it; `domain.life.take` is
the one door through which a case passes from state to state.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from helpdesk.i18n import N_
from helpdesk.models.case import Status


@dataclass(frozen=True)
class State:
    """How a state is called by the staff and by the company, its icon and colour token, and whether it lives."""

    status: Status
    label: str
    company_label: str
    icon: str
    tone: str
    is_end: bool = False


STATES: dict[Status, State] = {
    row.status: row
    for row in (
        State(Status.DRAFT, N_("草稿"), N_("草稿"), "draft", "off"),
        State(Status.SUBMITTED, N_("待受理"), N_("已收到"), "submitted", "new"),
        State(Status.TRIAGED, N_("待派单"), N_("正在找专家"), "triaged", "new"),
        State(Status.OFFERED, N_("待接单"), N_("正在找专家"), "offered", "offer"),
        State(Status.ACCEPTED, N_("待首次联系"), N_("专家已接手"), "accepted", "work"),
        State(Status.CONSULTING, N_("服务中"), N_("服务中"), "consulting", "work"),
        State(Status.ANSWERED, N_("待企业确认"), N_("请您确认"), "answered", "conf"),
        State(Status.CLOSED, N_("已办结"), N_("已办结"), "closed", "done", is_end=True),
        State(Status.REJECTED, N_("不予受理"), N_("未受理"), "rejected", "off", is_end=True),
        State(Status.REFERRED, N_("已转介"), N_("已转到别的单位"), "referred", "off", is_end=True),
        State(Status.WITHDRAWN, N_("已撤回"), N_("您已撤回"), "withdrawn", "off", is_end=True),
        State(Status.MERGED, N_("已并案"), N_("已并入另一件"), "merged", "off", is_end=True),
    )
}

# What a waiting case is called instead: waiting is no state (design, section 2).
WAITING_LABEL = N_("待企业补充")
WAITING_COMPANY_LABEL = N_("请您补充")

BEFORE_HELP = (Status.SUBMITTED, Status.TRIAGED)
ON_ITS_WAY = (*BEFORE_HELP, Status.OFFERED, Status.ACCEPTED, Status.CONSULTING)
IN_HANDS = (Status.ACCEPTED, Status.CONSULTING)


@dataclass(frozen=True)
class Step:
    """One thing that can happen.

    `to` is None when the state stays. `needs` names guards of `rules.guards`. `look` is primary, default, danger,
    or "" for a step no person takes by a button of its own. `page` is the endpoint that shows the step's form.
    """

    name: str
    label: str
    frm: tuple[Status, ...]
    to: Status | None
    may: str
    event: str
    needs: tuple[str, ...] = ()
    look: str = "default"
    page: str = ""


S = Status

STEPS: tuple[Step, ...] = (
    Step("submit", N_("提交求助"), (S.DRAFT,), S.SUBMITTED, "case.submit", "case.submitted",
         needs=("consent_given", "contact_known", "few_open_cases"), look="primary"),
    Step("repeat", N_("定期回访建案"), (S.DRAFT,), S.SUBMITTED, "case.repeat", "case.repeated",
         needs=("consent_given", "contact_known", "few_open_cases"), look=""),
    Step("discard", N_("丢弃草稿"), (S.DRAFT,), S.WITHDRAWN, "case.submit", "case.discarded", look=""),
    Step("triage", N_("分诊"), BEFORE_HELP, S.TRIAGED, "case.triage", "case.triaged",
         needs=("category_and_station", "no_transfer_pending"), look="primary", page="triages.edit"),
    Step("split", N_("拆成两件"), BEFORE_HELP, None, "case.triage", "case.split",
         needs=("no_transfer_pending",), page="splits.new"),
    Step("reject", N_("不予受理"), BEFORE_HELP, S.REJECTED, "case.reject", "case.rejected",
         needs=("one_of_seven_grounds",), look="danger", page="rejections.new"),
    Step("refer", N_("转介政务"), BEFORE_HELP, S.REFERRED, "case.refer", "case.referred",
         needs=("office_named",), page="referrals.new"),
    Step("merge", N_("并案"), (*BEFORE_HELP, S.OFFERED, S.ACCEPTED, S.CONSULTING), S.MERGED, "case.merge",
         "case.merged", needs=("same_company_target", "no_visits_yet"), page="merges.new"),
    Step("unmerge", N_("撤销并案"), (S.MERGED,), S.SUBMITTED, "case.merge", "case.unmerged",
         needs=("within_unmerge_days",), page="merges.undo"),
    Step("withdraw", N_("撤回求助"), ON_ITS_WAY, S.WITHDRAWN, "case.withdraw", "case.withdrawn",
         look="danger"),
    Step("resume", N_("恢复求助"), (S.WITHDRAWN,), S.SUBMITTED, "case.withdraw", "case.resumed",
         needs=("was_submitted", "within_resume_days")),
    Step("appeal", N_("申诉"), (S.REJECTED,), None, "case.appeal", "case.appealed",
         needs=("reason_given", "within_appeal_days")),
    Step("uphold_appeal", N_("申诉成立，恢复受理"), (S.REJECTED,), S.SUBMITTED, "case.judge_appeal",
         "case.appeal_upheld", needs=("reason_given", "appeal_pending", "not_who_rejected"), page="appeals.new"),
    Step("offer", N_("派单"), (S.TRIAGED,), S.OFFERED, "case.offer", "case.offered",
         needs=("eligible_expert", "no_transfer_pending"), look="primary", page="offers.new"),
    Step("offer_to_several", N_("同时请几位"), (S.TRIAGED,), S.OFFERED, "case.offer", "case.offered_to_several",
         needs=("no_transfer_pending",), look=""),
    Step("undo_offer", N_("撤销派单"), (S.OFFERED,), S.TRIAGED, "case.offer", "case.offer_undone",
         needs=("offer_not_left",), look=""),
    Step("recall", N_("收回派单"), (S.OFFERED,), S.TRIAGED, "case.offer", "case.recalled",
         needs=("reason_given",), page="recalls.new"),
    Step("accept", N_("我来接"), (S.OFFERED,), S.ACCEPTED, "offer.answer", "case.accepted",
         needs=("offer_pending", "no_conflict_declared", "capacity_left"), look="primary"),
    Step("decline", N_("不方便"), (S.OFFERED,), S.TRIAGED, "offer.answer", "case.declined",
         needs=("offer_pending", "decline_reason")),
    Step("pass", N_("不方便"), (S.OFFERED,), None, "offer.answer", "case.passed",
         needs=("offer_pending", "decline_reason"), look=""),
    Step("expire_one", N_("一位逾期未接"), (S.OFFERED,), None, "case.keep_time", "case.one_offer_expired", look=""),
    Step("expire", N_("逾期未接"), (S.OFFERED,), S.TRIAGED, "case.keep_time", "case.offer_expired", look=""),
    Step("take", N_("由站点直接办"), (S.TRIAGED,), S.ACCEPTED, "case.take", "case.taken",
         needs=("no_transfer_pending",), page="handlings.new"),
    Step("start", N_("开始服务"), (S.ACCEPTED,), S.CONSULTING, "case.consult", "case.started", look=""),
    Step("hand_back", N_("申请换人"), IN_HANDS, S.TRIAGED, "case.hand_back", "case.handed_back",
         needs=("reason_given",), page="handovers.new"),
    Step("ask", N_("请企业补充"), ON_ITS_WAY, None, "case.ask", "case.asked",
         needs=("question_given", "not_waiting"), page="inquiries.new"),
    Step("supply", N_("补充"), ON_ITS_WAY, None, "case.reply_as_company", "case.supplied",
         needs=("is_waiting",), look=""),
    Step("answer", N_("写小结办结"), (S.CONSULTING,), S.ANSWERED, "case.answer", "case.answered",
         needs=("served_something", "gate_declared", "not_waiting"), look="primary", page="answers.new"),
    Step("confirm", N_("确认并打分"), (S.ANSWERED,), S.CLOSED, "case.confirm", "case.closed",
         needs=("no_open_review", "said_whether_paid", "no_visit_undecided"), look="primary"),
    Step("report_payment", N_("报告收费"), (S.ANSWERED, S.CONSULTING), None, "case.confirm", "case.payment_reported",
         needs=("no_open_review",), look=""),
    Step("decide_review", N_("收费核查结论"), (S.ANSWERED, S.CONSULTING), None, "case.judge_review",
         "case.review_decided", needs=("open_review", "reason_given"), page="reviews.edit"),
    Step("dispute", N_("没有解决"), (S.ANSWERED,), S.CONSULTING, "case.confirm", "case.disputed",
         needs=("reason_given", "no_open_review")),
    Step("verify", N_("站点核定办结"), (S.ANSWERED,), S.CLOSED, "case.verify", "case.verified",
         needs=("silent_long_enough", "no_open_review", "gate_checked", "not_own_hours"), look="primary",
         page="verifications.new"),
    Step("close_unreachable", N_("联系不上，办结"), IN_HANDS, S.CLOSED, "case.close_unreachable",
         "case.closed_unreachable", needs=("three_attempts", "no_visits_counting"), page="unreachables.new"),
    Step("request_transfer", N_("转站点"), ON_ITS_WAY, None, "case.transfer", "case.transfer_requested",
         needs=("other_station", "reason_given", "no_transfer_pending", "few_transfers"), page="transfers.new"),
    Step("accept_transfer", N_("接收"), ON_ITS_WAY, S.SUBMITTED, "case.receive", "case.transferred",
         needs=("transfer_pending",), look="primary", page="transfers.edit"),
    Step("bounce_transfer", N_("退回"), ON_ITS_WAY, None, "case.receive", "case.transfer_bounced",
         needs=("transfer_pending", "reason_given"), page="transfers.edit"),
    Step("cancel_transfer", N_("撤销转站"), ON_ITS_WAY, None, "case.transfer", "case.transfer_cancelled",
         needs=("transfer_pending",), page="transfers.undo"),
    Step("reopen", N_("重开"), (S.CLOSED,), S.CONSULTING, "case.reopen", "case.reopened",
         needs=("reason_given", "within_reopen_days", "somebody_to_return_to"), page="reopenings.new"),
)  # fmt: skip

BY_NAME: dict[str, Step] = {row.name: row for row in STEPS}

# Days within which an end can be undone (brief/peers C2: T20-T23); calendar days from the end.
REOPEN_DAYS = 30
RESUME_DAYS = 30
UNMERGE_DAYS = 7
APPEAL_DAYS = 15
# Days of silence after which the station may verify, with someone else than the expert (C2: T16).
SILENCE_DAYS = 7
MAX_TRANSFERS = 2
MAX_OPEN_CASES = 5
CONTACT_ATTEMPTS = 3


def steps_from(status: Status) -> Iterator[Step]:
    """The rows that can be taken from this state, in the order of the table."""
    return (row for row in STEPS if status in row.frm)


# The seven grounds of 《深圳市企业诉求服务指引（第一版）》 2023-12-13 (rule R11), each with where to go instead.
GROUNDS: dict[str, tuple[str, str]] = {
    "outside_jurisdiction": (
        N_("不属于本市受理范围"),
        N_("请向事项所在地的主管部门或服务机构提出，也可以拨打当地 12345。"),
    ),
    "litigation_arbitration_discipline_review_foi": (
        N_("已经或应当通过诉讼、仲裁、纪检、复议、信息公开办理"),
        N_("请向受理的法院、仲裁机构或行政机关提出；需要法律援助可以拨打 12348。"),
    ),
    "already_petition_xinfang": (
        N_("已经进入信访程序"),
        N_("请按信访程序查询进度，或拨打 12345。"),
    ),
    "secret_privacy": (
        N_("涉及国家秘密、商业秘密或个人隐私"),
        N_("请隐去涉密内容后重新提出，或直接联系有权处理的机关。"),
    ),
    "illegal_abusive_no_substance": (
        N_("违法、侮辱性内容，或没有实质内容"),
        N_("请写明企业遇到的具体问题后重新提出。"),
    ),
    "duplicate_or_concluded": (
        N_("与正在办理或已经办结的事项重复"),
        N_("请在原来那件求助里继续沟通，或申请重开。"),
    ),
    "other_legal": (
        N_("法律法规规定的其他情形"),
        N_("请按说明中的途径办理，或拨打 12345 咨询。"),
    ),
}

# A government matter is not a volunteer's case: hand it over with a recorded referral (domain brief, 8).
OFFICES: dict[str, tuple[str, str]] = {
    "12345": (N_("12345 政务服务便民热线（企事速办）"), "12345"),
    "tax": (N_("税务局 12366 纳税服务热线"), "12366"),
    "social_insurance": (N_("人力资源和社会保障局 12333"), "12333"),
    "market_regulation": (N_("市场监督管理局 12315"), "12315"),
    "housing_fund": (N_("住房公积金管理中心 12329"), "12329"),
    "legal_aid": (N_("公共法律服务 12348"), "12348"),
    "labour_inspection": (N_("劳动监察（区人力资源局）"), "12333"),
    "other": (N_("其他主管部门"), "12345"),
}

DECLINE_REASONS: dict[str, str] = {
    "no_time": N_("近期没有时间"),
    "not_my_field": N_("不对口"),
    "conflict": N_("有利益关系，需要回避"),
    "other": N_("其他原因"),
}

HAND_BACK_REASONS: dict[str, str] = {
    "no_time": N_("时间上顾不过来"),
    "not_my_field": N_("问题超出我的专长"),
    "conflict": N_("发现利益关系，需要回避"),
    "no_contact": N_("一直没有联系上，交回站点"),
    "other": N_("其他原因"),
}

WITHDRAW_REASONS: dict[str, str] = {
    "solved_elsewhere": N_("已经在别处解决"),
    "no_longer_needed": N_("不需要了"),
    "too_slow": N_("等得太久"),
    "wrong": N_("填错了，重新提"),
    "other": N_("其他原因"),
}


def to_mermaid() -> str:
    """The table as a state diagram; self-loops and steps with many sources are drawn once per source."""
    lines = ["stateDiagram-v2", "    [*] --> draft"]
    for row in STEPS:
        if row.to is None:
            continue
        lines += [f"    {source} --> {row.to}: {row.name}" for source in row.frm]
    lines += [f"    {status} --> [*]" for status, state in STATES.items() if state.is_end]
    return "\n".join(lines)
