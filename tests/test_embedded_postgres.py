"""The launcher keeps its word: no server outlives its owner, and no remains of one keep the next away."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from textwrap import dedent

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from demo.postgres import PASSABLE, Postgres, PostgresError
from tests.running import ROOT, until

# One data folder serves the whole file: making it takes most of a second.
pytestmark = pytest.mark.xdist_group("embedded_postgres")


@pytest.fixture(scope="module")
def folder():
    with tempfile.TemporaryDirectory(prefix="spaced out é ") as folder:
        # Not pytest's own, which the user nobody, as whom root may have to run the server, cannot enter.
        os.chmod(folder, PASSABLE)
        with Postgres(Path(folder, "data"), durable=False) as server:
            ask(server, "create table kept as select 'as it was' as word")
        yield Path(folder)
        with Postgres(Path(folder, "data"), durable=False):
            pass  # sweeps up after the last owner, if that was killed


@pytest.fixture
def server(folder):
    with Postgres(folder / "data", durable=False) as server:
        yield server


def ask(server, question):
    with psycopg.connect(server.url, autocommit=True) as connection:
        cursor = connection.execute(question)
        return cursor.fetchone()[0] if cursor.description else None


def an_owner(folder):
    """Start another program that owns the server; return it and the server's process id."""
    program = """
        import sys, time
        from pathlib import Path
        from demo.postgres import Postgres
        server = Postgres(Path(sys.argv[1]), durable=False)
        server.start()
        print(server.pid, flush=True)
        time.sleep(60)
    """
    owner = subprocess.Popen(
        [sys.executable, "-c", dedent(program), folder / "data"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    return owner, int(owner.stdout.readline())


def kill(owner):
    owner.kill()
    owner.communicate()


def is_gone(pid):
    """Whether the process is dead, or only waits for its new parent to take note of that: then it has no command."""
    try:
        return not Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return True


def in_a_shell(command, **environment):
    """Run a command by `python -m demo.postgres` in an environment of nothing but what is given."""
    return subprocess.run(
        [sys.executable, "-m", "demo.postgres", "sh", "-c", command],
        cwd=ROOT, env={"PATH": os.environ["PATH"]} | environment, capture_output=True, text=True,
    )  # fmt: skip


def test_its_url_is_one_that_libpq_reads(server):
    parts = conninfo_to_dict(server.url)

    assert parts.pop("host").startswith("/")
    assert parts == {"user": "postgres", "dbname": "undersigned", "port": "5432"}


def test_it_listens_on_a_socket_that_nobody_else_can_reach_and_on_no_port(server):
    socket_folder = Path(conninfo_to_dict(server.url)["host"])

    assert ask(server, "show listen_addresses") == ""
    assert socket_folder.stat().st_mode & 0o777 == 0o700


def test_arabic_names_have_trigrams_and_accents_have_capitals(server):
    ask(server, "create extension if not exists pg_trgm")

    assert ask(server, "select cardinality(show_trgm('مركز'))") > 0
    assert ask(server, "select upper('éß')") == "ÉSS"


def test_it_does_not_care_about_the_callers_locale_home_or_postgres_variables():
    foreign = {"LANG": "C", "LC_ALL": "fr_FR.UTF-8", "PGPORT": "1", "PGHOST": "elsewhere", "PGDATA": "/nowhere"}
    question = "select cardinality(show_trgm('مركز'))"
    python = f"""import os, psycopg; c = psycopg.connect(os.environ["DATABASE_URL"])
c.execute("create extension pg_trgm"); print(c.execute("{question}").fetchone()[0])"""

    result = in_a_shell(f"'{sys.executable}' - <<'END'\n{python}\nEND", **foreign)

    assert (result.stdout, result.returncode) == ("5\n", 0)


def test_a_command_on_a_throw_away_server_passes_its_exit_code_on_and_leaves_nothing(tmp_path):
    where = 'tr "\\0" "\\n" </proc/$PPID/cmdline; exit 7'

    result = in_a_shell(where, TMPDIR=str(tmp_path))

    assert result.returncode == 7
    assert list(tmp_path.iterdir()) == []


def test_two_starts_keep_the_data(folder):
    for _start in range(2):
        with Postgres(folder / "data", durable=False) as server:
            assert ask(server, "select word from kept") == "as it was"


def test_stopping_it_removes_its_socket(folder):
    with Postgres(folder / "data", durable=False) as server:
        socket_folder = Path(conninfo_to_dict(server.url)["host"])
        pid = server.pid

    assert not socket_folder.exists()
    assert is_gone(pid)


def test_a_server_killed_with_9_is_back_under_the_same_address_with_its_data(server):
    address = server.url

    os.kill(server.pid, signal.SIGKILL)
    server.restart()

    assert server.url == address
    assert ask(server, "select word from kept") == "as it was"


def test_a_server_killed_with_9_is_back_although_its_children_still_work(server):
    work = (
        "import psycopg, sys; psycopg.connect(sys.argv[1]).execute('select count(*) from generate_series(1, 4000000)')"
    )
    with subprocess.Popen([sys.executable, "-c", work, server.url], stderr=subprocess.DEVNULL):
        at_work = (
            "select count(*) from pg_stat_activity where query like '%generate_series(%' and pid <> pg_backend_pid()"
        )
        until(lambda: ask(server, at_work))

        os.kill(server.pid, signal.SIGKILL)
        server.restart()

    assert ask(server, "select word from kept") == "as it was"


def test_killing_its_owner_with_9_leaves_no_server(folder):
    owner, server = an_owner(folder)

    kill(owner)

    until(lambda: is_gone(server), seconds=5)


def test_after_its_owner_was_killed_the_next_one_starts_at_once_and_sweeps_up(folder):
    owner, old_server = an_owner(folder)
    old_socket_folder = Path((folder / "data.lock").read_text())
    assert old_socket_folder.is_dir()

    kill(owner)
    with Postgres(folder / "data", durable=False) as server:
        assert ask(server, "select word from kept") == "as it was"

    assert is_gone(old_server)
    assert not old_socket_folder.exists()


def test_a_second_owner_is_refused_and_the_first_one_is_left_in_peace(server):
    with pytest.raises(PostgresError, match="Another program runs a PostgreSQL server"):
        Postgres(server.data, durable=False).start()

    assert ask(server, "select word from kept") == "as it was"


@pytest.mark.parametrize(
    "left", [f"{os.getppid()}\n/elsewhere\n1\n5432\n/tmp\n\n0 0\nready\n", "", "?"], ids=["foreign", "empty", "broken"]
)
def test_a_pid_file_that_names_another_live_program_or_none_is_no_obstacle(folder, left):
    (folder / "data" / "postmaster.pid").write_text(left)

    with Postgres(folder / "data", durable=False) as server:
        assert ask(server, "select word from kept") == "as it was"


def test_a_data_folder_whose_making_was_interrupted_is_made_afresh(folder):
    making = "from demo.postgres import *; Postgres(sys.argv[1], durable=False).start()"
    owner = subprocess.Popen([sys.executable, "-c", making, folder / "fresh"], cwd=ROOT)
    until(lambda: list(folder.glob("fresh.new-*/data/base")))

    kill(owner)
    assert not (folder / "fresh").exists()
    with Postgres(folder / "fresh", durable=False) as server:
        assert ask(server, "select current_database()") == "undersigned"
    # By this start, nobody is at work in the half-made folder any more.
    with Postgres(folder / "fresh", durable=False):
        assert list(folder.glob("fresh.new-*")) == []


def test_a_folder_of_something_else_is_refused_in_words_and_not_touched(folder):
    (folder / "photos").mkdir(mode=0o700)
    (folder / "photos" / "holiday.jpg").touch()

    with pytest.raises(PostgresError, match="the folder is not one of PostgreSQL's"):
        Postgres(folder / "photos", durable=False).start()

    assert [file.name for file in (folder / "photos").iterdir()] == ["holiday.jpg"]


def test_a_folder_that_cannot_be_made_is_refused_in_words():
    with pytest.raises(PostgresError, match="PostgreSQL cannot be started in /proc/data: No such file or directory"):
        Postgres(Path("/proc/data"), durable=False).start()


def test_a_long_path_for_temporary_files_does_not_make_the_socket_unreachable(folder, monkeypatch):
    long = folder / ("long" * 25)
    long.mkdir(exist_ok=True)
    monkeypatch.setattr(tempfile, "tempdir", str(long))

    with Postgres(folder / "data", durable=False) as server:
        assert ask(server, "select word from kept") == "as it was"
