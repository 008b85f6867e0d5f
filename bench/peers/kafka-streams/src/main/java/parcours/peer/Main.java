package parcours.peer;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.BytesDeserializer;
import org.apache.kafka.common.serialization.BytesSerializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.AutoOffsetReset;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/** The bench shop on Kafka Streams. */
public final class Main {
  private Main() {}

  public static void main(String[] arguments) throws InterruptedException {
    Map<String, String> options = options(arguments);
    KafkaStreams streams = new KafkaStreams(topology(options), settings(options));
    CountDownLatch ended = new CountDownLatch(1);
    streams.setUncaughtExceptionHandler(
        wrong -> {
          wrong.printStackTrace();
          return StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
    streams.setStateListener(
        (to, from) -> {
          if (to == KafkaStreams.State.ERROR) ended.countDown();
        });
    Thread closing = new Thread(() -> streams.close(Duration.ofSeconds(60)));
    Runtime.getRuntime().addShutdownHook(closing);
    streams.start();
    while (!ended.await(1, TimeUnit.SECONDS)) {
      System.out.println(Progress.line());
    }
    System.exit(1);
  }

  private static Map<String, String> options(String[] arguments) {
    Map<String, String> options = new HashMap<>();
    for (int i = 0; i + 1 < arguments.length; i += 2) options.put(arguments[i], arguments[i + 1]);
    return options;
  }

  private static String option(Map<String, String> options, String name) {
    String value = options.get("--" + name);
    if (value != null) return value;
    System.err.println("--" + name + " is missing");
    System.exit(2);
    return null;
  }

  private static Topology topology(Map<String, String> options) {
    boolean thresholds = Boolean.parseBoolean(option(options, "publish-thresholds"));
    boolean held = Boolean.parseBoolean(option(options, "held"));
    Topology topology = new Topology();
    topology.addSource(
        AutoOffsetReset.earliest(),
        "events",
        new BytesDeserializer(),
        new ByteArrayDeserializer(),
        option(options, "input"));
    topology.addProcessor("shop", () -> new ShopProcessor(thresholds, held), "events");
    if (held) {
      topology.addStateStore(
          new CommitHookStore.Builder(store(ShopProcessor.CUSTOMERS).withCachingDisabled()), "shop");
    } else {
      topology.addStateStore(store(ShopProcessor.CUSTOMERS).withCachingEnabled(), "shop");
      topology.addStateStore(store(ShopProcessor.TIMERS).withCachingDisabled(), "shop");
    }
    for (String name : new String[] {ShopProcessor.TRANSITIONS, ShopProcessor.ACTIONS}) {
      topology.addSink(
          name, option(options, name), new BytesSerializer(), new ByteArraySerializer(), "shop");
    }
    return topology;
  }

  private static StoreBuilder<KeyValueStore<Bytes, byte[]>> store(String name) {
    return Stores.keyValueStoreBuilder(
        Stores.persistentKeyValueStore(name), Serdes.Bytes(), Serdes.ByteArray());
  }

  private static Properties settings(Map<String, String> options) {
    Properties settings = new Properties();
    settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, option(options, "brokers"));
    settings.put(StreamsConfig.APPLICATION_ID_CONFIG, option(options, "application"));
    settings.put(StreamsConfig.STATE_DIR_CONFIG, option(options, "state"));
    settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, option(options, "threads"));
    settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 2000);
    settings.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
    settings.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 256L << 20);
    settings.put(StreamsConfig.MAX_TASK_IDLE_MS_CONFIG, -1);
    settings.put(StreamsConfig.BUFFERED_RECORDS_PER_PARTITION_CONFIG, 5000);
    settings.put(StreamsConfig.ENABLE_METRICS_PUSH_CONFIG, false);
    settings.put(StreamsConfig.ROCKSDB_CONFIG_SETTER_CLASS_CONFIG, RocksSettings.class);
    settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.MAX_POLL_RECORDS_CONFIG), 5000);
    // At a moderate rate a fetch for each few events would cost more than they do.
    settings.put(StreamsConfig.mainConsumerPrefix(ConsumerConfig.FETCH_MIN_BYTES_CONFIG), 64 << 10);
    settings.put(StreamsConfig.mainConsumerPrefix(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG), 10);
    settings.put(StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG), 128 << 10);
    settings.put(StreamsConfig.producerPrefix(ProducerConfig.COMPRESSION_TYPE_CONFIG), "lz4");
    settings.put(StreamsConfig.producerPrefix(ProducerConfig.BUFFER_MEMORY_CONFIG), 128L << 20);
    return settings;
  }
}
