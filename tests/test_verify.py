"""Anybody checks what was published: by hand, with the tools of any Linux, and the operator all of it at once."""

import io
import json
import os
import re
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from config.settings import signing_key_file
from letter import jobs, releases, seal
from letter.documents import make_documents, one_step
from letter.models import Edition, Page
from letter.publication import publish
from letter.serving import PublishedSite
from signatories.models import SignOn
from tests.factories import a_letter, an_accepted
from tests.test_read import Answer, django_is_not_asked

pytestmark = pytest.mark.django_db
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", Path("docs/verify.md").read_text(), re.MULTILINE | re.DOTALL)


def published(letter, *names):
    """An edition with its documents and its manifest."""
    an_accepted(letter, *names)
    edition = publish(letter, SignOn.objects.lines(letter), again=True)
    make_documents(letter)
    return edition


def three_editions(**fields):
    letter = a_letter(**fields)
    for name in ("Al-Haq", "MADRE", "Žene"):
        published(letter, name)
    return letter


def verify(letter, *options):
    """What the command says, its last line last, and whether it ended well."""
    out = io.StringIO()
    try:
        call_command("verify", letter.slug, *options, stdout=out)
    except CommandError:
        return out.getvalue().splitlines(), False
    return out.getvalue().splitlines(), True


