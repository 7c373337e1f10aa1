"""Names that break what handles them carelessly: 300 and more, for events, keys and values alike (case 87).

Knows strings only.
"""

from __future__ import annotations

from itertools import product

_SQL = ["'; drop table marts.fct_events; --", "' or '1'='1", '"; select 1; --', "1; attach 'x.db'", "\\'", "''", "$$x$$", "/* x */ a"]  # fmt: skip
_HTML = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg/onload=alert(1)>", "</style><b>x</b>", "<!-- x", "&lt;b&gt;",
    '"><iframe src=javascript:alert(1)>', "javascript:alert(1)", "<a href=//evil.example>x</a>",
]  # fmt: skip
_MARKDOWN = ["[x](javascript:alert(1))", "![x](http://evil.example/p.png)", "# head", "**b**", "`code`", "| a | b |", "~~~", "$x^2$", ":smile:"]  # fmt: skip
_TEMPLATES = [
    "{{ 7*7 }}",
    "{% raw %}",
    "${7*7}",
    "#{7*7}",
    "<%= 7 %>",
    "{{ref('x')}}",
    "%(name)s",
    "{0}",
    "%s%n",
    "\\u0041",
]
_FORMULAS = ["=HYPERLINK(\"http://evil.example\")", "+1+1", "-1-1", "@SUM(A1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0"]  # fmt: skip
_SCRIPT = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "undefined", "null", "NaN", "true", "[object Object]"]  # fmt: skip
_RESERVED = ["select", "from", "table", "order", "group", "user", "end", "case", "order by", "a.b", "a.b.c", "a/b", "a~b", "~0", "/", ".", "..", "*", "$", "$.x", "$[0]", 'a"b', "a'b", "a`b", "a\\b", "A", "a", "Ａ"]  # fmt: skip
_UNICODE = [
    "🎉", "👩‍👩‍👧‍👦 joined", "🇩🇪", "é", "e\u0301", "zero\u200bwidth", "\u200b", "\ufeffbom", "\u202eevil\u202c", "אירוע", "حدث", "сheckout_completed", "ｃheckout",
    "ﬀ", "ß", "İ", "ı", "Ω", "Ω", "𝒞", "\u00a0", "a\u2028b", "a\u0007b", "日本語", "𠮷", "ทดสอบ", "नमस्ते",
]  # fmt: skip
_SHAPES = [" lead", "trail ", "two  blanks", "line\nbreak", "tab\there", "x" * 10_000, "🎉" * 2_000, "a" * 255, "%", "_", "%_%", "../../etc/passwd", "C:\\x", "\\\\host\\x", "http://evil.example/?q=<x>"]  # fmt: skip
_SINGLE = [*_SQL, *_HTML, *_MARKDOWN, *_TEMPLATES, *_FORMULAS, *_SCRIPT, *_RESERVED, *_UNICODE, *_SHAPES]  # fmt: skip
_AROUND = ["item {} opened", "{}_clicked", "{}\n{}"]

HOSTILE = list(
    dict.fromkeys(
        [*_SINGLE, *(form.replace("{}", part) for form, part in product(_AROUND, _SINGLE[:80]))]
    )
)
