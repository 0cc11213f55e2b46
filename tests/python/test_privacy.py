"""Encrypted and signed packages, and redaction, from Python."""

import pickle

import amaas
import pytest
from conftest import PACKAGES, ROOT

RECIPIENT = "age12rufrxp88d4praeu7pzmgu4n6qfv4emr9srhlf5lmx55j0448quqmsjpye"
IDENTITY = "AGE-SECRET-KEY-1SS3N6Z0UNX63CU0JA3VZHA99TGLHDPMXZZAYJDPFZXL8R3Y43MQS9HCMEH"
AUTHOR = ROOT / "amaas-core" / "tests" / "privacy"


def answer(store, **options):
    """What the model in ``store`` says of a good film."""
    with amaas.Service(store, instances=1, **options) as service:
        return service.load("sentiment")("Wonderful!")[0]["label"]


def published(store, **options):
    with amaas.Service(store, instances=1) as service:
        service.publish(PACKAGES / "1.0.0", **options)
    return store


@pytest.fixture(scope="module")
def encrypted(tmp_path_factory):
    return published(tmp_path_factory.mktemp("encrypted"), recipients=[RECIPIENT])


@pytest.fixture
def identity(tmp_path):
    path = tmp_path / "identity.txt"
    path.write_text(IDENTITY)
    return path


def test_only_holders_of_a_key_load_what_is_encrypted(encrypted, identity, monkeypatch):
    with pytest.raises(amaas.KeyDenied, match="there is no key"):
        answer(encrypted)
    assert answer(encrypted, keys=identity) == "positive"
    assert answer(encrypted, keys=amaas.Keys.file(identity)) == "positive"
    assert answer(encrypted, keys=amaas.Keys.identities(IDENTITY)) == "positive"
    with pytest.raises(amaas.KeyDenied, match="AMAAS_TEST_KEY"):
        answer(encrypted, keys=amaas.Keys.environment("AMAAS_TEST_KEY"))
    monkeypatch.setenv("AMAAS_TEST_KEY", IDENTITY)
    assert answer(encrypted, keys=amaas.Keys.environment("AMAAS_TEST_KEY")) == "positive"
    with pytest.raises(amaas.KeyDenied, match="cannot be read"):
        answer(encrypted, keys=identity.parent)
    with pytest.raises(TypeError, match="keys must be"):
        answer(encrypted, keys=7)


def test_the_host_is_asked_for_keys_and_told_for_what(encrypted):
    asked = []

    def give(request):
        asked.append(request)
        return amaas.Keys.identities(IDENTITY)

    assert answer(encrypted, keys=give) == "positive"
    assert {(one.model, one.version) for one in asked} == {("sentiment", "1.0.0")}
    assert asked[0].digest.startswith("sha256:")


def test_a_host_that_gives_no_key_ends_the_load(encrypted):
    def fail(request):
        raise RuntimeError(f"no key for {request.model}")

    with pytest.raises(amaas.KeyDenied, match="the function raised") as caught:
        answer(encrypted, keys=fail)
    assert "no key for sentiment" in caught.value.report
    with pytest.raises(amaas.KeyDenied, match="the function raised"):
        answer(encrypted, keys=amaas.Keys.ask(lambda _: IDENTITY))


def test_a_passphrase_opens_what_was_encrypted_with_it(tmp_path):
    published(tmp_path, passphrase="open sesame")
    assert answer(tmp_path, keys=amaas.Keys.passphrase("open sesame")) == "positive"
    with pytest.raises(amaas.KeyDenied):
        answer(tmp_path, keys=amaas.Keys.passphrase("open barley"))


def test_what_cannot_be_encrypted_for_is_refused(tmp_path):
    with pytest.raises(amaas.InvalidArgument, match="passphrase"):
        published(tmp_path, recipients=[RECIPIENT], passphrase="x")
    with pytest.raises(amaas.InvalidArgument, match="age1nobody"):
        published(tmp_path, recipients=["age1nobody"])