def forge(*statements):
    """Change what cannot be changed, as somebody could who rules the database."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        tables = ["letter_edition", "letter_page", "letter_blob", "letter_lettertext"]
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for statement in statements:
            cursor.execute(statement)
            assert cursor.rowcount
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def a_key(folder, name="undersigned.key", key=None):
    """A file with an Ed25519 key, or with another one."""
    form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    file = folder / name
    file.write_bytes((key or Ed25519PrivateKey.generate()).private_bytes(*form))
    return str(file)


# ── the chain ──


def test_three_editions_that_nobody_touched_have_no_fault():
    letter = three_editions()
    releases.sync()

    said, is_well = verify(letter)

    count = Page.objects.filter(edition__letter=letter).count()
    assert (said, is_well) == ([f"{letter.slug}: 3 editions, {count} files, no fault"], True)


def test_each_manifest_names_its_files_and_the_one_before():
    letter = three_editions()

    first, second, third = (json.loads(one.file("manifest.json")) for one in letter.editions.order_by("number"))

    sums = [Page.objects.get(edition__number=number, name="manifest.json").sha256 for number in (1, 2)]
    assert [one["previous_manifest_sha256"] for one in (first, second, third)] == [None, *sums]
    pages = letter.editions.first().pages.exclude(name="manifest.json").exclude(name__startswith="early/")
    assert [(one["language"], one["name"], one["sha256"]) for one in third["files"]] == sorted(
        pages.values_list("language", "name", "blob_id")
    )


EDITION_2 = "SELECT id FROM letter_edition WHERE number = 2"
MANIFEST_2 = f"SELECT sha256 FROM letter_page WHERE name = 'manifest.json' AND edition_id = ({EDITION_2})"


FORGERIES = [
    (
        [
            "UPDATE letter_blob SET content = 'forged' WHERE sha256 ="
            f" (SELECT sha256 FROM letter_page WHERE name = 'letter.pdf' AND edition_id = ({EDITION_2}))"
        ],
        ["edition 2: en/letter.pdf does not have its SHA-256"],
    ),
    (
        ["UPDATE letter_lettertext SET body = 'We, the undersigned, ask nothing.'"],
        [f"edition {number}: its text in “en” does not have the SHA-256 that it claims" for number in (1, 2, 3)],
    ),
    (
        ["UPDATE letter_lettertext SET body = 'Nothing.', sha256 = repeat('0', 64)"],
        [
            line
            for number in (1, 2, 3)
            for line in (
                f"edition {number}: its text in “en” is gone or was changed",
                f"edition {number}: its title is of none of its texts",
            )
        ],
    ),
    (
        [
            f"DELETE FROM letter_page WHERE edition_id = ({EDITION_2})",
            "DELETE FROM letter_edition WHERE number = 2",
        ],
        [
            "edition 3: edition 2 is missing",
            "edition 3: its manifest says something else than Postgres: previous_manifest_sha256",
        ],
    ),
    (
        [
            "DELETE FROM letter_page WHERE edition_id = (SELECT id FROM letter_edition WHERE number = 1)",
            "DELETE FROM letter_edition WHERE number = 1",
        ],
        [
            "edition 2: edition 1 is missing",
            "edition 2: its manifest says something else than Postgres: previous_manifest_sha256",
        ],
    ),
    (
        [f"DELETE FROM letter_page WHERE name = 'letter.pdf' AND edition_id = ({EDITION_2})"],
        ["edition 2: its manifest says something else than Postgres: en/letter.pdf"],
    ),
    (
        [f"DELETE FROM letter_page WHERE name = 'manifest.json' AND edition_id = ({EDITION_2})"],
        ["edition 2: its manifest is missing"],
    ),
    (
        [f"DELETE FROM letter_page WHERE name = 'signatories.json' AND edition_id = ({EDITION_2})"],
        [
            "edition 2: what it prints beside its files (facts, texts, lines) does not have its SHA-256",
            "edition 2: its list cannot be read",
            "edition 2: its manifest says something else than Postgres: signatories.json",
        ],
    ),
    (
        ["UPDATE letter_edition SET count = 7 WHERE number = 2"],
        [
            "edition 2: says 7 signatories, and lists 2",
            "edition 2: its manifest says something else than Postgres: count",
        ],
    ),
    (
        ["UPDATE letter_edition SET published_at = published_at - interval '1 year' WHERE number = 2"],
        ["edition 2: its manifest says something else than Postgres: published_at"],
    ),
    (
        ["""UPDATE letter_edition SET facts = jsonb_set(facts, '{place}', '"Rome"') WHERE number = 2"""],
        ["edition 2: what it prints beside its files (facts, texts, lines) does not have its SHA-256"],
    ),
    (
        ["UPDATE letter_edition SET title = 'Another letter' WHERE number = 2"],
        ["edition 2: its title is of none of its texts"],
    ),
    (
        [
            "INSERT INTO letter_blob SELECT encode(sha256('{}'), 'hex'), '{}'",
            "UPDATE letter_page SET sha256 = encode(sha256('{}'), 'hex')"
            f" WHERE name = 'manifest.json' AND edition_id = ({EDITION_2})",
        ],
        [
            "edition 2: its manifest says something else than Postgres: it cannot be read",
            "edition 3: its manifest says something else than Postgres: previous_manifest_sha256",
        ],
    ),
]


def test_what_was_changed_in_the_database_is_named():
    letter = three_editions()

    for statements, said in FORGERIES:
        with transaction.atomic():
            forge(*statements)
            lines, is_well = verify(letter)
            transaction.set_rollback(True)

        faults = f"{len(said)} fault{'' if len(said) == 1 else 's'}"
        assert lines[:-1] == [f"Postgres: {line}" for line in said]
        assert (lines[-1].split(", ")[-1].split(";")[0], is_well) == (faults, False)
    assert verify(letter)[1]


def test_a_letter_that_is_not_there_is_said_so():
    with pytest.raises(CommandError, match=r"There is no letter “icc-2021”\."):
        call_command("verify", "icc-2021")


def test_an_edition_whose_manifest_is_still_being_made_is_no_fault_until_an_hour_has_passed():
    letter = three_editions()
    publish(letter, SignOn.objects.lines(letter), again=True)

    said, is_well = verify(letter)
    later = list(seal.faults(letter, at=timezone.now() + timedelta(hours=2)))

    assert is_well
    assert said[-1].endswith("no fault; without a manifest yet: 1")
    assert later == ["edition 4: has no manifest yet; no worker has made it"]


def test_a_worker_that_was_killed_between_documents_and_manifest_leaves_the_rest_to_the_next():
    letter = three_editions()
    edition = publish(letter, SignOn.objects.lines(letter), again=True)

    one_step(letter)
    between = set(letter.editions.unsealed()), verify(letter)[1]
    jobs.sweep()

    assert between == ({edition}, True)
    assert not letter.editions.unsealed().exists()
    assert list(seal.faults(letter)) == []


def test_nothing_is_sealed_over_a_gap():
    letter = three_editions()
    published_later = publish(letter, SignOn.objects.lines(letter), again=True)
    one_step(letter)
    forge(
        "DELETE FROM letter_page WHERE edition_id = (SELECT id FROM letter_edition WHERE number = 3)",
        "DELETE FROM letter_edition WHERE number = 3",
    )

    with pytest.raises(Edition.DoesNotExist):
        one_step(letter)
    assert not published_later.pages.filter(name="manifest.json").exists()


def test_an_edition_from_before_manifests_gains_one_and_says_nothing_of_a_delivery_that_came_later():
    letter = a_letter()
    an_accepted(letter, "Al-Haq")
    old = publish(letter, SignOn.objects.lines(letter))
    # As it was then: one language, no facts, anchors or parts.
    forge(
        f"UPDATE letter_edition SET facts = '{{}}', changes = '{{}}' WHERE id = {old.pk}",
        f"DELETE FROM letter_page WHERE edition_id = {old.pk} AND language <> '' AND name NOT LIKE 'early/%'",
        f"UPDATE letter_page SET language = '', name = substr(name, 7) WHERE edition_id = {old.pk}"
        " AND name LIKE 'early/%'",
    )
    new = publish(letter, SignOn.objects.lines(letter), again=True)
    one_step(letter)
    letter.deliver()
    publish(letter, SignOn.objects.lines(letter))
    make_documents(letter)
    releases.sync()

    said, is_well = verify(letter)

    assert (is_well, said[0].split(",")[0]) == (True, f"{letter.slug}: 3 editions")
    page = letter.editions.get(number=1).file("edition.html", "en").decode()
    assert "letter.pdf" in page
    assert "Since delivery" not in page
    assert "was delivered" not in page
    assert letter.edition_of_record == new


def test_the_original_comes_first_whatever_its_language_is_called(client):
    letter = a_letter(language="fr")
    letter.revise("en", title="The translation", salutation="Sir,", body="Text.", closing="")
    edition = published(letter, "Al-Haq")
    releases.sync()

    original, translation = client.get(f"/{letter.slug}/"), client.get(f"/en/{letter.slug}/")

    assert original.content == edition.file("index.html", "fr")
    assert translation.content == edition.file("index.html", "en")
    assert client.get(f"/fr/{letter.slug}/").status_code == 404
    current = releases.settings.RELEASES_DIR / "current"
    assert (current / letter.slug / "index.html").read_bytes() == original.content
    assert (current / "en" / letter.slug / "index.html").read_bytes() == translation.content
    assert verify(letter)[1]


# ── the signature ──


def test_a_changed_signature_is_named_and_so_is_a_key_that_is_gone(settings, tmp_path):
    settings.SIGNING_KEY_FILE = a_key(tmp_path)
    letter = three_editions()
    assert verify(letter)[1]

    forge(
        "INSERT INTO letter_blob SELECT encode(sha256('forged'), 'hex'), 'forged'",
        f"UPDATE letter_page SET sha256 = encode(sha256('forged'), 'hex')"
        f" WHERE name = 'manifest.sig' AND edition_id = ({EDITION_2})",
        "DELETE FROM letter_page WHERE name = 'manifest.pem'"
        " AND edition_id = (SELECT id FROM letter_edition WHERE number = 3)",
    )

    assert list(seal.faults(letter)) == [
        "edition 2: the signature is not of its manifest",
        "edition 3: has a signature without its key, or a key without its signature",
    ]


def test_a_key_can_be_changed_and_the_newest_edition_must_be_signed_by_the_one_in_use(settings, tmp_path):
    letter = a_letter()
    published(letter, "Al-Haq")
    settings.SIGNING_KEY_FILE = former = a_key(tmp_path, "former.key")
    unsigned = list(seal.faults(letter))
    published(letter, "MADRE")
    settings.SIGNING_KEY_FILE = a_key(tmp_path)
    changed = list(seal.faults(letter))
    published(letter, "Žene")
    announced = list(seal.faults(letter))
    settings.SIGNING_KEY_FILE = former
    published(letter, "Éa")

    assert unsigned == ["edition 1: is not signed by the key that is configured: publish a new edition"]
    assert changed == ["edition 2: is not signed by the key that is configured: publish a new edition"]
    assert announced == []
    assert list(seal.faults(letter)) == ["edition 3: is signed by another key, after editions that are"]


def test_a_signature_that_was_taken_away_is_named(settings, tmp_path):
    settings.SIGNING_KEY_FILE = a_key(tmp_path)
    letter = three_editions()

    forge(f"DELETE FROM letter_page WHERE name IN ('manifest.sig', 'manifest.pem') AND edition_id = ({EDITION_2})")

    assert list(seal.faults(letter)) == ["edition 2: is not signed, after editions that are"]


def test_a_key_file_that_cannot_sign_stops_the_start_with_the_variables_name(tmp_path):
    other = a_key(tmp_path, "other.key", X25519PrivateKey.generate())
    (tmp_path / "text").write_text("no key")

    for file, words in (
        (tmp_path / "missing.key", "which cannot be read: No such file or directory"),
        (tmp_path, "which cannot be read: Is a directory"),
        (tmp_path / "text", "which holds no Ed25519 private key"),
        (other, "which holds no Ed25519 private key"),
    ):
        with pytest.raises(ImproperlyConfigured, match=f"^SIGNING_KEY_FILE names “{file}”, {words}"):
            signing_key_file(str(file))
    assert signing_key_file("") == ""
    assert signing_key_file(a_key(tmp_path)) == str(tmp_path / "undersigned.key")
    start = subprocess.run(
        [".venv/bin/python", "manage.py", "check"],
        env=os.environ | {"SIGNING_KEY_FILE": other},
        capture_output=True,
        text=True,
        check=False,
    )
    assert start.returncode != 0
    assert "SIGNING_KEY_FILE names" in start.stderr


# ── what this machine serves ──


@pytest.fixture
def served(settings):
    """Three editions on this machine's disk: the letter, its folder there."""
    letter = three_editions()
    releases.sync()
    return letter, settings.RELEASES_DIR / "current" / letter.slug


