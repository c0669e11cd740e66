package crypho.mls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import crypho.base.Bytes;
import crypho.mls.CommitOutcome.Part;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// The GroupInfo and the Welcome say what the commit leads to, or nothing of the bundle counts.
final class BundleRulesTest {
  private final World world = World.of(2, 3);
  private final BcDevice committer = world.at(0);
  private final BcDevice newcomer = world.device(4);
  private final BcDevice.Deposit deposit = newcomer.deposit();
  private final Forge forge =
      new Forge(world, committer, committer.commit(List.of(deposit), List.of()).bundle());

  private static void mismatch(Part what, CommitOutcome outcome) {
    assertEquals(new CommitOutcome.GroupInfoMismatch(what), outcome);
  }

  private static void malformed(String where, CommitOutcome outcome) {
    assertEquals(where, assertInstanceOf(CommitOutcome.Malformed.class, outcome).where());
  }

  @Test
  void theHonestBundleIsAccepted() {
    var outcome = assertInstanceOf(CommitOutcome.Accepted.class, forge.withGroupInfo(i -> i));
    assertEquals(
        Suite.keyPackageRef(Forge.keyPackage(deposit)), outcome.added().getFirst().keyPackageRef());
  }

  // The GroupInfo.

  @Test
  void theContextIsTheServersOwn() {
    mismatch(Part.VERSION, forge.withContext(c -> context(c, 2, c.groupId(), c.epoch())));
    mismatch(
        Part.GROUP_ID,
        forge.withContext(c -> context(c, 1, Forge.flipped(c.groupId()), c.epoch())));
    mismatch(Part.EPOCH, forge.withContext(c -> context(c, 1, c.groupId(), c.epoch() + 1)));
    mismatch(
        Part.TREE_HASH,
        forge.withContext(c ->
            context(c, Forge.flipped(c.treeHash()), c.confirmedTranscriptHash(), c.extensions())));
    mismatch(
        Part.CONFIRMED_TRANSCRIPT_HASH,
        forge.withContext(c ->
            context(c, c.treeHash(), Forge.flipped(c.confirmedTranscriptHash()), c.extensions())));
    var more = List.of(new Extension(Extension.REQUIRED_CAPABILITIES, Bytes.fromHex("000000")));
    mismatch(
        Part.GROUP_CONTEXT_EXTENSIONS,
        forge.withContext(c -> context(c, c.treeHash(), c.confirmedTranscriptHash(), more)));
  }

  private static GroupContext context(GroupContext c, int version, Bytes groupId, long epoch) {
    return new GroupContext(
        version,
        c.cipherSuite(),
        groupId,
        epoch,
        c.treeHash(),
        c.confirmedTranscriptHash(),
        c.extensions());
  }

  private static GroupContext context(
      GroupContext c, Bytes treeHash, Bytes confirmed, List<Extension> extensions) {
    return new GroupContext(
        c.version(), c.cipherSuite(), c.groupId(), c.epoch(), treeHash, confirmed, extensions);
  }

  @Test
  void theTreeIsTheServersOwnReckoningToTheByte() {
    var other = world.state().tree().encode();
    mismatch(Part.TREE, forge.withGroupInfo(i -> extension(i, Extension.RATCHET_TREE, other)));
    mismatch(Part.TREE, forge.withGroupInfo(i -> extension(i, Extension.RATCHET_TREE, null)));
  }

  private static GroupInfo extension(GroupInfo info, int type, @Nullable Bytes data) {
    return Forge.with(info, Forge.replaced(info.extensions(), type, data));
  }

  @Test
  void othersCanJoinByIt() {
    mismatch(
        Part.EXTERNAL_PUB, forge.withGroupInfo(i -> extension(i, Extension.EXTERNAL_PUB, null)));
    mismatch(
        Part.EXTERNAL_PUB,
        forge.withGroupInfo(i -> extension(i, Extension.EXTERNAL_PUB, Bytes.fromHex("00"))));
  }

  @Test
  void theTagIsTheCommits() {
    mismatch(
        Part.CONFIRMATION_TAG,
        forge.withGroupInfo(i ->
            new GroupInfo(
                i.groupContext(),
                i.extensions(),
                Forge.flipped(i.confirmationTag()),
                i.signer(),
                i.signature())));
  }

  @Test
  void theCommitterSignsIt() {
    mismatch(
        Part.SIGNER,
        forge.withGroupInfo(i ->
            new GroupInfo(
                i.groupContext(), i.extensions(), i.confirmationTag(), 1, i.signature())));
    assertEquals(
        new CommitOutcome.BadSignature("group_info"),
        forge.withGroupInfoBytes(Forge.signed(world.at(1), forge.groupInfo()).encode()));
  }

  @Test
  void anythingElseInItsPlaceIsRefused() {
    malformed("group_info", forge.withGroupInfoBytes(deposit.message()));
    malformed("version", forge.withGroupInfoBytes(Bytes.fromHex("00ff")));
    assertEquals(
        new CommitOutcome.TooLarge("group_info", MlsLimits.GROUP_INFO_BYTES_MAX),
        forge.withGroupInfoBytes(Bytes.wrap(new byte[MlsLimits.GROUP_INFO_BYTES_MAX + 1])));
  }

  // The Welcome.

  private Bytes welcome(List<Welcome.EncryptedGroupSecrets> secrets) {
    return new Welcome(1, secrets, forge.welcome().encryptedGroupInfo()).encode();
  }

  @Test
  void theWelcomeCoversExactlyTheAdded() {
    var ref = Suite.keyPackageRef(Forge.keyPackage(deposit));
    var missing = new CommitOutcome.WelcomeMismatch(Set.of(ref), Set.of());
    assertEquals(missing, forge.withWelcome(null));
    assertEquals(missing, forge.withWelcome(welcome(List.of())));
    var more = new ArrayList<>(forge.welcome().secrets());
    var stranger = Forge.flipped(ref);
    more.add(new Welcome.EncryptedGroupSecrets(stranger, more.getFirst().sealed()));
    assertEquals(
        new CommitOutcome.WelcomeMismatch(Set.of(), Set.of(stranger)),
        forge.withWelcome(welcome(more)));
    var twice = new ArrayList<>(forge.welcome().secrets());
    twice.add(twice.getFirst());
    assertEquals(
        new CommitOutcome.WelcomeMismatch(Set.of(), Set.of(ref)),
        forge.withWelcome(welcome(twice)));
  }

  @Test
  void aWelcomeForNobodyIsRefused() {
    var update = new Forge(world, committer, committer.commit(List.of(), List.of()).bundle());
    malformed("welcome", update.withWelcome(welcome(List.of())));
  }

  @Test
  void anotherMessageOrSuiteIsNoWelcome() {
    malformed("welcome", forge.withWelcome(deposit.message()));
    malformed(
        "welcome",
        forge.withWelcome(
            new Welcome(2, forge.welcome().secrets(), forge.welcome().encryptedGroupInfo())
                .encode()));
    assertEquals(
        new CommitOutcome.TooLarge("welcome", MlsLimits.WELCOME_BYTES_MAX),
        forge.withWelcome(Bytes.wrap(new byte[MlsLimits.WELCOME_BYTES_MAX + 1])));
  }

  @Test
  void theHashNamesTheCommit() {
    var bundle = committer.commit(List.of(), List.of()).bundle();
    var outcome = assertInstanceOf(CommitOutcome.Accepted.class, world.judge(committer, bundle));
    assertEquals(bundle.commitHash(), outcome.commitHash());
    assertNotEquals(
        bundle.commitHash(), committer.commit(List.of(), List.of()).bundle().commitHash());
  }
}
