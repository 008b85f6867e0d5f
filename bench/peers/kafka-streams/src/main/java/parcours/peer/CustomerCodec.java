package parcours.peer;

import java.util.Arrays;
import org.apache.kafka.common.utils.Bytes;

/**
 * Customers as bytes: presence bits, then what is present, as varints; times as differences from
 * the last instant.
 */
final class CustomerCodec {
  private static final int ORDERS = 1;
  private static final int VIEWS = 1 << 1;
  private static final int RECENT_ORDERS = 1 << 2;
  private static final int RECENT_VIEWS = 1 << 3;
  private static final int FIRST_CATEGORY = 1 << 4; // four of them
  private static final int WAITS = 1 << 8;
  private static final int DUE = 1 << 9;
  private static final int ROW = 1 << 10;

  /** More than any customer needs: six windows of at most 31 lines of at most 20 bytes. */
  private final byte[] bytes = new byte[8192];

  private int at;
  private byte[] in;

  // --- encode

  byte[] encode(Customer c) {
    at = 0;
    put(flags(c));
    put(c.lastInstant);
    putTime(c, c.latestTime);
    put(c.transitions);
    put(c.actions);
    put((c.lifecycle + 1) | (c.interest + 1) << 3 | (c.rfm + 1) << 6 | c.secondPurchase << 10);
    if (c.orders > 0) putOrders(c);
    if (c.views > 0) {
      put(c.views);
      putTime(c, c.lastViewAt);
    }
    if (c.recentOrders.size > 0) putWindow(c, c.recentOrders);
    if (c.recentViews.size > 0) putWindow(c, c.recentViews);
    for (Window window : c.categories) {
      if (window.size > 0) putWindow(c, window);
    }
    if (c.secondPurchase == Customer.WAITING) putTime(c, c.sendDue);
    if (c.nextDue != Time.NEVER) putTime(c, c.nextDue);
    if (c.row != Time.NEVER) putTime(c, c.row);
    put(c.seenCount);
    put(c.seenNext);
    put(c.seenSince);
    for (int i = 0; i < c.seenCount; ++i) putLong(c.seen[i]);
    return Arrays.copyOf(bytes, at);
  }

  private static int flags(Customer c) {
    int flags = c.orders > 0 ? ORDERS : 0;
    if (c.views > 0) flags |= VIEWS;
    if (c.recentOrders.size > 0) flags |= RECENT_ORDERS;
    if (c.recentViews.size > 0) flags |= RECENT_VIEWS;
    for (int i = 0; i < c.categories.length; ++i) {
      if (c.categories[i].size > 0) flags |= FIRST_CATEGORY << i;
    }
    if (c.secondPurchase == Customer.WAITING) flags |= WAITS;
    if (c.nextDue != Time.NEVER) flags |= DUE;
    if (c.row != Time.NEVER) flags |= ROW;
    return flags;
  }

  private void putOrders(Customer c) {
    put(c.orders);
    put(c.spend);
    put(c.largest + 1);
    put(c.smallest + 1);
    put(c.promotions);
    putTime(c, c.firstOrderAt);
    putTime(c, c.lastOrderAt);
    if (c.orders > 1) putTime(c, c.secondOrderAt);
  }

  private void putWindow(Customer c, Window window) {
    put(window.size);
    long line = c.lastInstant / Time.MINUTE - 64; // no line in a window is so old
    for (int i = 0; i < window.size; ++i) {
      put(window.lines[i] - line);
      line = window.lines[i];
      put(window.counts[i]);
      if (window.sums) put(window.amounts[i]);
    }
  }

  private void putTime(Customer c, long time) {
    long difference = time - c.lastInstant;
    put((difference << 1) ^ (difference >> 63));
  }

  private void put(long number) {
    while ((number & ~0x7fL) != 0) {
      bytes[at++] = (byte) (number | 0x80);
      number >>>= 7;
    }
    bytes[at++] = (byte) number;
  }

  private void putLong(long number) {
    for (int shift = 0; shift < 64; shift += 8) bytes[at++] = (byte) (number >>> shift);
  }

  // --- decode

  Customer decode(Bytes key, byte[] stored) {
    in = stored;
    at = 0;
    Customer c = new Customer(key);
    int flags = (int) get();
    c.lastInstant = get();
    c.latestTime = getTime(c);
    c.transitions = (int) get();
    c.actions = (int) get();
    int places = (int) get();
    c.lifecycle = (places & 7) - 1;
    c.interest = (places >> 3 & 7) - 1;
    c.rfm = (places >> 6 & 15) - 1;
    c.secondPurchase = places >> 10;
    if ((flags & ORDERS) != 0) getOrders(c);
    if ((flags & VIEWS) != 0) {
      c.views = (int) get();
      c.lastViewAt = getTime(c);
    }
    if ((flags & RECENT_ORDERS) != 0) getWindow(c, c.recentOrders);
    if ((flags & RECENT_VIEWS) != 0) getWindow(c, c.recentViews);
    for (int i = 0; i < c.categories.length; ++i) {
      if ((flags & FIRST_CATEGORY << i) != 0) getWindow(c, c.categories[i]);
    }
    if ((flags & WAITS) != 0) c.sendDue = getTime(c);
    if ((flags & DUE) != 0) c.nextDue = getTime(c);
    if ((flags & ROW) != 0) c.row = getTime(c);
    c.seenCount = (int) get();
    c.seenNext = (int) get();
    c.seenSince = get();
    while (c.seen.length < c.seenCount) c.seen = new long[2 * c.seen.length];
    for (int i = 0; i < c.seenCount; ++i) c.seen[i] = getLong();
    Shop.levels(c);
    return c;
  }

  private void getOrders(Customer c) {
    c.orders = (int) get();
    c.spend = get();
    c.largest = get() - 1;
    c.smallest = get() - 1;
    c.promotions = (int) get();
    c.firstOrderAt = getTime(c);
    c.lastOrderAt = getTime(c);
    if (c.orders > 1) c.secondOrderAt = getTime(c);
  }

  private void getWindow(Customer c, Window window) {
    window.size = (int) get();
    window.reserve(window.size);
    long line = c.lastInstant / Time.MINUTE - 64;
    for (int i = 0; i < window.size; ++i) {
      line += get();
      window.lines[i] = (int) line;
      window.counts[i] = (int) get();
      window.count += window.counts[i];
      if (!window.sums) continue;
      window.amounts[i] = get();
      window.sum += window.amounts[i];
    }
  }

  private long getTime(Customer c) {
    long number = get();
    return c.lastInstant + ((number >>> 1) ^ -(number & 1));
  }

  private long get() {
    long number = 0;
    for (int shift = 0; ; shift += 7) {
      byte next = in[at++];
      number |= (next & 0x7fL) << shift;
      if (next >= 0) return number;
    }
  }

  private long getLong() {
    long number = 0;
    for (int shift = 0; shift < 64; shift += 8) number |= (in[at++] & 0xffL) << shift;
    return number;
  }
}
