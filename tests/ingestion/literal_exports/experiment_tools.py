"""Examples of experiment tools, the registry's own files and the list of accounts."""

from __future__ import annotations

from literal_exports import Example

GROWTHBOOK = """\
{"experiments":[{"id":"exp_1","trackingKey":"new-exporter","type":"standard","name":"New exporter","project":"prj_1","hypothesis":"Filters raise exports by 5%","description":"","tags":["export"],"owner":"u_9","ownerEmail":"pm@example.com","dateCreated":"2024-02-20T09:00:00.000Z","dateUpdated":"2024-03-20T09:00:00.000Z","archived":false,"status":"stopped","autoRefresh":true,"hashAttribute":"id","hashVersion":2,"variations":[{"variationId":"var_a","key":"0","name":"Control","description":"","screenshots":[]},{"variationId":"var_b","key":"1","name":"Filters","description":"","screenshots":[]}],"phases":[{"name":"Main","dateStarted":"2024-03-01T00:00:00.000Z","dateEnded":"2024-03-15T00:00:00.000Z","reasonForStopping":"","seed":"new-exporter","coverage":1,"trafficSplit":[{"variationId":"var_a","weight":0.5},{"variationId":"var_b","weight":0.5}],"targetingCondition":""}],"settings":{"goals":[{"metricId":"met_1"}]},"resultSummary":{"status":"won","winner":"var_b","conclusions":"+6.1%","releasedVariationId":"var_b","excludeFromPayload":false}}],"limit":10,"offset":0,"count":1,"total":1,"hasMore":false,"nextOffset":null}
"""
GROWTHBOOK_RESULT = """\
{"result":{"id":"snp_1","experimentId":"exp_1","phase":"0","dateStart":"2024-03-01T00:00:00.000Z","dateEnd":"2024-03-15T00:00:00.000Z","dimension":{"type":"none"},"results":[{"dimension":"All","totalUsers":2000,"checks":{"srm":0.71},"metrics":[]}]}}
"""
LAUNCHDARKLY = """\
{"items":[{"_id":"12ab","key":"new-exporter","name":"New exporter","_maintainerId":"569f","_creationDate":1708419600000,"environmentKey":"production","currentIteration":{"_id":"it1","hypothesis":"Filters raise exports","status":"stopped","createdAt":1708419600000,"startedAt":1709251200000,"endedAt":1710460800000,"winningTreatmentId":"tr-b","winningReason":"clear lift","canReshuffleTraffic":false,"treatments":[{"_id":"tr-a","name":"Control","baseline":true,"allocationPercent":"50"},{"_id":"tr-b","name":"Filters","baseline":false,"allocationPercent":"50"}]}}],"_links":{},"total_count":1}
"""
LAUNCHDARKLY_FLAGS = """\
{"items":[{"key":"new-exporter","name":"New exporter","kind":"boolean","creationDate":1708419600000,"variations":[{"_id":"v1","value":true,"name":"On"},{"_id":"v2","value":false,"name":"Off"}],"environments":{"production":{"on":true,"archived":false,"lastModified":1709251200000},"test":{"on":true,"archived":false,"lastModified":1709164800000}},"tags":["export"],"temporary":true,"_maintainer":{"_id":"569f","email":"pm@example.com"},"archived":false}],"totalCount":1}
"""
STATSIG = """\
{"message":"Experiments listed successfully.","data":[{"id":"new_exporter","name":"new_exporter","description":"","hypothesis":"Filters raise exports","status":"decision_made","experimentType":"BASE","idType":"userID","createdTime":1708419600000,"lastModifiedTime":1710460800000,"startTime":1709251200000,"endTime":1710460800000,"decisionTime":1710460800000,"launchedGroupID":"g2","decisionReason":"lift","groups":[{"name":"Control","id":"g1","size":50,"parameterValues":{}},{"name":"Test","id":"g2","size":50,"parameterValues":{}}],"allocation":100,"duration":14,"primaryMetrics":[{"name":"exports","type":"user"}],"secondaryMetrics":[],"tags":["* Core"],"owner":{"ownerType":"USER","ownerName":"P M"},"healthCheckStatus":"PASSED"}]}
"""
STATSIG_REPORT = """\
company_id,unit_id,unit_type,exposure_type,name,rule,experiment_group,first_exposure_utc,first_exposure_pst_date,as_of_pst_date,percent,rollout,user_dimensions
c1,u-8842,userID,get_experiment,new_exporter,experiment,Test,2024-03-05 02:30:00.123,2024-03-04,2024-03-06,50,1,"{""plan"":""pro""}"
"""
OPTIMIZELY = """\
[{"id":9300000000000000123,"key":"new_exporter","name":"New exporter","status":"running","type":"a/b","created":"2024-02-20T09:00:00Z","last_modified":"2024-03-20T09:00:00Z","earliest":"2024-03-01T00:00:00Z","latest":null,"campaign_id":9300000000000000124,"project_id":1,"holdback":0,"traffic_allocation":10000,"allocation_policy":"manual","variations":[{"variation_id":1,"name":"Original","weight":5000,"status":"active","archived":false},{"variation_id":2,"name":"Filters","weight":5000,"status":"active","archived":false}],"metrics":[{"event_id":5,"aggregator":"unique","scope":"visitor"}],"audience_conditions":"[\\"and\\"]","description":""}]
"""
ACCOUNTS = """\
account_id,name,plan,revenue,mrr,currency,owner,segment,region
a-17,Acme,pro,12000,1000,EUR,cs-01,mid,DACH
a-18,Beta,free,,,EUR,cs-02,small,
"""

