"""cyps.xlam read back: by oletools, by the specification's own example, by LibreOffice."""

from __future__ import annotations

import io
import warnings
import xml.etree.ElementTree as ET
import zipfile

import olefile
import pytest
from hypothesis import given
from hypothesis import strategies as st

from addin.calc_host import Calc, own_folder
from addin.test_vba import STAND_IN
from cyps_addin.generators.compound_file import compound_file
from cyps_addin.generators.vba import vba_modules
from cyps_addin.generators.vba_project import compressed, encrypted
from cyps_addin.generators.xlam import PROJECT, members, xlam_bytes
from workbooks.engines import libreoffice_missing

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # oletools asks pyparsing for names of its past
    from oletools.olevba import VBA_Parser, decompress_stream


@pytest.fixture(scope="module")
def package():
    return zipfile.ZipFile(io.BytesIO(xlam_bytes()))


@pytest.fixture(scope="module")
def project(package):
    return olefile.OleFileIO(io.BytesIO(package.read("xl/vbaProject.bin")))


def test_every_part_is_the_same_however_often_it_is_made(package):
    assert xlam_bytes() == xlam_bytes()
    assert {name: package.read(name) for name in package.namelist()} == members(vba_modules())


def test_oletools_reads_every_module_as_it_was_written():
    parser = VBA_Parser("cyps.xlam", data=xlam_bytes())
    found = {path.rpartition("/")[2]: code for _, path, _, code in parser.extract_all_macros()}
    for name, text in vba_modules().items():
        assert found[name].split() == text.split()
    assert "CypsDescribeFunctions" in found["ThisWorkbook"]


def test_there_is_no_compiled_code(project):
    assert project.openstream("VBA/_VBA_PROJECT").read() == bytes.fromhex("CC61FFFF000100")
    streams = {path[-1] for path in project.listdir() if path[0] == "VBA"}
    assert streams == {"_VBA_PROJECT", "dir", "ThisWorkbook", "Sheet1", *vba_modules()}
    for name in vba_modules():  # a module is its compressed source from the first byte on
        stored = project.openstream(f"VBA/{name}").read()
        assert decompress_stream(bytearray(stored)).startswith(b"Attribute VB_Name")


def test_only_stdole_and_office_are_referred_to(project):
    told = decompress_stream(bytearray(project.openstream("VBA/dir").read()))
    assert told.count(b"*\\G{") == 2
    assert b"#OLE Automation" in told
    assert b"#Microsoft Office 16.0 Object Library" in told


def test_nothing_in_it_starts_a_program_or_declares_a_library():
    code = "\n".join(vba_modules().values()).casefold()
    for word in (
        "declare ",
        "shell",
        "wscript",
        "environ",
        "execute",
        "chr(",
        "getobject",
        "volatile",
    ):
        assert word not in code
    assert code.count("createobject") == 1


def test_parts_are_xml_and_relations_lead_to_parts(package):
    names = set(package.namelist())
    for name in names - {"xl/vbaProject.bin"}:
        root = ET.fromstring(package.read(name))  # noqa: S314 - our own
        for relation in root if name.endswith(".rels") else ():
            folder = "xl/" if name.startswith("xl/") else ""
            assert folder + relation.get("Target") in names


@given(st.binary(max_size=9000))
def test_compression_is_undone_by_oletools(data):
    read = decompress_stream(bytearray(compressed(data)))
    assert read[: len(data)] == data
    assert len(read) - len(data) in range(4096)  # a raw chunk is filled up
    if len(data) % 4096 == 0:
        assert read == data


@given(st.text(alphabet="abc ", max_size=9000))
def test_repeated_text_is_undone_too(text):
    assert decompress_stream(bytearray(compressed(text.encode()))) == text.encode()