def change(file):
    content = file.read_bytes()
    with open(file, "r+b") as open_file:
        open_file.write(bytes([content[0] ^ 1]))


HARMS = [
    (lambda folder: change(folder / "signatories.json"), "{slug}/signatories.json was changed or cut short"),
    (lambda folder: change(folder / "editions/1/letter.pdf"), "{slug}/editions/1/letter.pdf was changed or cut"),
    (lambda folder: change(folder / "signatories.json.br"), "{slug}/signatories.json.br was changed or cut short"),
    (lambda folder: change(folder / "index.html"), "{slug}/index.html was changed or cut short"),
    (lambda folder: change(folder.parent / "index.html"), "index.html was changed or cut short"),
    (lambda folder: os.truncate(folder / "signatories.csv", 9), "{slug}/signatories.csv was changed or cut short"),
    (lambda folder: os.truncate(folder / "letter.pdf", 0), "{slug}/letter.pdf was changed or cut short"),
    (lambda folder: (folder / "editions/1/letter.pdf").unlink(), "{release}/{slug}/editions/1/letter.pdf is mis"),
    (lambda folder: (folder / "signatories.json").unlink(), "{release}/{slug}/signatories.json is missing"),
    (lambda folder: shutil.rmtree((folder / "editions/1").resolve()), "{release}/{slug}/editions/1 is missing"),
    (lambda folder: (folder / "editions").unlink(), "{release}/{slug}/editions is missing"),
    (lambda folder: (folder / "editions").resolve().joinpath("2").unlink(), "{release}/{slug}/editions/2 is mis"),
    (lambda folder: shutil.rmtree(folder.parents[1] / "trees"), "{release}/{slug}/countries is missing"),
    (lambda folder: shutil.rmtree(folder), "{release}/{slug} is missing"),
    (lambda folder: (folder / "more.html").write_text("more"), "{slug}/more.html is not of Postgres"),
    (lambda folder: (folder / "editions/1/x.js").write_text("x"), "{slug}/editions/1/x.js is not of Postgres"),
    (
        lambda folder: next((folder.parents[1] / "blobs").glob("*.gz")).with_suffix("").unlink(),
        "blobs/",
    ),
    (lambda folder: (folder.parents[1] / "current").unlink(), "current does not show the release {release}"),
]


