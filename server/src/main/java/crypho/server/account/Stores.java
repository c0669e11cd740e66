package crypho.server.account;

/// The feature's tables.
record Stores(
    AccountStore accounts,
    DeviceStore devices,
    SessionStore sessions,
    SignUpStore signUps,
    VaultStore vaults) {
  static Stores onPostgres() {
    return new Stores(
        new AccountSql(), new DeviceSql(), new SessionSql(), new SignUpSql(), new VaultSql());
  }
}
