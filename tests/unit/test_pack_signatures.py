"""Signatures: the RFC's vectors, every state, every byte, and keys that stay private."""

import json
import os
import shutil
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from cyps.errors import CypsError
from cyps.pack import PackError, Standing, read_pack, read_trust
from cyps.pack.ed25519 import _decoded, is_signature
from cyps.pack.signatures import signed_message
from cyps.pack.signing import new_key, sign_pack

CORPUS = Path(__file__).parents[1] / "golden" / "packs"
ORDER = 2**252 + 27742317777372353535851937790883648493

# RFC 8032, section 7.1: public key, message, signature (tests 1, 2, 3 and SHA(abc)).
VECTORS = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701c"
        "f9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0"
        "f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f76098"
        "4dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
    (
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3"
        "feebbd454d4423643ce80e2a9ac94fa54ca49f",
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c664"
        "31e0303dca179c138ac17ad9bef1177331a704",
    ),
]


@pytest.mark.parametrize(("key", "message", "signature"), VECTORS)
def test_the_vectors_of_the_rfc(key, message, signature):
    key, message, signature = (bytes.fromhex(text) for text in (key, message, signature))
    assert is_signature(key, message, signature)
    assert not is_signature(key, message + b"\0", signature)
    for at in range(64):
        wrong = bytearray(signature)
        wrong[at] ^= 1
        assert not is_signature(key, message, bytes(wrong)), at


def agrees(public, message, signature):
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


