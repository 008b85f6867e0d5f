package parcours.peer;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.BiConsumer;

/** Writes what a step publishes as canonical JSON lines, and hands it on. */
final class Records {
  private static final byte[] HEX = ascii("0123456789abcdef");
  private static final byte[] HEAD = ascii("{\"customer\":");
  private static final byte[] NUMBER = ascii(",\"number\":");
  private static final byte[] TO = ascii(",\"to\":");
  private static final byte[] AT = ascii(",\"at\":\"");
  private static final byte[] CAUSE_EVENT = ascii("\",\"cause\":{\"event\":{\"source\":");
  private static final byte[] ID = ascii(",\"id\":");
  private static final byte[] CAUSE_TIME = ascii("\",\"cause\":{\"time\":\"");
  private static final byte[] ON_TIME = ascii("}},\"late\":false,\"id\":\"");
  private static final byte[] LATE = ascii("}},\"late\":true,\"id\":\"");
  private static final byte[] DUE = ascii("\"},\"late\":false,\"id\":\"");
  private static final byte[] END = ascii("\"}");
  private static final byte[] ACTION =
      ascii(
          ",\"journey\":\"second_purchase\",\"step\":\"2\",\"occurrence\":1,\"channel\":\"email\""
              + ",\"purpose\":\"marketing\",\"template\":\"second_purchase\",\"at\":\"");
  private static final byte[] ACTION_ID = ascii("\",\"id\":\"");
  private static final byte[] NULL = ascii("null");

  /** By segmentation: `,"segmentation":"NAME","from":`. */
  private static final byte[][] SEGMENTATIONS = new byte[Names.segmentations()][];

  /** By segmentation: its segments, quoted. */
  private static final byte[][][] SEGMENTS = new byte[Names.segmentations()][][];

  static {
    for (int i = 0; i < SEGMENTATIONS.length; ++i) {
      SEGMENTATIONS[i] = ascii(",\"segmentation\":\"" + Names.segmentation(i) + "\",\"from\":");
      SEGMENTS[i] =
          Arrays.stream(Names.segments(i))
              .map(name -> ascii('"' + name + '"'))
              .toArray(byte[][]::new);
    }
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private final BiConsumer<Customer, byte[]> transitions;
  private final BiConsumer<Customer, byte[]> actions;
  private byte[] line = new byte[1024];
  private int size;

  // The step: what all its lines have in common is written once, when the first needs it.
  private Customer customer;
  private Event event; // null: time alone
  private long at;
  private boolean late;
  private byte[] head = new byte[1024];
  private int headSize;
  private byte[] tail = new byte[1024];
  private int tailSize;

  Records(BiConsumer<Customer, byte[]> transitions, BiConsumer<Customer, byte[]> actions) {
    this.transitions = transitions;
    this.actions = actions;
  }

  void begin(Customer customer, long at, Event event, boolean late) {
    this.customer = customer;
    this.at = at;
    this.event = event;
    this.late = late;
    headSize = 0;
    tailSize = 0;
  }

  void transition(int segmentation, int from, int to) {
    if (tailSize == 0) writeTail();
    int number = ++customer.transitions;
    startLine(number);
    put(SEGMENTATIONS[segmentation]);
    putSegment(segmentation, from);
    put(TO);
    putSegment(segmentation, to);
    put(tail, tailSize);
    putId(number * 64L + segmentation);
    put(END);
    transitions.accept(customer, Arrays.copyOf(line, size));
  }

  /** The only one there is: of the journey second_purchase. */
  void action() {
    int number = ++customer.actions;
    startLine(number);
    put(ACTION);
    putTime(at);
    put(ACTION_ID);
    putId(-number);
    put(END);
    actions.accept(customer, Arrays.copyOf(line, size));
  }

  private void startLine(int number) {
    if (headSize == 0) writeHead();
    size = 0;
    put(head, headSize);
    putNumber(number);
  }

  private void writeHead() {
    size = 0;
    put(HEAD);
    putText(customer.key.get());
    put(NUMBER);
    byte[] written = line;
    line = head;
    head = written;
    headSize = size;
  }

  private void writeTail() {
    size = 0;
    put(AT);
    putTime(at);
    if (event == null) {
      put(CAUSE_TIME);
      putTime(at);
      put(DUE);
    } else {
      put(CAUSE_EVENT);
      putText(event.source.getBytes(StandardCharsets.UTF_8));
      put(ID);
      putText(event.id.getBytes(StandardCharsets.UTF_8));
      put(late ? LATE : ON_TIME);
    }
    byte[] written = line;
    line = tail;
    tail = written;
    tailSize = size;
  }

  // --- pieces

  private void reserve(int more) {
    if (size + more > line.length) line = Arrays.copyOf(line, 2 * (size + more));
  }

  private void put(byte[] bytes) {
    put(bytes, bytes.length);
  }

  private void put(byte[] bytes, int count) {
    reserve(count);
    System.arraycopy(bytes, 0, line, size, count);
    size += count;
  }

  private void putSegment(int segmentation, int segment) {
    put(segment == Shop.NONE ? NULL : SEGMENTS[segmentation][segment]);
  }

  private void putNumber(int number) {
    reserve(10);
    int digits = 1;
    for (int rest = number; rest >= 10; rest /= 10) ++digits;
    for (int i = size + digits - 1; i >= size; --i, number /= 10) {
      line[i] = (byte) ('0' + number % 10);
    }
    size += digits;
  }

  private void putTime(long time) {
    reserve(Time.TEXT_BYTES);
    Time.write(time, line, size);
    size += Time.TEXT_BYTES;
  }

  private void putText(byte[] utf8) {
    reserve(2 + 6 * utf8.length);
    line[size++] = '"';
    for (byte b : utf8) {
      if (b == '"' || b == '\\') {
        line[size++] = '\\';
        line[size++] = b;
      } else if (b >= 0 && b < 0x20) {
        put(ascii("\\u00"));
        line[size++] = HEX[b >> 4];
        line[size++] = HEX[b & 15];
      } else {
        line[size++] = b;
      }
    }
    line[size++] = '"';
  }

  /** An id that is the same whenever the record is made again: of the customer and `what`. */
  private void putId(long what) {
    long id = what * 0x9e3779b97f4a7c15L;
    for (byte b : customer.key.get()) id = (id ^ b) * 0x100000001b3L;
    id ^= id >>> 32;
    reserve(16);
    for (int i = 15; i >= 0; --i, id >>>= 4) line[size + i] = HEX[(int) id & 15];
    size += 16;
  }
}
