"""What is recorded, how it is told, who is told: one table.

The timeline, the notices, the wording of mail and the audit page all read it. `facts` is the exact set of keys an
event carries; a missing or unknown one raises when the event is written.
"""

from __future__ import annotations

from dataclasses import dataclass

from helpdesk.i18n import N_


@dataclass(frozen=True)
class Told:
    """One kind of event.

    `staff` is the sentence on the desk, `company` the sentence the company reads ("" hides the event from it).
    Placeholders are facts, and `actor`. `tells` names who gets a notice: expert, station, company, receiver
    (the station a transfer asks), offered (the expert of a pending offer), mentioned (who a note names). Whoever
    follows the case is told of what `for_followers` says. `subject` is the line of a mail.
    """

    kind: str
    icon: str
    staff: str
    company: str
    facts: frozenset[str] = frozenset()
    tells: tuple[str, ...] = ()
    subject: str = ""


def _told(
    kind: str, icon: str, staff: str, company: str = "", facts: str = "", tells: str = "", subject: str = ""
) -> Told:
    return Told(kind, icon, staff, company, frozenset(facts.split()), tuple(tells.split()), subject)


EVENTS: tuple[Told, ...] = (
    _told("case.submitted", "mail", N_("%(actor)s提交了求助"), N_("您提交了求助"),
          "number channel", "station company", N_("收到您的求助 %(number)s")),
    _told("case.repeated", "clock", N_("按定期回访建了这一件，上一件是 %(previous)s"),
          N_("按约好的定期回访，为您建了这一件，不用您再说一遍"), "number channel previous", "station company",
          N_("定期回访：为您建了 %(number)s")),
    _told("series.begun", "clock", N_("%(actor)s设了定期回访，第一次是 %(day)s"),
          N_("工作站为您设了定期回访，第一次是 %(day)s。不需要，随时可以停"), "day", "company", N_("为您设了定期回访")),
    _told("series.changed", "edit", N_("%(actor)s改了定期回访，下一次是 %(day)s"), N_("定期回访改了，下一次是 %(day)s"),
          "day", "company", N_("定期回访改了")),
    _told("series.paused", "pause", N_("%(actor)s暂停了定期回访"), N_("定期回访暂停了"), "", "company",
          N_("定期回访暂停了")),
    _told("series.stopped", "pause", N_("定期回访自己停下了：%(cause)s"), "", "cause", "station",
          N_("定期回访停下了，请看一下")),
    _told("series.resumed", "right", N_("%(actor)s恢复了定期回访，下一次是 %(day)s"), N_("定期回访恢复了，下一次是 %(day)s"),
          "day", "company", N_("定期回访恢复了")),
    _told("series.ended", "close", N_("%(actor)s结束了定期回访：%(reason)s"), N_("定期回访结束了：%(reason)s"), "reason",
          "station company", N_("定期回访结束了")),
    _told("series.over", "check", N_("定期回访按约定做完了"), N_("定期回访按约定做完了"), "", "station"),
    _told("case.discarded", "close", N_("草稿已丢弃")),
    _told("case.triaged", "tag", N_("%(actor)s完成分诊：%(category)s，%(station)s"),
          N_("%(station)s受理了您的求助，归为“%(category)s”"),
          "category topic urgency station", "company", N_("您的求助已受理")),
    _told("case.routed", "swap", N_("按规则“%(rules)s”：%(did)s"), "", "rules did"),
    _told("case.tagged", "tag", N_("%(actor)s贴上标签：%(words)s"), "", "words"),
    _told("case.untagged", "tag", N_("%(actor)s去掉标签：%(words)s"), "", "words"),
    _told("case.split", "split", N_("%(actor)s拆出另一件 %(other)s"), N_("您的求助分成了两件，另一件是 %(other)s"),
          "other before", "company", N_("您的求助分成了两件")),
    _told("case.rejected", "s-slash", N_("%(actor)s不予受理：%(ground)s"), N_("没有受理：%(ground)s。%(reason)s"),
          "ground reason instead", "company", N_("这件事我们办不了，但有人能办")),
    _told("case.appealed", "flag", N_("企业申诉：%(reason)s"), N_("您提出了申诉"), "reason", "station",
          N_("企业对不予受理提出申诉")),
    _told("case.appeal_upheld", "undo", N_("%(actor)s认定申诉成立：%(reason)s"), N_("申诉成立，您的求助恢复受理"),
          "reason", "station company", N_("您的申诉成立")),
    _told("case.referred", "swap", N_("%(actor)s转介给%(office)s"), N_("已为您转介到%(office)s，电话 %(phone)s"),
          "office phone reason", "company", N_("您的事请找%(office)s")),
    _told("case.merged", "merge", N_("%(actor)s并入 %(target)s"), N_("已并入您的另一件求助 %(target)s"),
          "target", "company", N_("两件求助合为一件")),
    _told("case.unmerged", "undo", N_("%(actor)s撤销并案"), N_("恢复为单独的一件求助"), "", "company",
          N_("两件求助又分开了")),
    _told("case.withdrawn", "close", N_("%(actor)s撤回：%(reason)s"), N_("您撤回了求助"), "reason", "expert station",
          N_("企业撤回了求助")),
    _told("case.resumed", "undo", N_("%(actor)s恢复了求助"), N_("您恢复了求助"), "", "station", N_("企业恢复了求助")),
    _told("case.offered", "send", N_("%(actor)s派给%(expert)s"), N_("正在请一位专家接手"),
          "expert", "offered", N_("想请您帮一家企业")),
    _told("case.offered_to_several", "send", N_("%(actor)s同时请了 %(count)s 位专家，先接者办"),
          N_("正在请专家接手"), "count", "offered", N_("想请您帮一家企业")),
    _told("case.offer_undone", "undo", N_("%(actor)s撤销了给%(expert)s的派单"), "", "expert", ""),
    _told("case.recalled", "undo", N_("%(actor)s收回派单：%(reason)s"), "", "reason expert", ""),
    _told("case.accepted", "check", N_("%(expert)s接单"), N_("%(expert)s老师接手了您的事"),
          "expert", "station company", N_("%(expert)s老师接手了您的事")),
    _told("case.declined", "s-slash", N_("%(expert)s不方便接：%(reason)s。已回到待派单"), "",
          "expert reason note", "station", N_("专家不方便接，回到待派单")),
    _told("case.passed", "s-slash", N_("%(expert)s不方便接：%(reason)s。还在等别的专家"), "", "expert reason note", ""),
    _told("case.one_offer_expired", "clock", N_("%(expert)s逾期未接，还在等别的专家"), "", "expert", ""),
    _told("case.offer_expired", "clock", N_("%(expert)s逾期未接，已回到待派单"), "", "expert", "station",
          N_("专家逾期未接，回到待派单")),
    _told("case.taken", "check", N_("%(actor)s由站点直接办理"), N_("%(station)s的%(actor)s直接为您办理"),
          "station", "company", N_("您的求助有人接手了")),
    _told("case.started", "right", N_("开始服务"), N_("开始服务"), "", ""),
    _told("case.handed_back", "undo", N_("%(actor)s申请换人：%(reason)s"), N_("正在为您换一位专家"),
          "reason note expert", "station company", N_("正在为您换一位专家")),
    _told("case.asked", "pause", N_("%(actor)s请企业补充，暂停计时"), N_("想请您补充：%(question)s"),
          "question", "company", N_("还差一点信息，办起来更快")),
    _told("case.supplied", "right", N_("企业已补充，继续计时"), N_("您补充了信息"), "", "expert station", N_("企业补充了信息")),
    _told("case.answered", "file", N_("%(actor)s写好小结，等企业确认"), N_("%(actor)s写好了小结，请您确认"),
          "minutes", "company", N_("您的事解决了吗？")),
    _told("case.closed", "s-closed", N_("企业确认，已办结"), N_("您确认了结果，已办结"),
          "outcome score minutes", "expert station", N_("企业确认了，已办结")),
    _told("case.verified", "s-closed", N_("%(actor)s核定办结（企业未回应）"), N_("您一直没有回应，工作站核定办结"),
          "outcome minutes", "expert company", N_("工作站核定办结")),
    _told("case.disputed", "alert", N_("企业说没有解决：%(reason)s"), N_("您说没有解决，已退回给专家"),
          "reason count", "expert station", N_("企业说还没有解决")),
    _told("case.payment_reported", "alert", N_("企业报告有收费，时长暂停入账，等待核查"), N_("您报告了收费，正在核查"),
          "note", "station", N_("有企业报告收费，请核查")),
    _told("case.review_decided", "shield", N_("%(actor)s核查结论：%(decision)s。%(reason)s"), N_("收费核查结论：%(decision)s"),
          "decision reason", "expert station company", N_("收费核查有结论了")),
    _told("case.closed_unreachable", "s-slash", N_("%(actor)s以“联系不上”办结"), N_("多次联系不上您，先办结；30 天内可以重开"),
          "attempts", "expert company", N_("多次联系不上您")),
    _told("case.transfer_requested", "swap", N_("%(actor)s申请转给%(station)s：%(reason)s"), "",
          "station reason", "receiver", N_("有案件想转到本站")),
    _told("case.transferred", "swap", N_("%(station)s接收，原站点%(from_station)s"), N_("已转到%(station)s继续办理"),
          "station from_station", "station company", N_("您的求助转到了%(station)s")),
    _told("case.transfer_bounced", "undo", N_("%(station)s退回转站：%(reason)s"), "", "station reason", "station",
          N_("转站被退回")),
    _told("case.transfer_cancelled", "undo", N_("%(actor)s撤销转站申请"), "", "station", ""),
    _told("case.reopened", "undo", N_("%(actor)s重开：%(reason)s"), N_("这件事重新打开了"),
          "reason", "expert station company", N_("案件重开了")),
    _told("case.at_risk", "clock", N_("“%(promise)s”快到时限"), "", "promise", "station", N_("有案件快超时")),
    _told("case.overdue", "alert", N_("“%(promise)s”已过时限"), "", "promise", "station", N_("有案件已超时")),
    _told("case.overdue_for_district", "alert", N_("“%(promise)s”超时一个工作日，已报区里"), "", "promise",
          "district station", N_("有案件超时一个工作日")),
    _told("case.overdue_for_operator", "alert", N_("“%(promise)s”超时两个工作日，已报总队"), "", "promise",
          "operator station", N_("有案件超时两个工作日")),
    _told("message.posted", "chat", N_("%(actor)s发了消息"), N_("%(actor)s发了消息"),
          "message_id side", "expert station company", N_("有新回复")),
    _told("message.brought", "mail", N_("%(actor)s把%(author)s的来信放到这一件"), N_("收到您的来信"),
          "message_id author", "expert station", N_("有企业的来信")),
    _told("note.posted", "note", N_("%(actor)s记了内部备注"), "", "note_id", "expert station"),
    _told("note.mentioned", "note", N_("%(actor)s在内部备注里提到了%(names)s"), "", "note_id names", "mentioned",
          N_("有人在内部备注里提到您")),
    _told("visit.logged", "pin", N_("%(actor)s记了一次服务"), N_("%(actor)s记了一次服务，请您核对时间"),
          "visit_id minutes", "company", N_("这次服务的时间对吗？")),
    _told("visit.changed", "pin", N_("%(actor)s改了一次服务"), N_("%(actor)s改了服务记录，请您再核对"),
          "visit_id minutes", "company", N_("服务记录改好了，请再核对")),
    _told("visit.confirmed", "check", N_("%(actor)s确认了服务时间"), N_("您确认了服务时间"), "visit_id minutes", "expert"),
    _told("visit.disputed", "alert", N_("%(actor)s说服务时间不对：%(reason)s"), N_("您说服务时间不对"),
          "visit_id reason", "expert station", N_("企业说服务时间不对")),
    _told("visit.verified", "check", N_("%(actor)s核定了一次服务"), N_("工作站核定了一次服务"), "visit_id minutes", "expert"),
    _told("visit.voided", "close", N_("%(actor)s作废了一次服务：%(reason)s"), N_("一次服务记录作废"), "visit_id reason", "expert"),
    _told("attempt.logged", "phone", N_("%(actor)s尝试联系企业：%(note)s"), "", "note", ""),
    _told("hours.settled", "clock", N_("%(expert)s的 %(minutes)s 分钟服务时长入账"), "", "expert minutes", ""),
    _told("certificate.issued", "award", N_("出具证书 %(number)s（%(expert)s）"), "",
          "number expert certificate_id", "expert", N_("您的志愿服务证书好了")),
    _told("certificate.superseded", "award", N_("证书 %(number)s 由 %(next)s 更正"), "", "number next expert", "expert"),
    _told("certificate.reissued", "edit", N_("%(actor)s重新出具证书 %(number)s：%(reason)s"), "", "number reason", ""),
    _told("record.warned", "clock", N_("%(day)s 的服务还没有核定和评价完，已过 %(days)s 个工作日"), "", "visit_id day days",
          "station expert", N_("服务记录要抓紧补全")),
    _told("record.pressing", "alert", N_("%(day)s 的服务还没有核定和评价完，已过 %(days)s 个工作日，10 个工作日到期"), "",
          "visit_id day days", "station expert", N_("服务记录快到期了")),
    _told("record.missed", "alert", N_("%(day)s 的服务没有在 %(days)s 个工作日内核定和评价完"), "", "visit_id day days",
          "station expert", N_("服务记录逾期了")),
    _told("visit.evaluated", "star", N_("%(actor)s评价了一次服务：%(score)s 分"), "", "visit_id score"),
    _told("certificate.revoked", "close", N_("证书 %(number)s 已作废（%(expert)s）：%(reason)s"), "",
          "number expert reason", "expert", N_("一张志愿服务证书作废了")),
    _told("hours.reversed", "undo", N_("%(actor)s冲正%(expert)s的 %(minutes)s 分钟：%(reason)s"), N_("一次服务记录经核实不计入"),
          "visit_id expert minutes reason", "expert station", N_("一笔服务时长被冲正")),
    _told("correction.asked", "flag", N_("%(actor)s说 %(day)s 的服务记录有误：%(says)s"), N_("%(day)s 的服务记录有人申请更正"),
          "correction_id day says", "station", N_("有人申请更正服务记录")),
    _told("correction.granted", "check",
          N_("%(actor)s更正 %(day)s 的服务记录，%(before)s 分钟改为 %(minutes)s 分钟：%(reason)s"),
          N_("%(day)s 的服务记录已更正，计入 %(minutes)s 分钟"),
          "correction_id day before minutes reason", "expert company", N_("服务记录更正了")),
    _told("correction.refused", "s-slash", N_("%(actor)s没有更正 %(day)s 的服务记录：%(reason)s"),
          N_("%(day)s 的服务记录没有更正：%(reason)s"), "correction_id day reason", "expert company",
          N_("服务记录的更正申请有结果了")),
    _told("hours.moved", "swap", N_("%(expert)s的另一份登记并入，%(minutes)s 分钟时长随之转来：%(reason)s"), "",
          "expert minutes reason", "expert"),
    _told("file.removed", "close", N_("%(actor)s移除了一个文件"), "", "attachment_id"),
    _told("file.infected", "alert", N_("一个文件查出病毒，已经删除"), "", "attachment_id", "station"),
    _told("file.forgotten", "close", N_("%(actor)s删除了本案的全部文件（%(count)s 个）"), N_("您这件求助的文件已全部删除"), "count"),
    _told("case.data_held", "shield", N_("%(actor)s要求保留资料：%(reason)s"), "", "reason"),
    _told("case.data_released", "shield", N_("%(actor)s取消了保留资料"), "", ""),
    _told("case.anonymised", "shield", N_("保存期满，个人信息已去除：称呼、联系方式、问题、沟通、备注、附件和信件"),
          N_("保存期满，个人信息已去除：称呼、联系方式、问题、沟通、附件和信件")),
    _told("case.erased", "shield", N_("应企业要求，个人信息已去除：称呼、联系方式、问题、沟通、备注、附件和信件"),
          N_("应您的要求，个人信息已去除：称呼、联系方式、问题、沟通、附件和信件")),
    _told("case.erasure_asked", "shield", N_("%(actor)s要求删除资料"), N_("您要求删除资料"), "", "operator",
          N_("有企业要求删除资料")),
    _told("case.erasure_withdrawn", "undo", N_("%(actor)s不删除资料了，撤回了要求"), N_("您撤回了删除资料的要求")),
    _told("case.erasure_refused", "shield", N_("%(actor)s没有同意删除资料：%(reason)s"),
          N_("没有同意删除资料：%(reason)s"), "reason", "company", N_("关于您要求删除资料")),
    _told("article.drafted", "book", N_("%(actor)s把这一件整理成了文章草稿"), "", "article_id"),
    _told("contact.viewed", "eye", N_("%(actor)s查看了完整电话"), "", "", ""),
)  # fmt: skip

BY_KIND: dict[str, Told] = {row.kind: row for row in EVENTS}


def for_followers(kind: str) -> bool:
    """Whether somebody who follows the case hears of it: what the company may know, too, and somebody is told of.
    Whom the desk asks before somebody says yes is its own business."""
    return bool(BY_KIND[kind].company) and bool(set(BY_KIND[kind].tells) - {"offered"})


def for_company(kind: str) -> bool:
    """Whether the company sees this kind of event on its page."""
    return bool(BY_KIND[kind].company)
