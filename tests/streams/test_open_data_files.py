from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from streams.adapters.open_data_files import FORMATS, read_files, recognise
from streams.messages import decode
from streams.messages.feeds import DailyFigures
from streams.messages.reference import ReferenceBeds
from streams.opendata.importing import Import
from streams.opendata.rows import OpenDataError

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
VISITS = DATA / "sursaud" / "sursaud-covid19-quotidien-2020-04-16-10h47-departement.csv"
VISITS_BY_REGION = DATA / "sursaud" / "sursaud-covid19-quotidien-2020-04-07-19h00-region.csv"
STOCKS = DATA / "covid" / "sivic_stocks_predicu_public_data.csv"
BEDS = DATA / "ref" / "lits-departements-france.csv"

with_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"the open-data files are not in {DATA.name}")

SMALL = b"dep_id,dep,rea,si_usic,si_unv,si_autres,sc\n44,Loire Atlantique,77,54,12,65,131,132\n75,Paris,1,,,,,1\n"
NO_FEED = b"colonne;autre\n1;2\n"


@pytest.fixture
def write(tmp_path: Path) -> Callable[[bytes], Path]:
    def write(data: bytes) -> Path:
        path = tmp_path / "fichier.csv"
        path.write_bytes(data)
        return path

    return write


def passages(result: Import) -> dict[tuple[str, str], int | None]:
    messages = (decode(record.draft.kind, record.draft.payload) for record in result.records)
    return {
        (message.territory, message.day.isoformat()): message.figures["passages"]
        for message in messages
        if isinstance(message, DailyFigures) and message.feed == "sursaud"
    }


def test_a_file_is_read_and_filtered_by_region(write: Callable[[bytes], Path]) -> None:
    result = read_files([("lits-sae", write(SMALL))], "52")
    assert [record.draft.region for record in result.records] == ["52"]
    assert result.elsewhere == 1


def test_errors_name_the_path_and_the_line(write: Callable[[bytes], Path]) -> None:
    path = write(SMALL.replace(b"54", b"x"))
    with pytest.raises(OpenDataError, match=r"fichier\.csv:2: column si_usic: not a count"):
        read_files([("lits-sae", path)])


def test_a_file_that_cannot_be_read_is_an_error_one_can_act_on(tmp_path: Path) -> None:
    with pytest.raises(OpenDataError, match=r"absent\.csv:1: cannot be read: No such file"):
        read_files([("lits-sae", tmp_path / "absent.csv")])
    with pytest.raises(OpenDataError, match="cannot be read"):
        read_files([("lits-sae", tmp_path)])


def test_unknown_formats_and_regions_are_named(write: Callable[[bytes], Path]) -> None:
    path = write(SMALL)
    with pytest.raises(ValueError, match="unknown format 'rpu': expected one of sursaud-quotidien"):
        read_files([("rpu", path)])
    with pytest.raises(ValueError, match="unknown région '99'"):
        read_files([("lits-sae", path)], "99")


def test_recognise_reads_the_header_only(write: Callable[[bytes], Path]) -> None:
    assert recognise(write(SMALL)) == "lits-sae"
    assert recognise(write(b"\xef\xbb\xbf" + SMALL.replace(b"\n", b"\r\n"))) == "lits-sae"
    for other in (NO_FEED, b"", b"\xff\xfe", b"\0" * 9000, b'"' * 9000, b"a" * 200_000):
        assert recognise(write(other)) is None


@with_data
def test_each_published_file_is_recognised_and_no_other() -> None:
    known = {recognise(path) for path in (VISITS, VISITS_BY_REGION, STOCKS, BEDS)}
    known |= {recognise(path) for path in DATA.glob("covid/covid-hospit-incid-2*.csv")}
    assert known == set(FORMATS)
    others = [*DATA.glob("covid/metadonnees*"), *DATA.glob("meteo/*.csv"), *DATA.glob("covid/*etab*")]
    assert {recognise(path) for path in others} == {None}


@with_data
def test_the_real_visits_give_one_entry_per_departement_and_day() -> None:
    result = read_files([("sursaud-quotidien", VISITS)])
    visits = passages(result)
    assert len(result.records) == len(visits) == 101 * 51
    assert result.set_aside == ()
    assert visits["DEP-48", "2020-03-29"] is None
    assert visits["DEP-01", "2020-02-24"] == 357
    assert result.records[0].recorded_at == datetime(2020, 2, 25, 3, tzinfo=UTC)
    assert result.records[-1].recorded_at == datetime(2020, 4, 15, 2, tzinfo=UTC)


@with_data
def test_the_real_regional_visits_set_aside_the_codes_that_are_no_region() -> None:
    result = read_files([("sursaud-quotidien", VISITS_BY_REGION)])
    assert len(result.records) == 18 * 43
    assert len(result.set_aside) == 2 * 43 * 6
    assert {row.raw[:2] for row in result.set_aside} == {b"07", b"08"}


@with_data
def test_the_real_beds_sum_to_the_official_denominator() -> None:
    messages = [decode(record.draft.kind, record.draft.payload) for record in read_files([("lits-sae", BEDS)]).records]
    beds = {message.territory: message.beds for message in messages if isinstance(message, ReferenceBeds)}
    assert len(beds) == 101
    assert beds["DEP-44"]["rea"] == 77
    assert sum(kinds["rea"] or 0 for kinds in beds.values()) == 5058
    for kinds in beds.values():
        parts = [kinds[name] for name in ("si_usic", "si_unv", "si_autres")]
        assert (kinds["si_total"] or 0) == sum(part or 0 for part in parts)


@with_data
def test_the_real_stocks_hold_one_row_of_no_territory() -> None:
    result = read_files([("sivic-stocks", STOCKS), ("lits-sae", BEDS)])
    (row,) = result.set_aside
    assert (row.line, row.raw) == (709, b"2020-03-24,,13,13,0,0\n")
    assert len(result.records) == 101 * 33 + 101
    assert result.records[0].recorded_at == datetime(2020, 3, 19, 2, 59, 59, tzinfo=UTC)
