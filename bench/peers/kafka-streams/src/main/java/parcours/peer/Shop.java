package parcours.peer;

/**
 * The definitions of the bench shop by hand: what an event or an instant changes about a customer,
 * and when time alone will change something next.
 *
 * <p>Thresholds are families of segments that are independent of each other. Within a family a
 * customer is in the first so many of them: that number is the level.
 */
final class Shop {
  /** No segment. */
  static final int NONE = -1;

  // Segmentations, in the order of definition.
  static final int LIFECYCLE = 0;
  static final int INTEREST = 1;
  static final int RFM = 2;
  static final int THRESHOLDS = 3;
  static final int FAMILY = 11; // thresholds of each of the four families

  // Among the thresholds: the first of each family.
  private static final int ORDERS = 0;
  private static final int SPEND = ORDERS + FAMILY;
  private static final int VIEWS = SPEND + FAMILY;
  private static final int LARGEST = VIEWS + FAMILY;

  private static final long[] ORDERS_LEVELS = {1, 2, 3, 5, 8, 12, 20, 30, 50, 80, 120};
  private static final long[] SPEND_LEVELS = {
    200_00, 400_00, 700_00, 1000_00, 1500_00, 2500_00, 5000_00, 10000_00, 20000_00, 40000_00,
    80000_00
  };
  private static final long[] VIEWS_LEVELS = {2, 3, 4, 6, 9, 13, 18, 25, 40, 60, 90};
  /** Each also wants promotions: one the first, two the second, and so on. */
  private static final long[] LARGEST_LEVELS = {
    100_00, 200_00, 300_00, 400_00, 500_00, 600_00, 700_00, 800_00, 900_00, 1000_00, 1200_00
  };

  private static final long NEW_ORDER_LATE = 48 * Time.HOUR; // later ones enter no journey
  private static final long SECOND_PURCHASE_WAIT = 8 * Time.MINUTE;

  private static final String[] CATEGORIES = {"hiking", "running", "tennis", "cycling"};
  private static final int CURIOUS = CATEGORIES.length;

  /** Until how long after an order recency is 5, 4, 3, 2; by score. */
  private static final long[] RECENCY_UNTIL = {
    0, 0, 30 * Time.MINUTE, 20 * Time.MINUTE, 12 * Time.MINUTE, 6 * Time.MINUTE
  };
  private static final int[][][] RFM_OF = new int[6][6][6];

  static {
    for (int r = 1; r <= 5; ++r) {
      for (int f = 1; f <= 5; ++f) {
        for (int m = 1; m <= 5; ++m) RFM_OF[r][f][m] = rfmOf(r, f, m);
      }
    }
  }

  private static int rfmOf(int r, int f, int m) {
    if (r == 5 && f == 5 && m == 5) return 0;
    if (r >= 3 && f >= 3 && m >= 2) return 1;
    if (r >= 2 && r <= 4 && f >= 2 && f <= 4 && m >= 2 && m <= 4) return 2;
    if (r >= 3 && r <= 4 && f <= 3 && m >= 3) return 3;
    if (r >= 4 && f <= 3) return 4;
    if (r <= 2 && f >= 3 && f <= 4 && m >= 4) return 5;
    if (r <= 2 && f >= 2 && m >= 4) return 6;
    if (r <= 3 && f >= 3 && m >= 3) return 7;
    if (r >= 2 && r <= 3 && f <= 3 && m <= 4) return 8;
    return r == 1 ? 9 : NONE;
  }

  private final boolean publishThresholds;
  private final Records records;
  private long due; // the earliest that was found in this step

  Shop(boolean publishThresholds, Records records) {
    this.publishThresholds = publishThresholds;
    this.records = records;
  }

  /** Everything that falls on the instant at which the customer is due next. */
  void onDue(Customer c) {
    long now = c.nextDue;
    c.lastInstant = now;
    c.latestTime = Math.max(c.latestTime, now);
    records.begin(c, now, null, false);
    due = Time.NEVER;
    roll(c, now);
    interest(c);
    lifecycle(c, now);
    rfm(c, now);
    spendLevel(c);
    viewsLevel(c);
    sendSecondPurchase(c, now);
    c.nextDue = due;
  }

