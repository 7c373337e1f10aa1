"""Examples of tool usage: Google Workspace, Slack, Notion, Confluence and the generic forms; Okta's other shapes."""

from __future__ import annotations

from literal_exports import Example

GOOGLE = """{"kind":"admin#reports#activities","etag":"\\"x\\"","items":[{"kind":"admin#reports#activity","id":{"time":"2024-03-04T22:10:07.019Z","uniqueQualifier":"-4510284102012345678","applicationName":"login","customerId":"C01"},"etag":"\\"y\\"","actor":{"email":"PM@Example.com","profileId":"117","callerType":"USER"},"ipAddress":"203.0.113.9","events":[{"type":"login","name":"login_success","parameters":[{"name":"login_type","value":"google_password"},{"name":"login_challenge_method","multiValue":["password"]},{"name":"is_suspicious","boolValue":false}]},{"type":"login","name":"login_challenge","parameters":[{"name":"login_timestamp","intValue":"1709590207019000"}]}]}],"nextPageToken":"A:1"}"""
GOOGLE_SPLIT = """{"kind":"admin#reports#activity","id":{"time":"2020-10-02T15:00:00Z","uniqueQualifier":1,"applicationName":"login","customerId":"1"},"actor":{"callerType":"USER","email":"foo@bar.com","profileId":1},"ipAddress":"203.0.113.9","events":{"type":"login","name":"logout","parameters":[{"name":"login_type","value":"exchange"}]}}
{"kind":"admin#reports#activity","id":{"time":"2020-10-02T15:00:00Z","uniqueQualifier":1,"applicationName":"login","customerId":"1"},"actor":{"callerType":"USER","email":"foo@bar.com","profileId":1},"ipAddress":"203.0.113.9","events":{"type":"login","name":"login_success"}}
"""
SLACK_CSV = """Name,What I Do,User ID,Username,Email,Account type,Account created (UTC),Claimed Date (UTC),Deactivated date (UTC),Days active,Days active (Desktop),Days active (Android),Days active (iOS),Messages posted,Messages posted in channels,Reactions added,Last active (UTC),Last active (Desktop) (UTC),Last active (Android) (UTC),Last active (iOS) (UTC)
P M,Product,U01,pm,pm@example.com,Member,"Jan 5, 2023","Jan 6, 2023",,18,18,0,9,240,61,33,"Mar 4, 2024","Mar 4, 2024",,"Mar 2, 2024"
Old Hand,,U02,old,old@example.com,Member,"Feb 1, 2020","Feb 1, 2020","Dec 12, 2023",0,0,0,0,0,0,0,,,,
"""
SLACK_DAYS = """{"enterprise_id":"E5UBAR8CH","date":"2024-03-04","user_id":"W0POSID23ID","email_address":"pm@example.com","is_guest":false,"is_billable_seat":true,"is_active":true,"is_active_ios":false,"is_active_android":false,"is_active_desktop":true,"reactions_added_count":23,"messages_posted_count":123,"channel_messages_posted_count":23,"files_added_count":3,"date_claimed":1584810430}
{"team_id":"T1","date":"2024-03-04","user_id":"W1ZOSID3ZI2","email_address":null,"is_guest":true,"is_active":false,"messages_posted_count":0}
"""
USAGE_EVENTS = """event_time,user_email,asset_id,action,tool,duration_ms,rows,status,workspace
2024-03-04T22:10:07Z,PM@Example.com,dash-1,view,hex,812,120,ok,main
2024-03-04T23:10:07+01:00,pm@example.com,dash-1,export,hex,,,,
"""
USAGE_SEATS = """{"tool":"miro","user_email":"PM@Example.com","seat_type":"full","seat_status":"active","seat_assigned_at":"2023-01-09","last_active_at":"2024-03-04T22:00:00Z","days_active":7,"events":41,"window_start":"2024-02-05","window_end":"2024-03-04","department":"Product"}
{"tool":"miro","user_email":"new@example.com","seat_type":"full","seat_status":"invited","last_active_at":"Never"}
"""
NOTION = """tool,user_email,Role,Last active,views,edits,window_start,window_end
notion,pm@example.com,member,2024-03-04,120,9,2024-02-05,2024-03-04
notion,old@example.com,guest,1970-01-01,0,0,2024-02-05,2024-03-04
"""
CONFLUENCE = """tool,user_email,seat_type,seat_status,last_active_at
Confluence,pm@example.com,editor,Active,2024-03-04T22:10:00+01:00
"""
OKTA_CSV = """timestamp,severity,event_type,display_message,actor.alternate_id,actor.id,actor.type,outcome.result,outcome.reason,target0.alternate_id,target0.display_name,target0.id,target0.type,target1.display_name,target1.id,target1.type,transaction.id,uuid
2024-03-04T22:10:07.019Z,INFO,user.authentication.sso,User single sign on to app,pm@example.com,00u1,User,SUCCESS,,pm@example.com,P M,0uam,AppUser,Productboard,0oam,AppInstance,83a8,c6f0b8d5-4e7a-7c1b-2f9d-3a5b1c0e4d6f
"""

