package parcours.peer;

import java.util.Arrays;

/**
 * A sliding window on a grid of minutes: what it counted (and added up) at each line, oldest first.
 * What happened in (line - 1 minute, line] falls out at line + length.
 */
final class Window {
  // Most windows of most customers are empty: they share these.
  private static final int[] NO_INTS = {};
  private static final long[] NO_LONGS = {};

  private final int minutes;
  final boolean sums; // whether it adds up, too
  int size;
  int[] lines = NO_INTS;
  int[] counts = NO_INTS;
  long[] amounts = NO_LONGS;
  int count;
  long sum;

  Window(int minutes, boolean sums) {
    this.minutes = minutes;
    this.sums = sums;
  }

  private long expiry(int i) {
    return (lines[i] + minutes) * Time.MINUTE;
  }

  void add(long time, long amount, long now) {
    int line = (int) ((time + Time.MINUTE - 1) / Time.MINUTE);
    if ((line + minutes) * Time.MINUTE <= now) return;
    int i = size;
    while (i > 0 && lines[i - 1] > line) --i;
    if (i == 0 || lines[i - 1] != line) insert(i++, line);
    ++counts[i - 1];
    ++count;
    if (!sums) return;
    amounts[i - 1] += amount;
    sum += amount;
  }

  private void insert(int i, int line) {
    reserve(size + 1);
    System.arraycopy(lines, i, lines, i + 1, size - i);
    System.arraycopy(counts, i, counts, i + 1, size - i);
    if (sums) System.arraycopy(amounts, i, amounts, i + 1, size - i);
    lines[i] = line;
    counts[i] = 0;
    if (sums) amounts[i] = 0;
    ++size;
  }

  void reserve(int wanted) {
    if (wanted <= lines.length) return;
    int length = Math.max(wanted, lines.length * 2);
    lines = Arrays.copyOf(lines, length);
    counts = Arrays.copyOf(counts, length);
    if (sums) amounts = Arrays.copyOf(amounts, length);
  }

  /** Drops what has fallen out by now. */
  void roll(long now) {
    int gone = 0;
    while (gone < size && expiry(gone) <= now) {
      count -= counts[gone];
      if (sums) sum -= amounts[gone];
      ++gone;
    }
    if (gone == 0) return;
    size -= gone;
    System.arraycopy(lines, gone, lines, 0, size);
    System.arraycopy(counts, gone, counts, 0, size);
    if (sums) System.arraycopy(amounts, gone, amounts, 0, size);
  }

  /** When the count, if nothing is added, is below `bound`, which it is not now. */
  long countFallsBelow(long bound) {
    long left = 0;
    int i = size;
    while (left < bound) left += counts[--i];
    return expiry(i);
  }

  /** When the sum, if nothing is added, is below `bound`, which it is not now. */
  long sumFallsBelow(long bound) {
    long left = 0;
    int i = size;
    while (left < bound) left += amounts[--i];
    return expiry(i);
  }
}