  /** An event that is no duplicate and no later than now. */
  void onEvent(Customer c, Event event, long now) {
    boolean late = event.time < c.latestTime;
    c.lastInstant = now;
    c.latestTime = Math.max(c.latestTime, event.time);
    records.begin(c, now, event, late);
    due = Time.NEVER;
    boolean order = event.type == Event.Type.ORDER;
    if (order) {
      addOrder(c, event, now);
    } else {
      addView(c, event, now);
    }
    roll(c, now);
    lifecycle(c, now);
    interest(c);
    rfm(c, now);
    if (order) ordersLevel(c);
    spendLevel(c);
    viewsLevel(c);
    if (order) {
      largestLevel(c);
      boolean tooLate = late && now - event.time > NEW_ORDER_LATE;
      enterOrExitSecondPurchase(c, now, tooLate);
    }
    sendSecondPurchase(c, now);
    c.nextDue = due;
  }

  // --- features

  private static void addOrder(Customer c, Event event, long now) {
    long time = event.time;
    ++c.orders;
    if (event.promotion) ++c.promotions;
    if (c.orders == 1) {
      c.firstOrderAt = c.lastOrderAt = time;
    } else {
      long second = c.orders == 2 ? Time.NEVER : c.secondOrderAt;
      c.secondOrderAt = time < c.firstOrderAt ? c.firstOrderAt : Math.min(second, time);
      c.firstOrderAt = Math.min(c.firstOrderAt, time);
      c.lastOrderAt = Math.max(c.lastOrderAt, time);
    }
    boolean amount = event.total != Event.ABSENT;
    if (amount) {
      c.spend += event.total;
      c.largest = Math.max(c.largest, event.total);
      c.smallest = c.smallest < 0 ? event.total : Math.min(c.smallest, event.total);
    }
    c.recentOrders.add(time, amount ? event.total : 0, now);
  }

  private static void addView(Customer c, Event event, long now) {
    ++c.views;
    c.lastViewAt = Math.max(c.lastViewAt, event.time);
    c.recentViews.add(event.time, 0, now);
    if (event.category == null) return;
    for (int i = 0; i < CATEGORIES.length; ++i) {
      if (!event.category.startsWith(CATEGORIES[i])) continue;
      c.categories[i].add(event.time, 0, now);
      return;
    }
  }

  private static void roll(Customer c, long now) {
    c.recentOrders.roll(now);
    c.recentViews.roll(now);
    for (Window window : c.categories) window.roll(now);
  }

  // --- segmentations

  private void book(long instant) {
    due = Math.min(due, instant);
  }

  private void lifecycle(Customer c, long now) {
    int to = NONE;
    if (c.orders > 0 && now - c.lastOrderAt > 40 * Time.MINUTE) {
      to = 0; // lost
    } else if (c.orders > 0 && now - c.lastOrderAt > 20 * Time.MINUTE) {
      to = 1; // lapsing
      book(c.lastOrderAt + 40 * Time.MINUTE + 1);
    } else if (c.orders > 0) {
      book(c.lastOrderAt + 20 * Time.MINUTE + 1);
      if (c.spend >= 5000_00) {
        to = 2; // vip
      } else if (c.orders >= 10) {
        to = 3; // loyal
      } else {
        to = c.orders == 1 ? 4 : 5; // new, developing
      }
    }
    if (to == c.lifecycle) return;
    records.transition(LIFECYCLE, c.lifecycle, to);
    c.lifecycle = to;
  }

  private void interest(Customer c) {
    int to = interestOf(c);
    if (to == c.interest) return;
    records.transition(INTEREST, c.interest, to);
    c.interest = to;
  }

  private int interestOf(Customer c) {
    for (int i = 0; i < CATEGORIES.length; ++i) {
      Window own = c.categories[i];
      if (own.count < 3) continue; // stays so until the next event
      Window rival = null; // the strongest of those that it must not be below
      for (int j = i + 1; j < CATEGORIES.length; ++j) {
        Window other = c.categories[j];
        if (rival == null || other.count > rival.count) rival = other;
      }
      if (rival == null || own.count >= rival.count) {
        // As it is at least as strong as they are now: without events they only fall.
        book(own.countFallsBelow(rival == null ? 3 : Math.max(3, rival.count)));
        return i;
      }
      book(rival.countFallsBelow(own.count + 1));
    }
    if (c.recentViews.count < 3) return NONE;
    book(c.recentViews.countFallsBelow(3));
    return CURIOUS;
  }

