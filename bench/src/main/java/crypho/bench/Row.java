package crypho.bench;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;

/// One measured row: a name and numbers with names, in the order in which they were put.
final class Row {
  private final String name;
  private String system = "crypho";
  private final Map<String, Double> values = new LinkedHashMap<>();

  Row(String name) {
    this.name = name;
  }

  Row put(String key, double value) {
    values.put(key, value);
    return this;
  }

  /// Says that another system than ours was measured.
  Row of(String measured) {
    system = measured;
    return this;
  }

  String system() {
    return system;
  }

  String name() {
    return name;
  }

  double value(String key) {
    return values.getOrDefault(key, Double.NaN);
  }

  Map<String, Double> values() {
    return Collections.unmodifiableMap(values);
  }

  /// One JSON object on one line.
  String toJson() {
    var out = new StringJoiner(",", "{", "}");
    out.add("\"name\":\"" + name + "\"").add("\"system\":\"" + system + "\"");
    values.forEach((key, value) -> out.add("\"" + key + "\":" + number(value)));
    return out.toString();
  }

  /// For people: the name, then `key value` pairs.
  String toText() {
    var out = new StringJoiner("   ");
    values.forEach((key, value) -> out.add(key + " " + number(value)));
    return String.format(Locale.ROOT, "%-34s %s", name, out);
  }

  static String number(double value) {
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
