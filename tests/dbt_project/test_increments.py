"""Load by load, what events feed equals what one build of all loads gives (INV-3): tables, the changes that they tell, tests."""

from __future__ import annotations

import random
import shutil
from datetime import datetime, timedelta

import pytest

from orchestration.selection import fed_by

# What publish and questions read of events, and what stands between.
GROWN = (
    "fct_events",
    "fct_sessions",
    "fct_session_paths",
    "fct_person_days",
    "fct_person_day_firsts",
    "fct_person_event_days",
)
TOLD = (
    *GROWN, "int_events__violation_days", "int_events__text_violations", "int_identity__event_persons", "int_events__accounts",
)  # fmt: skip
EVENTS = {("amplitude", "events"), ("mixpanel", "events"), ("posthog", "events"), ("events", "events")}  # fmt: skip
USERS = (*(f"user-{n}" for n in range(12)), "ann", "eve@acme.test", None, None, None)
DEVICES = ("kiosk", "phone", "m1", "d1", "d2", None)
NAMES = (
    "view", "view", "Report Exported", "old_click", "$identify", "surprise", "surprise 2", "surprise_3", "odd", "push_shown",
)  # fmt: skip
BAGS = (
    {}, {"format": "csv", "rows": 3}, {"format": "xls", "rows": "many"}, {"extra": 1}, {"note": "call +49 170 1234567"},
    {"company": "o7"},
)  # fmt: skip
# Another event decides about these: whose order counts, and whether numbers of this length are cards under that name and key.
CARD, NUMBER = {"ref": "4111111111111111"}, {"ref": "4111111111111112"}
TOGETHER = (
    *(("view", {"order_id": f"o{n}"}) for n in range(6)),
    *((name, bag) for name in ("view", "push_shown", "old_click") for bag in (CARD, NUMBER)),
)
# What the second round says changes what the first one said, of days that it does not touch: a number that acquits a card, the
# order of a source that counts instead, names that are more frequent than the two that were kept apart, a spelling that is more
# frequent than the one that stood.
PLANTED = {
    1: [("Report Exported", CARD), ("view", {"order_id": "planted"}), ("Twin Click", {}), *[("odd", {}), ("surprise 2", {})] * 8],
    2: [("Report Exported", NUMBER), ("Report Exported", NUMBER), *[("twin_click", {})] * 2, *[("surprise", {}), ("surprise_3", {})] * 16],
}  # fmt: skip
PLANTED_NAMES = tuple(dict.fromkeys(name for acts in PLANTED.values() for name, _ in acts))
# Which properties have a column of their own changes with these, and then all events are told anew.
MORE_KEYS = tuple({f"key_{n}": n, f"key_{n + 1}": "x"} for n in range(12))
START = datetime(2025, 2, 27)