EXAMPLES = [
    Example("growthbook", GROWTHBOOK, "experiments", "experiment_id, tracking_key, status, result_status, winner_id, cast(updated_at as varchar)", [("exp_1", "new-exporter", "stopped", "won", "var_b", "2024-03-20 09:00:00")]),
    Example("growthbook", GROWTHBOOK_RESULT, "results", "result_id, experiment_id, phase, dimension, cast(end_at as varchar)", [("snp_1", "exp_1", "0", "none", "2024-03-15 00:00:00")]),
    Example("launchdarkly", LAUNCHDARKLY, "experiments", "experiment_id, key, environment_key, cast(created_at as varchar), cast(changed_at as varchar)", [("12ab", "new-exporter", "production", "2024-02-20 09:00:00", "2024-03-15 00:00:00")]),
    Example("launchdarkly", LAUNCHDARKLY_FLAGS, "flags", "flag_key, kind, is_temporary, is_archived, cast(changed_at as varchar)", [("new-exporter", "boolean", True, False, "2024-03-01 00:00:00")]),
    Example("statsig", STATSIG, "experiments", "experiment_id, status, launched_group_id, planned_duration_days, owner_name, cast(decided_at as varchar)", [("new_exporter", "decision_made", "g2", 14, "P M", "2024-03-15 00:00:00")]),
    Example("statsig", STATSIG_REPORT, "exposures", "experiment_id, variant, unit_id, unit_type, exposure_type, cast(exposed_at as varchar), dimensions", [("new_exporter", "Test", "u-8842", "userID", "get_experiment", "2024-03-05 02:30:00.123", '{"plan":"pro"}')], "report.csv"),
    Example("optimizely", OPTIMIZELY, "experiments", "experiment_id, key, status, traffic_allocation, cast(earliest_at as varchar), audience_conditions", [("9300000000000000123", "new_exporter", "running", 10000, "2024-03-01 00:00:00", '["and"]')]),
    Example("accounts", ACCOUNTS, "accounts", "account_id, plan, revenue, mrr, currency, segment, properties", [("a-17", "pro", 12000.0, 1000.0, "EUR", "mid", '{"region": "DACH"}'), ("a-18", "free", None, None, "EUR", "small", '{"region": ""}')], "accounts.csv"),
    Example("accounts", '{"account_id":"a-17","plan":"pro","arr":12000.5,"seats":12}\n', "accounts", "account_id, plan, revenue, properties", [("a-17", "pro", 12000.5, '{"seats": 12}')], "accounts.ndjson"),
    Example("experiments", "experiment_key,variants,flag_key,decision,decision_date,team\nx1,control:0.5;treatment:0.5,new-exporter,ship,2024-03-20,growth\n", "experiments", "experiment_id, variants, flag_key, decision, cast(decision_date as varchar), properties", [("x1", '[{"key": "control", "weight": 0.5}, {"key": "treatment", "weight": 0.5}]', "new-exporter", "ship", "2024-03-20", '{"team": "growth"}')], "registry.csv"),
    Example("exposures", '{"experiment_key":"x1","unit_id":"u1","variation":"control","exposed_at":"2024-03-02T00:00:00Z","platform":"web"}\n', "exposures", "experiment_id, user_id, variant, cast(exposed_at as varchar), properties", [("x1", "u1", "control", "2024-03-02 00:00:00", '{"platform": "web"}')], "x.ndjson"),
    Example("outcomes", '{"user_id":"u1","metric":"spent","value":2.5,"at":"2024-03-02T10:00:00Z"}\n', "outcomes", 'experiment_id, user_id, metrics, cast("at" as varchar)', [(None, "u1", '{"spent": 2.5}', "2024-03-02 10:00:00")], "o.ndjson"),
]  # fmt: skip