EXAMPLES = [
    Example("google_workspace", GOOGLE, "activities", "cast(occurred_at as varchar), unique_qualifier, application, event_part, actor_email, actor_id, json_array_length(events)", [("2024-03-04 22:10:07.019", "-4510284102012345678", "login", "", "PM@Example.com", "117", 2)], "login.json"),
    Example("google_workspace", GOOGLE_SPLIT, "activities", "unique_qualifier, split_part(event_part, ':', 1), actor_id, json_extract_string(events, '$[0].name')", [("1", "logout", "1", "logout"), ("1", "login_success", "1", "login_success")], "login.ndjson"),
    Example("slack", SLACK_CSV, "members", "user_id, email, account_type, cast(created_on as varchar), cast(deactivated_on as varchar), days_active, messages_posted, cast(last_active_on as varchar), cast(window_from as varchar), cast(window_to as varchar)", [("U01", "pm@example.com", "Member", "2023-01-05", None, 18, 240, "2024-03-04", "2024-02-05", "2024-03-06"), ("U02", "old@example.com", "Member", "2020-02-01", "2023-12-12", 0, 0, None, "2024-02-05", "2024-03-06")], "member_analytics.csv", {"windows": {"member_analytics.csv": {"from": "2024-02-05", "to": "2024-03-06"}}}),
    Example("slack", SLACK_DAYS, "member_days", "team_id, user_id, cast(active_on as varchar), email, is_guest, is_active, messages_posted, cast(claimed_at as varchar)", [("E5UBAR8CH", "W0POSID23ID", "2024-03-04", "pm@example.com", False, True, 123, "2020-03-21 17:07:10"), ("T1", "W1ZOSID3ZI2", "2024-03-04", None, True, False, 0, None)], "2024-03-04.ndjson"),
    Example("usage", USAGE_EVENTS, "events", "cast(occurred_at as varchar), user_email, asset_id, action, tool, duration_ms, result_rows, status, properties", [("2024-03-04 22:10:07", "PM@Example.com", "dash-1", "view", "hex", 812, 120, "ok", '{"workspace": "main"}'), ("2024-03-04 22:10:07", "pm@example.com", "dash-1", "export", "hex", None, None, None, '{"workspace": ""}')], "usage.csv"),
    Example("usage", USAGE_SEATS, "seats", "tool, user_email, seat_status, cast(seat_assigned_at as varchar), cast(last_active_at as varchar), days_active, events, cast(window_from as varchar), cast(window_to as varchar), properties", [("miro", "PM@Example.com", "active", "2023-01-09 00:00:00", "2024-03-04 22:00:00", 7, 41, "2024-02-05", "2024-03-04", '{"department": "Product"}'), ("miro", "new@example.com", "invited", None, None, None, None, None, None, "{}")], "seats.ndjson"),
    Example("notion", NOTION, "seats", "tool, user_email, seat_type, cast(last_active_at as varchar), views, edits, cast(window_from as varchar)", [("notion", "pm@example.com", "member", "2024-03-04 00:00:00", 120, 9, "2024-02-05"), ("notion", "old@example.com", "guest", None, 0, 0, "2024-02-05")], "members.csv"),
    Example("confluence", CONFLUENCE, "seats", "tool, user_email, seat_type, seat_status, cast(last_active_at as varchar)", [("Confluence", "pm@example.com", "editor", "active", "2024-03-04 21:10:00")], "users.csv"),
    Example("okta", OKTA_CSV, "events", "uuid, event_type, outcome, actor_login, app_id, app_name, transaction_id, json_array_length(targets)", [("c6f0b8d5-4e7a-7c1b-2f9d-3a5b1c0e4d6f", "user.authentication.sso", "SUCCESS", "pm@example.com", "0oam", "Productboard", "83a8", 2)], "system_log.csv"),
]  # fmt: skip
