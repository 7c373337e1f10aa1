"""Examples of delivery, roadmap, calendar, time tracking and roster exports."""

from __future__ import annotations

from literal_exports import Example, fixture

EVENT = "event_key, status, cast(start_at as varchar), cast(end_at as varchar), cast(start_on as varchar), cast(end_on as varchar), owner_email"
JIRA = {"timezone": "Europe/Berlin", "date_format": "dd/MMM/yy h:mm a", "date_locale": "en"}
LINEAR = "issue_id, uuid, status, labels, creator, estimate, cast(created_at as varchar), cast(updated_at as varchar), cast(coalesce(completed_at, canceled_at) as varchar), cast(due_on as varchar)"
ENTRY = "email, project, cast(start_at as varchar), cast(end_at as varchar), duration_seconds, tags, amount, currency, is_billable"
ISSUE = "issue_id, issue_key, status_category, cast(created_at as varchar), cast(updated_at as varchar), cast(due_on as varchar), labels, fix_versions, story_points, description"
# A short export of all fields, as Jira's users see it.
JIRA_SHORT = """Summary,Issue key,Issue id,Issue Type,Status,Status Category,Project key,Priority,Assignee,Created,Updated,Resolved,Due date,Labels,Labels,Sprint,Fix versions,Custom field (Story Points),Parent,Description
"Filter exports",APP-12,10012,Story,Done,Done,APP,High,Dana Ortiz,04/Mar/24 9:41 AM,15/Mar/24 4:00 PM,15/Mar/24 4:00 PM,31/Mar/24,export,roadmap,APP Sprint 7,2.4.0,5.0,10001,"First line
second line"
"""