def test_only_what_a_trusted_key_signed_runs(tmp_path):
    signed = published(tmp_path / "signed", sign_with=AUTHOR / "author.key", generation=7)
    unsigned = published(tmp_path / "unsigned")
    generations = tmp_path / "generations.json"
    trust = amaas.Trust([AUTHOR / "author.pub"], generations=generations)
    assert answer(signed, trust=trust) == "positive"
    assert '"sentiment": 7' in generations.read_text()
    with pytest.raises(amaas.Untrusted, match=r"sentiment@1\.0\.0"):
        answer(unsigned, trust=trust)
    assert answer(unsigned, trust=amaas.Trust([AUTHOR / "author.pub"], policy="warn")) == "positive"
    assert trust.policy == "require"
    assert trust.generations == generations
    again = pickle.loads(pickle.dumps(trust))
    assert (again.keys, again.policy) == (trust.keys, trust.policy)


def test_an_older_generation_is_refused(tmp_path):
    old = published(tmp_path / "old", sign_with=AUTHOR / "author.key", generation=1)
    new = published(tmp_path / "new", sign_with=AUTHOR / "author.key", generation=2)
    trust = amaas.Trust([AUTHOR / "author.pub"], generations=tmp_path / "generations.json")
    assert answer(old, trust=trust) == "positive"
    assert answer(new, trust=trust) == "positive"
    later = amaas.Trust([AUTHOR / "author.pub"], generations=tmp_path / "generations.json")
    with pytest.raises(amaas.Untrusted, match="older than one that was served"):
        answer(old, trust=later)


def test_keys_and_policies_that_are_none_are_refused(tmp_path):
    with pytest.raises(amaas.Io, match=r"nothing\.pub"):
        amaas.Trust([tmp_path / "nothing.pub"])
    with pytest.raises(amaas.InvalidArgument, match="public key"):
        amaas.Trust([AUTHOR / "author.key"])
    with pytest.raises(amaas.InvalidArgument, match="`maybe`"):
        amaas.Trust([AUTHOR / "author.pub"], policy="maybe")
    with pytest.raises(amaas.InvalidArgument, match="private key"):
        published(tmp_path, sign_with=AUTHOR / "author.pub")


LETTER = "Ada Lovelace (ada@example.org) paid with 4111 1111 1111 1111 – 感谢 Ada Lovelace"


def test_what_is_sensitive_is_taken_out_and_put_back():
    actions = {"name": "placeholder", "card": "hash"}
    redactor = amaas.Redactor(["Ada Lovelace"], actions=actions, key=b"of this deployment")
    redaction = redactor.redact(LETTER)
    assert redaction.text.startswith("<NAME_1> ([EMAIL]) paid with [CARD:")
    assert redaction.text.endswith("感谢 <NAME_1>")
    assert [(kind, LETTER[start:end]) for kind, start, end in redaction.found] == [
        ("name", "Ada Lovelace"),
        ("email", "ada@example.org"),
        ("card", "4111 1111 1111 1111"),
        ("name", "Ada Lovelace"),
    ]
    assert redaction.restore("Dear <NAME_1>, <NAME_2>") == "Dear Ada Lovelace, <NAME_2>"
    assert "Ada" not in repr(redactor) + repr(redaction)
    assert redactor.redact(LETTER).text == redaction.text
    kept = amaas.Redactor(["Ada Lovelace"], default="keep", actions={"email": "mask"})
    assert kept.redact(LETTER).text == LETTER.replace("ada@example.org", "[EMAIL]")


def test_redactors_that_make_no_sense_are_refused():
    for arguments, words in [
        ({"default": "hash"}, "no key"),
        ({"default": "burn"}, "`burn`"),
        ({"actions": {"colour": "mask"}}, "`colour`"),
        ({"names": [" "]}, "empty name"),
    ]:
        with pytest.raises(amaas.InvalidArgument, match=words):
            amaas.Redactor(**arguments)


def test_a_model_sees_only_what_is_left(tmp_path):
    """A text of nothing but what goes is read as its mask is."""
    redactor = amaas.Redactor(["Wonderful"])
    with (
        amaas.Service(instances=1) as plain,
        amaas.Service(instances=1, redactor=redactor) as masked,
    ):
        path = str(PACKAGES / "1.0.0")
        expected = plain.load(path)("[NAME]!")
        assert masked.load(path)("Wonderful!") == expected
        assert plain.load(path)("Wonderful!") != expected
        with pytest.raises(TypeError, match="redactor cannot be pickled"):
            pickle.dumps(masked)
