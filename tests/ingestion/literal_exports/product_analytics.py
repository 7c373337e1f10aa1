"""Further exports of product analytics tools: pipelines, profiles, persons, pages and flattened rows."""

from __future__ import annotations

from literal_exports import Example

MIXPANEL_PIPELINE = """\
{"device_id":"18df0a2c","distinct_id":"u-8842","event_name":"Report Exported","insert_id":"d41d8cd98f00b204","properties":{"$os":"Mac OS X","mp_country_code":"DE","mp_lib":"web","$mp_api_timestamp_ms":1709598001200,"mp_processing_time_ms":1709598002333,"Row Count":"1200"},"time":"2024-03-05 00:19:58.000000 UTC","user_id":"u-8842"}
{"device_id":"18df0a2c","distinct_id":"$device:18df0a2c","event_name":"view","insert_id":"0cc175b9c0f1b6a8","properties":{},"time":"2024-03-05T00:20:58Z","user_id":null}
"""
MIXPANEL_SCHEMATIZED = """\
{"mp_event_name":"Signup","time":1709597998,"distinct_id":"1","mp_insert_id":"a1","mp_device_id":"d1","plan":"free","browser":"chrome","product_id":null,"ab_test":null}
{"mp_event_name":"Purchase","time":1709597999,"distinct_id":"1","mp_insert_id":"a2","mp_device_id":"d1","plan":null,"browser":"chrome","product_id":"123","ab_test":null}
"""
MIXPANEL_ENGAGE = """\
{"page":0,"page_size":1000,"session_id":"1709-abc","status":"ok","total":2,"results":[{"$distinct_id":4,"$properties":{"$email":"a@example.com","$created":"2008-12-12T11:20:47","$last_seen":"2024-03-04T10:00:00","plan":"pro"}},{"$distinct_id":"u-8842","$properties":{}}]}
"""
MIXPANEL_PEOPLE = """\
{"distinct_id":"u-8842","properties":{"$last_seen":"2024-03-04T10:00:00","plan":"pro"}}
"""
MIXPANEL_MAPPINGS = """\
{"distinct_id":"$device:18df0a2c","resolved_distinct_id":"u-8842"}
{"distinct_id":"bare-anon","resolved_distinct_id":"u-2"}
"""
POSTHOG_API = """\
{"next":null,"results":[{"id":"018e0c55-9f0a-7c3e-8a51-3a1d2c0b9f10","distinct_id":"u-8842","properties":{"$current_url":"https://app.example.com/r/1","rows":1200},"event":"report exported","timestamp":"2024-03-05T00:19:58.120000+00:00","person":{"is_identified":true,"distinct_ids":["u-8842"],"properties":{"plan":"pro"}},"elements":[],"elements_chain":""}]}
"""
POSTHOG_CSV = """\
properties.$browser,event,timestamp,person.properties.plan,distinct_id,id,distinct_ids.total,properties.a.b
Chrome,report exported,2024-03-05T00:19:58.120000+00:00,pro,u-8842,018e0c55-9f0a-7c3e-8a51-3a1d2c0b9f10,Note: 12 distinct_ids in total,
,$pageview,2024-03-05T00:20:00Z,,u-8842,018e0c55-9f0a-7c3e-8a51-3a1d2c0b9f11,,1
"""
POSTHOG_PERSONS = """\
{"team_id":1,"distinct_id":"018dff00-anon","person_id":"018dff00-1111-7222-8333-444455556666","properties":{"plan":"free"},"person_distinct_id_version":0,"person_version":1,"created_at":"2024-03-01T00:00:00Z","_inserted_at":"2024-03-05T00:00:00Z","is_deleted":false}
{"team_id":1,"distinct_id":"018dff00-anon","person_id":"018dff00-2222-7222-8333-444455556666","properties":"{\\"plan\\":\\"pro\\"}","person_distinct_id_version":1,"person_version":4,"created_at":"2024-03-01T00:00:00Z","_inserted_at":"2024-03-06T00:00:00Z","is_deleted":false}
"""
POSTHOG_EXPERIMENTS = """\
{"count":1,"next":null,"previous":null,"results":[{"id":77,"name":"New exporter","description":"Filters raise exports","feature_flag_key":"new-exporter","type":"product","start_date":"2024-03-01T00:00:00Z","end_date":null,"created_at":"2024-02-20T09:00:00Z","updated_at":"2024-03-01T00:00:00Z","conclusion":null,"conclusion_comment":null,"feature_flag":{"key":"new-exporter"},"holdout":null,"parameters":{"feature_flag_variants":[{"key":"control","name":"","rollout_percentage":50},{"key":"test","name":"","rollout_percentage":50}]},"created_by":{"email":"pm@example.com"},"metrics":[],"metrics_secondary":[],"saved_metrics":[],"tags":[],"archived":false,"deleted":false}]}
"""
OLD_AMPLITUDE = """\
{"event_type":"session_start","event_time":"2015-03-05T00:00:00","user_id":"","device_id":"d1","amplitude_id":7,"uuid":"3f0c9f3a-dabb-11ee-9c1e-0a58a9feac99","server_upload_time":"","event_properties":{},"user_properties":{}}
"""
_MIXPANEL = "event, distinct_id, user_id, device_id, insert_id, cast(time_at as varchar), cast(sent_at as varchar), os"