class Lives:
    """Random events of few people on few devices, so that they meet: late ones, retries, rows told again, merges."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.bags = BAGS if seed % 2 else BAGS + MORE_KEYS
        self.round = 0
        self.told: list[dict] = []

    def next_loads(self, warehouse) -> None:
        """One more load of each source; later rounds may tell an earlier row anew."""
        self.round += 1
        pick = self.dice.choice
        again = [{**row, "user_id": pick(USERS), "server_upload_time": row["server_upload_time"] + timedelta(days=1)} for row in self.dice.sample(self.told, min(6, len(self.told)))]  # fmt: skip
        fresh = [self._amplitude(number) for number in range(self.dice.randrange(25, 40))]
        self.told += fresh
        planted = [self._planted(number, *act) for number, act in enumerate(PLANTED.get(self.round, ()))]  # fmt: skip
        warehouse.load("amplitude", "events", fresh + again + planted, project=pick(("app", "web")))
        warehouse.load(
            "amplitude", "events", [self._in_session(number) for number in range(3)], project="app"
        )
        merges = [{"amplitude_id": pick("123"), "merged_amplitude_id": pick("456"), "merge_at": self._time()} for _ in range(self.dice.randrange(2))]  # fmt: skip
        if merges:
            warehouse.load("amplitude", "merges", merges)
        others = {
            "mixpanel": lambda time: {"distinct_id": pick(USERS) or "$device:m1", "device_id": pick(DEVICES), "time_at": time, "received_at": time},
            "posthog": lambda time: {"distinct_id": pick(USERS) or "anon", "person_id": pick(("p1", "p2", "p3")), "timestamp_at": time, "created_at": time, "person_properties": {}},
            "events": lambda time: {"user_id": pick(USERS), "device_id": pick(DEVICES), "time_at": time},
        }  # fmt: skip
        for source, event in others.items():
            rows = []
            if (source, self.round) == ("events", 2):
                rows = [{"_key": "planted", "event": "view", "properties": {"order_id": "planted"}, **event(self._own_day("view"))}]  # fmt: skip
            for number in range(self.dice.randrange(4, 12)):
                name, bag = self._act()
                rows.append({"_key": f"{self.round}/{number}", "event": name, "properties": bag, **event(self._time())})  # fmt: skip
                if source == "posthog":
                    rows[-1]["uuid"] = rows[-1]["_key"]
            if rows:
                warehouse.load(source, "events", rows)

    def _amplitude(self, number: int) -> dict:
        pick, time = self.dice.choice, self._time()
        name, bag = self._act()
        return {
            "uuid": f"{self.round}/{number}", "_second": pick((None, None, f"app|d|i{self.dice.randrange(4)}")), "_second_at": time,
            "event_type": name, "event_time": time, "server_upload_time": time + timedelta(hours=self.dice.randrange(200)),
            "user_id": pick(USERS), "device_id": pick(DEVICES), "amplitude_id": pick((None, *"123456")), "event_properties": bag,
            "user_properties": pick(({}, {"plan": "pro"})), "session_id": pick((None, "-1", "7", "8")), "groups": pick((None, {"company": "o1"}, {"company": ["o9", "o1"]})),
            "platform": pick((None, "Web", "iOS")),
        }  # fmt: skip

    def _planted(self, number: int, name: str, bag: dict) -> dict:
        """An event of somebody whom no other event is about, on a day that no other name and no other round has."""
        time = self._own_day(name)
        return {
            "uuid": f"planted/{self.round}/{number}", "event_type": name, "event_time": time, "server_upload_time": time,
            "user_id": f"planted-{self.round}-{number}", "event_properties": bag,
        }  # fmt: skip

    def _in_session(self, number: int) -> dict:
        """One of three events of a person and minute; each round says anew of which session of the vendor they are."""
        time = START + timedelta(days=36)
        return {
            "uuid": f"session/{number}", "event_type": "view", "event_time": time, "server_upload_time": time + timedelta(days=self.round),
            "user_id": "sitting", "event_properties": {}, "session_id": str(self.round * number % 2),
        }  # fmt: skip

    def _own_day(self, name: str) -> datetime:
        return START + timedelta(days=40 + 40 * self.round + 3 * PLANTED_NAMES.index(name))

    def _act(self) -> tuple[str, dict]:
        """A name and its bag; a bot gives itself away once in a while, and its person with all earlier events."""
        if self.dice.random() < 0.1:
            return "view", {"bot": True}
        if self.dice.random() < 0.5:
            return self.dice.choice(TOGETHER)
        return self.dice.choice(NAMES), self.dice.choice(self.bags)

    def _time(self) -> datetime:
        """Few minutes on few days, at both ends of a month and of a day in Berlin."""
        minutes = self.dice.choice((0, 1, 20, 30, 31, 22 * 60 + 45, 23 * 60, 23 * 60 + 15))
        return START + timedelta(days=self.dice.choice((0, 1, 2, 3, 30, 32)), minutes=minutes)


@pytest.fixture
def company(story, tmp_path):
    """The story's company with every rule that looks over more than one event, built as a whole: where increments start."""
    warehouse = type(story)(tmp_path)
    shutil.copytree(story.paths.raw, warehouse.paths.raw, dirs_exist_ok=True)
    warehouse.loads = dict(story.loads)
    settings = {
        "company": "Acme", "timezone": "Europe/Berlin", "week_start": 1, "session_timeout_minutes": 30, "minimum_group_size": 5,
        "identity_scope": "company", "account_groups": ["company"], "unplanned_names_per_source": 2, "unplanned_keys_per_source": 4,
        "vendor_sessions": '[{"source": "amplitude", "project": "app"}]',
    }  # fmt: skip
    warehouse.declare("settings", [settings])
    warehouse.declare("exclusions", [{"kind": "bot_property", "value": "bot"}, {"kind": "email_domain", "value": "acme.test"}])  # fmt: skip
    matched = {"event_name": "view", "kind": "match", "property": "order_id"}
    warehouse.declare("plan_counted_from", [{**matched, "source": "events", "position": 0}, {**matched, "source": "amplitude", "position": 1}])  # fmt: skip
    warehouse.declare("plan_rules", [{"event_name": "report_exported", "rule": "value_not_allowed", "mode": "quarantine"}])  # fmt: skip
    warehouse.build("--select", *(f"+{name}" for name in TOLD))
    return warehouse


