"""Words for codes: refusals, enums, events. One catalogue, so form, page, log and API say the same."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask import Flask
from flask_babel import gettext
from sqlalchemy import select

from helpdesk import clock
from helpdesk.db import db
from helpdesk.errors import Refused
from helpdesk.i18n import N_
from helpdesk.models import (
    Activity,
    Answer,
    Case,
    Category,
    CompanyPart,
    Detachment,
    District,
    Event,
    ExpertStatus,
    ExpertTeam,
    HoursEntry,
    Meeting,
    OfferStatus,
    Outcome,
    PaperStatus,
    Role,
    SizeClass,
    Station,
    Status,
    Topic,
    TransferStatus,
    Urgency,
    Visit,
    VisitStatus,
)
from helpdesk.presentation.language import is_english
from helpdesk.rules import lifecycle, promises, sizes
from helpdesk.rules.events import BY_KIND
from helpdesk.rules.identifiers import mask_name
from helpdesk.rules.keeping import GONE

# Why somebody may not decide on a nominee.
CONFLICTS: dict[str, str] = {
    "oneself": N_("被推荐的是您自己"),
    "employer": N_("您和对方在同一单位"),
    "station": N_("对方属于您的工作站"),
    "nominator": N_("是您推荐的"),
    "declared": N_("您已声明回避"),
}

REFUSALS: dict[str, str] = {
    "stale": N_("%(who)s刚刚先动了这一件（%(event)s），现在是“%(status)s”。您写的内容还在，看过再决定"),
    "step_not_possible": N_("这一件现在是“%(status)s”，做不了这一步"),
    "table_empty": N_("表里没有一行"),
    "table_too_long": N_("表太长了，一次最多 %(limit)s 行"),
    "identity_wrong": N_("这个证件号码不对，请核对"),
    "identity_unreadable": N_("这个证件号码打不开：网站的密钥换过了。请管理员在 SECRET_KEY_OLD 里写上原来的密钥。"),
    "identity_consent": N_("填了证件号码，请勾选单独同意；不想填就留空"),
    "person_consent": N_("请勾选同意，我们才能保存这些信息"),
    "day_in_future": N_("日期还没到"),
    "objection_answered": N_("您已经说明过了"),
    "objection_decided": N_("这条异议已经答复过了"),
    "honour_decided": N_("这项表彰已经处理过了"),
    "proof_is_evidence": N_("已经有人按这份材料核实过，要留作依据，不能移除"),
    "training_struck": N_("这次培训已经作废了"),
    "evaluated_before": N_("这次服务已经评价过了"),
    "nothing_settled": N_("这次服务没有入账，没有可以冲正的"),
    "no_files": N_("请先选文件"),
    "dossier_not_standing": N_("这一条已经作废或更正，看最新的一条"),
    "dossier_correction_open": N_("这一条已经有一份更正申请在处理"),
    "complainer_name": N_("请留下称呼"),
    "complainer_contact": N_("请留下电话或邮箱，好答复您"),
    "complaints_enough": N_("已经有 %(limit)s 件投诉在办，请等答复，或打页面上的电话"),
    "complaint_number_unknown": N_("没有这个编号。请核对，或者留空，在下面写明是哪一件"),
    "complaint_looked_at": N_("这件投诉已经有人在核实"),
    "complaint_answered": N_("这件投诉已经答复了"),
    "complaint_not_answered": N_("这件投诉还没有答复，请先等答复"),
    "complaint_last_level": N_("总队已经是最后一级。还不满意，可以向民政部门投诉"),
    "complaint_outcome": N_("请选投诉是否属实"),
    "complaint_done_missing": N_("请写明做了什么来纠正"),
    "complaint_link": N_("请从列出的更正和证书里选"),
    "workdays_out_of_range": N_("请填 %(least)s 到 %(most)s 之间的工作日数"),
    "correction_open": N_("这次服务已经有一份更正申请在处理"),
    "correction_decided": N_("这份申请已经处理过了"),
    "correction_not_settled": N_("这次服务还没有入账。没入账前，请专家直接改，或由企业说时间不对"),
    "own_correction": N_("提出更正的人不能自己处理"),
    "nothing_changed": N_("和原来的记录一样。没有要改的，请选“不更正”"),
    "consent_missing": N_("请勾选同意，否则专家看不到您的问题"),
    "contact_missing": N_("请留下称呼和电话，否则没法联系您"),
    "too_many_open_cases": N_("这个号码已有 %(limit)s 件在办，请先办完一件，或在原来那件里补充"),
    "category_missing": N_("请选一个类别"),
    "no_hours_in_period": N_("这段时间没有入账的时长，请换一段时间"),
    "no_hours_yet": N_("还没有入账的时长"),
    "period_backwards": N_("结束的日期比开始的早"),
    "period_in_future": N_("结束的日期还没到，最晚选今天"),
    "period_too_early": N_("请从 %(year)s 年以后选起"),
    "id_tail_shape": N_("填后四位：四个数字，最后一位也可以是 X"),
    "receiver_missing": N_("请写对方组织的名称"),
    "transfer_not_agreed": N_("请勾选同意，否则不能把记录交给别的组织"),
    "signing_unavailable": N_("签名用的钥匙现在用不了，请告诉管理员"),
    "volunteer_unknown": N_("没有这个编号的志愿者"),
    "table_missing": N_("请选一个表格文件"),
    "table_too_large": N_("文件超过 %(limit)s MB，请分几次导入"),
    "table_old_format": N_("这是老格式的 .xls 文件，请另存为 .xlsx 再上传"),
    "table_unreadable": N_("这不是表格文件，或者文件已经损坏"),
    "table_unpacks_too_large": N_("这个文件展开后超过 %(limit)s MB，不能读。请把内容复制到新的表格里再上传"),
    "table_encoding": N_("看不懂这个文件的编码，请另存为 XLSX 或 UTF-8 的 CSV"),
    "table_quotes": N_("第 %(row)s 行的引号没有成对，请检查"),
    "sheet_empty": N_("表里没有内容。第一行是列名，从第二行开始填"),
    "sheet_too_long": N_("一次最多 %(limit)s 行，请分几次导入"),
    "table_too_wide": N_("列太多了，请用模板里的列"),
    "table_row_too_wide": N_("第 %(row)s 行比列名多出了内容，请检查有没有多余的分隔符"),
    "table_cell_too_long": N_("第 %(row)s 行有一格超过 %(limit)s 个字"),
    "table_heading_unknown": N_("不认识第 %(place)s 列“%(word)s”。可以有的列：%(names)s"),
    "table_heading_twice": N_("“%(word)s”这一列出现了两次"),
    "table_heading_missing": N_("缺少这些列：%(names)s"),
    "import_gone": N_("这个文件已经导入或删除了"),
    "import_has_bad_lines": N_("还有 %(count)s 行有错，一行也没有导入"),
    "import_nothing_new": N_("没有新的内容，什么也没有导入"),
    "import_changed": N_("刚刚有人添了同样的内容，请再看一遍检查结果"),
    "not_your_expert": N_("%(name)s不是贵站的专家，由总队来核实"),
    "bundle_missing": N_("请选转接文件"),
    "bundle_too_large": N_("文件太大，转接文件不会超过 4 MB、一万条"),
    "bundle_no_json": N_("这不是转接文件，或者文件已经损坏"),
    "bundle_other_format": N_("不认识这种格式的转接文件"),
    "bundle_empty": N_("文件里没有服务记录"),
    "bundle_field": N_("第 %(record)s 条的“%(name)s”不对，整份没有收下"),
    "bundle_part": N_("文件里的“%(name)s”不对，整份没有收下"),
    "bundle_record_twice": N_("第 %(record)s 条和前面的重复，整份没有收下"),
    "bundle_other_name": N_("文件里的姓名是“%(theirs)s”，这个编号的志愿者叫“%(ours)s”"),
    "bundle_own_origin": N_("这份记录就是本站的，时长已经算过，不能再转入"),
    "bundle_known": N_("这些记录都已经收过，没有新的"),
    "bundle_signature_missing": N_("文件没有签名"),
    "bundle_signature_certificate": N_("文件的签名证书读不出来"),
    "bundle_signature_expired": N_("导出那天，对方的签名证书不在有效期内"),
    "bundle_signature_altered": N_("签名和内容对不上：签名之后内容被改过"),
    "no_records_chosen": N_("请先勾选要处理的记录"),
    "topic_other_category": N_("这个主题不属于所选类别"),
    "transfer_pending": N_("已经申请转站，等对方接收或退回"),
    "no_transfer_pending": N_("没有等待接收的转站申请"),
    "ground_missing": N_("请选一条不予受理的理由"),
    "reason_missing": N_("请写明原因"),
    "expert_unknown": N_("没有这个志愿者编号"),
    "merge_name_differs": N_("编号 %(number)s 不是这个姓名，请核对"),
    "merge_with_itself": N_("请填另一位在册专家的编号；已经并入别处的不能再并"),
    "merge_overlaps": N_("两份登记在 %(start)s–%(end)s 各有一次服务，不会是同一个人；如果是记错了，请先更正"),
    "paper_not_valid": N_("这张证书已经不是有效的那一张，请看最新的"),
    "office_missing": N_("请选转给哪个单位"),
    "merge_target_missing": N_("找不到这个编号，或者不归您办"),
    "merge_into_itself": N_("不能并入自己"),
    "merge_other_company": N_("只能并入同一家企业的案件"),
    "merge_target_ended": N_("那一件已经并入别处，不能再并进去"),
    "visits_exist": N_("已经有服务记录，不能这样结束"),
    "too_late": N_("已经超过 %(days)s 天，改不了了"),
    "draft_discarded": N_("这份草稿已经丢弃"),
    "no_appeal": N_("企业没有提出申诉"),
    "own_rejection": N_("申诉不能由作出决定的人来判"),
    "expert_missing": N_("请选一位专家"),
    "expert_not_serving": N_("%(name)s现在不在岗"),
    "expert_paused": N_("%(name)s在休假"),
    "expert_other_field": N_("%(name)s不做这一类"),
    "expert_licence": N_("%(name)s的执业证没有登记或已过期"),
    "expert_conflict": N_("%(name)s与这家企业有利益关系，需要回避"),
    "expert_at_capacity": N_("%(name)s手上已经满了"),
    "expert_week_full": N_("%(name)s这一周的时间已经用满"),
    "expert_offers_full": N_("%(name)s还有三件邀请没有答复"),
    "expert_declined_before": N_("%(name)s没有接过这一件"),
    "expert_language": N_("%(name)s不说企业用的语言"),
    "expert_mode": N_("%(name)s不用企业想要的方式谈"),
    "expert_far": N_("%(name)s不去企业所在的区"),
    "expert_other_station": N_("%(name)s属于别的站点，本站只请自己的专家"),
    "nothing_to_print": N_("这样选，一张证书也没有"),
    "too_many_to_print": N_("有 %(n)s 张，一批最多 %(limit)s 张，请缩小日期范围分批打印"),
    "days_reversed": N_("结束的日子不能早于开始的日子"),
    "print_run_over": N_("这一批已经结束了"),
    "print_run_not_stopped": N_("这一批没有停下来，不用再试"),
    "scheme_unknown": N_("没有这个办法"),
    "scheme_name": N_("请给办法起个名"),
    "scheme_kind": N_("请选一项"),
    "scheme_no_level": N_("至少写一级的名称"),
    "scheme_level_twice": N_("有两行是同一级"),
    "scheme_level_number": N_("级请写 1 到 9"),
    "scheme_no_condition": N_("“%(what)s”没有任何条件，谁都符合"),
    "scheme_measure": N_("有一条不能用来评这类对象，请换一条"),
    "scheme_figure": N_("有一个数值看不懂或太大，请核对"),
    "scheme_routes": N_("请至少选一种推荐方式"),
    "scheme_stages": N_("请至少选一级评审"),
    "scheme_self": N_("只有评专家时才能本人申报"),
    "scheme_notice_days": N_("公示请写 0 到 30 个工作日"),
    "scheme_dates": N_("结束要在开始之后"),
    "scheme_changed_meanwhile": N_("刚才有人写了新的一版，请核对后再保存"),
    "day_unreadable": N_("请按 2026-11-18 这样写日期"),
    "cycle_unknown": N_("没有这次评选"),
    "cycle_no_rules": N_("这个办法今天没有生效的规则"),
    "cycle_name": N_("请给这次评选起个名"),
    "cycle_period": N_("结束要在开始之后"),
    "cycle_until": N_("推荐截止不能早于今天，也不能早于服务的最后一天"),
    "cycle_too_early": N_("推荐还没有截止，%(day)s以后才能封存"),
    "cycle_not_in_review": N_("这次评选不在评审中"),
    "cycle_unfinished": N_("还有 %(count)s 位没有结果"),
    "cycle_has_awards": N_("已经有人受到表彰，不能取消"),
    "notice_nobody": N_("没有可以公示的人：要先通过评审，并且本人同意公示"),
    "nominee_unknown": N_("不能推荐这一位"),
    "nominee_oneself": N_("不能以工作站的名义推荐自己"),
    "nominee_left": N_("%(name)s已经退出，不能推荐或表彰"),
    "nominated_already": N_("已经推荐过了"),
    "nominations_closed": N_("推荐已经截止"),
    "route_closed": N_("这次评选不用这种方式推荐"),
    "commend_not_now": N_("现在没有可以推荐的评选"),
    "reviewer_conflict": N_("和您有关，请回避：%(why)s"),
    "reviewer_twice": N_("上一级是您评的，这一级请别人评"),
    "nothing_fell": N_("数字没有变差，不用确认"),
    "award_no_consent": N_("本人还没有同意公示，不能表彰"),
    "award_no_notice": N_("还没有公示，不能表彰"),
    "award_not_passed": N_("还没有通过评审，不能表彰"),
    "award_notice_runs": N_("公示到 %(day)s为止，期满才能表彰"),
    "award_objection_open": N_("还有异议没有答复，不能表彰"),
    "award_held_already": N_("已经得过这一级，不能再给"),
    "award_evidence_fell": N_("封存以后数字变差了，要先有人看过并写明理由"),
    "award_given_already": N_("%(who)s刚刚已经决定表彰，不用再点"),
    "award_revoked_already": N_("%(who)s已经撤销了"),
    "commendation_stale": N_("%(who)s刚刚先处理了，请刷新再看"),
    "notice_over": N_("公示已经结束，不能再提异议"),
    "objector_name": N_("请留下称呼"),
    "objector_contact": N_("请留下电话或邮箱，好答复您"),
    "objections_enough": N_("这个联系方式已经提过 %(limit)s 次，我们会一并答复"),
    "reply_missing": N_("请写答复"),
    "link_used": N_("这个按钮已经用过了"),
    "link_over": N_("这个按钮过期了"),
    "wish_not_possible": N_("这一类要您决定，不能不收"),
    "address_stopped": N_("这个邮箱说过不再收信，请换一个"),
    "mail_not_failed": N_("这封信不用重发"),
    "channel_name": N_("请起个名称，例如：南山站工作群"),
    "channel_topics": N_("请至少选一样"),
    "channel_kind": N_("请选一项"),
    "channel_key": N_("这不是机器人的地址，请到群设置里复制完整的 Webhook 地址"),
    "channel_secret": N_("这不是加签密钥，应以 SEC 开头，只有字母和数字"),
    "channel_address": N_("这种地址用不了，请核对，或请管理员在设置里放开"),
    "channel_changed_meanwhile": N_("刚才有人改过这个群，请核对后再保存"),
    "too_many_channels": N_("最多 %(limit)s 个，请先删掉一个"),
    "quiet_hours": N_("免打扰要有开始和结束，且不能一样"),
    "test_under_way": N_("上一条测试还在路上，请稍等"),
    "url_form": N_("这个地址看不懂，请只用字母、数字和常见符号"),
    "url_scheme": N_("地址要以 https:// 开头"),
    "url_person": N_("地址里不能带账号密码"),
    "url_host": N_("请写公网的域名，不能是 IP 地址或内网名字"),
    "url_port": N_("这个端口不在许可之列，一般不用写端口"),
    "webhook_kinds": N_("请至少选一种事"),
    "webhook_twice": N_("已经有这个地址了"),
    "webhook_paused": N_("先按“继续推送”，再重发"),
    "webhook_changed_meanwhile": N_("刚才有人改过这个地址，请核对后再保存"),
    "too_many_webhooks": N_("最多 %(limit)s 个，请先删掉一个"),
    "nothing_to_resend": N_("没有要重发的"),
    "too_many_files": N_("一次最多 %(limit)s 个文件"),
    "too_many_files_on_case": N_("一件求助最多 %(limit)s 个文件"),
    "too_many_files_on_article": N_("一篇文章最多 %(limit)s 个文件"),
    "article_half_english": N_("英文的标题和正文要么都写，要么都不写"),
    "article_case_open": N_("办结以后才能整理成文章"),
    "article_no_summary": N_("这一件没有小结，整理不出文章"),
    "article_no_consent": N_("企业没有同意把这件事当例子，不能整理成文章"),
    "article_unchecked": N_("请核对后勾选，没核对过不能发布"),
    "review_day": N_("请选一个以后的日子，最远 %(days)s 天"),
    "file_too_large": N_("“%(name)s”太大了，一个文件最多 %(limit)s MB"),
    "file_kind": N_("“%(name)s”这种文件收不了。可以发照片、PDF、Word、Excel、PPT、txt"),
    "file_empty": N_("“%(name)s”是空的，请重新选"),
    "file_picture": N_("“%(name)s”打不开，可能没拍好或没传完，请重新选"),
    "file_macros": N_("“%(name)s”带宏，收不了。请另存为不带宏的文件再发"),
    "file_locked": N_("“%(name)s”加了密码，收不了。请去掉密码再发"),
    "files_unavailable": N_("文件现在存不了，请过几分钟再发；文字可以先发"),
    "series_wrong_case": N_("这一件没有办成，不能设定期回访"),
    "series_no_contact": N_("这一件没有称呼或电话，不知道以后联系谁"),
    "series_no_consent": N_("企业没有同意办理，或已经撤回，不能再替它建案件"),
    "series_exists": N_("这一件已经有定期回访了"),
    "series_ended": N_("这个定期回访已经结束了"),
    "series_every_small": N_("至少填 1：每周或每月一次"),
    "series_every_weeks": N_("按周最多填 %(limit)s：一年一次"),
    "series_every_months": N_("按月最多填 %(limit)s：一年一次"),
    "series_too_far": N_("太远了，请填两年以内的日子"),
    "series_two_ends": N_("最后一天和次数，只填一个"),
    "series_last_before_first": N_("最后一天不能早于第一天"),
    "series_most_small": N_("至少做 1 次"),
    "series_most_made": N_("已经建了 %(made)s 件，至少填 %(least)s；不想再建，请结束"),
    "series_most_large": N_("最多 %(limit)s 次"),
    "series_day_taken": N_("这一天或更晚的一天已经建过案件，请填再往后的日子"),
    "series_no_day_left": N_("约定的日子都过完了，请先改日子"),
    "series_anonymised": N_("上一件的个人信息已经去除，不知道联系谁，不能恢复"),
    "series_erasure": N_("企业要求删除资料，答复之前不能恢复"),
    "series_contact_left": N_("联系人已不在这家企业，不能恢复；请从有新联系人的案件另设一个"),
    "series_too_many": N_("这个号码在办的案件已经到上限，请先办完几件"),
    "file_being_scanned": N_("“%(name)s”正在查毒，请过一会儿再打开"),
    "file_infected": N_("“%(name)s”查出病毒，已经删除"),
    "letter_file_infected": N_("“%(name)s”查出病毒，不能打开"),
    "file_lost": N_("“%(name)s”暂时打不开，我们会尽快处理"),
    "file_bomb": N_("“%(name)s”解开太大，收不了"),
    "view_name_missing": N_("请给这个视图起个名"),
    "name_taken": N_("已经有一个同名的视图"),
    "too_many_views": N_("最多保存 %(limit)s 个视图，请先删掉一个"),
    "calendar_empty": N_("请粘贴放假安排"),
    "calendar_too_long": N_("一次最多 %(limit)s 行"),
    "calendar_bad_row": N_("第 %(n)s 行看不懂：%(row)s。整份都没有导入"),
    "calendar_no_change": N_("第 %(n)s 行：%(day)s 本来就上班，不用写。整份都没有导入"),
    "calendar_source": N_("请写明依据的通知"),
    "station_hours": N_("请写成 9:00-12:00, 14:00-18:00；休息就空着"),
    "station_never_open": N_("一周至少要有一天开门"),
    "station_hours_short": N_("至少有一天要开满一小时"),
    "rule_name": N_("请给这条规则起个名"),
    "rule_does_nothing": N_("请至少选一样要做的：站点、急缓、标签或专家组"),
    "rule_changed_meanwhile": N_("刚才有人改过这一条，请核对后再保存"),
    "too_many_rules": N_("最多 %(limit)s 条，请先删掉一条"),
    "too_many_words": N_("最多 %(limit)s 个词"),
    "word_too_long": N_("每个词最多 %(limit)s 个字"),
    "word_missing": N_("请写一个还没有的词"),
    "team_name": N_("请给专家组起个名"),
    "team_name_taken": N_("已经有一个同名的专家组"),
    "team_members": N_("请至少选一位专家"),
    "team_in_use": N_("规则“%(rule)s”还在用这个专家组"),
    "target_unknown": N_("没有这一项，请从列表里选"),
    "target_amount": N_("请写 1 到 %(most)s 之间的整数"),
    "target_warn": N_("请写 10 到 100 之间的整数"),
    "target_no_change": N_("本来就是这样，没有改动"),
    "target_changed_meanwhile": N_("刚才有人改过时限，请核对后再保存"),
    "link_target_missing": N_("没有找到这一件，请核对编号"),
    "link_to_itself": N_("不能和自己关联"),
    "linked_already": N_("这两件已经关联"),
    "split_stays": N_("拆分的关系会一直留着"),
    "split_empty": N_("请写明新的一件说什么"),
    "split_all": N_("请写明这一件留下什么"),
    "nothing_chosen": N_("先勾选要一起办的案件"),
    "no_way_back": N_("这一步不能撤销，或已经撤销过"),
    "case_not_yours": N_("这一件已经不归您办"),
    "why_them": N_("请写明为什么还是请他"),
    "nobody_to_ask": N_("现在没有可以请的专家"),
    "offer_left": N_("邀请已经发出，要收回请写明原因"),
    "offer_gone": N_("这次派单已经收回或已经答复过"),
    "conflict_undeclared": N_("请先声明与这家企业没有利益关系；有的话请选“不方便”"),
    "question_missing": N_("请写明要企业补充什么"),
    "already_waiting": N_("正在等企业补充"),
    "not_waiting": N_("现在不在等企业补充"),
    "nothing_served": N_("还没有服务记录，也没有回复过企业，先办再写小结"),
    "gate_undeclared": N_("请逐条确认，少一条就不能办结"),
    "paid_unsaid": N_("请说明这次服务有没有收费"),
    "visits_undecided": N_("还有服务时间没有核对"),
    "review_open": N_("正在核查收费情况，先不能办结"),
    "no_review": N_("没有待核查的收费报告"),
    "not_silent_yet": N_("企业还有时间回应，满 %(days)s 天后才能核定"),
    "expert_unnamed": N_("请写专家的名字或志愿者编号"),
    "expert_not_found": N_("没有叫这个名字、也没有这个编号的专家"),
    "expert_name_differs": N_("编号 %(number)s 不是这位专家的，请核对名字和编号"),
    "before_registered": N_("这位专家 %(day)s 才登记，不能记在那以前"),
    "correction_reversed": N_("这次服务已经冲正，站点不能再改。不同意的可以投诉"),
    "own_activity": N_("您自己参加的活动，要请别的协调员来记"),
    "place_missing": N_("请写在哪里"),
    "number_out_of_range": N_("请填 %(least)s 到 %(most)s 之间的数"),
    "category_unknown": N_("请选类别"),
    "activity_without_experts": N_("请至少写一位专家"),
    "too_many_experts": N_("一场活动最多写 %(most)s 位专家"),
    "expert_twice": N_("这位专家前面已经写过"),
    "expert_of_several": N_("有几位专家都叫这个名字，请写志愿者编号"),
    "attendance_outside": N_("要在活动的时间以内"),
    "activity_changed": N_("这场活动刚刚有人改过，请核对后再决定"),
    "activity_decided": N_("这场活动已经核定或撤回，不能再改"),
    "own_hours": N_("自己的服务时长不能由自己确认"),
    "too_few_attempts": N_("要在不同的 %(needed)s 天都联系过才行，现在有 %(days)s 天"),
    "station_missing": N_("请选一个站点"),
    "same_station": N_("案件本来就在这个站点"),
    "too_many_transfers": N_("已经转过 %(limit)s 次，请联系总队处理"),
    "nobody_to_return_to": N_("这一件没有经办的专家，请提一件新的求助"),
    "already_submitted": N_("这份求助已经提交，编号 %(number)s"),
    "no_station": N_("还没有可以受理的工作站"),
    "case_ended": N_("这一件已经结束，不能再发消息"),
    "text_missing": N_("请写几个字"),
    "mail_case_unknown": N_("没有这个编号的案件，或者您看不到它"),
    "mail_not_open": N_("这封信已经处理过了"),
    "draft_sent": N_("这一稿已经发出去了。要接着写，请先刷新"),
    "draft_newer": N_("您在另一处写了更新的一稿（%(at)s），这里的没有存。刷新可以看那一稿"),
    "unknown_hole": N_("不认识“{%(name)s}”，可以用：{称呼} {企业} {编号} {专家} {工作站} {电话} {我}"),
    "changed_meanwhile": N_("%(who)s刚刚改过这一条。您写的还在，看过再存一次就行"),
    "text_too_long": N_("超了 %(over)s 个字，请删短些"),
    "visit_decided": N_("这次服务已经确认过，不能再改"),
    "visit_changed_meanwhile": N_("服务记录刚刚有改动，请核对后再确认"),
    "minutes_out_of_range": N_("请填 0 到 %(most)s 之间的分钟数"),
    "visit_ends_before_start": N_("结束时间要晚于开始时间"),
    "visit_in_future": N_("不能记还没有发生的服务"),
    "visit_before_case": N_("服务时间早于企业提交求助的日子"),
    "visit_too_long": N_("一次服务不能超过 %(hours)s 小时"),
    "minutes_not_positive": N_("服务时间要大于 0 分钟"),
    "contact_longer_than_visit": N_("服务分钟不能超过起止时间（%(minutes)s 分钟）"),
    "summary_missing": N_("请写一句这次做了什么"),
    "visit_overlaps": N_("和 %(start)s–%(end)s 的另一条重叠了"),
    "long_day_needs_reason": N_("这一天超过 %(hours)s 小时，请写一句说明"),
    "outcome_missing": N_("请选一项"),
    "score_out_of_range": N_("请打 1 到 5 分"),
    "password_too_short": N_("密码至少 %(least)s 位"),
    "password_too_long": N_("密码最多 %(most)s 位"),
    "part_missing": N_("请选身份"),
    "too_many_invitations": N_("最多同时有 %(limit)s 个没答复的邀请，请先撤回一个"),
    "invited_already": N_("已经请过这个邮箱，等对方答复"),
    "too_many_letters": N_("这个邮箱最近收到的邀请太多了，请改用链接"),
    "invitation_over": N_("这个邀请已经用过、撤回或过期了。请同事再发一个"),
    "anonymised": N_("这一件的个人信息已经去除，不能再办"),
    "months_out_of_range": N_("请填 %(least)s 到 %(most)s 之间的月数"),
    "day_is_past": N_("请填今天或以后的日子"),
    "open_cases_first": N_("还有 %(count)s 件没有结束（%(numbers)s）。请先撤回或办完，再来删除"),
    "erasure_asked": N_("已经提过了，等总队答复"),
    "erasure_decided": N_("这一条已经答复过了"),
    "erasure_withdrawn": N_("企业已经撤回了这个要求，不用答复了"),
    "erasure_done": N_("已经去除了，撤不回来"),
    "day_too_far": N_("最晚到 %(day)s，再远的请到时候再定"),
    "term_has_begun": N_("这一条已经生效，收不回来；要改，请另定一个"),
    "cases_held": N_("%(numbers)s 要保留或有争议，现在不能删除"),
    "takeout_too_many": N_("一共 %(count)s 件，一次最多 %(limit)s 件。请选一年，分几次取"),
    "takeout_too_many_in_a_year": N_("这一年有 %(count)s 件，一次最多 %(limit)s 件。请打页面下面的电话，我们分批给您"),
    "takeout_too_large": N_("附件一共 %(size)s MB，一次最多 %(limit)s MB。请选一年，或者不带附件"),
    "takeout_files_too_large": N_(
        "附件一共 %(size)s MB，一次最多 %(limit)s MB。请去掉勾选，附件到每一件的页面上一个一个下载"
    ),
    "last_handler": N_("总要有一位处理人。请先把一位同事设为处理人"),
    "company_part_missing": N_("请选处理人或查看者"),
    "login_missing": N_("请填登录名"),
    "login_taken": N_("这个登录名已经有人用了"),
    "name_missing": N_("请填姓名"),
    "own_account": N_("不能停用自己的账号"),
    "already_claimed": N_("这件求助已经有账号了，请登录"),
    "claim_decided": N_("这个申请已经处理过"),
    "capacity_out_of_range": N_("同时办理的件数请填 0 到 20"),
}

ROLES: dict[Role, str] = {
    Role.MEMBER: N_("企业"),
    Role.EXPERT: N_("专家"),
    Role.COORDINATOR: N_("站点协调员"),
    Role.DISTRICT: N_("区服务机构"),
    Role.OPERATOR: N_("总队运营"),
    Role.OVERSEER: N_("监督部门"),
    Role.ADMIN: N_("管理员"),
    Role.REQUESTER: N_("企业（查询链接）"),
    Role.SIGNED_IN: N_("已登录的人"),
    Role.ANYONE: N_("访客"),
    Role.SYSTEM: N_("定时任务"),
}
MEETINGS = {
    Meeting.ONLINE: N_("线上"),
    Meeting.PHONE: N_("电话"),
    Meeting.ONSITE: N_("上门"),
    Meeting.STATION: N_("到站点"),
}
COMPANY_PARTS = {CompanyPart.HANDLER: N_("处理人"), CompanyPart.VIEWER: N_("查看者")}
URGENCIES = {Urgency.NORMAL: N_("一般"), Urgency.URGENT: N_("紧急")}
SIZES = {
    SizeClass.MICRO: N_("微型"),
    SizeClass.SMALL: N_("小型"),
    SizeClass.MEDIUM: N_("中型"),
    SizeClass.LARGE: N_("大型"),
    SizeClass.UNCLASSIFIED: N_("不在划型标准内"),
}
OUTCOMES = {
    Outcome.SOLVED: N_("解决了"),
    Outcome.PARTLY: N_("解决了一部分"),
    Outcome.UNCONFIRMED: N_("企业未回应"),
    Outcome.UNREACHABLE: N_("联系不上"),
}
VISIT_STATES = {
    VisitStatus.LOGGED: (N_("等企业确认"), "waiting"),
    VisitStatus.CONFIRMED: (N_("企业已确认"), "confirmed"),
    VisitStatus.DISPUTED: (N_("企业有异议"), "disputed"),
    VisitStatus.VERIFIED: (N_("站点已核定"), "verified"),
    VisitStatus.VOID: (N_("不计入"), "rejected"),
}
OFFER_STATES = {
    OfferStatus.PENDING: N_("等您答复"),
    OfferStatus.ACCEPTED: N_("已接单"),
    OfferStatus.DECLINED: N_("已婉拒"),
    OfferStatus.EXPIRED: N_("已过期"),
    OfferStatus.RESCINDED: N_("已收回"),
}
TRANSFER_STATES = {
    TransferStatus.PENDING: N_("等对方接收"),
    TransferStatus.ACCEPTED: N_("已接收"),
    TransferStatus.BOUNCED: N_("已退回"),
    TransferStatus.CANCELLED: N_("已撤销"),
}
CERTIFICATE_STATES = {
    PaperStatus.VALID: N_("有效"),
    PaperStatus.SUPERSEDED: N_("已更正"),
    PaperStatus.REVOKED: N_("已作废"),
}
EXPERT_STATES = {
    ExpertStatus.APPLIED: N_("待审核"),
    ExpertStatus.SERVING: N_("在岗"),
    ExpertStatus.PAUSED: N_("休假"),
    ExpertStatus.LEFT: N_("已离队"),
}
SCORES = {1: N_("很差"), 2: N_("较差"), 3: N_("一般"), 4: N_("满意"), 5: N_("很满意")}
LEFT_OUT = {
    "expert_paused": N_("休假 %(n)s 人"),
    "expert_at_capacity": N_("满负荷 %(n)s 人"),
    "expert_conflict": N_("需回避 %(n)s 人"),
    "expert_licence": N_("执业证过期 %(n)s 人"),
    "expert_declined_before": N_("没接过这件 %(n)s 人"),
    "expert_week_full": N_("本周已满 %(n)s 人"),
    "expert_offers_full": N_("邀请未答复 %(n)s 人"),
    "expert_language": N_("语言不通 %(n)s 人"),
    "expert_mode": N_("谈法不合 %(n)s 人"),
    "expert_far": N_("不去该区 %(n)s 人"),
    "expert_other_station": N_("外站 %(n)s 人"),
    "expert_not_serving": N_("不在岗 %(n)s 人"),
}
# Why a series rests or is over: on a list, and in the event that tells of it.
SERIES_WHYS = {
    "station": N_("工作站停的"),
    "company": N_("企业不再需要"),
    "over": N_("按约定做完了"),
    "anonymised": N_("上一件的个人信息已经去除"),
    "erasure": N_("企业要求删除资料"),
    "no_consent": N_("企业撤回了同意"),
    "contact_left": N_("联系人已不在这家企业"),
    "too_many": N_("这个号码在办的案件已经到上限"),
}
DECISIONS = {"cleared": N_("没有收费"), "upheld": N_("确有收费")}
CONSENTS = {
    "handling": N_("办理这件事"),
    "referral": N_("转给别的单位"),
    "example": N_("去掉名字当例子"),
    "paper_name": N_("证书上写企业名字"),
}

_TABLES: tuple[dict[Any, str], ...] = (
    ROLES, MEETINGS, COMPANY_PARTS, URGENCIES, SIZES, OUTCOMES, OFFER_STATES, TRANSFER_STATES, CERTIFICATE_STATES,
    EXPERT_STATES,
)  # fmt: skip


def word(value: Any) -> str:
    """The word for an enum's member, in the reader's language. Raises KeyError for one without a word."""
    for table in _TABLES:
        if type(value) is type(next(iter(table))) and value in table:
            return gettext(table[value])
    raise KeyError(value)


def refusal_text(refusal: Refused) -> str:
    """A refusal as a sentence in the reader's language, with its facts."""
    facts = {name: _shown(name, value) for name, value in refusal.facts.items()}
    return gettext(REFUSALS[refusal.code]) % facts if refusal.facts else gettext(REFUSALS[refusal.code])