EXAMPLES = [
    Example("mixpanel", MIXPANEL_PIPELINE, "events", _MIXPANEL, [("Report Exported", "u-8842", "u-8842", "18df0a2c", "d41d8cd98f00b204", "2024-03-05 00:19:58", "2024-03-05 00:20:01.2", "Mac OS X"), ("view", "$device:18df0a2c", None, "18df0a2c", "0cc175b9c0f1b6a8", "2024-03-05 00:20:58", None, None)], "pipeline.json"),
    Example("mixpanel", MIXPANEL_SCHEMATIZED, "events", "event, distinct_id, device_id, insert_id, cast(time_at as varchar), json_extract_string(properties, '$.plan'), json_keys(properties)", [("Signup", "1", "d1", "a1", "2024-03-05 00:19:58", "free", ["time", "distinct_id", "$insert_id", "$device_id", "plan", "browser"]), ("Purchase", "1", "d1", "a2", "2024-03-05 00:19:59", None, ["time", "distinct_id", "$insert_id", "$device_id", "browser", "product_id"])], "schematized.json"),
    Example("mixpanel", MIXPANEL_ENGAGE, "people", "distinct_id, cast(created_at as varchar), cast(updated_at as varchar), json_extract_string(properties, '$.plan')", [("4", "2008-12-12 11:20:47", "2024-03-04 10:00:00", "pro"), ("u-8842", None, None, None)], "engage.json"),
    Example("mixpanel", MIXPANEL_PEOPLE, "people", "distinct_id, cast(updated_at as varchar)", [("u-8842", "2024-03-04 10:00:00")], "mp_people_data.json"),
    Example("mixpanel", MIXPANEL_MAPPINGS, "identity_mappings", "distinct_id, resolved_distinct_id", [("$device:18df0a2c", "u-8842"), ("bare-anon", "u-2")], "mp_identity_mappings_data.json"),
    Example("posthog", POSTHOG_API, "events", "uuid, event, cast(timestamp_at as varchar), person_properties", [("018e0c55-9f0a-7c3e-8a51-3a1d2c0b9f10", "report exported", "2024-03-05 00:19:58.12", '{"plan":"pro"}')], "page.json"),
    Example("posthog", POSTHOG_CSV, "events", "event, distinct_id, cast(timestamp_at as varchar), properties, person_properties", [("report exported", "u-8842", "2024-03-05 00:19:58.12", '{"$browser":"Chrome"}', '{"plan":"pro"}'), ("$pageview", "u-8842", "2024-03-05 00:20:00", '{"a.b":"1"}', None)], "events.csv"),
    Example("posthog", POSTHOG_PERSONS, "persons", "distinct_id, person_id, person_distinct_id_version, person_version, is_deleted, properties", [("018dff00-anon", "018dff00-1111-7222-8333-444455556666", 0, 1, False, '{"plan":"free"}'), ("018dff00-anon", "018dff00-2222-7222-8333-444455556666", 1, 4, False, '{"plan":"pro"}')], "persons.jsonl"),
    Example("posthog", POSTHOG_EXPERIMENTS, "experiments", "experiment_id, feature_flag_key, cast(start_at as varchar), end_at, status, is_deleted", [("77", "new-exporter", "2024-03-01 00:00:00", None, None, False)], "experiments.json"),
    Example("amplitude", OLD_AMPLITUDE, "events", "event_type, user_id, cast(event_time as varchar), server_upload_time, session_id, groups", [("session_start", None, "2015-03-05 00:00:00", None, None, None)], "old.json"),
]  # fmt: skip
