package crypho.rtc.dtls;

import java.io.IOException;
import java.util.Hashtable;
import org.bouncycastle.tls.AbstractTlsClient;
import org.bouncycastle.tls.CertificateRequest;
import org.bouncycastle.tls.ProtocolVersion;
import org.bouncycastle.tls.TlsAuthentication;
import org.bouncycastle.tls.TlsCredentials;
import org.bouncycastle.tls.TlsSRTPUtils;
import org.bouncycastle.tls.TlsServerCertificate;
import org.bouncycastle.tls.TlsUtils;

/// Our side of a handshake that we begin.
final class DtlsClient extends AbstractTlsClient {
  private final SrtpNegotiation negotiation;

  DtlsClient(SrtpNegotiation negotiation) {
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
  public Hashtable<?, ?> getClientExtensions() throws IOException {
    var extensions = super.getClientExtensions();
    TlsSRTPUtils.addUseSRTPExtension(extensions, negotiation.offer());
    return extensions;
  }

  @Override
  @SuppressWarnings("rawtypes")
  public void processServerExtensions(Hashtable serverExtensions) throws IOException {
    super.processServerExtensions(serverExtensions);
    negotiation.accept(serverExtensions);
  }

  @Override
  public TlsAuthentication getAuthentication() {
    return new TlsAuthentication() {
      @Override
      public void notifyServerCertificate(TlsServerCertificate serverCertificate)
          throws IOException {
        negotiation.verify(serverCertificate.getCertificate());
      }

      @Override
      public TlsCredentials getClientCredentials(CertificateRequest request) throws IOException {
        return negotiation.credentials(context);
      }
    };
  }

  @Override
  public void notifyAlertReceived(short level, short description) {
    negotiation.alerted(level, description);
  }

  @Override
  public void notifyHandshakeComplete() throws IOException {
    super.notifyHandshakeComplete();
    negotiation.complete(context, false);
  }
}
