"""What the measurements share: a scratch deployment, names, servers, wrk, tables."""

import json
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from demo.leash import leashed
from demo.postgres import PASSABLE, Postgres
from tests.running import ROOT, free_port, until

SLUG = "icc-2020"
DEBIAN = {"wrk": "wrk", "nginx": "nginx", "pgbench": "postgresql-15"}
# Sets limits that nobody meets.
NO_LIMITS = "from signatories.models import LimitRule; LimitRule.objects.update(limit=10**9)"


class Lacking(Exception):
    """A program that the measurement needs is not installed."""


def need(*programs):
    """Refuse to begin without these programs."""
    lacking = [one for one in programs if not find(one)]
    if lacking:
        packages = " ".join(sorted({DEBIAN[one] for one in lacking}))
        raise Lacking(f"This measurement needs {', '.join(lacking)}: apt-get install {packages}")


def find(program):
    """Return the path of a program; Debian keeps some where only root's PATH leads."""
    places = [os.environ.get("PATH", ""), "/usr/sbin", "/usr/lib/postgresql/15/bin"]
    return shutil.which(program, path=os.pathsep.join(places))


# ── a deployment ──


@contextmanager
def deployment(*, durable=True, **environment):
    """A migrated, empty database and a folder, as this process's environment and its children's; gives the folder."""
    with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        os.chmod(folder, PASSABLE)
        with Postgres(folder / "postgres", durable=durable) as postgres:
            os.environ |= {
                "DATABASE_URL": postgres.url,
                "DJANGO_SETTINGS_MODULE": "config.settings",
                "SECRET_KEY": "for measurements only, and long enough for Django's own check of it",
                "SITE_URL": "http://127.0.0.1",
                "ALLOWED_HOSTS": "127.0.0.1",
                "INSECURE_HTTP": "yes",
                "RELEASES_DIR": str(folder / "releases"),
                "STATIC_ROOT": str(folder / "static"),
                "LOG_LEVEL": "WARNING",
            } | environment
            python("manage.py", "migrate", "--verbosity", "0")
            python("manage.py", "shell", "--no-imports", "-c", NO_LIMITS)
            python("manage.py", "collectstatic", "--noinput", "--verbosity", "0")
            yield folder


def python(*arguments, **environment):
    """Run Python to its end, and return what it printed."""
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=os.environ | environment, capture_output=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)}:\n{done.stderr.decode()[-4000:]}")
    return done.stdout.decode()


def part(*arguments, **environment):
    """Run a part of a measurement in a fresh process, and return what it found."""
    return json.loads(python("-m", "bench", *map(str, arguments), **environment).splitlines()[-1])


def django():
    """Set Django up in this process."""
    import django

    django.setup()


# ── content ──

WORDS = {
    "latin": (
        "Action Alliance Association Centre Coalition Comité Commission Défense Droits Federación Foundation Fórum "
        "Globale Human Initiative Institut International Jeunes Jurists Justicia Legal Ligue Monitor Movimiento "
        "Mujeres Network Observatorio Organización Paz Peace Platform Réseau Rights Society Solidarité Transitional "
        "Union Victims Voices Watch Women Youth Zivilgesellschaft für gegen the of et de para por"
    ).split(),
    "arabic": "مركز الحقوق للعدالة جمعية المرأة السلام مؤسسة حقوق الإنسان شبكة المحامين منظمة".split(),
    "cyrillic": "Центр прав человека Союз юристов Комитет за мир Фонд поддержки женщин Правовая инициатива".split(),
    "greek": "Ένωση για τα δικαιώματα Κέντρο δικαιοσύνης Δίκτυο γυναικών ειρήνης".split(),
    "hebrew": "המרכז לזכויות האדם עמותה למען צדק ושלום נשים".split(),
}
# Most organisations of such letters write their names in Latin script.
SCRIPTS = ["latin"] * 88 + ["arabic"] * 5 + ["cyrillic"] * 4 + ["greek"] * 2 + ["hebrew"]
COUNTRIES = "FR DE US KE UG CD CO MX AR BR PE GT ES IT BE NL GB CH NG SN ML CF CI GM ZA PH ID BD NP LK PK AF IQ".split()
COUNTRIES += "PS IL JO LB EG TN MA LY SD UA RU GE AM TR GR RS BA HR ME HU PL AU NZ JP KR FJ CA HT JM VE EC BO".split()


