from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.adapters.sqlite_journal import SqliteJournal
from streams.collecting.decoding import Accepted, Refused, UnreadableFeed
from streams.collecting.pseudonyms import age_class, years_between
from streams.entry import Status
from streams.messages.capacity import BedCapacity, RegulationActivity, SmurIntervention
from streams.messages.signals import SignalSanitaire
from streams.messages.visits import PassageRPU
from streams.synthetic.alert_files import CapAlert, cap_xml, rpis_json, vigilance_json
from streams.synthetic.bed_files import Beds, bed_form_csv, bed_form_json, ror_bundle
from streams.synthetic.damage import UNKNOWN_FINESS, Damage, damaged
from streams.synthetic.days import (
    CALM,
    DAYS_HELD,
    USUAL,
    Circumstances,
    Crisis,
    Feeds,
    Silence,
    region_feeds,
)
from streams.synthetic.oscour_files import Extraction, TimedFile, oscour_file
from streams.synthetic.profiles import BRONCHIOLITE, GRIPPE, INJURED_CHILDREN, ORDINARY, Profile
from streams.synthetic.rhythm import Epidemic, MassCasualty, casualties, ordinary_visits
from streams.synthetic.signal_files import Calls, Said, mdo_csv, regulation_csv, signal_json
from streams.synthetic.sites import ANGERS, ANGERS_3, LE_MANS, MAYENNE, NANTES, SITES, VENDEE_3, Site
from streams.synthetic.visits import ZONE, Visit
from tests.feeds.synthetic_collecting import collected, decoded, visits_left

MONDAY = date(2026, 1, 12)
NOON = datetime(2026, 1, 14, 11, tzinfo=UTC)
SMALL = (ANGERS_3, MAYENNE, VENDEE_3)
TROUBLE = Circumstances(late_share=0.2, duplicated_share=0.2, damaged_share=0.2, cancelled_share=0.05)


def local(day: date, hour: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=ZONE).astimezone(UTC)


def file(content: bytes, name: str = "essai", at: datetime = NOON) -> TimedFile:
    return TimedFile(at, name, content)


def accepted(content: bytes, at: datetime = NOON, *, is_given: bool = False) -> list[Accepted]:
    items = decoded(file(content, at=at), is_given=is_given)
    assert all(isinstance(each, Accepted) for each in items), items
    return [each for each in items if isinstance(each, Accepted)]


def a_file(site_visits: int = 40, until: datetime = NOON) -> bytes:
    """A file of Nantes with a few visits, some of them over."""
    visits = list(ordinary_visits(Random(1), NANTES, until - timedelta(hours=10), until))[:site_visits]
    assert any(visit.left_at < until for visit in visits)
    return oscour_file(NANTES, Extraction(until, date(2026, 1, 13), date(2026, 1, 14)), visits)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    first = region_feeds(3, MONDAY, 3, TROUBLE, SMALL)
    assert region_feeds(3, MONDAY, 3, TROUBLE, SMALL) == first
    assert region_feeds(4, MONDAY, 3, TROUBLE, SMALL) != first


def test_every_file_of_calm_days_is_recognised_and_read_without_refusal() -> None:
    feeds = region_feeds(5, MONDAY, 2)
    formats = Counter(each.name.split("_")[0].rstrip("0123456789") for each in feeds.files)
    assert set(formats) >= {"O", "ror", "lits", "regulation", "vigilance"}
    for each in feeds.files:
        for item in decoded(each):
            assert isinstance(item, Accepted), (each.name, item)
            assert not set(item.flags) - {"nature_inconnue"}, (each.name, item.flags)
            assert item.status is Status.ACTUAL
    assert all(a.at <= b.at for a, b in pairwise(feeds.files))


def test_a_night_file_holds_the_day_before_and_the_five_before_it() -> None:
    feeds = region_feeds(6, MONDAY, 9, CALM, (MAYENNE,))
    texts = [each.content.decode("ISO-8859-1") for each in feeds.files if each.name.startswith("O")]
    assert len(texts) == 9
    assert "<DATEDEBUT>12/01/2026</DATEDEBUT><DATEFIN>12/01/2026</DATEFIN>" in texts[0]
    last = MONDAY + timedelta(days=8)
    first = last - timedelta(days=DAYS_HELD - 1)
    assert f"<DATEDEBUT>{first:%d/%m/%Y}</DATEDEBUT><DATEFIN>{last:%d/%m/%Y}</DATEFIN>" in texts[-1]


