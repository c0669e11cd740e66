package crypho.mls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import crypho.base.Bytes;
import crypho.mls.CommitOutcome.Reason;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// Every rule for a member's commit, each broken by a signed forgery that breaks nothing else.
final class MemberCommitRulesTest {
  private final World world = World.of(2, 3);
  private final BcDevice committer = world.at(0);

  private Forge update() {
    return forge(List.of(), List.of());
  }

  private Forge forge(List<BcDevice.Deposit> added, List<Integer> removed) {
    return new Forge(world, committer, committer.commit(added, removed).bundle());
  }

  private static void malformed(String where, CommitOutcome outcome) {
    assertEquals(where, assertInstanceOf(CommitOutcome.Malformed.class, outcome).where());
  }

  private static void notAllowed(Reason reason, CommitOutcome outcome) {
    assertEquals(new CommitOutcome.NotAllowed(reason), outcome);
  }

  // Framing.

  @Test
  void bytesThatAreNoMessageAreRefused() {
    malformed("version", update().withCommitBytes(Bytes.fromHex("0002000100")));
    malformed("MLSMessage", update().withCommitBytes(append(update().message().encode())));
  }

  private static Bytes append(Bytes value) {
    return Writer.bytes(out -> out.raw(value).u8(0));
  }

  @Test
  void anotherKindOfMessageIsRefused() {
    malformed("wire_format", update().withCommitBytes(world.device(9).deposit().message()));
    malformed(
        "content_type", update().withContent(framed -> Forge.with(framed, new Proposal.Remove(1))));
  }

  @Test
  void aCommitBeyondTheLimitIsRefusedUnread() {
    var huge = Bytes.wrap(new byte[MlsLimits.COMMIT_BYTES_MAX + 1]);
    assertEquals(
        new CommitOutcome.TooLarge("commit", MlsLimits.COMMIT_BYTES_MAX),
        update().withCommitBytes(huge));
  }

  @Test
  void anotherGroupIsRefused() {
    assertEquals(
        new CommitOutcome.WrongGroup(),
        update()
            .withContent(f ->
                new FramedContent(
                    Forge.flipped(f.groupId()),
                    f.epoch(),
                    f.sender(),
                    f.authenticatedData(),
                    f.content())));
  }

  @Test
  void onlyTheCurrentEpochIsTurned() {
    var late = world.at(1).commit(List.of(), List.of());
    var first = committer.commit(List.of(), List.of());
    world.accepted(committer, first);
    assertEquals(new CommitOutcome.StaleEpoch(2), world.judge(world.at(1), late.bundle()));
    assertEquals(new CommitOutcome.StaleEpoch(2), world.judge(committer, first.bundle()));
    assertEquals(new CommitOutcome.FutureEpoch(2), update().withContent(f -> withEpoch(f, 3)));
    assertEquals(new CommitOutcome.FutureEpoch(2), update().withContent(f -> withEpoch(f, -1)));
  }

  private static FramedContent withEpoch(FramedContent f, long epoch) {
    return new FramedContent(f.groupId(), epoch, f.sender(), f.authenticatedData(), f.content());
  }

  // Who commits.

  @Test
  void whoIsNotInTheGroupCannotCommit() {
    var outsider = world.device(2);
    var bundle = committer.commit(List.of(), List.of()).bundle();
    assertEquals(new CommitOutcome.NotAMember(), world.judge(outsider, bundle));
  }

  @Test
  void aMemberCannotCommitInAnothersName() {
    var bundle = committer.commit(List.of(), List.of()).bundle();
    assertEquals(new CommitOutcome.ForgedSender(), world.judge(world.at(1), bundle));
    var other = world.at(1);
    var stolen = new Forge(world, other, bundle).signed(Forge.read(bundle.commit()).content());
    assertEquals(
        new CommitOutcome.BadSignature("commit"), update().withCommitBytes(stolen.encode()));
  }

  @Test
  void sendersThatCannotCommitAreRefused() {
    malformed("sender_type", update().withSender(new Sender.External(0)));
    malformed("sender_type", update().withSender(new Sender.NewMemberProposal()));
  }