def names(count, seed=2020):
    """Return so many names, all different, the same each time; each with country and script."""
    source = random.Random(seed)  # noqa: S311 - nothing here is secret
    found = {}
    while len(found) < count:
        script = source.choice(SCRIPTS)
        words = source.choices(WORDS[script], k=source.randint(3, 7))
        # Where it is at home, as names of organisations often say; also what keeps them apart.
        place = "".join(source.choices("abdegiklmnoprstuv", k=source.randint(4, 9))).capitalize()
        name = " ".join([*words, place])
        # A third of all organisations come from a few countries.
        countries = COUNTRIES[:6] if source.random() < 0.33 else [*COUNTRIES, ""]
        found.setdefault(name, source.choice(countries))
    return list(found.items())


def fill(count):
    """Make the demo's letter with so many accepted sign-ons, past the verbs: what is measured comes after."""
    django()
    from django.core.management import call_command

    from letter.models import Letter
    from signatories import names as rules
    from signatories.models import Organisation, SignOn

    call_command("import_letter", ROOT / "demo" / "content" / "letter.en.md", opens_at="now", stdout=sys.stderr)
    letter = Letter.objects.get(slug=SLUG)
    text = letter.text()
    made = names(count)
    organisations = Organisation.objects.bulk_create(
        [
            Organisation(name=name, country=country, website=f"https://www.org{number}.example.org/")
            for number, (name, country) in enumerate(made)
        ],
        batch_size=5000,
    )
    SignOn.objects.bulk_create(
        [
            SignOn(
                letter=letter,
                text=text,
                state="accepted",
                name_as_signed=one.name,
                name_key=one.name_key,
                name_normalised=one.name_normalised,
                organisation=one,
                listed_name=one.name,
                listed_country=one.country,
                listed_website=one.website,
                sort_key=rules.sort_key(one.name),
            )
            for one in organisations
        ],
        batch_size=5000,
    )
    return letter


# ── servers and load ──


@contextmanager
def running(command, url, log, **environment):
    """A server for as long as the block runs, from its first answer on."""
    with open(log, "ab") as file:
        process = subprocess.Popen(
            leashed(command, on_death=signal.SIGTERM),
            cwd=ROOT,
            env=os.environ | environment,
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    try:
        if url:
            until(lambda: answers(url), seconds=60)
        yield process
    finally:
        process.terminate()
        process.wait(30)


def answers(url):
    """Whether something other than an error of the server stands there."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - always of this machine
            return answer.status == 200
    except OSError:
        return False


def granian(target, port, *, workers=1):
    """Return the command line of the web server, as in deploy/undersigned-web.service."""
    return [
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)),
        *("--workers", str(workers), "--blocking-threads", "2", "--respawn-failed-workers"),
        *("--workers-kill-timeout", "3", "--no-access-log", "--log-level", "warning", target),
    ]


def wrk(url, *, seconds, connections=16, script=None, arguments=(), headers=()):
    """Read `url` for so long, with one thread; returns requests a second, latencies in ms, and statuses."""
    report = Path(__file__).with_name("report.lua")
    command = [find("wrk"), "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(script or report)]
    for header in headers:
        command += ["-H", header]
    done = subprocess.run([*command, url, "--", *arguments], capture_output=True, check=False, cwd=report.parent)
    found = [line for line in done.stdout.decode().splitlines() if line.startswith("{")]
    if not found:
        raise RuntimeError(f"wrk: {done.stdout.decode()}{done.stderr.decode()}")
    return json.loads(found[-1])


def in_turn(contestants, *, rounds):
    """Let each contestant run in each round, in turn: what else the machine does meets all alike. Medians."""
    found = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, run in contestants.items():
            found[name].append(run())
    return {name: statistics.median(values) for name, values in found.items()}


# ── words ──


def table(title, heads, rows):
    """Print a Markdown table."""
    print(f"\n{title}\n")
    print(f"| {' | '.join(heads)} |")
    print(f"|{'---|' * len(heads)}")
    for row in rows:
        print(f"| {' | '.join(map(str, row))} |")
    sys.stdout.flush()


def stamp():
    """Print when and on what the figures were taken."""
    model = next((line for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line), ":")
    print(
        f"{datetime.now(UTC):%d %B %Y}, {os.cpu_count()} cores ({model.partition(':')[2].strip()}), "
        f"load before {os.getloadavg()[0]:.1f}"
    )


@contextmanager
def clock(into, name):
    """Add the seconds that the block takes to `into[name]`, and this process's own to `into["name_cpu"]`."""
    begun, worked = time.perf_counter(), time.process_time()
    yield
    into[f"{name}_cpu"] = into.get(f"{name}_cpu", 0.0) + time.process_time() - worked
    into[name] = into.get(name, 0.0) + time.perf_counter() - begun


__all__ = ["free_port", "until"]
