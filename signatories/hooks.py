"""Where programs report: what came back of our messages. The shape of a report is documented in docs/deploy.md."""

import hashlib
import hmac
import json
import logging
import time

from django.conf import settings
from django.http import Http404, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from . import bounces
from .models import BounceCount

logger = logging.getLogger(__name__)

# The length of a report's body.
MAX_BYTES = 16_384
# Seconds by which the sender's clock may differ, and within which a report can be sent again: that changes nothing.
TOLERANCE = 300


@csrf_exempt
@require_POST
def report_bounce(request):
    """Take the report of one bounce; also of what is no message of ours: it may be older than our rows."""
    if not settings.BOUNCE_HOOK_SECRET:
        raise Http404
    body = request.read(MAX_BYTES + 1)
    if len(body) > MAX_BYTES:
        return _refused(413, f"a report has at most {MAX_BYTES} bytes")
    if not is_signed(request.headers.get("X-Timestamp", ""), request.headers.get("X-Signature", ""), body):
        return _refused(401, "signature or timestamp is missing, wrong or too old")
    try:
        name, bounce = read(body)
    except ValueError as error:
        return _refused(400, str(error))
    outcome = BounceCount.take(name, bounce)
    logger.info("A report of a bounce: %s", outcome)
    return JsonResponse({"outcome": "taken"}, status=202)


def is_signed(timestamp, signature, body):
    """Whether whoever knows the secret has signed this body, with this timestamp, just now."""
    if not timestamp.isascii() or not timestamp.isdecimal() or len(timestamp) > 12:
        return False
    signed = timestamp.encode() + b"." + body
    expected = "sha256=" + hmac.new(settings.BOUNCE_HOOK_SECRET.encode(), signed, hashlib.sha256).hexdigest()
    is_fresh = abs(time.time() - int(timestamp)) <= TOLERANCE
    return hmac.compare_digest(expected.encode(), signature.encode()) and is_fresh


def read(body):
    """Return name and bounce in a report.

    Raises:
        ValueError: saying what is wrong, without what was sent.
    """
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        raise ValueError("the body is not JSON in UTF-8") from None
    if not isinstance(told, dict):
        raise ValueError("the body is not a JSON object")
    fields = {field: told.get(field, "") for field in ("message_id", "kind", "status", "diagnostic")}
    if not all(isinstance(value, str) for value in fields.values()):
        raise ValueError("every field is a string")
    kind, status = fields["kind"] or bounces.kind_of(fields["status"]), fields["status"]
    if kind not in bounces.Kind.values:
        raise ValueError("kind is hard, soft or complaint")
    if status and bounces.kind_of(status) is None:
        raise ValueError("status is an enhanced status code as 5.1.1, a reply code as 550, or empty")
    bounce = bounces.Bounce(
        bounces.Kind(kind), status, bounces.scrubbed(fields["diagnostic"]), is_final=kind == bounces.Kind.HARD
    )
    return bounces.read_name(fields["message_id"]), bounce


def _refused(status, error):
    response = JsonResponse({"error": error}, status=status)
    if status == 401:
        response["WWW-Authenticate"] = "HMAC-SHA256"
    return response
