package crypho.mls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import crypho.base.Bytes;
import crypho.base.ConversationId;
import crypho.base.DecodeException;
import crypho.mls.CommitOutcome.Part;
import crypho.mls.CommitOutcome.Reason;
import java.util.List;
import java.util.UUID;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/// The first GroupInfo of a group: epoch 0, one leaf, the creator's.
final class CreateRulesTest {
  private final World world = new World();
  private final BcDevice creator = world.device(1);
  private final Bytes honest = creator.create(world.groupId);

  CreateRulesTest() {
    world.entitled.add(creator.member.account());
  }

  private CreateOutcome create(Bytes groupInfo) {
    return CommitRules.create(world.groupId, creator.member, groupInfo, world);
  }

  private CreateOutcome changed(UnaryOperator<GroupInfo> change) {
    var info = (GroupInfo) BcDevice.tried(() -> MlsMessage.decode(honest));
    return create(Forge.signed(creator, change.apply(info)).encode());
  }

  private static void refused(CommitOutcome.Refusal reason, CreateOutcome outcome) {
    assertEquals(new CreateOutcome.Refused(reason), outcome);
  }

  private static void mismatch(Part what, CreateOutcome outcome) {
    refused(new CommitOutcome.GroupInfoMismatch(what), outcome);
  }

  private static void malformed(String where, CreateOutcome outcome) {
    var reason = assertInstanceOf(CreateOutcome.Refused.class, outcome).reason();
    assertEquals(where, assertInstanceOf(CommitOutcome.Malformed.class, reason).where());
  }

  @Test
  void anHonestOneMakesTheState() {
    var state = assertInstanceOf(CreateOutcome.Created.class, create(honest)).state();
    assertEquals(0, state.epoch());
    assertEquals(world.groupId, state.groupId());
    assertEquals(
        List.of(new RosterLeaf(0, creator.member, creator.signatureKey())), state.roster());
  }

  @Test
  void anotherGroupOrGenerationIsRefused() {
    var next = new GroupId(world.groupId.conversation(), world.groupId.generation() + 1);
    refused(
        new CommitOutcome.WrongGroup(), CommitRules.create(next, creator.member, honest, world));
  }

  @Test
  void theCreatorIsWhoSubmitsAndBelongs() {
    var other = world.device(1);
    refused(
        new CommitOutcome.ForgedSender(),
        CommitRules.create(world.groupId, other.member, honest, world));
    world.registered.remove(creator.member.device());
    refused(new CommitOutcome.UnregisteredKey(creator.member), create(honest));
    world.entitled.clear();
    refused(new CommitOutcome.NotAllowed(Reason.COMMITTER_NOT_ENTITLED), create(honest));
  }

  @Test
  void aLaterEpochIsNoBeginning() {
    mismatch(Part.EPOCH, changed(i -> Forge.with(i, with(i.groupContext(), 2, Bytes.EMPTY))));
    mismatch(
        Part.CONFIRMED_TRANSCRIPT_HASH,
        changed(i -> Forge.with(i, with(i.groupContext(), 0, Bytes.fromHex("00")))));
  }

  private static GroupContext with(GroupContext c, long epoch, Bytes confirmed) {
    return new GroupContext(1, 1, c.groupId(), epoch, c.treeHash(), confirmed, c.extensions());
  }

  private static GroupContext with(GroupContext c, Bytes treeHash, List<Extension> extensions) {
    return new GroupContext(
        1, 1, c.groupId(), 0, treeHash, c.confirmedTranscriptHash(), extensions);
  }

  @Test
  void anotherSuiteIsRefused() {
    mismatch(
        Part.VERSION,
        changed(i -> {
          var c = i.groupContext();
          return Forge.with(
              i, new GroupContext(1, 3, c.groupId(), 0, c.treeHash(), Bytes.EMPTY, c.extensions()));
        }));
  }

  @Test
  void nobodyOutsideMaySendAndNothingUnknownIsAgreed() {
    var senders = new Extension(Extension.EXTERNAL_SENDERS, Bytes.fromHex("0100"));
    var unknown = new Extension(0xf000, Bytes.EMPTY);
    for (var extension : List.of(senders, unknown)) {
      refused(
          new CommitOutcome.NotAllowed(Reason.GROUP_CONTEXT_EXTENSION),
          changed(i ->
              Forge.with(
                  i, with(i.groupContext(), i.groupContext().treeHash(), List.of(extension)))));
    }
  }

  @Test
  void requiredCapabilitiesBindTheCreatorToo() {
    var impossible = new Extension(Extension.REQUIRED_CAPABILITIES, Bytes.fromHex("02f0000000"));
    malformed(
        "leaf_node",
        changed(i ->
            Forge.with(
                i, with(i.groupContext(), i.groupContext().treeHash(), List.of(impossible)))));
  }

