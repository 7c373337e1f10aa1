"""The naming audit gives reasons, and names that mean the same fold into one."""

from __future__ import annotations

import pytest

from ingestion.tracking_plan.naming import audit, audit_property, fold, looks_personal, suggest


@pytest.mark.parametrize(
    ("name", "codes", "proposal"),
    [
        ("report_published", [], "report_published"),
        ("teammate_invited", [], "teammate_invited"),
        ("query_run", [], "query_run"),
        ("goal_set", [], "goal_set"),
        ("user_signed_up", [], "user_signed_up"),
        ("segment_created", [], "segment_created"),
        ("Report Published", ["case"], "report_published"),
        ("ReportPublished", ["case"], "report_published"),
        ("report_publish", ["tense"], "report_published"),
        ("report_view", ["tense"], "report_viewed"),
        ("publish_report", ["order"], "report_published"),
        ("clicked_button", ["order"], "button_clicked"),
        ("signed_up", ["order"], "signed_up"),
        ("user_login", ["tense"], "user_logged_in"),
        ("signup", ["one_word"], "signup"),
        ("order_total", ["no_verb"], "order_total"),
        ("$identify", ["vendor_prefix", "one_word"], "identified"),
        ("[Amplitude] Page Viewed", ["vendor_prefix"], "page_viewed"),
        ("mp_page_viewed", ["vendor_prefix"], "page_viewed"),
        ("view_item_123", ["id_in_name", "no_verb"], "view_item_123"),
        ("item_opened_1f0c2d3e4b5a", ["id_in_name"], "item_opened_1f0c2d3e4b5a"),
        ("report_published_2025", ["date_in_name"], "report_published_2025"),
        ("sign\u200b_up", ["hidden_characters", "case", "tense"], "signed_up"),
    ],
)
def test_an_audit_says_why_and_what_instead(name: str, codes: list[str], proposal: str) -> None:
    assert [reason.code for reason in audit(name)] == codes
    assert suggest(name) == proposal


def test_a_name_of_ten_kilobytes_is_said_short() -> None:
    (first, *_) = audit("x" * 10_000)
    assert first.code == "too_long" and len(first.message) < 120


@pytest.mark.parametrize(
    "names",
    [
        ("Sign Up", "sign_up", "signup ", "signUp", "SIGN-UP", "signed_up"),
        ("report_published", "Report Published", "reportPublished", "report_publish", "reportpublished"),
        ("checkout_completed", "checkоut_completed"),  # the second with a Cyrillic о
        ("user_logged_in", "user_login", "userLogin"),
    ],
)  # fmt: skip
def test_case_083_spellings_of_one_name_fold_alike(names: tuple[str, ...]) -> None:
    assert len({fold(name) for name in names}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("report_viewed", "reports_viewed"),
        ("report_viewed", "report_shared"),
        ("plan_upgraded", "plan_downgraded"),
        ("user_logged_in", "user_logged_out"),
        ("🎉", "🎈"),
        ("step_1_done", "step_2_done"),
    ],
)
def test_names_that_mean_different_things_stay_apart(one: str, other: str) -> None:
    assert fold(one) != fold(other)


@pytest.mark.parametrize("key", ["email", "user_email", "clientIp", "phone", "birthDate", "api_key", "zip_code"])  # fmt: skip
def test_keys_that_look_personal_are_named(key: str) -> None:
    assert looks_personal(key)


@pytest.mark.parametrize("key", ["email_count", "has_email", "is_mobile", "shipping", "recipients", "address_id", "description"])  # fmt: skip
def test_keys_about_personal_data_are_none(key: str) -> None:
    assert looks_personal(key) is None


def test_the_keys_of_vendors_keep_their_spelling() -> None:
    assert audit_property("$browser") == [] == audit_property("report_type")
    assert [reason.code for reason in audit_property("reportType")] == ["case"]