def test_what_differs_on_the_disk_is_named_and_repaired(served, monkeypatch):
    letter, folder = served
    monkeypatch.setattr(releases, "PATIENCE", 0)
    release = os.readlink(folder.parent)
    site = PublishedSite(django_is_not_asked)

    def everything():
        paths = [path for path in folder.parents[1].rglob("*") if path.suffix not in (".gz", ".br")]
        return {path: path.is_file() and path.read_bytes() for path in sorted(paths)}

    whole = everything()
    for harm, said in HARMS:
        harm(folder)
        # What was served meanwhile has to be forgotten afterwards.
        for name in ("", "signatories.csv", "signatories.json", "letter.pdf"):
            Answer(site, f"/{letter.slug}/{name}")

        lines, is_well = verify(letter)
        repaired, is_well_again = verify(letter, "--repair")

        expected = f"Release folder: {said.format(slug=letter.slug, release=release)}"
        assert [line for line in lines if line.startswith(expected)], (said, lines)
        assert (is_well, is_well_again) == (False, True), said
        assert [line.replace(", repaired", "", 1) for line in repaired[:-1]] == lines[:-1]
        assert everything() == whole, said
        for name in ("signatories.csv", "signatories.json", "letter.pdf"):
            answer = Answer(site, f"/{letter.slug}/{name}")
            assert answer.body == (folder / name).read_bytes(), said
            assert answer.headers["Content-Length"] == str(len(answer.body)), said


