@NullMarked
package crypho.server.db;

import org.jspecify.annotations.NullMarked;
