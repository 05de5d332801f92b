from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.effects import AlertBrief, Notify, Purpose
from alerts.sms import SMS_SEPTETS, septets, to_gsm7
from alerts.wording import MAX_LINK_BASE, Message, alert_link, describe_reading, render, render_sms
from orsan_plans.assess import CrossedThreshold, Evidence
from orsan_plans.plan import Comparison
from orsan_plans.posture import Posture
from orsan_plans.reading import Reading, Unknown

BASE = "https://vigie.example.org"
ALERT = "0b8e3c1e-5d1c-5a5a-9f3b-2f6f0e5d7c11"
AT = datetime(2020, 3, 25, 3, 0, tzinfo=UTC)
SHARE = Reading(
    "rpu.part_suspicion_covid_7j",
    "DEP-44",
    date(2020, 3, 24),
    "%",
    10.4012,
    numerator=280,
    denominator=2692,
    reporting=7,
    expected=7,
)
ABOVE_10 = CrossedThreshold(Posture.ALERTE, Comparison.ABOVE, 10, "Seuils COVID-19 de l'État, 2020", "État")
BRIEF = AlertBrief(
    alert_id=ALERT,
    volet="REB",
    plan="covid-2020",
    rule="part-suspicion-covid",
    title="Part des passages pour suspicion de COVID-19",
    territory="DEP-44",
    territory_name="Loire-Atlantique (44)",
    posture=Posture.ALERTE,
    since=AT,
    raised_at=AT,
    evidence=Evidence(date(2020, 3, 24), (SHARE,), (ABOVE_10,)),
    reflex_actions=("Vérifier la donnée auprès de l'ORU", "Appeler le SAMU"),
    time_zone="Europe/Paris",
)
NOTIFY = Notify(
    id="n1",
    at=AT,
    status="actual",
    purpose=Purpose.CALL,
    brief=BRIEF,
    role="cadre",
    person="claire.martin",
    contact="claire.martin/sms",
    call=1,
)


def because(**evidence: Any) -> Notify:  # noqa: ANN401 - the fields of an Evidence
    return replace(NOTIFY, brief=replace(BRIEF, evidence=Evidence(date(2020, 3, 24), **evidence)))


def plain(notify: Notify, now: datetime = AT) -> Message:
    """The rendered message with ordinary spaces, easier to compare."""
    message = render(notify, BASE, now)
    title, body, sms = (
        text.replace("\u202f", " ").replace("\u00a0", " ") for text in (message.title, message.body, message.sms)
    )
    return Message(title, body, sms)


def test_a_call_says_what_where_since_when_how_much_how_sure_and_what_to_do() -> None:
    message = plain(NOTIFY)
    assert message.title == "ALERTE REB · Loire-Atlantique (44)"
    assert message.body == (
        "Part des passages pour suspicion de COVID-19.\n"
        "Où : Loire-Atlantique (44).\n"
        "Depuis le mercredi 25 mars 2020 à 4 h 00 (heure locale).\n"
        "\n"
        "Part des passages aux urgences pour suspicion de COVID-19, sur 7 jours : 10,4 % (280 sur 2 692). "
        "Seuil d'alerte dépassé : plus de 10 % (Seuils COVID-19 de l'État, 2020, État). "
        "Complétude : 7 sources sur 7.\n"
        "Journée mesurée : mardi 24 mars 2020, prise en compte le lendemain à 4 h 00.\n"
        "\n"
        "D'abord : Vérifier la donnée auprès de l'ORU.\n"
        "Puis 1 autre action, sur la page.\n"
        "\n"
        "Répondez pour arrêter les appels :\n"
        f"https://vigie.example.org/alertes/{ALERT}"
    )


def test_numbers_keep_their_french_spaces() -> None:
    body = render(NOTIFY, BASE, AT).body
    assert "10,4\u202f%" in body
    assert "2\u202f692" in body


