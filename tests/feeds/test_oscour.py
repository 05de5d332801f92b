"""OSCOUR files read as they are written: every field, every quality rule, and what is refused."""

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from streams.collecting.decoding import Accepted, Refused, Window
from streams.messages import encode, encode_checked
from streams.messages.visits import PassageRPU
from streams.rpu.quality import OF_THE_FILE, RULES, explain
from streams.rpu.values import LISTS
from tests.feeds.oscour_files import HEADER, VISIT, document, encoded, patient, read, read_visits


def visit(**fields: str) -> PassageRPU:
    (item,) = read_visits(fields)
    assert isinstance(item.message, PassageRPU)
    return item.message


def refusal(**fields: str) -> Refused:
    _, (item,) = read(encoded(document(patient(fields))))
    assert isinstance(item, Refused)
    return item


def test_the_sample_gives_two_visits(shared_data: Path) -> None:
    manifest, items = read((shared_data / "rpu" / "sample_oscour_synthetique.xml").read_bytes())
    assert (manifest.feed, manifest.source) == ("rpu", "ETAB-990000001")
    assert manifest.extracted_at == datetime(2025, 1, 15, 3, 0, tzinfo=UTC)
    assert manifest.window == Window(date(2025, 1, 14), date(2025, 1, 14))
    first, second = items
    assert isinstance(first, Accepted)
    assert isinstance(second, Accepted)
    assert (first.day, first.flags, first.occurred_at) == (
        date(2025, 1, 14),
        (),
        datetime(2025, 1, 14, 7, 12, tzinfo=UTC),
    )
    assert first.message == PassageRPU(
        key=first.key,
        finess="990000001",
        departement="99",
        entered_at=datetime(2025, 1, 14, 7, 12, tzinfo=UTC),
        age_class="75_ans_et_plus",
        ccmu="3",
        transport="AMBU",
        mode_sortie="6",
        exited_at=datetime(2025, 1, 14, 15, 40, tzinfo=UTC),
        diagnosis_cim10="J101",
        associated_cim10=("I500",),
        sex="F",
        mode_entree="8",
        provenance="5",
        transport_pec="AUCUN",
        destination="1",
        orient="MED",
    )
    assert isinstance(second.message, PassageRPU)
    assert (second.message.age_class, second.message.exited_at, second.message.orient) == ("moins_1_an", None, None)


def test_the_lists_are_those_of_the_public_data_set(shared_data: Path) -> None:
    text = (shared_data / "rpu" / "rpu_valeurs.json").read_text(encoding="utf-8")
    for field, values in LISTS.items():
        block = re.search(rf'"{field}": {{(.*?)}}', text, re.DOTALL)
        assert block is not None
        assert sorted(re.findall(r'"(\w+)":', block[1])) == sorted(values)


@pytest.mark.parametrize("field", LISTS)
def test_every_value_of_a_list_is_kept_and_encodes_as_validated(field: str) -> None:
    for value in LISTS[field]:
        message = visit(**{"PROVENANCE": "", "MODE_ENTREE": "", field: value})
        assert value in {str(kept) for kept in (message.sex, message.mode_entree, message.provenance, message.transport,
            message.transport_pec, message.ccmu, message.mode_sortie, message.destination, message.orient)}  # fmt: skip
        assert message.flags == ()
        assert encode_checked(message) == encode(message)


@pytest.mark.parametrize("field", LISTS)
def test_a_value_outside_its_list_is_left_out_and_flagged(field: str) -> None:
    message = visit(**{field: "ZZZ"})
    assert message.flags == (f"valeur_inconnue:{field}",)
    assert b"ZZZ" not in encode(message)[1]


def test_every_rule_has_its_sentence() -> None:
    assert explain("sortie_avant_entree") == RULES["sortie_avant_entree"]
    assert explain("valeur_inconnue:SEXE").startswith("SEXE : ")
    assert set(RULES) >= OF_THE_FILE


