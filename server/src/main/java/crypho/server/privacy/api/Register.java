package crypho.server.privacy.api;

import crypho.server.privacy.api.DataElement.Category;
import crypho.server.privacy.api.DataElement.LegalGround;
import crypho.server.privacy.api.DataElement.Protection;
import java.util.ArrayList;
import java.util.List;

/// Collects the declarations of all features. Each feature has a `*Privacy` class that fills it.
public final class Register {
  private final List<DataElement> elements = new ArrayList<>();

  public void add(DataElement element) {
    elements.add(element);
  }

  /// Declares several columns of one table that share everything else.
  public void add(
      String table,
      List<String> columns,
      Category category,
      String purpose,
      LegalGround ground,
      String retention,
      Protection protection) {
    for (var column : columns) {
      add(new DataElement(table, column, category, purpose, ground, retention, protection));
    }
  }

  public List<DataElement> elements() {
    return List.copyOf(elements);
  }
}
