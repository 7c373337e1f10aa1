"""The words that the finder knows: which say nothing, which mean the same, which are about time.

Knows words of four languages. Must not know questions or scores.
"""

from __future__ import annotations

NOTHING = """
a a-t-on actually an and any are as at avons be been being by can combien could count cual cuantos
currently cuál cuántos d das de del dem den der des did die do does doing donde du dónde each ein
eine el en es est ever every for from fue get give got haben had has have how i im in into is ist it
its just know la las le les let like los many me much my need nos notre nous now nuestra nuestro
number of off on or our over overall où per please que quel quelle qué right see show sind so some son sont
such tell than that the their them then there these they this those to total un une unser unsere
unseren up us very viele want war was way we were what when where which while who whom wie will
wir with wo would you your à
"""

# One word for each idea, so that a phrasing covers its neighbours. The idea ends with a colon.
IDEAS = """
user: people person customer client visitor member account actor nutzer utilisateur usuario audience
active: dau wau mau aktive aktiv actif activo activ engaged
retention: retain retained return returning cohort retentoin rétention retención comeback
convert: conversion converting
drop: abandon dropoff fall fell lose losing abspringen abandonnent abandonan
hit: used use using tried try touch click verwenden nutzen utilisent usan usage
adoption: adopt adopted adopting adopter uptake
activate: activated activation activating aktiviert activación
churn: churned churning attrition abgewandert
feature: funktion fonctionnalité función functionality
experiment: test ab split variant treatment
nps: net promoter detractor recommend
support: ticket helpdesk
fresh: stale freshness aktuell
track: tracked tracking instrumented
data: daten données datos
month: monthly monat mois mes
week: weekly woche semaine semana
day: daily
resolution: resolve solve solved
reply: answered respond response
tool: rollout rolled
sticky: stickiness
session: visit
long: duration length
why: warum pourquoi
"""

TIME = """
ago april august current day december february january july june march november october september
day last month past previous quarter recent since this today week year yesterday
"""


def same(ideas: str) -> dict[str, str]:
    """Each word with the idea that it stands for."""
    found: dict[str, str] = {}
    idea = ""
    for part in ideas.split():
        if part.endswith(":"):
            idea = part[:-1]
        else:
            found[part] = idea
    return found


STOPWORDS = frozenset(NOTHING.split())
SAME = same(IDEAS)
TIME_WORDS = frozenset(TIME.split())
