"""The broker that is measured beside: that of the tests, but with a production's settings."""

import contextlib
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/broker"))
from client import Client  # noqa: E402
from kafka import START_SECONDS, Broker, answers  # noqa: E402

# Of a setting that stands twice the last one counts.
SETTINGS = """\
broker.heartbeat.interval.ms=2000
broker.session.timeout.ms=9000
log.roll.ms=604800000
log.cleaner.backoff.ms=15000
log.cleaner.min.cleanable.ratio=0.5
log.cleaner.dedupe.buffer.size=134217728
"""


class BenchBroker(Broker):
    def format(self):
        super().format()
        self.settings.write_text(self.settings.read_text() + SETTINGS)

    def start(self):
        """Starts it and waits until it answers. Both compilers: a test's broker has but one."""
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                ["java", "-Xms1g", "-Xmx1g", "-XX:+UseSerialGC"]
                + ["-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]
                + ["-cp", self.path, "kafka.Kafka", self.settings],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        until = time.monotonic() + START_SECONDS
        while not answers(self.port):
            if not self.running() or time.monotonic() > until:
                tail = self.log.read_text(errors="replace")[-3000:]
                self.kill()
                sys.exit(f"the broker did not start:\n{tail}")
            time.sleep(0.1)

    @contextlib.contextmanager
    def dated_by_writers(self, topic):
        """Inside, records have the times that their writers give them; later the broker's again."""
        with Client(self) as client:
            client.alter(topic, message_timestamp_type="CreateTime")
            yield
            client.alter(topic, message_timestamp_type="LogAppendTime")
