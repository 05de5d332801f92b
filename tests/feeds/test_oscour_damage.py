"""Damaged and hostile OSCOUR files: each record is accepted or refused, or the whole file is; nothing else happens."""

import tracemalloc
from io import BytesIO
from itertools import chain, repeat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.collecting.decoding import Accepted, Context, Refused, UnreadableFeed
from streams.collecting.pseudonyms import Pseudonyms
from streams.messages import encode, encode_checked
from streams.messages.visits import PassageRPU
from streams.rpu.layout import WORTH_A_LAYOUT
from streams.rpu.oscour import decode
from streams.rpu.reading import CHUNK, LARGEST_RECORD
from tests.feeds.oscour_files import RECEIVED_AT, RING, VISIT, Pieces, document, encoded, patient, read, read_stream

GOOD = encoded(document(patient() * 3))
ENTITY_BOMB = (
    """<!DOCTYPE OSCOUR [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;">]>"""
)


def refusal(data: bytes) -> str:
    with pytest.raises(UnreadableFeed) as raised:
        read(data)
    assert raised.value.__cause__ is None
    return str(raised.value)


@pytest.mark.parametrize(
    "doctype",
    [ENTITY_BOMB, "<!DOCTYPE OSCOUR>", '<!DOCTYPE OSCOUR SYSTEM "file:///etc/passwd">', "<!DOCTYPE OSCOUR []>"],
)
def test_a_document_type_refuses_the_file(doctype: str) -> None:
    assert "DOCTYPE" in refusal(encoded(doctype + document(patient({"COMMUNE": "X"}).replace(">X<", ">&c;<"))))


def test_an_undeclared_entity_refuses_the_file() -> None:
    assert "undefined entity" in refusal(encoded(document("<PATIENT><CP>&c;</CP></PATIENT>")))


@pytest.mark.parametrize("encoding", ["windows-1252", "UTF-16", "US-ASCII", "UTF-7", "x-unknown"])
def test_another_declared_encoding_is_refused(encoding: str) -> None:
    data = f'<?xml version="1.0" encoding="{encoding}"?>{document(patient())}'.encode()
    assert "neither ISO-8859-1 nor UTF-8" in refusal(data)


def test_utf_16_is_refused() -> None:
    assert "NUL bytes" in refusal(document(patient()).encode("utf-16"))


@pytest.mark.parametrize("encoding", ["ISO-8859-1", "UTF-8", "utf-8", "iso-8859-1"])
def test_both_encodings_are_read(encoding: str) -> None:
    _, (item,) = read(encoded(document(patient({"COMMUNE": "NÎMES"})), encoding))
    assert isinstance(item, Accepted)


@pytest.mark.parametrize("prefix", [b"", b"\xef\xbb\xbf"])
def test_a_file_without_declaration_is_utf_8(prefix: bytes) -> None:
    _, (item,) = read(prefix + document(patient({"COMMUNE": "NÎMES"})).encode())
    assert isinstance(item, Accepted)


def test_latin_1_that_says_it_is_utf_8_is_refused() -> None:
    data = b'<?xml version="1.0" encoding="UTF-8"?>' + document(patient({"COMMUNE": "NÎMES"})).encode("latin-1")
    message = refusal(data)
    assert "in utf-8" in message
    assert "NÎMES" not in message


@pytest.mark.parametrize("cut", [0, 10, 100, len(GOOD) // 2, len(GOOD) - 1])
def test_a_cut_file_is_refused_at_its_end(cut: int) -> None:
    assert refusal(GOOD[:cut]).startswith("envoi.xml:")


def test_the_header_of_a_file_cut_later_is_read_first() -> None:
    decoding = decode(BytesIO(GOOD[:-20]), "f", Context("52", RECEIVED_AT), Pseudonyms(RING))
    assert decoding.manifest.source == "ETAB-440000271"
    with pytest.raises(UnreadableFeed):
        list(decoding.items)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("<INVS/>", "root element is not OSCOUR"),
        ("<OSCOUR/>", "no PASSAGES"),
        ("<OSCOUR><PASSAGES/></OSCOUR>", "PASSAGES comes before"),
        ("<OSCOUR><PATIENT/></OSCOUR>", "other than ETABLISSEMENT and PASSAGES"),
        (document("").replace("</OSCOUR>", "<ETABLISSEMENT/></OSCOUR>"), "second ETABLISSEMENT"),
        (document("<patient/>"), "other than PATIENT inside"),
        (document(patient().replace("<CP>", "<PATIENT></PATIENT><CP>")), "PATIENT inside"),
        (document(patient()).replace("<ORDRE>", "<ORDRE><PATIENT/>"), "outside PASSAGES"),
        (document(patient()).replace("<ORDRE>", "<ORDRE><a><b><c><d>"), "nested too deep"),
        (document(patient()) + "<OSCOUR/>", "junk after document"),
    ],
)
def test_a_file_of_another_shape_is_refused(text: str, reason: str) -> None:
    assert reason in refusal(encoded(text))


