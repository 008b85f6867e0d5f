package parcours.peer;

import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.streams.processor.TimestampExtractor;

/** The log time of a record: the broker's, or an earlier one in its header. */
public final class LogTime implements TimestampExtractor {
  private static final String HEADER = "parcours-log-time";

  @Override
  public long extract(ConsumerRecord<Object, Object> record, long partitionTime) {
    Header header = record.headers().lastHeader(HEADER);
    if (header == null) return record.timestamp();
    long time = 0;
    for (byte digit : header.value()) {
      if (digit < '0' || digit > '9') return record.timestamp();
      time = time * 10 + digit - '0';
    }
    return Math.min(time, record.timestamp());
  }
}
