"""How things look, on any screen, on paper, and to whoever has set up their own colours and sizes."""

import pytest

from tests.test_style import contrast

from .conftest import DESK, PUBLIC

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("site")]

WIDTHS = [320, 360, 768, 1280]
LANGUAGES = ["", "/fr", "/es", "/ar"]
OWN_LANGUAGE = ["/icc-2020/sign/", "/icc-2020/sign/sent/"]
# Of the elements that are written on: colour of the letters and of what is behind them.
READ = """() => {
  const behind = (one) => {
    for (; one; one = one.parentElement) {
      const colour = getComputedStyle(one).backgroundColor;
      if (!/, 0\\)$/.test(colour)) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const found = new Set();
  const walk = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const one = walk.currentNode.parentElement;
    if (walk.currentNode.data.trim() && one.checkVisibility() && !one.closest(".said, .trap, :disabled"))
      found.add(getComputedStyle(one).color + "|" + behind(one));
  }
  return [...found];
}"""


def width(page):
    return page.evaluate("document.documentElement.scrollWidth")


def as_hex(colour):
    numbers = [float(number) for number in colour.removeprefix("rgba(").removeprefix("rgb(").rstrip(")").split(",")]
    return "#" + "".join(f"{round(number):02x}" for number in numbers[:3])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("screen", WIDTHS)
def test_the_form_fits_any_screen_in_any_language(new_page, screen, language):
    page = new_page(width=screen)
    for address in OWN_LANGUAGE:
        page.goto(f"{language}{address}")

        assert width(page) <= screen, address
    page.goto(f"{language}/icc-2020/sign/")
    page.locator("main .act[name=check]").click()
    page.locator(".problems").wait_for()
    assert width(page) <= screen


@pytest.mark.parametrize("screen", WIDTHS[1:])
@pytest.mark.parametrize("name", ["letter", "status", "sign-on", "queue", "style", "messages"])
def test_a_page_fits_any_screen(visit, name, screen):
    page = visit(name, width=screen)

    assert width(page) <= screen


@pytest.mark.parametrize("name", PUBLIC + DESK)
def test_letters_of_twice_the_size_lose_nothing(visit, name):
    page = visit(name, width=640)
    page.evaluate("document.documentElement.style.fontSize = '200%'")

    assert width(page) <= 640
    cut = page.evaluate(
        """() => [...document.querySelectorAll("main :is(h1, h2, p, label, .act, legend, dd, td)")]
        .filter(one => !one.closest(".said, thead, .trap") && getComputedStyle(one).overflow === "hidden"
            && one.scrollWidth > one.clientWidth + 1)
        .map(one => one.cloneNode(false).outerHTML)"""
    )
    assert cut == []


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("name", ["letter", "sign, with errors", "status", "queue", "sign-on", "style"])
def test_everything_written_can_be_read_in_either_mode(visit, name, mode):
    page = visit(name, width=1280, color_scheme=mode)

    pairs = [tuple(map(as_hex, pair.split("|"))) for pair in page.evaluate(READ)]

    assert len(pairs) > 1
    assert [pair for pair in pairs if contrast(*pair) < 4.5] == []


def test_both_modes_stand_on_the_page_of_components_whatever_the_reader_has_chosen(visit):
    def grounds(page):
        return page.evaluate(
            "[...document.querySelectorAll('.specimen')].map(one => getComputedStyle(one).backgroundColor)"
        )

    by_day, by_night = (grounds(visit("style", color_scheme=mode)) for mode in ("light", "dark"))

    assert by_day == by_night
    assert set(by_day) == {"rgb(253, 252, 249)", "rgb(23, 22, 20)"}