def test_without_repair_nothing_on_the_disk_is_touched(served):
    letter, folder = served
    change(folder / "signatories.json")
    before = {path: path.stat().st_ino for path in folder.parents[1].rglob("*") if path.is_file()}

    verify(letter)

    assert {path: path.stat().st_ino for path in folder.parents[1].rglob("*") if path.is_file()} == before


def test_where_postgres_itself_is_wrong_the_served_files_are_left_as_they_are(served):
    letter, folder = served
    change(folder / "index.html")
    pdf = (folder / "letter.pdf").read_bytes()
    forge(
        "UPDATE letter_blob SET content = 'forged' WHERE sha256 ="
        f" (SELECT sha256 FROM letter_page WHERE name = 'letter.pdf' AND edition_id = ({EDITION_2}))"
    )

    lines, is_well = verify(letter, "--repair")

    assert not is_well
    assert "Postgres: edition 2: en/letter.pdf does not have its SHA-256" in lines
    assert [line for line in lines if line.startswith("The release folder cannot be repaired: The content")]
    assert (folder / "letter.pdf").read_bytes() == pdf
    assert not (folder.parents[1] / ".fresh").exists()


def test_a_machine_without_a_release_folder_has_no_fault(settings):
    assert list(releases.faults(settings.RELEASES_DIR)) == []
    assert releases.repair(settings.RELEASES_DIR) == []
    assert not settings.RELEASES_DIR.exists()


def test_the_nightly_job_says_what_was_wrong_and_repairs_it(served, caplog):
    letter, folder = served
    content = (folder / "signatories.json").read_bytes()
    change(folder / "signatories.json")
    forge("UPDATE letter_edition SET title = 'Another letter' WHERE number = 2")

    jobs.verify_every_night(timestamp=0)

    assert [record.getMessage() for record in caplog.records if letter.slug in record.getMessage()] == [
        f"Letter {letter.slug}: edition 2: its title is of none of its texts",
        f"The release folder was repaired: {letter.slug}/editions/3/signatories.json was changed or cut short",
        f"The release folder was repaired: {letter.slug}/signatories.json was changed or cut short",
    ]
    assert (folder / "signatories.json").read_bytes() == content


# ── by hand: the commands of docs/verify.md ──


def block(*words):
    """The one block of commands in docs/verify.md that has all these words."""
    (found,) = [one for one in BLOCKS if all(word in one for word in words)]
    return found