# Facts that are lists of names or words, kept joined as Chinese joins them.
LISTS = frozenset({"names", "numbers", "words", "rules", "expert"})


def listed(*parts: str | None) -> str:
    """What there is of the parts, joined as the reader's language joins them."""
    return gettext("，").join(part for part in parts if part)


def _list_text(text: str) -> str:
    return gettext("、").join(text.split("、"))


def _shown(name: str, value: Any) -> str:
    if name in LISTS:
        return _list_text(str(value))
    if name == "status":
        return gettext(lifecycle.STATES[Status(value)].label)
    if name == "event":
        return _step_word(str(value))
    if name == "why":
        return gettext(CONFLICTS[str(value)])
    if isinstance(value, date) and not isinstance(value, datetime):
        return f"{value:%Y-%m-%d} "
    if isinstance(value, datetime):
        here = clock.local(value)
        return f"{here:%m-%d %H:%M}"
    return str(value)


def _step_word(kind: str) -> str:
    step = next((row for row in lifecycle.STEPS if row.event == kind), None)
    return gettext(step.label) if step else ""


def status_label(case: Case, *, for_company: bool = False) -> str:
    """What the case's state is called for this reader; a waiting case is called so."""
    state = lifecycle.STATES[case.status]
    if case.is_paused and not state.is_end:
        return gettext(lifecycle.WAITING_COMPANY_LABEL if for_company else lifecycle.WAITING_LABEL)
    if for_company and case.status is Status.REFERRED and case.referred_to:
        return gettext("已转到%(office)s", office=gettext(case.referred_to))
    return gettext(state.company_label if for_company else state.label)


