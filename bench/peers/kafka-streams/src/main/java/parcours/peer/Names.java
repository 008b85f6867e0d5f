package parcours.peer;

/** The names of segmentations and segments, in the order of definition. */
final class Names {
  private static final String[] SEGMENTATIONS = {"lifecycle", "interest", "rfm", "thresholds"};
  private static final String[][] SEGMENTS = {
    {"lost", "lapsing", "vip", "loyal", "new", "developing"},
    {"hiking", "running", "tennis", "cycling", "curious"},
    {
      "champions", "potential_loyalist", "loyal", "promising", "new_customers", "cant_lose",
      "at_risk", "need_attention", "about_to_sleep", "lost_customers"
    },
    {
      "orders_1", "orders_2", "orders_3", "orders_5", "orders_8", "orders_12", "orders_20",
      "orders_30", "orders_50", "orders_80", "orders_120", "spend_20m_200", "spend_20m_400",
      "spend_20m_700", "spend_20m_1000", "spend_20m_1500", "spend_20m_2500", "spend_20m_5000",
      "spend_20m_10000", "spend_20m_20000", "spend_20m_40000", "spend_20m_80000", "views_10m_2",
      "views_10m_3", "views_10m_4", "views_10m_6", "views_10m_9", "views_10m_13", "views_10m_18",
      "views_10m_25", "views_10m_40", "views_10m_60", "views_10m_90", "largest_100", "largest_200",
      "largest_300", "largest_400", "largest_500", "largest_600", "largest_700", "largest_800",
      "largest_900", "largest_1000", "largest_1200",
    },
  };

  private Names() {}

  static int segmentations() {
    return SEGMENTATIONS.length;
  }

  static String segmentation(int number) {
    return SEGMENTATIONS[number];
  }

  static String[] segments(int segmentation) {
    return SEGMENTS[segmentation];
  }
}