def known_at_the_end(feeds: Feeds) -> Counter[tuple[str, datetime]]:
    return Counter(
        (visit.finess, visit.entered_at) for visit in feeds.visits if visit.is_known(datetime.max.replace(tzinfo=UTC))
    )


@settings(max_examples=12)
@given(st.integers(0, 10**6), st.sampled_from([CALM, USUAL, TROUBLE]), st.booleans())
def test_what_is_journaled_in_the_end_is_what_happened(seed: int, circumstances: Circumstances, crisis: bool) -> None:
    silence = Silence(MAYENNE, local(MONDAY, 20), local(MONDAY + timedelta(days=2)))
    asked = Crisis(local(MONDAY, 10), local(MONDAY, 22), timedelta(hours=2), SMALL)
    happening = Circumstances(
        circumstances.late_share,
        timedelta(hours=9),
        circumstances.duplicated_share,
        circumstances.damaged_share,
        cancelled_share=circumstances.cancelled_share,
        silences=(silence,),
        crises=(asked,) if crisis else (),
    )
    feeds = region_feeds(seed, MONDAY, 3, happening, SMALL)
    journal, receipts = collected(feeds.files)
    left = visits_left(journal).values()
    assert Counter((visit.finess, visit.entered_at) for visit in left) == known_at_the_end(feeds)
    counted = Counter(entry.kind for entry in journal.entries("52"))
    assert sum(each.journaled for each in receipts) == counted.total()
    assert sum(each.removed for each in receipts) == counted["rpu.removed"]
    refused = {each.name for each in receipts if each.refused}
    assert bool(refused) <= bool(circumstances.damaged_share)


def test_the_last_version_of_a_visit_says_what_was_known_last() -> None:
    feeds = region_feeds(8, MONDAY, 4, CALM, (ANGERS_3,))
    last = max(each.at for each in feeds.files if each.name.startswith("O"))
    journal, receipts = collected(feeds.files)
    found = {visit.entered_at: visit for visit in visits_left(journal).values()}
    unique = [visit for visit in feeds.visits if Counter(v.entered_at for v in feeds.visits)[visit.entered_at] == 1]
    for visit in unique:
        read = found[visit.entered_at]
        assert read.diagnosis_cim10 == (visit.diagnosis if visit.is_coded(last) else None)
        assert read.exited_at == (visit.leaving.at if visit.left_at <= last else None)
        day = visit.entered_at.astimezone(ZONE).date()
        assert read.age_class == age_class(years_between(visit.person.birth, day))
    assert sum(each.corrected for each in receipts) > 20


@given(st.integers(6, 23), st.integers(0, 59))
def test_a_file_holds_what_was_known_when_it_was_extracted(hour: int, minute: int) -> None:
    visits = list(ordinary_visits(Random(6), MAYENNE, local(MONDAY), local(MONDAY + timedelta(days=1))))
    at = local(MONDAY, hour) + timedelta(minutes=minute)
    known = [visit for visit in visits if visit.is_known(at)]
    read = [each.message for each in accepted(oscour_file(MAYENNE, Extraction(at, MONDAY, MONDAY), visits), at)]
    assert len(read) == len(known) < len(visits)
    for message, visit in zip(read, known, strict=True):
        assert isinstance(message, PassageRPU)
        assert message.entered_at == visit.entered_at
        assert message.ccmu == ((visit.ccmu or None) if visit.triaged_at <= at else None)
        assert message.exited_at == (visit.leaving.at if visit.left_at <= at else None)
        assert message.mode_sortie == (visit.leaving.mode_sortie if visit.left_at <= at else None)
        assert message.diagnosis_cim10 == (visit.diagnosis if visit.is_coded(at) else None)


def test_a_later_file_of_the_same_days_holds_all_that_was_not_cancelled() -> None:
    visits = list(ordinary_visits(Random(2), ANGERS, local(MONDAY), local(MONDAY, 20)))

    def keys(hour: int) -> set[str]:
        extraction = Extraction(local(MONDAY, hour), MONDAY, MONDAY)
        content = oscour_file(ANGERS, extraction, visits)
        return {each.key for each in accepted(content, extraction.at)}

    held = [keys(hour) for hour in range(8, 21, 2)]
    assert all(a < b for a, b in pairwise(held))


