"""Events into a Kinesis stream: moto's server for what AWS checks, and a scripted one for what AWS can do to a writer."""

import base64
import json
from datetime import UTC, datetime

import pytest

from offhook.streams.sinks.kinesis import KIND
from tests.helpers.aws import EXTERNAL_ID, Cloud, data_of, moto
from tests.helpers.clock import Passing
from tests.helpers.listener import Listener, answer
from tests.helpers.processes import free_port
from tests.helpers.sinks import hand_over, make_event, make_events, sink_parts

ARN = "arn:aws:kinesis:eu-west-1:123456789012:stream/events"
ROLE = "arn:aws:iam::123456789012:role/writer"
KEYS = {"env:AWS_ACCESS_KEY_ID": "AKIATEST", "env:AWS_SECRET_ACCESS_KEY": "a-secret-key"}


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory):
    with moto(tmp_path_factory.mktemp("moto") / "moto.log") as address:
        yield address


@pytest.fixture
def cloud(endpoint):
    return Cloud(endpoint)


def settings(cloud, **others):
    own = {"arn": cloud.arn, "role_arn": cloud.role_arn, "external_id": EXTERNAL_ID}
    return {**own, "endpoint": cloud.endpoint, "sts_endpoint": cloud.endpoint, **others}


async def deliver(cloud, events, *, secrets=None, **others):
    cloud.check_rights()
    async with sink_parts(secrets=secrets or cloud.secrets) as parts:
        return await KIND.make(settings(cloud, **others), parts).deliver(events)


def written(count, *failed):
    """An answer to PutRecords; `failed` are (place, error)."""
    records = [{"SequenceNumber": str(number), "ShardId": "shardId-0"} for number in range(count)]
    for place, error in failed:
        records[place] = {"ErrorCode": error, "ErrorMessage": "no"}
    return answer(200, json.dumps({"FailedRecordCount": len(failed), "Records": records}).encode())


def error(name, status=400, words="no"):
    return answer(status, json.dumps({"__type": name, "message": words}).encode())


async def outcome(say, events=None, **others):
    """What comes of handing over to a scripted Kinesis."""
    async with Listener(say) as listener, sink_parts(secrets=KEYS) as parts:
        client = KIND.make({"arn": ARN, "endpoint": listener.url, "sts_endpoint": listener.url, **others}, parts)
        return await client.deliver(events or make_events(3))


async def test_events_are_written_by_the_role_in_order_and_each_conversation_to_one_shard(cloud):
    events = make_events(600)
    delivery = await deliver(cloud, events)
    assert (delivery.taken, delivery.fault) == (600, None)
    records = cloud.records()
    assert len(records) == 600
    assert {data for _, _, data in records} == {event.body for event in events}
    for key in {event.partition for event in events}:
        assert [data for _, each, data in records if each == key] == [event.body for event in events if event.partition == key]
        assert len({shard for shard, each, _ in records if each == key}) == 1


async def test_without_a_role_our_own_keys_must_have_the_right_to_write(cloud):
    delivery = await deliver(cloud, make_events(2), role_arn=None)
    assert (delivery.taken, delivery.refused, delivery.fault.code, delivery.fault.retry) == (0, 0, 91304, True)
    assert "AccessDenied" in delivery.fault.message


@pytest.mark.parametrize("fault", ["another external id", "another secret", "no such key"])
async def test_a_role_that_is_not_lent_and_keys_that_are_not_known_are_tried_again(cloud, fault):
    others, secrets = {}, dict(cloud.secrets)
    if fault == "another external id":
        others["external_id"] = "somebody-elses"
    elif fault == "another secret":
        secrets["env:AWS_SECRET_ACCESS_KEY"] = "wrong"
    else:
        secrets["env:AWS_ACCESS_KEY_ID"] = "AKIANOBODY"
    delivery = await deliver(cloud, make_events(2), secrets=secrets, **others)
    assert (delivery.taken, delivery.refused, delivery.fault.code, delivery.fault.retry) == (0, 0, 91304, True)
    assert "AWS answered" in delivery.fault.message
    assert not any(secret in delivery.fault.message for secret in (*cloud.secrets.values(), EXTERNAL_ID))


async def test_a_stream_that_is_not_there_is_refused_for_good(cloud):
    delivery = await deliver(cloud, make_events(2), arn=cloud.arn.replace("events", "nowhere"))
    assert (delivery.taken, delivery.refused, delivery.fault.code, delivery.fault.retry) == (0, 2, 91305, False)
    assert "ResourceNotFoundException" in delivery.fault.message


