from datetime import UTC, date, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orsan_plans.territory import region_of
from streams.entry import Status
from streams.messages import decode
from streams.messages.feeds import DailyFigures
from streams.messages.reference import ReferenceBeds
from streams.opendata.importing import Record, assemble, decode_file, end_of_day, recorded_at
from streams.opendata.layouts import FORMATS, LAYOUTS, recognise_header
from streams.opendata.rows import OpenDataError

SURSAUD_HEADER = ",".join(LAYOUTS["sursaud-quotidien"].shapes[0].header)
SURSAUD_REGION_HEADER = ",".join(LAYOUTS["sursaud-quotidien"].shapes[1].header)
STOCKS_HEADER = ",".join(LAYOUTS["sivic-stocks"].shapes[0].header)
BEDS_HEADER = "dep_id,dep,rea,si_usic,si_unv,si_autres,sc"

SURSAUD = f"""{SURSAUD_HEADER}
44,2020-03-22,0,29,341,12,15,14,180,161,7,5,40,300,,,,
44,2020-03-22,A,2,60,0,,,,,,,,,,,,
44,2020-03-22,E,7,70,6,,,,,,,,,,,,
48,2020-03-22,0,,,,,,,,,,,,,,,
"""
INCIDENTS = """"dep";"jour";"incid_hosp";"incid_rea";"incid_dc";"incid_rad"
"44";2020-03-22;9;2;1;4
"978";2020-03-22;1;0;0;0
"2A";2020-03-22;3;0;;1
"""
STOCKS = f"{STOCKS_HEADER}\n2020-03-24,44,90,30,12,3\n2020-03-24,,13,13,0,0\n"
BEDS = f"{BEDS_HEADER}\n44,Loire Atlantique,77,54,12,65,131,132\n48,Lozère,3,,,,,3\n"
SOUND = {"sursaud-quotidien": SURSAUD, "sivic-stocks": STOCKS, "sivic-incidents": INCIDENTS, "lits-sae": BEDS}


def read(format_: str, text: str | bytes, region: str | None = None) -> tuple[Record, ...]:
    data = text if isinstance(text, bytes) else text.encode()
    return assemble([decode_file(format_, "f.csv", data)], region).records


def figures(record: Record) -> DailyFigures:
    message = decode(record.draft.kind, record.draft.payload)
    assert isinstance(message, DailyFigures)
    return message


def refusal(format_: str, text: str | bytes) -> str:
    with pytest.raises(OpenDataError) as caught:
        read(format_, text)
    return str(caught.value)


def test_a_day_of_visits_is_one_entry_with_every_age_class() -> None:
    nantes, _ = read("sursaud-quotidien", SURSAUD)
    message = figures(nantes)
    assert (message.feed, message.territory, message.day) == ("sursaud", "DEP-44", date(2020, 3, 22))
    assert message.figures["passages"] == 341
    assert message.figures["suspicion_covid"] == 29
    assert message.figures["hospitalisations_covid"] == 12
    assert message.figures["actes_sos"] == 300
    assert message.figures["actes_sos_covid"] == 40
    assert message.figures["passages_A"] == 60
    assert message.figures["suspicion_covid_E"] == 7
    assert (message.figures["passages_h"], message.figures["passages_f"]) == (180, 161)
    assert nantes.rows == 3


def test_an_empty_cell_is_unknown_and_not_zero() -> None:
    _, lozere = read("sursaud-quotidien", SURSAUD)
    assert figures(lozere).figures["passages"] is None
    assert figures(lozere).figures["suspicion_covid"] is None


def test_a_missing_all_ages_row_leaves_the_total_unknown() -> None:
    (record,) = read("sursaud-quotidien", f"{SURSAUD_HEADER}\n44,2020-03-22,A,2,60,0,,,,,,,,,,,,\n")
    assert figures(record).figures["passages"] is None
    assert figures(record).figures["passages_A"] == 60


def test_the_region_file_writes_whole_numbers_with_decimals() -> None:
    row = "52,2020-03-22,0,29.00,341.00,,,,,,,,,,,,,"
    (record,) = read("sursaud-quotidien", f"{SURSAUD_REGION_HEADER}\n{row}\n")
    assert figures(record).territory == "REG-52"
    assert record.draft.region == "52"
    assert figures(record).figures["passages"] == 341


