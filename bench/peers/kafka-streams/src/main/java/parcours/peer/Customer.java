package parcours.peer;

import java.util.Arrays;
import org.apache.kafka.common.utils.Bytes;

/** What is known of a customer. */
final class Customer {
  // How many ids of events are remembered: more of who has many among the records of a partition.
  private static final int SEEN_AT_LEAST = 16;
  private static final int SEEN_AT_MOST = 128;
  private static final long SEEN_FOR = 1024;

  static final int NOT_ENTERED = 0;
  static final int WAITING = 1;
  static final int OVER = 2;

  final Bytes key;

  long lastInstant;
  long latestTime;
  int transitions; // published ones
  int actions;

  int orders;
  long spend;
  long largest = -1;
  long smallest = -1;
  int promotions;
  long firstOrderAt;
  long secondOrderAt;
  long lastOrderAt;
  int views;
  long lastViewAt;
  final Window recentOrders = new Window(20, true);
  final Window recentViews = new Window(10, false);
  /** By category: hiking, running, tennis, cycling. */
  final Window[] categories = {
    new Window(60, false), new Window(60, false), new Window(60, false), new Window(60, false)
  };

  int lifecycle = Shop.NONE;
  int interest = Shop.NONE;
  int rfm = Shop.NONE;
  /** How many of a family of thresholds are reached; they follow from the features. */
  int ordersLevel;
  int spendLevel;
  int viewsLevel;
  int largestLevel;

  int secondPurchase = NOT_ENTERED;
  long sendDue = Time.NEVER;

  /** A ring of the newest ids: the first seenCount are filled, the next goes to seenNext. */
  long[] seen = new long[SEEN_AT_LEAST];
  int seenCount;
  int seenNext;
  long seenSince; // the offset of the record that brought the id at 0

  long nextDue = Time.NEVER;
  /** The instant of the row in the store of timers; never later than nextDue once committed. */
  long row = Time.NEVER;

  // Not stored:
  /** The earliest wake-up that is known to be in memory. */
  long wake = Time.NEVER;
  boolean dirty;

  Customer(Bytes key) {
    this.key = key;
  }

  boolean hasSeen(long id) {
    for (int i = 0; i < seenCount; ++i) {
      if (seen[i] == id) return true;
    }
    return false;
  }

  void addSeen(long id, long offset) {
    if (seenNext == seen.length) {
      if (offset - seenSince < SEEN_FOR && seen.length < SEEN_AT_MOST) {
        seen = Arrays.copyOf(seen, 2 * seen.length);
      } else {
        seenNext = 0;
      }
    }
    if (seenNext == 0) seenSince = offset;
    seen[seenNext++] = id;
    seenCount = Math.max(seenCount, seenNext);
  }
}
