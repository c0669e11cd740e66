package crypho.rtc.srtp;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/// OpenSSL's cipher, on packets in place on the heap; nothing is allocated once that is compiled.
///
/// The buffer and OpenSSL's context, some 3 kB, are freed after this object is unreachable.
final class OpensslGcm implements Gcm {
  /// A packet of Ethernet in one piece; longer ones go in several.
  private static final int BUFFER_BYTES = 1_536;

  private final MemorySegment context;
  private final MemorySegment buffer;
  private final MemorySegment nonce;
  private final MemorySegment tag;
  private final MemorySegment written;
  private byte[] keptArray = new byte[0];
  private MemorySegment kept = MemorySegment.NULL;

  /// Copies and wipes `key`, of 16 or 32 bytes.
  OpensslGcm(byte[] key) {
    var arena = Arena.ofAuto();
    var memory = arena.allocate(BUFFER_BYTES + 48, 16);
    buffer = memory.asSlice(0, BUFFER_BYTES);
    tag = memory.asSlice(BUFFER_BYTES, TAG_BYTES);
    nonce = memory.asSlice(BUFFER_BYTES + 16, NONCE_BYTES);
    written = memory.asSlice(BUFFER_BYTES + 32, ValueLayout.JAVA_INT);
    var keyCopy = buffer.asSlice(0, key.length);
    keyCopy.copyFrom(MemorySegment.ofArray(key));
    Arrays.fill(key, (byte) 0);
    context = Libcrypto.context(arena, keyCopy);
    keyCopy.fill((byte) 0);
  }

  @Override
  public void begin(boolean isSealing, byte[] nonce) {
    MemorySegment.copy(nonce, 0, this.nonce, ValueLayout.JAVA_BYTE, 0, NONCE_BYTES);
    Libcrypto.begin(context, this.nonce, isSealing ? 1 : 0);
  }

  @Override
  public void aad(byte[] data, int offset, int length) {
    if (length > 0) {
      Libcrypto.update(context, MemorySegment.NULL, written, heap(data, offset), length);
    }
  }

  private void crypt(byte[] in, int offset, int length, byte[] out, int outOffset) {
    if (length > 0) {
      Libcrypto.update(context, kept(out).asSlice(outOffset), written, heap(in, offset), length);
    }
  }

  /// The segment of the array written to last: the same one again as a rule, and the JIT compiler
  /// does not get rid of it by itself.
  @SuppressWarnings("ReferenceEquality") // The same array, not the same contents.
  private MemorySegment kept(byte[] out) {
    if (out != keptArray) {
      keptArray = out;
      kept = MemorySegment.ofArray(out);
    }
    return kept;
  }

  private static MemorySegment heap(byte[] data, int offset) {
    return MemorySegment.ofArray(data).asSlice(offset);
  }

  @Override
  public int seal(byte[] in, int offset, int length, byte[] out, int outOffset) {
    crypt(in, offset, length, out, outOffset);
    if (!Libcrypto.end(context, buffer, written)) {
      throw new IllegalStateException("encryption ended without a tag");
    }
    Libcrypto.tag(context, Libcrypto.GET_TAG, tag);
    MemorySegment.copy(tag, ValueLayout.JAVA_BYTE, 0, out, outOffset + length, TAG_BYTES);
    return length + TAG_BYTES;
  }

  @Override
  public int open(byte[] in, int offset, int length, byte[] out, int outOffset) {
    var plain = length - TAG_BYTES;
    MemorySegment.copy(in, offset + plain, tag, ValueLayout.JAVA_BYTE, 0, TAG_BYTES);
    Libcrypto.tag(context, Libcrypto.SET_TAG, tag);
    crypt(in, offset, plain, out, outOffset);
    if (Libcrypto.end(context, buffer, written)) {
      return plain;
    }
    Arrays.fill(out, outOffset, outOffset + plain, (byte) 0);
    return SrtpVerdict.UNAUTHENTIC;
  }
}