def test_the_sms_says_the_same_in_short() -> None:
    sms = plain(NOTIFY).sms
    assert sms == (
        "ALERTE REB Loire-Atlantique (44): Part des passages p...picion de COVID-19, 10,4 % > 10 %\n"
        f"https://vigie.example.org/alertes/{ALERT}"
    )
    assert septets(sms) == SMS_SEPTETS


def test_later_calls_say_that_nobody_answered() -> None:
    message = plain(replace(NOTIFY, call=3))
    assert message.title.endswith(" · 3e appel")
    assert "Personne n'a encore répondu. Répondez" in message.body


def test_information_expects_no_answer() -> None:
    message = plain(replace(NOTIFY, purpose=Purpose.INFORM, call=3))
    assert message.title == "ALERTE REB · Loire-Atlantique (44) · pour information"
    assert "aucune réponse n'est attendue" in message.body
    assert "Répondez" not in message.body


def test_an_end_says_that_it_is_over_and_asks_for_nothing() -> None:
    message = plain(replace(NOTIFY, purpose=Purpose.END))
    assert message.title == "FIN ALERTE REB · Loire-Atlantique (44)"
    assert "À l'origine de l'alerte :\nPart des passages" in message.body
    assert "C'est terminé, plus rien n'est attendu de vous" in message.body
    assert "D'abord" not in message.body
    assert message.sms.startswith("FIN ALERTE REB Loire-Atlantique (44)")


def test_a_reminder_says_what_was_answered_and_what_comes_next() -> None:
    message = plain(replace(NOTIFY, purpose=Purpose.REMINDER))
    assert message.title == "RAPPEL ALERTE REB · Loire-Atlantique (44)"
    assert "Vous avez répondu que vous preniez cette alerte, et rien n'a été noté depuis." in message.body
    assert "sinon votre réponse sera retirée et les appels reprendront :\nhttps://" in message.body
    assert "Répondez pour arrêter les appels" not in message.body
    facts, link = message.sms.splitlines()
    assert facts.startswith("RAPPEL ALERTE REB Loire-Atlantique (44): ")
    assert facts.endswith(", rien noté depuis votre réponse")
    assert link == f"https://vigie.example.org/alertes/{ALERT}"


def test_a_reminder_of_an_exercise_keeps_its_link_before_its_word() -> None:
    base = "https://" + "v" * (MAX_LINK_BASE - len("https://"))
    brief = replace(BRIEF, posture=Posture.VIGILANCE)
    sms = render_sms(replace(NOTIFY, purpose=Purpose.REMINDER, status="exercise", brief=brief), base)
    assert sms.splitlines()[1].startswith("VIGILANCE ")
    assert alert_link(base, ALERT) in sms.splitlines()


def test_a_silent_feed_is_said_unknown() -> None:
    silent = because(silent_since=AT - timedelta(hours=26), reference="arrêté du 24 juillet 2013")
    message = plain(silent)
    assert "Flux muet : rien reçu depuis le mardi 24 mars 2020 à 2 h 00 (1 j 2 h)." in message.body
    assert "La situation réelle est inconnue." in message.body
    assert "Référence : arrêté du 24 juillet 2013." in message.body
    assert message.sms.splitlines()[0].endswith(", rien recu depuis 1 j 2 h")


def test_an_event_gives_its_title() -> None:
    message = plain(because(events=("Accident de car à Ancenis", "Renfort demandé")))
    assert "Signal : Accident de car à Ancenis.\nSignal : Renfort demandé." in message.body
    assert "Accident de car à Ancenis" in message.sms


def test_combined_evidence_lists_everything() -> None:
    beds = replace(SHARE, indicator="sivic.taux_occupation_rea", value=62.0, numerator=48, denominator=77)
    at_least_60 = replace(ABOVE_10, posture=Posture.VIGILANCE, comparison=Comparison.AT_LEAST, value=60)
    message = plain(because(readings=(SHARE, beds), crossed=(ABOVE_10, at_least_60), events=("Cluster",)))
    assert "Signal : Cluster." in message.body
    assert ": 10,4 % (280 sur 2 692). Seuil d'alerte dépassé : plus de 10 %" in message.body
    assert ": 62,0 % (48 sur 77). Seuil de vigilance atteint : 60 % ou plus" in message.body