def test_incidents_and_stocks_name_their_figures() -> None:
    corse, nantes = read("sivic-incidents", INCIDENTS)
    assert figures(nantes).figures == {
        "admissions": 9,
        "admissions_rea": 2,
        "deces": 1,
        "retours_domicile": 4,
    }
    assert figures(nantes).feed == "sivic.incidents"
    assert figures(corse).figures["deces"] is None
    assert corse.draft.region == "94"
    (stock,) = read("sivic-stocks", STOCKS)
    assert figures(stock).feed == "sivic.stocks"
    assert figures(stock).figures == {
        "hospitalises": 90,
        "reanimation": 30,
        "gueris_cumul": 12,
        "deces_cumul": 3,
    }


@pytest.mark.parametrize("header", [BEDS_HEADER, BEDS_HEADER.replace(",sc", ",si_total,sc")])
def test_beds_hold_eight_columns_whether_or_not_the_header_names_them_all(header: str) -> None:
    nantes, lozere = read("lits-sae", BEDS.replace(BEDS_HEADER, header))
    message = decode(nantes.draft.kind, nantes.draft.payload)
    assert isinstance(message, ReferenceBeds)
    assert (message.territory, message.source) == ("DEP-44", "SAE 2018 (DREES)")
    assert message.beds == {
        "rea": 77,
        "si_usic": 54,
        "si_unv": 12,
        "si_autres": 65,
        "si_total": 131,
        "sc": 132,
    }
    unknown = decode(lozere.draft.kind, lozere.draft.payload)
    assert isinstance(unknown, ReferenceBeds)
    assert unknown.beds["si_total"] is None


def test_rows_without_a_region_are_set_aside_with_their_bytes() -> None:
    result = assemble([decode_file("sivic-incidents", "i.csv", INCIDENTS.encode())])
    (row,) = result.set_aside
    assert (row.source, row.line, row.raw) == ("i.csv", 3, b'"978";2020-03-22;1;0;0;0\n')
    assert "978" in row.reason
    (empty,) = assemble([decode_file("sivic-stocks", "s.csv", STOCKS.encode())]).set_aside
    assert (empty.line, empty.raw) == (3, b"2020-03-24,,13,13,0,0\n")
    assert "empty" in empty.reason


def test_figures_occur_at_the_end_of_their_day_and_are_recorded_at_four() -> None:
    record = read("sivic-incidents", INCIDENTS)[0]
    assert record.draft.occurred_at == datetime(2020, 3, 22, 23, tzinfo=UTC)
    assert record.recorded_at == datetime(2020, 3, 23, 3, tzinfo=UTC)
    assert record.draft.status is Status.ACTUAL


def test_summer_time_moves_the_instants_by_an_hour() -> None:
    before, after = date(2020, 3, 27), date(2020, 3, 28)
    assert recorded_at(before) == datetime(2020, 3, 28, 3, tzinfo=UTC)
    assert recorded_at(after) == datetime(2020, 3, 29, 2, tzinfo=UTC)
    assert end_of_day(after) == datetime(2020, 3, 28, 23, tzinfo=UTC)
    assert end_of_day(date(2020, 3, 29)) == datetime(2020, 3, 29, 22, tzinfo=UTC)


def test_beds_come_one_second_before_the_first_figures() -> None:
    files = [decode_file(name, name, text.encode()) for name, text in SOUND.items()]
    records = assemble(files).records
    assert [record.draft.kind for record in records[:3]] == [
        "reference.beds",
        "reference.beds",
        "daily.figures",
    ]
    assert {record.recorded_at for record in records[:2]} == {datetime(2020, 3, 23, 2, 59, 59, tzinfo=UTC)}
    assert records[0].draft.occurred_at == datetime(2018, 12, 31, 23, tzinfo=UTC)


def test_beds_alone_are_recorded_at_the_start_of_the_year_after_the_survey() -> None:
    assert read("lits-sae", BEDS)[0].recorded_at == datetime(2019, 1, 1, 3, tzinfo=UTC)


def test_keeping_a_region_does_not_move_the_beds() -> None:
    later = f"{STOCKS_HEADER}\n2020-03-01,75,1,1,1,1\n2020-03-24,44,90,30,12,3\n"
    files = [decode_file("sivic-stocks", "s", later.encode()), decode_file("lits-sae", "b", BEDS.encode())]
    kept = assemble(files, "52")
    assert [record.draft.region for record in kept.records] == ["52", "52"]
    assert kept.records[0].recorded_at == datetime(2020, 3, 2, 2, 59, 59, tzinfo=UTC)
    assert kept.elsewhere == 2
    assert set(kept.records) < set(assemble(files).records)