  private void rfm(Customer c, long now) {
    int to = NONE;
    if (c.orders > 0) {
      long age = now - c.lastOrderAt;
      int recency = 5;
      while (recency > 1 && age >= RECENCY_UNTIL[recency]) --recency;
      int frequency = frequency(c.orders);
      int monetary = monetary(c.spend);
      to = RFM_OF[recency][frequency][monetary];
      for (int r = recency; r > 1; --r) {
        if (RFM_OF[r - 1][frequency][monetary] == to) continue;
        book(c.lastOrderAt + RECENCY_UNTIL[r]);
        break;
      }
    }
    if (to == c.rfm) return;
    records.transition(RFM, c.rfm, to);
    c.rfm = to;
  }

  private static int frequency(int orders) {
    return orders >= 8 ? 5 : orders >= 6 ? 4 : orders >= 5 ? 3 : orders >= 4 ? 2 : 1;
  }

  private static int monetary(long spend) {
    if (spend >= 1500_00) return spend >= 2500_00 ? 5 : 4;
    return spend >= 1000_00 ? 3 : spend >= 500_00 ? 2 : 1;
  }

  // --- thresholds

  private static int level(long[] levels, int level, long value) {
    while (level < FAMILY && value >= levels[level]) ++level;
    while (level > 0 && value < levels[level - 1]) --level;
    return level;
  }

  private static int largestLevelOf(Customer c) {
    return Math.min(level(LARGEST_LEVELS, c.largestLevel, c.largest), c.promotions);
  }

  /** The levels of a customer that was just read: they are not stored. */
  static void levels(Customer c) {
    c.ordersLevel = level(ORDERS_LEVELS, 0, c.orders);
    c.spendLevel = level(SPEND_LEVELS, 0, c.recentOrders.sum);
    c.viewsLevel = level(VIEWS_LEVELS, 0, c.recentViews.count);
    c.largestLevel = largestLevelOf(c);
  }

  private void ordersLevel(Customer c) {
    int to = level(ORDERS_LEVELS, c.ordersLevel, c.orders);
    move(ORDERS, c.ordersLevel, to);
    c.ordersLevel = to;
  }

  private void spendLevel(Customer c) {
    int to = level(SPEND_LEVELS, c.spendLevel, c.recentOrders.sum);
    move(SPEND, c.spendLevel, to);
    c.spendLevel = to;
    if (to > 0) book(c.recentOrders.sumFallsBelow(SPEND_LEVELS[to - 1]));
  }

  private void viewsLevel(Customer c) {
    int to = level(VIEWS_LEVELS, c.viewsLevel, c.recentViews.count);
    move(VIEWS, c.viewsLevel, to);
    c.viewsLevel = to;
    if (to > 0) book(c.recentViews.countFallsBelow(VIEWS_LEVELS[to - 1]));
  }

  private void largestLevel(Customer c) {
    int to = largestLevelOf(c);
    move(LARGEST, c.largestLevel, to);
    c.largestLevel = to;
  }

  private void move(int first, int from, int to) {
    if (!publishThresholds) return;
    for (int i = from; i < to; ++i) records.transition(THRESHOLDS, NONE, first + i);
    for (int i = to; i < from; ++i) records.transition(THRESHOLDS, first + i, NONE);
  }

  // --- the journey

  private static void enterOrExitSecondPurchase(Customer c, long now, boolean tooLate) {
    if (c.secondPurchase == Customer.WAITING) { // and now there is a second order
      c.secondPurchase = Customer.OVER;
      c.sendDue = Time.NEVER;
    }
    if (c.secondPurchase == Customer.NOT_ENTERED && c.orders == 1 && !tooLate) {
      c.secondPurchase = Customer.WAITING;
      c.sendDue = now + SECOND_PURCHASE_WAIT;
    }
  }

  private void sendSecondPurchase(Customer c, long now) {
    if (c.secondPurchase != Customer.WAITING) return;
    if (c.sendDue > now) {
      book(c.sendDue);
      return;
    }
    c.secondPurchase = Customer.OVER;
    c.sendDue = Time.NEVER;
    records.action();
  }
}
