package crypho.router;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import com.google.protobuf.util.JsonFormat;
import crypho.base.Secret;
import crypho.router.control.ControlServer;
import crypho.wire.router.v1.ChannelFrame;
import crypho.wire.router.v1.ChannelHello;
import crypho.wire.router.v1.ChannelProof;
import crypho.wire.router.v1.ControlError;
import crypho.wire.router.v1.ControlReply;
import crypho.wire.router.v1.ControlRequest;
import crypho.wire.router.v1.CreateRouter;
import crypho.wire.router.v1.GetStats;
import crypho.wire.router.v1.KeepRouters;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.List;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;

/// The control channel over a real socket: who may use it, and what its loss does.
final class ControlLossTest {
  private static final String SECRET = "a secret of this test, which is long enough";

  /// A caller, written by the description of the channel alone.
  private static final class Caller implements AutoCloseable {
    private final Socket socket;
    private final DataInputStream in;
    private final DataOutputStream out;
    private final boolean isJson;

    Caller(ControlServer server, String secret) throws IOException, GeneralSecurityException {
      this(server, secret, false);
    }

    Caller(ControlServer server, String secret, boolean isJson)
        throws IOException, GeneralSecurityException {
      this.isJson = isJson;
      socket = new Socket();
      socket.connect((InetSocketAddress) server.address());
      in = new DataInputStream(socket.getInputStream());
      out = new DataOutputStream(socket.getOutputStream());
      var nonce = new byte[32];
      write(
          ChannelFrame.newBuilder()
              .setHello(
                  ChannelHello.newBuilder().setVersion(1).setNonce(ByteString.copyFrom(nonce))));
      var theirs = read().getHello().getNonce().toByteArray();
      var mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.US_ASCII), "HmacSHA256"));
      mac.update("crypho router v1 caller".getBytes(StandardCharsets.US_ASCII));
      mac.update(ByteBuffer.allocate(4).putInt(1).array());
      mac.update(nonce);
      mac.update(theirs);
      write(
          ChannelFrame.newBuilder()
              .setProof(ChannelProof.newBuilder().setMac(ByteString.copyFrom(mac.doFinal()))));
      assertTrue(read().hasProof());
    }

    private void write(ChannelFrame.Builder frame) throws IOException {
      raw(isJson ? text(JsonFormat.printer().print(frame)) : frame.build().toByteArray());
    }

    void raw(byte[] bytes) throws IOException {
      out.writeInt(bytes.length);
      out.write(bytes);
      out.flush();
    }

    private ChannelFrame read() throws IOException {
      var bytes = new byte[in.readInt()];
      in.readFully(bytes);
      if (!isJson) {
        return ChannelFrame.parseFrom(bytes);
      }
      var frame = ChannelFrame.newBuilder();
      JsonFormat.parser().merge(new String(bytes, StandardCharsets.US_ASCII), frame);
      return frame.build();
    }

    ControlReply call(ControlRequest.Builder request) throws IOException {
      write(ChannelFrame.newBuilder().setRequest(request.setId(5)));
      while (true) {
        var frame = read();
        if (frame.hasReply()) {
          assertEquals(5, frame.getReply().getId());
          return frame.getReply();
        }
      }
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  private static ControlServer serve(World world) throws IOException {
    var server =
        ControlServer.open(
            world.service,
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            Secret.wrap(SECRET.getBytes(StandardCharsets.US_ASCII)),
            null);
    world.closing(server::close);
    return server;
  }

  private static ControlRequest.Builder statsOf(String room) {
    return ControlRequest.newBuilder().setGetStats(GetStats.newBuilder().setRouterId(room));
  }

  @Test
  void whoDoesNotKnowTheSecretIsTurnedAway() throws Exception {
    try (var world = World.usual()) {
      var server = serve(world);
      var isRefused = false;
      try (var caller = new Caller(server, "another secret, which is just as long as it")) {
        assertTrue(caller.call(statsOf("")).hasError());
      } catch (EOFException _) {
        isRefused = true;
      }
      assertTrue(isRefused);
    }
  }

  /// The caller goes; the call stays; the caller comes back and finds its room, and those that it
  /// does not name are closed.
  @Test
  void aLostChannelCutsNoCall() throws Exception {
    try (var world = World.usual()) {
      var server = serve(world);
      World.Call call;
      try (var caller = new Caller(server, SECRET)) {
        var room =
            caller.call(
                ControlRequest.newBuilder().setCreateRouter(CreateRouter.getDefaultInstance()));
        call = world.call(room.getRouterCreated());
        call.assertForwards(1, "with a caller");
      }
      var other = world.room();
      for (var i = 2; i < 50; i++) {
        call.assertForwards(i, "without a caller");
      }
      var id = call.room().getRouterId();
      try (var caller = new Caller(server, SECRET)) {
        var kept = KeepRouters.newBuilder().addRouterIds(id);
        assertTrue(caller.call(ControlRequest.newBuilder().setKeepRouters(kept)).hasDone());
        assertEquals(2, caller.call(statsOf(id)).getStats().getTransportsCount());
        assertTrue(caller.call(statsOf(other.getRouterId())).hasError());
        call.assertForwards(50, "with a caller again");
      }
    }
  }

  /// What cannot be read is said to be so, and the channel goes on.
  @Test
  void whatIsNotUnderstoodIsAnswered() throws Exception {
    try (var world = World.usual()) {
      var server = serve(world);
      try (var caller = new Caller(server, SECRET)) {
        for (var frame :
            List.of(
                new byte[] {(byte) 0xff, (byte) 0xff, (byte) 0xff},
                new byte[0],
                ChannelFrame.newBuilder()
                    .setHello(ChannelHello.getDefaultInstance())
                    .build()
                    .toByteArray())) {
          caller.raw(frame);
          assertEquals(ControlError.Code.INVALID, caller.read().getReply().getError().getCode());
        }
        assertTrue(caller.call(statsOf("")).hasStats());
      }
    }
  }

  @Test
  void anUnknownFieldOfJsonIsNamed() throws Exception {
    try (var world = World.usual()) {
      var server = serve(world);
      try (var caller = new Caller(server, SECRET, true)) {
        caller.raw(text("{\"request\":{\"id\":7,\"getStats\":{\"routerID\":\"personal\"}}}"));
        var reply = caller.read().getReply();
        assertEquals(7, reply.getId());
        assertEquals(ControlError.Code.INVALID, reply.getError().getCode());
        assertTrue(reply.getError().getMessage().contains("routerID"), reply::toString);
        caller.raw(text("{\"request\":{\"id\":8,\"createRouter\":{\"loudestMax\":\"personal\"}}}"));
        var other = caller.read().getReply().getError();
        assertEquals(ControlError.Code.INVALID, other.getCode());
        assertFalse(other.getMessage().contains("personal"), other::toString);
        caller.raw(text("{\"request\":"));
        assertEquals(ControlError.Code.INVALID, caller.read().getReply().getError().getCode());
        assertTrue(caller.call(statsOf("")).getStats().hasHandshakes());
      }
    }
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  @Test
  void anOrphanedRoomClosesAfterAWhile() throws Exception {
    var limits = RouterConfig.Limits.USUAL.withOrphanSeconds(1);
    try (var world = new World(RouterService.Sockets.best(), 1, limits)) {
      World.Call call;
      try (var _ = world.service.onEvent(_ -> {})) {
        call = world.call();
        call.assertForwards(1, "not yet");
      }
      World.await(
          "an end",
          () -> world.call(statsOf(call.room().getRouterId())).hasError(),
          () -> call.from().peer().pump());
    }
  }
}
