package parcours.peer;

import java.util.Map;
import org.apache.kafka.streams.state.RocksDBConfigSetter;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.Cache;
import org.rocksdb.CompressionType;
import org.rocksdb.Filter;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.WriteBufferManager;

/** One block cache bounds the memory of all partitions: memtables and indexes count. */
public final class RocksSettings implements RocksDBConfigSetter {
  private static final long CACHE_BYTES = 512L << 20;
  private static final long MEMTABLES_BYTES = 256L << 20;
  private static final Cache CACHE = new LRUCache(CACHE_BYTES);
  private static final WriteBufferManager MEMTABLES =
      new WriteBufferManager(MEMTABLES_BYTES, CACHE);
  private static final Filter BLOOM = new BloomFilter(10);

  @Override
  public void setConfig(String store, Options options, Map<String, Object> configs) {
    BlockBasedTableConfig table = (BlockBasedTableConfig) options.tableFormatConfig();
    table.setBlockCache(CACHE);
    table.setCacheIndexAndFilterBlocks(true);
    table.setPinTopLevelIndexAndFilter(true);
    table.setFilterPolicy(BLOOM);
    table.setBlockSize(8 << 10);
    options.setTableFormatConfig(table);
    options.setWriteBufferManager(MEMTABLES);
    // Most of what is looked for is not in a memtable, and new customers are nowhere.
    options.setMemtablePrefixBloomSizeRatio(0.1);
    options.setMemtableWholeKeyFiltering(true);
    options.setCompressionType(CompressionType.LZ4_COMPRESSION);
  }

  @Override
  public void close(String store, Options options) {
    // What is shared outlives each store.
  }
}