  @Test
  void theTreeIsOneLeafAndItsHashIsRight() {
    mismatch(
        Part.TREE_HASH,
        changed(i ->
            Forge.with(
                i, with(i.groupContext(), Forge.flipped(i.groupContext().treeHash()), List.of()))));
    mismatch(
        Part.TREE,
        changed(i -> Forge.with(i, Forge.replaced(i.extensions(), Extension.RATCHET_TREE, null))));
    var larger = World.of(2).state().tree().encode();
    mismatch(
        Part.MEMBERS,
        changed(
            i -> Forge.with(i, Forge.replaced(i.extensions(), Extension.RATCHET_TREE, larger))));
    malformed(
        "ratchet_tree",
        changed(i ->
            Forge.with(
                i, Forge.replaced(i.extensions(), Extension.RATCHET_TREE, Bytes.fromHex("0100")))));
  }

  @Test
  void theLeafIsSoundAndSigned() {
    var leaf = leaf();
    refused(
        new CommitOutcome.BadSignature("leaf_node"),
        withLeaf(Forge.withSignature(leaf, Forge.flipped(leaf.signature()))));
    malformed(
        "leaf_node_source", withLeaf(Forge.withSource(leaf, new LeafNode.Source.FromUpdate())));
    malformed(
        "credential", withLeaf(Forge.withCredential(leaf, new Credential.X509Chain(List.of()))));
    var none = new CodeList(Bytes.EMPTY);
    malformed(
        "leaf_node",
        withLeaf(Forge.withCapabilities(leaf, new Capabilities(none, none, none, none, none))));
  }

  private LeafNode leaf() {
    var state = assertInstanceOf(CreateOutcome.Created.class, create(honest)).state();
    var leaf = state.tree().leaf(0);
    if (leaf == null) {
      throw new AssertionError("no leaf");
    }
    return leaf;
  }

  private CreateOutcome withLeaf(LeafNode leaf) {
    var tree = RatchetTree.of(List.of(leaf));
    return changed(i ->
        Forge.with(
            Forge.with(i, Forge.replaced(i.extensions(), Extension.RATCHET_TREE, tree.encode())),
            with(i.groupContext(), tree.treeHash(), List.of())));
  }

  /// As the browser's library does: an empty commit, then the GroupInfo of epoch 1.
  @Test
  void aGroupMayBeginAtEpochOneWithALeafMadeByItsCommit() {
    assertInstanceOf(
        CreateOutcome.Created.class, atEpochOne(Bytes.EMPTY, Bytes.wrap(new byte[32])));
    malformed("leaf_node_source", atEpochOne(Bytes.fromHex("00"), Bytes.wrap(new byte[32])));
    mismatch(Part.CONFIRMED_TRANSCRIPT_HASH, atEpochOne(Bytes.EMPTY, Bytes.EMPTY));
    mismatch(
        Part.EPOCH,
        changed(i -> Forge.with(i, with(i.groupContext(), 2, Bytes.wrap(new byte[32])))));
    malformed(
        "leaf_node_source",
        changed(i -> Forge.with(i, with(i.groupContext(), 1, Bytes.wrap(new byte[32])))));
  }

  private CreateOutcome atEpochOne(Bytes parentHash, Bytes confirmed) {
    var unsigned = Forge.withSource(leaf(), new LeafNode.Source.FromCommit(parentHash));
    var signed = new Forge(world, creator, NONE).signed(unsigned, 0, creator.signaturePrivateKey());
    var tree = RatchetTree.of(List.of(signed));
    return changed(i ->
        Forge.with(
            Forge.with(i, Forge.replaced(i.extensions(), Extension.RATCHET_TREE, tree.encode())),
            with(with(i.groupContext(), tree.treeHash(), List.of()), 1, confirmed)));
  }

  private static final CommitBundle NONE = new CommitBundle(Bytes.EMPTY, null, Bytes.EMPTY);

  @Test
  void itIsSignedAndOthersCanJoinByIt() {
    mismatch(
        Part.EXTERNAL_PUB,
        changed(i -> Forge.with(i, Forge.replaced(i.extensions(), Extension.EXTERNAL_PUB, null))));
    refused(new CommitOutcome.BadSignature("group_info"), create(Forge.flipped(honest)));
    malformed("group_info", create(creator.deposit().message()));
  }

  @Test
  void aGroupIdNamesConversationAndGeneration() throws DecodeException {
    var id = new GroupId(new ConversationId(new UUID(1, 2)), 7);
    assertEquals(Bytes.fromHex("0000000000000001000000000000000200000007"), id.toBytes());
    assertEquals(id, GroupId.parse(id.toBytes()));
  }
}