EXAMPLES = [
    Example("jira", JIRA_SHORT, "issues", ISSUE + ", sprints, parent_id", [("10012", "APP-12", "done", "2024-03-04 08:41:00", "2024-03-15 15:00:00", "2024-03-31", '["export", "roadmap"]', '["2.4.0"]', 5.0, "First line\nsecond line", '["APP Sprint 7"]', "10001")], "jira.csv", JIRA),
    Example("jira", fixture("jira/all_fields.csv"), "issues", ISSUE + ", time_spent_seconds", [
        ("10012", "APP-12", "done", "2024-03-04 08:41:00", "2024-03-15 15:00:00", "2024-03-31", '["export", "roadmap"]', '["2.4.0", "2.4.1"]', 5.0, 'First line\r\nsecond "line", with a comma', 27000),
        ("10013", "APP-13", "indeterminate", "2024-03-29 22:59:00", "2024-03-29 22:59:00", None, "[]", "[]", None, None, 5400),
    ], "all_fields.csv", JIRA),
    Example("jira", fixture("jira/issues_job7_20240401000000.csv"), "issues", ISSUE, [("10012", "APP-12", "done", "2024-03-04 08:41:00", "2024-03-15 15:00:00", "2024-03-31", '["export", "roadmap"]', '["2.4.0"]', None, "First line\nsecond line")], "issues_job7_20240401000000.csv"),
    Example("jira", fixture("jira/search_page.json"), "issues", ISSUE + ", sprints, assignee_email", [
        ("10012", "APP-12", "done", "2024-03-04 21:10:07.222", "2024-03-15 15:00:00", "2024-03-31", '["export", "roadmap"]', '["2.4.0"]', 5.0, "First line\nsecond @Dana\npoint", '["APP Sprint 7"]', "dana@example.com"),
        ("10014", "DATA-3", "new", "2024-03-05 00:00:00", "2024-03-05 00:00:00", None, '["data-request", "q-retention"]', "[]", None, "Which plans keep people?", '["Data Sprint 1"]', None),
    ], "search.json"),
    Example("jira", fixture("jira/versions.json"), "versions", "version_id, name, is_released, cast(release_on as varchar), is_overdue, project_id", [("10100", "2.4.0", True, "2024-03-18", None, "10000"), ("10101", "2.5.0", False, "2024-06-01", True, "10000"), ("10102", "2.4.0", True, None, None, "10001")], "versions.json"),
    Example("google_calendar", fixture("google_calendar/events_page.json"), "events", EVENT, [
        ("4q1standup", "confirmed", "2024-03-04 09:00:00", "2024-03-04 09:30:00", None, None, "pm@example.com"),
        ("4q1standup_20240311T090000Z", "confirmed", "2024-03-12 13:00:00", "2024-03-12 13:30:00", None, None, "pm@example.com"),
        ("4q1standup_20240325T090000Z", "cancelled", None, None, None, None, "pm@example.com"),
        ("7ooo", "confirmed", None, None, "2024-03-06", "2024-03-08", "pm@example.com"),
        ("9priv", "tentative", "2024-03-05 16:00:00", "2024-03-05 17:00:00", None, None, "pm@example.com"),
    ], "page-1.json"),
    Example("google_calendar", fixture("google_calendar/pm@example.com.ics"), "events", EVENT, [
        ("4q1standup", "confirmed", "2024-03-04 09:00:00", "2024-03-04 09:30:00", None, None, "pm@example.com"),
        ("4q1standup_20240311T090000Z", "confirmed", "2024-03-12 13:00:00", "2024-03-12 13:30:00", None, None, "pm@example.com"),
        ("7ooo", "confirmed", None, None, "2024-03-06", "2024-03-08", "pm@example.com"),
    ], "pm@example.com.ics"),
    Example("google_calendar", fixture("google_calendar/outlook.ics"), "events", EVENT + ", event_type, time_zone", [
        ("040000008200E00074C5B7101A82E0080000000", "confirmed", "2024-07-04 07:00:00", "2024-07-04 08:30:00", None, None, "dana@example.com", "default", "Europe/Berlin"),
        ("040000008200E00074C5B7101A82E0080000001", "confirmed", "2024-01-04 08:00:00", "2024-01-04 16:00:00", None, None, "dana@example.com", "outOfOffice", None),
    ], "dana@example.com.ics"),
    Example("linear", fixture("linear/issues.csv"), "issues", LINEAR, [
        ("APP-12", None, "Done", '["Bug", "Customer"]', "pm@example.com", 5.0, "2024-05-14 08:53:33", "2024-05-16 10:00:00.25", "2024-05-16 10:00:00", "2024-05-31"),
        ("APP-13", None, "Canceled", "[]", "P M", None, "2024-05-15 00:00:00", "2024-05-15 00:00:00", "2024-05-15 12:00:00", None),
    ], "linear.csv"),
    Example("linear", fixture("linear/issues_34.csv"), "issues", LINEAR, [("APP-14", "0d1f6c1e-0000-4000-8000-000000000014", "In Progress", '["Research"]', "dana@example.com", 2.5, "2024-05-14 08:53:33", "2024-05-15 08:00:00", None, "2024-06-01")], "linear-34.csv"),
    Example("linear", fixture("linear/issues_13.csv"), "issues", LINEAR, [("APP-15", None, "Todo", '["Customer"]', "pm@example.com", None, "2024-05-14 08:53:33", "2024-05-14 08:53:33", None, None)], "linear-13.csv"),
    Example("github", fixture("github/releases.json"), "releases", "release_id, repository, tag, name, is_draft, is_prerelease, cast(published_at as varchar), author_login, assets", [
        ("142", "example/app", "2.4.0", "2.4.0 - filters", False, False, "2024-03-18 09:00:00", "dana", '[{"name": "app.zip", "downloads": 42}]'),
        ("143", "example/app", "2.5.0", None, True, False, None, "dana", "[]"),
        ("144", "example/app", "2.5.0-rc1", None, False, True, "2024-04-03 15:00:00", "ci[bot]", "[]"),
    ], "releases.json"),
    Example("toggl", fixture("toggl/detailed.csv"), "entries", ENTRY, [
        ("pm@example.com", "Reporting", "2024-03-04 22:30:00", "2024-03-04 23:45:00", 4500, '["non-strategic", "manual"]', 0.0, "USD", False),
        ("pm@example.com", "Discovery", "2024-03-05 08:00:00", "2024-03-05 08:45:30", 2730, "[]", 75.5, "USD", True),
    ], "toggl.csv", {"timezone": "Europe/Berlin"}),
    Example("clockify", fixture("clockify/detailed.csv"), "entries", ENTRY, [("pm@example.com", "Reporting", "2024-03-04 12:00:00", "2024-03-04 13:15:00", 4500, '["manual"]', 0.0, "USD", False)], "clockify.csv", {"timezone": "Europe/Berlin", "date_order": "mdy"}),
    Example("clockify", fixture("clockify/detailed_day_first.csv"), "entries", ENTRY, [
        ("pm@example.com", "Reporting", "2024-03-04 12:00:00", "2024-03-04 13:15:00", 4500, '["manual", "status"]', 0.0, "EUR", False),
        ("pm@example.com", "Reporting", "2024-03-13 22:30:00", "2024-03-13 23:30:00", 3600, "[]", 80.0, "EUR", True),
    ], "clockify-dmy.csv", {"timezone": "Europe/Berlin"}),
    Example("bamboohr", fixture("bamboohr/roster.csv"), "employees", "employee_id, name, legal_first_name, email, job_title, supervisor_name, cast(hired_on as varchar), cast(left_on as varchar), cast(exported_at as varchar)", [
        ("0012", "Dana Ortiz", "Daniela", "Dana.Ortiz@example.com", "Senior Product Manager", "Boss Person", "2023-01-09", None, "2024-03-04 00:00:00"),
        ("0013", "Paul Meyer", "Paul", "pm@example.com", "Engineer", "Dana Ortiz", "2020-11-30", "2023-12-31", "2024-03-04 00:00:00"),
        ("0013", "Paul Meyer", "Paul", "pm@example.com", "Product Manager", "Ortiz, Dana", "2024-03-04", None, "2024-03-04 00:00:00"),
    ], "roster-2024-03-04.csv"),
    Example("okr", fixture("okr/okrs.csv"), "key_results", "key_result_id, cast(period_start as varchar), cast(period_end as varchar), baseline, target, current, unit, direction, cast(as_of as varchar)", [
        ("KR1", "2024-01-01", "2024-03-31", 0.45, 0.9, 0.61, "percent", "up", "2024-03-04"),
        ("KR2", "2024-01-01", "2024-03-31", 40.0, 20.0, 31.0, "tickets", "down", "2024-03-04"),
        ("KR3", "2023-02-01", "2023-04-30", 0.45, 0.8, 0.5, "percent", "up", "2024-03-04"),
    ], "okrs.csv", {"fiscal_year_start": 2}),
    Example("okr", '[{"objective_id": 7, "objective": "Ship", "key_result_id": "KR9", "key_result": "Late launches", "owner": "pm-01", "period": "H1 2024", "baseline": 12, "target": 4, "current": "9", "unit": "launches", "as_of": "2024-03-04", "direction": "decrease"}]', "key_results", "key_result_id, objective_id, cast(period_start as varchar), cast(period_end as varchar), baseline, direction", [("KR9", "7", "2024-01-01", "2024-06-30", 12.0, "down")], "okrs.json"),
    Example("roadmap", fixture("roadmap/roadmap.csv"), "items", "item_id, title, cast(start_on as varchar), cast(end_on as varchar), reach, reach_is_measured, impact, confidence, effort_months, feedback_ids, experiment_ids, cast(updated_at as varchar), properties", [
        ("R-1", "Filter exports", "2024-03-01", "2024-03-31", 1200.0, True, 2.0, 0.8, 1.5, '["note-1", "note-2"]', '["exp-1"]', "2024-03-04 10:00:00", '{"Theme": "Reach"}'),
        ("R-2", "Compare plans", "2024-04-01", "2024-06-30", None, None, 0.5, 0.5, None, "[]", "[]", "2024-02-01 10:00:00", "{}"),
    ], "roadmap.csv"),
    Example("roadmap", '{"item_id": "R-3", "name": "Search", "state": "Planned", "quarter": "Q3 2024", "reach": 10, "effort": 2, "feedback_ids": ["n1"], "updated": "2024-03-04T10:00:00+01:00"}\n', "items", "item_id, title, status, cast(start_on as varchar), feedback_ids, cast(updated_at as varchar)", [("R-3", "Search", "Planned", "2024-07-01", '["n1"]', "2024-03-04 09:00:00")], "roadmap.ndjson"),
]  # fmt: skip