@settings(max_examples=40, deadline=None)
@given(
    seed=st.binary(min_size=32, max_size=32),
    message=st.binary(max_size=200),
    flip=st.integers(0, 32 * 8 + 64 * 8 - 1),
)
def test_it_says_what_openssl_says(seed, message, flip):
    private = Ed25519PrivateKey.from_private_bytes(seed)
    public, signature = private.public_key().public_bytes_raw(), private.sign(message)
    assert is_signature(public, message, signature)
    changed = bytearray(public + signature)
    changed[flip // 8] ^= 1 << flip % 8
    public, signature = bytes(changed[:32]), bytes(changed[32:])
    assert not is_signature(public, message, signature)
    assert not agrees(public, message, signature)


def test_one_signature_has_one_form():
    """S + L verifies where nobody checks its size: then a signature could be changed."""
    key, message, signature = (bytes.fromhex(text) for text in VECTORS[1])
    s = int.from_bytes(signature[32:], "little") + ORDER
    assert not is_signature(key, message, signature[:32] + s.to_bytes(32, "little"))


@pytest.mark.parametrize(
    "key",
    [
        (1).to_bytes(32, "little"),  # the neutral element: any message would do
        bytes(32),  # order 4
        (2**255 - 20).to_bytes(32, "little"),  # order 2
        (2**255 - 19).to_bytes(32, "little"),  # 0 in another form
        (2).to_bytes(32, "little"),  # no point
        (2**255 + 1).to_bytes(32, "little"),  # x = 0 with a sign
        bytes(31),
    ],
)
def test_keys_that_would_prove_nothing_are_refused(key):
    assert not is_signature(key, b"", (1).to_bytes(32, "little") + bytes(32))


def test_a_point_has_one_encoding():
    for y in range(2**255 - 19, 2**255):
        assert _decoded(y.to_bytes(32, "little")) is None
    for y in (1, 2**255 - 20):  # x is 0, which has no sign
        assert _decoded(y.to_bytes(32, "little")) is not None
        assert _decoded((y + 2**255).to_bytes(32, "little")) is None


def test_a_signature_says_for_what_it_was_given():
    message = signed_message("ab", "c", "2026-11-20")
    assert message.startswith(b"cyps coefficient pack: signature, version 1\0")
    assert message != signed_message("ab", "2026-11-20", "c")


# --- states


@pytest.fixture
def key(tmp_path):
    return new_key(tmp_path / "key.pem")


@pytest.fixture
def pack(tmp_path):
    path = tmp_path / "p.cyps.zip"
    shutil.copy(CORPUS / "v2-imported.cyps.zip", path)
    return path


def trust_file(tmp_path, name, public_key, years=""):
    path = tmp_path / "trust.toml"
    path.write_text(f'[signers."{name}"]\npublic_key = "{public_key}"\n{years}\n')
    return read_trust(path)


def test_unsigned(pack):
    state = read_pack(pack).state
    assert state.standing is Standing.UNSIGNED
    assert state.sentence == "Unsigned: nobody vouches for this pack."


def test_unknown_signer(pack, key, tmp_path):
    sign_pack(pack, key.private_file, "DfE")
    assert read_pack(pack).state.sentence == (
        "Signed by an unknown signer: it says 'DfE', and no trust file was given."
    )
    stranger = trust_file(tmp_path, "Somebody", "0a" * 32)
    state = read_pack(pack, trust=stranger).state
    assert state.standing is Standing.UNKNOWN_SIGNER
    assert "it says 'DfE', whose key is not in trust.toml" in state.sentence
    posing = trust_file(tmp_path, "DfE", "0a" * 32)
    state = read_pack(pack, trust=posing).state
    assert state.standing is Standing.UNKNOWN_SIGNER
    assert "with another key than trust.toml has for that name" in state.sentence


def test_trusted_by_the_name_that_the_trust_file_gives(pack, key, tmp_path):
    before = read_pack(pack).content_hash
    made = sign_pack(pack, key.private_file, "  Whatever   name ")
    assert made.signatures[0].signer == "Whatever name"
    trust = trust_file(tmp_path, "Funding team", key.public_key, "years = [2023, 2024]")
    loaded = read_pack(pack, trust=trust, year=2024)
    assert loaded.state.standing is Standing.TRUSTED
    assert loaded.state.sentence == (
        f"Signed by Funding team on {made.signatures[0].date}, trusted by trust.toml."
    )
    assert loaded.content_hash == before
    assert loaded.predicted_use().basis.endswith(loaded.state.sentence)


def test_wrong_year(pack, key, tmp_path):
    assert read_pack(pack, year=2025).state.sentence == (
        "Wrong year: the pack is for 2024, not 2025. Unsigned: nobody vouches for this pack."
    )
    sign_pack(pack, key.private_file, "DfE")
    trust = trust_file(tmp_path, "DfE", key.public_key, "years = [2025, 2026]")
    state = read_pack(pack, trust=trust).state
    assert state.standing is Standing.WRONG_YEAR
    assert state.sentence == (
        "Wrong year: the pack is for 2024, and trust.toml trusts its signer DfE "
        "for 2025, 2026 only."
    )
    anyone = trust_file(tmp_path, "DfE", key.public_key)
    state = read_pack(pack, trust=anyone, year=2025).state
    assert state.standing is Standing.WRONG_YEAR
    assert "for 2024, not 2025. Signed by DfE" in state.sentence
    never = trust_file(tmp_path, "DfE", key.public_key, "years = []")
    assert "for no year only" in read_pack(pack, trust=never).state.sentence


def test_a_second_trusted_signature_is_enough(pack, key, tmp_path):
    sign_pack(pack, key.private_file, "First")
    second = new_key(tmp_path / "second.pem")
    loaded = sign_pack(pack, second.private_file, "Second")
    assert [signature.signer for signature in loaded.signatures] == ["First", "Second"]
    trust = trust_file(tmp_path, "Second", second.public_key)
    assert read_pack(pack, trust=trust).state.standing is Standing.TRUSTED


# --- tampering


def members_of(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def with_members(path, members):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def test_any_changed_byte_of_any_member_is_seen(pack, key, tmp_path):
    """Refused, or the state is 'changed'; a signed pack never passes with another byte."""
    sign_pack(pack, key.private_file, "DfE")
    trust = trust_file(tmp_path, "DfE", key.public_key)
    members = members_of(pack)
    assert "signatures.json" in members
    seen = {"refused": 0, "changed": 0}
    for name, content in members.items():
        step = 1 if name.endswith(".json") else 37
        for at in range(0, len(content), step):
            wrong = bytearray(content)
            wrong[at] ^= 1
            with_members(pack, members | {name: bytes(wrong)})
            try:
                state = read_pack(pack, trust=trust).state
            except PackError:
                seen["refused"] += 1
            else:
                assert state.standing is Standing.CHANGED, (name, at)
                seen["changed"] += 1
    assert min(seen.values()) > 100, seen


def test_words_changed_and_sealed_anew_are_seen(pack, key):
    sign_pack(pack, key.private_file, "DfE")
    members = members_of(pack)
    members["manifest.json"] = members["manifest.json"].replace(b'"published"', b'"official!"')
    state = read_pack(with_members(pack, members)).state
    assert state.standing is Standing.CHANGED
    assert "the signature of 'DfE' does not match" in state.sentence
    with pytest.raises(CypsError, match="is not signed: Changed: the signature of 'DfE'"):
        sign_pack(pack, key.private_file, "Again")


def test_a_signature_of_another_pack_is_seen(pack, key, tmp_path):
    other = tmp_path / "other.cyps.zip"
    shutil.copy(CORPUS / "v2-shares.cyps.zip", other)
    sign_pack(other, key.private_file, "DfE")
    members = members_of(pack) | {"signatures.json": members_of(other)["signatures.json"]}
    assert read_pack(with_members(pack, members)).state.standing is Standing.CHANGED


def test_one_false_signature_beside_a_trusted_one_is_seen(pack, key, tmp_path):
    sign_pack(pack, key.private_file, "DfE")
    members = members_of(pack)
    told = json.loads(members["signatures.json"])
    told["signatures"].append(told["signatures"][0] | {"signer": "Minister"})
    members["signatures.json"] = json.dumps(told).encode()
    trust = trust_file(tmp_path, "DfE", key.public_key)
    state = read_pack(with_members(pack, members), trust=trust).state
    assert state.standing is Standing.CHANGED
    assert "'Minister'" in state.sentence


def test_a_signature_taken_away_leaves_an_unsigned_pack(pack, key):
    sign_pack(pack, key.private_file, "DfE")
    members = members_of(pack)
    del members["signatures.json"]
    assert read_pack(with_members(pack, members)).state.standing is Standing.UNSIGNED


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\xff", b'{"signatures": []}'])
def test_signatures_that_cannot_be_read_are_said(pack, content):
    with pytest.raises(PackError, match=r"changed after it was signed: its signatures\.json"):
        read_pack(with_members(pack, members_of(pack) | {"signatures.json": content}))


def test_a_member_twice_under_one_name_is_refused(pack):
    with (
        pytest.warns(UserWarning, match="Duplicate name"),
        zipfile.ZipFile(pack, "a") as archive,
    ):
        archive.writestr("use.csv", b"code,name,CIN\n")
    with pytest.raises(PackError, match="holds a file twice under one name"):
        read_pack(pack)


# --- trust files


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[signers", "is not written in TOML: .*It should read"),
        ("", "'signers' is missing"),
        ("[signers]", "'signers' must not be empty"),
        (
            '[signers.A]\npublic_key = "0a"',
            "'signers.A.public_key' is '0[aA].*must be digits from 0 to 9",
        ),
        (
            f'[signers.A]\npublic_key = "{"0A" * 32}"',
            "'signers.A.public_key' is '0[aA].*must be digits from 0 to 9",
        ),
        (f'[signers.A]\npublic_key = "{"0a" * 32}"\nyear = 2025', "'signers.A.year' is not a key"),
        (
            f'[signers.A]\npublic_key = "{"0a" * 32}"\n[signers.B]\npublic_key = "{"0a" * 32}"',
            "gives 'A' and 'B' one key",
        ),
    ],
)
def test_a_wrong_trust_file_is_said(tmp_path, text, says):
    (tmp_path / "t.toml").write_text(text)
    with pytest.raises(CypsError, match=says):
        read_trust(tmp_path / "t.toml")


def test_a_trust_file_that_is_not_there_is_said(tmp_path):
    with pytest.raises(CypsError, match="There is no trust file"):
        read_trust(tmp_path / "t.toml")
    with pytest.raises(CypsError, match="is a folder"):
        read_trust(tmp_path)
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(CypsError, match="does not hold text in UTF-8"):
        read_trust(tmp_path / "bytes.toml")


# --- keys


def test_a_private_key_is_its_owners_and_never_overwritten(tmp_path):
    made = new_key(tmp_path / "key.pem")
    before = made.private_file.read_bytes()
    assert stat.S_IMODE(made.private_file.stat().st_mode) == 0o600
    with pytest.raises(CypsError, match="never overwritten"):
        new_key(tmp_path / "key.pem")
    assert made.private_file.read_bytes() == before
    with pytest.raises(CypsError, match="could not be written"):
        new_key(tmp_path / "nowhere" / "key.pem")
    assert made.public_key not in before.decode()


def test_a_key_that_others_can_read_is_refused(pack, key):
    key.private_file.chmod(0o640)
    with pytest.raises(CypsError, match="can be read by others on this machine"):
        sign_pack(pack, key.private_file, "DfE")


def pem(private, encryption):
    return private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption
    )


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"no key", "holds no Ed25519 private key"),
        (
            pem(ec.generate_private_key(ec.SECP256R1()), serialization.NoEncryption()),
            "holds no Ed25519 private key",
        ),
        (
            pem(Ed25519PrivateKey.generate(), serialization.BestAvailableEncryption(b"secret")),
            "is locked with a password",
        ),
    ],
)
def test_a_wrong_key_file_is_said(pack, tmp_path, content, says):
    path = tmp_path / "wrong.pem"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(CypsError, match=says):
        sign_pack(pack, path, "DfE")


