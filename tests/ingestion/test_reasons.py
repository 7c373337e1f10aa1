"""The closed list of reason codes: in words, complete, each raised by a test, and nothing else ever raised."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from ingestion.reasons import REASONS, RESERVED

ROOT = Path(__file__).resolve().parents[2]

# Every code and the test that raises it. `ingestion/` and the other folders stand below `tests/`.
PROOFS = {
    "INCOMPLETE_FILE": "ingestion/test_landing.py::test_case_003_an_abandoned_upload_is_rejected_with_its_bytes_and_taken_up_when_complete",
    "GZ_TRUNCATED": "ingestion/test_containers.py::test_case_010_truncated_gzip_is_rejected_and_loads_nothing",
    "GZ_TRAILING_BYTES": "ingestion/test_containers.py::test_case_011_gzip_with_trailing_bytes_is_rejected",
    "TYPE_MISMATCH": "ingestion/test_containers.py::test_case_013_a_login_page_is_named",
    "ZIP_PATH": "ingestion/test_containers.py::test_case_014_zip_slip_names_are_quarantined",
    "ZIP_LIMIT": "ingestion/test_containers.py::test_case_015_a_zip_bomb_is_stopped",
    "ZIP_SYMLINK": "ingestion/test_containers.py::test_case_016_a_symlink_in_a_zip_is_quarantined",
    "ZIP_ENCRYPTED": "ingestion/test_containers.py::test_case_016_an_encrypted_entry_is_quarantined",
    "ZIP_DUP_NAME": "ingestion/test_containers.py::test_case_016_two_entries_of_one_name_are_quarantined",
    "ZIP_CRC": "ingestion/test_containers.py::test_case_016_a_damaged_entry_is_quarantined",
    "UNKNOWN_SOURCE": "ingestion/test_containers.py::test_case_022_an_unknown_folder_names_the_nearest",
    "NOT_A_REGULAR_FILE": "ingestion/test_landing.py::test_case_024_nothing_but_regular_files_is_opened",
    "CHANGED_WHILE_READING": "ingestion/test_landing.py::test_case_027_a_file_that_changes_while_it_is_copied_is_refused_and_tried_again",
    "EMPTY_EXPORT": "ingestion/test_landing.py::test_case_018_an_empty_export_is_committed_with_a_warning_and_adds_nothing",
    "FUTURE_EXPORT": "ingestion/test_landing.py::test_case_020_an_export_of_a_coming_day_waits_and_is_released_by_itself",
    "NAME_DATE_MISMATCH": "ingestion/test_landing.py::test_case_021_the_content_wins_over_the_name_and_a_warning_says_so",
    "SHRINK": "quality/test_gates.py::test_case_007_a_delivery_that_shrinks_is_held",
    "DISK_FULL": "ingestion/test_recovery.py::test_case_116_a_failure_before_the_commit_leaves_nothing_and_the_next_run_loads",
    "JSON_SYNTAX": "ingestion/test_parsing.py::test_case_034_one_broken_line_costs_one_line",
    "LINE_TOO_LONG": "ingestion/test_parsing.py::test_case_035_a_huge_line_is_cut_out_with_its_start",
    "CONTROL_CHAR": "ingestion/test_parsing.py::test_case_036_raw_control_characters_are_refused",
    "BAD_UTF8": "ingestion/test_parsing.py::test_case_037_bytes_that_are_not_utf_8_are_refused",
    "BAD_UNICODE": "ingestion/test_parsing.py::test_case_038_half_a_character_is_refused",
    "DUP_KEY": "ingestion/test_parsing.py::test_case_041_a_key_given_twice_at_any_depth_is_refused",
    "NON_JSON_NUMBER": "ingestion/test_parsing.py::test_case_042_what_is_no_number_of_json_is_refused",
    "TOO_DEEP": "ingestion/test_parsing.py::test_case_044_nesting_beyond_the_limit_is_refused",
    "SHAPE": "ingestion/test_parsing.py::test_case_045_a_csv_is_refused_where_lines_are_expected",
    "NOT_AN_OBJECT": "ingestion/test_parsing.py::test_case_046_lines_that_are_no_objects_are_refused",
    "COLUMN_COUNT": "ingestion/test_csv.py::test_case_048_ragged_rows_are_quarantined",
    "QUOTE": "ingestion/test_csv.py::test_case_049_an_unclosed_quote_costs_its_own_row_only",
    "HEADER": "ingestion/test_csv.py::test_case_051_a_missing_or_doubled_column_is_refused",
    "EXCEL_MANGLED_ID": "ingestion/test_csv.py::test_case_052_ids_that_a_spreadsheet_destroyed_are_quarantined",
    "NUMBER": "ingestion/test_csv.py::test_case_054_numbers_are_never_guessed",
    "NO_ID": "ingestion/test_identity.py::test_case_059_an_event_without_id_gets_one_from_its_content",
    "ID_CONFLICT": "ingestion/test_identity.py::test_case_058_an_id_conflict_is_counted_and_named",
    "EXACT_DUP": "ingestion/test_identity.py::test_case_057_the_same_event_twice_is_one",
    "TOO_LATE": "ingestion/test_identity.py::test_case_066_late_events_are_kept_until_they_are_accepted_by_one_command",
    "FUTURE_EVENT": "ingestion/test_identity.py::test_case_067_an_amplitude_event_days_ahead_is_quarantined",
    "TIME_UNIT": "ingestion/test_identity.py::test_case_067_mixpanel_units",
    "TIME_FORMAT": "ingestion/test_csv.py::test_case_069_day_and_month_are_never_guessed",
    "CLOCK_SKEW": "ingestion/test_identity.py::test_case_068_a_clock_that_is_years_off_gives_the_server_time",
    "TZ_SHIFT": "quality/test_time_zone.py::test_case_070_local_times_taken_for_utc_hold_and_say_what_to_declare",
    "TYPE": "ingestion/test_reasons.py::test_a_record_without_what_it_needs_is_of_the_wrong_type",
    "NAME_COLLISION": "orchestration/test_taxonomy_commands.py::test_case_088_colliding_names_write_nothing_and_are_both_named",
    "DISTRIBUTION": "quality/test_taxonomy_gates.py::test_case_090_a_changed_unit_holds_with_a_hint_until_it_is_accepted",
    "SCORE_RANGE": "ingestion/test_conformance.py::test_case_094_scores_are_never_clamped",
    "SCORE_FORMAT": "ingestion/test_conformance.py::test_case_094_scores_are_never_clamped",
    "NEGATIVE_DURATION": "ingestion/test_conformance.py::test_case_097_a_ticket_solved_before_it_was_made_is_quarantined",
    "TOO_MANY_BAD": "quality/test_gates.py::test_case_034_one_percent_and_a_hundred_together_hold",
}

# The closed list of the requirements, word by word.
CLOSED = re.findall(r"\w+", """
INCOMPLETE_FILE GZ_TRUNCATED GZ_TRAILING_BYTES TYPE_MISMATCH ZIP_PATH ZIP_LIMIT ZIP_SYMLINK ZIP_ENCRYPTED ZIP_DUP_NAME
ZIP_CRC UNKNOWN_SOURCE NOT_A_REGULAR_FILE CHANGED_WHILE_READING EMPTY_EXPORT FUTURE_EXPORT NAME_DATE_MISMATCH SHRINK
DISK_FULL JSON_SYNTAX LINE_TOO_LONG CONTROL_CHAR BAD_UTF8 BAD_UNICODE DUP_KEY NON_JSON_NUMBER TOO_DEEP SHAPE
NOT_AN_OBJECT COLUMN_COUNT QUOTE HEADER EXCEL_MANGLED_ID NUMBER NO_ID ID_CONFLICT EXACT_DUP TOO_LATE FUTURE_EVENT
TIME_UNIT TIME_FORMAT CLOCK_SKEW TZ_SHIFT TYPE NAME_COLLISION DISTRIBUTION SCORE_RANGE SCORE_FORMAT NEGATIVE_DURATION
TOO_MANY_BAD PII_FOUND SUPPRESSED_USER
""")  # fmt: skip


def test_the_list_is_closed():
    assert set(REASONS) == set(CLOSED)


@pytest.mark.parametrize("code", CLOSED)
def test_every_code_says_what_why_and_what_to_do(code):
    reason = REASONS[code]
    for part in (reason.meaning, reason.cause, reason.what_to_do):
        assert part.endswith(".") and part[0].isupper()
    assert reason.example


@pytest.mark.parametrize("code", CLOSED)
def test_every_code_has_a_test_that_raises_it(code):
    """The registry is no wish: the test exists, names the code and asserts, itself or by a function beside it."""
    assert (code in PROOFS) != (code in RESERVED), "either proved or reserved"
    if code in RESERVED:
        return
    file, _, name = PROOFS[code].partition("::")
    found = functions(ROOT / "tests" / file)
    assert name.startswith("test_") and name in found, f"{file} has no test {name}"
    assert re.search(rf"\b{code}\b", found[name]), f"{name} does not name {code}"
    used = [text for other, text in found.items() if re.search(rf"\b{other}\(", found[name])]
    assert any("assert " in text for text in used)


def functions(path: Path) -> dict[str, str]:
    """Every function of a test module, as text with its decorators."""
    content = path.read_text()
    found = {}
    for node in ast.walk(ast.parse(content)):
        if isinstance(node, ast.FunctionDef):
            first = min([node.lineno, *(mark.lineno for mark in node.decorator_list)])
            found[node.name] = "\n".join(content.splitlines()[first - 1 : node.end_lineno])
    return found


CODE = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*")
IN_SQL = re.compile(r"\bthen '([A-Z][A-Z_]+)'")


def raised_in(path: Path) -> set[str]:
    """Codes given to Reject, BadRecord or Bad, returned with a message, written in SQL, or declared as CODE."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id in ("Reject", "BadRecord", "_Refused", "Refused"):
                found |= codes(node.args[:1])
            elif node.func.id == "Bad":
                found |= codes(node.args[3:4])
        elif isinstance(node, ast.Tuple) and len(node.elts) == 2:
            is_message = isinstance(node.elts[1], ast.JoinedStr) or (
                isinstance(node.elts[1], ast.Constant) and " " in str(node.elts[1].value)
            )
            found |= codes(node.elts[:1]) if is_message else set()
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found |= set(IN_SQL.findall(node.value))
        elif isinstance(node, ast.Assign) and [ast.unparse(t) for t in node.targets] == ["CODE"]:
            found |= codes([node.value])
    return found


