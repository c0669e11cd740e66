package crypho.rtc.dtls;

import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import org.bouncycastle.asn1.ASN1EncodableVector;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.DERBitString;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x509.Time;
import org.bouncycastle.asn1.x509.V3TBSCertificateGenerator;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.bouncycastle.crypto.params.AsymmetricKeyParameter;
import org.bouncycastle.crypto.util.PrivateKeyFactory;
import org.bouncycastle.tls.Certificate;
import org.bouncycastle.tls.crypto.TlsCertificate;
import org.bouncycastle.tls.crypto.impl.bc.BcTlsCertificate;
import org.bouncycastle.tls.crypto.impl.bc.BcTlsCrypto;

/// A key pair on P-256 and a certificate that signs itself: it says nothing but its key, and peers
/// know it by its fingerprint. Made at start, never stored.
final class DtlsIdentity {
  /// Peers do not look at it (RFC 8122 §7.1); far beyond a process's life.
  private static final Duration VALIDITY = Duration.ofDays(3_650);

  private static final Duration CLOCK_SKEW = Duration.ofDays(1);
  private static final X500Name NAME = new X500Name("CN=Crypho");
  private static final int SERIAL_BITS = 63;

  private final BcTlsCrypto crypto;
  private final AsymmetricKeyParameter privateKey;
  private final byte[] certificate;

  private DtlsIdentity(BcTlsCrypto crypto, AsymmetricKeyParameter privateKey, byte[] certificate) {
    this.crypto = crypto;
    this.privateKey = privateKey;
    this.certificate = certificate;
  }

  static DtlsIdentity generate(Instant now, SecureRandom random) {
    try {
      var generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"), random);
      var pair = generator.generateKeyPair();
      return new DtlsIdentity(
          new BcTlsCrypto(random),
          PrivateKeyFactory.createKey(pair.getPrivate().getEncoded()),
          selfSigned(pair, now, random));
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] selfSigned(KeyPair pair, Instant now, SecureRandom random)
      throws GeneralSecurityException, IOException {
    var algorithm = new AlgorithmIdentifier(X9ObjectIdentifiers.ecdsa_with_SHA256);
    var body = new V3TBSCertificateGenerator();
    body.setSerialNumber(new ASN1Integer(new BigInteger(SERIAL_BITS, random).add(BigInteger.ONE)));
    body.setSignature(algorithm);
    body.setIssuer(NAME);
    body.setSubject(NAME);
    body.setStartDate(new Time(Date.from(now.minus(CLOCK_SKEW))));
    body.setEndDate(new Time(Date.from(now.plus(VALIDITY))));
    body.setSubjectPublicKeyInfo(SubjectPublicKeyInfo.getInstance(pair.getPublic().getEncoded()));
    var signed = body.generateTBSCertificate();
    var signer = Signature.getInstance("SHA256withECDSA");
    signer.initSign(pair.getPrivate(), random);
    signer.update(signed.getEncoded("DER"));
    var parts = new ASN1EncodableVector();
    parts.add(signed);
    parts.add(algorithm);
    parts.add(new DERBitString(signer.sign()));
    return new DERSequence(parts).getEncoded("DER");
  }

  BcTlsCrypto crypto() {
    return crypto;
  }

  AsymmetricKeyParameter privateKey() {
    return privateKey;
  }

  DtlsFingerprint fingerprint(DtlsFingerprint.Algorithm algorithm) {
    return DtlsFingerprint.of(algorithm, certificate);
  }

  Certificate chain() throws IOException {
    return new Certificate(new TlsCertificate[] {new BcTlsCertificate(crypto, certificate)});
  }
}