def test_same_instant_is_ordered_by_format_then_territory_whatever_the_order_of_files() -> None:
    stocks = f"{STOCKS_HEADER}\n2020-03-22,49,1,1,1,1\n2020-03-22,44,1,1,1,1\n"
    texts = {**SOUND, "sivic-stocks": stocks}
    files = [decode_file(name, name, text.encode()) for name, text in texts.items()]
    records = assemble(files).records
    assert records == assemble(files[::-1]).records
    day = [figures(record) for record in records if record.draft.kind == "daily.figures"]
    assert [(message.feed, message.territory) for message in day] == [
        ("sursaud", "DEP-44"),
        ("sursaud", "DEP-48"),
        ("sivic.stocks", "DEP-44"),
        ("sivic.stocks", "DEP-49"),
        ("sivic.incidents", "DEP-2A"),
        ("sivic.incidents", "DEP-44"),
    ]


def test_two_files_may_not_give_the_same_figures() -> None:
    first, second = (decode_file("sivic-stocks", name, STOCKS.encode()) for name in ("a.csv", "b.csv"))
    with pytest.raises(OpenDataError, match=r"^b\.csv:2: DEP-44 is already given by a\.csv"):
        assemble([first, second])


@pytest.mark.parametrize(
    ("format_", "text", "expected"),
    [
        ("sivic-stocks", b"", "f.csv:1: the file is empty"),
        ("sivic-stocks", f"{STOCKS_HEADER}\n", "f.csv:1: the file holds no row"),
        ("sivic-stocks", STOCKS.replace(",", ";"), "f.csv:1: header not recognised"),
        ("sivic-stocks", STOCKS.replace("n_icu", "n_rea"), "f.csv:1: header not recognised"),
        ("sivic-incidents", STOCKS, "f.csv:1: header not recognised"),
        ("sivic-stocks", STOCKS.replace("90", "neuf"), "f.csv:2: column n_hospitalised_patients: not a count"),
        ("sivic-stocks", STOCKS.replace("90", "-9"), "f.csv:2: column n_hospitalised_patients: not a count"),
        ("sivic-stocks", STOCKS.replace("90", "9.5"), "f.csv:2: column n_hospitalised_patients: not a count"),
        ("sivic-stocks", STOCKS.replace("90", "٩"), "f.csv:2: column n_hospitalised_patients"),
        ("sivic-stocks", STOCKS.replace("03-24,44", "02-30,44"), "f.csv:2: column date: not a day"),
        ("sivic-stocks", STOCKS.replace("2020-03-24,44", "24/03/2020,44"), "f.csv:2: column date"),
        ("sivic-stocks", STOCKS.replace("2020-03-24,44", "9999-12-31,44"), "f.csv:2: column date"),
        ("sivic-stocks", STOCKS.replace("24,44", "24,4"), "f.csv:2: column department_code: not an INSEE code"),
        ("sivic-stocks", STOCKS.replace(",3\n", "\n"), "f.csv:2: 5 cells, expected 6"),
        ("sivic-stocks", STOCKS + "2020-03-24,44,90,30,12,3\n", "f.csv:4: DEP-44 2020-03-24 is given twice"),
        ("sivic-stocks", STOCKS.replace("90", "9\x00"), "f.csv:2: NUL byte"),
        ("sivic-stocks", STOCKS.encode() + b"\xff", "f.csv:4: not UTF-8"),
        ("sivic-stocks", STOCKS.replace("90", '"9"0'), "f.csv:2: not readable as CSV"),
        ("sivic-stocks", STOCKS.replace("90", '"90'), "f.csv:3: not readable as CSV"),
        ("sursaud-quotidien", SURSAUD.replace(",A,", ",F,"), "f.csv:3: column sursaud_cl_age_corona: not an age class"),
        (
            "sursaud-quotidien",
            SURSAUD.replace(",A,", ",E,"),
            "f.csv:4: DEP-44 2020-03-22 age E is given twice",
        ),
        ("lits-sae", BEDS.replace(",131,", ","), "f.csv:2: 7 cells, expected 8"),
        ("lits-sae", BEDS + "44,Encore,1,,,,,1\n", "f.csv:4: DEP-44 is given twice"),
    ],
)
def test_a_malformed_file_is_one_error_with_its_line(format_: str, text: str | bytes, expected: str) -> None:
    assert refusal(format_, text).startswith(expected)