async def test_an_event_of_more_than_a_mebibyte_stays_behind_and_the_others_are_written(cloud):
    events = [make_event(number, data={"text": "x" * (1_100_000 if number == 4 else 900_000)}) for number in range(1, 12)]
    cloud.check_rights()
    async with sink_parts(secrets=cloud.secrets) as parts:
        came = await hand_over(KIND.make(settings(cloud, timeout="10s"), parts), events)
    assert came.refused == [events[3]]
    assert "at most 1048576" in came.faults[0].message
    assert sorted(data for _, _, data in cloud.records()) == sorted(event.body for event in events if event is not events[3])


async def test_twilios_fields_and_the_usual_variables_are_enough():
    async with sink_parts(secrets=KEYS) as parts:
        KIND.make({"arn": ARN, "role_arn": ROLE, "external_id": "x"}, parts)


async def test_of_a_batch_that_was_written_in_part_only_what_comes_before_the_gap_is_taken():
    delivery = await outcome(lambda _: written(3, (1, "ProvisionedThroughputExceededException")))
    assert (delivery.taken, delivery.refused, delivery.fault.code, delivery.fault.retry) == (1, 0, 91302, True)
    delivery = await outcome(lambda _: written(3, (0, "InternalFailure"), (2, "InternalFailure")))
    assert (delivery.taken, delivery.fault.code) == (0, 91306)
    assert "2 of 3 records" in delivery.fault.message


async def test_after_a_gap_the_rest_comes_again_and_nothing_is_missing_or_out_of_order():
    kept, asked = [], []

    def say(request):
        asked.append(len(request.json["Records"]))
        failed = [(place, "InternalFailure") for place in range(asked[-1]) if len(asked) == 1 and place in {40, 60}]
        kept.extend(each["id"] for place, each in enumerate(data_of(request)) if (place, "InternalFailure") not in failed)
        return written(asked[-1], *failed)

    events = make_events(100)
    async with Listener(say) as listener, sink_parts(secrets=KEYS) as parts:
        came = await hand_over(KIND.make({"arn": ARN, "endpoint": listener.url}, parts), events)
    assert came.taken == events
    assert asked == [100, 60]
    assert kept[-60:] == [event.id for event in events[40:]]
    assert set(kept) == {event.id for event in events}


@pytest.mark.parametrize(
    ("said", "code", "retry"),
    [
        (error("com.amazonaws.kinesis#ProvisionedThroughputExceededException"), 91302, True),
        (error("LimitExceededException"), 91302, True),
        (error("ThrottlingException"), 91302, True),
        (answer(429), 91302, True),
        (error("ResourceNotFoundException"), 91305, False),
        (error("InvalidArgumentException"), 91305, False),
        (error("ValidationException"), 91305, False),
        (error("AccessDeniedException"), 91304, True),
        (error("UnrecognizedClientException"), 91304, True),
        (answer(404), 91305, False),
        (error("InternalFailure", 500), 91306, True),
        (answer(503), 91306, True),
        (answer(200, b"{}"), 91304, True),
        (answer(200, b"\xff"), 91304, True),
        (written(2), 91304, True),
        (None, 91307, True),
    ],
)
async def test_what_aws_says_has_its_code(said, code, retry):
    delivery = await outcome(lambda _: said)
    assert (delivery.taken, delivery.fault.code, delivery.fault.retry) == (0, code, retry)
    assert delivery.refused == (0 if retry else 3)


async def test_a_complaint_about_the_signature_is_not_quoted_since_it_recites_what_was_signed():
    delivery = await outcome(lambda _: error("InvalidSignatureException", 403, "should have been x-amz-security-token:hush"))
    assert "InvalidSignatureException" in delivery.fault.message
    assert "hush" not in delivery.fault.message


