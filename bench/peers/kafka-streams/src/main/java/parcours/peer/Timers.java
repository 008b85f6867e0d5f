package parcours.peer;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.PriorityQueue;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * Who is due when. The store has at most one row a customer, never later than the customer is due.
 * With an `ahead`, rows of the near future are read into memory in time; from then on a customer
 * whose dues stay in the near future is booked in memory alone, and the row stays where it is: all
 * that it is still good for is to be found by whoever takes over the task. Rows are read forward
 * from where the last reading ended, so that none ever passes over the tombstones of old ones.
 */
final class Timers {
  /** How far ahead of their time rows are read where customers stay in memory. */
  static final long AHEAD = 20 * Time.MINUTE;

  /** Where they do not, rows are read when their time has come, so often. */
  private static final long STEP = 200;

  private static final int ROWS_AT_ONCE = 500;
  private static final byte[] NOTHING = {};

  /** Rows may share the store with customers, whose ids have no control characters. */
  private static final byte MARK = 0;

  private static final int PREFIX = 1 + Long.BYTES;

  private record Wake(long at, Bytes key) implements Comparable<Wake> {
    @Override
    public int compareTo(Wake other) {
      return Long.compare(at, other.at);
    }
  }

  private final KeyValueStore<Bytes, byte[]> rows;
  private final long ahead;
  private final long slack; // more than this before what was read ends, nothing is read
  private final PriorityQueue<Wake> near = new PriorityQueue<>();
  private Bytes next = rowKey(0, NOTHING); // the first row that was not read yet
  private long readUntil = -1; // all rows before this instant are in memory

  Timers(KeyValueStore<Bytes, byte[]> rows, long ahead) {
    this.rows = rows;
    this.ahead = ahead;
    slack = ahead > 0 ? ahead / 2 : -STEP;
  }

  private static Bytes rowKey(long at, byte[] customer) {
    return Bytes.wrap(
        ByteBuffer.allocate(PREFIX + customer.length).put(MARK).putLong(at).put(customer).array());
  }

  /** Reads some rows ahead, if it is time to. Then those without a row yet must be booked again. */
  boolean readAhead(long now) {
    if (readUntil > now + slack) return false;
    int left = ROWS_AT_ONCE;
    try (KeyValueIterator<Bytes, byte[]> found = rows.range(next, rowKey(now + ahead + 1, NOTHING))) {
      while (found.hasNext() && left-- > 0) {
        byte[] row = found.next().key.get();
        readUntil = ByteBuffer.wrap(row).getLong(1);
        near.add(new Wake(readUntil, Bytes.wrap(Arrays.copyOfRange(row, PREFIX, row.length))));
        next = Bytes.wrap(Arrays.copyOf(row, row.length + 1));
      }
      if (found.hasNext()) return true;
    }
    readUntil = now + ahead;
    next = rowKey(readUntil + 1, NOTHING);
    return true;
  }

  /** Whether somebody may be due who was not looked at yet. */
  boolean isBehind(long now) {
    return readUntil <= now + Math.min(slack, 0) || (!near.isEmpty() && near.peek().at <= now);
  }

  /** Whom somebody must look at by `now`, or null. */
  Bytes poll(long now) {
    return near.isEmpty() || near.peek().at > now ? null : near.poll().key;
  }

  /** Books a customer whose due is near; true if the row in the store is not right. */
  boolean book(Customer customer) {
    long due = customer.nextDue;
    if (due <= readUntil && due < customer.wake) {
      customer.wake = due;
      near.add(new Wake(due, customer.key));
    }
    return rowOf(customer) != customer.row;
  }

  /** The instant where the row has to be. */
  private long rowOf(Customer customer) {
    long due = customer.nextDue;
    long row = customer.row;
    if (due == Time.NEVER || row > due) return due;
    return row > readUntil || due <= readUntil ? row : due;
  }

  /** Moves the row to where it has to be. */
  void store(Customer customer) {
    long row = rowOf(customer);
    if (row == customer.row) return;
    byte[] key = customer.key.get();
    if (customer.row != Time.NEVER) rows.delete(rowKey(customer.row, key));
    if (row != Time.NEVER) rows.put(rowKey(row, key), NOTHING);
    customer.row = row;
  }
}
