"""Addresses of the demo's own pages; they exist only where DEMO_MAILBOX is set."""

from django.urls import path

from . import mailbox

app_name = "demo"

urlpatterns = [
    # /demo/: whoever tries the demo, in the role of every representative
    path("mailbox/", mailbox.mailbox, name="mailbox"),
    path("mailbox/<slug:name>/", mailbox.message, name="message"),
]