def test_sending_a_file_again_journals_nothing() -> None:
    content = a_file()
    journal, (first, second) = collected([file(content), file(content, at=NOON + timedelta(minutes=10))])
    assert first.journaled == first.received > 0
    assert (second.journaled, second.duplicates) == (0, second.received)
    assert len(list(journal.entries("52"))) == first.journaled


@pytest.mark.parametrize("damage", [Damage.TRUNCATED, Damage.WRONG_ENCODING])
@pytest.mark.parametrize("site", [NANTES, VENDEE_3])
def test_a_file_cut_or_in_another_encoding_is_refused_whole(damage: Damage, site: Site) -> None:
    visits = list(ordinary_visits(Random(1), site, NOON - timedelta(hours=9), NOON))
    content = oscour_file(site, Extraction(NOON, date(2026, 1, 14), date(2026, 1, 14)), visits)
    with pytest.raises(UnreadableFeed):
        decoded(file(damaged(content, damage)))
    journal, (receipt,) = collected([file(damaged(content, damage))])
    assert receipt.refused
    assert not list(journal.entries("52"))


def test_a_visit_of_30_february_is_set_aside_and_the_others_are_taken() -> None:
    content = a_file()
    sound = decoded(file(content))
    items = decoded(file(damaged(content, Damage.IMPOSSIBLE_DAY)))
    assert [type(each) for each in items] == [Accepted] * (len(sound) - 1) + [Refused]


def test_an_exit_before_the_entry_is_flagged_and_taken() -> None:
    content = a_file()
    flags = Counter(flag for each in accepted(damaged(content, Damage.EXIT_BEFORE_ENTRY)) for flag in each.flags)
    assert flags == {"sortie_avant_entree": 1}
    assert not any(each.flags for each in accepted(content))


def test_a_file_of_an_unknown_establishment_is_flagged_and_taken() -> None:
    _, (receipt,) = collected([file(damaged(a_file(), Damage.UNKNOWN_SITE))])
    assert receipt.source == f"ETAB-{UNKNOWN_FINESS}"
    assert receipt.flags == {"etablissement_inconnu": receipt.received}
    assert receipt.journaled == receipt.received


@given(st.sampled_from(list(Damage)))
def test_damage_leaves_an_empty_file_as_it_can(damage: Damage) -> None:
    empty = oscour_file(NANTES, Extraction(NOON, date(2026, 1, 14), date(2026, 1, 14)), [])
    content = damaged(empty, damage)
    assert content != empty or damage not in {Damage.TRUNCATED, Damage.UNKNOWN_SITE}


def test_nothing_is_sent_during_a_silence_and_the_rest_comes_after() -> None:
    silence = Silence(ANGERS, local(MONDAY, 12), local(MONDAY + timedelta(days=3)))
    feeds = region_feeds(9, MONDAY, 5, Circumstances(silences=(silence,)), (ANGERS, MAYENNE))
    at = [each.at for each in feeds.files if each.name.startswith(f"O{ANGERS.finess}")]
    assert not [each for each in at if silence.since <= each < silence.until]
    assert len([each for each in at if each >= silence.until]) == 3
    assert len([each for each in feeds.files if each.name.startswith(f"O{MAYENNE.finess}")]) == 5


def test_late_files_and_repeated_files_are_as_many_as_asked() -> None:
    feeds = region_feeds(10, MONDAY, 20, Circumstances(late_share=0.3, duplicated_share=0.5), SMALL)
    sent = [each for each in feeds.files if each.name.startswith("O")]
    names = Counter(each.name for each in sent)
    assert len(names) == 60
    assert 15 < sum(count - 1 for count in names.values()) < 45
    late = [each for each in sent if each.at.astimezone(ZONE).hour > 3]
    assert 8 < len(late) < 45


def test_a_crisis_asks_for_files_several_times_a_day() -> None:
    crisis = Crisis(local(MONDAY, 8), local(MONDAY, 14), timedelta(hours=1), (MAYENNE,))
    feeds = region_feeds(11, MONDAY, 1, Circumstances(crises=(crisis,)), SMALL)
    sent = Counter(each.name[1:10] for each in feeds.files if each.name.startswith("O"))
    assert sent == {MAYENNE.finess: 7, ANGERS_3.finess: 1, VENDEE_3.finess: 1}