def lent(number, until):
    ends = datetime.fromtimestamp(until, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return answer(
        200,
        f"<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA{number}</AccessKeyId><SecretAccessKey>s</SecretAccessKey>"
        f"<SessionToken>token{number}</SessionToken><Expiration>{ends}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>".encode(),
    )


class Lending:
    """Kinesis and STS at one address: lends keys for an hour; `worn` are tokens that Kinesis no longer takes."""

    def __init__(self, clock):
        self.clock = clock
        self.lent = 0
        self.worn = set()
        self.tokens = []

    def __call__(self, request):
        if "x-amz-target" not in request.headers:
            self.lent += 1
            return lent(self.lent, self.clock.now() + 3600)
        self.tokens.append(request.headers["x-amz-security-token"])
        if self.tokens[-1] in self.worn:
            return error("ExpiredTokenException")
        return written(len(request.json["Records"]))


async def test_lent_keys_are_used_until_they_near_their_end_or_are_refused():
    async with sink_parts(secrets=KEYS) as parts:
        clock = Passing()
        lending = Lending(clock)
        async with Listener(lending) as listener:
            own = {"arn": ARN, "role_arn": ROLE, "endpoint": listener.url, "sts_endpoint": listener.url}
            client = KIND.make(own, parts._replace(clock=clock))
            for _ in range(3):
                assert (await client.deliver(make_events(2))).taken == 2
            assert lending.tokens == ["token1"] * 3
            clock.gone = 3400
            assert (await client.deliver(make_events(2))).taken == 2
            assert lending.tokens[-1] == "token2"
            lending.worn = {"token2"}
            assert (await client.deliver(make_events(2))).fault.code == 91304
            assert (await client.deliver(make_events(2))).taken == 2
            assert lending.tokens[-1] == "token3"
    form = listener.heard[0].body.decode()
    assert "Action=AssumeRole" in form
    assert "ExternalId" not in form


async def test_a_killed_stream_gets_every_event_and_only_what_was_under_way_twice():
    """Killed three times, each time with a batch written and its answer lost."""
    kept, killed = [], []

    def say(request):
        kept.extend(each["id"] for each in data_of(request))
        if len(kept) > 600 * (len(killed) + 1) and len(killed) < 3:
            killed.append(len(request.json["Records"]))
            return None
        return written(len(request.json["Records"]))

    events = make_events(3000)
    async with Listener(say) as listener, sink_parts(secrets=KEYS) as parts:

        async def restart(_):
            await listener.kill()
            await listener.start()

        came = await hand_over(KIND.make({"arn": ARN, "endpoint": listener.url}, parts), events, batch=50, on_fault=restart)
    assert came.taken == events
    assert list(dict.fromkeys(kept)) == [event.id for event in events]
    # The door asks a second time by itself, over a new connection, when a kept one has broken without an answer.
    assert len(kept) - 3000 <= 2 * sum(killed)


async def test_nobody_there_is_no_connection():
    async with sink_parts(secrets=KEYS) as parts:
        client = KIND.make({"arn": ARN, "endpoint": f"http://127.0.0.1:{free_port()}"}, parts)
        assert (await client.deliver(make_events(1))).fault.code == 91307


async def test_a_long_partition_key_is_hashed_and_what_belongs_together_stays_so():
    events = [make_event(number, partition="k" * 300) for number in (1, 2)]
    async with Listener(lambda _: written(2)) as listener, sink_parts(secrets=KEYS) as parts:
        await KIND.make({"arn": ARN, "endpoint": listener.url}, parts).deliver(events)
    first, second = (record["PartitionKey"] for record in listener.heard[0].json["Records"])
    assert first == second
    assert len(first) <= 256
    assert base64.b64decode(listener.heard[0].json["Records"][0]["Data"]) == events[0].body


@pytest.mark.parametrize(
    ("configuration", "words"),
    [
        ({}, "arn is missing"),
        ({"arn": "arn:aws:s3:::bucket"}, "is no stream's ARN: write something like"),
        ({"arn": ARN, "role_arn": "writer"}, "is no role's ARN: write something like"),
        ({"arn": ARN, "access_key_id": "env:NOWHERE"}, "env:NOWHERE is not set"),
        ({"arn": ARN.replace("arn:aws:", "arn:aws-iso:")}, "endpoint is missing"),
        ({"arn": ARN, "endpoint": "http://a:b@127.0.0.1/"}, "endpoint: "),
    ],
)
async def test_a_configuration_that_cannot_work_says_what_to_write_instead(configuration, words):
    async with sink_parts(secrets=KEYS) as parts:
        with pytest.raises(ValueError, match=words):
            KIND.make(configuration, parts)


async def test_without_botocore_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "botocore.auth", None)
    async with sink_parts(secrets=KEYS) as parts:
        with pytest.raises(ValueError, match=r"install offhook\[kinesis\]"):
            KIND.make({"arn": ARN}, parts)
