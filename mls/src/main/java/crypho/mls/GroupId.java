package crypho.mls;

import crypho.base.Bytes;
import crypho.base.ConversationId;
import crypho.base.DecodeException;
import java.util.UUID;

/// An MLS group: a conversation and its generation, which grows by one with each reset. On the wire
/// the UUID's 16 bytes and four bytes of generation, big-endian.
public record GroupId(ConversationId conversation, int generation) {
  private static final int BYTES = 20;

  public GroupId {
    if (generation < 0) {
      throw new IllegalArgumentException("a generation is not negative");
    }
  }

  public Bytes toBytes() {
    var uuid = conversation.value();
    return Writer.bytes(out ->
        out.u64(uuid.getMostSignificantBits()).u64(uuid.getLeastSignificantBits()).u32(generation));
  }

  public static GroupId parse(Bytes bytes) throws DecodeException {
    var in = Reader.of(bytes, "group_id", BYTES);
    var conversation = new ConversationId(new UUID(in.u64("group_id"), in.u64("group_id")));
    var generation = in.u32("group_id");
    in.finish("group_id");
    if (generation > Integer.MAX_VALUE) {
      throw in.fault("group_id", "generation out of range");
    }
    return new GroupId(conversation, (int) generation);
  }
}
