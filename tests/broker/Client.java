import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.MemberDescription;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TransactionListing;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Kafka's own client, a word a task, line by line: it shares nothing with the client under test.
 *
 * <pre>
 * topics BROKERS               makes topics; a line each: NAME PARTITIONS [key=value]...
 * alter BROKERS TOPIC k=v...   sets configs of a topic
 * delete BROKERS TOPIC         deletes it
 * partitions BROKERS           prints NAME PARTITIONS of each topic
 * produce BROKERS TOPIC        sends lines KEY TAB VALUE [TAB PARTITION [TAB LOG-TIME]]; prints
 *                              "sent N" when all are acknowledged; key "\0" is none; "base64:..."
 *                              is those bytes; the last is the header parcours-log-time
 * hold BROKERS ID TOPIC        sends such lines in a transaction, prints "open N"; a line "commit"
 *                              commits and begins the next; aborts when the input ends
 * read BROKERS TOPIC           read_committed, from the beginning to the end as it stands:
 *                              PARTITION OFFSET TIMESTAMP TYPE KEY VALUE HEADERS by tabs, the last
 *                              three in base64, none is "-"; headers NAME=VALUE by commas
 * groups BROKERS               prints the groups
 * describe BROKERS GROUP       state STATE; member ID INSTANCE TOPIC:PARTITION...;
 *                              offset TOPIC PARTITION COMMITTED END
 * open-transactions BROKERS    TRANSACTIONAL-ID STATE of each that is neither complete nor empty
 * resident BROKERS             the words above but produce and hold, a line each, without BROKERS;
 *                              of topics with one topic in the line. Each answer ends with a line
 *                              ". ok" or ". what went wrong"
 * </pre>
 */
