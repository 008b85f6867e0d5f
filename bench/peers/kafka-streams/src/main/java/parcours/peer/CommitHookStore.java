package parcours.peer;

import java.util.Map;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.processor.StateStoreContext;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.internals.WrappedStateStore;

/**
 * A store in front of which its user may hold changes back until the task commits: Streams flushes
 * the caches of all stores before it commits a transaction, and this one hands that on. So a
 * customer who changed often is encoded, stored and logged once a commit, still within it.
 */
final class CommitHookStore
    extends WrappedStateStore<KeyValueStore<Bytes, byte[]>, Bytes, byte[]> {
  private Runnable beforeCommit;

  private CommitHookStore(KeyValueStore<Bytes, byte[]> inner) {
    super(inner);
  }

  @Override
  public void init(StateStoreContext context, StateStore root) {
    beforeCommit = null; // a task that begins again has a processor that begins again
    super.init(context, root);
  }

  @Override
  public void flushCache() {
    if (beforeCommit != null) beforeCommit.run();
  }

  void beforeCommit(Runnable action) {
    beforeCommit = action;
  }

  /** Builds such a store around what `inner` builds. */
  record Builder(StoreBuilder<KeyValueStore<Bytes, byte[]>> inner)
      implements StoreBuilder<CommitHookStore> {
    @Override
    public CommitHookStore build() {
      return new CommitHookStore(inner.build());
    }

    @Override
    public StoreBuilder<CommitHookStore> withCachingEnabled() {
      throw new UnsupportedOperationException("the user caches");
    }

    @Override
    public StoreBuilder<CommitHookStore> withCachingDisabled() {
      return this;
    }

    @Override
    public StoreBuilder<CommitHookStore> withLoggingEnabled(Map<String, String> config) {
      return new Builder(inner.withLoggingEnabled(config));
    }

    @Override
    public StoreBuilder<CommitHookStore> withLoggingDisabled() {
      return new Builder(inner.withLoggingDisabled());
    }

    @Override
    public Map<String, String> logConfig() {
      return inner.logConfig();
    }

    @Override
    public boolean loggingEnabled() {
      return inner.loggingEnabled();
    }

    @Override
    public String name() {
      return inner.name();
    }
  }
}
