"""The representative's addresses, each in every language of the interface: `/fr/…`, and English without a prefix."""

from django.urls import path

from . import views

app_name = "signatories"

urlpatterns = [
    # /LETTER/sign/: one form, once, without an account
    path("<slug:slug>/sign/", views.sign, name="sign"),
    path("<slug:slug>/sign/sent/", views.sent, name="sent"),
    # links in e-mails: GET shows, POST acts
    path("confirm/<str:token>/", views.confirm, name="confirm"),
    path("status/<str:token>/", views.status, name="status"),
    path("status/<str:token>/correct/", views.correct, name="correct"),
    path("status/<str:token>/answer/", views.answer, name="answer"),
    path("status/<str:token>/withdraw/", views.withdraw, name="withdraw"),
    # the link of a notice
    path("objection/<str:token>/", views.objection, name="objection"),
]
