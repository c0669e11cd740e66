package crypho.rtc.dtls;

import crypho.rtc.srtp.SrtpKeys;
import crypho.rtc.srtp.SrtpProfile;
import java.io.IOException;
import java.util.Arrays;
import java.util.Hashtable;
import java.util.Objects;
import org.bouncycastle.tls.AlertDescription;
import org.bouncycastle.tls.AlertLevel;
import org.bouncycastle.tls.Certificate;
import org.bouncycastle.tls.CipherSuite;
import org.bouncycastle.tls.ClientCertificateType;
import org.bouncycastle.tls.ExporterLabel;
import org.bouncycastle.tls.HashAlgorithm;
import org.bouncycastle.tls.SignatureAlgorithm;
import org.bouncycastle.tls.SignatureAndHashAlgorithm;
import org.bouncycastle.tls.TlsContext;
import org.bouncycastle.tls.TlsCredentials;
import org.bouncycastle.tls.TlsFatalAlert;
import org.bouncycastle.tls.TlsSRTPUtils;
import org.bouncycastle.tls.UseSRTPData;
import org.bouncycastle.tls.crypto.TlsCryptoParameters;
import org.bouncycastle.tls.crypto.impl.bc.BcDefaultTlsCredentialedSigner;
import org.jspecify.annotations.Nullable;

/// What client and server share in a handshake for media: the profile, the peer's certificate, the
/// keys. Belongs to the handshake's thread.
final class SrtpNegotiation {
  static final int RESEND_MILLIS = 400;

  /// ECDHE with ECDSA and AEAD only (RFC 8827 §6.5 asks for the first).
  static final int[] CIPHER_SUITES = {
    CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    CipherSuite.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
  };

  static final short[] CERTIFICATE_TYPES = {
    ClientCertificateType.ecdsa_sign, ClientCertificateType.rsa_sign
  };

  private final DtlsIdentity identity;
  private final DtlsFingerprint peer;
  private boolean isPeerVerified;
  private boolean isClosedByPeer;
  private @Nullable SrtpProfile profile;
  private @Nullable SrtpKeys keys;
  private @Nullable DtlsFailure failure;

  SrtpNegotiation(DtlsIdentity identity, DtlsFingerprint peer) {
    this.identity = identity;
    this.peer = peer;
  }

  DtlsIdentity identity() {
    return identity;
  }

  /// What this side found wrong, where it did.
  @Nullable DtlsFailure failure() {
    return failure;
  }

  /// Takes note of an alert that the peer sent.
  void alerted(short level, short description) {
    if (description == AlertDescription.close_notify) {
      isClosedByPeer = true;
    } else if (level == AlertLevel.fatal && failure == null) {
      failure = DtlsFailure.REFUSED_BY_PEER;
    }
  }

  boolean isClosedByPeer() {
    return isClosedByPeer;
  }

  /// Picks our most wanted of the offered profiles (RFC 5764 §4.1.1).
  void pick(Hashtable<?, ?> clientExtensions) throws IOException {
    var offered = TlsSRTPUtils.getUseSRTPExtension(clientExtensions);
    if (offered != null) {
      var ids = offered.getProtectionProfiles();
      for (var ours : SrtpProfile.values()) {
        if (profile == null && Arrays.stream(ids).anyMatch(id -> id == ours.id())) {
          profile = ours;
        }
      }
    }
    if (profile == null) {
      throw fail(DtlsFailure.NO_SRTP_PROFILE, AlertDescription.handshake_failure);
    }
  }

  /// Takes the server's choice: exactly one, of those we offered, without an MKI of its own.
  void accept(@Nullable Hashtable<?, ?> serverExtensions) throws IOException {
    var chosen =
        serverExtensions == null ? null : TlsSRTPUtils.getUseSRTPExtension(serverExtensions);
    if (chosen != null
        && chosen.getProtectionProfiles().length == 1
        && chosen.getMki().length == 0) {
      profile = SrtpProfile.ofId(chosen.getProtectionProfiles()[0]);
    }
    if (profile == null) {
      throw fail(DtlsFailure.NO_SRTP_PROFILE, AlertDescription.illegal_parameter);
    }
  }

  UseSRTPData offer() {
    var ids = Arrays.stream(SrtpProfile.values()).mapToInt(SrtpProfile::id).toArray();
    return new UseSRTPData(ids, new byte[0]);
  }

  UseSRTPData choice() {
    var chosen = Objects.requireNonNull(profile, "a profile is picked before the server answers");
    return new UseSRTPData(new int[] {chosen.id()}, new byte[0]);
  }

  /// Compares the peer's certificate with signalling's fingerprint. That the peer holds its key is
  /// proved after this: by the server's key exchange, or by the client's CertificateVerify.
  void verify(@Nullable Certificate chain) throws IOException {
    if (chain == null || chain.isEmpty() || !peer.matches(chain.getCertificateAt(0).getEncoded())) {
      throw fail(DtlsFailure.FINGERPRINT_MISMATCH, AlertDescription.bad_certificate);
    }
    isPeerVerified = true;
  }

  TlsCredentials credentials(TlsContext context) throws IOException {
    return new BcDefaultTlsCredentialedSigner(
        new TlsCryptoParameters(context),
        identity.crypto(),
        identity.privateKey(),
        identity.chain(),
        new SignatureAndHashAlgorithm(HashAlgorithm.sha256, SignatureAlgorithm.ecdsa));
  }

  /// Exports the keys (RFC 5764 §4.2) once both Finished messages fit.
  void complete(TlsContext context, boolean weAreServer) throws IOException {
    var chosen = profile;
    if (chosen == null || !isPeerVerified) {
      throw fail(DtlsFailure.PROTOCOL, AlertDescription.handshake_failure);
    }
    var exported =
        context.exportKeyingMaterial(ExporterLabel.dtls_srtp, null, chosen.keyingMaterialBytes());
    keys = SrtpKeys.split(chosen, exported, weAreServer);
    Arrays.fill(exported, (byte) 0);
  }

  /// The keys of a handshake that is complete.
  SrtpKeys keys() {
    return Objects.requireNonNull(keys, "keys are asked for after the handshake");
  }

  private TlsFatalAlert fail(DtlsFailure reason, short alert) {
    failure = reason;
    return new TlsFatalAlert(alert);
  }
}
