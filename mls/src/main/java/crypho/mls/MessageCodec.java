package crypho.mls;

import crypho.base.Bytes;
import crypho.base.DecodeException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Reads and writes messages (RFC 9420 §6, §12). Nothing here calls itself: the nesting of the
/// input is the nesting of these methods.
final class MessageCodec {
  private MessageCodec() {}

  static MlsMessage decode(Bytes input, int bytesMax) throws DecodeException {
    var in = Reader.of(input, "MLSMessage", bytesMax);
    if (in.u16("version") != MlsMessage.VERSION_MLS10) {
      throw in.fault("version", "not mls10");
    }
    var message =
        switch (in.u16("wire_format")) {
          case MlsMessage.PUBLIC_MESSAGE -> readPublicMessage(in);
          case MlsMessage.PRIVATE_MESSAGE -> readPrivateMessage(in);
          case MlsMessage.WELCOME -> readWelcome(in);
          case MlsMessage.GROUP_INFO -> readGroupInfo(in);
          case MlsMessage.KEY_PACKAGE -> TreeCodec.readKeyPackage(in);
          default -> throw in.fault("wire_format", "unknown");
        };
    in.finish("MLSMessage");
    return message;
  }

  static Bytes encode(MlsMessage message) {
    var out = new Writer().u16(MlsMessage.VERSION_MLS10);
    switch (message) {
      case PublicMessage m -> {
        out.u16(MlsMessage.PUBLIC_MESSAGE);
        writePublicMessage(out, m);
      }
      case PrivateMessage m -> {
        out.u16(MlsMessage.PRIVATE_MESSAGE);
        writePrivateMessage(out, m);
      }
      case Welcome m -> {
        out.u16(MlsMessage.WELCOME);
        writeWelcome(out, m);
      }
      case GroupInfo m -> {
        out.u16(MlsMessage.GROUP_INFO);
        out.raw(groupInfoTbs(m)).opaque(m.signature());
      }
      case KeyPackage m -> {
        out.u16(MlsMessage.KEY_PACKAGE);
        TreeCodec.writeKeyPackage(out, m);
      }
    }
    return out.toBytes();
  }

  private static PublicMessage readPublicMessage(Reader in) throws DecodeException {
    var content = readFramedContent(in);
    var signature = in.opaque("signature", MlsLimits.SIGNATURE_BYTES_MAX);
    var confirmationTag =
        content.content() instanceof Commit
            ? in.opaque("confirmation_tag", MlsLimits.DIGEST_BYTES_MAX)
            : null;
    var membershipTag =
        content.sender() instanceof Sender.Member
            ? in.opaque("membership_tag", MlsLimits.DIGEST_BYTES_MAX)
            : null;
    return new PublicMessage(content, signature, confirmationTag, membershipTag);
  }

  private static void writePublicMessage(Writer out, PublicMessage message) {
    writeFramedContent(out, message.content());
    out.opaque(message.signature());
    writeIfPresent(out, message.confirmationTag());
    writeIfPresent(out, message.membershipTag());
  }

  private static void writeIfPresent(Writer out, @Nullable Bytes tag) {
    if (tag != null) {
      out.opaque(tag);
    }
  }

  private static PrivateMessage readPrivateMessage(Reader in) throws DecodeException {
    return new PrivateMessage(
        in.opaque("group_id", MlsLimits.GROUP_ID_BYTES_MAX),
        in.u64("epoch"),
        in.u8("content_type"),
        in.opaque("authenticated_data", MlsLimits.AUTHENTICATED_DATA_BYTES_MAX),
        in.opaque("encrypted_sender_data", MlsLimits.DIGEST_BYTES_MAX),
        in.opaque("ciphertext", MlsLimits.APPLICATION_BYTES_MAX));
  }

  private static void writePrivateMessage(Writer out, PrivateMessage message) {
    out.opaque(message.groupId())
        .u64(message.epoch())
        .u8(message.contentType())
        .opaque(message.authenticatedData())
        .opaque(message.encryptedSenderData())
        .opaque(message.ciphertext());
  }