def decrypted(coded, identifier):
    """MS-OVBA 2.4.3.3, word for word."""
    coded = bytes.fromhex(coded)
    seed, version, project = coded[0], coded[0] ^ coded[1], coded[0] ^ coded[2]
    assert version == 2
    assert project == sum(identifier.encode()) & 0xFF
    plain_before, coded_before, coded_two_before = project, coded[2], coded[1]
    plain = []
    for byte in coded[3:]:
        plain.append(byte ^ ((coded_two_before + plain_before) & 0xFF))
        coded_two_before, coded_before, plain_before = coded_before, byte, plain[-1]
    plain = bytes(plain[(seed & 6) // 2 :])
    assert int.from_bytes(plain[:4], "little") == len(plain) - 4
    return plain[4:]


@pytest.mark.parametrize(
    ("example", "data", "seed"),
    # The PROJECT stream of MS-OVBA 3.1.6.
    [("0705D8E3D8EDDBF1DBF1DBF1DBF1", bytes(4), 0x07), ("0E0CD1ECDFF4E7F5E7F5E7", b"\0", 0x0E),
     ("1517CAF1D6F9D7F9D706", b"\xff", 0x15)],
)  # fmt: skip
def test_protection_is_written_as_in_the_specification(example, data, seed):
    identifier = "{917DED54-440B-4FD1-A5C1-74ACF261E600}"
    assert decrypted(example, identifier) == data
    assert decrypted(encrypted(data, seed, identifier), identifier) == data


@given(
    st.dictionaries(
        st.text("abcdefgXYZ_0", min_size=1, max_size=20), st.binary(max_size=9000),
        max_size=20,
    )
)  # fmt: skip
def test_olefile_reads_every_stream_of_a_compound_file(streams):
    unlike = {name.upper(): (name, content) for name, content in streams.items()}
    streams = dict(unlike.values())
    made = compound_file({"folder": dict(streams), "beside": b"x"})
    read = olefile.OleFileIO(io.BytesIO(made), raise_defects=olefile.DEFECT_INCORRECT)
    assert {path[1] for path in read.listdir() if len(path) == 2} == set(streams)
    for name, content in streams.items():
        if content:
            assert read.openstream(["folder", name]).read() == content


@pytest.fixture(scope="module")
def calc():
    if missing := libreoffice_missing():
        pytest.skip(missing)
    with own_folder() as base:
        host = Calc(base / "profile", base / "data")
        try:
            yield host, base
        finally:
            host.close()


@pytest.mark.slow
def test_libreoffice_shows_the_code_and_runs_it(calc):
    """The whole file, with a stand-in for the one module that knows COM."""
    host, base = calc
    modules = vba_modules() | {"CypsServer": 'Attribute VB_Name = "CypsServer"\r\n' + STAND_IN}
    path = base / "standin.xlam"
    path.write_bytes(xlam_bytes(modules))
    found = host("load", path=str(path))
    for name, text in modules.items():
        shown = found[f"{PROJECT}.{name}"]
        for line in text.splitlines()[1:]:
            assert line.strip() in shown
    told = host("run", library=PROJECT, macro="CypsFunctions.CYPS_DAMP", arguments=["a", "b", 0.5])
    assert told == "CYPS_DAMP|a|b|0.5|||"


@pytest.mark.slow
def test_without_a_server_the_cell_has_an_error_and_the_sentence_says_what_to_do(calc):
    host, base = calc
    path = base / "cyps.xlam"
    path.write_bytes(xlam_bytes())
    host("load", path=str(path))
    told = host("run", library=PROJECT, macro="CypsServer.CypsAsk", arguments=["CYPS_VERSION", ""])
    assert told[0] == "#VALUE!"
    assert told[1].startswith("The CYPS server cannot be reached")
    host("run", library=PROJECT, macro="CypsFunctions.CYPS_VERSION", arguments=[])
    why = host("run", library=PROJECT, macro="CypsCalls.CypsLastSentence", arguments=[])
    assert why.startswith("The CYPS server cannot be reached")
