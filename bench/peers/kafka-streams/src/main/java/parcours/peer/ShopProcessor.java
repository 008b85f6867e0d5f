package parcours.peer;

import java.time.Duration;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.processor.Cancellable;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;

/** Applies the events of one partition, and fires what is due by its log time. */
final class ShopProcessor implements Processor<Bytes, byte[], Bytes, byte[]> {
  static final String CUSTOMERS = "customers";
  static final String TIMERS = "timers";
  static final String TRANSITIONS = "transitions";
  static final String ACTIONS = "actions";

  /** Who may be woken for one record; so nobody's event waits for a crowd that is due at once. */
  private static final int WAKES_A_RECORD = 32;

  private static final int WAKES_A_TICK = 2000;
  private static final Duration TICK = Duration.ofMillis(20);

  private final boolean publishThresholds;
  private final boolean held;
  private final Event event = new Event();
  private ProcessorContext<Bytes, byte[]> context;
  private Shop shop;
  private Customers customers;
  private Timers timers;
  private long logTime;
  private Cancellable crowd; // runs while a crowd is due: it goes on when no record comes

  /** `held`: customers stay in memory between commits; see CommitHookStore. */
  ShopProcessor(boolean publishThresholds, boolean held) {
    this.publishThresholds = publishThresholds;
    this.held = held;
  }

  @Override
  public void init(ProcessorContext<Bytes, byte[]> context) {
    this.context = context;
    logTime = 0;
    crowd = null;
    if (held) {
      CommitHookStore store = context.getStateStore(CUSTOMERS);
      timers = new Timers(store.wrapped(), Timers.AHEAD);
      customers = new Customers(store.wrapped(), timers, true);
      store.beforeCommit(customers::writeAll);
    } else {
      timers = new Timers(context.getStateStore(TIMERS), 0);
      customers = new Customers(context.getStateStore(CUSTOMERS), timers, false);
    }
    shop = new Shop(publishThresholds, new Records(this::publishTransition, this::publishAction));
  }

  private void publishTransition(Customer customer, byte[] line) {
    Progress.TRANSITIONS.increment();
    context.forward(new Record<>(customer.key, line, logTime), TRANSITIONS);
  }

  private void publishAction(Customer customer, byte[] line) {
    Progress.ACTIONS.increment();
    context.forward(new Record<>(customer.key, line, logTime), ACTIONS);
  }

  /** A record without a key is a tick: it tells the time and nothing else. */
  @Override
  public void process(Record<Bytes, byte[]> record) {
    logTime = Math.max(logTime, record.timestamp());
    if (record.key() != null) {
      Progress.EVENTS.increment();
      if (record.value() != null && event.read(record.value())) apply(record.key());
    }
    wake(WAKES_A_RECORD);
    if (crowd == null && timers.isBehind(logTime)) {
      crowd = context.schedule(TICK, PunctuationType.WALL_CLOCK_TIME, now -> wakeCrowd());
    }
  }

  private void wakeCrowd() {
    wake(WAKES_A_TICK);
    if (timers.isBehind(logTime)) return;
    crowd.cancel();
    crowd = null;
  }

  private void apply(Bytes key) {
    Customer customer = customers.get(key);
    boolean changed = fire(customer, Math.max(logTime, customer.lastInstant));
    long id = event.key();
    if (!customer.hasSeen(id)) {
      customer.addSeen(id, context.recordMetadata().orElseThrow().offset());
      event.time = Math.min(event.time, logTime);
      shop.onEvent(customer, event, Math.max(logTime, customer.lastInstant));
      changed = true;
    }
    if (timers.book(customer) || changed) customers.changed(customer);
  }

  /** Fires what the customer is due until then; false if there was nothing. */
  private boolean fire(Customer customer, long until) {
    if (customer.nextDue > until) return false;
    while (customer.nextDue <= until) {
      shop.onDue(customer);
      Progress.TIMERS.increment();
    }
    return true;
  }

  private void wake(int most) {
    if (timers.readAhead(logTime)) customers.bookChanged();
    for (int i = 0; i < most; ++i) {
      Bytes key = timers.poll(logTime);
      if (key == null) return;
      Customer customer = customers.get(key);
      if (customer.wake <= logTime) customer.wake = Time.NEVER;
      boolean changed = fire(customer, logTime);
      if (timers.book(customer) || changed) customers.changed(customer);
    }
  }
}
