package crypho.rtc.codec;

import java.util.List;
import java.util.stream.Stream;

/// A frame dependency structure as the tables of the AV1 RTP specification (A.6) write it, and an
/// encoder of descriptors for it that shares nothing with the reader.
record Structure(int offset, List<Template> templates, List<Integer> protectedBy) {
  /// A row: layers, one letter a decode target (`-DSR`), differences, chains.
  record Template(int s, int t, String dti, List<Integer> fdiffs, List<Integer> chains) {}

  /// No layers.
  static final Structure L1T1 =
      new Structure(0, List.of(row(0, 0, "S", "", "0"), row(0, 0, "S", "1", "1")), List.of(0));

  /// A.6.1: one spatial, three temporal layers.
  static final Structure L1T3 =
      new Structure(
          5,
          List.of(
              row(0, 0, "SSS", "", "0"),
              row(0, 0, "SSS", "4", "4"),
              row(0, 1, "SD-", "2", "2"),
              row(0, 2, "D--", "1", "1"),
              row(0, 2, "D--", "1", "3")),
          List.of(0, 0, 0));

  /// A.6.2: two spatial layers with a switch up now and then.
  static final Structure L2T1 =
      new Structure(
          60,
          List.of(
              row(0, 0, "SS", "", "0,0"),
              row(0, 0, "RS", "2", "2,1"),
              row(0, 0, "SS", "2", "2,1"),
              row(1, 0, "S-", "1", "1,1"),
              row(1, 0, "R-", "2,1", "1,1")),
          List.of(1, 0));

  private static Template row(int s, int t, String dti, String fdiffs, String chains) {
    return new Template(s, t, dti, numbers(fdiffs), numbers(chains));
  }

  private static List<Integer> numbers(String list) {
    return list.isEmpty()
        ? List.of()
        : Stream.of(list.split(",", -1)).map(Integer::valueOf).toList();
  }

  /// The three mandatory octets.
  byte[] shortDescriptor(boolean start, boolean end, int template, int frameNumber) {
    return head(start, end, template, frameNumber).toBytes();
  }

  private Bits head(boolean start, boolean end, int template, int frameNumber) {
    return new Bits()
        .put(1, start ? 1 : 0)
        .put(1, end ? 1 : 0)
        .put(6, (offset + template) & 63)
        .put(16, frameNumber);
  }

  /// With the structure, and an active mask where it is not negative.
  byte[] keyDescriptor(boolean end, int frameNumber, int activeMask) {
    var out = head(true, end, 0, frameNumber).put(1, 1).put(1, activeMask < 0 ? 0 : 1).put(3, 0);
    put(out);
    if (activeMask >= 0) {
      out.put(targets(), activeMask);
    }
    return out.toBytes();
  }

  int targets() {
    return protectedBy.size();
  }

  void put(Bits out) {
    out.put(6, offset).put(5, targets() - 1);
    for (var i = 1; i <= templates.size(); i++) {
      var before = templates.get(i - 1);
      if (i == templates.size()) {
        out.put(2, 3);
      } else if (templates.get(i).s() > before.s()) {
        out.put(2, 2);
      } else {
        out.put(2, templates.get(i).t() > before.t() ? 1 : 0);
      }
    }
    for (var template : templates) {
      template.dti().chars().forEach(letter -> out.put(2, "-DSR".indexOf(letter)));
    }
    for (var template : templates) {
      template.fdiffs().forEach(difference -> out.put(1, 1).put(4, difference - 1));
      out.put(1, 0);
    }
    var chains = templates.getFirst().chains().size();
    out.nonSymmetric(targets() + 1, chains);
    protectedBy.forEach(chain -> out.nonSymmetric(chains + 1, chain));
    for (var template : templates) {
      template.chains().forEach(distance -> out.put(4, distance));
    }
    out.put(1, 0);
  }

  int present(int template) {
    return mask(template, "DSR");
  }

  int switches(int template) {
    return mask(template, "S");
  }

  private int mask(int template, String letters) {
    var out = 0;
    for (var target = 0; target < targets(); target++) {
      var letter = templates.get(template).dti().charAt(target);
      out |= letters.indexOf(letter) >= 0 ? 1 << target : 0;
    }
    return out;
  }
}
