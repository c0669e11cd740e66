package crypho.rtc.rtp;

import java.util.Arrays;

/// The last packets of one incoming stream, decrypted, once for all subscribers: the place from
/// which they are forwarded and, while it lasts, sent again. The octets lie one after another in
/// one arena that is overwritten in a circle; a table of slots by sequence number says where. The
/// arena begins small and doubles while it would overwrite packets younger than [#HISTORY_NANOS],
/// up to a limit, so its size follows the bit rate and it stops allocating once the rate is known.
///
/// Use: [#reserve] room, decrypt into [#data] there, then [#commit] under the extended sequence
/// number (or do nothing and the room is used again). [#find] gives an entry for a number while the
/// packet is intact. Offsets are valid until the next [#reserve].
///
/// | state of a number | [#find] |
/// | --- | --- |
/// | committed and intact | its entry, 0 or more |
/// | never committed, though the table still has room for it | [#UNKNOWN] |
/// | the table or the arena has moved past it | [#OVERWRITTEN] |
///
/// One owner thread.
public final class PacketRing {
  /// The number was not committed.
  public static final int UNKNOWN = -1;

  /// The ring has moved past the number.
  public static final int OVERWRITTEN = -2;

  /// [#commit] refused: a packet of that number is here.
  public static final int DUPLICATE = -3;

  /// [#commit] refused: the ring has moved past the number.
  public static final int TOO_OLD = -4;

  /// Packets that are at most this old make the arena grow instead of being overwritten.
  public static final long HISTORY_NANOS = 1_000_000_000L;

  /// The largest packet.
  public static final int PACKET_LENGTH_MAX = 2_048;

  private static final int ARENA_BYTES_MIN = 16 * 1024;
  private static final int SLOTS_MIN = 16;
  private static final int SLOTS_MAX = 32_768;
  private static final long NEVER = Long.MIN_VALUE;

  private final int mask;
  private final int arenaBytesMax;

  // By the low bits of the sequence number:
  private final long[] sequence;
  private final long[] position;
  private final long[] arrival;
  private final int[] length;

  /// The slots in the order of their commits, by the low bits of `commits`.
  private final int[] order;

  private long commits;

  /// The first commit whose octets may still be in the arena.
  private long oldest;

  private byte[] arena = new byte[ARENA_BYTES_MIN];

  /// Octets ever used, gaps at the end of the arena included; modulo its size it is a place.
  private long head;

  /// Octets before this are overwritten or about to be.
  private long floor;

  private long newest = NEVER;

  /// @param slots packets kept at most, a power of two from 16 to 32,768
  /// @param arenaBytesMax octets kept at most, a power of two, at least 16 KiB
  public PacketRing(int slots, int arenaBytesMax) {
    if (Integer.bitCount(slots) != 1
        || slots < SLOTS_MIN
        || slots > SLOTS_MAX
        || Integer.bitCount(arenaBytesMax) != 1
        || arenaBytesMax < ARENA_BYTES_MIN) {
      throw new IllegalArgumentException("slots " + slots + ", arena " + arenaBytesMax);
    }
    this.mask = slots - 1;
    this.arenaBytesMax = arenaBytesMax;
    this.sequence = new long[slots];
    this.position = new long[slots];
    this.arrival = new long[slots];
    this.length = new int[slots];
    this.order = new int[slots];
    Arrays.fill(sequence, NEVER);
  }

  /// The extended form of a number from the wire: the one nearest to the newest committed.
  public long extend(int sequenceNumber) {
    return newest == NEVER ? SeqNo.START + sequenceNumber : SeqNo.extend16(sequenceNumber, newest);
  }

  /// The newest extended number, or `Long.MIN_VALUE` before the first commit.
  public long newest() {
    return newest;
  }

  /// The arena: ask anew after each [#reserve].
  public byte[] data() {
    return arena;
  }

  /// Finds room for a packet of up to `packetLength` octets, at most [#PACKET_LENGTH_MAX], and
  /// returns where in [#data] it begins.
  public int reserve(int packetLength, long nowNanos) {
    if (packetLength < 0 || packetLength > PACKET_LENGTH_MAX) {
      throw new IllegalArgumentException("length " + packetLength);
    }
    while (arena.length < arenaBytesMax && wouldOverwriteYoung(nowNanos)) {
      grow();
    }
    var at = (int) head & (arena.length - 1);
    if (at + packetLength > arena.length) {
      head += arena.length - at;
      at = 0;
    }
    floor = Math.max(floor, head + packetLength - arena.length);
    return at;
  }

  /// Whether the next packet, or the gap that it leaves at the end, may hit octets of a young one.
  private boolean wouldOverwriteYoung(long nowNanos) {
    var limit = head + 2 * PACKET_LENGTH_MAX - arena.length;
    oldest = Math.max(oldest, commits - order.length);
    while (oldest < commits) {
      var slot = order[(int) oldest & mask];
      if (position[slot] >= floor) {
        return position[slot] < limit && nowNanos - arrival[slot] < HISTORY_NANOS;
      }
      oldest++;
    }
    return false;
  }

  private void grow() {
    var larger = new byte[arena.length * 2];
    for (var commit = oldest; commit < commits; commit++) {
      var slot = order[(int) commit & mask];
      if (position[slot] >= floor) {
        var from = (int) position[slot] & (arena.length - 1);
        var to = (int) position[slot] & (larger.length - 1);
        System.arraycopy(arena, from, larger, to, length[slot]);
      }
    }
    arena = larger;
  }

  /// Keeps what was written at the reserved place: `packetLength` octets, not more than reserved.
  /// Returns the entry, [#DUPLICATE] or [#TOO_OLD].
  public int commit(long extendedSequence, int packetLength, long nowNanos) {
    var slot = (int) extendedSequence & mask;
    if (sequence[slot] == extendedSequence) {
      return DUPLICATE;
    }
    if (sequence[slot] > extendedSequence
        || (newest != NEVER && newest - extendedSequence > mask)) {
      return TOO_OLD;
    }
    sequence[slot] = extendedSequence;
    position[slot] = head;
    arrival[slot] = nowNanos;
    length[slot] = packetLength;
    order[(int) commits & mask] = slot;
    commits++;
    head += packetLength;
    newest = Math.max(newest, extendedSequence);
    return slot;
  }

  /// The entry of a packet, [#UNKNOWN] or [#OVERWRITTEN].
  public int find(long extendedSequence) {
    var slot = (int) extendedSequence & mask;
    if (sequence[slot] == extendedSequence) {
      return position[slot] >= floor ? slot : OVERWRITTEN;
    }
    return newest != NEVER && newest - extendedSequence > mask ? OVERWRITTEN : UNKNOWN;
  }

  /// Where in [#data] the entry's packet begins.
  public int offset(int entry) {
    return (int) position[entry] & (arena.length - 1);
  }

  /// Octets of the entry's packet.
  public int length(int entry) {
    return length[entry];
  }

  /// When the entry's packet was committed.
  public long arrivalNanos(int entry) {
    return arrival[entry];
  }

  /// Octets that the ring occupies now.
  public int arenaBytes() {
    return arena.length;
  }
}
