"""Examples of data-access tools: Metabase, Looker and Mode."""

from __future__ import annotations

from literal_exports import Example

METABASE_RUNS = r"""id,hash,started_at,running_time,result_rows,native,context,error,executor_id,card_id,dashboard_id,pulse_id,database_id,cache_hit
90211,\x5f3a,2024-03-04 22:10:07.123456+00,812,120,f,dashboard,,17,301,12,,2,t
90212,\x5f3b,2024-03-04 22:10:07.124001+00,95,0,t,ad-hoc,"ERROR: relation ""x"" does not exist",17,,,,2,f
90213,\x5f3c,2024-03-05 06:00:00+00,1503,5,f,dashboard-subscription,,,301,12,4,2,f
"""
METABASE_RUNS_JSON = """[{"id":90301,"hash":"Xzo=","started_at":"2024-03-04T23:10:07.123+01:00","running_time":812,"result_rows":1,"native":false,"context":"question","error":null,"executor_id":17,"card_id":44,"dashboard_id":null,"pulse_id":null,"database_id":2}]"""
METABASE_USERS = """id,email,first_name,last_name,password,password_salt,date_joined,last_login,is_superuser,is_active,reset_token,updated_at
17,PM01@Example.com,P,M,$2a$10$abc,salt,2023-01-09 08:00:00+00,2024-03-04 22:00:00+00,f,t,,2024-03-04 22:00:00
18,gone@example.com,Old,Hand,$2a$10$def,salt,2020-02-01 08:00:00+00,,FALSE,0,,
"""
METABASE_DASHBOARDS = """id,created_at,updated_at,name,description,creator_id,parameters,points_of_interest,caveats,archived,collection_id
12,2023-02-01 08:00:00+00,2024-01-01 08:00:00+00,Retention,,17,[],,,false,3
"""
METABASE_CARDS = """id,created_at,updated_at,name,description,display,dataset_query,visualization_settings,creator_id,database_id,table_id,query_type,archived,collection_id
44,2023-02-01 08:00:00+00,2024-01-01 08:00:00+00,Feature adoption,Who uses what,table,{},{},17,2,9,query,f,3
"""
METABASE_VIEWS = """id,user_id,model,model_id,timestamp,metadata
7,17,dashboard,12,2024-03-04 22:10:06+00,
8,,card,301,2024-03-05 06:00:00,{}
"""
METABASE_ACTIVITY = """id,topic,timestamp,user_id,model,model_id,database_id,table_id,custom_id,details
1,dashboard-create,2023-02-01 08:00:00+00,17,dashboard,12,,,,"{""name"":""Retention""}"
"""
LOOKER_CSV = """History ID,History Created Time,History Source,History Issuer Source,History Status,History Result Source,History Runtime in Seconds,Query Model,Query Explore,Dashboard ID (Inclusive),User ID,User Email
88101,2024-03-04 22:10:07,dashboard,User,complete,query,1.52,product,events,12,17,pm@example.com
88102,2024-03-04 22:11:00,scheduled_task,System,complete,cache,0.02,product,events,12,17,pm@example.com
"""
LOOKER_JSON = """[{"history.id":88103,"history.created_time":"2024-03-31 02:30:00","history.source":"explore","history.issuer_source":"User","history.status":"complete","history.runtime":0.5,"history.real_dash_id":"model::name","user.id":17,"user.email":"pm@example.com","query.model":"product","node.id":3}]"""
MODE = """event_time,user_email,asset_id,action,tool,duration_ms,rows,status
2024-03-04T22:10:07Z,pm@example.com,5f3a1c,run,Mode,812,120,succeeded
"""

EXAMPLES = [
    Example("metabase", METABASE_RUNS, "query_execution", "execution_id, query_hash, cast(started_at as varchar), zone, running_time_ms, is_native, context, error is not null, executor_id, card_id, dashboard_id, pulse_id, is_cache_hit", [("90211", "5f3a", "2024-03-04 22:10:07.123456", "given", 812, False, "dashboard", False, "17", "301", "12", None, True), ("90212", "5f3b", "2024-03-04 22:10:07.124001", "given", 95, True, "ad-hoc", True, "17", None, None, None, False), ("90213", "5f3c", "2024-03-05 06:00:00", "given", 1503, False, "dashboard-subscription", False, None, "301", "12", "4", False)], "query_execution.csv"),
    Example("metabase", METABASE_RUNS_JSON, "query_execution", "execution_id, query_hash, cast(started_at as varchar), is_native, is_cache_hit, executor_id", [("90301", "Xzo=", "2024-03-04 22:10:07.123", False, None, "17")], "query_execution.json"),
    Example("metabase", METABASE_USERS, "core_user", "user_id, email, is_active, is_superuser, cast(last_login_at as varchar), cast(updated_at as varchar)", [("17", "PM01@Example.com", True, False, "2024-03-04 22:00:00", "2024-03-04 22:00:00"), ("18", "gone@example.com", False, False, None, "2020-02-01 08:00:00")], "core_user.csv"),
    Example("metabase", METABASE_DASHBOARDS, "report_dashboard", "dashboard_id, name, creator_id, is_archived", [("12", "Retention", "17", False)], "report_dashboard.csv"),
    Example("metabase", METABASE_CARDS, "report_card", "card_id, name, display, query_type, database_id", [("44", "Feature adoption", "table", "query", "2")], "report_card.csv"),
    Example("metabase", METABASE_VIEWS, "view_log", "view_id, user_id, model, model_id, cast(viewed_at as varchar), zone", [("7", "17", "dashboard", "12", "2024-03-04 22:10:06", "given"), ("8", None, "card", "301", "2024-03-05 06:00:00", "assumed")], "view_log.csv"),
    Example("metabase", METABASE_ACTIVITY, "activity", "activity_id, topic, user_id, model_id, details", [("1", "dashboard-create", "17", "12", '{"name":"Retention"}')], "activity.csv"),
    Example("looker", LOOKER_CSV, "history", "history_id, cast(created_at as varchar), zone, source, issuer_source, runtime_seconds, query_explore, dashboard_id, user_email, export_rows", [("88101", "2024-03-04 21:10:07", "declared", "dashboard", "User", 1.52, "events", "12", "pm@example.com", 2), ("88102", "2024-03-04 21:11:00", "declared", "scheduled_task", "System", 0.02, "events", "12", "pm@example.com", 2)], "history.csv", {"timezone": "Europe/Berlin"}),
    Example("looker", LOOKER_JSON, "history", "history_id, cast(created_at as varchar), zone, source, dashboard_id, user_id, properties", [("88103", "2024-03-31 02:30:00", "assumed", "explore", "model::name", "17", '{"node.id": 3}')], "history.json"),
    Example("mode", MODE, "events", "cast(occurred_at as varchar), user_email, asset_id, action, tool, duration_ms, result_rows, status", [("2024-03-04 22:10:07", "pm@example.com", "5f3a1c", "query", "Mode", 812, 120, "succeeded")], "runs.csv"),
]  # fmt: skip
