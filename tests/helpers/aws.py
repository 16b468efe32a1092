"""Kinesis, IAM and STS on loopback: moto's server, which checks signatures, rights and the conditions of roles as AWS does."""

import base64
import contextlib
import json
import subprocess
import sys
import urllib.request

import boto3
from botocore.config import Config

from tests.helpers.processes import free_port, listens, wait_until

REGION = "eu-west-1"
EXTERNAL_ID = "an-external-id"


@contextlib.contextmanager
def moto(log):
    """A server while the block lasts; gives its address."""
    port = free_port()
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], stdout=stderr, stderr=stderr
        )
    try:
        wait_until(lambda: process.poll() is not None or listens(port), seconds=60)
        assert process.poll() is None, log.read_text()
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


class Cloud:
    """An account with a stream, a user who may take on a role, and that role, which may write to the stream."""

    def __init__(self, endpoint):
        self.endpoint = endpoint
        self.check_rights(on=False)
        self._reset()
        self.kinesis, iam = self._client("kinesis"), self._client("iam")
        self.kinesis.create_stream(StreamName="events", ShardCount=2)
        self.arn = self.kinesis.describe_stream_summary(StreamName="events")["StreamDescriptionSummary"]["StreamARN"]
        iam.create_user(UserName="offhook")
        key = iam.create_access_key(UserName="offhook")["AccessKey"]
        self.secrets = {"env:AWS_ACCESS_KEY_ID": key["AccessKeyId"], "env:AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
        iam.put_user_policy(UserName="offhook", PolicyName="may", PolicyDocument=_allow("sts:AssumeRole"))
        self.role_arn = self._role(iam)

    def _role(self, iam):
        trust = {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"AWS": "*"},
            "Condition": {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}},
        }
        made = iam.create_role(
            RoleName="writer", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        )
        iam.put_role_policy(RoleName="writer", PolicyName="may", PolicyDocument=_allow("kinesis:PutRecords"))
        return made["Role"]["Arn"]

    def check_rights(self, *, on=True):
        """Have every request checked from now on, or none."""
        self._post("/moto-api/reset-auth", b"0" if on else b"1e9")

    def records(self):
        """Every record, oldest first in each shard, as (shard, partition key, data)."""
        self.check_rights(on=False)
        found = []
        for shard in self.kinesis.list_shards(StreamName="events")["Shards"]:
            place = {"StreamName": "events", "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
            iterator = self.kinesis.get_shard_iterator(**place)["ShardIterator"]
            while True:
                page = self.kinesis.get_records(ShardIterator=iterator, Limit=10_000)
                found += [(shard["ShardId"], each["PartitionKey"], each["Data"]) for each in page["Records"]]
                iterator = page["NextShardIterator"]
                if not page["Records"]:
                    break
        return found

    def _client(self, service):
        # A key that the server has never heard of: nothing is checked while things are set up.
        return boto3.client(
            service,
            region_name=REGION,
            endpoint_url=self.endpoint,
            aws_access_key_id="setting-up",
            aws_secret_access_key="setting-up",
            config=Config(retries={"total_max_attempts": 1}),
        )

    def _reset(self):
        self._post("/moto-api/reset", b"")

    def _post(self, path, body):
        request = urllib.request.Request(self.endpoint + path, data=body, headers={"Content-Type": "text/plain"}, method="POST")
        with urllib.request.urlopen(request) as answer:
            assert answer.status == 200


def _allow(action):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]})


def data_of(request):
    """The events in a PutRecords request."""
    return [json.loads(base64.b64decode(record["Data"])) for record in request.json["Records"]]
