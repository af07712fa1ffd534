"""Signed links: each opens one thing, for one purpose, for a time."""

import pytest

from signatories import links


def test_a_link_says_which_row_it_leads_to():
    assert links.read("status", links.token("status", 7)) == links.Link(7, is_expired=False)
    assert links.read_notice(links.notice_token(7)) == links.NoticeLink(7, is_expired=False)


@pytest.mark.parametrize("purpose", ["confirm", "status"])
def test_a_link_of_a_notice_is_no_link_of_a_sign_on_nor_the_other_way_round(purpose):
    with pytest.raises(links.BadLink):
        links.read(purpose, links.notice_token(7))
    with pytest.raises(links.BadLink):
        links.read_notice(links.token(purpose, 7))


def test_a_link_that_was_altered_is_refused():
    token = links.notice_token(7)

    with pytest.raises(links.BadLink):
        links.read_notice("8" + token[1:])
    with pytest.raises(links.BadLink):
        links.read_notice(token[:-1])


def test_a_link_of_a_notice_has_a_lifetime_of_its_own(settings):
    token = links.notice_token(7)
    settings.LINK_LIFETIMES = settings.LINK_LIFETIMES | {"objection": settings.OBJECTION_PERIOD * -1}

    assert links.read_notice(token) == links.NoticeLink(7, is_expired=True)
    assert links.read("status", links.token("status", 7)).is_expired is False