  static FramedContent readFramedContent(Reader in) throws DecodeException {
    return new FramedContent(
        in.opaque("group_id", MlsLimits.GROUP_ID_BYTES_MAX),
        in.u64("epoch"),
        readSender(in),
        in.opaque("authenticated_data", MlsLimits.AUTHENTICATED_DATA_BYTES_MAX),
        readContent(in));
  }

  static void writeFramedContent(Writer out, FramedContent framed) {
    out.opaque(framed.groupId()).u64(framed.epoch());
    writeSender(out, framed.sender());
    out.opaque(framed.authenticatedData());
    switch (framed.content()) {
      case FramedContent.Application application ->
          out.u8(FramedContent.Content.APPLICATION).opaque(application.data());
      case Proposal proposal -> {
        out.u8(FramedContent.Content.PROPOSAL);
        writeProposal(out, proposal);
      }
      case Commit commit -> {
        out.u8(FramedContent.Content.COMMIT);
        writeCommit(out, commit);
      }
    }
  }

  private static Sender readSender(Reader in) throws DecodeException {
    return switch (in.u8("sender_type")) {
      case Sender.MEMBER -> new Sender.Member(in.u32("leaf_index"));
      case Sender.EXTERNAL -> new Sender.External(in.u32("sender_index"));
      case Sender.NEW_MEMBER_PROPOSAL -> new Sender.NewMemberProposal();
      case Sender.NEW_MEMBER_COMMIT -> new Sender.NewMemberCommit();
      default -> throw in.fault("sender_type", "unknown");
    };
  }

  private static void writeSender(Writer out, Sender sender) {
    switch (sender) {
      case Sender.Member member -> out.u8(Sender.MEMBER).u32(member.leafIndex());
      case Sender.External external -> out.u8(Sender.EXTERNAL).u32(external.senderIndex());
      case Sender.NewMemberProposal _ -> out.u8(Sender.NEW_MEMBER_PROPOSAL);
      case Sender.NewMemberCommit _ -> out.u8(Sender.NEW_MEMBER_COMMIT);
    }
  }

  private static FramedContent.Content readContent(Reader in) throws DecodeException {
    return switch (in.u8("content_type")) {
      case FramedContent.Content.APPLICATION ->
          new FramedContent.Application(
              in.opaque("application_data", MlsLimits.APPLICATION_BYTES_MAX));
      case FramedContent.Content.PROPOSAL -> readProposal(in);
      case FramedContent.Content.COMMIT -> readCommit(in);
      default -> throw in.fault("content_type", "unknown");
    };
  }

  static Proposal readProposal(Reader in) throws DecodeException {
    return switch (in.u16("proposal_type")) {
      case Proposal.ADD -> new Proposal.Add(TreeCodec.readKeyPackage(in));
      case Proposal.UPDATE -> new Proposal.Update(TreeCodec.readLeafNode(in));
      case Proposal.REMOVE -> new Proposal.Remove(in.u32("removed"));
      case Proposal.PSK -> new Proposal.PreSharedKey(readPsk(in));
      case Proposal.REINIT ->
          new Proposal.ReInit(
              in.opaque("group_id", MlsLimits.GROUP_ID_BYTES_MAX),
              in.u16("version"),
              in.u16("cipher_suite"),
              TreeCodec.readExtensions(in));
      case Proposal.EXTERNAL_INIT ->
          new Proposal.ExternalInit(in.opaque("kem_output", MlsLimits.KEY_BYTES_MAX));
      case Proposal.GROUP_CONTEXT_EXTENSIONS ->
          new Proposal.GroupContextExtensions(TreeCodec.readExtensions(in));
      default -> throw in.fault("proposal_type", "unknown");
    };
  }