def test_visits_follow_the_day_and_the_week() -> None:
    visits = list(ordinary_visits(Random(1), NANTES, local(MONDAY), local(MONDAY + timedelta(days=56))))
    hours = Counter(visit.entered_at.astimezone(ZONE).hour for visit in visits)
    days = Counter(visit.entered_at.astimezone(ZONE).weekday() for visit in visits)
    assert hours[18] > 3 * hours[4]
    assert days[0] > 1.05 * days[2]
    assert len(visits) / 56 == pytest.approx(NANTES.visits_per_day, rel=0.05)


@pytest.mark.parametrize(("profile", "prefix"), [(GRIPPE, ("J10", "J11")), (BRONCHIOLITE, ("J21",))])
def test_an_epidemic_rises_and_falls_among_coded_diagnoses(profile: Profile, prefix: tuple[str, ...]) -> None:
    begins = local(MONDAY)
    epidemic = Epidemic(profile, begins, begins + timedelta(days=14), begins + timedelta(days=28), 0.3)
    visits = list(ordinary_visits(Random(3), NANTES, begins, begins + timedelta(days=28), epidemic))

    def share(first: int, last: int) -> float:
        some = [each for each in visits if timedelta(days=first) <= each.entered_at - begins < timedelta(days=last)]
        return sum(each.diagnosis.startswith(prefix) for each in some) / len(some)

    assert share(0, 2) < 0.1
    assert share(13, 15) == pytest.approx(0.3, abs=0.06)
    assert share(26, 28) < 0.1
    assert len(visits) > 28 * NANTES.visits_per_day * 1.1


def test_an_accident_brings_seventy_injured_of_whom_twenty_are_children() -> None:
    accident = MassCasualty(NOON, ((LE_MANS, 2.0), (ANGERS, 1.0)))
    injured = list(casualties(Random(4), accident))
    ages = [years_between(each.person.birth, each.entered_at.date()) for each in injured]
    assert (len(injured), sum(age < 15 for age in ages)) == (70, 20)
    assert all(timedelta() <= each.entered_at - NOON + timedelta(minutes=1) for each in injured)
    assert sum(each.finess == LE_MANS.finess for each in injured) > 35
    first_hour = sum(each.entered_at < NOON + timedelta(hours=1) for each in injured)
    assert first_hour > 35
    feeds = region_feeds(1, date(2026, 1, 14), 1, Circumstances(accidents=(accident,)), (LE_MANS, ANGERS))
    assert sum(each.diagnosis in INJURED_CHILDREN.diagnoses for each in feeds.visits) >= 70


def test_beds_are_read_as_they_were_written() -> None:
    declared = [Beds(NANTES, 55, 50), Beds(ANGERS, 61, 42)]
    ror = [each.message for each in accepted(ror_bundle(NOON, declared))]
    form = [each.message for each in accepted(bed_form_csv(NOON, declared))]
    for messages in (ror, form):
        assert all(isinstance(each, BedCapacity) for each in messages)
        assert [
            (each.finess, each.bed_kind, each.beds_installed, each.beds_available, each.beds_occupied, each.updated_at)
            for each in messages
            if isinstance(each, BedCapacity)
        ] == [(each.site.finess, "rea", each.installed, each.available, each.occupied, NOON) for each in declared]
    (unknown,) = accepted(bed_form_json(NOON, declared[:1]))
    assert isinstance(unknown.message, BedCapacity)
    assert unknown.message.beds_available is None


def test_what_can_say_that_it_is_an_exercise_says_it() -> None:
    visit = next(ordinary_visits(Random(1), NANTES, NOON, NOON + timedelta(days=1)))
    said = Said("x", "afflux_massif_de_victimes", "DEP-72", "Essai", "SAMU 72 (exercice)", statut="exercice")
    calls = Calls("72", NOON - timedelta(hours=1), NOON, 100, 50)
    written = [
        signal_json(NOON, said),
        bed_form_csv(NOON, [Beds(LE_MANS, 17, 16)], "exercice"),
        bed_form_json(NOON, [Beds(LE_MANS, 17, 16)], "exercice"),
        regulation_csv([calls], "exercice"),
        cap_xml(CapAlert("x-1", NOON, "Alert", "Essai", "72", "Exercise")),
        rpis_json(visit, 1, NANTES.finess, is_exercise=True),
    ]
    for content in written:
        (only,) = accepted(content, NOON + timedelta(days=1))
        assert only.status is Status.EXERCISE, content