def fed_models(warehouse) -> list[str]:
    """Names of the models from events to `TOLD`."""
    manifest = warehouse.manifest()
    nodes = manifest["nodes"]
    ahead = [f"model.productops.{name}" for name in TOLD]
    needed = set[str]()
    while ahead:
        node = ahead.pop()
        if node in nodes and node not in needed:
            needed.add(node)
            ahead += nodes[node]["depends_on"]["nodes"]
    fed = fed_by(manifest, EVENTS | {("amplitude", "merges")})
    return [nodes[name]["name"] for name in needed & fed if nodes[name]["resource_type"] == "model"]


def told(warehouse) -> dict[str, list[tuple]]:
    schemas = {node["name"]: node["schema"] for node in warehouse.manifest()["nodes"].values()}
    return {
        name: warehouse.rows(f"select * from {schemas[name]}.{name} order by all") for name in TOLD
    }


def grow(warehouse, seed: int, rounds: int) -> None:
    """Builds round by round; after each, the tables of before and the changes told must give the tables of now."""
    fed = ("--select", *fed_models(warehouse))
    lives = Lives(seed)
    for _ in range(rounds):
        before = {name: counted(warehouse, f"marts.{name}") for name in GROWN}
        lives.next_loads(warehouse)
        warehouse.build(*fed)
        for name in GROWN:
            changes = f"increments.{name}__changes"
            columns = f"select * exclude (is_new) from {changes}"
            gone = counted(warehouse, f"({columns} where not is_new)")
            come = counted(warehouse, f"({columns} where is_new)")
            now = {row: n for row, n in before[name].items() if row not in gone}
            assert {*gone} <= {*before[name]} and not {*come} & {*now}, name
            assert {**now, **come} == counted(warehouse, f"marts.{name}"), (seed, name)
    grown = told(warehouse)
    warehouse.build(*fed, "--full-refresh")
    whole = told(warehouse)
    for name in TOLD:
        assert grown[name] == whole[name], (seed, name)


def counted(warehouse, relation: str) -> dict[str, int]:
    return {
        repr(row[:-1]): row[-1]  # a list in it is no key
        for row in warehouse.rows(f"select *, count(*) as n from {relation} group by all")
    }


def test_inv_3_increments_equal_one_build_of_all_loads(company):
    assert {"fct_events", "int_identity__actor_persons", "stg_posthog__events"} <= {*fed_models(company)}  # fmt: skip
    grow(company, seed=1, rounds=2)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(2, 12))
def test_inv_3_increments_of_many_random_rounds(company, seed):
    grow(company, seed, rounds=8)