  static void writeProposal(Writer out, Proposal proposal) {
    out.u16(proposal.type());
    switch (proposal) {
      case Proposal.Add add -> TreeCodec.writeKeyPackage(out, add.keyPackage());
      case Proposal.Update update -> TreeCodec.writeLeafNode(out, update.leafNode());
      case Proposal.Remove remove -> out.u32(remove.removed());
      case Proposal.PreSharedKey psk -> writePsk(out, psk.psk());
      case Proposal.ReInit reInit -> {
        out.opaque(reInit.groupId()).u16(reInit.version()).u16(reInit.cipherSuite());
        TreeCodec.writeExtensions(out, reInit.extensions());
      }
      case Proposal.ExternalInit init -> out.opaque(init.kemOutput());
      case Proposal.GroupContextExtensions change ->
          TreeCodec.writeExtensions(out, change.extensions());
    }
  }

  static PreSharedKeyId readPsk(Reader in) throws DecodeException {
    return switch (in.u8("psktype")) {
      case PreSharedKeyId.EXTERNAL ->
          new PreSharedKeyId.External(
              in.opaque("psk_id", MlsLimits.DIGEST_BYTES_MAX),
              in.opaque("psk_nonce", MlsLimits.DIGEST_BYTES_MAX));
      case PreSharedKeyId.RESUMPTION ->
          new PreSharedKeyId.Resumption(
              in.u8("usage"),
              in.opaque("psk_group_id", MlsLimits.GROUP_ID_BYTES_MAX),
              in.u64("psk_epoch"),
              in.opaque("psk_nonce", MlsLimits.DIGEST_BYTES_MAX));
      default -> throw in.fault("psktype", "unknown");
    };
  }

  static void writePsk(Writer out, PreSharedKeyId psk) {
    switch (psk) {
      case PreSharedKeyId.External external ->
          out.u8(PreSharedKeyId.EXTERNAL).opaque(external.id()).opaque(external.nonce());
      case PreSharedKeyId.Resumption resumption ->
          out.u8(PreSharedKeyId.RESUMPTION)
              .u8(resumption.usage())
              .opaque(resumption.groupId())
              .u64(resumption.epoch())
              .opaque(resumption.nonce());
    }
  }

  static Commit readCommit(Reader in) throws DecodeException {
    List<ProposalOrRef> proposals =
        in.vector("proposals", MlsLimits.PROPOSALS_MAX, MessageCodec::readProposalOrRef);
    return new Commit(proposals, in.present("path") ? readUpdatePath(in) : null);
  }

  static void writeCommit(Writer out, Commit commit) {
    out.vector(commit.proposals(), MessageCodec::writeProposalOrRef);
    var path = commit.path();
    out.present(path != null);
    if (path != null) {
      writeUpdatePath(out, path);
    }
  }

  private static ProposalOrRef readProposalOrRef(Reader in) throws DecodeException {
    return switch (in.u8("proposal_or_ref")) {
      case ProposalOrRef.BY_VALUE -> readProposal(in);
      case ProposalOrRef.BY_REFERENCE ->
          new ProposalOrRef.Reference(in.opaque("reference", MlsLimits.DIGEST_BYTES_MAX));
      default -> throw in.fault("proposal_or_ref", "unknown");
    };
  }

  private static void writeProposalOrRef(Writer out, ProposalOrRef entry) {
    switch (entry) {
      case Proposal proposal -> {
        out.u8(ProposalOrRef.BY_VALUE);
        writeProposal(out, proposal);
      }
      case ProposalOrRef.Reference reference ->
          out.u8(ProposalOrRef.BY_REFERENCE).opaque(reference.hash());
    }
  }

  private static UpdatePath readUpdatePath(Reader in) throws DecodeException {
    var leaf = TreeCodec.readLeafNode(in);
    return new UpdatePath(
        leaf,
        in.vector(
            "path.nodes",
            MlsLimits.PATH_NODES_MAX,
            each ->
                new UpdatePath.Node(
                    each.opaque("encryption_key", MlsLimits.KEY_BYTES_MAX),
                    each.vector(
                        "encrypted_path_secret",
                        MlsLimits.LEAVES_MAX,
                        MessageCodec::readHpkeCiphertext))));
  }