def status_icon(case: Case) -> str:
    """The icon and colour token of the case's state as the macro `status` knows it."""
    return "waiting" if case.is_paused and not lifecycle.STATES[case.status].is_end else case.status.value


def named(thing: Category | Topic | District | Detachment | Station | None, *, short: bool = False) -> str:
    """The name of a thing that has a Chinese and an English one; empty for None."""
    if thing is None:
        return ""
    if is_english():
        return thing.en
    return thing.zh_short if short and isinstance(thing, Category) else thing.zh


def district_name(code: str | None) -> str:
    """The name of a district by its code; empty for none."""
    return named(_cached(District, code or ""))


def how_word(row: Visit | HoursEntry) -> str:
    """How a session was held; an activity somewhere was at no company's."""
    is_there = row.activity_id is not None and row.mode is Meeting.ONSITE
    return gettext("现场") if is_there else word(row.mode)


def service_title(service: Case | Activity) -> str:
    """What a case or an activity is called."""
    return case_title(service) if isinstance(service, Case) else service.title


def case_title(case: Case) -> str:
    """What a case is called; one whose personal data is gone has no title of its own any more."""
    return gettext("（个人信息已去除）") if case.anonymised_at is not None else case.title


def kept(text: str | None) -> str:
    """Words that are still there: empty where they were taken away."""
    return "" if text is None or text == GONE else text


