"""Public addresses of letters. A release file answers them first; these views are the fall-back."""

from django.urls import path

from . import views

app_name = "letter"

urlpatterns = [
    path("", views.index, name="index"),
    path("<slug:slug>/", views.read, name="read"),
    path("<slug:slug>/signatories.json", views.page, {"name": "signatories.json"}, name="json"),
    path("<slug:slug>/signatories.csv", views.page, {"name": "signatories.csv"}, name="csv"),
    path("<slug:slug>/editions/<int:number>/", views.page, {"name": "edition.html"}, name="edition"),
    path("<slug:slug>/editions/<int:number>/<str:name>", views.page, name="page"),
]