def codes(nodes: list[ast.expr]) -> set[str]:
    values = [node.value for node in nodes if isinstance(node, ast.Constant)]
    return {v for v in values if isinstance(v, str) and len(v) > 3 and CODE.fullmatch(v)}


def all_raised() -> dict[str, set[str]]:
    """Every code that the product raises, with the files that do."""
    found: dict[str, set[str]] = {}
    for room in ("ingestion", "quality"):
        for path in (ROOT / room).rglob("*.py"):
            if path.name != "reasons.py":
                for code in raised_in(path):
                    found.setdefault(code, set()).add(path.name)
    return found


def test_only_listed_codes_are_raised():
    raised = all_raised()
    assert len(raised) > 35
    assert {code: files for code, files in raised.items() if code not in REASONS} == {}


def test_a_reserved_code_that_is_raised_needs_a_proof():
    assert set(all_raised()) & set(RESERVED) == set()


def test_a_code_that_is_not_in_the_list_is_found_wherever_it_is_written(tmp_path):
    written = {
        "reject": "def f():\n    raise Reject('MADE_UP', 'text')\n",
        "record": "def f():\n    raise BadRecord('MADE_UP', f'text')\n",
        "bad": "def f(raw):\n    return Bad('m', 1, 2, 'MADE_UP', 'text', raw)\n",
        "pair": "def f():\n    return 'MADE_UP', 'a text for people'\n",
        "sql": "CODE_SQL = \"case when x then 'MADE_UP' end\"\n",
        "constant": "CODE = 'MADE_UP'\n",
    }
    for name, text in written.items():
        path = tmp_path / f"{name}.py"
        path.write_text(text)
        assert raised_in(path) == {"MADE_UP"}, name


def test_a_record_without_what_it_needs_is_of_the_wrong_type(lake, make):
    report = lake.deliver(make.lines(make.posthog(1, event=None), make.posthog(2)), "posthog")
    assert (report.loaded, report.quarantined, lake.codes()) == (1, 1, {1: "TYPE"})