  @Test
  void aChangedCommitFailsItsSignature() {
    var honest = update().message();
    var changed =
        new PublicMessage(
            new FramedContent(
                honest.content().groupId(),
                honest.content().epoch(),
                honest.content().sender(),
                Bytes.fromHex("00"),
                honest.content().content()),
            honest.signature(),
            honest.confirmationTag(),
            honest.membershipTag());
    assertEquals(
        new CommitOutcome.BadSignature("commit"), update().withCommitBytes(changed.encode()));
  }

  @Test
  void theCommittersAccountMustBelong() {
    world.entitled.remove(committer.member.account());
    notAllowed(Reason.COMMITTER_NOT_ENTITLED, update().withProposals(p -> p));
  }

  @Test
  void theCommittersKeyMustBeRegistered() {
    world.registered.remove(committer.member.device());
    assertEquals(
        new CommitOutcome.UnregisteredKey(committer.member), update().withProposals(p -> p));
  }

  // Proposals.

  @Test
  void onlyAddAndRemoveByValue() {
    var leaf = update().path().leafNode();
    var nonce = Bytes.fromHex("00");
    var refused =
        List.of(
            new Proposal.Update(leaf),
            new Proposal.PreSharedKey(new PreSharedKeyId.External(nonce, nonce)),
            new Proposal.ReInit(nonce, 1, 1, List.of()),
            new Proposal.ExternalInit(nonce),
            new Proposal.GroupContextExtensions(List.of()),
            new ProposalOrRef.Reference(nonce));
    var names =
        List.of(
            "update", "psk", "reinit", "external_init", "group_context_extensions", "by_reference");
    for (var i = 0; i < refused.size(); i++) {
      assertEquals(
          new CommitOutcome.ForbiddenProposal(names.get(i)), update().withProposal(refused.get(i)));
    }
  }

  @Test
  void removalsNameLeavesThatAreThere() {
    malformed("removed", update().withProposal(new Proposal.Remove(3)));
    malformed("removed", update().withProposal(new Proposal.Remove(0xffff_ffffL)));
    malformed("proposals", forge(List.of(), List.of(1)).withProposal(new Proposal.Remove(1)));
    notAllowed(Reason.REMOVE_SELF, update().withProposal(new Proposal.Remove(0)));
  }

  @Test
  void onlyWhoMayRemovesAnAccountAndThenTheWholeOfIt() {
    world.mayRemove = false;
    notAllowed(Reason.REMOVE, forge(List.of(), List.of(1)).withProposals(p -> p));
    world.mayRemove = true;
    world.add(committer, List.of(world.device(2)));
    notAllowed(Reason.REMOVE_PART_OF_ACCOUNT, forge(List.of(), List.of(1)).withProposals(p -> p));
    var outcome = world.accepted(committer, committer.commit(List.of(), List.of(1, 3)));
    assertEquals(Set.of(BcDevice.account(2)), outcome.removedAccounts());
    assertEquals(2, outcome.removed().size());
  }

  @Test
  void onesOwnDevicesMayGoWithoutAsking() {
    var second = world.device(1);
    world.add(committer, List.of(second));
    world.mayRemove = false;
    var outcome =
        world.accepted(committer, committer.commit(List.of(), List.of(world.place(second))));
    assertEquals(List.of(second.member), outcome.removed());
    assertEquals(Set.of(), outcome.removedAccounts());
  }

  @Test
  void pendingRemovalsMustBeInTheNextCommitAndAnybodyMayCarryThemOut() {
    var leaver = world.at(1);
    world.mayRemove = false;
    world.state = world.state().withPendingRemoval(leaver.member.account());
    assertTrue(world.state().messagesAreBlocked());
    assertEquals(
        new CommitOutcome.PendingRemovalsMissing(List.of(leaver.member)),
        update().withProposals(p -> p));
    notAllowed(
        Reason.COMMITTER_MUST_GO,
        world.judge(leaver, leaver.commit(List.of(), List.of()).bundle()));
    world.accepted(committer, committer.commit(List.of(), List.of(1)));
    assertTrue(!world.state().messagesAreBlocked());
  }

  // Additions.

