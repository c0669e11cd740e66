package crypho.rtc.bwe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import crypho.rtc.rtcp.TransportFeedback;
import crypho.testkit.Gen;
import crypho.testkit.Seeded;
import java.util.HashMap;
import org.junit.jupiter.api.Test;

final class ArrivalRecorderTest {
  private static final long MILLI = 1_000_000;

  private final ArrivalRecorder recorder = new ArrivalRecorder();
  private final TransportFeedback report = new TransportFeedback();

  @Test
  void holesAreLostOnceAndLatePacketsReportedLater() {
    assertEquals(Long.MAX_VALUE, recorder.deadlineNanos());
    recorder.onPacket(0, 0xfffe);
    recorder.onPacket(10 * MILLI, 1);
    assertFalse(recorder.report(74 * MILLI, report));
    assertEquals(75 * MILLI, recorder.deadlineNanos());
    assertTrue(recorder.report(75 * MILLI, report));
    assertEquals(0xfffe, report.baseSequenceNumber());
    assertEquals(4, report.count());
    assertEquals(0, report.arrivalTicks(0));
    assertEquals(TransportFeedback.NOT_RECEIVED, report.arrivalTicks(1));
    assertEquals(TransportFeedback.NOT_RECEIVED, report.arrivalTicks(2));
    assertEquals(40, report.arrivalTicks(3));
    assertEquals(1, report.sequenceNumber(3));
    assertFalse(recorder.report(1_000 * MILLI, report));
    recorder.onPacket(80 * MILLI, 0xffff);
    recorder.onPacket(81 * MILLI, 2);
    assertTrue(recorder.report(200 * MILLI, report));
    assertEquals(0xffff, report.baseSequenceNumber());
    assertEquals(4, report.count());
    assertEquals(320, report.arrivalTicks(0));
    assertEquals(324, report.arrivalTicks(3));
    assertEquals(1, report.feedbackCount());
  }

  /// Any order and any jumps: each arrival within the span is told once at its time or again with
  /// the same time, and a report is never longer than the span.
  @Seeded(tries = 100)
  void whatArrivedIsReported(Gen gen) {
    var arrived = new HashMap<Integer, Long>();
    var told = new HashMap<Integer, Long>();
    var next = gen.below(0x10000);
    var now = 0L;
    var first = -1L;
    for (var i = 0; i < 1_500; i++) {
      now += gen.below(20) * MILLI;
      next += gen.chance(0.01) ? gen.intBetween(1, 300) : 1;
      var number = (next - (gen.chance(0.1) ? gen.below(100) : 0)) & 0xffff;
      recorder.onPacket(now, number);
      first = first < 0 ? now : first;
      arrived.putIfAbsent(number, now - first);
      if (recorder.report(now, report)) {
        assertTrue(report.count() <= ArrivalRecorder.SPAN_MAX);
        for (var at = 0; at < report.count(); at++) {
          if (report.arrivalTicks(at) != TransportFeedback.NOT_RECEIVED) {
            told.put(report.sequenceNumber(at), report.arrivalTicks(at));
          }
        }
      }
    }
    recorder.report(Long.MAX_VALUE - 1, report);
    for (var at = 0; at < report.count(); at++) {
      told.putIfAbsent(report.sequenceNumber(at), report.arrivalTicks(at));
    }
    for (var entry : arrived.entrySet()) {
      assertEquals(entry.getValue() / TransportFeedback.TICK_NANOS, told.get(entry.getKey()));
    }
  }

  @Test
  void aJumpOfHalfTheNumbersIsNotALongReport() {
    recorder.onPacket(0, 0);
    recorder.onPacket(MILLI, 0x7fff);
    assertTrue(recorder.report(100 * MILLI, report));
    assertEquals(ArrivalRecorder.SPAN_MAX, report.count());
    recorder.onPacket(200 * MILLI, 5);
    assertFalse(recorder.report(1_000 * MILLI, report), "too far back");
  }
}
