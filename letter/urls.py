"""Public addresses of letters. A release file answers them first; these views are the fall-back."""

from django.urls import include, path, register_converter

from . import views
from .models.text import LANGUAGE


class LanguageConverter:
    """A BCP 47 tag as letters' texts have it; no letter's address looks like one."""

    regex = LANGUAGE

    def to_python(self, value):
        """Return the tag."""
        return value

    def to_url(self, value):
        """Return the tag."""
        return value


register_converter(LanguageConverter, "language")

app_name = "letter"

letter = [
    path("<slug:slug>/", views.read, name="read"),
    path("<slug:slug>/editions/<int:number>/", views.edition, name="edition"),
    path("<slug:slug>/editions/<int:number>/<path:name>", views.page, name="edition_page"),
    path("<slug:slug>/<path:name>", views.page, name="page"),
]

urlpatterns = [
    path("", views.index, name="index"),
    path("robots.txt", views.site_file, {"name": "robots.txt"}, name="robots"),
    path("sitemap.xml", views.site_file, {"name": "sitemap.xml"}, name="sitemap"),
    # /fr/: what / is, in another language
    path("<language:language>/", views.index, name="front"),
    # /fr/LETTER/: translations
    path("<language:language>/", include((letter, "translated"))),
    # /LETTER/: the original
    *letter,
]