@pytest.mark.parametrize(
    ("fields", "flags"),
    [
        ({"SORTIE": "14/01/2025 08:11"}, ("sortie_avant_entree",)),
        ({"SORTIE": "14/01/2025 08:12"}, ()),
        ({"ENTREE": "15/12/2024 16:39"}, ("sejour_sup_30_jours",)),
        ({"ENTREE": "15/12/2024 16:40"}, ()),
        ({"NAISSANCE": "14/01/1895"}, ("age_sup_120_ans",)),
        ({"NAISSANCE": "15/01/1904"}, ()),
        ({"NAISSANCE": "15/01/2025"}, ("naissance_apres_entree",)),
        ({"NAISSANCE": "30/02/1941"}, ("date_illisible:NAISSANCE",)),
        ({"NAISSANCE": ""}, ()),
        ({"SORTIE": "30/02/2025 10:00"}, ("date_illisible:SORTIE",)),
        ({"SORTIE": ""}, ()),
        ({"PROVENANCE": "1"}, ("provenance_incompatible",)),
        ({"PROVENANCE": "8", "MODE_ENTREE": "7"}, ("provenance_incompatible",)),
        ({"PROVENANCE": "1", "MODE_ENTREE": "7"}, ()),
        ({"PROVENANCE": "8"}, ()),
        ({"DP": "GRIPPE"}, ("cim10_invalide:DP",)),
        ({"DP": "J10.1"}, ("cim10_corrige:DP",)),
        ({"DP": ""}, ()),
    ],
)
def test_a_visit_that_breaks_a_rule_is_kept_and_flagged(fields: dict[str, str], flags: tuple[str, ...]) -> None:
    assert visit(**fields).flags == flags


def test_an_age_of_130_is_unknown_not_old() -> None:
    assert visit(NAISSANCE="14/01/1895").age_class == "inconnu"


def test_an_unreadable_exit_is_left_out_but_one_before_the_entry_is_kept() -> None:
    assert visit(SORTIE="30/02/2025 10:00").exited_at is None
    assert visit(SORTIE="14/01/2025 08:11").exited_at == datetime(2025, 1, 14, 7, 11, tzinfo=UTC)


def test_diagnoses_are_corrected_or_left_out() -> None:
    codes = "".join(f"<DA>{code}</DA>" for code in ("i50.0", "I10", "", "DUPONT", "E" * 50))
    _, (item,) = read(encoded(document(patient({"DP": " J10.1 "}, f"<LISTE_DA>{codes}</LISTE_DA>"))))
    assert isinstance(item, Accepted)
    assert isinstance(item.message, PassageRPU)
    assert (item.message.diagnosis_cim10, item.message.associated_cim10) == ("J101", ("I500", "I10"))
    assert item.flags == ("cim10_corrige:DP", "cim10_corrige:DA", "cim10_invalide:DA")


def test_a_repeated_field_keeps_its_first_value_and_is_flagged() -> None:
    _, (item,) = read(encoded(document(patient({}, "<GRAVITE>5</GRAVITE><ACTE>A</ACTE><ACTE>B</ACTE>"))))
    assert isinstance(item, Accepted)
    assert isinstance(item.message, PassageRPU)
    assert (item.message.ccmu, item.flags) == ("3", ("champ_repete:GRAVITE",))


def test_unknown_elements_are_ignored() -> None:
    extra = "<HMED>14/01/2025 08:30</HMED><CIRCONSTANCE>X</CIRCONSTANCE><GEMSA>2</GEMSA><ORIENT_UHCD>MED</ORIENT_UHCD>"
    _, (with_extra,) = read(encoded(document(patient({}, extra))))
    _, (without,) = read(encoded(document(patient())))
    assert with_extra == without


def test_seconds_are_kept_and_do_not_change_the_key() -> None:
    (to_the_minute,) = read_visits({"ENTREE": "14/01/2025 08:12"})
    (to_the_second,) = read_visits({"ENTREE": "14/01/2025 08:12:37"})
    assert to_the_second.occurred_at == datetime(2025, 1, 14, 7, 12, 37, tzinfo=UTC)
    assert to_the_second.key == to_the_minute.key


def test_identical_visits_are_both_kept_with_keys_that_repeat() -> None:
    once = read_visits({}, {"CP": "44998"}, {})
    again = read_visits({}, {"CP": "44998"}, {})
    assert len({item.key for item in once}) == 3
    assert [item.key for item in once] == [item.key for item in again]
    assert [item.flags for item in once] == [(), (), ("doublon",)]


def test_what_is_corrected_later_does_not_change_the_key() -> None:
    (early,) = read_visits({"DP": "", "SORTIE": "", "ORIENT": "", "COMMUNE": "AUTRE"})
    (late,) = read_visits({})
    assert early.key == late.key
    assert early.message != late.message