def test_the_other_formats_say_what_they_were_given() -> None:
    (signal,) = accepted(signal_json(NOON, Said("x", "accident_collectif", "DEP-72", "Essai", "SAMU 72", {"a": "b"})))
    assert isinstance(signal.message, SignalSanitaire)
    assert (signal.message.territory, signal.message.criteria, signal.occurred_at) == ("DEP-72", {"a": "b"}, NOON)
    (disease,) = accepted(mdo_csv("Rougeole", "53", date(2026, 1, 14), "Laboratoire"))
    assert isinstance(disease.message, SignalSanitaire)
    assert disease.message.nature == "mdo.rougeole"
    (calls,) = accepted(regulation_csv([Calls("49", NOON - timedelta(hours=1), NOON, 100, 50)]))
    assert isinstance(calls.message, RegulationActivity)
    assert (calls.message.calls, calls.message.dossiers, calls.message.sas_calls) == (100, 50, None)
    (snow,) = accepted(vigilance_json(NOON, "5", {"44": 3}, timedelta(hours=24)))
    assert isinstance(snow.message, SignalSanitaire)
    assert snow.message.criteria["couleur"] == "orange"
    first = CapAlert("x-1", NOON, "Alert", "Fusillade & fuite", "72")
    (cap,) = accepted(cap_xml(first))
    assert isinstance(cap.message, SignalSanitaire)
    assert (cap.message.territory, cap.message.criteria["evenement"]) == ("DEP-72", "Fusillade & fuite")
    ended = accepted(cap_xml(CapAlert("x-2", NOON, "Cancel", "Fusillade", "72", replaces=first)), is_given=True)
    signals = [each.message for each in ended if isinstance(each.message, SignalSanitaire)]
    assert cap.message.signal_id in {each.signal_id for each in signals if not each.is_open}


def test_a_smur_summary_becomes_a_count() -> None:
    visit = next(ordinary_visits(Random(1), NANTES, NOON, NOON + timedelta(days=1)))
    (only,) = accepted(rpis_json(visit, 1, NANTES.finess), NOON + timedelta(days=1))
    assert isinstance(only.message, SmurIntervention)
    assert (only.message.departement, only.message.finess) == ("44", NANTES.finess)


def identities(visits: tuple[Visit, ...]) -> set[bytes]:
    return {
        text.encode(encoding)
        for visit in visits
        for text in (visit.person.commune, f"{visit.person.birth:%d/%m/%Y}", visit.person.birth.isoformat())
        for encoding in ("UTF-8", "ISO-8859-1")
    }


def test_no_identity_of_any_file_reaches_the_journal(tmp_path: Path) -> None:
    feeds = region_feeds(12, MONDAY, 2, TROUBLE, SMALL)
    with SqliteJournal.create(tmp_path / "j.db") as journal:
        _, receipts = collected(feeds.files, journal)
    assert sum(each.journaled for each in receipts) > 300
    stored = b"".join(each.read_bytes() for each in sorted(tmp_path.iterdir()))
    sent = b"".join(each.content for each in feeds.files)
    searched = identities(feeds.visits)
    days = {f"{MONDAY + timedelta(days=number)}".encode() for number in range(-1, 5)}
    assert any(each in sent for each in searched)
    assert not [each for each in searched - days if each in stored]


def test_invented_people_are_plausible_and_sites_are_declared() -> None:
    visits = list(ordinary_visits(Random(5), NANTES, local(MONDAY), local(MONDAY + timedelta(days=4))))
    for visit in visits:
        assert visit.person.birth < visit.entered_at.date()
        assert visit.entered_at < visit.recorded_at < visit.triaged_at
        assert visit.entered_at < visit.leaving.at <= visit.left_at
    shares = Counter(
        age_class(years_between(each.person.birth, each.entered_at.astimezone(ZONE).date())) for each in visits
    )
    for name, weight in ORDINARY.ages.items():
        assert 100 * shares[name] / len(visits) == pytest.approx(weight, abs=5)
    assert len({site.finess for site in SITES}) == len(SITES)


def test_visits_of_the_hour_that_occurs_twice_are_kept_apart() -> None:
    october = date(2026, 10, 25)
    feeds = region_feeds(13, october - timedelta(days=1), 3, CALM, (NANTES,))
    journal, _ = collected(feeds.files)
    left: list[PassageRPU] = list(visits_left(journal).values())
    assert len(left) == len(feeds.visits)
