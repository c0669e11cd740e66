package crypho.rtc.dtls;

import java.io.IOException;
import java.util.Hashtable;
import java.util.Vector;
import org.bouncycastle.tls.AbstractTlsServer;
import org.bouncycastle.tls.Certificate;
import org.bouncycastle.tls.CertificateRequest;
import org.bouncycastle.tls.ProtocolVersion;
import org.bouncycastle.tls.TlsCredentials;
import org.bouncycastle.tls.TlsSRTPUtils;
import org.bouncycastle.tls.TlsUtils;

/// Our side of a handshake that the peer begins.
@SuppressWarnings("JdkObsolete") // Hashtable and Vector are in the library's signatures.
final class DtlsServer extends AbstractTlsServer {
  private final SrtpNegotiation negotiation;

  DtlsServer(SrtpNegotiation negotiation) {
    super(negotiation.identity().crypto());
    this.negotiation = negotiation;
  }

  @Override
  protected ProtocolVersion[] getSupportedVersions() {
    return ProtocolVersion.DTLSv12.only();
  }

  @Override
  protected int[] getSupportedCipherSuites() {
    return TlsUtils.getSupportedCipherSuites(getCrypto(), SrtpNegotiation.CIPHER_SUITES);
  }

  @Override
  public boolean requiresExtendedMasterSecret() {
    return true;
  }

  @Override
  public int getHandshakeTimeoutMillis() {
    return (int) DtlsHandshakes.TIME_MAX.toMillis();
  }

  @Override
  public int getHandshakeResendTimeMillis() {
    return SrtpNegotiation.RESEND_MILLIS;
  }

  @Override
  @SuppressWarnings("rawtypes")
  public void processClientExtensions(Hashtable clientExtensions) throws IOException {
    super.processClientExtensions(clientExtensions);
    negotiation.pick(clientExtensions == null ? new Hashtable<>() : clientExtensions);
  }

  @Override
  public Hashtable<?, ?> getServerExtensions() throws IOException {
    var extensions = super.getServerExtensions();
    TlsSRTPUtils.addUseSRTPExtension(extensions, negotiation.choice());
    return extensions;
  }

  @Override
  public TlsCredentials getCredentials() throws IOException {
    return negotiation.credentials(context);
  }

  @Override
  public CertificateRequest getCertificateRequest() {
    return new CertificateRequest(
        SrtpNegotiation.CERTIFICATE_TYPES,
        TlsUtils.getDefaultSupportedSignatureAlgorithms(context),
        new Vector<>());
  }

  @Override
  public void notifyClientCertificate(Certificate clientCertificate) throws IOException {
    negotiation.verify(clientCertificate);
  }

  @Override
  public void notifyAlertReceived(short level, short description) {
    negotiation.alerted(level, description);
  }

  @Override
  public void notifyHandshakeComplete() throws IOException {
    super.notifyHandshakeComplete();
    negotiation.complete(context, true);
  }
}