def test_comments_and_cdata_are_text_like_any_other() -> None:
    odd = patient().replace("<DP>J101</DP>", "<DP><![CDATA[J101]]></DP><!-- <DP>A09</DP></PATIENT> -->")
    _, plain = read(encoded(document(patient())))
    _, read_back = read(encoded(document(odd)))
    assert read_back == plain


def test_white_space_and_escapes_change_nothing() -> None:
    spaced = patient({"ENTREE": "\n 14/01/2025 08:12 \t"}).replace("><", ">\n   <").replace("J101", "&#74;101")
    _, plain = read(encoded(document(patient())))
    _, read_back = read(encoded(document(f"\n{spaced}\n")))
    assert read_back == plain


@pytest.mark.parametrize(
    ("head", "piece"),
    [
        ("", b"<!-- "),
        ("", b" "),
        ("<OSCOUR>", b"x"),
        ("<OSCOUR><ETABLISSEMENT>", b"<a>1</a>"),
        ("<OSCOUR><ETABLISSEMENT>", b"<a>"),
        (document("@"), b"<!-- "),
        (document("<PATIENT>@"), b"x"),
        (document("<PATIENT>@"), b"<a>"),
        (document("<PATIENT>@"), b"<a/>"),
        (document("<PATIENT "), b"x"),
        (document("<PATIENT "), b"x='"),
    ],
)
def test_no_record_or_markup_grows_without_bound(head: str, piece: bytes) -> None:
    opened = head.partition("@")[0].removesuffix("</PASSAGES></OSCOUR>").encode()
    pieces = chain([opened], repeat(piece * (CHUNK // len(piece))))
    with pytest.raises(UnreadableFeed):
        read_stream(Pieces(pieces, 50 * LARGEST_RECORD))


@pytest.mark.parametrize("field", ["<n{0}/>", "<DP n{0}='1'/>", "<DP n{0} = '1'></DP>", "<n{0}><a>1</a></n{0}>"])
def test_names_are_not_remembered_without_bound(field: str) -> None:
    patients = "".join(f"<PATIENT>{field.format(number)}</PATIENT>" for number in range(5000))
    assert "different names" in refusal(encoded(document(patients)))


def peak_memory(records: int, field: str) -> int:
    opening, closing = encoded(document("@")).split(b"@")
    hundreds = (
        "".join(patient({"CP": f"{number:05}"}, field) for number in range(first, first + 100)).encode()
        for first in range(0, records, 100)
    )
    stream = Pieces(chain([opening], hundreds, [closing]), records * 10_000)
    tracemalloc.start()
    items = decode(stream, "f", Context("52", RECEIVED_AT), Pseudonyms(RING)).items
    assert sum(1 for _ in items) == records
    _, highest = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return highest


@pytest.mark.parametrize("field", ["", "<HMED x='1'/>"])
def test_memory_does_not_grow_with_the_file_but_for_a_few_bytes_a_visit(field: str) -> None:
    peak_memory(500, field)
    assert peak_memory(8000, field) < peak_memory(2000, field) + 6000 * 40


@given(data=st.data())
def test_any_damage_leaves_each_record_accepted_or_refused(data: st.DataObject) -> None:
    damaged = bytearray(GOOD)
    for _ in range(data.draw(st.integers(1, 6))):
        start = data.draw(st.integers(0, len(damaged)))
        end = min(len(damaged), start + data.draw(st.integers(0, 4)))
        damaged[start:end] = data.draw(st.binary(max_size=4) | st.sampled_from([b"<", b">", b"</PATIENT>", b"&", b"0"]))
    try:
        _, items = read(bytes(damaged))
    except UnreadableFeed:
        return
    for item in items:
        assert isinstance(item, Accepted | Refused)
        if isinstance(item, Accepted):
            assert isinstance(item.message, PassageRPU)
            assert encode_checked(item.message) == encode(item.message)
    refused = [item.position for item in items if isinstance(item, Refused)]
    assert refused == [place for place, item in enumerate(items, start=1) if isinstance(item, Refused)]


@given(st.binary(max_size=200))
def test_anything_else_is_refused(data: bytes) -> None:
    assert refusal(data)


TEXTS = st.one_of(
    st.sampled_from(["", "1", "8", "M", "REA", "J10.1", "30/02/2025", "14/01/2025 08:12", "02/03/1941", "x>y", "a=b"]),
    st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=20),
)
FIELDS = st.dictionaries(
    st.sampled_from(["NAISSANCE", "SEXE", "SORTIE", "DP", "GRAVITE", "ORIENT", "PROVENANCE", "CP"]), TEXTS
)


@given(st.lists(FIELDS, max_size=5))
def test_any_values_give_what_validation_would_accept(visits: list[dict[str, str]]) -> None:
    _, items = read(encoded(document("".join(map(patient, visits)))))
    assert len(items) == len(visits)
    for item in items:
        assert isinstance(item, Accepted)
        assert encode_checked(item.message) == encode(item.message)


@given(st.lists(FIELDS, max_size=8), st.integers(1, 700))
def test_where_the_stream_is_cut_into_pieces_changes_nothing(visits: list[dict[str, str]], size: int) -> None:
    data = encoded(document("".join(map(patient, visits))))
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    assert read_stream(Pieces(pieces, len(data))) == read(data)[1]


@given(st.lists(FIELDS, max_size=8), st.sampled_from(["UTF-8", "ISO-8859-1"]), st.booleans())
def test_records_cut_out_plainly_are_those_read_by_events(
    visits: list[dict[str, str]], encoding: str, is_long: bool
) -> None:
    # Repeated so that the layout of the file is worth learning.
    patients = "".join(map(patient, visits)) * (WORTH_A_LAYOUT if is_long else 1)
    plain = read(encoded(document(patients), encoding))
    by_events = read(encoded(document(f"<!-- from here on -->{patients}"), encoding))
    assert plain == by_events


@pytest.mark.parametrize("stray", ["x", "é", " 14/01/2025 ", "&amp;"])
@pytest.mark.parametrize("before", ["", "<!-- from here on -->"])
def test_text_between_two_fields_belongs_to_neither(stray: str, before: str) -> None:
    written = patient(extra="<DA>I10</DA>").replace("><", f">{stray}<")
    _, items = read(encoded(document(before + written)))
    assert items == read(encoded(document(patient(extra="<DA>I10</DA>"))))[1]


def lists(*diagnoses: str) -> str:
    written = "".join(f"<DA>{each}</DA>\n" for each in diagnoses)
    return f"<LISTE_DA>{written}</LISTE_DA><LISTE_ACTES><ACTE>ZBQK002</ACTE></LISTE_ACTES>"


@pytest.mark.parametrize(
    "odd",
    [
        patient(extra=lists("I10", "", "E119", "I10")),
        patient(extra=lists()),
        "<PATIENT><ENTREE>14/01/2025 08:12</ENTREE></PATIENT>",
        patient(extra="<DA>I10</DA>"),
        patient(extra="<DP>I10</DP>" + lists("I10")),
        patient(extra="<AUTRE><DP>I10</DP></AUTRE>" + lists("I10")),
        patient(extra=lists("I10") + lists("E119")),
        patient(extra=lists("I10").replace("<DA>", "<DP>").replace("</DA>", "</DP>")),
        patient(extra=lists("I10")).replace("><", ">x<"),
        patient({"ENTREE": ""}, extra=lists("I10")),
        patient(extra=lists("I10")).replace(VISIT["MOTIF"], "a > b ! ?"),
    ],
)
@pytest.mark.parametrize(
    "usual",
    [
        patient(extra=lists("I10", "E119")),
        patient(),
        "<PATIENT></PATIENT>",
        patient(extra=lists("I10")).replace("<DP>J101</DP>", "<DP><DA>E119</DA></DP>"),
        patient(extra=lists("I10")).replace("</CP>", "</CP><HMED>a > b</HMED>"),
    ],
)
def test_a_record_of_another_layout_than_the_others_is_read_the_same(odd: str, usual: str) -> None:
    passages = odd + usual * WORTH_A_LAYOUT + odd
    by_events = read(encoded(document(f"<!-- from here on -->{passages}")))
    assert read(encoded(document(passages))) == by_events


HIDDEN = patient({"DP": "Z999"})


@pytest.mark.parametrize(
    ("passages", "visits"),
    [
        (patient() + f"<!-- {HIDDEN} -->" + patient(), 2),
        (patient({}, f"<HMED><![CDATA[{HIDDEN}]]></HMED>"), 1),
        (patient() + f"<?note {HIDDEN} ?>", 1),
        (patient().replace("</PATIENT>", "</PATIENT >") + patient(), 2),
        (patient().replace("<PATIENT>", "<PATIENT >") + patient(), 2),
        (patient() + "</PASSAGES>\n<PASSAGES>" + patient(), 2),
        (patient() + "\n</PASSAGES>\n<PASSAGES/><PASSAGES>", 1),
        (patient({"ORIENT": ""}).replace("<ORIENT></ORIENT>", "<ORIENT/>"), 1),
    ],
)
@pytest.mark.parametrize("size", [7, 300, 100_000])
def test_what_looks_like_a_record_is_not_one(passages: str, visits: int, size: int) -> None:
    data = encoded(document(passages))
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    items = read_stream(Pieces(pieces, len(data)))
    assert len(items) == visits
    for item in items:
        assert isinstance(item, Accepted)
        assert isinstance(item.message, PassageRPU)
        assert item.message.diagnosis_cim10 == "J101"


def test_an_opening_hidden_in_text_does_not_start_the_records() -> None:
    text = document("").replace("<PASSAGES>", f"<PASSAGES ><![CDATA[<PASSAGES>{HIDDEN}]]>{patient()}")
    _, items = read(encoded(text))
    assert len(items) == 1
