"""Twilio: verify, name, dedupe and acknowledge its webhooks; sign requests as it would."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import islice

import msgspec

from offhook.errors import SettingsError
from offhook.providers import naming, raw, shared_keys, urls
from offhook.providers.base import Accepted, Incoming, Refused
from offhook.providers.forms import NO_FORM, Form, learn, read_form, sign_later, signed
from offhook.providers.signature import Key, body_hash
from offhook.records import Answer, AnswerMode, Arrival, Endpoint, Headers, Kind, Record, Webhook

MAX_ESCAPES = 65536

_FORM = raw.FORM.encode()
_SIGNATURE = b"x-twilio-signature"

# Each of these is read as one value by whoever acts on it; a second one would be a second opinion on who sent what to whom.
_STRUCTURAL = frozenset(
    b"AccountSid ApiVersion Body CallSid CallStatus CallbackSource Direction From MessageSid MessageStatus MessagingServiceSid "
    b"NumMedia SmsMessageSid SmsSid SmsStatus StatusCallbackEvent To".split()
)
_SINGLE_HEADERS = frozenset({b"host", b"content-type", _SIGNATURE, b"i-twilio-idempotency-token", shared_keys.HEADER})

_TWIML = Answer(status=200, headers=(("Content-Type", "text/xml"),), body=b"<Response/>")
_EMPTY = Answer(status=202)

# A near miss is looked for after the answer, on the same processor: this many URLs and keys, and no giant bodies.
_NEAR_URLS = 256
_NEAR_KEYS = 4
_NEAR_BYTES = 16 * 1024

# Few URLs are called again and again.
_url_text = lru_cache(maxsize=256)(raw.text)


class TwilioSettings(Record):
    """What verification rests on.

    `tokens`: account SID → its Auth Tokens (the current one first; several while they are rotated); "" for accounts without their own.
    `shared_keys`: key id → (algorithm, secret). `account_sids`: the only accounts whose webhooks are accepted; empty for any.
    `allow_unsigned`: no signature is asked for, which only loopback may ever see. `max_fields`: the most parameters of a request.
    """

    tokens: Mapping[str, tuple[str, ...]] = {}
    public_url: str | None = None
    trusted_proxies: urls.Networks = ()
    shared_keys: Mapping[str, tuple[str, str]] = {}
    account_sids: frozenset[str] = frozenset()
    allow_unsigned: bool = False
    max_fields: int = 1000


class _Claim(Record):
    """A request taken apart for checking: its parameters, what they say that it is about, and the URL that it was sent to."""

    request: Incoming
    form: Form
    about: naming.Subject
    url: bytes
    in_body: bool

    @property
    def signed(self) -> bytes:
        """What the signature covers besides the URL."""
        return self.form.signed if self.in_body else b""

    @property
    def other_body(self) -> bytes:
        """A body that is not a form, and so is not among what is signed."""
        return b"" if self.in_body else self.request.body

    def refused(self, status: int, reason: str, *, signature: bool = False) -> Refused:
        """This request, refused."""
        account = raw.text(self.about.account)
        return Refused(status=status, reason=reason, url=raw.text(self.url), account_sid=account, signature=signature)


class Twilio:
    """The provider `twilio`. Raises SettingsError for a public URL or an algorithm that is none."""

    name = "twilio"

    def __init__(self, settings: TwilioSettings) -> None:
        self._base = urls.public_base(settings.public_url) if settings.public_url else b""
        self._trusted = settings.trusted_proxies
        self._accounts = frozenset(sid.encode() for sid in settings.account_sids)
        self._unsigned = settings.allow_unsigned
        self._most = settings.max_fields
        self._tokens = {sid.encode(): tuple(Key(token) for token in tokens) for sid, tokens in settings.tokens.items()}
        self._every_token = tuple(key for _, keys in sorted(self._tokens.items()) for key in keys)
        self._shared = {key_id: _shared_key(*named) for key_id, named in settings.shared_keys.items()}

    def verify(self, request: Incoming) -> Accepted | Refused:
        """Twilio's signature over the exact URL and every parameter; and no parameter that can be read in two ways."""
        return self.verify_all((request,))[0]

    def verify_all(self, requests: Sequence[Incoming]) -> list[Accepted | Refused]:
        """`verify` for each: first all are read, then all are judged, so that the processor has one thing to do at a time."""
        claims = [self._read(request) for request in requests]
        return [claim if isinstance(claim, Refused) else self._judge(claim) for claim in claims]

    def _read(self, request: Incoming) -> _Claim | Refused:
        headers = request.headers
        if request.repeated and not request.repeated.isdisjoint(_SINGLE_HEADERS):
            return Refused(status=400, reason="a header field that must be single came twice")
        body = request.body
        in_body = bool(body) and (headers.get(b"content-type") == _FORM or _is_form(headers))
        encoded = body if in_body else raw.query(request.target)
        if len(encoded) >= self._most and _is_flood(encoded, self._most):
            return Refused(status=413, reason=f"more than {self._most} parameters, or {MAX_ESCAPES} escapes")
        form = read_form(encoded) if encoded else NO_FORM
        url = self._base + request.target if self._base else urls.assumed_url(request, headers, self._trusted)
        return _Claim(request=request, form=form, about=naming.subject(form), url=url, in_body=in_body)

    def _judge(self, claim: _Claim) -> Accepted | Refused:
        about = claim.about
        refused = None if self._is_proven(claim) else self._refuse(claim)
        if refused is None and (self._accounts or not about.plain):
            refused = self._refuse_meaning(claim)
        if refused is not None:
            return refused
        if not claim.form.familiar:
            learn(claim.form)
        return Accepted(
            kind=about.kind,
            dedupe_key=naming.dedupe_key(about, claim.request),
            url=_url_text(claim.url),
            provider_id=about.sid.decode("utf-8", "replace"),
            sender=about.sender.decode("utf-8", "replace"),
        )

    def _is_proven(self, claim: _Claim) -> bool:
        """Whether it is a form with the right signature at once, as it mostly is, by a token of its account. `_refuse` looks at all else."""
        form, headers, account = claim.form, claim.request.headers, claim.about.account
        signature = headers.get(_SIGNATURE)
        if signature is None or not account or form.repeated or not claim.in_body or shared_keys.HEADER in headers:
            return False
        keys = self._tokens.get(account) or self._tokens.get(b"")
        return keys is not None and keys[0].matches(claim.url + form.signed, signature)

    def _refuse(self, claim: _Claim) -> Refused | None:
        """Repeated parameters, a wrong signature, a body that the signature does not cover, a broken JSON body."""
        repeated = claim.form.repeated
        if repeated and repeated & _STRUCTURAL:
            return claim.refused(400, f"repeated parameters: {raw.text(b', '.join(sorted(repeated & _STRUCTURAL)))}")
        if not self._unsigned:
            reason = self._distrust(claim)
            if not reason and claim.other_body:
                reason = _uncovered(claim.other_body, claim.form)
            if reason:
                return claim.refused(403, reason, signature=True)
        if claim.other_body and raw.media_type(raw.text(claim.request.headers.get(b"content-type", b""))) == raw.JSON:
            broken = _broken_json(claim.other_body)
            return claim.refused(400, broken) if broken else None
        return None

    def _distrust(self, claim: _Claim) -> str:
        """Why the signature is not right for any of the keys that may have made it, in either form of the URL; "" when it is."""
        signature = claim.request.headers.get(_SIGNATURE)
        if not signature:
            return "no signature"
        keys = self._keys(claim)
        if not keys:
            return "no key is configured for this account or shared key"
        covered = claim.url + claim.signed
        for key in keys:
            if key.matches(covered, signature):
                return ""
        covered = urls.other_port(claim.url) + claim.signed
        return "" if any(key.matches(covered, signature) for key in keys) else "wrong signature"

    def _keys(self, claim: _Claim) -> tuple[Key, ...]:
        """The shared key that the request names; else the tokens of its account; without either, any token."""
        written = claim.request.headers.get(shared_keys.HEADER)
        named = shared_keys.read_settings(written) if written else None
        if named is not None:
            key = self._shared.get(named.key_id)
            return (key,) if key is not None and key.algorithm == named.algorithm else ()
        if not claim.about.account:
            return self._every_token
        return self._tokens.get(claim.about.account) or self._tokens.get(b"", ())

    def _refuse_meaning(self, claim: _Claim) -> Refused | None:
        """An account that is not ours, or parameters that were cut elsewhere than Twilio cut them."""
        about, account = claim.about, claim.about.account
        if self._accounts and account not in self._accounts and (account or about.kind is not Kind.OTHER):
            return claim.refused(403, "AccountSid is not a configured account")
        contorted = naming.contortion(about, claim.form, claim.url)
        return claim.refused(400, contorted) if contorted else None

    def near_miss(self, request: Incoming) -> str:
        """The URL for which the signature would have been right, with any configured key; "" when none was found."""
        headers = request.headers
        signature = headers.get(_SIGNATURE)
        in_body = bool(request.body) and _is_form(headers)
        if not signature or len(request.body) > _NEAR_BYTES or _is_flood(request.body, self._most):
            return ""
        covered = read_form(request.body).signed if in_body else b""
        assumed = self._base + request.target if self._base else urls.assumed_url(request, headers, self._trusted)
        keys = (*self._every_token, *self._shared.values())[:_NEAR_KEYS]
        for url in islice(urls.near_urls(request, headers, assumed), _NEAR_URLS):
            if any(key.matches(url + covered, signature) for key in keys):
                return raw.text(url)
        return ""

    def derive(self, arrival: Arrival) -> Webhook:
        """The webhook that a kept arrival is."""
        form = read_form(raw.encoded_parameters(arrival.head, arrival.body))
        if not form.familiar:
            learn(form)  # it was verified before it was kept
        sign_later(form)
        about = naming.named(arrival.endpoint, arrival.kind, form)
        return Webhook(
            id=arrival.id,
            endpoint=arrival.endpoint,
            received_at=arrival.received_at,
            peer=arrival.peer,
            url=arrival.url,
            kind=arrival.kind,
            dedupe_key=arrival.dedupe_key,
            head=arrival.head,
            body=arrival.body,
            provider_id=about.provider_id,
            account_sid=about.account_sid,
            sender=about.sender,
            recipient=about.recipient,
            conversation=about.conversation,
            due=arrival.received_at,
        )

    def sign(self, url: str, body: bytes, content_type: str, account_sid: str) -> tuple[str, Headers]:
        """The URL to call, without fragment and user:password, and X-Twilio-Signature over it; no header where there is no token.

        The port stays as it is written, as Twilio does for messages (§5.3). An empty path is signed as `/`, which is what is requested.
        """
        bare = urls.callable_url(url)
        form = content_type == raw.FORM or raw.media_type(content_type) == raw.FORM
        if body and not form:
            bare = urls.with_body_hash(bare, body_hash(body))
        account = account_sid.encode()
        keys = (self._tokens.get(account) or self._tokens.get(b"", ())) if account else self._every_token
        if not keys:
            return bare.decode(), ()
        signature = keys[0].sign(bare + (signed(body) if body and form else b""))
        return bare.decode(), (("X-Twilio-Signature", signature.decode()),)

    def acknowledge(self, endpoint: Endpoint, kind: Kind) -> Answer | None:
        """Status callbacks at once, calls never (the caller waits for the app's words), everything else as the endpoint says."""
        if kind is Kind.VOICE or (kind is not Kind.STATUS and endpoint.answer is AnswerMode.RELAY):
            return None
        return _EMPTY if endpoint.acknowledge_with == "202" else _TWIML


def _shared_key(algorithm: str, secret: str) -> Key:
    known = shared_keys.known_algorithm(algorithm)
    if not known:
        raise SettingsError(
            f"shared key: the algorithm {algorithm!r} is not one of hmac-sha1, hmac-sha256, hmac-sha384, hmac-sha512"
        )
    return Key(secret, known)


def _is_form(headers: Mapping[bytes, bytes]) -> bool:
    written = headers.get(b"content-type", b"")
    return written == _FORM or raw.media_type(raw.text(written)) == raw.FORM


def _is_flood(encoded: bytes, most: int) -> bool:
    return encoded.count(b"&") >= most or encoded.count(b"%") > MAX_ESCAPES


def _uncovered(body: bytes, query: Form) -> str:
    """A body that is not a form is covered by its hash in the signed URL, or by nothing."""
    claimed = query.get(b"bodySHA256").decode("latin-1").lower()
    if not claimed:
        return "the body is not authenticated: no bodySHA256 in the URL"
    return "" if claimed == body_hash(body) else "bodySHA256 is not the hash of the body"


def _broken_json(body: bytes) -> str:
    """Too deep, too long a number, or not JSON at all; "" when it can be read."""
    try:
        msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        return f"JSON body: {str(error)[:200]}"
    return ""