  @Test
  void onlyWhoMayAddsAnAccountButAnybodyAddsADeviceOfOneThatBelongs() {
    world.mayAdd = false;
    notAllowed(
        Reason.ADD, forge(List.of(world.device(7).deposit()), List.of()).withProposals(p -> p));
    var second = world.device(2);
    var outcome = world.add(committer, List.of(second));
    assertEquals(Set.of(), outcome.addedAccounts());
    assertEquals(second.member, outcome.added().getFirst().leaf().member());
  }

  @Test
  void anAddedDevicesKeyMustBeRegistered() {
    var newcomer = world.device(7);
    world.registered.put(newcomer.member.device(), committer.signatureKey());
    assertEquals(
        new CommitOutcome.UnregisteredKey(newcomer.member),
        forge(List.of(newcomer.deposit()), List.of()).withProposals(p -> p));
  }

  @Test
  void aForeignIdentityIsRefusedBeforeItGetsIn() {
    var newcomer = world.device(7);
    var honest = Forge.keyPackage(newcomer.deposit());
    for (var identity :
        List.of(
            newcomer.member.account() + ":" + newcomer.member.device() + "@elsewhere.test",
            "mallory",
            newcomer.member.account()
                + ":"
                + newcomer.member.device()
                + "@"
                + BcDevice.DOMAIN
                + "\n",
            newcomer.member.account() + ":" + newcomer.member.device())) {
      var credential =
          new Credential.Basic(Bytes.wrap(identity.getBytes(StandardCharsets.US_ASCII)));
      var forged = Forge.resigned(newcomer, honest, leaf -> Forge.withCredential(leaf, credential));
      malformed("identity", update().withProposal(new Proposal.Add(forged)));
    }
    var chain = new Credential.X509Chain(List.of());
    var forged = Forge.resigned(newcomer, honest, leaf -> Forge.withCredential(leaf, chain));
    malformed("credential", update().withProposal(new Proposal.Add(forged)));
  }

  @Test
  void aKeyPackageIsJudgedAgainWhenItIsUsed() {
    var newcomer = world.device(7);
    var expired = newcomer.deposit(1, BcDevice.nowSeconds() - 60);
    assertEquals(
        new CommitOutcome.BadKeyPackage(newcomer.member, "outside its lifetime"),
        update().withProposal(new Proposal.Add(Forge.keyPackage(expired))));
    var honest = Forge.keyPackage(newcomer.deposit());
    var unsigned = Forge.withSignature(honest.leafNode(), Bytes.wrap(new byte[64]));
    var forged =
        Forge.resigned(
            newcomer,
            new KeyPackage(1, 1, honest.initKey(), unsigned, List.of(), honest.signature()));
    assertEquals(
        new CommitOutcome.BadSignature("key_package"),
        update().withProposal(new Proposal.Add(forged)));
  }

  @Test
  void nobodyIsInTheGroupTwice() {
    var again = world.at(1).deposit();
    assertEquals(
        new CommitOutcome.Duplicate("device"),
        update().withProposal(new Proposal.Add(Forge.keyPackage(again))));
    var newcomer = world.device(7);
    var used = update().path().leafNode();
    var stolen = world.state().tree().leaf(2);
    var forged =
        Forge.resigned(
            newcomer,
            Forge.keyPackage(newcomer.deposit()),
            leaf ->
                Forge.withKeys(
                    leaf,
                    stolen == null ? used.encryptionKey() : stolen.encryptionKey(),
                    leaf.signatureKey()));
    assertEquals(
        new CommitOutcome.Duplicate("encryption_key"),
        update().withProposal(new Proposal.Add(forged)));
  }

  @Test
  void oneSignatureKeyServesOneDevice() {
    var newcomer = world.device(7);
    world.registered.put(newcomer.member.device(), world.at(1).signatureKey());
    var identity = new ClientIdentity(newcomer.member, BcDevice.DOMAIN).toCredential();
    var forged =
        Forge.resigned(
            world.at(1),
            Forge.keyPackage(world.at(1).deposit()),
            leaf -> Forge.withCredential(leaf, identity));
    assertEquals(
        new CommitOutcome.Duplicate("signature_key"),
        update().withProposal(new Proposal.Add(forged)));
  }

