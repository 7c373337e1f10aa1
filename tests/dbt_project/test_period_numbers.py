"""The numbers by which publish tells a restatement are those that answers give."""


def numbers(story, metric: str, period: str) -> dict[tuple[str, str], float]:
    return {
        (subject, str(start)): value
        for subject, start, value in story.rows(
            "select subject, period_start, value from marts.fct_period_numbers"
            f" where metric = '{metric}' and period = '{period}'"
        )
    }


def counted(story, key: str, what: str, source: str) -> dict[tuple[str, str], float]:
    return {
        (subject, str(start)): value
        for subject, start, value in story.rows(
            f"select {key}, {what} from ({source}) group by all"
        )
    }


COUNTED = "select * from marts.fct_events where left_out_because is null"
ACTIVE = f"{COUNTED} and is_active_event"
FIRST = f"select person_key, min(local_date) as local_date from ({ACTIVE}) group by all"


def test_each_day_and_month_counts_what_an_answer_counts(story):
    people = "count(distinct person_key)"
    day = "'', local_date"
    assert numbers(story, "events", "day") == counted(story, day, "count(*)", COUNTED)
    assert numbers(story, "source_events", "day") == counted(
        story, "source, local_date", "count(*)", COUNTED
    )
    assert numbers(story, "active_people", "day") == counted(story, day, people, ACTIVE)
    month = "'', date_trunc('month', local_date)::date"
    assert numbers(story, "active_people", "month") == counted(story, month, people, ACTIVE)
    assert numbers(story, "new_people", "day") == counted(story, day, people, FIRST)
    assert numbers(story, "active_people", "day"), "the story has active people"


def test_totals_add_up_over_their_days(story):
    ((people,),) = story.rows(f"select count(distinct person_key) from ({ACTIVE})")
    assert sum(numbers(story, "people", "total").values()) == people
    units: dict[str, float] = {}
    for (experiment, _), value in numbers(story, "experiment_units", "total").items():
        units[experiment] = units.get(experiment, 0) + value
    assert units == dict(
        story.rows(
            "select experiment_id, count(distinct unit_id) from marts.fct_exposures group by all"
        )
    )
    assert units, "the story has exposures"