def test_a_late_message_says_so() -> None:
    assert "retardé" not in plain(NOTIFY, AT + timedelta(minutes=4)).body
    assert (
        "Message retardé : décidé le mercredi 25 mars 2020 à 4 h 00, envoyé le mercredi 25 mars 2020 à 4 h 25."
        in plain(NOTIFY, AT + timedelta(minutes=25)).body
    )


@pytest.mark.parametrize(
    ("measured", "delay"),
    [
        (date(2020, 3, 25), "le jour même"),
        (date(2020, 3, 24), "le lendemain"),
        (date(2020, 3, 21), "4 jours après"),
    ],
)
def test_lateness_between_the_day_measured_and_its_recording(measured: date, delay: str) -> None:
    brief = replace(BRIEF, evidence=replace(BRIEF.evidence, occurred_on=measured))
    assert f"prise en compte {delay} à 4 h 00." in plain(replace(NOTIFY, brief=brief)).body


@pytest.mark.parametrize(("status", "mark"), [("exercise", "EXERCICE EXERCICE EXERCICE"), ("test", "TEST")])
@pytest.mark.parametrize("purpose", Purpose)
def test_what_is_not_real_says_so_first_and_last(status: str, mark: str, purpose: Purpose) -> None:
    message = render(replace(NOTIFY, status=status, purpose=purpose), BASE, AT + timedelta(hours=1))
    assert message.title.startswith(mark)
    for text in (message.body, message.sms):
        assert text.startswith(f"{mark}\n")
        assert text.endswith(f"\n{mark}")


def test_real_life_bears_no_mark() -> None:
    message = render(NOTIFY, BASE, AT)
    assert not any("EXERCICE" in text or "TEST" in text for text in (message.title, message.body, message.sms))


@pytest.mark.parametrize(
    ("comparison", "sentence"),
    [
        (Comparison.ABOVE, "dépassé : plus de 5 passages"),
        (Comparison.AT_LEAST, "atteint : 5 passages ou plus"),
        (Comparison.BELOW, "franchi : moins de 5 passages"),
        (Comparison.AT_MOST, "atteint : 5 passages ou moins"),
    ],
)
def test_each_comparison_has_its_sentence(comparison: Comparison, sentence: str) -> None:
    count = Reading("rpu.passages_24h", "DEP-44", date(2020, 3, 24), "passages", 6.0)
    crossed = replace(ABOVE_10, comparison=comparison, value=5.0)
    described = describe_reading(count, crossed).replace("\u00a0", " ")
    assert described.startswith("Passages aux urgences en 24 heures : 6 passages.")
    assert sentence in described


def test_an_unknown_reading_gives_its_reason() -> None:
    few = replace(SHARE, value=None, unknown=Unknown.TOO_FEW, detail="34 passages", reporting=5)
    described = describe_reading(few, None)
    assert "inconnu, effectif insuffisant pour un pourcentage (34 passages)." in described
    assert described.endswith("Complétude : 5 sources sur 7.")


def test_every_reason_has_words() -> None:
    for reason in Unknown:
        assert "inconnu, " in describe_reading(replace(SHARE, value=None, unknown=reason), None)


def test_a_lower_bound_says_that_the_truth_may_be_higher() -> None:
    floor = replace(SHARE, reporting=5, is_lower_bound=True)
    described = describe_reading(floor, ABOVE_10)
    assert "sur 7 jours : au moins 10,4" in described
    assert "5 sources sur 7 ; la valeur réelle peut être plus élevée." in described


@given(st.floats(min_value=5, max_value=15))
def test_a_value_is_never_rounded_onto_the_threshold_it_crossed(value: float) -> None:
    described = describe_reading(replace(SHARE, value=value), ABOVE_10)
    shown = float(described.partition(" : ")[2].partition("\u202f%")[0].replace(",", "."))
    assert abs(shown - value) <= 0.051
    if abs(value - 10) > 1e-5:
        assert (shown > 10) is (value > 10)


