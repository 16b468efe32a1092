"""A Django app in one file: the SDK's validator over `build_absolute_uri()` and `request.POST`."""

import os
import sys
from wsgiref.simple_server import WSGIRequestHandler, make_server

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse, HttpResponseForbidden, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from twilio.request_validator import RequestValidator
from twilio.twiml.messaging_response import MessagingResponse

trusts_proxy = bool(os.environ.get("APP_TRUSTS_PROXY"))
settings.configure(
    ROOT_URLCONF=__name__,
    ALLOWED_HOSTS=["127.0.0.1", "localhost"],
    SECRET_KEY="only for tests",
    USE_TZ=True,
    USE_X_FORWARDED_HOST=trusts_proxy,
    SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https") if trusts_proxy else None,
)
validator = RequestValidator(os.environ["TWILIO_AUTH_TOKEN"])
seen = []


@csrf_exempt
def sms(request):
    signature = request.headers.get("X-Twilio-Signature", "")
    if not validator.validate(request.build_absolute_uri(), request.POST, signature):
        return HttpResponseForbidden("bad signature")
    values = request.POST or request.GET
    seen.append({"sid": values.get("MessageSid"), "body": values.get("Body"), "headers": dict(request.headers)})
    reply = MessagingResponse()
    reply.message(f"You said: {values.get('Body')}")
    return HttpResponse(str(reply), content_type="text/xml")


def what_was_seen(_request):
    return JsonResponse(seen, safe=False)


urlpatterns = [path("sms", sms), path("seen", what_was_seen)]


class QuietHandler(WSGIRequestHandler):
    def log_message(self, *args):
        pass


if __name__ == "__main__":
    make_server("127.0.0.1", int(sys.argv[1]), get_wsgi_application(), handler_class=QuietHandler).serve_forever()
