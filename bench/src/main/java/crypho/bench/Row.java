package crypho.bench;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;

/// One measured row: a name and numbers with names, in the order in which they were put.
final class Row {
  private final String name;
  private final Map<String, Double> values = new LinkedHashMap<>();

  Row(String name) {
    this.name = name;
  }

  Row put(String key, double value) {
    values.put(key, value);
    return this;
  }

  String name() {
    return name;
  }

  double value(String key) {
    return values.getOrDefault(key, Double.NaN);
  }

  Map<String, Double> values() {
    return Map.copyOf(values);
  }

  /// One JSON object on one line.
  String toJson() {
    var out = new StringJoiner(",", "{\"name\":\"" + name + "\"", "}").setEmptyValue("");
    out.add("");
    values.forEach((key, value) -> out.add("\"" + key + "\":" + number(value)));
    return out.toString().replaceFirst("\",,", "\",");
  }

  /// For people: the name, then `key value` pairs.
  String toText() {
    var out = new StringJoiner("   ");
    values.forEach((key, value) -> out.add(key + " " + number(value)));
    return String.format(Locale.ROOT, "%-34s %s", name, out);
  }

  private static String number(double value) {
    if (Double.isNaN(value) || Double.isInfinite(value)) {
      return "null";
    }
    if (value == Math.rint(value) && Math.abs(value) < 1e15) {
      return Long.toString((long) value);
    }
    var digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 3;
    return String.format(Locale.ROOT, "%." + digits + "f", value);
  }
}
