"""Who is one person: known users stay apart, anonymous events find their owner."""


def persons(story, source):
    """Person groups of a source: sets of `actor at time`."""
    found: dict[int, set[str]] = {}
    for person, actor, time in story.rows(
        "select person_key, split_part(actor_id, '|', 3), strftime(occurred_at, '%d %H:%M:%S') from marts.fct_events"
        f" where source = '{source}' and project = 'app' order by all"
    ):
        found.setdefault(person, set()).add(f"{actor} {time}")
    return list(found.values())


def test_anonymous_events_go_to_the_last_known_user_before_them_else_to_the_first_after(story):
    groups = persons(story, "amplitude")
    ann = next(group for group in groups if "u:ann 01 09:00:00" in group)
    assert {"d:kiosk 01 08:00:00", "d:kiosk 01 10:00:00"} <= ann
    bob = next(group for group in groups if "u:bob 01 11:00:00" in group)
    assert bob == {"u:bob 01 11:00:00", "d:kiosk 01 11:00:01"}


def test_two_known_users_of_one_device_are_two_people(story):
    groups = persons(story, "amplitude")
    assert not any({"u:ann 01 09:00:00", "u:bob 01 11:00:00"} <= group for group in groups)


def test_merges_are_followed_to_the_last_number_and_its_user(story):
    groups = persons(story, "amplitude")
    assert {"d:phone 02 08:00:00", "u:cem 02 09:00:00"} in groups


def test_merged_numbers_without_a_user_are_one_person(story):
    assert {"d:tv-1 02 08:00:00", "d:tv-2 02 08:00:00"} in persons(story, "amplitude")


def test_a_device_that_nobody_named_is_its_own_person(story):
    assert {"d:stranger 01 12:00:00"} in persons(story, "amplitude")


def test_an_event_of_nobody_is_kept_and_counts_for_nobody(story):
    told = story.rows(
        "select is_internal from marts.fct_events where source = 'amplitude' and ends_with(actor_id, '|nobody')"
    )
    assert told == [(True,)]


def test_mixpanel_ids_follow_the_device_and_the_identify_event(story):
    groups = persons(story, "mixpanel")
    assert {"d:m1 01 08:00:00", "u:u1 01 09:00:00"} in groups
    assert {"u:bare-anon 01 08:00:00", "u:u2 01 08:30:00", "u:u2 01 09:00:00"} in groups
    assert {"d:m9 01 09:00:00"} in groups


def test_posthog_distinct_ids_of_one_person_are_one_person(story):
    groups = persons(story, "posthog")
    assert {"d:browser-1 01 08:00:00", "u:v1 01 09:00:00", "u:v1-anon 01 10:00:00"} in groups
    assert {"d:browser-3 01 09:00:00"} in groups


def test_internal_people_are_marked_with_all_their_events(story):
    told = story.rows(
        "select distinct split_part(actor_id, ':', 2) from marts.fct_events"
        " where is_internal and contains(actor_id, '|u:') order by all"
    )
    assert told == [("eve",), ("robot",)]


def test_the_same_user_id_is_one_person_across_projects_only_in_company_scope(story):
    told = story.rows(
        "select count(distinct person_key) from marts.fct_events where actor_id like '%|u:ann'"
    )
    assert told == [(2,)]
