package parcours.peer;

/** Milliseconds since 1970, and their text in UTC. */
final class Time {
  static final long NEVER = Long.MAX_VALUE;
  static final long MINUTE = 60_000;
  static final long HOUR = 60 * MINUTE;
  static final int TEXT_BYTES = 24;

  private static final long DAY = 24 * HOUR;

  private Time() {}

  /** Days since 1970 of a date. */
  static long dayOf(int year, int month, int day) {
    long y = month <= 2 ? year - 1 : year;
    long era = Math.floorDiv(y, 400L);
    long yearOfEra = y - era * 400;
    long dayOfYear = (153L * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468;
  }

  /** Writes `2026-03-01T10:15:10.123Z`. */
  static void write(long time, byte[] out, int at) {
    long days = Math.floorDiv(time, DAY);
    int ms = (int) (time - days * DAY);
    writeDate(days, out, at);
    out[at + 10] = 'T';
    digits(ms / 3_600_000, 2, out, at + 11);
    out[at + 13] = ':';
    digits(ms / 60_000 % 60, 2, out, at + 14);
    out[at + 16] = ':';
    digits(ms / 1000 % 60, 2, out, at + 17);
    out[at + 19] = '.';
    digits(ms % 1000, 3, out, at + 20);
    out[at + 23] = 'Z';
  }

  private static void writeDate(long days, byte[] out, int at) {
    long shifted = days + 719_468; // since 0000-03-01: a leap day ends its year
    long era = Math.floorDiv(shifted, 146_097L);
    long dayOfEra = shifted - era * 146_097;
    long yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365;
    long dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
    int monthFromMarch = (int) ((5 * dayOfYear + 2) / 153);
    int month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
    digits((int) (yearOfEra + era * 400 + (month <= 2 ? 1 : 0)), 4, out, at);
    out[at + 4] = '-';
    digits(month, 2, out, at + 5);
    out[at + 7] = '-';
    digits((int) dayOfYear - (153 * monthFromMarch + 2) / 5 + 1, 2, out, at + 8);
  }

  private static void digits(int number, int count, byte[] out, int at) {
    for (int i = at + count - 1; i >= at; --i, number /= 10) out[i] = (byte) ('0' + number % 10);
  }
}
