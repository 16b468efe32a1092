"""Stand-ins for Kafka: librdkafka's own mock cluster, in a process of its own.

No registry has Kafka itself. The mock cluster speaks Kafka's protocol over real sockets and keeps its records in memory, so it is not
killed: its brokers are taken down (connections cut, ports closed) and up again, with what they have confirmed.

Unlike Kafka it does not look at sequence numbers: what an idempotent producer sends once more, since no confirmation has come through, it
keeps once more. So each time that it was away a batch may be there twice.
"""

import asyncio
import ctypes
import json
import subprocess
import sys
from pathlib import Path


class KafkaMock:
    """A cluster of mock brokers that hold one topic, told what to do over its standard input."""

    def __init__(self, folder, *, topic="events", partitions=1):
        self.topic = topic
        self.log = folder / "kafka.log"
        command = [sys.executable, __file__, topic, str(partitions)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)
        self.servers = self._answer()["servers"]

    def tell(self, *words):
        """A command: `down`, `up`, `advertise HOST PORT`, or `errors API CODE COUNT` for the next requests of that kind."""
        self.process.stdin.write((json.dumps(words) + "\n").encode())
        self.process.stdin.flush()
        return self._answer()

    async def die_and_rise(self, dead_for=0.5):
        """For `sink_trial.drive`."""
        self.tell("down")
        await asyncio.sleep(dead_for)
        self.tell("up")

    def _answer(self):
        line = self.process.stdout.readline()
        assert line, self.log.read_text()
        return json.loads(line)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()

    def records(self, count, seconds=20.0):
        """The first so many records of the topic, in order of their arrival at each partition."""
        return read_records(self.servers, self.topic, count, seconds)

    def ids(self, seconds=20.0):
        """The ids of all records."""
        return [json.loads(record.value())["id"] for record in read_records(self.servers, self.topic, None, seconds)]


def read_records(servers, topic, count=None, seconds=20.0, **options):
    """Records from the beginning on: so many, or all that there are."""
    from confluent_kafka import Consumer, TopicPartition

    reader = Consumer(
        {"bootstrap.servers": servers, "group.id": "reader", "enable.auto.commit": False, "log_level": 0, **options}
    )
    try:
        partitions = [TopicPartition(topic, number, 0) for number in reader.list_topics(topic, 10).topics[topic].partitions]
        end = sum(reader.get_watermark_offsets(each, 10)[1] for each in partitions)
        reader.assign(partitions)
        found = []
        while len(found) < (end if count is None else count):
            record = reader.poll(seconds)
            assert record is not None, (len(found), end)
            assert record.error() is None, record.error()
            found.append(record)
        return found
    finally:
        reader.close()


def _serve(topic, partitions):
    """In the child: librdkafka by ctypes, since its Python client has no words for the mock cluster."""
    library = _library()
    reason = ctypes.create_string_buffer(512)
    library.rd_kafka_new.restype = ctypes.c_void_p
    library.rd_kafka_mock_cluster_new.restype = ctypes.c_void_p
    library.rd_kafka_mock_cluster_bootstraps.restype = ctypes.c_char_p
    handle = ctypes.c_void_p(library.rd_kafka_new(0, None, reason, 512))
    cluster = ctypes.c_void_p(library.rd_kafka_mock_cluster_new(handle, 1))
    library.rd_kafka_mock_topic_create(cluster, topic.encode(), partitions, 1)
    print(json.dumps({"servers": library.rd_kafka_mock_cluster_bootstraps(cluster).decode()}), flush=True)
    for line in sys.stdin:
        match json.loads(line):
            case ["down"]:
                code = library.rd_kafka_mock_broker_set_down(cluster, 1)
            case ["up"]:
                code = library.rd_kafka_mock_broker_set_up(cluster, 1)
            case ["advertise", host, port]:
                code = library.rd_kafka_mock_broker_set_host_port(cluster, 1, host.encode(), port)
            case ["errors", api, error, count]:
                codes = (ctypes.c_int * count)(*([error] * count))
                code = library.rd_kafka_mock_push_request_errors_array(
                    cluster, ctypes.c_int16(api), ctypes.c_size_t(count), codes
                )
        print(json.dumps({"code": code}), flush=True)


def _library():
    import confluent_kafka

    beside = Path(confluent_kafka.__file__).parents[1] / "confluent_kafka.libs"
    return ctypes.CDLL(str(next(beside.glob("librdkafka*"))))


if __name__ == "__main__":
    _serve(sys.argv[1], int(sys.argv[2]))