@pytest.mark.parametrize(
    ("fields", "flags"),
    [
        ({"ENTREE": "07/01/2025 23:59", "SORTIE": ""}, ("entree_hors_fenetre",)),
        ({"ENTREE": "08/01/2025 00:00", "SORTIE": ""}, ()),
        ({"ENTREE": "15/01/2025 04:01", "SORTIE": ""}, ("entree_hors_fenetre", "entree_apres_extraction")),
        ({"SORTIE": "15/01/2025 04:01"}, ("sortie_apres_extraction",)),
    ],
)
def test_how_a_visit_sits_in_its_file_is_flagged_outside_the_message(
    fields: dict[str, str], flags: tuple[str, ...]
) -> None:
    (item,) = read_visits(fields)
    assert isinstance(item.message, PassageRPU)
    assert item.flags == flags
    assert item.message.flags == ()
    assert {flag.partition(":")[0] for flag in flags} <= OF_THE_FILE


@pytest.mark.parametrize(
    "entered",
    [
        "",
        "30/02/2025 08:12",
        "14/01/2025",
        "14/01/2025 24:00",
        "14/01/2025 08:60",
        "14/01/2025 08:12:60",
        "2025-01-14 08:12",
        "1/1/2025 08:12",
        "14/01/1925 08:12",
        "14/01/2027 08:12",
        "14/01/0001 00:00",
        "31/12/9999 23:59",
        "١٤/٠١/٢٠٢٥ ٠٨:١٢",
        "14/01/2025 08:12:00 et plus",
    ],
)
def test_a_visit_whose_entry_cannot_be_read_is_refused_with_its_bytes(entered: str) -> None:
    _, items = read(encoded(document(patient() + patient({"ENTREE": entered, "COMMUNE": "NÎMES"})), "UTF-8"))
    accepted, refused = items
    assert isinstance(accepted, Accepted)
    assert isinstance(refused, Refused)
    assert refused.position == 2
    assert refused.raw == patient({"ENTREE": entered, "COMMUNE": "NÎMES"}).encode()
    assert "ENTREE" in refused.reason


def test_a_visit_without_entry_or_without_anything_is_refused() -> None:
    _, items = read(encoded(document("<PATIENT/><PATIENT></PATIENT><PATIENT><DP>J10</DP></PATIENT>")))
    assert [item.raw for item in items if isinstance(item, Refused)] == [
        b"<PATIENT/>",
        b"<PATIENT></PATIENT>",
        b"<PATIENT><DP>J10</DP></PATIENT>",
    ]


def test_refused_bytes_are_utf_8_whatever_the_encoding_of_the_file() -> None:
    _, (item,) = read(encoded(document(patient({"ENTREE": "", "COMMUNE": "NÎMES"})), "ISO-8859-1"))
    assert isinstance(item, Refused)
    assert "NÎMES".encode() in item.raw


def test_a_refusal_shows_nothing_of_the_person() -> None:
    shown = repr(refusal(ENTREE="le 14 à midi"))
    for identity in ("midi", VISIT["NAISSANCE"], VISIT["CP"], VISIT["COMMUNE"], VISIT["MOTIF"]):
        assert identity not in shown


def test_nothing_of_the_person_leaves_with_a_visit() -> None:
    odd = {"SEXE": "TEMOIN-SEXE", "DP": "TEMOIN-DP", "SORTIE": "TEMOIN-SORTIE", "PROVENANCE": "TEMOIN-PROVENANCE"}
    for item in read_visits({}, odd, {"NAISSANCE": "TEMOIN-NAISSANCE"}):
        assert isinstance(item.message, PassageRPU)
        shown = repr(item) + encode(item.message)[1].decode()
        assert "TEMOIN-" not in shown
        for identity in ("1941", "02/03", VISIT["CP"], VISIT["COMMUNE"], VISIT["MOTIF"]):
            assert identity not in shown


def test_the_header_of_a_daily_file() -> None:
    manifest, items = read(encoded(document("")))
    assert items == []
    assert manifest.source == f"ETAB-{HEADER['FINESS']}"
    assert manifest.window == Window(date(2025, 1, 8), date(2025, 1, 14))