@pytest.mark.parametrize(
    "text",
    [
        STOCKS.replace("n_icu", "né le 3 mai 1950"),
        STOCKS.replace("90", "né le 3 mai 1950"),
        STOCKS.replace("2020-03-24,44", "2020-03-24,né le 3 mai 1950"),
        STOCKS.replace("2020-03-24,44", "1950-05-03,44"),
        STOCKS.replace("90", '"né le 3 mai 1950'),
    ],
)
def test_a_refusal_repeats_nothing_of_the_file(text: str) -> None:
    assert "1950" not in refusal("sivic-stocks", text)


def test_a_byte_order_mark_windows_ends_of_line_and_blank_lines_are_fine() -> None:
    variant = b"\xef\xbb\xbf" + STOCKS.replace("\n", "\r\n").encode() + b"\r\n"
    assert read("sivic-stocks", variant) == read("sivic-stocks", STOCKS)


@pytest.mark.parametrize("format_", FORMATS)
def test_a_format_is_recognised_by_its_header(format_: str) -> None:
    assert recognise_header(SOUND[format_].splitlines()[0]) == format_
    assert recognise_header("colonne;autre") is None
    assert recognise_header("") is None


damage = st.tuples(st.sampled_from(["flip", "insert", "cut", "truncate"]), st.integers(0), st.integers(0, 255))


def damaged(data: bytes, kind: str, position: int, byte: int) -> bytes:
    at = position % (len(data) + 1)
    match kind:
        case "flip":
            return data[:at] + bytes([byte]) + data[at + 1 :]
        case "insert":
            return data[:at] + bytes([byte]) + data[at:]
        case "cut":
            return data[:at] + data[at + byte :]
        case _:
            return data[:at]


@given(st.sampled_from(FORMATS), st.lists(damage, min_size=1, max_size=4))
def test_a_damaged_file_is_read_or_refused_and_never_anything_else(
    format_: str, damages: list[tuple[str, int, int]]
) -> None:
    data = SOUND[format_].encode()
    for kind, position, byte in damages:
        data = damaged(data, kind, position, byte)
    try:
        result = assemble([decode_file(format_, "f.csv", data)])
    except OpenDataError as error:
        assert str(error).startswith("f.csv:")  # noqa: PT017 (either outcome is right)
    else:
        assert result.received == sum(record.rows for record in result.records) + len(result.set_aside)
        assert all(a.recorded_at <= b.recorded_at for a, b in pairwise(result.records))


codes = st.sampled_from(["44", "49", "48", "2A", "974", "75", "", "975", "978"])
days = st.dates(date(2018, 1, 1), date(2022, 12, 31))
counts = st.one_of(st.just(""), st.integers(0, 10**6).map(str))


@given(
    st.dictionaries(st.tuples(codes, days), st.tuples(counts, counts, counts, counts), min_size=1, max_size=30),
    st.sampled_from([None, "52", "76", "04"]),
)
def test_no_row_is_lost_and_records_never_go_back(
    rows: dict[tuple[str, date], tuple[str, ...]], region: str | None
) -> None:
    text = "\n".join(
        [STOCKS_HEADER, *(",".join([day.isoformat(), code, *cells]) for (code, day), cells in rows.items())]
    )
    beds = decode_file("lits-sae", "b", BEDS.encode())
    result = assemble([decode_file("sivic-stocks", "s", text.encode()), beds], region)
    assert result.received == len(rows) + 2
    assert result.received == sum(r.rows for r in result.records) + len(result.set_aside) + result.elsewhere
    assert all(a.recorded_at <= b.recorded_at for a, b in pairwise(result.records))
    assert all(record.draft.region == (region or record.draft.region) for record in result.records)
    for record in result.records:
        if record.draft.kind == "daily.figures":
            message = figures(record)
            cells = rows[message.territory.removeprefix("DEP-"), message.day]
            assert message.figures["hospitalises"] == (int(cells[0]) if cells[0] else None)
            assert record.draft.region == region_of(message.territory.removeprefix("DEP-"))
