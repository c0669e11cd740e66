package crypho.rtc.srtp;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;

/// The functions of OpenSSL 3 that [OpensslGcm] calls, with their C signatures
/// (EVP_EncryptInit(3)). Its first use fails with a [LinkageError] where the library is not there.
///
/// All are `critical`: they neither block nor call back, and none is given more than a packet.
@SuppressWarnings("restricted") // Native functions: what this class is for.
final class Libcrypto {
  /// EVP_CTRL_AEAD_GET_TAG and EVP_CTRL_AEAD_SET_TAG of openssl/evp.h.
  static final int GET_TAG = 0x10;

  static final int SET_TAG = 0x11;

  private static final SymbolLookup LIBRARY =
      SymbolLookup.libraryLookup("libcrypto.so.3", Arena.global());

  private static final MethodHandle AES_128_GCM = function("EVP_aes_128_gcm", ADDRESS);
  private static final MethodHandle AES_256_GCM = function("EVP_aes_256_gcm", ADDRESS);
  private static final MethodHandle CONTEXT_NEW = function("EVP_CIPHER_CTX_new", ADDRESS);
  private static final MethodHandle CONTEXT_FREE = procedure("EVP_CIPHER_CTX_free", ADDRESS);
  private static final MethodHandle INIT =
      function(
          "EVP_CipherInit_ex", JAVA_INT, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, JAVA_INT);
  private static final MethodHandle UPDATE =
      function("EVP_CipherUpdate", JAVA_INT, ADDRESS, ADDRESS, ADDRESS, ADDRESS, JAVA_INT);
  private static final MethodHandle FINAL =
      function("EVP_CipherFinal_ex", JAVA_INT, ADDRESS, ADDRESS, ADDRESS);
  private static final MethodHandle CONTROL =
      function("EVP_CIPHER_CTX_ctrl", JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, ADDRESS);

  private Libcrypto() {}

  private static MethodHandle function(String name, MemoryLayout result, MemoryLayout... takes) {
    return link(name, FunctionDescriptor.of(result, takes));
  }

  private static MethodHandle procedure(String name, MemoryLayout... takes) {
    return link(name, FunctionDescriptor.ofVoid(takes));
  }

  private static MethodHandle link(String name, FunctionDescriptor signature) {
    return Linker.nativeLinker()
        .downcallHandle(LIBRARY.findOrThrow(name), signature, Linker.Option.critical(true));
  }

  /// A context with the key scheduled, freed (and its key wiped) once `arena` no longer needs it.
  static MemorySegment context(Arena arena, MemorySegment key) {
    try {
      var cipher =
          key.byteSize() == 16
              ? (MemorySegment) AES_128_GCM.invokeExact()
              : (MemorySegment) AES_256_GCM.invokeExact();
      var made = (MemorySegment) CONTEXT_NEW.invokeExact();
      succeeded(made.equals(MemorySegment.NULL) ? 0 : 1);
      var context = made.reinterpret(arena, Libcrypto::free);
      succeeded(
          (int) INIT.invokeExact(context, cipher, MemorySegment.NULL, key, MemorySegment.NULL, 1));
      return context;
    } catch (Throwable e) {
      throw failure(e);
    }
  }

  private static void free(MemorySegment context) {
    try {
      CONTEXT_FREE.invokeExact(context);
    } catch (Throwable e) {
      throw failure(e);
    }
  }

  /// Begins a packet under the key that the context has.
  static void begin(MemorySegment context, MemorySegment nonce, int isSealing) {
    try {
      succeeded(
          (int)
              INIT.invokeExact(
                  context,
                  MemorySegment.NULL,
                  MemorySegment.NULL,
                  MemorySegment.NULL,
                  nonce,
                  isSealing));
    } catch (Throwable e) {
      throw failure(e);
    }
  }

  /// Encrypts or decrypts, or takes associated data where `out` is null.
  static void update(
      MemorySegment context,
      MemorySegment out,
      MemorySegment written,
      MemorySegment in,
      int length) {
    try {
      succeeded((int) UPDATE.invokeExact(context, out, written, in, length));
    } catch (Throwable e) {
      throw failure(e);
    }
  }

  /// Ends a packet; false where a tag was set that does not fit.
  static boolean end(MemorySegment context, MemorySegment out, MemorySegment written) {
    try {
      return (int) FINAL.invokeExact(context, out, written) == 1;
    } catch (Throwable e) {
      throw failure(e);
    }
  }

  /// Reads or sets the tag.
  static void tag(MemorySegment context, int control, MemorySegment tag) {
    try {
      succeeded((int) CONTROL.invokeExact(context, control, Gcm.TAG_BYTES, tag));
    } catch (Throwable e) {
      throw failure(e);
    }
  }

  private static void succeeded(int result) {
    if (result != 1) {
      throw new IllegalStateException("OpenSSL failed where it cannot");
    }
  }

  private static RuntimeException failure(Throwable e) {
    if (e instanceof Error error) {
      throw error;
    }
    return e instanceof RuntimeException known ? known : new IllegalStateException(e);
  }
}
