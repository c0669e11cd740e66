package crypho.server.conversation;

import com.google.protobuf.ByteString;
import crypho.base.ConversationId;
import java.util.UUID;

/// A message that wants into a log; its fields have the form that the contract says.
///
/// @param erasesSeq the entry whose content it takes back, or 0
record Draft(
    ConversationId conversation,
    UUID account,
    long device,
    UUID clientId,
    int generation,
    long epoch,
    ByteString message,
    long erasesSeq) {}