texts = st.text(max_size=120)
words = st.text(alphabet="aàeéèêçôœ€[]^'’ -()0123456789ABCDEF", min_size=1, max_size=90)
bases = st.integers(min_value=9, max_value=MAX_LINK_BASE).map(lambda n: "https://" + "v" * (n - 8))
instants = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001 - made aware
readings = st.builds(
    Reading,
    indicator=st.sampled_from(["rpu.part_suspicion_covid_7j", "autre"]),
    territory=st.just("DEP-44"),
    occurred_on=st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    unit=st.sampled_from(["%", "passages", "lits"]),
    value=st.floats(min_value=0, max_value=1e7),
    is_lower_bound=st.booleans(),
)
thresholds = st.builds(CrossedThreshold, value=st.floats(min_value=0, max_value=1e6), reference=texts, author=texts)
evidences = st.integers(min_value=0, max_value=3).flatmap(
    lambda n: st.builds(
        Evidence,
        occurred_on=st.dates(date(2020, 1, 1), date(2030, 1, 1)),
        readings=st.tuples(*[readings] * n),
        crossed=st.tuples(*[st.none() | thresholds] * n),
        events=st.lists(texts, max_size=2).map(tuple),
        reference=texts,
        silent_since=st.none() | instants,
    )
)
briefs = st.builds(
    AlertBrief,
    alert_id=st.uuids().map(str),
    volet=words,
    plan=texts,
    rule=texts,
    title=texts,
    territory=st.just("DEP-44"),
    territory_name=(words | words.map(lambda text: (text * 90)[:90])).filter(str.strip),
    since=instants,
    raised_at=instants,
    evidence=evidences,
    reflex_actions=st.lists(texts, max_size=3).map(tuple),
    time_zone=st.sampled_from(["Europe/Paris", "America/Cayenne"]),
)
notifications = st.builds(
    Notify,
    at=instants,
    status=st.sampled_from(["actual", "exercise", "test"]),
    brief=briefs,
    call=st.integers(1, 99),
)


@given(notifications, bases)
def test_any_notification_fits_one_sms_with_its_posture_place_and_link(notify: Notify, base: str) -> None:
    sms = render_sms(notify, base)
    assert septets(sms) <= SMS_SEPTETS
    lines = sms.split("\n")
    assert alert_link(base, notify.brief.alert_id) in lines
    facts = lines[1 if notify.status != "actual" else 0]
    end = "FIN " if notify.purpose is Purpose.END else ""
    # In an exercise, the word RAPPEL leaves its place to a long link.
    assert facts.removeprefix("RAPPEL ").startswith(f"{end}{notify.brief.posture} ")
    if notify.purpose is Purpose.REMINDER and notify.status == "actual":
        assert facts.startswith("RAPPEL ")
    place = " ".join(to_gsm7(notify.brief.territory_name).split())
    assert place[:3].rstrip() in facts


@pytest.mark.parametrize("status", ["actual", "test", "exercise"])
def test_a_place_too_long_fills_the_sms_to_the_last_septet_and_loses_its_middle(status: str) -> None:
    place = f"Centre{'-des-bords-de-Loire' * 9}-Nord"
    sms = render_sms(replace(NOTIFY, status=status, brief=replace(BRIEF, territory_name=place)), BASE)
    assert septets(sms) == SMS_SEPTETS
    assert "ALERTE REB Centre" in sms
    assert "Nord\nhttps://" in sms


@given(notifications, st.text(max_size=200))
def test_a_link_base_of_any_length_never_costs_the_message(notify: Notify, base: str) -> None:
    sms = render_sms(notify, base)
    assert septets(sms) <= SMS_SEPTETS
    assert str(notify.brief.posture) in sms


@given(notifications, bases, instants)
def test_the_long_form_always_has_one_line_of_title_the_place_and_the_link(
    notify: Notify, base: str, now: datetime
) -> None:
    message = render(notify, base, now)
    assert "\n" not in message.title
    assert notify.brief.territory_name in message.body
    assert alert_link(base, notify.brief.alert_id) in message.body
