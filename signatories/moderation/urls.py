"""The moderator's addresses, under /moderation/."""

from django.urls import path

from . import bulk, corrections, decisions, documents, notices, organisations, queries, queue, record, register, sign_on

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
    path("sign-ons/<int:pk>/undo/", decisions.undo, name="undo"),
    path("sign-ons/<int:pk>/withdraw/", decisions.withdraw, name="withdraw"),
    path("sign-ons/<int:pk>/notify/", notices.notify, name="notify"),
    path("sign-ons/<int:pk>/edit/", corrections.edit, name="edit"),
    path("notices/<int:pk>/settle/", notices.settle, name="settle"),
    path("corrections/", corrections.corrections, name="corrections"),
    path("corrections/<int:pk>/", corrections.correction, name="correction"),
    path("corrections/<int:pk>/apply/", corrections.apply, name="apply"),
    path("corrections/<int:pk>/refuse/", corrections.refuse, name="refuse"),
    path("corrections/<int:pk>/undo/", corrections.undo, name="undo_correction"),
    path("organisations/", organisations.organisations, name="organisations"),
    path("organisations/<int:pk>/", organisations.organisation, name="organisation"),
    path("organisations/<int:pk>/edit/", organisations.edit_organisation, name="edit_organisation"),
    path("organisations/<int:pk>/variants/", organisations.add_variant, name="add_variant"),
    path("variants/<int:pk>/", organisations.change_variant, name="change_variant"),
    path("variants/<int:pk>/remove/", organisations.remove_variant, name="remove_variant"),
    path("organisations/<int:pk>/merge/", organisations.choose_other, name="choose_other"),
    path("organisations/<int:pk>/merge/<int:other>/", organisations.merge, name="merge"),
    path("organisations/<int:pk>/split/", organisations.split, name="split"),
    path("merges/<int:pk>/undo/", organisations.undo_merge, name="undo_merge"),
    path("sign-ons/<int:pk>/claim/", sign_on.claim, name="claim"),
    path("bulk/", bulk.preview, name="bulk"),
    path("bulk/decide/", bulk.decide, name="bulk_decide"),
    path("batches/<uuid:batch>/", bulk.outcome, name="batch"),
    path("batches/<uuid:batch>/undo/", bulk.undo, name="batch_undo"),
    path("keys/", queue.keys, name="keys"),
    path("documents/<int:pk>/", documents.document, name="document"),
    path("documents/<int:pk>/see/", documents.see, name="see"),
    path("documents/<int:pk>/erase/", documents.erase, name="erase"),
    path("record/", record.record, name="record"),
    path("texts/<slug:slug>/<str:language>/", record.text_history, name="text_history"),
    path("messages/<int:pk>/send-again/", sign_on.send_again, name="send_again"),
]
