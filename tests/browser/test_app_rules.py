"""Rules of the dashboard's code and settings that no linter knows."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

from dashboards.widgets import event_words, html, terms
from dashboards.widgets.html import Mark

CLONE = Path(__file__).resolve().parents[2]
PAGES = CLONE / "dashboards"
SOURCES = sorted(PAGES.rglob("*.py"))


def test_raw_markup_reaches_a_page_only_through_the_one_module() -> None:
    raw = re.compile(
        r"unsafe_allow_html|st\.html\(|st\.iframe\(|components\.v[12]|unsafe_allow_javascript"
    )
    found = [str(p.relative_to(CLONE)) for p in SOURCES if raw.search(p.read_text())]
    assert found == ["dashboards/widgets/html.py"]


def test_pages_read_numbers_only_through_ask_never_by_sql_or_from_the_environment() -> None:
    for path in [*PAGES.glob("app_pages/*.py"), *PAGES.glob("widgets/*.py"), PAGES / "app.py"]:
        text = path.read_text()
        assert "os.environ" not in text and "getenv" not in text, path
        assert ".query(" not in text and "import duckdb" not in text, path
        modules = {
            node.module or ""
            for node in ast.walk(ast.parse(text))
            if isinstance(node, ast.ImportFrom)
        }
        assert not any(
            m.startswith(("dashboards.engine", "ingestion", "orchestration")) for m in modules
        ), path


def test_the_question_log_loads_without_heavy_imports() -> None:
    imports = re.findall(r"^(?:import|from) (\w+)", (PAGES / "question_log.py").read_text(), re.M)
    assert not set(imports) & {"streamlit", "duckdb", "polars", "pandas", "altair", "dashboards"}


def test_the_server_is_set_to_local_quiet_and_closed() -> None:
    config = tomllib.loads((CLONE / ".streamlit" / "config.toml").read_text())
    assert config["server"]["address"] == "127.0.0.1"
    assert config["server"]["enableXsrfProtection"] and config["server"]["enableCORS"]
    assert config["server"]["allowedHosts"] == ["127.0.0.1", "localhost"]
    assert not config["server"]["enableAgentApi"]
    assert config["server"]["maxUploadSize"] <= 1
    assert config["browser"]["gatherUsageStats"] is False
    assert config["client"]["showErrorDetails"] == "none"
    assert config["client"]["toolbarMode"] == "minimal"


def test_only_fonts_and_their_licences_are_served() -> None:
    assert sorted(p.name for p in (PAGES / "static").iterdir()) == [
        "inter-LICENSE.txt",
        "inter.woff2",
        "jbmono-LICENSE.txt",
        "jbmono.woff2",
    ]


@pytest.mark.parametrize(
    "payload",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "';alert(1)//",
        "</style><script>",
        "<svg/onload=alert(1)>",
        "{{7*7}}",
    ],
)
def test_text_of_the_data_is_inert_in_every_mark(payload: str) -> None:
    marks = [
        html.title(payload, payload),
        html.badge(payload, "good"),
        html.pairs([(payload, payload)]),
        html.table((payload,), [(payload,)], caption=payload),
        html.chain([payload], payload),
        html.sql(payload),
        html.note(payload),
        event_words.link(payload),
        terms.table([{**TERM, "name": payload, "meaning": payload, "events": [payload]}]),
    ]
    for mark in marks:
        assert not re.search(r"<(script|img|svg|style)", mark)
        assert "onerror=alert(1)>" not in mark or "&gt;" in mark


TERM = {
    "kind": "property",
    "type": "string",
    "unit": None,
    "allowed": '["<b>"]',
    "is_required": True,
    "is_declared": True,
    "pii_class": "personal",
    "owner": "<i>",
}


def test_case_87_a_name_of_ten_kilobytes_is_cut_and_addressed_by_its_fingerprint() -> None:
    long = "x" * 10_000
    assert len(event_words.link(long)) < 600
    assert event_words.address(long) == {"id": event_words.fingerprint(long)}
    assert event_words.address("buy") == {"event": "buy"}


def test_plain_text_is_refused_where_a_mark_is_drawn() -> None:
    with pytest.raises(TypeError, match="takes a Mark"):
        html.show("<b>plain</b>")  # type: ignore[arg-type]


def test_markdown_and_shortcodes_of_the_data_stay_text_in_a_label() -> None:
    written = html.label("[x](http://evil) :material/home: $x$ **b** <i> `c`")
    assert "](" not in written.replace("\\]\\(", "")
    for sign in ("[", "]", "(", "*", "$", ":", "<", "`"):
        assert all(written[m.start() - 1] == "\\" for m in re.finditer(re.escape(sign), written))
    # Drawn, the escapes are gone: what is left must be no shortcode and no dash either.
    assert ":material/home:" not in written.replace("\\", "")
    assert "--" not in html.label("a -- b").replace("\\", "")
    assert html.label("23:59") == "23\\:59"
    assert isinstance(Mark("x"), str)
