"""Starts what the tests need: a PostgreSQL, once for all of them, unless DATABASE_URL names another."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from django.test import Client

ROOT = Path(__file__).resolve().parent.parent


def pytest_configure(config):
    """Prepare the environment before Django's settings are read; the workers of xdist inherit it."""
    if hasattr(config, "workerinput"):
        return
    config.scratch = tempfile.mkdtemp(prefix="undersigned-tests-")
    # Where root has no user namespaces, the server runs as nobody, who has to pass through.
    os.chmod(config.scratch, 0o711)
    if not os.environ.get("DATABASE_URL"):
        from demo.postgres import Postgres

        config.postgres = Postgres(Path(config.scratch) / "postgres", durable=False)
        config.postgres.start()
        os.environ["DATABASE_URL"] = config.postgres.url
    os.environ |= {
        "SECRET_KEY": "for the tests only, and long enough for Django's own check of it",
        "SITE_URL": "https://letters.example.org",
        "ALLOWED_HOSTS": "testserver,localhost,127.0.0.1",
        "INSECURE_HTTP": "yes",
        "STATIC_ROOT": f"{config.scratch}/static",
        "DEMO_MAILBOX": f"{config.scratch}/mail",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "LOG_LEVEL": "WARNING",
    }
    os.makedirs(os.environ["DEMO_MAILBOX"])
    from django.conf import settings

    # pytest-django, whose turn comes later, sets Django up only if somebody has read the settings.
    assert settings.DATABASES
    subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"], cwd=ROOT, check=True
    )


def pytest_unconfigure(config):
    if hasattr(config, "postgres"):
        config.postgres.stop()
    if hasattr(config, "scratch"):
        shutil.rmtree(config.scratch, ignore_errors=True)


# What readers of documents and pages use, by the tests that use it, too; `.ci/run` installs all of it.
TOOLS = {
    "test_documents.py": ["pdftotext"],
    "test_html.py": ["java"],
    "test_pdf.py": ["pdftotext", "qpdf"],
    "test_receipt.py": ["pdftotext", "pdfinfo"],
    "test_verify.py": ["curl", "openssl"],
}


def pytest_collection_modifyitems(items):
    """Skip what a machine lacks the tools for, and say so; where REQUIRE_BROWSER is set, nothing is skipped."""
    if os.environ.get("REQUIRE_BROWSER") == "1":
        return
    for item in items:
        missing = [tool for tool in TOOLS.get(item.path.name, []) if not shutil.which(tool)]
        if missing:
            item.add_marker(pytest.mark.skip(reason=f"there is no `{missing[0]}` on the PATH"))


@pytest.fixture(autouse=True)
def a_release_folder_of_its_own(request, tmp_path):
    """Give each test a release folder, and quick passwords."""
    # Where root has no user namespaces, a server in there runs as nobody, who has to pass through.
    for folder in (tmp_path, *tmp_path.parents[:3]):
        if folder.name.startswith(("pytest-", "popen-", "test_")):
            folder.chmod(0o711)
    uses_database = "db" in request.fixturenames or request.node.get_closest_marker("django_db")
    if not uses_database and "settings" not in request.fixturenames:
        return
    settings = request.getfixturevalue("settings")
    settings.RELEASES_DIR = tmp_path / "releases"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Let a test's flush empty the record, which nothing else may; tests/test_audit.py sets the trigger again."""
    from django.db import connection

    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname FROM pg_trigger WHERE tgrelid = 'audit_entry'::regclass AND tgname LIKE '%%truncated%%'"
        )
        cursor.execute(f"ALTER TABLE audit_entry DISABLE TRIGGER {cursor.fetchone()[0]}")


class DeskClient(Client):
    """Django's client, whose `force_login` has been through the second factor too."""

    def force_login(self, user, backend=None):
        """Sign `user` in, as if password and code had been given a moment ago."""
        super().force_login(user, backend)
        session = self.session
        session["account_authentication_methods"] = [
            {"method": "mfa", "at": time.time(), "type": "totp", "reauthenticated": True}
        ]
        session["account_authentication_methods_user"] = str(user.pk)
        session.save()


@pytest.fixture
def client():
    """A browser; `force_login` of whoever has a second factor opens the desk."""
    return DeskClient()


@pytest.fixture
def mail_server(settings, tmp_path):
    """A real SMTP server on the loopback, to which Django's own backend speaks."""
    from tests.mailserver import TestMailServer

    with TestMailServer(tmp_path / "mail") as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        yield server


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The whole of it, running: web server, worker, mail server, on a database of its own."""
    from tests.running import Site, fresh_database

    with fresh_database() as url, Site(url, tmp_path_factory.mktemp("site")) as running:
        yield running