def answer_parts(answer: Answer) -> list[tuple[str, str]]:
    """A summary as rows of label and text; what was taken away has none."""
    parts = [
        (gettext("问题"), kept(answer.problem)),
        (gettext("建议"), kept(answer.advice)),
        (gettext("结果"), kept(answer.result)),
    ]
    return [part for part in parts if part[1]]


def event_text(event: Event, *, for_company: bool = False, masked: bool = False) -> str:
    """The sentence of an event for this reader; empty when it is not for the company's eyes. `masked` for
    staff that may not know the company's contact: of their name the first character stays."""
    told = BY_KIND[event.kind]
    sentence = told.company if for_company else told.staff
    if not sentence:
        return ""
    facts = {name: fact_text(event.kind, name, value) for name, value in event.facts.items()}
    actor = event.actor_name
    if event.actor_role is Role.SYSTEM:
        actor = gettext("定时任务")
    elif not actor and event.actor_role in (Role.REQUESTER, Role.MEMBER, Role.ANYONE):
        actor = gettext(ROLES[Role.MEMBER])
    elif masked and event.actor_role in (Role.REQUESTER, Role.MEMBER) and actor:
        actor = mask_name(actor)
    return gettext(sentence) % {"actor": actor, **facts}


def fact_text(kind: str, name: str, value: Any) -> str:
    """A fact of an event as words: codes are kept in events, words are chosen by the reader's language."""
    if name == "did":
        return acts_text(value)
    if value == GONE:
        return gettext("（已去除）")
    text = str(value if value is not None else "")
    if name in LISTS:
        return _list_text(text)
    if name == "category":
        return named(_cached(Category, text)) or text
    if name in ("station", "from_station"):
        return named(_station(text)) or text
    if name == "ground" and text in lifecycle.GROUNDS:
        return gettext(lifecycle.GROUNDS[text][0])
    if name == "office" and text in lifecycle.OFFICES:
        return gettext(lifecycle.OFFICES[text][0])
    if name == "promise" and text in promises.BY_KIND:
        return gettext(promises.BY_KIND[text].label)
    if name == "decision":
        return gettext(DECISIONS.get(text, text))
    if name == "cause":
        return gettext(SERIES_WHYS.get(text, text))
    if name == "reason":
        for table in (lifecycle.DECLINE_REASONS, lifecycle.HAND_BACK_REASONS, lifecycle.WITHDRAW_REASONS):
            if text in table:
                return gettext(table[text])
    return text