public final class Client {
  private static final int WAIT_MS = 15_000;
  private static final PrintWriter OUT =
      new PrintWriter(
          new BufferedWriter(new OutputStreamWriter(System.out, StandardCharsets.UTF_8)), false);
  private static final BufferedReader IN =
      new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));

  private final String brokers;
  private Admin admin;

  private Client(String brokers) {
    this.brokers = brokers;
  }

  public static void main(String[] arguments) throws Exception {
    if (arguments.length < 2) {
      System.err.println("Client WORD BROKERS [ARGUMENT]...");
      System.exit(2);
    }
    List<String> words = new ArrayList<>(List.of(arguments));
    String brokers = words.remove(1);
    Client client = new Client(brokers);
    switch (words.get(0)) {
      case "resident" -> client.stay();
      case "produce" -> client.produce(words.get(1));
      case "hold" -> client.hold(words.get(1), words.get(2));
      case "topics" -> {
        for (String line = IN.readLine(); line != null; line = IN.readLine()) {
          client.answer(split("topics " + line));
        }
      }
      default -> client.answer(words);
    }
    OUT.flush();
    System.exit(0);
  }

  private static List<String> split(String line) {
    return List.of(line.trim().split(" +"));
  }

  private void stay() throws IOException {
    for (String line = IN.readLine(); line != null; line = IN.readLine()) {
      try {
        answer(split(line));
        OUT.println(". ok");
      } catch (Exception wrong) {
        Throwable cause = wrong instanceof ExecutionException ? wrong.getCause() : wrong;
        OUT.println(". " + cause.toString().replace('\n', ' '));
      }
      OUT.flush();
    }
  }

  private void answer(List<String> words) throws Exception {
    List<String> rest = words.subList(1, words.size());
    switch (words.get(0)) {
      case "topics" -> makeTopic(rest);
      case "alter" -> alter(rest);
      case "delete" -> admin().deleteTopics(rest).all().get();
      case "partitions" -> partitions();
      case "read" -> read(rest.get(0));
      case "groups" -> groups();
      case "describe" -> describe(rest.get(0));
      case "open-transactions" -> openTransactions();
      default -> throw new IllegalArgumentException("no such word: " + words.get(0));
    }
  }

  private Map<String, Object> settings() {
    Map<String, Object> settings = new HashMap<>();
    settings.put("bootstrap.servers", brokers);
    settings.put("reconnect.backoff.max.ms", 500);
    return settings;
  }

  private Admin admin() {
    if (admin == null) {
      Map<String, Object> settings = settings();
      settings.put("request.timeout.ms", WAIT_MS / 3);
      settings.put("default.api.timeout.ms", WAIT_MS);
      admin = Admin.create(settings);
    }
    return admin;
  }

  // --- topics

  private static Map<String, String> pairs(List<String> words) {
    Map<String, String> pairs = new TreeMap<>();
    for (String word : words) {
      String[] parts = word.split("=", 2);
      pairs.put(parts[0], parts[1]);
    }
    return pairs;
  }

  private void makeTopic(List<String> words) throws Exception {
    NewTopic topic = new NewTopic(words.get(0), Integer.parseInt(words.get(1)), (short) 1);
    topic.configs(pairs(words.subList(2, words.size())));
    admin().createTopics(List.of(topic)).all().get();
  }

  private void alter(List<String> words) throws Exception {
    Collection<AlterConfigOp> changes = new ArrayList<>();
    pairs(words.subList(1, words.size()))
        .forEach(
            (name, value) ->
                changes.add(
                    new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET)));
    ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, words.get(0));
    admin().incrementalAlterConfigs(Map.of(topic, changes)).all().get();
  }

  private void partitions() throws Exception {
    var names = admin().listTopics().names().get();
    TreeMap<String, Integer> counts = new TreeMap<>();
    for (var topic : admin().describeTopics(names).topicNameValues().entrySet()) {
      try {
        counts.put(topic.getKey(), topic.getValue().get().partitions().size());
      } catch (ExecutionException gone) {
        // Deleted since it was listed.
        if (!(gone.getCause() instanceof UnknownTopicOrPartitionException)) throw gone;
      }
    }
    counts.forEach((name, count) -> OUT.println(name + " " + count));
  }

  // --- records in

  private static byte[] bytes(String text) {
    if (text.startsWith("base64:")) return Base64.getDecoder().decode(text.substring(7));
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static ProducerRecord<byte[], byte[]> record(String topic, String line) {
    String[] parts = line.split("\t", -1);
    byte[] key = parts[0].equals("\\0") ? null : bytes(parts[0]);
    boolean placed = parts.length > 2 && !parts[2].isEmpty();
    Integer partition = placed ? Integer.valueOf(parts[2]) : null;
    ProducerRecord<byte[], byte[]> record =
        new ProducerRecord<>(topic, partition, key, bytes(parts[1]));
    if (parts.length > 3) record.headers().add("parcours-log-time", bytes(parts[3]));
    return record;
  }

  private KafkaProducer<byte[], byte[]> producer(Map<String, Object> more) {
    Map<String, Object> settings = settings();
    settings.put("acks", "all");
    settings.put("enable.idempotence", true);
    settings.put("linger.ms", 5);
    settings.put("request.timeout.ms", 5_000);
    settings.put("delivery.timeout.ms", 600_000); // outlasts every fault of a test
    settings.put("max.block.ms", 600_000);
    settings.put("max.request.size", 4 << 20);
    settings.putAll(more);
    return new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
  }

  private void produce(String topic) throws Exception {
    AtomicLong sent = new AtomicLong();
    AtomicReference<Exception> wrong = new AtomicReference<>();
    try (KafkaProducer<byte[], byte[]> producer = producer(Map.of())) {
      for (String line = IN.readLine(); line != null; line = IN.readLine()) {
        producer.send(
            record(topic, line),
            (metadata, exception) -> {
              if (exception == null) {
                sent.incrementAndGet();
              } else {
                wrong.compareAndSet(null, exception);
              }
            });
      }
      producer.flush();
    }
    if (wrong.get() != null) throw wrong.get();
    OUT.println("sent " + sent.get());
  }

  private void hold(String id, String topic) throws Exception {
    try (KafkaProducer<byte[], byte[]> producer =
        producer(Map.of("transactional.id", id, "transaction.timeout.ms", 60_000))) {
      producer.initTransactions();
      producer.beginTransaction();
      int records = 0;
      for (String line = IN.readLine(); line != null; line = IN.readLine()) {
        if (line.equals("commit")) {
          producer.commitTransaction();
          OUT.println("committed " + records);
          producer.beginTransaction();
          records = 0;
        } else {
          producer.send(record(topic, line)).get();
          OUT.println("open " + ++records);
        }
        OUT.flush();
      }
      producer.abortTransaction();
    }
  }

  // --- records out

  private static String base64(byte[] bytes) {
    return bytes == null ? "-" : Base64.getEncoder().encodeToString(bytes);
  }

  private void read(String topic) {
    Map<String, Object> settings = settings();
    settings.put("isolation.level", "read_committed");
    settings.put("auto.offset.reset", "earliest");
    settings.put("enable.auto.commit", false);
    settings.put("max.poll.records", 10_000);
    settings.put("default.api.timeout.ms", WAIT_MS);
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      List<TopicPartition> partitions = new ArrayList<>();
      for (PartitionInfo info : consumer.partitionsFor(topic)) {
        partitions.add(new TopicPartition(topic, info.partition()));
      }
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
      while (!behind(consumer, ends).isEmpty()) {
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(200))) {
          if (record.offset() < ends.get(new TopicPartition(topic, record.partition()))) {
            print(record);
          }
        }
      }
    }
  }

  /** The partitions that are not read to their end yet; markers of transactions count as read. */
  private static TreeSet<Integer> behind(
      KafkaConsumer<byte[], byte[]> consumer, Map<TopicPartition, Long> ends) {
    TreeSet<Integer> behind = new TreeSet<>();
    ends.forEach(
        (partition, end) -> {
          if (consumer.position(partition) < end) behind.add(partition.partition());
        });
    return behind;
  }

  private static void print(ConsumerRecord<byte[], byte[]> record) {
    StringBuilder headers = new StringBuilder();
    for (Header header : record.headers()) {
      if (headers.length() > 0) headers.append(',');
      headers.append(header.key()).append('=').append(base64(header.value()));
    }
    OUT.println(
        String.join(
            "\t",
            Integer.toString(record.partition()),
            Long.toString(record.offset()),
            Long.toString(record.timestamp()),
            record.timestampType().toString(),
            base64(record.key()),
            base64(record.value()),
            headers));
  }

  // --- groups and transactions

  private void groups() throws Exception {
    var names = new TreeSet<String>();
    admin().listConsumerGroups().all().get().forEach(group -> names.add(group.groupId()));
    names.forEach(OUT::println);
  }

  private void describe(String group) throws Exception {
    ConsumerGroupDescription found =
        admin().describeConsumerGroups(List.of(group)).describedGroups().get(group).get();
    OUT.println("state " + found.state());
    for (MemberDescription member : found.members()) {
      StringBuilder line = new StringBuilder("member " + member.consumerId());
      line.append(' ').append(member.groupInstanceId().orElse("-"));
      for (TopicPartition partition : member.assignment().topicPartitions()) {
        line.append(' ').append(partition.topic()).append(':').append(partition.partition());
      }
      OUT.println(line);
    }
    Map<TopicPartition, OffsetAndMetadata> offsets =
        admin().listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get();
    Map<TopicPartition, OffsetSpec> latest = new HashMap<>();
    offsets.keySet().forEach(each -> latest.put(each, OffsetSpec.latest()));
    var ends = admin().listOffsets(latest).all().get();
    TreeMap<String, String> lines = new TreeMap<>();
    offsets.forEach(
        (partition, offset) ->
            lines.put(
                partition.topic() + String.format("%06d", partition.partition()),
                String.format(
                    "offset %s %d %d %d",
                    partition.topic(),
                    partition.partition(),
                    Optional.ofNullable(offset).map(OffsetAndMetadata::offset).orElse(-1L),
                    ends.get(partition).offset())));
    lines.values().forEach(OUT::println);
  }

  private void openTransactions() throws Exception {
    for (TransactionListing each : admin().listTransactions().all().get()) {
      switch (each.state()) {
        case COMPLETE_COMMIT, COMPLETE_ABORT, EMPTY -> {}
        default -> OUT.println(each.transactionalId() + " " + each.state());
      }
    }
  }
}