def test_what_cannot_be_signed_is_said(pack, key, tmp_path):
    with pytest.raises(CypsError, match="There is no key file"):
        sign_pack(pack, tmp_path / "nowhere.pem", "DfE")
    for name in ("", "x" * 201, "bell\x07"):
        with pytest.raises(CypsError, match="cannot be a signer's name"):
            sign_pack(pack, key.private_file, name)
    sign_pack(pack, key.private_file, "DfE")
    with pytest.raises(CypsError, match="was signed with this key before"):
        sign_pack(pack, key.private_file, "DfE again")


# --- the officer's side


def test_signatures_are_checked_where_only_the_officers_side_is(tmp_path):
    """With nothing of the modeller's side to import, states are as elsewhere; signing asks."""
    script = f"""
import sys
for name in ("cryptography", "pandas", "numba", "scipy"):
    sys.modules[name] = None
from pathlib import Path
from cyps.pack import read_pack, read_trust
corpus = Path({str(CORPUS)!r})
trust = read_trust(corpus / "trust.toml")
print(read_pack(corpus / "v2-complete.cyps.zip", trust=trust).state.standing.value)
import importlib.util
found = importlib.util.find_spec
importlib.util.find_spec = lambda name, *a: None if name == "cryptography" else found(name, *a)
from cyps.cli import main
main(["pack", "keys", "new", "--out", {str(tmp_path / "key.pem")!r}])
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False,
        env={**os.environ, "COLUMNS": "300"},
    )  # fmt: skip
    assert done.stdout.strip() == "signed and trusted", done.stderr
    assert done.returncode == 2
    assert "Install it with: pip install 'cyps[modeller]'" in done.stderr
    assert not (tmp_path / "key.pem").exists()