VARIABLES, FETCH, PDF = block("site="), BLOCKS[1], block("letter.pdf")
FETCH_SIGNATURE, SIGNATURE = block('/manifest.sig"'), block("pkeyutl")
FINGERPRINT, CHAIN, KEPT = block("sha256sum manifest.pem"), block("while"), block("cmp")
MAKE_KEY, PUBLIC = block("genpkey"), block("-pubout")


def run(folder, *blocks, **variables):
    """Run blocks as they stand; the reader, too, changes nothing but the first line."""
    assert VARIABLES == "site=https://letters.example.org letter=icc-2020 edition=3\n"
    first = " ".join(f"{name}={value}" for name, value in variables.items())
    script = "".join([f"{first}\n", *blocks])
    return subprocess.run(["bash", "-c", script], cwd=folder, capture_output=True, text=True, timeout=60, check=False)


def test_every_block_of_the_manual_is_run_here():
    known = [VARIABLES, FETCH, PDF, FETCH_SIGNATURE, SIGNATURE, FINGERPRINT, CHAIN, KEPT, MAKE_KEY, PUBLIC]

    assert known == BLOCKS


@pytest.mark.django_db(transaction=True)
def test_the_commands_of_the_manual_find_what_was_published_and_each_byte_that_was_changed(
    live_server, settings, tmp_path
):
    made = run(tmp_path, MAKE_KEY)
    settings.SIGNING_KEY_FILE = signing_key_file(str(tmp_path / "undersigned.key"))
    letter = three_editions()
    folder = tmp_path / "reader"
    folder.mkdir()
    (folder / "letter.pdf").write_bytes(letter.editions.first().file("letter.pdf", "en"))
    words = {"site": live_server.url, "letter": letter.slug, "edition": 3}

    fetched = [run(folder, one, **words) for one in (FETCH, FETCH_SIGNATURE)]
    shutil.copy(folder / "manifest.json", folder / "kept.json")
    checked = {one: run(folder, one, **words) for one in (PDF, SIGNATURE, FINGERPRINT, CHAIN, KEPT)}
    public = run(tmp_path, PUBLIC)

    assert [one.returncode for one in (made, *fetched, *checked.values(), public)] == [0] * 9
    assert (tmp_path / "undersigned.key").stat().st_mode & 0o777 == 0o600
    assert [line.strip() for line in checked[PDF].stdout.splitlines()][:2] == [
        '"language": "en",',
        '"name": "letter.pdf",',
    ]
    assert "Signature Verified Successfully" in checked[SIGNATURE].stdout
    assert checked[FINGERPRINT].stdout.split()[0] == public.stdout.split()[0]
    assert checked[CHAIN].stdout.splitlines()[-1] == "The chain holds from edition 3 to edition 1."
    assert checked[KEPT].stdout == ""

    for name, of_it in (("letter.pdf", [PDF]), ("manifest.json", [SIGNATURE]), ("manifest.sig", [SIGNATURE])):
        whole = (folder / name).read_bytes()
        for place in (0, len(whole) // 2, len(whole) - 1):
            forged = bytearray(whole)
            forged[place] ^= 1
            (folder / name).write_bytes(forged)
            assert [run(folder, one, **words).returncode != 0 for one in of_it] == [True], (name, place)
        (folder / name).write_bytes(whole)
    (folder / "letter.pdf").unlink()
    assert run(folder, PDF, **words).returncode != 0
    (folder / "kept.json").write_bytes(whole)
    assert run(folder, KEPT, **words).returncode != 0


@pytest.mark.django_db(transaction=True)
def test_the_commands_of_the_manual_find_a_manifest_that_was_changed_on_the_way_to_the_first(live_server, tmp_path):
    letter = three_editions()
    words = {"site": live_server.url, "letter": letter.slug, "edition": 3}
    run(tmp_path, FETCH, **words)
    assert run(tmp_path, CHAIN, **words).returncode == 0

    forge(
        "UPDATE letter_blob SET content = set_byte(content, 40, get_byte(content, 40) # 1)"
        f" WHERE sha256 = ({MANIFEST_2})"
    )

    broken = run(tmp_path, CHAIN, **words)
    assert broken.returncode != 0
    assert "The chain holds" not in broken.stdout
