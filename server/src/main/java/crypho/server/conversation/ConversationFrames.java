package crypho.server.conversation;

import crypho.base.ConversationId;
import crypho.server.live.api.SocketFrames;
import crypho.server.rpc.Caller;
import crypho.server.rpc.RpcException;
import crypho.wire.v1.PutMarkerRequest;
import crypho.wire.v1.PutMarkerResponse;
import crypho.wire.v1.SendRequest;
import crypho.wire.v1.SendResponse;
import crypho.wire.v1.Signal;
import java.time.Instant;
import java.util.Collection;

/// The frames of the socket that concern conversations.
final class ConversationFrames implements SocketFrames {
  private static final int CLIENT_ID_BYTES = 16;

  private final LogWriter writer;
  private final ReadService reads;
  private final Publisher publisher;

  ConversationFrames(LogWriter writer, ReadService reads, Publisher publisher) {
    this.writer = writer;
    this.reads = reads;
    this.publisher = publisher;
  }

  @Override
  public Collection<ConversationId> subscriptions(Caller caller) {
    return reads.subscriptions(caller.account());
  }

  @Override
  public void send(Caller caller, SendRequest request, Instant now, Answer<SendResponse> answer) {
    Draft draft;
    try {
      draft = draft(caller, request);
    } catch (RpcException e) {
      answer.fail(e);
      return;
    }
    writer.send(draft, now, answer);
  }

  static Draft draft(Caller caller, SendRequest request) {
    var conversation = Fields.conversation(request.getConversationId());
    Fields.epoch(request.getGeneration(), request.getEpoch());
    if (request.getClientId().size() != CLIENT_ID_BYTES) {
      throw RpcException.malformed("client_id");
    }
    if (request.getErasesSeq() < 0) {
      throw RpcException.invalid("erases_seq");
    }
    var account = caller.account().value();
    long device = DeviceCode.of(caller.device());
    var place =
        new Fields.Place(
            conversation, request.getGeneration(), request.getEpoch(), account, device);
    var message = request.getMessage();
    Fields.envelope("message", message, Fields.PURPOSE_MESSAGE, place, Limits.MESSAGE_BYTES_MAX);
    var clientId = Entry.toId(request.getClientId());
    if (!clientId.equals(Fields.clientIdOf(message))) {
      throw RpcException.malformed("message");
    }
    return new Draft(
        conversation,
        account,
        device,
        clientId,
        request.getGeneration(),
        request.getEpoch(),
        message,
        request.getErasesSeq());
  }

  /// What is not of the right form is dropped: nobody waits for an answer.
  @Override
  public void signal(Caller caller, ConversationId conversation, Signal signal, Instant now) {
    long device = DeviceCode.of(caller.device());
    try {
      var place =
          new Fields.Place(
              conversation,
              signal.getGeneration(),
              signal.getEpoch(),
              caller.account().value(),
              device);
      Fields.envelope(
          "message", signal.getMessage(), Fields.PURPOSE_SIGNAL, place, Limits.MARKER_BYTES_MAX);
    } catch (RpcException e) {
      return;
    }
    publisher.signal(
        conversation,
        signal.toBuilder()
            .setConversationId(conversation.toString())
            .setSenderAccountId(caller.account().toString())
            .setSenderDeviceId(caller.device().hex())
            .build());
  }

  @Override
  public PutMarkerResponse putMarker(Caller caller, PutMarkerRequest request, Instant now) {
    var conversation = Fields.conversation(request.getConversationId());
    var marker = request.getMarker();
    Fields.epoch(marker.getGeneration(), marker.getEpoch());
    var place =
        new Fields.Place(
            conversation,
            marker.getGeneration(),
            marker.getEpoch(),
            caller.account().value(),
            DeviceCode.of(caller.device()));
    Fields.envelope(
        "marker.message",
        marker.getMessage(),
        Fields.PURPOSE_MARKER,
        place,
        Limits.MARKER_BYTES_MAX);
    return reads.putMarker(conversation, Fields.member(caller), request);
  }
}
