"""A company folder is read whole, or refused with every problem's file, line and fix."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from ingestion import company
from ingestion.company import CompanyError


def write(folder: Path, **files: str) -> Path:
    """Files by name; two underscores are a folder and the ending is added."""
    (folder / "tracking_plan").mkdir(parents=True, exist_ok=True)
    files.setdefault("settings", "company: Test\n")
    for name, text in files.items():
        (folder / f"{name.replace('__', '/')}.yml").write_text(text, encoding="utf-8")
    return folder


def refusal(folder: Path) -> list[str]:
    with pytest.raises(CompanyError) as caught:
        company.load(folder)
    return [str(problem).removeprefix(f"{folder}/") for problem in caught.value.problems]


def test_an_empty_company_has_the_documented_defaults(tmp_path: Path) -> None:
    company.init(tmp_path / "new")
    settings = company.load(tmp_path / "new").settings
    assert (settings.timezone, settings.week_start, settings.session_timeout_minutes) == (
        "UTC",
        1,
        30,
    )
    assert (settings.minimum_group_size, settings.identity_scope) == (5, "company")
    assert settings.unplanned_counts_as_active


def test_settings_can_be_changed_by_replacing_single_lines(tmp_path: Path) -> None:
    company.init(tmp_path / "new")
    path = tmp_path / "new" / "settings.yml"
    kept = [
        line
        for line in path.read_text().splitlines()
        if not line.startswith(("minimum_group_size:", "identity:"))
    ]
    path.write_text("\n".join(kept) + '\nminimum_group_size: 1\nidentity: {"scope": "project"}\n')
    settings = company.load(tmp_path / "new").settings
    assert (settings.minimum_group_size, settings.identity_scope) == (1, "project")


def test_init_never_writes_over_a_company(tmp_path: Path) -> None:
    company.init(tmp_path / "new")
    with pytest.raises(CompanyError, match="already there"):
        company.init(tmp_path / "new", "demo")


def test_unplanned_events_count_until_the_plan_has_an_event(tmp_path: Path) -> None:
    write(tmp_path, tracking_plan__a="report_published: {description: x, owner: me}\n")
    assert not company.load(tmp_path).settings.unplanned_counts_as_active
    write(tmp_path, settings="company: T\nunplanned_events_count_as_active: true\n")
    assert company.load(tmp_path).settings.unplanned_counts_as_active


def test_an_unknown_key_names_its_line_and_the_nearest_key(tmp_path: Path) -> None:
    write(tmp_path, settings="company: T\n# why\ntime_zone: UTC\n")
    assert refusal(tmp_path) == [
        "settings.yml:3: unknown key `time_zone`; did you mean `timezone`?"
    ]


def test_an_unknown_key_deep_inside_is_found(tmp_path: Path) -> None:
    write(
        tmp_path,
        tools="tools:\n  - id: x\n    rollout:\n      date: 2025-01-01\n      eligble: all\n",
    )
    assert refusal(tmp_path) == ["tools.yml:5: unknown key `eligble`; did you mean `eligible`?"]


def test_a_duplicate_key_names_both_lines(tmp_path: Path) -> None:
    write(tmp_path, settings="company: T\ntimezone: UTC\ntimezone: Europe/Berlin\n")
    assert refusal(tmp_path) == [
        "settings.yml:3: key `timezone` is already on line 2; keep one of them"
    ]


def test_a_zone_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    write(tmp_path, settings="company: T\ntimezone: Europe/Bärlin\n")
    assert "settings.yml:2: `timezone` `Europe/Bärlin` is not an IANA zone" in refusal(tmp_path)[0]


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    write(
        tmp_path,
        settings="company: T\nwat: 1\n",
        areas="areas: [{name: no id}]\n",
        kpis="targetz: {}\n",
    )
    assert [line.split(":")[0] for line in refusal(tmp_path)] == [
        "areas.yml",
        "kpis.yml",
        "settings.yml",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "company: T\nminimum_group_size: many\n",
            "settings.yml:2: `minimum_group_size` must be a whole number",
        ),
        (
            "company: T\nminimum_group_size: 0\n",
            "settings.yml:2: `minimum_group_size` must be at least 1",
        ),
        ("company: T\nweek_start: mondy\n", "did you mean `monday`?"),
        ("company: T\nidentity: project\n", "settings.yml:2: `identity` must be a mapping"),
        ("timezone: UTC\n", "needs the key `company`"),
        ("company: [unclosed\n", "is not valid YAML"),
        ("company: !!python/object/apply:os.system [ls]\n", "settings.yml:1: "),
        ("a: &a [x]\n" + "b: [" + ", ".join(["*a"] * 60) + "]\n", "more than 50 aliases"),
        ("a: " + "[" * 40 + "]" * 40 + "\n", "nested deeper than"),
    ],
)
def test_a_bad_settings_file_says_what_and_where(tmp_path: Path, text: str, said: str) -> None:
    write(tmp_path, settings=text)
    assert said in "\n".join(refusal(tmp_path))


def test_a_python_tag_is_never_run(tmp_path: Path) -> None:
    marker = tmp_path / "touched"
    write(tmp_path, settings=f"company: !!python/object/apply:os.mkdir ['{marker}']\n")
    refusal(tmp_path)
    assert not marker.exists()


def test_a_file_name_that_is_nearly_right_is_refused(tmp_path: Path) -> None:
    write(tmp_path, tool="tools: []\n")
    assert refusal(tmp_path) == [
        "tool.yml:1: is not a file that is read; did you mean `tools.yml`?"
    ]


def test_a_missing_folder_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(CompanyError, match="productops init"):
        company.load(tmp_path / "nowhere")


def test_references_between_files_must_resolve(tmp_path: Path) -> None:
    write(
        tmp_path,
        people="people: [{person_id: pm-01}]\n",
        areas="areas:\n  - {id: growth, owner: pm-1}\n",
        tools="tools:\n  - {id: x, owner: pm-01}\n  - {id: x}\n",
    )
    assert refusal(tmp_path) == [
        "areas.yml:2: `owner` `pm-1` is not in people.yml; did you mean `pm-01`?",
        "tools.yml:3: `id` is already used on line 2; ids must differ",
    ]


def test_the_documented_forms_of_the_interface_are_accepted(tmp_path: Path) -> None:
    write(
        tmp_path,
        settings=(
            "company: T\npm_titles: [Product Manager, Senior Product Manager]\nsources:\n"
            '  jira: {projects: {delivery: {timezone: Europe/Berlin, date_format: "dd/MMM/yy h:mm a", date_locale: de}}}\n'
            "  clockify: {projects: {default: {timezone: Europe/Berlin, date_order: dmy}}}\n"
            "  slack: {projects: {default: {windows: {member_analytics.csv: {from: 2025-12-04, to: 2026-01-03}}}}}\n"
        ),
        tools=(
            "tools:\n  - {id: productboard, name: Productboard, category: roadmap, core: true, owner: ops-01,"
            " usage: [{source: okta, app_id: 0oapb000000000000001}], rollout: {date: 2025-09-15, eligible: all}}\n"
            "processes:\n  - {id: one_pager, name: Weekly one-pager, owner: ops-01, usage: [{source: jira,"
            " label: one-pager, person: reporter, at: created}], rollout: {date: 2025-08-04, eligible: {areas: [growth]}}}\n"
        ),
        people=(
            "people: [{person_id: pm-01, name: PM 01, email: pm01@example.com, role: pm, area: growth,"
            " start_date: 2023-01-09, end_date: null, github_login: pm01}, {person_id: ops-01}]\n"
        ),
        areas="areas: [{id: growth, name: Growth, owner: pm-01}]\n",
        time_categories=(
            'working_hours: {days: [mon, tue, wed, thu, fri], from: "09:00", to: "18:00"}\n'
            "categories: [{id: status_updates, rules: [{field: title, contains: status}, {field: tag, equals: status}]}]\n"
        ),
        data_access=(
            "answers: [{source: metabase, dashboard_id: 12, question: retention},"
            " {source: metabase, card_id: 44, question: feature_adoption}]\n"
            "requests: [{source: jira, project_key: DATA, label: data-request, question_label_prefix: q-}]\n"
        ),
        delivery=(
            "features: [{source: jira, project_key: APP, issue_type: Feature, owner: assignee, release: fix_version}]\n"
            "releases: [{source: github, tag: fix_version}]\n"
        ),
        kpis=(
            "targets: {K1: {within_15m: {at_least: 0.9}}, K2: {started: {at_least: 4, per: quarter}},"
            " K4: {change: {at_least: -0.30, at_most: -0.20}}, K5: {first_ship: {at_most: 90}}}\n"
            "baselines: {K4: {time_tracking: {from: 2025-09-01, to: 2025-09-29}}}\n"
        ),
    )
    read = company.load(tmp_path)
    assert read.settings.project("clockify", "default") == {
        "timezone": "Europe/Berlin",
        "date_order": "dmy",
    }
    assert [(tool.tool, tool.kind) for tool in read.tools] == [
        ("productboard", "tool"),
        ("one_pager", "process"),
    ]
    assert read.tools[0].rollout_on == date(2025, 9, 15)
    assert read.tools[1].eligible == {"areas": ["growth"]}
    assert read.people[0].start_date == date(2023, 1, 9)


def test_a_release_that_has_not_come_is_a_warning_with_file_and_line(tmp_path: Path) -> None:
    told = "releases:\n  - {id: v1, date: 2025-03-04}\n  - {id: v2, date: 2026-07-01}\n"
    folder = write(tmp_path, releases=told)
    (found,) = [f for f in company.inspect(folder, date(2025, 3, 4)) if f.rule == "future_release"]
    assert (found.file.name, found.line, found.severity) == ("releases.yml", 3, "warning")
    assert "`v2` is dated 2026-07-01" in found.message
    (said,) = company.warnings(folder, date(2025, 3, 4))
    assert "releases.yml:3: release `v2`" in said
    assert company.warnings(folder, date(2026, 7, 1)) == []


def test_rule_a5_vendor_sessions_are_for_sources_that_have_them(tmp_path: Path) -> None:
    told = "sources:\n  {}: {{projects: {{web: {{sessions: {}}}, app: {{sessions: gap}}}}}}\n"
    folder = write(
        tmp_path / "good", settings="company: Test\n" + told.format("amplitude", "vendor")
    )
    assert company.load(folder).settings.vendor_sessions == (("amplitude", "web"),)
    folder = write(tmp_path / "bad", settings="company: Test\n" + told.format("mixpanel", "vendor"))
    assert any(
        "session id" in text and "amplitude, posthog, events" in text for text in refusal(folder)
    )


def test_releases_are_declared_with_their_day_and_feature_or_refused(tmp_path: Path) -> None:
    plan = "features: {export: {name: Export}}\n"
    told = "releases:\n  - {id: v1, date: 2025-03-04}\n  - {id: v2, date: 2025-07-01, feature: export}\n"
    folder = write(tmp_path / "good", tracking_plan__x=plan, releases=told)
    assert [(r.release, r.released_on, r.feature) for r in company.load(folder).releases] == [
        ("v1", date(2025, 3, 4), ""),
        ("v2", date(2025, 7, 1), "export"),
    ]
    wrong = told.replace("v2", "v1").replace("export", "exprt").replace("2025-03-04", "2025-13-04")
    folder = write(tmp_path / "bad", tracking_plan__x=plan, releases=wrong)
    assert [text for text in refusal(folder) if text.startswith("releases.yml:2")]
    folder = write(tmp_path / "bad", releases=wrong.replace("2025-13-04", "2025-03-04"))
    found = refusal(folder)
    assert any(text.startswith("releases.yml:3") and "already used" in text for text in found)
    assert any(text.startswith("releases.yml:3") and "`export`" in text for text in found)
