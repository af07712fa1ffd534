"""The moderator's addresses, under /moderation/."""

from django.urls import path

from . import decisions, documents, queries, queue, record, register, sign_on

app_name = "moderation"

urlpatterns = [
    path("", queue.queue, name="queue"),
    path("register/<slug:slug>/", register.register, name="register"),
    path("sign-ons/<int:pk>/", sign_on.sign_on, name="sign_on"),
    path("sign-ons/<int:pk>/query/", decisions.query, name="query"),
    path("sign-ons/<int:pk>/query/text/", queries.question, name="question"),
    path("sign-ons/<int:pk>/answer/", decisions.answer, name="answer"),
    path("sign-ons/<int:pk>/accept/", decisions.accept, name="accept"),
    path("sign-ons/<int:pk>/decline/", decisions.decline, name="decline"),
    path("sign-ons/<int:pk>/reopen/", decisions.reopen, name="reopen"),
    path("sign-ons/<int:pk>/withdraw/", decisions.withdraw, name="withdraw"),
    path("documents/<int:pk>/", documents.document, name="document"),
    path("documents/<int:pk>/see/", documents.see, name="see"),
    path("documents/<int:pk>/erase/", documents.erase, name="erase"),
    path("record/", record.record, name="record"),
    path("texts/<slug:slug>/<str:language>/", record.text_history, name="text_history"),
    path("messages/<int:pk>/send-again/", sign_on.send_again, name="send_again"),
]
