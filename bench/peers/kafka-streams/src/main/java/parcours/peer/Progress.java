package parcours.peer;

import java.util.concurrent.atomic.LongAdder;

/** What all threads have done so far, duplicates included. */
final class Progress {
  static final LongAdder EVENTS = new LongAdder();
  static final LongAdder TIMERS = new LongAdder();
  static final LongAdder TRANSITIONS = new LongAdder();
  static final LongAdder ACTIONS = new LongAdder();

  private Progress() {}

  static String line() {
    return String.format(
        "applied %d timers %d transitions %d actions %d",
        EVENTS.sum(), TIMERS.sum(), TRANSITIONS.sum(), ACTIONS.sum());
  }
}
