"""The secretariat's addresses, under /moderation/letters/."""

from django.urls import path

from . import views

app_name = "delivery"

urlpatterns = [
    path("", views.letters, name="letters"),
    # The book
    path("<slug:slug>/recipients/", views.recipients, name="recipients"),
    path("<slug:slug>/recipients/add/", views.add, name="add"),
    path("<slug:slug>/recipients/import/", views.upload, name="upload"),
    path("<slug:slug>/recipients/import/lines/", views.import_lines, name="import"),
    path("<slug:slug>/recipients/template.csv", views.template, name="template"),
    path("<slug:slug>/recipients/recipients.csv", views.export, name="export"),
    path("<slug:slug>/recipients/<int:pk>/", views.recipient, name="recipient"),
    path("<slug:slug>/recipients/<int:pk>/change/", views.change, name="change"),
    path("<slug:slug>/recipients/<int:pk>/remove/", views.remove, name="remove"),
    # The delivery
    path("<slug:slug>/deliver/", views.deliver, name="deliver"),
    path("<slug:slug>/copies.zip", views.copies_zip, name="zip"),
    path("<slug:slug>/recipients/<int:pk>/copy.pdf", views.copy, name="copy"),
    path("<slug:slug>/recipients/<int:pk>/send-again/", views.send_again, name="send_again"),
    # What came of it
    path("<slug:slug>/posted/", views.posted, name="posted"),
    path("<slug:slug>/recipients/<int:pk>/record/", views.record, name="record"),
    path("<slug:slug>/follow-ups/<int:pk>/", views.revise, name="revise"),
    path("<slug:slug>/follow-ups/<int:pk>/strike/", views.strike, name="strike"),
    path("<slug:slug>/follow-ups/<int:pk>/answer.pdf", views.answer, name="answer"),
]
