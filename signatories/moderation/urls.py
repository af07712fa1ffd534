"""The moderator's addresses, under /moderation/."""

from django.urls import path

from . import decisions, imports, queue, record, register, sign_on

app_name = "moderation"

urlpatterns = [
    path("", queue.queue, name="queue"),
    path("register/<slug:slug>/", register.register, name="register"),
    path("imports/", imports.imports, name="imports"),
    path("imports/upload/", imports.upload, name="import_upload"),
    path("imports/template.csv", imports.template, name="import_template"),
    path("imports/<int:pk>/", imports.batch, name="import"),
    path("imports/<int:pk>/columns/", imports.name_columns, name="import_columns"),
    path("imports/<int:pk>/read-again/", imports.read_again, name="import_read_again"),
    path("imports/<int:pk>/import/", imports.carry_out, name="import_carry_out"),
    path("imports/<int:pk>/discard/", imports.discard, name="import_discard"),
    path("imports/<int:pk>/source/", imports.source, name="import_source"),
    path("imports/<int:pk>/report.csv", imports.report, name="import_report"),
    path("sign-ons/<int:pk>/", sign_on.sign_on, name="sign_on"),
    path("sign-ons/<int:pk>/query/", decisions.query, name="query"),
    path("sign-ons/<int:pk>/answer/", decisions.answer, name="answer"),
    path("sign-ons/<int:pk>/accept/", decisions.accept, name="accept"),
    path("sign-ons/<int:pk>/decline/", decisions.decline, name="decline"),
    path("sign-ons/<int:pk>/reopen/", decisions.reopen, name="reopen"),
    path("sign-ons/<int:pk>/withdraw/", decisions.withdraw, name="withdraw"),
    path("record/", record.record, name="record"),
    path("texts/<slug:slug>/<str:language>/", record.text_history, name="text_history"),
    path("messages/<int:pk>/send-again/", sign_on.send_again, name="send_again"),
]