  // The path.

  @Test
  void removalsAndEmptyCommitsNeedAPath() {
    assertEquals(new CommitOutcome.PathRequired(), update().withPath(null));
    assertEquals(new CommitOutcome.PathRequired(), forge(List.of(), List.of(1)).withPath(null));
  }

  @Test
  void anAdditionAloneNeedsNoPath() {
    var newcomer = world.device(7);
    var made =
        committer.commit(
            List.of(
                BcDevice.tried(() ->
                    org.bouncycastle.mls.codec.Proposal.add(newcomer.deposit().keyPackage()))),
            false);
    assertTrue(
        Forge.read(made.bundle().commit()).content().content() instanceof Commit c
            && c.path() == null);
    world.accepted(committer, made);
  }

  @Test
  void aPathMustFitTheTree() {
    malformed("path", update().withPathNodes(nodes -> nodes.subList(0, 1)));
    malformed(
        "path",
        update()
            .withPathNodes(nodes -> {
              var last = nodes.removeLast();
              var secrets = new ArrayList<>(last.encryptedPathSecrets());
              secrets.add(secrets.getFirst());
              nodes.add(new UpdatePath.Node(last.encryptionKey(), secrets));
              return nodes;
            }));
    malformed(
        "path",
        update()
            .withPathNodes(nodes -> {
              var last = nodes.removeLast();
              nodes.add(
                  new UpdatePath.Node(
                      Forge.flipped(last.encryptionKey()), last.encryptedPathSecrets()));
              return nodes;
            }));
    var honest = update();
    var leaf = Forge.withSource(honest.path().leafNode(), new LeafNode.Source.FromUpdate());
    malformed("path", honest.withPathLeaf(leaf));
  }

  @Test
  void aPathBringsNewKeysOnly() {
    var honest = update();
    var old = world.state().tree().leaf(1);
    assertTrue(old != null);
    assertEquals(
        new CommitOutcome.Duplicate("encryption_key"),
        honest.withPathNodes(nodes -> {
          var first = nodes.removeFirst();
          nodes.addFirst(new UpdatePath.Node(old.encryptionKey(), first.encryptedPathSecrets()));
          return nodes;
        }));
    malformed(
        "encryption_key",
        honest.withPathNodes(nodes -> {
          var first = nodes.removeFirst();
          nodes.addFirst(new UpdatePath.Node(Bytes.fromHex("00"), first.encryptedPathSecrets()));
          return nodes;
        }));
  }

  @Test
  void theCommittersNewLeafIsItsOwnAndSigned() {
    var honest = update();
    var leaf = honest.path().leafNode();
    assertEquals(
        new CommitOutcome.BadSignature("leaf_node"),
        honest.withPathLeaf(Forge.withSignature(leaf, Forge.flipped(leaf.signature()))));
    // Signed, but for another place.
    assertEquals(
        new CommitOutcome.BadSignature("leaf_node"),
        honest.withPathLeaf(honest.signed(leaf, 1, committer.signaturePrivateKey())));
    var other = new ClientIdentity(world.at(1).member, BcDevice.DOMAIN).toCredential();
    assertEquals(
        new CommitOutcome.ForgedSender(), honest.withPathLeaf(Forge.withCredential(leaf, other)));
    var stranger = world.device(1);
    assertEquals(
        new CommitOutcome.UnregisteredKey(committer.member),
        honest.withPathLeaf(
            honest.signed(
                Forge.withKeys(leaf, leaf.encryptionKey(), stranger.signatureKey()),
                0,
                stranger.signaturePrivateKey())));
    var none = new CodeList(Bytes.EMPTY);
    malformed(
        "leaf_node",
        honest.withPathLeaf(
            Forge.withCapabilities(leaf, new Capabilities(none, none, none, none, none))));
  }

  @Test
  void aTagOfAnotherLengthIsRefused() {
    var honest = update().message();
    malformed(
        "confirmation_tag",
        update()
            .withCommitBytes(
                new PublicMessage(
                        honest.content(),
                        honest.signature(),
                        Bytes.fromHex("00"),
                        honest.membershipTag())
                    .encode()));
  }
}
