package crypho.bench;

import java.io.IOException;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.StringJoiner;

/// Our rows beside those of another system that did the same work in the same sitting.
final class Comparison {
  private static final String FLAG = "--peer";

  private final List<Row> ours;
  private final boolean isJson;

  Comparison(List<Row> ours, boolean isJson) {
    this.ours = ours;
    this.isJson = isJson;
  }

  /// Takes `--peer ejabberd` out of the words of a command line. Ends the program where it names
  /// something else, or what is not installed.
  ///
  /// @return whether it was there
  static boolean takeFlag(List<String> words) throws IOException {
    var at = words.indexOf(FLAG);
    if (at < 0) {
      return false;
    }
    if (at + 1 == words.size() || !words.get(at + 1).equals(Ejabberd.NAME)) {
      System.err.println("The only peer is " + Ejabberd.NAME + ": " + FLAG + " " + Ejabberd.NAME);
      System.exit(2);
    }
    if (!Ejabberd.isInstalled()) {
      System.err.println(
          "The peer is not installed. On Debian: apt-get install ejabberd erlang-p1-pgsql");
      System.exit(2);
    }
    words.subList(at, at + 2).clear();
    return true;
  }

  void run(Set<String> chosen) throws IOException, SQLException, InterruptedException {
    Ejabberd.measure(chosen, this::report);
  }

  private void report(Row measured) {
    var theirs = measured.of(Ejabberd.NAME);
    if (isJson) {
      System.out.println(theirs.toJson());
    }
    ours.stream()
        .filter(row -> row.name().equals(theirs.name()))
        .forEach(row -> System.out.println(isJson ? ratioJson(row, theirs) : table(row, theirs)));
  }

  /// Ours divided by theirs; not finite where one lacks the number or theirs is 0.
  private static double ratio(Row ours, Row theirs, String key) {
    return ours.value(key) / theirs.value(key);
  }

  private static String ratioJson(Row ours, Row theirs) {
    var out =
        new StringJoiner(
            ",",
            "{\"name\":\"" + ours.name() + "\",\"system\":\"crypho/ejabberd\",\"ratio\":{",
            "}}");
    for (var key : ours.values().keySet()) {
      if (Double.isFinite(ratio(ours, theirs, key))) {
        out.add("\"" + key + "\":" + Row.number(ratio(ours, theirs, key)));
      }
    }
    return out.toString();
  }

  private static String table(Row ours, Row theirs) {
    var out = new StringJoiner("\n");
    out.add(line(ours.name(), ours.system(), theirs.system(), "ratio"));
    for (var key : ours.values().keySet()) {
      if (theirs.values().containsKey(key)) {
        out.add(
            line(
                "  " + key,
                Row.number(ours.value(key)),
                Row.number(theirs.value(key)),
                Row.number(ratio(ours, theirs, key))));
      }
    }
    for (var key : theirs.values().keySet()) {
      if (!ours.values().containsKey(key)) {
        out.add(line("  " + key, "", Row.number(theirs.value(key)), ""));
      }
    }
    return out.toString();
  }

  private static String line(String name, String ours, String theirs, String ratio) {
    return String.format(Locale.ROOT, "%-34s %12s %12s %12s", name, ours, theirs, ratio);
  }
}
