"""Examples of the survey sources: Delighted, Typeform, SurveyMonkey and Qualtrics."""

from __future__ import annotations

from literal_exports import Example, fixture

PEOPLE = '[{"id":"1046789978","name":"Foo Test201","email":"foo_test201@example.com","created_at":1641455282,"last_sent_at":1641455283,"last_responded_at":null,"next_survey_scheduled_at":null}]'
BOUNCES = '{"person_id":"1046789978","email":"foo_test201@example.com","name":"Foo Test201","bounced_at":1641455285}\n'
UNSUBSCRIBES = '[{"person_id":"1040826276","email":"foo_test50@example.com","name":"Foo Test50","unsubscribed_at":1641289576}]'
EXPANDED = '[{"id":"5","person":{"id":"7","email":"p@example.com","name":"P","created_at":1641289000},"survey_type":"csat","score":5,"comment":"ok","permalink":"https://app.delighted.com/r/z","created_at":1641289688,"updated_at":1641289688,"person_properties":{},"notes":[],"tags":[],"additional_answers":[]}]'
DELIGHTED_CSV = "Response ID,Email,Score,Comment,Created At (UTC),Plan\n1,p@example.com,9,ok,2024-03-04 21:50:00,pro\n"
TYPEFORM_CSV = """#,How likely are you to recommend us?,Why?,Response Type,Start Date (UTC),Stage Date (UTC),Submit Date (UTC),Network ID,Tags
fr2w,9,Reports,completed,2024-03-04 21:59:53,,2024-03-04 22:00:24,8a01,
fr2x,,,started,2024-03-04 21:59:53,,,8a02,
"""
SURVEYMONKEY = {
    "timezone": "America/New_York",
    "columns": {"score": "How likely are you to recommend us?", "comment": "Why?", "user": "Custom Data 1"},
}  # fmt: skip
QUALTRICS = {"columns": {"score": "QID1", "comment": "QID2_TEXT"}}

EXAMPLES = [
    Example("delighted", PEOPLE, "people", "person_id, email, cast(last_sent_at as varchar), last_responded_at, cast(changed_at as varchar)", [("1046789978", "foo_test201@example.com", "2022-01-06 07:48:03", None, "2022-01-06 07:48:03")], "people.json"),
    Example("delighted", BOUNCES, "bounces", "person_id, email, cast(bounced_at as varchar)", [("1046789978", "foo_test201@example.com", "2022-01-06 07:48:05")], "bounces.ndjson"),
    Example("delighted", UNSUBSCRIBES, "unsubscribes", "person_id, name, cast(unsubscribed_at as varchar)", [("1040826276", "Foo Test50", "2022-01-04 09:46:16")], "unsubscribes.json"),
    Example("delighted", EXPANDED, "responses", "response_id, person_id, email, survey_type, score, permalink", [("5", "7", "p@example.com", "csat", 5, "https://app.delighted.com/r/z")], "expanded.json"),
    Example("delighted", DELIGHTED_CSV, "responses", "response_id, person_id, score, properties", [("1", "p@example.com", 9, '{"Plan": "pro"}')], "responses.csv"),
    Example("typeform", fixture("typeform/responses.json"), "responses", "response_id, response_type, user_id, score, score_from, comment, calculated_score, cast(answered_at as varchar)", [("fr2w", "completed", "u-8842", 9, "nps_main", "Reports", 0.0, "2024-03-04 22:00:24")]),
    Example("typeform", TYPEFORM_CSV, "responses", "response_id, response_type, score, score_from, comment, cast(answered_at as varchar), answers", [
        ("fr2w", "completed", 9, "How likely are you to recommend us?", "Reports", "2024-03-04 22:00:24", '[{"question": "How likely are you to recommend us?", "text": "9"}, {"question": "Why?", "text": "Reports"}]'),
        ("fr2x", "started", None, "How likely are you to recommend us?", None, "2024-03-04 21:59:53", "[]"),
    ], "responses.csv", {"columns": {"score": "How likely are you to recommend us?", "comment": "Why?"}}),
    Example("surveymonkey", fixture("surveymonkey/nps.csv"), "responses", "response_id, collector_id, user_id, score, score_from, comment, custom_data, answers, cast(started_at as varchar), cast(answered_at as varchar)", [
        ("114222333444", "432100111", "u-8842", 9, "How likely are you to recommend us? | Response", "Fast,\nand clear", '{"Custom Data 1": "u-8842"}', '{"How likely are you to recommend us? | Response": "9", "Which features do you use? | Reports": "Reports", "Why? | Open-Ended Response": "Fast,\\nand clear"}', "2024-03-05 03:15:02", "2024-03-05 03:17:40"),
        ("114222333445", "432100111", None, 10, "How likely are you to recommend us? | Response", None, "{}", '{"How likely are you to recommend us? | Response": "10 - Extremely likely", "Which features do you use? | Alerts": "Alerts", "Which features do you use? | Other (please specify)": "Slack bot"}', "2024-03-05 13:00:11", "2024-03-05 13:00:50"),
    ], "nps.csv", SURVEYMONKEY),
    Example("qualtrics", fixture("qualtrics/nps.csv"), "responses", "response_id, user_id, score, score_from, comment, status, is_finished, duration_seconds, distribution_channel, answers, cast(answered_at as varchar), cast(recorded_at as varchar)", [("R_2YPOQ602ER1jkf1", "u-8842", 9, "QID1", "Reports, mostly", "0", True, 158, "anonymous", '[{"id": "QID1", "name": "Q1", "question": "How likely are you to recommend us?", "value": "9"}, {"id": "QID2_TEXT", "name": "Q2", "question": "Why?", "value": "Reports, mostly"}]', "2024-03-04 22:17:40", "2024-03-04 22:17:41")], "nps.csv", QUALTRICS),
]  # fmt: skip