def acts_text(stored: dict[str, Any]) -> str:
    """What a routing rule does or did, in words: 交给南山科技园工作站，标为紧急，贴标签“合同”."""
    parts = []
    if stored.get("station"):
        parts.append(gettext("交给%(station)s", station=named(_station(stored["station"])) or stored["station"]))
    if stored.get("urgency"):
        parts.append(gettext("标为%(urgency)s", urgency=gettext(URGENCIES[Urgency(stored["urgency"])])))
    if stored.get("tags"):
        parts.append(gettext("贴标签%(words)s", words=gettext("、").join(f"“{word}”" for word in stored["tags"])))
    if stored.get("team"):
        team = _cached(ExpertTeam, stored["team"])
        parts.append(gettext("先请%(team)s", team=team.name if team is not None else stored["team"]))
    return gettext("，").join(parts) or gettext("什么也没变")


def _cached(model: Any, code: str | int) -> Any:
    """A row by its code, asked for once per request: the session itself holds on to nothing nobody else holds."""
    if not code:
        return None
    known = db.session().info.setdefault("by_code", {})
    if (model, code) not in known:
        known[model, code] = db.session.get(model, code)
    return known[model, code]


def _station(code: str) -> Station | None:
    info = db.session().info
    stations = info.get("stations")
    if stations is None:
        stations = info["stations"] = {s.code: s for s in db.session.scalars(select(Station))}
    found: Station | None = stations.get(code)
    return found


