"""Names and whatever has the shape of a contact or a code leave a text; ordinary words stay."""

from __future__ import annotations

import pytest

from helpdesk.rules.anonymity import Names, Words, hidden, suspects

WORDS = Words("这家企业", "企业联系人", "专家", "工作人员", "（已隐去）")
NAMES = Names("深圳市南山光电有限公司", {"林巧女士", "林女士"}, {"陈明远"}, {"王岚"})


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("深圳市南山光电有限公司来问", "这家企业来问"),
        ("南山光电来问", "这家企业来问"),
        ("林女士说，林总也同意", "企业联系人说，企业联系人也同意"),
        ("陈明远老师讲了，陈老师还会来", "专家讲了，专家还会来"),
        ("王岚派的单", "工作人员派的单"),
        ("电话13800138000", "电话（已隐去）"),
        ("打 138 0013 8000 或 138-0013-8000", "打 （已隐去） 或 （已隐去）"),
        ("+86 13800138000", "（已隐去）"),
        ("１３８００１３８０００", "（已隐去）"),
        ("0755-8888 8888 找我", "（已隐去） 找我"),
        ("写到 lin.qiao+a@southlight.com.cn。", "写到 （已隐去）。"),
        ("代码91440300MA5TEXT01X的", "代码（已隐去）的"),
        ("身份证 440305199001011234", "身份证 （已隐去）"),
        ("卡号 6222 0200 1234 5678 901", "卡号 （已隐去）"),
        ("微信号：lin_2026", "（已隐去）"),
        ("编号 SZ-26-00017", "编号 （已隐去）"),
        (
            "拨打 12345 或 12333，2026 年 11 月 20 日前，1000000 元",
            "拨打 12345 或 12333，2026 年 11 月 20 日前，1000000 元",
        ),
        ("王工程师、林业、陈列", "王工程师、林业、陈列"),
    ],
)
def test_what_is_hidden(text, left):
    assert hidden(text, NAMES, WORDS) == left


def test_what_is_still_suspicious_is_named_in_order():
    assert suspects("给 a@b.cn 写信，或打 13800138000；12345 不算") == ["a@b.cn", "13800138000"]
    assert suspects("没有什么") == []
