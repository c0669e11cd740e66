package crypho.server.conversation;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import crypho.wire.v1.CommitEntry;
import crypho.wire.v1.Erased;
import crypho.wire.v1.LeftEntry;
import crypho.wire.v1.LogEntry;
import crypho.wire.v1.ResetEntry;
import crypho.wire.v1.RoleEntry;
import java.nio.ByteBuffer;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// One entry of a log as it is stored.
///
/// @param clientId by which the same request sent again is recognised; null for entries that need
///   none
/// @param generation with `epoch`: in which a message was sent, or from which a commit starts
record Entry(
    long seq,
    long timeMs,
    UUID account,
    long device,
    @Nullable UUID clientId,
    int generation,
    long epoch,
    EntryKind kind,
    ByteString body) {

  Entry erased(long atMs) {
    var tombstone = Erased.newBuilder().setErasedAtMs(atMs).build().toByteString();
    return new Entry(
        seq, timeMs, account, device, clientId, generation, epoch, EntryKind.ERASED, tombstone);
  }

  LogEntry toWire() {
    var out =
        LogEntry.newBuilder()
            .setSeq(seq)
            .setTimeMs(timeMs)
            .setSenderAccountId(account.toString())
            .setSenderDeviceId(DeviceCode.toHex(device))
            .setGeneration(generation)
            .setEpoch(epoch);
    if (clientId != null) {
      out.setClientId(toBytes(clientId));
    }
    try {
      switch (kind) {
        case MESSAGE -> out.setMessage(body);
        case COMMIT -> out.setCommit(CommitEntry.parseFrom(body));
        case ERASED -> out.setErased(Erased.parseFrom(body));
        case ROLE -> out.setRole(RoleEntry.parseFrom(body));
        case LEFT -> out.setLeft(LeftEntry.getDefaultInstance());
        case RESET -> out.setReset(ResetEntry.parseFrom(body));
      }
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("a stored entry is of its kind", e);
    }
    return out.build();
  }

  static ByteString toBytes(UUID id) {
    var out = ByteBuffer.allocate(16);
    out.putLong(id.getMostSignificantBits()).putLong(id.getLeastSignificantBits()).flip();
    return ByteString.copyFrom(out);
  }

  /// The first 16 bytes as an id.
  static UUID toId(ByteString bytes) {
    var in = bytes.asReadOnlyByteBuffer();
    return new UUID(in.getLong(), in.getLong());
  }
}
