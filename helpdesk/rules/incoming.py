"""What kind of letter came in: asked before anything else is done with it.

Answers of machines, returned letters, mailing lists and our own letters are filed and never answered (RFC 3834; peers
brief, B1 no. 1). To file a person's letter is worse than to confirm one to nobody: a word in a subject counts only as
machines write it, and what leaves a doubt is heard and not answered.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from helpdesk.adapters.letterbox import plain
from helpdesk.adapters.letterbox.letter import Letter
from helpdesk.models.incoming import IncomingKind

# One sender's letters in an hour: above that a loop is more likely than a person.
MOST_AN_HOUR = 20

# How machines begin a subject, in the languages that reach Shenzhen, and what follows when it was a machine: a person
# who asks about such answers goes on in the same sentence.
_AUTO_WORDS = (
    "自动回复", "自动回覆", "自動回覆", "自動回復", "自动答复", "自動答覆", "自动应答", "系统自动回复", "假期自动回复",
    "外出自动回复", "休假自动回复", "自动外出回复", "休假通知", "外出通知", "不在办公室", "邮件自动回复", "autoreply",
    r"auto(?:matic|mated)?[- ]?(?:reply|response|answer)", "autoresponder", r"auto(?=\s*:)",
    r"(?:i(?:'m| am) )?(?:currently )?out of (?:the )?office(?: (?:reply|response|notification|notice|autoreply))?",
    r"ooo\b", "vacation (?:reply|notice|message|response)", r"(?:on )?vacation(?=\s*:)",
    "away from (?:my |the )?(?:office|desk|mail)",
    "abwesenheit(?:snotiz)?", "automatische antwort", "réponse automatique", "respuesta automática", "自動返信",
    "不在通知", "자동 ?회신", "자동 ?응답", "부재중",
)  # fmt: skip
_AUTO_SUBJECT = re.compile(
    rf"^\s*(?:(?:re|回复|答复|回覆|aw|sv)\s*[:：]\s*)*[\[【(（<]?\s*(?:{'|'.join(_AUTO_WORDS)})"
    r"\s*(?:$|[:：\]】)）>\-—|,，。!！]|re\b|until|till|from\b|since|\d)"
    r"|[(（\[【—-]\s*(?:系统)?(?:自动回复|自動回覆|auto[- ]?reply)\s*[)）\]】]?\s*$",
    re.IGNORECASE,
)
# A machine's letter says so of itself. The words count in what is new and short, never in what is quoted.
_AUTO_TOLD = re.compile(
    r"(?:^|[。！!，,\s])(?:这|這|此|本|该)(?:是|封)?[^。，,\n]{0,8}(?:是|为|由|系|係|封)[^。，,\n]{0,8}"
    r"(?:自动|自動)(?:回复|回覆|答复|应答)(?![^。\n]{0,6}[吗么嗎?？])"
    r"|^\s*[(（\[【](?:系统|邮件|系統)?(?:自动|自動)(?:回复|回覆|答复|发送)(?:邮件|信息)?[)）\]】]"
    r"|(?:此|本|该|这|這)[^。\n]{0,12}(?:自动|自動|系统)[^\n]{0,16}(?:请勿|請勿|请不要)(?:直接)?(?:回复|回覆)"
    r"|^\W*this is an auto(?:matic|mated|-generated)?[ -]?(?:generated )?(?:reply|response|answer|message|e-?mail)",
    re.IGNORECASE | re.MULTILINE,
)
LONGEST_AUTO = 600

# Subjects of mail servers: such a beginning counts with a second sign, these whole ones by themselves.
_BOUNCE_WORDS = (
    "系统退信", "系統退信", r"退信(?=\s*(?:$|[:：]|通知|提醒))", "邮件退回", "郵件退回", "邮件退信", "无法投递",
    "无法送达", "邮件投递失败", "投递失败", "邮件发送失败", "邮件传送失败", "郵件傳送失敗", "傳送失敗", "未送达",
    "未送達", "未传递", "未能投递", "无法传递", "無法傳遞", r"来自\S{1,60}的退信", "undeliver", "returned mail",
    "mail delivery (?:failed|failure|system|subsystem)", "failure notice", "mail system error", "rejected:",
    "delivery (?:status notification|failure|has failed|delayed|notification|report)", "non[- ]?delivery",
    "warning: (?:could not send|message)", "message (?:delivery|undeliverable)", "mail could not be delivered",
    "nondeliverable", "unzustellbar", "配信不能", "配信エラー", "considered unsolicited bulk",
)  # fmt: skip
_BOUNCE_SUBJECT = re.compile(rf"^\s*[\[【(（]?\s*(?:{'|'.join(_BOUNCE_WORDS)})", re.IGNORECASE)
_BOUNCE_WHOLE = re.compile(
    r"^\s*[\[【]?(?:系统退信[\]】]?(?:\s*[:：/|].*)?|来自\S{1,60}的退信|undelivered mail returned to sender"
    r"|failure notice|mail delivery failed(?:: returning message to sender)?|returned mail: see transcript for details"
    r"|delivery status notification \((?:failure|delay)\))\s*$",
    re.IGNORECASE,
)
_BOUNCE_TOLD = re.compile(
    r"\b[45]\.\d\.\d{1,3}\b"
    r"|\b55[0-4][ -](?:<|(?:no|user|mailbox|address|requested|relay|mail|recipient|message|invalid|unknown)\b)"
    r"|退信(?:原因|信息|代码)|拒收|无法投递|无法送达|未能送达|無法傳遞|投递失败|(?:地址|用户)不存在"
    r"|could not be delivered|couldn't be delivered|not deliverable|undeliverable|permanent error|user unknown"
    r"|returning message|delivery .{0,20}failed|no such user",
    re.IGNORECASE,
)
_DAEMON = re.compile(
    r"^(?:mailer[-_.]?daemon|postmaster|mail[-_.]daemon|mdaemon|mail\.delivery|microsoftexchange[0-9a-f]{16,40}"
    r"|bounces?(?=[-+@]))(?:[-+.=][^@]*)?@",
    re.IGNORECASE,
)
_DAEMON_NAME = re.compile(r"^(?:mail delivery (?:sub)?system|mailer[- ]daemon|邮件投递系统|系统退信)", re.IGNORECASE)
_NO_REPLY = re.compile(
    r"^(?:[^@]*[-_.+])?(?:no|do[-_.]?not|never)[-_.]?reply(?:[-_.+\d][^@]*)?@"
    r"|^(?:auto[-_.]?(?:confirm|reply|mailer|responder)|notifications?|alerts?|newsletters?|edm|mailer)(?:[-_.+\d][^@]*)?@",
    re.IGNORECASE,
)
_READ_SUBJECT = re.compile(
    r"^\s*(?:已读|已讀|未读|未讀|已读回执|回执|read|not read|gelesen|read receipt)\s*[:：]", re.IGNORECASE
)
_READ_TOLD = re.compile(
    r"已.{0,60}(?:阅读|读取|打开|讀取|閱讀|被读|显示)|(?:was|were) (?:read|displayed|deleted)|read receipt|已读回执",
    re.IGNORECASE,
)
# How advertisements say that one can be rid of them.
_UNSUBSCRIBE = re.compile(
    r"(?:点击|点此|点这里|链接|點擊|如[^\n]{0,6}不[想愿再希][^\n]{0,20})[^\n]{0,12}(?:退订|取消订阅|退訂|取消訂閱)"
    r"|(?:退订|取消订阅|退訂|取消訂閱)[^\n]{0,6}(?:请点|請點|\(http|[:：]\s?http|回T\b)"
    r"|(?:click|here|link|wish)[^\n]{0,60}unsubscribe|unsubscribe[^\n]{0,40}(?:http|click|here|link)",
    re.IGNORECASE,
)
# A program in which a person writes.
_WRITTEN_IN = re.compile(
    r"foxmail|outlook|thunderbird|iphone mail|ipad mail|apple mail|mutt\b|qqmail|coremail|evolution|k-?9 mail|lotus",
    re.IGNORECASE,
)

# Headers by which programs mark their own answers. One that asks others not to answer is everybody's.
_AUTO_HEADER = re.compile(
    r"^(?!auto-submitted$|.*suppress)(?:[a-z0-9-]*auto-?(?:repl|respon|answer|generated|submitted)[a-z-]*"
    r"|x-ms-exchange-generated-message-source|x-vacation|x-(?:rt-loop-prevention|otrs-loop|otobo-loop)"
    r"|x-fc-machinegenerated|x-facebook-notify|x-github-reason)$"
)
_LIST_HEADERS = (
    "list-id", "list-post", "list-unsubscribe", "list-subscribe", "list-archive", "list-help", "list-owner",
    "mailing-list", "x-mailing-list", "x-mailman-version", "x-list-unsubscribe", "x-beenthere", "x-google-group-id",
    "x-campaign", "x-campaign-id", "x-campaignid", "x-mc-user", "x-mailchimp-campaign-id", "x-edm-id",
)  # fmt: skip


@dataclass(frozen=True)
class Verdict:
    """The kind of a letter, what gave it away, and whether anything may be sent to its sender."""

    kind: IncomingKind
    why: str = ""
    may_answer: bool = False


def classify(letter: Letter, ours: frozenset[str]) -> Verdict:
    """`ours` are the addresses the desk itself writes from. The first row that fits decides."""
    said = {name: " ".join(values).lower() for name, values in letter.headers.items()}
    if {letter.sender.address, _plain_address(letter.sender.address)} & ours or said.get("x-wenqu-desk"):
        return Verdict(IncomingKind.OWN, "from")
    if bounce := _bounce(letter, said):
        return Verdict(IncomingKind.BOUNCE, bounce)
    if auto := _auto(letter, said):
        return Verdict(IncomingKind.AUTO, auto)
    if listed := next((name for name in _LIST_HEADERS if name in said), ""):
        return Verdict(IncomingKind.LIST, listed)
    is_bulk = bool(_precedence(letter, "list", "bulk", "junk"))
    if is_bulk and not _WRITTEN_IN.search(said.get("x-mailer", "") + said.get("user-agent", "")):
        return Verdict(IncomingKind.LIST, "precedence")
    if _NO_REPLY.match(letter.sender.address) and _nobody_else(letter, said):
        return Verdict(IncomingKind.AUTO, "no-reply")
    silent = (
        is_bulk
        or "x-auto-response-suppress" in said
        or _NO_REPLY.match(letter.sender.address)
        or _UNSUBSCRIBE.search(plain.fold(letter.text)[0][-600:])
    )
    return Verdict(IncomingKind.PERSON, "", may_answer=bool(letter.sender.address) and not silent)


def _plain_address(address: str) -> str:
    return re.sub(r"\+[^@]*@", "@", address)


def _nobody_else(letter: Letter, said: dict[str, str]) -> bool:
    """Whether the answer to a no-reply address would reach no person: a web form names one."""
    found = re.search(r"[^\s<>,;]+@[^\s<>,;]+", said.get("reply-to", ""))
    return found is None or bool(_NO_REPLY.match(found.group(0)))


def _has_empty_path(letter: Letter) -> bool:
    return any(path.strip() == "<>" for path in letter.headers.get("return-path", []))


def _report_type(said: dict[str, str]) -> str:
    found = re.search(r"report-type\s*=\s*\"?([\w-]+)", said.get("content-type", ""))
    return found.group(1) if found and said.get("content-type", "").startswith("multipart/report") else ""


def _bounce(letter: Letter, said: dict[str, str]) -> str:
    if "x-failed-recipients" in said or "x-ms-exchange-message-is-ndr" in said:
        return "x-failed-recipients"
    if "message/delivery-status" in letter.media_types or _report_type(said) == "delivery-status":
        return "delivery-status"
    if _DAEMON.match(letter.sender.address) or (not letter.sender.address and _DAEMON_NAME.match(letter.sender.name)):
        return "daemon"
    if not _BOUNCE_SUBJECT.match(letter.subject):
        return ""
    if _has_empty_path(letter):
        return "return-path"
    told = _BOUNCE_TOLD.search(letter.text[:4000]) and "in-reply-to" not in said
    return "subject" if told or "auto-submitted" in said or _BOUNCE_WHOLE.match(letter.subject) else ""


def _auto(letter: Letter, said: dict[str, str]) -> str:
    submitted = letter.headers.get("auto-submitted", [])
    if any(re.split(r"[;(\s]", value.strip().lower())[0] not in ("", "no") for value in submitted):
        return "auto-submitted"
    for name, value in said.items():
        if _AUTO_HEADER.match(name) and value.strip() not in ("no", "false", "0"):
            return name
    if precedence := _precedence(letter, "auto_reply", "auto-reply", "autoreply"):
        return precedence
    if "message/disposition-notification" in letter.media_types or _report_type(said):
        return "disposition-notification"
    if _READ_SUBJECT.match(letter.subject) and _READ_TOLD.search(letter.text[:1000]):
        return "disposition-notification"
    if _has_empty_path(letter):
        return "return-path"
    if "x-loop" in said:
        return "x-loop"
    if "autoresponder" in said.get("delivered-to", "") or "autoresponder" in said.get("x-mailer", ""):
        return "x-autoresponder"
    if _AUTO_SUBJECT.search(letter.subject):
        return "subject"
    fresh = plain.fold(letter.text)[0]
    return "subject" if len(fresh) <= LONGEST_AUTO and _AUTO_TOLD.search(fresh) else ""


def _precedence(letter: Letter, *values: str) -> str:
    told = [*letter.headers.get("precedence", []), *letter.headers.get("preference", [])]
    told += letter.headers.get("x-precedence", [])
    return "precedence" if any(value.strip().lower() in values for value in told) else ""


def is_forged(letter: Letter, authority: str) -> bool:
    """Whether our own mail server (its name in Authentication-Results, RFC 8601) says the sender is not who it says.

    Without a name nobody's word counts: such a header can be written by anybody.
    """
    if not authority:
        return False
    for value in letter.headers.get("authentication-results", []):
        name, _, results = value.partition(";")
        if name.strip().lower().split(" ")[0] == authority.lower():
            said = results.lower()
            if "dmarc=fail" in said:
                return True
            if re.search(r"\bspf=(?:fail|softfail)", said) and "dkim=pass" not in said and "dmarc=pass" not in said:
                return True
    return False
