package parcours.peer;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * The customers of a task: those of late decoded in memory, all in the store. It lives and dies
 * with the task's processor, so that after an aborted transaction nothing of it is left.
 *
 * <p>What is in memory are two generations: who is in the older one and not asked for until the
 * younger is full is forgotten. A list in order of use would write to old objects at each event,
 * and the collector would have to look at them again.
 */
final class Customers {
  private static final int GENERATION = 1 << 16;

  private final KeyValueStore<Bytes, byte[]> store;
  private final boolean held;
  private final Timers timers;
  private final CustomerCodec codec = new CustomerCodec();
  private final List<Customer> dirty = new ArrayList<>();
  private HashMap<Bytes, Customer> younger = new HashMap<>();
  private HashMap<Bytes, Customer> older = new HashMap<>();

  /** `held`: they stay in memory, and are written when writeAll is called; else at each change. */
  Customers(KeyValueStore<Bytes, byte[]> store, Timers timers, boolean held) {
    this.store = store;
    this.held = held;
    this.timers = timers;
  }

  private Customer read(Bytes key) {
    byte[] stored = store.get(key);
    return stored == null ? new Customer(key) : codec.decode(key, stored);
  }

  Customer get(Bytes key) {
    if (!held) return read(key);
    Customer customer = younger.get(key);
    if (customer != null) return customer;
    if (younger.size() == GENERATION) age();
    customer = older.get(key);
    if (customer == null) customer = read(key);
    younger.put(key, customer);
    return customer;
  }

  private void age() {
    writeAll(); // whoever is forgotten is read from the store again
    older = younger;
    younger = new HashMap<>(older.size() * 2);
  }

  /** Has the customer written, with the next commit at the latest. */
  void changed(Customer customer) {
    if (!held) {
      timers.store(customer);
      store.put(customer.key, codec.encode(customer));
      return;
    }
    if (customer.dirty) return;
    customer.dirty = true;
    dirty.add(customer);
  }

  /** Books those again whose rows are not where reading ahead would find them. */
  void bookChanged() {
    for (Customer customer : dirty) timers.book(customer);
  }

  void writeAll() {
    List<KeyValue<Bytes, byte[]>> entries = new ArrayList<>(dirty.size());
    for (Customer customer : dirty) {
      timers.store(customer);
      entries.add(KeyValue.pair(customer.key, codec.encode(customer)));
      customer.dirty = false;
    }
    dirty.clear();
    store.putAll(entries);
  }
}