def reason_text(reason: dict[str, Any]) -> str:
    """A stored reason of an offer (words with placeholders, facts as codes) in the reader's language."""
    facts = {}
    for name, value in (reason.get("facts") or {}).items():
        if name == "topic":
            value = named(_cached(Topic, value)) or value
        elif name == "district":
            value = named(_cached(District, value)) or value
        facts[name] = value
    return gettext(reason["text"]) % facts


def left_out_text(left_out: dict[str, int]) -> str:
    """已排除：休假 4 人、满负荷 3 人; empty when nobody was."""
    parts = [gettext(LEFT_OUT[code]) % {"n": n} for code, n in left_out.items() if code in LEFT_OUT and n]
    return gettext("已排除：") + gettext("、").join(parts) if parts else ""


# What another case is to this one, read forwards (this one is the link's first) and backwards.
LINK_WORDS = {
    ("split", True): N_("拆自"),
    ("split", False): N_("拆出"),
    ("follows", True): N_("接着"),
    ("follows", False): N_("后续"),
    ("part", True): N_("属于"),
    ("part", False): N_("包含"),
}


def link_word(related: Any) -> str:
    """What a linked case is to the one being read."""
    return gettext(LINK_WORDS[related.link.kind.value, related.forwards])


def industry_label(code: str) -> str:
    """The sector of a GB/T 4754 code in words."""
    sector = sizes.sector_of(code)
    if sector is not None:
        return gettext(sector.label)
    return next((gettext(label) for prefix, label in sizes.OUTSIDE if code.startswith(prefix)), code)


def category_name(code: str) -> str:
    """The short name of a field by its code."""
    return named(_cached(Category, code), short=True)


def mode_word(mode: str) -> str:
    """The word for a way to meet, by its code."""
    return word(Meeting(mode))


def register(app: Flask) -> None:
    """Make the words available to every template and macro."""
    app.jinja_env.globals.update(
        word=word,
        case_title=case_title,
        kept=kept,
        answer_parts=answer_parts,
        named=named,
        status_label=status_label,
        status_icon=status_icon,
        event_text=event_text,
        reason_text=reason_text,
        link_word=link_word,
        left_out_text=left_out_text,
        industry_label=industry_label,
        category_name=category_name,
        district_label=district_name,
        mode_word=mode_word,
        VISIT_STATES=VISIT_STATES,
        SCORES=SCORES,
    )
