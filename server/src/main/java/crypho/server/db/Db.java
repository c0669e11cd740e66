package crypho.server.db;

import crypho.server.rpc.RpcException;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;

/// Transactions on the database. Serialization failures and deadlocks are tried again a few times;
/// a database that is away ends the call with UNAVAILABLE.
public final class Db {
  private static final int TRIES_MAX = 5;
  private static final Duration RETRY_AFTER = Duration.ofSeconds(2);

  private final Jdbi jdbi;
  private volatile boolean isAway;

  public Db(Jdbi jdbi) {
    this.jdbi = jdbi;
  }

  /// Whether the database is known not to answer.
  public boolean isAway() {
    return isAway;
  }

  void setAway(boolean away) {
    isAway = away;
  }

  /// @throws RpcException UNAVAILABLE, at once, while the database is known not to answer
  public void refuseWhileAway() {
    if (isAway) {
      throw RpcException.unavailable(RETRY_AFTER);
    }
  }

  /// Runs `work` in a transaction (read committed). `work` may run more than once: it has no effect
  /// outside the database.
  ///
  /// @throws RpcException UNAVAILABLE where the database cannot be reached
  public <T> T transact(Function<Handle, T> work) {
    return repeated(() -> jdbi.inTransaction(work::apply));
  }

  /// Runs one statement that only reads, without a transaction around it: one round trip where
  /// [#transact] has two or three. Several statements would each see another moment.
  ///
  /// @throws RpcException UNAVAILABLE where the database cannot be reached
  public <T> T read(Function<Handle, T> work) {
    return repeated(() -> jdbi.withHandle(work::apply));
  }

  private <T> T repeated(Supplier<T> work) {
    for (int tries = 1; ; tries++) {
      refuseWhileAway();
      try {
        return work.get();
      } catch (JdbiException e) {
        if (isAway(e)) {
          throw RpcException.unavailable(RETRY_AFTER);
        }
        if (!isWorthRepeating(e) || tries == TRIES_MAX) {
          throw e;
        }
      }
    }
  }

  /// As [#transact]; what `work` adds to its [AfterCommit] runs once the transaction has committed.
  public <T> T transactThen(BiFunction<Handle, AfterCommit, T> work) {
    record Committed<T>(T value, AfterCommit after) {}
    var committed =
        this.<Committed<T>>transact(handle -> {
          var after = new AfterCommit();
          return new Committed<>(work.apply(handle, after), after);
        });
    committed.after().run();
    return committed.value();
  }

  /// As [#transact] without a result.
  public void run(Consumer<Handle> work) {
    this.<Boolean>transact(handle -> {
      work.accept(handle);
      return true;
    });
  }

  private static boolean isWorthRepeating(Throwable e) {
    return switch (sqlState(e)) {
      case "40001", "40P01" -> true;
      default -> false;
    };
  }

  private static boolean isAway(Throwable e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof SQLTransientConnectionException) {
        return true;
      }
    }
    var state = sqlState(e);
    return state.startsWith("08")
        || state.startsWith("57P")
        || state.startsWith("53")
        || state.equals("58030");
  }

  private static String sqlState(Throwable e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof SQLException sql && sql.getSQLState() != null) {
        return sql.getSQLState();
      }
    }
    return "";
  }
}