  private static void writeUpdatePath(Writer out, UpdatePath path) {
    TreeCodec.writeLeafNode(out, path.leafNode());
    out.vector(
        path.nodes(),
        (each, node) ->
            each.opaque(node.encryptionKey())
                .vector(node.encryptedPathSecrets(), MessageCodec::writeHpkeCiphertext));
  }

  private static HpkeCiphertext readHpkeCiphertext(Reader in) throws DecodeException {
    return new HpkeCiphertext(
        in.opaque("kem_output", MlsLimits.KEY_BYTES_MAX),
        in.opaque("ciphertext", MlsLimits.HPKE_CIPHERTEXT_BYTES_MAX));
  }

  private static void writeHpkeCiphertext(Writer out, HpkeCiphertext sealed) {
    out.opaque(sealed.kemOutput()).opaque(sealed.ciphertext());
  }

  private static Welcome readWelcome(Reader in) throws DecodeException {
    return new Welcome(
        in.u16("cipher_suite"),
        in.vector(
            "secrets",
            MlsLimits.LEAVES_MAX,
            each ->
                new Welcome.EncryptedGroupSecrets(
                    each.opaque("new_member", MlsLimits.DIGEST_BYTES_MAX),
                    readHpkeCiphertext(each))),
        in.opaque("encrypted_group_info", MlsLimits.GROUP_INFO_BYTES_MAX));
  }

  private static void writeWelcome(Writer out, Welcome welcome) {
    out.u16(welcome.cipherSuite())
        .vector(
            welcome.secrets(),
            (each, secret) -> {
              each.opaque(secret.newMember());
              writeHpkeCiphertext(each, secret.sealed());
            })
        .opaque(welcome.encryptedGroupInfo());
  }

  static GroupContext readGroupContext(Reader in) throws DecodeException {
    return new GroupContext(
        in.u16("version"),
        in.u16("cipher_suite"),
        in.opaque("group_id", MlsLimits.GROUP_ID_BYTES_MAX),
        in.u64("epoch"),
        in.opaque("tree_hash", MlsLimits.DIGEST_BYTES_MAX),
        in.opaque("confirmed_transcript_hash", MlsLimits.DIGEST_BYTES_MAX),
        TreeCodec.readExtensions(in));
  }

  static void writeGroupContext(Writer out, GroupContext context) {
    out.u16(context.version())
        .u16(context.cipherSuite())
        .opaque(context.groupId())
        .u64(context.epoch())
        .opaque(context.treeHash())
        .opaque(context.confirmedTranscriptHash());
    TreeCodec.writeExtensions(out, context.extensions());
  }

  static GroupInfo readGroupInfo(Reader in) throws DecodeException {
    return new GroupInfo(
        readGroupContext(in),
        TreeCodec.readExtensions(in, MlsLimits.GROUP_INFO_BYTES_MAX),
        in.opaque("confirmation_tag", MlsLimits.DIGEST_BYTES_MAX),
        in.u32("signer"),
        in.opaque("signature", MlsLimits.SIGNATURE_BYTES_MAX));
  }

  /// `GroupInfoTBS` (RFC 9420 §12.4.3).
  static Bytes groupInfoTbs(GroupInfo info) {
    return Writer.bytes(out -> {
      writeGroupContext(out, info.groupContext());
      writeExtensions(out, info);
      out.opaque(info.confirmationTag()).u32(info.signer());
    });
  }

  private static void writeExtensions(Writer out, GroupInfo info) {
    TreeCodec.writeExtensions(out, info.extensions());
  }

  /// `FramedContentTBS` (RFC 9420 §6.1) of a PublicMessage: members and external committers sign
  /// the group context too.
  static Bytes framedContentTbs(FramedContent content, GroupContext context) {
    return Writer.bytes(out -> {
      out.u16(MlsMessage.VERSION_MLS10).u16(MlsMessage.PUBLIC_MESSAGE);
      writeFramedContent(out, content);
      switch (content.sender()) {
        case Sender.Member _, Sender.NewMemberCommit _ -> writeGroupContext(out, context);
        case Sender.External _, Sender.NewMemberProposal _ -> {}
      }
    });
  }
}
