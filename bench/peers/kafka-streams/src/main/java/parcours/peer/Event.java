package parcours.peer;

import com.alibaba.fastjson2.JSONException;
import com.alibaba.fastjson2.JSONFactory;
import com.alibaba.fastjson2.JSONReader;
import com.alibaba.fastjson2.util.Fnv;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;

/** What the definitions read of one event. One object is read into again and again. */
final class Event {
  enum Type {
    ORDER,
    VIEW
  }

  static final long ABSENT = -1;

  private static final long ID = Fnv.hashCode64("id");
  private static final long SOURCE = Fnv.hashCode64("source");
  private static final long TYPE = Fnv.hashCode64("type");
  private static final long TIME = Fnv.hashCode64("time");
  private static final long DATA = Fnv.hashCode64("data");
  private static final long TOTAL = Fnv.hashCode64("total");
  private static final long PROMOTION = Fnv.hashCode64("promotion");
  private static final long CATEGORY = Fnv.hashCode64("category");
  private static final long ORDER_COMPLETED = Fnv.hashCode64("order_completed");
  private static final long PRODUCT_VIEWED = Fnv.hashCode64("product_viewed");
  private static final long FNV_BASIS = 0xcbf29ce484222325L;
  private static final long FNV_PRIME = 0x100000001b3L;

  private final JSONReader.Context context = JSONFactory.createReadContext();

  Type type;
  String id;
  String source;
  String category;
  boolean promotion;
  long total; // in cents, or ABSENT
  long time;

  /** Reads one; false if it is of no use here. */
  boolean read(byte[] json) {
    type = null;
    id = null;
    source = null;
    category = null;
    promotion = false;
    total = ABSENT;
    time = ABSENT;
    JSONReader reader =
        JSONReader.of(json, 0, json.length, StandardCharsets.UTF_8, context);
    try (reader) {
      if (!reader.nextIfObjectStart()) return false;
      while (!reader.nextIfObjectEnd()) readAttribute(reader);
    } catch (JSONException | ArithmeticException | DateTimeParseException wrong) {
      return false;
    }
    return type != null && id != null && source != null && time != ABSENT;
  }

  private void readAttribute(JSONReader reader) {
    long name = reader.readFieldNameHashCode();
    if (name == ID) {
      id = reader.readString();
    } else if (name == SOURCE) {
      source = reader.readString();
    } else if (name == TYPE) {
      long hash = reader.readValueHashCode();
      type = hash == ORDER_COMPLETED ? Type.ORDER : hash == PRODUCT_VIEWED ? Type.VIEW : null;
    } else if (name == TIME) {
      time = milliseconds(reader.readString());
    } else if (name == DATA && reader.nextIfObjectStart()) {
      while (!reader.nextIfObjectEnd()) readField(reader);
    } else {
      reader.skipValue();
    }
  }

  private void readField(JSONReader reader) {
    long name = reader.readFieldNameHashCode();
    if (name == TOTAL) {
      total = cents(reader.readBigDecimal());
    } else if (name == PROMOTION) {
      promotion = reader.readBoolValue();
    } else if (name == CATEGORY) {
      category = reader.readString();
    } else {
      reader.skipValue();
    }
  }

  private static long cents(BigDecimal amount) {
    if (amount == null) return ABSENT;
    return amount.setScale(2, RoundingMode.UNNECESSARY).unscaledValue().longValueExact();
  }

  /** RFC 3339; the usual form `2026-03-01T10:15:10.123Z` is read without java.time. */
  private static long milliseconds(String text) {
    if (text.length() != 24 || text.charAt(23) != 'Z' || text.charAt(19) != '.') {
      return OffsetDateTime.parse(text).toInstant().toEpochMilli();
    }
    long day = Time.dayOf(number(text, 0, 4), number(text, 5, 7), number(text, 8, 10));
    long seconds = number(text, 11, 13) * 3600L + number(text, 14, 16) * 60 + number(text, 17, 19);
    return (day * 86_400 + seconds) * 1000 + number(text, 20, 23);
  }

  private static int number(String text, int from, int to) {
    int number = 0;
    for (int i = from; i < to; ++i) number = number * 10 + text.charAt(i) - '0';
    return number;
  }

  /** What tells one event from another: FNV-1a over id, NUL, source. */
  long key() {
    long hash = hash(FNV_BASIS, id) * FNV_PRIME;
    hash = hash(hash, source);
    return hash ^ (hash >>> 32);
  }

  private static long hash(long hash, String text) {
    for (int i = 0; i < text.length(); ++i) hash = (hash ^ text.charAt(i)) * FNV_PRIME;
    return hash;
  }
}