def test_where_colours_are_the_readers_states_are_still_seen(visit):
    page = visit("style", width=1280, forced_colors="active")

    def edge(selector, side="block-end"):
        one = page.locator(selector).first
        return one.evaluate(
            "one => [getComputedStyle(one).borderBlockEndColor,"
            f" getComputedStyle(one).getPropertyValue('border-{side}-width')]"
        )

    current, other = edge(".tabs [aria-current]"), edge(".tabs a:not([aria-current])")
    assert current[0] != other[0]
    assert edge(".rows .current", "inline-start")[1] == "4px"
    assert edge(".rows li:not(.current)", "inline-start")[1] == "0px"
    assert edge(".act:not(.quiet)")[1] != edge(".act.quiet")[1]
    assert edge(".wrong", "inline-start")[1] == "6px"


def test_nothing_moves_for_who_wants_no_motion(new_page):
    page = new_page(reduced_motion="no-preference")
    page.goto("/icc-2020/")
    assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "smooth"

    page.emulate_media(reduced_motion="reduce")

    assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"
    moving = """() => [...document.querySelectorAll("*")].filter(one => {
        const style = getComputedStyle(one);
        return parseFloat(style.transitionDuration) > 0 || style.animationName !== "none";
    }).length"""
    assert page.evaluate(moving) == 0


@pytest.mark.parametrize("name", ["letter", "status", "status, queried", "sent", "objection"])
def test_on_paper_a_public_page_is_black_on_white_without_what_can_be_pressed(visit, name):
    page = visit(name, color_scheme="dark")

    page.emulate_media(media="print", color_scheme="dark")

    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("[...document.querySelectorAll('.act, nav')].filter(one => one.checkVisibility()).length") == 0


def test_arabic_is_written_larger_with_more_air_and_upright(new_page):
    page, english = new_page(), new_page()
    page.goto("/ar/icc-2020/sign/")
    english.goto("/icc-2020/sign/")

    def measure(where):
        return where.evaluate(
            """() => { const style = getComputedStyle(document.body);
            return [parseFloat(style.fontSize), parseFloat(style.lineHeight) / parseFloat(style.fontSize)]; }"""
        )

    assert measure(page)[0] > measure(english)[0]
    assert measure(page)[1] == pytest.approx(1.8, abs=0.01)
    arrow = "getComputedStyle(document.querySelector('nav.back a'), '::before').content"
    assert ("→" in page.evaluate(arrow), "←" in english.evaluate(arrow)) == (True, True)
    page.evaluate("document.querySelector('main > p:not([lang])').innerHTML = '<em>نص</em>'")
    assert page.evaluate("getComputedStyle(document.querySelector('main em')).fontStyle") == "normal"


@pytest.mark.parametrize("name", ["letter", "sign", "status", "sent", "confirm", "withdraw", "verify"])
def test_a_public_page_is_under_50_kb_all_told(visit, new_page, addresses, name):
    page = new_page()
    sizes = []
    page.on("requestfinished", lambda request: sizes.append(request.sizes()))

    page.goto(addresses[name])
    page.wait_for_load_state("networkidle")

    total = sum(one["responseBodySize"] + one["responseHeadersSize"] for one in sizes)
    assert 3_000 < total < 50_000


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize(("kind", "language"), [("confirm", "ar"), ("digest", "en-gb"), ("objection_notice", "fr")])
@pytest.mark.parametrize("screen", [320, 600])
def test_a_message_fits_a_narrow_mailbox_and_can_be_read_in_the_dark(new_page, session, screen, kind, language, mode):
    page = new_page(width=screen, color_scheme=mode, storage_state=session)
    page.goto(f"/moderation/messages/{kind}/{language}/")

    assert width(page) <= screen
    button = page.locator(".act a")
    assert button.bounding_box()["height"] >= 44
    pairs = page.evaluate(READ.replace('"main"', '"body"'))
    assert [pair for pair in pairs if contrast(*map(as_hex, pair.split("|"))) < 4.5] == []
    side = "right" if language == "ar" else "left"
    assert page.locator("td.ink").evaluate("one => getComputedStyle(one).textAlign") == side


def test_the_previews_show_in_their_frames(visit):
    page = visit("messages")
    page.locator("details").first.evaluate("one => one.open = true")

    frame = page.frame_locator("iframe.mailed").first

    frame.locator("td.ink").wait_for()
    assert frame.locator(".act").count() == 1
